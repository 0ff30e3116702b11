//! Replies that are errors, and what comes before a reply.

use super::{LARGEST, limited, repeated};
use crate::support::{Croud, Response, Server, json};

#[test]
fn an_error_takes_little_memory_whatever_its_body_is() {
    let errors = |unit: &str| {
        let count = (255 << 10) / (unit.len() + 1);
        format!("{{\"message\":\"m\",\"errors\":[{}{unit}]}}", format!("{unit},").repeat(count - 1))
    };
    let message = |unit: &str| format!("{{\"message\":\"{}\"}}", unit.repeat((LARGEST - 100) / unit.len()));
    for (status, body) in [
        (500, repeated("{\"message\":\"m\",\"errors\":[", "[1]", "]}")),
        (400, errors("[1]")),
        (400, errors("{\"a\":1}")),
        (400, message("x")),
        (401, message("\\u0080")),
        // The token is hidden everywhere.
        (403, message("t0ken")),
        (404, errors("\"t0ken\"")),
        (302, "x".repeat(LARGEST)),
    ] {
        let server = Server::new([json(status, &body)]);
        let (code, text) = limited(&Croud::on(&server), "organizations list");
        assert!(matches!(code, Some(1 | 4)) && text.len() < 50_000, "{status} {}: {code:?} {text}", &body[..50]);
    }
}

#[test]
fn headers_without_an_end_take_little_memory() {
    let head = |unit: &str, count| [b"HTTP/1.1 200 OK\r\n", unit.repeat(count).as_bytes()].concat();
    for head in [
        head("X: y\r\n", 1 << 20),
        head(&format!("X: {}\r\n", "y".repeat(8000)), 4000),
        [&b"HTTP/1.1 200 OK\r\nX: "[..], &vec![b'y'; 32 << 20]].concat(),
        [&b"HTTP/1.1 200 "[..], &vec![b'y'; 32 << 20]].concat(),
        b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1 << 20),
        [&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;"[..], &vec![b'y'; 32 << 20]].concat(),
        [&b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"[..], &b"X: y\r\n".repeat(1 << 20)].concat(),
    ] {
        let begin = String::from_utf8_lossy(&head[..60]).into_owned();
        let server = Server::new([Response::BytesAndStall(head)]);
        let (code, text) = limited(&Croud::on(&server).env("CROUD_TIMEOUT", "5"), "organizations list");
        assert!(code == Some(1) && text.len() < 5000, "{begin:?}: {code:?} {text}");
    }
}
