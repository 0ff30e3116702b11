//! The next step below an error of the API.

use insta::assert_snapshot;

use crate::support::{Croud, Profile, Server, json};

/// What `line` prints if the server answers with an error.
fn refused(line: &str, status: u16, message: &str) -> String {
    let body = serde_json::json!({"message": message, "success": false}).to_string();
    Croud::on(&Server::new([json(status, &body)])).run(line)
}

#[cfg(feature = "sandbox")]
#[test]
fn the_last_admin() {
    let croud = Croud::sandbox();
    assert_snapshot!(croud.run("organizations users add --user admin@example.com --role org_member"), @"
    [stderr]
    ==> Error: The last organization admin must stay one.
        Make another user an admin first: `croud organizations users add --org-id f6c39580-5719-431d-a508-0cee4f9e8209 --role org_admin --user USER`
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations users remove --user admin@example.com"), @"
    [stderr]
    ==> Error: The last organization admin cannot be removed.
        Make another user an admin first: `croud organizations users add --org-id f6c39580-5719-431d-a508-0cee4f9e8209 --role org_admin --user USER`
    [exit 1]
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn an_organization_with_projects() {
    let croud = Croud::sandbox();
    let line = "organizations delete --yes --org-id 1bd31ab3-0b9d-4d4e-9a02-6bf4c3b3d2a7 --sudo";
    assert_snapshot!(croud.run(line), @"
    [stderr]
    ==> Error: Deletion requires no resources to be related to the target.
        Delete what belongs to it first:
        `croud api DELETE projects/0d6c5b7e-4a1f-4c83-9e2b-7f8a91d3c5e0 --sudo`
        `croud api DELETE projects/b8e4f2a1-6c3d-4e95-8a70-1d2c3b4a5f60 --sudo`
    [exit 1]
    ");
    // Each suggested command works, or suggests another one, until the organization is deleted.
    let mut commands = vec![line.to_owned()];
    let mut runs = Vec::new();
    while let Some(command) = commands.last().filter(|_| runs.len() < 20) {
        let run = croud.run(command);
        match run.split('`').nth(1).and_then(|next| next.strip_prefix("croud ")) {
            Some(next) => commands.push(next.to_owned()),
            None => drop(commands.pop()),
        }
        runs.push(run);
    }
    assert!(runs.last().unwrap().starts_with("[stderr]\n==> Success: Organization deleted.\n"), "{runs:?}");
}

#[test]
fn many_related_resources() {
    let ids: Vec<String> = (0..12).map(|number| format!("p{number}")).collect();
    let body = serde_json::json!({"message": "Busy.", "related_resources": {"projects": ids}, "success": false});
    let server = Server::new([json(400, &body.to_string())]);
    let run = Croud::on(&server).run("organizations delete --yes --org-id o");
    assert!(run.contains("`croud api DELETE projects/p9`\n    and 2 more.\n[exit 1]"), "{run}");
    assert!(!run.contains("projects/p10"), "{run}");
}

#[test]
fn superusers() {
    let credits = "organizations credits expire --credit-id c";
    let denied = "Permission denied for user.";
    assert_snapshot!(refused(credits, 403, denied), @"
    [stderr]
    ==> Error: Permission denied for user.
        The request was DELETE /api/v2/organizations/my-org-id/credits/c/.
        Only superusers may do this. If you are one, pass `--sudo --org-id my-org-id`.
    [exit 1]
    ");
    assert_snapshot!(refused(&format!("{credits} --sudo --org-id o"), 403, denied), @"
    [stderr]
    ==> Error: Permission denied for user.
        The request was DELETE /api/v2/organizations/o/credits/c/.
        Only superusers may do this. `croud status` shows the current user.
    [exit 1]
    ");
    for (line, options) in [
        ("organizations create --name n --plan-type 3", "--sudo"),
        ("organizations edit --plan-type 3", "--sudo --org-id my-org-id"),
        ("api GET users", "--sudo"),
    ] {
        let expected = format!("\n    Only superusers may do this. If you are one, pass `{options}`.\n");
        assert!(refused(line, 403, denied).contains(&expected), "{line}");
    }
    assert_snapshot!(refused("organizations edit --name n", 403, denied), @"
    [stderr]
    ==> Error: Permission denied for user.
        The request was PUT /api/v2/organizations/my-org-id/.
        The current user may not do this. `croud status` shows who that is.
    [exit 1]
    ");
}

#[test]
fn quotas() {
    assert_snapshot!(refused("organizations secrets create --name s --type AZURE --connection-string c", 400, "Quota reached."), @"
    [stderr]
    ==> Error: Quota reached.
        `croud api GET organizations/my-org-id/quotas` shows the quotas.
    [exit 1]
    ");
    assert_snapshot!(refused("organizations create --name n", 400, "Organization quota exceeded."), @"
    [stderr]
    ==> Error: Organization quota exceeded.
        `croud organizations list` shows the organizations that count. Delete one, or ask the support for more.
    [exit 1]
    ");
    assert_snapshot!(refused("organizations create --name n", 400, "The maximum number of organizations is reached."), @"
    [stderr]
    ==> Error: The maximum number of organizations is reached.
        `croud organizations list` shows the organizations that count. Delete one, or ask the support for more.
    [exit 1]
    ");
    // A rate limit is not a quota.
    assert!(!refused("organizations create --name n", 429, "Quota exceeded.").contains("shows"));
}

#[test]
fn a_credit_or_an_invitation_that_is_expired() {
    assert_snapshot!(refused("organizations credits edit --credit-id c --amount 5", 400, "The credit is expired."), @"
    [stderr]
    ==> Error: The credit is expired.
        Create a new one: `croud organizations credits create --org-id my-org-id --amount AMOUNT --expiration-date TIME --comment REASON`
    [exit 1]
    ");
    assert_snapshot!(refused("organizations invitations accept --token t", 400, "The token is invalid or expired."), @"
    [stderr]
    ==> Error: The token is invalid or expired.
        Ask an admin of the organization to invite you again.
    [exit 1]
    ");
}

#[test]
fn unknown_ids() {
    for (line, list) in [
        ("organizations get x", "organizations list"),
        ("organizations users list --org-id x", "organizations list"),
        ("organizations files get --file-id x", "organizations files list --org-id my-org-id"),
        ("organizations secrets delete --secret-id 'a b' --org-id 'x;y'", "organizations secrets list --org-id 'x;y'"),
        ("organizations credits expire --credit-id x", "organizations credits list --org-id my-org-id"),
        ("organizations users remove --user x", "organizations users list --org-id my-org-id"),
        ("api-keys delete --api-key x", "api-keys list"),
    ] {
        let run = refused(line, 404, "Resource not found.");
        assert!(run.starts_with("[stderr]\n==> Error: Resource not found.\n    The request was "), "{line}: {run}");
        assert!(
            run.contains(&format!("/.\n    `croud {list}` shows the IDs that exist.\n[exit 1]\n")),
            "{line}: {run}"
        );
    }
    assert!(!refused("api GET nothing", 404, "Not found.").contains("shows"));
    let run = refused("organizations files get --file-id x --org-id o --sudo", 404, "Resource not found.");
    assert!(run.contains("\n    `croud organizations files list --org-id o --sudo` shows the IDs"), "{run}");
}

#[test]
fn an_expired_session() {
    let server = Server::new([json(401, r#"{"message": "Authentication required."}"#)]);
    let profile = Profile::at(&server.endpoint()).token("t");
    let croud = Croud::new().mask(&server.endpoint(), "ENDPOINT").profile(profile);
    assert_snapshot!(croud.run("--profile test organizations list"), @"
    [stderr]
    ==> Error: Authentication required.
        The session token of profile `test` was refused. Use `croud --profile test login` to login to CrateDB Cloud.
    [exit 4]
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn a_path_that_is_not_served_is_not_an_unknown_id() {
    let croud = Croud::sandbox();
    assert_snapshot!(croud.run("api GET organizations/f6c39580-5719-431d-a508-0cee4f9e8209/quota"), @"
    [stderr]
    ==> Error: The sandbox does not serve GET /api/v2/organizations/f6c39580-5719-431d-a508-0cee4f9e8209/quota/
        The request was GET /api/v2/organizations/f6c39580-5719-431d-a508-0cee4f9e8209/quota/.
    [exit 1]
    ");
}
