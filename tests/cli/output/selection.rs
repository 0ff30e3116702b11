//! `--columns`, `--sort`, `--limit` and `--no-header`.

use insta::assert_snapshot;

use super::printed;
use crate::support::{Croud, Server, json};

const ROWS: &str = r#"[
    {"id": "b", "name": "x", "plan_type": 10, "dc": {"created": "2024"}},
    {"id": "c", "name": null, "plan_type": 9, "dc": {"created": "2022"}},
    {"id": "a", "name": "y", "planType": 1, "dc": null}]"#;

#[test]
fn columns_are_printed_in_their_order() {
    assert_snapshot!(printed("organizations list --columns dc.created,plan_type,name", ROWS), @"
    +--------------+-------------+--------+
    |   dc.created |   plan_type | name   |
    |--------------+-------------+--------|
    |         2024 |          10 | x      |
    |         2022 |           9 | NULL   |
    |              |           1 | y      |
    +--------------+-------------+--------+
    ");
    assert_eq!(
        printed("organizations list --columns dc.created,name -o csv", ROWS),
        "dc.created,name\r\n2024,x\r\n2022,\r\n,y\r\n"
    );
    assert_eq!(
        printed("organizations list --columns dc.created,name -o jsonl", ROWS),
        r#"{"dc.created":"2024","name":"x"}
{"dc.created":"2022","name":null}
{"dc.created":null,"name":"y"}
"#
    );
    assert_snapshot!(printed("organizations list --columns name,id -o yaml", ROWS), @"
    - name: x
      id: b
    - name: null
      id: c
    - name: 'y'
      id: a
    ");
    assert_eq!(printed("organizations list --columns id --columns name -o csv", ROWS), "name\r\nx\r\n\"\"\r\ny\r\n");
}

#[test]
fn a_column_is_shown_as_the_command_shows_it() {
    let credits = r#"[{"id": "a", "original_amount": 500}, {"id": "b"}]"#;
    let line = "organizations credits list --columns original_amount,id --no-header -o";
    assert_eq!(printed(&format!("{line} csv"), credits), "$5.0,a\r\n0,b\r\n");
    assert_eq!(
        printed(&format!("{line} jsonl"), credits),
        "{\"original_amount\":500,\"id\":\"a\"}\n{\"original_amount\":null,\"id\":\"b\"}\n"
    );
}

#[test]
fn columns_of_a_record() {
    let record = r#"{"id": "a", "name": "x", "dc": {"created": "2024"}}"#;
    assert_snapshot!(printed("organizations get x --columns dc.created,id", record), @"
    +--------------+------+
    |   dc.created | id   |
    |--------------+------|
    |         2024 | a    |
    +--------------+------+
    ");
    assert_eq!(printed("organizations get x --columns id --no-header -o csv", record), "a\r\n");
    assert_eq!(printed("organizations get x --columns id -o json", record), "{\n  \"id\": \"a\"\n}\n");
}

#[test]
fn rows_are_sorted_and_limited() {
    let ids = |options: &str| {
        printed(&format!("organizations list {options} --columns id --no-header -o csv"), ROWS).replace("\r\n", "")
    };
    assert_eq!(ids("--sort id"), "abc");
    assert_eq!(ids("--sort id:desc"), "cba");
    assert_eq!(ids("--sort plan_type"), "acb");
    assert_eq!(ids("--sort name"), "bac");
    assert_eq!(ids("--sort name:desc"), "abc");
    assert_eq!(ids("--sort dc.created"), "cba");
    assert_eq!(ids("--limit 2"), "bc");
    assert_eq!(ids("--sort id --limit 1"), "a");
}

#[test]
fn no_header_leaves_out_the_header() {
    assert_snapshot!(printed("organizations list --no-header --limit 1", ROWS), @"
    +----+----+----+
    | b  | x  | 10 |
    +----+----+----+
    ");
    assert_eq!(printed("organizations list --no-header -o csv --limit 1", ROWS), "b,x,10\r\n");
}

#[test]
fn an_unknown_column_is_a_usage_error_before_any_output() {
    for option in ["--columns id,nme", "--sort nme"] {
        for format in ["table", "json", "yaml", "csv", "jsonl"] {
            assert_eq!(
                printed(&format!("organizations list {option} -o {format}"), ROWS),
                "[stderr]\n==> Error: There is no column `nme`.\n    \
                 The columns are: id, name, plan_type, dc, dc.created, planType.\n[exit 2]\n",
                "{option} {format}"
            );
        }
    }
    // An empty list has every column.
    assert_eq!(printed("organizations list --columns nme -o csv", "[]"), "nme\r\n");
}

#[test]
fn an_unknown_column_does_not_hide_what_was_done() {
    assert_snapshot!(printed("organizations create --name n --columns ids", r#"{"id": "a", "name": "n"}"#), @"
    +------+--------+
    | id   | name   |
    |------+--------|
    | a    | n      |
    +------+--------+
    [stderr]
    ==> Warning: There is no column `ids`.
        The columns are: id, name, plan_type.
        The whole reply is shown.
    ==> Success: Organization created.
    ");
}

#[test]
fn a_limit_ends_the_requests_of_a_paged_list() {
    let page = r#"[{"id": "3", "action": "c"}, {"id": "2", "action": "b"}]"#;
    let server = Server::new([json(200, page)]);
    let line = "organizations auditlogs list --columns action -o jsonl --limit";
    assert_eq!(Croud::on(&server).run(&format!("{line} 2")), "{\"action\":\"c\"}\n{\"action\":\"b\"}\n");
    assert_eq!(server.requests().len(), 1);

    let server = Server::new([json(200, page), json(200, r#"[{"id": "1", "action": "a"}]"#), json(200, "[]")]);
    assert_eq!(Croud::on(&server).run(&format!("{line} 2 --sort action")), "{\"action\":\"a\"}\n{\"action\":\"b\"}\n");
    assert_eq!(server.requests().len(), 3);
}

#[test]
fn an_unknown_column_of_a_paged_list_is_found_on_its_first_page() {
    let server = Server::new([json(200, r#"[{"id": "3", "action": "c"}]"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations auditlogs list --columns x -o json"), @"
    [stderr]
    ==> Error: There is no column `x`.
        The columns are: action, actor, created, id.
    [exit 2]
    ");
}

#[test]
fn a_sorted_list_that_breaks_off_prints_the_rows_that_arrived() {
    let server =
        Server::new([json(200, r#"[{"id": "3", "action": "b"}, {"id": "2", "action": "a"}]"#), json(500, "{}")]);
    let output = Croud::on(&server).output("organizations auditlogs list --sort action --columns action");
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @"
    +----------+
    | action   |
    |----------|
    | a        |
    | b        |
    ");
}

#[test]
fn options_without_a_meaning_are_refused() {
    for option in ["--limit 0", "--limit x", "--columns ''", "--columns a,,b", "--sort ''", "--sort :desc"] {
        assert_eq!(Croud::new().code(&format!("organizations list {option}")), Some(2), "{option}");
    }
}

#[test]
fn a_followed_list_is_not_sorted_and_a_resumed_one_has_no_limit() {
    for options in ["--follow --sort created", "--resume state.json --limit 5"] {
        let server = Server::new([]);
        assert_eq!(Croud::on(&server).code(&format!("organizations auditlogs list {options}")), Some(2), "{options}");
    }
}

#[test]
fn a_followed_list_is_printed_as_csv_and_json_lines() {
    for (format, printed) in [("csv", "action\r\na\r\n"), ("jsonl", "{\"action\":\"a\"}\n")] {
        let server = Server::new([
            json(200, r#"[{"id": "1", "action": "a", "created": "2024-01-01T00:00:00Z"}]"#),
            json(200, "[]"),
        ]);
        let line = format!("organizations auditlogs list --follow --columns action --limit 1 -o {format}");
        assert_eq!(Croud::on(&server).stdout(&line), printed);
    }
}
