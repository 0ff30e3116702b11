//! The clusters of organizations. They are seeded, and can be deleted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::resources::{list, one, owner};
use super::{DATES, products};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response};
use crate::sandbox::route::Access::{Member, User};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::state::{Cluster, Organization};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/clusters/", User, &[(200, Shape::List(CLUSTER))], list_all).query(FILTERS),
    Route::new("GET", "/api/v2/clusters/{cluster_id}/", User, &[(200, Shape::Object(CLUSTER))], get),
    Route::new("DELETE", "/api/v2/clusters/{cluster_id}/", User, &[(204, Shape::Empty)], delete),
    Route::new("GET", "/api/v2/clusters/{cluster_id}/jwt/", User, &[(200, Shape::Object(TOKENS))], tokens),
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/clusters/",
        Member,
        &[(200, Shape::List(CLUSTER))],
        list_all,
    )
    .query(FILTERS),
];

/// Parameters of a list of clusters.
const FILTERS: &[Field] =
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

const TOKENS: &[Field] = &[text("token"), text("refresh"), field("expiry", Kind::Time)];

/// How long the token for a cluster is valid. A guess.
const TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

fn list_all(request: &mut Request) -> Outcome {
    list(request, FILTERS, rows)
}

fn get(request: &mut Request) -> Outcome {
    Ok(Response::json(200, one(request, rows)?))
}

fn delete(request: &mut Request) -> Outcome {
    let id = request.params[0].clone();
    let organization = owner(request, |organization, id| organization.clusters.iter().any(|cluster| cluster.id == id))?;
    organization.clusters.retain(|cluster| cluster.id != id);
    let organization_id = organization.id.clone();
    request.record(&organization_id, "cluster.delete", json!({"cluster_id": id}));
    Ok(Response::no_content().changed())
}

/// The tokens for the API of a cluster itself, which does not exist here: the host of a seeded cluster has no address.
fn tokens(request: &mut Request) -> Outcome {
    one(request, rows)?;
    let expires = request.call.now + TOKEN_LIFETIME;
    Ok(Response::json(
        200,
        json!({
            "token": jwt(request, expires),
            "refresh": request.random(40),
            "expiry": expires.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
        }),
    ))
}

/// A JSON web token with a random signature: nothing can be checked with it.
fn jwt(request: &mut Request, expires: Timestamp) -> String {
    let claims = json!({"sub": request.uid, "exp": expires.as_second()}).to_string();
    let parts = [json!({"alg": "HS256", "typ": "JWT"}).to_string(), claims, request.random(32)];
    parts.map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

fn rows(organization: &Organization) -> Vec<Value> {
    organization.clusters.iter().map(|cluster| to_json(organization, cluster)).collect()
}

fn to_json(organization: &Organization, cluster: &Cluster) -> Value {
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
}
