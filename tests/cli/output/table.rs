//! What `table` and `wide` print.

use insta::assert_snapshot;

use super::{GET, LIST, printed};
use crate::support::{Croud, Server, json};

#[test]
fn cells_show_values_as_the_server_sent_them() {
    assert_snapshot!(printed(GET, r#"{"null": null, "t": true, "f": false, "list": [1, {"z": 1, "a": "é"}], "s": " a ", "n": 1.10, "e": 1e5, "big": 123456789012345678901234567890}"#), @r#"
    +--------+------+-------+-------------------------+-----+------+------+--------------------------------+
    | null   | t    | f     | list                    | s   |    n |    e |                            big |
    |--------+------+-------+-------------------------+-----+------+------+--------------------------------|
    | NULL   | TRUE | FALSE | [1, {"a": "é", "z": 1}] |  a  | 1.10 | 1e+5 | 123456789012345678901234567890 |
    +--------+------+-------+-------------------------+-----+------+------+--------------------------------+
    "#);
}

#[test]
fn numbers_are_aligned_by_their_decimal_points() {
    assert_snapshot!(printed("organizations list -o wide", r#"[
        {"i": 10, "d": 0.1, "m": "1,000", "s": "007", "x": "0x10", "n": null, "b": true},
        {"i": -5, "d": "12.25", "m": "", "s": "+5", "x": 1, "n": null, "b": "1"},
        {"i": null, "d": 7, "m": "1e5", "s": "1", "x": 2, "n": "", "b": 1}]"#), @"
    +------+-------+---------+-----+------+------+------+
    |    i |     d |       m |   s | x    | n    | b    |
    |------+-------+---------+-----+------+------+------|
    |   10 |  0.1  | 1,000   | 007 | 0x10 | NULL | TRUE |
    |   -5 | 12.25 |         |  +5 | 1    | NULL | 1    |
    | NULL |  7    |     1e5 |   1 | 2    |      | 1    |
    +------+-------+---------+-----+------+------+------+
    ");
}

#[test]
fn line_breaks_stay_and_control_characters_are_escaped() {
    assert_snapshot!(printed(LIST, r#"[{"id": "one\ntwo\r\nthree", "name": "a\tb\rc\u001b[2Jd\u202ee\u009b"}, {"id": "", "name": "x"}]"#), @r"
    +-------+----------------------------+
    | id    | name                       |
    |-------+----------------------------|
    | one   | a\tb\rc\x1b[2Jd\u202ee\x9b |
    | two   |                            |
    | three |                            |
    |       | x                          |
    +-------+----------------------------+
    ");
}

#[test]
fn wide_characters_take_two_columns() {
    assert_snapshot!(printed(LIST, r#"[{"id": "漢字テスト", "name": "🚀 go"}, {"id": "é", "name": "👩‍👩‍👧 x"}, {"id": "e\u0301", "name": "y"}]"#), @"
    +------------+--------+
    | id         | name   |
    |------------+--------|
    | 漢字テスト | 🚀 go  |
    | é          | 👩‍👩‍👧 x   |
    | é          | y      |
    +------------+--------+
    ");
}

#[test]
fn rows_without_keys_have_empty_cells() {
    assert_snapshot!(printed(LIST, r#"[{"plan_type": 3}, {"name": "b"}, {}, 5, null]"#), @"
    +--------+-------------+
    | name   |   plan_type |
    |--------+-------------|
    |        |           3 |
    | b      |             |
    |        |             |
    |        |             |
    |        |             |
    +--------+-------------+
    ");
    assert_snapshot!(printed("organizations list -o wide", r#"[{"z": 1}, {"a": {}, "z": 2}, "x"]"#), @"
    +-----+-----+
    |   z | a   |
    |-----+-----|
    |   1 |     |
    |   2 | {}  |
    |     |     |
    +-----+-----+
    ");
}

#[test]
fn only_plain_numbers_are_aligned_to_the_right() {
    let is_right = |cell: &str| {
        let table = printed(LIST, &serde_json::json!([{"id": cell, "name": "n"}]).to_string());
        table.lines().nth(1).is_some_and(|header| header.contains(" id |"))
    };
    for number in ["0", "007", "+5", "-3.50", "1,000.25", "1e5", ".5"] {
        assert!(is_right(number), "{number}");
    }
    for text in ["inf", "-inf", "nan", "1_000", " 7 ", "1\n2", "\u{663}", "0x10", "1.2.3", "TRUE", "1e999"] {
        assert!(!is_right(text), "{text}");
    }
}

#[test]
fn a_header_is_escaped() {
    assert_snapshot!(printed(GET, r#"{"a\u001b[2J\nb": 1}"#), @r"
    +---------------+
    |   a\x1b[2J\nb |
    |---------------|
    |             1 |
    +---------------+
    ");
}

#[test]
fn invisible_characters_are_escaped_but_not_those_of_emoji() {
    assert_snapshot!(printed(LIST, r#"[{"id": "a\u200bb\u200cc\ufeffd\u00ade", "name": "x\udb40\udc41"}, {"id": "👩\u200d👧", "name": "❤\ufe0f"}]"#), @r"
    +-----------------------------+-------------+
    | id                          | name        |
    |-----------------------------+-------------|
    | a\u200bb\u200cc\ufeffd\xade | x\U000e0041 |
    | 👩‍👧                          | ❤️          |
    +-----------------------------+-------------+
    ");
}

#[test]
fn wide_shows_what_a_column_shows_for_a_missing_value() {
    assert_snapshot!(printed("organizations credits list -o wide", r#"[{"id": "a"}, {"id": "b", "remaining_amount": 5}]"#), @"
    +------+--------------------+
    | id   | remaining_amount   |
    |------+--------------------|
    | a    | 0                  |
    | b    | $0.05              |
    +------+--------------------+
    ");
}

#[test]
fn wide_shows_both_spellings_of_the_plan() {
    let reply = r#"[{"id": "a", "plan_type": 1}, {"id": "b", "planType": 2}]"#;
    assert_snapshot!(printed("organizations list -o wide", reply), @"
    +------+-------------+------------+
    | id   |   plan_type |   planType |
    |------+-------------+------------|
    | a    |           1 |            |
    | b    |             |          2 |
    +------+-------------+------------+
    ");
    assert_snapshot!(printed(LIST, reply), @"
    +------+-------------+
    | id   |   plan_type |
    |------+-------------|
    | a    |           1 |
    | b    |           2 |
    +------+-------------+
    ");
}

#[test]
fn values_of_an_unexpected_type_are_shown_unchanged() {
    for (line, key, cases) in [
        (
            "organizations credits list",
            "original_amount",
            &[
                ("[1,2]", "[1, 2]"),
                ("false", "FALSE"),
                ("\"5\"", "5"),
                ("{}", "{}"),
                ("null", "0"),
                ("1e400", "1e+400"),
            ][..],
        ),
        (
            "organizations files get --file-id f",
            "file_size",
            &[
                ("\"123\"", "123"),
                ("true", "TRUE"),
                ("[1024]", "[1024]"),
                ("0", "NULL"),
                ("null", "NULL"),
                ("1024", "1.00 KiB"),
            ],
        ),
        (
            "organizations customer get",
            "tax",
            &[
                (r#"{"tax_id":5,"tax_id_type":"eu_vat"}"#, "5 (eu_vat)"),
                (r#"{"tax_id":5}"#, "5"),
                ("\"U1\"", "U1"),
                ("[1,2]", "[1, 2]"),
                ("{}", ""),
                ("null", ""),
            ],
        ),
        (
            "organizations users list",
            "organization_roles",
            &[
                ("\"admin\"", "admin"),
                ("[5,6]", "[5, 6]"),
                (r#"[{"role_fqn":5}]"#, "5"),
                ("[{}]", ""),
                ("[]", ""),
                ("null", ""),
            ],
        ),
    ] {
        for (value, expected) in cases {
            let row = format!(r#"{{"id":"x","{key}":{value}}}"#);
            let reply = if line.ends_with("list") { format!("[{row}]") } else { row };
            let table = printed(line, &reply);
            let cell = table.lines().nth(3).unwrap().trim_matches('|').split('|').next_back().unwrap().trim();
            assert_eq!(cell, *expected, "{line} {value}\n{table}");
        }
    }
}

#[test]
fn wide_has_a_limit_of_columns() {
    let rows: Vec<String> = (0..1000).map(|row| format!("{{\"key{row}\":{row}}}")).collect();
    let reply = format!("[{}]", rows.join(","));
    let output = Croud::on(&Server::new([json(200, &reply)])).output("organizations list -o wide");
    let table = String::from_utf8(output.stdout).unwrap();
    let header = table.lines().nth(1).unwrap();
    assert_eq!((header.matches("key").count(), table.lines().count()), (256, 1004));
    assert!(header.ends_with("  key255 |"), "{header}");
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        "==> Warning: Only the first 256 columns are shown. Use `-o json` to see all.\n"
    );
}
