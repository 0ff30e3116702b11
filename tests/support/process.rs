//! A program that runs while the test goes on.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long a program may take to end before the test fails. Far above what it takes on a slow machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A started program. It is killed if the test fails before its end.
pub(crate) struct Running {
    child: Option<Child>,
    stderr: BufReader<ChildStderr>,
    /// What was read from stderr so far.
    seen: String,
}

impl Running {
    /// Start a command. Its stdout and stderr are read by the test.
    pub(crate) fn new(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child: Some(child), stderr, seen: String::new() }
    }

    /// Read stderr up to a line that has `text`.
    pub(crate) fn until(&mut self, text: &str) {
        while !self.seen.contains(text) {
            let mut line = String::new();
            assert_ne!(self.stderr.read_line(&mut line).unwrap(), 0, "{text:?} never came: {}", self.seen);
            self.seen.push_str(&line);
        }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        send_signal(self.id(), signal);
    }

    /// Wait for the end. Fails the test if the program does not end.
    pub(crate) fn wait(mut self) -> Output {
        let child = self.child.take().unwrap();
        let id = child.id();
        let mut stderr = std::mem::take(&mut self.seen).into_bytes();
        let (sender, receiver) = mpsc::channel();
        std::thread::scope(|scope| {
            let rest = &mut self.stderr;
            scope.spawn(move || {
                std::io::Read::read_to_end(rest, &mut stderr).unwrap();
                let output = child.wait_with_output().unwrap();
                let _ = sender.send(Output { stderr, ..output });
            });
            receiver.recv_timeout(LIMIT).unwrap_or_else(|_| {
                kill(id);
                panic!("the program did not end within {LIMIT:?}")
            })
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Wait for the end of a child. Fails the test if it does not end.
pub(crate) fn wait(mut child: Child) -> ExitStatus {
    let id = child.id();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait().unwrap()));
    receiver.recv_timeout(LIMIT).unwrap_or_else(|_| {
        kill(id);
        panic!("the program did not end within {LIMIT:?}")
    })
}

#[cfg(unix)]
pub(crate) fn send_signal(id: u32, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_raw(id.cast_signed()).unwrap();
    rustix::process::kill_process(id, signal).unwrap();
}

/// End a program that does not end by itself.
fn kill(id: u32) {
    #[cfg(unix)]
    send_signal(id, rustix::process::Signal::KILL);
    #[cfg(not(unix))]
    let _ = id;
}
