//! The users of an organization: its members and the people it invited.

use serde_json::{Value, json};

use super::{ORGANIZATION_ROLE_WORDS, USER, user_row};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, error, not_found};
use crate::sandbox::route::Access::Admin;
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, is_email, word};
use crate::sandbox::seed;
use crate::sandbox::state::{Invitation, Member, User};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/{organization_id}/users/", Admin, &[(200, Shape::List(USER))], list),
    Route::new(
        "POST",
        "/api/v2/organizations/{organization_id}/users/",
        Admin,
        &[(200, Shape::Object(ADDED)), (201, Shape::Object(ADDED))],
        add,
    )
    .body(ADD),
    Route::new(
        "DELETE",
        "/api/v2/organizations/{organization_id}/users/{user_id_or_email}/",
        Admin,
        &[(204, Shape::Empty)],
        remove,
    ),
];

/// `user` is an ID or an email address.
const ADD: &[Field] = &[field("user", Kind::Text { min: 0, max: 512 }), word("role_fqn", ORGANIZATION_ROLE_WORDS)];

const ADDED: &[Field] = &[
    field("user_id", Kind::Uuid),
    field("organization_id", Kind::Uuid),
    word("role_fqn", ORGANIZATION_ROLE_WORDS),
    field("added", Kind::Boolean),
    field("invited", Kind::Boolean),
];

fn list(request: &mut Request) -> Outcome {
    let wanted = request.rules.users;
    let organization = request.organization()?;
    let members = organization.members.clone();
    let (id, removed) = (organization.id.clone(), organization.removed.clone());
    let is_first = request.state.organizations.first().is_some_and(|first| first.id == id);
    let mut rows: Vec<Value> = members
        .iter()
        .filter_map(|member| Some(to_json(&find(request, &member.uid)?, &id, &member.role_fqn)))
        .collect();
    // A computed user whose role was changed is a stored member.
    for number in if is_first { seed::MEMBERS..wanted } else { 0..0 } {
        let user = seed::user(number);
        if !removed.contains(&user.uid) && !members.iter().any(|member| member.uid == user.uid) {
            rows.push(to_json(&user, &id, "org_member"));
        }
    }
    Ok(Response::json(200, Value::Array(rows)))
}

/// Adds a user, or changes the role of a member. An unknown email address is invited.
fn add(request: &mut Request) -> Outcome {
    let text = |name| request.text(name).unwrap_or_default();
    let (user, role_fqn) = (text("user"), text("role_fqn"));
    let Some(found) = find(request, &user) else { return invite(request, user, role_fqn) };
    let uid = found.uid;
    let is_computed = is_computed_member(request, &uid);
    let organization = request.organization()?;
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

/// Invites an address that has no account.
fn invite(request: &mut Request, email: String, role_fqn: String) -> Outcome {
    if !is_email(&email) {
        return Err(not_found());
    }
    let new_uid = request.new_id();
    let expires = request.call.now + jiff::SignedDuration::from_hours(7 * 24);
    let expiration_date = expires.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let organization = request.organization()?;
    let old = organization.invitations.iter().position(|invitation| invitation.email.eq_ignore_ascii_case(&email));
    let old = old.map(|at| organization.invitations.remove(at));
    let was_invited = old.is_some();
    // The user ID stays the same when an address is invited again.
    let uid = old.map_or(new_uid, |old| old.uid);
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

/// Removes a member, or withdraws the invitation of an email address.
fn remove(request: &mut Request) -> Outcome {
    let user = request.params[1].clone();
    let found = find(request, &user);
    let is_computed = found.as_ref().is_some_and(|user| is_computed_member(request, &user.uid));
    let organization = request.organization()?;
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
    user_row(user, [("organization_roles", json!([{"organization_id": organization_id, "role_fqn": role_fqn}]))])
}

/// Finds a user by ID or email address.
pub(super) fn find(request: &Request, user: &str) -> Option<User> {
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
    organization.role(uid).is_none()
        && !organization.removed.iter().any(|removed| removed == uid)
        && seed::user_number(uid).is_some_and(|number| (seed::MEMBERS..request.rules.users).contains(&number))
}
