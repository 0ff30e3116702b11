//! Who is signed in, and how: `/users/me/`, API keys, the login page; and what everybody sees.

use serde_json::{Value, json};

use crate::http;

use super::cloud::{Answer, Outcome, Scene, invalid, not_found};
use super::members::is_email;
use super::seed;
use super::state::{ApiKey, Dates};

/// Where a login from the command line ends.
const CALLBACK: &str = "http://localhost:8400/";

pub(super) fn me(scene: &mut Scene) -> Outcome {
    Ok(Answer::json(200, show_me(scene)?))
}

/// A new address waits for its owner to confirm it.
pub(super) fn edit_me(scene: &mut Scene) -> Outcome {
    match scene.text("email")? {
        None => Ok(Answer::json(200, show_me(scene)?)),
        Some(email) if is_email(&email) => {
            let message = "A confirmation email was sent. \
                           Please follow its instructions to verify your new email address.";
            Ok(Answer::json(202, json!({"message": message, "status": "pending", "success": true})))
        }
        Some(_) => Err(invalid("email", "Not a valid email address.")),
    }
}

fn show_me(scene: &Scene) -> Result<Value, Box<Answer>> {
    let user = scene.state.user(&scene.uid).ok_or_else(not_found)?;
    let roles = scene.state.roles(&user.uid);
    let organization_id = roles.get(0).and_then(|role| role.get("organization_id")).cloned();
    Ok(json!({
        "uid": user.uid,
        "email": user.email,
        "username": user.username,
        "name": user.name,
        "idp": user.idp,
        "picture": null,
        "status": "active",
        "is_superuser": user.is_superuser || (scene.rules.admin_is_superuser && user.uid == seed::ADMIN),
        "organization_id": organization_id,
        "organization_roles": roles,
        "project_roles": [],
    }))
}

fn show_key(key: &ApiKey, uid: &str) -> Value {
    json!({"user_id": uid, "key": key.key, "active": key.active, "last_used": key.last_used, "dc": key.dc})
}

fn keys<'s>(scene: &'s mut Scene) -> Result<&'s mut Vec<ApiKey>, Box<Answer>> {
    let user = scene.state.users.iter_mut().find(|user| user.uid == scene.uid);
    user.map(|user| &mut user.api_keys).ok_or_else(not_found)
}

fn key<'s>(scene: &'s mut Scene) -> Result<&'s mut ApiKey, Box<Answer>> {
    let name = scene.params[0].clone();
    keys(scene)?.iter_mut().find(|key| key.key == name).ok_or_else(not_found)
}

pub(super) fn api_keys(scene: &mut Scene) -> Outcome {
    let uid = scene.uid.clone();
    let rows = keys(scene)?.iter().map(|key| show_key(key, &uid)).collect();
    Ok(Answer::json(200, rows))
}

pub(super) fn api_key(scene: &mut Scene) -> Outcome {
    let uid = scene.uid.clone();
    Ok(Answer::json(200, show_key(key(scene)?, &uid)))
}

/// The only reply that has the secret.
pub(super) fn create_api_key(scene: &mut Scene) -> Outcome {
    let now = scene.now();
    let key =
        ApiKey { key: scene.random(20), secret: scene.random(40), active: true, last_used: None, dc: Dates::new(&now) };
    let mut shown = show_key(&key, &scene.uid);
    if let Value::Object(map) = &mut shown {
        map.insert("secret".to_owned(), key.secret.clone().into());
    }
    keys(scene)?.push(key);
    Ok(Answer::json(200, shown).changed())
}

pub(super) fn edit_api_key(scene: &mut Scene) -> Outcome {
    let active = scene.field("active").map(|value| value.as_bool().ok_or(()));
    let active = active.transpose().map_err(|()| invalid("active", "Not a valid boolean."))?;
    let (uid, now) = (scene.uid.clone(), scene.now());
    let key = key(scene)?;
    key.active = active.unwrap_or(key.active);
    key.dc.modified = now;
    Ok(Answer::json(200, show_key(key, &uid)).changed())
}

pub(super) fn delete_api_key(scene: &mut Scene) -> Outcome {
    let name = key(scene)?.key.clone();
    keys(scene)?.retain(|key| key.key != name);
    Ok(Answer::none().changed())
}

pub(super) fn roles(_: &mut Scene) -> Outcome {
    Ok(Answer::json(200, seed::ROLES.iter().map(|(id, name)| json!({"id": id, "name": name})).collect()))
}

pub(super) fn regions(_: &mut Scene) -> Outcome {
    let rows = seed::REGIONS.iter().map(|(name, description)| {
        json!({
            "name": name,
            "description": description,
            "status": "UP",
            "organization_id": null,
            "is_edge_region": false,
            "deprecated": false,
        })
    });
    Ok(Answer::json(200, rows.collect()))
}

pub(super) fn organization_regions(scene: &mut Scene) -> Outcome {
    scene.organization()?;
    regions(scene)
}

/// A page with those who can sign in; with `user`, their way to the command line that waits.
pub(super) fn login(scene: &mut Scene) -> Outcome {
    let is_known = |idp: &str| ["cognito", "azuread", "github", "google"].contains(&idp);
    if !is_known(&scene.params[0]) {
        return Err(not_found());
    }
    let Some(uid) = scene.parameter("user") else {
        let items: String = scene
            .state
            .users
            .iter()
            .map(|user| {
                let (name, email) = (http::html(&user.name), http::html(&user.email));
                let link = format!("/oauth2/{}/login?cli=true&amp;user={}", scene.params[0], super::encode(&user.uid));
                format!("<li><a href=\"{link}\">{name}<br><small>{email}</small></a></li>\n")
            })
            .collect();
        let body =
            format!("<h1>Sign in to the sandbox</h1>\n<ul>\n{items}</ul>\n<p>Nothing here is real: pick anybody.</p>");
        return Ok(Answer::html(http::page("Sign in to the sandbox", &body)));
    };
    scene.uid = scene.state.user(uid).ok_or_else(not_found)?.uid.clone();
    let token = scene.sign_in();
    Ok(Answer::redirect(format!("{CALLBACK}?token={token}")).changed())
}

/// A session that the seed made lives on: whoever starts again needs it.
pub(super) fn logout(scene: &mut Scene) -> Outcome {
    let before = scene.state.sessions.len();
    let token = scene.call.token.as_deref();
    scene.state.sessions.retain(|known, session| Some(known.as_str()) != token || session.since.is_none());
    let answer = Answer::redirect("/".to_owned());
    Ok(if scene.state.sessions.len() == before { answer } else { answer.changed() })
}

pub(super) fn front(_: &mut Scene) -> Outcome {
    let body = "<h1>The sandbox of croud</h1>\n<p>An embedded cloud. Sign in with <code>croud login</code>.</p>";
    Ok(Answer::html(http::page("The sandbox of croud", body)))
}
