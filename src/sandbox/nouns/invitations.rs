//! The invitations of people to an organization. `users` creates them.

use serde_json::{Value, json};

use crate::sandbox::request::{Request, parse_time};
use crate::sandbox::response::{Outcome, Response, error, invalid, not_found};
use crate::sandbox::route::Route;
use crate::sandbox::state::{Invitation, Member};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/{organization_id}/invitations/", list).query(&["status"]),
    Route::new("DELETE", "/api/v2/organizations/{organization_id}/invitations/{invite_token}/", delete),
    Route::new("POST", "/api/v2/users/me/accept-invite/", accept).fields(&["token"]),
];

/// List the open invitations, expired ones included. An accepted invitation is not stored, so there is none.
fn list(request: &mut Request) -> Outcome {
    let status = request.parameter("status").map(str::to_owned);
    let organization = request.organization_as_admin()?;
    let rows = organization.invitations.iter().map(|invitation| to_json(invitation, &organization.id));
    match status.as_deref() {
        None | Some("PENDING") => Ok(Response::json(200, rows.collect())),
        Some("ACCEPTED") => Ok(Response::json(200, json!([]))),
        Some(_) => Err(invalid("status", "Must be one of: PENDING, ACCEPTED.")),
    }
}

fn delete(request: &mut Request) -> Outcome {
    let token = request.params[1].clone();
    let organization = request.organization_as_admin()?;
    let (id, count) = (organization.id.clone(), organization.invitations.len());
    organization.invitations.retain(|invitation| invitation.uid != token);
    if organization.invitations.len() == count {
        return Err(not_found());
    }
    request.record(&id, "organization.remove_user", json!({"user_id": token}));
    Ok(Response::no_content().changed())
}

/// Give the caller the role of an invitation. The token is its ID.
fn accept(request: &mut Request) -> Outcome {
    let (token, uid, now) = (request.required_text("token")?, request.uid.clone(), request.call.now);
    let found = request.state.organizations.iter_mut().find_map(|organization| {
        let at = organization.invitations.iter().position(|invitation| invitation.uid == token)?;
        Some((organization, at))
    });
    let unusable = || error(400, "The token is invalid or expired.");
    let (organization, at) = found.ok_or_else(unusable)?;
    let Invitation { role_fqn, expiration_date, .. } = organization.invitations[at].clone();
    if parse_time(&expiration_date).is_some_and(|date| date < now) {
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
