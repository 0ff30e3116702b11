//! Any call gets a response, and only a response that says so changes the state.

use proptest::prelude::*;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::call::{Call, RequestBody, Rules};
use crate::sandbox::cloud::respond;
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
            "invitations",
            "accept-invite",
            "projects",
            "clusters",
            "subscriptions",
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
        "email",
        "active",
        "phone",
        "token",
        "notifications_enabled",
        "file_size",
        "country",
        "x",
    ]);
    let value = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec!["org_admin", "AWS", "a@b.cd", "2030-01-01"]).prop_map(Value::from),
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
        method in prop::sample::select(vec!["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "X"]),
        is_api in any::<bool>(),
        segments in prop::collection::vec(segment(), 0..7),
        query in prop::collection::vec(("last|from|to|status|action|user|x", any::<String>()), 0..4),
        (sudo, strict) in (any::<bool>(), any::<bool>()),
        (users, events) in (0u64..5, prop::option::of(0u64..1000)),
        body in body(),
        entropy in any::<u64>(),
    ) {
        let prefix = if is_api { "/api/v2/" } else { "/" };
        let call = Call {
            method: method.to_owned(),
            path: format!("{prefix}{}/", segments.join("/")),
            query,
            token: Some("sandbox-token-superuser".to_owned()),
            key: None,
            sudo,
            body,
            now: Timestamp::UNIX_EPOCH,
            entropy,
            base: String::new(),
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
