//! The customer of an organization: who pays. The request is flat, the reply is nested.

use serde_json::{Value, json};

use super::is_email;
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, invalid};
use crate::sandbox::route::Route;
use crate::sandbox::state::Customer;

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/{organization_id}/customer/", get),
    Route::new("PUT", "/api/v2/organizations/{organization_id}/customer/", edit).fields(&[
        "name",
        "email",
        "phone",
        "city",
        "country",
        "line1",
        "line2",
        "postal_code",
        "tax_id",
        "tax_id_type",
    ]),
];

/// All values are null until the first PUT.
fn get(request: &mut Request) -> Outcome {
    let organization = request.organization_as_admin()?;
    let customer = organization.customer.clone().unwrap_or_default();
    Ok(Response::json(200, to_json(&customer, &organization.id)))
}

/// Replace the customer: a field that is not sent becomes null.
fn edit(request: &mut Request) -> Outcome {
    request.organization_as_admin()?;
    let email = request.required_text("email")?;
    if !is_email(&email) {
        return Err(invalid("email", "Not a valid email address."));
    }
    let customer = Customer {
        name: Some(request.required_text("name")?),
        email: Some(email),
        phone: Some(request.required_text("phone")?),
        city: Some(request.required_text("city")?),
        country: Some(request.required_text("country")?),
        line1: Some(request.required_text("line1")?),
        line2: request.text("line2")?,
        postal_code: Some(request.required_text("postal_code")?),
        tax_id: request.text("tax_id")?,
        tax_id_type: request.text("tax_id_type")?,
    };
    let organization = request.organization_as_admin()?;
    let id = organization.id.clone();
    let reply = to_json(&customer, &id);
    organization.customer = Some(customer);
    request.record(&id, "customer.edit", json!({"organization_id": id}));
    Ok(Response::json(200, reply).changed())
}

fn to_json(customer: &Customer, organization_id: &str) -> Value {
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
