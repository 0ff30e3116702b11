//! Any croud.yaml: it is shown, or refused with a line.
//!
//!     cargo +nightly fuzz run config >/dev/null

#![no_main]

use std::ffi::OsString;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let path = std::env::temp_dir().join(format!("croud-fuzz-{}.yaml", std::process::id()));
    std::fs::write(&path, data).expect("a file can be written");
    std::env::set_var("CROUD_CONFIG", &path);
    for line in ["croud --quiet config show", "croud config get region"] {
        croud::run(line.split(' ').map(OsString::from));
    }
});
