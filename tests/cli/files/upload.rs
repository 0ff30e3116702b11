//! `organizations files create`.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use insta::assert_snapshot;

use super::with_data;
use crate::support::{Croud, Response, Server, json, reply};

pub(super) const CREATED: &str =
    r#"{"id": "f-1", "name": "data.csv", "status": "PENDING", "upload_url": "ENDPOINT/put?sig=s"}"#;
pub(super) const LISTED: &str =
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
fn create_needs_an_upload_url_in_the_reply() {
    let server = Server::new([json(200, "{}")]);
    let croud = with_data(&server);
    assert_snapshot!(croud.run("organizations files create --file-path ~/data.csv"), @"
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Error: The reply is unusable: it has no `id` or no `upload_url` to send the file to.
    ==> Info: A record may have been created. Check with `croud organizations files list --org-id my-org-id`.
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
fn a_large_file_arrives_unchanged() {
    let content: Vec<u8> = (0..3_000_000_u32).flat_map(u32::to_le_bytes).take((8 << 20) + 1).collect();
    let server = Server::new([json(201, CREATED), reply(200, &[], ""), json(200, r#"[{"id": "f-1"}]"#)]);
    let croud = Croud::on(&server);
    croud.file("data.csv", &content);
    croud.run("organizations files create --file-path ~/data.csv");
    assert!(server.requests()[1].body == content, "the bytes differ");
}

#[test]
fn a_file_that_becomes_shorter_is_an_error() {
    let file = Arc::new(OnceLock::<PathBuf>::new());
    let path = Arc::clone(&file);
    let server = Server::answering(move |request| match request.line.split(' ').next() {
        Some("POST") => {
            fs::write(path.get().unwrap(), "a").unwrap();
            json(201, CREATED)
        }
        Some("DELETE") => reply(204, &[], ""),
        _ => Response::Stall,
    });
    let croud = with_data(&server);
    file.set(croud.path("data.csv")).unwrap();
    assert_snapshot!(croud.run("organizations files create --file-path ~/data.csv"), @"
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Info: Uploading the file...
    ==> Error: There was an error while trying to upload the file
        Failed to perform request on 'ENDPOINT/put'. Original error was: 'the file became shorter while it was read'
    [exit 1]
    ");
    assert_eq!(server.requests().last().unwrap().line, "DELETE /api/v2/organizations/my-org-id/files/f-1/");
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

#[test]
fn create_requests_the_record_if_the_list_does_not_have_it() {
    let record = r#"{"id": "f-1", "name": "data.csv", "status": "UPLOADED", "file_size": 4}"#;
    let script = [json(201, CREATED), reply(200, &[], ""), json(200, r#"[{"id": "f-0"}]"#), json(200, record)];
    let server = Server::new(script);
    let croud = with_data(&server);
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
        (json(200, other_size), "The cloud reports 3 bytes, but the file has 4 bytes."),
    ] {
        let server = Server::new([json(201, CREATED), reply(200, &[], ""), last]);
        let croud = with_data(&server);
        let shown = croud.run("organizations files create --file-path ~/data.csv");
        assert_eq!(
            shown,
            format!(
                "[stderr]\n==> Info: Creating a new file upload...\n==> Info: Uploading the file...\n\
                 ==> Error: {message}\n==> Info: The file is uploaded. Check it with \
                 `croud organizations files get --org-id my-org-id --file-id f-1`.\n[exit 1]\n"
            )
        );
    }
}

#[test]
fn create_accepts_an_id_that_is_a_number() {
    let created = r#"{"id": 5, "upload_url": "ENDPOINT/put"}"#;
    let server = Server::new([json(201, created), reply(200, &[], ""), json(200, r#"[{"id": 5, "name": "n"}]"#)]);
    let croud = with_data(&server);
    assert_snapshot!(croud.run("--quiet organizations files create --file-path ~/data.csv"), @"
    +------+--------+
    |   id | name   |
    |------+--------|
    |    5 | n      |
    +------+--------+
    ");
}

#[test]
fn create_refuses_a_file_of_unknown_size() {
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
        // sysfs claims 4096 bytes for every file.
        let shown = croud.run("organizations files create --file-path /sys/kernel/mm/transparent_hugepage/enabled");
        assert!(shown.contains("is not known") || shown.contains("does not exist"), "{shown}");
        assert_snapshot!(croud.run("organizations files create --file-path /proc/self/status"), @"
        [stderr]
        ==> Error: The size of `/proc/self/status` is not known. Copy it to a regular file first.
        [exit 1]
        ");
    }
}

#[cfg(unix)]
#[test]
fn a_signal_after_the_upload_names_the_file() {
    use rustix::process::Signal;
    for (signal, code) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)] {
        let server = Server::new([json(201, CREATED), reply(200, &[], ""), Response::Stall]);
        let croud = with_data(&server);
        let running = croud.start("organizations files create --file-path data.csv");
        server.wait_for(3);
        running.signal(signal);
        let output = running.wait();
        assert_eq!(output.status.code(), Some(code));
        let shown = croud.shown(&output);
        assert!(
            shown.contains("The file is uploaded. Check it with `croud organizations files get --org-id my-org-id"),
            "{shown}"
        );
    }
}

#[test]
fn an_uploaded_file_that_is_gone_is_an_error() {
    let server = Server::new([json(201, CREATED), reply(200, &[], ""), json(200, "{}"), json(404, "{}")]);
    let croud = with_data(&server);
    let shown = croud.run("organizations files create --file-path ~/data.csv");
    assert!(shown.contains("==> Error: 404 - Not Found\n"), "{shown}");
    assert!(shown.contains("\n==> Info: The file is uploaded."), "{shown}");
}

#[test]
fn the_record_that_replaces_a_missing_row_shows_no_url() {
    let record = r#"{"id": "f-1", "name": "data.csv", "status": "UPLOADED", "download_url": "https://s3/x?sig=s"}"#;
    let script = || [json(201, CREATED), reply(200, &[], ""), json(200, "[]"), json(200, record)];
    let mut shown = String::new();
    for format in ["wide", "json", "yaml"] {
        let server = Server::new(script());
        let croud = with_data(&server);
        shown += &croud.stdout(&format!("organizations files create --file-path ~/data.csv -o {format}"));
    }
    assert_snapshot!(shown, @r#"
    +------+----------+----------+
    | id   | name     | status   |
    |------+----------+----------|
    | f-1  | data.csv | UPLOADED |
    +------+----------+----------+
    [
      {
        "id": "f-1",
        "name": "data.csv",
        "status": "UPLOADED"
      }
    ]
    - id: f-1
      name: data.csv
      status: UPLOADED
    "#);
}
