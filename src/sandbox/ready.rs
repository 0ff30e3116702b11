//! The ready line: what a client needs to use a sandbox.

use serde::Serialize;

use super::state::State;

/// The ready line of `sandbox serve`.
#[derive(Serialize)]
pub(crate) struct Ready {
    /// The origin for clients.
    pub(crate) endpoint: String,
    /// The token for requests below `/_sandbox/`, in the header `X-Sandbox-Token`.
    pub(crate) control_token: String,
    /// The users. `sandbox exec` acts as the first one.
    pub(crate) users: Vec<ReadyUser>,
    /// The organizations, oldest first.
    pub(crate) organizations: Vec<ReadyOrganization>,
}

impl Ready {
    /// The ready line for the data in a state.
    pub(super) fn new(endpoint: String, control_token: String, state: &State) -> Self {
        let users = state.users.iter().map(|user| {
            let key = user.api_keys.iter().find(|key| key.active);
            ReadyUser {
                name: user.name.clone(),
                email: user.email.clone(),
                uid: user.uid.clone(),
                token: state.permanent_token(&user.uid).map(str::to_owned),
                key: key.map(|key| key.key.clone()),
                secret: key.map(|key| key.secret.clone()),
            }
        });
        let organizations = state.organizations.iter();
        let organizations =
            organizations.map(|known| ReadyOrganization { id: known.id.clone(), name: known.name.clone() });
        Self { endpoint, control_token, users: users.collect(), organizations: organizations.collect() }
    }
}

/// A user in the ready line.
#[derive(Serialize)]
pub(crate) struct ReadyUser {
    name: String,
    email: String,
    uid: String,
    /// The token of a session that never ends.
    pub(crate) token: Option<String>,
    /// The first API key that is active.
    pub(crate) key: Option<String>,
    /// The secret of that key.
    pub(crate) secret: Option<String>,
}

/// An organization in the ready line.
#[derive(Serialize)]
pub(crate) struct ReadyOrganization {
    /// UUID.
    pub(crate) id: String,
    name: String,
}
