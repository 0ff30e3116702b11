//! Decides which credential is used at which endpoint, from the options, the environment and the configuration.

use crate::config::Profile;
use crate::endpoint::{BoundCredential, Credential, Endpoint};
use crate::environment::Environment;
use crate::error::Failure;

/// The name of the built-in profile.
pub(crate) const SANDBOX: &str = "sandbox";

/// The endpoint and the credential for requests, and the defaults of options.
pub(crate) struct Target {
    /// The credential, with its endpoint.
    pub(crate) login: BoundCredential,
    /// A description of the credential and its source, for error messages.
    pub(crate) source: String,
    /// The profile has an API key that is not used, because it has a session token too.
    pub(crate) has_unused_key: bool,
    /// The default for `--region`.
    pub(crate) region: Option<String>,
    /// The default for `--org-id`.
    pub(crate) organization_id: Option<String>,
}

/// The profile of a command.
#[derive(Clone, Copy)]
pub(crate) struct ChosenProfile<'c> {
    /// Its name.
    pub(crate) name: &'c str,
    /// Its values.
    pub(crate) profile: Profile<'c>,
    /// `--profile` named it, so its credentials take precedence over those of the environment.
    pub(crate) is_named: bool,
}

/// Decides which credential is used at which endpoint.
///
/// For a profile named by `--profile`, the credentials of the profile take precedence over those of the environment.
/// Otherwise the credentials of the environment take precedence. A credential is only used at the endpoint that it
/// belongs to.
///
/// # Errors
/// A usage error: an API key without a secret or a secret without a key in the environment, `CRATEDB_CLOUD_ENDPOINT`
/// without a key or with another endpoint than that of the named profile, or an invalid endpoint.
pub(crate) fn decide(chosen: ChosenProfile<'_>, environment: &Environment) -> Result<Target, Failure> {
    let ChosenProfile { name, profile, is_named } = chosen;
    let own = own_credential(name, profile);
    let has_both = profile.token().is_some() && profile.key().is_some();
    let (credential, source, endpoint, has_unused_key) = match (own, is_named) {
        (Some((credential, source)), true) => (credential, source, Endpoint::parse(profile.endpoint())?, has_both),
        (own, _) => match (environment_key(environment)?, own) {
            (Some(key), _) => {
                let source = "the API key in CRATEDB_CLOUD_API_KEY".to_owned();
                (key, source, key_endpoint(chosen, environment)?, false)
            }
            (None, _) if environment.endpoint.is_some() && !is_named => {
                return Err(Failure::usage(
                    "CRATEDB_CLOUD_ENDPOINT is set without CRATEDB_CLOUD_API_KEY and CRATEDB_CLOUD_API_SECRET.",
                )
                .info("The credentials of a profile are only sent to the endpoint of that profile."));
            }
            (None, own) => {
                let none = || (Credential::None, format!("no credential: profile `{name}` has none"));
                let (credential, source) = own.unwrap_or_else(none);
                (credential, source, Endpoint::parse(profile.endpoint())?, has_both)
            }
        },
    };
    Ok(Target {
        login: BoundCredential::new(endpoint, credential),
        source,
        has_unused_key,
        region: environment.region.clone().or_else(|| profile.region().map(str::to_owned)),
        organization_id: environment.organization_id.clone().or_else(|| profile.organization_id().map(str::to_owned)),
    })
}

/// The API key in the environment, if there is one.
///
/// # Errors
/// A usage error for a key without a secret, or a secret without a key.
pub(crate) fn environment_key(environment: &Environment) -> Result<Option<Credential>, Failure> {
    match (&environment.api_key, &environment.api_secret) {
        (Some(key), Some(secret)) => Ok(Some(Credential::Key { key: key.clone(), secret: secret.clone() })),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Failure::usage("CRATEDB_CLOUD_API_KEY is set without CRATEDB_CLOUD_API_SECRET.")),
        (None, Some(_)) => Err(Failure::usage("CRATEDB_CLOUD_API_SECRET is set without CRATEDB_CLOUD_API_KEY.")),
    }
}

/// The endpoint of the API key in the environment: `CRATEDB_CLOUD_ENDPOINT`, or the profile's.
///
/// # Errors
/// A usage error for an invalid endpoint, and for a profile named by `--profile` whose endpoint is
/// not the one in the environment: the key must not be sent there.
pub(crate) fn key_endpoint(chosen: ChosenProfile<'_>, environment: &Environment) -> Result<Endpoint, Failure> {
    let own = || Endpoint::parse(chosen.profile.endpoint());
    let Some(endpoint) = &environment.endpoint else { return own() };
    let endpoint = Endpoint::parse(endpoint)?;
    if chosen.is_named && !own()?.is_origin_of(endpoint.url()) {
        let name = chosen.name;
        return Err(Failure::usage(format!(
            "The API key in the environment is for {endpoint}, not for the endpoint of profile `{name}`."
        ))
        .info("Unset CRATEDB_CLOUD_ENDPOINT, or leave out --profile."));
    }
    Ok(endpoint)
}

/// The credential of a profile with its description. A token takes precedence over an API key.
fn own_credential(name: &str, profile: Profile<'_>) -> Option<(Credential, String)> {
    match (profile.token(), profile.key()) {
        (Some(token), _) => Some((Credential::Token(token), format!("the session token of profile `{name}`"))),
        (None, Some((key, secret))) => {
            Some((Credential::Key { key, secret }, format!("the API key of profile `{name}`")))
        }
        (None, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    fn profile(values: Value) -> Map<String, Value> {
        match values {
            Value::Object(map) => map,
            other => panic!("{other}"),
        }
    }

    fn environment(key: Option<&str>, secret: Option<&str>, endpoint: Option<&str>) -> Environment {
        Environment {
            api_key: key.map(str::to_owned),
            api_secret: secret.map(crate::secret::Secret::from),
            endpoint: endpoint.map(str::to_owned),
            ..Environment::default()
        }
    }

    /// The credential's kind and the endpoint, or the error.
    fn decided(values: &Map<String, Value>, is_named: bool, environment: &Environment) -> String {
        let chosen = ChosenProfile { name: "p", profile: Profile::new(values), is_named };
        match decide(chosen, environment) {
            Err(failure) => failure.message,
            Ok(target) => {
                let credential = match target.login.credential() {
                    Credential::None => "none".to_owned(),
                    Credential::Token(token) => format!("token {}", token.reveal()),
                    Credential::Key { key, .. } => format!("key {key}"),
                };
                format!("{credential} at {}", target.login.endpoint())
            }
        }
    }

    #[test]
    fn every_combination_of_credentials() {
        const A: &str = "https://a.example";
        const B: &str = "https://b.example";
        let none = profile(json!({"endpoint": A}));
        let token = profile(json!({"endpoint": A, "auth-token": "t"}));
        let key = profile(json!({"endpoint": A, "key": "k", "secret": "s"}));
        let both = profile(json!({"endpoint": A, "auth-token": "t", "key": "k", "secret": "s"}));
        let half = profile(json!({"endpoint": A, "key": "k", "secret": null}));
        let empty = environment(None, None, None);
        let env = environment(Some("e"), Some("s"), None);
        let env_a = environment(Some("e"), Some("s"), Some("https://a.example/"));
        let env_b = environment(Some("e"), Some("s"), Some(B));
        let only_endpoint = environment(None, None, Some(B));
        let only_key = environment(Some("e"), None, None);
        let only_secret = environment(None, Some("s"), None);
        let without_key = "CRATEDB_CLOUD_ENDPOINT is set without CRATEDB_CLOUD_API_KEY and CRATEDB_CLOUD_API_SECRET.";
        for (values, is_named, environment, expected) in [
            (&none, false, &empty, "none at https://a.example"),
            (&token, false, &empty, "token t at https://a.example"),
            (&key, false, &empty, "key k at https://a.example"),
            (&both, false, &empty, "token t at https://a.example"),
            (&half, false, &empty, "none at https://a.example"),
            (&token, false, &env, "key e at https://a.example"),
            (&token, false, &env_b, "key e at https://b.example"),
            (&none, false, &env_b, "key e at https://b.example"),
            (&token, true, &env_b, "token t at https://a.example"),
            (&key, true, &env, "key k at https://a.example"),
            (&none, true, &env, "key e at https://a.example"),
            (&none, true, &env_a, "key e at https://a.example"),
            (
                &none,
                true,
                &env_b,
                "The API key in the environment is for https://b.example, not for the endpoint of profile `p`.",
            ),
            (&token, false, &only_endpoint, without_key),
            (&token, true, &only_endpoint, "token t at https://a.example"),
            (&none, true, &only_endpoint, "none at https://a.example"),
            (&token, false, &only_key, "CRATEDB_CLOUD_API_KEY is set without CRATEDB_CLOUD_API_SECRET."),
            (&token, false, &only_secret, "CRATEDB_CLOUD_API_SECRET is set without CRATEDB_CLOUD_API_KEY."),
            (&token, true, &only_key, "token t at https://a.example"),
            (&none, true, &only_key, "CRATEDB_CLOUD_API_KEY is set without CRATEDB_CLOUD_API_SECRET."),
        ] {
            assert_eq!(decided(values, is_named, environment), expected);
        }
    }

    #[test]
    fn an_unused_key_is_reported() {
        let both = profile(json!({"endpoint": "https://a.example", "auth-token": "t", "key": "k", "secret": "s"}));
        let chosen = ChosenProfile { name: "p", profile: Profile::new(&both), is_named: false };
        assert!(decide(chosen, &Environment::default()).unwrap().has_unused_key);
        let env = environment(Some("e"), Some("s"), None);
        assert!(!decide(chosen, &env).unwrap().has_unused_key);
        let named = ChosenProfile { is_named: true, ..chosen };
        assert!(decide(named, &env).unwrap().has_unused_key);
    }

    #[test]
    fn region_and_organization_of_the_environment_take_precedence_over_the_profile() {
        let values = profile(json!({"endpoint": "https://a.example", "region": "r", "organization-id": "o"}));
        let chosen = ChosenProfile { name: "p", profile: Profile::new(&values), is_named: true };
        let target = decide(chosen, &Environment::default()).unwrap();
        assert_eq!((target.region.as_deref(), target.organization_id.as_deref()), (Some("r"), Some("o")));
        let environment = Environment {
            region: Some("er".to_owned()),
            organization_id: Some("eo".to_owned()),
            ..Environment::default()
        };
        let target = decide(chosen, &environment).unwrap();
        assert_eq!((target.region.as_deref(), target.organization_id.as_deref()), (Some("er"), Some("eo")));
    }
}
