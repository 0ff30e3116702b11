//! Credits, and the customer who pays for what they do not cover.

use serde_json::{Value, json};

use super::cloud::{Answer, Outcome, Scene, invalid, moment, not_found};
use super::members::is_email;
use super::state::{Credit, Customer};

pub(super) fn list(scene: &mut Scene) -> Outcome {
    let status = scene.parameter("status").filter(|status| !status.is_empty()).unwrap_or("ACTIVE").to_owned();
    let wanted: Vec<&str> = status.split(',').map(str::trim).collect();
    if wanted.iter().any(|status| !["ACTIVE", "EXPIRED"].contains(status)) {
        return Err(invalid("status", "Must be one of: ACTIVE, EXPIRED."));
    }
    let organization = scene.administered()?;
    let credits = organization.credits.iter().filter(|credit| wanted.contains(&credit.status.as_str()));
    Ok(Answer::json(200, credits.map(show).collect()))
}

pub(super) fn create(scene: &mut Scene) -> Outcome {
    scene.overseen()?;
    let amount = amount(scene)?.ok_or_else(|| invalid("amount", "Missing data for required field."))?;
    let expiration_date = date(scene)?.ok_or_else(|| invalid("expiration_date", "Missing data for required field."))?;
    let credit = Credit {
        id: scene.new_id(),
        original_amount: amount,
        remaining_amount: amount,
        expiration_date,
        start_date: scene.call.now.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        comment: scene.text("comment")?,
        status: "ACTIVE".to_owned(),
    };
    let (shown, credit_id) = (show(&credit), credit.id.clone());
    let organization = scene.overseen()?;
    organization.credits.push(credit);
    let id = organization.id.clone();
    scene.record(&id, "credit.create", json!({"credit_id": credit_id, "amount": amount}));
    Ok(Answer::json(201, shown).changed())
}

pub(super) fn edit(scene: &mut Scene) -> Outcome {
    let (amount, date, comment) = (amount(scene)?, date(scene)?, scene.text("comment")?);
    let credit_id = scene.params[1].clone();
    let organization = scene.overseen()?;
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
    let shown = show(credit);
    scene.record(&id, "credit.edit", json!({"credit_id": credit_id}));
    Ok(Answer::json(200, shown).changed())
}

pub(super) fn expire(scene: &mut Scene) -> Outcome {
    let credit_id = scene.params[1].clone();
    let organization = scene.overseen()?;
    let id = organization.id.clone();
    let credit = organization.credits.iter_mut().find(|credit| credit.id == credit_id).ok_or_else(not_found)?;
    credit.status = "EXPIRED".to_owned();
    scene.record(&id, "credit.expire", json!({"credit_id": credit_id}));
    Ok(Answer::none().changed())
}

fn show(credit: &Credit) -> Value {
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

/// Whole cents.
fn amount(scene: &Scene) -> Result<Option<i64>, Box<Answer>> {
    let Some(value) = scene.field("amount") else { return Ok(None) };
    let amount = value.as_i64().filter(|amount| (0..=1_000_000_000_000).contains(amount));
    amount.map(Some).ok_or_else(|| invalid("amount", "Not a valid amount of cents."))
}

/// A date as credits show it, which is without an offset.
fn date(scene: &Scene) -> Result<Option<String>, Box<Answer>> {
    let Some(text) = scene.text("expiration_date")? else { return Ok(None) };
    let date = moment(&text).ok_or_else(|| invalid("expiration_date", "Not a valid datetime."))?;
    Ok(Some(date.strftime("%Y-%m-%dT%H:%M:%S").to_string()))
}

/// The fields of a customer, as they are sent.
pub(super) const CUSTOMER: &[&str] =
    &["name", "email", "phone", "city", "country", "line1", "line2", "postal_code", "tax_id", "tax_id_type"];

pub(super) fn customer(scene: &mut Scene) -> Outcome {
    let organization = scene.administered()?;
    let customer = organization.customer.clone().unwrap_or_default();
    Ok(Answer::json(200, show_customer(&customer, &organization.id)))
}

pub(super) fn edit_customer(scene: &mut Scene) -> Outcome {
    scene.administered()?;
    let email = scene.required("email")?;
    if !is_email(&email) {
        return Err(invalid("email", "Not a valid email address."));
    }
    let customer = Customer {
        name: Some(scene.required("name")?),
        email: Some(email),
        phone: Some(scene.required("phone")?),
        city: Some(scene.required("city")?),
        country: Some(scene.required("country")?),
        line1: Some(scene.required("line1")?),
        line2: scene.text("line2")?,
        postal_code: Some(scene.required("postal_code")?),
        tax_id: scene.text("tax_id")?,
        tax_id_type: scene.text("tax_id_type")?,
    };
    let organization = scene.administered()?;
    let id = organization.id.clone();
    let shown = show_customer(&customer, &id);
    organization.customer = Some(customer);
    scene.record(&id, "customer.edit", json!({"organization_id": id}));
    Ok(Answer::json(200, shown).changed())
}

fn show_customer(customer: &Customer, organization_id: &str) -> Value {
    json!({
        "name": customer.name,
        "email": customer.email,
        "phone": customer.phone,
        "address": {
            "city": customer.city,
            "country": customer.country,
            "line1": customer.line1,
            "line2": customer.line2,
            "postal_code": customer.postal_code,
        },
        "tax": {"tax_id": customer.tax_id, "tax_id_type": customer.tax_id_type},
        "organization_id": organization_id,
    })
}
