//! The memory that hostile replies and files take.

mod errors;
mod inputs;
mod lists;

use crate::support::{Croud, Server, json};

/// The most memory for data that the program gets, in KiB. `ulimit -d` counts what is reserved, which is more than
/// what is used: of a list that grows, up to the double.
const LIMIT: u32 = 150_000;

/// The size of the largest reply, in bytes.
const LARGEST: usize = 16 << 20;

/// A reply of the largest size that repeats `unit` between `start` and `end`.
fn repeated(start: &str, unit: &str, end: &str) -> String {
    let count = (LARGEST - start.len() - end.len()) / (unit.len() + 1);
    format!("{start}{}{unit}{end}", format!("{unit},").repeat(count - 1))
}

/// Runs a line with limited memory. Returns the exit code and what was written to stderr.
fn limited(croud: &Croud, line: &str) -> (Option<i32>, String) {
    let command = croud.command(line);
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", &format!("ulimit -d {LIMIT} && exec \"$@\" >/dev/null"), "sh"]);
    limited.arg(command.get_program()).args(command.get_args()).env_clear();
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let output = limited.output().unwrap();
    (output.status.code(), croud.masked(&String::from_utf8(output.stderr).unwrap()))
}

/// As [`limited`], with one reply of a server.
fn run_limited(reply: &str, line: &str) -> (Option<i32>, String) {
    limited(&Croud::on(&Server::new([json(200, reply)])), line)
}

#[test]
fn a_list_of_small_values_takes_little_memory() {
    let reply = repeated("[", "[1]", "]");
    for format in ["table", "jsonl"] {
        assert_eq!(
            run_limited(&reply, &format!("organizations list -o {format}")),
            (Some(0), String::new()),
            "{format}"
        );
    }
}

#[test]
fn a_reply_of_which_a_command_reads_fields_has_a_largest_number_of_values() {
    let error = "==> Error: The reply is unusable: it has more than 300000 values.\n".to_owned();
    let reply = repeated("[", "[1]", "]");
    assert_eq!(run_limited(&reply, "organizations users edit --user u --role r"), (Some(1), error));
}

#[test]
fn a_list_that_is_too_large_to_be_sorted_is_an_error() {
    let error =
        "==> Error: The list to be sorted is too large.\n    Use `--limit`, or print it with `-o jsonl` and sort \
                 that.\n"
            .to_owned();
    let reply = repeated("[", "{\"id\":1}", "]");
    assert_eq!(run_limited(&reply, "organizations list --sort id"), (Some(1), error));
    assert_eq!(run_limited(&reply, "organizations list --sort id --limit 5"), (Some(0), String::new()));
}

#[test]
#[ignore = "takes minutes: `.ci/run` runs it"]
fn no_reply_takes_much_memory_in_any_format() {
    let string = |unit: &str| format!("[{{\"id\":\"{}\"}}]", unit.repeat((LARGEST - 100) / unit.len()));
    let numbered = |unit: fn(usize) -> String| (0..600_000).map(unit).collect::<Vec<_>>().join(",");
    let replies = [
        ("ones", repeated("[", "1", "]")),
        ("empty lists", repeated("[", "[]", "]")),
        ("lists of one", repeated("[", "[1]", "]")),
        ("objects of one", repeated("[", "{\"a\":1}", "]")),
        ("a cell", repeated("[{\"id\":[", "[1]", "]}]")),
        ("deep", repeated(&"[".repeat(120), "1", &"]".repeat(120))),
        ("keys of a record", format!("{{{}}}", numbered(|n| format!("\"k{n}\":1")))),
        ("a key in each row", format!("[{}]", numbered(|n| format!("{{\"k{n}\":1}}")))),
        ("text", string("x")),
        ("words", string("ab ")),
        ("control characters", string("\u{80}")),
        ("tags", string("\u{e0041}")),
        ("lines", string("\\n")),
        ("lone surrogates", string("\\ud800")),
        ("escapes", string("\\b")),
        ("digits", format!("[{{\"id\":{}}}]", "9".repeat(LARGEST - 100))),
    ];
    for (name, reply) in replies {
        for format in ["table", "wide", "json", "jsonl", "yaml", "csv"] {
            let (code, error) = run_limited(&reply, &format!("organizations list -o {format} --limit 100000"));
            let is_refused =
                code == Some(1) && (error.contains("too large") || error.contains("more than 300000 values"));
            assert!(code == Some(0) || is_refused, "{name} as {format}: {code:?} {error}");
        }
    }
}
