//! The process itself: a closed stdout, and core dumps.

#![cfg(unix)]

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};

use crate::support::{Croud, Response, Running, Server};

/// `sh`, which runs `script` and then the program with `line`.
fn shell(croud: &Croud, script: &str, line: &str) -> Command {
    let inner = croud.command(line);
    let mut command = Command::new("sh");
    command.args(["-c", script, "sh"]).arg(inner.get_program()).args(inner.get_args()).env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(croud.path("")).stdin(Stdio::null());
    command
}

#[cfg(feature = "sandbox")]
#[test]
fn a_closed_stdout_is_an_error() {
    let croud = Croud::sandbox();
    for line in ["organizations list", "organizations list -o json", "--version", "config path"] {
        let output = shell(&croud, "exec \"$@\" >&-", line).output().unwrap();
        assert_eq!(
            croud.shown(&output),
            "[stderr]\n==> Error: The output could not be written: stdout is closed\n[exit 1]\n",
            "{line}"
        );
    }
    // Others write nothing, or to where a user chose to write nothing.
    let output = shell(&croud, "exec \"$@\" >&-", "config profiles use nobody").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let output = shell(&croud, "exec \"$@\" >/dev/null", "organizations list").output().unwrap();
    assert_eq!(croud.shown(&output), "");
}

#[cfg(target_os = "linux")]
#[test]
fn no_core_is_dumped() {
    let server = Server::new([Response::Stall]);
    let croud = Croud::on(&server);
    let running = Running::new(&mut shell(&croud, "ulimit -c unlimited; exec \"$@\"", "organizations list"));
    server.wait_for(1);
    running.signal(rustix::process::Signal::QUIT);
    let status = running.wait().status;
    assert_eq!((status.signal(), status.core_dumped()), (Some(3), false));
}
