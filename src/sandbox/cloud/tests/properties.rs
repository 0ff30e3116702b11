//! Any call gets a response, and only a response that says so changes the state.

use proptest::prelude::*;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::call::{Call, RequestBody, Rules};
use crate::sandbox::cloud::respond;
use crate::sandbox::routes;
use crate::sandbox::seed;

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "api",
            "v2",
            "organizations",
            "users",
            "files",
            "secrets",
            "credits",
            "customer",
            "auditlogs",
            "me",
            "api-keys",
            "regions",
            "install-token",
            "invitations",
            "accept-invite",
            "confirm-email",
            "projects",
            "clusters",
            "subscriptions",
            "jwt",
            "roles",
            "oauth2",
            "login",
            "logout",
            "github",
            "",
            "..",
            "%2e",
            "%",
            "%ff",
            seed::ORGANIZATION_ID,
            seed::ADMIN,
            "sandbox-key-admin",
            "member@example.com",
        ])
        .prop_map(str::to_owned),
        "[a-z0-9%._-]{1,8}",
    ]
}

/// A method and a path: those of an endpoint with any values for its placeholders, or any.
fn target() -> impl Strategy<Value = (String, String)> {
    let endpoints: Vec<(&str, &str)> = routes::all().map(|route| (route.method, route.path)).collect();
    let value = prop_oneof![
        3 => prop::sample::select(vec![
            seed::ORGANIZATION_ID,
            seed::OTHER_ORGANIZATION_ID,
            seed::ADMIN,
            // Of a file, a secret, a credit, an invitation, a project, a cluster and a subscription.
            "327ad0e6-607f-4f99-a4cc-c1e98bf28e4d",
            "71e7c610-f24f-4c67-a5d4-3ad9ebc3f1a5",
            "4dc14b6a-0e3f-4f9b-8a4e-90f2a7d61c99",
            "0a9c6f4e-2b7d-4e83-a5f1-3d8b1c6e9f44",
            "0d6c5b7e-4a1f-4c83-9e2b-7f8a91d3c5e0",
            "5f2a8c1d-9e7b-4d36-a045-c6b1e8f09d72",
            "7a3e9f10-5b2c-4d8e-96f1-a4c7d0b8e235",
            "sandbox-key-superuser",
        ])
        .prop_map(str::to_owned),
        1 => segment(),
    ];
    let of_an_endpoint =
        (prop::sample::select(endpoints), prop::collection::vec(value, 3)).prop_map(|((method, path), values)| {
            let mut values = values.into_iter();
            let segments = path.split('/').map(|segment| match segment.starts_with('{') {
                true => values.next().unwrap_or_default(),
                false => segment.to_owned(),
            });
            (method.to_owned(), segments.collect::<Vec<_>>().join("/"))
        });
    let methods = prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X"]);
    let any =
        (methods, any::<bool>(), prop::collection::vec(segment(), 0..7)).prop_map(|(method, is_api, segments)| {
            let prefix = if is_api { "/api/v2/" } else { "/" };
            (method.to_owned(), format!("{prefix}{}/", segments.join("/")))
        });
    prop_oneof![of_an_endpoint, any]
}

fn body() -> impl Strategy<Value = RequestBody> {
    let name = prop::sample::select(vec![
        "name",
        "plan_type",
        "user",
        "role_fqn",
        "type",
        "data",
        "amount",
        "expiration_date",
        "comment",
        "description",
        "email",
        "active",
        "phone",
        "token",
        "notifications_enabled",
        "file_size",
        "country",
        "organization_id",
        "region",
        "backup_location",
        "x",
    ]);
    let value = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["org_admin", "project_admin", "AWS", "a@b.cd", "2030-01-01", seed::ORGANIZATION_ID])
            .prop_map(Value::from),
        Just(json!({"aws_secret": {"access_key": "é", "secret_key": 5}})),
        Just(json!([[]])),
    ];
    let map = prop::collection::vec((name, value), 0..8).prop_map(|fields| {
        RequestBody::Json(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    });
    prop_oneof![Just(RequestBody::Empty), Just(RequestBody::Invalid), Just(RequestBody::Json(json!([1]))), map]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn every_call_gets_a_response(
        (method, path) in target(),
        query in prop::collection::vec(("last|from|to|status|action|user|kind|(exclude_)?cluster_id|organization_id|x", any::<String>()), 0..4),
        (sudo, strict) in (any::<bool>(), any::<bool>()),
        (users, events) in (0u64..5, prop::option::of(0u64..1000)),
        body in body(),
        entropy in any::<u64>(),
    ) {
        let call = Call {
            method,
            path,
            query,
            token: Some("sandbox-token-superuser".to_owned()),
            key: None,
            sudo,
            region: None,
            body,
            now: Timestamp::UNIX_EPOCH,
            entropy,
            base: "http://sandbox".to_owned(),
        };
        let mut state = seed::state(seed::ORGANIZATION_ID);
        let rules = Rules { strict, users, events, ..Rules::default() };
        let before = serde_json::to_string(&state).expect("a state can be written");
        let response = respond(&mut state, &rules, &call);
        prop_assert!((200..500).contains(&response.status), "{}", response.status);
        super::assert_described(&call, &response);
        // A response that is not marked as changed changed nothing.
        if !response.changed {
            prop_assert_eq!(serde_json::to_string(&state).expect("a state can be written"), before);
        }
    }
}
