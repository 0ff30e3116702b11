//! The API keys of the caller.

use serde_json::{Value, json};

use super::DATES;
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, not_found};
use crate::sandbox::route::Access::User;
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text};
use crate::sandbox::state::{ApiKey, Dates};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/users/me/api-keys/", User, &[(200, Shape::List(KEY))], list),
    Route::new("POST", "/api/v2/users/me/api-keys/", User, &[(200, Shape::Object(KEY))], create),
    Route::new("GET", "/api/v2/users/me/api-keys/{api_key}/", User, &[(200, Shape::Object(KEY))], get),
    Route::new("PATCH", "/api/v2/users/me/api-keys/{api_key}/", User, &[(200, Shape::Object(KEY))], edit)
        .body(&[field("active", Kind::Boolean).optional()]),
    Route::new("DELETE", "/api/v2/users/me/api-keys/{api_key}/", User, &[(204, Shape::Empty)], delete),
];

const KEY: &[Field] = &[
    field("user_id", Kind::Uuid),
    text("key"),
    field("active", Kind::Boolean),
    field("last_used", Kind::Time).nullable(),
    field("dc", Kind::Object(DATES)),
    // Only the reply to POST has it.
    text("secret").optional(),
];

fn list(request: &mut Request) -> Outcome {
    let uid = request.uid.clone();
    let rows = own_keys(request)?.iter().map(|key| to_json(key, &uid)).collect();
    Ok(Response::json(200, rows))
}

fn get(request: &mut Request) -> Outcome {
    let uid = request.uid.clone();
    Ok(Response::json(200, to_json(own_key(request)?, &uid)))
}

/// No other reply has the secret.
fn create(request: &mut Request) -> Outcome {
    let now = request.call.timestamp();
    let key = ApiKey {
        key: format!("crate_{}", request.random(24)),
        secret: request.random(40),
        active: true,
        last_used: None,
        dc: Dates::new(&now),
    };
    let mut reply = to_json(&key, &request.uid);
    reply["secret"] = key.secret.clone().into();
    own_keys(request)?.push(key);
    Ok(Response::json(200, reply).changed())
}

fn edit(request: &mut Request) -> Outcome {
    let active = request.boolean("active");
    let (uid, now) = (request.uid.clone(), request.call.timestamp());
    let key = own_key(request)?;
    key.active = active.unwrap_or(key.active);
    key.dc.modified = now;
    Ok(Response::json(200, to_json(key, &uid)).changed())
}

fn delete(request: &mut Request) -> Outcome {
    let name = own_key(request)?.key.clone();
    own_keys(request)?.retain(|key| key.key != name);
    Ok(Response::no_content().changed())
}

fn own_keys<'r>(request: &'r mut Request) -> Result<&'r mut Vec<ApiKey>, Box<Response>> {
    let user = request.state.users.iter_mut().find(|user| user.uid == request.uid);
    user.map(|user| &mut user.api_keys).ok_or_else(not_found)
}

/// The caller's key in the path.
fn own_key<'r>(request: &'r mut Request) -> Result<&'r mut ApiKey, Box<Response>> {
    let name = request.params[0].clone();
    own_keys(request)?.iter_mut().find(|key| key.key == name).ok_or_else(not_found)
}

fn to_json(key: &ApiKey, uid: &str) -> Value {
    json!({"user_id": uid, "key": key.key, "active": key.active, "last_used": key.last_used, "dc": key.dc})
}
