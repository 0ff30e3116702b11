//! What projects, clusters and subscriptions have in common: they belong to an organization, and a list has those of
//! one organization or those of every organization of the caller.

use serde_json::Value;

use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, denied, not_found};
use crate::sandbox::schema::Field;
use crate::sandbox::state::Organization;

/// Makes the rows of a list from one organization.
type RowsOf = fn(&Organization) -> Vec<Value>;

/// The organizations that a list is about: the one in the path, or all of the caller.
fn organizations<'r>(request: &'r mut Request) -> Result<Vec<&'r Organization>, Box<Response>> {
    if !request.params.is_empty() {
        return Ok(vec![request.organization()?]);
    }
    let (is_superuser, uid) = (request.is_superuser(), &request.uid);
    let all = request.state.organizations.iter();
    Ok(all.filter(|organization| is_superuser || organization.role(uid).is_some()).collect())
}

/// The rows that have the value of each of the parameters that were sent. A parameter has the name of a field.
pub(super) fn list(request: &mut Request, filters: &[Field], rows_of: RowsOf) -> Outcome {
    let sent = |filter: &Field| Some((filter.name, request.parameter(filter.name)?.to_owned()));
    let wanted: Vec<(&str, String)> = filters.iter().filter_map(sent).collect();
    let rows = organizations(request)?.into_iter().flat_map(rows_of);
    let is_wanted = |row: &Value| wanted.iter().all(|(name, value)| row[name] == value.as_str());
    Ok(Response::json(200, rows.filter(is_wanted).collect()))
}

/// The row whose ID is in the path.
///
/// # Errors
/// 404 if the caller cannot see it.
pub(super) fn one(request: &mut Request, rows_of: RowsOf) -> Result<Value, Box<Response>> {
    let id = std::mem::take(&mut request.params).remove(0);
    let row = organizations(request)?.into_iter().flat_map(rows_of).find(|row| row["id"] == id.as_str());
    row.ok_or_else(not_found)
}

/// The organization with this ID, for a new resource.
///
/// # Errors
/// 404 if there is none, 403 if the caller is no admin of it.
pub(super) fn administered<'r>(request: &'r mut Request, id: &str) -> Result<&'r mut Organization, Box<Response>> {
    let (is_superuser, uid) = (request.is_superuser(), &request.uid);
    let mut organizations = request.state.organizations.iter_mut();
    let organization = organizations.find(|organization| organization.id == id).ok_or_else(not_found)?;
    match is_superuser || organization.role(uid) == Some("org_admin") {
        true => Ok(organization),
        false => Err(denied()),
    }
}

/// The organization that has the resource in the path.
///
/// # Errors
/// 404 if the caller cannot see the resource, 403 if the caller is no admin of the organization.
pub(super) fn owner<'r>(
    request: &'r mut Request,
    has: fn(&Organization, &str) -> bool,
) -> Result<&'r mut Organization, Box<Response>> {
    let (is_superuser, uid, id) = (request.is_superuser(), &request.uid, &request.params[0]);
    let mut organizations = request.state.organizations.iter_mut();
    let owner = organizations.find(|organization| has(organization, id)).ok_or_else(not_found)?;
    match owner.role(uid) {
        Some("org_admin") => Ok(owner),
        _ if is_superuser => Ok(owner),
        Some(_) => Err(denied()),
        None => Err(not_found()),
    }
}
