//! The regions where clusters can run.

use serde_json::json;

use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response};
use crate::sandbox::route::Route;
use crate::sandbox::seed;

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/regions/", list).query(&["organization_id"]),
    Route::new("GET", "/api/v2/organizations/{organization_id}/regions/", list_for_organization),
];

fn list(_: &mut Request) -> Outcome {
    let rows = seed::REGIONS.iter().map(|(name, description)| {
        json!({
            "name": name,
            "description": description,
            "status": "UP",
            "organization_id": null,
            "is_edge_region": false,
            "deprecated": false,
        })
    });
    Ok(Response::json(200, rows.collect()))
}

fn list_for_organization(request: &mut Request) -> Outcome {
    request.organization()?;
    list(request)
}
