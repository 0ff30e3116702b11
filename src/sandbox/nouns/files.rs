//! Files of an organization: their records. `bytes` moves their content.

use serde_json::{Value, json};

use super::DATES;
use crate::sandbox::presigned::{self, Operation};
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, not_found};
use crate::sandbox::route::Access::Member;
use crate::sandbox::route::{Route, Shape};
use crate::sandbox::schema::{Field, Kind, field, text, word};
use crate::sandbox::state::{Dates, File};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/api/v2/organizations/{organization_id}/files/", Member, &[(200, Shape::List(FILE))], list),
    Route::new("POST", "/api/v2/organizations/{organization_id}/files/", Member, &[(201, Shape::Object(FILE))], create)
        .body(NEW),
    Route::new(
        "GET",
        "/api/v2/organizations/{organization_id}/files/{file_id}/",
        Member,
        &[(200, Shape::Object(FILE))],
        get,
    ),
    Route::new(
        "DELETE",
        "/api/v2/organizations/{organization_id}/files/{file_id}/",
        Member,
        &[(204, Shape::Empty)],
        delete,
    ),
];

/// The API takes a size and ignores it.
const NEW: &[Field] = &[text("name"), field("file_size", Kind::Integer { min: 1, max: i64::MAX }).optional()];

const FILE: &[Field] = &[
    field("id", Kind::Uuid),
    text("name"),
    field("organization_id", Kind::Uuid),
    word("status", &["PENDING", "UPLOADED"]),
    field("file_size", Kind::Integer { min: 0, max: i64::MAX }).nullable(),
    field("dc", Kind::Object(DATES)),
    // Only the reply to GET of one file has it.
    field("download_url", Kind::Url).optional().nullable(),
    // Only the reply to POST has it.
    field("upload_url", Kind::Url).optional(),
];

fn list(request: &mut Request) -> Outcome {
    let organization = request.organization()?;
    let rows = organization.files.iter().map(|file| to_json(file, &organization.id)).collect();
    Ok(Response::json(200, Value::Array(rows)))
}

/// The reply has a `download_url` once the file is uploaded, else null.
fn get(request: &mut Request) -> Outcome {
    let (call, rules, file_id) = (request.call, request.rules, request.params[1].clone());
    let organization = request.organization()?;
    let file = organization.files.iter().find(|file| file.id == file_id).ok_or_else(not_found)?;
    let mut reply = to_json(file, &organization.id);
    let url = file.file_size.map(|_| presigned::url(call, rules, Operation::Download, &organization.id, file));
    reply["download_url"] = json!(url);
    Ok(Response::json(200, reply))
}

/// The reply has an `upload_url`, which takes the content.
fn create(request: &mut Request) -> Outcome {
    let name = request.text("name").unwrap_or_default();
    let (id, signature, now) = (request.new_id(), request.random(32), request.call.timestamp());
    let file = File { id: id.clone(), name: name.clone(), file_size: None, dc: Dates::new(&now), signature };
    let (call, rules) = (request.call, request.rules);
    let organization = request.organization()?;
    let organization_id = organization.id.clone();
    let mut reply = to_json(&file, &organization_id);
    reply["upload_url"] = presigned::url(call, rules, Operation::Upload, &organization_id, &file).into();
    organization.files.push(file);
    request.record(&organization_id, "file.create", json!({"file_id": id, "name": name}));
    Ok(Response::json(201, reply).changed())
}

fn delete(request: &mut Request) -> Outcome {
    let file_id = request.params[1].clone();
    let organization = request.organization()?;
    let at = organization.files.iter().position(|file| file.id == file_id).ok_or_else(not_found)?;
    organization.files.remove(at);
    let id = organization.id.clone();
    request.record(&id, "file.delete", json!({"file_id": file_id}));
    Ok(Response::no_content().changed().with_deleted_files(vec![file_id]))
}

fn to_json(file: &File, organization_id: &str) -> Value {
    json!({
        "id": file.id,
        "name": file.name,
        "organization_id": organization_id,
        "status": file.status(),
        "file_size": file.file_size,
        "dc": file.dc,
    })
}
