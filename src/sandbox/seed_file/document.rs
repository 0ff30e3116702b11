//! The shape of a seed file. The names are those of the API.

mod resources;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(super) use resources::{Cluster, Project, ProjectMember, Region, Subscription};

use super::fields::{
    Bytes, Cents, CreditStatus, Email, Events, IdentityProvider, LocalTime, Name, PlanType, Role, SecretType, Text,
    Time, Token, Uuid,
};

/// A seed file.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Document {
    /// The users. Without any, those of the built-in data.
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
    /// Email address. Default: the username at example.com.
    pub(super) email: Option<Email>,
    /// ID. Default: derived.
    pub(super) uid: Option<Uuid>,
    /// Short name. Default: the name in lower case, with `-` in place of spaces.
    pub(super) username: Option<Name>,
    /// Identity provider. Default: cognito.
    pub(super) idp: Option<IdentityProvider>,
    /// Whether `X-Auth-Sudo` gives every permission. Default: no.
    pub(super) is_superuser: Option<bool>,
    /// The token of a session that never ends. Default: `sandbox-token-` and the username.
    pub(super) token: Option<Token>,
    /// Default: one, whose key and secret have the username in them.
    pub(super) api_keys: Option<Vec<ApiKey>>,
}

/// An API key.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct ApiKey {
    /// The public part.
    pub(super) key: Token,
    /// The secret part.
    pub(super) secret: Token,
    /// Whether it can be used. Default: yes.
    pub(super) active: Option<bool>,
    /// The hour of the last use. Default: never.
    pub(super) last_used: Option<Time>,
    /// When it was created and changed.
    pub(super) dc: Option<Dates>,
}

/// When something was created and changed. Default: the time of the built-in data.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Dates {
    /// When it was created.
    pub(super) created: Time,
    /// Default: when it was created.
    pub(super) modified: Option<Time>,
}

/// An organization.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Organization {
    /// Name.
    pub(super) name: Name,
    /// ID. Default: derived.
    pub(super) id: Option<Uuid>,
    /// The plan, 1 to 6. Default: 3.
    pub(super) plan_type: Option<PlanType>,
    /// Email address.
    pub(super) email: Option<Email>,
    /// Whether the address gets notifications. Default: no.
    pub(super) notifications_enabled: Option<bool>,
    /// When it was created and changed.
    pub(super) dc: Option<Dates>,
    /// The members. Default: the first user, as an admin.
    pub(super) users: Option<Vec<Member>>,
    /// People without an account who were invited.
    #[serde(default)]
    pub(super) invitations: Vec<Invitation>,
    /// Files.
    #[serde(default)]
    pub(super) files: Vec<File>,
    /// Credentials for imports.
    #[serde(default)]
    pub(super) secrets: Vec<Secret>,
    /// Promotional money.
    #[serde(default)]
    pub(super) credits: Vec<Credit>,
    /// The billing details. Default: none.
    pub(super) customer: Option<Customer>,
    /// Edge regions.
    #[serde(default)]
    pub(super) regions: Vec<Region>,
    /// Projects.
    #[serde(default)]
    pub(super) projects: Vec<Project>,
    /// The clusters of all projects.
    #[serde(default)]
    pub(super) clusters: Vec<Cluster>,
    /// The subscriptions, which pay for clusters.
    #[serde(default)]
    pub(super) subscriptions: Vec<Subscription>,
    /// How many audit events are computed. Default: none.
    pub(super) computed_events: Option<Events>,
    /// The audit events after the computed ones, oldest first.
    #[serde(default)]
    pub(super) events: Vec<Event>,
}

/// A member of an organization.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Member {
    /// Email address or ID of a user.
    pub(super) user: Text,
    /// The role.
    pub(super) role_fqn: Role,
}

/// An invitation of an address that no user has.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Invitation {
    /// Email address.
    pub(super) email: Email,
    /// The role. Default: org_member.
    pub(super) role_fqn: Option<Role>,
    /// ID. Default: derived.
    pub(super) uid: Option<Uuid>,
    /// The end. Default: in 2034.
    pub(super) expiration_date: Option<Time>,
}

/// A file. It is uploaded if it has a size. Its content is computed.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct File {
    /// Name.
    pub(super) name: Name,
    /// ID. Default: derived.
    pub(super) id: Option<Uuid>,
    /// Bytes.
    pub(super) file_size: Option<Bytes>,
    /// When it was created and changed.
    pub(super) dc: Option<Dates>,
}

/// A secret, without its data.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Secret {
    /// Name.
    pub(super) name: Name,
    /// The type. Default: AWS.
    #[serde(rename = "type")]
    pub(super) kind: Option<SecretType>,
    /// ID. Default: derived.
    pub(super) id: Option<Uuid>,
    /// The description, which is shown in place of the data. Default: a mask.
    pub(super) description: Option<Name>,
    /// When it was created and changed.
    pub(super) dc: Option<Dates>,
}

/// A credit. Amounts are cents.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Credit {
    /// The amount.
    pub(super) original_amount: Cents,
    /// The remaining amount. Default: the whole amount.
    pub(super) remaining_amount: Option<Cents>,
    /// The reason. Default: none.
    pub(super) comment: Option<Text>,
    /// The end. Default: in 2034.
    pub(super) expiration_date: Option<LocalTime>,
    /// When it began. Default: when the built-in data began.
    pub(super) start_date: Option<LocalTime>,
    /// The status. A credit also expires by its date. Default: ACTIVE.
    pub(super) status: Option<CreditStatus>,
    /// ID. Default: derived.
    pub(super) id: Option<Uuid>,
}

/// The billing details of an organization.
#[derive(Clone, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a mapping")]
pub(super) struct Customer {
    /// Name.
    pub(super) name: Option<Name>,
    /// Email address.
    pub(super) email: Option<Email>,
    /// Phone number.
    pub(super) phone: Option<Name>,
    /// City.
    pub(super) city: Option<Name>,
    /// Country code.
    pub(super) country: Option<Name>,
    /// Street and number.
    pub(super) line1: Option<Name>,
    /// More of the address.
    pub(super) line2: Option<Text>,
    /// Postal code.
    pub(super) postal_code: Option<Name>,
    /// Tax number.
    pub(super) tax_id: Option<Text>,
    /// Kind of the tax number, for example `eu_vat`.
    pub(super) tax_id_type: Option<Text>,
}

/// An event of the audit log.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(super) struct Event {
    /// For example `organization.create`.
    pub(super) action: Name,
    /// The actor: the email address or ID of a user. Default: the system.
    pub(super) actor: Option<Text>,
    /// The IDs of the affected resources. Default: none.
    #[serde(default)]
    pub(super) context: Map<String, Value>,
    /// When it happened. Default: when the newest computed event happened.
    pub(super) created: Option<Time>,
    /// ID. Default: derived.
    pub(super) id: Option<Uuid>,
}
