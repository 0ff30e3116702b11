//! The tokens, members and texts of JSON that was not parsed into values.

use super::*;

#[test]
fn tokens_are_told_apart() {
    let tokens: Vec<_> = Tokens::new(" {\"a\\\"}\" :[1.5e3 ,null\n, \"b\"]} ").collect();
    let expected = [
        Token::Open('{'),
        Token::String(Quoted { json: "\"a\\\"}\"", is_plain: false }),
        Token::Colon,
        Token::Open('['),
        Token::Word("1.5e3"),
        Token::Comma,
        Token::Word("null"),
        Token::Comma,
        Token::String(Quoted { json: "\"b\"", is_plain: true }),
        Token::Close(']'),
        Token::Close('}'),
    ];
    assert_eq!(tokens, expected);
}

#[test]
fn lone_surrogates_are_replaced() {
    for (json, replaced) in [
        (r#""plain""#, r#""plain""#),
        (r#""\ud83d\ude80""#, r#""\ud83d\ude80""#),
        (r#""\ud800""#, r#""\ufffd""#),
        (r#""\uDFFF""#, r#""\ufffd""#),
        (r#""a\ud800b\ud83d\ude80\udc00""#, r#""a\ufffdb\ud83d\ude80\ufffd""#),
        (r#""\ud800\ud83d\ude80""#, r#""\ufffd\ud83d\ude80""#),
        (r#""\\ud800""#, r#""\\ud800""#),
        (r#""\\\ud800""#, r#""\\\ufffd""#),
        (r#""\né\ud800é""#, r#""\né\ufffdé""#),
    ] {
        assert_eq!(replace_lone_surrogates(json), replaced, "{json}");
        assert_eq!(parse(json).expect("JSON"), serde_json::from_str::<Value>(replaced).expect("JSON"));
        let (list, replaced) = (format!("[{json}]"), format!("[{replaced}]"));
        assert_eq!(parse(&list).expect("JSON"), serde_json::from_str::<Value>(&replaced).expect("JSON"));
    }
}

fn string(json: &'static str) -> Quoted<'static> {
    let Some(Token::String(string)) = Tokens::new(json).next() else { panic!("{json} is no string") };
    string
}

#[test]
fn a_string_has_parts_between_lone_surrogates() {
    let text = |text: &'static str| Part::Text(text.into());
    let parts = |string: Quoted<'static>| string.parts().collect::<Vec<_>>();
    assert_eq!(parts(string(r#""plain é""#)), [text("plain é")]);
    assert_eq!(parts(string(r#""""#)), [text("")]);
    let expected = [text("a\n"), Part::Surrogate("\\ud800"), text("\u{1f680}")];
    let string = string(r#""a\n\ud800\ud83d\ude80""#);
    assert_eq!(parts(string), expected);
    assert_eq!(string.text(), "a\n\u{fffd}\u{1f680}");
}

#[test]
fn members_keep_their_order() {
    let object = r#" {"a": 1, "\u0062" : [2, {"c": "}"}] ,"\ud800":"3", "a":{} } "#;
    let members: Vec<_> = members(object).map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(members, ["a=1", "b=[2, {\"c\": \"}\"}]", "\u{fffd}=\"3\"", "a={}"]);
    assert_eq!((member(object, "a"), member(object, "c")), (Some("{}"), None));
}

#[test]
fn only_objects_have_members() {
    for json in ["{}", "[]", "[\"a\", 1]", "\"a\"", "5", "null"] {
        assert_eq!(members(json).count(), 0, "{json}");
    }
}

#[test]
fn deep_nesting_is_refused() {
    let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(check_nesting(&nested(DEEPEST)).is_ok());
    assert!(check_nesting(&nested(DEEPEST + 1)).is_err());
}
