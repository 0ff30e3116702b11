//! Behaviour on a terminal: hidden input, choices, width, colour, the spinner.

use std::process::Stdio;

use rustix::process::Signal;

use crate::support::{Config, Croud, Profile, Served, Terminal};

const CREATE_SECRET: &str = "organizations secrets create --name n --type AZURE";

/// Run a line on a terminal with this many columns, and return what it shows and its exit code.
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

#[test]
fn a_missing_secret_is_asked_for_without_echo() {
    let croud = Croud::sandbox();
    let mut terminal = Terminal::new(terminal_command(&croud, CREATE_SECRET));
    terminal.until_hidden().send("AccountName=hush\n");
    assert_eq!(terminal.code(), Some(0), "{}", terminal.seen());
    assert!(!terminal.seen().contains("hush"), "{}", terminal.seen());
    assert!(terminal.echoes());
}

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

#[test]
fn a_deletion_is_confirmed_or_declined() {
    let croud = Croud::sandbox();
    let mut terminal = Terminal::new(terminal_command(&croud, "organizations delete"));
    terminal.until("[yN] ").send("n\n");
    assert_eq!(terminal.code(), Some(0));
    assert!(terminal.seen().contains("Organization deletion cancelled."), "{}", terminal.seen());
    assert!(croud.stdout("organizations list").contains("my-org"));
}

#[test]
fn a_table_wraps_its_cells_at_the_width_of_the_terminal() {
    let croud = Croud::sandbox();
    let (seen, code) = on_terminal(&croud, "organizations list", 50);
    let lines: Vec<&str> = seen.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(code, Some(0));
    assert!(lines.iter().all(|line| line.chars().count() <= 50) && lines.len() > 6, "{seen}");
    // A table in a pipe is not wrapped.
    assert_eq!(croud.stdout("organizations list").lines().count(), 6);
}

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
