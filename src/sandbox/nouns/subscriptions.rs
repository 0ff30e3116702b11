//! The subscriptions of organizations, which pay for clusters. Read only.

use serde_json::{Value, json};

use super::DATES;
use super::resources::{list, one};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response};
use crate::sandbox::route::Access::{Member, User};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::state::{Organization, Subscription};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/subscriptions/", User, &[(200, Shape::List(SUBSCRIPTION))], list_all).query(FILTERS),
    Route::new("GET", "/api/v2/subscriptions/{subscription_id}/", User, &[(200, Shape::Object(SUBSCRIPTION))], get),
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/subscriptions/",
        Member,
        &[(200, Shape::List(SUBSCRIPTION))],
        list_all,
    ),
];

const FILTERS: &[Field] = &[text("organization_id").optional()];

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

fn list_all(request: &mut Request) -> Outcome {
    list(request, FILTERS, rows)
}

fn get(request: &mut Request) -> Outcome {
    Ok(Response::json(200, one(request, rows)?))
}

fn rows(organization: &Organization) -> Vec<Value> {
    organization.subscriptions.iter().map(|subscription| to_json(organization, subscription)).collect()
}

/// A subscription as the API returns it.
pub(super) fn to_json(organization: &Organization, subscription: &Subscription) -> Value {
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
