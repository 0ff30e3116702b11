//! `config`, and how croud.yaml is found, read and written.

mod file;
mod profiles;
mod show;
mod yaml;

use std::fs;

use insta::assert_snapshot;

use crate::support::{Config, Croud, Profile, Server, json, reply};

/// Profile `a`, which has all credentials and is the current one, and profile `b`, which has none.
pub(super) fn two_profiles() -> Config {
    let a = Profile::at("https://a.example").token("t0ken").key("k", "s3cret").format("json");
    Config::new().profile("a", a).profile("b", Profile::at("https://b.example"))
}

#[test]
fn croud_config_names_another_file() {
    let croud = Croud::new();
    let path = croud.file("elsewhere.yaml", two_profiles().text().as_bytes());
    let croud = croud.env("CROUD_CONFIG", path.to_str().unwrap());
    assert_eq!(croud.run("config profiles use b"), "[stderr]\n==> Info: Switched to profile 'b'.\n");
    assert!(fs::read_to_string(path).unwrap().contains("current-profile: b\n"));
}

#[cfg(feature = "sandbox")]
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
        Use `--profile NAME` to choose a profile of croud.yaml.
    [exit 2]
    ");
}

#[cfg(feature = "sandbox")]
#[test]
fn default_format_belongs_to_no_profile() {
    let croud = Croud::new().config(&two_profiles().text()).env("CROUD_PROFILE", "sandbox");
    assert_eq!(croud.run("config set default-format yaml"), "[stderr]\n==> Info: `default-format` is `yaml` now.\n");
    assert_eq!(croud.run("config get default-format"), "yaml\n");
    assert_snapshot!(croud.run("config unset default-format"), @"
    [stderr]
    ==> Info: `default-format` is `table` again.
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
fn a_relative_xdg_config_home_is_ignored() {
    let croud = Croud::new().env("XDG_CONFIG_HOME", "relative");
    assert_eq!(croud.run("config path"), "HOME/.config/Crate/croud.yaml\n");
    let elsewhere = croud.path("elsewhere");
    let croud = croud.env("XDG_CONFIG_HOME", elsewhere.to_str().unwrap());
    assert_eq!(croud.run("config path"), "HOME/elsewhere/Crate/croud.yaml\n");
}

#[test]
fn path_escapes_control_characters() {
    let croud = Croud::new().env("CROUD_CONFIG", "/a\u{9b}31m\u{202e}\n/croud.yaml");
    assert_eq!(croud.run("config path"), "/a\\x9b31m\\u202e\\n/croud.yaml\n");
}

#[test]
fn set_does_not_restore_a_profile_that_another_process_removed() {
    let croud = Croud::new();
    let path = croud.config_path();
    let server = Server::answering(move |_| {
        let text = fs::read_to_string(&path).unwrap();
        let kept = text.replace("current-profile: a", "current-profile: b");
        let (start, end) = (kept.find("  a:\n").unwrap(), kept.find("  b:\n").unwrap());
        fs::write(&path, format!("{}{}", &kept[..start], &kept[end..])).unwrap();
        json(200, r#"[{"name": "eks1"}]"#)
    });
    let a = Profile::at(&server.endpoint()).token("t0ken");
    let croud = croud.config(&Config::new().profile("a", a).profile("b", Profile::at("https://b.example")).text());
    assert_snapshot!(croud.run("config set region eks1"), @"
    [stderr]
    ==> Error: The profile `a` no longer exists. Nothing was changed.
    [exit 1]
    ");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: b
    profiles:
      b:
        endpoint: https://b.example
    ");
}

#[test]
fn set_says_that_comments_are_removed() {
    let croud = Croud::new().config(&format!("# mine\n{}", two_profiles().text()));
    assert_snapshot!(croud.run("config set default-format json"), @"
    [stderr]
    ==> Warning: The comments in `HOME/.config/Crate/croud.yaml` were removed.
    ==> Info: `default-format` is `json` now.
    ");
    assert_snapshot!(croud.run("config set default-format yaml"), @"
    [stderr]
    ==> Info: `default-format` is `yaml` now.
    ");
    // A change that changes nothing keeps the file as it is.
    let croud = croud.config(&format!("{}# mine\n", two_profiles().text()));
    assert_snapshot!(croud.run("config set default-format table"), @"
    [stderr]
    ==> Info: `default-format` is `table` now.
    ");
    assert!(croud.config_text().ends_with("# mine\n"));
}

#[test]
fn set_endpoint_removes_the_credentials_of_another_server() {
    let croud = Croud::new().config(&two_profiles().text());
    assert_snapshot!(croud.run("config set endpoint https://a.example:443/"), @"
    [stderr]
    ==> Info: `endpoint` is `https://a.example:443/` now.
    ");
    assert_snapshot!(croud.run("config set endpoint https://evil.example"), @"
    [stderr]
    ==> Info: `endpoint` is `https://evil.example` now.
        The credentials of profile `a` belonged to the old endpoint and were removed. Use `croud login` to log in.
    ");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: a
    profiles:
      a:
        endpoint: https://evil.example
        auth-token: null
        key: null
        secret: null
        format: json
      b:
        endpoint: https://b.example
    ");
}

#[test]
fn a_renewed_token_is_not_stored_after_the_endpoint_changed() {
    let croud = Croud::new();
    let path = croud.config_path();
    let server = Server::answering(move |_| {
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("http://127.0.0.1:", "https://other.example:")).unwrap();
        reply(200, &["Content-Type: application/json", "Set-Cookie: session=renewed"], "[]")
    });
    let a = Profile::at(&server.endpoint()).token("t0ken");
    let croud = croud.config(&Config::new().profile("a", a).text());
    assert_snapshot!(croud.run("organizations list -o json"), @"
    []
    [stderr]
    ==> Warning: The renewed session token could not be stored: Another process changed the endpoint of profile `a`. Nothing was stored.
    ");
    assert!(!croud.config_text().contains("renewed"));
}
