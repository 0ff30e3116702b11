//! Sessions, API keys and sign-in.

use serde_json::{Value, json};

use super::{Cloud, json_of};

const ME: &str = "GET /api/v2/users/me/";
const LOGIN: &str = "GET /oauth2/github/login?cli=true&user=6b1e2c0a-8f43-4d57-9c1b-0d2f6a3e7b11";

/// Signs the admin in and returns the token.
fn sign_in(cloud: &mut Cloud) -> String {
    let response = cloud.send(LOGIN, Value::Null, |_| {});
    assert_eq!((response.status, response.changed), (302, true));
    let location = response.location.expect("a redirect");
    location.strip_prefix("http://localhost:8400/?token=").expect("the callback").to_owned()
}

#[test]
fn a_session_ends_after_a_day() {
    let mut cloud = Cloud::new();
    let token = sign_in(&mut cloud);
    cloud.wait(24 * 3600 - 1);
    assert_eq!(cloud.ask(&token, ME, Value::Null).status, 200);
    cloud.wait(1);
    let response = cloud.ask(&token, ME, Value::Null);
    assert_eq!((response.status, response.location.as_deref()), (302, Some("/?rd=%2Fapi%2Fv2%2Fusers%2Fme%2F")));
}

#[test]
fn a_session_gets_a_new_token_after_an_hour() {
    let mut cloud = Cloud::new();
    let token = sign_in(&mut cloud);
    cloud.wait(3599);
    let response = cloud.ask(&token, ME, Value::Null);
    assert_eq!((response.renewed_token, response.changed), (None, false));
    cloud.wait(1);
    let response = cloud.ask(&token, ME, Value::Null);
    let renewed = response.renewed_token.expect("a new token");
    assert!(response.changed);
    assert_ne!(renewed, token);
    // The new session is a day old later than the old one.
    cloud.wait(24 * 3600 - 3600);
    assert_eq!(cloud.ask(&token, ME, Value::Null).status, 302);
    assert_eq!(cloud.ask(&renewed, ME, Value::Null).status, 200);
}

#[test]
fn sign_in_removes_sessions_that_ended() {
    let mut cloud = Cloud::new();
    let token = sign_in(&mut cloud);
    cloud.wait(24 * 3600);
    sign_in(&mut cloud);
    assert!(!cloud.state.sessions.contains_key(&token));
    assert_eq!(cloud.state.sessions.len(), 4);
}

#[test]
fn logout_ends_a_session_but_not_a_seeded_one() {
    let mut cloud = Cloud::new();
    let token = sign_in(&mut cloud);
    let response = cloud.ask(&token, "GET /oauth2/logout", Value::Null);
    assert_eq!((response.status, response.location.as_deref(), response.changed), (302, Some("/"), true));
    assert_eq!(cloud.ask(&token, ME, Value::Null).status, 302);
    let response = cloud.ask("admin", "GET /oauth2/logout", Value::Null);
    assert_eq!((response.status, response.changed), (302, false));
    assert_eq!(cloud.ask("admin", ME, Value::Null).status, 200);
}

#[test]
fn an_inactive_api_key_is_refused() {
    let mut cloud = Cloud::new();
    let with_key = |cloud: &mut Cloud, secret: &str| {
        let key = Some(("sandbox-key-admin".to_owned(), secret.to_owned()));
        let response = cloud.send(ME, Value::Null, |call| call.key = key);
        (response.status, response.renewed_token)
    };
    assert_eq!(with_key(&mut cloud, "sandbox-secret-admin"), (200, None));
    assert_eq!(with_key(&mut cloud, "sandbox-secret-member"), (401, None));
    let key = cloud.admin("GET /api/v2/users/me/api-keys/sandbox-key-admin/", Value::Null).1;
    assert_eq!(key["last_used"], "2025-01-01T12:00:00+00:00");
    let edit = "PATCH /api/v2/users/me/api-keys/sandbox-key-admin/";
    assert_eq!(cloud.admin(edit, json!({"active": false})).0, 200);
    assert_eq!(with_key(&mut cloud, "sandbox-secret-admin"), (401, None));
}

#[test]
fn only_the_reply_to_the_creation_of_an_api_key_has_its_secret() {
    let mut cloud = Cloud::new();
    let keys = "/api/v2/users/me/api-keys/";
    let (status, created) = cloud.admin(&format!("POST {keys}"), Value::Null);
    assert_eq!((status, created["secret"].as_str().map(str::len)), (200, Some(40)));
    let key = created["key"].as_str().expect("a key").to_owned();
    let shown = cloud.admin(&format!("GET {keys}{key}/"), Value::Null).1;
    assert_eq!((&shown["key"], &shown["secret"]), (&created["key"], &Value::Null));
    assert_eq!(cloud.ask("admin", &format!("DELETE {keys}{key}/"), Value::Null).status, 204);
    assert_eq!(cloud.admin(&format!("GET {keys}{key}/"), Value::Null).0, 404);
}

#[test]
fn the_login_page_lists_the_users() {
    let mut cloud = Cloud::new();
    let response = cloud.send("GET /oauth2/github/login?cli=true", Value::Null, |_| {});
    let crate::sandbox::response::ResponseBody::Html(page) = &response.body else { panic!("{response:?}") };
    assert!(page.contains("/oauth2/github/login?cli=true&amp;user=6b1e2c0a-8f43-4d57-9c1b-0d2f6a3e7b11"), "{page}");
    let response = cloud.send("GET /oauth2/other/login?cli=true", Value::Null, |_| {});
    assert_eq!((response.status, json_of(&response)["message"].as_str()), (404, Some("Resource not found.")));
}
