//! Any bytes in place of an HTTP reply: lists, uploads, downloads and logouts end with a line.
//!
//!     cargo +nightly fuzz run raw_reply >/dev/null

#![no_main]

mod server;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    server::answer(data.to_vec());
    let file = server::folder().join("file");
    std::fs::write(&file, b"a,b\n").expect("a file can be written");
    let file = file.to_str().expect("the path is UTF-8");
    server::run(&["organizations", "list"]);
    server::run(&["organizations", "files", "create", "--file-path", file]);
    server::run(&["organizations", "files", "get", "--file-id", "f", "--download", file, "--overwrite"]);
    server::run(&["organizations", "credits", "list", "-o", "csv"]);
    server::run(&["logout"]);
});
