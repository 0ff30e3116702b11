//! Lists of many rows and many pages.

use crate::support::{Croud, ReceivedRequest, Response, Server, json};

/// More rows than a table keeps in one block.
const ROWS: usize = 1000;
const PAGE: usize = 100;

/// A server with an audit log of [`ROWS`] events. The last one has the widest cell, and a key that no other event has.
fn server() -> Server {
    Server::answering(|request: &ReceivedRequest| -> Response {
        let start = request.line.split_once("?last=").map_or(0, |(_, last)| last.parse::<usize>().unwrap() + 1);
        let events = (start..ROWS.min(start + PAGE)).map(|id| {
            let mut event = serde_json::json!({"id": id, "action": "a", "created": format!("2024-{id}")});
            if id == ROWS - 1 {
                event["action"] = "a.wide.action".into();
                event["late"] = true.into();
            }
            event
        });
        json(200, &serde_json::Value::from_iter(events).to_string())
    })
}

#[test]
fn a_table_of_many_rows_has_one_width() {
    let server = server();
    let printed = Croud::on(&server).stdout("organizations auditlogs list");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(server.requests().len(), ROWS / PAGE + 1);
    assert_eq!(lines.len(), ROWS + 4);
    assert_eq!(lines[0], "+---------------+-----------+");
    assert_eq!(lines[1], "| action        | created   |");
    assert_eq!(lines[2], "|---------------+-----------|");
    for (id, line) in lines[3..ROWS + 2].iter().enumerate() {
        assert_eq!(*line, format!("| a             | {:<9} |", format!("2024-{id}")));
    }
    assert_eq!(lines[ROWS + 2], "| a.wide.action | 2024-999  |");
    assert_eq!(lines[ROWS + 3], lines[0]);
}

#[test]
fn a_key_of_a_later_row_has_a_column_in_a_wide_table() {
    let server = server();
    let printed = Croud::on(&server).stdout("organizations auditlogs list -o wide");
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines.len(), ROWS + 4);
    assert_eq!(lines[1], "|   id | action        | created   | late   |");
    for (id, line) in lines[3..ROWS + 2].iter().enumerate() {
        assert_eq!(*line, format!("| {id:>4} | a             | {:<9} |        |", format!("2024-{id}")));
    }
    assert_eq!(lines[ROWS + 2], "|  999 | a.wide.action | 2024-999  | TRUE   |");
}

#[test]
fn json_and_yaml_of_many_pages_are_one_list() {
    for format in ["json", "yaml"] {
        let server = server();
        let printed = Croud::on(&server).stdout(&format!("organizations auditlogs list -o {format}"));
        let rows: Vec<serde_json::Value> = serde_yaml::from_str(&printed).unwrap();
        let ids: Vec<u64> = rows.iter().map(|row| row["id"].as_u64().unwrap()).collect();
        assert_eq!(ids, (0..ROWS as u64).collect::<Vec<_>>(), "{format}");
    }
}
