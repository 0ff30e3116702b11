//! The filters: `--action`, `--from`, `--to`, `--cluster-id`, `--actor`.

use insta::assert_snapshot;

use super::PAGE;
use crate::support::{Croud, Server, json};

#[test]
fn list_sends_its_filters_as_typed() {
    let server = Server::new([json(200, "[]")]);
    let line =
        "organizations auditlogs list --org-id o --action a.b --from 2024-02-29T1:02 --to '2024-03-01 00:00:00.5+01'";
    Croud::on(&server).run(line);
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/o/auditlogs/?action=a.b&from=2024-02-29T1%3A02&to=2024-03-01+00%3A00%3A00.5%2B01 cookie: session=t0ken");
}

#[test]
fn list_checks_dates_before_any_request() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("organizations auditlogs list --from 2023-02-29"), @"
    [stderr]
    ==> Error: Invalid 'from' date format.
        Examples: `2024-01-31T12:00:00Z`, `2024-01-31`, `7d`, `90m`, `today`, `yesterday`.
    [exit 2]
    ");
    assert_snapshot!(croud.run("organizations auditlogs list --to soon"), @"
    [stderr]
    ==> Error: Invalid 'to' date format.
        Examples: `2024-01-31T12:00:00Z`, `2024-01-31`, `7d`, `90m`, `today`, `yesterday`.
    [exit 2]
    ");
    assert_snapshot!(server.wire(), @"");
}

#[test]
fn other_times_are_sent_with_the_local_offset() {
    let server = Server::new([json(200, "[]")]);
    // A time zone of a whole year without summer time, whose offset no developer has.
    let croud = Croud::on(&server).env("TZ", "TEST-5:17").env("LOG_API", "true");
    assert_snapshot!(croud.run("organizations auditlogs list --since 2024-1-31 --until 2024-02-01t00:00:00.12345678901234z"), @r#"
    +----------+---------+-----------+
    | action   | actor   | created   |
    |----------+---------+-----------|
    +----------+---------+-----------+
    [stderr]
    ==> Debug: GET ENDPOINT/api/v2/organizations/my-org-id/auditlogs/ QS={"from":"2024-01-31T00:00:00+05:17","to":"2024-02-01T00:00:00.123456Z"}
        <- 200 - OK
    "#);
}

#[test]
fn a_duration_is_the_time_before_now() {
    let server = Server::new([json(200, "[]"), json(200, "[]")]);
    let croud = Croud::on(&server).env("TZ", "UTC0");
    let before = jiff::Timestamp::now();
    croud.run("organizations auditlogs list --from 90m");
    croud.run("organizations auditlogs list --from 2h --to 90m");
    let after = jiff::Timestamp::now();
    let requests = server.requests();
    for (request, name, minutes) in [(0, "from", 90), (1, "from", 120), (1, "to", 90)] {
        let time = parameter(&requests[request].line, name).parse::<jiff::Timestamp>().unwrap();
        let now = time.as_second() + 60 * minutes;
        assert!(before.as_second() <= now && now <= after.as_second(), "{}", requests[request].line);
    }
}

/// A parameter of the query in `line`.
fn parameter(line: &str, name: &str) -> String {
    let (_, rest) = line.split_once(&format!("{name}=")).unwrap();
    percent_encoding::percent_decode_str(rest.split('&').next().unwrap()).decode_utf8().unwrap().into_owned()
}

#[test]
fn the_cluster_is_a_parameter() {
    let server = Server::new([json(200, "[]"), json(200, "[]")]);
    Croud::on(&server).run("organizations auditlogs list --cluster-id c-1 --action cluster.backup");
    Croud::on(&server).run("organizations auditlogs list --cluster-id '' --actor '' --action ''");
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/my-org-id/auditlogs/?action=cluster.backup&cluster_id=c-1 cookie: session=t0ken
    GET /api/v2/organizations/my-org-id/auditlogs/ cookie: session=t0ken
    ");
}

#[test]
fn events_are_filtered_by_their_actor() {
    for (actor, shown) in [("u-1", "e-2"), ("A@b.c", "e-2"), ("SYSTEM", "e-1"), ("nobody", "")] {
        let server = Server::new([json(200, PAGE), json(200, "[]")]);
        let line = format!("organizations auditlogs list -o json --actor {actor}");
        let rows: Vec<serde_json::Value> = serde_json::from_str(&Croud::on(&server).stdout(&line)).unwrap();
        let ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str().unwrap()).collect();
        assert_eq!(ids.join(" "), shown, "{actor}");
        assert!(!server.wire().contains("actor"), "the API has no such filter: {}", server.wire());
    }
}

#[test]
fn abbreviations_of_the_python_program_keep_their_meaning() {
    let options = [
        ("action", "a.b"),
        ("from", "2024-01-01T00:00"),
        ("to", "2024-01-01T00:00"),
        ("org-id", "f6c39580-5719-431d-a508-0cee4f9e8209"),
    ];
    for (option, value) in options {
        for length in 3..=option.len() {
            let server = Server::new([json(200, "[]"), json(200, "[]")]);
            let croud = Croud::on(&server);
            croud.run(&format!("organizations auditlogs list --{option} {value}"));
            croud.run(&format!("organizations auditlogs list --{} {value}", &option[..length]));
            let requests = server.requests();
            assert_eq!(requests[0].line, requests[1].line, "--{}", &option[..length]);
        }
    }
    for option in ["--for", "--form", "--out", "--output"] {
        let server = Server::new([json(200, "[]")]);
        assert_eq!(Croud::on(&server).run(&format!("organizations auditlogs list {option} json")), "[]\n", "{option}");
    }
    for option in ["--reg", "--regi"] {
        let server = Server::new([json(200, "[]")]);
        Croud::on(&server).run(&format!("organizations auditlogs list {option} eu"));
        assert_eq!(server.requests()[0].header("x-region"), Some("eu"), "{option}");
    }
    let server = Server::new([json(200, "[]")]);
    Croud::on(&server).run("organizations auditlogs list --sud --org-id o");
    assert_eq!(server.requests()[0].header("x-auth-sudo"), Some("1"));
}
