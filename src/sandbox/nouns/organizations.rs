//! Organizations.

use serde_json::{Value, json};

use super::{DATES, ROLE_WORDS};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, denied, error, has_related};
use crate::sandbox::route::Access::{Admin, Member, User};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::seed;
use crate::sandbox::state::{self, Dates, Organization};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/", User, &[(200, Shape::List(ORGANIZATION))], list),
    Route::new("POST", "/api/v2/organizations/", User, &[(201, Shape::Object(ORGANIZATION))], create).body(NEW),
    Route::new("GET", "/api/v2/organizations/{organization_id}/", Member, &[(200, Shape::Object(ORGANIZATION))], get),
    Route::new("PUT", "/api/v2/organizations/{organization_id}/", Admin, &[(200, Shape::Object(ORGANIZATION))], edit)
        .body(EDIT),
    Route::new("DELETE", "/api/v2/organizations/{organization_id}/", Admin, &[(204, Shape::Empty)], delete),
];

const PLANS: Kind = Kind::OneOf(&[1, 2, 3, 4, 5, 6]);

const ORGANIZATION: &[Field] = &[
    field("id", Kind::Uuid),
    text("name"),
    field("plan_type", PLANS),
    field("email", Kind::Email).nullable(),
    field("notifications_enabled", Kind::Boolean),
    field("project_count", Kind::Integer { min: 0, max: i64::MAX }),
    // Null for a superuser who is not a member.
    word("role_fqn", ROLE_WORDS).nullable().guess(),
    field("dc", Kind::Object(DATES)),
];

const NEW: &[Field] = &[text("name"), field("plan_type", PLANS).optional()];

/// The API ignores `id`.
const EDIT: &[Field] = &[
    text("name").optional(),
    field("plan_type", PLANS).optional(),
    field("email", Kind::Email).optional().nullable(),
    field("notifications_enabled", Kind::Boolean).optional(),
    field("id", Kind::Uuid).optional(),
];

/// With `--strict`, the most organizations that a user can be an admin of. The API has this limit.
const MOST_ORGANIZATIONS: usize = 2;

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
    let plan_type = plan_type(request)?;
    let uid = request.uid.clone();
    let organizations = request.state.organizations.iter();
    let administered = organizations.filter(|organization| organization.role(&uid) == Some("org_admin")).count();
    if request.rules.strict && administered >= MOST_ORGANIZATIONS && !request.is_superuser() {
        return Err(error(400, "The maximum number of organizations is reached."));
    }
    let (id, now, name) = (request.new_id(), request.call.timestamp(), request.text("name").unwrap_or_default());
    let organization = Organization {
        dc: Dates::new(&now),
        members: vec![state::Member { uid: uid.clone(), role_fqn: "org_admin".to_owned() }],
        notifications_enabled: false,
        ..seed::organization(&id, &name, plan_type.unwrap_or(3))
    };
    let reply = to_json(&organization, &uid);
    request.state.organizations.push(organization);
    request.record(&id, "organization.create", json!({"organization_id": id}));
    request.record(&id, "organization.add_user", json!({"user_id": uid, "role_fqn": "org_admin"}));
    Ok(Response::json(201, reply).changed())
}

/// A field that is not sent stays as it is; a null clears the email address.
fn edit(request: &mut Request) -> Outcome {
    let plan_type = plan_type(request)?;
    let (name, notifications) = (request.text("name"), request.boolean("notifications_enabled"));
    let email = request.field("email").map(|email| email.as_str().map(str::to_owned));
    let (now, uid) = (request.call.timestamp(), request.uid.clone());
    let organization = request.organization()?;
    organization.name = name.unwrap_or_else(|| organization.name.clone());
    organization.email = email.unwrap_or_else(|| organization.email.take());
    organization.plan_type = plan_type.unwrap_or(organization.plan_type);
    organization.notifications_enabled = notifications.unwrap_or(organization.notifications_enabled);
    organization.dc.modified = now;
    let (reply, id) = (to_json(organization, &uid), organization.id.clone());
    request.record(&id, "organization.edit", json!({"organization_id": id}));
    Ok(Response::json(200, reply).changed())
}

/// An organization with projects cannot be deleted.
fn delete(request: &mut Request) -> Outcome {
    let organization = request.organization()?;
    if !organization.projects.is_empty() {
        let projects: Vec<&str> = organization.projects.iter().map(|project| project.id.as_str()).collect();
        return Err(has_related("projects", &projects));
    }
    let id = organization.id.clone();
    let files = organization.files.iter().map(|file| file.id.clone()).collect();
    request.state.organizations.retain(|organization| organization.id != id);
    // The real program clears the `organization-id` of its profile.
    request.state.default_organization_id.take_if(|default| *default == id);
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
        "project_count": organization.projects.len(),
        "role_fqn": organization.role(uid),
        "dc": organization.dc,
    })
}

/// The plan that was sent. Only superusers may choose one.
fn plan_type(request: &Request) -> Result<Option<i64>, Box<Response>> {
    match request.integer("plan_type") {
        Some(_) if !request.is_superuser() => Err(denied()),
        plan_type => Ok(plan_type),
    }
}
