//! What an organization runs: regions, projects, clusters and subscriptions.

use serde::{Deserialize, Serialize};

use super::Dates;
use crate::sandbox::seed_file::fields::{Channel, Name, Nodes, ProjectRole, Provider, SubscriptionState, Text, Uuid};

/// An edge region.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(in crate::sandbox::seed_file) struct Region {
    /// What it is.
    pub(in crate::sandbox::seed_file) description: Text,
    /// Name. Default: derived.
    pub(in crate::sandbox::seed_file) name: Option<Name>,
    /// When it was created and changed.
    pub(in crate::sandbox::seed_file) dc: Option<Dates>,
}

/// A project.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(in crate::sandbox::seed_file) struct Project {
    /// Name.
    pub(in crate::sandbox::seed_file) name: Name,
    /// ID. Default: derived.
    pub(in crate::sandbox::seed_file) id: Option<Uuid>,
    /// The region. Default: eks1.eu-west-1.aws.
    pub(in crate::sandbox::seed_file) region: Option<Name>,
    /// The users with a role in it.
    #[serde(default)]
    pub(in crate::sandbox::seed_file) users: Vec<ProjectMember>,
    /// When it was created and changed.
    pub(in crate::sandbox::seed_file) dc: Option<Dates>,
}

/// A user with a role in a project.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(in crate::sandbox::seed_file) struct ProjectMember {
    /// Email address or ID of a user.
    pub(in crate::sandbox::seed_file) user: Text,
    /// The role.
    pub(in crate::sandbox::seed_file) role_fqn: ProjectRole,
}

/// A cluster.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(in crate::sandbox::seed_file) struct Cluster {
    /// Name.
    pub(in crate::sandbox::seed_file) name: Name,
    /// Name or ID of a project of the organization. Default: the first one.
    pub(in crate::sandbox::seed_file) project: Option<Text>,
    /// ID. Default: derived.
    pub(in crate::sandbox::seed_file) id: Option<Uuid>,
    /// The number of nodes. Default: 1.
    pub(in crate::sandbox::seed_file) num_nodes: Option<Nodes>,
    /// The version of CrateDB. Default: that of the built-in data.
    pub(in crate::sandbox::seed_file) crate_version: Option<Name>,
    /// The user of the database. Default: admin.
    pub(in crate::sandbox::seed_file) username: Option<Name>,
    /// Whether it is stopped. Default: no.
    pub(in crate::sandbox::seed_file) suspended: Option<bool>,
    /// Host name. Default: derived.
    pub(in crate::sandbox::seed_file) fqdn: Option<Name>,
    /// The channel of releases. Default: stable.
    pub(in crate::sandbox::seed_file) channel: Option<Channel>,
    /// When it was created and changed.
    pub(in crate::sandbox::seed_file) dc: Option<Dates>,
}

/// A subscription.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, expecting = "a mapping")]
pub(in crate::sandbox::seed_file) struct Subscription {
    /// Name.
    pub(in crate::sandbox::seed_file) name: Name,
    /// ID. Default: derived.
    pub(in crate::sandbox::seed_file) id: Option<Uuid>,
    /// The state. Default: active.
    pub(in crate::sandbox::seed_file) state: Option<SubscriptionState>,
    /// The billing provider. Default: cratedb.
    pub(in crate::sandbox::seed_file) provider: Option<Provider>,
    /// When it was created and changed.
    pub(in crate::sandbox::seed_file) dc: Option<Dates>,
}
