//! Parses the value of `--fault`.

use std::str::FromStr;
use std::time::Duration;

use super::{Fault, Rule};
use crate::sandbox::glob;

/// The faults, for messages.
const FAULTS: &str = "status=N, html, truncate, stall, slow, drop-before, drop-after or expire";
/// The methods of HTTP that the API uses.
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/// The delay of `slow` without a value.
const SLOW: Duration = Duration::from_millis(500);
/// The longest delay. More than a client waits for by default.
const LONGEST_DELAY: Duration = Duration::from_secs(600);

/// Parses a rule, or the name of a set of rules.
///
/// # Errors
/// The reason why it is not valid.
pub(crate) fn parse(text: &str) -> Result<Vec<Rule>, String> {
    let set: &[&str] = match text {
        "flaky" => &[
            "GET /api/** status=503 p=0.1 seed=1",
            "GET /api/** drop-before p=0.05 seed=2",
            "GET /api/** status=429 p=0.05 seed=3",
            "* /api/** slow p=0.1 seed=4",
        ],
        "slow" => &["* /** slow"],
        _ => return Ok(vec![text.parse()?]),
    };
    set.iter().map(|rule| rule.parse()).collect()
}

impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = text.split_whitespace();
        let (Some(method), Some(path)) = (words.next(), words.next()) else {
            return Err("expected METHOD PATH FAULT, `flaky` or `slow`".to_owned());
        };
        check_method(method)?;
        glob::check(path)?;
        if path.starts_with("/_sandbox/") {
            return Err("no fault applies to the control of the sandbox".to_owned());
        }
        let mut rule = Self {
            text: text.to_owned(),
            method: (method != "*").then(|| method.to_owned()),
            path: path.to_owned(),
            fault: Fault::Html,
            from: 1,
            count: None,
            probability: 1.0,
            rng: fastrand::Rng::with_seed(0),
            matched: 0,
        };
        let mut fault = None;
        for word in words {
            match word.split_once('=') {
                Some(("p", value)) => rule.probability = probability(value)?,
                Some(("seed", value)) => rule.rng = fastrand::Rng::with_seed(number("seed", value)?),
                Some(("n", value)) => rule.count = Some(positive("n", value)?),
                Some(("from", value)) => rule.from = positive("from", value)?,
                _ => {
                    if fault.replace(parse_fault(word)?).is_some() {
                        return Err("a rule has one fault".to_owned());
                    }
                }
            }
        }
        rule.fault = fault.ok_or_else(|| format!("a rule needs a fault: {FAULTS}"))?;
        Ok(rule)
    }
}

/// Refuses a method that no request has.
fn check_method(method: &str) -> Result<(), String> {
    match method == "*" || METHODS.contains(&method) {
        true => Ok(()),
        false => Err(format!("`{method}` is not a method: use {} or *", METHODS.join(", "))),
    }
}

fn parse_fault(word: &str) -> Result<Fault, String> {
    let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
    Ok(match (name, value) {
        ("status", Some(value)) => {
            let status = number("status", value)?;
            let status = u16::try_from(status).ok().filter(|status| (200..600).contains(status));
            Fault::Status(status.ok_or("`status` must be between 200 and 599")?)
        }
        ("html", None) => Fault::Html,
        ("truncate", None) => Fault::Truncate,
        ("stall", None) => Fault::Stall,
        ("slow", None) => Fault::Slow(SLOW),
        ("slow", Some(value)) => match value.split_once("..") {
            None => Fault::Slow(delay(value)?),
            Some((least, most)) => match (delay(least)?, delay(most)?) {
                (least, most) if least < most => Fault::SlowBetween(least, most),
                _ => return Err(format!("`{value}` is not a range of times")),
            },
        },
        ("drop-before", None) => Fault::DropBefore,
        ("drop-after", None) => Fault::DropAfter,
        ("expire", None) => Fault::Expire,
        ("html" | "truncate" | "stall" | "drop-before" | "drop-after" | "expire", Some(_)) => {
            return Err(format!("`{name}` takes no value"));
        }
        _ => return Err(format!("`{word}` is not a fault: use {FAULTS}")),
    })
}

/// A time such as `200ms` or `1.5s`.
fn delay(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is not a time: use for example 200ms or 1.5s, at most 600s");
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 0.001),
        None => (text.strip_suffix('s').ok_or_else(wrong)?, 1.0),
    };
    let seconds = number.parse::<f64>().map_err(|_| wrong())? * unit;
    Duration::try_from_secs_f64(seconds).ok().filter(|delay| *delay <= LONGEST_DELAY).ok_or_else(wrong)
}

fn probability(value: &str) -> Result<f64, String> {
    let number = value.parse().ok().filter(|p| (0.0..=1.0).contains(p));
    number.ok_or_else(|| "`p` must be a number between 0 and 1".to_owned())
}

fn number(name: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("`{name}` must be a number"))
}

fn positive(name: &str, value: &str) -> Result<u64, String> {
    match number(name, value)? {
        0 => Err(format!("`{name}` must be at least 1")),
        number => Ok(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_that_cannot_apply_is_refused_with_the_reason() {
        let faults = "use status=N, html, truncate, stall, slow, drop-before, drop-after or expire";
        for (rule, reason) in [
            ("", "expected METHOD PATH FAULT, `flaky` or `slow`"),
            ("unreliable", "expected METHOD PATH FAULT, `flaky` or `slow`"),
            (
                "GET /x",
                "a rule needs a fault: status=N, html, truncate, stall, slow, drop-before, drop-after or expire",
            ),
            ("FOO /x html", "`FOO` is not a method: use GET, HEAD, POST, PUT, PATCH, DELETE or *"),
            ("get /x html", "`get` is not a method: use GET, HEAD, POST, PUT, PATCH, DELETE or *"),
            ("GET x html", "`x` is not a path: it starts with `/` or `*`"),
            ("GET /x?a=1 html", "`/x?a=1` has a query: only the path is compared"),
            ("GET /api/v2/roles html", "`/api/v2/roles` matches nothing: every path of the API ends with `/`"),
            ("GET /_sandbox/** html", "no fault applies to the control of the sandbox"),
            ("GET /x status=99", "`status` must be between 200 and 599"),
            ("GET /x status=x", "`status` must be a number"),
            ("GET /x html stall", "a rule has one fault"),
            ("GET /x bogus", &format!("`bogus` is not a fault: {faults}")),
            ("GET /x status", &format!("`status` is not a fault: {faults}")),
            ("GET /x stall=10", "`stall` takes no value"),
            ("GET /x slow=2", "`2` is not a time: use for example 200ms or 1.5s, at most 600s"),
            ("GET /x slow=-1s", "`-1s` is not a time: use for example 200ms or 1.5s, at most 600s"),
            ("GET /x slow=601s", "`601s` is not a time: use for example 200ms or 1.5s, at most 600s"),
            ("GET /x slow=2s..1s", "`2s..1s` is not a range of times"),
            ("GET /x html p=2", "`p` must be a number between 0 and 1"),
            ("GET /x html p=x", "`p` must be a number between 0 and 1"),
            ("GET /x html n=0", "`n` must be at least 1"),
            ("GET /x html from=0", "`from` must be at least 1"),
        ] {
            assert_eq!(parse(rule).err().as_deref(), Some(reason), "{rule}");
        }
    }
}
