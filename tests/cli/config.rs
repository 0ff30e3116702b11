//! `config` and `config profiles`, and how croud.yaml is read and written.

use std::fs;

use insta::assert_snapshot;

use crate::support::{Config, Croud, Profile, Server, json, names, reply};

/// Profile `a`, which has all credentials and is the current one, and profile `b`, which has none.
fn two_profiles() -> Config {
    let a = Profile::at("https://a.example").token("t0ken").key("k", "s3cret").format("json");
    Config::new().profile("a", a).profile("b", Profile::at("https://b.example"))
}

#[test]
fn show_masks_secrets() {
    assert_snapshot!(Croud::new().config(&two_profiles().text()).run("config show"), @"
    current-profile: a
    default-format: table
    profiles:
      a:
        auth-token: xxxxxxxxxx
        endpoint: https://a.example
        format: json
        key: k
        secret: xxxxxxxxxx
      b:
        endpoint: https://b.example
    [stderr]
    ==> Info: Configuration file HOME/.config/Crate/croud.yaml
    ");
}

#[test]
fn show_without_a_file_shows_the_default_and_writes_nothing() {
    let croud = Croud::new();
    assert_snapshot!(croud.run("config show"), @"
    current-profile: cratedb.cloud
    default-format: table
    profiles:
      cratedb.cloud:
        auth-token: xxxxxxxxxx
        endpoint: https://console.cratedb.cloud
        key: null
        region: '_any_'
        secret: xxxxxxxxxx
    [stderr]
    ==> Info: Configuration file HOME/.config/Crate/croud.yaml
    ");
    assert!(!croud.config_path().exists());
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
        region: '_any_'
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

#[test]
fn an_invalid_file_stops_every_command_and_is_not_changed() {
    for broken in ["profiles: [", "", "[]", "current-profile: x\nprofiles: {}\n", "\u{0}"] {
        let croud = Croud::new().config(broken);
        for line in ["organizations list", "config show", "config profiles add x --endpoint https://x.example"] {
            let shown = croud.run(line);
            assert!(
                shown.starts_with(
                    "[stderr]\n==> Error: Your configuration file is incompatible with the current version of croud."
                ) && shown.ends_with("[exit 1]\n"),
                "{broken:?}: {shown}"
            );
        }
        assert_eq!(croud.config_text(), broken);
    }
}

#[test]
fn the_error_of_an_invalid_file_names_the_mistake() {
    let croud = Croud::new()
        .config("default-format: xml\ncurrent-profile: a\nprofiles: {a: {endpoint: 'https://a.example'}}\n");
    assert_snapshot!(croud.run("organizations list"), @"
    [stderr]
    ==> Error: Your configuration file is incompatible with the current version of croud.
    ==> Info: Please delete the file 'HOME/.config/Crate/croud.yaml' or update it manually.
        `default-format` is `xml`: use table, wide, json or yaml.
    [exit 1]
    ");
}

#[test]
fn unknown_keys_are_kept() {
    let croud =
        Croud::new().config(&format!("{}    gc_jwt_token: x\nmine: {{deep: [1, 'yes']}}\n", two_profiles().text()));
    croud.run("config profiles use b");
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
        gc_jwt_token: x
    mine:
      deep:
      - 1
      - 'yes'
    ");
}

#[test]
fn a_renewed_token_is_stored_only_where_a_token_was_used() {
    let renewed = |token: &str| {
        reply(200, &["Content-Type: application/json", &format!("Set-Cookie: session={token}; Path=/")], "[]")
    };
    let server = Server::new([renewed("n3w"), json(200, "[]")]);
    let croud = Croud::on(&server);
    croud.run("organizations list");
    croud.run("organizations list");
    assert!(croud.config_text().contains("auth-token: n3w\n"));
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/ cookie: session=t0ken
    GET /api/v2/organizations/ cookie: session=n3w
    ");

    let server = Server::new([renewed("n3w")]);
    let endpoint = server.endpoint();
    let croud = Croud::new().profile(Profile::at(&endpoint).key("k", "s"));
    let before = croud.config_text();
    croud.run("organizations list");
    assert_eq!(croud.config_text(), before);
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let croud = Croud::new();
    croud.run("config profiles add x --endpoint https://x.example");
    assert_eq!(mode(&croud.config_path()), 0o600);
    assert_eq!(mode(croud.config_path().parent().unwrap()), 0o700);

    let croud = Croud::new().config(&two_profiles().text());
    fs::set_permissions(croud.config_path(), fs::Permissions::from_mode(0o644)).unwrap();
    let folder = croud.config_path().parent().unwrap().to_owned();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    croud.run("config profiles use b");
    assert_eq!(mode(&croud.config_path()), 0o600);
    assert_eq!(mode(&folder), 0o755);
    assert!(
        names(&folder).iter().all(|name| name == "croud.yaml" || name == ".croud.yaml.lock"),
        "{:?}",
        names(&folder)
    );
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_kept() {
    let croud = Croud::new();
    let real = croud.file("dotfiles/croud.yaml", two_profiles().text().as_bytes());
    fs::create_dir_all(croud.config_path().parent().unwrap()).unwrap();
    std::os::unix::fs::symlink(&real, croud.config_path()).unwrap();
    croud.run("config profiles use b");
    assert!(fs::symlink_metadata(croud.config_path()).unwrap().is_symlink());
    assert!(fs::read_to_string(real).unwrap().contains("current-profile: b\n"));
}

#[test]
fn croud_config_names_another_file() {
    let croud = Croud::new();
    let path = croud.file("elsewhere.yaml", two_profiles().text().as_bytes());
    let croud = croud.env("CROUD_CONFIG", path.to_str().unwrap());
    assert_eq!(croud.run("config profiles use b"), "[stderr]\n==> Info: Switched to profile 'b'.\n");
    assert!(fs::read_to_string(path).unwrap().contains("current-profile: b\n"));
}

#[test]
fn values_that_look_like_other_types_are_read_back_as_text() {
    let croud = Croud::new();
    for (name, region) in [("yes", "on"), ("1:30", "1_000"), ("null", "~"), ("012", "1e3"), ("2023-12-24", "0x1F")] {
        assert_eq!(
            croud.code(&format!("config profiles add {name} --endpoint https://x.example --region {region}")),
            Some(0)
        );
        assert_eq!(croud.code(&format!("config profiles use {name}")), Some(0), "{name}");
        let document: serde_json::Value =
            serde_yaml::from_str(&fs::read_to_string(croud.config_path()).unwrap()).unwrap();
        assert_eq!(document["current-profile"], name);
        assert_eq!(document["profiles"][name]["region"], region);
    }
}

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
fn profiles_use_needs_a_name_without_a_terminal() {
    assert_snapshot!(Croud::new().config(&two_profiles().text()).run("config profiles use"), @"
    [stderr]
    ==> Error: The name of a profile is required.
    [exit 2]
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
fn set_get_and_unset() {
    let croud = Croud::new().config(&two_profiles().text());
    assert_eq!(croud.run("config path"), "HOME/.config/Crate/croud.yaml\n");
    assert_eq!(croud.run("config get format"), "json\n");
    assert_eq!(croud.run("config set default-format yaml"), "[stderr]\n==> Info: `default-format` is `yaml` now.\n");
    assert_eq!(croud.run("config get default-format"), "yaml\n");
    assert_eq!(
        croud.run("--profile b config set endpoint https://c.example"),
        "[stderr]\n==> Info: `endpoint` is `https://c.example` now.\n"
    );
    assert_eq!(croud.run("config unset format"), "[stderr]\n==> Info: `format` was removed.\n");
    assert_eq!(croud.run("config get format"), "[stderr]\n==> Error: `format` is not set.\n[exit 1]\n");
    assert_snapshot!(croud.config_text(), @"
    default-format: yaml
    current-profile: a
    profiles:
      a:
        endpoint: https://a.example
        auth-token: t0ken
        key: k
        secret: s3cret
      b:
        endpoint: https://c.example
    ");
    assert_snapshot!(croud.run("config set format xml"), @"
    [stderr]
    ==> Error: Unknown format `xml`: use table, wide, json or yaml.
    [exit 2]
    ");
    assert_snapshot!(croud.run("config set endpoint http://x.example"), @"
    [stderr]
    ==> Error: `http://x.example` is not allowed: http:// is for loopback only. Use https://.
    [exit 2]
    ");
    assert_snapshot!(croud.run("config unset endpoint"), @"
    [stderr]
    ==> Error: A profile needs an endpoint. Use `croud config set endpoint`.
    [exit 2]
    ");
    assert_snapshot!(croud.run("config set colour red"), @"
    [stderr]
    error: invalid value 'colour' for '<KEY>'
      [possible values: default-format, format, region, organization-id, endpoint]

    For more information, try '--help'.
    [exit 2]
    ");
    assert_snapshot!(croud.run("--profile sandbox config set region x"), @"
    [stderr]
    ==> Error: The profile `sandbox` is built in: it has no configuration.
    [exit 2]
    ");
}

#[test]
fn set_checks_regions_and_organizations_with_the_cloud() {
    let server = Server::new([
        json(200, r#"[{"name": "eks1"}]"#),
        json(200, r#"[{"name": "eks1"}]"#),
        json(200, r#"[{"id": "o-1"}]"#),
        json(500, "{}"),
    ]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("config set region eks1"), @"
    [stderr]
    ==> Info: `region` is `eks1` now.
    ");
    assert_snapshot!(croud.run("config set region eks2"), @"
    [stderr]
    ==> Error: Unknown region `eks2` (see `croud regions list`). Nothing was changed.
    [exit 1]
    ");
    assert_snapshot!(croud.run("config set organization-id o-1"), @"
    [stderr]
    ==> Info: `organization-id` is `o-1` now.
    ");
    assert_snapshot!(croud.run("config set organization-id o-2"), @"
    [stderr]
    ==> Warning: `o-2` could not be looked up: 500 - Internal Server Error
    ==> Info: `organization-id` is `o-2` now.
    ");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: test
    profiles:
      test:
        endpoint: ENDPOINT
        auth-token: t0ken
        key: null
        secret: null
        organization-id: o-2
        region: eks1
    ");
}

#[cfg(unix)]
#[test]
fn a_configuration_that_other_users_can_read_is_reported() {
    use std::os::unix::fs::PermissionsExt;
    let croud = Croud::new().config(&two_profiles().text());
    fs::set_permissions(croud.config_path(), fs::Permissions::from_mode(0o644)).unwrap();
    let expected = "json\n[stderr]\n==> Warning: `HOME/.config/Crate/croud.yaml` is readable by other users; \
                    run `chmod 600 HOME/.config/Crate/croud.yaml`.\n";
    assert_eq!(croud.run("config get format"), expected);
    assert_eq!(croud.run("config get format"), expected);
    // A change makes the file private.
    croud.run("config profiles use b");
    assert_eq!(fs::metadata(croud.config_path()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(croud.run("--profile a config get format"), "json\n");
}

#[test]
fn concurrent_changes_are_all_kept() {
    const PROCESSES: usize = 50;
    // Every reply renews the token, so that `organizations list` writes the file, too.
    let mut count = 0;
    let server = Server::answering(move |_| {
        count += 1;
        reply(200, &["Content-Type: application/json", &format!("Set-Cookie: session=renewed{count}; Path=/")], "[]")
    });
    let croud = Croud::on(&server);
    let mut children: Vec<_> = (0..PROCESSES)
        .map(|i| {
            let line = match i % 5 {
                0 => "organizations list -o json".to_owned(),
                _ => format!("config profiles add p{i} --endpoint https://p{i}.example"),
            };
            let mut child = croud.command(&line);
            child.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    // Kill some of them, at different moments.
    for (i, child) in children.iter_mut().enumerate().filter(|(i, _)| i % 7 == 3) {
        for _ in 0..i * 20 {
            std::thread::yield_now();
        }
        let _ = child.kill();
    }
    let done: Vec<bool> = children.iter_mut().map(|child| child.wait().unwrap().success()).collect();
    let document: serde_json::Value = serde_yaml::from_str(&croud.config_text()).unwrap();
    for (i, done) in done.iter().enumerate().filter(|(i, _)| i % 5 != 0) {
        let is_there = document["profiles"].get(format!("p{i}")).is_some();
        assert!(is_there || !done, "p{i} is lost");
    }
    assert!(done.iter().filter(|done| **done).count() > PROCESSES / 2);
    let token = document["profiles"]["test"]["auth-token"].as_str().unwrap();
    assert!(token.starts_with("renewed"), "{token}");
    // The next change removes temporary files of killed processes.
    croud.run("config profiles add last --endpoint https://last.example");
    assert_eq!(names(croud.config_path().parent().unwrap()), [".croud.yaml.lock", "croud.yaml"]);
}

#[test]
fn unset_of_the_default_format_sets_table() {
    let croud = Croud::new().config(&two_profiles().default_format("yaml").text());
    assert_snapshot!(croud.run("config unset default-format"), @"
    [stderr]
    ==> Info: `default-format` is `table` again.
    ");
    assert_eq!(croud.run("config get default-format"), "table\n");
}

#[test]
fn set_accepts_any_as_a_region() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    assert_snapshot!(croud.run("config set region _any_"), @"
    [stderr]
    ==> Info: `region` is `_any_` now.
    ");
    assert_eq!(croud.run("config get region"), "_any_\n");
}

#[test]
fn a_hexadecimal_number_in_the_file_is_not_text() {
    for (value, is_text) in [("0x1e5", false), ("0xe", false), ("0x1F", false), ("1e5", true), ("1.5e+3", false)] {
        let croud = Croud::new().config(&format!("{}    key: {value}\n", two_profiles().text()));
        assert_eq!(croud.code("config show"), Some(if is_text { 0 } else { 1 }), "{value}");
    }
}

#[test]
fn a_relative_xdg_config_home_is_ignored() {
    let croud = Croud::new().env("XDG_CONFIG_HOME", "relative");
    assert_eq!(croud.run("config path"), "HOME/.config/Crate/croud.yaml\n");
    let elsewhere = croud.path("elsewhere");
    let croud = croud.env("XDG_CONFIG_HOME", elsewhere.to_str().unwrap());
    assert_eq!(croud.run("config path"), "HOME/elsewhere/Crate/croud.yaml\n");
}
