//! The account of the caller, and the roles that users can have.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use super::{ORGANIZATION_ROLES, PROJECT_ROLES};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, error, not_found};
use crate::sandbox::route::Access::User;
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text};
use crate::sandbox::seed;

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/users/me/", User, &[(200, Shape::Object(ME))], get),
    Route::new("PATCH", "/api/v2/users/me/", User, &[(202, Shape::Object(PENDING))], edit)
        .body(&[field("email", Kind::Email)]),
    Route::new("PUT", "/api/v2/users/me/confirm-email/", User, &[(200, Shape::Object(ME))], confirm_email)
        .body(&[text("token")]),
    Route::new("GET", "/api/v2/roles/", User, &[(200, Shape::List(&[text("id"), text("name")]))], roles),
];

const ME: &[Field] = &[
    field("uid", Kind::Uuid),
    field("email", Kind::Email),
    text("username"),
    text("name"),
    text("idp"),
    field("picture", Kind::Url).nullable(),
    text("status"),
    // A value for the chat of the vendor's web page. Its length is a guess.
    text("hmac").guess(),
    field("is_superuser", Kind::Boolean),
    field("organization_id", Kind::Uuid).nullable(),
    ORGANIZATION_ROLES,
    PROJECT_ROLES,
];

const PENDING: &[Field] = &[text("message"), text("status"), field("success", Kind::Boolean)];

fn get(request: &mut Request) -> Outcome {
    Ok(Response::json(200, to_json(request)?))
}

/// Keeps the new address until its owner confirms it.
fn edit(request: &mut Request) -> Outcome {
    let email = request.text("email");
    let uid = &request.uid;
    let user = request.state.users.iter_mut().find(|user| user.uid == *uid).ok_or_else(not_found)?;
    user.pending_email = email;
    let message = "A confirmation email was sent. Please follow its instructions to verify your new email address.";
    let reply = json!({"message": message, "status": "pending", "success": true});
    Ok(Response::json(202, reply).changed())
}

/// Changes the address to the new one. No email is sent, so the token is the new address itself.
fn confirm_email(request: &mut Request) -> Outcome {
    let (token, uid) = (request.text("token").unwrap_or_default(), request.uid.clone());
    let is_taken = request.state.users.iter().any(|user| user.uid != uid && user.email.eq_ignore_ascii_case(&token));
    let user = request.state.users.iter_mut().find(|user| user.uid == uid).ok_or_else(not_found)?;
    if is_taken || user.pending_email.as_ref() != Some(&token) {
        return Err(error(400, "The token is invalid or expired."));
    }
    user.email = token;
    user.pending_email = None;
    Ok(Response::json(200, to_json(request)?).changed())
}

fn to_json(request: &Request) -> Result<Value, Box<Response>> {
    let user = request.state.user(&request.uid).ok_or_else(not_found)?;
    let roles = request.state.roles(&user.uid);
    let organization_id = roles.get(0).and_then(|role| role.get("organization_id")).cloned();
    Ok(json!({
        "uid": user.uid,
        "email": user.email,
        "username": user.username,
        "name": user.name,
        "idp": user.idp,
        "picture": null,
        "status": "active",
        "hmac": hmac(&user.uid),
        "is_superuser": request.may_be_superuser(user),
        "organization_id": organization_id,
        "organization_roles": roles,
        "project_roles": request.state.project_roles(&user.uid),
    }))
}

/// A text that looks like an HMAC. Nothing can be checked with it.
fn hmac(uid: &str) -> String {
    let part = |n: u8| {
        let mut hasher = DefaultHasher::new();
        (uid, n).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    };
    (0..4).map(part).collect()
}

fn roles(_: &mut Request) -> Outcome {
    Ok(Response::json(200, seed::ROLES.iter().map(|(id, name)| json!({"id": id, "name": name})).collect()))
}
