//! What `json` and `yaml` print.

use insta::assert_snapshot;

use super::printed;
use crate::support::{Croud, Server, json};

#[test]
fn json_keeps_order_and_digits() {
    let reply = r#"{"z":[],"a":{"n":[1.10,1e5,-0.0,123456789012345678901234567890]},"s":"é\u0007\u202e\u009b","e":""}"#;
    assert_snapshot!(printed("organizations get x -o json", reply), @r#"
    {
      "z": [],
      "a": {
        "n": [
          1.10,
          1e+5,
          -0.0,
          123456789012345678901234567890
        ]
      },
      "s": "é\u0007\u202e\u009b",
      "e": ""
    }
    "#);
}

#[test]
fn yaml_keeps_order_and_digits() {
    let reply =
        r#"{"z":[],"a":{"n":[1.10,1e5,true,null,[[]]]},"s":"é\u0007\u202e","e":"","yes":"no","l":[{"k":1,"j":[2]}]}"#;
    assert_snapshot!(printed("organizations get x -o yaml", reply), @r#"
    z: []
    a:
      'n':
      - 1.10
      - 1.0e+5
      - true
      - null
      - - []
    s: "é\u0007\u202E"
    e: ''
    'yes': 'no'
    l:
    - k: 1
      j:
      - 2
    "#);
}

/// Strings that some YAML reader takes for another value, or another type, if they are not quoted.
#[rustfmt::skip]
const PROBES: &[&str] = &[
    "", " ", "~", "null", "Null", "NULL", "nil", "none", "true", "True", "TRUE", "false", "False", "FALSE", "y",
    "Y", "n", "N", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF", "0", "1", "-1",
    "+1", "007", "012", "0o17", "0x1F", "0b101", "1_000", "1,000", "1.0", "1.", ".5", "-.5", "+.5", "1e3",
    "1E3", "1.0e3", "1.5e+3", "1e-3", "685.230_15e+03", ".inf", "-.inf", "+.INF", ".nan", ".NaN", "inf", "nan",
    "1:30", "190:20:30", "1:30.5", "2023-12-24", "2023-12-24T12:34:56", "2023-12-24T12:34:56Z",
    "2023-12-24 12:34:56.7 +01:00", "2001-1-1", "=", "<<", "-", "- a", "?", "? a", ":", ": a", "a: b", "a:",
    "a #b", "#a", "&a", "*a", "!a", "!!str a", "|", ">", "%a", "@a", "`a", "'a", "\"a", "a'b\"c", "[a", "]",
    "{a", "}", ",a", "a, b", "---", "--- a", "...", "a\nb", "a\n", "\na", "a\tb", "\ta", " a", "a ", "a\\b",
    "\\n", "\u{7f}", "\u{85}", "\u{a0}", "\u{2028}", "\u{feff}a", "\u{fffe}", "\u{1f680}", "é", "漢",
    "\u{1b}[31m", "\u{0}", "\r\n", "key: [value]", "0.1.2", "v1.0", "12e03", "1__0", "_1", "0.", "0x", "1e",
    "e1", "infinity", "0777", "0888", "٣",
];

#[test]
fn yaml_reads_back_as_items_values_and_keys() {
    let items = serde_json::Value::from(PROBES);
    let values: serde_json::Map<String, serde_json::Value> =
        PROBES.iter().enumerate().map(|(i, probe)| (format!("k{i}"), (*probe).into())).collect();
    let keys: serde_json::Map<String, serde_json::Value> =
        PROBES.iter().map(|probe| ((*probe).to_owned(), serde_json::json!([probe]))).collect();
    let reply = serde_json::json!({"items": items, "values": values, "keys": keys});
    let yaml = printed("organizations get x -o yaml", &reply.to_string());
    let read: serde_json::Value = serde_yaml::from_str(&yaml).unwrap();
    assert_eq!(read, reply);
    // serde_yaml reads YAML 1.2. For readers of YAML 1.1 nothing may be unquoted except these.
    let plain = yaml.lines().filter_map(|line| line.strip_prefix("- ")).filter(|item| !item.starts_with(['\'', '"']));
    assert_eq!(plain.collect::<Vec<_>>(), ["nil", "none", "inf", "nan", "v1.0", "e1", "infinity"]);
}

#[test]
fn yaml_does_not_quote_a_word_with_underscores_around() {
    assert_eq!(printed("organizations get x -o yaml", r#"{"_any_": "_any_", "_": "_1"}"#), "_any_: _any_\n'_': '_1'\n");
}

#[test]
fn invisible_characters_are_escaped_in_json_and_yaml() {
    let reply = r#"{"a": "\u200b\udb40\udc41 👩\u200d👧"}"#;
    let json = "{\n  \"a\": \"\\u200b\\udb40\\udc41 👩\u{200d}👧\"\n}\n";
    assert_eq!(printed("organizations get x -o json", reply), json);
    assert_eq!(printed("organizations get x -o yaml", reply), "a: \"\\u200B\\U000E0041 👩\u{200d}👧\"\n");
}

/// An event whose text and one of whose keys have a lone surrogate.
const EVENT: &str = r#"{"id": "1", "action": "a\ud800b", "\udfffk": ["\uDC00"], "actor": {"id": "x\ud83d"}}"#;

/// What a list of one page prints.
fn printed_page(format: &str) -> String {
    let server = Server::new([json(200, &format!(r#"[{EVENT}, {{"id": "2"}}]"#)), json(200, "[]")]);
    Croud::on(&server).run(&format!("organizations auditlogs list -o {format}"))
}

#[test]
fn a_lone_surrogate_in_a_list_keeps_its_escape_in_json_and_yaml() {
    assert_snapshot!(printed_page("json"), @r#"
    [
      {
        "id": "1",
        "action": "a\ud800b",
        "\udfffk": [
          "\udc00"
        ],
        "actor": {
          "id": "x\ud83d"
        }
      },
      {
        "id": "2"
      }
    ]
    "#);
    assert_snapshot!(printed_page("yaml"), @r#"
    - id: '1'
      action: "a\ud800b"
      "\udfffk":
      - "\uDC00"
      actor:
        id: "x\ud83d"
    - id: '2'
    "#);
}

#[test]
fn a_lone_surrogate_in_a_list_is_a_replacement_character_in_tables() {
    assert_snapshot!(printed_page("table"), @"
    +----------+---------+
    | action   | actor   |
    |----------+---------|
    | a�b      | x�      |
    |          | SYSTEM  |
    +----------+---------+
    ");
}

#[test]
fn a_lone_surrogate_does_not_make_a_reply_unusable() {
    let reply = r#"{"id": "a\ud800", "name": "x\udc00\ud83d\ude80"}"#;
    assert_eq!(printed("organizations get x -o jsonl", reply), "{\"id\":\"a\\ud800\",\"name\":\"x\\udc00🚀\"}\n");
    assert_snapshot!(printed("organizations create --name n", reply), @"
    +------+--------+
    | id   | name   |
    |------+--------|
    | a�   | x�🚀   |
    +------+--------+
    [stderr]
    ==> Success: Organization created.
    ");
}

#[test]
fn the_last_of_two_ids_of_an_event_is_the_cursor() {
    let server = Server::new([json(200, r#"[{"id": "1", "action": "\ud800", "id": "2"}]"#), json(200, "[]")]);
    assert_eq!(Croud::on(&server).code("organizations auditlogs list"), Some(0));
    assert!(server.wire().contains("last=2"), "{}", server.wire());
}
