//! Requests below `/_sandbox/`.

use serde_json::json;

use crate::support::{Croud, Received, Served, Server, reply, request};

/// The status and the message of a reply.
fn message(received: &Received) -> (u16, String) {
    (received.status, received.json()["message"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn the_control_token_is_checked() {
    let served = Served::new(&Croud::new(), "");
    let other = Served::new(&Croud::new(), "");
    let token = other.ready["control_token"].as_str().unwrap();
    assert_eq!((token.len(), token.bytes().all(|byte| byte.is_ascii_hexdigit())), (32, true));
    let missing = "The header X-Sandbox-Token is missing. Its value is `control_token` in the ready line.";
    let wrong = "The control token is not that of this sandbox: each start prints a new one.";
    for (header, reason) in [
        ("X-Nothing: 1".to_owned(), missing),
        (format!("Cookie: session={}", served.token(2)), missing),
        ("X-Sandbox-Token: ".to_owned(), wrong),
        ("X-Sandbox-Token: sandbox-token-admin".to_owned(), wrong),
        (format!("X-Sandbox-Token: {token}"), wrong),
    ] {
        for line in ["POST /_sandbox/reset", "GET /_sandbox/state", "PUT /_sandbox/state", "GET /_sandbox/unknown"] {
            let received = request(served.endpoint(), line, &[&header], b"");
            assert_eq!(message(&received), (403, reason.to_owned()), "{line} {header}");
        }
    }
    assert_eq!(served.control("GET /_sandbox/clock", &[], b"").status, 200);
}

#[test]
fn a_request_of_a_browser_is_refused() {
    let served = Served::new(&Croud::new(), "");
    for (header, name) in [
        ("Origin: null", "origin"),
        ("Origin: http://127.0.0.1:8400", "origin"),
        ("Referer: http://localhost/", "referer"),
        ("Sec-Fetch-Site: same-origin", "sec-fetch-site"),
        ("Sec-Fetch-Mode: navigate", "sec-fetch-mode"),
        ("Sec-Fetch-Dest: document", "sec-fetch-dest"),
    ] {
        for line in ["POST /_sandbox/reset", "OPTIONS /_sandbox/reset"] {
            let received = served.control(line, &[header], b"");
            let reason = format!("A browser must not control the sandbox: the request has the header `{name}`.");
            assert_eq!(message(&received), (403, reason), "{line} {header}");
            assert_eq!(received.header("access-control-allow-origin"), None);
        }
    }
}

#[test]
fn a_request_that_is_not_understood_is_refused_with_the_reason() {
    let served = Served::new(&Croud::new(), "");
    for (line, body, status, reason) in [
        ("GET /_sandbox/unknown", "", 404, "The sandbox has no operation GET /_sandbox/unknown."),
        ("POST /_sandbox/clock", "", 404, "The sandbox has no operation POST /_sandbox/clock."),
        (
            "PUT /_sandbox/clock",
            "{\"time\": \"soon\"}",
            400,
            "`soon`: expected a time from 2000 to 2099, such as 2030-01-31T12:00.",
        ),
        ("PUT /_sandbox/clock", "{\"advance\": \"soon\"}", 400, "`soon`: expected a duration such as 90m, 12h or 30d."),
        (
            "PUT /_sandbox/faults",
            "[\"FOO / html\"]",
            400,
            "The rule `FOO / html` is not valid: `FOO` is not a method: use GET, HEAD, POST, PUT, PATCH, DELETE or *.",
        ),
        (
            "GET /_sandbox/journal?colour=red",
            "",
            400,
            "The parameter `colour` is not valid: use method, path, status or since.",
        ),
        (
            "GET /_sandbox/journal?since=5m",
            "",
            400,
            "The parameter `since` is not valid: expected a time such as 2024-01-31T12:00.",
        ),
        ("GET /_sandbox/journal?status=x", "", 400, "The parameter `status` is not valid: expected a number."),
        (
            "GET /_sandbox/journal?path=x",
            "",
            400,
            "The parameter `path` is not valid: `x` is not a path: it starts with `/` or `*`.",
        ),
        ("GET /_sandbox/clock?x=1", "", 400, "This operation takes no query."),
        ("PUT /_sandbox/clock?x=1", "{\"advance\": \"1d\"}", 400, "This operation takes no query."),
        (
            "PUT /_sandbox/snapshots/a?overwirte=true",
            "",
            400,
            "A snapshot takes the query `overwrite=true` or `overwrite=false`.",
        ),
        (
            "PUT /_sandbox/snapshots/a?overwrite=yes",
            "",
            400,
            "A snapshot takes the query `overwrite=true` or `overwrite=false`.",
        ),
        ("POST /_sandbox/reset", "{\"organization_id\": \"x\"}", 400, "`x`: expected a UUID in lower case."),
        ("POST /_sandbox/reset", "{\"organization_id\": \"\"}", 400, "``: expected a UUID in lower case."),
        (
            "PUT /_sandbox/state",
            "x",
            400,
            "The file is not an export of a sandbox.\n`croud sandbox reset --seed FILE` reads a seed.",
        ),
    ] {
        assert_eq!(message(&served.control(line, &[], body.as_bytes())), (status, reason.to_owned()), "{line} {body}");
    }
    let received = served.control("PUT /_sandbox/snapshots/..%2Fx", &[], b"");
    assert_eq!((received.status, message(&received).1.starts_with("`../x`: a snapshot's name has")), (400, true));
    let received = served.control("PUT /_sandbox/state", &["Content-Length: 5368709121"], b"");
    assert_eq!(message(&received), (413, "An import has at most 5 GiB.".to_owned()));
    let received = served.control("PUT /_sandbox/state", &["Transfer-Encoding: chunked"], b"0\r\n\r\n");
    assert_eq!(message(&received), (411, "An import needs the header Content-Length.".to_owned()));
    let large = vec![b' '; (16 << 20) + 1];
    let received = served.control("PUT /_sandbox/faults", &[], &large);
    assert_eq!(message(&received), (413, "The body is larger than 16 MiB.".to_owned()));
}

#[test]
fn the_error_of_a_body_says_what_was_expected() {
    let served = Served::new(&Croud::new(), "");
    for (line, body, expected) in [
        (
            "PUT /_sandbox/clock",
            "{}",
            r#"Expected {"time": TIME}, {"advance": DURATION} or {"offset_seconds": NUMBER}, as JSON."#,
        ),
        ("PUT /_sandbox/faults", "{}", r#"Expected a list of rules such as ["GET /api/** html"], as JSON."#),
        (
            "POST /_sandbox/reset",
            r#"{"seed": {}}"#,
            r#"Expected {"organization_id": ID, "seed": TEXT}, in which both may be left out, as JSON."#,
        ),
    ] {
        let (status, message) = message(&served.control(line, &[], body.as_bytes()));
        let (problem, shown) = message.split_once('\n').unwrap_or_default();
        assert!(problem.starts_with("The body is not valid: "), "{message}");
        assert_eq!((status, shown), (400, expected), "{line}");
    }
}

#[test]
fn the_control_works_while_every_request_fails() {
    let served = Served::new(&Croud::new(), "--fault '* /** status=503'");
    assert_eq!(served.ask(0, "GET /api/v2/roles/", "").status, 503);
    let rules = served.control("GET /_sandbox/faults", &[], b"").json();
    assert_eq!(rules, json!([{"rule": "* /** status=503", "matched": 1}]));
    assert_eq!(served.control("PUT /_sandbox/faults", &[], b"[]").json(), json!([]));
    assert_eq!(served.ask(0, "GET /api/v2/roles/", "").status, 200);
    let journal = served.control("GET /_sandbox/journal", &[], b"").json();
    assert_eq!((&journal["count"], &journal["dropped"]), (&json!(2), &json!(0)));
}

#[test]
fn a_reset_brings_back_sessions_that_a_fault_ended() {
    let served = Served::new(&Croud::new(), "--fault '* /api/** expire n=1'");
    assert_eq!(served.ask(0, "GET /api/v2/roles/", "").status, 302);
    assert_eq!(served.ask(0, "GET /api/v2/roles/", "").status, 302);
    assert_eq!(served.control("POST /_sandbox/reset", &[], b"").status, 204);
    assert_eq!(served.ask(0, "GET /api/v2/roles/", "").status, 200);
}

#[test]
fn log_api_shows_requests_to_the_control_without_secrets() {
    let served = Served::new(&Croud::new(), "");
    let controller = served.controller().env("LOG_API", "true");
    controller.file("seed.yaml", b"users: [{name: a, token: t0ken}]");
    assert_eq!(
        controller.run("sandbox reset --seed ~/seed.yaml"),
        "[stderr]\n==> Debug: POST ENDPOINT/_sandbox/reset\n    <- 204 - No Content\n\
         ==> Info: The sandbox has the data of `HOME/seed.yaml`.\n"
    );
    let run = controller.run("sandbox journal --status 404 --quiet");
    assert!(run.contains("==> Debug: GET ENDPOINT/_sandbox/journal?status=404\n"), "{run}");
}

#[test]
fn a_server_that_is_not_a_sandbox_is_reported() {
    let server = Server::new([reply(404, &[], "nothing here")]);
    let endpoint = server.endpoint();
    let croud = Croud::new().mask(&endpoint, "ENDPOINT");
    let run = croud.run(&format!("sandbox clock --server {endpoint} --token x"));
    assert_eq!(
        run,
        "[stderr]\n==> Error: 404 - Not Found\n    The server at ENDPOINT does not seem to be a sandbox.\n[exit 1]\n"
    );
}
