//! The options that commands share. A doc comment on an option is its help.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use clap::builder::{ArgExt, PathBufValueParser, TypedValueParser};

use crate::output::{Column, Format, Selection};

/// The values that shell completion offers for an argument. It is set on the argument: `add = Values::File`.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Values {
    /// The IDs of the user's organizations.
    Organization,
    /// The names of the user's organizations, for an option that takes a name or an ID.
    OrganizationName,
    /// The IDs of the organization's files.
    File,
    /// The names of the organization's files, for an option that takes a name or an ID.
    FileName,
    /// The IDs of the organization's secrets.
    Secret,
    /// The names of the organization's secrets, for an option that takes a name or an ID.
    SecretName,
    /// The IDs of the organization's credits.
    Credit,
    /// The IDs of the organization's invitations.
    Invitation,
    /// The email addresses of the organization's users.
    User,
    /// The roles that a user can have in an organization.
    Role,
    /// The names of the regions.
    Region,
    /// The names of the profiles, the built-in one included.
    Profile,
    /// The names of the sandbox's snapshots.
    #[cfg(feature = "sandbox")]
    Snapshot,
    /// The names of these columns, separated by commas.
    Columns(&'static [Column]),
    /// The words of a command, or one of these topics of the help.
    HelpWords(&'static [&'static str]),
}

impl ArgExt for Values {}

// A doc comment on one of these structs would become the help of the command that flattens it.

// The options of every command, before or after its name.
#[derive(Args)]
pub(crate) struct Global {
    /// Use this profile; `sandbox` is the embedded cloud
    #[arg(long, global = true, value_name = "NAME", add = Values::Profile, help_heading = "Global options")]
    pub(crate) profile: Option<String>,

    /// Suppress Success and Info messages
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) quiet: bool,

    /// Never prompt; exit 2 instead
    #[arg(long, global = true, help_heading = "Global options")]
    pub(crate) no_input: bool,

    /// Seconds that a call may take, retries included, or a transfer may stall; 0 is no limit [default: 60]
    #[arg(long, global = true, value_name = "SECONDS", value_parser = seconds, help_heading = "Global options")]
    pub(crate) timeout: Option<Duration>,
}

// The options of every command that sends requests.
#[derive(Args, Clone, Default)]
pub(crate) struct Shared {
    /// Run the command in this region
    #[arg(short, long, add = Values::Region, help_heading = "Shared options")]
    pub(crate) region: Option<String>,

    #[command(flatten)]
    pub(crate) output: Output,

    /// Run the command as superuser
    #[arg(long, help_heading = "Shared options")]
    pub(crate) sudo: bool,

    /// The rows and columns to print. Only commands that print a list or a record have options for it.
    #[arg(skip)]
    pub(crate) selection: Selection,
}

// The options of every command that prints data.
#[derive(Args, Clone, Default)]
pub(crate) struct Output {
    /// Format of the output [default: the profile's]
    #[arg(short, long, visible_alias = "format", value_name = "FMT", help_heading = "Shared options")]
    pub(crate) output_fmt: Option<Format>,
}

// An alias such as `or` is an abbreviation that works in the Python program. Without the alias, a new option would make
// it ambiguous.

// The organization of a command.
#[derive(Args, Default)]
pub(crate) struct Organization {
    /// Organization ID [default: the profile's]
    #[arg(long, alias = "or", add = Values::Organization)]
    pub(crate) org_id: Option<String>,

    /// Name or ID of the organization, or the first 6 or more characters of the ID
    #[arg(long, value_name = "NAME", conflicts_with = "org_id", add = Values::OrganizationName)]
    pub(crate) org: Option<String>,
}

// The file of a command.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct FileReference {
    /// File ID
    #[arg(long, alias = "fil", add = Values::File)]
    pub(crate) file_id: Option<String>,

    /// Name or ID of the file, or the first 6 or more characters of the ID
    #[arg(long, value_name = "NAME", add = Values::FileName)]
    pub(crate) file: Option<String>,
}

// The secret of a command.
#[derive(Args)]
#[group(required = true, multiple = false)]
pub(crate) struct SecretReference {
    /// Secret ID
    #[arg(long, aliases = ["sec", "secr", "secre"], add = Values::Secret)]
    pub(crate) secret_id: Option<String>,

    /// Name or ID of the secret, or the first 6 or more characters of the ID
    #[arg(long, value_name = "NAME", add = Values::SecretName)]
    pub(crate) secret: Option<String>,
}

/// Returns a parser for a whole number of a range, which `expected` describes.
pub(crate) fn whole_number<N: FromStr + PartialOrd + Clone>(
    range: RangeInclusive<N>,
    expected: &'static str,
) -> impl Fn(&str) -> Result<N, String> + Clone {
    move |text| text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| format!("expected {expected}"))
}

/// Returns a parser for the path of a file or folder to write. It refuses `-`, which stands for stdout elsewhere.
pub(crate) fn path_to_write() -> impl TypedValueParser<Value = PathBuf> {
    PathBufValueParser::new().try_map(|path| match path.as_os_str() == "-" {
        true => Err("it does not stand for stdout here. A file or folder with this name is `./-`"),
        false => Ok(path),
    })
}

/// Reads a number of seconds, which may have a fraction. Used for `--timeout` and `CROUD_TIMEOUT`.
///
/// # Errors
/// The text is not a number, is negative, or is too large.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let expected = || "expected a number of seconds such as 60".to_owned();
    let seconds: f64 = text.parse().map_err(|_| expected())?;
    Duration::try_from_secs_f64(seconds).map_err(|_| expected())
}

/// Whether an optional text counts as not given: it is missing or empty. For `skip_serializing_if`.
#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
pub(crate) fn is_not_given(text: &Option<String>) -> bool {
    text.as_deref().is_none_or(str::is_empty)
}

/// An optional text that counts as not given when it is empty.
pub(crate) fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}
