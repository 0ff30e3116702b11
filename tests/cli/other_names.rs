//! Hidden names of commands, which help does not show.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json};

#[test]
fn short_names_of_commands() {
    for (short, long) in [
        ("org ls", "organizations list"),
        ("orgs list -o wide", "organizations list -o wide"),
        ("orgs show my-org", "organizations get my-org"),
        ("org rm --yes", "organizations delete --yes"),
        ("--quiet org users rm --user u", "--quiet organizations users remove --user u"),
        ("org auditlogs ls --action -5", "organizations auditlogs list --action -5"),
        ("org secrets rm --secret-id s", "organizations secrets delete --secret-id s"),
        ("users roles ls", "users roles list"),
    ] {
        let server = Server::new([json(200, "[]"), json(200, "[]")]);
        assert_eq!(Croud::on(&server).run(short), Croud::on(&server).run(long), "{short}");
        let requests = server.requests();
        assert_eq!(requests[0].line, requests[1].line, "{short}");
    }
    let croud = Croud::new();
    assert_eq!(croud.run("config profiles ls"), croud.run("config profiles list"));
    assert_eq!(croud.run("org --help"), croud.run("organizations --help"));
    assert_eq!(croud.run("org"), croud.run("organizations"));
    assert_eq!(croud.run("org ls --help"), croud.run("organizations list --help"));
}

#[test]
fn version_and_completion_are_also_commands() {
    let croud = Croud::new();
    assert_eq!(croud.run("version"), croud.run("--version"));
    assert_eq!(croud.run("--quiet version"), croud.run("--version"));
    assert_eq!(croud.run("completion bash"), croud.run("--print-completion bash"));
    assert_snapshot!(croud.run("completion"), @"
    [stderr]
    error: the following required arguments were not provided:
      <SHELL>

    Usage: croud completion <SHELL>

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(croud.run("completion tcsh"), @"
    [stderr]
    error: invalid value 'tcsh' for '<SHELL>': there is no completion for tcsh: use bash, zsh, fish, powershell or elvish

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn a_command_of_the_python_program_is_named_as_such() {
    let croud = Croud::new();
    assert_snapshot!(croud.run("clusters list --project-id p -o json"), @"
    [stderr]
    error: `croud clusters` is a command of the Python program; this program covers organizations only

      tip: `croud api` sends any request; or install the Python program, in an environment of its own

    Usage: croud [OPTIONS] [COMMAND]

    For more information, try '--help'.
    [exit 2]
    ");
    for command in ["projects", "clusters --help", "products list", "subscriptions get x", "cloud-configurations -h"] {
        let run = croud.run(command);
        let name = command.split(' ').next().unwrap();
        let message = format!("[stderr]\nerror: `croud {name}` is a command of the Python program;");
        assert!(run.starts_with(&message), "{run}");
        assert!(run.ends_with("[exit 2]\n"), "{run}");
    }
}

#[test]
fn other_names_are_not_shown_and_not_suggested() {
    let croud = Croud::new();
    let help = croud.run("--help") + &croud.run("organizations --help");
    let commands = help.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let commands: Vec<&str> = commands.collect();
    assert!(commands.contains(&"organizations") && commands.contains(&"list"), "{commands:?}");
    for name in ["ls", "rm", "org", "orgs", "version", "completion", "clusters", "projects"] {
        assert!(!commands.contains(&name), "{name}");
    }
    assert_snapshot!(croud.run("organizations lst"), @"
    [stderr]
    error: unrecognized subcommand 'lst'

      tip: a similar subcommand exists: 'list'

    Usage: croud organizations [OPTIONS] <COMMAND>

    For more information, try '--help'.
    [exit 2]
    ");
    // A value that is a hidden name does not change the error.
    assert_snapshot!(croud.run("organizations create --name ls --plan 3 --nmae x"), @"
    [stderr]
    error: unexpected argument '--nmae' found

      tip: a similar argument exists: '--name'

    Usage: croud organizations create --name <NAME> --plan-type <PLAN>

    For more information, try '--help'.
    [exit 2]
    ");
}
