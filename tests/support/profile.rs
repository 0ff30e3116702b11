//! Builds a `croud.yaml`.

use std::fmt::Write as _;

/// The text of a `croud.yaml`. The first profile is the current one.
pub(crate) struct Config {
    default_format: &'static str,
    profiles: Vec<(String, Profile)>,
}

impl Config {
    /// A configuration whose default format is `table`.
    pub(crate) fn new() -> Self {
        Self { default_format: "table", profiles: Vec::new() }
    }

    pub(crate) fn default_format(mut self, format: &'static str) -> Self {
        self.default_format = format;
        self
    }

    pub(crate) fn profile(mut self, name: &str, profile: Profile) -> Self {
        self.profiles.push((name.to_owned(), profile));
        self
    }

    /// The file's text, as the Python program would write it.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "default-format: {}\ncurrent-profile: {}\nprofiles:\n",
            self.default_format,
            scalar(&self.profiles[0].0)
        );
        for (name, profile) in &self.profiles {
            writeln!(text, "  {}:", scalar(name)).unwrap();
            for (key, value) in &profile.0 {
                writeln!(text, "    {key}: {}", value.as_deref().map_or("null".to_owned(), scalar)).unwrap();
            }
        }
        text
    }
}

/// One profile: its keys in the order in which they were set; `None` is written as `null`.
#[derive(Clone)]
pub(crate) struct Profile(Vec<(&'static str, Option<String>)>);

impl Profile {
    /// A profile of `endpoint`, without credentials.
    pub(crate) fn at(endpoint: &str) -> Self {
        Self(Vec::new()).with("endpoint", Some(endpoint))
    }

    pub(crate) fn token(self, token: &str) -> Self {
        self.with("auth-token", Some(token))
    }

    /// An API key and its secret.
    pub(crate) fn key(self, key: &str, secret: &str) -> Self {
        self.with("key", Some(key)).with("secret", Some(secret))
    }

    pub(crate) fn organization(self, id: &str) -> Self {
        self.with("organization-id", Some(id))
    }

    pub(crate) fn region(self, region: &str) -> Self {
        self.with("region", Some(region))
    }

    pub(crate) fn format(self, format: &str) -> Self {
        self.with("format", Some(format))
    }

    pub(crate) fn with(mut self, key: &'static str, value: Option<&str>) -> Self {
        self.0.push((key, value.map(str::to_owned)));
        self
    }
}

/// A string as YAML: plain if it cannot be taken for anything else, otherwise in double quotes.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:".contains(c))
        && !["yes", "no", "on", "off", "true", "false", "null", "y", "n"].contains(&text.to_lowercase().as_str());
    if is_plain { text.to_owned() } else { serde_json::to_string(text).unwrap() }
}
