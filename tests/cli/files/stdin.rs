//! `organizations files create --file-path -`.

use std::fs;

use insta::assert_snapshot;

use super::upload::{CREATED, LISTED};
#[cfg(unix)]
use crate::support::Running;
use crate::support::{Croud, Server, json, names, reply};

#[test]
fn create_reads_stdin() {
    let server = Server::new([json(201, CREATED), reply(200, &[], ""), json(200, LISTED)]);
    let croud = Croud::on(&server).stdin("a,b\n");
    let tmp = croud.path("tmp");
    fs::create_dir(&tmp).unwrap();
    let croud = croud.env("TMPDIR", tmp.to_str().unwrap());
    assert_snapshot!(croud.run("organizations files create --file-path - --name data.csv"), @"
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
    assert_eq!(server.requests()[1].header("content-length"), Some("4"));
    assert_eq!(names(&tmp), [""; 0]);
}

#[test]
fn create_from_stdin_needs_a_name() {
    let server = Server::new([]);
    assert_snapshot!(Croud::on(&server).run("organizations files create --file-path -"), @"
    [stderr]
    ==> Error: `--file-path -` needs a `--name`.
    [exit 2]
    ");
}

#[cfg(unix)]
#[test]
fn a_signal_ends_an_upload_that_waits_for_stdin() {
    use rustix::process::Signal;
    use std::io::Write as _;
    for (signal, code) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)] {
        let server = Server::new([]);
        let croud = Croud::on(&server);
        let tmp = croud.path("tmp");
        fs::create_dir(&tmp).unwrap();
        let (reader, mut writer) = std::io::pipe().unwrap();
        let mut command = croud.command("organizations files create --file-path - --name n");
        let running = Running::new(command.env("TMPDIR", &tmp).stdin(reader));
        drop(command);
        // The pipe is full only when the program has begun to read it.
        writer.write_all(&vec![b'x'; 1 << 20]).unwrap();
        running.signal(signal);
        assert_eq!(running.wait().status.code(), Some(code));
        assert_eq!(names(&tmp), [""; 0]);
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn create_from_stdin_on_the_sandbox_in_every_format() {
    for format in ["table", "wide", "json", "yaml"] {
        let croud = Croud::sandbox().stdin("a,b\n");
        let shown = croud.run(&format!("organizations files create --file-path - --name pipe.csv -o {format}"));
        assert!(shown.contains("pipe.csv") && shown.ends_with("==> Success: File upload completed!\n"), "{shown}");
        let files: serde_json::Value = serde_json::from_str(&croud.stdout("organizations files list -o json")).unwrap();
        let id = files.as_array().unwrap().last().unwrap()["id"].as_str().unwrap();
        assert_eq!(croud.stdout(&format!("organizations files get --file-id {id} --download -")), "a,b\n");
    }
}
