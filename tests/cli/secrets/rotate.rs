//! `organizations secrets rotate`.

use insta::assert_snapshot;

use crate::support::{Croud, Response, Server, json, reply};

const LISTED: &str = r#"[{"id": "s-0", "name": "other", "type": "AZURE"}, {"id": "s-1", "name": "n", "type": "AWS"}]"#;
const NEW: &str = r#"{"id": "s-2", "name": "n", "type": "AWS", "description": "**********B", "dc": {"created": "c"}}"#;
const ROTATE: &str = "organizations secrets rotate --secret n --access-key A --secret-key B";

#[test]
fn rotate_creates_the_new_secret_before_it_deletes_the_old_one() {
    let server = Server::new([json(200, LISTED), json(201, NEW), reply(204, &[], "")]);
    assert_snapshot!(Croud::on(&server).run(ROTATE), @"
    +------+--------+--------+---------------+
    | id   | type   | name   | description   |
    |------+--------+--------+---------------|
    | s-2  | AWS    | n      | **********B   |
    +------+--------+--------+---------------+
    [stderr]
    ==> Success: Secret rotated.
        Deleted the old secret: s-1
    ");
    assert_snapshot!(server.wire(), @r#"
    GET /api/v2/organizations/my-org-id/secrets/ cookie: session=t0ken
    POST /api/v2/organizations/my-org-id/secrets/ cookie: session=t0ken {"name":"n","type":"AWS","data":{"aws_secret":{"access_key":"A","secret_key":"B"}}}
    DELETE /api/v2/organizations/my-org-id/secrets/s-1/ cookie: session=t0ken
    "#);
}

#[test]
fn rotate_in_every_format() {
    let mut shown = String::new();
    for format in ["wide", "json", "yaml"] {
        let server = Server::new([json(200, LISTED), json(201, NEW), reply(204, &[], "")]);
        shown += &Croud::on(&server).stdout(&format!("{ROTATE} -o {format}"));
    }
    assert_snapshot!(shown, @r#"
    +------+--------+--------+---------------+------------------+
    | id   | name   | type   | description   | dc               |
    |------+--------+--------+---------------+------------------|
    | s-2  | n      | AWS    | **********B   | {"created": "c"} |
    +------+--------+--------+---------------+------------------+
    {
      "id": "s-2",
      "name": "n",
      "type": "AWS",
      "description": "**********B",
      "dc": {
        "created": "c"
      }
    }
    id: s-2
    name: 'n'
    type: AWS
    description: '**********B'
    dc:
      created: c
    "#);
}

#[test]
fn rotate_names_both_secrets_if_the_old_one_is_not_deleted() {
    for refusal in [json(403, r#"{"message": "No."}"#), Response::Close] {
        let server = Server::new([json(200, LISTED), json(201, NEW), refusal]);
        let shown = Croud::on(&server).run(&format!("--profile test {ROTATE}"));
        assert!(
            shown.ends_with(
                "==> Info: The new secret is `s-2`. The old secret `s-1` may still exist.
    Delete it with `croud --profile test organizations secrets delete --org-id my-org-id --secret-id s-1`.
[exit 1]
"
            ),
            "{shown}"
        );
    }
}

#[test]
fn rotate_keeps_the_old_secret_if_the_new_one_is_refused() {
    let server = Server::new([json(200, LISTED), json(400, r#"{"message": "Bad."}"#)]);
    assert_snapshot!(Croud::on(&server).run(&format!("{ROTATE} --name new")), @"
    [stderr]
    ==> Error: Bad.
    [exit 1]
    ");
    assert_snapshot!(server.wire(), @r#"
    GET /api/v2/organizations/my-org-id/secrets/ cookie: session=t0ken
    POST /api/v2/organizations/my-org-id/secrets/ cookie: session=t0ken {"name":"new","type":"AWS","data":{"aws_secret":{"access_key":"A","secret_key":"B"}}}
    "#);
}

#[test]
fn rotate_needs_a_secret_that_it_can_name_and_contents_of_its_type() {
    let twice = r#"[{"id": "s-1", "name": "n", "type": "AWS"}, {"id": "s-2", "name": "n", "type": "AWS"}]"#;
    let unknown = r#"[{"id": "s-1", "name": "n", "type": "GCP"}]"#;
    let run = |listed, line| Croud::on(&Server::new([json(200, listed)])).run(line);
    assert_snapshot!(run(twice, ROTATE), @"
    [stderr]
    ==> Error: `n` names more than one secret. Use an ID:
        s-1 n
        s-2 n
    ==> Info: See `croud organizations secrets list --org-id my-org-id`.
    [exit 2]
    ");
    assert_snapshot!(run("[]", ROTATE), @"
    [stderr]
    ==> Error: There is no secret `n`.
    ==> Info: See `croud organizations secrets list --org-id my-org-id`.
    [exit 1]
    ");
    assert_snapshot!(run(unknown, ROTATE), @"
    [stderr]
    ==> Error: A secret of type `GCP` cannot be rotated by this program.
    [exit 1]
    ");
    assert_snapshot!(run(LISTED, "organizations secrets rotate --secret other --access-key A"), @"
    [stderr]
    ==> Error: Secret type Azure does not take `--access-key`.
        It takes `--connection-string`.
    [exit 2]
    ");
    assert_snapshot!(run(LISTED, "organizations secrets rotate --secret n --access-key A"), @"
    [stderr]
    ==> Error: Both access_key and secret_key are required for secret type AWS.
    [exit 2]
    ");
}

#[cfg(unix)]
#[test]
fn a_signal_between_the_steps_of_rotate_names_both_secrets() {
    use rustix::process::Signal;
    for (signal, code) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)] {
        let server = Server::new([json(200, LISTED), json(201, NEW), Response::Stall]);
        let croud = Croud::on(&server);
        let running = croud.start(ROTATE);
        server.wait_for(3);
        running.signal(signal);
        let output = running.wait();
        assert_eq!(output.status.code(), Some(code));
        let shown = croud.shown(&output);
        assert!(shown.contains("The new secret is `s-2`. The old secret `s-1` may still exist."), "{shown}");
    }
}

#[cfg(feature = "sandbox")]
#[test]
fn rotate_on_the_sandbox() {
    let croud = Croud::sandbox();
    let line = "organizations secrets rotate --secret atlas --connection-string mongodb://h --username u --password p";
    let shown = croud.run(line);
    assert!(shown.contains("Deleted the old secret: 3f9b6c2e-d817-45a0-b4e3-06d5a8c1e988\n"), "{shown}");
    let rows: serde_json::Value = serde_json::from_str(&croud.stdout("organizations secrets list -o json")).unwrap();
    let names: Vec<_> = rows.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["s3-imports", "blob-imports", "atlas"]);
    assert_ne!(rows[2]["id"], "3f9b6c2e-d817-45a0-b4e3-06d5a8c1e988");
}
