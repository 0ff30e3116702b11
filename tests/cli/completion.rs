//! Completion, in the way a shell requests it. `tests/outside` runs real shells.

use insta::assert_snapshot;

use crate::support::{Croud, Response, Server, json, reply};

/// What fish would offer for `croud {words}`, without options: a line each, the description after a tab.
fn offered(croud: &Croud, words: &str) -> String {
    let mut command = croud.command(&format!("-- croud {words}"));
    if words.ends_with(' ') {
        command.arg("");
    }
    let output = command.env("COMPLETE", "fish").output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()), "{words}");
    let offered = String::from_utf8(output.stdout).unwrap();
    offered.lines().filter(|line| !line.starts_with('-')).map(|line| format!("{line}\n")).collect()
}

#[test]
fn commands_and_choices() {
    let croud = Croud::new();
    assert_snapshot!(offered(&croud, "organizations c"), @"
    create	Create an organization
    credits	Manage the credits of an organization
    customer	Manage the billing details of an organization
    ");
    assert_snapshot!(offered(&croud, "organizations list -o "), @"
    table
    wide
    json
    yaml
    csv
    jsonl
    ");
    assert_snapshot!(offered(&croud, "login --idp "), @"
    cognito
    azuread
    github
    google
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn names_of_columns_without_a_request() {
    let croud = Croud::new();
    assert_eq!(offered(&croud, "organizations list --sort n"), "name\n");
    assert_eq!(offered(&croud, "organizations list --columns "), "id\nname\nplan_type\n");
    assert_eq!(offered(&croud, "organizations list --columns id,name,p"), "id,name,plan_type\n");
    assert_eq!(offered(&croud, "organizations auditlogs list --columns a"), "action\nactor\n");
}

#[cfg(feature = "sandbox")]
#[test]
fn values_come_from_the_cloud() {
    let croud = Croud::sandbox();
    assert_snapshot!(offered(&croud, "organizations edit --org-id "), @"
    f6c39580-5719-431d-a508-0cee4f9e8209	my-org
    1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7	data-lab
    ");
    assert_snapshot!(offered(&croud, "organizations get 1"), @"1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7	data-lab");
    assert_snapshot!(offered(&croud, "organizations files get --file-id "), @"
    327ad0e6-607f-4f99-a4cc-c1e98bf28e4d	nyc_taxi.csv.gz
    8c2d5b1f-94a3-4e07-b6d8-5f10e3a7c255	sensors.parquet
    d1f7a3c9-0e52-46b8-9a4d-c28b6e5f1766	customers.json
    ");
    assert_snapshot!(offered(&croud, "organizations secrets delete --secret-id "), @"
    71e7c610-f24f-4c67-a5d4-3ad9ebc3f1a5	s3-imports
    b52d8e4a-63f1-4c9b-8d07-e9a1f4c63b77	blob-imports
    3f9b6c2e-d817-45a0-b4e3-06d5a8c1e988	atlas
    ");
    assert_snapshot!(offered(&croud, "organizations credits expire --credit-id "), @"4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99	Welcome");
    assert_snapshot!(offered(&croud, "organizations users remove --user "), @"
    admin@example.com	Ada Admin
    member@example.com	Max Member
    ");
    assert_snapshot!(offered(&croud, "organizations users add --role "), @"
    org_admin	Organization Admin
    org_member	Organization Member
    ");
    assert_snapshot!(offered(&croud, "organizations list --region e"), @"
    eks1.eu-west-1.aws	AWS Europe (Ireland)
    eks1.us-west-2.aws	AWS US West (Oregon)
    ");
    assert_snapshot!(offered(&croud, "organizations list --profile "), @"
    cratedb.cloud
    sandbox
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn snapshots_come_from_the_folder_or_the_server_of_the_environment() {
    let croud = Croud::sandbox();
    assert_eq!(offered(&croud, "sandbox restore "), "");
    for name in ["before-test", "later"] {
        assert_eq!(croud.code(&format!("sandbox snapshot {name}")), Some(0));
    }
    let names = |croud: &Croud, words: &str| {
        let offered = offered(croud, words);
        offered.lines().map(|line| line.split('\t').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&croud, "sandbox restore "), ["before-test", "later"]);
    assert_eq!(names(&croud, "sandbox snapshot --overwrite b"), ["before-test"]);
    let served = crate::support::Served::new(&Croud::new(), "");
    let controller = served.controller();
    assert_eq!(controller.code("sandbox snapshot of-the-server"), Some(0));
    assert_eq!(names(&controller, "sandbox restore "), ["of-the-server"]);
    // The token of another server is not known.
    assert_eq!(offered(&controller, "sandbox restore --server http://127.0.0.1:1 "), "");
}

#[cfg(feature = "sandbox")]
#[test]
fn names_are_offered_where_an_option_takes_them() {
    let croud = Croud::sandbox();
    assert_snapshot!(offered(&croud, "organizations get --org m"), @"my-org	f6c39580-5719-431d-a508-0cee4f9e8209");
    assert_eq!(offered(&croud, "regions list --org m"), offered(&croud, "organizations get --org m"));
    assert_snapshot!(offered(&croud, "organizations files get --file n"), @"nyc_taxi.csv.gz	327ad0e6-607f-4f99-a4cc-c1e98bf28e4d");
    let secret = "s3-imports\t71e7c610-f24f-4c67-a5d4-3ad9ebc3f1a5\n";
    assert_eq!(offered(&croud, "organizations secrets delete --secret s"), secret);
    assert_eq!(offered(&croud, "organizations secrets rotate --secret s"), secret);
    // A name that a shell would interpret is replaced by the ID.
    let server = Server::new([json(200, r#"[{"id": "o-1", "name": "a b"}]"#)]);
    assert_eq!(offered(&Croud::on(&server), "organizations get --org "), "o-1\ta b\n");
}

#[test]
fn help_completes_commands_and_topics() {
    let croud = Croud::new();
    assert_snapshot!(offered(&croud, "help e"), @"
    environment
    exit-codes
    ");
    assert_snapshot!(offered(&croud, "help o"), @"
    organizations	Manage organizations
    options
    ");
    assert_snapshot!(offered(&croud, "help organizations c"), @"
    create	Create an organization
    credits	Manage the credits of an organization
    customer	Manage the billing details of an organization
    ");
    assert_eq!(offered(&croud, "help organizations create "), "");
    assert_eq!(offered(&croud, "help nonsense "), "");
}

#[cfg(feature = "sandbox")]
#[test]
fn values_come_from_the_organization_on_the_line() {
    let server = Server::new([json(200, "[]"), json(200, "[]")]);
    let croud = Croud::on(&server);
    offered(&croud, "organizations files get --org-id other --file-id ");
    offered(&croud, "organizations files get --org-id=third --file-id ");
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/other/files/ cookie: session=t0ken
    GET /api/v2/organizations/third/files/ cookie: session=t0ken
    ");
    let croud = Croud::sandbox().env("CROUD_PROFILE", "");
    assert!(offered(&croud, "--profile sandbox organizations get ").contains("my-org"));
}

#[test]
fn errors_of_completion_are_not_shown() {
    let line = "organizations get ";
    assert_eq!(offered(&Croud::on(&Server::new([json(500, "{}")])), line), "");
    assert_eq!(offered(&Croud::on(&Server::new([json(401, "{}")])), line), "");
    assert_eq!(offered(&Croud::on(&Server::new([json(200, "<html>")])), line), "");
    assert_eq!(offered(&Croud::new().config("["), line), "");
    assert_eq!(offered(&Croud::new().env("CROUD_PROFILE", "nowhere"), line), "");
    // A server that never answers does not hold up the shell.
    let server = Server::new([Response::Stall]);
    let start = std::time::Instant::now();
    assert_eq!(offered(&Croud::on(&server), line), "");
    assert!(start.elapsed() < std::time::Duration::from_secs(4));
}

#[test]
fn values_that_a_shell_would_interpret_are_not_offered() {
    let rows =
        r#"[{"id": "$(touch /tmp/x)", "name": "a"}, {"id": "a b", "name": "b"}, {"id": "ok", "name": "c\u001b[2J"}]"#;
    let server = Server::new([json(200, rows)]);
    assert_eq!(offered(&Croud::on(&server), "organizations get "), "ok\tc\\x1b[2J\n");
}

#[test]
fn values_that_croud_would_take_for_an_option_or_a_file_are_not_offered() {
    let server =
        Server::new([json(200, r#"[{"id": "--sudo", "name": "a"}, {"id": "@file"}, {"id": "-"}, {"id": "ok"}]"#)]);
    assert_eq!(offered(&Croud::on(&server), "organizations get "), "ok\n");
}

#[cfg(feature = "sandbox")]
#[test]
fn only_the_built_in_profile_is_offered_with_an_invalid_file() {
    assert_eq!(offered(&Croud::new().config("["), "organizations list --profile "), "sandbox\n");
}

/// What bash gets as replies for a line with the cursor at its end. `COMP_WORDS` is split as bash does it.
#[cfg(unix)]
fn completed_by_bash(croud: &Croud, line: &str) -> String {
    let mut words = Vec::<String>::new();
    let (mut is_new, mut was_break) = (true, false);
    for c in line.chars() {
        let is_break = matches!(c, '=' | '@' | ':');
        if c == ' ' {
            is_new = true;
            continue;
        }
        if is_new || is_break != was_break {
            words.push(String::new());
        }
        words.last_mut().unwrap().push(c);
        (is_new, was_break) = (false, is_break);
    }
    if is_new {
        words.push(String::new());
    }
    let current = words.last().filter(|word| !word.starts_with(['=', '@', ':'])).cloned().unwrap_or_default();
    let script = r#"
        source <(croud --print-completion bash)
        current=$1 COMP_LINE=$2
        shift 2
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_POINT=${#COMP_LINE}
        _croud croud "$current" ""
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let croud_command = croud.command("");
    let mut bash = std::process::Command::new("bash");
    bash.args(["--norc", "-c", script, "bash", &current, line]).args(words).env_clear();
    bash.envs(croud_command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let folder = std::path::Path::new(crate::support::BINARY).parent().unwrap();
    bash.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", folder.display()));
    let output = bash.output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{line}");
    String::from_utf8(output.stdout).unwrap()
}

#[cfg(feature = "sandbox")]
#[cfg(unix)]
#[test]
fn bash_completes_after_an_equals_sign_and_an_at_sign() {
    let croud = Croud::sandbox();
    for (line, replies) in [
        ("croud org", "organizations\n"),
        ("croud  organizations   cre", "create\ncredits\n"),
        ("croud --profile=sandbox org", "organizations\n"),
        ("croud --profile=", "cratedb.cloud\nsandbox\n"),
        ("croud organizations users remove --user=ad", "admin@example.com\n"),
        ("croud organizations users remove --user=", "admin@example.com\nmember@example.com\n"),
        ("croud organizations users remove --user ad", "admin@example.com\n"),
        ("croud organizations users remove --user admin@ex", "example.com\n"),
        ("croud organizations users remove --user=admin@ex", "example.com\n"),
        ("croud organizations users remove --user=admin@", "example.com\n"),
        ("croud organizations users remove --user nobody", "\n"),
    ] {
        assert_eq!(completed_by_bash(&croud, line), replies, "{line}");
    }
}

#[cfg(unix)]
#[test]
fn a_locked_configuration_does_not_block_completion() {
    // The reply renews the token, which has to be stored.
    let renewed = reply(200, &["Content-Type: application/json", "Set-Cookie: session=n3w; Path=/"], "[]");
    let server = Server::new([renewed]);
    let croud = Croud::on(&server);
    let lock = std::fs::File::create(croud.config_path().with_file_name(".croud.yaml.lock")).unwrap();
    lock.lock().unwrap();
    let start = std::time::Instant::now();
    assert_eq!(offered(&croud, "organizations get "), "");
    assert!(start.elapsed() < std::time::Duration::from_secs(4));
}

#[test]
fn every_shell_has_its_script() {
    let croud = Croud::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = croud.stdout(&format!("--print-completion {shell}"));
        assert!(script.contains("COMPLETE") && !script.contains(crate::support::BINARY), "{shell}: {script}");
    }
    assert_snapshot!(croud.run("--print-completion tcsh"), @"
    [stderr]
    error: invalid value 'tcsh' for '--print-completion <SHELL>': there is no completion for tcsh: use bash, zsh, fish, powershell or elvish

    For more information, try '--help'.
    [exit 2]
    ");
}
