//! `sandbox journal`.

use insta::assert_snapshot;

use super::super::ORGANIZATION;
use crate::support::{Croud, Served};

/// A sandbox that received three requests.
fn served() -> Served {
    let served = Served::new(&Croud::new(), "");
    served.ask(0, "POST /api/v2/organizations/", r#"{"name": "n"}"#);
    served.ask(0, &format!("GET /api/v2/organizations/{ORGANIZATION}/secrets/"), "");
    served.ask(1, &format!("GET /api/v2/organizations/{ORGANIZATION}/users/"), "");
    served
}

#[test]
fn requests_are_filtered() {
    let served = served();
    let controller = served.controller();
    let columns = "--columns method,path,status -o jsonl";
    let found = |filter: &str| controller.stdout(&format!("sandbox journal {filter} {columns}"));
    let get = |noun: &str, status: u16| {
        format!(
            "{{\"method\":\"GET\",\"path\":\"/api/v2/organizations/{ORGANIZATION}/{noun}/\",\"status\":{status}}}\n"
        )
    };
    let (post, secrets, users) = (
        "{\"method\":\"POST\",\"path\":\"/api/v2/organizations/\",\"status\":201}\n",
        get("secrets", 200),
        get("users", 403),
    );
    assert_eq!(found(""), format!("{post}{secrets}{users}"));
    assert_eq!(found("--method post"), post);
    assert_eq!(found("--path '/api/v2/organizations/*/secrets/'"), secrets);
    assert_eq!(found("--path '/api/**' --status 403"), users);
    assert_eq!(found("--since 5m"), format!("{post}{secrets}{users}"));
    assert_eq!(found("--since 2099-01-01"), "");
}

#[test]
fn the_number_of_requests_is_checked() {
    let served = served();
    let controller = served.controller();
    let path = "--path '/api/v2/organizations/*/secrets/' --columns method,status";
    assert_snapshot!(controller.run(&format!("sandbox journal {path} --count 1")), @"
    +----------+----------+
    | method   |   status |
    |----------+----------|
    | GET      |      200 |
    +----------+----------+
    ");
    assert_eq!(controller.code("sandbox journal --method DELETE --count 0"), Some(0));
    let run = controller.run(&format!("sandbox journal {path} --count 2"));
    let (head, rest) = run.split_once("    ").unwrap();
    assert_eq!(head, "[stderr]\n==> Error: Expected 2 requests, found 1.\n");
    let listed = format!("+00:00 GET /api/v2/organizations/{ORGANIZATION}/secrets/ 200\n[exit 1]\n");
    assert!(rest.ends_with(&listed), "{run}");
    assert_snapshot!(controller.run("sandbox journal --method PUT --count 1"), @"
    [stderr]
    ==> Error: Expected 1 request, found 0.
    [exit 1]
    ");
}

#[test]
fn the_journal_is_cleared_and_has_no_secrets() {
    let served = Served::new(&Croud::new(), "");
    let (user, controller) = (served.croud(0), served.controller());
    user.run("organizations secrets create --name n --type AWS --access-key AKIAIOSFODNN7 --secret-key s3cret");
    let text = controller.stdout("sandbox journal -o json");
    assert!(text.contains("\"aws_secret\"") && !text.contains("AKIAIOSFODNN7") && !text.contains("s3cret"), "{text}");
    assert!(!text.contains("sandbox-token"), "{text}");
    assert_snapshot!(controller.run("sandbox journal --clear"), @"
    [stderr]
    ==> Success: Journal cleared.
    ");
    assert_eq!(controller.stdout("sandbox journal -o json"), "[]\n");
}

#[test]
fn a_full_journal_can_be_read() {
    let served = Served::new(&Croud::new(), "");
    let body = format!("{{\"name\": \"{}\"}}", "x".repeat(200_000));
    for _ in 0..60 {
        assert_eq!(served.ask(0, "POST /api/v2/organizations/", &body).status, 400);
    }
    let run = served.controller().run("sandbox journal --columns method,status --no-header -o csv");
    assert_eq!(run.matches("POST,400").count(), 41, "{run}");
    assert!(run.ends_with("==> Warning: The journal is full: 19 older requests are not in it.\n"), "{run}");
}

#[test]
fn wrong_filters_are_usage_errors() {
    for (option, reason) in [
        ("--path x", "for '--path <GLOB>': `x` is not a path: it starts with `/` or `*`"),
        (
            "--path /api/v2/roles",
            "for '--path <GLOB>': `/api/v2/roles` matches nothing: every path of the API ends with `/`",
        ),
        ("--since soon", "for '--since <TIME>': expected a time such as 2024-01-31T12:00, or a duration such as 5m"),
        ("--status 99", "for '--status <STATUS>': expected a status from 100 to 599, such as 404"),
        ("--clear --count 1", "the argument '--clear' cannot be used with '--count <N>'"),
    ] {
        let run = Croud::new().run(&format!("sandbox journal {option}"));
        assert!(run.contains(reason) && run.ends_with("[exit 2]\n"), "{option}: {run}");
    }
}
