//! INT, TERM and HUP end every command, also while it waits, and temporary files are removed.

mod processes;
mod requests;

use std::any::Any;
use std::fs;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Croud, Running, Server, Terminal, json, names, poll};

/// The signals, the exit codes, and the lines that are printed.
const SIGNALS: [(Signal, i32, &str); 3] =
    [(Signal::INT, 130, "Interrupted."), (Signal::TERM, 143, "Terminated."), (Signal::HUP, 129, "Hung up.")];
/// How long a command may take to end. The goal is a second; a busy machine gets more.
const LIMIT: Duration = Duration::from_secs(4);
const CREATE_SECRET: &str = "organizations secrets create --name n --type AZURE";

/// A program on a terminal or without one.
enum Program {
    OnTerminal(Terminal),
    Alone(Running),
}

/// A program that waits for something.
struct Waiting {
    program: Program,
    croud: Croud,
    /// What the program waits for.
    _waits_for: Box<dyn Any>,
}

impl Waiting {
    fn new(croud: Croud, running: Running, waits_for: impl Any) -> Self {
        Self { program: Program::Alone(running), croud, _waits_for: Box::new(waits_for) }
    }

    fn on_terminal(croud: Croud, terminal: Terminal) -> Self {
        Self { program: Program::OnTerminal(terminal), croud, _waits_for: Box::new(()) }
    }

    fn signal(&self, signal: Signal) {
        match &self.program {
            Program::OnTerminal(terminal) => terminal.signal(signal),
            Program::Alone(running) => running.signal(signal),
        }
    }

    /// Waits for the end: the exit code, and what was printed.
    fn end(program: Program) -> (Option<i32>, String) {
        match program {
            Program::OnTerminal(mut terminal) => (terminal.code(), terminal.seen()),
            Program::Alone(running) => {
                let output = running.wait();
                (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
            }
        }
    }
}

/// Sends each signal to a program that `start` has started, and checks how it ends and what it leaves.
fn check(start: impl Fn() -> Waiting, check_rest: impl Fn(&Croud)) {
    for (signal, code, line) in SIGNALS {
        let waiting = start();
        waiting.signal(signal);
        let sent = Instant::now();
        let (ended, printed) = Waiting::end(waiting.program);
        let took = sent.elapsed();
        assert_eq!(ended, Some(code), "{signal:?}: {printed}");
        assert!(printed.contains(line), "{signal:?}: {printed}");
        assert!(took < LIMIT, "{signal:?}: {took:?}");
        assert_eq!(names(&waiting.croud.path("tmp")), [""; 0], "{signal:?}: temporary files are left behind");
        check_rest(&waiting.croud);
    }
}

/// As [`check`], for a command that changes nothing.
fn check_end(start: impl Fn() -> Waiting) {
    check(start, |_| {});
}

/// `croud` with the temporary folder `tmp` in its home.
fn with_tmp(croud: Croud) -> Croud {
    let tmp = croud.path("tmp");
    fs::create_dir_all(&tmp).unwrap();
    croud.env("TMPDIR", tmp.to_str().unwrap())
}

fn sandbox() -> Croud {
    with_tmp(Croud::sandbox())
}

fn on_terminal(croud: &Croud, line: &str) -> Terminal {
    Terminal::new(croud.command(line))
}

/// Starts a line whose stdin is a pipe that stays open, and waits until the program has read from it.
fn with_open_stdin(croud: &Croud, line: &str) -> (Running, impl Any + use<>) {
    let mut running = Running::new(croud.command(line).stdin(Stdio::piped()));
    let mut stdin = running.take_stdin();
    stdin.write_all(b"x").unwrap();
    until_read(&stdin);
    (running, stdin)
}

/// Waits until a pipe is empty: the program has read what the test wrote.
fn until_read(pipe: impl AsFd) {
    poll("the pipe is read", || rustix::io::ioctl_fionread(&pipe).unwrap() == 0);
}

/// Makes a FIFO that stays open.
fn fifo(croud: &Croud, name: &str) -> (PathBuf, fs::File) {
    let path = croud.path(name);
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let file = fs::File::options().read(true).write(true).open(&path).unwrap();
    (path, file)
}

#[cfg(feature = "sandbox")]
#[test]
fn a_signal_ends_a_hidden_prompt() {
    // On a terminal, `-` asks as a missing option does.
    for option in ["", " --connection-string -"] {
        check_end(|| {
            let croud = sandbox();
            let terminal = on_terminal(&croud, &format!("{CREATE_SECRET}{option}"));
            terminal.until_hidden();
            Waiting::on_terminal(croud, terminal)
        });
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn a_signal_ends_the_wait_for_a_secret_from_a_pipe() {
    check_end(|| {
        let croud = sandbox();
        let (running, stdin) = with_open_stdin(&croud, &format!("{CREATE_SECRET} --connection-string -"));
        Waiting::new(croud, running, stdin)
    });
}

#[cfg(feature = "sandbox")]
#[test]
fn a_signal_ends_the_wait_for_a_secret_from_a_fifo() {
    check_end(|| {
        let croud = sandbox();
        let (_, mut fifo) = fifo(&croud, "fifo");
        fifo.write_all(b"x").unwrap();
        let running = croud.start(&format!("{CREATE_SECRET} --connection-string @~/fifo"));
        until_read(&fifo);
        Waiting::new(croud, running, fifo)
    });
}

#[cfg(feature = "sandbox")]
#[test]
fn a_signal_ends_the_wait_for_an_api_key_on_stdin() {
    check_end(|| {
        let croud = with_tmp(Croud::new());
        let (running, stdin) = with_open_stdin(&croud, "login --api-key");
        Waiting::new(croud, running, stdin)
    });
}

#[cfg(feature = "sandbox")]
#[test]
fn a_signal_ends_a_confirmation_on_a_terminal() {
    check_end(|| {
        let croud = sandbox();
        let terminal = on_terminal(&croud, "organizations delete");
        terminal.until("[yN] ");
        Waiting::on_terminal(croud, terminal)
    });
}

#[cfg(feature = "sandbox")]
#[test]
fn a_signal_ends_a_confirmation_from_a_pipe() {
    check_end(|| {
        let croud = sandbox();
        let (running, stdin) = with_open_stdin(&croud, "organizations delete");
        Waiting::new(croud, running, stdin)
    });
}

#[test]
fn a_signal_ends_the_wait_for_the_configurations_lock() {
    let is_unchanged = |croud: &Croud| assert!(!croud.config_text().contains("format: wide"));
    check(
        || {
            let server = Server::new([]);
            let croud = with_tmp(Croud::on(&server));
            let lock = fs::File::create(croud.path(".config/Crate/.croud.yaml.lock")).unwrap();
            lock.lock().unwrap();
            let running = croud.start("config set format wide");
            running.until("lock");
            Waiting::new(croud, running, lock)
        },
        is_unchanged,
    );
}

#[test]
fn a_signal_ends_the_reading_of_a_configuration_that_is_a_fifo() {
    check_end(|| {
        let croud = with_tmp(Croud::new());
        let (path, mut fifo) = fifo(&croud, "fifo.yaml");
        fifo.write_all(b"x").unwrap();
        let croud = croud.env("CROUD_CONFIG", path.to_str().unwrap());
        let running = croud.start("organizations list");
        until_read(&fifo);
        Waiting::new(croud, running, fifo)
    });
}

#[test]
fn a_signal_ends_the_output_to_a_full_pipe() {
    check_end(|| {
        let rows = format!(r#"[{{"id": "{}"}}]"#, "x".repeat(1_000_000));
        let server = Server::new([json(200, &rows)]);
        let croud = with_tmp(Croud::on(&server));
        let (reader, writer) = std::io::pipe().unwrap();
        let running = Running::without_stdout(croud.command("organizations list -o json").stdout(writer));
        poll("the pipe is full", || rustix::io::ioctl_fionread(&reader).unwrap() >= 32 * 1024);
        Waiting::new(croud, running, (reader, server))
    });
}
