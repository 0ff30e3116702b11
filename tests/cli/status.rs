//! `status`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json};

#[test]
fn status_shows_the_user_and_the_credential() {
    let server = Server::new([json(200, r#"{"email": "a@b.c"}"#), json(200, r#"{"email": "a@b.c"}"#)]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("status -o json"), @r#"
    {
      "profile": "test",
      "endpoint": "ENDPOINT",
      "config": "HOME/.config/Crate/croud.yaml",
      "credential": "session token",
      "source": "the session token of profile `test`",
      "organization_id": "my-org-id",
      "region": null,
      "user": "a@b.c",
      "accepted": true
    }
    "#);
    let croud =
        croud.env("CRATEDB_CLOUD_API_KEY", "k").env("CRATEDB_CLOUD_API_SECRET", "s").env("CRATEDB_CLOUD_REGION", "r");
    assert_snapshot!(croud.run("status -o json"), @r#"
    {
      "profile": "test",
      "endpoint": "ENDPOINT",
      "config": "HOME/.config/Crate/croud.yaml",
      "credential": "API key",
      "source": "the API key in CRATEDB_CLOUD_API_KEY",
      "organization_id": "my-org-id",
      "region": "r",
      "user": "a@b.c",
      "accepted": true
    }
    "#);
}

#[test]
fn status_shows_a_refused_credential() {
    let server = Server::new([json(401, r#"{"message": "Authentication required."}"#)]);
    assert_snapshot!(Croud::on(&server).run("status -o json"), @r#"
    {
      "profile": "test",
      "endpoint": "ENDPOINT",
      "config": "HOME/.config/Crate/croud.yaml",
      "credential": "session token",
      "source": "the session token of profile `test`",
      "organization_id": "my-org-id",
      "region": null,
      "user": null,
      "accepted": false
    }
    [stderr]
    ==> Error: Authentication required.
        The session token of profile `test` was refused. Use `croud login` to login to CrateDB Cloud.
    [exit 4]
    "#);
}
