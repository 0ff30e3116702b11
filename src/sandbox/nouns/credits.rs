//! Credits of an organization. Amounts are cents.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, error, invalid, not_found};
use crate::sandbox::route::Access::{Admin, Superuser};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::state::Credit;
use crate::sandbox::time;

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/{organization_id}/credits/", Admin, &[(200, Shape::List(CREDIT))], list)
        .query(&[text("status").optional()]),
    Route::new(
        "POST",
        "/api/v2/organizations/{organization_id}/credits/",
        Superuser,
        &[(201, Shape::Object(CREDIT))],
        create,
    )
    .body(NEW),
    Route::new(
        "PATCH",
        "/api/v2/organizations/{organization_id}/credits/{credit_id}/",
        Superuser,
        &[(200, Shape::Object(CREDIT))],
        edit,
    )
    .body(EDIT),
    Route::new(
        "DELETE",
        "/api/v2/organizations/{organization_id}/credits/{credit_id}/",
        Superuser,
        &[(204, Shape::Empty)],
        expire,
    ),
];

const STATUSES: &[&str] = &["ACTIVE", "EXPIRED"];
/// The largest amount is a guess.
const CENTS: Kind = Kind::Integer { min: 0, max: 1_000_000_000_000 };
const COMMENT: Field = field("comment", Kind::Text { min: 0, max: 512 }).optional().nullable();

const CREDIT: &[Field] = &[
    field("id", Kind::Uuid),
    field("original_amount", CENTS),
    field("remaining_amount", CENTS),
    field("start_date", Kind::LocalTime),
    field("expiration_date", Kind::LocalTime),
    field("comment", Kind::Text { min: 0, max: 512 }).nullable(),
    word("status", STATUSES),
];

const NEW: &[Field] = &[field("amount", CENTS), field("expiration_date", Kind::Time), COMMENT];
const EDIT: &[Field] = &[field("amount", CENTS).optional(), field("expiration_date", Kind::Time).optional(), COMMENT];

/// Without `status` the active ones; several statuses are separated by commas.
fn list(request: &mut Request) -> Outcome {
    let status = request.parameter("status").unwrap_or("ACTIVE").to_owned();
    let wanted: Vec<&str> = status.split(',').map(str::trim).collect();
    if wanted.iter().any(|status| !STATUSES.contains(status)) {
        return Err(invalid("status", "Must be one of: ACTIVE, EXPIRED."));
    }
    let now = request.call.now;
    let credits = &request.organization()?.credits;
    let rows = credits.iter().filter(|credit| wanted.contains(&status_of(credit, now)));
    Ok(Response::json(200, rows.map(|credit| to_json(credit, now)).collect()))
}

fn create(request: &mut Request) -> Outcome {
    let now = request.call.now;
    let amount = request.integer("amount").unwrap_or_default();
    let credit = Credit {
        id: request.new_id(),
        original_amount: amount,
        remaining_amount: amount,
        expiration_date: expiration_date(request).unwrap_or_default(),
        start_date: local(now),
        comment: request.text("comment"),
        status: "ACTIVE".to_owned(),
    };
    let (reply, credit_id) = (to_json(&credit, now), credit.id.clone());
    let organization = request.organization()?;
    organization.credits.push(credit);
    let id = organization.id.clone();
    request.record(&id, "credit.create", json!({"credit_id": credit_id, "amount": amount}));
    Ok(Response::json(201, reply).changed())
}

/// A higher amount raises the remaining amount by the same difference. An expired credit stays as it is.
fn edit(request: &mut Request) -> Outcome {
    let (amount, date, now) = (request.integer("amount"), expiration_date(request), request.call.now);
    let comment = request.field("comment").map(|comment| comment.as_str().map(str::to_owned));
    let credit_id = request.params[1].clone();
    let organization = request.organization()?;
    let id = organization.id.clone();
    let credit = organization.credits.iter_mut().find(|credit| credit.id == credit_id).ok_or_else(not_found)?;
    if status_of(credit, now) == "EXPIRED" {
        return Err(error(400, "The credit is expired."));
    }
    if let Some(amount) = amount {
        if amount < credit.original_amount {
            return Err(invalid("amount", "The amount can only be increased."));
        }
        credit.remaining_amount += amount - credit.original_amount;
        credit.original_amount = amount;
    }
    credit.expiration_date = date.unwrap_or_else(|| credit.expiration_date.clone());
    credit.comment = comment.unwrap_or_else(|| credit.comment.take());
    let reply = to_json(credit, now);
    request.record(&id, "credit.edit", json!({"credit_id": credit_id}));
    Ok(Response::json(200, reply).changed())
}

fn expire(request: &mut Request) -> Outcome {
    let credit_id = request.params[1].clone();
    let organization = request.organization()?;
    let id = organization.id.clone();
    let credit = organization.credits.iter_mut().find(|credit| credit.id == credit_id).ok_or_else(not_found)?;
    credit.status = "EXPIRED".to_owned();
    request.record(&id, "credit.expire", json!({"credit_id": credit_id}));
    Ok(Response::no_content().changed())
}

/// `EXPIRED` once the credit was expired by a superuser or its expiration date has come.
fn status_of(credit: &Credit, now: Timestamp) -> &'static str {
    let is_over = time::parse(&credit.expiration_date).is_some_and(|date| date <= now);
    if is_over || credit.status == "EXPIRED" { "EXPIRED" } else { "ACTIVE" }
}

fn to_json(credit: &Credit, now: Timestamp) -> Value {
    json!({
        "id": credit.id,
        "original_amount": credit.original_amount,
        "remaining_amount": credit.remaining_amount,
        "start_date": credit.start_date,
        "expiration_date": credit.expiration_date,
        "comment": credit.comment,
        "status": status_of(credit, now),
    })
}

/// The expiration date that was sent, as the API shows it.
fn expiration_date(request: &Request) -> Option<String> {
    Some(local(time::parse(&request.text("expiration_date")?)?))
}

/// A time in UTC without an offset.
fn local(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
