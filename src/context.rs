//! What a command may ask for: the API, the organization, a confirmation.
//!
//! Who acts and where is decided here, from the options, the environment and the configuration, and
//! by nobody else.

use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use reqwest::Url;

use crate::api::{self, Api, Credential, Identity, KeepToken, Patience};
use crate::cli::{Global, Output, Shared};
use crate::config::{Config, Profile};
use crate::error::{Failure, Level};
use crate::output::Format;
use crate::run::given;
use crate::secret::{Given, Secret};
use crate::stop::{Hold, Stop};
use crate::term::Term;

/// The name of the built-in profile.
pub(crate) const SANDBOX: &str = "sandbox";
/// The limit of one call, unless the user sets one.
const LIMIT: Duration = Duration::from_secs(60);
/// How often a request is repeated, unless the user says.
const RETRIES: u32 = 3;

/// What one run of the program knows.
pub(crate) struct Context {
    config: Config,
    term: Rc<Term>,
    global: Global,
    shared: Shared,
    environment: Environment,
    stop: Stop,
    stdin_is_read: bool,
    place: Option<Place>,
    api: Option<Rc<Api>>,
}

/// The variables that say who acts and where; empty counts as unset.
struct Environment {
    api_key: Option<String>,
    api_secret: Option<String>,
    endpoint: Option<String>,
    region: Option<String>,
    organization_id: Option<String>,
    profile: Option<String>,
    retries: Option<String>,
}

impl Environment {
    fn read() -> Self {
        let var = |name| given(std::env::var(name).ok());
        Self {
            api_key: var("CRATEDB_CLOUD_API_KEY"),
            api_secret: var("CRATEDB_CLOUD_API_SECRET"),
            endpoint: var("CRATEDB_CLOUD_ENDPOINT"),
            region: var("CRATEDB_CLOUD_REGION"),
            organization_id: var("CRATEDB_CLOUD_ORGANIZATION_ID"),
            profile: var("CROUD_PROFILE"),
            retries: var("CROUD_RETRIES"),
        }
    }

    /// How often a request is repeated at most.
    fn retries(&self) -> Result<u32> {
        let Some(text) = &self.retries else { return Ok(RETRIES) };
        let wrong = || Failure::usage(format!("CROUD_RETRIES is `{text}`: it must be a number, 0 to repeat nothing."));
        Ok(text.parse().map_err(|_| wrong())?)
    }

    /// The API key, which is whole or not there.
    fn key(&self) -> Result<Option<Credential>> {
        match (&self.api_key, &self.api_secret) {
            (Some(key), Some(secret)) => Ok(Some(Credential::Key { key: key.clone(), secret: secret.as_str().into() })),
            (None, None) => Ok(None),
            (Some(_), None) => {
                Err(Failure::usage("CRATEDB_CLOUD_API_KEY is set without CRATEDB_CLOUD_API_SECRET.").into())
            }
            (None, Some(_)) => {
                Err(Failure::usage("CRATEDB_CLOUD_API_SECRET is set without CRATEDB_CLOUD_API_KEY.").into())
            }
        }
    }
}

/// The cloud that was chosen, who acts there, and what is meant where nothing is said.
pub(crate) struct Place {
    pub(crate) endpoint: String,
    pub(crate) credential: Credential,
    /// What the credential is and where it came from.
    pub(crate) source: String,
    /// The profile's API key is left aside for its token.
    has_both: bool,
    pub(crate) region: Option<String>,
    pub(crate) organization_id: Option<String>,
}

impl Context {
    /// Read the configuration, which must be valid whatever the command.
    pub(crate) fn new(global: Global, term: Rc<Term>, stop: Stop) -> Result<Self> {
        let config = Config::load()?;
        if let Some(warning) = config.warning() {
            // A line that no script takes for one about its command.
            term.continue_line(warning);
        }
        let environment = Environment::read();
        Ok(Self {
            config,
            term,
            global,
            shared: Shared::default(),
            environment,
            stop,
            stdin_is_read: false,
            place: None,
            api: None,
        })
    }

    /// Take the options that the verb shares with others.
    pub(crate) fn share(&mut self, shared: Shared) {
        self.shared = shared;
    }

    /// Take the one option that verbs about the configuration share.
    pub(crate) fn share_output(&mut self, output: Output) {
        self.shared.output = output;
    }

    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The format of the output, unless the command has its own.
    pub(crate) fn format(&self) -> Format {
        let profile = || self.config.profile(self.profile_name().ok()?)?.format();
        self.shared.output.output_fmt.or_else(profile).unwrap_or_else(|| self.config.default_format())
    }

    /// A line about what goes on.
    pub(crate) fn info(&self, text: &str) {
        self.term.say(Level::Info, text);
    }

    pub(crate) fn term(&self) -> &Rc<Term> {
        &self.term
    }

    /// The organization that is meant: the option, or the fallback, which `--sudo` drops.
    ///
    /// # Errors
    /// Usage, where there is none.
    pub(crate) async fn org(&mut self, org_id: Option<String>) -> Result<String> {
        if let Some(org_id) = given(org_id) {
            return Ok(org_id);
        }
        let fallback = if self.shared.sudo { None } else { self.place().await?.organization_id.clone() };
        fallback.ok_or_else(|| Failure::usage("An organization ID is required. Please pass --org-id.").into())
    }

    /// The client of the cloud that was chosen.
    ///
    /// # Errors
    /// Usage, where what was said about who acts and where makes no sense.
    pub(crate) async fn api(&mut self) -> Result<Rc<Api>> {
        if let Some(api) = &self.api {
            return Ok(Rc::clone(api));
        }
        let (sudo, region) = (self.shared.sudo, given(self.shared.region.clone()));
        let place = self.place().await?;
        let identity = Identity {
            endpoint: endpoint_of(&place.endpoint)?,
            credential: place.credential.clone(),
            source: place.source.clone(),
            region: region.or_else(|| place.region.clone()),
            sudo,
        };
        if place.has_both {
            self.term.say(
                Level::Warning,
                "You have both a token and a key/secret set in your profile. Only the token will be used.",
            );
        }
        let keep_token: KeepToken = match self.is_sandbox() {
            // The sandbox keeps its sessions itself.
            true => Box::new(|_| Ok(())),
            false => {
                let (config, profile) = (self.config.clone(), self.profile_name()?.to_owned());
                Box::new(move |token| config.set(&profile, &[("auth-token", Some(token))]))
            }
        };
        let api = Rc::new(Api::new(identity, Rc::clone(&self.term), self.patience()?, keep_token));
        Ok(Rc::clone(self.api.insert(api)))
    }

    /// A client that acts by another credential, of which nothing is stored.
    pub(crate) fn api_as(&self, endpoint: &str, credential: Credential, source: &str) -> Result<Api> {
        let endpoint = endpoint_of(endpoint)?;
        let identity = Identity { endpoint, credential, source: source.to_owned(), region: None, sudo: false };
        Ok(Api::new(identity, Rc::clone(&self.term), self.patience()?, Box::new(|_| Ok(()))))
    }

    fn patience(&self) -> Result<Patience> {
        let limit = self.global.timeout.unwrap_or(LIMIT);
        Ok(Patience { retries: self.environment.retries()?, limit: (!limit.is_zero()).then_some(limit) })
    }

    /// The endpoint of the profile that was chosen, whatever the environment says.
    pub(crate) async fn own_endpoint(&mut self) -> Result<String> {
        let own = self.config.profile(self.profile_name()?).map(|profile| profile.endpoint().to_owned());
        match own {
            Some(endpoint) => Ok(endpoint),
            None => Ok(self.place().await?.endpoint.clone()),
        }
    }

    /// The API key in the environment, if there is one.
    ///
    /// # Errors
    /// Usage, for half of one.
    pub(crate) fn key_of_environment(&self) -> Result<Option<Credential>> {
        self.environment.key()
    }

    /// Whether the profile that was chosen has an API key.
    pub(crate) fn profile_has_key(&self) -> bool {
        let profile = self.profile_name().ok().and_then(|name| self.config.profile(name));
        profile.is_some_and(|profile| profile.key().is_some())
    }

    /// Set keys of the profile that acts, or clear them. The sandbox's has none to set.
    pub(crate) fn set_in_profile(&self, values: &[(&str, Option<&str>)]) -> Result<()> {
        match self.is_sandbox() {
            true => Ok(()),
            false => self.config.set(self.profile_name()?, values),
        }
    }

    /// The `organization-id` of the profile that acts.
    pub(crate) fn profile_organization(&self) -> Option<&str> {
        self.config.profile(self.profile_name().ok()?)?.organization_id()
    }

    /// Ask before something is lost. The answer may come from a pipe; whatever is no yes is a no.
    ///
    /// # Errors
    /// Usage, when nobody can answer: `--no-input`, or stdin is at its end.
    pub(crate) async fn confirm(&self, question: &str) -> Result<bool> {
        let nobody = || Failure::usage("Nobody is there to confirm this. Pass --yes to go ahead.");
        if self.global.no_input {
            return Err(nobody().into());
        }
        let question = format!("{question} [yN] ");
        let answer = tokio::task::spawn_blocking(move || Term::ask_line(&question)).await?;
        let answer = answer.context("could not read the answer")?.ok_or_else(nobody)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// A secret that was given as it is, in a file or on stdin, or that somebody at the terminal is
    /// asked for, hidden. `None` where there is none, and nobody to ask.
    ///
    /// # Errors
    /// A file or a stdin that can't be read, or stdin wanted for two secrets.
    pub(crate) async fn secret(&mut self, option: Option<Given>, what: &'static str) -> Result<Option<Secret>> {
        let text = match option.filter(|given| !given.is_empty()) {
            Some(Given::Literal(secret)) => return Ok(Some(secret)),
            Some(Given::File(path)) => {
                let text = std::fs::read_to_string(&path);
                text.map_err(|error| Failure::failed(format!("Could not read `{}`: {error}", path.display())))?
            }
            Some(Given::Stdin) if std::mem::replace(&mut self.stdin_is_read, true) => {
                return Err(Failure::usage("Only one secret can come from stdin.").into());
            }
            Some(Given::Stdin) => std::io::read_to_string(std::io::stdin()).context("could not read stdin")?,
            None if self.global.no_input || !self.term.can_ask() => return Ok(None),
            None => {
                let term = Term::clone(&self.term);
                return Ok(Some(tokio::task::spawn_blocking(move || term.ask_hidden(what)).await??));
            }
        };
        let text = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text)).unwrap_or(&text);
        Ok(Some(Secret::from(text)).filter(|_| !text.is_empty()))
    }

    /// Let somebody at the terminal choose one of `items`; `None` where nobody can.
    pub(crate) async fn choose(&self, what: &'static str, items: Vec<String>) -> Result<Option<usize>> {
        if self.global.no_input || !self.term.can_ask() || items.is_empty() {
            return Ok(None);
        }
        let term = Term::clone(&self.term);
        Ok(Some(tokio::task::spawn_blocking(move || term.ask_choice(what, &items)).await??))
    }

    /// Keep signals from ending the command while something must be put in order first.
    pub(crate) fn hold(&self) -> Hold {
        self.stop.hold()
    }

    /// The profile that was chosen: by option, by variable, or the current one.
    ///
    /// # Errors
    /// Usage, where there is no such profile.
    pub(crate) fn profile_name(&self) -> Result<&str> {
        let chosen = self.global.profile.as_deref().or(self.environment.profile.as_deref());
        let name = chosen.unwrap_or_else(|| self.config.current_profile());
        if self.config.profile(name).is_some() || is_built_in(name) {
            return Ok(name);
        }
        let known: Vec<_> = self.config.profile_names().collect();
        Err(Failure::usage(format!("There is no profile `{name}`."))
            .info(format!("The profiles are: {}.", known.join(", ")))
            .into())
    }

    /// The profiles that can be chosen.
    pub(crate) fn known_profiles(&self) -> impl Iterator<Item = &str> {
        let built_in = is_built_in(SANDBOX) && self.config.profile(SANDBOX).is_none();
        self.config.profile_names().chain(built_in.then_some(SANDBOX))
    }

    /// Whether the cloud is the embedded one. A profile of its name in croud.yaml is another.
    pub(crate) fn is_sandbox(&self) -> bool {
        self.profile_name().is_ok_and(|name| is_built_in(name) && self.config.profile(name).is_none())
    }

    /// Decide, once, who acts and where.
    pub(crate) async fn place(&mut self) -> Result<&Place> {
        if self.place.is_none() {
            let name = self.profile_name()?;
            let place = match self.config.profile(name) {
                Some(profile) => self.configured_place(name, profile)?,
                None => sandbox_place(&self.term).await?,
            };
            self.place = Some(place);
        }
        self.place.as_ref().context("no cloud was chosen")
    }

    fn configured_place(&self, name: &str, profile: Profile<'_>) -> Result<Place> {
        let environment = &self.environment;
        let (token, key) = (profile.token(), profile.key());
        let has_both = token.is_some() && key.is_some();
        let own = match (token, key) {
            (Some(token), _) => Some((Credential::Token(token), "session token")),
            (None, Some((key, secret))) => Some((Credential::Key { key, secret }, "API key")),
            (None, None) => None,
        };
        let own = own.map(|(credential, kind)| (credential, format!("the {kind} of profile `{name}`")));
        // A profile that was named for this call is meant; the current one gives way.
        let named = self.global.profile.is_some();
        let from_environment = match named && own.is_some() {
            true => None,
            false => environment.key()?.map(|key| (key, "the API key in CRATEDB_CLOUD_API_KEY".to_owned())),
        };
        if environment.endpoint.is_some() && !named && from_environment.is_none() {
            return Err(Failure::usage(
                "CRATEDB_CLOUD_ENDPOINT is set without CRATEDB_CLOUD_API_KEY and CRATEDB_CLOUD_API_SECRET.",
            )
            .info("A profile's credentials go to that profile's endpoint alone.")
            .into());
        }
        let endpoint = match (&environment.endpoint, named, &from_environment) {
            (Some(endpoint), false, Some(_)) => endpoint.clone(),
            _ => profile.endpoint().to_owned(),
        };
        let has_both = has_both && from_environment.is_none();
        let nobody = || (Credential::None, format!("nothing: profile `{name}` has no credentials"));
        let (credential, source) = from_environment.or(own).unwrap_or_else(nobody);
        Ok(Place {
            endpoint,
            credential,
            source,
            has_both,
            region: environment.region.clone().or_else(|| profile.region().map(str::to_owned)),
            organization_id: environment
                .organization_id
                .clone()
                .or_else(|| profile.organization_id().map(str::to_owned)),
        })
    }
}

/// The address of an API, as far as one can be trusted with credentials.
///
/// # Errors
/// Usage.
pub(crate) fn endpoint_of(text: &str) -> Result<Url> {
    let wrong = |_| Failure::usage(format!("`{text}` is no address of an API: it begins with https://."));
    let endpoint = Url::parse(text).map_err(wrong)?;
    api::secure(&endpoint)?;
    Ok(endpoint)
}

#[cfg(feature = "sandbox")]
fn is_built_in(profile: &str) -> bool {
    profile == SANDBOX
}

#[cfg(not(feature = "sandbox"))]
fn is_built_in(_profile: &str) -> bool {
    false
}

/// The embedded cloud, started in this process. The environment's variables don't reach it: a
/// rehearsal is never played on the real cloud.
#[cfg(feature = "sandbox")]
async fn sandbox_place(term: &Term) -> Result<Place> {
    let folder = sandbox_folder()?;
    let started = crate::sandbox::in_process(&folder);
    let sandbox = started
        .map_err(|error| Failure::failed(format!("The sandbox in `{}` could not start: {error}.", folder.display())))?;
    if let Some(warning) = &sandbox.warning {
        term.say(Level::Warning, warning);
    }
    Ok(Place {
        endpoint: sandbox.endpoint,
        credential: Credential::Token(sandbox.token.as_str().into()),
        source: "the session token of the sandbox's admin".to_owned(),
        has_both: false,
        region: None,
        organization_id: sandbox.organization_id,
    })
}

/// Where the embedded cloud keeps its state: `CROUD_SANDBOX_STATE`, else in the user's local data.
///
/// # Errors
/// Neither is known.
#[cfg(feature = "sandbox")]
pub(crate) fn sandbox_folder() -> Result<std::path::PathBuf> {
    let named = std::env::var_os("CROUD_SANDBOX_STATE").filter(|path| !path.is_empty()).map(Into::into);
    let folder = named.or_else(|| Some(dirs::data_local_dir()?.join("Crate").join("sandbox")));
    Ok(folder.ok_or_else(|| {
        Failure::failed("There is no place for the sandbox's state: name a folder in CROUD_SANDBOX_STATE.")
    })?)
}

#[cfg(not(feature = "sandbox"))]
async fn sandbox_place(_: &Term) -> Result<Place> {
    Err(Failure::usage("This croud was built without the sandbox.").into())
}
