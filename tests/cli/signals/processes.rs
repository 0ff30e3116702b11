//! Signals to the sandbox's server, to a command that `sandbox exec` runs, and signals that are ignored.

use std::fs;
use std::process::{Command, Stdio};
use std::time::Instant;

use rustix::process::Signal;

use super::{LIMIT, with_tmp};
use crate::support::{Croud, Response, Running, Server, names, poll};

#[cfg(feature = "sandbox")]
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

#[cfg(feature = "sandbox")]
#[test]
fn a_signal_ends_sandbox_exec_and_its_command() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let croud = with_tmp(Croud::new()).env("PATH", &std::env::var("PATH").unwrap());
        let running = croud.start("sandbox exec -- sh -c 'echo $$ ready; exec sleep 1000'");
        running.until_stdout(" ready\n");
        let child = running.stdout().split(' ').next().unwrap().to_owned();
        assert!(runs(&child));
        running.signal(signal);
        let sent = Instant::now();
        assert_eq!(running.wait().status.code(), Some(code), "{signal:?}");
        assert!(sent.elapsed() < LIMIT, "{signal:?}: {:?}", sent.elapsed());
        assert!(!runs(&child), "{signal:?}");
        assert_eq!(names(&croud.path("tmp")), [""; 0], "{signal:?}");
    }
}

/// A terminal sends Ctrl-C to the command, too. Without one, the command gets no SIGINT and time to end by itself.
#[cfg(feature = "sandbox")]
#[test]
fn an_interrupted_sandbox_exec_waits_for_its_command() {
    let croud = with_tmp(Croud::new()).env("PATH", &std::env::var("PATH").unwrap());
    croud.file("script", b"echo ready; until [ -e end ]; do sleep 0.01; done; exit 5");
    let running = croud.start("sandbox exec -- sh ~/script");
    running.until_stdout("ready\n");
    running.signal(Signal::INT);
    running.until("Interrupted, cleaning up...");
    croud.file("end", b"");
    assert_eq!(running.wait().status.code(), Some(5));
    assert_eq!(names(&croud.path("tmp")), [""; 0]);
}

#[cfg(feature = "sandbox")]
#[test]
fn a_second_signal_kills_the_command_of_sandbox_exec() {
    let croud = with_tmp(Croud::new()).env("PATH", &std::env::var("PATH").unwrap());
    croud.file("script", b"trap '' INT TERM; (sleep 1000) & echo $$ $! ready; wait; sleep 1000");
    let running = croud.start("sandbox exec -- sh ~/script");
    running.until_stdout(" ready\n");
    let pids: Vec<String> = running.stdout().split(' ').take(2).map(str::to_owned).collect();
    running.signal(Signal::INT);
    running.until("Interrupted, cleaning up...");
    running.signal(Signal::INT);
    let sent = Instant::now();
    assert_eq!(running.wait().status.code(), Some(130));
    assert!(sent.elapsed() < LIMIT, "{:?}", sent.elapsed());
    assert_eq!(names(&croud.path("tmp")), [""; 0]);
    poll("the processes end", || pids.iter().all(|pid| !runs(pid)));
}

#[cfg(feature = "sandbox")]
#[test]
fn sandbox_exec_reports_the_signal_that_ended_its_command() {
    let croud = Croud::new().env("PATH", &std::env::var("PATH").unwrap());
    for (signal, code) in [("KILL", 137), ("TERM", 143), ("INT", 130), ("HUP", 129)] {
        assert_eq!(croud.code(&format!("sandbox exec -- sh -c 'kill -{signal} $$'")), Some(code), "{signal}");
    }
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
