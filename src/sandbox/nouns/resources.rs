//! Projects, clusters and subscriptions of organizations: read only, with seeded data.

use serde::Serialize;
use serde_json::{Value, json};

use super::DATES;
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, not_found};
use crate::sandbox::route::Access::{Member, User};
use crate::sandbox::route::{Route, Shape, Source};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::state::Organization;

// The fields are those that the Python program shows. Their types are assumptions.
pub(super) const ROUTES: &[Route] = &[
    read("/api/v2/projects/", User, &[(200, Shape::List(PROJECT))], projects),
    read("/api/v2/projects/{project_id}/", User, &[(200, Shape::Object(PROJECT))], project),
    read("/api/v2/organizations/{organization_id}/projects/", Member, &[(200, Shape::List(PROJECT))], projects),
    read("/api/v2/clusters/", User, &[(200, Shape::List(CLUSTER))], clusters).query(&[text("project_id").optional()]),
    read("/api/v2/clusters/{cluster_id}/", User, &[(200, Shape::Object(CLUSTER))], cluster),
    read("/api/v2/organizations/{organization_id}/clusters/", Member, &[(200, Shape::List(CLUSTER))], clusters)
        .query(&[text("project_id").optional()]),
    read("/api/v2/subscriptions/", User, &[(200, Shape::List(SUBSCRIPTION))], subscriptions),
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
    access: crate::sandbox::route::Access,
    replies: &'static [(u16, Shape)],
    run: fn(&mut Request) -> Outcome,
) -> Route {
    Route::new("GET", path, access, replies, run).source(Source::Upstream)
}

const PROJECT: &[Field] = &[
    field("id", Kind::Uuid),
    text("name"),
    text("region").guess(),
    field("organization_id", Kind::Uuid),
    field("dc", Kind::Object(DATES)).guess(),
];

const CLUSTER: &[Field] = &[
    field("id", Kind::Uuid),
    text("name"),
    field("num_nodes", Kind::Integer { min: 1, max: 100 }).guess(),
    text("crate_version").guess(),
    field("project_id", Kind::Uuid),
    text("username").guess(),
    field("suspended", Kind::Boolean).guess(),
    text("fqdn").guess(),
    word("channel", &["stable", "testing", "nightly"]).guess(),
    field("dc", Kind::Object(DATES)).guess(),
];

const SUBSCRIPTION: &[Field] = &[
    field("id", Kind::Uuid),
    text("name"),
    field("organization_id", Kind::Uuid),
    word("state", &["active", "inactive"]).guess(),
    word("provider", &["aws", "azure", "cratedb"]).guess(),
    field("dc", Kind::Object(DATES)).guess(),
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

/// Items of organizations as JSON, those of projects and subscriptions with the organization's ID.
fn rows<T: Serialize>(
    organizations: &[&Organization],
    items: fn(&Organization) -> &[T],
    has_owner: bool,
) -> Vec<Value> {
    let of = |organization: &&Organization| -> Vec<Value> {
        let to_json = |item: &T| {
            let mut row = json!(item);
            if has_owner {
                row["organization_id"] = json!(organization.id);
            }
            row
        };
        items(organization).iter().map(to_json).collect()
    };
    organizations.iter().flat_map(of).collect()
}

fn all_projects(request: &mut Request) -> Result<Vec<Value>, Box<Response>> {
    Ok(rows(&organizations(request)?, |organization| &organization.projects, true))
}

fn all_clusters(request: &mut Request) -> Result<Vec<Value>, Box<Response>> {
    Ok(rows(&organizations(request)?, |organization| &organization.clusters, false))
}

fn all_subscriptions(request: &mut Request) -> Result<Vec<Value>, Box<Response>> {
    Ok(rows(&organizations(request)?, |organization| &organization.subscriptions, true))
}

/// The row whose ID is in the path.
fn one(request: &mut Request, all: fn(&mut Request) -> Result<Vec<Value>, Box<Response>>) -> Outcome {
    let id = std::mem::take(&mut request.params).remove(0);
    let row = all(request)?.into_iter().find(|row| row["id"] == id.as_str());
    Ok(Response::json(200, row.ok_or_else(not_found)?))
}

fn projects(request: &mut Request) -> Outcome {
    Ok(Response::json(200, all_projects(request)?.into()))
}

fn project(request: &mut Request) -> Outcome {
    one(request, all_projects)
}

fn clusters(request: &mut Request) -> Outcome {
    let project_id = request.parameter("project_id").map(str::to_owned);
    let mut rows = all_clusters(request)?;
    rows.retain(|row| project_id.as_ref().is_none_or(|id| row["project_id"] == id.as_str()));
    Ok(Response::json(200, rows.into()))
}

fn cluster(request: &mut Request) -> Outcome {
    one(request, all_clusters)
}

fn subscriptions(request: &mut Request) -> Outcome {
    Ok(Response::json(200, all_subscriptions(request)?.into()))
}

fn subscription(request: &mut Request) -> Outcome {
    one(request, all_subscriptions)
}
