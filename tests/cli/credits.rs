//! `organizations credits list`, `create`, `edit`, `expire`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json, reply};

const CREDIT: &str = r#"{"id": "c-1", "original_amount": 30000, "remaining_amount": 12345, "start_date": "s",
    "expiration_date": "2030-01-01T00:00:00", "comment": "x", "status": "ACTIVE"}"#;

#[test]
fn list() {
    let server = Server::new([json(200, &format!("[{CREDIT}]"))]);
    assert_snapshot!(Croud::on(&server).run("organizations credits list --status ACTIVE,EXPIRED"), @"
    +------+-------------------+--------------------+---------------------+-----------+----------+
    | id   | original_amount   | remaining_amount   | expiration_date     | comment   | status   |
    |------+-------------------+--------------------+---------------------+-----------+----------|
    | c-1  | $300.0            | $123.45            | 2030-01-01T00:00:00 | x         | ACTIVE   |
    +------+-------------------+--------------------+---------------------+-----------+----------+
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/my-org-id/credits/?status=ACTIVE%2CEXPIRED cookie: session=t0ken");
}

#[test]
fn list_wide_shows_dollars() {
    let server =
        Server::new([json(200, r#"[{"id": "c", "original_amount": -5, "remaining_amount": null, "extra": 7}]"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations credits list -o wide"), @"
    +------+-------------------+--------------------+---------+
    | id   | original_amount   |   remaining_amount |   extra |
    |------+-------------------+--------------------+---------|
    | c    | $-0.05            |                  0 |       7 |
    +------+-------------------+--------------------+---------+
    ");
}

#[test]
fn create() {
    let server = Server::new([json(201, CREDIT)]);
    assert_snapshot!(Croud::on(&server).run("organizations credits create --amount 19.99 --expiration-date 2030-01-01 --comment x --sudo --org-id o"), @"
    +------+-------------------+---------------------+-----------+----------+
    | id   | original_amount   | expiration_date     | comment   | status   |
    |------+-------------------+---------------------+-----------+----------|
    | c-1  | $300.0            | 2030-01-01T00:00:00 | x         | ACTIVE   |
    +------+-------------------+---------------------+-----------+----------+
    [stderr]
    ==> Success: Credit created.
    ");
    assert_snapshot!(server.wire(), @r#"POST /api/v2/organizations/o/credits/ cookie: session=t0ken x-auth-sudo: 1 {"amount":1999,"expiration_date":"2030-01-01","comment":"x"}"#);
}

#[test]
fn create_refuses_an_invalid_amount() {
    let line = "organizations credits create --expiration-date d --comment c --amount";
    assert_snapshot!(Croud::new().run(&format!("{line} 1.999")), @"
    [stderr]
    error: invalid value '1.999' for '--amount <AMOUNT>': a dollar amount has at most two decimals

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(Croud::new().run(&format!("{line} -1")), @"
    [stderr]
    error: invalid value '-1' for '--amount <AMOUNT>': a dollar amount must not be negative

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(Croud::new().run(&format!("{line} NaN")), @"
    [stderr]
    error: invalid value 'NaN' for '--amount <AMOUNT>': expected a dollar amount such as 19.99

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn edit() {
    let server = Server::new([json(200, CREDIT)]);
    assert_snapshot!(Croud::on(&server).run("organizations credits edit --credit-id c-1 --amount 1e3 --comment y"), @"
    +------+-------------------+---------------------+-----------+----------+
    | id   | original_amount   | expiration_date     | comment   | status   |
    |------+-------------------+---------------------+-----------+----------|
    | c-1  | $300.0            | 2030-01-01T00:00:00 | x         | ACTIVE   |
    +------+-------------------+---------------------+-----------+----------+
    [stderr]
    ==> Success: Credit edited.
    ");
    assert_snapshot!(server.wire(), @r#"PATCH /api/v2/organizations/my-org-id/credits/c-1/ cookie: session=t0ken {"amount":100000,"comment":"y"}"#);
}

#[test]
fn edit_without_a_change_sends_no_request() {
    let server = Server::new([]);
    assert_snapshot!(Croud::on(&server).run("organizations credits edit --credit-id c-1 --comment ''"), @"
    [stderr]
    ==> Error: No input arguments found.
        Pass at least one of `--amount`, `--add`, `--expiration-date` and `--comment`.
    [exit 2]
    ");
    assert_snapshot!(server.wire(), @"");
}

#[test]
fn expire() {
    let server = Server::new([reply(204, &[], "")]);
    assert_snapshot!(Croud::on(&server).run("organizations credits expire --credit-id c-1"), @"
    [stderr]
    ==> Success: Credit expired.
        ID: c-1
    ");
    assert_snapshot!(server.wire(), @"DELETE /api/v2/organizations/my-org-id/credits/c-1/ cookie: session=t0ken");
}

#[test]
fn expire_shows_the_refusal() {
    let server = Server::new([json(403, r#"{"message": "Permission denied for user.", "success": false}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations credits expire --credit-id c-1"), @"
    [stderr]
    ==> Error: Permission denied for user.
        The request was DELETE /api/v2/organizations/my-org-id/credits/c-1/.
        Only superusers may do this. If you are one, pass `--sudo --org-id my-org-id`.
    [exit 1]
    ");
}

#[test]
fn edit_adds_to_the_current_total() {
    let server = Server::new([json(200, &format!(r#"[{{"id": "c-0"}}, {CREDIT}]"#)), json(200, CREDIT)]);
    assert_snapshot!(Croud::on(&server).run("organizations credits edit --credit-id c-1 --add 50"), @"
    +------+-------------------+---------------------+-----------+----------+
    | id   | original_amount   | expiration_date     | comment   | status   |
    |------+-------------------+---------------------+-----------+----------|
    | c-1  | $300.0            | 2030-01-01T00:00:00 | x         | ACTIVE   |
    +------+-------------------+---------------------+-----------+----------+
    [stderr]
    ==> Success: Credit edited.
        $300.00 -> $350.00
    ");
    assert_snapshot!(server.wire(), @r#"
    GET /api/v2/organizations/my-org-id/credits/?status=ACTIVE%2CEXPIRED cookie: session=t0ken
    PATCH /api/v2/organizations/my-org-id/credits/c-1/ cookie: session=t0ken {"amount":35000}
    "#);
}

#[test]
fn edit_with_add_in_every_format() {
    let mut shown = String::new();
    for format in ["wide", "json", "yaml"] {
        let server =
            Server::new([json(200, &format!("[{CREDIT}]")), json(200, r#"{"id": "c-1", "original_amount": 30001}"#)]);
        shown += &Croud::on(&server).run(&format!("organizations credits edit --credit-id c-1 --add .01 -o {format}"));
    }
    assert_snapshot!(shown, @r#"
    +------+-------------------+
    | id   | original_amount   |
    |------+-------------------|
    | c-1  | $300.01           |
    +------+-------------------+
    [stderr]
    ==> Success: Credit edited.
        $300.00 -> $300.01
    {
      "id": "c-1",
      "original_amount": 30001
    }
    [stderr]
    ==> Success: Credit edited.
        $300.00 -> $300.01
    id: c-1
    original_amount: 30001
    [stderr]
    ==> Success: Credit edited.
        $300.00 -> $300.01
    "#);
}

#[test]
fn edit_adds_nothing_to_a_total_that_is_not_known() {
    const UNKNOWN: &str = "There is no credit `c-1`.\n    `croud organizations credits list --org-id my-org-id` shows the IDs that exist.";
    for (credits, problem) in [
        ("[]", UNKNOWN),
        ("{}", UNKNOWN),
        (r#"[{"id": "c-1"}]"#, "The reply is unusable: the credit has no `original_amount` in cents."),
        (
            r#"[{"id": "c-1", "original_amount": 0.5}]"#,
            "The reply is unusable: the credit has no `original_amount` in cents.",
        ),
    ] {
        let server = Server::new([json(200, credits)]);
        let shown = Croud::on(&server).run("organizations credits edit --credit-id c-1 --add 1");
        assert_eq!(shown, format!("[stderr]\n==> Error: {problem}\n[exit 1]\n"));
    }
    let server = Server::new([json(200, r#"[{"id": "c-1", "original_amount": 9223372036854775807}]"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations credits edit --credit-id c-1 --add 1"), @"
    [stderr]
    ==> Error: The new total is too large.
    [exit 2]
    ");
    let server = Server::new([]);
    assert_snapshot!(Croud::on(&server).run("organizations credits edit --credit-id c-1 --add 1 --amount 2"), @"
    [stderr]
    error: the argument '--add <AMOUNT>' cannot be used with '--amount <AMOUNT>'

    Usage: croud organizations credits edit --credit-id <CREDIT_ID> --add <AMOUNT>

    For more information, try '--help'.
    [exit 2]
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn edit_adds_on_the_sandbox() {
    let croud = Croud::sandbox();
    let edit = "organizations credits edit --sudo --org-id f6c39580-5719-431d-a508-0cee4f9e8209 \
                --credit-id 4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99 --add 19.99";
    let shown = croud.run(edit);
    assert!(shown.ends_with("==> Success: Credit edited.\n    $300.00 -> $319.99\n"), "{shown}");
    let shown = croud.run(edit);
    assert!(shown.ends_with("==> Success: Credit edited.\n    $319.99 -> $339.98\n"), "{shown}");
}
