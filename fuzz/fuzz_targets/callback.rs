//! Any request to the callback of `login`: it gets a page, or the connection ends. The server accepts every token, so a
//! complete sign-in ends the login, and the next one is started.
//!
//!     cargo +nightly fuzz run callback >/dev/null

#![no_main]

mod server;

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Once;
use std::time::Duration;

static START: Once = Once::new();

/// Connects to the callback. Between two logins its port is closed for a moment.
fn connect() -> TcpStream {
    for _ in 0..500 {
        if let Ok(stream) = TcpStream::connect("127.0.0.1:8400") {
            return stream;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("the callback does not listen");
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    START.call_once(|| {
        server::answer_with_body(br#"{"email": "jane@example.com", "organization_id": "o"}"#);
        std::thread::spawn(|| loop {
            server::run(&["login", "--idp", "github"]);
        });
    });
    let mut stream = connect();
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a valid time");
    // The callback may close the connection before it has read everything.
    let _ = stream.write_all(data).and_then(|()| stream.shutdown(Shutdown::Write));
    let mut reply = Vec::new();
    let read = stream.read_to_end(&mut reply);
    let has_timed_out = read.is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock);
    assert!(!has_timed_out, "the callback does not answer");
    assert!(reply.is_empty() || reply.starts_with(b"HTTP/1."), "the callback does not answer with HTTP");
});
