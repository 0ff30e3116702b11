//! `croud.yaml`: read, checked, and changed without losing anything.
//!
//! The file is shared with the Python program of the same name, which refuses it whole for one
//! unknown key or a value that is no string. So what is written stays inside that program's schema,
//! and what is found outside of it is kept.
//!
//! A change is made under a lock, on the file as it is then, to a temporary file beside it that is
//! synced and renamed: whoever reads sees the old file or the new one.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};

use crate::endpoint::{BoundCredential, Credential, Endpoint};
use crate::environment::Environment;
use crate::error::{Failure, Level};
use crate::output::{Format, yaml};
use crate::secret::Secret;
use crate::term::Term;

/// The value of `endpoint` that a fresh installation talks to.
const DEFAULT_ENDPOINT: &str = "https://console.cratedb.cloud";
/// The keys of a profile whose value is a string or null, as the Python program checks them.
const NULLABLE: [&str; 7] =
    ["auth-token", "key", "secret", "organization-id", "gc_jwt_token", "gc_jwt_token_expiry", "gc_cluster_id"];
/// The keys of a profile whose value, where there is one, is a string.
const STRINGS: [&str; 4] = ["endpoint", "format", "region", "gc_endpoint"];

/// What the name of a file begins and ends with that is to become the configuration.
const PART: &str = ".croud.yaml.";
const PART_END: &str = ".part";

/// How long to wait for the lock before the wait is announced.
const LOCK_NOTICE: Duration = Duration::from_secs(1);
/// How long to wait for the lock.
const LOCK_LIMIT: Duration = Duration::from_secs(30);
/// The time between two attempts to take the lock.
const LOCK_POLL: Duration = Duration::from_millis(10);

/// The configuration as it was read.
#[derive(Clone)]
pub(crate) struct Config {
    path: PathBuf,
    document: Map<String, Value>,
    term: Rc<Term>,
}

/// One profile of the configuration: a view of its keys.
#[derive(Clone, Copy)]
pub(crate) struct Profile<'c>(&'c Map<String, Value>);

impl Config {
    /// Reads the file at `path`. Where there is no file, the configuration is the default one.
    ///
    /// # Errors
    /// The file can't be read, or it is not a valid configuration.
    pub(crate) fn load(path: PathBuf, term: Rc<Term>) -> Result<Self> {
        let document = read(&path)?;
        if let Some(warning) = warn_of_readers(&path) {
            term.say(Level::Warning, &warning);
        }
        Ok(Self { path, document, term })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The whole document, unknown keys included.
    pub(crate) fn document(&self) -> &Map<String, Value> {
        &self.document
    }

    pub(crate) fn current_profile(&self) -> &str {
        self.document["current-profile"].as_str().unwrap_or_default()
    }

    pub(crate) fn default_format(&self) -> Format {
        self.document["default-format"].as_str().and_then(Format::from_name).unwrap_or(Format::Table)
    }

    pub(crate) fn profile(&self, name: &str) -> Option<Profile<'_>> {
        self.document["profiles"].get(name)?.as_object().map(Profile::new)
    }

    pub(crate) fn profile_names(&self) -> impl Iterator<Item = &str> {
        self.document["profiles"].as_object().into_iter().flat_map(|profiles| profiles.keys().map(String::as_str))
    }

    /// Change the file: `change` gets the document as it stands there now, under the lock.
    ///
    /// # Errors
    /// What `change` refuses, and what keeps the file from being written; it is then as before.
    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Map<String, Value>) -> Result<T>) -> Result<T> {
        // The file that a link stands for is what gets replaced, not the link.
        let path = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let folder = path.parent().unwrap_or(Path::new("."));
        create_private_folder(folder).with_context(|| format!("could not create the folder `{}`", folder.display()))?;
        let lock = lock_beside(&path).with_context(|| format!("could not lock `{}`", path.display()))?;
        self.wait_for(&lock, &path)?;
        let mut document = read(&path)?;
        let before = document.clone();
        let done = change(&mut document)?;
        if document != before || !path.exists() {
            replace(&path, &document).with_context(|| format!("could not write `{}`", path.display()))?;
        }
        drop(lock);
        Ok(done)
    }

    /// Waits for the lock, which goes with the file. A wait of a second is announced.
    ///
    /// # Errors
    /// Another process still has the lock after 30 seconds.
    fn wait_for(&self, lock: &File, path: &Path) -> Result<()> {
        let (start, path) = (Instant::now(), path.display());
        let mut is_announced = false;
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => return Err(error).context(format!("could not lock `{path}`")),
            }
            if start.elapsed() > LOCK_LIMIT {
                let seconds = LOCK_LIMIT.as_secs();
                let problem = format!("Another process has locked `{path}` for {seconds} s. Nothing was changed.");
                return Err(Failure::failed(problem).into());
            }
            if start.elapsed() > LOCK_NOTICE && !is_announced {
                is_announced = true;
                self.term.say(Level::Info, &format!("Waiting for another process that has locked `{path}`..."));
            }
            std::thread::sleep(LOCK_POLL);
        }
    }

    /// Sets keys of a profile, or clears them.
    ///
    /// # Errors
    /// Those of [`Config::update`], and a profile that another process has removed.
    pub(crate) fn set(&self, profile: &str, values: &[(&str, Option<&str>)]) -> Result<()> {
        self.update(|document| {
            let profile = profile_mut(document, profile)?;
            profile.extend(values.iter().map(|(key, value)| ((*key).to_owned(), (*value).into())));
            Ok(())
        })
    }

    /// Stores a credential in a profile, and the organization of its user where `organization_id` is given.
    ///
    /// # Errors
    /// Those of [`Config::set`], and a profile whose endpoint is not the credential's: another process has
    /// changed it meanwhile.
    pub(crate) fn store_login(
        &self,
        profile: &str,
        login: &BoundCredential,
        organization_id: Option<Option<&str>>,
    ) -> Result<()> {
        self.update(|document| {
            let values = profile_mut(document, profile)?;
            let endpoint = values.get("endpoint").and_then(Value::as_str).unwrap_or_default();
            if !Endpoint::parse(endpoint).is_ok_and(|endpoint| endpoint.is_origin_of(login.endpoint().url())) {
                let problem = format!("The endpoint of profile `{profile}` has changed meanwhile: nothing was stored.");
                return Err(Failure::failed(problem).into());
            }
            let mut set = |key: &str, value: Option<&str>| _ = values.insert(key.to_owned(), value.into());
            match login.credential() {
                Credential::None => {}
                Credential::Token(token) => set("auth-token", Some(token.reveal())),
                Credential::Key { key, secret } => {
                    // A token would be used in place of the key.
                    set("auth-token", None);
                    set("key", Some(key));
                    set("secret", Some(secret.reveal()));
                }
            }
            if let Some(organization_id) = organization_id {
                set("organization-id", organization_id);
            }
            Ok(())
        })
    }
}

/// The values of a profile, to be changed.
///
/// # Errors
/// Another process has removed the profile.
pub(crate) fn profile_mut<'d>(document: &'d mut Map<String, Value>, name: &str) -> Result<&'d mut Map<String, Value>> {
    let profile = document.get_mut("profiles").and_then(|profiles| profiles.get_mut(name));
    let gone = || Failure::failed(format!("The profile `{name}` no longer exists. Nothing was changed."));
    Ok(profile.and_then(Value::as_object_mut).ok_or_else(gone)?)
}

impl<'c> Profile<'c> {
    /// The profile with these values.
    pub(crate) fn new(values: &'c Map<String, Value>) -> Self {
        Self(values)
    }

    pub(crate) fn endpoint(self) -> &'c str {
        self.text("endpoint").unwrap_or_default()
    }

    pub(crate) fn token(self) -> Option<Secret> {
        self.text("auth-token").map(Secret::from)
    }

    /// The API key and its secret, where both are there.
    pub(crate) fn key(self) -> Option<(String, Secret)> {
        Some((self.text("key")?.to_owned(), self.text("secret")?.into()))
    }

    pub(crate) fn region(self) -> Option<&'c str> {
        self.text("region")
    }

    pub(crate) fn format(self) -> Option<Format> {
        self.text("format").and_then(Format::from_name)
    }

    pub(crate) fn organization_id(self) -> Option<&'c str> {
        self.text("organization-id")
    }

    fn text(self, key: &str) -> Option<&'c str> {
        self.0.get(key)?.as_str().filter(|text| !text.is_empty())
    }
}

/// The path of croud.yaml: `CROUD_CONFIG`, or `Crate/croud.yaml` in the user's configuration folder.
///
/// # Errors
/// There is no such folder.
pub(crate) fn path(environment: &Environment) -> Result<PathBuf> {
    if let Some(file) = &environment.config_file {
        return Ok(file.clone());
    }
    // XDG_CONFIG_HOME counts on macOS too, where `dirs` does not look at it.
    let folder = environment.config_home.clone().or_else(dirs::config_local_dir).ok_or_else(|| {
        Failure::failed("There is no folder for the configuration: set HOME, or name the file in CROUD_CONFIG.")
    })?;
    // The Python program's folder on Windows is named for the author and the application.
    let folder = if cfg!(windows) { folder.join("Crate").join("Crate") } else { folder.join("Crate") };
    Ok(folder.join("croud.yaml"))
}

/// The document at `path`, or the default one where there is no file.
fn read(path: &Path) -> Result<Map<String, Value>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(default_document()),
        Err(error) => return Err(invalid(path, &error.to_string())),
    };
    parse(&text).map_err(|problem| invalid(path, &problem))
}

fn invalid(path: &Path, problem: &str) -> anyhow::Error {
    Failure::failed("Your configuration file is incompatible with the current version of croud.")
        .info(format!("Please delete the file '{}' or update it manually.\n{problem}", path.display()))
        .into()
}

/// A configuration from its text, or what is wrong with it.
fn parse(text: &str) -> Result<Map<String, Value>, String> {
    let not_yaml = |error| format!("It is not YAML as expected: {error}");
    let document: serde_yaml::Value = serde_yaml::from_str(text).map_err(not_yaml)?;
    match Plain(&document).deserialize(serde_yaml::Deserializer::from_str(text)).map_err(not_yaml)? {
        Value::Object(document) => check(&document).map(|()| document),
        _ => Err("It holds no keys.".to_owned()),
    }
}

/// YAML as JSON knows it: keys are strings, tags are gone.
///
/// The Python program leaves a string such as `1e5` without quotes, because to YAML 1.1 it is one. So
/// the texts of plain scalars are read once more, and what only YAML 1.2 takes for a number stays a
/// string.
struct Plain<'v>(&'v serde_yaml::Value);

impl<'de> DeserializeSeed<'de> for Plain<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<Value, D::Error> {
        use serde_yaml::Value as Yaml;
        Ok(match self.0 {
            Yaml::Mapping(_) => return document.deserialize_map(self),
            Yaml::Sequence(_) => return document.deserialize_seq(self),
            Yaml::Number(number) => {
                let text = String::deserialize(document)?;
                match (number.as_i64(), number.as_u64()) {
                    _ if !is_number_in_yaml_1_1(&text) => text.into(),
                    (Some(number), _) => number.into(),
                    (_, Some(number)) => number.into(),
                    _ => json!(number.as_f64()),
                }
            }
            Yaml::Tagged(tagged) => return Plain(&tagged.value).deserialize(document),
            Yaml::Null => Option::<()>::deserialize(document).map(|_| Value::Null)?,
            Yaml::Bool(_) => bool::deserialize(document)?.into(),
            Yaml::String(_) => String::deserialize(document)?.into(),
        })
    }
}
impl<'de> Visitor<'de> for Plain<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys with values, or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<serde_yaml::Value>()? {
            let Some((name, value)) = key.as_str().zip(self.0.get(&key)) else {
                return Err(A::Error::custom("a key is no text"));
            };
            map.insert(name.to_owned(), entries.next_value_seed(Plain(value))?);
        }
        Ok(map.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        for item in self.0.as_sequence().into_iter().flatten() {
            list.extend(items.next_element_seed(Plain(item))?);
        }
        // The sequence must be read to its end.
        items.next_element::<serde::de::IgnoredAny>()?;
        Ok(list.into())
    }
}

/// Whether YAML 1.1 agrees that `text` is a number: it wants a point and a sign for an exponent, and
/// has no `0o`.
fn is_number_in_yaml_1_1(text: &str) -> bool {
    let digits = text.trim_start_matches(['+', '-']);
    let exponent = digits.split_once(['e', 'E']).filter(|_| !digits.starts_with("0x"));
    let is_exact = exponent.is_none_or(|(number, power)| number.contains('.') && power.starts_with(['+', '-']));
    is_exact && !digits.starts_with("0o")
}

/// Hold a document against the schema that the Python program checks.
fn check(document: &Map<String, Value>) -> Result<(), String> {
    let text = |key: &str| match document.get(key) {
        Some(Value::String(text)) => Ok(text.as_str()),
        Some(_) => Err(format!("`{key}` is no text.")),
        None => Err(format!("`{key}` is missing.")),
    };
    let format = text("default-format")?;
    if Format::from_name(format).is_none() {
        return Err(format!("`default-format` is `{format}`: it must be table, wide, json or yaml."));
    }
    let current = text("current-profile")?;
    let Some(Value::Object(profiles)) = document.get("profiles") else {
        return Err("`profiles` is missing, or no list of profiles.".to_owned());
    };
    for (name, profile) in profiles {
        check_profile(profile).map_err(|problem| format!("Profile `{name}`: {problem}"))?;
    }
    if !profiles.contains_key(current) {
        return Err(format!("`current-profile` is `{current}`, which `profiles` does not have."));
    }
    Ok(())
}

fn check_profile(profile: &Value) -> Result<(), String> {
    let Value::Object(profile) = profile else {
        return Err("it holds no keys.".to_owned());
    };
    if !profile.contains_key("endpoint") {
        return Err("`endpoint` is missing.".to_owned());
    }
    for (key, value) in profile {
        let known = STRINGS.contains(&key.as_str());
        let nullable = NULLABLE.contains(&key.as_str());
        if (known && !value.is_string()) || (nullable && !value.is_string() && !value.is_null()) {
            return Err(format!("`{key}` is no text. Put it in quotes."));
        }
    }
    if let Some(format) = profile.get("format").and_then(Value::as_str)
        && Format::from_name(format).is_none()
    {
        return Err(format!("`format` is `{format}`: it must be table, wide, json or yaml."));
    }
    Ok(())
}

fn default_document() -> Map<String, Value> {
    let document = json!({
        "default-format": "table",
        "current-profile": "cratedb.cloud",
        "profiles": {
            "cratedb.cloud": {
                "auth-token": null,
                "key": null,
                "secret": null,
                "endpoint": DEFAULT_ENDPOINT,
                "region": "_any_",
            },
        },
    });
    match document {
        Value::Object(document) => document,
        _ => Map::new(),
    }
}

/// Create a folder that only its owner may enter; one that is there is left as it is.
pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// The warning for a file that other users can read.
#[cfg(unix)]
fn warn_of_readers(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = fs::metadata(path).ok()?.permissions().mode();
    let path = path.display();
    (mode & 0o077 != 0).then(|| format!("`{path}` is readable by other users; run `chmod 600 {path}`."))
}

#[cfg(not(unix))]
fn warn_of_readers(_: &Path) -> Option<String> {
    None
}

/// The file whose lock guards a change. It is one of its own, because the configuration's file is
/// another one after each change.
fn lock_beside(path: &Path) -> io::Result<File> {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".lock");
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path.with_file_name(name))
}

/// Put `document` where `path` is, at once and readable by its owner only.
fn replace(path: &Path, document: &Map<String, Value>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // What a process left behind that was killed: nobody else writes while the lock is held.
    for left in fs::read_dir(folder)?.flatten() {
        if left.file_name().to_str().is_some_and(|name| name.starts_with(PART) && name.ends_with(PART_END)) {
            let _ = fs::remove_file(left.path());
        }
    }
    // A temporary file is created with mode 0600.
    let mut file = tempfile::Builder::new().prefix(PART).suffix(PART_END).tempfile_in(folder)?;
    file.write_all(yaml::to_string(&Value::Object(document.clone())).as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    #[cfg(unix)]
    File::open(folder)?.sync_all()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINIMAL: &str =
        "default-format: table\ncurrent-profile: a\nprofiles:\n  a:\n    endpoint: https://a.example\n";

    #[test]
    fn what_the_python_program_writes_is_read() {
        // PyYAML leaves all of these without quotes, as the strings that they are to YAML 1.1.
        for text in ["1e5", "1.5e3", "0o17", "12e45678901", "y", "a:b", "=x", "1_000x", "https://a.example"] {
            let document = parse(&format!("{MINIMAL}    key: {text}\n")).unwrap();
            assert_eq!(document["profiles"]["a"]["key"], text, "{text}");
        }
        let document =
            parse(&format!("{MINIMAL}    auth-token: null\n    key: ''\n    later: [1, {{x: 1e5}}]\n")).unwrap();
        assert_eq!(
            Value::Object(document)["profiles"]["a"],
            json!({"endpoint": "https://a.example", "auth-token": null, "key": "", "later": [1, {"x": "1e5"}]})
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, problem) in [
            ("", "It holds no keys."),
            ("- a\n", "It holds no keys."),
            ("default-format: xml\n", "`default-format` is `xml`: it must be table, wide, json or yaml."),
            ("default-format: json\n", "`current-profile` is missing."),
            ("default-format: json\ncurrent-profile: 5\n", "`current-profile` is no text."),
            ("default-format: json\ncurrent-profile: a\n", "`profiles` is missing, or no list of profiles."),
            (
                "default-format: json\ncurrent-profile: a\nprofiles: {}\n",
                "`current-profile` is `a`, which `profiles` does not have.",
            ),
            ("default-format: json\ncurrent-profile: a\nprofiles:\n  a: {}\n", "Profile `a`: `endpoint` is missing."),
            (
                "default-format: json\ncurrent-profile: a\nprofiles:\n  a: {endpoint: null}\n",
                "Profile `a`: `endpoint` is no text. Put it in quotes.",
            ),
            (&format!("{MINIMAL}    key: 12\n"), "Profile `a`: `key` is no text. Put it in quotes."),
            (&format!("{MINIMAL}    secret: 0x1F\n"), "Profile `a`: `secret` is no text. Put it in quotes."),
            (&format!("{MINIMAL}    region: null\n"), "Profile `a`: `region` is no text. Put it in quotes."),
            (
                &format!("{MINIMAL}    format: xml\n"),
                "Profile `a`: `format` is `xml`: it must be table, wide, json or yaml.",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), problem, "{text}");
        }
        assert!(parse("profiles: [\n").unwrap_err().starts_with("It is not YAML"));
        assert!(parse(&format!("{MINIMAL}1: x\n")).unwrap_err().contains("a key is no text"));
    }

    proptest::proptest! {
        #[test]
        fn no_text_is_too_much(text in proptest::prelude::any::<String>(), tail in "[ -~\\n]{0,200}") {
            let _ = parse(&text);
            let _ = parse(&format!("{MINIMAL}{tail}"));
        }

        #[test]
        fn what_is_written_is_what_is_read(
            name in "[^\u{0}]{1,12}",
            values in proptest::collection::vec(proptest::prelude::any::<String>(), 3),
        ) {
            let document = json!({
                "default-format": "table",
                "current-profile": name,
                "profiles": {name.clone(): {
                    "endpoint": values[0], "auth-token": values[1], "key": null, "secret": values[2], "other": [values[0]],
                }},
            });
            let read = parse(&yaml::to_string(&document)).expect("a valid configuration");
            proptest::prop_assert_eq!(Value::Object(read), document);
        }
    }
}
