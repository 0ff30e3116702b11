//! The schema of croud.yaml. The Python program refuses a file that does not fit.

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use crate::output::Format;

/// The endpoint of the default profile.
const DEFAULT_ENDPOINT: &str = "https://console.cratedb.cloud";
/// The keys of a profile whose value is a string or null.
const NULLABLE: [&str; 7] =
    ["auth-token", "key", "secret", "organization-id", "gc_jwt_token", "gc_jwt_token_expiry", "gc_cluster_id"];
/// The keys of a profile whose value is a string.
const STRINGS: [&str; 4] = ["endpoint", "format", "region", "gc_endpoint"];

/// The formats that croud.yaml may store. `--output-fmt` also accepts others.
// Comments on the variants would be shown in the help of every command that takes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoredFormat {
    Table,
    Wide,
    Json,
    Yaml,
}

impl StoredFormat {
    /// Parses a format from the file.
    ///
    /// # Errors
    /// The text is not one of the four names. The error names them.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        Self::from_str(text, false).map_err(|_| "use table, wide, json or yaml".to_owned())
    }

    /// The name in the file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            StoredFormat::Table => "table",
            StoredFormat::Wide => "wide",
            StoredFormat::Json => "json",
            StoredFormat::Yaml => "yaml",
        }
    }
}

impl From<StoredFormat> for Format {
    fn from(format: StoredFormat) -> Self {
        match format {
            StoredFormat::Table => Format::Table,
            StoredFormat::Wide => Format::Wide,
            StoredFormat::Json => Format::Json,
            StoredFormat::Yaml => Format::Yaml,
        }
    }
}

/// Checks a document against the schema. Unknown keys are allowed.
///
/// # Errors
/// The first thing that does not fit.
pub(super) fn check(document: &Map<String, Value>) -> Result<(), String> {
    let text = |key: &str| match document.get(key) {
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(format!("`{key}` must be a string.")),
        None => Err(format!("`{key}` is missing.")),
    };
    check_format("default-format", text("default-format")?)?;
    let current = text("current-profile")?;
    let profiles = match document.get("profiles") {
        Some(Value::Object(profiles)) => profiles,
        Some(_) => return Err("`profiles` must hold the profiles by their names.".to_owned()),
        None => return Err("`profiles` is missing.".to_owned()),
    };
    for (name, profile) in profiles {
        check_profile(profile).map_err(|problem| format!("Profile `{name}`: {problem}"))?;
    }
    if !profiles.contains_key(current) {
        return Err(format!("`current-profile` is `{current}`, but there is no such profile."));
    }
    Ok(())
}

fn check_profile(profile: &Value) -> Result<(), String> {
    let Value::Object(profile) = profile else {
        return Err("it must hold keys, such as `endpoint`.".to_owned());
    };
    if !profile.contains_key("endpoint") {
        return Err("`endpoint` is missing.".to_owned());
    }
    for (key, value) in profile {
        let must_be_string = STRINGS.contains(&key.as_str()) || NULLABLE.contains(&key.as_str()) && !value.is_null();
        if must_be_string && !value.is_string() {
            return Err(format!("`{key}` must be a string."));
        }
    }
    profile.get("format").and_then(Value::as_str).map_or(Ok(()), |format| check_format("format", format))
}

fn check_format(key: &str, format: &str) -> Result<(), String> {
    StoredFormat::parse(format).map(|_| ()).map_err(|problem| format!("`{key}` is `{format}`: {problem}."))
}

/// The document of a new installation, which is the same as that of the Python program.
pub(super) fn default_document() -> Map<String, Value> {
    let profile = json!({
        "auth-token": null,
        "key": null,
        "secret": null,
        "endpoint": DEFAULT_ENDPOINT,
        "region": "_any_",
    });
    Map::from_iter([
        ("default-format".to_owned(), StoredFormat::Table.name().into()),
        ("current-profile".to_owned(), "cratedb.cloud".into()),
        ("profiles".to_owned(), json!({ "cratedb.cloud": profile })),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document with profile `a`, whose further values are `values`.
    fn document(values: Value) -> Value {
        let mut document = json!({
            "default-format": "json", "current-profile": "a", "profiles": {"a": {"endpoint": "https://a.example"}},
        });
        if let (Value::Object(profile), Value::Object(values)) = (&mut document["profiles"]["a"], values) {
            profile.extend(values);
        }
        document
    }

    fn checked(document: Value) -> Result<(), String> {
        match document {
            Value::Object(document) => check(&document),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn the_default_document_fits() {
        assert_eq!(check(&default_document()), Ok(()));
    }

    #[test]
    fn known_keys_are_checked_and_unknown_keys_are_not() {
        let values = json!({"auth-token": null, "key": "", "format": "wide", "later": [1, {"x": null}]});
        assert_eq!(checked(document(values)), Ok(()));
        let formats = "use table, wide, json or yaml.";
        for (document, problem) in [
            (json!({}), "`default-format` is missing."),
            (json!({"default-format": "xml"}), &format!("`default-format` is `xml`: {formats}")),
            (json!({"default-format": "csv"}), &format!("`default-format` is `csv`: {formats}")),
            (json!({"default-format": "json"}), "`current-profile` is missing."),
            (json!({"default-format": "json", "current-profile": 5}), "`current-profile` must be a string."),
            (json!({"default-format": "json", "current-profile": "a"}), "`profiles` is missing."),
            (
                json!({"default-format": "json", "current-profile": "a", "profiles": []}),
                "`profiles` must hold the profiles by their names.",
            ),
            (
                json!({"default-format": "json", "current-profile": "a", "profiles": {}}),
                "`current-profile` is `a`, but there is no such profile.",
            ),
            (
                json!({"default-format": "json", "current-profile": "a", "profiles": {"a": null}}),
                "Profile `a`: it must hold keys, such as `endpoint`.",
            ),
            (
                json!({"default-format": "json", "current-profile": "a", "profiles": {"a": {}}}),
                "Profile `a`: `endpoint` is missing.",
            ),
            (document(json!({"endpoint": null})), "Profile `a`: `endpoint` must be a string."),
            (document(json!({"region": null})), "Profile `a`: `region` must be a string."),
            (document(json!({"key": 12})), "Profile `a`: `key` must be a string."),
            (document(json!({"secret": false})), "Profile `a`: `secret` must be a string."),
            (document(json!({"format": "csv"})), &format!("Profile `a`: `format` is `csv`: {formats}")),
        ] {
            assert_eq!(checked(document.clone()).unwrap_err(), problem, "{document}");
        }
    }
}
