//! `sandbox exec`.

use insta::assert_snapshot;

use crate::support::Croud;

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
