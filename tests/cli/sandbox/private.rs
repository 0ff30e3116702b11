//! What other users of the machine can see and change: nothing, whatever the umask.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use super::ORGANIZATION;
use crate::support::{BINARY, Croud, names, request, send};

/// Every file and folder below `folder` with its mode, except links: their modes mean nothing.
fn modes(folder: &Path) -> Vec<(String, u32)> {
    let mut modes = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_dir() {
                folders.push(path.clone());
            }
            if !metadata.is_symlink() {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                modes.push((name, metadata.mode() & 0o777));
            }
        }
    }
    modes.sort();
    modes
}

/// Fails unless all folders are 0700 and all files 0600, and there are `count` of them.
fn assert_private(folder: &Path, count: usize) {
    let modes = modes(folder);
    assert_eq!(modes.len(), count, "{modes:?}");
    for (name, mode) in &modes {
        let expected = if folder.join(name).is_dir() { 0o700 } else { 0o600 };
        assert_eq!(*mode, expected, "{name} in {modes:?}");
    }
}

/// A `croud` whose temporary folder is `tmp` in its home.
fn croud() -> Croud {
    let croud = Croud::sandbox();
    let tmp = croud.path("tmp");
    fs::create_dir(&tmp).unwrap();
    croud.env("TMPDIR", tmp.to_str().unwrap()).env("PATH", &std::env::var("PATH").unwrap())
}

/// The command for a line, with umask 0.
fn with_umask_0(croud: &Croud, line: &str) -> Command {
    let original = croud.command(line);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 0; exec \"$0\" \"$@\"", BINARY]).args(original.get_args());
    command.env_clear().envs(original.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(original.get_current_dir().unwrap());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Starts a file's upload and leaves it unfinished.
fn unfinished_upload(endpoint: &str, token: &str) -> std::net::TcpStream {
    let cookie = format!("Cookie: session={token}");
    let line = format!("POST /api/v2/organizations/{ORGANIZATION}/files/");
    let file = request(endpoint, &line, &[&cookie], br#"{"name": "f"}"#).json();
    let target = file["upload_url"].as_str().unwrap().strip_prefix(endpoint).unwrap().to_owned();
    send(endpoint, &format!("PUT {target}"), &["Content-Length: 9", "Expect: 100-continue"], b"")
}

#[test]
fn serve_creates_private_files_only() {
    for (options, folder, count) in [("", "tmp", 3), ("--state ~/state", "state", 5)] {
        let croud = croud();
        let mut child =
            with_umask_0(&croud, &format!("sandbox serve {options} --journal ~/journal.jsonl")).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        let endpoint = ready["endpoint"].as_str().unwrap();
        let mut upload = unfinished_upload(endpoint, ready["users"][0]["token"].as_str().unwrap());
        // The server asks for the body once the file for it is open.
        let mut asked = [0; 12];
        upload.read_exact(&mut asked).unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100");
        assert_private(&croud.path(folder), count);
        assert_eq!(fs::metadata(croud.path("journal.jsonl")).unwrap().mode() & 0o777, 0o600);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

#[test]
fn exec_creates_private_files_only() {
    let croud = croud();
    let mut child = with_umask_0(&croud, "sandbox exec -- sh -c 'echo ready; read line'").spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    // The folder of the sandbox with `files`; the folder of exec with `bin`, `Crate` and croud.yaml.
    assert_private(&croud.path("tmp"), 6);
    child.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(names(&croud.path("tmp")), [""; 0]);
}

#[test]
fn the_built_in_profile_creates_private_files_only() {
    let croud = croud();
    croud.file("data.csv", b"a,b\n");
    let line = "organizations files create --file-path ~/data.csv";
    assert!(with_umask_0(&croud, line).spawn().unwrap().wait().unwrap().success());
    // `files` with the content of the file, `state.json` and `state.lock`.
    assert_private(&croud.path("sandbox"), 4);
    assert_eq!(fs::metadata(croud.path("sandbox")).unwrap().mode() & 0o777, 0o700);
}

#[test]
fn a_link_in_place_of_a_lock_or_a_new_file_is_not_followed() {
    for name in ["state.lock", "serve.lock", "state.json.new"] {
        let croud = Croud::sandbox();
        let victim = croud.file("victim", b"content");
        fs::create_dir(croud.path("sandbox")).unwrap();
        symlink(&victim, croud.path("sandbox").join(name)).unwrap();
        croud.run("organizations create --name n");
        let mut served = croud.command("sandbox serve --state ~/sandbox").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(served.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        served.kill().unwrap();
        served.wait().unwrap();
        assert_eq!(fs::read_to_string(&victim).unwrap(), "content", "{name}");
    }
}

#[test]
fn an_id_in_a_state_file_does_not_become_a_path() {
    let croud = Croud::sandbox();
    let victim = croud.file("victim", b"content");
    assert_eq!(croud.code("organizations create --name n"), Some(0));
    let state = fs::read_to_string(croud.path("sandbox/state.json")).unwrap();
    let state = state.replace("327ad0e6-607f-4f99-a4cc-c1e98bf28e4d", "../../victim");
    croud.file("sandbox/state.json", state.as_bytes());
    assert_eq!(croud.code("organizations delete -y"), Some(0));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "content");
}

#[test]
fn a_link_in_place_of_the_files_folder_is_refused() {
    let croud = Croud::sandbox();
    let victim = croud.file("other/victim", b"content");
    fs::create_dir(croud.path("sandbox")).unwrap();
    symlink(croud.path("other"), croud.path("sandbox/files")).unwrap();
    assert_eq!(croud.code("sandbox reset"), Some(1));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "content");
}

#[test]
fn a_temporary_folder_that_cannot_be_used_is_named() {
    let croud = croud().env("TMPDIR", "/dev/null");
    assert_snapshot!(croud.run("sandbox exec -- true"), @"
    [stderr]
    ==> Error: The sandbox could not start: the temporary folder `/dev/null` can't be used: Not a directory (os error 20). Set TMPDIR to another one.
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations files create --file-path - --name n"), @"
    [stderr]
    ==> Error: Could not write stdin to a temporary file: the temporary folder `/dev/null` can't be used: Not a directory (os error 20). Set TMPDIR to another one
    [exit 1]
    ");
}

#[test]
fn an_empty_tmpdir_is_not_the_current_folder() {
    let croud = croud().env("TMPDIR", "");
    let config = croud.stdout("sandbox exec -- croud config path");
    assert!(config.starts_with("/tmp/croud-exec-"), "{config}");
    // A relative folder is found from every folder.
    let croud = croud.env("TMPDIR", "tmp");
    let config = croud.stdout("sandbox exec -- sh -c 'cd / && croud config path'");
    assert!(config.starts_with(croud.path("tmp").to_str().unwrap()), "{config}");
    assert_eq!(names(&croud.path("tmp")), [""; 0]);
}
