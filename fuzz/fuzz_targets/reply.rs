//! Any body of a reply: it is shown in all formats, or refused with a line.
//!
//!     cargo +nightly fuzz run reply >/dev/null

#![no_main]

mod server;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    server::answer_with_body(data);
    for format in ["table", "wide", "json", "jsonl", "yaml", "csv"] {
        server::run(&["organizations", "list", "-o", format]);
    }
    server::run(&["organizations", "list", "--sort", "id", "--limit", "2", "--columns", "id,a.b"]);
    server::run(&["organizations", "auditlogs", "list", "-o", "json"]);
    server::run(&["organizations", "users", "edit", "--user", "u", "--role", "r"]);
});
