//! What data looks like in each format.

use crate::support::{Config, Croud, Profile, Server, json};

mod lines;
mod selection;
mod table;
mod values;

/// What `line` prints for a reply.
fn printed(line: &str, reply: &str) -> String {
    Croud::on(&Server::new([json(200, reply)])).run(line)
}

const LIST: &str = "organizations list";
const GET: &str = "organizations get x";

#[test]
fn empty_replies_print_headers_or_an_empty_line() {
    assert_eq!(printed(GET, "{}"), "\n");
    assert_eq!(printed(GET, "[]"), "\n");
    assert_eq!(printed("organizations list -o wide", "[]"), printed(LIST, "[]"));
    assert_eq!(printed("organizations get x -o json", "{}"), "{}\n");
    assert_eq!(printed("organizations get x -o yaml", "{}"), "{}\n");
    assert_eq!(printed("organizations create --name x", "{}"), "\n");
}

#[test]
fn the_format_comes_from_the_option_the_profile_or_the_default() {
    let run = |line: &str, default, own: Option<&str>| {
        let server = Server::new([json(200, "[]")]);
        let profile = Profile::at(&server.endpoint()).token("t");
        let profile = own.map_or(profile.clone(), |format| profile.format(format));
        Croud::new().config(&Config::new().default_format(default).profile("a", profile).text()).run(line)
    };
    assert_eq!(run("organizations get x", "json", None), "[]\n");
    assert_eq!(run("organizations get x", "table", Some("yaml")), "[]\n");
    assert_eq!(run("organizations get x -o table", "json", Some("yaml")), "\n");
    assert_eq!(run("organizations get x --format table", "json", None), "\n");
}
