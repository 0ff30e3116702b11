//! Long lists whose pages are read ahead or remembered.

use super::{LARGEST, limited};
use crate::support::{Croud, ReceivedRequest, Server, json};

/// How many events a page has.
const PAGE: u32 = 50;

/// A log with one event in each second, of which number `count` is the newest.
struct Log {
    count: u32,
    /// The bytes of the events with a number of at most `large`.
    size: usize,
    large: u32,
    /// Whether the bytes are in the ID, or in the context.
    in_id: bool,
}

impl Log {
    fn id(&self, number: u32) -> String {
        let padding = if self.in_id && number <= self.large { self.size } else { 0 };
        format!("{number:08}{}", "x".repeat(padding))
    }

    fn event(&self, number: u32) -> String {
        let created = jiff::Timestamp::from_second(1_704_067_200 + i64::from(number)).unwrap();
        let padding = if !self.in_id && number <= self.large { self.size } else { 0 };
        let (id, context) = (self.id(number), "x".repeat(padding));
        format!(r#"{{"id":"{id}","action":"a","actor":{{}},"created":"{created}","context":"{context}"}}"#)
    }

    /// The page for a request.
    fn page(&self, request: &ReceivedRequest) -> String {
        let (_, query) = request.line.split_once('?').unwrap_or_default();
        let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let after = parameter("last").map_or(self.count, |last| last[..8].parse::<u32>().unwrap() - 1);
        let until = parameter("to").map_or(self.count, |to| {
            let to: jiff::Timestamp = to.replace("%3A", ":").replace("%2B", "+").parse().unwrap();
            u32::try_from(to.as_second() - 1_704_067_200).unwrap_or(0)
        });
        let newest = after.min(until);
        let events: Vec<String> = (1..=newest).rev().take(PAGE as usize).map(|number| self.event(number)).collect();
        format!("[{}]", events.join(","))
    }

    fn server(self) -> Server {
        Server::answering(move |request| json(200, &self.page(request)))
    }
}

#[test]
#[ignore = "takes half a minute: `.ci/run` runs it"]
fn pages_that_are_read_ahead_take_little_memory() {
    for (count, size, in_id) in [
        (4000, 10 << 10, false),
        // Pages of the largest size. The first ones are small, so that reading ahead begins.
        (1000, LARGEST / PAGE as usize - 1000, false),
        (4000, 1 << 10, true),
    ] {
        let server = Log { count, large: count - 4 * PAGE, size, in_id }.server();
        let line = "organizations auditlogs list -o jsonl --jobs 16";
        assert_eq!(limited(&Croud::on(&server), line), (Some(0), String::new()), "{size}");
        assert!(server.requests().len() > (count / PAGE + 1) as usize, "no page was read ahead: {size}");
    }
}

#[test]
#[ignore = "takes half a minute: `.ci/run` runs it"]
fn events_that_are_remembered_take_little_memory() {
    let problem = "==> Error: The log has more events within five minutes than `--follow` and `--resume` can remember.\n    \
                   Use `auditlogs list` without these options.\n";
    let rows: Vec<String> = (0..900_000).map(|number| format!("{{\"id\":\"{number}\"}}")).collect();
    let page = format!("[{}]", rows.join(","));
    for option in ["--follow", "--resume ~/state"] {
        let server = Server::new([json(200, &page)]);
        let line = format!("organizations auditlogs list -o jsonl {option}");
        assert_eq!(limited(&Croud::on(&server), &line), (Some(1), problem.to_owned()), "{option}");
    }
    // Older events wait in a file.
    let server = Log { count: 500, large: 500, size: LARGEST / PAGE as usize - 1000, in_id: false }.server();
    let line = "organizations auditlogs list -o jsonl --resume ~/state";
    assert_eq!(limited(&Croud::on(&server), line), (Some(0), String::new()));
}
