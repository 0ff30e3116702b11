//! Faults: rules that make requests fail on purpose.

mod parse;

use std::time::Duration;

use serde_json::{Value, json};

pub(crate) use parse::parse;

use super::glob;

/// One rule: which requests fail, how, and how often.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// The rule as it was given.
    text: String,
    /// `None` matches every method.
    method: Option<String>,
    /// A glob.
    path: String,
    fault: Fault,
    /// The first call that it applies to; 1 is the first matching call.
    from: u64,
    /// How many calls it applies to; `None` is no limit.
    count: Option<u64>,
    /// How likely it applies, from 0 to 1.
    probability: f64,
    rng: fastrand::Rng,
    /// How many calls matched so far.
    matched: u64,
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
    /// Reply after this time.
    Slow(Duration),
    /// End the connection; the request has no effect.
    DropBefore,
    /// End the connection after the request had its effect.
    DropAfter,
    /// End the session, then reply.
    Expire,
    /// Reply after a random time in this range. [`Faults::next_for`] turns it into `Slow`.
    SlowBetween(Duration, Duration),
}

/// The rules of a sandbox that is running.
#[derive(Default)]
pub(super) struct Faults(Vec<Rule>);

impl Faults {
    /// These rules, in order.
    pub(super) fn new(rules: Vec<Vec<Rule>>) -> Self {
        Self(rules.into_iter().flatten().collect())
    }

    /// The rules as they were given, each with the number of requests whose method and path matched:
    /// `[{rule, matched}]`.
    pub(super) fn list(&self) -> Value {
        self.0.iter().map(|rule| json!({"rule": rule.text, "matched": rule.matched})).collect()
    }

    /// The fault for a request, from the first rule that applies.
    pub(super) fn next_for(&mut self, method: &str, path: &str) -> Option<Fault> {
        self.0.iter_mut().find_map(|rule| rule.next_for(method, path))
    }
}

impl Rule {
    fn next_for(&mut self, method: &str, path: &str) -> Option<Fault> {
        if self.method.as_ref().is_some_and(|wanted| wanted != method) || !glob::matches(&self.path, path) {
            return None;
        }
        self.matched += 1;
        let is_in_range = self.matched >= self.from && self.count.is_none_or(|count| self.matched - self.from < count);
        let applies = is_in_range && (self.probability >= 1.0 || self.rng.f64() < self.probability);
        applies.then(|| match self.fault {
            Fault::SlowBetween(least, most) => Fault::Slow(least + (most - least).mul_f64(self.rng.f64())),
            fault => fault,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults_of(rule: &str, times: usize) -> Vec<Option<Fault>> {
        let mut faults = Faults::new(vec![parse(rule).expect(rule)]);
        (0..times).map(|_| faults.next_for("GET", "/api/v2/x/")).collect()
    }

    #[test]
    fn a_rule_applies_to_the_calls_that_it_names() {
        let failed = Some(Fault::Status(503));
        assert_eq!(faults_of("GET /api/** status=503", 2), [failed, failed]);
        assert_eq!(faults_of("GET /api/** status=503 n=1", 2), [failed, None]);
        assert_eq!(faults_of("GET /api/** status=503 from=2", 3), [None, failed, failed]);
        assert_eq!(faults_of("GET /api/** status=503 from=2 n=1", 3), [None, failed, None]);
        assert_eq!(faults_of("POST /api/** html", 1), [None]);
        assert_eq!(faults_of("* /api/** drop-after", 1), [Some(Fault::DropAfter)]);
        assert!(parse("flaky").is_ok_and(|rules| rules.len() > 1));
    }

    #[test]
    fn a_probability_repeats_with_its_seed() {
        let count = faults_of("GET /** expire p=0.5 seed=7", 200).iter().flatten().count();
        assert!((70..130).contains(&count), "{count}");
        assert_eq!(faults_of("GET /** stall p=0.5 seed=7", 50), faults_of("GET /** stall p=0.5 seed=7", 50));
        assert_ne!(faults_of("GET /** stall p=0.5 seed=7", 50), faults_of("GET /** stall p=0.5 seed=8", 50));
    }

    #[test]
    fn a_delay_is_fixed_or_random() {
        assert_eq!(faults_of("GET /** slow", 1), [Some(Fault::Slow(Duration::from_millis(500)))]);
        assert_eq!(faults_of("GET /** slow=2s", 1), [Some(Fault::Slow(Duration::from_secs(2)))]);
        let delays = faults_of("GET /** slow=200ms..2s", 50);
        let range = Duration::from_millis(200)..Duration::from_secs(2);
        let in_range = |fault: &Option<Fault>| matches!(fault, Some(Fault::Slow(delay)) if range.contains(delay));
        assert!(delays.iter().all(in_range), "{delays:?}");
        assert_ne!(delays[0], delays[1]);
    }
}
