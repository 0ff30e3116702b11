//! The regions where clusters can run.

use serde_json::json;

use super::DATES;
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, denied, not_found};
use crate::sandbox::route::Access::{Member, User};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::seed;

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/regions/", User, &[(200, Shape::List(REGION))], list).query(&[field(
        "organization_id",
        Kind::Text { min: 0, max: 512 },
    )
    .optional()]),
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/regions/",
        Member,
        &[(200, Shape::List(REGION))],
        list_public,
    ),
];

const REGION: &[Field] = &[
    text("name"),
    text("description"),
    word("status", &["UP", "DOWN", "UNKNOWN"]),
    // Null for a public region.
    field("organization_id", Kind::Uuid).nullable(),
    field("is_edge_region", Kind::Boolean),
    field("deprecated", Kind::Boolean),
    field("last_seen", Kind::Time).nullable(),
    field("upgrade_available", Kind::Boolean),
    field("dc", Kind::Object(DATES)),
];

/// The public regions; with `organization_id` also those of the organization, of which there are none.
fn list(request: &mut Request) -> Outcome {
    if let Some(id) = request.parameter("organization_id") {
        let organization = request.state.organizations.iter().find(|organization| organization.id == id);
        let is_member = organization.ok_or_else(not_found)?.role(&request.uid).is_some();
        if !is_member && !request.is_superuser() {
            return Err(denied());
        }
    }
    list_public(request)
}

fn list_public(request: &mut Request) -> Outcome {
    let now = request.call.timestamp();
    let rows = seed::REGIONS.iter().map(|(name, description)| {
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
    Ok(Response::json(200, rows.collect()))
}
