//! When a request is sent again, and how long to wait before that.
//!
//! A read is safe to retry. A write is retried only if the server did not carry it out: it was not sent, or the
//! server refused it with 429 (Too Many Requests).

use std::time::{Duration, Instant};

use reqwest::StatusCode;

use super::Request;
use super::answer::{NoReply, ServerReply};

/// The longest wait before the first retry. Each retry doubles it.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait before any retry, unless the server asks for a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The limits of one call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// The most retries of a request.
    pub(crate) retries: u32,
    /// How long the call may take, all retries and waits included. For a transfer: how long it may stall.
    /// `None` is no limit.
    pub(crate) timeout: Option<Duration>,
}

/// The retries that one call has left.
pub(super) struct Attempts {
    left: u32,
    end: Option<Instant>,
    wait: Duration,
}

impl Attempts {
    /// The retries that `policy` allows, from now on.
    pub(super) fn new(policy: RetryPolicy) -> Self {
        let end = policy.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        Self { left: policy.retries, end, wait: FIRST_WAIT }
    }

    /// The time that the call has left. `None` is no limit.
    pub(super) fn remaining(&self) -> Option<Duration> {
        self.end.map(|end| end.saturating_duration_since(Instant::now()))
    }

    /// How long to wait before the next retry; `None` if there is none. `asked` is the wait that the server
    /// asked for. Without it, the wait is random, so that many clients don't retry at the same time.
    pub(super) fn next_wait(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let wait = asked.unwrap_or_else(|| self.wait.mul_f64(fastrand::f64().midpoint(1.0)));
        self.wait = self.wait.saturating_mul(2).min(LONGEST_WAIT);
        (self.remaining().is_none_or(|remaining| wait < remaining)).then_some(wait)
    }
}

/// Why a request may be retried, with the wait that the server asks for. `None` if the outcome is final.
pub(super) fn reason(request: &Request, outcome: &Result<ServerReply, NoReply>) -> Option<(Option<Duration>, String)> {
    match outcome {
        Ok(reply) if is_transient(reply.status(), request.is_read()) => {
            Some((reply.retry_after(), reply.status_line()))
        }
        Err(error) if error.is_transient() && (request.is_read() || error.is_unsent()) => Some((None, error.reason())),
        _ => None,
    }
}

/// Whether a retry is safe and may succeed after this status.
pub(super) fn is_transient(status: StatusCode, is_read: bool) -> bool {
    match status.as_u16() {
        429 => true,
        502..=504 => is_read,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wait_is_twice_as_long_until_no_retry_is_left() {
        let mut attempts = Attempts::new(RetryPolicy { retries: 3, timeout: None });
        for most in [500, 1000, 2000] {
            let wait = attempts.next_wait(None).unwrap().as_millis();
            assert!(most / 2 <= wait && wait <= most, "{wait} of {most}");
        }
        assert_eq!(attempts.next_wait(None), None);
    }

    #[test]
    fn a_wait_has_a_limit() {
        let mut attempts = Attempts::new(RetryPolicy { retries: 200, timeout: None });
        let longest = (0..200).map(|_| attempts.next_wait(None).unwrap()).max().unwrap();
        assert!(longest <= LONGEST_WAIT, "{longest:?}");
        let mut attempts = Attempts::new(RetryPolicy { retries: 200, timeout: Some(Duration::MAX) });
        assert!((0..200).all(|_| attempts.next_wait(Some(Duration::ZERO)).is_some()));
    }

    #[test]
    fn no_wait_is_longer_than_the_time_that_is_left() {
        let mut attempts = Attempts::new(RetryPolicy { retries: 3, timeout: Some(Duration::from_secs(5)) });
        assert_eq!(attempts.next_wait(Some(Duration::from_secs(2))), Some(Duration::from_secs(2)));
        assert_eq!(attempts.next_wait(Some(Duration::from_secs(60))), None);
    }
}
