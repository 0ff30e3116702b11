//! The data of the cloud, as it is stored in `state.json`.

mod organization;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) use organization::{
    Cluster, Credit, Customer, Event, File, Invitation, Member, Organization, Project, Region, Secret, Subscription,
    seeded_signature,
};

/// The version of the stored state. A change of [`State`] that old files do not fit raises it, adds a step to
/// `migration`, and adds a file of the old version to `tests/cli/sandbox/states`.
pub(super) const VERSION: u32 = 3;

/// Everything that is kept between two requests.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct State {
    /// The version of this format, see [`VERSION`].
    pub(super) version: u32,
    /// How far the sandbox's clock is ahead of the real one; negative if it is behind.
    #[serde(default)]
    pub(super) clock_offset: SignedDuration,
    /// The default organization of the built-in profile.
    pub(super) default_organization_id: Option<String>,
    /// The users.
    pub(super) users: Vec<User>,
    /// The organizations, oldest first. Some options act on the first one.
    pub(super) organizations: Vec<Organization>,
    /// The sessions by token.
    pub(super) sessions: BTreeMap<String, Session>,
}

/// A person with an account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct User {
    /// UUID.
    pub(super) uid: String,
    /// Full name.
    pub(super) name: String,
    /// Email address, unique.
    pub(super) email: String,
    /// The new address, which the user has not confirmed yet.
    pub(super) pending_email: Option<String>,
    /// Short name.
    pub(super) username: String,
    /// Identity provider, for example `github`.
    pub(super) idp: String,
    /// Whether `X-Auth-Sudo` gives this user every permission.
    pub(super) is_superuser: bool,
    /// Oldest first.
    pub(super) api_keys: Vec<ApiKey>,
}

/// An API key. It has all permissions of its user.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct ApiKey {
    /// The public part.
    pub(super) key: String,
    /// The secret part.
    pub(super) secret: String,
    /// Whether it can be used.
    pub(super) active: bool,
    /// The hour of the last use; `None` if it was never used.
    pub(super) last_used: Option<String>,
    /// When it was created and changed.
    pub(super) dc: Dates,
}

/// A signed-in browser or command line.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Session {
    /// The user.
    pub(super) uid: String,
    /// The start in Unix seconds. `None` for a seeded session, which is neither renewed nor ended.
    pub(super) since: Option<i64>,
}

impl Session {
    /// Whether it is younger than `lifetime` at the time `now`, both in seconds.
    pub(super) fn is_alive(&self, now: i64, lifetime: i64) -> bool {
        self.since.is_none_or(|since| now - since < lifetime)
    }
}

/// When something was created and changed. The API calls this field `dc`, for Dublin Core.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Dates {
    /// RFC 3339 with offset.
    pub(super) created: String,
    /// RFC 3339 with offset.
    pub(super) modified: String,
}

impl Dates {
    /// Created and not changed since.
    pub(super) fn new(at: &str) -> Self {
        Self { created: at.to_owned(), modified: at.to_owned() }
    }
}

impl State {
    /// The time of the sandbox's clock at the real time `real`.
    pub(super) fn time_at(&self, real: Timestamp) -> Timestamp {
        real.checked_add(self.clock_offset).unwrap_or(real)
    }

    /// The user that the built-in profile and `sandbox exec` act as: the first one.
    pub(super) fn default_user(&self) -> Option<&User> {
        self.users.first()
    }

    /// Gives the first organization another ID.
    pub(super) fn set_first_organization_id(&mut self, id: &str) {
        let Some(first) = self.organizations.first_mut() else { return };
        if self.default_organization_id.as_ref() == Some(&first.id) {
            self.default_organization_id = Some(id.to_owned());
        }
        id.clone_into(&mut first.id);
    }

    /// The user with this ID.
    pub(super) fn user(&self, uid: &str) -> Option<&User> {
        self.users.iter().find(|user| user.uid == uid)
    }

    /// The token of a user's seeded session, which never ends.
    pub(super) fn permanent_token(&self, uid: &str) -> Option<&str> {
        let mut sessions = self.sessions.iter();
        sessions.find(|(_, session)| session.uid == uid && session.since.is_none()).map(|(token, _)| token.as_str())
    }

    /// The roles of a user in projects: `[{project_id, role_fqn}]`.
    pub(super) fn project_roles(&self, uid: &str) -> Value {
        let projects = self.organizations.iter().flat_map(|organization| &organization.projects);
        projects
            .filter_map(|project| {
                let member = project.members.iter().find(|member| member.uid == uid)?;
                Some(json!({"project_id": project.id, "role_fqn": member.role_fqn}))
            })
            .collect()
    }

    /// The roles of a user in organizations: `[{organization_id, role_fqn}]`.
    pub(super) fn roles(&self, uid: &str) -> Value {
        self.organizations
            .iter()
            .filter_map(|organization| {
                let role_fqn = organization.role(uid)?;
                Some(json!({"organization_id": organization.id, "role_fqn": role_fqn}))
            })
            .collect()
    }
}
