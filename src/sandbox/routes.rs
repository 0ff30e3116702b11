//! Finds the endpoint for a request.

use serde_json::{Value, json};

use super::encoding::decode_segment;
use super::nouns;
use super::response::{Response, error, not_served};
use super::route::{Route, Source};

/// The paths whose bytes `bytes` moves. They are not in the table of endpoints.
const BYTES: &[(&str, &str)] =
    &[("PUT", "/upload/{organization_id}/{file_id}"), ("GET", "/download/{organization_id}/{file_id}")];

/// Endpoints that the API is known to have and the sandbox does not serve.
const NOT_SERVED: &[(&str, &str, Source)] = &[
    ("POST", "/api/v2/regions/", Source::Spec),
    ("PUT", "/api/v2/users/me/confirm-email/", Source::Spec),
    ("DELETE", "/api/v2/users/{user_id}/", Source::Upstream),
    ("DELETE", "/api/v2/regions/{region}/", Source::Upstream),
    ("GET", "/api/v2/regions/{region}/install-token/", Source::Upstream),
    ("GET", "/api/v2/products/", Source::Upstream),
    ("POST", "/api/v2/projects/", Source::Upstream),
    ("PATCH", "/api/v2/projects/{project_id}/", Source::Upstream),
    ("DELETE", "/api/v2/projects/{project_id}/", Source::Upstream),
    ("GET", "/api/v2/projects/{project_id}/users/", Source::Upstream),
    ("POST", "/api/v2/projects/{project_id}/users/", Source::Upstream),
    ("DELETE", "/api/v2/projects/{project_id}/users/{user}/", Source::Upstream),
    ("POST", "/api/v2/organizations/{organization_id}/clusters/", Source::Upstream),
    ("DELETE", "/api/v2/clusters/{cluster_id}/", Source::Upstream),
    ("POST", "/api/v2/subscriptions/", Source::Upstream),
    ("DELETE", "/api/v2/subscriptions/{subscription_id}/", Source::Upstream),
];

/// All endpoints of the API that the sandbox serves.
pub(super) fn all() -> impl Iterator<Item = &'static Route> {
    nouns::ALL.iter().copied().flatten()
}

/// Find the endpoint for a method and an encoded path. Return it with the decoded values of its placeholders.
/// HEAD is answered as GET.
///
/// # Errors
/// 405 if the path is served with other methods only, else 404. The message says that the sandbox does not serve
/// it, unless the API is known not to have this method.
pub(super) fn find(method: &str, path: &str) -> Result<(&'static Route, Vec<String>), Box<Response>> {
    let wanted = if method == "HEAD" { "GET" } else { method };
    let of_path: Vec<_> = all().filter_map(|route| Some((route, match_path(route.path, path)?))).collect();
    let allowed: Vec<&str> = of_path.iter().map(|(route, _)| route.method).collect();
    let is_api = NOT_SERVED.iter().any(|(known, pattern, _)| *known == wanted && match_path(pattern, path).is_some());
    match of_path.into_iter().find(|(route, _)| route.method == wanted) {
        Some(found) => Ok(found),
        None if allowed.is_empty() => Err(not_served(404, method, path)),
        None => {
            let mut refused = if is_api { not_served(405, method, path) } else { error(405, "Method not allowed.") };
            refused.allow = Some(allowed.join(", "));
            Err(refused)
        }
    }
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

/// List every endpoint that is known: `[{method, path, source, served}]`.
pub(super) fn coverage() -> Value {
    let served = all().map(|route| (route.method, route.path, route.source, true));
    let bytes = BYTES.iter().map(|(method, path)| (*method, *path, Source::Guess, true));
    let others = NOT_SERVED.iter().map(|(method, path, source)| (*method, *path, *source, false));
    served
        .chain(bytes)
        .chain(others)
        .map(|(method, path, source, served)| {
            json!({"method": method, "path": path, "source": source.name(), "served": served})
        })
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
        assert_eq!(found("HEAD", "/api/v2/organizations/"), Ok(("/api/v2/organizations/", vec![])));
        assert_eq!(
            found("DELETE", "/api/v2/organizations/a/users/b%40c.d%2F/"),
            Ok((
                "/api/v2/organizations/{organization_id}/users/{user_id_or_email}/",
                vec!["a".to_owned(), "b@c.d/".to_owned()]
            ))
        );
        assert_eq!(found("PATCH", "/api/v2/organizations/"), Err(405));
        assert_eq!(found("POST", "/api/v2/regions/"), Err(405));
        assert_eq!(found("GET", "/api/v2/organizations"), Err(404));
        assert_eq!(found("GET", "/api/v2/organizations/%ff/"), Err(404));
        assert_eq!(found("GET", "/api/v2/organizations//"), Err(404));
    }

    #[test]
    fn an_endpoint_is_listed_once() {
        let mut known: Vec<(&str, &str)> = all().map(|route| (route.method, route.path)).collect();
        known.extend(NOT_SERVED.iter().map(|(method, path, _)| (*method, *path)));
        let count = known.len();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), count);
    }
}
