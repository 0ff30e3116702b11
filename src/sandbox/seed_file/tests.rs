//! Seed files, valid and not.

use serde_json::json;

use super::*;
use crate::sandbox::seed;
use crate::sandbox::state::File;

#[test]
fn names_are_enough() {
    let state = parse("organizations: [{name: acme}, {name: other}]").expect("a seed");
    assert_eq!(state.users.len(), 3);
    let [acme, other] = &state.organizations[..] else { panic!("two organizations") };
    assert_eq!((acme.name.as_str(), acme.plan_type, acme.role(seed::ADMIN)), ("acme", 3, Some("org_admin")));
    assert_ne!(acme.id, other.id);
    assert_eq!(state.default_organization_id.as_ref(), Some(&acme.id));
    assert_eq!(parse("{}").expect("a seed").organizations.len(), 0);
}

#[test]
fn missing_values_are_derived_and_always_the_same() {
    let text = "
users:
  - name: Jane Doe
  - {name: Bot, email: bot@acme.example, is_superuser: true, token: t0ken, api_keys: []}
organizations:
  - name: acme
    users: [{user: jane-doe@example.com, role_fqn: org_admin}, {user: BOT@acme.example, role_fqn: org_member}]
    invitations: [{email: new@acme.example}]
    files: [{name: a.csv, file_size: 5}, {name: a.csv}]
    secrets: [{name: s3}]
    credits: [{original_amount: 5000, expiration_date: 2030-01-31}]
    regions: [{description: office}]
    projects: [{name: weather, users: [{user: bot@acme.example, role_fqn: project_admin}]}]
    clusters: [{name: stations}]
    subscriptions: [{name: monthly}]
    computed_events: 7
    events: [{action: user.login, actor: bot@acme.example}]
";
    let state = parse(text).expect("a seed");
    assert_eq!(json!(parse(text).expect("a seed")), json!(state));
    let [jane, bot] = &state.users[..] else { panic!("two users") };
    assert_eq!((jane.email.as_str(), jane.username.as_str()), ("jane-doe@example.com", "jane-doe"));
    assert_eq!(state.permanent_token(&jane.uid), Some("sandbox-token-jane-doe"));
    assert_eq!((jane.api_keys[0].key.as_str(), bot.api_keys.len()), ("sandbox-key-jane-doe", 0));
    assert_eq!((state.permanent_token(&bot.uid), bot.is_superuser), (Some("t0ken"), true));
    let acme = &state.organizations[0];
    assert_eq!((acme.role(&jane.uid), acme.role(&bot.uid)), (Some("org_admin"), Some("org_member")));
    assert_eq!((acme.files[0].status(), acme.files[1].status()), ("UPLOADED", "PENDING"));
    assert_ne!(acme.files[0].id, acme.files[1].id);
    assert_eq!(
        (acme.credits[0].remaining_amount, acme.credits[0].expiration_date.as_str()),
        (5000, "2030-01-31T00:00:00")
    );
    assert_eq!(acme.clusters[0].project_id, acme.projects[0].id);
    assert_eq!(acme.projects[0].members[0].uid, bot.uid);
    assert!(acme.regions[0].name.ends_with(".edge.cratedb.net"), "{}", acme.regions[0].name);
    assert_eq!((acme.seeded_events, acme.events[0].actor.as_deref()), (7, Some(bot.uid.as_str())));
    // The newest computed event has this time.
    assert_eq!(acme.events[0].created, "2024-06-03T08:00:00+00:00");
    assert!(acme.files.iter().all(File::is_seeded));
}

#[test]
fn users_of_one_name_have_different_tokens() {
    let state = parse("users: [{name: Jo}, {name: jo, email: jo@acme.example}, {name: '?'}]").expect("a seed");
    let tokens: Vec<_> = state.users.iter().map(|user| state.permanent_token(&user.uid)).collect();
    assert_eq!(tokens, [Some("sandbox-token-jo"), Some("sandbox-token-jo-2"), Some("sandbox-token-user")]);
    let keys: Vec<_> = state.users.iter().map(|user| user.api_keys[0].key.as_str()).collect();
    assert_eq!(keys, ["sandbox-key-jo", "sandbox-key-jo-2", "sandbox-key-user"]);
}

#[test]
fn the_built_in_state_survives_its_seed_file() {
    let state = seed::state(seed::ORGANIZATION_ID);
    let file = of_state(&state);
    let read = parse(&file.to_string()).expect("a seed");
    assert_eq!(json!(read), json!(state));
    assert_eq!(of_state(&read), file);
    assert_eq!(file["organizations"][0]["users"][0], json!({"user": seed::ADMIN, "role_fqn": "org_admin"}));
    // Nulls are left out.
    assert_eq!(file["organizations"][0].get("email"), None);
}

#[test]
fn a_mistake_is_reported_with_its_place() {
    for (text, problem) in [
        ("users: [", "did not find expected node content at line 2 column 1, while parsing a flow node"),
        ("organisations: []", "unknown field `organisations`, expected `users` or `organizations`"),
        ("organizations: [{}]", "organizations[0]: missing field `name` at line 1 column 17"),
        (
            "organizations:\n  - name: [5]",
            "organizations[0].name: invalid type: sequence, expected a name of 1 to 512 characters at line 2 column 11",
        ),
        (
            "organizations:\n  - name: ''",
            "organizations[0].name: `` is not a name of 1 to 512 characters at line 2 column 11",
        ),
        (
            "organizations:\n  - name: a\n  - name: b\n    users:\n      - {user: x, role_fqn: boss}",
            "organizations[1].users[0].role_fqn: `boss` is not one of org_admin, org_member at line 5 column 29",
        ),
        (
            "organizations:\n  - name: a\n    users: [{user: nobody, role_fqn: org_admin}]",
            "organizations[0].users[0].user: no user `nobody`",
        ),
        (
            "organizations:\n  - name: a\n    secrets: [{name: s, colour: red}]",
            "organizations[0].secrets[0]: unknown field `colour`, expected one of `name`, `type`, `id`, `description`, `dc` at line 3 column 25",
        ),
        (
            "organizations: [{name: a, id: x}]",
            "organizations[0].id: `x` is not a UUID in lower case at line 1 column 31",
        ),
        (
            "organizations: [{name: a, plan_type: 7}]",
            "organizations[0].plan_type: 7 is not from 1 to 6 at line 1 column 38",
        ),
        (
            "organizations: [{name: a, credits: [{}]}]",
            "organizations[0].credits[0]: missing field `original_amount` at line 1 column 37",
        ),
        (
            "organizations: [{name: a, email: x}]",
            "organizations[0].email: `x` is not an email address at line 1 column 34",
        ),
        (
            "organizations: [{name: a, dc: {created: soon}}]",
            "organizations[0].dc.created: `soon` is not a time such as 2024-01-31T12:00:00+00:00 at line 1 column 41",
        ),
        (
            "users: [{name: a, token: 'a;b'}]",
            "users[0].token: `a;b` is not a text of letters, digits, `-`, `_`, `.` and `~` at line 1 column 26",
        ),
        ("users: [{name: a}, {name: b, email: A@example.com}]", "users[1].email: `A@example.com` is given twice"),
        ("users: [{name: a, token: t}, {name: b, token: t}]", "users[1].token: another user has this token"),
        ("users: [{name: a, name: b}]", "users[0]: duplicate field `name` at line 1 column 9"),
        (
            "organizations: [{name: a, clusters: [{name: c}]}]",
            "organizations[0].clusters[0]: the organization has no project",
        ),
        (
            "organizations: [{name: a, projects: [{name: p}], clusters: [{name: c, project: q}]}]",
            "organizations[0].clusters[0].project: no project `q`",
        ),
        (
            "organizations: [{name: a, projects: [{name: p, users: [{user: nobody, role_fqn: project_admin}]}]}]",
            "organizations[0].projects[0].users[0].user: no user `nobody`",
        ),
        (
            "organizations:\n  - {name: a, id: 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d}\n  - {name: b, id: 327ad0e6-607f-4f99-a4cc-c1e98bf28e4d}",
            "organizations[1].id: `327ad0e6-607f-4f99-a4cc-c1e98bf28e4d` is given twice",
        ),
        (
            "organizations: [{name: a, invitations: [{email: a@b.example}, {email: A@b.example}]}]",
            "organizations[0].invitations[1].email: `A@b.example` is given twice",
        ),
        (
            "organizations: [{name: a, credits: [{original_amount: 1, remaining_amount: 2}]}]",
            "organizations[0].credits[0].remaining_amount: 2 is more than the original_amount",
        ),
        (
            "organizations: [{name: a, computed_events: -1}]",
            "organizations[0].computed_events: -1 is not from 0 to 9223372036854775806 at line 1 column 44",
        ),
        ("a", "invalid type: string \"a\", expected a mapping"),
        ("users: [[]]", "users[0]: invalid type: sequence, expected a mapping at line 1 column 9"),
        (" \n", "the file is empty"),
        (&format!("organizations: {}", "[".repeat(1001)), "it is nested too deeply"),
    ] {
        assert_eq!(parse(text).err().as_deref(), Some(problem), "{text}");
    }
}
