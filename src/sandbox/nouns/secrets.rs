//! Secrets of an organization. Their data is checked and then discarded.

use serde_json::{Value, json};

use super::DATES;
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, invalid, not_found};
use crate::sandbox::route::Access::{Admin, Member};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::state::{Dates, Secret};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/{organization_id}/secrets/", Member, &[(200, Shape::List(SECRET))], list),
    Route::new(
        "POST",
        "/api/v2/organizations/{organization_id}/secrets/",
        Admin,
        &[(201, Shape::Object(SECRET))],
        create,
    )
    .body(NEW),
    Route::new(
        "DELETE",
        "/api/v2/organizations/{organization_id}/secrets/{secret_id}/",
        Admin,
        &[(204, Shape::Empty)],
        delete,
    ),
];

/// The vendor's description does not name the types; the Python program does.
const TYPES: &[&str] = &["AWS", "AZURE", "MONGODB"];

const SECRET: &[Field] = &[
    field("id", Kind::Uuid),
    text("name"),
    word("type", TYPES),
    text("description"),
    field("dc", Kind::Object(DATES)),
];

/// What `data` must have depends on the type.
const NEW: &[Field] = &[text("name"), word("type", TYPES), field("data", Kind::AnyObject)];

/// What a description shows in place of secret characters.
const MASK: &str = "**********";

fn list(request: &mut Request) -> Outcome {
    let rows = request.organization()?.secrets.iter().map(to_json).collect();
    Ok(Response::json(200, Value::Array(rows)))
}

fn create(request: &mut Request) -> Outcome {
    let text = |name| request.text(name).unwrap_or_default();
    let (name, kind) = (text("name"), text("type"));
    let description = description(&kind, request.field("data").unwrap_or(&Value::Null))?;
    let now = request.call.timestamp();
    let secret = Secret { id: request.new_id(), name, kind, description, dc: Dates::new(&now) };
    let reply = to_json(&secret);
    let context = json!({"secret_id": secret.id, "name": secret.name});
    let organization = request.organization()?;
    organization.secrets.push(secret);
    let id = organization.id.clone();
    request.record(&id, "secret.create", context);
    Ok(Response::json(201, reply).changed())
}

/// Checks the data of a secret and describes it: for AWS the end of the access key, else a mask.
fn description(kind: &str, data: &Value) -> Result<String, Box<Response>> {
    let part = |nested: &str, field: &str| {
        // Version 1.15.0 of the Python program sends AWS keys without the nested object.
        let value = data.get(nested).unwrap_or(data).get(field).and_then(Value::as_str);
        value.filter(|value| !value.is_empty())
    };
    let required = |nested: &str, field: &str| {
        part(nested, field).ok_or_else(|| invalid("data", &format!("{field}: Missing data for required field.")))
    };
    match kind {
        "AWS" => {
            let access_key = required("aws_secret", "access_key")?;
            required("aws_secret", "secret_key")?;
            let hidden = access_key.chars().count().saturating_sub(6);
            Ok(format!("{MASK}{}", access_key.chars().skip(hidden).collect::<String>()))
        }
        "AZURE" => {
            required("azure_secret", "connection_string")?;
            Ok(MASK.to_owned())
        }
        _ => {
            required("mongodb_secret", "connection_string")?;
            let has = |field| part("mongodb_secret", field).is_some();
            if (has("username") && has("password")) == has("certificate") {
                return Err(invalid("data", "Either username and password, or certificate is required."));
            }
            Ok(MASK.to_owned())
        }
    }
}

fn delete(request: &mut Request) -> Outcome {
    let secret_id = request.params[1].clone();
    let organization = request.organization()?;
    let at = organization.secrets.iter().position(|secret| secret.id == secret_id).ok_or_else(not_found)?;
    organization.secrets.remove(at);
    let id = organization.id.clone();
    request.record(&id, "secret.delete", json!({"secret_id": secret_id}));
    Ok(Response::no_content().changed())
}

fn to_json(secret: &Secret) -> Value {
    json!({
        "id": secret.id,
        "name": secret.name,
        "type": secret.kind,
        "description": secret.description,
        "dc": secret.dc,
    })
}
