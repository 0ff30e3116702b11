//! What the cloud knows: plain data, as it is stored.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Everything that outlives a request.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct State {
    /// The shape of this file; another one is moved aside.
    pub(super) version: u32,
    pub(super) users: Vec<User>,
    pub(super) organizations: Vec<Organization>,
    /// Who is signed in, by token.
    pub(super) sessions: BTreeMap<String, Session>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct User {
    pub(super) uid: String,
    pub(super) name: String,
    pub(super) email: String,
    pub(super) username: String,
    pub(super) idp: String,
    pub(super) is_superuser: bool,
    pub(super) api_keys: Vec<ApiKey>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct ApiKey {
    pub(super) key: String,
    pub(super) secret: String,
    pub(super) active: bool,
    pub(super) last_used: Option<String>,
    pub(super) dc: Dates,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Session {
    pub(super) uid: String,
    /// Unix seconds; from an hour later on a reply renews the token. `None`: it stays as it is.
    pub(super) since: Option<i64>,
}

/// The API's name for it is `dc`, for Dublin Core.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Dates {
    pub(super) created: String,
    pub(super) modified: String,
}

impl Dates {
    pub(super) fn new(at: &str) -> Self {
        Self { created: at.to_owned(), modified: at.to_owned() }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Organization {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) plan_type: u64,
    pub(super) email: Option<String>,
    pub(super) notifications_enabled: bool,
    pub(super) project_count: u64,
    pub(super) dc: Dates,
    pub(super) members: Vec<Member>,
    pub(super) invitations: Vec<Invitation>,
    /// The computed users who were removed.
    pub(super) removed: Vec<String>,
    pub(super) files: Vec<File>,
    pub(super) secrets: Vec<Secret>,
    pub(super) credits: Vec<Credit>,
    pub(super) customer: Option<Customer>,
    /// The events since the seed, oldest first.
    pub(super) events: Vec<Event>,
    /// How many events the seed had; they are computed.
    pub(super) seeded_events: u64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Member {
    pub(super) uid: String,
    pub(super) role_fqn: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Invitation {
    pub(super) uid: String,
    pub(super) email: String,
    pub(super) role_fqn: String,
    pub(super) expiration_date: String,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) name: String,
    /// The bytes, once they are here.
    pub(super) file_size: Option<u64>,
    pub(super) dc: Dates,
    /// Whoever has it may send the bytes, or fetch them.
    pub(super) signature: String,
}

impl File {
    pub(super) fn status(&self) -> &'static str {
        if self.file_size.is_some() { "UPLOADED" } else { "PENDING" }
    }
}

/// The data of a secret is not kept.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Secret {
    pub(super) id: String,
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) description: String,
    pub(super) dc: Dates,
}

/// Amounts are cents.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Credit {
    pub(super) id: String,
    pub(super) original_amount: i64,
    pub(super) remaining_amount: i64,
    pub(super) expiration_date: String,
    pub(super) start_date: String,
    pub(super) comment: Option<String>,
    pub(super) status: String,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Customer {
    pub(super) name: Option<String>,
    pub(super) email: Option<String>,
    pub(super) phone: Option<String>,
    pub(super) city: Option<String>,
    pub(super) country: Option<String>,
    pub(super) line1: Option<String>,
    pub(super) line2: Option<String>,
    pub(super) postal_code: Option<String>,
    pub(super) tax_id: Option<String>,
    pub(super) tax_id_type: Option<String>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) action: Cow<'static, str>,
    /// `None`: the system.
    pub(super) actor: Option<Cow<'static, str>>,
    pub(super) context: Value,
    pub(super) created: String,
}

impl State {
    pub(super) fn user(&self, uid: &str) -> Option<&User> {
        self.users.iter().find(|user| user.uid == uid)
    }

    /// The roles of a user, in every organization.
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

impl Organization {
    /// The role that a user has here.
    pub(super) fn role(&self, uid: &str) -> Option<&str> {
        self.members.iter().find(|member| member.uid == uid).map(|member| member.role_fqn.as_str())
    }

    /// Whether nobody else could run the organization without this user.
    pub(super) fn is_last_admin(&self, uid: &str) -> bool {
        let mut admins = self.members.iter().filter(|member| member.role_fqn == "org_admin");
        admins.next().is_some_and(|admin| admin.uid == uid) && admins.next().is_none()
    }
}
