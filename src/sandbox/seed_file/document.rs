//! The shape of a seed file. The names are those of the API.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::fields::{
    Bytes, Cents, Channel, CreditStatus, Email, IdentityProvider, LocalTime, Name, Nodes, PlanType, Provider, Role,
    SecretType, SubscriptionState, Text, Time, Token, Uuid,
};

/// A seed file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Document {
    /// The users. Without any, those of the built-in seed.
    #[serde(default)]
    pub(super) users: Vec<User>,
    /// The organizations, oldest first.
    #[serde(default)]
    pub(super) organizations: Vec<Organization>,
}

/// A user.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct User {
    /// Full name.
    pub(super) name: Name,
    /// Default: the username at example.com.
    pub(super) email: Option<Email>,
    pub(super) uid: Option<Uuid>,
    /// Default: the name in lower case, with `-` in place of spaces.
    pub(super) username: Option<Name>,
    /// Default: cognito.
    pub(super) idp: Option<IdentityProvider>,
    /// Default: no.
    pub(super) is_superuser: Option<bool>,
    /// The token of a session that never ends. Default: `sandbox-token-` and the username.
    pub(super) token: Option<Token>,
    /// Default: one, with a key and a secret of the username.
    pub(super) api_keys: Option<Vec<ApiKey>>,
}

/// An API key.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct ApiKey {
    pub(super) key: Token,
    pub(super) secret: Token,
    /// Default: yes.
    pub(super) active: Option<bool>,
    pub(super) last_used: Option<Time>,
    pub(super) dc: Option<Dates>,
}

/// When something was created and changed. Default: the time of the built-in seed.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Dates {
    pub(super) created: Time,
    /// Default: when it was created.
    pub(super) modified: Option<Time>,
}

/// An organization.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Organization {
    pub(super) name: Name,
    pub(super) id: Option<Uuid>,
    /// 1 to 6. Default: 3.
    pub(super) plan_type: Option<PlanType>,
    pub(super) email: Option<Email>,
    /// Default: no.
    pub(super) notifications_enabled: Option<bool>,
    pub(super) dc: Option<Dates>,
    /// The members. Default: the first user, as an admin.
    pub(super) users: Option<Vec<Member>>,
    #[serde(default)]
    pub(super) invitations: Vec<Invitation>,
    #[serde(default)]
    pub(super) files: Vec<File>,
    #[serde(default)]
    pub(super) secrets: Vec<Secret>,
    #[serde(default)]
    pub(super) credits: Vec<Credit>,
    pub(super) customer: Option<Customer>,
    #[serde(default)]
    pub(super) projects: Vec<Project>,
    #[serde(default)]
    pub(super) clusters: Vec<Cluster>,
    #[serde(default)]
    pub(super) subscriptions: Vec<Subscription>,
    /// How many audit events are made up. Default: none.
    #[serde(default)]
    pub(super) computed_events: u64,
    /// The audit events after these, oldest first.
    #[serde(default)]
    pub(super) events: Vec<Event>,
}

/// A member of an organization.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Member {
    /// Email address or ID of a user.
    pub(super) user: Text,
    pub(super) role_fqn: Role,
}

/// An invitation of an address that no user has.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Invitation {
    pub(super) email: Email,
    /// Default: org_member.
    pub(super) role_fqn: Option<Role>,
    pub(super) uid: Option<Uuid>,
    /// Default: 2034.
    pub(super) expiration_date: Option<Time>,
}

/// A file. It is uploaded if it has a size. Its content is made up.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct File {
    pub(super) name: Name,
    pub(super) id: Option<Uuid>,
    /// Bytes.
    pub(super) file_size: Option<Bytes>,
    pub(super) dc: Option<Dates>,
}

/// A secret, without its data.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Secret {
    pub(super) name: Name,
    /// Default: AWS.
    #[serde(rename = "type")]
    pub(super) kind: Option<SecretType>,
    pub(super) id: Option<Uuid>,
    /// Default: a mask.
    pub(super) description: Option<Name>,
    pub(super) dc: Option<Dates>,
}

/// A credit. Amounts are cents.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Credit {
    pub(super) original_amount: Cents,
    /// Default: all of it.
    pub(super) remaining_amount: Option<Cents>,
    pub(super) comment: Option<Text>,
    /// Default: 2034.
    pub(super) expiration_date: Option<LocalTime>,
    pub(super) start_date: Option<LocalTime>,
    /// Default: ACTIVE. A credit also expires by its date.
    pub(super) status: Option<CreditStatus>,
    pub(super) id: Option<Uuid>,
}

/// Who pays for an organization.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a mapping")]
pub(super) struct Customer {
    pub(super) name: Option<Name>,
    pub(super) email: Option<Email>,
    pub(super) phone: Option<Name>,
    pub(super) city: Option<Name>,
    pub(super) country: Option<Name>,
    pub(super) line1: Option<Name>,
    pub(super) line2: Option<Text>,
    pub(super) postal_code: Option<Name>,
    pub(super) tax_id: Option<Text>,
    pub(super) tax_id_type: Option<Text>,
}

/// A project.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Project {
    pub(super) name: Name,
    pub(super) id: Option<Uuid>,
    /// Default: eks1.eu-west-1.aws.
    pub(super) region: Option<Name>,
    pub(super) dc: Option<Dates>,
}

/// A cluster.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Cluster {
    pub(super) name: Name,
    /// Name or ID of a project of the organization. Default: the first one.
    pub(super) project: Option<Text>,
    pub(super) id: Option<Uuid>,
    /// Default: 1.
    pub(super) num_nodes: Option<Nodes>,
    pub(super) crate_version: Option<Name>,
    /// Default: admin.
    pub(super) username: Option<Name>,
    /// Default: no.
    pub(super) suspended: Option<bool>,
    pub(super) fqdn: Option<Name>,
    /// Default: stable.
    pub(super) channel: Option<Channel>,
    pub(super) dc: Option<Dates>,
}

/// A subscription.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Subscription {
    pub(super) name: Name,
    pub(super) id: Option<Uuid>,
    /// Default: active.
    pub(super) state: Option<SubscriptionState>,
    /// Default: cratedb.
    pub(super) provider: Option<Provider>,
    pub(super) dc: Option<Dates>,
}

/// An event of the audit log.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Event {
    pub(super) action: Name,
    /// Email address or ID of a user. Default: the system.
    pub(super) actor: Option<Text>,
    /// Default: empty.
    #[serde(default)]
    pub(super) context: Map<String, Value>,
    /// Default: the time of the built-in seed.
    pub(super) created: Option<Time>,
    pub(super) id: Option<Uuid>,
}
