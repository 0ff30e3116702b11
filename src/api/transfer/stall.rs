//! Detects a transfer that stalls.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;

use crate::error::Failure;

/// The number of parts that the limit is divided into. While the process is stopped, for example by Ctrl-Z, no timer
/// fires, and afterwards only one does. So a stop of any length uses up one part at most.
const PARTS: u32 = 20;

/// The stall limit of a transfer, and the number of bytes that were transferred.
pub(super) struct Stall {
    limit: Option<Duration>,
    count: Arc<AtomicU64>,
}

impl Stall {
    /// A transfer that may stall for `limit`; `None` is no limit.
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, count: Arc::default() }
    }

    /// The number of bytes that were transferred.
    pub(super) fn count(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.count)
    }

    /// Waits for `work` while the number of transferred bytes grows.
    ///
    /// # Errors
    /// The transfer stalled for longer than the limit.
    pub(super) async fn limit<T>(&self, work: impl Future<Output = T>) -> Result<T> {
        let Some(limit) = self.limit else { return Ok(work.await) };
        let mut work = pin!(work);
        let (mut count, mut parts) = (self.count.load(Ordering::Relaxed), 0);
        while parts < PARTS {
            if let Ok(done) = tokio::time::timeout(limit / PARTS, &mut work).await {
                return Ok(done);
            }
            let now = self.count.load(Ordering::Relaxed);
            parts = if now == count { parts + 1 } else { 0 };
            count = now;
        }
        let seconds = limit.as_secs_f64();
        Err(Failure::failed(format!("no data transferred for {seconds} s (raise it with --timeout)")).into())
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, advance, sleep};

    use super::*;

    const LIMIT: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn a_transfer_that_stalls_is_an_error() {
        let start = Instant::now();
        let error = Stall::new(Some(LIMIT)).limit(std::future::pending::<()>()).await.unwrap_err();
        assert_eq!(error.to_string(), "no data transferred for 60 s (raise it with --timeout)");
        assert_eq!(start.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_transfer_that_makes_progress_may_take_any_time() {
        let stall = Stall::new(Some(LIMIT));
        let count = stall.count();
        let work = async {
            for _ in 0..100 {
                sleep(LIMIT - Duration::from_secs(5)).await;
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
        stall.limit(work).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_the_process_is_stopped_does_not_count() {
        let stall = Stall::new(Some(LIMIT));
        let work = async {
            sleep(LIMIT / 2).await;
            // The process is stopped: time passes, and no timer fires.
            advance(10 * LIMIT).await;
            sleep(LIMIT / 3).await;
        };
        stall.limit(work).await.unwrap();
    }

    #[tokio::test]
    async fn without_a_limit_a_transfer_may_stall() {
        Stall::new(None).limit(tokio::task::yield_now()).await.unwrap();
    }
}
