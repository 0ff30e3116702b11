//! The cloud: a pure function from state and request to response.
//!
//! It uses no socket, file or clock: the time and the randomness are part of the [`Call`].

use serde_json::Value;

use super::call::{Call, RequestBody, Rules};
use super::encoding::encode;
use super::request::{Request, SESSION_LIFETIME};
use super::response::{Response, denied, error, invalid_fields, not_found};
use super::route::{Access, Route};
use super::routes;
use super::schema::problems;
use super::state::State;

/// The age at which a response renews a session's token, in seconds.
const RENEWED_AFTER: i64 = 3600;

/// Responds to a call. The state changes only if the response says so.
pub(super) fn respond(state: &mut State, rules: &Rules, call: &Call) -> Response {
    let (route, params) = match routes::find(&call.method, &call.path) {
        Ok(found) => found,
        Err(refused) => return *refused,
    };
    let mut request = Request::new(state, rules, call, params);
    let mut authentication = Authentication::default();
    if route.access != Access::Public {
        match authenticate(&mut request) {
            Ok(done) => authentication = done,
            Err(refused) => return *refused,
        }
    }
    let outcome = authorize(&request, route.access)
        .and_then(|()| check_query(&request, route))
        .and_then(|()| check_body(&request, route))
        .and_then(|()| (route.run)(&mut request));
    let mut response = outcome.unwrap_or_else(|refused| *refused);
    response.changed |= authentication.changed;
    response.renewed_token = authentication.renewed_token;
    response
}

/// Checks that the caller may use the endpoint.
fn authorize(request: &Request, access: Access) -> Result<(), Box<Response>> {
    let role = || {
        let id = &request.params[0];
        let organization = request.state.organizations.iter().find(|organization| organization.id == *id);
        organization.map(|organization| organization.role(&request.uid)).ok_or_else(not_found)
    };
    let is_allowed = match access {
        Access::Public | Access::User => true,
        Access::Member => role()?.is_some(),
        Access::Admin => role()? == Some("org_admin"),
        Access::Superuser => false,
    };
    if is_allowed || request.is_superuser() { Ok(()) } else { Err(denied()) }
}

/// Checks the parameters of the query. An empty value counts as not sent.
fn check_query(request: &Request, route: &Route) -> Result<(), Box<Response>> {
    let sent = || request.call.query.iter().filter(|(_, value)| !value.is_empty());
    let values = sent().map(|(name, value)| (name.clone(), Value::from(value.clone()))).collect();
    let repeated = route.query.iter().filter(|field| sent().filter(|(name, _)| *name == field.name).count() > 1);
    let repeated = repeated.map(|field| (field.name.to_owned(), "Sent more than once.".to_owned()));
    valid(problems(route.query, &values, request.rules.strict).into_iter().chain(repeated).collect())
}

/// Checks the body, if the endpoint takes one.
fn check_body(request: &Request, route: &Route) -> Result<(), Box<Response>> {
    let object = match (&request.call.body, route.body) {
        (_, None) => return Ok(()),
        (RequestBody::Invalid, _) => return Err(error(400, "Request body is no valid JSON.")),
        (RequestBody::Empty, _) => return Err(error(400, "Request body is missing.")),
        (RequestBody::Json(Value::Object(object)), _) => object,
        (RequestBody::Json(_), _) => return Err(error(400, "Request body must be a JSON object.")),
    };
    valid(problems(route.body.unwrap_or_default(), object, request.rules.strict))
}

fn valid(problems: Vec<(String, String)>) -> Result<(), Box<Response>> {
    if problems.is_empty() { Ok(()) } else { Err(invalid_fields(&problems)) }
}

/// The change that an authentication made to the state.
#[derive(Default)]
struct Authentication {
    changed: bool,
    renewed_token: Option<String>,
}

/// Finds the caller by the session, else by the API key.
fn authenticate(request: &mut Request) -> Result<Authentication, Box<Response>> {
    let (call, now) = (request.call, request.call.now.as_second());
    if let Some(token) = &request.rules.private_token {
        if call.token.as_ref() != Some(token) {
            return Err(error(401, "Authentication required."));
        }
        request.uid = request.state.default_user().map(|user| user.uid.clone()).unwrap_or_default();
        return Ok(Authentication::default());
    }
    let session = call.token.as_ref().and_then(|token| request.state.sessions.get(token));
    if let Some(session) = session.filter(|session| session.is_alive(now, SESSION_LIFETIME)).cloned() {
        request.uid = session.uid;
        let is_old = session.since.is_some_and(|since| now - since >= RENEWED_AFTER);
        let renewed_token = is_old.then(|| request.sign_in());
        return Ok(Authentication { changed: renewed_token.is_some(), renewed_token });
    }
    let Some((key, secret)) = &call.key else {
        return Err(Box::new(Response::redirect(format!("/?rd={}", encode(&call.path)))));
    };
    let known = request.state.users.iter_mut().find_map(|user| {
        let known = user.api_keys.iter_mut().find(|known| known.key == *key && known.secret == *secret)?;
        known.active.then_some((user.uid.clone(), known))
    });
    let Some((uid, known)) = known else { return Err(error(401, "Authentication required.")) };
    // Whole hours, so that not every request changes the state.
    let hour = call.now.strftime("%Y-%m-%dT%H:00:00+00:00").to_string();
    let changed = known.last_used.as_ref() != Some(&hour);
    known.last_used = Some(hour);
    request.uid = uid;
    Ok(Authentication { changed, renewed_token: None })
}

#[cfg(test)]
mod tests;
