//! The regions where clusters can run: the public ones, and the edge regions of organizations, which run on their own
//! machines. Nothing can be installed in the sandbox, so an edge region is never connected and has no projects.

use serde_json::{Value, json};

use super::DATES;
use super::resources::{administered, owner};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, denied, not_found};
use crate::sandbox::route::Access::{Member, User};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::seed;
use crate::sandbox::state::{Dates, Organization, Region};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/regions/", User, &[(200, Shape::List(REGION))], list).query(&[field(
        "organization_id",
        Kind::Text { min: 0, max: 512 },
    )
    .optional()]),
    Route::new("POST", "/api/v2/regions/", User, &[(201, Shape::Object(REGION))], create).body(NEW),
    Route::new("DELETE", "/api/v2/regions/{region_name}/", User, &[(204, Shape::Empty)], delete),
    Route::new(
        "GET",
        "/api/v2/regions/{region_name}/install-token/",
        User,
        &[(200, Shape::Object(&[text("token")]))],
        install_token,
    ),
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/regions/",
        Member,
        &[(200, Shape::List(REGION))],
        list_of_organization,
    ),
];

const DESCRIPTION: Field = field("description", Kind::Text { min: 0, max: 512 });

const REGION: &[Field] = &[
    text("name"),
    DESCRIPTION,
    word("status", &["UP", "DOWN", "UNKNOWN"]),
    // Null for a public region.
    field("organization_id", Kind::Uuid).nullable(),
    field("is_edge_region", Kind::Boolean),
    field("deprecated", Kind::Boolean),
    // A region that was never connected has none.
    field("last_seen", Kind::Time).optional(),
    field("upgrade_available", Kind::Boolean),
    field("dc", Kind::Object(DATES)),
];

const NEW: &[Field] = &[
    DESCRIPTION,
    field("organization_id", Kind::Uuid),
    text("aws_bucket").optional(),
    text("aws_region").optional(),
    text("provider").optional(),
];

/// The public regions, and the edge regions of one organization or of all organizations of the caller.
fn list(request: &mut Request) -> Outcome {
    let (is_superuser, uid) = (request.is_superuser(), &request.uid);
    let may_see = |organization: &&Organization| is_superuser || organization.role(uid).is_some();
    let mut organizations = request.state.organizations.iter();
    let edge = match request.parameter("organization_id") {
        None => organizations.filter(may_see).flat_map(edge_regions).collect(),
        Some(id) => {
            let organization = organizations.find(|organization| organization.id == id).ok_or_else(not_found)?;
            if !may_see(&organization) {
                return Err(denied());
            }
            edge_regions(organization)
        }
    };
    Ok(with_public_regions(request, edge))
}

fn list_of_organization(request: &mut Request) -> Outcome {
    let edge = edge_regions(request.organization()?);
    Ok(with_public_regions(request, edge))
}

/// Creates an edge region. Only admins of its organization may.
fn create(request: &mut Request) -> Outcome {
    let text = |name| request.text(name).unwrap_or_default();
    let (id, description) = (text("organization_id"), text("description"));
    let name = format!("{}.edge.cratedb.net", request.new_id().replace('-', ""));
    let region = Region { name: name.clone(), description, dc: Dates::new(&request.call.timestamp()) };
    let organization = administered(request, &id)?;
    let reply = to_json(organization, &region);
    organization.regions.push(region);
    request.record(&id, "region.create", json!({"region_name": name}));
    Ok(Response::json(201, reply).changed())
}

fn delete(request: &mut Request) -> Outcome {
    let name = request.params[0].clone();
    let organization = owner_of_edge_region(request)?;
    organization.regions.retain(|region| region.name != name);
    let id = organization.id.clone();
    request.record(&id, "region.delete", json!({"region_name": name}));
    Ok(Response::no_content().changed())
}

/// A token for the installation of an edge region. It is not stored, because nothing checks it.
fn install_token(request: &mut Request) -> Outcome {
    owner_of_edge_region(request)?;
    Ok(Response::json(200, json!({"token": request.random(40)})))
}

/// The organization of the edge region in the path. A public region has none.
fn owner_of_edge_region<'r>(request: &'r mut Request) -> Result<&'r mut Organization, Box<Response>> {
    match seed::REGIONS.iter().any(|(name, _)| *name == request.params[0]) {
        true => Err(denied()),
        false => owner(request, |organization, name| organization.regions.iter().any(|region| region.name == name)),
    }
}

fn edge_regions(organization: &Organization) -> Vec<Value> {
    organization.regions.iter().map(|region| to_json(organization, region)).collect()
}

fn to_json(organization: &Organization, region: &Region) -> Value {
    json!({
        "name": region.name,
        "description": region.description,
        "status": "DOWN",
        "organization_id": organization.id,
        "is_edge_region": true,
        "deprecated": false,
        "upgrade_available": false,
        "dc": region.dc,
    })
}

fn with_public_regions(request: &Request, edge: Vec<Value>) -> Response {
    let now = request.call.timestamp();
    let public = seed::REGIONS.iter().map(|(name, description)| {
        json!({
            "name": name,
            "description": description,
            "status": "UP",
            "organization_id": null,
            "is_edge_region": false,
            "deprecated": false,
            "last_seen": now,
            "upgrade_available": false,
            "dc": seed::dates(),
        })
    });
    Response::json(200, public.chain(edge).collect())
}
