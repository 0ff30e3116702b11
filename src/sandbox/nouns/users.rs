//! The users of an organization: its members and the people it invited.

use serde_json::{Value, json};

use super::is_email;
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, error, invalid, not_found};
use crate::sandbox::route::Route;
use crate::sandbox::seed;
use crate::sandbox::state::{Invitation, Member, User};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/{organization_id}/users/", list),
    Route::new("POST", "/api/v2/organizations/{organization_id}/users/", add).fields(&["user", "role_fqn"]),
    Route::new("DELETE", "/api/v2/organizations/{organization_id}/users/{user}/", remove),
];

fn list(request: &mut Request) -> Outcome {
    let wanted = request.rules.users;
    let organization = request.organization_as_admin()?;
    let members = organization.members.clone();
    let (id, removed) = (organization.id.clone(), organization.removed.clone());
    let is_first = request.state.organizations.first().is_some_and(|first| first.id == id);
    let mut rows: Vec<Value> = members
        .iter()
        .filter_map(|member| Some(to_json(&find(request, &member.uid)?, &id, &member.role_fqn)))
        .collect();
    // A computed user whose role was changed is a stored member.
    for number in if is_first { members.len() as u64..wanted } else { 0..0 } {
        let user = seed::user(number);
        if !removed.contains(&user.uid) && !members.iter().any(|member| member.uid == user.uid) {
            rows.push(to_json(&user, &id, "org_member"));
        }
    }
    Ok(Response::json(200, Value::Array(rows)))
}

/// Add a user, or change the role of a member. An unknown email address is invited.
fn add(request: &mut Request) -> Outcome {
    request.organization_as_admin()?;
    let (user, role_fqn) = (request.required_text("user")?, request.required_text("role_fqn")?);
    if !["org_admin", "org_member"].contains(&role_fqn.as_str()) {
        return Err(invalid("role_fqn", "Must be one of: org_admin, org_member."));
    }
    let Some(found) = find(request, &user) else { return invite(request, user, role_fqn) };
    let uid = found.uid;
    let is_computed = is_computed_member(request, &uid);
    let organization = request.organization_as_admin()?;
    let old_role = organization.role(&uid).map(str::to_owned).or(is_computed.then(|| "org_member".to_owned()));
    if old_role.as_deref() == Some("org_admin") && role_fqn != "org_admin" && organization.is_last_admin(&uid) {
        return Err(error(400, "The last organization admin must stay one."));
    }
    organization.members.retain(|member| member.uid != uid);
    organization.members.push(Member { uid: uid.clone(), role_fqn: role_fqn.clone() });
    organization.removed.retain(|removed| *removed != uid);
    let (id, added) = (organization.id.clone(), old_role.is_none());
    let action = if added { "organization.add_user" } else { "organization.edit_user" };
    request.record(&id, action, json!({"user_id": uid, "role_fqn": role_fqn}));
    let reply = json!({
        "user_id": uid, "organization_id": id, "role_fqn": role_fqn, "added": added, "invited": false,
    });
    Ok(Response::json(if added { 201 } else { 200 }, reply).changed())
}

/// Invite somebody who has no account.
fn invite(request: &mut Request, email: String, role_fqn: String) -> Outcome {
    if !is_email(&email) {
        return Err(not_found());
    }
    let (uid, expires) = (request.new_id(), request.call.now + jiff::SignedDuration::from_hours(7 * 24));
    let expiration_date = expires.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let organization = request.organization_as_admin()?;
    let was_invited = organization.invitations.iter().any(|invitation| invitation.email == email);
    organization.invitations.retain(|invitation| invitation.email != email);
    organization.invitations.push(Invitation {
        uid: uid.clone(),
        email: email.clone(),
        role_fqn: role_fqn.clone(),
        expiration_date,
    });
    let id = organization.id.clone();
    request.record(&id, "organization.invite_user", json!({"email": email, "role_fqn": role_fqn}));
    let reply = json!({
        "user_id": uid, "organization_id": id, "role_fqn": role_fqn, "added": false, "invited": true,
    });
    Ok(Response::json(if was_invited { 200 } else { 201 }, reply).changed())
}

/// Remove a member, or withdraw the invitation of an email address.
fn remove(request: &mut Request) -> Outcome {
    let user = request.params[1].clone();
    let found = find(request, &user);
    let is_computed = found.as_ref().is_some_and(|user| is_computed_member(request, &user.uid));
    let organization = request.organization_as_admin()?;
    let id = organization.id.clone();
    let uid = match found.map(|user| user.uid).filter(|uid| is_computed || organization.role(uid).is_some()) {
        Some(uid) if organization.is_last_admin(&uid) => {
            return Err(error(400, "The last organization admin cannot be removed."));
        }
        Some(uid) => {
            organization.members.retain(|member| member.uid != uid);
            if seed::user_number(&uid).is_some() {
                organization.removed.push(uid.clone());
            }
            uid
        }
        None => {
            let invited = organization.invitations.iter().position(|invitation| invitation.email == user);
            organization.invitations.remove(invited.ok_or_else(not_found)?).uid
        }
    };
    request.record(&id, "organization.remove_user", json!({"user_id": uid}));
    Ok(Response::no_content().changed())
}

fn to_json(user: &User, organization_id: &str, role_fqn: &str) -> Value {
    json!({
        "uid": user.uid,
        "email": user.email,
        "username": user.username,
        "name": user.name,
        "idp": user.idp,
        "organization_roles": [{"organization_id": organization_id, "role_fqn": role_fqn}],
    })
}

/// Find a user by ID or email address.
fn find(request: &Request, user: &str) -> Option<User> {
    let users = &request.state.users;
    let known = users.iter().find(|known| known.uid == user || known.email.eq_ignore_ascii_case(user));
    known.cloned().or_else(|| {
        let number = seed::user_number(user)?;
        (number < request.rules.users).then(|| seed::user(number))
    })
}

/// Whether a user is a member of the organization in the path because of `--users`.
fn is_computed_member(request: &Request, uid: &str) -> bool {
    let Some(organization) = request.state.organizations.first().filter(|first| first.id == request.params[0]) else {
        return false;
    };
    let members = organization.members.len() as u64;
    organization.role(uid).is_none()
        && !organization.removed.iter().any(|removed| removed == uid)
        && seed::user_number(uid).is_some_and(|number| (members..request.rules.users).contains(&number))
}
