//! INT, TERM and HUP end a command wherever it waits, and nothing is left behind.

use std::any::Any;
use std::fs;
use std::io::Write as _;
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Croud, Response, Running, Server, Terminal, json, names, poll, reply};

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

    /// Wait for the end: the exit code, and what was printed.
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

/// Send each signal to a program that `start` has started, and check how it ends and what it leaves.
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

/// `croud` with a temporary folder of its own, `tmp` in its home.
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

/// Start a line whose stdin is a pipe that stays open, and wait until the program has read from it.
fn with_open_stdin(croud: &Croud, line: &str) -> (Running, impl Any + use<>) {
    let mut running = Running::new(croud.command(line).stdin(Stdio::piped()));
    let mut stdin = running.take_stdin();
    stdin.write_all(b"x").unwrap();
    until_read(&stdin);
    (running, stdin)
}

/// Wait until a pipe is empty: the program has read what the test wrote.
fn until_read(pipe: impl AsFd) {
    poll("the pipe is read", || rustix::io::ioctl_fionread(&pipe).unwrap() == 0);
}

/// Make a FIFO that stays open.
fn fifo(croud: &Croud, name: &str) -> (PathBuf, fs::File) {
    let path = croud.path(name);
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let file = fs::File::options().read(true).write(true).open(&path).unwrap();
    (path, file)
}

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

#[test]
fn a_signal_ends_the_wait_for_a_secret_from_a_pipe() {
    check_end(|| {
        let croud = sandbox();
        let (running, stdin) = with_open_stdin(&croud, &format!("{CREATE_SECRET} --connection-string -"));
        Waiting::new(croud, running, stdin)
    });
}

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

#[test]
fn a_signal_ends_the_wait_for_an_api_key_on_stdin() {
    check_end(|| {
        let croud = sandbox();
        let (running, stdin) = with_open_stdin(&croud, "login --api-key");
        Waiting::new(croud, running, stdin)
    });
}

#[test]
fn a_signal_ends_a_confirmation_on_a_terminal() {
    check_end(|| {
        let croud = sandbox();
        let terminal = on_terminal(&croud, "organizations delete");
        terminal.until("[yN] ");
        Waiting::on_terminal(croud, terminal)
    });
}

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

#[test]
fn a_signal_ends_a_request() {
    check_end(|| {
        let server = Server::new([Response::Stall]);
        let croud = with_tmp(Croud::on(&server));
        let running = croud.start("organizations list");
        server.wait_for(1);
        Waiting::new(croud, running, server)
    });
}

#[test]
fn a_signal_ends_the_wait_before_a_retry() {
    check_end(|| {
        let server = Server::new([reply(503, &["Retry-After: 50"], "")]);
        let croud = with_tmp(Croud::on(&server)).env("CROUD_RETRIES", "1");
        let running = croud.start("organizations list");
        server.wait_for(1);
        Waiting::new(croud, running, server)
    });
}

const RECORD: &str =
    r#"{"id": "f-1", "name": "up.csv", "file_size": 9, "upload_url": "ENDPOINT/put", "download_url": "ENDPOINT/get"}"#;

#[test]
fn a_signal_ends_an_upload_and_removes_its_record() {
    for (signal, code, _) in SIGNALS {
        let server = Server::new([json(201, RECORD), Response::Stall, reply(204, &[], "")]);
        let croud = with_tmp(Croud::on(&server));
        croud.file("data.csv", &vec![7; 32 << 20]);
        let running = croud.start("organizations files create --file-path ~/data.csv");
        server.wait_for(2);
        running.signal(signal);
        let sent = Instant::now();
        assert_eq!(running.wait().status.code(), Some(code));
        assert!(sent.elapsed() < LIMIT, "{signal:?}: {:?}", sent.elapsed());
        assert_eq!(server.requests()[2].line, "DELETE /api/v2/organizations/my-org-id/files/f-1/");
        assert_eq!(names(&croud.path("tmp")), [""; 0]);
    }
}

#[test]
fn a_signal_ends_a_download_and_leaves_no_file() {
    let is_empty = |croud: &Croud| assert_eq!(names(&croud.path("in")), [""; 0]);
    check(
        || {
            let part = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na,b\n".to_vec();
            let server = Server::new([json(200, RECORD), Response::BytesAndStall(part)]);
            let croud = with_tmp(Croud::on(&server));
            fs::create_dir(croud.path("in")).unwrap();
            let running = croud.start("organizations files get --file-id f-1 --download ~/in");
            server.wait_for(2);
            Waiting::new(croud, running, server)
        },
        is_empty,
    );
}

#[test]
fn a_signal_ends_the_sandbox_server_cleanly() {
    for (signal, code) in [(Signal::INT, 0), (Signal::TERM, 0), (Signal::HUP, 0)] {
        let croud = with_tmp(Croud::new());
        let running = croud.start("sandbox serve");
        running.until_stdout("\n");
        assert_eq!(names(&croud.path("tmp")).len(), 1);
        running.signal(signal);
        let sent = Instant::now();
        assert_eq!(running.wait().status.code(), Some(code), "{signal:?}");
        assert!(sent.elapsed() < LIMIT, "{signal:?}: {:?}", sent.elapsed());
        assert_eq!(names(&croud.path("tmp")), [""; 0]);
    }
}

/// Whether a process runs. One that has ended and was not waited for does not.
fn runs(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|state| !state.is_empty() && !state.starts_with('Z'))
}

#[test]
fn a_signal_ends_sandbox_exec_and_its_command() {
    let croud = with_tmp(Croud::new()).env("PATH", &std::env::var("PATH").unwrap());
    let running = croud.start("sandbox exec -- sh -c 'echo $$ ready; exec sleep 1000'");
    running.until_stdout(" ready\n");
    let child = running.stdout().split(' ').next().unwrap().to_owned();
    assert!(runs(&child));
    running.signal(Signal::TERM);
    let sent = Instant::now();
    assert_eq!(running.wait().status.code(), Some(143));
    assert!(sent.elapsed() < LIMIT, "{:?}", sent.elapsed());
    assert!(!runs(&child));
    assert_eq!(names(&croud.path("tmp")), [""; 0]);
}

#[test]
fn a_write_that_a_signal_ends_is_reported_as_uncertain() {
    for line in ["organizations create --name x", "organizations delete -y", "me edit --email a@b.c"] {
        for (signal, code, word) in SIGNALS {
            let server = Server::new([Response::Stall]);
            let croud = Croud::on(&server);
            let running = croud.start(line);
            server.wait_for(1);
            running.signal(signal);
            let output = running.wait();
            assert_eq!(output.status.code(), Some(code), "{line}");
            let printed = String::from_utf8(output.stderr).unwrap();
            assert!(printed.starts_with(&format!("==> Warning: {word}\n    ")), "{line}: {printed}");
            assert!(printed.contains("may have been carried out"), "{line}: {printed}");
        }
    }
    let server = Server::new([Response::Stall]);
    let croud = Croud::on(&server);
    let running = croud.start("organizations list");
    server.wait_for(1);
    running.signal(Signal::INT);
    assert_eq!(String::from_utf8(running.wait().stderr).unwrap(), "==> Warning: Interrupted.\n");
}

#[test]
fn a_signal_that_the_parent_ignores_stays_ignored() {
    for (name, signal) in [("INT", Signal::INT), ("HUP", Signal::HUP)] {
        let server = Server::new([Response::Stall]);
        let croud = Croud::on(&server);
        let command = croud.command("--timeout 1 organizations list");
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", &format!("trap '' {name}; exec \"$0\" \"$@\"")]).arg(command.get_program());
        shell.args(command.get_args()).env_clear();
        shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let running = Running::new(shell.stdin(Stdio::null()));
        server.wait_for(1);
        running.signal(signal);
        // It is the timeout that ends the command.
        let shown = croud.shown(&running.wait());
        assert!(shown.starts_with("[stderr]\n==> Error: ") && shown.ends_with("[exit 1]\n"), "{name}: {shown}");
    }
}

/// Start an upload whose clean-up never ends, and send it a first signal.
fn endless_clean_up() -> (Server, Croud, Running) {
    let server = Server::new([json(201, RECORD), Response::Stall, Response::Stall]);
    let croud = Croud::on(&server);
    croud.file("data.csv", &vec![7; 32 << 20]);
    let running = croud.start("organizations files create --file-path ~/data.csv");
    server.wait_for(2);
    running.signal(Signal::INT);
    server.wait_for(3);
    running.until("Interrupted, cleaning up...");
    (server, croud, running)
}

#[test]
fn a_second_signal_ends_a_slow_clean_up() {
    let (_server, _croud, running) = endless_clean_up();
    running.signal(Signal::INT);
    let sent = Instant::now();
    assert_eq!(running.wait().status.code(), Some(130));
    assert!(sent.elapsed() < LIMIT, "{:?}", sent.elapsed());
}

#[test]
fn a_clean_up_has_a_limit() {
    let (_server, _croud, running) = endless_clean_up();
    let sent = Instant::now();
    assert_eq!(running.wait().status.code(), Some(130));
    assert!(sent.elapsed() < Duration::from_secs(10), "{:?}", sent.elapsed());
}
