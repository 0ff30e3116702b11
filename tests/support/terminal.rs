//! A program on a pseudoterminal.

use std::io::{Read, Write as _};
use std::process::{Child, ExitStatus};
use std::sync::Arc;

use pty_process::Size;
use pty_process::blocking::{Command, Pty};

use super::transcript::{Transcript, poll};

/// A program whose stdin, stdout, stderr and controlling terminal are a pseudoterminal.
pub(crate) struct Terminal {
    child: Option<Child>,
    pty: Arc<Pty>,
    screen: Transcript,
}

impl Terminal {
    /// Starts a command on a terminal of 200 columns. To redirect a stream, set it on the `Command` of
    /// `pty_process`: that of the standard library loses it.
    pub(crate) fn new(command: impl Into<Command>) -> Self {
        Self::with_columns(command, 200)
    }

    pub(crate) fn with_columns(command: impl Into<Command>, columns: u16) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(50, columns)).unwrap();
        let child = command.into().spawn(pts).unwrap();
        let pty = Arc::new(pty);
        let screen = Transcript::read(Reader(Arc::clone(&pty)));
        Self { child: Some(child), pty, screen }
    }

    /// The output so far, with its control sequences.
    pub(crate) fn seen(&self) -> String {
        self.screen.text()
    }

    /// Waits until `text` was written. Fails the test if it is not.
    pub(crate) fn until(&self, text: &str) -> &Self {
        self.screen.until(text);
        self
    }

    /// Types at the keyboard.
    pub(crate) fn send(&self, keys: &str) -> &Self {
        (&*self.pty).write_all(keys.as_bytes()).unwrap();
        self
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        super::process::send_signal(self.child.as_ref().unwrap().id(), signal);
    }

    /// Whether the terminal echoes typed characters.
    pub(crate) fn echoes(&self) -> bool {
        let modes = rustix::termios::tcgetattr(&*self.pty).unwrap();
        modes.local_modes.contains(rustix::termios::LocalModes::ECHO)
    }

    /// Turns the echo on, as a shell does when it stops a program.
    pub(crate) fn turn_echo_on(&self) -> &Self {
        let mut modes = rustix::termios::tcgetattr(&*self.pty).unwrap();
        modes.local_modes.insert(rustix::termios::LocalModes::ECHO);
        rustix::termios::tcsetattr(&*self.pty, rustix::termios::OptionalActions::Now, &modes).unwrap();
        self
    }

    /// Waits until the program has turned the echo off.
    pub(crate) fn until_hidden(&self) -> &Self {
        poll("the echo is off", || !self.echoes());
        self
    }

    /// Waits for the end of the program and of its output. Fails the test if it does not end.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let status = super::process::wait(self.child.take().unwrap());
        self.screen.until_end();
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

/// Reads what the program writes.
struct Reader(Arc<Pty>);

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        (&*self.0).read(buffer)
    }
}
