//! Projects, clusters and subscriptions of organizations. They are seeded; projects and clusters can be deleted.

use serde_json::{Value, json};

use super::{DATES, products};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, denied, has_related, not_found};
use crate::sandbox::route::Access::{self, Member, User};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::state::{Cluster, Organization, Project, Subscription};

pub(super) const ROUTES: &[Route] = &[
    read("/api/v2/projects/", User, &[(200, Shape::List(PROJECT))], projects),
    read("/api/v2/projects/{project_id}/", User, &[(200, Shape::Object(PROJECT))], project),
    Route::new("DELETE", "/api/v2/projects/{project_id}/", User, &[(204, Shape::Empty)], delete_project),
    read("/api/v2/organizations/{organization_id}/projects/", Member, &[(200, Shape::List(PROJECT))], projects),
    read("/api/v2/clusters/", User, &[(200, Shape::List(CLUSTER))], clusters).query(CLUSTER_FILTERS),
    read("/api/v2/clusters/{cluster_id}/", User, &[(200, Shape::Object(CLUSTER))], cluster),
    Route::new("DELETE", "/api/v2/clusters/{cluster_id}/", User, &[(204, Shape::Empty)], delete_cluster),
    read("/api/v2/organizations/{organization_id}/clusters/", Member, &[(200, Shape::List(CLUSTER))], clusters)
        .query(CLUSTER_FILTERS),
    read("/api/v2/subscriptions/", User, &[(200, Shape::List(SUBSCRIPTION))], subscriptions)
        .query(SUBSCRIPTION_FILTERS),
    read("/api/v2/subscriptions/{subscription_id}/", User, &[(200, Shape::Object(SUBSCRIPTION))], subscription),
    read(
        "/api/v2/organizations/{organization_id}/subscriptions/",
        Member,
        &[(200, Shape::List(SUBSCRIPTION))],
        subscriptions,
    ),
];

const fn read(
    path: &'static str,
    access: Access,
    replies: &'static [(u16, Shape)],
    run: fn(&mut Request) -> Outcome,
) -> Route {
    Route::new("GET", path, access, replies, run)
}

const PROJECT: &[Field] = &[
    field("id", Kind::Uuid),
    text("name"),
    text("region"),
    field("organization_id", Kind::Uuid),
    field("backup_location", Kind::AnyObject).nullable(),
    field("dc", Kind::Object(DATES)),
];

/// Parameters of a list of clusters. Each has the name of a field of a cluster.
const CLUSTER_FILTERS: &[Field] =
    &[text("project_id").optional(), text("subscription_id").optional(), text("product_name").optional()];

const CLUSTER: &[Field] = &[
    field("id", Kind::Uuid),
    text("name"),
    field("num_nodes", Kind::Integer { min: 1, max: 100 }),
    text("crate_version"),
    field("project_id", Kind::Uuid),
    text("username"),
    field("suspended", Kind::Boolean),
    text("fqdn"),
    text("url"),
    word("channel", &["stable", "testing", "nightly"]).guess(),
    text("product_name"),
    text("product_tier"),
    field("product_unit", Kind::Integer { min: 0, max: 100 }),
    field("subscription_id", Kind::Uuid).optional(),
    field("deletion_protected", Kind::Boolean),
    field("dc", Kind::Object(DATES)),
];

/// The parameter of the list of all subscriptions. It has the name of a field of a subscription.
const SUBSCRIPTION_FILTERS: &[Field] = &[text("organization_id").optional()];

/// The fields of a subscription.
pub(super) const SUBSCRIPTION: &[Field] = &[
    field("id", Kind::Uuid),
    text("name"),
    field("organization_id", Kind::Uuid),
    word("state", &["active", "inactive"]).guess(),
    word("provider", &["aws", "azure", "cratedb"]).guess(),
    field("active", Kind::Boolean),
    field("dc", Kind::Object(DATES)),
];

/// The organizations that a list is about: the one in the path, or all of the caller.
fn organizations<'r>(request: &'r mut Request) -> Result<Vec<&'r Organization>, Box<Response>> {
    if !request.params.is_empty() {
        return Ok(vec![request.organization()?]);
    }
    let (is_superuser, uid) = (request.is_superuser(), &request.uid);
    let all = request.state.organizations.iter();
    Ok(all.filter(|organization| is_superuser || organization.role(uid).is_some()).collect())
}

/// Makes the rows of a list from one organization.
type RowsOf = fn(&Organization) -> Vec<Value>;

fn projects_of(organization: &Organization) -> Vec<Value> {
    let to_json = |project: &Project| {
        json!({
            "id": project.id,
            "name": project.name,
            "region": project.region,
            "organization_id": organization.id,
            "backup_location": null,
            "dc": project.dc,
        })
    };
    organization.projects.iter().map(to_json).collect()
}

fn clusters_of(organization: &Organization) -> Vec<Value> {
    let to_json = |cluster: &Cluster| {
        let mut row = json!({
            "id": cluster.id,
            "name": cluster.name,
            "num_nodes": cluster.num_nodes,
            "crate_version": cluster.crate_version,
            "project_id": cluster.project_id,
            "username": cluster.username,
            "suspended": cluster.suspended,
            "fqdn": cluster.fqdn,
            "url": format!("https://{}:4200", cluster.fqdn.trim_end_matches('.')),
            "channel": cluster.channel,
            "product_name": products::NAME,
            "product_tier": products::TIER,
            "product_unit": cluster.num_nodes.saturating_sub(1),
            "deletion_protected": false,
            "dc": cluster.dc,
        });
        if let Some(subscription) = organization.subscriptions.first() {
            row["subscription_id"] = json!(subscription.id);
        }
        row
    };
    organization.clusters.iter().map(to_json).collect()
}

fn subscriptions_of(organization: &Organization) -> Vec<Value> {
    let subscriptions = organization.subscriptions.iter();
    subscriptions.map(|subscription| subscription_to_json(organization, subscription)).collect()
}

/// A subscription as the API returns it.
pub(super) fn subscription_to_json(organization: &Organization, subscription: &Subscription) -> Value {
    json!({
        "id": subscription.id,
        "name": subscription.name,
        "organization_id": organization.id,
        "state": subscription.state,
        "provider": subscription.provider,
        "active": subscription.state == "active",
        "dc": subscription.dc,
    })
}

/// The rows that have the value of each of the parameters that were sent.
fn list(request: &mut Request, filters: &[Field], rows_of: RowsOf) -> Outcome {
    let sent = |filter: &Field| Some((filter.name, request.parameter(filter.name)?.to_owned()));
    let wanted: Vec<(&str, String)> = filters.iter().filter_map(sent).collect();
    let rows = organizations(request)?.into_iter().flat_map(rows_of);
    let is_wanted = |row: &Value| wanted.iter().all(|(name, value)| row[name] == value.as_str());
    Ok(Response::json(200, rows.filter(is_wanted).collect()))
}

/// The row whose ID is in the path.
fn one(request: &mut Request, rows_of: RowsOf) -> Outcome {
    let id = std::mem::take(&mut request.params).remove(0);
    let row = organizations(request)?.into_iter().flat_map(rows_of).find(|row| row["id"] == id.as_str());
    Ok(Response::json(200, row.ok_or_else(not_found)?))
}

fn projects(request: &mut Request) -> Outcome {
    list(request, &[], projects_of)
}

fn project(request: &mut Request) -> Outcome {
    one(request, projects_of)
}

fn clusters(request: &mut Request) -> Outcome {
    list(request, CLUSTER_FILTERS, clusters_of)
}

fn cluster(request: &mut Request) -> Outcome {
    one(request, clusters_of)
}

fn subscriptions(request: &mut Request) -> Outcome {
    list(request, SUBSCRIPTION_FILTERS, subscriptions_of)
}

fn subscription(request: &mut Request) -> Outcome {
    one(request, subscriptions_of)
}

/// The organization that has the resource in the path.
///
/// # Errors
/// 404 if the caller cannot see the resource, 403 if the caller is no admin of the organization.
fn owner<'r>(
    request: &'r mut Request,
    has: fn(&Organization, &str) -> bool,
) -> Result<&'r mut Organization, Box<Response>> {
    let (is_superuser, uid, id) = (request.is_superuser(), &request.uid, &request.params[0]);
    let mut organizations = request.state.organizations.iter_mut();
    let owner = organizations.find(|organization| has(organization, id)).ok_or_else(not_found)?;
    match owner.role(uid) {
        Some("org_admin") => Ok(owner),
        _ if is_superuser => Ok(owner),
        Some(_) => Err(denied()),
        None => Err(not_found()),
    }
}

/// A project with clusters cannot be deleted.
fn delete_project(request: &mut Request) -> Outcome {
    let id = request.params[0].clone();
    let organization = owner(request, |organization, id| organization.projects.iter().any(|project| project.id == id))?;
    let clusters = organization.clusters.iter().filter(|cluster| cluster.project_id == id);
    let clusters: Vec<&str> = clusters.map(|cluster| cluster.id.as_str()).collect();
    if !clusters.is_empty() {
        return Err(has_related("clusters", &clusters));
    }
    organization.projects.retain(|project| project.id != id);
    let organization_id = organization.id.clone();
    request.record(&organization_id, "project.delete", json!({"project_id": id}));
    Ok(Response::no_content().changed())
}

fn delete_cluster(request: &mut Request) -> Outcome {
    let id = request.params[0].clone();
    let organization = owner(request, |organization, id| organization.clusters.iter().any(|cluster| cluster.id == id))?;
    organization.clusters.retain(|cluster| cluster.id != id);
    let organization_id = organization.id.clone();
    request.record(&organization_id, "cluster.delete", json!({"cluster_id": id}));
    Ok(Response::no_content().changed())
}
