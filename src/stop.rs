//! Ctrl-C and SIGTERM: they end a command at once, unless it holds something that must be put in
//! order first.

use std::cell::Cell;
use std::rc::Rc;

use tokio::sync::Notify;

use crate::error::Kind;

/// Whether and how this process was asked to stop.
#[derive(Clone, Default)]
pub(crate) struct Stop(Rc<State>);

#[derive(Default)]
struct State {
    asked: Cell<Option<Kind>>,
    holds: Cell<usize>,
    changed: Notify,
}

/// While it lives, a signal ends nothing: whoever holds it looks for [`Hold::asked`] and tidies up.
pub(crate) struct Hold(Rc<State>);

impl Stop {
    pub(crate) fn hold(&self) -> Hold {
        self.0.holds.set(self.0.holds.get() + 1);
        Hold(Rc::clone(&self.0))
    }

    /// Wait until the process must end: a signal came, and nothing is held, or a second one came.
    pub(crate) async fn now(&self) -> Kind {
        let kind = signal().await;
        self.0.asked.set(Some(kind));
        self.0.changed.notify_waiters();
        let let_go = async {
            while self.0.holds.get() > 0 {
                self.0.changed.notified().await;
            }
        };
        tokio::select! {
            () = let_go => kind,
            again = signal() => again,
        }
    }
}

impl Hold {
    /// Wait until the process is asked to stop.
    pub(crate) async fn asked(&self) -> Kind {
        loop {
            let changed = self.0.changed.notified();
            if let Some(kind) = self.0.asked.get() {
                return kind;
            }
            changed.await;
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.holds.set(self.0.holds.get() - 1);
        self.0.changed.notify_waiters();
    }
}

/// Wait for one signal.
async fn signal() -> Kind {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
        else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => Kind::Interrupted,
            _ = terminate.recv() => Kind::Terminated,
        }
    }
    #[cfg(not(unix))]
    match tokio::signal::ctrl_c().await {
        Ok(()) => Kind::Interrupted,
        Err(_) => std::future::pending().await,
    }
}
