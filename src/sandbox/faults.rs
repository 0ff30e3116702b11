//! Faults: rules that make requests fail on purpose.

use std::str::FromStr;

/// One rule: which requests fail, how, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// `None` matches every method.
    method: Option<String>,
    path: String,
    fault: Fault,
    when: When,
}

/// How a request fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// Reply with this status; the request has no effect.
    Status(u16),
    /// Reply 200 with an HTML page; the request has no effect.
    Html,
    /// End the connection after half of the response body.
    Truncate,
    /// Never reply.
    Stall,
    /// Reply half a second later.
    Slow,
    /// End the connection; the request has no effect.
    DropBefore,
    /// End the connection after the request had its effect.
    DropAfter,
    /// End the session, then reply.
    Expire,
}

#[derive(Clone, Debug)]
enum When {
    Always,
    /// With this probability, from 0 to 1.
    Sometimes(f64, fastrand::Rng),
    /// The next N times.
    Next(u64),
}

/// The rules of a sandbox that is running.
#[derive(Default)]
pub(super) struct Faults(Vec<Rule>);

impl Faults {
    /// These rules, in order.
    pub(super) fn new(rules: Vec<Vec<Rule>>) -> Self {
        Self(rules.into_iter().flatten().collect())
    }

    /// The fault for a request, from the first rule that applies.
    pub(super) fn next_for(&mut self, method: &str, path: &str) -> Option<Fault> {
        self.0.iter_mut().find_map(|rule| {
            let is_match = rule.method.as_ref().is_none_or(|wanted| wanted == method) && matches(&rule.path, path);
            let applies = is_match
                && match &mut rule.when {
                    When::Always => true,
                    When::Sometimes(p, rng) => rng.f64() < *p,
                    When::Next(0) => false,
                    When::Next(left) => {
                        *left -= 1;
                        true
                    }
                };
            applies.then_some(rule.fault)
        })
    }
}

/// Parse the value of `--fault`: a rule, or the name of a set of rules.
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
            return Err("a rule begins with a method (or *) and a path, or it is `flaky` or `slow`".to_owned());
        };
        let is_method = method == "*" || method.bytes().all(|byte| byte.is_ascii_uppercase());
        if !is_method || !path.starts_with(['/', '*']) {
            return Err(format!("`{method} {path}` is no method (or *) with a path that begins with /"));
        }
        let (mut fault, mut p, mut seed, mut n) = (None, None, None, None);
        for word in words {
            let (name, value) = word.split_once('=').unwrap_or((word, ""));
            let wrong = || format!("`{word}` is wrong: its value must be a number");
            let named = match name {
                "p" => {
                    let number: f64 = value.parse().map_err(|_| wrong())?;
                    p = Some(number).filter(|p| (0.0..=1.0).contains(p));
                    p.ok_or("`p=` must be between 0 and 1")?;
                    continue;
                }
                "seed" => {
                    seed = Some(value.parse().map_err(|_| wrong())?);
                    continue;
                }
                "n" => {
                    n = Some(value.parse().map_err(|_| wrong())?);
                    continue;
                }
                "status" => {
                    let status = value.parse().map_err(|_| wrong())?;
                    let is_status = (200..600).contains(&status);
                    Fault::Status(is_status.then_some(status).ok_or("`status=` must be between 200 and 599")?)
                }
                "html" => Fault::Html,
                "truncate" => Fault::Truncate,
                "stall" => Fault::Stall,
                "slow" => Fault::Slow,
                "drop-before" => Fault::DropBefore,
                "drop-after" => Fault::DropAfter,
                "expire" => Fault::Expire,
                _ => return Err(format!("`{word}` is no fault")),
            };
            if fault.replace(named).is_some() {
                return Err("a rule has one fault".to_owned());
            }
        }
        let when = match (p, n) {
            (Some(_), Some(_)) => return Err("`p=` and `n=` exclude each other".to_owned()),
            (Some(p), None) => When::Sometimes(p, fastrand::Rng::with_seed(seed.unwrap_or(0))),
            (None, Some(n)) => When::Next(n),
            (None, None) => When::Always,
        };
        Ok(Self {
            method: (method != "*").then(|| method.to_owned()),
            path: path.to_owned(),
            fault: fault.ok_or(
                "a rule needs a fault: status=N, html, truncate, stall, slow, drop-before, drop-after or expire",
            )?,
            when,
        })
    }
}

/// Whether a path matches a glob: `*` matches within a segment, `**` across segments.
fn matches(glob: &str, path: &str) -> bool {
    let Some(at) = glob.find('*') else { return glob == path };
    let Some(rest) = path.strip_prefix(&glob[..at]) else { return false };
    let (is_deep, glob) = match glob[at..].strip_prefix("**") {
        Some(glob) => (true, glob),
        None => (false, &glob[at + 1..]),
    };
    let mut ends = rest.char_indices().map(|(at, c)| (at, c == '/')).chain([(rest.len(), true)]);
    ends.any(|(at, _)| (is_deep || !rest[..at].contains('/')) && matches(glob, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_paths() {
        for (glob, path, meant) in [
            ("/api/v2/**", "/api/v2/organizations/x/", true),
            ("/api/v2/**", "/api/v1/", false),
            ("/api/*/organizations/", "/api/v2/organizations/", true),
            ("/api/*/", "/api/v2/organizations/", false),
            ("**", "/", true),
            ("/**/files/*/", "/api/v2/organizations/o/files/f/", true),
            ("/a", "/a", true),
            ("/a", "/a/", false),
        ] {
            assert_eq!(matches(glob, path), meant, "{glob} {path}");
        }
    }

    #[test]
    fn rules_are_read() {
        let faults_of = |rule: &str, times: usize| -> Vec<Option<Fault>> {
            let mut faults = Faults::new(vec![parse(rule).expect(rule)]);
            (0..times).map(|_| faults.next_for("GET", "/api/v2/x/")).collect()
        };
        assert_eq!(faults_of("GET /api/** status=503 n=1", 2), [Some(Fault::Status(503)), None]);
        assert_eq!(faults_of("* /api/** drop-after", 1), [Some(Fault::DropAfter)]);
        assert_eq!(faults_of("POST /api/** html", 1), [None]);
        let some = faults_of("GET /** expire p=0.5 seed=7", 200).iter().flatten().count();
        assert!((70..130).contains(&some), "{some}");
        assert_eq!(faults_of("GET /** stall p=0.5 seed=7", 50), faults_of("GET /** stall p=0.5 seed=7", 50));
        assert!(parse("flaky").is_ok_and(|rules| rules.len() > 1));
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for rule in [
            "",
            "GET",
            "GET /x",
            "get /x html",
            "GET x html",
            "GET /x status=99",
            "GET /x status=x",
            "GET /x html stall",
            "GET /x bogus",
            "GET /x html p=2",
            "GET /x html p=x",
            "GET /x html p=0.5 n=1",
            "unreliable",
        ] {
            assert!(parse(rule).is_err(), "{rule}");
        }
    }
}
