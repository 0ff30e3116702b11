//! The users of an organization.

use serde_json::{Value, json};

use super::cloud::{Answer, Outcome, Scene, invalid, not_found, refuse};
use super::seed;
use super::state::{Invitation, Member, User};

pub(super) fn list(scene: &mut Scene) -> Outcome {
    let wanted = scene.rules.users;
    let organization = scene.administered()?;
    let members = organization.members.clone();
    let (id, removed) = (organization.id.clone(), organization.removed.clone());
    let is_first = scene.state.organizations.first().is_some_and(|first| first.id == id);
    let mut rows: Vec<Value> =
        members.iter().filter_map(|member| Some(show(&find(scene, &member.uid)?, &id, &member.role_fqn))).collect();
    // Whoever was given a role of their own is among the members.
    for number in if is_first { members.len() as u64..wanted } else { 0..0 } {
        let user = seed::user(number);
        if !removed.contains(&user.uid) && !members.iter().any(|member| member.uid == user.uid) {
            rows.push(show(&user, &id, "org_member"));
        }
    }
    Ok(Answer::json(200, Value::Array(rows)))
}

pub(super) fn add(scene: &mut Scene) -> Outcome {
    scene.administered()?;
    let (user, role_fqn) = (scene.required("user")?, scene.required("role_fqn")?);
    if !["org_admin", "org_member"].contains(&role_fqn.as_str()) {
        return Err(invalid("role_fqn", "Must be one of: org_admin, org_member."));
    }
    let Some(found) = find(scene, &user) else { return invite(scene, user, role_fqn) };
    let uid = found.uid;
    let is_computed = is_computed(scene, &uid);
    let organization = scene.administered()?;
    let known = organization.role(&uid).map(str::to_owned).or(is_computed.then(|| "org_member".to_owned()));
    if known.as_deref() == Some("org_admin") && role_fqn != "org_admin" && organization.is_last_admin(&uid) {
        return Err(refuse(400, "The last organization admin must stay one."));
    }
    organization.members.retain(|member| member.uid != uid);
    organization.members.push(Member { uid: uid.clone(), role_fqn: role_fqn.clone() });
    organization.removed.retain(|removed| *removed != uid);
    let (id, added) = (organization.id.clone(), known.is_none());
    let action = if added { "organization.add_user" } else { "organization.edit_user" };
    scene.record(&id, action, json!({"user_id": uid, "role_fqn": role_fqn}));
    let reply = json!({
        "user_id": uid, "organization_id": id, "role_fqn": role_fqn, "added": added, "invited": false,
    });
    Ok(Answer::json(if added { 201 } else { 200 }, reply).changed())
}

/// Somebody who has no account yet.
fn invite(scene: &mut Scene, email: String, role_fqn: String) -> Outcome {
    if !is_email(&email) {
        return Err(not_found());
    }
    let (uid, expires) = (scene.new_id(), scene.call.now + jiff::SignedDuration::from_hours(7 * 24));
    let expiration_date = expires.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let organization = scene.administered()?;
    let was_invited = organization.invitations.iter().any(|invitation| invitation.email == email);
    organization.invitations.retain(|invitation| invitation.email != email);
    organization.invitations.push(Invitation {
        uid: uid.clone(),
        email: email.clone(),
        role_fqn: role_fqn.clone(),
        expiration_date,
    });
    let id = organization.id.clone();
    scene.record(&id, "organization.invite_user", json!({"email": email, "role_fqn": role_fqn}));
    let reply = json!({
        "user_id": uid, "organization_id": id, "role_fqn": role_fqn, "added": false, "invited": true,
    });
    Ok(Answer::json(if was_invited { 200 } else { 201 }, reply).changed())
}

pub(super) fn remove(scene: &mut Scene) -> Outcome {
    let who = scene.params[1].clone();
    let found = find(scene, &who);
    let is_computed = found.as_ref().is_some_and(|user| is_computed(scene, &user.uid));
    let organization = scene.administered()?;
    let id = organization.id.clone();
    let uid = match found.map(|user| user.uid).filter(|uid| is_computed || organization.role(uid).is_some()) {
        Some(uid) if organization.is_last_admin(&uid) => {
            return Err(refuse(400, "The last organization admin cannot be removed."));
        }
        Some(uid) => {
            organization.members.retain(|member| member.uid != uid);
            if seed::user_number(&uid).is_some() {
                organization.removed.push(uid.clone());
            }
            uid
        }
        None => {
            let invited = organization.invitations.iter().position(|invitation| invitation.email == who);
            organization.invitations.remove(invited.ok_or_else(not_found)?).uid
        }
    };
    scene.record(&id, "organization.remove_user", json!({"user_id": uid}));
    Ok(Answer::none().changed())
}

fn show(user: &User, organization_id: &str, role_fqn: &str) -> Value {
    json!({
        "uid": user.uid,
        "email": user.email,
        "username": user.username,
        "name": user.name,
        "idp": user.idp,
        "organization_roles": [{"organization_id": organization_id, "role_fqn": role_fqn}],
    })
}

/// Who is meant by a uid or an email address.
fn find(scene: &Scene, who: &str) -> Option<User> {
    let known = scene.state.users.iter().find(|user| user.uid == who || user.email.eq_ignore_ascii_case(who));
    known.cloned().or_else(|| {
        let number = seed::user_number(who)?;
        (number < scene.rules.users).then(|| seed::user(number))
    })
}

/// Whether somebody is a member of the named organization by `--users` alone.
fn is_computed(scene: &Scene, uid: &str) -> bool {
    let Some(organization) = scene.state.organizations.first().filter(|first| first.id == scene.params[0]) else {
        return false;
    };
    let members = organization.members.len() as u64;
    organization.role(uid).is_none()
        && !organization.removed.iter().any(|removed| removed == uid)
        && seed::user_number(uid).is_some_and(|number| (members..scene.rules.users).contains(&number))
}

/// Whether a text has the shape of an email address.
pub(super) fn is_email(text: &str) -> bool {
    let parts = text.split_once('@');
    parts.is_some_and(|(user, host)| {
        !user.is_empty()
            && host.split('.').count() > 1
            && host.split('.').all(|part| !part.is_empty())
            && !text.contains(|c: char| c.is_whitespace() || c.is_control())
            && !host.contains('@')
    })
}
