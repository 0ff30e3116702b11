//! `organizations files get --download` after a broken connection.

use std::fs;

use super::record;
#[cfg(unix)]
use crate::support::Served;
use crate::support::{Croud, Response, Server, json, names, reply};

/// The head of a reply with an ETag, and the beginning of its eight bytes.
const BROKEN: &[u8] = b"HTTP/1.1 200 OK\r\nETag: \"v1\"\r\nContent-Length: 8\r\n\r\na,b\n";

fn rest(headers: &[&str]) -> Response {
    reply(206, headers, "1,2\n")
}

#[test]
fn a_broken_download_continues_where_it_broke() {
    for place in ["~/up.csv", "-"] {
        let server =
            Server::new([record(8), Response::BytesAndClose(BROKEN.to_vec()), rest(&["Content-Range: bytes 4-7/8"])]);
        let croud = Croud::on(&server).env("CROUD_RETRIES", "1");
        let output = croud.output(&format!("organizations files get --file-id f-1 --download {place}"));
        assert_eq!(output.status.code(), Some(0), "{}", croud.shown(&output));
        match place {
            "-" => assert_eq!(output.stdout, b"a,b\n1,2\n"),
            _ => assert_eq!(fs::read(croud.path("up.csv")).unwrap(), b"a,b\n1,2\n"),
        }
        let again = &server.requests()[2];
        assert_eq!((again.header("range"), again.header("if-range")), (Some("bytes=4-"), Some("\"v1\"")));
        assert_eq!(again.header("cookie"), None);
    }
}

#[test]
fn a_download_whose_address_has_expired_continues_with_a_new_one() {
    const RENEWED: &str = r#"{"id": "f-1", "name": "up.csv", "file_size": 8, "download_url": "ENDPOINT/new"}"#;
    for (expired, body) in [(403, "<Error><Code>AccessDenied</Code></Error>"), (400, "ExpiredToken")] {
        let server = Server::new([
            record(8),
            Response::BytesAndClose(BROKEN.to_vec()),
            reply(expired, &[], body),
            json(200, RENEWED),
            rest(&["Content-Range: bytes 4-7/8"]),
        ]);
        let croud = Croud::on(&server).env("CROUD_RETRIES", "1");
        assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/up.csv"), Some(0));
        assert_eq!(fs::read(croud.path("up.csv")).unwrap(), b"a,b\n1,2\n");
        let requests = server.requests();
        let lines: Vec<_> = requests.iter().map(|request| request.line.as_str()).collect();
        assert_eq!(
            lines,
            [
                "GET /api/v2/organizations/my-org-id/files/f-1/",
                "GET /get",
                "GET /get",
                "GET /api/v2/organizations/my-org-id/files/f-1/",
                "GET /new"
            ]
        );
        let last = &requests[4];
        assert_eq!((last.header("range"), last.header("if-range")), (Some("bytes=4-"), Some("\"v1\"")));
        assert_eq!(last.header("cookie"), None);
    }
}

#[test]
fn a_new_address_is_requested_once_and_only_for_the_rest() {
    let refused = || reply(403, &[], "no");
    // An address that is refused at once has not expired.
    let server = Server::new([record(8), refused()]);
    let croud = Croud::on(&server).env("CROUD_RETRIES", "3");
    assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/up.csv"), Some(1));
    let server = Server::new([record(8), Response::BytesAndClose(BROKEN.to_vec()), refused(), record(8), refused()]);
    let croud = Croud::on(&server).env("CROUD_RETRIES", "3");
    assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/up.csv"), Some(1));
    assert!(!croud.path("up.csv").exists());
}

#[test]
fn a_download_that_stalls_continues() {
    let server =
        Server::new([record(8), Response::BytesAndStall(BROKEN.to_vec()), rest(&["Content-Range: bytes 4-7/8"])]);
    let croud = Croud::on(&server).env("CROUD_RETRIES", "1");
    assert_eq!(croud.code("--timeout 0.3 organizations files get --file-id f-1 --download ~/up.csv"), Some(0));
    assert_eq!(fs::read(croud.path("up.csv")).unwrap(), b"a,b\n1,2\n");
}

#[test]
fn a_date_identifies_the_version_of_a_file_without_a_strong_tag() {
    const DATE: &str = "Wed, 21 Oct 2015 07:28:00 GMT";
    let broken =
        format!("HTTP/1.1 200 OK\r\nETag: W/\"v1\"\r\nLast-Modified: {DATE}\r\nContent-Length: 8\r\n\r\na,b\n");
    let server =
        Server::new([record(8), Response::BytesAndClose(broken.into_bytes()), rest(&["Content-Range: bytes 4-7/8"])]);
    let croud = Croud::on(&server).env("CROUD_RETRIES", "1");
    assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/up.csv"), Some(0));
    assert_eq!(server.requests()[2].header("if-range"), Some(DATE));
}

#[test]
fn a_download_does_not_continue_with_other_bytes() {
    for again in [
        // The file changed, or the server does not know ranges.
        reply(200, &[], "1,2\n3,4\n"),
        rest(&["Content-Range: bytes 0-3/8"]),
        rest(&[]),
    ] {
        let server = Server::new([record(8), Response::BytesAndClose(BROKEN.to_vec()), again]);
        let croud = Croud::on(&server).env("CROUD_RETRIES", "1");
        fs::create_dir(croud.path("in")).unwrap();
        assert_eq!(
            croud.run("organizations files get --file-id f-1 --download ~/in"),
            "[stderr]\n==> Error: The file could not be downloaded\n    the connection broke after 4 bytes, and the server \
             did not send the rest\n[exit 1]\n"
        );
        assert_eq!(names(&croud.path("in")), [""; 0]);
    }
}

#[test]
fn a_download_without_a_version_does_not_continue() {
    let broken = b"HTTP/1.1 200 OK\r\nETag: W/\"v1\"\r\nContent-Length: 8\r\n\r\na,b\n".to_vec();
    let server = Server::new([record(8), Response::BytesAndClose(broken)]);
    let croud = Croud::on(&server).env("CROUD_RETRIES", "1");
    assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/up.csv"), Some(1));
    assert!(!croud.path("up.csv").exists());
}

#[test]
fn a_download_is_retried_if_the_storage_service_is_overloaded() {
    let server = Server::new([record(4), reply(503, &[], ""), reply(200, &[], "a,b\n")]);
    let croud = Croud::on(&server).env("CROUD_RETRIES", "1");
    assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/up.csv"), Some(0));
    let server = Server::new([record(4), reply(403, &[], "")]);
    let croud = Croud::on(&server).env("CROUD_RETRIES", "1");
    assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/up.csv"), Some(1));
}

#[cfg(feature = "sandbox")]
#[cfg(unix)]
#[test]
fn a_broken_download_continues_on_the_sandbox() {
    let home = Croud::new();
    let served = Served::new(&home, "--fault 'GET /download/** truncate n=1'");
    let croud = served.croud(0).env("CROUD_RETRIES", "1");
    let file = croud.file("numbers", (0..200_000).map(|n| format!("{n}\n")).collect::<String>().as_bytes());
    let created = croud.stdout("organizations files create --file-path ~/numbers -o json");
    let created: serde_json::Value = serde_json::from_str(&created).unwrap();
    let id = created[0]["id"].as_str().unwrap();
    let shown = croud.run(&format!("organizations files get --file-id {id} --download ~/copy"));
    assert!(shown.contains("File downloaded to"), "{shown}");
    assert!(fs::read(file).unwrap() == fs::read(croud.path("copy")).unwrap());
}
