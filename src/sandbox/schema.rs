//! The types of fields: one description from which requests are checked, replies are tested, and the OpenAPI
//! document is written.

use serde_json::{Map, Value};

use super::time;

/// The type of a value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Text with a length in characters.
    Text {
        /// The shortest length.
        min: usize,
        /// The longest length.
        max: usize,
    },
    /// A UUID in lower case.
    Uuid,
    /// An email address.
    Email,
    /// A URL.
    Url,
    /// A time. In a reply it has an offset.
    Time,
    /// A time in UTC that a reply shows without an offset.
    LocalTime,
    /// One of these words.
    Word(&'static [&'static str]),
    /// An integer in a range.
    Integer {
        /// The least value.
        min: i64,
        /// The greatest value.
        max: i64,
    },
    /// A number of at least 0, with or without a fraction.
    Number,
    /// One of these integers.
    OneOf(&'static [i64]),
    /// True or false.
    Boolean,
    /// An object with these fields.
    Object(&'static [Field]),
    /// An object with any fields.
    AnyObject,
    /// An object whose keys are data, with values of this type.
    Map(&'static Kind),
    /// A list.
    List(&'static Kind),
}

/// A field of an object, or a parameter of a query.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// The name.
    pub(super) name: &'static str,
    /// The type.
    pub(super) kind: Kind,
    /// Whether it must be there.
    pub(super) is_required: bool,
    /// Whether it can be null.
    pub(super) is_nullable: bool,
    /// Whether the type is an assumption: neither the vendor nor the Python program documents it.
    pub(super) is_guess: bool,
}

/// A required field.
pub(super) const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_required: true, is_nullable: false, is_guess: false }
}

/// A required field with 1 to 512 characters.
pub(super) const fn text(name: &'static str) -> Field {
    field(name, Kind::Text { min: 1, max: 512 })
}

/// A required field with one of these words.
pub(super) const fn word(name: &'static str, words: &'static [&'static str]) -> Field {
    field(name, Kind::Word(words))
}

impl Field {
    /// It may be missing.
    pub(super) const fn optional(self) -> Self {
        Self { is_required: false, ..self }
    }

    /// It may be null.
    pub(super) const fn nullable(self) -> Self {
        Self { is_nullable: true, ..self }
    }

    /// Its type is an assumption.
    pub(super) const fn guess(self) -> Self {
        Self { is_guess: true, ..self }
    }

    /// What is wrong with a value, in the API's words.
    fn problem(&self, value: &Value) -> Option<String> {
        match value {
            Value::Null if self.is_nullable => None,
            Value::Null => Some("Field may not be null.".to_owned()),
            value => problem(&self.kind, value),
        }
    }
}

/// What is wrong with an object: the names of fields, each with a problem. With `is_strict`, an unknown field is
/// a problem.
pub(super) fn problems(fields: &[Field], object: &Map<String, Value>, is_strict: bool) -> Vec<(String, String)> {
    let known = fields.iter().filter_map(|field| {
        let problem = match object.get(field.name) {
            None => field.is_required.then(|| "Missing data for required field.".to_owned()),
            Some(value) => field.problem(value),
        };
        Some((field.name.to_owned(), problem?))
    });
    let unknown = object.keys().filter(|name| is_strict && fields.iter().all(|field| field.name != *name));
    known.chain(unknown.map(|name| (name.clone(), "Unknown field.".to_owned()))).collect()
}

fn problem(kind: &Kind, value: &Value) -> Option<String> {
    let (is_valid, problem) = match (kind, value) {
        (Kind::Text { min, max }, Value::String(text)) => match text.chars().count() {
            count if count < *min => (false, format!("Shorter than minimum length {min}.")),
            count => (count <= *max, format!("Longer than maximum length {max}.")),
        },
        (Kind::Uuid, Value::String(text)) => (is_uuid(text), "Not a valid UUID.".to_owned()),
        (Kind::Email, Value::String(text)) => (is_email(text), "Not a valid email address.".to_owned()),
        (Kind::Url, Value::String(text)) => (text.starts_with("http"), "Not a valid URL.".to_owned()),
        (Kind::Time | Kind::LocalTime, Value::String(text)) => {
            (time::parse(text).is_some(), "Not a valid datetime.".to_owned())
        }
        (Kind::Word(words), Value::String(text)) => {
            (words.contains(&text.as_str()), format!("Must be one of: {}.", words.join(", ")))
        }
        (Kind::Integer { min, max }, value) => match integer(value) {
            None => (false, "Not a valid integer.".to_owned()),
            Some(number) => (
                (*min..=*max).contains(&number),
                format!("Must be greater than or equal to {min} and less than or equal to {max}."),
            ),
        },
        (Kind::Number, value) => (value.as_f64().is_some_and(|number| number >= 0.0), "Not a valid number.".to_owned()),
        (Kind::OneOf(numbers), value) => {
            let list: Vec<String> = numbers.iter().map(i64::to_string).collect();
            let is_valid = integer(value).is_some_and(|number| numbers.contains(&number));
            (is_valid, format!("Must be one of: {}.", list.join(", ")))
        }
        (Kind::Boolean, value) => (value.is_boolean(), "Not a valid boolean.".to_owned()),
        (Kind::Object(fields), Value::Object(object)) => match problems(fields, object, true).first() {
            None => (true, String::new()),
            Some((name, problem)) => (false, format!("{name}: {problem}")),
        },
        (Kind::AnyObject, value) => (value.is_object(), "Invalid input type.".to_owned()),
        (Kind::Map(kind), Value::Object(object)) => {
            match object.values().find_map(|value| self::problem(kind, value)) {
                None => (true, String::new()),
                Some(problem) => (false, problem),
            }
        }
        (Kind::List(kind), Value::Array(items)) => match items.iter().find_map(|item| self::problem(kind, item)) {
            None => (true, String::new()),
            Some(problem) => (false, problem),
        },
        (Kind::Object(_) | Kind::Map(_), _) => (false, "Invalid input type.".to_owned()),
        (Kind::List(_), _) => (false, "Not a valid list.".to_owned()),
        _ => (false, "Not a valid string.".to_owned()),
    };
    (!is_valid).then_some(problem)
}

/// An integer, also one that is written with a fraction of zero.
pub(super) fn integer(value: &Value) -> Option<i64> {
    let whole =
        || value.as_f64().filter(|number| number.fract() == 0.0 && number.abs() < 9e15).map(|number| number as i64);
    value.as_i64().or_else(whole)
}

/// Whether a text is a UUID in lower case.
pub(super) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// A UUID of version 4 from random bits, six of which are replaced.
pub(super) fn uuid(bits: u128) -> String {
    let bits = (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let hex = format!("{bits:032x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Whether a text has the shape of an email address.
pub(super) fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(user, host)| {
        !user.is_empty()
            && host.split('.').count() > 1
            && host.split('.').all(|part| !part.is_empty())
            && !text.contains(|c: char| c.is_whitespace() || c.is_control())
            && !host.contains('@')
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn problems_name_the_field_and_the_reason() {
        const FIELDS: &[Field] = &[
            text("name"),
            field("email", Kind::Email).optional().nullable(),
            field("plan", Kind::OneOf(&[1, 2])).optional(),
            field("amount", Kind::Integer { min: 0, max: 9 }).optional(),
            field("active", Kind::Boolean).optional(),
            field("id", Kind::Uuid).optional(),
            field("date", Kind::Time).optional(),
            word("role", &["a", "b"]).optional(),
            field("data", Kind::AnyObject).optional(),
            field("list", Kind::List(&Kind::Boolean)).optional(),
            field("price", Kind::Number).optional(),
            field("costs", Kind::Map(&Kind::Number)).optional(),
        ];
        let found = |value: Value| {
            let object = value.as_object().expect("an object");
            let problems: Vec<String> =
                problems(FIELDS, object, true).iter().map(|(name, problem)| format!("{name}: {problem}")).collect();
            problems.join(" ")
        };
        let with = |name: &str, value: Value| found(json!({"name": "n", name: value}));
        assert_eq!(found(json!({"name": "n"})), "");
        assert_eq!(found(json!({})), "name: Missing data for required field.");
        assert_eq!(with("name", json!("")), "name: Shorter than minimum length 1.");
        assert_eq!(with("name", json!("x".repeat(513))), "name: Longer than maximum length 512.");
        assert_eq!(with("name", json!(5)), "name: Not a valid string.");
        assert_eq!(with("name", Value::Null), "name: Field may not be null.");
        assert_eq!(with("email", Value::Null), "");
        assert_eq!(with("email", json!("a@b.cd")), "");
        for wrong in ["", "a", "a@b", "@b.c", "a@b..c", "a b@c.d", "a@b@c.d"] {
            assert_eq!(with("email", json!(wrong)), "email: Not a valid email address.", "{wrong}");
        }
        assert_eq!(with("plan", json!(2)), "");
        assert_eq!(with("plan", json!(3)), "plan: Must be one of: 1, 2.");
        assert_eq!(with("amount", json!(9.0)), "");
        assert_eq!(with("amount", json!(9.5)), "amount: Not a valid integer.");
        assert_eq!(with("amount", json!("9")), "amount: Not a valid integer.");
        assert_eq!(
            with("amount", json!(10)),
            "amount: Must be greater than or equal to 0 and less than or equal to 9."
        );
        assert_eq!(with("active", json!("true")), "active: Not a valid boolean.");
        assert_eq!(with("id", json!("F6C39580-5719-431D-A508-0CEE4F9E8209")), "id: Not a valid UUID.");
        assert_eq!(with("date", json!("2024-02-30")), "date: Not a valid datetime.");
        assert_eq!(with("role", json!("c")), "role: Must be one of: a, b.");
        assert_eq!(with("data", json!([])), "data: Invalid input type.");
        assert_eq!(with("list", json!([true, 1])), "list: Not a valid boolean.");
        assert_eq!(with("list", json!(true)), "list: Not a valid list.");
        for valid in [json!(0), json!(0.5)] {
            assert_eq!(with("price", valid), "");
        }
        assert_eq!(with("price", json!(-1)), "price: Not a valid number.");
        assert_eq!(with("costs", json!({"a": 1, "b": 0.5})), "");
        assert_eq!(with("costs", json!({"a": "1"})), "costs: Not a valid number.");
        assert_eq!(with("costs", json!(1)), "costs: Invalid input type.");
        assert_eq!(with("colour", json!(1)), "colour: Unknown field.");
        let object = json!({"name": "n", "colour": 1});
        assert!(problems(FIELDS, object.as_object().expect("an object"), false).is_empty());
    }
}
