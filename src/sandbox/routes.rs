//! Every endpoint, in one table: who answers it, what it takes, and from where it is known.

use serde_json::{Value, json};

use super::cloud::{Answer, Outcome, Scene, not_found, refuse};
use super::{account, credits, files, members, organizations, secrets};

/// From where an endpoint is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The vendor's own description.
    Spec,
    /// Seen in the Python program's code or documentation.
    Upstream,
    /// What seems likely.
    Guess,
}

/// One endpoint.
pub(super) struct Route {
    pub(super) method: &'static str,
    /// Its path; a segment in braces stands for any.
    pub(super) path: &'static str,
    source: Source,
    /// Nobody gets an answer without signing in.
    pub(super) needs_user: bool,
    /// The fields that its body may have.
    pub(super) fields: &'static [&'static str],
    /// The parameters that its query may have.
    pub(super) query: &'static [&'static str],
    pub(super) run: fn(&mut Scene) -> Outcome,
}

impl Route {
    const fn new(method: &'static str, path: &'static str, source: Source, run: fn(&mut Scene) -> Outcome) -> Self {
        Self { method, path, source, needs_user: true, fields: &[], query: &[], run }
    }

    const fn fields(self, fields: &'static [&'static str]) -> Self {
        Self { fields, ..self }
    }

    const fn query(self, query: &'static [&'static str]) -> Self {
        Self { query, ..self }
    }

    const fn public(self) -> Self {
        Self { needs_user: false, ..self }
    }
}

use Source::{Guess, Spec, Upstream};

const ROUTES: &[Route] =
    &[
        Route::new("GET", "/api/v2/organizations/", Spec, organizations::list),
        Route::new("POST", "/api/v2/organizations/", Spec, organizations::create).fields(&["name", "plan_type"]),
        Route::new("GET", "/api/v2/organizations/{organization_id}/", Spec, organizations::get),
        Route::new("PUT", "/api/v2/organizations/{organization_id}/", Spec, organizations::edit).fields(&[
            "name",
            "plan_type",
            "email",
            "notifications_enabled",
        ]),
        Route::new("DELETE", "/api/v2/organizations/{organization_id}/", Spec, organizations::delete),
        Route::new("GET", "/api/v2/organizations/{organization_id}/auditlogs/", Spec, organizations::audit_logs)
            .query(&["action", "from", "to", "cluster_id", "last"]),
        Route::new("GET", "/api/v2/organizations/{organization_id}/regions/", Spec, account::organization_regions),
        Route::new("GET", "/api/v2/organizations/{organization_id}/users/", Spec, members::list),
        Route::new("POST", "/api/v2/organizations/{organization_id}/users/", Spec, members::add)
            .fields(&["user", "role_fqn"]),
        Route::new("DELETE", "/api/v2/organizations/{organization_id}/users/{user}/", Spec, members::remove),
        Route::new("GET", "/api/v2/organizations/{organization_id}/files/", Spec, files::list),
        Route::new("POST", "/api/v2/organizations/{organization_id}/files/", Spec, files::create).fields(&["name"]),
        Route::new("GET", "/api/v2/organizations/{organization_id}/files/{file_id}/", Spec, files::get),
        Route::new("DELETE", "/api/v2/organizations/{organization_id}/files/{file_id}/", Spec, files::delete),
        Route::new("GET", "/api/v2/organizations/{organization_id}/secrets/", Spec, secrets::list),
        Route::new("POST", "/api/v2/organizations/{organization_id}/secrets/", Spec, secrets::create)
            .fields(&["name", "type", "data"]),
        Route::new("DELETE", "/api/v2/organizations/{organization_id}/secrets/{secret_id}/", Spec, secrets::delete),
        Route::new("GET", "/api/v2/organizations/{organization_id}/credits/", Spec, credits::list).query(&["status"]),
        Route::new("POST", "/api/v2/organizations/{organization_id}/credits/", Spec, credits::create).fields(&[
            "amount",
            "expiration_date",
            "comment",
        ]),
        Route::new("PATCH", "/api/v2/organizations/{organization_id}/credits/{credit_id}/", Spec, credits::edit)
            .fields(&["amount", "expiration_date", "comment"]),
        Route::new("DELETE", "/api/v2/organizations/{organization_id}/credits/{credit_id}/", Spec, credits::expire),
        Route::new("GET", "/api/v2/organizations/{organization_id}/customer/", Spec, credits::customer),
        Route::new("PUT", "/api/v2/organizations/{organization_id}/customer/", Spec, credits::edit_customer)
            .fields(credits::CUSTOMER),
        Route::new("GET", "/api/v2/users/me/", Spec, account::me),
        Route::new("PATCH", "/api/v2/users/me/", Spec, account::edit_me).fields(&["email"]),
        Route::new("GET", "/api/v2/users/me/api-keys/", Spec, account::api_keys),
        Route::new("POST", "/api/v2/users/me/api-keys/", Spec, account::create_api_key),
        Route::new("GET", "/api/v2/users/me/api-keys/{api_key}/", Spec, account::api_key),
        Route::new("PATCH", "/api/v2/users/me/api-keys/{api_key}/", Spec, account::edit_api_key).fields(&["active"]),
        Route::new("DELETE", "/api/v2/users/me/api-keys/{api_key}/", Spec, account::delete_api_key),
        Route::new("GET", "/api/v2/roles/", Spec, account::roles),
        Route::new("GET", "/api/v2/regions/", Spec, account::regions).query(&["organization_id"]),
        Route::new("GET", "/oauth2/{idp}/login", Upstream, account::login).query(&["cli", "user"]).public(),
        Route::new("GET", "/oauth2/logout", Upstream, account::logout).public(),
        Route::new("GET", "/", Guess, account::front).query(&["rd"]).public(),
    ];

/// Paths outside the API's table: the shell around it moves their bytes.
const STREAMS: &[(&str, &str, Source)] =
    &[("PUT", "/upload/{organization_id}/{file_id}", Guess), ("GET", "/download/{organization_id}/{file_id}", Guess)];

/// The endpoint for a request, with what stands in its places, decoded.
pub(super) fn find(method: &str, path: &str) -> Result<(&'static Route, Vec<String>), Box<Answer>> {
    let mut is_known = false;
    for route in ROUTES {
        if let Some(params) = params(route.path, path) {
            if route.method == method {
                return Ok((route, params));
            }
            is_known = true;
        }
    }
    if is_known {
        return Err(refuse(405, "Method not allowed."));
    }
    let mut unknown = not_found();
    unknown.is_unknown = true;
    Err(unknown)
}

fn params(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    let mut params = Vec::new();
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return Some(params),
            (Some(place), Some(segment)) if place.starts_with('{') => params.push(super::decode(segment)?),
            (Some(name), Some(segment)) if name == segment => {}
            _ => return None,
        }
    }
}

/// Every endpoint, and from where it is known.
pub(super) fn coverage() -> Value {
    let routes = ROUTES.iter().map(|route| (route.method, route.path, route.source));
    routes
        .chain(STREAMS.iter().copied())
        .map(|(method, path, source)| {
            let source = match source {
                Spec => "spec",
                Upstream => "upstream",
                Guess => "guess",
            };
            json!({"method": method, "path": path, "source": source})
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_found_with_its_places_decoded() {
        let found = |method, path| find(method, path).map(|(route, params)| (route.path, params)).map_err(|a| a.status);
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
