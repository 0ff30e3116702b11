//! The users of the whole cloud, for superusers.

use serde_json::{Value, json};

use super::{ORGANIZATION_ROLES, PICTURE, PROJECT_ROLES, picture};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response};
use crate::sandbox::route::{Access, Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text};

pub(super) const ROUTES: &[Route] =
    &[Route::new("GET", "/api/v2/users/", Access::Superuser, &[(200, Shape::List(USER))], list)
        .query(&[text("no-roles").optional()])];

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
            json!({
                "uid": user.uid,
                "email": user.email,
                "username": user.username,
                "name": user.name,
                "picture": picture(user),
                "idp": user.idp,
                "organization_roles": roles,
                "project_roles": [],
            })
        })
    });
    Ok(Response::json(200, Value::Array(rows.collect())))
}
