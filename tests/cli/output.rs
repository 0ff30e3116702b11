//! What data looks like: tables, wide tables, JSON, YAML.

use insta::assert_snapshot;

use crate::support::{Config, Croud, Profile, Server, json};

/// What `line` prints for a reply.
fn shown(line: &str, reply: &str) -> String {
    Croud::on(&Server::new([json(200, reply)])).run(line)
}

const LIST: &str = "organizations list";
const GET: &str = "organizations get x";

#[test]
fn cells_show_what_came() {
    assert_snapshot!(shown(GET, r#"{"null": null, "t": true, "f": false, "list": [1, {"z": 1, "a": "é"}], "s": " a ", "n": 1.10, "e": 1e5, "big": 123456789012345678901234567890}"#), @r#"
    +--------+------+-------+-------------------------+-----+------+------+--------------------------------+
    | null   | t    | f     | list                    | s   |    n |    e |                            big |
    |--------+------+-------+-------------------------+-----+------+------+--------------------------------|
    | NULL   | TRUE | FALSE | [1, {"a": "é", "z": 1}] |  a  | 1.10 | 1e+5 | 123456789012345678901234567890 |
    +--------+------+-------+-------------------------+-----+------+------+--------------------------------+
    "#);
}

#[test]
fn numbers_are_lined_up() {
    assert_snapshot!(shown("organizations list -o wide", r#"[
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
fn lines_and_controls() {
    assert_snapshot!(shown(LIST, r#"[{"id": "one\ntwo\r\nthree", "name": "a\tb\rc\u001b[2Jd\u202ee\u009b"}, {"id": "", "name": "x"}]"#), @r"
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
    assert_snapshot!(shown(LIST, r#"[{"id": "漢字テスト", "name": "🚀 go"}, {"id": "é", "name": "👩‍👩‍👧 x"}, {"id": "e\u0301", "name": "y"}]"#), @"
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
fn rows_that_lack_keys_or_are_none() {
    assert_snapshot!(shown(LIST, r#"[{"plan_type": 3}, {"name": "b"}, {}, 5, null]"#), @"
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
    assert_snapshot!(shown("organizations list -o wide", r#"[{"z": 1}, {"a": {}, "z": 2}, "x"]"#), @"
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
fn nothing_at_all() {
    assert_eq!(shown(GET, "{}"), "\n");
    assert_eq!(shown(GET, "[]"), "\n");
    assert_eq!(shown("organizations list -o wide", "[]"), shown(LIST, "[]"));
    assert_eq!(shown("organizations get x -o json", "{}"), "{}\n");
    assert_eq!(shown("organizations get x -o yaml", "{}"), "{}\n");
    assert_eq!(shown("organizations create --name x", "{}"), "\n");
}

#[test]
fn json_is_what_came() {
    let reply = r#"{"z":[],"a":{"n":[1.10,1e5,-0.0,123456789012345678901234567890]},"s":"é\u0007\u202e\u009b","e":""}"#;
    assert_snapshot!(shown("organizations get x -o json", reply), @r#"
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
fn yaml_is_what_came() {
    let reply =
        r#"{"z":[],"a":{"n":[1.10,1e5,true,null,[[]]]},"s":"é\u0007\u202e","e":"","yes":"no","l":[{"k":1,"j":[2]}]}"#;
    assert_snapshot!(shown("organizations get x -o yaml", reply), @r#"
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

/// Strings that one reader or another takes for something else when they stand plain.
const PROBES: &[&str] = &[
    "",
    " ",
    "~",
    "null",
    "Null",
    "NULL",
    "nil",
    "none",
    "true",
    "True",
    "TRUE",
    "false",
    "False",
    "FALSE",
    "y",
    "Y",
    "n",
    "N",
    "yes",
    "Yes",
    "YES",
    "no",
    "No",
    "NO",
    "on",
    "On",
    "ON",
    "off",
    "Off",
    "OFF",
    "0",
    "1",
    "-1",
    "+1",
    "007",
    "012",
    "0o17",
    "0x1F",
    "0b101",
    "1_000",
    "1,000",
    "1.0",
    "1.",
    ".5",
    "-.5",
    "+.5",
    "1e3",
    "1E3",
    "1.0e3",
    "1.5e+3",
    "1e-3",
    "685.230_15e+03",
    ".inf",
    "-.inf",
    "+.INF",
    ".nan",
    ".NaN",
    "inf",
    "nan",
    "1:30",
    "190:20:30",
    "1:30.5",
    "2023-12-24",
    "2023-12-24T12:34:56",
    "2023-12-24T12:34:56Z",
    "2023-12-24 12:34:56.7 +01:00",
    "2001-1-1",
    "=",
    "<<",
    "-",
    "- a",
    "?",
    "? a",
    ":",
    ": a",
    "a: b",
    "a:",
    "a #b",
    "#a",
    "&a",
    "*a",
    "!a",
    "!!str a",
    "|",
    ">",
    "%a",
    "@a",
    "`a",
    "'a",
    "\"a",
    "a'b\"c",
    "[a",
    "]",
    "{a",
    "}",
    ",a",
    "a, b",
    "---",
    "--- a",
    "...",
    "a\nb",
    "a\n",
    "\na",
    "a\tb",
    "\ta",
    " a",
    "a ",
    "a\\b",
    "\\n",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "\u{2028}",
    "\u{feff}a",
    "\u{fffe}",
    "\u{1f680}",
    "é",
    "漢",
    "\u{1b}[31m",
    "\u{0}",
    "\r\n",
    "key: [value]",
    "0.1.2",
    "v1.0",
    "12e03",
    "1__0",
    "_1",
    "0.",
    "0x",
    "1e",
    "e1",
    "infinity",
    "0777",
    "0888",
    "٣",
];

#[test]
fn yaml_reads_back_as_item_value_and_key() {
    let items = serde_json::Value::from(PROBES);
    let values: serde_json::Map<String, serde_json::Value> =
        PROBES.iter().enumerate().map(|(i, probe)| (format!("k{i}"), (*probe).into())).collect();
    let keys: serde_json::Map<String, serde_json::Value> =
        PROBES.iter().map(|probe| ((*probe).to_owned(), serde_json::json!([probe]))).collect();
    let reply = serde_json::json!({"items": items, "values": values, "keys": keys});
    let yaml = shown("organizations get x -o yaml", &reply.to_string());
    let read: serde_json::Value = serde_yaml::from_str(&yaml).unwrap();
    assert_eq!(read, reply);
    // Whatever is not a word for sure is quoted: that is what a reader of YAML 1.1 goes by.
    let plain = yaml.lines().filter_map(|line| line.strip_prefix("- ")).filter(|item| !item.starts_with(['\'', '"']));
    assert_eq!(plain.collect::<Vec<_>>(), ["nil", "none", "inf", "nan", "v1.0", "e1", "infinity"]);
}

#[test]
fn the_format_is_the_options_the_profiles_or_the_default() {
    let run = |line: &str, default, own: Option<&str>| {
        let server = Server::new([json(200, "[]")]);
        let profile = Profile::at(&server.endpoint()).token("t");
        let profile = own.map_or(profile.clone(), |format| profile.format(format));
        Croud::new().config(&Config::new().default_format(default).profile("a", profile).text()).run(line)
    };
    assert_eq!(run("organizations get x", "json", None), "[]\n");
    assert_eq!(run("organizations get x", "table", Some("yaml")), "[]\n");
    assert_eq!(run("organizations get x -o table", "json", Some("yaml")), "\n");
    assert_eq!(run("organizations get x --format table", "json", None), "\n");
}
