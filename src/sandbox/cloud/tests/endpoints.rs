//! What single endpoints do.

use serde_json::{Value, json};

use super::{Cloud, ORGANIZATION, invalid};

fn events(cloud: &mut Cloud, query: &str) -> Vec<Value> {
    let (status, events) = cloud.admin(&format!("GET {ORGANIZATION}auditlogs/?{query}"), Value::Null);
    assert_eq!(status, 200, "{events}");
    events.as_array().expect("a list").clone()
}

fn created(events: &[Value]) -> Vec<&str> {
    events.iter().filter_map(|event| event["created"].as_str()).collect()
}

#[test]
fn audit_events_are_filtered_by_time() {
    let mut cloud = Cloud::new();
    // The newest events are at 08:00:00, 07:43:43, 07:27:26 and 07:11:09. Both bounds belong to the range.
    let range = "from=2024-06-03T07:11:09&to=2024-06-03T07:43:43";
    let expected = ["2024-06-03T07:43:43+00:00", "2024-06-03T07:27:26+00:00", "2024-06-03T07:11:09+00:00"];
    assert_eq!(created(&events(&mut cloud, range)), expected);
    let range = "from=2024-06-03T07:11:10&to=2024-06-03T07:43:42";
    assert_eq!(created(&events(&mut cloud, range)), ["2024-06-03T07:27:26+00:00"]);
    // The same range with an offset.
    let range = "from=2024-06-03T09:11:10%2B02:00&to=2024-06-03T09:43:42%2B02:00";
    assert_eq!(created(&events(&mut cloud, range)), ["2024-06-03T07:27:26+00:00"]);
    // A stored event has the time of its call.
    assert_eq!(cloud.admin(&format!("PUT {ORGANIZATION}"), json!({"name": "n"})).0, 200);
    let new = "2025-01-01T12:00:00.000000+00:00";
    assert_eq!(created(&events(&mut cloud, "from=2025-01-01T12:00")), [new]);
    assert_eq!(created(&events(&mut cloud, "from=2025-01-01T12:00:01")), [""; 0]);
    assert_eq!(created(&events(&mut cloud, "to=2025-01-01T11:59:59"))[0], "2024-06-03T08:00:00+00:00");
    assert_eq!(created(&events(&mut cloud, "to=2025-01-01T12:00:00"))[0], new);
    let wrong = cloud.admin(&format!("GET {ORGANIZATION}auditlogs/?from=yesterday"), Value::Null);
    assert_eq!(wrong, invalid("from", "Not a valid datetime."));
}

#[test]
fn audit_events_are_filtered_by_cluster() {
    let mut cloud = Cloud::new();
    let cluster = "c1a50001-5e7d-4b0f-9c21-7f3a6d8e0b00";
    let found = events(&mut cloud, &format!("cluster_id={cluster}"));
    assert_eq!(found.len(), 49);
    assert!(found.iter().all(|event| event["context"] == json!({"cluster_id": cluster})), "{found:?}");
    assert_eq!(events(&mut cloud, "cluster_id=other").len(), 0);
}

#[test]
fn audit_events_come_in_pages() {
    let mut cloud = Cloud::new();
    cloud.rules.page_size = 3;
    cloud.rules.events = Some(4);
    assert_eq!(cloud.admin(&format!("PUT {ORGANIZATION}"), json!({"name": "n"})).0, 200);
    let (mut last, mut sizes) = (String::new(), Vec::new());
    loop {
        let page = events(&mut cloud, &format!("last={last}"));
        sizes.push(page.len());
        let Some(event) = page.last() else { break };
        last = event["id"].as_str().expect("an ID").to_owned();
    }
    assert_eq!(sizes, [3, 2, 0]);
    assert_eq!(events(&mut cloud, "last=unknown").len(), 0);
}

#[test]
fn the_description_of_an_aws_secret_ends_with_its_access_key() {
    let mut cloud = Cloud::new();
    let line = format!("POST {ORGANIZATION}secrets/");
    for (access_key, description) in
        [("AKIAIOSFODNN7EXAMPLE", "**********XAMPLE"), ("ABC", "**********ABC"), ("schlüssel", "**********lüssel")]
    {
        let data = json!({"aws_secret": {"access_key": access_key, "secret_key": "s3cret"}});
        let (status, secret) = cloud.admin(&line, json!({"name": "n", "type": "AWS", "data": data}));
        assert_eq!((status, secret["description"].as_str()), (201, Some(description)));
        assert!(!secret.to_string().contains("s3cret"));
    }
    let data = json!({"azure_secret": {"connection_string": "AccountKey=abc"}});
    let (_, secret) = cloud.admin(&line, json!({"name": "n", "type": "AZURE", "data": data}));
    assert_eq!(secret["description"], "**********");
}

#[test]
fn an_edit_of_a_credit_keeps_what_was_spent() {
    let mut cloud = Cloud::new();
    let line = format!("PATCH {ORGANIZATION}credits/4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99/");
    let credit = super::json_of(&cloud.ask("superuser", &line, json!({"amount": 40_000})));
    assert_eq!((&credit["original_amount"], &credit["remaining_amount"]), (&json!(40_000), &json!(22_345)));
    let refused = cloud.ask("superuser", &line, json!({"amount": 39_999}));
    assert_eq!((refused.status, super::json_of(&refused)), invalid("amount", "The amount can only be increased."));
}

#[test]
fn an_address_can_be_invited_again() {
    let mut cloud = Cloud::new();
    let line = format!("POST {ORGANIZATION}users/");
    let (status, first) = cloud.admin(&line, json!({"user": "new@example.com", "role_fqn": "org_member"}));
    assert_eq!((status, &first["invited"], &first["added"]), (201, &json!(true), &json!(false)));
    let (status, second) = cloud.admin(&line, json!({"user": "new@example.com", "role_fqn": "org_admin"}));
    assert_eq!((status, &second["invited"], &second["role_fqn"]), (200, &json!(true), &json!("org_admin")));
    let addresses = cloud.state.organizations[0].invitations.iter().map(|invitation| invitation.email.as_str());
    assert_eq!(addresses.collect::<Vec<_>>(), ["invited@example.com", "new@example.com"]);
    let remove = format!("DELETE {ORGANIZATION}users/new@example.com/");
    assert_eq!(cloud.ask("admin", &remove, Value::Null).status, 204);
    assert_eq!(cloud.ask("admin", &remove, Value::Null).status, 404);
}

#[test]
fn strict_refuses_unknown_fields_and_parameters() {
    let mut cloud = Cloud::new();
    let (post, get) = ("POST /api/v2/organizations/", format!("GET {ORGANIZATION}auditlogs/?lsat=1"));
    assert_eq!(cloud.admin(post, json!({"name": "n", "colour": "red"})).0, 201);
    assert_eq!(cloud.admin(&get, Value::Null).0, 200);
    cloud.rules.strict = true;
    assert_eq!(cloud.admin(post, json!({"name": "n", "colour": "red"})), invalid("colour", "Unknown field."));
    assert_eq!(cloud.admin(&get, Value::Null), invalid("lsat", "Unknown field."));
    assert_eq!(cloud.admin(post, json!({"name": "n"})).0, 201);
}

#[test]
fn an_unknown_path_is_marked_as_unimplemented() {
    let mut cloud = Cloud::new();
    let response = cloud.ask("admin", "GET /api/v2/unknown/", Value::Null);
    assert_eq!((response.status, response.is_unimplemented), (404, true));
    let response = cloud.ask("admin", "GET /api/v2/organizations/unknown/", Value::Null);
    assert_eq!((response.status, response.is_unimplemented), (404, false));
}
