//! Credits of an organization. Amounts are cents.

use serde_json::{Value, json};

use crate::sandbox::request::{Request, parse_time};
use crate::sandbox::response::{Outcome, Response, invalid, not_found};
use crate::sandbox::route::Route;
use crate::sandbox::state::Credit;

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/{organization_id}/credits/", list).query(&["status"]),
    Route::new("POST", "/api/v2/organizations/{organization_id}/credits/", create).fields(&[
        "amount",
        "expiration_date",
        "comment",
    ]),
    Route::new("PATCH", "/api/v2/organizations/{organization_id}/credits/{credit_id}/", edit).fields(&[
        "amount",
        "expiration_date",
        "comment",
    ]),
    Route::new("DELETE", "/api/v2/organizations/{organization_id}/credits/{credit_id}/", expire),
];

fn list(request: &mut Request) -> Outcome {
    let status = request.parameter("status").unwrap_or("ACTIVE").to_owned();
    let wanted: Vec<&str> = status.split(',').map(str::trim).collect();
    if wanted.iter().any(|status| !["ACTIVE", "EXPIRED"].contains(status)) {
        return Err(invalid("status", "Must be one of: ACTIVE, EXPIRED."));
    }
    let organization = request.organization_as_admin()?;
    let credits = organization.credits.iter().filter(|credit| wanted.contains(&credit.status.as_str()));
    Ok(Response::json(200, credits.map(to_json).collect()))
}

fn create(request: &mut Request) -> Outcome {
    request.organization_as_superuser()?;
    let missing = |field: &str| invalid(field, "Missing data for required field.");
    let amount = amount(request)?.ok_or_else(|| missing("amount"))?;
    let expiration_date = expiration_date(request)?.ok_or_else(|| missing("expiration_date"))?;
    let credit = Credit {
        id: request.new_id(),
        original_amount: amount,
        remaining_amount: amount,
        expiration_date,
        start_date: request.call.now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        comment: request.text("comment")?,
        status: "ACTIVE".to_owned(),
    };
    let (reply, credit_id) = (to_json(&credit), credit.id.clone());
    let organization = request.organization_as_superuser()?;
    organization.credits.push(credit);
    let id = organization.id.clone();
    request.record(&id, "credit.create", json!({"credit_id": credit_id, "amount": amount}));
    Ok(Response::json(201, reply).changed())
}

/// A higher amount raises the remaining amount by the same difference.
fn edit(request: &mut Request) -> Outcome {
    let (amount, date, comment) = (amount(request)?, expiration_date(request)?, request.text("comment")?);
    let credit_id = request.params[1].clone();
    let organization = request.organization_as_superuser()?;
    let id = organization.id.clone();
    let credit = organization.credits.iter_mut().find(|credit| credit.id == credit_id).ok_or_else(not_found)?;
    if let Some(amount) = amount {
        if amount < credit.original_amount {
            return Err(invalid("amount", "The amount can only be increased."));
        }
        credit.remaining_amount += amount - credit.original_amount;
        credit.original_amount = amount;
    }
    credit.expiration_date = date.unwrap_or_else(|| credit.expiration_date.clone());
    credit.comment = comment.or_else(|| credit.comment.take());
    let reply = to_json(credit);
    request.record(&id, "credit.edit", json!({"credit_id": credit_id}));
    Ok(Response::json(200, reply).changed())
}

fn expire(request: &mut Request) -> Outcome {
    let credit_id = request.params[1].clone();
    let organization = request.organization_as_superuser()?;
    let id = organization.id.clone();
    let credit = organization.credits.iter_mut().find(|credit| credit.id == credit_id).ok_or_else(not_found)?;
    credit.status = "EXPIRED".to_owned();
    request.record(&id, "credit.expire", json!({"credit_id": credit_id}));
    Ok(Response::no_content().changed())
}

fn to_json(credit: &Credit) -> Value {
    json!({
        "id": credit.id,
        "original_amount": credit.original_amount,
        "remaining_amount": credit.remaining_amount,
        "start_date": credit.start_date,
        "expiration_date": credit.expiration_date,
        "comment": credit.comment,
        "status": credit.status,
    })
}

/// The amount that was sent, in whole cents.
fn amount(request: &Request) -> Result<Option<i64>, Box<Response>> {
    let Some(value) = request.field("amount") else { return Ok(None) };
    let amount = value.as_i64().filter(|amount| (0..=1_000_000_000_000).contains(amount));
    amount.map(Some).ok_or_else(|| invalid("amount", "Not a valid amount of cents."))
}

/// The expiration date that was sent, in UTC without an offset, as the API shows it.
fn expiration_date(request: &Request) -> Result<Option<String>, Box<Response>> {
    let Some(text) = request.text("expiration_date")? else { return Ok(None) };
    let date = parse_time(&text).ok_or_else(|| invalid("expiration_date", "Not a valid datetime."))?;
    Ok(Some(date.strftime("%Y-%m-%dT%H:%M:%S").to_string()))
}
