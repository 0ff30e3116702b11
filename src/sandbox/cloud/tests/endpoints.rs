//! What single endpoints do.

use serde_json::{Value, json};

use super::{Cloud, ORGANIZATION, invalid};
use crate::sandbox::schema::is_uuid;

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
    assert_eq!(cloud.admin(&format!("PUT {ORGANIZATION}"), json!({"name": "n"})).0, 200);
}

#[test]
fn strict_accepts_the_fields_that_the_api_ignores() {
    let mut cloud = Cloud::new();
    cloud.rules.strict = true;
    assert_eq!(cloud.admin(&format!("POST {ORGANIZATION}files/"), json!({"name": "f", "file_size": 5})).0, 201);
    let id = "f6c39580-5719-431d-a508-0cee4f9e8209";
    assert_eq!(cloud.admin(&format!("PUT {ORGANIZATION}"), json!({"id": id})).0, 200);
}

#[test]
fn strict_limits_the_organizations_of_a_user() {
    let mut cloud = Cloud::new();
    cloud.rules.strict = true;
    let mut create = |user: &str| cloud.ask(user, "POST /api/v2/organizations/", json!({"name": "n"})).status;
    assert_eq!([create("admin"), create("admin"), create("superuser"), create("superuser")], [201, 400, 201, 201]);
}

#[test]
fn every_problem_of_a_request_is_reported() {
    let mut cloud = Cloud::new();
    let body = json!({"name": "", "email": "not an address", "notifications_enabled": "yes"});
    let (status, reply) = cloud.admin(&format!("PUT {ORGANIZATION}"), body);
    assert_eq!(status, 400);
    assert_eq!(
        reply["errors"],
        json!({
            "name": ["Shorter than minimum length 1."],
            "email": ["Not a valid email address."],
            "notifications_enabled": ["Not a valid boolean."],
        })
    );
    let response = cloud.send(&format!("PUT {ORGANIZATION}"), json!([1]), |call| {
        call.token = Some("sandbox-token-admin".to_owned());
    });
    assert_eq!(super::json_of(&response)["message"], "Request body must be a JSON object.");
}

#[test]
fn a_null_clears_and_a_missing_field_stays() {
    let mut cloud = Cloud::new();
    let line = format!("PUT {ORGANIZATION}");
    let mut email = |body: Value| cloud.admin(&line, body).1["email"].clone();
    assert_eq!(email(json!({"email": "a@b.cd"})), "a@b.cd");
    assert_eq!(email(json!({"name": "n"})), "a@b.cd");
    assert_eq!(email(json!({"email": null})), Value::Null);
    let line = format!("PATCH {ORGANIZATION}credits/4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99/");
    let mut comment = |body: Value| super::json_of(&cloud.ask("superuser", &line, body))["comment"].clone();
    assert_eq!(comment(json!({"amount": 30_000})), "Welcome");
    assert_eq!(comment(json!({"comment": null})), Value::Null);
}

#[test]
fn a_credit_expires_at_its_date() {
    let mut cloud = Cloud::new();
    let line = format!("{ORGANIZATION}credits/");
    let body = json!({"amount": 1, "expiration_date": "2025-1-1T13:00"});
    let credit = super::json_of(&cloud.ask("superuser", &format!("POST {line}"), body));
    assert_eq!((&credit["expiration_date"], &credit["status"]), (&json!("2025-01-01T13:00:00"), &json!("ACTIVE")));
    let active = |cloud: &mut Cloud| cloud.admin(&format!("GET {line}"), Value::Null).1.as_array().map(Vec::len);
    assert_eq!(active(&mut cloud), Some(2));
    cloud.wait(3600);
    assert_eq!(active(&mut cloud), Some(1));
    let patch = format!("PATCH {line}{}/", credit["id"].as_str().expect("an ID"));
    let refused = cloud.ask("superuser", &patch, json!({"amount": 2}));
    assert_eq!(super::json_of(&refused)["message"], "The credit is expired.");
}

#[test]
fn an_organization_with_projects_cannot_be_deleted() {
    let mut cloud = Cloud::new();
    let line = "DELETE /api/v2/organizations/1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7/";
    let response = cloud.ask("superuser", line, Value::Null);
    let projects = ["0d6c5b7e-4a1f-4c83-9e2b-7f8a91d3c5e0", "b8e4f2a1-6c3d-4e95-8a70-1d2c3b4a5f60"];
    assert_eq!(
        (response.status, super::json_of(&response)),
        (
            400,
            json!({
                "message": "Deletion requires no resources to be related to the target.",
                "related_resources": {"projects": projects},
                "success": false,
            })
        )
    );
}

#[test]
fn head_is_answered_as_get() {
    let mut cloud = Cloud::new();
    assert_eq!(cloud.ask("admin", "HEAD /api/v2/organizations/", Value::Null).status, 200);
    assert_eq!(cloud.send("HEAD /api/v2/organizations/", Value::Null, |_| {}).status, 302);
}

#[test]
fn a_method_that_a_path_does_not_have_is_not_allowed() {
    let mut cloud = Cloud::new();
    let response = cloud.ask("admin", "PATCH /api/v2/organizations/", Value::Null);
    assert_eq!((response.status, response.allow.as_deref()), (405, Some("GET, POST")));
}

#[test]
fn an_unknown_path_is_not_served() {
    let mut cloud = Cloud::new();
    let response = cloud.ask("admin", "GET /api/v2/unknown/", Value::Null);
    assert_eq!((response.status, response.is_unserved), (404, true));
    assert_eq!(super::json_of(&response)["message"], "The sandbox does not serve GET /api/v2/unknown/");
    // The API has this method, and the sandbox does not.
    let response = cloud.ask("admin", "POST /api/v2/subscriptions/", Value::Null);
    assert_eq!((response.status, response.is_unserved, response.allow.as_deref()), (405, true, Some("GET")));
    assert_eq!(super::json_of(&response)["message"], "The sandbox does not serve POST /api/v2/subscriptions/");
    let response = cloud.ask("admin", "GET /api/v2/organizations/unknown/", Value::Null);
    assert_eq!((response.status, response.is_unserved), (404, false));
}

#[test]
fn a_new_id_is_a_random_uuid() {
    let mut cloud = Cloud::new();
    for name in ["a", "b", "c", "d", "e", "f", "g", "h"] {
        let (_, file) = cloud.admin(&format!("POST {ORGANIZATION}files/"), json!({"name": name}));
        let id = file["id"].as_str().expect("an ID");
        assert!(is_uuid(id), "{id}");
        // Version 4 and variant 2 of RFC 9562.
        assert!(id[14..].starts_with('4') && id[19..].starts_with(['8', '9', 'a', 'b']), "{id}");
    }
}

#[test]
fn a_parameter_is_sent_once() {
    let mut cloud = Cloud::new();
    let list = format!("GET {ORGANIZATION}auditlogs/");
    assert_eq!(
        cloud.admin(&format!("{list}?action=a&action=b"), Value::Null),
        invalid("action", "Sent more than once.")
    );
    // An empty value counts as not sent.
    assert_eq!(cloud.admin(&format!("{list}?action=a&action="), Value::Null).0, 200);
}
