//! Who may do what.

use serde_json::{Value, json};

use super::{Cloud, ORGANIZATION};

/// The statuses for the admin, the member, a superuser, and a superuser without `X-Auth-Sudo`, who is not a
/// member.
fn statuses(line: &str, body: &Value) -> [u16; 4] {
    let line = line.replace("O/", ORGANIZATION);
    let ask = |user: &str| Cloud::new().ask(user, &line, body.clone()).status;
    let [admin, member, superuser] = ["admin", "member", "superuser"].map(ask);
    [admin, member, superuser, ask("sandbox-token-superuser")]
}

#[test]
fn permissions() {
    let file = "327ad0e6-607f-4f99-a4cc-c1e98bf28e4d";
    let secret = "71e7c610-f24f-4c67-a5d4-3ad9ebc3f1a5";
    let credit = "4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99";
    let azure = json!({"name": "n", "type": "AZURE", "data": {"azure_secret": {"connection_string": "c"}}});
    let new_credit = json!({"amount": 1, "expiration_date": "2034-01-01"});
    let customer = json!({
        "name": "n", "email": "a@b.cd", "phone": "1", "city": "c", "country": "AT", "line1": "l", "postal_code": "1",
    });
    let (members, admins, superusers) = ([200, 200, 200, 403], [200, 403, 200, 403], [403, 403, 200, 403]);
    let status = |statuses: [u16; 4], success| statuses.map(|status| if status == 200 { success } else { status });
    for (line, body, expected) in [
        ("GET O/", Value::Null, members),
        ("PUT O/", json!({"name": "n"}), admins),
        ("PUT O/", json!({"plan_type": 5}), superusers),
        ("DELETE O/", Value::Null, status(admins, 204)),
        ("GET O/auditlogs/", Value::Null, admins),
        ("GET O/regions/", Value::Null, members),
        ("GET O/users/", Value::Null, admins),
        ("POST O/users/", json!({"user": "new@example.com", "role_fqn": "org_member"}), status(admins, 201)),
        ("DELETE O/users/member@example.com/", Value::Null, status(admins, 204)),
        ("GET O/files/", Value::Null, members),
        ("POST O/files/", json!({"name": "f"}), status(members, 201)),
        (&format!("GET O/files/{file}/"), Value::Null, members),
        (&format!("DELETE O/files/{file}/"), Value::Null, status(members, 204)),
        ("GET O/secrets/", Value::Null, members),
        ("POST O/secrets/", azure, status(admins, 201)),
        (&format!("DELETE O/secrets/{secret}/"), Value::Null, status(admins, 204)),
        ("GET O/credits/", Value::Null, admins),
        ("POST O/credits/", new_credit, status(superusers, 201)),
        (&format!("PATCH O/credits/{credit}/"), json!({"comment": "c"}), superusers),
        (&format!("DELETE O/credits/{credit}/"), Value::Null, status(superusers, 204)),
        ("GET O/customer/", Value::Null, admins),
        ("PUT O/customer/", customer, admins),
    ] {
        assert_eq!(statuses(line, &body), expected, "{line} {body}");
    }
}

#[test]
fn an_unknown_organization_is_not_found() {
    for user in ["admin", "superuser"] {
        let response = Cloud::new().ask(user, "GET /api/v2/organizations/unknown/", Value::Null);
        assert_eq!(response.status, 404, "{user}");
    }
}

#[test]
fn a_list_of_organizations_has_those_of_the_caller() {
    for (user, expected) in [
        ("admin", vec!["my-org", "data-lab"]),
        ("member", vec!["my-org"]),
        ("sandbox-token-superuser", vec!["data-lab"]),
        ("superuser", vec!["my-org", "data-lab"]),
    ] {
        let list = super::json_of(&Cloud::new().ask(user, "GET /api/v2/organizations/", Value::Null));
        let names: Vec<&str> = list.as_array().expect("a list").iter().filter_map(|row| row["name"].as_str()).collect();
        assert_eq!(names, expected, "{user}");
    }
}

#[test]
fn the_admin_of_the_built_in_profile_is_a_superuser_on_request() {
    let mut cloud = Cloud::new();
    cloud.rules.admin_is_superuser = true;
    let line = format!("PUT {ORGANIZATION}");
    assert_eq!(cloud.admin(&line, json!({"plan_type": 5})).0, 403);
    let response = cloud.send(&line, json!({"plan_type": 5}), |call| {
        (call.token, call.sudo) = (Some("sandbox-token-admin".to_owned()), true);
    });
    assert_eq!(response.status, 200);
    let response = cloud.send(&line, json!({"plan_type": 5}), |call| {
        (call.token, call.sudo) = (Some("sandbox-token-member".to_owned()), true);
    });
    assert_eq!(response.status, 403);
}
