//! The Host check and the limits of the server.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;

#[test]
fn host_matches_accepts_only_names_of_loopback() {
    let address: SocketAddr = "127.0.0.1:8400".parse().expect("an address");
    let asked = |hosts: &[&str]| {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(header::HOST, HeaderValue::from_str(host).expect("a host"));
        }
        host_matches(&address, &headers)
    };
    for host in ["localhost:8400", "127.0.0.1:8400", "[::1]:8400"] {
        assert!(asked(&[host]), "{host}");
    }
    for host in ["localhost", "127.0.0.1:80", "example.com:8400", "localhost.example.com:8400", "localhost:84000", ""] {
        assert!(!asked(&[host]), "{host}");
    }
    assert!(!asked(&[]));
    assert!(!asked(&["localhost:8400", "localhost:8400"]));
}

#[test]
fn host_matches_accepts_any_name_beyond_loopback() {
    let address: SocketAddr = "0.0.0.0:8400".parse().expect("an address");
    assert!(host_matches(&address, &HeaderMap::new()));
}

/// Responds with the size of the body.
#[derive(Clone)]
struct Count;

impl Handler for Count {
    async fn handle(self, request: Request) -> io::Result<Response> {
        let size = body(request.into_body(), 10).await?.map_or(0, |body| body.len());
        Ok(respond(StatusCode::OK, "text/plain", size.to_string()))
    }
}

/// Starts a server and returns its address.
fn serve() -> SocketAddr {
    let server = Server::bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
    let address = server.address();
    tokio::spawn(server.run_until(Count, std::future::pending()));
    address
}

/// Sends bytes, then reads to the end of the connection on another thread.
async fn exchange(address: SocketAddr, bytes: &'static str) -> String {
    let (sender, read) = tokio::sync::oneshot::channel();
    // Not a blocking task of the runtime: the clock would wait for it.
    std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        stream.write_all(bytes.replace("HOST", &address.to_string()).as_bytes()).expect("a write");
        let mut text = String::new();
        let _ = stream.read_to_string(&mut text);
        let _ = sender.send(text);
    });
    read.await.expect("a response")
}

// In these tests the clock of the runtime jumps to the next timer whenever nothing else is to be done.

#[tokio::test(start_paused = true)]
async fn an_idle_connection_ends() {
    let address = serve();
    assert_eq!(exchange(address, "").await, "");
    assert_eq!(exchange(address, "GET / HTTP/1.1\r\nHost: HOS").await, "");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_ends_its_connection() {
    let head = "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 3\r\n\r\nab";
    assert_eq!(exchange(serve(), head).await, "");
}

#[tokio::test]
async fn connections_beyond_the_limit_wait() {
    let address = serve();
    let request = "POST / HTTP/1.1\r\nHost: HOST\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc";
    let mut idle: Vec<TcpStream> =
        (0..MOST_CONNECTIONS).map(|_| TcpStream::connect(address).expect("a connection")).collect();
    let mut waiting = tokio::spawn(exchange(address, request));
    let early = tokio::time::timeout(Duration::from_millis(100), &mut waiting).await;
    assert!(early.is_err(), "{early:?}");
    idle.pop();
    let text = waiting.await.expect("no panic");
    assert!(text.starts_with("HTTP/1.1 200 OK") && text.ends_with("\r\n\r\n3"), "{text}");
}
