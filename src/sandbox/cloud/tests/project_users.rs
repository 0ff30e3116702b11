//! The users of projects.

use serde_json::{Value, json};

use super::{Cloud, json_of};
use crate::sandbox::seed;

/// The users of a seeded project. The superuser is the admin of its organization, the admin is a member.
const USERS: &str = "/api/v2/projects/0d6c5b7e-4a1f-4c83-9e2b-7f8a91d3c5e0/users/";

#[test]
fn a_user_of_a_project_is_added_changed_and_removed() {
    let mut cloud = Cloud::new();
    let mut ask = |line: &str, body: Value| {
        let response = cloud.ask("superuser", line, body);
        (response.status, json_of(&response))
    };
    let (get, post) = (format!("GET {USERS}"), format!("POST {USERS}"));
    assert_eq!(ask(&get, Value::Null), (200, json!([])));
    let (status, added) = ask(&post, json!({"user": "member@example.com", "role_fqn": "project_member"}));
    let (project_id, user_id) = ("0d6c5b7e-4a1f-4c83-9e2b-7f8a91d3c5e0", "c4a7d9e2-1f38-4b60-8e5d-7a90b3c2d422");
    let expected = json!({"user_id": user_id, "project_id": project_id, "role_fqn": "project_member", "added": true});
    assert_eq!((status, added), (201, expected));
    let (status, changed) = ask(&post, json!({"user": user_id, "role_fqn": "project_admin"}));
    assert_eq!((status, &changed["added"], &changed["role_fqn"]), (200, &json!(false), &json!("project_admin")));
    let (_, list) = ask(&get, Value::Null);
    let roles = json!([{"project_id": project_id, "role_fqn": "project_admin"}]);
    assert_eq!((&list[0]["email"], &list[0]["project_roles"]), (&json!("member@example.com"), &roles));
    let (_, all) = ask("GET /api/v2/users/", Value::Null);
    assert_eq!((&all[0]["project_roles"], &all[1]["project_roles"]), (&json!([]), &roles));

    let delete = format!("DELETE {USERS}member@example.com/");
    assert_eq!((ask(&delete, Value::Null).0, ask(&delete, Value::Null).0), (204, 404));
    let nobody = json!({"user": "nobody@example.com", "role_fqn": "project_member"});
    assert_eq!(ask(&post, nobody).0, 404);
    let wrong = ask(&post, json!({"user": seed::ADMIN, "role_fqn": "org_admin"}));
    assert_eq!(wrong, super::invalid("role_fqn", "Must be one of: project_admin, project_member."));
    let actions: Vec<_> = cloud.state.organizations[1].events.iter().map(|event| event.action.as_ref()).collect();
    assert_eq!(actions, ["project.add_user", "project.edit_user", "project.remove_user"]);
}

#[test]
fn only_the_admins_of_its_organization_manage_the_users_of_a_project() {
    let mut cloud = Cloud::new();
    for (user, status) in [("admin", 403), ("member", 404)] {
        for method in ["GET", "POST"] {
            let body = json!({"user": seed::ADMIN, "role_fqn": "project_admin"});
            assert_eq!(cloud.ask(user, &format!("{method} {USERS}"), body).status, status, "{user} {method}");
        }
    }
}

#[test]
fn a_deleted_user_has_no_role_in_a_project() {
    let mut cloud = Cloud::new();
    let body = json!({"user": "member@example.com", "role_fqn": "project_member"});
    let added = json_of(&cloud.ask("superuser", &format!("POST {USERS}"), body));
    let delete = format!("DELETE /api/v2/users/{}/", added["user_id"].as_str().expect("an ID"));
    assert_eq!(cloud.ask("superuser", &delete, Value::Null).status, 204);
    assert!(cloud.state.organizations[1].projects[0].members.is_empty());
}
