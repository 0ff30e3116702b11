//! Who acts, and where: row by row.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json, reply};

const KEY: (&str, &str) = ("CRATEDB_CLOUD_API_KEY", "env-key");
const SECRET: (&str, &str) = ("CRATEDB_CLOUD_API_SECRET", "env-secret");
/// `env-key:env-secret` and `k:s`, as basic auth has them.
const ENV: &str = "Basic ZW52LWtleTplbnYtc2VjcmV0";
const OWN: &str = "Basic azpz";

/// What one run says of who it is: `token NAME`, the header, or nothing; at the first or the second
/// server; or its exit code if it asks neither.
fn who(line: &str, env: &[(&str, &str)], profiles: &str) -> String {
    let servers = [Server::new([json(200, "[]")]), Server::new([json(200, "[]")])];
    let place = |text: &str| text.replace("FIRST", &servers[0].endpoint()).replace("SECOND", &servers[1].endpoint());
    let mut croud =
        Croud::new().config(&place(&format!("default-format: table\ncurrent-profile: a\nprofiles: {{{profiles}}}\n")));
    for (name, value) in env {
        croud = croud.env(name, &place(value));
    }
    let code = croud.code(line);
    for (server, name) in servers.iter().zip(["first", "second"]) {
        if let Some(asked) = server.asked().first() {
            let cookie = asked.header("cookie").map(|cookie| cookie.replace("session=", "token "));
            let auth = cookie.or(asked.header("authorization").map(str::to_owned)).unwrap_or("nobody".to_owned());
            return format!("{auth} at {name}");
        }
    }
    format!("exit {}", code.unwrap())
}

const TOKEN: &str = "a: {endpoint: 'FIRST', auth-token: t}";
const BOTH: &str = "a: {endpoint: 'FIRST', auth-token: t, key: k, secret: s}";
const OWN_KEY: &str = "a: {endpoint: 'FIRST', key: k, secret: s}";
const NOBODY: &str = "a: {endpoint: 'FIRST'}";
const TWO: &str =
    "a: {endpoint: 'FIRST', auth-token: t}, b: {endpoint: 'SECOND', auth-token: u}, c: {endpoint: 'SECOND'}";

#[test]
fn who_acts_and_where() {
    let at_second = ("CRATEDB_CLOUD_ENDPOINT", "SECOND");
    let use_b = ("CROUD_PROFILE", "b");
    let list = "organizations list";
    let with_b = "--profile b organizations list";
    let with_c = "organizations list --profile c";
    /// The command line, the environment, the profiles, and who it is.
    type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c str, &'c str);
    let cases: &[Case] = &[
        // The current profile: its token, else its key.
        (list, &[], TOKEN, "token t at first"),
        (list, &[], BOTH, "token t at first"),
        (list, &[], OWN_KEY, &format!("{OWN} at first")),
        (list, &[], NOBODY, "nobody at first"),
        // The environment's key beats it, at its endpoint or at the profile's.
        (list, &[KEY, SECRET], BOTH, &format!("{ENV} at first")),
        (list, &[KEY, SECRET, at_second], BOTH, &format!("{ENV} at second")),
        (list, &[KEY, SECRET], NOBODY, &format!("{ENV} at first")),
        (list, &[KEY, SECRET, use_b], TWO, &format!("{ENV} at second")),
        // A half of a key, or an endpoint without a key, is a mistake; what is empty is not there.
        (list, &[KEY], TOKEN, "exit 2"),
        (list, &[SECRET], TOKEN, "exit 2"),
        (list, &[at_second], TOKEN, "exit 2"),
        (list, &[KEY, ("CRATEDB_CLOUD_API_SECRET", "")], TOKEN, "exit 2"),
        (list, &[("CRATEDB_CLOUD_API_KEY", ""), ("CRATEDB_CLOUD_API_SECRET", "")], TOKEN, "token t at first"),
        (list, &[("CRATEDB_CLOUD_ENDPOINT", "")], TOKEN, "token t at first"),
        // The variable picks a profile; the option beats it, and the environment's key.
        (list, &[use_b], TWO, "token u at second"),
        (with_b, &[], TWO, "token u at second"),
        (with_b, &[("CROUD_PROFILE", "a")], TWO, "token u at second"),
        (with_b, &[KEY, SECRET], TWO, "token u at second"),
        (with_b, &[KEY, SECRET, ("CRATEDB_CLOUD_ENDPOINT", "FIRST")], TWO, "token u at second"),
        // A profile that was named and has nothing takes the environment's, at its own endpoint.
        (with_c, &[KEY, SECRET], TWO, &format!("{ENV} at second")),
        (with_c, &[KEY, SECRET, ("CRATEDB_CLOUD_ENDPOINT", "FIRST")], TWO, &format!("{ENV} at second")),
        (with_c, &[], TWO, "nobody at second"),
        (with_c, &[KEY], TWO, "exit 2"),
        // One that does not exist is a mistake.
        ("--profile z organizations list", &[], TWO, "exit 2"),
        (list, &[("CROUD_PROFILE", "z")], TWO, "exit 2"),
    ];
    for (line, env, profiles, expected) in cases {
        assert_eq!(who(line, env, profiles), *expected, "{line} {env:?} {profiles}");
    }
}

#[test]
fn an_unknown_profile_is_answered_with_those_there_are() {
    let croud = Croud::new().config(&format!("default-format: table\ncurrent-profile: a\nprofiles: {{{TWO}}}\n"));
    assert_snapshot!(croud.run("--profile z organizations list"), @"
    [stderr]
    ==> Error: There is no profile `z`.
    ==> Info: The profiles are: a, b, c.
    [exit 2]
    ");
}

#[test]
fn a_token_is_taken_before_a_key_and_it_is_said() {
    let server = Server::new([json(200, "[]")]);
    let croud = Croud::new().config(&format!(
        "default-format: json\ncurrent-profile: a\nprofiles: {{{}}}\n",
        BOTH.replace("FIRST", &server.endpoint())
    ));
    assert_snapshot!(croud.run("organizations list"), @"
    []
    [stderr]
    ==> Warning: You have both a token and a key/secret set in your profile. Only the token will be used.
    ");
}

#[test]
fn the_sandbox_ignores_the_cloud_of_the_environment() {
    let server = Server::new([]);
    let (endpoint, org) = (server.endpoint(), ("CRATEDB_CLOUD_ORGANIZATION_ID", "real"));
    for (line, profile) in [
        ("--profile sandbox organizations edit --name x -o json", None),
        ("organizations edit --name x -o json", Some("sandbox")),
    ] {
        let mut croud = Croud::new().env("CRATEDB_CLOUD_ENDPOINT", &endpoint).env(KEY.0, KEY.1).env(org.0, org.1);
        if let Some(profile) = profile {
            croud = croud.env("CROUD_PROFILE", profile);
        }
        let state = croud.path("state");
        let croud = croud.env("CROUD_SANDBOX_STATE", state.to_str().unwrap());
        assert!(croud.stdout(line).contains("f6c39580-5719-431d-a508-0cee4f9e8209"));
        assert!(!croud.config_path().exists());
    }
    assert_eq!(server.wire(), "");
}

#[test]
fn a_profile_called_sandbox_is_the_users_own() {
    let server = Server::new([json(200, "[]")]);
    let croud = Croud::new().config(&format!(
        "default-format: json\ncurrent-profile: sandbox\nprofiles: {{sandbox: {{endpoint: '{}', auth-token: mine}}}}\n",
        server.endpoint()
    ));
    croud.run("organizations list");
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/ cookie: session=mine");
}

#[test]
fn region_and_organization_fall_back() {
    let profiles = "default-format: json\ncurrent-profile: a\nprofiles: {a: {endpoint: 'FIRST', auth-token: t, region: own, organization-id: own}}\n";
    let server = Server::new((0..6).map(|_| json(200, "[]")));
    let config = profiles.replace("FIRST", &server.endpoint());
    let plain = Croud::new().config(&config);
    plain.run("organizations users list");
    plain.run("organizations users list -r '' --org-id ''");
    let named =
        Croud::new().config(&config).env("CRATEDB_CLOUD_REGION", "env").env("CRATEDB_CLOUD_ORGANIZATION_ID", "env");
    named.run("organizations users list");
    named.run("organizations users list --region opt --org-id opt");
    named.run("regions list");
    named.run("organizations users list --sudo --org-id opt");
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/own/users/ cookie: session=t x-region: own
    GET /api/v2/organizations/own/users/ cookie: session=t x-region: own
    GET /api/v2/organizations/env/users/ cookie: session=t x-region: env
    GET /api/v2/organizations/opt/users/ cookie: session=t x-region: opt
    GET /api/v2/regions/ cookie: session=t x-region: env
    GET /api/v2/organizations/opt/users/ cookie: session=t x-region: env x-auth-sudo: 1
    ");
}

#[test]
fn credentials_never_go_in_the_clear() {
    for endpoint in
        ["http://example.com", "http://localhost.example.com", "ftp://127.0.0.1", "http://127.0.0.1@example.com"]
    {
        let croud = Croud::new().config(&format!(
            "default-format: table\ncurrent-profile: a\nprofiles: {{a: {{endpoint: '{endpoint}', auth-token: t}}}}\n"
        ));
        assert_eq!(croud.code("organizations list"), Some(2), "{endpoint}: {}", croud.run("organizations list"));
    }
}

#[test]
fn a_proxy_is_none_of_loopbacks_business() {
    let (server, proxy) = (Server::new([json(200, "[]")]), Server::new([]));
    let croud = Croud::on(&server).env("http_proxy", &proxy.endpoint()).env("ALL_PROXY", &proxy.endpoint());
    assert_eq!(croud.code("organizations list"), Some(0));
    assert_eq!(proxy.wire(), "");
}

#[test]
fn localhost_is_this_machine() {
    let server = Server::new([json(200, "[]")]);
    let endpoint = server.endpoint().replace("127.0.0.1", "localhost");
    let config = format!(
        "default-format: table\ncurrent-profile: a\nprofiles: {{a: {{endpoint: '{endpoint}', auth-token: t}}}}\n"
    );
    assert_eq!(Croud::new().config(&config).run("organizations list -o json"), "[]\n");
    assert_eq!(server.wire(), "GET /api/v2/organizations/ cookie: session=t\n");
}

#[test]
fn a_refused_credential_is_named() {
    let server = Server::new([json(401, r#"{"message": "Authentication required.", "success": false}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations list"), @"
    [stderr]
    ==> Error: Authentication required.
        Refused was the session token of profile `test`.
    [exit 4]
    ");
    let server = Server::new([reply(302, &["Location: https://elsewhere.example/"], "")]);
    assert_snapshot!(Croud::on(&server).run("organizations list"), @"
    [stderr]
    ==> Error: Unauthorized.
    ==> Error: Oops. Something unexpected happened.
    [exit 4]
    ");
}
