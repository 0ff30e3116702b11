//! What an organization may use, uses and pays with: quotas, the remaining budget, the consumption of the month,
//! and payment methods. Read only: all of it is computed from the clusters and subscriptions.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value, json};

use super::products;
use super::subscriptions::{self, SUBSCRIPTION};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response};
use crate::sandbox::route::Access::{Admin, Member};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::state::{Cluster, Organization};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/{organization_id}/quotas/", Member, &[(200, Shape::List(QUOTA))], quotas),
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/remaining-budget/",
        Member,
        &[(200, Shape::Object(BUDGET))],
        remaining_budget,
    )
    .query(&[field("exclude_cluster_id", Kind::Uuid).optional()]),
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/consumption/current-month/",
        Member,
        &[(200, Shape::Object(CONSUMPTION))],
        consumption,
    ),
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/payment-methods/",
        Admin,
        &[(200, Shape::List(PAYMENT_METHOD))],
        payment_methods,
    ),
];

/// The vendor's description does not name the codes.
const QUOTA: &[Field] = &[
    word("code", &["projects", "clusters", "nodes"]).guess(),
    field("current_value", Kind::Number),
    field("quota", Kind::Number),
];

const BUDGET: &[Field] = &[field("remaining_budget_per_month", Kind::Number)];

const CONSUMPTION: &[Field] = &[
    field(
        "compute_consumption_this_month",
        Kind::List(&Kind::Object(&[text("product_name"), field("consumption", Kind::Object(COMPUTE))])),
    ),
    field("storage_consumption_this_month", Kind::Object(STORAGE)),
    field("current_cost", Kind::Object(&[COSTS_BY_USE_HOURLY, COSTS_BY_USE_MONTHLY])),
];

/// The vendor's description does not name the keys of the costs.
const COSTS_BY_USE_HOURLY: Field = field("hourly", Kind::Map(&Kind::Number)).guess();
const COSTS_BY_USE_MONTHLY: Field = field("monthly", Kind::Map(&Kind::Number)).guess();

const MINUTES: Field = field("minutes", Kind::Integer { min: 0, max: i64::MAX });

const COMPUTE: &[Field] = &[
    field("cost", Kind::Number),
    field("credits", Kind::Number),
    field("dtuhours", Kind::Number),
    MINUTES,
    field("total", Kind::Number),
];

const STORAGE: &[Field] = &[
    field("cost", Kind::Number),
    field("credits", Kind::Number),
    field("gibhours", Kind::Integer { min: 0, max: i64::MAX }),
    MINUTES,
    field("total", Kind::Number),
];

const PAYMENT_METHOD: &[Field] = &[
    text("type"),
    field("is_available", Kind::Boolean),
    field("is_setup", Kind::Boolean),
    field("subscription_id", Kind::Uuid).optional(),
    field("subscription", Kind::Object(SUBSCRIPTION)).optional(),
];

// The prices, limits and units below are a guess.

/// What an organization may spend in a month, in cents.
const BUDGET_CENTS: f64 = 200_000.0;
/// The price of a node for an hour, in cents.
const NODE_CENTS: f64 = 12.0;
/// The price of a GiB of storage for an hour, in cents.
const GIB_CENTS: f64 = 0.02;
/// The storage of each node.
const GIB_PER_NODE: u64 = 8;
/// The length of a month in estimated costs.
const HOURS_PER_MONTH: f64 = 730.0;

/// A suspended cluster uses storage, but no nodes.
fn running_nodes(cluster: &Cluster) -> u64 {
    if cluster.suspended { 0 } else { cluster.num_nodes }
}

/// The cost of clusters for an hour in cents: of their nodes, and of their storage.
fn hourly_costs<'c>(clusters: impl Iterator<Item = &'c Cluster>) -> (f64, f64) {
    clusters.fold((0.0, 0.0), |(nodes, storage), cluster| {
        let gib = (cluster.num_nodes * GIB_PER_NODE) as f64;
        (nodes + running_nodes(cluster) as f64 * NODE_CENTS, storage + gib * GIB_CENTS)
    })
}

/// Rounds to hundredths.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn quotas(request: &mut Request) -> Outcome {
    let organization = request.organization()?;
    let nodes: u64 = organization.clusters.iter().map(running_nodes).sum();
    Ok(Response::json(
        200,
        json!([
            {"code": "projects", "current_value": organization.projects.len(), "quota": 10},
            {"code": "clusters", "current_value": organization.clusters.len(), "quota": 5},
            {"code": "nodes", "current_value": nodes, "quota": 9},
        ]),
    ))
}

fn remaining_budget(request: &mut Request) -> Outcome {
    let excluded = request.parameter("exclude_cluster_id").map(str::to_owned);
    let clusters = request.organization()?.clusters.iter();
    let (nodes, storage) = hourly_costs(clusters.filter(|cluster| Some(&cluster.id) != excluded.as_ref()));
    let remaining = BUDGET_CENTS - (nodes + storage) * HOURS_PER_MONTH;
    Ok(Response::json(200, json!({"remaining_budget_per_month": rounded(remaining.max(0.0))})))
}

fn consumption(request: &mut Request) -> Outcome {
    let minutes = minutes_of_month(request.call.now);
    let hours = minutes as f64 / 60.0;
    let clusters = &request.organization()?.clusters;
    let nodes: u64 = clusters.iter().map(running_nodes).sum();
    let gib: u64 = clusters.iter().map(|cluster| cluster.num_nodes * GIB_PER_NODE).sum();
    let (nodes_cents, storage_cents) = hourly_costs(clusters.iter());
    let costs = |hours: f64| {
        let (nodes, storage) = (nodes_cents * hours, storage_cents * hours);
        json!({"compute": rounded(nodes), "storage": rounded(storage), "total": rounded(nodes + storage)})
    };
    let until_now = costs(hours);
    let compute = json!({
        "product_name": products::NAME,
        "consumption": {
            "cost": until_now["compute"],
            "credits": 0,
            "dtuhours": rounded(nodes as f64 * hours),
            "minutes": minutes * nodes,
            "total": until_now["compute"],
        },
    });
    let reply = json!({
        "compute_consumption_this_month": if nodes > 0 { vec![compute] } else { Vec::new() },
        "storage_consumption_this_month": {
            "cost": until_now["storage"],
            "credits": 0,
            "gibhours": gib * minutes / 60,
            "minutes": if gib > 0 { minutes } else { 0 },
            "total": until_now["storage"],
        },
        "current_cost": {"hourly": costs(1.0), "monthly": costs(HOURS_PER_MONTH)},
    });
    Ok(Response::json(200, reply))
}

/// The whole minutes since the month began, in UTC.
fn minutes_of_month(now: Timestamp) -> u64 {
    let now = Offset::UTC.to_datetime(now);
    let start = now.date().first_of_month().to_datetime(jiff::civil::Time::midnight());
    u64::try_from(now.duration_since(start).as_mins()).unwrap_or(0)
}

/// One for each subscription, and a card that is not set up.
fn payment_methods(request: &mut Request) -> Outcome {
    let organization: &Organization = request.organization()?;
    let subscriptions = organization.subscriptions.iter().map(|subscription| {
        json!({
            "type": subscription.provider,
            "is_available": true,
            "is_setup": true,
            "subscription_id": subscription.id,
            "subscription": subscriptions::to_json(organization, subscription),
        })
    });
    let card = json!({"type": "card", "is_available": true, "is_setup": false});
    Ok(Response::json(200, Value::Array(subscriptions.chain([card]).collect())))
}
