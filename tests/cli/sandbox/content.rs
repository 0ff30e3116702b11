//! Uploads and downloads.

use serde_json::{Value, json};

use super::ORGANIZATION;
use crate::support::{Croud, Received, Served, request};

/// Creates the record of a file and returns it.
fn create(served: &Served) -> Value {
    let files = format!("POST /api/v2/organizations/{ORGANIZATION}/files/");
    let created = served.ask(0, &files, r#"{"name": "data.csv"}"#);
    assert_eq!(created.status, 201);
    created.json()
}

fn get(served: &Served, id: &Value) -> Value {
    served.ask(0, &format!("GET /api/v2/organizations/{ORGANIZATION}/files/{}/", id.as_str().unwrap()), "").json()
}

/// The status and the error code of a reply in the shape of S3.
fn code(received: &Received) -> (u16, String) {
    let text = received.text();
    let code = text.split("<Code>").nth(1).and_then(|rest| rest.split("</Code>").next()).unwrap_or_default();
    (received.status, code.to_owned())
}

#[test]
fn a_file_is_uploaded_once() {
    let served = Served::new(&Croud::new(), "");
    let file = create(&served);
    let target = served.target(&file["upload_url"]);
    assert_eq!((&file["status"], &get(&served, &file["id"])["download_url"]), (&json!("PENDING"), &Value::Null));
    let put = |headers: &[&str]| request(served.endpoint(), &format!("PUT {target}"), headers, b"a,b\n");
    assert_eq!(code(&put(&[])), (200, String::new()));
    let uploaded = get(&served, &file["id"]);
    assert_eq!((&uploaded["status"], &uploaded["file_size"]), (&json!("UPLOADED"), &json!(4)));
    let download = served.target(&uploaded["download_url"]);
    let downloaded = request(served.endpoint(), &format!("GET {download}"), &[], b"");
    assert_eq!((downloaded.status, downloaded.text()), (200, "a,b\n".to_owned()));
    assert_eq!(code(&put(&[])), (403, "AccessDenied".to_owned()));
}

#[test]
fn an_upload_is_refused_as_s3_does() {
    let served = Served::new(&Croud::new(), "");
    let file = create(&served);
    let target = served.target(&file["upload_url"]);
    let put = |target: &str, headers: &[&str], body: &[u8]| {
        code(&request(served.endpoint(), &format!("PUT {target}"), headers, body))
    };
    let cookie = format!("Cookie: session={}", served.token(0));
    assert_eq!(put(&target, &[&cookie], b"x"), (400, "InvalidArgument".to_owned()));
    assert_eq!(put(&target, &["Authorization: Basic eDp5"], b"x"), (400, "InvalidArgument".to_owned()));
    assert_eq!(put(&target, &["Transfer-Encoding: chunked"], b"0\r\n\r\n"), (411, "MissingContentLength".to_owned()));
    let too_large = "Content-Length: 5368709121";
    assert_eq!(put(&target, &[too_large], b""), (400, "EntityTooLarge".to_owned()));
    // None of these changed the record.
    assert_eq!(get(&served, &file["id"])["status"], "PENDING");
}

#[test]
fn the_signature_is_checked() {
    let served = Served::new(&Croud::new(), "");
    let file = create(&served);
    let target = served.target(&file["upload_url"]);
    let unsigned = target.split('?').next().unwrap();
    for wrong in [unsigned.to_owned(), format!("{unsigned}?signature="), format!("{unsigned}?signature=x")] {
        let put = request(served.endpoint(), &format!("PUT {wrong}"), &[], b"x");
        assert_eq!(code(&put), (403, "AccessDenied".to_owned()), "{wrong}");
    }
    assert_eq!(request(served.endpoint(), &format!("PUT {target}"), &[], b"x").status, 200);
    let target = served.target(&get(&served, &file["id"])["download_url"]);
    let unsigned = target.split('?').next().unwrap();
    for wrong in [unsigned.to_owned(), format!("{unsigned}?signature=x")] {
        let got = request(served.endpoint(), &format!("GET {wrong}"), &[], b"");
        assert_eq!(code(&got), (404, "NoSuchKey".to_owned()), "{wrong}");
    }
}

#[test]
fn an_upload_that_breaks_off_leaves_the_file_pending() {
    let served = Served::new(&Croud::new(), "");
    let file = create(&served);
    let target = served.target(&file["upload_url"]);
    let stream = crate::support::send(served.endpoint(), &format!("PUT {target}"), &["Content-Length: 10"], b"");
    drop(stream);
    assert_eq!(get(&served, &file["id"])["status"], "PENDING");
    assert_eq!(request(served.endpoint(), &format!("PUT {target}"), &[], b"x").status, 200);
}

#[test]
fn a_seeded_file_has_content_of_its_size() {
    let served = Served::new(&Croud::new(), "");
    let file = get(&served, &json!("8c2d5b1f-94a3-4e07-b6d8-5f10e3a7c255"));
    let target = served.target(&file["download_url"]);
    let downloaded = request(served.endpoint(), &format!("GET {target}"), &[], b"");
    assert_eq!((downloaded.status, downloaded.body.len()), (200, 5_242_880));
    assert!(downloaded.body.starts_with(b"sandbox\nsandbox\n"));
}

#[test]
fn a_download_can_begin_in_the_middle() {
    let served = Served::new(&Croud::new(), "");
    let file = get(&served, &json!("8c2d5b1f-94a3-4e07-b6d8-5f10e3a7c255"));
    let target = served.target(&file["download_url"]);
    let get = |headers: &[&str]| request(served.endpoint(), &format!("GET {target}"), headers, b"");
    let version = get(&["Range: bytes=0-0"]).header("etag").unwrap().to_owned();
    let same = get(&["Range: bytes=5242869-", &format!("If-Range: {version}")]);
    assert_eq!((same.status, same.text()), (206, "ox\nsandbox\n".to_owned()));
    assert_eq!(same.header("content-range"), Some("bytes 5242869-5242879/5242880"));
    let other = get(&["Range: bytes=5242869-", "If-Range: \"other\""]);
    assert_eq!((other.status, other.body.len()), (200, 5_242_880));
    assert_eq!(code(&get(&["Range: bytes=5242880-"])), (416, "InvalidRange".to_owned()));
}

#[test]
fn a_file_whose_content_is_gone_is_not_found() {
    let home = Croud::new();
    let served = Served::new(&home, "--state ~/cloud");
    let file = create(&served);
    let target = served.target(&file["upload_url"]);
    let put = request(served.endpoint(), &format!("PUT {target}"), &[], b"a,b\n");
    assert_eq!(code(&put), (200, String::new()));
    let download = served.target(&get(&served, &file["id"])["download_url"]);
    std::fs::remove_file(home.path("cloud/files").join(file["id"].as_str().unwrap())).unwrap();
    let downloaded = request(served.endpoint(), &format!("GET {download}"), &[], b"");
    assert_eq!(code(&downloaded), (404, "NoSuchKey".to_owned()));
}

#[cfg(target_os = "linux")]
#[test]
fn an_upload_that_the_disk_refuses_is_an_error_with_the_reason() {
    let croud = Croud::sandbox();
    croud.file("large", &[b'x'; 300_000]);
    let upload = croud.command("organizations files create --file-path ~/large");
    // A file can have 200 blocks of 512 bytes.
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$@\"", "sh"]).arg(upload.get_program());
    limited.args(upload.get_args()).env_clear();
    limited.envs(upload.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let run = croud.shown(&limited.output().unwrap());
    let reason = "    500 - Internal Server Error\n    InternalError: File too large (os error 27)\n";
    assert!(run.contains(reason) && run.ends_with("[exit 1]\n"), "{run}");
    assert!(!croud.stdout("organizations files list").contains("large"));
}
