//! The types of single values in a seed file. Each is checked while the file is read, so that an error has its line.

use std::fmt;
use std::ops::RangeInclusive;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::sandbox::schema::{is_email, is_uuid};
use crate::sandbox::time;

/// The longest text that the API shows, in characters.
const LONGEST_TEXT: usize = 512;

/// Reads and checks a text. An error then names the line of this text.
struct CheckedText {
    /// The text as it is kept; `None` if it is not valid.
    check: fn(&str) -> Option<String>,
    /// What a valid text is.
    expected: &'static str,
}

impl Visitor<'_> for CheckedText {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        (self.check)(text).ok_or_else(|| E::custom(format!("`{text}` is not {}", self.expected)))
    }
}

/// Defines a text that is checked by a function, which may also put it into another form.
macro_rules! checked_text {
    ($(#[$meta:meta])* $name:ident, $check:expr, $expected:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Serialize)]
        pub(super) struct $name(pub(super) String);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_str(CheckedText { check: $check, expected: $expected }).map(Self)
            }
        }
    };
}

checked_text! {
    /// A name.
    Name, |text| (1..=LONGEST_TEXT).contains(&text.chars().count()).then(|| text.to_owned()), "a name of 1 to 512 characters"
}
checked_text! {
    /// A text, which may be empty.
    Text, |text| (text.chars().count() <= LONGEST_TEXT).then(|| text.to_owned()), "a text of at most 512 characters"
}
checked_text! {
    /// An ID.
    Uuid, |text| is_uuid(text).then(|| text.to_owned()), "a UUID in lower case"
}
checked_text! {
    /// An email address.
    Email, |text| is_email(text).then(|| text.to_owned()), "an email address"
}
checked_text! {
    /// A token, a key or a secret: visible characters that a cookie and HTTP basic auth can carry.
    Token,
    |text| {
        let is_valid = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
        is_valid.then(|| text.to_owned())
    },
    "a text of letters, digits, `-`, `_`, `.` and `~`"
}
checked_text! {
    /// A time, in UTC with an offset.
    Time, with_offset, "a time such as 2024-01-31T12:00:00+00:00"
}
checked_text! {
    /// A time in UTC without an offset.
    LocalTime,
    |text| Some(time::parse(text)?.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
    "a time such as 2024-01-31T12:00:00"
}

/// A time as the API shows it. One that has that form already is kept to the digit.
fn with_offset(text: &str) -> Option<String> {
    let time = time::parse(text)?;
    match text.len() >= 25 && text.ends_with("+00:00") {
        true => Some(text.to_owned()),
        false => Some(time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()),
    }
}

/// Defines a text that is one of some words.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident: $first:literal $(, $word:literal)*) => {
        checked_text! {
            $(#[$meta])*
            $name,
            |text| [$first $(, $word)*].contains(&text).then(|| text.to_owned()),
            concat!("one of ", $first $(, ", ", $word)*)
        }
    };
}

words! {
    /// A role in an organization.
    Role: "org_admin", "org_member"
}
words! {
    /// A role in a project.
    ProjectRole: "project_admin", "project_member"
}
words! {
    /// The identity provider of a user.
    IdentityProvider: "cognito", "azuread", "github", "google"
}
words! {
    /// The type of a secret.
    SecretType: "AWS", "AZURE", "MONGODB"
}
words! {
    /// The status of a credit.
    CreditStatus: "ACTIVE", "EXPIRED"
}
words! {
    /// The channel of releases of a cluster.
    Channel: "stable", "testing", "nightly"
}
words! {
    /// The state of a subscription.
    SubscriptionState: "active", "inactive"
}
words! {
    /// Who bills a subscription.
    Provider: "aws", "azure", "cratedb"
}

/// Reads an integer and checks its range.
struct CheckedInteger(RangeInclusive<i64>);

impl Visitor<'_> for CheckedInteger {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "an integer from {} to {}", self.0.start(), self.0.end())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<i64, E> {
        match self.0.contains(&number) {
            true => Ok(number),
            false => Err(E::custom(format!("{number} is not from {} to {}", self.0.start(), self.0.end()))),
        }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<i64, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

/// Defines an integer in a range.
macro_rules! integer {
    ($(#[$meta:meta])* $name:ident: $least:literal to $most:expr) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, Serialize)]
        pub(super) struct $name(pub(super) i64);

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_i64(CheckedInteger($least..=$most)).map(Self)
            }
        }
    };
}

integer! {
    /// The plan of an organization.
    PlanType: 1 to 6
}
integer! {
    /// An amount of money in cents.
    Cents: 0 to 1_000_000_000_000_i64
}
integer! {
    /// A number of bytes.
    Bytes: 0 to i64::MAX - 1
}
integer! {
    /// A number of nodes of a cluster.
    Nodes: 1 to 100
}
integer! {
    /// A number of audit events.
    Events: 0 to i64::MAX - 1
}
