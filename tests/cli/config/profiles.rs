//! `config profiles`.

use insta::assert_snapshot;

use super::two_profiles;
use crate::support::Croud;

#[cfg(feature = "sandbox")]
#[test]
fn profiles_list() {
    assert_snapshot!(Croud::new().config(&two_profiles().text()).run("config profiles list -o table"), @"
    +-----------+---------+-------------------+----------+----------+-------------------+
    | current   | name    | endpoint          | format   | region   | organization_id   |
    |-----------+---------+-------------------+----------+----------+-------------------|
    | *         | a       | https://a.example | json     | NULL     | NULL              |
    |           | b       | https://b.example | table    | NULL     | NULL              |
    |           | sandbox | NULL              | table    | NULL     | NULL              |
    +-----------+---------+-------------------+----------+----------+-------------------+
    ");
}

#[test]
fn profiles_current() {
    let croud = Croud::new().config(&two_profiles().text());
    assert_snapshot!(croud.run("config profiles current"), @r#"
    {
      "name": "a",
      "endpoint": "https://a.example",
      "format": "json"
    }
    "#);
    assert_snapshot!(croud.run("config profiles current -o table"), @"
    +--------+-------------------+----------+
    | name   | endpoint          | format   |
    |--------+-------------------+----------|
    | a      | https://a.example | json     |
    +--------+-------------------+----------+
    ");
}

#[test]
fn profiles_current_is_the_profile_in_use() {
    let croud = Croud::new().config(&two_profiles().text());
    assert_eq!(croud.stdout("--profile b config profiles current --columns name -o yaml"), "name: b\n");
    let croud = croud.env("CROUD_PROFILE", "b");
    assert_eq!(croud.stdout("config profiles current --columns name -o yaml"), "name: b\n");
    assert_eq!(croud.stdout("--profile a config profiles current --columns name -o yaml"), "name: a\n");
}

#[cfg(feature = "sandbox")]
#[test]
fn profiles_current_and_list_mean_the_same_profile() {
    let croud = Croud::new().config(&two_profiles().text()).env("CROUD_PROFILE", "sandbox");
    assert_snapshot!(croud.run("config profiles current"), @"
    +---------+------------+----------+
    | name    | endpoint   | format   |
    |---------+------------+----------|
    | sandbox | NULL       | table    |
    +---------+------------+----------+
    ");
    assert_snapshot!(croud.run("config profiles list --columns current,name"), @"
    +-----------+---------+
    | current   | name    |
    |-----------+---------|
    |           | a       |
    |           | b       |
    | *         | sandbox |
    +-----------+---------+
    ");
    assert_snapshot!(croud.env("CROUD_PROFILE", "c").run("config profiles current"), @"
    [stderr]
    ==> Error: There is no profile `c`.
    ==> Info: The profiles are: a, b, sandbox.
    [exit 2]
    ");
}

#[test]
fn profiles_use_says_that_a_variable_takes_precedence() {
    let croud = Croud::new().config(&two_profiles().text()).env("CROUD_PROFILE", "a");
    assert_snapshot!(croud.run("config profiles use b"), @"
    [stderr]
    ==> Info: Switched to profile 'b'.
        CROUD_PROFILE takes precedence, so `a` stays in use until you unset that variable.
    ");
    assert_snapshot!(croud.run("config profiles use a"), @"
    [stderr]
    ==> Info: Switched to profile 'a'.
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn profiles_use() {
    let croud = Croud::new().config(&two_profiles().text());
    assert_snapshot!(croud.run("config profiles use b"), @"
    [stderr]
    ==> Info: Switched to profile 'b'.
    ");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: b
    profiles:
      a:
        endpoint: https://a.example
        auth-token: t0ken
        key: k
        secret: s3cret
        format: json
      b:
        endpoint: https://b.example
    ");
    assert_snapshot!(croud.run("config profiles use c"), @"
    [stderr]
    ==> Error: Failed to switch to profile 'c'.
    ==> Info: Make sure the profile exists.
    [exit 1]
    ");
    assert_snapshot!(croud.run("config profiles use sandbox"), @"
    [stderr]
    ==> Error: Failed to switch to profile 'sandbox'.
    ==> Info: The built-in profile is chosen for one command with `--profile sandbox`, or for a whole script with CROUD_PROFILE=sandbox.
    [exit 1]
    ");
}

#[test]
fn profiles_use_needs_a_name_without_a_terminal() {
    assert_snapshot!(Croud::new().config(&two_profiles().text()).run("config profiles use"), @"
    [stderr]
    ==> Error: The name of a profile is required.
    [exit 2]
    ");
}

#[test]
fn profiles_add() {
    let croud = Croud::new();
    assert_snapshot!(croud.run("config profiles add dev --endpoint https://dev.example --format yaml --region eks1"), @"
    [stderr]
    ==> Info: Added profile 'dev'.
    ");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: cratedb.cloud
    profiles:
      cratedb.cloud:
        auth-token: null
        key: null
        secret: null
        endpoint: https://console.cratedb.cloud
        region: _any_
      dev:
        auth-token: null
        endpoint: https://dev.example
        format: yaml
        region: eks1
    ");
    assert_snapshot!(croud.run("config profiles add dev --endpoint https://other.example"), @"
    [stderr]
    ==> Error: Failed to add profile 'dev'.
    [exit 1]
    ");
}

#[test]
fn profiles_add_refuses_an_invalid_endpoint_or_format() {
    let croud = Croud::new();
    assert_snapshot!(croud.run("config profiles add x --endpoint nonsense"), @"
    [stderr]
    ==> Error: `nonsense` is not a valid endpoint: use https://HOST[:PORT].
    [exit 2]
    ");
    assert_snapshot!(croud.run("config profiles add x --endpoint http://example.com"), @"
    [stderr]
    ==> Error: `http://example.com` is not allowed: http:// is for loopback only. Use https://.
    [exit 2]
    ");
    assert_snapshot!(croud.run("config profiles add x --endpoint https://x.example --format xml"), @"
    [stderr]
    error: invalid value 'xml' for '--format <FMT>'
      [possible values: table, wide, json, yaml]

      tip: a similar value exists: 'yaml'

    For more information, try '--help'.
    [exit 2]
    ");
    assert!(!croud.config_path().exists());
}

#[test]
fn profiles_add_refuses_a_name_or_a_region_that_is_empty_or_has_control_characters() {
    let croud = Croud::new();
    for (line, problem) in [
        ("config profiles add '' --endpoint https://x.example", "`PROFILE` must not be empty."),
        ("config profiles add 'a\tb' --endpoint https://x.example", "`PROFILE` must not contain control characters."),
        (
            "config profiles add x --endpoint https://x.example --region 'a\u{1b}b'",
            "`--region` must not contain control characters.",
        ),
    ] {
        assert_eq!(croud.run(line), format!("[stderr]\n==> Error: {problem}\n[exit 2]\n"), "{line}");
    }
    assert!(!croud.config_path().exists());
}

#[test]
fn profiles_remove() {
    let croud = Croud::new().config(&two_profiles().text());
    assert_snapshot!(croud.run("config profiles remove a"), @"
    [stderr]
    ==> Error: Failed to remove profile 'a'.
    ==> Info: Make sure the profile exists and it is not the current profile.
    [exit 1]
    ");
    assert_snapshot!(croud.run("config profiles remove c"), @"
    [stderr]
    ==> Error: Failed to remove profile 'c'.
    ==> Info: Make sure the profile exists and it is not the current profile.
    [exit 1]
    ");
    assert_snapshot!(croud.run("config profiles remove b"), @"
    [stderr]
    ==> Info: Removed profile 'b'.
    ");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: a
    profiles:
      a:
        endpoint: https://a.example
        auth-token: t0ken
        key: k
        secret: s3cret
        format: json
    ");
}
