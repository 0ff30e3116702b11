//! `logout`.

use insta::assert_snapshot;

use crate::support::{Croud, Profile, Response, Server, json, reply};

#[cfg(feature = "sandbox")]
#[test]
fn logout_says_that_the_sandbox_has_no_session() {
    assert_snapshot!(Croud::sandbox().run("logout"), @"
    [stderr]
    ==> Info: You have been logged out.
        The built-in profile has no session to end: it still acts as the sandbox's admin.
    ");
}

#[test]
fn logout_removes_the_token_and_keeps_the_key() {
    let server = Server::new([reply(200, &[], "")]);
    let endpoint = server.endpoint();
    let profile = Profile::at(&endpoint).token("t").key("k", "s").organization("o");
    let croud = Croud::new().mask(&endpoint, "ENDPOINT").profile(profile);
    assert_snapshot!(croud.run("logout"), @"
    [stderr]
    ==> Warning: You have both a token and a key/secret set in your profile. Only the token will be used.
    ==> Info: You have been logged out.
        The API key stays in the profile. Remove it with `croud logout --all`.
    ");
    assert_snapshot!(server.wire(), @"GET /oauth2/logout cookie: session=t");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: test
    profiles:
      test:
        endpoint: ENDPOINT
        auth-token: null
        key: k
        secret: s
        organization-id: null
    ");
}

#[test]
fn logout_removes_the_token_even_if_the_server_fails() {
    const DONE: &str = "==> Info: You have been logged out.\n";
    const WARNING: &str = "==> Warning: The session may still be valid on the server: ";
    let redirect = reply(302, &["Location: /"], "");
    for (script, warning) in [
        (
            vec![Response::Close],
            format!(
                "{WARNING}Failed to perform request on 'ENDPOINT/oauth2/logout'. Original error was: \
                 'the server closed the connection before the end of its reply'\n"
            ),
        ),
        (vec![json(500, "{}")], format!("{WARNING}500 - Internal Server Error\n")),
        (vec![redirect, reply(200, &[], "ok")], String::new()),
    ] {
        let server = Server::new(script);
        let croud = Croud::on(&server);
        assert_eq!(croud.run("logout"), format!("[stderr]\n{warning}{DONE}"));
        assert!(croud.config_text().contains("auth-token: null"));
    }
}

#[test]
fn logout_removes_the_token_even_if_the_endpoint_is_refused() {
    let croud = Croud::new().profile(Profile::at("http://cloud.example").token("t"));
    assert_snapshot!(croud.run("logout"), @"
    [stderr]
    ==> Warning: The session may still be valid on the server: `http://cloud.example` is not allowed: http:// is for loopback only. Use https://.
    ==> Info: You have been logged out.
    ");
    assert!(croud.config_text().contains("auth-token: null"));
}

#[test]
fn logout_follows_redirects_and_keeps_credentials_at_their_origin() {
    let other = Server::new([reply(200, &[], "bye")]);
    let elsewhere = format!("Location: {}/bye?x=1", other.endpoint());
    let server = Server::new([reply(302, &["Location: /oauth2/sign_out?rd=x"], ""), reply(302, &[&elsewhere], "")]);
    assert_eq!(Croud::on(&server).code("logout"), Some(0));
    assert_snapshot!(server.wire(), @"
    GET /oauth2/logout cookie: session=t0ken
    GET /oauth2/sign_out?rd=x cookie: session=t0ken
    ");
    assert_snapshot!(other.wire(), @"GET /bye?x=1");
}

#[test]
fn logout_follows_no_redirect_to_plain_http() {
    let plain = Server::new([]);
    let location = format!("Location: {}/", plain.endpoint().replace("127.0.0.1", "croud.example"));
    let server = Server::new([reply(302, &[&location], "")]);
    // The request would go to the proxy.
    let croud = Croud::on(&server).env("http_proxy", &plain.endpoint());
    assert_eq!(croud.code("logout"), Some(0));
    assert_eq!(plain.wire(), "");
    assert!(croud.config_text().contains("auth-token: null\n"));
}

#[test]
fn logout_follows_a_limited_number_of_redirects() {
    let server = Server::answering(|_| reply(302, &["Location: /again"], ""));
    assert_eq!(Croud::on(&server).code("logout"), Some(0));
    assert_eq!(server.requests().len(), 11);
}

#[test]
fn logout_all_removes_the_key() {
    let server = Server::new([json(200, "{}"), json(200, "{}")]);
    let croud = Croud::on(&server).stdin("k\ns\n");
    croud.run("login --api-key");
    assert_eq!(croud.run("logout --all"), "[stderr]\n==> Info: You have been logged out.\n");
    assert!(croud.config_text().contains("key: null\n    secret: null\n"), "{}", croud.config_text());
}

#[cfg(unix)]
#[test]
fn logout_without_a_readable_configuration_has_one_error() {
    let croud = Croud::new().env("CROUD_CONFIG", "/dev/null/croud.yaml");
    assert_eq!(
        croud.run("logout"),
        "[stderr]\n==> Error: The configuration file `/dev/null/croud.yaml` can't be read: Not a directory (os error 20)\n    \
         Set CROUD_CONFIG to use another file.\n[exit 1]\n"
    );
}
