//! The initial state. IDs and times are fixed, so that examples in the documentation stay correct.

mod computed;

use jiff::SignedDuration;

use super::state::{
    ApiKey, Cluster, Credit, Customer, Dates, File, Invitation, Member, Organization, Project, Secret, Session, State,
    Subscription, User, VERSION, seeded_signature,
};

pub(super) use computed::{event, event_index, event_time, events_after, user, user_number};

/// The ID of the first organization, unless a reset sets another one.
pub(super) const ORGANIZATION_ID: &str = "f6c39580-5719-431d-a508-0cee4f9e8209";
/// The ID of the second organization.
pub(super) const OTHER_ORGANIZATION_ID: &str = "1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7";
/// The ID of the seeded admin.
pub(super) const ADMIN: &str = "6b1e2c0a-8f43-4d57-9c1b-0d2f6a3e7b11";
const MEMBER: &str = "c4a7d9e2-1f38-4b60-8e5d-7a90b3c2d422";
const SUPERUSER: &str = "e8f05b3d-6c71-4a29-b7d4-91e2c8a4f633";
const CREATED: &str = "2024-03-01T09:00:00+00:00";
/// The number of members of the first organization. The computed users of `--users` have the numbers from here on.
pub(super) const MEMBERS: u64 = 2;
/// The number of audit events in the first organization.
const EVENTS: u64 = 400;

/// Name and description of the public regions.
pub(super) const REGIONS: &[(&str, &str)] = &[
    ("aks1.eastus.azure", "Azure East US"),
    ("aks1.eastus2.azure", "Azure East US 2"),
    ("aks1.westeurope.azure", "Azure West Europe"),
    ("eks1.eu-west-1.aws", "AWS Europe (Ireland)"),
    ("eks1.us-west-2.aws", "AWS US West (Oregon)"),
    ("gke1.us-central1.gcp", "GCP US Central 1"),
];

/// The region of a project for which none is given.
pub(super) const DEFAULT_REGION: &str = "eks1.eu-west-1.aws";

/// ID and name of the roles.
pub(super) const ROLES: &[(&str, &str)] = &[
    ("org_admin", "Organization Admin"),
    ("org_member", "Organization Member"),
    ("project_admin", "Project Admin"),
    ("project_member", "Project Member"),
];

/// The initial state, with this ID for the first organization.
pub(super) fn state(organization_id: &str) -> State {
    let user = |uid: &str, name: &str, role: &str, idp: &str| User {
        uid: uid.to_owned(),
        name: name.to_owned(),
        email: format!("{role}@example.com"),
        pending_email: None,
        username: role.to_owned(),
        idp: idp.to_owned(),
        is_superuser: role == "superuser",
        api_keys: vec![ApiKey {
            key: format!("sandbox-key-{role}"),
            secret: format!("sandbox-secret-{role}"),
            active: true,
            last_used: None,
            dc: Dates::new(CREATED),
        }],
    };
    let session =
        |uid: &str, role: &str| (format!("sandbox-token-{role}"), Session { uid: uid.to_owned(), since: None });
    State {
        version: VERSION,
        clock_offset: SignedDuration::ZERO,
        default_organization_id: Some(organization_id.to_owned()),
        users: vec![
            user(ADMIN, "Ada Admin", "admin", "cognito"),
            user(MEMBER, "Max Member", "member", "github"),
            user(SUPERUSER, "Sue Superuser", "superuser", "azuread"),
        ],
        organizations: vec![first(organization_id), second()],
        sessions: [session(ADMIN, "admin"), session(MEMBER, "member"), session(SUPERUSER, "superuser")].into(),
    }
}

fn first(id: &str) -> Organization {
    Organization {
        members: vec![member(ADMIN, "org_admin"), member(MEMBER, "org_member")],
        invitations: vec![Invitation {
            uid: "0a9c6f4e-2b7d-4e83-a5f1-3d8b1c6e9f44".to_owned(),
            email: "invited@example.com".to_owned(),
            role_fqn: "org_member".to_owned(),
            expiration_date: "2034-03-01T09:00:00+00:00".to_owned(),
        }],
        files: vec![
            file("327ad0e6-607f-4f99-a4cc-c1e98bf28e4d", "nyc_taxi.csv.gz", Some(112_795_648)),
            file("8c2d5b1f-94a3-4e07-b6d8-5f10e3a7c255", "sensors.parquet", Some(5_242_880)),
            file("d1f7a3c9-0e52-46b8-9a4d-c28b6e5f1766", "customers.json", None),
        ],
        secrets: vec![
            secret("71e7c610-f24f-4c67-a5d4-3ad9ebc3f1a5", "s3-imports", "AWS", "**********NPLE01"),
            secret("b52d8e4a-63f1-4c9b-8d07-e9a1f4c63b77", "blob-imports", "AZURE", "**********"),
            secret("3f9b6c2e-d817-45a0-b4e3-06d5a8c1e988", "atlas", "MONGODB", "**********"),
        ],
        credits: vec![
            credit("4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99", 30_000, 12_345, "2034-12-31T00:00:00", "Welcome", "ACTIVE"),
            credit("9ae2f7d5-3b18-4c60-a7f9-1e54d0b8c2aa", 5_000, 0, "2024-01-31T00:00:00", "Hackathon", "EXPIRED"),
        ],
        customer: Some(Customer {
            name: Some("My Org GmbH".to_owned()),
            email: Some("billing@example.com".to_owned()),
            phone: Some("+43 1 234567".to_owned()),
            city: Some("Wien".to_owned()),
            country: Some("AT".to_owned()),
            line1: Some("Hauptstraße 1".to_owned()),
            line2: None,
            postal_code: Some("1010".to_owned()),
            tax_id: Some("ATU12345678".to_owned()),
            tax_id_type: Some("eu_vat".to_owned()),
        }),
        seeded_events: EVENTS,
        ..organization(id, "my-org", 3)
    }
}

fn second() -> Organization {
    let (projects, clusters, subscriptions) = resources();
    Organization {
        members: vec![member(SUPERUSER, "org_admin"), member(ADMIN, "org_member")],
        projects,
        clusters,
        subscriptions,
        ..organization(OTHER_ORGANIZATION_ID, "data-lab", 5)
    }
}

/// An organization without members and content.
pub(super) fn organization(id: &str, name: &str, plan_type: i64) -> Organization {
    Organization {
        id: id.to_owned(),
        name: name.to_owned(),
        plan_type,
        email: None,
        notifications_enabled: true,
        dc: Dates::new(CREATED),
        members: Vec::new(),
        invitations: Vec::new(),
        removed: Vec::new(),
        files: Vec::new(),
        secrets: Vec::new(),
        credits: Vec::new(),
        customer: None,
        regions: Vec::new(),
        projects: Vec::new(),
        clusters: Vec::new(),
        subscriptions: Vec::new(),
        events: Vec::new(),
        seeded_events: 0,
    }
}

/// The projects, clusters and subscriptions of the second organization.
pub(super) fn resources() -> (Vec<Project>, Vec<Cluster>, Vec<Subscription>) {
    let project = |id: &str, name: &str, region: &str| Project {
        id: id.to_owned(),
        name: name.to_owned(),
        region: region.to_owned(),
        members: Vec::new(),
        dc: dates(),
    };
    let cluster = |id: &str, name: &str, num_nodes, project: &Project, suspended| Cluster {
        id: id.to_owned(),
        name: name.to_owned(),
        num_nodes,
        crate_version: "5.7.2".to_owned(),
        project_id: project.id.clone(),
        username: "admin".to_owned(),
        suspended,
        fqdn: format!("{name}.{}.cratedb.example.", project.region),
        channel: "stable".to_owned(),
        dc: dates(),
    };
    let projects = vec![
        project("0d6c5b7e-4a1f-4c83-9e2b-7f8a91d3c5e0", "weather", "eks1.eu-west-1.aws"),
        project("b8e4f2a1-6c3d-4e95-8a70-1d2c3b4a5f60", "traffic", "aks1.westeurope.azure"),
    ];
    let clusters = vec![
        cluster("5f2a8c1d-9e7b-4d36-a045-c6b1e8f09d72", "stations", 3, &projects[0], false),
        cluster("e91d7c3b-2f58-4a6e-b1c4-08d7a5f3e926", "crossings", 1, &projects[1], true),
    ];
    let subscriptions = vec![Subscription {
        id: "7a3e9f10-5b2c-4d8e-96f1-a4c7d0b8e235".to_owned(),
        name: "Monthly".to_owned(),
        state: "active".to_owned(),
        provider: "cratedb".to_owned(),
        dc: dates(),
    }];
    (projects, clusters, subscriptions)
}

/// The dates of everything in the initial state.
pub(super) fn dates() -> Dates {
    Dates::new(CREATED)
}

fn member(uid: &str, role_fqn: &str) -> Member {
    Member { uid: uid.to_owned(), role_fqn: role_fqn.to_owned() }
}

fn file(id: &str, name: &str, file_size: Option<u64>) -> File {
    let signature = seeded_signature(id);
    File { id: id.to_owned(), name: name.to_owned(), file_size, dc: Dates::new(CREATED), signature }
}

fn secret(id: &str, name: &str, kind: &str, description: &str) -> Secret {
    Secret {
        id: id.to_owned(),
        name: name.to_owned(),
        kind: kind.to_owned(),
        description: description.to_owned(),
        dc: Dates::new(CREATED),
    }
}

fn credit(id: &str, original: i64, remaining: i64, expiration_date: &str, comment: &str, status: &str) -> Credit {
    Credit {
        id: id.to_owned(),
        original_amount: original,
        remaining_amount: remaining,
        expiration_date: expiration_date.to_owned(),
        start_date: "2023-12-01T00:00:00".to_owned(),
        comment: Some(comment.to_owned()),
        status: status.to_owned(),
    }
}
