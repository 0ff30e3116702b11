//! The data of the cloud, as it is stored in `state.json`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The version of the stored state. A change of [`State`] that old files do not fit raises it, adds a step to
/// `migration`, and adds a file of the old version to `tests/cli/sandbox/states`.
pub(super) const VERSION: u32 = 2;

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
    /// Everybody with an account.
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

/// An organization and all that belongs to it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Organization {
    /// UUID.
    pub(super) id: String,
    /// Name, not unique.
    pub(super) name: String,
    /// 1 to 6.
    pub(super) plan_type: i64,
    /// Contact address.
    pub(super) email: Option<String>,
    /// Whether the contact address gets notifications.
    pub(super) notifications_enabled: bool,
    /// When it was created and changed.
    pub(super) dc: Dates,
    /// Users with a role here.
    pub(super) members: Vec<Member>,
    /// People without an account who were invited.
    pub(super) invitations: Vec<Invitation>,
    /// IDs of the computed users who were removed.
    pub(super) removed: Vec<String>,
    /// Uploaded files.
    pub(super) files: Vec<File>,
    /// Credentials for imports.
    pub(super) secrets: Vec<Secret>,
    /// Promotional money.
    pub(super) credits: Vec<Credit>,
    /// Who pays; `None` before the first change.
    pub(super) customer: Option<Customer>,
    /// Projects. An organization that has some cannot be deleted.
    pub(super) projects: Vec<Project>,
    /// The clusters of all projects.
    pub(super) clusters: Vec<Cluster>,
    /// What pays for clusters.
    pub(super) subscriptions: Vec<Subscription>,
    /// The audit events since the seed, oldest first.
    pub(super) events: Vec<Event>,
    /// The number of seeded audit events. They are computed, not stored.
    pub(super) seeded_events: u64,
}

/// A user's role in an organization.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Member {
    /// The user.
    pub(super) uid: String,
    /// `org_admin` or `org_member`.
    pub(super) role_fqn: String,
}

/// An invitation of somebody without an account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Invitation {
    /// The ID that the user will have.
    pub(super) uid: String,
    /// The address that was invited.
    pub(super) email: String,
    /// The role that the user will have.
    pub(super) role_fqn: String,
    /// RFC 3339 with offset.
    pub(super) expiration_date: String,
}

/// The record of a file. Its content is stored beside the state.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct File {
    /// UUID, also the name of the stored content.
    pub(super) id: String,
    /// The name that the user gave.
    pub(super) name: String,
    /// The size of the content in bytes; `None` before the upload.
    pub(super) file_size: Option<u64>,
    /// When it was created and changed.
    pub(super) dc: Dates,
    /// The secret of its pre-signed URLs.
    pub(super) signature: String,
}

impl File {
    /// The API's word: `PENDING` before the upload, then `UPLOADED`.
    pub(super) fn status(&self) -> &'static str {
        if self.file_size.is_some() { "UPLOADED" } else { "PENDING" }
    }

    /// Whether the initial state has it. The content of such a file is computed.
    pub(super) fn is_seeded(&self) -> bool {
        self.signature == seeded_signature(&self.id)
    }
}

/// The `signature` of a file in the initial state.
pub(super) fn seeded_signature(file_id: &str) -> String {
    file_id.replace('-', "")
}

/// A secret, without its data.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Secret {
    /// UUID.
    pub(super) id: String,
    /// The name that the user gave.
    pub(super) name: String,
    /// `AWS`, `AZURE` or `MONGODB`.
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// A mask, for AWS with the end of the access key.
    pub(super) description: String,
    /// When it was created and changed.
    pub(super) dc: Dates,
}

/// A credit. Dates have no offset; they are UTC.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Credit {
    /// UUID.
    pub(super) id: String,
    /// Cents.
    pub(super) original_amount: i64,
    /// Cents.
    pub(super) remaining_amount: i64,
    /// The first moment at which it is expired.
    pub(super) expiration_date: String,
    /// The time of creation.
    pub(super) start_date: String,
    /// The reason for the credit.
    pub(super) comment: Option<String>,
    /// `ACTIVE` or `EXPIRED`.
    pub(super) status: String,
}

/// Who pays for an organization.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Customer {
    /// Name of the person or company.
    pub(super) name: Option<String>,
    /// Address for invoices.
    pub(super) email: Option<String>,
    /// Phone number.
    pub(super) phone: Option<String>,
    /// City.
    pub(super) city: Option<String>,
    /// Country code.
    pub(super) country: Option<String>,
    /// Street and number.
    pub(super) line1: Option<String>,
    /// More of the address.
    pub(super) line2: Option<String>,
    /// Postal code.
    pub(super) postal_code: Option<String>,
    /// Tax number.
    pub(super) tax_id: Option<String>,
    /// Kind of the tax number, for example `eu_vat`.
    pub(super) tax_id_type: Option<String>,
}

/// A project: a group of clusters.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Project {
    /// UUID.
    pub(super) id: String,
    /// Name.
    pub(super) name: String,
    /// The region of its clusters.
    pub(super) region: String,
    /// When it was created and changed.
    pub(super) dc: Dates,
}

/// A cluster.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Cluster {
    /// UUID.
    pub(super) id: String,
    /// Name.
    pub(super) name: String,
    /// The number of nodes.
    pub(super) num_nodes: u64,
    /// The version of CrateDB.
    pub(super) crate_version: String,
    /// The project.
    pub(super) project_id: String,
    /// The user of the database.
    pub(super) username: String,
    /// Whether it is stopped.
    pub(super) suspended: bool,
    /// Host name.
    pub(super) fqdn: String,
    /// The channel of releases.
    pub(super) channel: String,
    /// When it was created and changed.
    pub(super) dc: Dates,
}

/// A subscription.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Subscription {
    /// UUID.
    pub(super) id: String,
    /// Name.
    pub(super) name: String,
    /// `active` or `inactive`.
    pub(super) state: String,
    /// Who bills: `aws`, `azure` or `cratedb`.
    pub(super) provider: String,
    /// When it was created and changed.
    pub(super) dc: Dates,
}

/// An event of the audit log.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Event {
    /// UUID.
    pub(super) id: String,
    /// For example `organization.create`.
    pub(super) action: Cow<'static, str>,
    /// The ID of the user who did it; `None` for the system.
    pub(super) actor: Option<Cow<'static, str>>,
    /// An object with the IDs that it is about.
    pub(super) context: Value,
    /// RFC 3339 with offset.
    pub(super) created: String,
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

    /// Give the first organization another ID.
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

    /// The roles of a user: `[{organization_id, role_fqn}]`.
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
    /// The role of a user in this organization.
    pub(super) fn role(&self, uid: &str) -> Option<&str> {
        self.members.iter().find(|member| member.uid == uid).map(|member| member.role_fqn.as_str())
    }

    /// Whether this user is the only admin.
    pub(super) fn is_last_admin(&self, uid: &str) -> bool {
        let mut admins = self.members.iter().filter(|member| member.role_fqn == "org_admin");
        admins.next().is_some_and(|admin| admin.uid == uid) && admins.next().is_none()
    }
}
