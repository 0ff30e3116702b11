//! Requests: headers, session cookies, redirects. They are the same for every command.

use insta::assert_snapshot;

use crate::support::{Croud, Profile, Server, json, reply};

const LIST: &str = "organizations list -o json";
const CREATE: &str = "organizations create --name x";

#[test]
fn requests_name_the_program_and_the_type_of_their_body() {
    let server = Server::new([json(200, "[]"), json(201, "{}"), json(200, "{}"), reply(204, &[], "")]);
    let croud = Croud::on(&server);
    for line in [LIST, CREATE, "me edit --email a@b.c", "organizations delete -y"] {
        assert_eq!(croud.code(line), Some(0), "{line}");
    }
    let requests = server.requests();
    let program = format!("croud/{}", env!("CARGO_PKG_VERSION"));
    for (request, body_type, length) in [
        (&requests[0], None, None),
        (&requests[1], Some("application/json"), Some("12")),
        (&requests[2], Some("application/json"), Some("17")),
        (&requests[3], None, None),
    ] {
        assert_eq!(request.header("user-agent"), Some(program.as_str()), "{}", request.line);
        assert_eq!(request.header("content-type"), body_type, "{}", request.line);
        assert_eq!(request.header("content-length"), length, "{}", request.line);
        assert_eq!(request.header("transfer-encoding"), None, "{}", request.line);
        assert_eq!(request.header("referer"), None, "{}", request.line);
    }
}

/// The `auth-token` in croud.yaml after a reply that has these header lines.
fn token_after(headers: &[&str]) -> String {
    let headers: Vec<&str> = ["Content-Type: application/json"].iter().chain(headers).copied().collect();
    let server = Server::new([reply(200, &headers, "[]")]);
    let croud = Croud::on(&server);
    assert_eq!(croud.code(LIST), Some(0), "{headers:?}");
    let config = croud.config_text();
    config.lines().find_map(|line| line.trim().strip_prefix("auth-token: ")).unwrap().to_owned()
}

#[test]
fn a_session_cookie_renews_the_token() {
    for (headers, token) in [
        (&["Set-Cookie: session=new"][..], "new"),
        (&["Set-Cookie: session=new; Path=/; HttpOnly; Secure"], "new"),
        (&["Set-Cookie: session=\"new\"; Path=/"], "new"),
        // The last one takes precedence, as in a browser.
        (&["Set-Cookie: session=first", "Set-Cookie: session=second"], "second"),
        (&["Set-Cookie: session=new", "Set-Cookie: other=x"], "new"),
        (&["Set-Cookie: other=new"], "t0ken"),
        (&["Set-Cookie: xsession=new"], "t0ken"),
        (&["Set-Cookie: session="], "t0ken"),
        (&["Set-Cookie: session=\"\""], "t0ken"),
        (&["Set-Cookie: x=session=new"], "t0ken"),
        (&[], "t0ken"),
    ] {
        assert_eq!(token_after(headers), token, "{headers:?}");
    }
}

#[test]
fn the_same_token_is_not_written_again() {
    let server = Server::new([reply(200, &["Set-Cookie: session=t0ken"], "[]")]);
    let croud = Croud::on(&server);
    // Writing the file would remove its comment.
    let text = format!("# mine\n{}", std::fs::read_to_string(croud.config_path()).unwrap());
    let croud = croud.config(&text);
    assert_eq!(croud.code(LIST), Some(0));
    assert_eq!(std::fs::read_to_string(croud.config_path()).unwrap(), text);
}

#[test]
fn a_renewed_token_is_used_by_the_next_page() {
    let page = reply(200, &["Set-Cookie: session=new"], r#"[{"id": 1}]"#);
    let server = Server::new([page, json(200, "[]")]);
    assert_eq!(Croud::on(&server).code("organizations auditlogs list"), Some(0));
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/my-org-id/auditlogs/ cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/?last=1 cookie: session=new
    ");
}

#[test]
fn a_redirect_to_the_login_page_means_that_the_session_has_ended() {
    let shown = |location: &str| {
        let server = Server::new([reply(302, &[&format!("Location: {location}")], "")]);
        Croud::on(&server).run("organizations get é")
    };
    let login =
        "[stderr]\n==> Error: Unauthorized.\n==> Info: Use `croud login` to login to CrateDB Cloud.\n[exit 4]\n";
    let other = "[stderr]\n==> Error: Unauthorized.\n==> Error: Oops. Something unexpected happened.\n[exit 4]\n";
    // `rd` names the path that was asked for, encoded once or twice.
    assert_eq!(shown("/?rd=%2Fapi%2Fv2%2Forganizations%2F%C3%A9%2F"), login);
    assert_eq!(shown("/?rd=/api/v2/organizations/%25C3%25A9/"), login);
    assert_eq!(shown("https://login.example/?x=1&rd=%2Fapi%2Fv2%2Forganizations%2F%C3%A9%2F"), login);
    assert_eq!(shown("/?rd=%2Fapi%2Fv2%2Forganizations%2F"), other);
    assert_eq!(shown("/?r=%2Fapi%2Fv2%2Forganizations%2F%C3%A9%2F"), other);
    assert_eq!(shown("/"), other);
}

#[test]
fn an_api_key_is_sent_with_every_request() {
    let server = Server::new([json(503, "{}"), json(200, "[]"), json(201, "{}")]);
    let croud = Croud::new().env("CROUD_RETRIES", "1").profile(Profile::at(&server.endpoint()).key("k", "s"));
    assert_eq!(croud.code(LIST), Some(0));
    assert_eq!(croud.code(CREATE), Some(0));
    assert_snapshot!(server.wire(), @r#"
    GET /api/v2/organizations/ authorization: Basic azpz
    GET /api/v2/organizations/ authorization: Basic azpz
    POST /api/v2/organizations/ authorization: Basic azpz {"name":"x"}
    "#);
}
