//! Finds the endpoint for a request.

use serde_json::{Value, json};

use super::encoding::decode_segment;
use super::nouns;
use super::response::{Response, error, not_found};
use super::route::{Route, Source};

/// The paths whose bytes `bytes` moves. They are not in the table of endpoints.
const BYTES: &[(&str, &str)] =
    &[("PUT", "/upload/{organization_id}/{file_id}"), ("GET", "/download/{organization_id}/{file_id}")];

fn all() -> impl Iterator<Item = &'static Route> {
    nouns::ALL.iter().copied().flatten()
}

/// Find the endpoint for a method and an encoded path. Return it with the decoded values of its
/// placeholders.
///
/// # Errors
/// 405 if only the method is unknown, else 404.
pub(super) fn find(method: &str, path: &str) -> Result<(&'static Route, Vec<String>), Box<Response>> {
    let mut path_is_known = false;
    for route in all() {
        if let Some(params) = match_path(route.path, path) {
            if route.method == method {
                return Ok((route, params));
            }
            path_is_known = true;
        }
    }
    if path_is_known {
        return Err(error(405, "Method not allowed."));
    }
    let mut unknown = not_found();
    unknown.is_unimplemented = true;
    Err(unknown)
}

/// The decoded values of the placeholders, if the path has the pattern's shape.
fn match_path(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    let mut params = Vec::new();
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(params),
            (Some(name), Some(segment)) if name.starts_with('{') => params.push(decode_segment(segment)?),
            (Some(name), Some(segment)) if name == segment => {}
            _ => return None,
        }
    }
}

/// List every endpoint: `[{method, path, source}]`.
pub(super) fn coverage() -> Value {
    let routes = all().map(|route| (route.method, route.path, route.source));
    routes
        .chain(BYTES.iter().map(|(method, path)| (*method, *path, Source::Guess)))
        .map(|(method, path, source)| json!({"method": method, "path": path, "source": source.name()}))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn find_decodes_placeholders() {
        let found =
            |method, path| find(method, path).map(|(route, params)| (route.path, params)).map_err(|error| error.status);
        assert_eq!(found("GET", "/api/v2/organizations/"), Ok(("/api/v2/organizations/", vec![])));
        assert_eq!(
            found("DELETE", "/api/v2/organizations/a/users/b%40c.d%2F/"),
            Ok(("/api/v2/organizations/{organization_id}/users/{user}/", vec!["a".to_owned(), "b@c.d/".to_owned()]))
        );
        assert_eq!(found("PATCH", "/api/v2/organizations/"), Err(405));
        assert_eq!(found("GET", "/api/v2/organizations"), Err(404));
        assert_eq!(found("GET", "/api/v2/organizations/%ff/"), Err(404));
        assert_eq!(found("GET", "/api/v2/organizations//"), Err(404));
    }
}
