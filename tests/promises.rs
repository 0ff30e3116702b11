//! Checks that every promise of SECURITY.md names its tests, and that these tests exist.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::fs;
use std::path::Path;

const SECURITY: &str = include_str!("../SECURITY.md");

/// The promises: the items of the lists, each with the names of its tests, such as `files::download`.
fn promises() -> Vec<(&'static str, Vec<&'static str>)> {
    let items = SECURITY.split("\n- ").skip(1).map(|item| item.split("\n\n").next().unwrap());
    let tests = |item: &'static str| item.split('`').skip(1).step_by(2).filter(|name| name.contains("::")).collect();
    items.map(|item| (item, tests(item))).collect()
}

/// Whether a Rust file in `folder` has the test. The file, or the folder that it is in, has the name before `::`.
fn has_test(folder: &Path, test: &str) -> bool {
    let (place, name) = test.rsplit_once("::").unwrap();
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return has_test(&path, test);
        }
        let is_named = path.file_stem().is_some_and(|stem| stem == place) || folder.ends_with(place);
        is_named && fs::read_to_string(&path).unwrap().contains(&format!("fn {name}("))
    })
}

#[test]
fn every_promise_names_a_test_that_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let promises = promises();
    assert!(promises.len() > 20, "only {} promises were found", promises.len());
    let mut wrong = Vec::new();
    for (promise, tests) in promises {
        if tests.is_empty() {
            wrong.push(format!("no test: {promise}"));
        }
        let missing = tests.iter().filter(|test| !["tests", "src"].iter().any(|name| has_test(&root.join(name), test)));
        wrong.extend(missing.map(|test| format!("there is no test `{test}`")));
    }
    assert!(wrong.is_empty(), "SECURITY.md: {wrong:#?}");
}
