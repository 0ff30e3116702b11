//! How croud.yaml is read and written.

use std::fs;

use insta::assert_snapshot;

use super::two_profiles;
use crate::support::{Croud, Profile, Server, json, names, reply};

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
fn the_target_of_a_dangling_link_is_created() {
    let croud = Croud::new();
    fs::create_dir(croud.path("dotfiles")).unwrap();
    for (link, target) in
        [("absolute.yaml", croud.path("dotfiles/a.yaml")), ("relative.yaml", "dotfiles/b.yaml".into())]
    {
        std::os::unix::fs::symlink(&target, croud.path(link)).unwrap();
        let croud = Croud::new().env("CROUD_CONFIG", croud.path(link).to_str().unwrap());
        assert_eq!(croud.code("config set default-format json"), Some(0), "{link}");
    }
    for link in ["absolute.yaml", "relative.yaml"] {
        assert!(fs::symlink_metadata(croud.path(link)).unwrap().is_symlink(), "{link}");
        assert!(fs::read_to_string(croud.path(link)).unwrap().contains("default-format: json\n"), "{link}");
    }
    assert_eq!(names(&croud.path("dotfiles")), [".a.yaml.lock", ".b.yaml.lock", "a.yaml", "b.yaml"]);
}

#[test]
fn a_relative_path_is_relative_to_the_working_folder() {
    let croud = Croud::new().env("CROUD_CONFIG", "croud.yaml");
    assert_eq!(croud.code("config set default-format json"), Some(0));
    assert!(fs::read_to_string(croud.path("croud.yaml")).unwrap().contains("default-format: json\n"));
}

#[cfg(target_os = "linux")]
#[test]
fn only_a_regular_file_is_replaced() {
    let croud = Croud::new();
    let fifo = croud.path("fifo");
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let croud = croud.env("CROUD_CONFIG", fifo.to_str().unwrap());
    let (writer, text) = (fifo.clone(), two_profiles().text());
    let writing = std::thread::spawn(move || fs::write(writer, text).unwrap());
    assert_snapshot!(croud.run("config set default-format json"), @"
    [stderr]
    ==> Error: `HOME/fifo` is not a regular file.
    [exit 1]
    ");
    writing.join().unwrap();
    assert!(std::os::unix::fs::FileTypeExt::is_fifo(&fs::metadata(&fifo).unwrap().file_type()));
    assert_eq!(names(&croud.path("")), ["fifo"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_lock_file_that_is_a_fifo_is_refused() {
    let croud = Croud::new().config(&two_profiles().text());
    let lock = croud.config_path().with_file_name(".croud.yaml.lock");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, &lock, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_snapshot!(croud.run("config set default-format json"), @"
    [stderr]
    ==> Error: Could not lock `HOME/.config/Crate/croud.yaml`: `HOME/.config/Crate/.croud.yaml.lock`: No such device or address (os error 6)
    [exit 1]
    ");
}

#[cfg(unix)]
#[test]
fn a_lock_file_that_is_a_link_is_refused() {
    let croud = Croud::new().config(&two_profiles().text());
    let foreign = croud.file("foreign", b"precious");
    for target in [foreign.as_path(), std::path::Path::new("missing")] {
        let lock = croud.config_path().with_file_name(".croud.yaml.lock");
        std::os::unix::fs::symlink(target, &lock).unwrap();
        let shown = croud.run("config set default-format json");
        assert!(shown.starts_with("[stderr]\n==> Error: Could not lock `HOME/.config/Crate/croud.yaml`"), "{shown}");
        fs::remove_file(lock).unwrap();
    }
    assert_eq!(fs::read_to_string(foreign).unwrap(), "precious");
    assert!(!croud.path(".config/Crate/missing").exists());
    assert!(croud.config_text().contains("default-format: table\n"));
}

#[cfg(unix)]
#[test]
fn a_link_of_another_user_in_a_shared_folder_is_not_followed() {
    use std::os::unix::fs::{PermissionsExt, lchown, symlink};
    let croud = Croud::new();
    let (shared, link) = (croud.path("shared"), croud.path("shared/croud.yaml"));
    fs::create_dir(&shared).unwrap();
    symlink(croud.path("new.yaml"), &link).unwrap();
    if lchown(&link, Some(12345), None).is_err() {
        // Only root can make a link of another user.
        return;
    }
    let croud = croud.env("CROUD_CONFIG", link.to_str().unwrap());
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o1777)).unwrap();
    assert_snapshot!(croud.run("config set default-format json"), @"
    [stderr]
    ==> Error: `HOME/shared/croud.yaml` is a link of another user, in a folder where everybody can create files.
    [exit 1]
    ");
    assert_eq!(names(&croud.path("")), ["shared"]);
    fs::set_permissions(&shared, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(croud.code("config set default-format json"), Some(0));
    assert_eq!(fs::read_to_string(croud.path("new.yaml")).unwrap().lines().next(), Some("default-format: json"));
}

#[cfg(unix)]
#[test]
fn everything_that_is_written_is_private_under_any_umask() {
    use std::os::unix::fs::PermissionsExt;
    let croud = Croud::new();
    let command = croud.command("config profiles add x --endpoint https://x.example");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", "umask 0; exec \"$0\" \"$@\""]).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    assert_eq!(shell.output().unwrap().status.code(), Some(0));
    let folder = croud.config_path().parent().unwrap().to_owned();
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.parent().unwrap()), 0o700);
    assert_eq!(mode(&folder), 0o700);
    for name in names(&folder) {
        assert_eq!(mode(&folder.join(&name)), 0o600, "{name}");
    }
}

#[test]
fn a_change_that_would_make_the_file_too_large_is_refused() {
    let user = format!(r#"{{"email": "a@b.c", "organization_id": "{}"}}"#, "x".repeat(1 << 20));
    let server = Server::new([json(200, &user)]);
    let croud = Croud::on(&server).stdin("k\ns\n");
    let before = croud.config_text();
    assert_snapshot!(croud.run("login --api-key"), @"
    [stderr]
    ==> Info: The key belongs to a@b.c.
    ==> Error: The configuration would be larger than 1 MiB. Nothing was changed.
    [exit 1]
    ");
    assert_eq!(croud.config_text(), before);
}

#[test]
fn a_change_that_would_not_be_read_back_is_refused() {
    let croud = Croud::new().config(&two_profiles().text());
    assert_snapshot!(croud.run("config profiles add << --endpoint https://x.example"), @"
    [stderr]
    ==> Error: Profile `auth-token`: it must hold keys, such as `endpoint`. Nothing was changed.
    [exit 1]
    ");
    assert_eq!(croud.config_text(), two_profiles().text());
}

/// A HOME that is not absolute.
#[cfg(unix)]
fn relative_home() -> Croud {
    Croud::new().env("HOME", "relative").env("XDG_CONFIG_HOME", "").env("XDG_DATA_HOME", "")
}

#[cfg(unix)]
#[test]
fn a_relative_home_is_not_used() {
    let croud = relative_home();
    for line in ["config path", "me"] {
        assert_eq!(
            croud.run(line),
            "[stderr]\n==> Error: There is no folder for the configuration: set HOME to an absolute path, or name the file in \
             CROUD_CONFIG.\n[exit 1]\n",
            "{line}"
        );
    }
    assert_eq!(names(&croud.path("")), [""; 0]);
}

#[cfg(all(unix, feature = "sandbox"))]
#[test]
fn a_relative_home_is_not_used_for_the_sandbox() {
    let croud = relative_home();
    assert_snapshot!(croud.run("--profile sandbox me"), @"
    [stderr]
    ==> Error: There is no folder for the sandbox's state: set HOME to an absolute path, or set CROUD_SANDBOX_STATE.
    [exit 1]
    ");
    assert_eq!(names(&croud.path("")), [""; 0]);
}
