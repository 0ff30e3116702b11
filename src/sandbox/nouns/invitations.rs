//! The invitations of people to an organization. `users` creates them.

use serde_json::{Value, json};

use super::{ORGANIZATION_ROLE_WORDS, ORGANIZATION_ROLES};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, error, not_found};
use crate::sandbox::route::Access::{Admin, User};
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::state::{Invitation, Member};
use crate::sandbox::time;

pub(super) const ROUTES: &[Route] = &[
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/invitations/",
        Admin,
        &[(200, Shape::List(INVITATION))],
        list,
    )
    .query(&[word("status", STATUSES).optional()]),
    Route::new(
        "DELETE",
        "/api/v2/organizations/{organization_id}/invitations/{invite_token}/",
        Admin,
        &[(204, Shape::Empty)],
        delete,
    ),
    Route::new(
        "POST",
        "/api/v2/users/me/accept-invite/",
        User,
        &[(200, Shape::Object(ACCEPTED)), (201, Shape::Object(ACCEPTED))],
        accept,
    )
    .body(&[text("token")]),
];

/// The vendor's description does not name the statuses.
const STATUSES: &[&str] = &["PENDING", "ACCEPTED"];

const INVITATION: &[Field] = &[
    field("uid", Kind::Uuid),
    field("email", Kind::Email),
    word("status", STATUSES).guess(),
    field("expiration_date", Kind::Time),
    ORGANIZATION_ROLES,
];

const ACCEPTED: &[Field] = &[
    field("user_id", Kind::Uuid),
    field("organization_id", Kind::Uuid),
    word("role_fqn", ORGANIZATION_ROLE_WORDS),
    field("added", Kind::Boolean),
];

/// Lists the open invitations, expired ones included. An accepted invitation is not stored, so there is none.
fn list(request: &mut Request) -> Outcome {
    let is_accepted = request.parameter("status") == Some("ACCEPTED");
    let organization = request.organization()?;
    let rows = organization.invitations.iter().filter(|_| !is_accepted);
    Ok(Response::json(200, rows.map(|invitation| to_json(invitation, &organization.id)).collect()))
}

fn delete(request: &mut Request) -> Outcome {
    let token = request.params[1].clone();
    let organization = request.organization()?;
    let (id, count) = (organization.id.clone(), organization.invitations.len());
    organization.invitations.retain(|invitation| invitation.uid != token);
    if organization.invitations.len() == count {
        return Err(not_found());
    }
    request.record(&id, "organization.remove_user", json!({"user_id": token}));
    Ok(Response::no_content().changed())
}

/// Gives the caller the role of an invitation. The token is its ID.
fn accept(request: &mut Request) -> Outcome {
    let (token, uid, now) = (request.text("token").unwrap_or_default(), request.uid.clone(), request.call.now);
    let found = request.state.organizations.iter_mut().find_map(|organization| {
        let at = organization.invitations.iter().position(|invitation| invitation.uid == token)?;
        Some((organization, at))
    });
    let unusable = || error(400, "The token is invalid or expired.");
    let (organization, at) = found.ok_or_else(unusable)?;
    let Invitation { role_fqn, expiration_date, .. } = organization.invitations[at].clone();
    if time::parse(&expiration_date).is_some_and(|date| date < now) {
        return Err(unusable());
    }
    if role_fqn != "org_admin" && organization.is_last_admin(&uid) {
        return Err(error(400, "The last organization admin must stay one."));
    }
    organization.invitations.remove(at);
    let added = organization.role(&uid).is_none();
    organization.members.retain(|member| member.uid != uid);
    organization.members.push(Member { uid: uid.clone(), role_fqn: role_fqn.clone() });
    organization.removed.retain(|removed| *removed != uid);
    let id = organization.id.clone();
    let action = if added { "organization.add_user" } else { "organization.edit_user" };
    request.record(&id, action, json!({"user_id": uid, "role_fqn": role_fqn}));
    let reply = json!({"user_id": uid, "organization_id": id, "role_fqn": role_fqn, "added": added});
    Ok(Response::json(if added { 201 } else { 200 }, reply).changed())
}

fn to_json(invitation: &Invitation, organization_id: &str) -> Value {
    json!({
        "uid": invitation.uid,
        "email": invitation.email,
        "status": "PENDING",
        "expiration_date": invitation.expiration_date,
        "organization_roles": [{"organization_id": organization_id, "role_fqn": invitation.role_fqn}],
    })
}
