//! What a command may ask for: the API, the organization, a confirmation, a secret.

use std::cell::{Cell, OnceCell};
use std::fs::File;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::api::{Api, Identity, KeepToken, RetryPolicy};
use crate::config::{self, Config};
use crate::endpoint::{BoundCredential, Credential, Endpoint};
use crate::environment::Environment;
use crate::error::{Failure, FailureKind, Level};
use crate::identity::{self, ChosenProfile, SANDBOX, Target};
use crate::limit::read_to_string;
use crate::options::{Global, Organization, Shared, non_empty, seconds};
use crate::output::Format;
use crate::secret::{LONGEST_SECRET, Secret, SecretSource};
use crate::stop::{Hold, Stop};
use crate::suggest;
use crate::term::Term;

/// The default for `--timeout`.
const TIMEOUT: Duration = Duration::from_secs(60);
/// The default for `CROUD_RETRIES`.
const RETRIES: u32 = 3;

/// One run of the program.
pub(crate) struct Context {
    environment: Environment,
    global: Global,
    shared: Shared,
    term: Rc<Term>,
    stop: Stop,
    tree: fn() -> clap::Command,
    config: OnceCell<Config>,
    target: OnceCell<Target>,
    api: OnceCell<Rc<Api>>,
    stdin_is_read: Cell<bool>,
}

impl Context {
    /// Nothing is read before a command asks for it. `tree` makes the command tree.
    pub(crate) fn new(
        environment: Environment,
        global: Global,
        shared: Shared,
        term: Rc<Term>,
        stop: Stop,
        tree: fn() -> clap::Command,
    ) -> Self {
        Self {
            environment,
            global,
            shared,
            term,
            stop,
            tree,
            config: OnceCell::new(),
            target: OnceCell::new(),
            api: OnceCell::new(),
            stdin_is_read: Cell::new(false),
        }
    }

    /// The terminal.
    pub(crate) fn term(&self) -> &Term {
        &self.term
    }

    /// The environment variables.
    pub(crate) fn environment(&self) -> &Environment {
        &self.environment
    }

    /// The whole command tree.
    pub(crate) fn tree(&self) -> clap::Command {
        (self.tree)()
    }

    /// A command to suggest in a message, in backticks, with the `--profile` that was given.
    pub(crate) fn suggest(&self, words: &[&str]) -> String {
        suggest::command(self.global.profile.as_deref(), words)
    }

    /// Prints an Info message.
    pub(crate) fn info(&self, text: &str) {
        self.term.say(Level::Info, text);
    }

    /// Prints a Warning.
    pub(crate) fn warn(&self, text: &str) {
        self.term.say(Level::Warning, text);
    }

    /// Delays the exit after a signal until the hold is dropped.
    pub(crate) fn hold(&self) -> Hold {
        self.stop.hold()
    }

    // The configuration and the profile.

    /// The configuration, which is read at the first call.
    ///
    /// # Errors
    /// The file can't be read or is invalid.
    pub(crate) fn config(&self) -> Result<&Config> {
        if let Some(config) = self.config.get() {
            return Ok(config);
        }
        let config = Config::load(config::path(&self.environment)?, Rc::clone(&self.term))?;
        Ok(self.config.get_or_init(|| config))
    }

    /// The format of the output: the option's, the profile's, or the default.
    pub(crate) fn format(&self) -> Format {
        let configured = || {
            // The format of an invalid file is unknown. Commands that need the file report that.
            let config = self.config().ok()?;
            let profile = self.chosen().ok().flatten().and_then(|chosen| chosen.profile.format());
            Some(Format::from(profile.unwrap_or_else(|| config.default_format())))
        };
        self.shared.output.output_fmt.or_else(configured).unwrap_or(Format::Table)
    }

    /// The profile that was chosen: by `--profile`, by `CROUD_PROFILE`, or as the current one. `None` is the
    /// built-in profile `sandbox`, unless croud.yaml has a profile of that name.
    ///
    /// # Errors
    /// Those of [`Context::config`], and a usage error for an unknown profile.
    fn chosen(&self) -> Result<Option<ChosenProfile<'_>>> {
        let is_named = self.global.profile.is_some();
        let name = self.global.profile.as_deref().or(self.environment.profile.as_deref());
        let config = match (self.config(), name) {
            (Ok(config), _) => config,
            // The sandbox works beside an invalid file.
            (Err(_), Some(name)) if is_built_in(name) => return Ok(None),
            (Err(error), _) => return Err(error),
        };
        let name = name.unwrap_or_else(|| config.current_profile());
        match config.profile(name) {
            Some(profile) => Ok(Some(ChosenProfile { name, profile, is_named })),
            None if is_built_in(name) => Ok(None),
            None => {
                let known: Vec<_> = config.profile_names().collect();
                Err(Failure::usage(format!("There is no profile `{name}`."))
                    .info(format!("The profiles are: {}.", known.join(", ")))
                    .into())
            }
        }
    }

    /// The name of the profile that was chosen.
    ///
    /// # Errors
    /// Those of the configuration, and a usage error for an unknown profile.
    pub(crate) fn profile_name(&self) -> Result<&str> {
        Ok(self.chosen()?.map_or(SANDBOX, |chosen| chosen.name))
    }

    /// The profiles that can be chosen.
    ///
    /// # Errors
    /// Those of [`Context::config`].
    pub(crate) fn profile_names(&self) -> Result<impl Iterator<Item = &str>> {
        let config = self.config()?;
        let built_in = is_built_in(SANDBOX) && config.profile(SANDBOX).is_none();
        Ok(config.profile_names().chain(built_in.then_some(SANDBOX)))
    }

    /// Whether the built-in profile was chosen, whose cloud is embedded.
    pub(crate) fn is_sandbox(&self) -> bool {
        matches!(self.chosen(), Ok(None))
    }

    /// Whether the profile that was chosen has an API key.
    pub(crate) fn profile_has_key(&self) -> bool {
        matches!(self.chosen(), Ok(Some(chosen)) if chosen.profile.key().is_some())
    }

    /// Sets keys of the profile that was chosen, or clears them. The built-in profile has none.
    ///
    /// # Errors
    /// Those of [`Config::set`].
    pub(crate) fn set_in_profile(&self, values: &[(&str, Option<&str>)]) -> Result<()> {
        match self.chosen()? {
            Some(chosen) => self.config()?.set(chosen.name, values),
            None => Ok(()),
        }
    }

    /// The organization of the profile that was chosen.
    pub(crate) fn profile_organization(&self) -> Option<&str> {
        self.chosen().ok().flatten()?.profile.organization_id()
    }

    // Who acts, and where.

    /// The endpoint, the credential and the defaults, which are decided at the first call.
    ///
    /// # Errors
    /// Those of [`identity::decide`], and a sandbox that can't be started.
    pub(crate) fn target(&self) -> Result<&Target> {
        if let Some(target) = self.target.get() {
            return Ok(target);
        }
        let target = match self.chosen()? {
            Some(chosen) => {
                if is_built_in(chosen.name) {
                    self.warn(
                        "The profile `sandbox` of croud.yaml is used, not the embedded cloud. Rename it to reach both.",
                    );
                }
                identity::decide(chosen, &self.environment)?
            }
            None => self.sandbox_target()?,
        };
        Ok(self.target.get_or_init(|| target))
    }

    /// The organization that a command is about: the option's, or the default, which `--sudo` drops.
    ///
    /// # Errors
    /// A usage error where there is none, and those of [`Context::target`].
    pub(crate) fn organization(&self, option: &Organization) -> Result<String> {
        if let Some(id) = non_empty(option.org_id.clone()) {
            return Ok(id);
        }
        let default = if self.shared.sudo { None } else { self.target()?.organization_id.clone() };
        Ok(default.ok_or_else(|| {
            let mut message = "An organization ID is required. Please pass --org-id.".to_owned();
            if self.shared.sudo {
                message.push_str("\n--sudo ignores the organization of the profile and of the environment.");
            }
            Failure::usage(message)
        })?)
    }

    /// The client of the endpoint.
    ///
    /// # Errors
    /// Those of [`Context::target`] and [`Context::retry_policy`].
    pub(crate) fn api(&self) -> Result<&Rc<Api>> {
        if let Some(api) = self.api.get() {
            return Ok(api);
        }
        let target = self.target()?;
        let identity = Identity {
            login: target.login.clone(),
            source: target.source.clone(),
            login_command: self.suggest(&["login"]),
            region: non_empty(self.shared.region.clone()).or_else(|| target.region.clone()),
            sudo: self.shared.sudo,
        };
        if target.has_unused_key {
            self.warn("You have both a token and a key/secret set in your profile. Only the token will be used.");
        }
        let keep_token: KeepToken = match self.chosen()? {
            // The sandbox keeps its sessions itself.
            None => Box::new(|_| Ok(())),
            Some(chosen) => {
                let (config, profile) = (self.config()?.clone(), chosen.name.to_owned());
                Box::new(move |login| config.store_login(&profile, login, None))
            }
        };
        let api = self.client(identity, keep_token)?;
        Ok(self.api.get_or_init(|| Rc::new(api)))
    }

    /// A client that acts by another credential. Nothing is stored for it.
    ///
    /// # Errors
    /// Those of [`Context::retry_policy`].
    pub(crate) fn api_for(&self, login: BoundCredential, source: &str) -> Result<Api> {
        let (source, login_command) = (source.to_owned(), self.suggest(&["login"]));
        let identity = Identity { login, source, login_command, region: None, sudo: false };
        self.client(identity, Box::new(|_| Ok(())))
    }

    fn client(&self, identity: Identity, keep_token: KeepToken) -> Result<Api> {
        let logs_requests = self.environment.logs_requests;
        let (term, stop) = (Rc::clone(&self.term), self.stop.clone());
        Ok(Api::new(identity, term, stop, self.retry_policy()?, logs_requests, keep_token))
    }

    /// How long a call may take, and how often it is retried.
    ///
    /// # Errors
    /// A usage error for `CROUD_TIMEOUT` or `CROUD_RETRIES`.
    fn retry_policy(&self) -> Result<RetryPolicy> {
        let environment = &self.environment;
        let timeout = match (self.global.timeout, &environment.timeout) {
            (Some(timeout), _) => timeout,
            (None, None) => TIMEOUT,
            (None, Some(text)) => {
                seconds(text).map_err(|problem| Failure::usage(format!("CROUD_TIMEOUT is `{text}`: {problem}.")))?
            }
        };
        let retries = match &environment.retries {
            None => RETRIES,
            Some(text) => text.parse().map_err(|_| {
                Failure::usage(format!("CROUD_RETRIES is `{text}`: expected a number of retries, such as 3."))
            })?,
        };
        Ok(RetryPolicy { retries, timeout: (!timeout.is_zero()).then_some(timeout) })
    }

    /// The endpoint to log in to: the profile's. The environment does not change it.
    ///
    /// # Errors
    /// Those of [`Context::target`].
    pub(crate) fn login_endpoint(&self) -> Result<Endpoint> {
        match self.chosen()? {
            Some(chosen) => Ok(Endpoint::parse(chosen.profile.endpoint())?),
            None => Ok(self.target()?.login.endpoint().clone()),
        }
    }

    /// The API key in the environment, for a login to the profile's endpoint.
    ///
    /// # Errors
    /// A usage error for half a key, and for a key that is for another endpoint.
    pub(crate) fn login_key(&self) -> Result<Option<Credential>> {
        let Some(key) = identity::environment_key(&self.environment)? else { return Ok(None) };
        if let Some(chosen) = self.chosen()? {
            // The key is stored in this profile, so the profile counts as named.
            identity::key_endpoint(ChosenProfile { is_named: true, ..chosen }, &self.environment)?;
        }
        Ok(Some(key))
    }

    /// Stores a credential and the organization of its user in the profile that was chosen. The built-in profile
    /// stores nothing.
    ///
    /// # Errors
    /// Those of [`Config::store_login`].
    pub(crate) fn store_login(&self, login: &BoundCredential, organization_id: Option<&str>) -> Result<()> {
        match self.chosen()? {
            Some(chosen) => self.config()?.store_login(chosen.name, login, Some(organization_id)),
            None => Ok(()),
        }
    }

    // Prompts.

    /// Asks before something is deleted. The answer may come from a pipe. Only `y` and `yes` mean yes.
    ///
    /// # Errors
    /// A usage error when nobody can answer: `--no-input`, or stdin is at its end.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool> {
        let no_answer = || Failure::usage("Cannot ask for confirmation: stdin is not interactive. Pass --yes.");
        if self.global.no_input {
            return Err(Failure::usage("Cannot ask for confirmation with --no-input. Pass --yes.").into());
        }
        let answer = self.term.ask_line(&format!("{question} [yN] ")).context("could not read the answer")?;
        let answer = answer.ok_or_else(no_answer)?;
        let answer = answer.strip_suffix('\n').unwrap_or(&answer);
        let answer = answer.strip_suffix('\r').unwrap_or(answer);
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// The value of a secret option: as given, from a file, from stdin, or from a hidden prompt. `None` where
    /// it is empty or missing and there is no terminal for a prompt.
    ///
    /// # Errors
    /// A file or a stdin that can't be read or holds more than 1 MiB, and a usage error for stdin as the
    /// source of two secrets.
    pub(crate) fn secret(&self, option: Option<SecretSource>, prompt: &str) -> Result<Option<Secret>> {
        let text = match option.filter(|source| !source.is_empty()) {
            Some(SecretSource::Literal(secret)) => return Ok(Some(secret)),
            Some(SecretSource::File(path)) => {
                let text = File::open(path).and_then(|file| read_to_string(file, LONGEST_SECRET));
                // The path may be a secret that begins with `@`, so it is not repeated.
                text.map_err(|error| {
                    Failure::failed(format!(
                        "Could not read the file for {prompt:?}: {error}\nA value that begins with `@` is written `@@...`."
                    ))
                })?
            }
            Some(SecretSource::Stdin) if self.term.can_ask() && !self.global.no_input => return self.ask(prompt),
            Some(SecretSource::Stdin) if self.stdin_is_read.replace(true) => {
                return Err(Failure::usage("Only one secret can be read from stdin.").into());
            }
            Some(SecretSource::Stdin) => {
                read_to_string(std::io::stdin(), LONGEST_SECRET).context("could not read the secret from stdin")?
            }
            None => return self.ask(prompt),
        };
        let text = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text)).unwrap_or(&text);
        Ok(Some(Secret::from(text)).filter(|_| !text.is_empty()))
    }

    /// Prompts for a secret. `None` where there is no terminal, or the answer is empty.
    ///
    /// # Errors
    /// The terminal can't be read.
    fn ask(&self, prompt: &str) -> Result<Option<Secret>> {
        if self.global.no_input || !self.term.can_ask() {
            return Ok(None);
        }
        self.term.ask_hidden(prompt).map_err(unanswered)
    }

    /// Prompts for text that is shown while it is typed. `None` where there is no terminal, or the answer is empty.
    ///
    /// # Errors
    /// The terminal can't be read.
    pub(crate) fn text(&self, prompt: &str) -> Result<Option<String>> {
        if self.global.no_input || !self.term.can_ask() {
            return Ok(None);
        }
        let answer = self.term.ask_line(&format!("{prompt}: ")).map_err(unanswered)?;
        Ok(non_empty(answer.map(|answer| answer.trim_end_matches(['\r', '\n']).to_owned())))
    }

    /// Lets the user choose one of `items`. `None` where there is no terminal, or nothing was chosen.
    ///
    /// # Errors
    /// The terminal can't be read.
    pub(crate) fn choose(&self, prompt: &str, items: &[String]) -> Result<Option<usize>> {
        if self.global.no_input || !self.term.can_ask() || items.is_empty() {
            return Ok(None);
        }
        self.term.ask_choice(prompt, items).map_err(unanswered)
    }
}

/// The error of a prompt that was not answered. Ctrl-C at a choice is read as a key.
fn unanswered(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::Interrupted => Failure::new(FailureKind::Interrupted, "Interrupted.").into(),
        _ => anyhow::Error::new(error).context("could not read the answer"),
    }
}

/// Whether a profile of this name is built in.
fn is_built_in(profile: &str) -> bool {
    cfg!(feature = "sandbox") && profile == SANDBOX
}

#[cfg(feature = "sandbox")]
impl Context {
    /// Starts the embedded cloud in this process. Environment variables do not change its endpoint, credential
    /// or organization, so a command on the sandbox never reaches another cloud.
    fn sandbox_target(&self) -> Result<Target> {
        let folder = self.sandbox_folder()?;
        let sandbox = crate::sandbox::in_process(&folder).map_err(|error| {
            Failure::failed(format!("The sandbox in `{}` did not start: {error}", folder.display()))
        })?;
        if let Some(warning) = &sandbox.warning {
            self.warn(warning);
        }
        Ok(Target {
            login: BoundCredential::new(
                Endpoint::parse(&sandbox.endpoint)?,
                Credential::Token(sandbox.token.as_str().into()),
            ),
            source: "the session token of the sandbox's admin".to_owned(),
            has_unused_key: false,
            region: None,
            organization_id: sandbox.organization_id,
        })
    }

    /// The folder with the state of the built-in profile: `CROUD_SANDBOX_STATE`, or one in the user's
    /// local data.
    ///
    /// # Errors
    /// Neither is known.
    pub(crate) fn sandbox_folder(&self) -> Result<std::path::PathBuf> {
        let default = || Some(dirs::data_local_dir()?.join("Crate").join("sandbox"));
        let folder = self.environment.sandbox_state.clone().or_else(default);
        Ok(folder.ok_or_else(|| {
            Failure::failed("There is no folder for the sandbox's state: set HOME or CROUD_SANDBOX_STATE.")
        })?)
    }
}

#[cfg(not(feature = "sandbox"))]
impl Context {
    fn sandbox_target(&self) -> Result<Target> {
        Err(Failure::usage("This croud was built without the sandbox.").into())
    }
}
