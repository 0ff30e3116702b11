//! `croud api`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json, reply};

/// The requests of one command line. The reply is an empty object.
fn sent(line: &str) -> String {
    let server = Server::new([json(200, "{}")]);
    assert_eq!(Croud::on(&server).code(line), Some(0), "{line}");
    server.wire().replace(" cookie: session=t0ken", "")
}

#[test]
fn a_path_is_sent_below_the_api() {
    for path in ["roles", "roles/", "/roles", "/api/v2/roles/", "api/v2/roles"] {
        assert_eq!(sent(&format!("api GET {path}")), "GET /api/v2/roles/\n", "{path}");
    }
    assert_eq!(sent("api get organizations/a%2Fb/users/x@y.z"), "GET /api/v2/organizations/a%2Fb/users/x%40y.z/\n");
    assert_eq!(sent("api GET organizations/{org_id}/files"), "GET /api/v2/organizations/my-org-id/files/\n");
    assert_eq!(
        Croud::new().run("api GET organizations/{org}/files"),
        "[stderr]\n==> Error: `{org}` is unknown: the only placeholder is `{org_id}`.\n[exit 2]\n"
    );
    assert_eq!(
        sent("api GET 'organizations/o/credits?status=ACTIVE,EXPIRED&x=a+b%26'"),
        "GET /api/v2/organizations/o/credits/?status=ACTIVE%2CEXPIRED&x=a+b%26\n"
    );
}

#[test]
fn a_path_cannot_leave_the_api() {
    let croud = Croud::on(&Server::new([]));
    for path in [
        "https://evil.example/x",
        "../oauth2/logout",
        "a/%2e%2e/b",
        "a//b",
        "//evil.example/x",
        "''",
        "/",
        "/api/v2",
        "roles#x",
        "a/%ff",
    ] {
        assert_eq!(croud.code(&format!("api GET {path}")), Some(2), "{path}");
    }
    assert_snapshot!(croud.run("api GET https://evil.example/x"), @"
    [stderr]
    ==> Error: `https://evil.example/x` is not a path below /api/v2/: use a path such as `organizations/ID/quotas`.
    [exit 2]
    ");
    assert_eq!(
        croud.run("api GET a/%2e%2e/b"),
        "[stderr]\n==> Error: `..` can't be an ID or a part of a path.\n[exit 2]\n"
    );
    assert_eq!(croud.run("api GET a//b"), "[stderr]\n==> Error: An ID or a part of a path is empty.\n[exit 2]\n");
}

#[test]
fn a_field_that_is_nested_too_deeply_is_refused() {
    let croud = Croud::on(&Server::new([]));
    for levels in ["[b]".repeat(30_000), "[]".repeat(30_000), "[b]".repeat(127)] {
        assert_eq!(
            croud.run(&format!("api POST x -F a{levels}=1")),
            "[stderr]\n==> Error: The field `a` is nested too deeply.\n[exit 2]\n"
        );
    }
    assert_eq!(sent(&format!("api POST x -F a{}=1", "[b]".repeat(126))).matches("\"b\"").count(), 126);
}

#[test]
fn fields_are_the_body_or_the_query() {
    assert_eq!(
        sent("api POST organizations -f name=5 -F plan_type=3 -F 'a[b]=null' -F 'l[]=x'"),
        "POST /api/v2/organizations/ {\"plan_type\":3,\"a\":{\"b\":null},\"l\":[\"x\"],\"name\":\"5\"}\n"
    );
    assert_eq!(sent("api GET x -F n=1 -f t=true"), "GET /api/v2/x/?n=1&t=true\n");
    assert_eq!(sent("api DELETE x/y"), "DELETE /api/v2/x/y/\n");
    let server = Server::new([json(200, "{}"), json(200, "{}"), json(200, "{}")]);
    let croud = Croud::on(&server).stdin("{\"from\": \"stdin\"}");
    croud.file("body.json", b"{\"from\": \"file\", \"n\": 1.50}");
    croud.file("text", b"line\n");
    assert_eq!(croud.code("api PUT x --input ~/body.json"), Some(0));
    assert_eq!(croud.code("api PATCH x --input -"), Some(0));
    assert_eq!(croud.code("api POST x -F text=@text"), Some(0));
    assert_snapshot!(server.wire(), @r#"
    PUT /api/v2/x/ cookie: session=t0ken {"from":"file","n":1.50}
    PATCH /api/v2/x/ cookie: session=t0ken {"from":"stdin"}
    POST /api/v2/x/ cookie: session=t0ken {"text":"line\n"}
    "#);
}

#[test]
fn wrong_fields_are_usage_errors() {
    let croud = Croud::on(&Server::new([]));
    croud.file("body", b"{");
    for line in [
        "api POST x -f name",
        "api POST x -F =1",
        "api POST x -F a[b=1",
        "api POST x --input ~/body",
        "api POST x --input ~/body -f a=b",
        "api POST x --paginate",
        "api BREW x",
    ] {
        assert_eq!(croud.code(line), Some(2), "{line}");
    }
    assert_eq!(croud.code("api POST x --input ~/none"), Some(1));
}

#[test]
fn a_reply_has_every_format_and_exit_code() {
    let server =
        Server::new([json(200, r#"[{"b": 1, "a": null}]"#), reply(204, &[], ""), json(404, r#"{"message": "No."}"#)]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("api GET x"), @"
    +-----+------+
    |   b | a    |
    |-----+------|
    |   1 | NULL |
    +-----+------+
    ");
    assert_snapshot!(croud.run("api DELETE x -o json"), @"
    [stderr]
    ==> Success: Success.
    ");
    assert_eq!(croud.code("api GET x"), Some(1));
}

#[test]
fn pages_are_requested_to_the_end() {
    let server = Server::new([json(200, r#"[{"id": "2"}, {"id": "1"}]"#), json(200, "[]")]);
    assert_snapshot!(Croud::on(&server).run("api GET organizations/o/auditlogs -f action=a --paginate -o json"), @r#"
    [
      {
        "id": "2"
      },
      {
        "id": "1"
      }
    ]
    "#);
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/o/auditlogs/?action=a cookie: session=t0ken
    GET /api/v2/organizations/o/auditlogs/?action=a&last=1 cookie: session=t0ken
    ");
}

#[test]
fn a_list_without_pages_is_printed_once() {
    let server = Server::answering(|_| json(200, r#"[{"id": "1"}]"#));
    assert_snapshot!(Croud::on(&server).run("api GET organizations --paginate -o jsonl"), @r#"
    {"id":"1"}
    [stderr]
    ==> Error: The reply is unusable: the list does not end: two pages end with `1`.
        The list may have no pages: leave out `--paginate`.
    [exit 1]
    "#);
}

#[test]
fn a_limit_ends_a_list_whose_rows_have_no_id() {
    let server = Server::new([json(200, r#"[{"code": "a"}, {"code": "b"}]"#)]);
    assert_snapshot!(Croud::on(&server).run("api GET organizations/o/quotas --paginate --limit 2 -o jsonl"), @r#"
    {"code":"a"}
    {"code":"b"}
    "#);
    assert_eq!(server.requests().len(), 1);
}
