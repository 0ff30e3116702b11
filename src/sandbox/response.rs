//! A response of the cloud, before it becomes HTTP.

use serde_json::{Map, Value, json};

/// A response, and its effect on the state.
#[derive(Clone, Debug)]
pub(super) struct Response {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: ResponseBody,
    /// The `Location` header of a redirect.
    pub(super) location: Option<String>,
    /// A new token for the session, sent as a `session` cookie.
    pub(super) renewed_token: Option<String>,
    /// The sandbox has no endpoint for this method and path.
    pub(super) is_unserved: bool,
    /// The `Allow` header of a 405.
    pub(super) allow: Option<String>,
    /// The state changed and must be saved.
    pub(super) changed: bool,
    /// IDs of the files that were deleted with it. Their bytes can be removed.
    pub(super) deleted_files: Vec<String>,
}

/// The body of a [`Response`].
#[derive(Clone, Debug)]
pub(super) enum ResponseBody {
    /// No body.
    Empty,
    /// A JSON value.
    Json(Value),
    /// JSON that is already serialized. Long lists use it.
    JsonText(String),
    /// An HTML page.
    Html(String),
}

/// What an endpoint returns. A refusal is an error, so that `?` ends the endpoint; it is boxed because
/// it is large and rare.
pub(super) type Outcome = Result<Response, Box<Response>>;

impl Response {
    fn new(status: u16, body: ResponseBody) -> Self {
        Self {
            status,
            body,
            location: None,
            renewed_token: None,
            is_unserved: false,
            allow: None,
            changed: false,
            deleted_files: Vec::new(),
        }
    }

    /// A JSON response.
    pub(super) fn json(status: u16, value: Value) -> Self {
        Self::new(status, ResponseBody::Json(value))
    }

    /// A JSON response from serialized JSON.
    pub(super) fn json_text(status: u16, text: String) -> Self {
        Self::new(status, ResponseBody::JsonText(text))
    }

    /// 204, without a body.
    pub(super) fn no_content() -> Self {
        Self::new(204, ResponseBody::Empty)
    }

    /// 200 with an HTML page.
    pub(super) fn html(page: String) -> Self {
        Self::new(200, ResponseBody::Html(page))
    }

    /// 302 to `location`.
    pub(super) fn redirect(location: String) -> Self {
        Self { location: Some(location), ..Self::new(302, ResponseBody::Empty) }
    }

    /// Marks the state as changed.
    pub(super) fn changed(self) -> Self {
        Self { changed: true, ..self }
    }

    /// Names the files that were deleted.
    pub(super) fn with_deleted_files(self, ids: Vec<String>) -> Self {
        Self { deleted_files: ids, ..self }
    }
}

/// An error in the API's shape.
pub(super) fn error(status: u16, message: &str) -> Box<Response> {
    Box::new(Response::json(status, json!({"message": message, "success": false})))
}

/// 400: one field of the request is invalid.
pub(super) fn invalid(field: &str, problem: &str) -> Box<Response> {
    invalid_fields(&[(field.to_owned(), problem.to_owned())])
}

/// 400: fields of the request are invalid. Each comes with its problem.
pub(super) fn invalid_fields(problems: &[(String, String)]) -> Box<Response> {
    let errors: Map<String, Value> =
        problems.iter().map(|(field, problem)| (field.clone(), json!([problem]))).collect();
    Box::new(Response::json(400, json!({"message": "Invalid input.", "errors": errors, "success": false})))
}

/// 400: the resource can't be deleted, because it still has other resources of a kind. Their IDs are listed.
pub(super) fn has_related(kind: &str, ids: &[&str]) -> Box<Response> {
    let body = json!({
        "message": "Deletion requires no resources to be related to the target.",
        "related_resources": {kind: ids},
        "success": false,
    });
    Box::new(Response::json(400, body))
}

/// The sandbox has no such endpoint, but the API may have it. The message says so, because a client shows nothing else.
pub(super) fn not_served(status: u16, method: &str, path: &str) -> Box<Response> {
    let mut response = error(status, &format!("The sandbox does not serve {method} {path}"));
    response.is_unserved = true;
    response
}

/// 404: the API's message for a resource that does not exist.
pub(super) fn not_found() -> Box<Response> {
    error(404, "Resource not found.")
}

/// 403: the API's message for a missing permission.
pub(super) fn denied() -> Box<Response> {
    error(403, "Permission denied for user.")
}
