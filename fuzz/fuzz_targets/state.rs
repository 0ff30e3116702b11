//! Any `state.json` of the sandbox: it is read, or moved aside with a line.
//!
//!     cargo +nightly fuzz run state >/dev/null

#![no_main]

mod server;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let folder = server::folder().join("state");
    // A state that was moved aside before is removed, too.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be created");
    std::fs::write(folder.join("state.json"), data).expect("a file can be written");
    std::env::set_var("CROUD_SANDBOX_STATE", &folder);
    for words in [
        &["organizations", "list", "-o", "wide"][..],
        &["organizations", "create", "--name", "n"],
        &["organizations", "users", "list"],
        &["organizations", "credits", "list"],
        &["organizations", "auditlogs", "list", "--from", "7d"],
    ] {
        server::run(&[&["--profile", "sandbox"], words].concat());
    }
});
