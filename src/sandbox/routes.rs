//! Finds the endpoint for a request.

use serde_json::{Value, json};

use super::encoding::decode_segment;
use super::nouns;
use super::response::{Response, error, not_served};
use super::route::{Route, Source};

/// The paths whose bytes `bytes` moves. They are not in the table of endpoints.
const BYTES: &[(&str, &str)] =
    &[("PUT", "/upload/{organization_id}/{file_id}"), ("GET", "/download/{organization_id}/{file_id}")];

/// Endpoints in the vendor's description that the sandbox does not serve. They are about organizations, users, roles
/// and regions, or the Python program uses them for projects, clusters and subscriptions.
const NOT_SERVED: &[(&str, &str)] = &[
    ("POST", "/api/v2/organizations/{organization_id}/clusters/"),
    ("GET", "/api/v2/organizations/{organization_id}/metrics/prometheus/"),
    ("POST", "/api/v2/regions/{region_name}/verify-backup-location/"),
    ("POST", "/api/v2/subscriptions/"),
    ("DELETE", "/api/v2/subscriptions/{subscription_id}/"),
    ("GET", "/api/v2/stripe/organizations/{organization_id}/billing-information/"),
    ("PATCH", "/api/v2/stripe/organizations/{organization_id}/billing-information/"),
    ("GET", "/api/v2/stripe/organizations/{organization_id}/cards/"),
    ("PATCH", "/api/v2/stripe/organizations/{organization_id}/cards/{card_id}/"),
    ("DELETE", "/api/v2/stripe/organizations/{organization_id}/cards/{card_id}/"),
    ("POST", "/api/v2/stripe/organizations/{organization_id}/setup/"),
    ("POST", "/api/v2/stripe/organizations/{organization_id}/setup-payment/"),
    ("POST", "/api/v2/stripe/organizations/{organization_id}/validate-card/"),
    ("POST", "/api/v2/stripe/card/organizations/{organization_id}/setup/"),
    ("POST", "/api/v2/stripe/card/organizations/{organization_id}/setup-payment/"),
    ("POST", "/api/v2/stripe/bank-transfer/organizations/{organization_id}/setup/"),
];

/// All endpoints of the API that the sandbox serves.
pub(super) fn all() -> impl Iterator<Item = &'static Route> {
    nouns::ALL.iter().copied().flatten()
}

/// Finds the endpoint for a method and an encoded path. Returns it with the decoded values of its placeholders.
/// HEAD is answered as GET.
///
/// # Errors
/// 405 if the path is served with other methods only, else 404. The message says that the sandbox does not serve
/// it, unless the API is known not to have this method.
pub(super) fn find(method: &str, path: &str) -> Result<(&'static Route, Vec<String>), Box<Response>> {
    let wanted = if method == "HEAD" { "GET" } else { method };
    let mut of_path: Vec<_> = all().filter_map(|route| Some((route, match_path(route.path, path)?))).collect();
    // `/users/me/` is not a user with the ID `me`.
    let least = of_path.iter().map(|(_, params)| params.len()).min().unwrap_or_default();
    of_path.retain(|(_, params)| params.len() == least);
    let allowed: Vec<&str> = of_path.iter().map(|(route, _)| route.method).collect();
    let is_api = || NOT_SERVED.iter().any(|(known, pattern)| *known == wanted && match_path(pattern, path).is_some());
    match of_path.into_iter().find(|(route, _)| route.method == wanted) {
        Some(found) => Ok(found),
        None if allowed.is_empty() => Err(not_served(404, method, path)),
        None => {
            let mut refused = if is_api() { not_served(405, method, path) } else { error(405, "Method not allowed.") };
            refused.allow = Some(allowed.join(", "));
            Err(refused)
        }
    }
}

/// The decoded values of the placeholders, if the path has the pattern's shape.
fn match_path(pattern: &str, path: &str) -> Option<Vec<String>> {
    // Most patterns differ before the first placeholder.
    if !path.starts_with(pattern.split('{').next()?) {
        return None;
    }
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

/// Lists every endpoint that is known: `[{method, path, source, served}]`.
pub(super) fn coverage() -> Value {
    let served = all().map(|route| (route.method, route.path, route.source, true));
    let bytes = BYTES.iter().map(|(method, path)| (*method, *path, Source::Guess, true));
    let others = NOT_SERVED.iter().map(|(method, path)| (*method, *path, Source::Spec, false));
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
        // `me` is not the ID of a user.
        assert_eq!(found("DELETE", "/api/v2/users/me/"), Err(405));
        assert_eq!(found("DELETE", "/api/v2/users/a/"), Ok(("/api/v2/users/{user_id}/", vec!["a".to_owned()])));
        assert_eq!(found("PUT", "/api/v2/regions/"), Err(405));
        assert_eq!(found("GET", "/api/v2/organizations"), Err(404));
        assert_eq!(found("GET", "/api/v2/organizations/%ff/"), Err(404));
        assert_eq!(found("GET", "/api/v2/organizations//"), Err(404));
    }

    #[test]
    fn an_endpoint_is_listed_once() {
        let mut known: Vec<(&str, &str)> = all().map(|route| (route.method, route.path)).collect();
        known.extend(NOT_SERVED.iter().map(|(method, path)| (*method, *path)));
        let count = known.len();
        known.sort_unstable();
        known.dedup();
        assert_eq!(known.len(), count);
    }

    #[test]
    fn an_endpoint_has_the_error_statuses_of_its_checks() {
        for (method, path, statuses) in [
            ("GET", "/api/v2/users/me/", &[302, 400, 401][..]),
            ("PATCH", "/api/v2/users/me/", &[302, 400, 401, 403, 404]),
            ("GET", "/api/v2/organizations/a/", &[302, 400, 401, 403, 404]),
            ("GET", "/oauth2/logout", &[400, 403]),
        ] {
            let found = find(method, path).map(|(route, _)| route.error_statuses());
            assert_eq!(found.map_err(|error| error.status), Ok(statuses.to_vec()), "{method} {path}");
        }
    }
}
