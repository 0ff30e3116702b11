//! Secrets of an organization. Their data is checked and then discarded.

use serde_json::{Value, json};

use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, invalid, not_found};
use crate::sandbox::route::Route;
use crate::sandbox::state::{Dates, Secret};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/{organization_id}/secrets/", list),
    Route::new("POST", "/api/v2/organizations/{organization_id}/secrets/", create).fields(&["name", "type", "data"]),
    Route::new("DELETE", "/api/v2/organizations/{organization_id}/secrets/{secret_id}/", delete),
];

/// What a description shows in place of secret characters.
const MASK: &str = "**********";

fn list(request: &mut Request) -> Outcome {
    let rows = request.organization()?.secrets.iter().map(to_json).collect();
    Ok(Response::json(200, Value::Array(rows)))
}

fn create(request: &mut Request) -> Outcome {
    request.organization_as_admin()?;
    let (name, kind) = (request.required_text("name")?, request.required_text("type")?);
    let data = request.field("data").filter(|data| data.is_object());
    let data = data.ok_or_else(|| invalid("data", "Missing data for required field."))?;
    let description = description(&kind, data)?;
    let now = request.call.timestamp();
    let secret = Secret { id: request.new_id(), name, kind, description, dc: Dates::new(&now) };
    let reply = to_json(&secret);
    let context = json!({"secret_id": secret.id, "name": secret.name});
    let organization = request.organization_as_admin()?;
    organization.secrets.push(secret);
    let id = organization.id.clone();
    request.record(&id, "secret.create", context);
    Ok(Response::json(201, reply).changed())
}

/// Check the data of a secret and describe it: for AWS the end of the access key, else a mask.
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
        "MONGODB" => {
            required("mongodb_secret", "connection_string")?;
            let has = |field| part("mongodb_secret", field).is_some();
            if (has("username") && has("password")) == has("certificate") {
                return Err(invalid("data", "Either username and password, or certificate is required."));
            }
            Ok(MASK.to_owned())
        }
        _ => Err(invalid("type", "Must be one of: AWS, AZURE, MONGODB.")),
    }
}

fn delete(request: &mut Request) -> Outcome {
    let secret_id = request.params[1].clone();
    let organization = request.organization_as_admin()?;
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
