//! Organizations and all that belongs to them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Dates;

/// An organization and all that belongs to it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Organization {
    /// UUID.
    pub(in crate::sandbox) id: String,
    /// Name, not unique.
    pub(in crate::sandbox) name: String,
    /// 1 to 6.
    pub(in crate::sandbox) plan_type: i64,
    /// Contact address.
    pub(in crate::sandbox) email: Option<String>,
    /// Whether the contact address gets notifications.
    pub(in crate::sandbox) notifications_enabled: bool,
    /// When it was created and changed.
    pub(in crate::sandbox) dc: Dates,
    /// Users with a role here.
    pub(in crate::sandbox) members: Vec<Member>,
    /// People without an account who were invited.
    pub(in crate::sandbox) invitations: Vec<Invitation>,
    /// IDs of the computed users who were removed.
    pub(in crate::sandbox) removed: Vec<String>,
    /// Uploaded files.
    pub(in crate::sandbox) files: Vec<File>,
    /// Credentials for imports.
    pub(in crate::sandbox) secrets: Vec<Secret>,
    /// Promotional money.
    pub(in crate::sandbox) credits: Vec<Credit>,
    /// Who pays; `None` before the first change.
    pub(in crate::sandbox) customer: Option<Customer>,
    /// Edge regions.
    pub(in crate::sandbox) regions: Vec<Region>,
    /// Projects. An organization that has some cannot be deleted.
    pub(in crate::sandbox) projects: Vec<Project>,
    /// The clusters of all projects.
    pub(in crate::sandbox) clusters: Vec<Cluster>,
    /// What pays for clusters.
    pub(in crate::sandbox) subscriptions: Vec<Subscription>,
    /// The audit events since the seed, oldest first.
    pub(in crate::sandbox) events: Vec<Event>,
    /// The number of seeded audit events. They are computed, not stored.
    pub(in crate::sandbox) seeded_events: u64,
}

/// A user's role in an organization or a project.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Member {
    /// The user.
    pub(in crate::sandbox) uid: String,
    /// `org_admin` or `org_member`; in a project, `project_admin` or `project_member`.
    pub(in crate::sandbox) role_fqn: String,
}

/// An invitation of an address without an account.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Invitation {
    /// The ID that the user will have.
    pub(in crate::sandbox) uid: String,
    /// The address that was invited.
    pub(in crate::sandbox) email: String,
    /// The role that the user will have.
    pub(in crate::sandbox) role_fqn: String,
    /// RFC 3339 with offset.
    pub(in crate::sandbox) expiration_date: String,
}

/// The record of a file. Its content is stored beside the state.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct File {
    /// UUID, also the name of the stored content.
    pub(in crate::sandbox) id: String,
    /// The name that the user gave.
    pub(in crate::sandbox) name: String,
    /// The size of the content in bytes; `None` before the upload.
    pub(in crate::sandbox) file_size: Option<u64>,
    /// When it was created and changed.
    pub(in crate::sandbox) dc: Dates,
    /// The secret of its pre-signed URLs.
    pub(in crate::sandbox) signature: String,
}

impl File {
    /// The API's word: `PENDING` before the upload, then `UPLOADED`.
    pub(in crate::sandbox) fn status(&self) -> &'static str {
        if self.file_size.is_some() { "UPLOADED" } else { "PENDING" }
    }

    /// Whether the initial state has it. The content of such a file is computed.
    pub(in crate::sandbox) fn is_seeded(&self) -> bool {
        self.signature == seeded_signature(&self.id)
    }
}

/// The `signature` of a file in the initial state.
pub(in crate::sandbox) fn seeded_signature(file_id: &str) -> String {
    file_id.replace('-', "")
}

/// A secret, without its data.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Secret {
    /// UUID.
    pub(in crate::sandbox) id: String,
    /// The name that the user gave.
    pub(in crate::sandbox) name: String,
    /// `AWS`, `AZURE` or `MONGODB`.
    #[serde(rename = "type")]
    pub(in crate::sandbox) kind: String,
    /// A mask, for AWS with the end of the access key.
    pub(in crate::sandbox) description: String,
    /// When it was created and changed.
    pub(in crate::sandbox) dc: Dates,
}

/// A credit. Dates have no offset; they are UTC.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Credit {
    /// UUID.
    pub(in crate::sandbox) id: String,
    /// Cents.
    pub(in crate::sandbox) original_amount: i64,
    /// Cents.
    pub(in crate::sandbox) remaining_amount: i64,
    /// The first moment at which it is expired.
    pub(in crate::sandbox) expiration_date: String,
    /// The time of creation.
    pub(in crate::sandbox) start_date: String,
    /// The reason for the credit.
    pub(in crate::sandbox) comment: Option<String>,
    /// `ACTIVE` or `EXPIRED`.
    pub(in crate::sandbox) status: String,
}

/// Who pays for an organization.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(in crate::sandbox) struct Customer {
    /// Name of the person or company.
    pub(in crate::sandbox) name: Option<String>,
    /// Address for invoices.
    pub(in crate::sandbox) email: Option<String>,
    /// Phone number.
    pub(in crate::sandbox) phone: Option<String>,
    /// City.
    pub(in crate::sandbox) city: Option<String>,
    /// Country code.
    pub(in crate::sandbox) country: Option<String>,
    /// Street and number.
    pub(in crate::sandbox) line1: Option<String>,
    /// More of the address.
    pub(in crate::sandbox) line2: Option<String>,
    /// Postal code.
    pub(in crate::sandbox) postal_code: Option<String>,
    /// Tax number.
    pub(in crate::sandbox) tax_id: Option<String>,
    /// Kind of the tax number, for example `eu_vat`.
    pub(in crate::sandbox) tax_id_type: Option<String>,
}

/// An edge region: one that runs on the machines of its organization.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Region {
    /// Name, unique.
    pub(in crate::sandbox) name: String,
    /// What the user wrote about it.
    pub(in crate::sandbox) description: String,
    /// When it was created and changed.
    pub(in crate::sandbox) dc: Dates,
}

/// A project: a group of clusters.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Project {
    /// UUID.
    pub(in crate::sandbox) id: String,
    /// Name.
    pub(in crate::sandbox) name: String,
    /// The region of its clusters.
    pub(in crate::sandbox) region: String,
    /// Users with a role here.
    pub(in crate::sandbox) members: Vec<Member>,
    /// When it was created and changed.
    pub(in crate::sandbox) dc: Dates,
}

/// A cluster.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Cluster {
    /// UUID.
    pub(in crate::sandbox) id: String,
    /// Name.
    pub(in crate::sandbox) name: String,
    /// The number of nodes.
    pub(in crate::sandbox) num_nodes: u64,
    /// The version of CrateDB.
    pub(in crate::sandbox) crate_version: String,
    /// The project.
    pub(in crate::sandbox) project_id: String,
    /// The user of the database.
    pub(in crate::sandbox) username: String,
    /// Whether it is stopped.
    pub(in crate::sandbox) suspended: bool,
    /// Host name.
    pub(in crate::sandbox) fqdn: String,
    /// The channel of releases.
    pub(in crate::sandbox) channel: String,
    /// When it was created and changed.
    pub(in crate::sandbox) dc: Dates,
}

/// A subscription.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Subscription {
    /// UUID.
    pub(in crate::sandbox) id: String,
    /// Name.
    pub(in crate::sandbox) name: String,
    /// `active` or `inactive`.
    pub(in crate::sandbox) state: String,
    /// Who bills: `aws`, `azure` or `cratedb`.
    pub(in crate::sandbox) provider: String,
    /// When it was created and changed.
    pub(in crate::sandbox) dc: Dates,
}

/// An event of the audit log.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in crate::sandbox) struct Event {
    /// UUID.
    pub(in crate::sandbox) id: String,
    /// For example `organization.create`.
    pub(in crate::sandbox) action: Cow<'static, str>,
    /// The ID of the user who did it; `None` for the system.
    pub(in crate::sandbox) actor: Option<Cow<'static, str>>,
    /// An object with the IDs that it is about.
    pub(in crate::sandbox) context: Value,
    /// RFC 3339 with offset.
    pub(in crate::sandbox) created: String,
}

impl Organization {
    /// The role of a user in this organization.
    pub(in crate::sandbox) fn role(&self, uid: &str) -> Option<&str> {
        self.members.iter().find(|member| member.uid == uid).map(|member| member.role_fqn.as_str())
    }

    /// Whether this user is the only admin.
    pub(in crate::sandbox) fn is_last_admin(&self, uid: &str) -> bool {
        let mut admins = self.members.iter().filter(|member| member.role_fqn == "org_admin");
        admins.next().is_some_and(|admin| admin.uid == uid) && admins.next().is_none()
    }
}
