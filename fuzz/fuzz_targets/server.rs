//! A server that gives every request the same answer, and a profile for it.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::{Mutex, Once};

static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static START: Once = Once::new();

/// The folder of this process.
pub fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("croud-fuzz-{}", std::process::id()))
}

/// Answers from now on with these bytes: a status line, headers and a body.
pub fn answer(bytes: Vec<u8>) {
    START.call_once(start);
    *ANSWER.lock().expect("no thread panics") = bytes;
}

/// Answers from now on with status 200 and this body.
#[allow(dead_code, reason = "not every target answers with a body")]
pub fn answer_with_body(body: &[u8]) {
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
    answer([head.as_bytes(), body].concat());
}

/// Runs the program in this process.
#[allow(dead_code, reason = "not every target runs single lines")]
pub fn run(words: &[&str]) {
    croud::run(["croud"].iter().chain(words).map(OsString::from));
}

fn start() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    std::fs::create_dir_all(folder()).expect("a folder can be created");
    let path = folder().join("croud.yaml");
    let text = format!(
        "default-format: table\ncurrent-profile: a\n\
         profiles: {{a: {{endpoint: '{endpoint}', auth-token: t, organization-id: o}}}}\n"
    );
    std::fs::write(&path, text).expect("a file can be written");
    std::env::set_var("CROUD_CONFIG", path);
    std::env::set_var("CROUD_RETRIES", "0");
    std::env::set_var("CROUD_TIMEOUT", "2");
    std::env::set_var("BROWSER", "true");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]);
            let answer = ANSWER.lock().expect("no thread panics").clone();
            let _ = stream.write_all(&answer);
        }
    });
}
