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
    let server = Server::new([json(201, CREATED), reply(200, &[], ""), json(200, r#"[{"id": "f-1"}]"#)]);
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
    +------+--------------+----------+-------------+
    | id   | name         | status   | file_size   |
    |------+--------------+----------+-------------|
    | f-1  | ../../up.csv | UPLOADED | 4.00 Byte   |
    +------+--------------+----------+-------------+
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
    ==> Error: The file could not be downloaded
        the server sent 4 of the file's 9 bytes
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

#[test]
fn create_takes_the_record_itself_if_the_list_lacks_it() {
    let record = r#"{"id": "f-1", "name": "data.csv", "status": "UPLOADED", "file_size": 4}"#;
    let script = [json(201, CREATED), reply(200, &[], ""), json(200, r#"[{"id": "f-0"}]"#), json(200, record)];
    let server = Server::new(script);
    let croud = Croud::on(&server);
    croud.file("data.csv", b"a,b\n");
    assert_snapshot!(croud.run("--quiet organizations files create --file-path ~/data.csv"), @"
    +------+----------+----------+
    | id   | name     | status   |
    |------+----------+----------|
    | f-1  | data.csv | UPLOADED |
    +------+----------+----------+
    ");
    assert_eq!(server.requests()[3].line, "GET /api/v2/organizations/my-org-id/files/f-1/");
}

#[test]
fn an_uploaded_file_is_kept_if_its_record_cannot_be_shown() {
    let other_size = r#"[{"id": "f-1", "name": "data.csv", "status": "UPLOADED", "file_size": 3}]"#;
    for (last, message) in [
        (json(500, r#"{"message": "Later."}"#), "Later."),
        (json(200, other_size), "The cloud has 3 of the file's 4 bytes."),
    ] {
        let server = Server::new([json(201, CREATED), reply(200, &[], ""), last]);
        let croud = Croud::on(&server);
        croud.file("data.csv", b"a,b\n");
        let shown = croud.run("organizations files create --file-path ~/data.csv");
        assert_eq!(
            shown,
            format!(
                "[stderr]\n==> Info: Creating a new file upload...\n==> Info: Uploading the file...\n\
                 ==> Error: {message}\n==> Info: The file is uploaded. Check it: \
                 `croud organizations files get --org-id my-org-id --file-id f-1`\n[exit 1]\n"
            )
        );
    }
}

#[test]
fn create_accepts_an_id_that_is_a_number() {
    let created = r#"{"id": 5, "upload_url": "ENDPOINT/put"}"#;
    let server = Server::new([json(201, created), reply(200, &[], ""), json(200, r#"[{"id": 5, "name": "n"}]"#)]);
    let croud = Croud::on(&server);
    croud.file("data.csv", b"a,b\n");
    assert_snapshot!(croud.run("--quiet organizations files create --file-path ~/data.csv"), @"
    +------+--------+
    |   id | name   |
    |------+--------|
    |    5 | n      |
    +------+--------+
    ");
}

#[test]
fn a_record_without_an_upload_url_is_removed() {
    let server = Server::new([json(201, r#"{"id": "f-1", "upload_url": ""}"#), json(404, "{}")]);
    let croud = Croud::on(&server);
    croud.file("data.csv", b"a,b\n");
    // Nothing is left behind: the record was gone already.
    assert_snapshot!(croud.run("organizations files create --file-path ~/data.csv"), @"
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Error: The reply is unusable: it has no `id` or no `upload_url` to send the file to.
    [exit 1]
    ");
    assert_eq!(server.requests()[1].line, "DELETE /api/v2/organizations/my-org-id/files/f-1/");
}

#[test]
fn a_suggested_clean_up_can_be_pasted() {
    let created = r#"{"id": "F1 $(touch x)", "upload_url": "ENDPOINT/put"}"#;
    let server = Server::new([json(201, created), reply(403, &[], ""), json(500, "{}")]);
    let croud = Croud::on(&server);
    croud.file("data.csv", b"a,b\n");
    assert_snapshot!(croud.run("--profile test organizations files create --file-path ~/data.csv --org-id 'my org'"), @"
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Info: Uploading the file...
    ==> Error: There was an error while trying to upload the file
        403 - Forbidden
    ==> Info: Its record is left behind. Remove it: `croud --profile test organizations files delete --org-id 'my org' --file-id 'F1 $(touch x)'`
    [exit 1]
    ");
}

#[test]
fn create_refuses_what_has_no_known_size() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("folder")).unwrap();
    assert_snapshot!(croud.run("organizations files create --file-path ~/folder"), @"
    [stderr]
    ==> Error: `HOME/folder` is not a regular file.
    [exit 1]
    ");
    #[cfg(target_os = "linux")]
    {
        assert_snapshot!(croud.run("organizations files create --file-path /dev/null"), @"
        [stderr]
        ==> Error: `/dev/null` is not a regular file.
        [exit 1]
        ");
        assert_snapshot!(croud.run("organizations files create --file-path /proc/self/status"), @"
        [stderr]
        ==> Error: The size of `/proc/self/status` can't be known.
        [exit 1]
        ");
    }
}

#[test]
fn download_to_stdout() {
    let record = r#"{"id": "f-1", "name": "up.csv", "file_size": 4, "download_url": "ENDPOINT/get"}"#;
    let server = Server::new([json(200, record), reply(200, &[], "a,b\n")]);
    assert_eq!(Croud::on(&server).run("organizations files get --file-id f-1 --download -"), "a,b\n");
}

#[test]
fn a_download_that_is_too_long_ends_early() {
    let record = r#"{"id": "f-1", "name": "up.csv", "file_size": 3, "download_url": "ENDPOINT/get"}"#;
    // The server never ends the body.
    let endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na,b\n\r\n".to_vec();
    let server = Server::new([json(200, record), Response::BytesAndStall(endless)]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    assert_snapshot!(croud.run("organizations files get --file-id f-1 --download ~/in"), @"
    [stderr]
    ==> Error: The file could not be downloaded
        the server sent more than the file's 3 bytes
    [exit 1]
    ");
    assert_eq!(names(&croud.path("in")), [""; 0]);
}

#[cfg(unix)]
#[test]
fn download_replaces_only_regular_files() {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    let record = json(200, r#"{"id": "f-1", "name": "up.csv", "file_size": 4, "download_url": "ENDPOINT/get"}"#);
    let server = Server::new([record.clone(), record.clone(), record]);
    let croud = Croud::on(&server);
    let kept = croud.file("kept", b"old");
    symlink(&kept, croud.path("link")).unwrap();
    symlink(croud.path("missing"), croud.path("dangling")).unwrap();
    let status = std::process::Command::new("mkfifo").arg(croud.path("fifo")).status().unwrap();
    assert!(status.success());
    for target in ["link", "dangling", "fifo"] {
        let shown = croud.run(&format!("organizations files get --file-id f-1 --download ~/{target} --force"));
        let error = format!("`HOME/{target}` exists and is not a regular file.");
        assert_eq!(shown, format!("[stderr]\n==> Error: {error}\n[exit 1]\n"));
    }
    assert!(fs::symlink_metadata(croud.path("link")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(croud.path("dangling")).unwrap().is_symlink());
    assert!(fs::metadata(croud.path("fifo")).unwrap().file_type().is_fifo());
    assert_eq!(fs::read(kept).unwrap(), b"old");
}

#[test]
fn a_hidden_name_needs_a_path() {
    let record = |name| format!(r#"{{"id": "f-1", "name": "{name}", "file_size": 4, "download_url": "ENDPOINT/get"}}"#);
    for name in [".bash_profile", "-rf", "x\\u202evsc.sh"] {
        let server = Server::new([json(200, &record(name)), json(200, &record(name)), reply(200, &[], "a,b\n")]);
        let croud = Croud::on(&server);
        fs::create_dir(croud.path("in")).unwrap();
        assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/in"), Some(2), "{name}");
        assert_eq!(names(&croud.path("in")), [""; 0]);
        assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/in/.hidden"), Some(0), "{name}");
        assert_eq!(names(&croud.path("in")), [".hidden"]);
    }
}
