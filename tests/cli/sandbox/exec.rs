//! `sandbox exec`.

use std::fs;

use insta::assert_snapshot;

use crate::support::{Croud, names};

#[cfg(unix)]
#[test]
fn the_command_runs_against_its_own_sandbox() {
    let home = Croud::new();
    let path = std::env::var("PATH").unwrap();
    let home = home.env("PATH", &path);
    home.file("script", b"croud organizations create --name rehearsed >/dev/null && croud organizations list -o json && cat $CROUD_CONFIG >&2; exit 7\n");
    let run = home.run("sandbox exec -- sh ~/script");
    assert!(run.contains("\"name\": \"rehearsed\""), "{run}");
    assert!(run.contains("auth-token: sandbox-token-admin"), "{run}");
    assert!(run.ends_with("[exit 7]\n"), "{run}");
    assert!(!home.config_path().exists());
    assert_snapshot!(home.run("sandbox exec -- no-such-command"), @"
    [stderr]
    ==> Error: Could not start `no-such-command`: No such file or directory (os error 2).
    [exit 127]
    ");
    assert_snapshot!(home.run("sandbox exec"), @"
    [stderr]
    error: the following required arguments were not provided:
      <COMMAND>...

    Usage: croud sandbox exec -- <COMMAND>...

    For more information, try '--help'.
    [exit 2]
    ");
}

#[cfg(unix)]
#[test]
fn the_current_folder_is_not_on_the_path() {
    use std::os::unix::fs::PermissionsExt;
    for home in [Croud::new().env("PATH", ""), Croud::new()] {
        let planted = home.file("sh", b"#!/bin/sh\necho planted\n");
        fs::set_permissions(planted, fs::Permissions::from_mode(0o755)).unwrap();
        let path = home.stdout("sandbox exec -- sh -c 'echo $PATH'");
        assert!(path.ends_with("/bin:/usr/bin:/bin\n"), "{path}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_process_that_the_command_started_ends() {
    let croud = Croud::new().env("PATH", &std::env::var("PATH").unwrap());
    // One child in the same session, one in a session of its own, one that ignores SIGTERM.
    croud.file(
        "script",
        b"sleep 1000 & echo $!\nsetsid sleep 1000 & echo $!\nsh -c 'trap \"\" TERM; sleep 1000' >&- & echo $!\n",
    );
    let output = croud.output("sandbox exec -- sh ~/script");
    assert_eq!(output.status.code(), Some(0));
    let pids = String::from_utf8(output.stdout).unwrap();
    assert_eq!(pids.lines().count(), 3);
    for pid in pids.lines() {
        assert!(!fs::exists(format!("/proc/{pid}")).unwrap(), "{pid}");
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_the_command_and_removes_the_folder() {
    use rustix::process::Signal;
    for (signal, code) in [(Signal::TERM, 3), (Signal::HUP, 4)] {
        let croud = Croud::new().env("PATH", &std::env::var("PATH").unwrap());
        fs::create_dir(croud.path("tmp")).unwrap();
        let croud = {
            let tmp = croud.path("tmp");
            croud.env("TMPDIR", tmp.to_str().unwrap())
        };
        croud.file("script", b"trap 'exit 3' TERM; trap 'exit 4' HUP; echo ready >&2; while :; do sleep 0.01; done");
        let running = croud.start("sandbox exec -- sh ~/script");
        running.until("ready");
        assert!(!names(&croud.path("tmp")).is_empty());
        running.signal(signal);
        assert_eq!(running.wait().status.code(), Some(code));
        assert_eq!(names(&croud.path("tmp")), [""; 0]);
    }
}
