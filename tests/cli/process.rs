//! The process itself: core dumps.

#![cfg(target_os = "linux")]

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
fn no_core_is_dumped() {
    let server = Server::new([Response::Stall]);
    let croud = Croud::on(&server);
    let running = Running::new(&mut shell(&croud, "ulimit -c unlimited; exec \"$@\"", "organizations list"));
    server.wait_for(1);
    running.signal(rustix::process::Signal::QUIT);
    let status = running.wait().status;
    assert_eq!((status.signal(), status.core_dumped()), (Some(3), false));
}

#[test]
fn too_few_file_descriptors_are_an_error() {
    for limit in 5..9 {
        let command = shell(&Croud::new(), &format!("ulimit -n {limit}; exec \"$@\""), "me").output().unwrap();
        let stderr = String::from_utf8(command.stderr).unwrap();
        assert_eq!(stderr, "==> Error: Too many open files (os error 24)\n", "{limit}");
        assert_eq!(command.status.code(), Some(1), "{limit}");
    }
}
