//! What an organization runs, uses and pays with.

use serde_json::{Value, json};

use super::{Cloud, ORGANIZATION};

/// The path of the seeded organization that has clusters.
const OTHER: &str = "/api/v2/organizations/1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7/";

#[test]
fn resources_are_listed_for_the_members_of_their_organization() {
    let mut cloud = Cloud::new();
    let mut names = |user: &str, path: &str| {
        let response = cloud.ask(user, &format!("GET {path}"), Value::Null);
        let list = super::json_of(&response);
        let rows = list.as_array().cloned().unwrap_or_else(|| vec![list]);
        let names: Vec<&str> = rows.iter().filter_map(|row| row["name"].as_str()).collect();
        format!("{} {}", response.status, names.join(" "))
    };
    let cluster = "5f2a8c1d-9e7b-4d36-a045-c6b1e8f09d72";
    assert_eq!(names("admin", "/api/v2/projects/"), "200 weather traffic");
    assert_eq!(names("member", "/api/v2/projects/"), "200 ");
    assert_eq!(names("admin", &format!("{OTHER}projects/")), "200 weather traffic");
    assert_eq!(names("member", &format!("{OTHER}projects/")), "403 ");
    assert_eq!(names("admin", &format!("{ORGANIZATION}projects/")), "200 ");
    assert_eq!(names("admin", "/api/v2/clusters/"), "200 stations crossings");
    let project = "b8e4f2a1-6c3d-4e95-8a70-1d2c3b4a5f60";
    assert_eq!(names("admin", &format!("/api/v2/clusters/?project_id={project}")), "200 crossings");
    assert_eq!(names("admin", &format!("/api/v2/clusters/{cluster}/")), "200 stations");
    assert_eq!(names("member", &format!("/api/v2/clusters/{cluster}/")), "404 ");
    assert_eq!(names("admin", "/api/v2/subscriptions/"), "200 Monthly");
    let subscription = "7a3e9f10-5b2c-4d8e-96f1-a4c7d0b8e235";
    assert_eq!(names("admin", &format!("/api/v2/clusters/?subscription_id={subscription}")), "200 stations crossings");
    assert_eq!(names("admin", "/api/v2/clusters/?product_name=cr2"), "200 ");
    let id = "1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7";
    assert_eq!(names("admin", &format!("/api/v2/subscriptions/?organization_id={id}")), "200 Monthly");
    assert_eq!(names("admin", "/api/v2/subscriptions/?organization_id=other"), "200 ");
    assert_eq!(names("admin", "/api/v2/products/"), "200 cr1 cr2 cr3");
    assert_eq!(names("admin", "/api/v2/products/?kind=cluster&name=cr2"), "200 cr2");
    assert_eq!(names("admin", "/api/v2/products/?kind=other"), "200 ");
}

#[test]
fn superusers_list_all_users() {
    let mut cloud = Cloud::new();
    assert_eq!(cloud.ask("admin", "GET /api/v2/users/", Value::Null).status, 403);
    let mut names = |path: &str| {
        let list = super::json_of(&cloud.ask("superuser", &format!("GET {path}"), Value::Null));
        let rows = list.as_array().expect("a list").iter();
        rows.map(|row| row["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names("/api/v2/users/"), ["Ada Admin", "Max Member", "Sue Superuser"]);
    assert_eq!(names("/api/v2/users/?no-roles=1"), [""; 0]);
}

#[test]
fn a_superuser_deletes_a_user() {
    let mut cloud = Cloud::new();
    let member = "DELETE /api/v2/users/c4a7d9e2-1f38-4b60-8e5d-7a90b3c2d422/";
    assert_eq!(cloud.ask("admin", member, Value::Null).status, 403);
    assert_eq!(cloud.ask("superuser", member, Value::Null).status, 204);
    assert_eq!(cloud.ask("superuser", member, Value::Null).status, 404);
    // The session and the API key are gone, too.
    assert_eq!(cloud.ask("member", "GET /api/v2/users/me/", Value::Null).status, 302);
    let key = Some(("sandbox-key-member".to_owned(), "sandbox-secret-member".to_owned()));
    assert_eq!(cloud.send("GET /api/v2/users/me/", Value::Null, |call| call.key = key).status, 401);
    let (_, users) = cloud.admin(&format!("GET {ORGANIZATION}users/"), Value::Null);
    assert_eq!((users.as_array().map(Vec::len), &users[0]["email"]), (Some(1), &json!("admin@example.com")));
    let (_, events) = cloud.admin(&format!("GET {ORGANIZATION}auditlogs/"), Value::Null);
    let id = "c4a7d9e2-1f38-4b60-8e5d-7a90b3c2d422";
    assert_eq!(
        (&events[0]["action"], &events[0]["context"]),
        (&json!("organization.remove_user"), &json!({"user_id": id}))
    );
    // The admin is the last one of an organization.
    let admin = "DELETE /api/v2/users/6b1e2c0a-8f43-4d57-9c1b-0d2f6a3e7b11/";
    let refused = cloud.ask("superuser", admin, Value::Null);
    assert_eq!(
        (refused.status, super::json_of(&refused)["message"].as_str()),
        (400, Some("The last organization admin cannot be removed."))
    );
}

#[test]
fn a_project_is_created_and_edited() {
    let mut cloud = Cloud::new();
    let id = "f6c39580-5719-431d-a508-0cee4f9e8209";
    let create = "POST /api/v2/projects/";
    let (status, project) = cloud.admin(create, json!({"name": "new", "organization_id": id}));
    assert_eq!(
        (status, &project["name"], &project["region"], &project["organization_id"]),
        (201, &json!("new"), &json!("eks1.eu-west-1.aws"), &json!(id))
    );
    assert_eq!(project["dc"]["created"], "2025-01-01T12:00:00.000000+00:00");
    cloud.wait(60);
    let line = format!("/api/v2/projects/{}/", project["id"].as_str().expect("an ID"));
    let (status, edited) = cloud.admin(&format!("PATCH {line}"), json!({"name": "other"}));
    assert_eq!((status, &edited["id"], &edited["name"]), (200, &project["id"], &json!("other")));
    assert_eq!(edited["dc"]["modified"], "2025-01-01T12:01:00.000000+00:00");
    assert_eq!(cloud.admin(&format!("GET {line}"), Value::Null), (200, edited));
    let (_, events) = cloud.admin(&format!("GET {ORGANIZATION}auditlogs/"), Value::Null);
    assert_eq!((&events[0]["action"], &events[1]["action"]), (&json!("project.edit"), &json!("project.create")));
    assert_eq!(cloud.admin(&format!("DELETE {ORGANIZATION}"), Value::Null).0, 400);
    assert_eq!(cloud.ask("admin", &format!("DELETE {line}"), Value::Null).status, 204);
    assert_eq!(cloud.ask("admin", &format!("DELETE {ORGANIZATION}"), Value::Null).status, 204);
}

#[test]
fn only_an_admin_changes_the_projects_of_an_organization() {
    let (mut cloud, line) = (Cloud::new(), "POST /api/v2/projects/");
    let new = |id: &str| json!({"name": "n", "organization_id": id});
    let (first, second) = ("f6c39580-5719-431d-a508-0cee4f9e8209", "1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7");
    let unknown = "00000000-0000-4000-8000-000000000000";
    for (user, id, status) in [
        ("member", first, 403),
        ("member", second, 403),
        ("admin", second, 403),
        ("admin", unknown, 404),
        ("superuser", first, 201),
    ] {
        assert_eq!(cloud.ask(user, line, new(id)).status, status, "{user} {id}");
    }
    let edit = "PATCH /api/v2/projects/0d6c5b7e-4a1f-4c83-9e2b-7f8a91d3c5e0/";
    let mut statuses = |user: &str| cloud.ask(user, edit, json!({"name": "n"})).status;
    assert_eq!([statuses("member"), statuses("admin"), statuses("superuser")], [404, 403, 200]);
}

#[test]
fn a_project_gets_the_region_that_is_given() {
    let mut cloud = Cloud::new();
    let id = "f6c39580-5719-431d-a508-0cee4f9e8209";
    let mut region = |body: Value, header: &str| {
        let response = cloud.send("POST /api/v2/projects/", body, |call| {
            call.token = Some("sandbox-token-admin".to_owned());
            call.region = Some(header.to_owned());
        });
        super::json_of(&response)["region"].clone()
    };
    let body = json!({"name": "n", "organization_id": id});
    assert_eq!(region(body.clone(), "aks1.eastus.azure"), "aks1.eastus.azure");
    // The default of the Python program.
    assert_eq!(region(body.clone(), "_any_"), "eks1.eu-west-1.aws");
    let with = |name: &str, value: Value| {
        let mut body = body.clone();
        body[name] = value;
        body
    };
    assert_eq!(region(with("region", json!("gke1.us-central1.gcp")), "aks1.eastus.azure"), "gke1.us-central1.gcp");
    let refused = cloud.admin("POST /api/v2/projects/", with("region", json!("moon")));
    assert_eq!(refused, super::invalid("region", "Not a known region."));
    let location = json!({"location_type": "s3", "location": "bucket"});
    let refused = cloud.admin("POST /api/v2/projects/", with("backup_location", location));
    assert_eq!(refused, super::invalid("backup_location", "Supported in edge regions only."));
}

#[test]
fn a_cluster_has_tokens_for_an_hour() {
    let mut cloud = Cloud::new();
    let line = "GET /api/v2/clusters/5f2a8c1d-9e7b-4d36-a045-c6b1e8f09d72/jwt/";
    let (status, tokens) = cloud.admin(line, Value::Null);
    assert_eq!((status, &tokens["expiry"]), (200, &json!("2025-01-01T13:00:00+00:00")));
    let token = tokens["token"].as_str().expect("a token");
    // {"sub":"6b1e2c0a-8f43-4d57-9c1b-0d2f6a3e7b11","exp":1735736400}
    let claims = "eyJzdWIiOiI2YjFlMmMwYS04ZjQzLTRkNTctOWMxYi0wZDJmNmEzZTdiMTEiLCJleHAiOjE3MzU3MzY0MDB9";
    assert_eq!(token.split('.').collect::<Vec<_>>()[..2], ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", claims]);
    assert_eq!(cloud.ask("member", line, Value::Null).status, 404);
}

#[test]
fn quotas_count_what_an_organization_has() {
    let mut cloud = Cloud::new();
    let quotas = |projects: u64, clusters: u64, nodes: u64| {
        json!([
            {"code": "projects", "current_value": projects, "quota": 10},
            {"code": "clusters", "current_value": clusters, "quota": 5},
            {"code": "nodes", "current_value": nodes, "quota": 9},
        ])
    };
    assert_eq!(cloud.admin(&format!("GET {ORGANIZATION}quotas/"), Value::Null), (200, quotas(0, 0, 0)));
    // One of the two clusters is suspended.
    assert_eq!(cloud.admin(&format!("GET {OTHER}quotas/"), Value::Null), (200, quotas(2, 2, 3)));
    assert_eq!(cloud.ask("member", &format!("GET {OTHER}quotas/"), Value::Null).status, 403);
}

#[test]
fn the_remaining_budget_is_what_the_clusters_leave() {
    let mut cloud = Cloud::new();
    let mut budget = |path: &str| {
        let (status, reply) = cloud.admin(&format!("GET {path}"), Value::Null);
        (status, reply["remaining_budget_per_month"].as_f64())
    };
    assert_eq!(budget(&format!("{ORGANIZATION}remaining-budget/")), (200, Some(200_000.0)));
    // A month has 730 hours: 3 nodes at 12 cents, and 32 GiB at 0.02 cents.
    assert_eq!(budget(&format!("{OTHER}remaining-budget/")), (200, Some(200_000.0 - 26_280.0 - 467.2)));
    let without = format!("{OTHER}remaining-budget/?exclude_cluster_id=5f2a8c1d-9e7b-4d36-a045-c6b1e8f09d72");
    assert_eq!(budget(&without), (200, Some(200_000.0 - 116.8)));
    assert_eq!(budget(&format!("{OTHER}remaining-budget/?exclude_cluster_id=x")), (400, None));
}

#[test]
fn the_consumption_of_a_month_grows_with_the_clock() {
    let mut cloud = Cloud::new();
    let line = format!("GET {OTHER}consumption/current-month/");
    // The clock of the test is at noon on the first day of a month.
    let (status, reply) = cloud.admin(&line, Value::Null);
    assert_eq!(status, 200);
    assert_eq!(
        reply,
        json!({
            "compute_consumption_this_month": [{
                "product_name": "cr1",
                "consumption": {"cost": 432.0, "credits": 0, "dtuhours": 36.0, "minutes": 2160, "total": 432.0},
            }],
            "storage_consumption_this_month": {
                "cost": 7.68, "credits": 0, "gibhours": 384, "minutes": 720, "total": 7.68,
            },
            "current_cost": {
                "hourly": {"compute": 36.0, "storage": 0.64, "total": 36.64},
                "monthly": {"compute": 26_280.0, "storage": 467.2, "total": 26_747.2},
            },
        })
    );
    cloud.wait(12 * 3600);
    let (_, later) = cloud.admin(&line, Value::Null);
    assert_eq!(later["storage_consumption_this_month"]["minutes"], 1440);
    cloud.wait(30 * 24 * 3600);
    let (_, next_month) = cloud.admin(&line, Value::Null);
    assert_eq!(next_month["storage_consumption_this_month"]["minutes"], 0);
    let (_, empty) = cloud.admin(&format!("GET {ORGANIZATION}consumption/current-month/"), Value::Null);
    assert_eq!(empty["compute_consumption_this_month"], json!([]));
}

#[test]
fn payment_methods_are_the_subscriptions_and_a_card() {
    let mut cloud = Cloud::new();
    let card = json!({"type": "card", "is_available": true, "is_setup": false});
    assert_eq!(cloud.admin(&format!("GET {ORGANIZATION}payment-methods/"), Value::Null), (200, json!([card])));
    let response = cloud.ask("superuser", &format!("GET {OTHER}payment-methods/"), Value::Null);
    let methods = super::json_of(&response);
    assert_eq!(methods[0]["subscription"]["name"], "Monthly");
    assert_eq!(methods[0]["subscription_id"], methods[0]["subscription"]["id"]);
    assert_eq!(methods[1], card);
    assert_eq!(cloud.ask("member", &format!("GET {ORGANIZATION}payment-methods/"), Value::Null).status, 403);
}

#[test]
fn an_organization_can_be_deleted_after_its_clusters_and_projects() {
    let mut cloud = Cloud::new();
    let mut delete = |user: &str, path: &str| cloud.ask(user, &format!("DELETE {path}"), Value::Null);
    let clusters = ["5f2a8c1d-9e7b-4d36-a045-c6b1e8f09d72", "e91d7c3b-2f58-4a6e-b1c4-08d7a5f3e926"]
        .map(|id| format!("/api/v2/clusters/{id}/"));
    let projects = ["0d6c5b7e-4a1f-4c83-9e2b-7f8a91d3c5e0", "b8e4f2a1-6c3d-4e95-8a70-1d2c3b4a5f60"]
        .map(|id| format!("/api/v2/projects/{id}/"));
    // The admin is a member of this organization, and the member has nothing to do with it.
    assert_eq!([delete("admin", &clusters[0]).status, delete("member", &clusters[0]).status], [403, 404]);
    let refused = delete("superuser", &projects[0]);
    assert_eq!(refused.status, 400);
    assert_eq!(
        super::json_of(&refused)["related_resources"],
        json!({"clusters": ["5f2a8c1d-9e7b-4d36-a045-c6b1e8f09d72"]})
    );
    for path in clusters.iter().chain(&projects) {
        assert_eq!([delete("superuser", path).status, delete("superuser", path).status], [204, 404], "{path}");
    }
    assert_eq!(delete("superuser", OTHER).status, 204);
}
