//! What `csv` and `jsonl` print.

use insta::assert_snapshot;

use super::printed;
use crate::support::{Croud, Server, json};

#[test]
fn csv_has_the_cells_of_the_table_without_escapes() {
    let rows = r#"[
        {"id": "a,b", "name": "say \"x\"", "plan_type": 1.10},
        {"id": "two\nlines\r\n", "name": "\u001b[2J\u202e\t", "plan_type": null},
        {"id": [1, {"b": 2, "a": "é"}], "name": true}, 5, {}]"#;
    assert_eq!(
        printed("organizations list -o csv", rows),
        "id,name,plan_type\r\n\"a,b\",\"say \"\"x\"\"\",1.10\r\n\"two\nlines\r\n\",\u{1b}[2J\u{202e}\t,\r\n\
         \"[1, {\"\"a\"\": \"\"é\"\", \"\"b\"\": 2}]\",TRUE,\r\n,,\r\n,,\r\n"
    );
}

#[test]
fn csv_has_the_same_columns_for_all_rows() {
    assert_eq!(printed("organizations list -o csv", r#"[{"planType": 3}]"#), "id,name,plan_type\r\n,,3\r\n");
    assert_eq!(printed("organizations list -o csv", "[]"), "id,name,plan_type\r\n");
}

#[test]
fn csv_of_all_keys_has_a_column_for_each() {
    assert_eq!(printed("organizations get x -o csv", r#"{"b": 1, "a": null}"#), "b,a\r\n1,\r\n");
    assert_eq!(printed("organizations get x -o csv", r#"[{"b": 1}, {"a": 2}]"#), "b,a\r\n1,\r\n,2\r\n");
    assert_eq!(printed("organizations get x -o csv", "{}"), "");
}

#[test]
fn jsonl_has_one_compact_object_on_a_line() {
    assert_snapshot!(printed("organizations list -o jsonl", r#"[ {"z": 1e5, "a" : [ 1, {} ], "s": "a\nb\u2028\u009b"}, {}, 5 ]"#), @r#"
    {"z":1e+5,"a":[1,{}],"s":"a\nb\u2028\u009b"}
    {}
    5
    "#);
    assert_eq!(printed("organizations list -o jsonl", "[]"), "");
    assert_eq!(printed("organizations get x -o jsonl", r#"{"a": 1}"#), "{\"a\":1}\n");
}

#[test]
fn lines_are_printed_when_they_arrive() {
    for (format, printed) in
        [("csv", "action,actor,created\r\na,SYSTEM,\r\n"), ("jsonl", "{\"id\":\"1\",\"action\":\"a\"}\n")]
    {
        let server = Server::new([json(200, r#"[{"id": "1", "action": "a"}]"#), json(500, "{}")]);
        let output = Croud::on(&server).output(&format!("organizations auditlogs list -o {format}"));
        assert_eq!((output.status.code(), String::from_utf8(output.stdout).unwrap().as_str()), (Some(1), printed));
    }
}
