//! Errors: the line on stderr and the exit code.

use insta::assert_snapshot;

use crate::support::{Config, Croud, Profile, Response, Server, json, reply};

const LIST: &str = "organizations list";

fn answered(response: Response) -> String {
    Croud::on(&Server::new([response])).run(LIST)
}

#[test]
fn the_first_line_of_plain_text_is_shown() {
    fn plain(body: &str) -> Response {
        reply(502, &["Content-Type: text/plain; charset=utf-8"], body)
    }
    assert_snapshot!(answered(plain("upstream connect error\u{1b}\nmore\n")), @r"
    [stderr]
    ==> Error: 502 - Other
        upstream connect error\x1b
    [exit 1]
    ");
    let long = answered(plain(&"x".repeat(1000)));
    assert!(long.contains(&format!("    {}\n", "x".repeat(200))), "{long}");
    for body in ["", "\n", "{}", "null"] {
        assert_eq!(answered(plain(body)), "[stderr]\n==> Error: 502 - Other\n[exit 1]\n", "{body:?}");
    }
}

#[test]
fn an_error_of_the_api() {
    assert_snapshot!(answered(json(400, r#"{"message": "Invalid.", "errors": {"name": ["Too long."]}, "success": false}"#)), @r#"
    [stderr]
    ==> Error: Invalid.
    {
      "name": [
        "Too long."
      ]
    }
    [exit 1]
    "#);
    assert_snapshot!(answered(json(400, r#"{"detail": [1, "x"]}"#)), @r#"
    [stderr]
    ==> Error: 400 - Bad Request
    {
      "detail": [
        1,
        "x"
      ]
    }
    [exit 1]
    "#);
    assert_snapshot!(answered(json(500, "{}")), @"
    [stderr]
    ==> Error: 500 - Internal Server Error
    [exit 1]
    ");
    assert_snapshot!(answered(json(502, "null")), @"
    [stderr]
    ==> Error: 502 - Other
    [exit 1]
    ");
    assert_snapshot!(answered(reply(503, &["Content-Type: text/html"], "<html>")), @"
    [stderr]
    ==> Error: 503 - Service Unavailable
    [exit 1]
    ");
    assert_snapshot!(answered(json(404, r#"{"message": "a\u001b[31mb\nc\u202e"}"#)), @r"
    [stderr]
    ==> Error: a\x1b[31mb
        c\u202e
        The request was GET /api/v2/organizations/.
    [exit 1]
    ");
}

#[test]
fn an_unusable_reply() {
    assert_snapshot!(answered(reply(200, &["Content-Type: text/html"], "<html>hello</html>")), @"
    [stderr]
    ==> Error: The reply of 'ENDPOINT/api/v2/organizations/' is unusable: it is a web page. Is the endpoint right?
    [exit 1]
    ");
    assert_snapshot!(answered(json(200, r#"[{"id": 1"#)), @"
    [stderr]
    ==> Error: The reply of 'ENDPOINT/api/v2/organizations/' is unusable: it is not JSON (EOF while parsing an object at line 1 column 9)
    [exit 1]
    ");
    assert_snapshot!(answered(json(200, "")), @"
    [stderr]
    ==> Error: The reply of 'ENDPOINT/api/v2/organizations/' is unusable: it is empty
    [exit 1]
    ");
    assert_snapshot!(answered(json(200, "5")), @"
    [stderr]
    ==> Error: The reply of 'ENDPOINT/api/v2/organizations/' is unusable: it is neither an object nor a list
    [exit 1]
    ");
    assert_snapshot!(answered(Response::BytesAndClose(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[".to_vec())), @"
    [stderr]
    ==> Error: Failed to perform request on 'ENDPOINT/api/v2/organizations/'. Original error was: 'the server closed the connection before the end of its reply'
    [exit 1]
    ");
    assert_snapshot!(answered(Response::BytesAndClose(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())), @"
    [stderr]
    ==> Error: Failed to perform request on 'ENDPOINT/api/v2/organizations/'. Original error was: 'invalid HTTP version parsed'
    [exit 1]
    ");
    assert_snapshot!(answered(json(200, &("[".repeat(128) + &"]".repeat(128)))), @"
    [stderr]
    ==> Error: The reply of 'ENDPOINT/api/v2/organizations/' is unusable: it is nested too deeply
    [exit 1]
    ");
}

#[test]
fn a_reply_without_data_is_a_success() {
    assert_eq!(answered(reply(204, &[], "")), "[stderr]\n==> Success: Success.\n");
    assert_eq!(answered(json(200, "null")), "[stderr]\n==> Success: Success.\n");
}

#[test]
fn a_server_that_does_not_answer_is_an_error() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let croud = Croud::new()
        .mask(&port.to_string(), "PORT")
        .mask("os error 61", "os error 111")
        .profile(Profile::at(&format!("http://127.0.0.1:{port}")).token("t"));
    assert_snapshot!(croud.run(LIST), @"
    [stderr]
    ==> Error: Failed to perform request on 'http://127.0.0.1:PORT/api/v2/organizations/'. Original error was: 'Connection refused (os error 111)'
    [exit 1]
    ");
    assert_snapshot!(answered(Response::Close), @"
    [stderr]
    ==> Error: Failed to perform request on 'ENDPOINT/api/v2/organizations/'. Original error was: 'the server closed the connection before the end of its reply'
    [exit 1]
    ");
}

#[test]
fn an_invalid_endpoint_is_an_error() {
    for endpoint in ["", "nonsense", "https://"] {
        let croud = Croud::new().profile(Profile::at(endpoint).token("t"));
        let error = format!("`{endpoint}` is not a valid endpoint: use https://HOST[:PORT].");
        assert_eq!(croud.run(LIST), format!("[stderr]\n==> Error: {error}\n[exit 2]\n"));
    }
}

#[test]
fn quiet_suppresses_success_but_not_errors() {
    let server = Server::new([json(201, r#"{"id": "o-1"}"#), json(500, r#"{"message": "No."}"#)]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("--quiet organizations create --name x"), @"
    +------+
    | id   |
    |------|
    | o-1  |
    +------+
    ");
    assert_snapshot!(croud.run("organizations create --name x --quiet"), @"
    [stderr]
    ==> Error: No.
    [exit 1]
    ");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let server = Server::new([json(200, "[]")]);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = Croud::on(&server).command(LIST).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_snapshot!(String::from_utf8(output.stderr).unwrap(), @"==> Error: The output could not be written: No space left on device (os error 28)");
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_not_an_error() {
    let server = Server::new([json(200, "[]")]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Croud::on(&server).command(LIST).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_request() {
    use rustix::process::Signal;
    for (signal, code, line) in
        [(Signal::INT, 130, "==> Warning: Interrupted.\n"), (Signal::TERM, 143, "==> Warning: Terminated.\n")]
    {
        let server = Server::new([Response::Stall]);
        let croud = Croud::on(&server);
        let running = croud.start(LIST);
        server.wait_for(1);
        running.signal(signal);
        let output = running.wait();
        assert_eq!(output.status.code(), Some(code));
        assert_eq!(String::from_utf8(output.stderr).unwrap(), line);
    }
}

#[test]
fn every_redirect_means_not_logged_in() {
    for (status, headers) in [
        (300, &[][..]),
        (302, &[]),
        (302, &["Content-Type: application/json"]),
        (304, &[]),
        (305, &["Location: /x"]),
        (399, &[]),
    ] {
        for line in [LIST, "organizations create --name x", "organizations delete -y"] {
            let server = Server::new([reply(status, headers, r#"[{"id": 1}]"#)]);
            let shown = Croud::on(&server).run(line);
            assert!(shown.starts_with("[stderr]\n==> Error: Unauthorized.\n"), "{status}: {shown}");
            assert!(shown.ends_with("[exit 4]\n"), "{status}: {shown}");
        }
    }
    assert_snapshot!(answered(reply(302, &[], "")), @"
    [stderr]
    ==> Error: Unauthorized.
    ==> Info: Use `croud login` to login to CrateDB Cloud.
    [exit 4]
    ");
}

#[test]
fn every_other_status_is_an_error() {
    assert_snapshot!(answered(reply(999, &[], "hello")), @"
    [stderr]
    ==> Error: 999 - Other
    [exit 1]
    ");
    assert_snapshot!(answered(Response::Bytes(b"HTTP/1.1 500 \xe9\r\nContent-Length: 0\r\n\r\n".to_vec())), @"
    [stderr]
    ==> Error: 500 - Internal Server Error
    [exit 1]
    ");
    assert_snapshot!(answered(Response::Bytes("HTTP/1.1 500 Ärger\r\nContent-Length: 0\r\n\r\n".into())), @"
    [stderr]
    ==> Error: 500 - Internal Server Error
    [exit 1]
    ");
    assert_snapshot!(answered(Response::Bytes(b"HTTP/1.1 500 Not My Day\r\nContent-Length: 0\r\n\r\n".to_vec())), @"
    [stderr]
    ==> Error: 500 - Not My Day
    [exit 1]
    ");
}

#[test]
fn the_login_that_is_suggested_is_for_the_same_profile() {
    let server = Server::new([json(401, "{}"), reply(302, &[], "")]);
    let endpoint = server.endpoint();
    let config =
        Config::new().profile("test", Profile::at(&endpoint)).profile("my stage", Profile::at(&endpoint).token("t"));
    let croud = Croud::new().config(&config.text());
    assert_snapshot!(croud.run("--profile 'my stage' organizations list"), @"
    [stderr]
    ==> Error: 401 - Unauthorized
        The session token of profile `my stage` was refused. Use `croud --profile 'my stage' login` to login to CrateDB Cloud.
    [exit 4]
    ");
    assert_snapshot!(croud.run("--profile 'my stage' organizations list"), @"
    [stderr]
    ==> Error: Unauthorized.
    ==> Info: Use `croud --profile 'my stage' login` to login to CrateDB Cloud.
    [exit 4]
    ");
}

#[test]
fn an_error_of_the_storage_service_is_shown() {
    let created = r#"{"id": "f-1", "upload_url": "ENDPOINT/put?sig=s1gnature"}"#;
    let xml = "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>s1gnature has expired</Message></Error>";
    let refused = reply(403, &["Content-Type: application/xml"], xml);
    let server = Server::new([json(201, created), refused, reply(204, &[], "")]);
    let croud = Croud::on(&server);
    croud.file("f", b"x");
    assert_snapshot!(croud.run("organizations files create --file-path ~/f"), @"
    [stderr]
    ==> Info: Creating a new file upload...
    ==> Info: Uploading the file...
    ==> Error: There was an error while trying to upload the file
        403 - Forbidden
        AccessDenied: xxxxxxxxxx has expired
    [exit 1]
    ");
}
