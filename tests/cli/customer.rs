//! `organizations customer get`, `edit`.

use insta::assert_snapshot;

use crate::support::{Croud, Server, json};

const CUSTOMER: &str = r#"{"name": "N", "phone": "+1", "email": "a@b.c", "organization_id": "o",
    "address": {"country": "AT", "city": "Wien"}, "tax": {"tax_id": "ATU12345678", "tax_id_type": "eu_vat"}}"#;

#[test]
fn get() {
    let server = Server::new([json(200, CUSTOMER)]);
    assert_snapshot!(Croud::on(&server).run("organizations customer get"), @r#"
    +--------+---------+---------+-----------------------------------+----------------------+
    | name   |   phone | email   | address                           | tax                  |
    |--------+---------+---------+-----------------------------------+----------------------|
    | N      |      +1 | a@b.c   | {"city": "Wien", "country": "AT"} | ATU12345678 (eu_vat) |
    +--------+---------+---------+-----------------------------------+----------------------+
    "#);
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/my-org-id/customer/ cookie: session=t0ken");
}

#[test]
fn get_shows_an_incomplete_tax_number() {
    for (tax, shown) in [
        (r#"{"tax_id": "X"}"#, "| X     |"),
        (r#"{"tax_id_type": "eu_vat", "tax_id": null}"#, "| (eu_vat) |"),
        ("null", "|       |"),
        (r#""text""#, "| text  |"),
    ] {
        let server = Server::new([json(200, &format!(r#"{{"tax": {tax}}}"#))]);
        let printed = Croud::on(&server).run("organizations customer get");
        assert!(printed.lines().any(|line| line == shown), "{tax}: {printed}");
    }
}

#[test]
fn edit() {
    let server = Server::new([json(200, CUSTOMER)]);
    let line = "organizations customer edit --name N --email a@b.c --phone +1 --country AT --city Wien \
                --line1 'Straße 1' --postal-code 1010 --line2 '' --tax-id ATU12345678 --tax-id-type eu_vat";
    assert_snapshot!(Croud::on(&server).run(line), @r#"
    +--------+---------+---------+-----------------------------------+----------------------+
    | name   |   phone | email   | address                           | tax                  |
    |--------+---------+---------+-----------------------------------+----------------------|
    | N      |      +1 | a@b.c   | {"city": "Wien", "country": "AT"} | ATU12345678 (eu_vat) |
    +--------+---------+---------+-----------------------------------+----------------------+
    [stderr]
    ==> Success: Organization's customer info edited.
        These were left out and have no value now: --line2. `--merge` keeps current values.
    "#);
    assert_snapshot!(server.wire(), @r#"PUT /api/v2/organizations/my-org-id/customer/ cookie: session=t0ken {"name":"N","email":"a@b.c","phone":"+1","country":"AT","city":"Wien","line1":"Straße 1","postal_code":"1010","tax_id":"ATU12345678","tax_id_type":"eu_vat"}"#);
}

#[test]
fn edit_needs_an_address() {
    assert_snapshot!(Croud::new().run("organizations customer edit --name N"), @"
    [stderr]
    error: the following required arguments were not provided:
      --email <EMAIL>
      --phone <PHONE>
      --country <COUNTRY>
      --city <CITY>
      --line1 <LINE1>
      --postal-code <POSTAL_CODE>

    Usage: croud organizations customer edit --name <NAME> --email <EMAIL> --phone <PHONE> --country <COUNTRY> --city <CITY> --line1 <LINE1> --postal-code <POSTAL_CODE>

    For more information, try '--help'.
    [exit 2]
    ");
}

#[test]
fn edit_sends_an_empty_option_only_where_it_is_required() {
    let server = Server::new([json(200, CUSTOMER)]);
    let line = "organizations customer edit --name '' --email a@b.c --phone +1 --country AT --city Wien --line1 1 \
                --postal-code 1010 --line2 '' --tax-id '' --tax-id-type ''";
    assert_eq!(Croud::on(&server).code(line), Some(0));
    assert_snapshot!(server.wire(), @r#"PUT /api/v2/organizations/my-org-id/customer/ cookie: session=t0ken {"name":"","email":"a@b.c","phone":"+1","country":"AT","city":"Wien","line1":"1","postal_code":"1010"}"#);
}

const WHOLE: &str = r#"{"name": "N", "phone": "+1", "email": "a@b.c", "address": {"country": "AT", "city": "Wien",
    "line1": "1", "line2": null, "postal_code": "1010"}, "tax": {"tax_id": "X", "tax_id_type": "eu_vat"}}"#;

#[test]
fn edit_with_merge_keeps_what_is_left_out() {
    let server = Server::new([json(200, WHOLE), json(200, CUSTOMER)]);
    let line = "organizations customer edit --merge --phone +2 --city '' --line2 b";
    assert_snapshot!(Croud::on(&server).run(line), @r#"
    +--------+---------+---------+-----------------------------------+----------------------+
    | name   |   phone | email   | address                           | tax                  |
    |--------+---------+---------+-----------------------------------+----------------------|
    | N      |      +1 | a@b.c   | {"city": "Wien", "country": "AT"} | ATU12345678 (eu_vat) |
    +--------+---------+---------+-----------------------------------+----------------------+
    [stderr]
    ==> Success: Organization's customer info edited.
    "#);
    assert_snapshot!(server.wire(), @r#"
    GET /api/v2/organizations/my-org-id/customer/ cookie: session=t0ken
    PUT /api/v2/organizations/my-org-id/customer/ cookie: session=t0ken {"name":"N","email":"a@b.c","phone":"+2","country":"AT","city":"Wien","line1":"1","postal_code":"1010","line2":"b","tax_id":"X","tax_id_type":"eu_vat"}
    "#);
}

#[test]
fn edit_with_merge_in_every_format() {
    let mut shown = String::new();
    for format in ["wide", "json", "yaml"] {
        let server = Server::new([json(200, WHOLE), json(200, r#"{"name": "N", "phone": "+2"}"#)]);
        let line = format!("organizations customer edit --merge --phone +2 -o {format}");
        shown += &Croud::on(&server).stdout(&line);
    }
    assert_snapshot!(shown, @r#"
    +--------+---------+
    | name   |   phone |
    |--------+---------|
    | N      |      +2 |
    +--------+---------+
    {
      "name": "N",
      "phone": "+2"
    }
    name: 'N'
    phone: '+2'
    "#);
}

#[test]
fn edit_with_merge_needs_a_value_for_every_required_option() {
    for current in ["{}", r#"{"name": "N", "email": null, "phone": "", "address": null, "tax": null}"#] {
        let server = Server::new([json(200, current)]);
        let line = "organizations customer edit --merge --name M --line1 1 --country AT --city Wien --postal-code 1010";
        assert_eq!(
            Croud::on(&server).run(line),
            "[stderr]\n==> Error: The billing details have no value to keep for: --email, --phone.\n[exit 2]\n"
        );
    }
}

#[test]
fn edit_with_merge_and_no_change_sends_no_request() {
    let server = Server::new([]);
    assert_snapshot!(Croud::on(&server).run("organizations customer edit --merge --name ''"), @"
    [stderr]
    ==> Error: No input arguments found.
        Pass at least one of `--name`, `--email`, `--phone` and the other details.
    [exit 2]
    ");
}

#[test]
fn edit_with_merge_changes_nothing_if_the_details_cannot_be_read() {
    let server = Server::new([json(403, r#"{"message": "Permission denied for user."}"#)]);
    assert_snapshot!(Croud::on(&server).run("organizations customer edit --merge --name M"), @"
    [stderr]
    ==> Error: Permission denied for user.
        The request was GET /api/v2/organizations/my-org-id/customer/.
        The current user may not do this. `croud status` shows who that is.
    [exit 1]
    ");
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/my-org-id/customer/ cookie: session=t0ken");
}

#[cfg(feature = "sandbox")]
#[test]
fn edit_with_merge_on_the_sandbox() {
    let croud = Croud::sandbox();
    let details = |croud: &Croud| -> serde_json::Value {
        serde_json::from_str(&croud.stdout("organizations customer get -o json")).unwrap()
    };
    let mut expected = details(&croud);
    assert_eq!(croud.code("organizations customer edit --merge --phone +2"), Some(0));
    expected["phone"] = "+2".into();
    assert_eq!(details(&croud), expected);
}
