//! Edge regions.

use serde_json::{Value, json};

use super::{Cloud, ORGANIZATION, json_of};
use crate::sandbox::seed;

/// The names of the edge regions in a list.
fn edge_names(cloud: &mut Cloud, user: &str, path: &str) -> Vec<Value> {
    let list = json_of(&cloud.ask(user, &format!("GET {path}"), Value::Null));
    let rows = list.as_array().expect("a list");
    rows.iter().filter(|row| row["is_edge_region"] == true).map(|row| row["name"].clone()).collect()
}

#[test]
fn an_edge_region_is_created_listed_and_deleted() {
    let mut cloud = Cloud::new();
    let body = json!({"description": "Office", "organization_id": seed::ORGANIZATION_ID, "aws_bucket": "backups"});
    let (status, region) = cloud.admin("POST /api/v2/regions/", body);
    assert_eq!((status, &region["description"], &region["status"]), (201, &json!("Office"), &json!("DOWN")));
    let name = region["name"].as_str().expect("a name").to_owned();
    assert!(name.ends_with(".edge.cratedb.net"), "{name}");
    let of_organization = format!("{ORGANIZATION}regions/");
    let with_parameter = format!("/api/v2/regions/?organization_id={}", seed::ORGANIZATION_ID);
    let other = format!("/api/v2/regions/?organization_id={}", seed::OTHER_ORGANIZATION_ID);
    for path in ["/api/v2/regions/", &of_organization, &with_parameter] {
        assert_eq!(edge_names(&mut cloud, "member", path), [json!(name)], "{path}");
    }
    assert_eq!(edge_names(&mut cloud, "admin", &other), [json!(null); 0]);

    let (status, token) = cloud.admin(&format!("GET /api/v2/regions/{name}/install-token/"), Value::Null);
    assert_eq!((status, token["token"].as_str().map(str::len)), (200, Some(40)));
    let delete = format!("DELETE /api/v2/regions/{name}/");
    assert_eq!(cloud.ask("member", &delete, Value::Null).status, 403);
    assert_eq!((cloud.admin(&delete, Value::Null).0, cloud.admin(&delete, Value::Null).0), (204, 404));
    assert_eq!(edge_names(&mut cloud, "admin", "/api/v2/regions/"), [json!(null); 0]);
    let events = cloud.state.organizations[0].events.iter().map(|event| event.action.as_ref());
    assert_eq!(events.collect::<Vec<_>>(), ["region.create", "region.delete"]);
}

#[test]
fn only_an_admin_of_its_organization_creates_an_edge_region() {
    let mut cloud = Cloud::new();
    let mut create = |user: &str, organization_id: &str| {
        let body = json!({"description": "", "organization_id": organization_id});
        cloud.ask(user, "POST /api/v2/regions/", body).status
    };
    let (own, other) = (seed::ORGANIZATION_ID, seed::OTHER_ORGANIZATION_ID);
    assert_eq!([create("admin", own), create("member", own), create("admin", other)], [201, 403, 403]);
    assert_eq!([create("superuser", own), create("admin", seed::ADMIN)], [201, 404]);
}

#[test]
fn a_public_region_is_not_deleted() {
    let mut cloud = Cloud::new();
    let path = format!("/api/v2/regions/{}/", seed::DEFAULT_REGION);
    assert_eq!(cloud.ask("superuser", &format!("DELETE {path}"), Value::Null).status, 403);
    assert_eq!(cloud.admin(&format!("GET {path}install-token/"), Value::Null).0, 403);
}
