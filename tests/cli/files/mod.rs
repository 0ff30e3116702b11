//! `organizations files list`, `get`, `create`, `delete`.

mod clean_up;
mod continuation;
mod download;
mod prune;
mod stdin;
mod upload;

use insta::assert_snapshot;

use crate::support::{Croud, Response, Server, json, reply};

/// The record of a file of `size` bytes, which can be downloaded from the server.
fn record(size: u64) -> Response {
    json(200, &format!(r#"{{"id": "f-1", "name": "up.csv", "file_size": {size}, "download_url": "ENDPOINT/get"}}"#))
}

/// A `croud` with the file `data.csv` of four bytes in its home.
fn with_data(server: &Server) -> Croud {
    let croud = Croud::on(server);
    croud.file("data.csv", b"a,b\n");
    croud
}

#[test]
fn list() {
    let server = Server::new([json(200, r#"[{"id": "f-1", "name": "n", "status": "PENDING", "file_size": 5}]"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations files list"), @"
    +------+--------+----------+
    | id   | name   | status   |
    |------+--------+----------|
    | f-1  | n      | PENDING  |
    +------+--------+----------+
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/my-org-id/files/ cookie: session=t0ken");
}

#[test]
fn get() {
    let server = Server::new([json(
        200,
        r#"{"id": "f-1", "name": "n", "status": "UPLOADED", "file_size": 112795648, "download_url": "https://s3/x?sig=1"}"#,
    )]);
    assert_snapshot!(Croud::on(&server).run("organizations files get --file-id f-1"), @"
    +------+--------+----------+-------------+--------------------+
    | id   | name   | status   | file_size   | download_url       |
    |------+--------+----------+-------------+--------------------|
    | f-1  | n      | UPLOADED | 107.57 MiB  | https://s3/x?sig=1 |
    +------+--------+----------+-------------+--------------------+
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/my-org-id/files/f-1/ cookie: session=t0ken");
}

#[test]
fn get_of_an_unknown_id() {
    let server = Server::new([json(404, r#"{"message": "Resource not found.", "success": false}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations files get --file-id f-9"), @"
    [stderr]
    ==> Error: Resource not found.
        The request was GET /api/v2/organizations/my-org-id/files/f-9/.
        `croud organizations files list --org-id my-org-id` shows the IDs that exist.
    [exit 1]
    ");
}

#[test]
fn delete() {
    let server = Server::new([reply(204, &[], "")]);
    assert_snapshot!(Croud::on(&server).run("organizations files delete --file-id f-1"), @"
    [stderr]
    ==> Success: File upload deleted.
        ID: f-1
    ");
    assert_snapshot!(server.wire(), @"DELETE /api/v2/organizations/my-org-id/files/f-1/ cookie: session=t0ken");
}
