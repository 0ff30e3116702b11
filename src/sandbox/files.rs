//! Files: their records. Their bytes are the shell's.

use serde_json::{Value, json};

use super::cloud::{Answer, Outcome, Scene, not_found};
use super::state::{Dates, File, State};

pub(super) fn list(scene: &mut Scene) -> Outcome {
    let organization = scene.organization()?;
    let rows = organization.files.iter().map(|file| Value::Object(show(file, &organization.id))).collect();
    Ok(Answer::json(200, Value::Array(rows)))
}

pub(super) fn get(scene: &mut Scene) -> Outcome {
    let (base, file_id) = (&scene.call.base, scene.params[1].clone());
    let organization = scene.organization()?;
    let file = organization.files.iter().find(|file| file.id == file_id).ok_or_else(not_found)?;
    let mut shown = show(file, &organization.id);
    let url =
        file.file_size.map(|_| format!("{base}/download/{}/{}?signature={}", organization.id, file.id, file.signature));
    shown.insert("download_url".to_owned(), json!(url));
    Ok(Answer::json(200, Value::Object(shown)))
}

pub(super) fn create(scene: &mut Scene) -> Outcome {
    let name = scene.required("name")?;
    let (id, signature, now) = (scene.new_id(), scene.random(32), scene.now());
    let file = File { id: id.clone(), name: name.clone(), file_size: None, dc: Dates::new(&now), signature };
    let base = &scene.call.base;
    let organization = scene.organization()?;
    let organization_id = organization.id.clone();
    let mut shown = show(&file, &organization_id);
    let url = format!("{base}/upload/{organization_id}/{id}?signature={}", file.signature);
    shown.insert("upload_url".to_owned(), url.into());
    organization.files.push(file);
    scene.record(&organization_id, "file.create", json!({"file_id": id, "name": name}));
    Ok(Answer::json(201, Value::Object(shown)).changed())
}

pub(super) fn delete(scene: &mut Scene) -> Outcome {
    let file_id = scene.params[1].clone();
    let organization = scene.organization()?;
    let at = organization.files.iter().position(|file| file.id == file_id).ok_or_else(not_found)?;
    organization.files.remove(at);
    let id = organization.id.clone();
    scene.record(&id, "file.delete", json!({"file_id": file_id}));
    Ok(Answer::none().changed().gone(vec![file_id]))
}

fn show(file: &File, organization_id: &str) -> serde_json::Map<String, Value> {
    let shown = json!({
        "id": file.id,
        "name": file.name,
        "organization_id": organization_id,
        "status": file.status(),
        "file_size": file.file_size,
        "dc": file.dc,
    });
    match shown {
        Value::Object(map) => map,
        _ => serde_json::Map::new(),
    }
}

/// The file that a pre-signed address names: `/upload/{organization_id}/{file_id}`.
pub(super) fn signed<'s>(
    state: &'s mut State,
    organization_id: &str,
    file_id: &str,
    signature: &str,
) -> Option<&'s mut File> {
    let organization = state.organizations.iter_mut().find(|organization| organization.id == organization_id)?;
    organization.files.iter_mut().find(|file| file.id == file_id && file.signature == signature)
}
