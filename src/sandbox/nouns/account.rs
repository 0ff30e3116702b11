//! The account of the caller, and the roles that users can have.

use serde_json::{Value, json};

use super::is_email;
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, invalid, not_found};
use crate::sandbox::route::Route;
use crate::sandbox::seed;

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/users/me/", get),
    Route::new("PATCH", "/api/v2/users/me/", edit).fields(&["email"]),
    Route::new("GET", "/api/v2/roles/", roles),
];

fn get(request: &mut Request) -> Outcome {
    Ok(Response::json(200, to_json(request)?))
}

/// The new address is not stored: the API waits for its owner to confirm it.
fn edit(request: &mut Request) -> Outcome {
    match request.text("email")? {
        None => Ok(Response::json(200, to_json(request)?)),
        Some(email) if is_email(&email) => {
            let message = "A confirmation email was sent. \
                           Please follow its instructions to verify your new email address.";
            Ok(Response::json(202, json!({"message": message, "status": "pending", "success": true})))
        }
        Some(_) => Err(invalid("email", "Not a valid email address.")),
    }
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
        "is_superuser": user.is_superuser || (request.rules.admin_is_superuser && user.uid == seed::ADMIN),
        "organization_id": organization_id,
        "organization_roles": roles,
        "project_roles": [],
    }))
}

fn roles(_: &mut Request) -> Outcome {
    Ok(Response::json(200, seed::ROLES.iter().map(|(id, name)| json!({"id": id, "name": name})).collect()))
}
