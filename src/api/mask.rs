//! Redacts known secrets in the text of a server, because a server can repeat the secrets that it received.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Url;
use serde_json::Value;

use super::{Api, Request};
use crate::endpoint::Credential;
use crate::error::Failure;
use crate::secret::is_secret_name;

/// The text in place of a secret.
pub(super) const HIDDEN: &str = "xxxxxxxxxx";
/// The fewest characters of a secret that is redacted. A shorter one could be part of a common word.
const SHORTEST: usize = 4;

/// The secrets of one request, in every spelling in which a server may repeat them.
pub(super) struct Mask(Vec<String>);

impl Mask {
    /// The secrets of a request to the API: the credential, and the values of secrets in the query and in the body.
    pub(super) fn of_request(api: &Api, request: &Request) -> Self {
        let mut secrets = credential(api);
        let query = request.url.query_pairs().filter(|(name, _)| is_secret_name(name));
        secrets.extend(query.map(|(_, value)| value.into_owned()));
        if let Some(body) = &request.body {
            collect(body, false, &mut secrets);
        }
        Self::new(secrets)
    }

    /// The secrets of a request to a pre-signed URL: the values of its query, and the credential. The server that named
    /// the URL knows the credential.
    pub(super) fn of_transfer(api: &Api, url: &Url) -> Self {
        Self::new(query(url).chain(credential(api)).collect())
    }

    fn new(secrets: Vec<String>) -> Self {
        let secrets = secrets.into_iter().filter(|secret| secret.chars().count() >= SHORTEST);
        let mut spellings: Vec<String> = secrets.flat_map(|secret| spellings(&secret)).collect();
        // A secret may be a part of another one.
        spellings.sort_by_key(|spelling| std::cmp::Reverse(spelling.len()));
        Self(spellings)
    }

    /// The text without secrets.
    pub(super) fn text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }

    /// The error without secrets.
    pub(super) fn failure(&self, mut failure: Failure) -> Failure {
        failure.message = self.text(&failure.message);
        failure.details = failure.details.map(|details| Box::new(self.value(*details)));
        failure
    }

    fn value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => self.text(&text).into(),
            Value::Array(items) => items.into_iter().map(|item| self.value(item)).collect(),
            Value::Object(members) => {
                members.into_iter().map(|(key, value)| (self.text(&key), self.value(value))).collect()
            }
            other => other,
        }
    }
}

/// The credential of requests to the API.
fn credential(api: &Api) -> Vec<String> {
    let mut secrets: Vec<_> = api.token.borrow().iter().map(|token| token.reveal().to_owned()).collect();
    match api.identity.login.credential() {
        Credential::None => {}
        Credential::Token(token) => secrets.push(token.reveal().to_owned()),
        Credential::Key { key, secret } => {
            secrets.push(secret.reveal().to_owned());
            secrets.push(BASE64_STANDARD.encode(format!("{key}:{}", secret.reveal())));
        }
    }
    secrets
}

/// The query of a pre-signed URL, and the values in it.
fn query(url: &Url) -> impl Iterator<Item = String> {
    url.query_pairs().map(|(_, value)| value.into_owned()).chain(url.query().map(str::to_owned))
}

/// A secret as it is, as a URL encodes it, and as JSON escapes it.
fn spellings(secret: &str) -> Vec<String> {
    let in_url = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
    let in_json = Value::from(secret).to_string().trim_matches('"').to_owned();
    let mut spellings = vec![secret.to_owned(), in_url, in_json];
    spellings.dedup();
    spellings
}

/// Finds the texts below the names of secrets.
fn collect(value: &Value, is_secret: bool, secrets: &mut Vec<String>) {
    match value {
        Value::String(text) if is_secret => secrets.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, is_secret, secrets)),
        Value::Object(members) => {
            for (key, value) in members {
                // The name of an object says what kind of secret it holds, such as `aws_secret`.
                collect(value, is_secret_name(key) && !value.is_object(), secrets);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_hidden_in_every_spelling() {
        let mask = Mask::new(vec!["p@ss\"word".to_owned(), "p@ss".to_owned(), "abc".to_owned(), String::new()]);
        for (text, expected) in [
            ("your password is p@ss\"word.", "your password is xxxxxxxxxx."),
            ("p%40ss%22word", "xxxxxxxxxx"),
            (r#"{"password":"p@ss\"word"}"#, r#"{"password":"xxxxxxxxxx"}"#),
            ("p@ssport", "xxxxxxxxxxport"),
            ("abc", "abc"),
        ] {
            assert_eq!(mask.text(text), expected);
        }
        let details = json!({"p@ss\"word": ["p@ss\"word", 1, {"a": "p@ss\"word"}]});
        let masked = mask.failure(Failure::failed("p@ss\"word").details(Some(details)));
        assert_eq!(masked.message, HIDDEN);
        assert_eq!(*masked.details.unwrap(), json!({HIDDEN: [HIDDEN, 1, {"a": HIDDEN}]}));
    }

    #[test]
    fn the_secrets_of_a_body_are_found_by_name() {
        let body = json!({"name": "n", "data": {"aws_secret": {"access_key": "A", "secret_key": "S", "note": "N"}}});
        let mut secrets = Vec::new();
        collect(&body, false, &mut secrets);
        assert_eq!(secrets, ["A", "S"]);
    }

    #[test]
    fn the_query_of_a_presigned_url_is_secret() {
        let url = Url::parse("https://s3.example/put?sig=a%2Bbcd&x=1").unwrap();
        let mask = Mask::new(query(&url).collect());
        assert_eq!(mask.text("a+bcd a%2Bbcd sig=a%2Bbcd&x=1 1"), "xxxxxxxxxx xxxxxxxxxx xxxxxxxxxx 1");
    }
}
