//! Organizations.

use serde_json::{Value, json};

use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, denied, error, invalid};
use crate::sandbox::route::Route;
use crate::sandbox::seed;
use crate::sandbox::state::{Dates, Member, Organization};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/", list),
    Route::new("POST", "/api/v2/organizations/", create).fields(&["name", "plan_type"]),
    Route::new("GET", "/api/v2/organizations/{organization_id}/", get),
    Route::new("PUT", "/api/v2/organizations/{organization_id}/", edit).fields(&[
        "name",
        "plan_type",
        "email",
        "notifications_enabled",
    ]),
    Route::new("DELETE", "/api/v2/organizations/{organization_id}/", delete),
];

fn list(request: &mut Request) -> Outcome {
    let is_superuser = request.is_superuser();
    let organizations = request.state.organizations.iter();
    let rows = organizations
        .filter(|organization| is_superuser || organization.role(&request.uid).is_some())
        .map(|organization| to_json(organization, &request.uid))
        .collect();
    Ok(Response::json(200, Value::Array(rows)))
}

fn get(request: &mut Request) -> Outcome {
    let uid = request.uid.clone();
    let organization = request.organization()?;
    Ok(Response::json(200, to_json(organization, &uid)))
}

/// The creator becomes an admin of the organization.
fn create(request: &mut Request) -> Outcome {
    let name = request.required_text("name")?;
    let plan_type = plan_type(request)?;
    let (id, now, uid) = (request.new_id(), request.call.timestamp(), request.uid.clone());
    let organization = Organization {
        dc: Dates::new(&now),
        members: vec![Member { uid: uid.clone(), role_fqn: "org_admin".to_owned() }],
        ..seed::organization(&id, &name, plan_type.unwrap_or(3))
    };
    let reply = to_json(&organization, &uid);
    request.state.organizations.push(organization);
    request.record(&id, "organization.create", json!({"organization_id": id}));
    request.record(&id, "organization.add_user", json!({"user_id": uid, "role_fqn": "org_admin"}));
    Ok(Response::json(201, reply).changed())
}

fn edit(request: &mut Request) -> Outcome {
    request.organization_as_admin()?;
    let (name, email, plan_type) = (request.text("name")?, request.text("email")?, plan_type(request)?);
    if name.as_ref().is_some_and(String::is_empty) {
        return Err(invalid("name", "Shorter than minimum length 1."));
    }
    let notifications = match request.field("notifications_enabled") {
        None => None,
        Some(Value::Bool(enabled)) => Some(*enabled),
        Some(_) => return Err(invalid("notifications_enabled", "Not a valid boolean.")),
    };
    let (now, uid) = (request.call.timestamp(), request.uid.clone());
    let organization = request.organization_as_admin()?;
    organization.name = name.unwrap_or_else(|| organization.name.clone());
    organization.email = email.or_else(|| organization.email.take());
    organization.plan_type = plan_type.unwrap_or(organization.plan_type);
    organization.notifications_enabled = notifications.unwrap_or(organization.notifications_enabled);
    organization.dc.modified = now;
    let (reply, id) = (to_json(organization, &uid), organization.id.clone());
    request.record(&id, "organization.edit", json!({"organization_id": id}));
    Ok(Response::json(200, reply).changed())
}

fn delete(request: &mut Request) -> Outcome {
    let organization = request.organization_as_admin()?;
    if organization.project_count > 0 {
        let related: Vec<Value> = (1..=organization.project_count)
            .map(|n| json!({"type": "project", "name": format!("project-{n}")}))
            .collect();
        let mut refused = error(400, "The organization has projects. Delete them first.");
        if let crate::sandbox::response::ResponseBody::Json(Value::Object(body)) = &mut refused.body {
            body.insert("errors".to_owned(), json!({"related_resources": related}));
            body.insert("related_resources".to_owned(), Value::Array(related));
        }
        return Err(refused);
    }
    let id = organization.id.clone();
    let files = organization.files.iter().map(|file| file.id.clone()).collect();
    request.state.organizations.retain(|organization| organization.id != id);
    Ok(Response::no_content().changed().with_deleted_files(files))
}

/// An organization as the user `uid` sees it.
fn to_json(organization: &Organization, uid: &str) -> Value {
    json!({
        "id": organization.id,
        "name": organization.name,
        "plan_type": organization.plan_type,
        "email": organization.email,
        "notifications_enabled": organization.notifications_enabled,
        "project_count": organization.project_count,
        "role_fqn": organization.role(uid),
        "dc": organization.dc,
    })
}

/// The plan that was sent. Only superusers may choose one.
fn plan_type(request: &Request) -> Result<Option<u64>, Box<Response>> {
    let Some(value) = request.field("plan_type") else { return Ok(None) };
    let plan_type = value.as_u64().filter(|plan_type| (1..=6).contains(plan_type));
    let plan_type = plan_type.ok_or_else(|| invalid("plan_type", "Must be one of: 1, 2, 3, 4, 5, 6."))?;
    match request.is_superuser() {
        true => Ok(Some(plan_type)),
        false => Err(denied()),
    }
}
