//! HTTPS: which certificates are trusted.

use insta::assert_snapshot;

use crate::support::{Croud, Profile, Server, json};

#[test]
fn a_certificate_of_a_trusted_authority_is_accepted() {
    let server = Server::https([json(200, "[]"), json(200, r#"{"email": "a@b.c"}"#)]);
    let croud = Croud::on(&server);
    assert_eq!(croud.run("organizations list -o json"), "[]\n");
    assert_eq!(croud.code("me"), Some(0));
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/ cookie: session=t0ken
    GET /api/v2/users/me/ cookie: session=t0ken
    ");
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    let server = Server::https([]);
    let endpoint = server.endpoint();
    // Trust another authority, then the authorities of the system.
    for trusted in [Some(Server::https([])), None] {
        let mut croud = Croud::new().mask(&endpoint, "ENDPOINT").profile(Profile::at(&endpoint).token("t0ken"));
        if let Some(trusted) = &trusted {
            croud = croud.trusting(trusted);
        }
        let shown = croud.run("organizations list");
        assert!(
            shown.starts_with("[stderr]\n==> Error: Failed to perform request on 'ENDPOINT/api/v2/organizations/'.")
                && shown.ends_with("[exit 1]\n"),
            "{shown}"
        );
        assert!(shown.contains("certificate"), "{shown}");
    }
    assert_eq!(server.wire(), "");
}
