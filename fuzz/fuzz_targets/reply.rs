//! Any reply: it is shown in all formats, or refused with a line.
//!
//!     cargo +nightly fuzz run reply >/dev/null

#![no_main]

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Mutex, Once};

static REPLY: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static START: Once = Once::new();

/// A server that says the same to everybody.
fn start() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    let path = std::env::temp_dir().join(format!("croud-fuzz-{}.yaml", std::process::id()));
    let text = format!("default-format: table\ncurrent-profile: a\nprofiles: {{a: {{endpoint: '{endpoint}', auth-token: t}}}}\n");
    std::fs::write(&path, text).expect("a file can be written");
    std::env::set_var("CROUD_CONFIG", path);
    std::env::set_var("CROUD_RETRIES", "0");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let body = REPLY.lock().expect("whole").clone();
            let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
        }
    });
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    START.call_once(start);
    *REPLY.lock().expect("whole") = data.to_vec();
    for line in ["organizations list", "organizations get x -o wide", "organizations get x -o yaml", "organizations auditlogs list --org-id o -o json"] {
        croud::run(["croud"].into_iter().chain(line.split(' ')).map(OsString::from));
    }
});
