//! The customer of an organization: who pays. The request is flat, the reply is nested.

use serde_json::{Value, json};

use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response};
use crate::sandbox::route::Access::Admin;
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text};
use crate::sandbox::state::Customer;

pub(super) const ROUTES: &[Route] = &[
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/customer/",
        Admin,
        &[(200, Shape::Object(CUSTOMER))],
        get,
    ),
    Route::new(
        "PUT",
        "/api/v2/organizations/{organization_id}/customer/",
        Admin,
        &[(200, Shape::Object(CUSTOMER))],
        edit,
    )
    .body(EDIT),
];

const ANY_TEXT: Kind = Kind::Text { min: 0, max: 512 };

const CUSTOMER: &[Field] = &[
    text("name").nullable(),
    field("email", Kind::Email).nullable(),
    field("phone", ANY_TEXT).nullable(),
    field("address", Kind::Object(ADDRESS)),
    field("tax", Kind::Object(TAX)),
    field("organization_id", Kind::Uuid),
];

const ADDRESS: &[Field] = &[
    field("city", ANY_TEXT).nullable(),
    field("country", ANY_TEXT).nullable(),
    field("line1", ANY_TEXT).nullable(),
    field("line2", ANY_TEXT).nullable(),
    field("postal_code", ANY_TEXT).nullable(),
];

const TAX: &[Field] = &[field("tax_id", ANY_TEXT).nullable(), field("tax_id_type", ANY_TEXT).nullable()];

const EDIT: &[Field] = &[
    text("name"),
    field("email", Kind::Email),
    field("phone", ANY_TEXT),
    field("city", ANY_TEXT),
    field("country", ANY_TEXT),
    field("line1", ANY_TEXT),
    field("line2", ANY_TEXT).optional().nullable(),
    field("postal_code", ANY_TEXT),
    field("tax_id", ANY_TEXT).optional().nullable(),
    field("tax_id_type", ANY_TEXT).optional().nullable(),
];

/// All values are null until the first PUT.
fn get(request: &mut Request) -> Outcome {
    let organization = request.organization()?;
    let customer = organization.customer.clone().unwrap_or_default();
    Ok(Response::json(200, to_json(&customer, &organization.id)))
}

/// Replaces the customer: a field that is not sent becomes null.
fn edit(request: &mut Request) -> Outcome {
    let text = |name| request.text(name);
    let customer = Customer {
        name: text("name"),
        email: text("email"),
        phone: text("phone"),
        city: text("city"),
        country: text("country"),
        line1: text("line1"),
        line2: text("line2"),
        postal_code: text("postal_code"),
        tax_id: text("tax_id"),
        tax_id_type: text("tax_id_type"),
    };
    let organization = request.organization()?;
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
