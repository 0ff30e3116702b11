//! Documents as the Python program and people write them.

use serde_json::json;

use super::*;

#[test]
fn scalars_have_the_types_of_yaml_1_1() {
    for text in [
        // PyYAML writes these strings without quotes.
        "1e5",
        "1.5e3",
        "-1e3",
        "1.e3",
        ".5e3",
        "-.5",
        "+.5e-3",
        "0o17",
        "12e45678901",
        "y",
        "a:b",
        "=x",
        "1_000x",
        // PyYAML reads these as other types. They are text here.
        "yes",
        "on",
        "1:30",
        "012",
        "1_000",
        "2023-12-24",
    ] {
        assert_eq!(parse(text), Ok(json!(text)), "{text}");
    }
    for (text, value) in [
        ("12", json!(12)),
        ("-12", json!(-12)),
        ("0x1F", json!(31)),
        ("0x1e5", json!(0x1e5)),
        ("0b11", json!(3)),
        ("1.5", json!(1.5)),
        ("-1.5e+3", json!(-1500.0)),
        ("1.", json!(1.0)),
        (".5", json!(0.5)),
        ("18446744073709551615", json!(u64::MAX)),
        ("true", json!(true)),
        ("~", json!(null)),
        ("'12'", json!("12")),
        ("!!str 12", json!("12")),
        ("", json!(null)),
    ] {
        assert_eq!(parse(text), Ok(value), "{text}");
    }
    assert_eq!(parse("340282366920938463463374607431768211455").unwrap().to_string(), u128::MAX.to_string());
}

#[test]
fn values_that_json_cannot_represent_are_an_error() {
    for (text, problem) in [
        ("a: .inf", "`.inf` is not a finite number"),
        ("a: [-.INF]", "`-.INF` is not a finite number"),
        ("a: .nan", "`.nan` is not a finite number"),
        ("1: a", "the key `1` is not a string"),
        ("null: a", "the key `null` is not a string"),
        ("a: !mine b", "a: the tag `!mine` is not supported at line 1 column 4"),
        ("a: {<<: 1}", "`<<` refers to something other than keys"),
        ("a: *b", "unknown anchor at line 1 column 4"),
    ] {
        let found = parse(text).unwrap_err();
        assert!(found.contains(problem), "{text}: {found}");
    }
}

#[test]
fn the_last_of_two_equal_keys_takes_precedence() {
    assert_eq!(parse("a: 1\nb: 2\na: 3\n").unwrap().to_string(), r#"{"a":3,"b":2}"#);
    assert_eq!(parse("a: {b: [1]}\na: 1e5\n").unwrap().to_string(), r#"{"a":"1e5"}"#);
}

#[test]
fn merge_keys_are_resolved() {
    for (text, expected) in [
        ("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\n", r#"{"a":1,"b":3}"#),
        ("x: &x {a: 1, b: 2}\ny: {b: 3, <<: *x}\n", r#"{"a":1,"b":3}"#),
        ("x: [&x {a: 1e5}, &z {a: 2, c: 4}]\ny: {<<: [*x, *z]}\n", r#"{"a":"1e5","c":4}"#),
    ] {
        assert_eq!(parse(text).unwrap()["y"].to_string(), expected, "{text}");
    }
}

#[test]
fn aliases_do_not_multiply_without_a_limit() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for i in 1..12 {
        let alias = format!("*a{}", i - 1);
        text.push_str(&format!("a{i}: &a{i} [{}]\n", [alias.as_str(); 9].join(", ")));
    }
    assert!(parse(&text).unwrap_err().contains("repetition limit exceeded"));
    let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(100_000), ["*a"; 10_000].join(", "));
    assert!(parse(&long).unwrap_err().contains("it takes too much memory"));
}

#[test]
fn deep_nesting_is_refused_before_it_takes_long() {
    for open in ["[", "{a: ", "- ["] {
        assert_eq!(parse(&format!("a:\n  {}", open.repeat(100_000))), Err("it is nested too deeply".to_owned()));
    }
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(parse("\u{feff}a: 1\n"), Ok(json!({"a": 1})));
}

#[test]
fn surrogate_escapes_are_joined() {
    assert_eq!(parse(r#"a: "\ud83d\ude80""#), Ok(json!({"a": "🚀"})));
    assert_eq!(parse(r#"a: "\\ud83d\\ude80""#), Ok(json!({"a": r"\ud83d\ude80"})));
    assert_eq!(parse(r"a: '\ud83d\ude80'"), Ok(json!({"a": r"\ud83d\ude80"})));
    assert!(parse(r#"a: "\ud83d""#).is_err());
}
