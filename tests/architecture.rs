//! Compares CONTRIBUTING.md with the source: the imports in `src/` must be those of the structure table, without a
//! cycle, and the example of a verb must be real code.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const CONTRIBUTING: &str = include_str!("../CONTRIBUTING.md");

/// From each module to the modules that it imports.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The rows of the structure table: a module, and what it may import.
fn allowed() -> Imports {
    let section = CONTRIBUTING.split_once("\n## Structure\n").unwrap().1.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        (names(cells[0]).remove(0), names(cells[2]).into_iter().collect())
    };
    rows.map(row).collect()
}

/// The names in backticks, without `.rs` and `/`.
fn names(cell: &str) -> Vec<String> {
    let name = |text: &str| text.trim_end_matches('/').trim_end_matches(".rs").to_owned();
    cell.split('`').skip(1).step_by(2).map(name).collect()
}

/// The source files: the path of the module, such as `["api", "retry"]`, and the text.
fn sources() -> Vec<(Vec<String>, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let module = path.strip_prefix(&root).unwrap().with_extension("");
            let mut words: Vec<String> = module.iter().map(|word| word.to_str().unwrap().to_owned()).collect();
            words.retain(|word| word != "mod");
            sources.push((words, without_comments(&fs::read_to_string(path).unwrap())));
        }
    }
    sources
}

fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect()
}

/// The words that follow a prefix such as `crate::`, also those in braces: `crate::{a::B, c}` has `a` and `c`.
fn words_after(text: &str, prefix: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (_, rest) in text.match_indices(prefix).map(|(start, _)| text.split_at(start + prefix.len())) {
        match rest.strip_prefix('{') {
            Some(list) => words.extend(items(list)),
            None => words.push(first_word(rest)),
        }
    }
    words
}

/// The first word of every item of a list that ends with a closing brace.
fn items(list: &str) -> Vec<String> {
    let (mut depth, mut begin, mut items) = (0, 0, Vec::new());
    for (index, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                items.push(first_word(list[begin..index].trim_start()));
                begin = index + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    items
}

fn first_word(text: &str) -> String {
    text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

/// The imports between the top-level modules.
fn imports() -> Imports {
    let sources = sources();
    let modules: BTreeSet<String> = sources.iter().map(|(path, _)| path[0].clone()).collect();
    let mut imports = Imports::new();
    for (path, text) in &sources {
        let found = words_after(text, "crate::").into_iter().filter(|word| modules.contains(word) && *word != path[0]);
        imports.entry(path[0].clone()).or_default().extend(found);
    }
    // `main.rs` imports no module: it only calls the library.
    imports.remove("main");
    imports
}

#[test]
fn the_example_of_a_verb_is_the_code_of_a_command() {
    let example = CONTRIBUTING.split_once("```rust\n").unwrap().1.split_once("```").unwrap().0;
    let source = include_str!("../src/commands/organizations/invitations.rs");
    assert!(source.contains(example), "CONTRIBUTING.md has other code than the command:\n{example}");
}

#[test]
fn every_module_has_a_row_in_the_structure_table() {
    let (allowed, imports) = (allowed(), imports());
    assert_eq!(allowed.keys().collect::<Vec<_>>(), imports.keys().collect::<Vec<_>>());
}

#[test]
fn a_module_imports_only_what_its_row_allows() {
    let allowed = allowed();
    let mut wrong = Vec::new();
    // `lib.rs` is at the top: it may import everything.
    for (module, imported) in imports().iter().filter(|(module, _)| *module != "lib") {
        let more = imported.difference(&allowed[module]);
        wrong.extend(more.map(|other| format!("`{module}` imports `{other}`")));
    }
    assert!(wrong.is_empty(), "CONTRIBUTING.md does not allow these imports: {wrong:#?}");
}

#[test]
fn a_row_names_no_module_that_is_not_imported() {
    let imports = imports();
    let mut unused = Vec::new();
    for (module, allowed) in &allowed() {
        unused
            .extend(allowed.difference(&imports[module]).map(|other| format!("`{module}` does not import `{other}`")));
    }
    assert!(unused.is_empty(), "{unused:#?}");
}

#[test]
fn the_imports_of_modules_have_no_cycle() {
    assert_acyclic("src", &imports());
}

#[test]
fn the_files_of_a_folder_import_each_other_without_a_cycle() {
    let mut folders: BTreeMap<Vec<String>, Imports> = BTreeMap::new();
    let sources = sources();
    for (path, text) in &sources {
        let (name, folder) = path.split_last().unwrap();
        let is_sibling =
            |word: &String| word != name && sources.iter().any(|(other, _)| other.split_last() == Some((word, folder)));
        let found = words_after(text, "super::").into_iter().filter(is_sibling).collect();
        folders.entry(folder.to_vec()).or_default().insert(name.clone(), found);
    }
    for (folder, imports) in folders.iter().filter(|(folder, _)| !folder.is_empty()) {
        assert_acyclic(&folder.join("/"), imports);
    }
}

/// Fails if the imports have a cycle. Repeatedly removes the modules that import no remaining module, until only the
/// modules of a cycle remain.
fn assert_acyclic(name: &str, imports: &Imports) {
    let mut left = imports.clone();
    loop {
        let free: Vec<String> =
            left.iter().filter(|(_, imports)| imports.is_empty()).map(|(module, _)| module.clone()).collect();
        if free.is_empty() {
            break;
        }
        for module in free {
            left.remove(&module);
            left.values_mut().for_each(|imports| _ = imports.remove(&module));
        }
    }
    assert!(left.is_empty(), "these modules of {name} import each other in a cycle: {left:#?}");
}
