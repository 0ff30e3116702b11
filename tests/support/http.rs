//! Sends single HTTP requests and reads what arrives, byte for byte.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long to wait for a byte before the test fails. A response takes much less, even on a slow machine.
const LIMIT: Duration = Duration::from_secs(30);

/// The response that arrived before the server closed the connection.
#[derive(Debug)]
pub(crate) struct Received {
    /// 0 if no whole head arrived.
    pub(crate) status: u16,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Received {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Sends `METHOD TARGET` to `endpoint` with header lines and a body, and reads to the end of the connection.
pub(crate) fn request(endpoint: &str, line: &str, headers: &[&str], body: &[u8]) -> Received {
    let mut stream = send(endpoint, line, headers, body);
    let mut bytes = Vec::new();
    // A connection that is reset has the same meaning as one that is closed.
    let _ = stream.read_to_end(&mut bytes);
    parse(&bytes)
}

/// Sends a request as [`request`] does, and leaves the response to the test.
pub(crate) fn send(endpoint: &str, line: &str, headers: &[&str], body: &[u8]) -> TcpStream {
    let host = endpoint.strip_prefix("http://").unwrap();
    let mut head = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for header in headers {
        head.push_str(header);
        head.push_str("\r\n");
    }
    if !body.is_empty() && !head.to_lowercase().contains("transfer-encoding") {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
    stream
}

fn parse(bytes: &[u8]) -> Received {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Received { status: 0, headers: Vec::new(), body: bytes.to_vec() };
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    Received { status, headers, body: bytes[end + 4..].to_vec() }
}
