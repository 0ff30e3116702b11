//! `organizations files get --download`.

use std::fs;

use insta::assert_snapshot;

use super::record;
use crate::support::{Croud, Response, Server, json, names, reply};

#[test]
fn download() {
    let server = Server::new([
        json(
            200,
            r#"{"id": "f-1", "name": "../../up.csv", "status": "UPLOADED", "file_size": 4, "download_url": "ENDPOINT/get?sig=s"}"#,
        ),
        reply(200, &[], "a,b\n"),
    ]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    assert_snapshot!(croud.run("organizations files get --file-id f-1 --download ~/in"), @"
    +------+--------------+----------+-------------+
    | id   | name         | status   | file_size   |
    |------+--------------+----------+-------------|
    | f-1  | ../../up.csv | UPLOADED | 4.00 Byte   |
    +------+--------------+----------+-------------+
    [stderr]
    ==> Success: File downloaded to `HOME/in/up.csv`.
    ");
    assert_eq!(names(&croud.path("in")), ["up.csv"]);
    assert_eq!(fs::read(croud.path("in/up.csv")).unwrap(), b"a,b\n");
    assert_eq!(server.requests()[1].header("cookie"), None);
}

#[test]
fn a_file_without_content_cannot_be_downloaded() {
    let run =
        |record| Croud::on(&Server::new([json(200, record)])).run("organizations files get --file-id f-1 --download");
    assert_snapshot!(run(r#"{"id": "f-1", "name": "up.csv", "status": "PENDING"}"#), @"
    [stderr]
    ==> Error: The file can't be downloaded: its upload is not complete. Try again when its status is UPLOADED.
    [exit 1]
    ");
    for record in ["{}", "null", r#"{"id": "f-1", "status": "UPLOADED", "download_url": ""}"#] {
        assert!(run(record).contains("can't be downloaded: the reply has no `download_url`.\n"), "{record}");
    }
}

#[test]
fn an_incomplete_download_leaves_no_file() {
    let server = Server::new([record(9), reply(200, &[], "a,b\n")]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    assert_snapshot!(croud.run("organizations files get --file-id f-1 --download ~/in"), @"
    [stderr]
    ==> Error: The file could not be downloaded
        the server sent 4 of the file's 9 bytes
    [exit 1]
    ");
    assert_eq!(names(&croud.path("in")), [""; 0]);
}

#[test]
fn download_replaces_a_file_only_with_overwrite() {
    let server = Server::new([record(4), record(4), reply(200, &[], "a,b\n")]);
    let croud = Croud::on(&server);
    croud.file("in/up.csv", b"old");
    assert_snapshot!(croud.run("organizations files get --file-id f-1 --download ~/in/up.csv"), @"
    [stderr]
    ==> Error: `HOME/in/up.csv` exists. Pass --overwrite to replace it.
    [exit 1]
    ");
    assert_eq!(fs::read(croud.path("in/up.csv")).unwrap(), b"old");
    assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/in/up.csv --overwrite"), Some(0));
    assert_eq!(fs::read(croud.path("in/up.csv")).unwrap(), b"a,b\n");
}

#[test]
fn a_download_that_stalls_leaves_no_file() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na,b\n".to_vec();
    let server = Server::new([record(9), Response::BytesAndStall(half)]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    assert_snapshot!(croud.run("--timeout 0.3 organizations files get --file-id f-1 --download ~/in"), @"
    [stderr]
    ==> Error: The file could not be downloaded
        no data transferred for 0.3 s (raise it with --timeout)
    [exit 1]
    ");
    assert_eq!(names(&croud.path("in")), [""; 0]);
}

#[test]
fn an_interrupted_download_leaves_no_file() {
    use rustix::process::Signal;
    for (signal, code) in [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)] {
        let server = Server::new([record(9), Response::Stall]);
        let croud = Croud::on(&server);
        fs::create_dir(croud.path("in")).unwrap();
        let running = croud.start("--quiet organizations files get --file-id f-1 --download in");
        server.wait_for(2);
        running.signal(signal);
        assert_eq!(running.wait().status.code(), Some(code));
        assert_eq!(names(&croud.path("in")), [""; 0]);
    }
}

#[test]
fn download_to_stdout() {
    let server = Server::new([record(4), reply(200, &[], "a,b\n")]);
    assert_eq!(Croud::on(&server).run("organizations files get --file-id f-1 --download -"), "a,b\n");
}

#[test]
fn a_download_that_is_too_long_ends_early() {
    // The server never ends the body.
    let endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\na,b\n\r\n".to_vec();
    let server = Server::new([record(3), Response::BytesAndStall(endless)]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    assert_snapshot!(croud.run("organizations files get --file-id f-1 --download ~/in"), @"
    [stderr]
    ==> Error: The file could not be downloaded
        the server sent more than the file's 3 bytes
    [exit 1]
    ");
    assert_eq!(names(&croud.path("in")), [""; 0]);
}

#[test]
fn download_replaces_only_regular_files() {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    let server = Server::new([record(4), record(4), record(4)]);
    let croud = Croud::on(&server);
    let kept = croud.file("kept", b"old");
    symlink(&kept, croud.path("link")).unwrap();
    symlink(croud.path("missing"), croud.path("dangling")).unwrap();
    let status = std::process::Command::new("mkfifo").arg(croud.path("fifo")).status().unwrap();
    assert!(status.success());
    for target in ["link", "dangling", "fifo"] {
        let shown = croud.run(&format!("organizations files get --file-id f-1 --download ~/{target} --overwrite"));
        let error = format!("`HOME/{target}` exists and is not a regular file, so it is not replaced.");
        assert_eq!(shown, format!("[stderr]\n==> Error: {error}\n[exit 1]\n"));
    }
    assert!(fs::symlink_metadata(croud.path("link")).unwrap().is_symlink());
    assert!(fs::symlink_metadata(croud.path("dangling")).unwrap().is_symlink());
    assert!(fs::metadata(croud.path("fifo")).unwrap().file_type().is_fifo());
    assert_eq!(fs::read(kept).unwrap(), b"old");
}

#[test]
fn a_hidden_name_needs_a_path() {
    let record = |name| format!(r#"{{"id": "f-1", "name": "{name}", "file_size": 4, "download_url": "ENDPOINT/get"}}"#);
    for name in [".bash_profile", "-rf", "x\\u202evsc.sh"] {
        let server = Server::new([json(200, &record(name)), json(200, &record(name)), reply(200, &[], "a,b\n")]);
        let croud = Croud::on(&server);
        fs::create_dir(croud.path("in")).unwrap();
        assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/in"), Some(2), "{name}");
        assert_eq!(names(&croud.path("in")), [""; 0]);
        assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/in/.hidden"), Some(0), "{name}");
        assert_eq!(names(&croud.path("in")), [".hidden"]);
    }
}

const RECORD: &str = r#"{"id": "f-1", "name": "up.csv", "file_size": 4, "download_url": "ENDPOINT/get?sig=s1gnature"}"#;

#[test]
fn the_url_of_a_download_is_not_printed_in_any_format() {
    let mut shown = String::new();
    for format in ["table", "wide", "json", "yaml"] {
        let server = Server::new([json(200, RECORD), reply(200, &[], "a,b\n")]);
        let croud = Croud::on(&server);
        shown += &croud.run(&format!("--quiet organizations files get --file-id f-1 --download ~/ -o {format}"));
    }
    assert_snapshot!(shown, @r#"
    +------+--------+-------------+
    | id   | name   | file_size   |
    |------+--------+-------------|
    | f-1  | up.csv | 4.00 Byte   |
    +------+--------+-------------+
    +------+--------+-------------+
    | id   | name   | file_size   |
    |------+--------+-------------|
    | f-1  | up.csv | 4.00 Byte   |
    +------+--------+-------------+
    {
      "id": "f-1",
      "name": "up.csv",
      "file_size": 4
    }
    id: f-1
    name: up.csv
    file_size: 4
    "#);
}

#[test]
fn the_abbreviations_of_format_keep_their_meaning() {
    let server = Server::new([json(200, RECORD), json(200, RECORD)]);
    let croud = Croud::on(&server);
    for option in ["--fo", "--for"] {
        let shown = croud.stdout(&format!("organizations files get --file-id f-1 {option} json"));
        assert!(shown.starts_with('{'), "{shown}");
    }
}

#[cfg(unix)]
#[test]
fn a_download_is_private_until_it_is_complete() {
    use std::os::unix::fs::MetadataExt as _;
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().mode() & 0o777;
    let (release, released) = std::sync::mpsc::channel::<()>();
    let server = Server::answering(move |request| match request.line.as_str() {
        "GET /get?sig=s1gnature" => {
            released.recv().unwrap();
            reply(200, &[], "a,b\n")
        }
        _ => json(200, RECORD),
    });
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    for (umask, before, after) in [("000", None, 0o666), ("027", None, 0o640), ("000", Some(0o600), 0o600)] {
        let path = croud.path("in/up.csv");
        if let Some(mode) = before {
            fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        } else {
            let _ = fs::remove_file(&path);
        }
        let requests = server.requests().len();
        let command = croud.command("organizations files get --file-id f-1 --download in --overwrite");
        let running = crate::support::Running::new(&mut under_umask(&command, umask));
        server.wait_for(requests + 1);
        // The temporary file is created before the second request is sent, which waits for its reply.
        let limit = std::time::Instant::now() + std::time::Duration::from_secs(30);
        let part = loop {
            let found = names(&croud.path("in")).into_iter().find(|name| name.ends_with(".part"));
            match found {
                Some(part) => break part,
                None => std::thread::yield_now(),
            }
            assert!(std::time::Instant::now() < limit, "the download did not begin");
        };
        assert_eq!(mode(&croud.path("in").join(part)), 0o600, "{umask}");
        release.send(()).unwrap();
        assert_eq!(running.wait().status.code(), Some(0), "{umask}");
        assert_eq!(mode(&path), after, "{umask}");
        assert_eq!(names(&croud.path("in")), ["up.csv"]);
    }
}

/// The same command under a umask. Its environment and its folder are kept.
#[cfg(unix)]
fn under_umask(command: &std::process::Command, umask: &str) -> std::process::Command {
    in_shell(command, &format!("umask {umask}"))
}

/// A command that a shell starts after `before`. Its environment and its folder are kept.
#[cfg(unix)]
fn in_shell(command: &std::process::Command, before: &str) -> std::process::Command {
    let mut shell = std::process::Command::new("/bin/sh");
    shell.args(["-c", &format!("{before}; exec \"$@\""), "sh"]).arg(command.get_program()).args(command.get_args());
    shell.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.current_dir(command.get_current_dir().unwrap()).stdin(std::process::Stdio::null());
    shell
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_written_is_an_error_with_the_reason_of_the_system() {
    let body = "x".repeat(1 << 20);
    let server = Server::new([record(1048576), reply(200, &[], &body)]);
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    let command = croud.command("organizations files get --file-id f-1 --download in");
    // A file may have at most 512 bytes. With the signal SIGXFSZ ignored, a larger write fails as on a full disk.
    let output = in_shell(&command, "trap '' XFSZ; ulimit -f 1").output().unwrap();
    assert_snapshot!(croud.shown(&output), @"
    [stderr]
    ==> Error: Could not write `in/up.csv`: File too large (os error 27)
    [exit 1]
    ");
    assert_eq!(names(&croud.path("in")), [""; 0]);
}

#[test]
fn a_folder_that_cannot_be_written_is_an_error_without_the_temporary_name() {
    let server = Server::new([json(200, RECORD), json(200, RECORD)]);
    let croud = Croud::on(&server);
    croud.file("file", b"");
    assert_snapshot!(croud.run("organizations files get --file-id f-1 --download ~/none/up.csv"), @"
    [stderr]
    ==> Error: Could not write `HOME/none`: No such file or directory (os error 2)
    [exit 1]
    ");
    assert_snapshot!(croud.run("organizations files get --file-id f-1 --download ~/file/up.csv"), @"
    [stderr]
    ==> Error: Could not write `HOME/file/up.csv`: Not a directory (os error 20)
    [exit 1]
    ");
}

#[test]
fn a_name_that_only_windows_reserves_is_accepted_on_other_systems() {
    let name = "dump-2024-01-01T12:00.csv";
    let record = format!(r#"{{"id": "f-1", "name": "{name}", "file_size": 4, "download_url": "ENDPOINT/get"}}"#);
    let server = Server::answering(move |request| match request.line.as_str() {
        "GET /get" => reply(200, &[], "a,b\n"),
        _ => json(200, &record),
    });
    let croud = Croud::on(&server);
    fs::create_dir(croud.path("in")).unwrap();
    let code = croud.code("organizations files get --file-id f-1 --download ~/in");
    assert_eq!(code, Some(if cfg!(windows) { 2 } else { 0 }));
    assert_eq!(names(&croud.path("in")).len(), usize::from(!cfg!(windows)));
}

#[test]
fn a_compressed_download_is_not_decoded() {
    // 24 bytes that decode to 4, and 4 bytes that do not decode.
    for (size, body) in
        [(24, &b"\x1f\x8b\x08\0\0\0\0\0\x02\x03K\xd4I\xe2\x02\0\xc5\x10\x97$\x04\0\0\0"[..]), (4, b"a,b\n")]
    {
        let record =
            format!(r#"{{"id": "f-1", "name": "up.csv", "file_size": {size}, "download_url": "ENDPOINT/get"}}"#);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {size}\r\n\r\n");
        let server = Server::new([json(200, &record), Response::Bytes([head.as_bytes(), body].concat())]);
        let croud = Croud::on(&server);
        assert_eq!(croud.code("organizations files get --file-id f-1 --download ~/up"), Some(0));
        assert_eq!(fs::read(croud.path("up")).unwrap(), body);
        assert_eq!(server.requests()[1].header("accept-encoding"), Some("identity"));
    }
}

#[test]
fn a_closed_stdout_is_not_an_error() {
    let server = Server::new([record(33554432), reply(200, &[], &"x".repeat(32 << 20))]);
    let croud = Croud::on(&server);
    let mut child = croud
        .command("organizations files get --file-id f-1 --download -")
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn a_download_is_not_written_to_a_terminal() {
    let server = Server::new([json(200, RECORD)]);
    let croud = Croud::on(&server);
    let mut terminal =
        crate::support::Terminal::new(croud.command("organizations files get --file-id f-1 --download -"));
    assert_eq!(terminal.code(), Some(2));
    assert!(terminal.seen().contains("A file is not written to a terminal."), "{}", terminal.seen());
}
