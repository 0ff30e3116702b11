//! The help pages, the help topics and the man pages.

use crate::support::{Croud, names};

#[test]
fn organizations_come_first() {
    let help = Croud::new().stdout("--help");
    let commands = help.split_once("Commands:\n").unwrap().1;
    assert!(commands.starts_with("  organizations "), "{help}");
}

#[test]
fn a_noun_without_a_verb_prints_its_help() {
    let croud = Croud::new();
    for noun in ["organizations", "organizations users", "config", "config profiles", "users", "regions"] {
        assert_eq!(croud.run(noun), croud.stdout(&format!("{noun} --help")), "{noun}");
    }
    assert_eq!(croud.run(""), croud.stdout("-h"));
}

#[test]
fn help_can_be_abbreviated_and_follow_other_options() {
    let croud = Croud::new();
    for (whole, others) in [
        ("--help", ["--hel", "--profile organizations --help"]),
        ("-h", ["--quiet -h", "--profile sandbox -h"]),
        ("organizations -h", ["--profile sandbox organizations -h", "organizations --quiet -h"]),
    ] {
        for other in others {
            assert_eq!(croud.stdout(other), croud.stdout(whole), "{other}");
        }
    }
}

#[test]
fn shared_options_are_one_short_block() {
    let croud = Croud::new();
    for (command, block) in [
        (
            "me edit",
            "\n\nShared options (see `croud help options`):\n  -r, --region <REGION>  -o, --output-fmt <FMT>  --sudo  \
             --profile <NAME>\n  --quiet  --no-input  --timeout <SECONDS>\n\nExample:\n  croud me edit",
        ),
        (
            "config path",
            "\n\nShared options (see `croud help options`):\n  --profile <NAME>  --quiet  --no-input  \
             --timeout <SECONDS>\n\nExample:\n  croud config path",
        ),
    ] {
        for option in ["-h", "--help"] {
            let help = croud.stdout(&format!("{command} {option}"));
            assert!(help.contains(block), "{help}");
            assert!(!help.contains("Shared options:") && !help.contains("Global options:"), "{help}");
        }
    }
}

#[test]
fn the_topic_options_explains_every_shared_option() {
    let text = Croud::new().stdout("help options");
    for option in
        ["--region <REGION>", "--output-fmt <FMT>", "--sudo", "--profile <NAME>", "--quiet", "--timeout <SECONDS>"]
    {
        assert!(text.contains(option), "{option} is missing:\n{text}");
    }
}

#[test]
fn an_example_is_never_wrapped() {
    for width in ["20", "40", "200"] {
        let croud = Croud::new().env("COLUMNS", width);
        for command in ["organizations credits create", "organizations customer edit", "organizations secrets create"] {
            let wide = Croud::new().stdout(&format!("{command} --help"));
            let examples = wide.split_once("\nExample").unwrap().1;
            assert!(croud.stdout(&format!("{command} --help")).ends_with(examples), "{command} at {width} columns");
            assert!(examples.lines().all(|line| line.chars().count() <= 90), "{examples}");
        }
    }
}

#[test]
fn no_example_shows_a_secret() {
    let help = Croud::new().stdout("organizations secrets create --help");
    let examples = help.split_once("\nExample").unwrap().1;
    assert!(examples.contains("--secret-key @") && !examples.contains("--secret-key m"), "{examples}");
}

#[test]
fn version() {
    assert_eq!(Croud::new().run("--version"), "croud 0.1.0\n");
    assert_eq!(Croud::new().run("-v"), "croud 0.1.0\n");
}

#[cfg(feature = "sandbox")]
#[test]
fn help_of_a_command_is_the_same_as_its_option() {
    let croud = Croud::new();
    for command in ["", "organizations", "organizations create", "sandbox serve"] {
        assert_eq!(croud.run(&format!("help {command}")), croud.stdout(&format!("{command} --help")), "{command}");
    }
}

#[test]
fn topics() {
    let croud = Croud::new();
    assert_eq!(
        croud.run("help exit-codes"),
        "Exit codes\n\n\
         0              Success. Also when you answered a confirmation with no.\n\
         1              The request failed: an error of the API, a network error, an\n               unusable reply, or a local file.\n\
         2              Usage error: invalid, missing or contradictory arguments.\n\
         4              Not logged in, or the credentials were refused.\n\
         129, 130, 143  Ended by SIGHUP, by Ctrl-C, or by SIGTERM.\n\n\
         `croud sandbox exec` exits with the code of its command.\n"
    );
    let environment = croud.run("help environment");
    assert!(
        environment.contains(
            "\nCRATEDB_CLOUD_ENDPOINT\n    Endpoint of that API key, if it is not the endpoint of the profile.\n"
        ),
        "{environment}"
    );
    assert!(croud.run("help formatting").contains("\n-o json    The reply with its own order of keys"));
}

#[test]
fn an_unknown_topic_is_a_usage_error() {
    assert_eq!(
        Croud::new().run("help nonsense"),
        "[stderr]\n==> Error: Unknown command or topic `nonsense`.\n\
         ==> Info: `croud --help` lists the commands. The topics are `environment`, `exit-codes`, `formatting`, `options`.\n\
         [exit 2]\n"
    );
    for (words, known) in [("users nonsense", "users"), ("users roles list all", "users roles list")] {
        assert_eq!(
            Croud::new().run(&format!("help {words}")),
            format!(
                "[stderr]\n==> Error: Unknown command or topic `{words}`.\n==> Info: See `croud {known} --help`.\n[exit 2]\n"
            )
        );
    }
}

#[test]
fn man_pages_have_examples_environment_and_exit_status() {
    let croud = Croud::new();
    assert_eq!(croud.run("man ~/man/man1"), "[stderr]\n==> Info: The man pages are in `HOME/man/man1`.\n");
    let pages = names(&croud.path("man/man1"));
    assert!(pages.contains(&"croud.1".to_owned()) && pages.contains(&"croud-me-edit.1".to_owned()), "{pages:?}");
    let page = std::fs::read_to_string(croud.path("man/man1/croud-organizations-create.1")).unwrap();
    for part in [
        ".TH croud-organizations-create 1",
        ".SH SYNOPSIS",
        "Create an organization",
        ".SH OPTIONS",
        ".SH \"SHARED OPTIONS\"",
        ".SH EXAMPLES\n.nf\ncroud organizations create \\-\\-name my\\-org\n.fi\n",
        ".SH ENVIRONMENT\n.TP\n\\fBCRATEDB_CLOUD_API_KEY, CRATEDB_CLOUD_API_SECRET\\fR\n",
        ".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\nSuccess.",
    ] {
        assert!(page.contains(part), "{part} is missing:\n{page}");
    }
}

#[cfg(unix)]
#[test]
fn a_man_page_replaces_a_link_and_not_its_target() {
    let croud = Croud::new();
    let mine = croud.file("mine", b"mine");
    std::fs::create_dir(croud.path("man1")).unwrap();
    std::os::unix::fs::symlink(&mine, croud.path("man1/croud.1")).unwrap();
    for _ in 0..2 {
        assert_eq!(croud.run("man ~/man1"), "[stderr]\n==> Info: The man pages are in `HOME/man1`.\n");
        assert_eq!(std::fs::read_to_string(&mine).unwrap(), "mine");
        assert!(std::fs::symlink_metadata(croud.path("man1/croud.1")).unwrap().is_file());
    }
}
