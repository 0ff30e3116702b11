//! The environment variables. They are read here only, and once.
//!
//! Libraries also read `HOME`, `TMPDIR` and `TZ`, among others.

use std::path::PathBuf;

use crate::secret::Secret;

/// The variables as they are at the start. An empty variable counts as unset.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    /// `CRATEDB_CLOUD_API_KEY`
    pub(crate) api_key: Option<String>,
    /// `CRATEDB_CLOUD_API_SECRET`
    pub(crate) api_secret: Option<Secret>,
    /// `CRATEDB_CLOUD_ENDPOINT`
    pub(crate) endpoint: Option<String>,
    /// `CRATEDB_CLOUD_REGION`
    pub(crate) region: Option<String>,
    /// `CRATEDB_CLOUD_ORGANIZATION_ID`
    pub(crate) organization_id: Option<String>,
    /// `CROUD_PROFILE`
    pub(crate) profile: Option<String>,
    /// `CROUD_RETRIES`, unchecked.
    pub(crate) retries: Option<String>,
    /// `CROUD_TIMEOUT`, unchecked.
    pub(crate) timeout: Option<String>,
    /// `CROUD_CONFIG`
    pub(crate) config_file: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, if it is an absolute path.
    pub(crate) config_home: Option<PathBuf>,
    /// `CROUD_SANDBOX_STATE`
    #[cfg(feature = "sandbox")]
    pub(crate) sandbox_state: Option<PathBuf>,
    /// `CROUD_SANDBOX_SERVER`: the address of a running sandbox.
    #[cfg(feature = "sandbox")]
    pub(crate) sandbox_server: Option<String>,
    /// `CROUD_SANDBOX_TOKEN`: its control token.
    #[cfg(feature = "sandbox")]
    pub(crate) sandbox_token: Option<Secret>,
    /// `LOG_API` is `true`, in any case.
    pub(crate) logs_requests: bool,
    /// The settings of connections.
    pub(crate) network: Network,
    /// `SSH_CONNECTION` or `SSH_TTY` is set.
    pub(crate) is_ssh: bool,
    /// `BROWSER`: the program that opens a page.
    pub(crate) browser: Option<String>,
    /// From `NO_COLOR`, `CLICOLOR_FORCE` and `CLICOLOR`.
    pub(crate) colour: Colour,
    /// `TERM` is `dumb`: the cursor can't be moved.
    pub(crate) is_dumb_terminal: bool,
    /// `COMPLETE`: the shell that asks for completion.
    pub(crate) complete: Option<String>,
}

/// The variables that connections depend on.
#[derive(Clone, Default)]
pub(crate) struct Network {
    /// The name and the value of the variable with the proxy for HTTPS, unchecked: `HTTPS_PROXY`, `https_proxy`,
    /// `ALL_PROXY` or `all_proxy`.
    pub(crate) proxy: Option<(&'static str, String)>,
    /// `NO_PROXY` or `no_proxy`: the hosts that are reached without that proxy.
    pub(crate) no_proxy: String,
    /// `SSL_CERT_FILE`
    pub(crate) certificate_file: Option<PathBuf>,
    /// The folders in `SSL_CERT_DIR`.
    pub(crate) certificate_folders: Vec<PathBuf>,
}

/// When output is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Colour {
    /// On a terminal.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The text of a variable. What is not Unicode in it is replaced, so that the value is refused where it is used. If it
/// were ignored, a command could act on another profile, or send a key to another endpoint.
fn variable(name: &str) -> Option<String> {
    Some(std::env::var_os(name)?.to_string_lossy().into_owned())
}

/// The first of two variables that is set, unless it is empty: an empty one hides the second.
fn first_set(names: [&'static str; 2]) -> Option<(&'static str, String)> {
    let mut set = names.into_iter().filter_map(|name| Some((name, variable(name)?)));
    set.next().filter(|(_, value)| !value.is_empty())
}

impl Environment {
    /// Reads the variables.
    pub(crate) fn read() -> Self {
        let path = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let text = |name| variable(name).filter(|value| !value.is_empty());
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        Self {
            api_key: text("CRATEDB_CLOUD_API_KEY"),
            api_secret: text("CRATEDB_CLOUD_API_SECRET").map(Secret::from),
            endpoint: text("CRATEDB_CLOUD_ENDPOINT"),
            region: text("CRATEDB_CLOUD_REGION"),
            organization_id: text("CRATEDB_CLOUD_ORGANIZATION_ID"),
            profile: text("CROUD_PROFILE"),
            retries: text("CROUD_RETRIES"),
            timeout: text("CROUD_TIMEOUT"),
            config_file: path("CROUD_CONFIG"),
            config_home: path("XDG_CONFIG_HOME").filter(|folder| folder.is_absolute()),
            #[cfg(feature = "sandbox")]
            sandbox_state: path("CROUD_SANDBOX_STATE"),
            #[cfg(feature = "sandbox")]
            sandbox_server: text("CROUD_SANDBOX_SERVER"),
            #[cfg(feature = "sandbox")]
            sandbox_token: text("CROUD_SANDBOX_TOKEN").map(Secret::from),
            network: Network {
                proxy: first_set(["HTTPS_PROXY", "https_proxy"]).or_else(|| first_set(["ALL_PROXY", "all_proxy"])),
                no_proxy: first_set(["NO_PROXY", "no_proxy"]).map(|(_, value)| value).unwrap_or_default(),
                certificate_file: path("SSL_CERT_FILE"),
                certificate_folders: path("SSL_CERT_DIR")
                    .map(|folders| {
                        std::env::split_paths(&folders).filter(|folder| !folder.as_os_str().is_empty()).collect()
                    })
                    .unwrap_or_default(),
            },
            logs_requests: text("LOG_API").is_some_and(|value| value.eq_ignore_ascii_case("true")),
            is_ssh: is_set("SSH_CONNECTION") || is_set("SSH_TTY"),
            browser: text("BROWSER"),
            colour: match (is_set("NO_COLOR"), text("CLICOLOR_FORCE"), text("CLICOLOR")) {
                (true, _, _) => Colour::Never,
                (false, Some(force), _) if force != "0" => Colour::Always,
                (false, _, Some(choice)) if choice == "0" => Colour::Never,
                (false, _, _) => Colour::Auto,
            },
            is_dumb_terminal: text("TERM").is_some_and(|term| term == "dumb"),
            complete: text("COMPLETE"),
        }
    }
}
