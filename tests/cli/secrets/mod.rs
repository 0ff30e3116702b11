//! `organizations secrets list`, `create`, `delete`.

mod rotate;

use insta::assert_snapshot;

#[cfg(target_os = "linux")]
use crate::support::Terminal;
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
fn create_for_mongodb_needs_a_login_or_a_certificate() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    croud.file("empty", b"");
    let line = "organizations secrets create --name n --type MONGODB --connection-string c";
    assert_snapshot!(croud.run(line), @"
    [stderr]
    ==> Error: Secret type MongoDB needs either a username and a password, or a certificate.
    [exit 2]
    ");
    assert_snapshot!(croud.run(&format!("{line} --username '' --password '' --certificate ''")), @"
    [stderr]
    ==> Error: Secret type MongoDB needs either a username and a password, or a certificate.
    [exit 2]
    ");
    assert_snapshot!(croud.run(&format!("{line} --password p")), @"
    [stderr]
    ==> Error: A username and a password belong together for secret type MongoDB.
    [exit 2]
    ");
    assert_snapshot!(croud.run(&format!("{line} --certificate @~/empty")), @"
    [stderr]
    ==> Error: The certificate for secret type MongoDB must not be empty.
    [exit 2]
    ");
    assert_snapshot!(server.wire(), @"");
}

#[cfg(target_os = "linux")]
#[test]
fn create_for_mongodb_prompts_for_a_login_or_a_certificate() {
    const DOWN: &str = "\x1b[B";
    let server = Server::new([json(201, SECRET), json(201, SECRET)]);
    let croud = Croud::on(&server);
    croud.file("cert.pem", b"-----BEGIN-----\n");
    let croud = croud.env("TERM", "xterm-256color");
    let on_terminal = || croud.command("organizations secrets create --name n --type MONGODB --connection-string c");
    let mut terminal = Terminal::new(on_terminal());
    terminal.until("Username and password").send("\r").until("Username: ").send("u\r").until("Password").until_hidden();
    terminal.send("p\r");
    assert_eq!(terminal.code(), Some(0), "{}", terminal.seen());
    let mut terminal = Terminal::new(on_terminal());
    terminal.until("Username and password").send(DOWN).send("\r");
    terminal.until("File of the certificate: ").send("cert.pem\r");
    assert_eq!(terminal.code(), Some(0), "{}", terminal.seen());
    let bodies: Vec<_> =
        server.requests().into_iter().map(|request| String::from_utf8(request.body).unwrap()).collect();
    assert!(bodies[0].ends_with(r#"{"connection_string":"c","username":"u","password":"p"}}}"#), "{bodies:?}");
    assert!(bodies[1].ends_with(r#"{"connection_string":"c","certificate":"-----BEGIN-----"}}}"#), "{bodies:?}");
}

#[test]
fn create_refuses_the_options_of_other_types() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    let aws = "AWS --access-key a --secret-key s";
    let azure = "AZURE --connection-string c";
    let mongodb = "MONGODB --connection-string c --username u --password p";
    for (options, refused) in [
        (aws, "--connection-string"),
        (aws, "--username"),
        (aws, "--password"),
        (aws, "--certificate"),
        (azure, "--access-key"),
        (azure, "--secret-key"),
        (azure, "--username"),
        (azure, "--password"),
        (azure, "--certificate"),
        (mongodb, "--access-key"),
        (mongodb, "--secret-key"),
    ] {
        let line = format!("organizations secrets create --name n --type {options} {refused} x");
        let shown = croud.run(&line);
        assert!(shown.contains(&format!("does not take `{refused}`.")) && shown.ends_with("[exit 2]\n"), "{shown}");
    }
    assert_snapshot!(croud.run(&format!("organizations secrets create --name n --type {aws} --connection-string c")), @"
    [stderr]
    ==> Error: Secret type AWS does not take `--connection-string`.
        It takes `--access-key`, `--secret-key`.
    [exit 2]
    ");
    assert_snapshot!(server.wire(), @"");
}

#[test]
fn an_empty_option_of_another_type_counts_as_not_given() {
    let server = Server::new([json(201, SECRET)]);
    let line = "organizations secrets create --name n --type AZURE --connection-string c --access-key '' --username ''";
    assert_eq!(Croud::on(&server).code(line), Some(0));
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
        ID: s-1
    ");
    assert_snapshot!(server.wire(), @"DELETE /api/v2/organizations/o-1/secrets/s-1/ cookie: session=t0ken");
}

#[test]
fn delete_of_an_unknown_id() {
    let server = Server::new([json(404, r#"{"message": "Resource not found.", "success": false}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations secrets delete --secret-id s-9"), @"
    [stderr]
    ==> Error: Resource not found.
        The request was DELETE /api/v2/organizations/my-org-id/secrets/s-9/.
        `croud organizations secrets list --org-id my-org-id` shows the IDs that exist.
    [exit 1]
    ");
}

#[test]
fn delete_shows_the_deleted_secret_if_the_reply_has_it() {
    for format in ["table", "wide", "json", "yaml"] {
        let server = Server::new([json(200, SECRET)]);
        let shown = Croud::on(&server).run(&format!("organizations secrets delete --secret-id s-1 -o {format}"));
        assert!(shown.ends_with("[stderr]\n==> Success: Secret deleted.\n    ID: s-1\n"), "{shown}");
    }
    let server = Server::new([json(200, SECRET)]);
    assert_snapshot!(Croud::on(&server).run("organizations secrets delete --secret-id s-1"), @"
    +------+--------+--------+------------------+
    | id   | type   | name   | description      |
    |------+--------+--------+------------------|
    | s-1  | AWS    | n      | **********123456 |
    +------+--------+--------+------------------+
    [stderr]
    ==> Success: Secret deleted.
        ID: s-1
    ");
}
