//! Any text where the command line has an amount, a time, a duration or a number: it is read, or refused with a line.
//!
//!     cargo +nightly fuzz run numbers >/dev/null

#![no_main]

mod server;

libfuzzer_sys::fuzz_target!(|text: &str| {
    // The system allows no NUL in an argument.
    if text.contains('\0') {
        return;
    }
    server::answer_with_body(b"[]");
    let option = |name: &str| format!("{name}={text}");
    let (amount, expiration) = (option("--amount"), option("--expiration-date"));
    server::run(&["organizations", "credits", "create", "--sudo", &amount, &expiration, "--org-id", "o"]);
    server::run(&["organizations", "credits", "edit", "--sudo", "--credit-id", "c", &amount, "--org-id", "o"]);
    server::run(&["organizations", "auditlogs", "list", &option("--from"), &option("--to")]);
    server::run(&["organizations", "files", "prune", "--dry-run", &option("--older-than")]);
    server::run(&["organizations", "list", &option("--limit"), &option("--sort"), &option("--timeout")]);
});
