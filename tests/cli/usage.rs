//! Usage errors: the parser's messages, and the exit code 2.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json};

#[test]
fn an_invalid_command_line_is_an_error_with_a_suggestion() {
    let croud = Croud::new();
    assert_snapshot!(croud.run("organizations list --regoin x"), @"
    [stderr]
    error: unexpected argument '--regoin' found

      tip: a similar argument exists: '--region'

    Usage: croud organizations list --region <REGION>

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations lst"), @"
    [stderr]
    error: unrecognized subcommand 'lst'

      tip: a similar subcommand exists: 'list'

    Usage: croud organizations [OPTIONS] <COMMAND>

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations list -o xml"), @"
    [stderr]
    error: invalid value 'xml' for '--output-fmt <FMT>'
      [possible values: table, wide, json, yaml, csv, jsonl]

      tip: a similar value exists: 'yaml'

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(croud.run("-o json organizations list"), @"
    [stderr]
    error: unexpected argument '-o' found

    Usage: croud [OPTIONS] [COMMAND]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations customer get --f x"), @"
    [stderr]
    error: invalid value 'x' for '--output-fmt <FMT>'
      [possible values: table, wide, json, yaml, csv, jsonl]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(croud.run("--timeout soon organizations list"), @"
    [stderr]
    error: invalid value 'soon' for '--timeout <SECONDS>': expected a number of seconds such as 60

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn an_invalid_number_is_answered_with_an_example() {
    for (option, problem) in [
        ("list --limit x", "'x' for '--limit <ROWS>': expected a whole number of at least 1, such as 10"),
        ("list --limit 0", "'0' for '--limit <ROWS>': expected a whole number of at least 1, such as 10"),
        ("list --limit=-1", "'-1' for '--limit <ROWS>': expected a whole number of at least 1, such as 10"),
        ("list --limit 1.5", "'1.5' for '--limit <ROWS>': expected a whole number of at least 1, such as 10"),
        ("create --name x --plan-type x", "'x' for '--plan-type <PLAN>': expected a number from 1 to 6"),
        ("edit --plan-type 0", "'0' for '--plan-type <PLAN>': expected a number from 1 to 6"),
        ("list --timeout -5", "'-5' for '--timeout <SECONDS>': expected a number of seconds such as 60"),
        (
            "auditlogs list --follow --interval x",
            "'x' for '--interval <SECONDS>': expected a number of seconds such as 60",
        ),
    ] {
        let expected =
            format!("[stderr]\nerror: invalid value {problem}\n\nFor more information, try '--help'.\n[exit 2]\n");
        assert_eq!(Croud::new().run(&format!("organizations {option}")), expected, "{option}");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn an_invalid_number_of_the_sandbox_is_answered_with_an_example() {
    for (option, problem) in [
        ("serve --events x", "'x' for '--events <N>': expected a whole number such as 400"),
        ("serve --users=-1", "'-1' for '--users <N>': expected a whole number up to 100000"),
        ("serve --users 100001", "'100001' for '--users <N>': expected a whole number up to 100000"),
        ("serve --page-size 0", "'0' for '--page-size <N>': expected a whole number of at least 1, such as 50"),
        ("journal --count x", "'x' for '--count <N>': expected a whole number such as 2"),
    ] {
        let expected = format!("error: invalid value {problem}\n");
        let run = Croud::new().run(&format!("sandbox {option}"));
        assert!(run.contains(&expected), "{run}");
    }
}

#[test]
fn options_can_be_abbreviated_and_repeated() {
    let server = Server::new([json(200, "[]"), json(200, "[]")]);
    let croud = Croud::on(&server);
    assert_eq!(croud.run("organizations users list --org-i a --org-id=b -ojson"), "[]\n");
    assert_eq!(croud.run("organizations users list --org-i b -o=json --out table --form json"), "[]\n");
    // `users list` has no `-y`.
    assert!(croud.run("organizations users list -yojson").ends_with("[exit 2]\n"));
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/b/users/ cookie: session=t0ken
    GET /api/v2/organizations/b/users/ cookie: session=t0ken
    ");
}

#[test]
fn a_usage_error_escapes_control_characters() {
    let output = Croud::new().command("organizations").arg("a\u{9b}31m\u{202e}\r\x1b").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @r"
    error: unrecognized subcommand 'a\x9b31m\u202e\r'

    Usage: croud organizations [OPTIONS] <COMMAND>

    For more information, try '--help'.
    ");
}

#[test]
fn an_ambiguous_abbreviation_is_answered_by_naming_the_candidates() {
    assert_snapshot!(Croud::new().run("organizations users list --o json"), @"
    [stderr]
    error: unexpected argument '--o' found

      tip: some similar arguments exist: '--org', '--org-id', '--output-fmt'

    Usage: croud organizations users list --org-id <ORG_ID>

    For more information, try '--help'.
    [exit 2]
    ");
    let run = Croud::new().run("organizations auditlogs list --f x");
    assert!(run.contains("some similar arguments exist: '--follow', '--from'\n"), "{run}");
}

#[cfg(feature = "sandbox")]
#[test]
fn a_file_or_folder_to_write_is_not_a_hyphen() {
    for (line, name) in [
        ("organizations auditlogs list --resume -", "--resume <FILE>"),
        ("sandbox serve --journal -", "--journal <FILE>"),
        ("sandbox serve --state -", "--state <FOLDER>"),
        ("sandbox exec --journal - -- true", "--journal <FILE>"),
        ("sandbox export -", "[FILE]"),
        ("sandbox export --seed -", "[FILE]"),
        ("man -", "<FOLDER>"),
    ] {
        let croud = Croud::sandbox();
        let expected = format!(
            "[stderr]\nerror: invalid value '-' for '{name}': it does not stand for stdout here. A file or folder with this name \
             is `./-`\n\nFor more information, try '--help'.\n[exit 2]\n"
        );
        assert_eq!(croud.run(line), expected, "{line}");
        assert!(!croud.path("-").exists(), "{line}");
    }
}
