//! Tests that need real shells or a real browser. `.ci/run` installs them and runs these tests;
//! `cargo test` skips them.

#![cfg(feature = "sandbox")]

use std::process::Command;

fn python(script: &str) {
    let script = format!("{}/tests/outside/{script}", env!("CARGO_MANIFEST_DIR"));
    let status = Command::new("python3").args([script.as_str(), env!("CARGO_BIN_EXE_croud")]).status();
    assert!(status.expect("python3 is there").success());
}

#[test]
#[ignore = "needs python3, bash, zsh and fish: `.ci/run` runs it"]
fn shells_complete() {
    python("shells.py");
}

#[test]
#[ignore = "needs python3, chromium and chromedriver: `.ci/run` runs it"]
fn a_browser_signs_in() {
    python("browser.py");
}
