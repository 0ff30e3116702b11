//! `organizations files list`, `get`, `create`, `delete`.

use std::fs;

use insta::assert_snapshot;

use crate::support::{Croud, Response, Server, json, names, reply};

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
    [exit 1]
    ");
}

#[test]
fn delete() {
    let server = Server::new([reply(204, &[], "")]);
    assert_snapshot!(Croud::on(&server).run("organizations files delete --file-id f-1"), @"
    [stderr]
    ==> Success: File upload deleted.
    ");
    assert_snapshot!(server.wire(), @"DELETE /api/v2/organizations/my-org-id/files/f-1/ cookie: session=t0ken");
}

const CREATED: &str = r#"{"id": "f-1", "name": "data.csv", "status": "PENDING", "upload_url": "ENDPOINT/put?sig=s"}"#;
const LISTED: &str =
    r#"[{"id": "f-0", "status": "PENDING"}, {"id": "f-1", "name": "data.csv", "status": "UPLOADED", "file_size": 4}]"#;

#[test]
fn create_uploads_the_bytes_without_credentials() {
    let server = Server::new([json(201, CREATED), reply(200, &[], ""), json(200, LISTED)]);
    let croud = Croud::on(&server);
    croud.file("in/data.csv", b"a,b\n");
    assert_snapshot!(croud.run("organizations files create --file-path ~/in/data.csv"), @"
    +------+----------+----------+
    | id   | name     | status   |
    |------+----------+----------|
    | f-1  | data.csv | UPLOADED |
    +------+----------+----------+
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Info: Uploading the file...
    ==> Success: File upload completed!
    ");
    assert_snapshot!(server.wire(), @r#"
    POST /api/v2/organizations/my-org-id/files/ cookie: session=t0ken {"name":"data.csv"}
    PUT /put?sig=s a,b

    GET /api/v2/organizations/my-org-id/files/ cookie: session=t0ken
    "#);
    let put = &server.requests()[1];
    assert_eq!(put.header("content-length"), Some("4"));
    for name in ["authorization", "cookie", "x-region", "x-auth-sudo", "transfer-encoding"] {
        assert_eq!(put.header(name), None, "{name}");
    }
}

#[test]
fn create_of_an_empty_file() {
    let server = Server::new([json(201, CREATED), reply(200, &[], ""), json(200, "[]")]);
    let croud = Croud::on(&server);
    croud.file("empty", b"");
    croud.run("organizations files create --file-path ~/empty --name e");
    assert_eq!(server.requests()[1].header("content-length"), Some("0"));
}

#[test]
fn create_of_a_missing_file_sends_no_request() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("organizations files create --file-path ~/none"), @"
    [stderr]
    ==> Error: The file path does not exist.
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations files create --file-path ~/"), @"
    [stderr]
    ==> Error: The file path does not exist.
    [exit 1]
    ");
    assert_snapshot!(server.wire(), @"");
}

#[test]
fn a_failed_upload_removes_its_record() {
    let server = Server::new([json(201, CREATED), reply(403, &[], "<Error/>"), reply(204, &[], "")]);
    let croud = Croud::on(&server);
    croud.file("data.csv", b"a,b\n");
    assert_snapshot!(croud.run("organizations files create --file-path ~/data.csv"), @"
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Info: Uploading the file...
    ==> Error: There was an error while trying to upload the file
        403 - Forbidden
    [exit 1]
    ");
    assert_snapshot!(server.wire(), @r#"
    POST /api/v2/organizations/my-org-id/files/ cookie: session=t0ken {"name":"data.csv"}
    PUT /put?sig=s a,b

    DELETE /api/v2/organizations/my-org-id/files/f-1/ cookie: session=t0ken
    "#);
}

#[test]
fn a_record_that_cannot_be_removed_is_named() {
    let server = Server::new([json(201, CREATED), Response::Close, Response::Close]);
    let croud = Croud::on(&server);
    croud.file("data.csv", b"a,b\n");
    assert_snapshot!(croud.run("organizations files create --file-path ~/data.csv"), @"
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Info: Uploading the file...
    ==> Error: There was an error while trying to upload the file
        Failed to perform request on 'ENDPOINT/put'. Original error was: 'client error (SendRequest): connection closed before message completed'
    ==> Info: Its record is left behind. Remove it: `croud organizations files delete --org-id my-org-id --file-id f-1`
    [exit 1]
    ");
}

#[test]
fn create_needs_an_upload_url_in_the_reply() {
    let server = Server::new([json(200, "{}")]);
    let croud = Croud::on(&server);
    croud.file("data.csv", b"a,b\n");
    assert_snapshot!(croud.run("organizations files create --file-path ~/data.csv"), @"
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Error: The reply is unusable: it has no `id` or no `upload_url` to send the file to.
    [exit 1]
    ");
    assert_snapshot!(server.wire(), @r#"POST /api/v2/organizations/my-org-id/files/ cookie: session=t0ken {"name":"data.csv"}"#);
}

#[test]
fn an_answer_before_the_end_of_the_upload_is_an_error() {
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec();
    let server = Server::new([json(201, CREATED), Response::Early(answer), reply(204, &[], "")]);
    let croud = Croud::on(&server);
    croud.file("data.csv", &vec![7; 32 << 20]);
    let shown = croud.run("organizations files create --file-path ~/data.csv");
    assert!(shown.ends_with("[exit 1]\n"), "{shown}");
    assert!(shown.contains("==> Error: There was an error while trying to upload the file"), "{shown}");
}

#[test]
fn download() {
    let server = Server::new([
        json(
            200,
            r#"{"id": "f-1", "name": "../../up.csv", "status": "UPLOADED", "file_size": 4, "download_url": "ENDPOINT/get?sig=s"}"#,
        ),
        reply(200, &[], "a,b\n"),
    ]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    assert_snapshot!(croud.run("organizations files get --file-id f-1 --download ~/in"), @"
    +------+--------------+----------+-------------+----------------------------------+
    | id   | name         | status   | file_size   | download_url                     |
    |------+--------------+----------+-------------+----------------------------------|
    | f-1  | ../../up.csv | UPLOADED | 4.00 Byte   | ENDPOINT/get?sig=s |
    +------+--------------+----------+-------------+----------------------------------+
    [stderr]
    ==> Success: File downloaded to `HOME/in/up.csv`.
    ");
    assert_eq!(names(&croud.path("in")), ["up.csv"]);
    assert_eq!(fs::read(croud.path("in/up.csv")).unwrap(), b"a,b\n");
    assert_eq!(server.requests()[1].header("cookie"), None);
}

#[test]
fn an_incomplete_download_leaves_no_file() {
    let record = r#"{"id": "f-1", "name": "up.csv", "file_size": 9, "download_url": "ENDPOINT/get"}"#;
    let server = Server::new([json(200, record), reply(200, &[], "a,b\n")]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    assert_snapshot!(croud.run("organizations files get --file-id f-1 --download ~/in"), @"
    [stderr]
    ==> Error: The file is incomplete: 4 of 9 bytes came. Nothing was kept.
    [exit 1]
    ");
    assert_eq!(names(&croud.path("in")), [""; 0]);
}

#[test]
fn download_overwrites_only_with_force() {
    let record = json(200, r#"{"id": "f-1", "name": "up.csv", "file_size": 4, "download_url": "ENDPOINT/get"}"#);
    let server = Server::new([record.clone(), record, reply(200, &[], "a,b\n")]);
    let croud = Croud::on(&server);
    croud.file("in/up.csv", b"old");
    assert_snapshot!(croud.run("organizations files get --file-id f-1 --download ~/in/up.csv"), @"
    [stderr]
    ==> Error: `HOME/in/up.csv` exists. Pass --force to replace it.
    [exit 1]
    ");
    assert_eq!(fs::read(croud.path("in/up.csv")).unwrap(), b"old");
    assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/in/up.csv --force"), Some(0));
    assert_eq!(fs::read(croud.path("in/up.csv")).unwrap(), b"a,b\n");
}

#[test]
fn an_upload_that_stalls_removes_its_record() {
    let server = Server::new([json(201, CREATED), Response::Stall, reply(204, &[], "")]);
    let croud = Croud::on(&server);
    croud.file("data.csv", &vec![7; 32 << 20]);
    let shown = croud.run("--timeout 0.3 organizations files create --file-path ~/data.csv");
    assert!(shown.contains("no data transferred for 0.3 s") && shown.ends_with("[exit 1]\n"), "{shown}");
    assert_eq!(server.requests().last().unwrap().line, "DELETE /api/v2/organizations/my-org-id/files/f-1/");
}

#[test]
fn a_download_that_stalls_leaves_no_file() {
    let record = r#"{"id": "f-1", "name": "up.csv", "file_size": 9, "download_url": "ENDPOINT/get"}"#;
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na,b\n".to_vec();
    let server = Server::new([json(200, record), Response::BytesAndStall(half)]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    assert_snapshot!(croud.run("--timeout 0.3 organizations files get --file-id f-1 --download ~/in"), @"
    [stderr]
    ==> Error: The file could not be downloaded
        no data transferred for 0.3 s (raise it with --timeout)
    [exit 1]
    ");
    assert_eq!(names(&croud.path("in")), [""; 0]);
}

#[cfg(unix)]
#[test]
fn an_interrupted_upload_removes_its_record() {
    use rustix::process::Signal;
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let server = Server::new([json(201, CREATED), Response::Stall, reply(204, &[], "")]);
        let croud = Croud::on(&server);
        croud.file("data.csv", &vec![7; 32 << 20]);
        let running = croud.start("--quiet organizations files create --file-path ~/data.csv");
        server.wait_for(2);
        running.signal(signal);
        assert_eq!(running.wait().status.code(), Some(code));
        assert_eq!(server.requests().last().unwrap().line, "DELETE /api/v2/organizations/my-org-id/files/f-1/");
    }
}

#[test]
fn create_of_a_file_that_is_too_large_sends_no_request() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    // A sparse file takes no space on the disk.
    fs::File::create(croud.path("huge")).unwrap().set_len((5 << 30) + 1).unwrap();
    assert_snapshot!(croud.run("organizations files create --file-path ~/huge"), @"
    [stderr]
    ==> Error: The file has 5.00 GiB: an upload takes 5 GiB at most.
    [exit 1]
    ");
    assert_snapshot!(server.wire(), @"");
}

#[cfg(unix)]
#[test]
fn an_interrupted_download_leaves_no_file() {
    use rustix::process::Signal;
    let record = r#"{"id": "f-1", "name": "up.csv", "file_size": 9, "download_url": "ENDPOINT/get"}"#;
    let server = Server::new([json(200, record), Response::Stall]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    let running = croud.start("--quiet organizations files get --file-id f-1 --download in");
    server.wait_for(2);
    running.signal(Signal::TERM);
    assert_eq!(running.wait().status.code(), Some(143));
    assert_eq!(names(&croud.path("in")), [""; 0]);
}
