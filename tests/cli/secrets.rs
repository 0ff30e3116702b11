//! `organizations secrets list`, `create`, `delete`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json, reply};

const SECRET: &str = r#"{"id": "s-1", "name": "n", "type": "AWS", "description": "**********123456", "dc": {}}"#;

#[test]
fn list() {
    let server = Server::new([json(200, &format!("[{SECRET}]"))]);
    assert_snapshot!(Croud::on(&server).run("organizations secrets list"), @"
    +------+--------+--------+------------------+
    | id   | type   | name   | description      |
    |------+--------+--------+------------------|
    | s-1  | AWS    | n      | **********123456 |
    +------+--------+--------+------------------+
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/my-org-id/secrets/ cookie: session=t0ken");
}

#[test]
fn create_for_aws() {
    let server = Server::new([json(201, SECRET)]);
    let croud = Croud::on(&server).stdin("s3cret\n");
    assert_snapshot!(croud.run("organizations secrets create --name n --type AWS --access-key AK --secret-key -"), @"
    +------+--------+--------+------------------+
    | id   | type   | name   | description      |
    |------+--------+--------+------------------|
    | s-1  | AWS    | n      | **********123456 |
    +------+--------+--------+------------------+
    [stderr]
    ==> Success: Secret created.
    ");
    assert_snapshot!(server.wire(), @r#"POST /api/v2/organizations/my-org-id/secrets/ cookie: session=t0ken {"name":"n","type":"AWS","data":{"aws_secret":{"access_key":"AK","secret_key":"s3cret"}}}"#);
}

#[test]
fn create_for_azure() {
    let server = Server::new([json(201, SECRET)]);
    let croud = Croud::on(&server);
    croud.file("connection", b"AccountName=x;AccountKey=y\n");
    croud.run("organizations secrets create --name n --type AZURE --connection-string @~/connection");
    assert_snapshot!(server.wire(), @r#"POST /api/v2/organizations/my-org-id/secrets/ cookie: session=t0ken {"name":"n","type":"AZURE","data":{"azure_secret":{"connection_string":"AccountName=x;AccountKey=y"}}}"#);
}

#[test]
fn create_for_mongodb() {
    let server = Server::new([json(201, SECRET), json(201, SECRET)]);
    let croud = Croud::on(&server);
    croud.file("cert.pem", b"-----BEGIN-----\nx\n\n");
    let line = "organizations secrets create --name n --type MONGODB --connection-string mongodb://h";
    croud.run(&format!("{line} --username u --password p"));
    croud.run(&format!("{line} --certificate @~/cert.pem"));
    assert_snapshot!(server.wire(), @r#"
    POST /api/v2/organizations/my-org-id/secrets/ cookie: session=t0ken {"name":"n","type":"MONGODB","data":{"mongodb_secret":{"connection_string":"mongodb://h","username":"u","password":"p"}}}
    POST /api/v2/organizations/my-org-id/secrets/ cookie: session=t0ken {"name":"n","type":"MONGODB","data":{"mongodb_secret":{"connection_string":"mongodb://h","certificate":"-----BEGIN-----\nx\n"}}}
    "#);
}

#[test]
fn create_checks_the_options_of_its_type() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("organizations secrets create --name n --type AWS --access-key AK"), @"
    [stderr]
    ==> Error: Both access_key and secret_key are required for secret type AWS.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations secrets create --name n --type AZURE"), @"
    [stderr]
    ==> Error: Argument connection-string is required for secret type Azure.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations secrets create --name n --type MONGODB --connection-string c --username u"), @"
    [stderr]
    ==> Error: A username and a password belong together for secret type MongoDB.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations secrets create --name n --type MONGODB --connection-string c --username u --password p --certificate c"), @"
    [stderr]
    ==> Error: Secret type MongoDB takes either a username and a password or a certificate, not both.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations secrets create --name n --type FTP"), @"
    [stderr]
    error: invalid value 'FTP' for '--type <TYPE>'
      [possible values: AWS, AZURE, MONGODB]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations secrets create --name n --type AWS --access-key - --secret-key -"), @"
    [stderr]
    ==> Error: Both access_key and secret_key are required for secret type AWS.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations secrets create --name n --type AZURE --connection-string @~/none"), @r#"
    [stderr]
    ==> Error: Could not read the file for "Connection string": No such file or directory (os error 2)
        A value that begins with `@` is written `@@...`.
    [exit 1]
    "#);
    assert_snapshot!(server.wire(), @"");
}

#[test]
fn only_one_secret_comes_from_stdin() {
    let server = Server::new([]);
    let croud = Croud::on(&server).stdin("x\n");
    assert_snapshot!(croud.run("organizations secrets create --name n --type AWS --access-key - --secret-key -"), @"
    [stderr]
    ==> Error: Only one secret can be read from stdin.
    [exit 2]
    ");
    assert_eq!(server.wire(), "");
}

#[test]
fn one_final_newline_is_not_part_of_a_secret() {
    for (text, sent) in [("x\r\n", "x"), ("x\n\n", "x\\n"), ("x\r", "x\\r"), (" x ", " x "), ("x", "x")] {
        let server = Server::new([json(201, SECRET), json(201, SECRET)]);
        let croud = Croud::on(&server).stdin(text);
        croud.file("secret", text.as_bytes());
        for given in ["-", "@~/secret"] {
            croud.run(&format!("organizations secrets create --name n --type AZURE --connection-string {given}"));
        }
        for request in server.requests() {
            let body = String::from_utf8(request.body).unwrap();
            assert!(body.ends_with(&format!(r#"{{"connection_string":"{sent}"}}}}}}"#)), "{text:?}: {body}");
        }
    }
}

#[test]
fn delete() {
    let server = Server::new([reply(204, &[], "")]);
    assert_snapshot!(Croud::on(&server).run("organizations secrets delete --secret-id s-1 --org-id o-1"), @"
    [stderr]
    ==> Success: Secret deleted.
    ");
    assert_snapshot!(server.wire(), @"DELETE /api/v2/organizations/o-1/secrets/s-1/ cookie: session=t0ken");
}

#[test]
fn delete_of_an_unknown_id() {
    let server = Server::new([json(404, r#"{"message": "Resource not found.", "success": false}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations secrets delete --secret-id s-9"), @"
    [stderr]
    ==> Error: Resource not found.
    [exit 1]
    ");
}
