//! `login --api-key`.

use insta::assert_snapshot;

use super::with_closed_folder;
use crate::support::{Croud, Server, json};

#[cfg(unix)]
#[test]
fn an_api_key_that_cannot_be_stored_is_an_error() {
    let server = Server::new([json(200, r#"{"email": "a@b.c"}"#)]);
    let croud = Croud::on(&server).env("CRATEDB_CLOUD_API_KEY", "k").env("CRATEDB_CLOUD_API_SECRET", "s");
    with_closed_folder(&croud, || {
        assert_snapshot!(croud.shown(&croud.unprivileged_command("login --api-key").output().unwrap()), @"
        [stderr]
        ==> Info: The key belongs to a@b.c.
        ==> Error: Could not lock `HOME/.config/Crate/croud.yaml`: `HOME/.config/Crate/.croud.yaml.lock`: Permission denied (os error 13)
        [exit 1]
        ");
    });
}

#[test]
fn an_api_key_from_stdin() {
    let server = Server::new([json(200, r#"{"email": "a@b.c", "username": "a", "organization_id": "o-1"}"#)]);
    let croud = Croud::on(&server).stdin("my-key\nmy-secret\n");
    assert_snapshot!(croud.run("login --api-key"), @"
    [stderr]
    ==> Info: The key belongs to a@b.c (a).
    ==> Info: Login successful.
    ==> Info: Current profile: test
    ==> Info: API endpoint   : ENDPOINT
    ==> Info: Organization ID: o-1
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/users/me/ authorization: Basic bXkta2V5Om15LXNlY3JldA==");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: test
    profiles:
      test:
        endpoint: ENDPOINT
        auth-token: null
        key: my-key
        secret: my-secret
        organization-id: o-1
    ");
}

#[test]
fn an_api_key_from_the_environment() {
    let server = Server::new([json(200, r#"{"email": "a@b.c"}"#)]);
    let croud =
        Croud::on(&server).env("CRATEDB_CLOUD_API_KEY", "env-key").env("CRATEDB_CLOUD_API_SECRET", "env-secret");
    assert_eq!(croud.code("login --api-key"), Some(0));
    assert!(croud.config_text().contains("key: env-key\n    secret: env-secret\n"), "{}", croud.config_text());
}

#[test]
fn an_api_key_that_is_refused_is_not_stored() {
    let server = Server::new([json(401, r#"{"message": "Authentication required."}"#)]);
    let croud = Croud::on(&server).stdin("my-key\nmy-secret\n");
    let before = croud.config_text();
    assert_snapshot!(croud.run("login --api-key"), @"
    [stderr]
    ==> Error: Authentication required.
        The API key that was given was refused.
    [exit 4]
    ");
    assert_eq!(croud.config_text(), before);
    assert_snapshot!(Croud::on(&server).stdin("my-key\n").run("login --api-key"), @"
    [stderr]
    ==> Error: An API key is required: set CRATEDB_CLOUD_API_KEY and CRATEDB_CLOUD_API_SECRET, or pass key and secret on stdin, one per line.
    [exit 2]
    ");
}
