//! The debug lines of `LOG_API`.

use insta::assert_snapshot;

use crate::support::{Croud, Response, Server, json, reply};

#[test]
fn debug_lines_hide_secrets() {
    let server = Server::new([json(201, r#"{"id": "s-1"}"#)]);
    let croud = Croud::on(&server).env("LOG_API", "True");
    assert_snapshot!(croud.run("organizations secrets create --name n --type AWS --access-key AKIA --secret-key s3cret"), @r#"
    +------+
    | id   |
    |------|
    | s-1  |
    +------+
    [stderr]
    ==> Debug: POST ENDPOINT/api/v2/organizations/my-org-id/secrets/ -> {"name":"n","type":"AWS","data":{"aws_secret":{"access_key":"xxxxxxxxxx","secret_key":"xxxxxxxxxx"}}}
        <- 201 - Created
    ==> Success: Secret created.
    "#);
}

#[test]
fn debug_lines_show_transfers_without_their_query() {
    let created = r#"{"id": "f-1", "upload_url": "ENDPOINT/put?sig=s1gnature#part"}"#;
    let server = Server::new([json(201, created), reply(200, &[], ""), json(200, r#"[{"id": "f-1"}]"#)]);
    let croud = Croud::on(&server).env("LOG_API", "true");
    croud.file("f", b"x");
    assert_snapshot!(croud.run("--quiet organizations files create --file-path ~/f"), @r#"
    +------+
    | id   |
    |------|
    | f-1  |
    +------+
    [stderr]
    ==> Debug: POST ENDPOINT/api/v2/organizations/my-org-id/files/ -> {"name":"f"}
        <- 201 - Created
    ==> Debug: PUT ENDPOINT/put QS=xxxxxxxxxx
        <- 200 - OK
    ==> Debug: GET ENDPOINT/api/v2/organizations/my-org-id/files/
        <- 200 - OK
    "#);
}

#[test]
fn the_body_in_a_debug_line_is_json() {
    let server = Server::new([json(201, "{}")]);
    let shown = Croud::on(&server).env("LOG_API", "true").run("organizations create --name 'a\u{7f}é\u{202e}'");
    let line = shown.lines().find(|line| line.contains(" -> ")).unwrap();
    let body: serde_json::Value = serde_json::from_str(line.split_once(" -> ").unwrap().1).unwrap();
    assert_eq!(body["name"], "a\u{7f}é\u{202e}");
}

#[test]
fn a_secret_in_a_query_is_hidden() {
    let server = Server::new([json(400, r#"{"message": "Bad token s3cret/1."}"#), json(200, "5"), Response::Close]);
    let croud = Croud::on(&server).env("LOG_API", "true").env("CROUD_RETRIES", "0");
    let line = "api GET '/api/v2/users/me/?token=s3cret%2F1&last=x'";
    assert_snapshot!(croud.run(line), @r#"
    [stderr]
    ==> Debug: GET ENDPOINT/api/v2/users/me/ QS={"token":"xxxxxxxxxx","last":"x"}
        <- 400 - Bad Request
    ==> Error: Bad token xxxxxxxxxx.
    [exit 1]
    "#);
    assert_snapshot!(croud.run(line), @r#"
    [stderr]
    ==> Debug: GET ENDPOINT/api/v2/users/me/ QS={"token":"xxxxxxxxxx","last":"x"}
        <- 200 - OK
    ==> Error: The reply of 'ENDPOINT/api/v2/users/me/' is unusable: it is neither an object nor a list
    [exit 1]
    "#);
    assert_snapshot!(croud.run(line), @r#"
    [stderr]
    ==> Debug: GET ENDPOINT/api/v2/users/me/ QS={"token":"xxxxxxxxxx","last":"x"}
    ==> Error: Failed to perform request on 'ENDPOINT/api/v2/users/me/'. Original error was: 'the server closed the connection before the end of its reply'
    [exit 1]
    "#);
}
