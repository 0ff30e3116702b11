//! Signing in and out in a browser, and the front page.

use crate::http;
use crate::sandbox::encoding::encode;
use crate::sandbox::request::Request;
use crate::sandbox::response::{Outcome, Response, denied, not_found};
use crate::sandbox::route::Access::Public;
use crate::sandbox::route::{Route, Shape, Source};
use crate::sandbox::schema::{Kind, field};

pub(super) const ROUTES: &[Route] = &[
    Route::new("GET", "/oauth2/{idp}/login", Public, &[(200, Shape::Html), (302, Shape::Empty)], login)
        .source(Source::Upstream)
        .query(&[field("cli", ANY_TEXT).optional(), field("user", ANY_TEXT).optional().guess()]),
    Route::new("GET", "/oauth2/logout", Public, &[(302, Shape::Empty)], logout).source(Source::Upstream),
    Route::new("GET", "/", Public, &[(200, Shape::Html)], front).source(Source::Guess).query(&[field(
        "rd",
        Kind::Text { min: 0, max: 4096 },
    )
    .optional()]),
];

const ANY_TEXT: Kind = Kind::Text { min: 0, max: 512 };
/// Where a sign-in from the command line ends.
const CALLBACK: &str = "http://localhost:8400/";
/// The identity providers of the API.
const IDENTITY_PROVIDERS: &[&str] = &["cognito", "azuread", "github", "google"];

/// Without `user`: a page that lists the users. With it: a redirect to the command line that waits. A
/// private sandbox signs nobody in.
fn login(request: &mut Request) -> Outcome {
    if request.rules.private_token.is_some() {
        return Err(denied());
    }
    if !IDENTITY_PROVIDERS.contains(&request.params[0].as_str()) {
        return Err(not_found());
    }
    if let Some(uid) = request.parameter("user") {
        request.uid = request.state.user(uid).ok_or_else(not_found)?.uid.clone();
        let token = request.sign_in();
        return Ok(Response::redirect(format!("{CALLBACK}?token={token}")).changed());
    }
    let idp = &request.params[0];
    let users: String = request
        .state
        .users
        .iter()
        .map(|user| {
            let (name, email) = (http::html(&user.name), http::html(&user.email));
            let link = format!("/oauth2/{idp}/login?cli=true&amp;user={}", encode(&user.uid));
            format!("<li><a href=\"{link}\">{name}<br><small>{email}</small></a></li>\n")
        })
        .collect();
    let body = format!("<h1>Sign in to the sandbox</h1>\n<ul>\n{users}</ul>\n<p>These users are examples.</p>");
    Ok(Response::html(http::page("Sign in to the sandbox", &body)))
}

/// Ends the session. A seeded session stays: the ready line and the built-in profile use its token.
fn logout(request: &mut Request) -> Outcome {
    let before = request.state.sessions.len();
    let token = request.call.token.as_deref();
    request.state.sessions.retain(|known, session| Some(known.as_str()) != token || session.since.is_none());
    let response = Response::redirect("/".to_owned());
    Ok(if request.state.sessions.len() == before { response } else { response.changed() })
}

fn front(_: &mut Request) -> Outcome {
    let body = "<h1>The sandbox of croud</h1>\n<p>An embedded cloud. Sign in with <code>croud login</code>.</p>";
    Ok(Response::html(http::page("The sandbox of croud", body)))
}
