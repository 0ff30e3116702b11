//! Behaviour on a terminal: hidden input, choices, width, colour, the spinner.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use insta::assert_snapshot;
use rustix::process::Signal;

use crate::support::{Config, Croud, Profile, Served, Server, Terminal, json};

const CREATE_SECRET: &str = "organizations secrets create --name n --type AZURE";

/// Runs a line on a terminal with this many columns, and returns what it shows and its exit code.
fn on_terminal(croud: &Croud, line: &str, columns: u16) -> (String, Option<i32>) {
    let mut terminal = Terminal::with_columns(terminal_command(croud, line), columns);
    let code = terminal.code();
    (terminal.seen(), code)
}

fn terminal_command(croud: &Croud, line: &str) -> std::process::Command {
    let mut command = croud.command(line);
    if !command.get_envs().any(|(name, _)| name == "TERM") {
        command.env("TERM", "xterm-256color");
    }
    command
}

fn two_profiles() -> Croud {
    let [a, b] = ["https://a.example", "https://b.example"].map(Profile::at);
    Croud::new().config(&Config::new().profile("a", a).profile("b", b).text())
}

#[cfg(feature = "sandbox")]
#[test]
fn a_missing_secret_is_asked_for_without_echo() {
    let croud = Croud::sandbox();
    let mut terminal = Terminal::new(terminal_command(&croud, CREATE_SECRET));
    terminal.until_hidden().send("AccountName=hush\n");
    assert_eq!(terminal.code(), Some(0), "{}", terminal.seen());
    assert!(!terminal.seen().contains("hush"), "{}", terminal.seen());
    assert!(terminal.echoes());
}

#[cfg(feature = "sandbox")]
#[test]
fn a_signal_at_a_hidden_prompt_restores_the_echo() {
    let croud = Croud::sandbox();
    let mut terminal = Terminal::new(terminal_command(&croud, CREATE_SECRET));
    terminal.until_hidden().send("\x03");
    assert_eq!((terminal.code(), terminal.echoes()), (Some(130), true), "{}", terminal.seen());
    let mut terminal = Terminal::new(terminal_command(&croud, CREATE_SECRET));
    terminal.until_hidden().signal(Signal::TERM);
    assert_eq!((terminal.code(), terminal.echoes()), (Some(143), true), "{}", terminal.seen());
}

#[cfg(feature = "sandbox")]
#[test]
fn ctrl_backslash_at_a_hidden_prompt_restores_the_echo() {
    let croud = Croud::sandbox();
    let mut terminal = Terminal::new(terminal_command(&croud, CREATE_SECRET));
    terminal.until_hidden().send("\x1c");
    let status = terminal.wait();
    assert_eq!((status.signal(), status.core_dumped()), (Some(3), false), "{}", terminal.seen());
    assert!(terminal.echoes(), "{}", terminal.seen());
}

#[cfg(feature = "sandbox")]
#[test]
fn a_hidden_prompt_is_still_hidden_after_a_stop() {
    let croud = Croud::sandbox();
    let mut terminal = Terminal::new(terminal_command(&croud, CREATE_SECRET));
    terminal.until_hidden().signal(Signal::STOP);
    // A shell turns the echo on when a job stops, and leaves it on when the job continues.
    terminal.turn_echo_on().signal(Signal::CONT);
    terminal.until_hidden().send("AccountName=hush\n");
    assert_eq!((terminal.code(), terminal.echoes()), (Some(0), true), "{}", terminal.seen());
    assert!(!terminal.seen().contains("hush"), "{}", terminal.seen());
}

#[cfg(feature = "sandbox")]
#[test]
fn a_hidden_answer_that_is_not_what_was_meant_is_refused() {
    for (keys, problem) in [
        ("hush\x1b[D\n", "it has control characters, such as those of arrow keys"),
        (
            &format!("hush{}\n", "x".repeat(5000)),
            "it may be cut, because a line on a terminal has at most 4095 bytes. Use a file or a pipe",
        ),
    ] {
        let mut terminal = Terminal::new(terminal_command(&Croud::sandbox(), CREATE_SECRET));
        terminal.until_hidden().send(keys);
        assert_eq!((terminal.code(), terminal.echoes()), (Some(1), true), "{}", terminal.seen());
        assert!(
            terminal.seen().ends_with(&format!("Could not read the answer: {problem}\r\n")),
            "{:?}",
            terminal.seen()
        );
        assert!(!terminal.seen().contains("hush"), "{}", terminal.seen());
    }
}

#[test]
fn a_profile_is_chosen_with_arrow_and_return() {
    let croud = two_profiles();
    let mut terminal = Terminal::new(terminal_command(&croud, "config profiles use"));
    terminal.until("Profile").send("\x1b[B").until("> b").send("\r");
    assert_eq!(terminal.code(), Some(0), "{}", terminal.seen());
    assert!(terminal.seen().contains("Switched to profile 'b'."), "{}", terminal.seen());
    assert!(croud.config_text().contains("current-profile: b\n"));
}

#[test]
fn a_choice_that_is_interrupted_restores_the_cursor() {
    let croud = two_profiles();
    let mut terminal = Terminal::new(terminal_command(&croud, "config profiles use"));
    terminal.until("Profile").send("\x03");
    assert_eq!((terminal.code(), terminal.echoes()), (Some(130), true), "{}", terminal.seen());
    assert!(terminal.seen().contains("\x1b[?25h"), "{:?}", terminal.seen());
    assert!(croud.config_text().contains("current-profile: a\n"));
}

#[cfg(feature = "sandbox")]
#[test]
fn a_deletion_is_confirmed_or_declined() {
    let croud = Croud::sandbox();
    let mut terminal = Terminal::new(terminal_command(&croud, "organizations delete"));
    terminal.until("[yN] ").send("n\n");
    assert_eq!(terminal.code(), Some(0));
    assert!(terminal.seen().contains("Organization deletion cancelled."), "{}", terminal.seen());
    assert!(croud.stdout("organizations list").contains("my-org"));
}

#[cfg(feature = "sandbox")]
#[test]
fn a_signal_at_a_confirmation_is_reported_on_a_line_of_its_own() {
    let croud = Croud::sandbox();
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut terminal = Terminal::new(terminal_command(&croud, "organizations delete"));
        terminal.until("[yN] ").signal(signal);
        assert_eq!(terminal.code(), Some(code), "{}", terminal.seen());
        let seen = terminal.seen();
        let warning = seen.lines().find(|line| line.contains("==> Warning: ")).expect("a warning");
        assert!(!warning.contains("[yN]"), "{seen:?}");
    }
    assert!(croud.stdout("organizations list").contains("my-org"));
}

#[cfg(feature = "sandbox")]
#[test]
fn a_confirmation_that_ends_with_ctrl_d_is_not_an_answer() {
    let mut terminal = Terminal::new(terminal_command(&Croud::sandbox(), "organizations delete"));
    terminal.until("[yN] ").send("\x04");
    assert_eq!(terminal.code(), Some(2), "{}", terminal.seen());
    assert!(
        terminal.seen().ends_with("\u{1b}[0mThe confirmation was not answered. Pass --yes.\r\n"),
        "{:?}",
        terminal.seen()
    );
}

/// The output of a line on a terminal for a reply.
fn printed_on_terminal(line: &str, reply: &str, columns: u16) -> String {
    let server = Server::new([json(200, reply)]);
    let (seen, code) = on_terminal(&Croud::on(&server), line, columns);
    assert_eq!(code, Some(0), "{seen}");
    seen.replace('\r', "")
}

#[test]
fn a_table_wraps_its_cells_between_words_at_the_width_of_the_terminal() {
    let reply = r#"[{"id": "f6c39580-5719-431d", "name": "a name of several words", "plan_type": 3}]"#;
    assert_snapshot!(printed_on_terminal("organizations list", reply, 52), @"
    +--------------------+---------------+-------------+
    | id                 | name          |   plan_type |
    |--------------------+---------------+-------------|
    | f6c39580-5719-431d | a name of     |           3 |
    |                    | several words |             |
    +--------------------+---------------+-------------+
    ");
    // Output to a pipe is not wrapped.
    let piped = Croud::on(&Server::new([json(200, reply)])).stdout("organizations list");
    assert!(piped.contains("| a name of several words |"), "{piped}");
}

#[test]
fn a_table_that_is_too_wide_does_not_break_words() {
    let id = "f6c39580-5719-431d-a508-0cee4f9e8209";
    let reply = format!(r#"[{{"id": "{id}", "name": "https://a.example/long/path"}}]"#);
    assert_snapshot!(printed_on_terminal("organizations list", &reply, 30), @"
    +--------------------------------------+-----------------------------+
    | id                                   | name                        |
    |--------------------------------------+-----------------------------|
    | f6c39580-5719-431d-a508-0cee4f9e8209 | https://a.example/long/path |
    +--------------------------------------+-----------------------------+
    ");
}

#[test]
fn a_record_that_does_not_fit_is_printed_as_lines_of_key_and_value() {
    let reply = r#"{"id": "f6c39580-5719-431d-a508-0cee4f9e8209", "name": "two\nlines", "plan_type": 3, "email": null, "notes": ""}"#;
    assert_snapshot!(printed_on_terminal("organizations get x", reply, 60), @"
    id         f6c39580-5719-431d-a508-0cee4f9e8209
    name       two
               lines
    plan_type  3
    email      NULL
    notes
    ");
    assert!(printed_on_terminal("organizations get x", reply, 120).starts_with("+---"));
    let list = printed_on_terminal("organizations list", &format!("[{reply}]"), 40);
    assert!(list.starts_with("+---"), "{list}");
}

#[cfg(feature = "sandbox")]
#[test]
fn levels_are_coloured_on_a_terminal() {
    let green = "\x1b[32m==> Success: ";
    let cases = [
        (None, true),
        (Some(("NO_COLOR", "1")), false),
        (Some(("NO_COLOR", "")), true),
        (Some(("TERM", "dumb")), false),
        (Some(("CLICOLOR", "0")), false),
        (Some(("CLICOLOR", "1")), true),
    ];
    for (variable, is_coloured) in cases {
        let croud = Croud::sandbox();
        let croud = match variable {
            Some((name, value)) => croud.env(name, value),
            None => croud,
        };
        let (seen, code) = on_terminal(&croud, "organizations create --name n", 200);
        assert_eq!((code, seen.contains(green)), (Some(0), is_coloured), "{variable:?}: {seen:?}");
        assert_eq!(seen.contains('\x1b'), is_coloured, "{variable:?}: {seen:?}");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn a_pipe_is_coloured_only_if_that_is_forced() {
    let cases = [
        (&[][..], false),
        (&[("CLICOLOR_FORCE", "1")], true),
        (&[("CLICOLOR_FORCE", "0")], false),
        (&[("CLICOLOR_FORCE", "")], false),
        (&[("CLICOLOR_FORCE", "1"), ("TERM", "dumb")], true),
        (&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], false),
    ];
    for (variables, is_coloured) in cases {
        let croud = variables.iter().fold(Croud::sandbox(), |croud, (name, value)| croud.env(name, value));
        let output = croud.output("organizations create --name n");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(stderr.contains("\x1b[32m==> Success: "), is_coloured, "{variables:?}: {stderr:?}");
        assert_eq!(stderr.contains('\x1b'), is_coloured, "{variables:?}: {stderr:?}");
        assert!(!output.stdout.contains(&0x1b), "{variables:?}");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn a_slow_answer_shows_a_spinner_on_a_terminal_only() {
    let served = Served::new(&Croud::new(), "--fault '* /api/v2/roles/ slow'");
    let croud = served.croud(0);
    let (seen, code) = on_terminal(&croud, "users roles list", 200);
    assert_eq!(code, Some(0));
    assert!(seen.contains("Waiting for the cloud"), "{seen:?}");
    let (seen, code) = on_terminal(&croud, "me", 200);
    assert_eq!(code, Some(0));
    assert!(!seen.contains("Waiting"), "{seen:?}");
    assert_eq!(croud.output("users roles list").stderr, b"");
    let command = pty_process::blocking::Command::from(terminal_command(&croud, "users roles list"));
    let mut terminal = Terminal::new(command.stderr(Stdio::null()));
    assert_eq!(terminal.code(), Some(0));
    assert!(!terminal.seen().contains("Waiting"), "{:?}", terminal.seen());
}

#[test]
fn csv_has_no_control_characters_on_a_terminal() {
    // A terminal can have no width.
    for columns in [80, 0] {
        let server = Server::new([json(200, r#"[{"id": "a\u001b[2Jb\u202e", "name": "c\u009b1m", "e\u001b[2J": 1}]"#)]);
        let (seen, code) = on_terminal(&Croud::on(&server), "organizations list -o csv --columns id,name", columns);
        assert_eq!((seen.as_str(), code), ("id,name\r\r\na\\x1b[2Jb\\u202e,c\\x9b1m\r\r\n", Some(0)));
    }
}
