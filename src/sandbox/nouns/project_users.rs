//! The users of a project: those who have a role in it. The admins of its organization manage them.

use serde_json::{Value, json};

use super::projects::{has_project, project};
use super::resources::owner;
use super::users::find;
use super::{PICTURE, PROJECT_ROLE_WORDS, PROJECT_ROLES, user_row};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, not_found};
use crate::sandbox::route::Access::User;
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::state::Member;

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/projects/{project_id}/users/", User, &[(200, Shape::List(PROJECT_USER))], list),
    Route::new(
        "POST",
        "/api/v2/projects/{project_id}/users/",
        User,
        &[(200, Shape::Object(ADDED)), (201, Shape::Object(ADDED))],
        add,
    )
    .body(ADD),
    Route::new(
        "DELETE",
        "/api/v2/projects/{project_id}/users/{user_id_or_email}/",
        User,
        &[(204, Shape::Empty)],
        remove,
    ),
];

/// The fields that no client shows are those of a user of an organization.
const PROJECT_USER: &[Field] = &[
    field("uid", Kind::Uuid),
    field("email", Kind::Email),
    text("username"),
    text("name").guess(),
    PICTURE,
    text("idp").guess(),
    PROJECT_ROLES,
];

/// `user` is an ID or an email address.
const ADD: &[Field] = &[text("user"), word("role_fqn", PROJECT_ROLE_WORDS)];

const ADDED: &[Field] = &[
    field("user_id", Kind::Uuid),
    field("project_id", Kind::Uuid),
    word("role_fqn", PROJECT_ROLE_WORDS),
    field("added", Kind::Boolean),
];

fn list(request: &mut Request) -> Outcome {
    let id = request.params[0].clone();
    let members = project(owner(request, has_project)?, &id)?.members.clone();
    let rows = members.iter().filter_map(|member| {
        let user = find(request, &member.uid)?;
        Some(user_row(&user, [("project_roles", json!([{"project_id": id, "role_fqn": member.role_fqn}]))]))
    });
    Ok(Response::json(200, rows.collect()))
}

/// Adds a user, or changes the role of one who has a role already. Nobody is invited to a project.
fn add(request: &mut Request) -> Outcome {
    let text = |name| request.text(name).unwrap_or_default();
    let (id, user, role_fqn) = (request.params[0].clone(), text("user"), text("role_fqn"));
    let found = find(request, &user);
    let organization = owner(request, has_project)?;
    let uid = found.ok_or_else(not_found)?.uid;
    let members = &mut project(organization, &id)?.members;
    let count = members.len();
    members.retain(|member| member.uid != uid);
    let added = members.len() == count;
    members.push(Member { uid: uid.clone(), role_fqn: role_fqn.clone() });
    let action = if added { "project.add_user" } else { "project.edit_user" };
    record(request, action, json!({"project_id": id, "user_id": uid, "role_fqn": role_fqn}))?;
    let reply = json!({"user_id": uid, "project_id": id, "role_fqn": role_fqn, "added": added});
    Ok(Response::json(if added { 201 } else { 200 }, reply).changed())
}

fn remove(request: &mut Request) -> Outcome {
    let (id, user) = (request.params[0].clone(), request.params[1].clone());
    let found = find(request, &user);
    let organization = owner(request, has_project)?;
    let uid = found.ok_or_else(not_found)?.uid;
    let members = &mut project(organization, &id)?.members;
    let at = members.iter().position(|member| member.uid == uid).ok_or_else(not_found)?;
    members.remove(at);
    record(request, "project.remove_user", json!({"project_id": id, "user_id": uid}))?;
    Ok(Response::no_content().changed())
}

/// Adds an audit event to the organization of the project.
fn record(request: &mut Request, action: &'static str, context: Value) -> Result<(), Box<Response>> {
    let organization_id = owner(request, has_project)?.id.clone();
    request.record(&organization_id, action, context);
    Ok(())
}
