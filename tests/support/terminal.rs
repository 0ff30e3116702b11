//! A program on a terminal of its own.

use std::io::{Read as _, Write as _};
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Command, Pts, Pty};

/// How long the terminal waits for text or for the end of the program before the test fails.
const LIMIT: Duration = Duration::from_secs(30);

/// A program whose stdin, stdout, stderr and controlling terminal are a pseudoterminal.
pub(crate) struct Terminal {
    child: Option<Child>,
    pty: Arc<Pty>,
    screen: Arc<Screen>,
    reader: Option<JoinHandle<()>>,
}

/// What the program has written, control sequences included.
struct Screen {
    text: Mutex<String>,
    changed: Condvar,
}

impl Terminal {
    /// Start a command on a terminal of 200 columns. To redirect a stream, set it on the `Command` of
    /// `pty_process`: that of the standard library loses it.
    pub(crate) fn new(command: impl Into<Command>) -> Self {
        Self::with_columns(command, 200)
    }

    pub(crate) fn with_columns(command: impl Into<Command>, columns: u16) -> Self {
        let (pty, pts): (Pty, Pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(50, columns)).unwrap();
        let child = command.into().spawn(pts).unwrap();
        let (pty, screen) = (Arc::new(pty), Arc::new(Screen { text: Mutex::default(), changed: Condvar::new() }));
        let (source, writer) = (Arc::clone(&pty), Arc::clone(&screen));
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 65536];
            // A read fails once the program has ended and closed the other side.
            while let Ok(count @ 1..) = (&*source).read(&mut buffer) {
                writer.text.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
                writer.changed.notify_all();
            }
        });
        Self { child: Some(child), pty, screen, reader: Some(reader) }
    }

    /// Everything that was written so far.
    pub(crate) fn seen(&self) -> String {
        self.screen.text.lock().unwrap().clone()
    }

    /// Wait until `text` was written.
    pub(crate) fn until(&self, text: &str) -> &Self {
        let seen = self.screen.text.lock().unwrap();
        let is_missing = |seen: &mut String| !seen.contains(text);
        let (seen, timeout) = self.screen.changed.wait_timeout_while(seen, LIMIT, is_missing).unwrap();
        let seen = seen.clone();
        assert!(!timeout.timed_out(), "{text:?} never came; seen was {seen:?}");
        self
    }

    /// Type at the keyboard.
    pub(crate) fn send(&self, keys: &str) -> &Self {
        (&*self.pty).write_all(keys.as_bytes()).unwrap();
        self
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        super::process::send_signal(self.child.as_ref().unwrap().id(), signal);
    }

    /// Whether what is typed is shown.
    pub(crate) fn echoes(&self) -> bool {
        let modes = rustix::termios::tcgetattr(&*self.pty).unwrap();
        modes.local_modes.contains(rustix::termios::LocalModes::ECHO)
    }

    /// Wait until the program has turned the echo off. Nothing announces this, so it looks again and again.
    pub(crate) fn until_hidden(&self) -> &Self {
        let start = Instant::now();
        while self.echoes() {
            assert!(start.elapsed() < LIMIT, "the echo stays on; seen was {:?}", self.seen());
            let seen = self.screen.text.lock().unwrap();
            drop(self.screen.changed.wait_timeout(seen, Duration::from_millis(5)).unwrap());
        }
        self
    }

    /// Wait for the end of the program and of its output. Fails the test if it does not end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = super::process::wait(self.child.take().unwrap());
        self.reader.take().unwrap().join().unwrap();
        status
    }

    pub(crate) fn code(&mut self) -> Option<i32> {
        self.wait().code()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
