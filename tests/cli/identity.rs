//! Which credential is sent to which endpoint.

use insta::assert_snapshot;

use crate::support::{Config, Croud, Profile, Server, json, reply};

const KEY: (&str, &str) = ("CRATEDB_CLOUD_API_KEY", "env-key");
const SECRET: (&str, &str) = ("CRATEDB_CLOUD_API_SECRET", "env-secret");
/// The `Authorization` headers of `env-key:env-secret` and of `k:s`.
const ENV: &str = "Basic ZW52LWtleTplbnYtc2VjcmV0";
const OWN: &str = "Basic azpz";

/// Which credential one run sends, and to which of two servers: `token NAME`, the `Authorization` header
/// or `nobody`; or its exit code if it sends no request.
fn credential_sent(line: &str, env: &[(&str, &str)], profiles: &Config) -> String {
    let servers = [(); 2].map(|()| Server::answering(|_| json(200, "[]")));
    let place = |text: &str| text.replace("FIRST", &servers[0].endpoint()).replace("SECOND", &servers[1].endpoint());
    let mut croud = Croud::new().config(&place(&profiles.text()));
    for (name, value) in env {
        croud = croud.env(name, &place(value));
    }
    let code = croud.code(line);
    for (server, name) in servers.iter().zip(["first", "second"]) {
        if let Some(request) = server.requests().first() {
            let cookie = request.header("cookie").map(|cookie| cookie.replace("session=", "token "));
            let auth = cookie.or(request.header("authorization").map(str::to_owned)).unwrap_or("nobody".to_owned());
            return format!("{auth} at {name}");
        }
    }
    format!("exit {}", code.unwrap())
}

/// One profile, `a`, at the first server.
fn one(set: impl Fn(Profile) -> Profile) -> Config {
    Config::new().profile("a", set(Profile::at("FIRST")))
}

/// Profile `a` at the first server, `b` and `c` at the second one; `c` has no credential.
fn three() -> Config {
    one(|profile| profile.token("t")).profile("b", Profile::at("SECOND").token("u")).profile("c", Profile::at("SECOND"))
}

#[test]
fn the_credential_and_the_endpoint_follow_the_precedence() {
    let at_second = ("CRATEDB_CLOUD_ENDPOINT", "SECOND");
    let use_b = ("CROUD_PROFILE", "b");
    let list = "organizations list";
    let with_b = "--profile b organizations list";
    let with_c = "organizations list --profile c";
    /// The command line, the environment, the configuration, and the credential that is expected.
    type Case<'c> = (&'c str, &'c [(&'c str, &'c str)], &'c Config, &'c str);
    let token = &one(|profile| profile.token("t"));
    let both = &one(|profile| profile.token("t").key("k", "s"));
    let own_key = &one(|profile| profile.key("k", "s"));
    let nobody = &one(|profile| profile);
    let three = &three();
    let cases: &[Case] = &[
        // The current profile: its token, or else its key.
        (list, &[], token, "token t at first"),
        (list, &[], both, "token t at first"),
        (list, &[], own_key, &format!("{OWN} at first")),
        (list, &[], nobody, "nobody at first"),
        // The environment's key takes precedence over the current profile. The endpoint is the environment's, if it
        // is set.
        (list, &[KEY, SECRET], both, &format!("{ENV} at first")),
        (list, &[KEY, SECRET, at_second], both, &format!("{ENV} at second")),
        (list, &[KEY, SECRET], nobody, &format!("{ENV} at first")),
        (list, &[KEY, SECRET, use_b], three, &format!("{ENV} at second")),
        // A key without a secret, a secret without a key, or an endpoint without a key is a usage error. An empty
        // variable counts as unset.
        (list, &[KEY], token, "exit 2"),
        (list, &[SECRET], token, "exit 2"),
        (list, &[at_second], token, "exit 2"),
        (list, &[KEY, ("CRATEDB_CLOUD_API_SECRET", "")], token, "exit 2"),
        (list, &[("CRATEDB_CLOUD_API_KEY", ""), ("CRATEDB_CLOUD_API_SECRET", "")], token, "token t at first"),
        (list, &[("CRATEDB_CLOUD_ENDPOINT", "")], token, "token t at first"),
        // The variable chooses a profile. The option takes precedence over the variable and over the environment's key.
        (list, &[use_b], three, "token u at second"),
        (with_b, &[], three, "token u at second"),
        (with_b, &[("CROUD_PROFILE", "a")], three, "token u at second"),
        (with_b, &[KEY, SECRET], three, "token u at second"),
        (with_b, &[KEY, SECRET, ("CRATEDB_CLOUD_ENDPOINT", "FIRST")], three, "token u at second"),
        // A profile chosen by the option that has no credential uses the environment's key at its own endpoint.
        (with_c, &[KEY, SECRET], three, &format!("{ENV} at second")),
        (with_c, &[KEY, SECRET, at_second], three, &format!("{ENV} at second")),
        (with_c, &[KEY, SECRET, ("CRATEDB_CLOUD_ENDPOINT", "FIRST")], three, "exit 2"),
        (with_c, &[], three, "nobody at second"),
        (with_c, &[KEY], three, "exit 2"),
        // An unknown profile is a usage error.
        ("--profile z organizations list", &[], three, "exit 2"),
        (list, &[("CROUD_PROFILE", "z")], three, "exit 2"),
    ];
    for (line, env, profiles, expected) in cases {
        assert_eq!(credential_sent(line, env, profiles), *expected, "{line} {env:?} {}", profiles.text());
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn the_error_of_an_unknown_profile_lists_the_known_ones() {
    let croud = Croud::new().config(&three().text());
    assert_snapshot!(croud.run("--profile z organizations list"), @"
    [stderr]
    ==> Error: There is no profile `z`.
    ==> Info: The profiles are: a, b, c, sandbox.
    [exit 2]
    ");
}

#[test]
fn a_token_is_used_before_a_key_with_a_warning() {
    let server = Server::new([json(200, "[]")]);
    let croud = Croud::new().profile(Profile::at(&server.endpoint()).token("t").key("k", "s").format("json"));
    assert_snapshot!(croud.run("organizations list"), @"
    []
    [stderr]
    ==> Warning: You have both a token and a key/secret set in your profile. Only the token will be used.
    ");
}

#[test]
fn the_environments_key_causes_no_warning() {
    let server = Server::new([json(200, "[]")]);
    let profile = Profile::at(&server.endpoint()).token("t").key("k", "s");
    let croud = Croud::new().env(KEY.0, KEY.1).env(SECRET.0, SECRET.1).profile(profile);
    assert_eq!(croud.run("organizations list -o json"), "[]\n");
    assert_eq!(server.requests()[0].header("authorization"), Some(ENV));
}

#[cfg(feature = "sandbox")]
#[test]
fn the_sandbox_ignores_the_environments_cloud() {
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
fn a_configured_profile_named_sandbox_takes_precedence() {
    let server = Server::new([json(200, "[]")]);
    let profile = Profile::at(&server.endpoint()).token("mine");
    let croud = Croud::new().config(&Config::new().profile("sandbox", profile).text());
    croud.run("organizations list");
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/ cookie: session=mine");
}

#[test]
fn region_and_organization_have_defaults() {
    let server = Server::new((0..6).map(|_| json(200, "[]")));
    let profile = Profile::at(&server.endpoint()).token("t").region("own").organization("own");
    let plain = Croud::new().profile(profile.clone());
    plain.run("organizations users list");
    plain.run("organizations users list -r '' --org-id ''");
    let named =
        Croud::new().profile(profile).env("CRATEDB_CLOUD_REGION", "env").env("CRATEDB_CLOUD_ORGANIZATION_ID", "env");
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
fn credentials_are_never_sent_in_the_clear() {
    for endpoint in
        ["http://example.com", "http://localhost.example.com", "ftp://127.0.0.1", "http://127.0.0.1@example.com"]
    {
        let croud = Croud::new().profile(Profile::at(endpoint).token("t"));
        assert_eq!(croud.code("organizations list"), Some(2), "{endpoint}: {}", croud.run("organizations list"));
    }
}

#[test]
fn loopback_requests_use_no_proxy() {
    let (server, proxy) = (Server::new([json(200, "[]")]), Server::new([]));
    let croud = Croud::on(&server).env("http_proxy", &proxy.endpoint()).env("ALL_PROXY", &proxy.endpoint());
    assert_eq!(croud.code("organizations list"), Some(0));
    assert_eq!(proxy.wire(), "");
}

#[test]
fn localhost_is_not_looked_up() {
    let server = Server::new([json(200, "[]")]);
    let endpoint = server.endpoint().replace("127.0.0.1", "localhost");
    let croud = Croud::new().profile(Profile::at(&endpoint).token("t"));
    assert_eq!(croud.run("organizations list -o json"), "[]\n");
    assert_eq!(server.wire(), "GET /api/v2/organizations/ cookie: session=t\n");
}

#[test]
fn a_refused_credential_is_named() {
    let server = Server::new([json(401, r#"{"message": "Authentication required.", "success": false}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations list"), @"
    [stderr]
    ==> Error: Authentication required.
        The session token of profile `test` was refused. Use `croud login` to login to CrateDB Cloud.
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

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_unicode_is_refused() {
    use std::os::unix::ffi::OsStringExt as _;
    let server = Server::new([]);
    let croud = Croud::on(&server).env("CRATEDB_CLOUD_API_KEY", "k").env("CRATEDB_CLOUD_API_SECRET", "s");
    for (name, value, problem) in [
        ("CROUD_PROFILE", &b"st\xe4ging"[..], "There is no profile `st\u{fffd}ging`.\n"),
        (
            "CRATEDB_CLOUD_ENDPOINT",
            b"https://\xff.example",
            "`https://\u{fffd}.example` is not a valid endpoint: use https://HOST[:PORT].\n",
        ),
    ] {
        let mut command = croud.command("organizations list");
        command.env(name, std::ffi::OsString::from_vec(value.to_vec()));
        let shown = croud.shown(&command.output().unwrap());
        assert!(
            shown.starts_with(&format!("[stderr]\n==> Error: {problem}")) && shown.ends_with("[exit 2]\n"),
            "{shown}"
        );
    }
}
