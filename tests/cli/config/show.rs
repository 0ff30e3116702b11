//! `config show`.

use insta::assert_snapshot;

use super::two_profiles;
use crate::support::Croud;

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
fn show_names_the_profile_in_use_if_it_is_not_the_one_of_the_file() {
    let croud = Croud::new().config(&two_profiles().text());
    assert_snapshot!(messages(&croud.run("--profile b config show")), @"
    ==> Info: Configuration file HOME/.config/Crate/croud.yaml
    ==> Info: The profile in use is `b`, which `--profile` or CROUD_PROFILE names.
    ");
    assert_snapshot!(messages(&croud.run("--profile a config show")), @"==> Info: Configuration file HOME/.config/Crate/croud.yaml");
    assert_snapshot!(messages(&croud.run("--profile c config show")), @"
    ==> Info: Configuration file HOME/.config/Crate/croud.yaml
    ==> Warning: There is no profile `c`.
    ");
    #[cfg(feature = "sandbox")]
    assert_snapshot!(messages(&croud.run("--profile sandbox config show")), @"
    ==> Info: Configuration file HOME/.config/Crate/croud.yaml
    ==> Info: The profile in use is the built-in `sandbox`, which is not in this file.
    ");
}

/// The part of a run's output that is on stderr.
fn messages(run: &str) -> &str {
    run.split_once("[stderr]\n").map_or("", |(_, messages)| messages)
}

#[test]
fn show_masks_secrets_in_lists() {
    let config = format!("{}extra: [{{secret: s3cret}}, [{{auth-token: t0ken}}]]\n", two_profiles().text());
    let run = Croud::new().config(&config).run("config show");
    assert!(run.contains("extra:\n- secret: xxxxxxxxxx\n"), "{run}");
    assert!(!run.contains("s3cret") && !run.contains("t0ken"), "{run}");
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
        region: _any_
        secret: xxxxxxxxxx
    [stderr]
    ==> Info: Configuration file HOME/.config/Crate/croud.yaml
    ");
    assert!(!croud.config_path().exists());
}
