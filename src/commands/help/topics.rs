//! The texts of the help topics. The README and the man pages have the same tables.

/// The environment variables that the program reads: names that belong together, and their meaning.
/// Code is in backticks.
pub(crate) const ENVIRONMENT: &[(&[&str], &str)] = &[
    (
        &["CRATEDB_CLOUD_API_KEY", "CRATEDB_CLOUD_API_SECRET"],
        "API key to use in place of the profile's credentials. Credentials of a profile that `--profile` names take precedence.",
    ),
    (&["CRATEDB_CLOUD_ENDPOINT"], "Endpoint of that API key, if it is not the endpoint of the profile."),
    (&["CRATEDB_CLOUD_REGION", "CRATEDB_CLOUD_ORGANIZATION_ID"], "Defaults for `--region` and `--org-id`."),
    (&["CROUD_PROFILE"], "Profile to use. `--profile` takes precedence."),
    (&["CROUD_CONFIG"], "Path of the configuration file."),
    (&["CROUD_SANDBOX_STATE"], "Folder in which the sandbox keeps its state."),
    (
        &["CROUD_SANDBOX_SERVER", "CROUD_SANDBOX_TOKEN"],
        "Address and control token of a running sandbox, for `croud sandbox snapshot` and similar commands. `croud sandbox exec` sets both.",
    ),
    (&["CROUD_RETRIES"], "Number of retries after a transient failure (default: 3)."),
    (&["CROUD_TIMEOUT"], "Default for `--timeout`, in seconds (default: 60)."),
    (&["LOG_API"], "`true` prints each request and the status of its reply to stderr, with secrets redacted."),
    (
        &["NO_COLOR", "CLICOLOR_FORCE", "CLICOLOR", "TERM"],
        "Colour: `NO_COLOR=1` turns it off, `CLICOLOR_FORCE=1` turns it on. Otherwise it is on for a terminal, unless `CLICOLOR=0` or `TERM=dumb`.",
    ),
    (&["BROWSER"], "Browser that `croud login` opens."),
    (&["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"], "Proxies. Requests to this machine never use one."),
    (&["SSL_CERT_FILE", "SSL_CERT_DIR"], "CA certificates to trust in place of those of the system."),
    (&["TZ"], "Time zone of a date in `auditlogs list --from` and `--to` (default: that of the system)."),
];

/// The exit codes and their meaning.
pub(crate) const EXIT_CODES: &[(&str, &str)] = &[
    ("0", "Success. Also when you answered a confirmation with no."),
    ("1", "The request failed: an error of the API, a network error, an unusable reply, or a local file."),
    ("2", "Usage error: invalid, missing or contradictory arguments."),
    ("4", "Not logged in, or the credentials were refused."),
    ("129, 130, 143", "Ended by SIGHUP, by Ctrl-C, or by SIGTERM."),
];

/// The topic `formatting`.
const FORMATTING: &str = "\
Output formats

-o table   The most important columns. Numbers are aligned at their decimal
           points. NULL is a null, and an empty cell is a missing value.
-o wide    All columns, in the order of the reply.
-o json    The reply with its own order of keys and its own digits. A list
           with several pages is one JSON list. If a later page fails, the
           list is not closed.
-o yaml    The same as YAML. Strings are quoted where a YAML reader could
           take them for another type.
-o csv     The cells of the table, with a header (RFC 4180). A null is an
           empty field.
-o jsonl   Each row as JSON on one line, printed when it arrives.

--columns selects columns by their keys, such as id,name,dc.created, in every
format. --sort sorts numbers by their value, and null last. --limit counts
after sorting. In JSON, JSONL and YAML, a key that a row lacks is null.

Without -o, the `format` of the profile applies, then `default-format`. Data
goes to stdout. Messages (they begin with `==>`), prompts and progress go to
stderr. --quiet suppresses the Success and Info messages, but no part of an
error.
";

/// The names of all topics.
pub(super) const NAMES: [&str; 4] = ["environment", "exit-codes", "formatting", "options"];

/// The text of a topic. `None` if it depends on the command tree, or if there is no such topic.
pub(super) fn text(topic: &str) -> Option<String> {
    match topic {
        "environment" => Some(environment()),
        "exit-codes" => Some(exit_codes()),
        "formatting" => Some(FORMATTING.to_owned()),
        _ => None,
    }
}

/// The variables, each with its meaning below it.
fn environment() -> String {
    let mut text = "Environment variables\n".to_owned();
    for (names, meaning) in ENVIRONMENT {
        text += &format!("\n{}\n", names.join(", "));
        for line in lines(meaning, WIDTH - 4) {
            text += &format!("    {line}\n");
        }
    }
    text
}

/// The codes, each with its meaning beside it.
fn exit_codes() -> String {
    let mut text = "Exit codes\n\n".to_owned();
    for (code, meaning) in EXIT_CODES {
        let mut first = *code;
        for line in lines(meaning, WIDTH - 15) {
            text += &format!("{first:<15}{line}\n");
            first = "";
        }
    }
    text + "\n`croud sandbox exec` exits with the code of its command.\n"
}

/// The width of a topic, in columns.
const WIDTH: usize = 78;

/// Splits a text at spaces into lines of at most `width` columns.
pub(super) fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line =
            lines.last_mut().filter(|line| line.is_empty() || line.chars().count() + 1 + word.chars().count() <= width);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => *line = format!("{line} {word}"),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}
