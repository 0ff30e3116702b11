//! Every abbreviation of the Python program's options keeps its meaning, from three letters on.

use clap::Command;
use clap::error::{ContextKind, ErrorKind};

/// The commands of the Python program that this program has, with their options. An option has its other name after it.
const UPSTREAM: &[(&str, &str)] = &[
    ("me", "SHARED"),
    ("me edit", "email SHARED"),
    ("login", "idp SHARED"),
    ("logout", "SHARED"),
    ("config profiles current", "output-fmt format"),
    ("config profiles use", "output-fmt format"),
    ("config profiles add", "endpoint format region"),
    ("organizations create", "name plan-type SHARED"),
    ("organizations get", "SHARED"),
    ("organizations list", "SHARED"),
    ("organizations edit", "name plan-type org-id SHARED"),
    ("organizations delete", "yes org-id SHARED"),
    ("organizations auditlogs list", "action from to org-id SHARED"),
    ("organizations users add", "user role org-id SHARED"),
    ("organizations users list", "org-id SHARED"),
    ("organizations users remove", "user org-id SHARED"),
    ("organizations secrets list", "org-id SHARED"),
    ("organizations secrets create", "org-id name type access-key secret-key connection-string SHARED"),
    ("organizations secrets delete", "org-id secret-id SHARED"),
    ("organizations files get", "org-id file-id SHARED"),
    ("organizations files list", "org-id SHARED"),
    ("organizations files create", "org-id file-path name SHARED"),
    ("organizations files delete", "org-id file-id SHARED"),
    ("organizations credits list", "org-id status SHARED"),
    ("organizations credits create", "org-id amount expiration-date comment SHARED"),
    ("organizations credits edit", "org-id credit-id amount expiration-date comment SHARED"),
    ("organizations credits expire", "org-id credit-id SHARED"),
    ("organizations customer get", "org-id SHARED"),
    (
        "organizations customer edit",
        "org-id name email phone country city line1 line2 postal-code tax-id tax-id-type SHARED",
    ),
    ("users roles list", "SHARED"),
    ("api-keys list", "SHARED"),
    ("api-keys create", "SHARED"),
    ("api-keys delete", "api-key SHARED"),
    ("api-keys edit", "api-key active SHARED"),
    ("regions list", "org-id SHARED"),
];

/// The options that `SHARED` stands for.
const SHARED: &str = "region output-fmt format sudo";

/// Options that have the name of an abbreviation. They take an ID, as the option that was abbreviated does, or a name.
const TAKE_IDS_TOO: [(&str, &str); 3] = [("org", "org-id"), ("file", "file-id"), ("secret", "secret-id")];

/// What an option is called in messages: an alias has the name of its option.
fn name<'o>(option: &'o str, options: &[&str]) -> &'o str {
    if option == "format" && options.contains(&"output-fmt") { "output-fmt" } else { option }
}

/// The option that clap takes `--prefix` for.
fn meaning(command: &Command, prefix: &str) -> Option<String> {
    // An option that takes a value lacks it in the first line, a flag has one too many in the second.
    [format!("--{prefix}"), format!("--{prefix}=x")].into_iter().find_map(|word| {
        let error = command.clone().no_binary_name(true).try_get_matches_from([word]).err()?;
        if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::TooManyValues) {
            return None;
        }
        let argument = error.get(ContextKind::InvalidArg)?.to_string();
        Some(argument.trim_start_matches('-').split([' ', '=', '[']).next().unwrap_or_default().to_owned())
    })
}

#[test]
fn every_abbreviation_of_three_letters_keeps_its_meaning() {
    let tree = super::tree();
    let mut count = 0;
    for (words, options) in UPSTREAM {
        let command = words.split(' ').try_fold(&tree, |command, word| command.find_subcommand(word));
        let command = command.unwrap_or_else(|| panic!("there is no command `{words}`"));
        let options = options.replace("SHARED", SHARED);
        let options: Vec<&str> = options.split(' ').collect();
        for option in &options {
            for length in 3..=option.len() {
                let prefix = &option[..length];
                let is_other =
                    |other: &&&str| other.starts_with(prefix) && name(other, &options) != name(option, &options);
                if prefix != *option && options.iter().any(|other| is_other(&other)) {
                    // The Python program refuses it, too.
                    continue;
                }
                count += 1;
                if TAKE_IDS_TOO.contains(&(prefix, option)) {
                    continue;
                }
                assert_eq!(meaning(command, prefix).as_deref(), Some(name(option, &options)), "{words} --{prefix}");
            }
        }
    }
    assert!(count > 500, "only {count} abbreviations were tried");
}
