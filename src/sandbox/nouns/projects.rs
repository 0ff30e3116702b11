//! Projects of organizations. A project is a group of clusters in one region.

use serde_json::{Value, json};

use super::DATES;
use super::resources::{administered, list, one, owner};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, has_related, invalid, not_found};
use crate::sandbox::route::Access::{Member, User};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text};
use crate::sandbox::seed;
use crate::sandbox::state::{Dates, Organization, Project};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/projects/", User, &[(200, Shape::List(PROJECT))], list_all),
    Route::new("POST", "/api/v2/projects/", User, &[(201, Shape::Object(PROJECT))], create).body(NEW),
    Route::new("GET", "/api/v2/projects/{project_id}/", User, &[(200, Shape::Object(PROJECT))], get),
    Route::new("PATCH", "/api/v2/projects/{project_id}/", User, &[(200, Shape::Object(PROJECT))], edit)
        .body(&[text("name")]),
    Route::new("DELETE", "/api/v2/projects/{project_id}/", User, &[(204, Shape::Empty)], delete),
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/projects/",
        Member,
        &[(200, Shape::List(PROJECT))],
        list_all,
    ),
];

const PROJECT: &[Field] = &[
    field("id", Kind::Uuid),
    text("name"),
    text("region"),
    field("organization_id", Kind::Uuid),
    field("backup_location", Kind::AnyObject).nullable(),
    field("dc", Kind::Object(DATES)),
];

const NEW: &[Field] = &[
    text("name"),
    field("organization_id", Kind::Uuid),
    field("region", Kind::Text { min: 0, max: 512 }).optional(),
    field("backup_location", Kind::AnyObject).optional().nullable(),
];

fn list_all(request: &mut Request) -> Outcome {
    list(request, &[], rows)
}

fn get(request: &mut Request) -> Outcome {
    Ok(Response::json(200, one(request, rows)?))
}

/// Creates a project. Only admins of its organization may.
fn create(request: &mut Request) -> Outcome {
    if request.field("backup_location").is_some_and(|location| !location.is_null()) {
        return Err(invalid("backup_location", "Supported in edge regions only."));
    }
    let project = Project {
        id: request.new_id(),
        name: request.text("name").unwrap_or_default(),
        region: region(request)?.to_owned(),
        members: Vec::new(),
        dc: Dates::new(&request.call.timestamp()),
    };
    let id = request.text("organization_id").unwrap_or_default();
    let organization = administered(request, &id)?;
    let (reply, project_id) = (to_json(organization, &project), project.id.clone());
    organization.projects.push(project);
    request.record(&id, "project.create", json!({"project_id": project_id}));
    Ok(Response::json(201, reply).changed())
}

/// The region of a new project: that of the body, else that of the header `X-Region`, else the default one. The Python
/// program sends the header only. A header that names no region counts as not sent: the default of that program is
/// `_any_`.
fn region(request: &Request) -> Result<&'static str, Box<Response>> {
    let find = |wanted: &str| seed::REGIONS.iter().find(|(name, _)| *name == wanted).map(|(name, _)| *name);
    match request.text("region").filter(|region| !region.is_empty()) {
        Some(wanted) => find(&wanted).ok_or_else(|| invalid("region", "Not a known region.")),
        None => Ok(request.call.region.as_deref().and_then(find).unwrap_or(seed::DEFAULT_REGION)),
    }
}

fn edit(request: &mut Request) -> Outcome {
    let (id, name, now) =
        (request.params[0].clone(), request.text("name").unwrap_or_default(), request.call.timestamp());
    let organization = owner(request, has_project)?;
    let organization_id = organization.id.clone();
    let project = project(organization, &id)?;
    project.name = name;
    project.dc.modified = now;
    request.record(&organization_id, "project.edit", json!({"project_id": id}));
    Ok(Response::json(200, one(request, rows)?).changed())
}

/// A project with clusters cannot be deleted.
fn delete(request: &mut Request) -> Outcome {
    let id = request.params[0].clone();
    let organization = owner(request, has_project)?;
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

/// The project with this ID.
///
/// # Errors
/// 404 if the organization has none.
pub(super) fn project<'o>(organization: &'o mut Organization, id: &str) -> Result<&'o mut Project, Box<Response>> {
    organization.projects.iter_mut().find(|project| project.id == id).ok_or_else(not_found)
}

pub(super) fn has_project(organization: &Organization, id: &str) -> bool {
    organization.projects.iter().any(|project| project.id == id)
}

fn rows(organization: &Organization) -> Vec<Value> {
    organization.projects.iter().map(|project| to_json(organization, project)).collect()
}

fn to_json(organization: &Organization, project: &Project) -> Value {
    json!({
        "id": project.id,
        "name": project.name,
        "region": project.region,
        "organization_id": organization.id,
        "backup_location": null,
        "dc": project.dc,
    })
}
