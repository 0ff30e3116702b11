//! When a request is made again, and how long to wait before.
//!
//! Reads are safe to repeat. A write is repeated only when it surely never left this machine.

use std::time::{Duration, Instant};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, StatusCode};

/// The wait before the first repetition, at most; each one doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(500);

/// What may be spent on one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// How often a request is repeated at most.
    pub(crate) retries: u32,
    /// How long the call may take, all repetitions and waits included.
    pub(crate) timeout: Option<Duration>,
}

/// The repetitions of one call.
pub(super) struct Attempts {
    left: u32,
    end: Option<Instant>,
    wait: Duration,
}

impl Attempts {
    pub(super) fn new(policy: RetryPolicy) -> Self {
        let end = policy.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Self { left: policy.retries, end, wait: FIRST_WAIT }
    }

    /// The time that is left for the call.
    pub(super) fn remaining(&self) -> Option<Duration> {
        self.end.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// How long to wait before the next try; `None` when there is none. What the server asked for is
    /// kept, and waits are uneven so that many clients don't come back at once.
    pub(super) fn next_wait(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let wait = asked.unwrap_or_else(|| self.wait.mul_f64(fastrand::f64().midpoint(1.0)));
        self.wait *= 2;
        (self.remaining().is_none_or(|remaining| wait < remaining)).then_some(wait)
    }
}

/// Whether repeating a request can't do anything twice.
pub(super) fn is_read(method: &Method) -> bool {
    *method == Method::GET
}

/// Whether the server says that a later try may succeed.
pub(super) fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

/// The wait that the server asks for: seconds, or a date.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(until.duration_since(jiff::Timestamp::now())).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())])
    }

    #[test]
    fn the_server_says_when() {
        assert_eq!(retry_after(&HeaderMap::new()), None);
        assert_eq!(retry_after(&headers("7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("soon")), None);
        assert_eq!(retry_after(&headers("Wed, 21 Oct 2015 07:28:00 GMT")), Some(Duration::ZERO));
        assert!(retry_after(&headers("Thu, 31 Dec 9998 23:59:59 GMT")).unwrap() > Duration::from_secs(1_000_000));
    }

    #[test]
    fn waits_double_and_end() {
        let mut tries = Attempts::new(RetryPolicy { retries: 3, timeout: None });
        for most in [500, 1000, 2000] {
            let wait = tries.next_wait(None).unwrap().as_millis();
            assert!(most / 2 <= wait && wait <= most, "{wait} of {most}");
        }
        assert_eq!(tries.next_wait(None), None);
    }

    #[test]
    fn no_wait_goes_beyond_the_limit() {
        let mut tries = Attempts::new(RetryPolicy { retries: 3, timeout: Some(Duration::from_secs(5)) });
        assert_eq!(tries.next_wait(Some(Duration::from_secs(2))), Some(Duration::from_secs(2)));
        assert_eq!(tries.next_wait(Some(Duration::from_secs(60))), None);
    }
}
