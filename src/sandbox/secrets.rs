//! Secrets. What they hide is looked at, and forgotten.

use serde_json::{Value, json};

use super::cloud::{Answer, Outcome, Scene, invalid, not_found};
use super::state::{Dates, Secret};

pub(super) fn list(scene: &mut Scene) -> Outcome {
    let rows = scene.organization()?.secrets.iter().map(show).collect();
    Ok(Answer::json(200, Value::Array(rows)))
}

pub(super) fn create(scene: &mut Scene) -> Outcome {
    scene.administered()?;
    let (name, kind) = (scene.required("name")?, scene.required("type")?);
    let data = scene.field("data").filter(|data| data.is_object());
    let data = data.ok_or_else(|| invalid("data", "Missing data for required field."))?;
    let part = |nested: &str, field: &str| {
        // The Python program's 1.15.0 sends AWS keys without the level between.
        let value = data.get(nested).unwrap_or(data).get(field).and_then(Value::as_str);
        value.filter(|value| !value.is_empty())
    };
    let needed = |nested: &str, field: &str| {
        part(nested, field).ok_or_else(|| invalid("data", &format!("{field}: Missing data for required field.")))
    };
    let description = match kind.as_str() {
        "AWS" => {
            let access_key = needed("aws_secret", "access_key")?;
            needed("aws_secret", "secret_key")?;
            let hidden = access_key.chars().count().saturating_sub(6);
            format!("**********{}", access_key.chars().skip(hidden).collect::<String>())
        }
        "AZURE" => {
            needed("azure_secret", "connection_string")?;
            "**********".to_owned()
        }
        "MONGODB" => {
            needed("mongodb_secret", "connection_string")?;
            let has = |field| part("mongodb_secret", field).is_some();
            if (has("username") && has("password")) == has("certificate") {
                return Err(invalid("data", "Either username and password, or certificate is required."));
            }
            "**********".to_owned()
        }
        _ => return Err(invalid("type", "Must be one of: AWS, AZURE, MONGODB.")),
    };
    let now = scene.now();
    let secret = Secret { id: scene.new_id(), name, kind, description, dc: Dates::new(&now) };
    let shown = show(&secret);
    let context = json!({"secret_id": secret.id, "name": secret.name});
    let organization = scene.administered()?;
    organization.secrets.push(secret);
    let id = organization.id.clone();
    scene.record(&id, "secret.create", context);
    Ok(Answer::json(201, shown).changed())
}

pub(super) fn delete(scene: &mut Scene) -> Outcome {
    let secret_id = scene.params[1].clone();
    let organization = scene.administered()?;
    let at = organization.secrets.iter().position(|secret| secret.id == secret_id).ok_or_else(not_found)?;
    organization.secrets.remove(at);
    let id = organization.id.clone();
    scene.record(&id, "secret.delete", json!({"secret_id": secret_id}));
    Ok(Answer::none().changed())
}

fn show(secret: &Secret) -> Value {
    json!({
        "id": secret.id,
        "name": secret.name,
        "type": secret.kind,
        "description": secret.description,
        "dc": secret.dc,
    })
}
