//! `users roles list`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json};

#[test]
fn roles() {
    let server = Server::new([json(200, r#"[{"id": "org_admin", "name": "Organization Admin"}]"#)]);
    assert_snapshot!(Croud::on(&server).run("users roles list"), @"
    +-----------+--------------------+
    | id        | name               |
    |-----------+--------------------|
    | org_admin | Organization Admin |
    +-----------+--------------------+
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/roles/ cookie: session=t0ken");
}
