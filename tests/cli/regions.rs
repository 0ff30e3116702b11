//! `regions list`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json};

#[test]
fn regions() {
    let rows = r#"[{"name": "eks1", "description": "AWS", "organization_id": null, "x": 1}]"#;
    let server = Server::new([json(200, rows), json(200, rows)]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("regions list"), @"
    +--------+---------------+-------------------+
    | name   | description   | organization_id   |
    |--------+---------------+-------------------|
    | eks1   | AWS           |                   |
    +--------+---------------+-------------------+
    ");
    croud.run("regions list --org-id o-1");
    assert_snapshot!(server.wire(), @"
    GET /api/v2/regions/ cookie: session=t0ken
    GET /api/v2/organizations/o-1/regions/ cookie: session=t0ken
    ");
}
