//! The sandbox of the built-in profile.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;

/// Sends a request and returns the status line of the response.
fn status(endpoint: &str, line: &str, header: &str) -> String {
    let host = endpoint.strip_prefix("http://").expect("an endpoint");
    let mut stream = TcpStream::connect(host).expect("a connection");
    let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{header}\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a write");
    let mut text = String::new();
    stream.read_to_string(&mut text).expect("a response");
    text.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_built_in_profile_accepts_its_own_token_only() {
    let home = crate::private::temporary_folder("croud-test-").expect("a folder");
    let started = in_process(&home.path().join("state")).expect("a sandbox");
    let other = in_process(&home.path().join("state")).expect("a sandbox");
    assert_ne!(other.token, started.token);
    let requests = tokio::task::spawn_blocking(move || {
        let me = |header: &str| status(&started.endpoint, "GET /api/v2/users/me/", header);
        assert_eq!(me(&format!("Cookie: session={}", started.token)), "HTTP/1.1 200 OK");
        for header in [
            &format!("Cookie: session={}", other.token),
            "Cookie: session=sandbox-token-admin",
            "Cookie: session=sandbox-token-superuser",
            "Authorization: Basic c2FuZGJveC1rZXktYWRtaW46c2FuZGJveC1zZWNyZXQtYWRtaW4=",
            "X-Nothing: 1",
        ] {
            assert_eq!(me(header), "HTTP/1.1 401 Unauthorized", "{header}");
        }
        // No client could have a control token of this process.
        let control = format!("X-Sandbox-Token: {}", started.token);
        assert_eq!(status(&started.endpoint, "GET /_sandbox/clock", &control), "HTTP/1.1 404 Not Found");
        let login = format!("GET /oauth2/github/login?cli=true&user={}", seed::ADMIN);
        assert_eq!(status(&started.endpoint, &login, "X-Nothing: 1"), "HTTP/1.1 403 Forbidden");
    });
    requests.await.expect("no panic");
}
