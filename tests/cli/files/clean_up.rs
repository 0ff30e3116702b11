//! The record of a failed upload is removed, or named.

use insta::assert_snapshot;

use super::upload::CREATED;
use super::with_data;
use crate::support::{Croud, Response, Server, json, reply};

#[test]
fn a_failed_upload_removes_its_record() {
    let server = Server::new([json(201, CREATED), reply(403, &[], "<Error/>"), reply(204, &[], "")]);
    let croud = with_data(&server);
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
    let croud = with_data(&server);
    assert_snapshot!(croud.run("organizations files create --file-path ~/data.csv"), @"
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Info: Uploading the file...
    ==> Error: There was an error while trying to upload the file
        Failed to perform request on 'ENDPOINT/put'. Original error was: 'the server closed the connection before the end of its reply'
    ==> Info: Its record is left behind. Remove it with `croud organizations files delete --org-id my-org-id --file-id f-1`.
    [exit 1]
    ");
}

#[test]
fn a_quiet_error_names_the_record_that_is_left_behind() {
    let server = Server::new([json(201, CREATED), Response::Close, Response::Close]);
    let croud = with_data(&server);
    assert_snapshot!(croud.run("--quiet organizations files create --file-path ~/data.csv"), @"
    [stderr]
    ==> Error: There was an error while trying to upload the file
        Failed to perform request on 'ENDPOINT/put'. Original error was: 'the server closed the connection before the end of its reply'
    ==> Info: Its record is left behind. Remove it with `croud organizations files delete --org-id my-org-id --file-id f-1`.
    [exit 1]
    ");
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

#[cfg(unix)]
#[test]
fn an_interrupted_upload_removes_its_record() {
    use rustix::process::Signal;
    for (signal, code) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)] {
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
fn a_record_is_removed_only_if_the_reply_is_one_of_the_api() {
    let page = reply(200, &["Content-Type: text/html"], "<html>a page of a proxy</html>");
    let server = Server::new([json(201, CREATED), Response::Close, page]);
    let croud = with_data(&server);
    let shown = croud.run("organizations files create --file-path ~/data.csv");
    assert!(shown.contains("==> Info: Its record is left behind. Remove it with `croud "), "{shown}");
}

#[test]
fn a_record_without_an_upload_url_is_removed() {
    let server = Server::new([json(201, r#"{"id": "f-1", "upload_url": ""}"#), json(404, "{}")]);
    let croud = with_data(&server);
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
    let croud = with_data(&server);
    assert_snapshot!(croud.run("--profile test organizations files create --file-path ~/data.csv --org-id 'my org'"), @"
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Info: Uploading the file...
    ==> Error: There was an error while trying to upload the file
        403 - Forbidden
    ==> Info: Its record is left behind. Remove it with `croud --profile test organizations files delete --org-id 'my org' --file-id 'F1 $(touch x)'`.
    [exit 1]
    ");
}

#[cfg(unix)]
#[test]
fn a_signal_while_the_record_is_created_removes_it() {
    // The reply to the POST comes after the signal.
    let (release, released) = std::sync::mpsc::channel::<()>();
    let server = Server::answering(move |request| match request.line.split(' ').next() {
        Some("POST") => {
            released.recv().unwrap();
            json(201, CREATED)
        }
        _ => reply(204, &[], ""),
    });
    let croud = with_data(&server);
    let running = croud.start("organizations files create --file-path data.csv");
    running.until("Creating a new file upload...");
    running.signal(rustix::process::Signal::TERM);
    running.until("Interrupted, cleaning up...");
    release.send(()).unwrap();
    assert_eq!(running.wait().status.code(), Some(143));
    assert_eq!(
        server.wire(),
        "POST /api/v2/organizations/my-org-id/files/ cookie: session=t0ken {\"name\":\"data.csv\"}\n\
         DELETE /api/v2/organizations/my-org-id/files/f-1/ cookie: session=t0ken\n"
    );
}
