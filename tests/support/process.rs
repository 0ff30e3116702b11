//! A program that runs in parallel to the test.

use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc;

use super::transcript::{LIMIT, Transcript};

/// A started program. It is killed if the test ends first.
pub(crate) struct Running {
    child: Option<Child>,
    /// `None` if the command has redirected it.
    stdout: Option<Transcript>,
    stderr: Transcript,
}

impl Running {
    /// Starts a command, and reads its stdout and stderr.
    pub(crate) fn new(command: &mut Command) -> Self {
        Self::without_stdout(command.stdout(Stdio::piped()))
    }

    /// Starts a command, and reads its stderr. Its stdout is not changed.
    pub(crate) fn without_stdout(command: &mut Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let stdout = child.stdout.take().map(Transcript::read);
        let stderr = Transcript::read(child.stderr.take().unwrap());
        Self { child: Some(child), stdout, stderr }
    }

    /// The write end of the program's stdin, if the command asked for a pipe.
    pub(crate) fn take_stdin(&mut self) -> ChildStdin {
        self.child.as_mut().unwrap().stdin.take().unwrap()
    }

    /// Waits until `text` was printed on stderr. Fails the test if it is not.
    pub(crate) fn until(&self, text: &str) {
        self.stderr.until(text);
    }

    /// Waits until `text` was printed on stdout. Fails the test if it is not.
    pub(crate) fn until_stdout(&self, text: &str) {
        self.stdout.as_ref().unwrap().until(text);
    }

    /// What was printed on stdout so far.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.as_ref().unwrap().text()
    }

    /// Ends the program with SIGTERM, so that it removes its temporary files. Does nothing if it has ended.
    pub(super) fn terminate(&mut self) {
        #[cfg(unix)]
        if let Some(mut child) = self.child.take()
            && let Ok(None) = child.try_wait()
        {
            send_signal(child.id(), rustix::process::Signal::TERM);
            wait_or_kill(child);
        }
    }

    /// Kills the program.
    pub(super) fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[cfg(target_os = "linux")]
    pub(super) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        send_signal(self.child.as_ref().unwrap().id(), signal);
    }

    /// Waits for the end. Fails the test if the program does not end.
    pub(crate) fn wait(mut self) -> Output {
        self.end()
    }

    /// Like [`Running::wait`], but it can be called only once.
    pub(super) fn end(&mut self) -> Output {
        let status = wait(self.child.take().unwrap());
        let bytes = |transcript: &Transcript| {
            transcript.until_end();
            transcript.bytes()
        };
        let stdout = self.stdout.as_ref().map(bytes).unwrap_or_default();
        Output { status, stdout, stderr: bytes(&self.stderr) }
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

/// Waits for the end of a child. Fails the test if it does not end.
pub(super) fn wait(child: Child) -> ExitStatus {
    let id = child.id();
    wait_or_kill(child).unwrap_or_else(|| panic!("the program {id} did not end within {LIMIT:?}"))
}

/// Waits for the end of a child, which is killed if it does not end.
fn wait_or_kill(mut child: Child) -> Option<ExitStatus> {
    #[cfg(unix)]
    let id = child.id();
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(child.wait().unwrap()));
    let status = receiver.recv_timeout(LIMIT).ok();
    #[cfg(unix)]
    if status.is_none() {
        send_signal(id, rustix::process::Signal::KILL);
    }
    status
}

#[cfg(unix)]
pub(super) fn send_signal(id: u32, signal: rustix::process::Signal) {
    let id = rustix::process::Pid::from_raw(id.cast_signed()).unwrap();
    rustix::process::kill_process(id, signal).unwrap();
}
