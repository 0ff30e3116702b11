//! Signals. INT, TERM and HUP end the program within a second, also while it waits.
//!
//! The command runs on a worker thread, and the main thread waits for signals. After a signal, the future of the
//! worker is cancelled, and its destructors remove temporary files. A worker that is blocked, for example on a full
//! pipe, ends with the process. Only a [`Hold`] delays the exit, for a clean-up.

use std::io;
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use tokio::sync::{oneshot, watch};

use crate::error::{Failure, FailureKind};

/// The line of an error for a write whose outcome is unknown.
pub(crate) const OUTCOME_UNKNOWN: &str =
    "The request may have been carried out. Check with `list` or `get` before retrying.";
/// How long a worker without a [`Hold`] has to end after it was cancelled.
const CANCEL_LIMIT: Duration = Duration::from_millis(300);
/// How long a clean-up may take.
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(5);
/// How long a clean-up may take before a message is printed.
const CLEAN_UP_NOTICE: Duration = Duration::from_millis(300);

/// The state that the main thread and the command share.
#[derive(Clone, Default)]
pub(crate) struct Stop(Arc<State>);

#[derive(Default)]
struct State {
    /// The signal that came first.
    signal: watch::Sender<Option<FailureKind>>,
    /// How many [`Hold`]s delay the exit.
    holds: watch::Sender<usize>,
    /// How many writes are under way.
    writes: AtomicUsize,
    /// A write was under way when the signal came.
    was_writing: AtomicBool,
}

/// Delays the exit after a signal, for up to five seconds, until it is dropped. A second signal ends the delay.
///
/// Its owner waits for [`Hold::signal`] beside its work, cleans up and returns.
pub(crate) struct Hold(Arc<State>);

/// Marks a write that was sent and not answered yet, until it is dropped.
pub(crate) struct Write(Arc<State>);

impl Stop {
    /// Delays the exit after a signal.
    pub(crate) fn hold(&self) -> Hold {
        self.0.holds.send_modify(|holds| *holds += 1);
        Hold(Arc::clone(&self.0))
    }

    /// Marks a write as sent: if a signal comes, its outcome is unknown.
    pub(crate) fn write(&self) -> Write {
        self.0.writes.fetch_add(1, Ordering::SeqCst);
        Write(Arc::clone(&self.0))
    }

    /// Waits for a signal, and then until there is no [`Hold`]. Returns the error to end with.
    pub(crate) async fn cancelled(&self) -> Failure {
        let kind = self.0.signal().await;
        // The sender lives as long as `self`, so waiting can't fail.
        let _ = self.0.holds.subscribe().wait_for(|holds| *holds == 0).await;
        self.0.failure(kind)
    }

    fn is_held(&self) -> bool {
        *self.0.holds.borrow() > 0
    }

    fn request(&self, kind: FailureKind) {
        self.0.was_writing.store(self.0.writes.load(Ordering::SeqCst) > 0, Ordering::SeqCst);
        self.0.signal.send_replace(Some(kind));
    }
}

/// The message for a signal.
fn name(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::HungUp => "Hung up.",
        FailureKind::Terminated => "Terminated.",
        _ => "Interrupted.",
    }
}

impl State {
    /// The error of a command that a signal ended.
    fn failure(&self, kind: FailureKind) -> Failure {
        let mut failure = Failure::new(kind, name(kind));
        if self.was_writing.load(Ordering::SeqCst) {
            failure.add_line(OUTCOME_UNKNOWN);
        }
        failure
    }

    async fn signal(&self) -> FailureKind {
        match self.signal.subscribe().wait_for(Option::is_some).await.map(|signal| *signal) {
            Ok(Some(kind)) => kind,
            // The sender lives as long as `self`.
            Ok(None) | Err(_) => std::future::pending().await,
        }
    }
}

impl Hold {
    /// Waits for a signal.
    pub(crate) async fn signal(&self) -> FailureKind {
        self.0.signal().await
    }

    /// Waits for a signal and returns the error to end with.
    pub(crate) async fn stopped(&self) -> Failure {
        self.0.failure(self.0.signal().await)
    }

    /// Waits for a signal and returns the error to end with, for an owner that reports the outcome of each write
    /// itself.
    pub(crate) async fn stopped_with_report(&self) -> Failure {
        let kind = self.0.signal().await;
        Failure::new(kind, name(kind))
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // A second signal has set it to 0.
        self.0.holds.send_modify(|holds| *holds = holds.saturating_sub(1));
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        self.0.writes.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs `work` on a worker thread until it is done or a signal ends the program.
///
/// `resumed` is called when the process continues after it was stopped, such as by Ctrl-Z. `quit` is called before QUIT
/// (Ctrl-\) ends the process at once. `notice` is called when a clean-up takes long enough to be noticed.
///
/// # Errors
/// Those of `work`; a [`Failure`] for a signal; a thread or a signal handler that can't be set up.
///
/// # Panics
/// If `work` panics.
pub(crate) fn run_until_signal(
    stop: &Stop,
    work: impl FnOnce() -> Result<()> + Send + 'static,
    resumed: impl Fn() + Send + 'static,
    quit: impl Fn() + Send + 'static,
    notice: impl FnOnce(),
) -> Result<()> {
    // tokio panics if there are too few file descriptors for its handling of signals, so enough are opened before.
    #[cfg(unix)]
    drop([UnixStream::pair()?, UnixStream::pair()?, UnixStream::pair()?]);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        // The handlers are registered before the worker starts, so that no signal is missed.
        let ignored = ignored_signals();
        let mut signals = Signals::register(ignored)?;
        after_each_stop(resumed)?;
        before_quit(ignored, quit)?;
        let (send, mut done) = oneshot::channel();
        let worker = std::thread::Builder::new().name("command".to_owned()).spawn(move || {
            // The receiver is gone only when the program ends without the worker.
            let _ = send.send(work());
        })?;
        let kind = tokio::select! {
            biased;
            result = &mut done => return result.unwrap_or_else(|_| match worker.join() {
                Err(panic) => std::panic::resume_unwind(panic),
                Ok(()) => Ok(()),
            }),
            kind = signals.next() => kind,
        };
        stop.request(kind);
        let limit = if stop.is_held() { CLEAN_UP_LIMIT } else { CANCEL_LIMIT };
        let mut limit = std::pin::pin!(tokio::time::sleep(limit));
        let mut delay = std::pin::pin!(tokio::time::sleep(CLEAN_UP_NOTICE));
        let mut notice = stop.is_held().then_some(notice);
        let mut is_cancelled = false;
        loop {
            tokio::select! {
                biased;
                result = &mut done => return result.unwrap_or_else(|_| Err(stop.0.failure(kind).into())),
                // A second signal ends the clean-up: the worker is cancelled, and its destructors run.
                _ = signals.next(), if !is_cancelled => {
                    is_cancelled = true;
                    stop.0.holds.send_replace(0);
                    limit.set(tokio::time::sleep(CANCEL_LIMIT));
                }
                () = &mut limit => return Err(stop.0.failure(kind).into()),
                () = &mut delay, if notice.is_some() => {
                    if let Some(notice) = notice.take() {
                        notice();
                    }
                }
            }
        }
    })
}

/// Calls `resumed` each time the process continues after it was stopped.
///
/// # Errors
/// The signal handler can't be set up.
fn after_each_stop(resumed: impl Fn() + Send + 'static) -> io::Result<()> {
    #[cfg(unix)]
    on_each(rustix::process::Signal::CONT, resumed)?;
    #[cfg(not(unix))]
    drop(resumed);
    Ok(())
}

/// Calls `quit` before QUIT ends the process, unless QUIT is one of the `ignored` signals.
///
/// # Errors
/// The signal handler can't be set up.
fn before_quit(ignored: u64, quit: impl Fn() + Send + 'static) -> io::Result<()> {
    #[cfg(unix)]
    {
        let signal = rustix::process::Signal::QUIT;
        if !contains(ignored, signal.as_raw()) {
            on_each(signal, move || {
                quit();
                // It does not return, because QUIT ends a process by default.
                let _ = signal_hook::low_level::emulate_default_handler(signal.as_raw());
            })?;
        }
    }
    #[cfg(not(unix))]
    drop((ignored, quit));
    Ok(())
}

/// Calls `action` each time a signal comes.
#[cfg(unix)]
fn on_each(signal: rustix::process::Signal, action: impl Fn() + Send + 'static) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal as listen};
    let mut signals = listen(SignalKind::from_raw(signal.as_raw()))?;
    tokio::spawn(async move {
        while signals.recv().await.is_some() {
            action();
        }
    });
    Ok(())
}

/// The signals that end the program.
#[cfg(unix)]
struct Signals(Vec<(FailureKind, tokio::signal::unix::Signal)>);

#[cfg(unix)]
impl Signals {
    /// Handles INT, TERM and HUP, except for those that are `ignored`: a shell does that for background jobs, and
    /// `nohup` for HUP.
    fn register(ignored: u64) -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let handled = [
            (FailureKind::HungUp, SignalKind::hangup()),
            (FailureKind::Interrupted, SignalKind::interrupt()),
            (FailureKind::Terminated, SignalKind::terminate()),
        ];
        let handled = handled.into_iter().filter(|(_, number)| !contains(ignored, number.as_raw_value()));
        handled.map(|(kind, number)| Ok((kind, signal(number)?))).collect::<io::Result<_>>().map(Self)
    }

    async fn next(&mut self) -> FailureKind {
        std::future::poll_fn(|cx| {
            for (kind, signal) in &mut self.0 {
                if signal.poll_recv(cx).is_ready() {
                    return std::task::Poll::Ready(*kind);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }
}

/// The signals that the parent process set to be ignored, as a bit set: bit 0 is signal 1. Without unsafe code, only Linux
/// has this information.
fn ignored_signals() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}

/// Whether a bit set contains a signal.
#[cfg(unix)]
fn contains(signals: u64, signal: i32) -> bool {
    signals >> (signal - 1) & 1 == 1
}

/// The signal that ends the program: Ctrl-C.
#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn register(_: u64) -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> FailureKind {
        match tokio::signal::ctrl_c().await {
            Ok(()) => FailureKind::Interrupted,
            Err(_) => std::future::pending().await,
        }
    }
}
