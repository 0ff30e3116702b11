//! Every script of `docs/recipes.md` runs on the sandbox and prints what the page shows.
//!
//! `CROUD_UPDATE_DOCS=1 cargo test --test cli recipes` writes the outputs anew.

use std::path::Path;

use crate::shell;
use crate::support::Croud;

/// The start of a script, and of what it prints.
const SCRIPT: &str = "```sh\n";
const OUTPUT: &str = "\n```text\n";
const END: &str = "```\n";

#[test]
fn every_recipe_prints_what_the_page_shows() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes.md");
    let kept = std::fs::read_to_string(&path).unwrap();
    let page = with_outputs(&kept);
    if std::env::var_os("CROUD_UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
        return;
    }
    let different = kept.lines().zip(page.lines()).find(|(kept, new)| kept != new);
    assert!(
        kept == page,
        "docs/recipes.md is out of date, first at {different:?}. \
         `CROUD_UPDATE_DOCS=1 cargo test --test cli recipes` writes it anew."
    );
}

/// The page with the output of each script behind it.
fn with_outputs(page: &str) -> String {
    let mut parts = page.split(SCRIPT);
    let mut out = parts.next().unwrap().to_owned();
    let mut count = 0;
    for part in parts {
        let (script, rest) = part.split_once(END).unwrap();
        let rest = match rest.strip_prefix(OUTPUT) {
            Some(shown) => shown.split_once(END).unwrap().1,
            None => rest,
        };
        let printed = shell::run(script, Croud::sandbox);
        out += &[SCRIPT, script, END].concat();
        if !printed.is_empty() {
            out += &[OUTPUT, &printed, END].concat();
        }
        out += rest;
        count += 1;
    }
    assert!(count >= 10, "only {count} recipes were found");
    out
}
