//! The users of the whole cloud, for superusers.

use serde_json::{Value, json};

use super::{ORGANIZATION_ROLES, PICTURE, PROJECT_ROLES, user_row};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, error, not_found};
use crate::sandbox::route::Access::Superuser;
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/users/", Superuser, &[(200, Shape::List(USER))], list)
        .query(&[text("no-roles").optional()]),
    Route::new("DELETE", "/api/v2/users/{user_id}/", Superuser, &[(204, Shape::Empty)], delete),
];

const USER: &[Field] = &[
    field("uid", Kind::Uuid),
    field("email", Kind::Email),
    text("username"),
    text("name"),
    PICTURE,
    text("idp"),
    ORGANIZATION_ROLES,
    PROJECT_ROLES,
];

/// With `no-roles=1`, those who have no role in any organization.
fn list(request: &mut Request) -> Outcome {
    let only_without_roles = request.parameter("no-roles").is_some_and(|value| value == "1");
    let rows = request.state.users.iter().filter_map(|user| {
        let roles = request.state.roles(&user.uid);
        let is_wanted = !only_without_roles || roles.as_array().is_some_and(Vec::is_empty);
        is_wanted.then(|| {
            let project_roles = request.state.project_roles(&user.uid);
            user_row(user, [("organization_roles", roles), ("project_roles", project_roles)])
        })
    });
    Ok(Response::json(200, Value::Array(rows.collect())))
}

/// Deletes a user with all roles, sessions and API keys. The audit events stay.
fn delete(request: &mut Request) -> Outcome {
    let uid = request.params[0].clone();
    if request.state.user(&uid).is_none() {
        return Err(not_found());
    }
    let organizations = &mut request.state.organizations;
    if organizations.iter().any(|organization| organization.is_last_admin(&uid)) {
        return Err(error(400, "The last organization admin cannot be removed."));
    }
    let mut left = Vec::new();
    for organization in organizations.iter_mut().filter(|organization| organization.role(&uid).is_some()) {
        organization.members.retain(|member| member.uid != uid);
        left.push(organization.id.clone());
    }
    for project in organizations.iter_mut().flat_map(|organization| &mut organization.projects) {
        project.members.retain(|member| member.uid != uid);
    }
    request.state.users.retain(|user| user.uid != uid);
    request.state.sessions.retain(|_, session| session.uid != uid);
    for organization_id in left {
        request.record(&organization_id, "organization.remove_user", json!({"user_id": uid}));
    }
    Ok(Response::no_content().changed())
}
