//! Attacks by a server, or by the text of an argument.

use std::io::Write as _;

use insta::assert_snapshot;

use crate::support::{Croud, Profile, Response, Server, json, reply};

/// Every option whose value becomes part of a path: the command line with `{}` for the value, the request
/// with `{}` for the encoded value, and whether an empty value counts as not given.
const PLACES: &[(&str, &str, bool)] = &[
    ("organizations get={}", "GET /api/v2/organizations/{}/", false),
    ("organizations edit --name x --org-id={}", "PUT /api/v2/organizations/{}/", true),
    ("organizations delete -y --org-id={}", "DELETE /api/v2/organizations/{}/", true),
    ("organizations auditlogs list --org-id={}", "GET /api/v2/organizations/{}/auditlogs/", true),
    ("organizations users list --org-id={}", "GET /api/v2/organizations/{}/users/", true),
    ("organizations users add --user u --role org_member --org-id={}", "POST /api/v2/organizations/{}/users/", true),
    ("organizations users remove --org-id o --user={}", "DELETE /api/v2/organizations/o/users/{}/", false),
    ("organizations users remove --user u --org-id={}", "DELETE /api/v2/organizations/{}/users/u/", true),
    ("organizations files list --org-id={}", "GET /api/v2/organizations/{}/files/", true),
    ("organizations files get --org-id o --file-id={}", "GET /api/v2/organizations/o/files/{}/", false),
    ("organizations files delete --org-id o --file-id={}", "DELETE /api/v2/organizations/o/files/{}/", false),
    ("organizations files delete --file-id f --org-id={}", "DELETE /api/v2/organizations/{}/files/f/", true),
    ("organizations secrets list --org-id={}", "GET /api/v2/organizations/{}/secrets/", true),
    ("organizations secrets delete --org-id o --secret-id={}", "DELETE /api/v2/organizations/o/secrets/{}/", false),
    ("organizations secrets delete --secret-id s --org-id={}", "DELETE /api/v2/organizations/{}/secrets/s/", true),
    ("organizations credits list --org-id={}", "GET /api/v2/organizations/{}/credits/", true),
    (
        "organizations credits edit --comment c --org-id o --credit-id={}",
        "PATCH /api/v2/organizations/o/credits/{}/",
        false,
    ),
    ("organizations credits expire --org-id o --credit-id={}", "DELETE /api/v2/organizations/o/credits/{}/", false),
    ("organizations credits expire --credit-id c --org-id={}", "DELETE /api/v2/organizations/{}/credits/c/", true),
    ("organizations customer get --org-id={}", "GET /api/v2/organizations/{}/customer/", true),
    ("regions list --org-id={}", "GET /api/v2/organizations/{}/regions/", true),
    ("api-keys edit --active true --api-key={}", "PATCH /api/v2/users/me/api-keys/{}/", false),
    ("api-keys delete --api-key={}", "DELETE /api/v2/users/me/api-keys/{}/", false),
];

/// Runs `line` with `id` in place of `{}`, and returns the exit code.
fn run(croud: &Croud, line: &str, id: &str) -> Option<i32> {
    let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let last = words.pop().unwrap();
    match last.strip_suffix("={}").unwrap() {
        option if option.starts_with("--") => words.push(format!("{option}={id}")),
        verb => words.extend([verb.to_owned(), "--".to_owned(), id.to_owned()]),
    }
    let mut command = croud.command("");
    command.args(words).output().unwrap().status.code()
}

#[test]
fn an_identifier_is_one_segment_or_refused() {
    let long = "x".repeat(10_000);
    let encoded = [
        ("a/b", "a%2Fb"),
        ("%2e%2e", "%252e%252e"),
        ("../x", "..%2Fx"),
        ("id#x", "id%23x"),
        ("id?x=y", "id%3Fx%3Dy"),
        ("a\nb", "a%0Ab"),
        ("a\r\nHost: evil", "a%0D%0AHost%3A%20evil"),
        ("é漢", "%C3%A9%E6%BC%A2"),
        ("a b+c&d;e", "a%20b%2Bc%26d%3Be"),
        ("a\\b", "a%5Cb"),
        ("...", "..."),
        (long.as_str(), long.as_str()),
    ];
    for (line, request, _) in PLACES {
        let server = Server::new(encoded.iter().map(|_| json(500, "{}")));
        let croud = Croud::on(&server);
        for (id, _) in encoded {
            run(&croud, line, id);
        }
        let asked: Vec<String> = server.requests().into_iter().map(|asked| asked.line).collect();
        let expected: Vec<String> = encoded.iter().map(|(_, encoded)| request.replace("{}", encoded)).collect();
        assert_eq!(asked, expected, "{line}");
    }
}

#[test]
fn a_segment_that_changes_the_path_is_refused() {
    for (line, _, falls_back) in PLACES {
        let server = Server::new([]);
        let croud = Croud::on(&server);
        for id in [".", ".."] {
            assert_eq!(run(&croud, line, id), Some(2), "{line} {id}");
        }
        assert_eq!(server.wire(), "", "{line}");
        if !falls_back {
            assert_eq!(run(&croud, line, ""), Some(2), "{line}");
            assert_eq!(server.wire(), "", "{line}");
        }
    }
}

/// Control sequences, as JSON: they clear the screen, set the title and the clipboard, and reverse text.
const EVIL: &str = "a\\u001b[2Jb\\u001b]0;t\\u0007c\\u001b]52;c;eA==\\u0007d\\u009b1me\\u202ef\\u2066g\\u007fh\\u0000i\\rj\\tk\\u0008l";

fn is_harmless(text: &str) -> bool {
    !text.chars().any(|c| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{206f}')
    })
}

#[test]
fn control_characters_never_reach_the_terminal() {
    let row = format!(r#"{{"id": "{EVIL}", "name": "{EVIL}", "{EVIL}": ["{EVIL}"], "upload_url": "{EVIL}"}}"#);
    for format in ["table", "wide", "json", "yaml"] {
        let server = Server::new([json(200, &format!("[{row}]"))]);
        let shown = Croud::on(&server).run(&format!("organizations list -o {format}"));
        assert!(is_harmless(&shown) && shown.contains("a"), "{format}: {shown:?}");
    }
    let message = format!(r#"{{"message": "{EVIL}", "errors": {{"{EVIL}": ["{EVIL}"]}}}}"#);
    for say in [
        json(400, &message),
        json(401, &message),
        json(500, &format!(r#"["{EVIL}"]"#)),
        reply(302, &["Location: https://\u{202e}evil\u{9b}.example/"], ""),
        json(200, &row),
    ] {
        let shown = Croud::on(&Server::new([say])).run("organizations users list");
        assert!(is_harmless(&shown), "{shown:?}");
    }
    // An upload and a download.
    let server = Server::new([json(200, &row), reply(204, &[], "")]);
    let croud = Croud::on(&server);
    croud.file("f", b"x");
    let shown = croud.run("organizations files create --file-path ~/f");
    assert!(is_harmless(&shown), "{shown:?}");
    let record = format!(r#"{{"id": "f", "name": "{EVIL}/../x", "file_size": 1, "download_url": "ENDPOINT/get"}}"#);
    let server = Server::new([json(200, &record), reply(200, &[], "x")]);
    let croud = Croud::on(&server);
    let shown = croud.run("organizations files get --file-id f --download");
    assert!(is_harmless(&shown), "{shown:?}");
    assert!(crate::support::names(&croud.path("")).iter().all(|name| is_harmless(name)));
}

#[test]
fn a_long_error_is_cut() {
    let long = "x".repeat(1_000_000);
    let server = Server::new([json(500, &format!(r#"{{"message": "{long}", "errors": ["{long}"]}}"#))]);
    let shown = Croud::on(&server).run("organizations list");
    assert!(shown.len() < 50_000, "{}", shown.len());
    assert!(shown.contains("bytes more)"));
}

#[test]
fn deep_replies_are_refused() {
    for (deep, ends) in [("[", "]"), (r#"{"a":"#, "}")] {
        let reply = format!("{}1{}", deep.repeat(100_000), ends.repeat(100_000));
        assert_eq!(Croud::on(&Server::new([json(200, &reply)])).code("organizations list"), Some(1));
        assert_eq!(Croud::on(&Server::new([json(400, &reply)])).code("organizations list"), Some(1));
    }
}

/// Secrets of the test below, which may appear only in requests and in croud.yaml.
const SECRETS: &[&str] =
    &["t0ken", "n3wtoken", "AKIA-ACCESS", "s3cret-key", "c0nnection", "passw0rd", "certif1cate", "s1gnature"];

#[test]
fn secrets_are_never_printed() {
    let upload = r#"{"id": "f-1", "upload_url": "ENDPOINT/put?sig=s1gnature", "status": "PENDING"}"#;
    let renewed = |body: &str| reply(200, &["Content-Type: application/json", "Set-Cookie: session=n3wtoken"], body);
    let create = "organizations secrets create --name n --type";
    let mongodb = format!("{create} MONGODB --connection-string c0nnection");
    let runs = [
        (format!("{create} AWS --access-key AKIA-ACCESS --secret-key s3cret-key"), vec![json(400, "{}")]),
        (format!("{create} AWS --access-key AKIA-ACCESS --secret-key s3cret-key"), vec![Response::Close]),
        (format!("{create} AZURE --connection-string c0nnection"), vec![json(200, "<html>")]),
        (format!("{mongodb} --username u --password passw0rd"), vec![json(401, "{}")]),
        (format!("{mongodb} --certificate certif1cate"), vec![renewed("{}")]),
        (
            "organizations files create --file-path ~/f".to_owned(),
            vec![json(200, upload), reply(403, &[], ""), json(500, "{}")],
        ),
        (
            "organizations files create --file-path ~/f".to_owned(),
            vec![json(200, upload), Response::Close, json(500, "{}")],
        ),
        ("organizations list".to_owned(), vec![renewed("[]")]),
        ("config show".to_owned(), vec![]),
        ("status".to_owned(), vec![renewed("{}")]),
    ];
    for (line, script) in runs {
        let server = Server::new(script);
        let croud = Croud::on(&server).env("LOG_API", "true").env("RUST_BACKTRACE", "1").env("RUST_LOG", "trace");
        croud.file("f", b"x");
        let shown = croud.run(&line);
        for secret in SECRETS {
            assert!(!shown.contains(secret), "{secret} in: {line}\n{shown}");
        }
    }
}

#[test]
fn credentials_stay_with_their_origin() {
    let other = Server::new([reply(200, &[], "")]);
    // A redirect is not followed. An upload to another origin carries no credentials.
    let location = format!("Location: {}/api/v2/organizations/", other.endpoint());
    let server = Server::new([reply(302, &[&location], "")]);
    assert_eq!(Croud::on(&server).code("organizations list"), Some(4));
    assert_eq!(other.wire(), "");
    let created = format!(r#"{{"id": "f-1", "upload_url": "{}/put"}}"#, other.endpoint());
    let server = Server::new([json(200, &created), json(200, r#"[{"id": "f-1"}]"#)]);
    let croud = Croud::on(&server);
    croud.file("f", b"x");
    croud.file(".netrc", b"default login netrc password netrc\n");
    assert_eq!(croud.code("organizations files create --file-path ~/f"), Some(0));
    assert_eq!(other.wire(), "PUT /put x\n");
    // An upload over plain HTTP, or to something else than a server, is refused.
    for address in ["http://files.example/put", "ftp://files.example/put", "file:///etc/passwd", "nonsense"] {
        let created = format!(r#"{{"id": "f-1", "upload_url": "{address}"}}"#);
        let server = Server::new([json(200, &created), reply(204, &[], "")]);
        let croud = Croud::on(&server);
        croud.file("f", b"x");
        assert_eq!(croud.code("organizations files create --file-path ~/f"), Some(1), "{address}");
        assert_eq!(server.requests().len(), 2, "{address}: its record is removed");
    }
}

#[test]
fn a_download_stays_in_its_folder() {
    for name in ["../evil", "/etc/evil", "..", ".", "", "a/../../evil", "C:\\evil", "\u{0}", ".bashrc", "CON"] {
        let record = serde_json::json!({"id": "f", "name": name, "file_size": 1, "download_url": "ENDPOINT/get"});
        // Whether the file is requested depends on the name.
        let server = Server::answering(move |request| match request.line.as_str() {
            "GET /get" => reply(200, &[], "x"),
            _ => json(200, &record.to_string()),
        });
        let croud = Croud::on(&server);
        std::fs::create_dir_all(croud.path("a/b")).unwrap();
        let code = croud.code("organizations files get --file-id f --download ~/a/b");
        let mut found = Vec::new();
        for folder in ["", "a", "a/b"] {
            found.extend(crate::support::names(&croud.path(folder)).into_iter().map(|name| format!("{folder}/{name}")));
        }
        found.retain(|name| !["/.config", "/a", "a/b"].contains(&name.as_str()));
        match code {
            Some(0) => assert!(found.len() == 1 && found[0].starts_with("a/b/"), "{name:?}: {found:?}"),
            _ => assert!(found.is_empty(), "{name:?}: {found:?}"),
        }
        assert!(!std::path::Path::new("/etc/evil").exists());
    }
}

/// `size` bytes of spaces, compressed.
fn compressed(size: usize) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(&vec![b' '; size]).unwrap();
    encoder.finish().unwrap()
}

fn bytes(headers: &str, body: &[u8]) -> Response {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    Response::BytesAndClose([head.as_bytes(), body].concat())
}

/// One byte more than a reply may have.
const TOO_LARGE: usize = (16 << 20) + 1;

#[test]
fn a_reply_has_a_largest_size() {
    let bomb = bytes("Content-Encoding: gzip\r\n", &compressed(TOO_LARGE));
    for line in ["organizations list", "organizations auditlogs list", "organizations delete -y", "logout"] {
        let server = Server::new([bomb.clone()]);
        let shown = Croud::on(&server).env("CROUD_RETRIES", "3").run(line);
        assert!(shown.contains("' is unusable: it is larger than 16 MiB\n"), "{shown}");
        assert_eq!(shown.contains("may have been carried out"), line.contains("delete"), "{shown}");
    }
    let large = bytes("", &vec![b' '; TOO_LARGE]);
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8000000\r\n";
    let endless = Response::BytesAndStall([&head[..], &vec![b' '; TOO_LARGE]].concat());
    for response in [large, endless] {
        let shown = Croud::on(&Server::new([response])).run("organizations list");
        assert!(shown.contains("it is larger than 16 MiB\n") && shown.ends_with("[exit 1]\n"), "{shown}");
    }
}

#[test]
fn a_download_stops_at_the_size_of_the_file() {
    let record = r#"{"id": "f", "name": "f", "file_size": 10, "download_url": "ENDPOINT/get"}"#;
    for file in [bytes("", b"12345678901"), bytes("Content-Encoding: gzip\r\n", &compressed(1 << 20))] {
        let server = Server::new([json(200, record), file]);
        let croud = Croud::on(&server);
        std::fs::create_dir(croud.path("in")).unwrap();
        let shown = croud.run("organizations files get --file-id f --download ~/in/");
        assert!(shown.contains("the server sent more than the file's 10 bytes\n"), "{shown}");
        assert_eq!(crate::support::names(&croud.path("in")), [""; 0]);
    }
}

#[test]
fn a_compressed_download_is_not_decoded() {
    let content = compressed(1 << 20);
    let record =
        format!(r#"{{"id": "f", "name": "f", "file_size": {}, "download_url": "ENDPOINT/get"}}"#, content.len());
    let server = Server::new([json(200, &record), bytes("Content-Encoding: gzip\r\n", &content)]);
    let croud = Croud::on(&server);
    assert_eq!(croud.code("organizations files get --file-id f --download ~/f"), Some(0));
    assert_eq!(std::fs::read(croud.path("f")).unwrap(), content);
}

#[test]
fn a_cycle_of_cursors_is_an_error() {
    for cycle in [&["a"][..], &["a", "b"], &["a", "b", "c"], &["a", "b", "b"]] {
        let mut cursors = cycle.iter().cycle();
        let server = Server::answering(move |_| json(200, &format!(r#"[{{"id": "{}"}}]"#, cursors.next().unwrap())));
        let shown = Croud::on(&server).run("organizations auditlogs list -o json");
        assert!(shown.contains("the list does not end: "), "{shown}");
        assert!(server.requests().len() <= 4, "{cycle:?}");
    }
}

#[test]
fn a_secret_that_the_server_repeats_is_hidden() {
    let message = r#"{"message": "you sent s3cret-key and session=t0ken", "errors": {"s3cret-key": ["t0ken"]}}"#;
    let line = "organizations secrets create --name n --type AWS --access-key AKIA-ACCESS --secret-key s3cret-key";
    assert_eq!(
        Croud::on(&Server::new([json(400, message)])).run(line),
        "[stderr]\n==> Error: you sent xxxxxxxxxx and session=xxxxxxxxxx\n\
         {\n  \"xxxxxxxxxx\": [\n    \"xxxxxxxxxx\"\n  ]\n}\n[exit 1]\n"
    );
    // The credential of an API key, as it is sent.
    let message = r#"{"message": "Basic bXkta2V5OnMzY3JldA== is s3cret"}"#;
    let server = Server::new([json(401, message)]);
    let croud = Croud::new().profile(Profile::at(&server.endpoint()).key("my-key", "s3cret"));
    let shown = croud.run("organizations list");
    assert!(shown.starts_with("[stderr]\n==> Error: Basic xxxxxxxxxx is xxxxxxxxxx\n"), "{shown}");
    // The reason of a status, which `LOG_API` shows, too.
    let server = Server::new([Response::Bytes(b"HTTP/1.1 500 t0ken\r\nContent-Length: 0\r\n\r\n".to_vec())]);
    let shown = Croud::on(&server).env("LOG_API", "true").run("organizations list");
    assert!(shown.contains("500 - xxxxxxxxxx") && !shown.contains("t0ken"), "{shown}");
    // The error of a storage service.
    let record = r#"{"id": "f", "name": "f", "download_url": "ENDPOINT/get"}"#;
    let server = Server::new([json(200, record), reply(403, &[], "<Code>A</Code><Message>t0ken</Message>")]);
    let shown = Croud::on(&server).run("organizations files get --file-id f --download");
    assert!(shown.contains("A: xxxxxxxxxx") && !shown.contains("t0ken"), "{shown}");
}

#[test]
fn an_address_in_an_error_has_no_credentials() {
    let created = r#"{"id": "f", "upload_url": "http://me:passw0rd@127.0.0.1:1/put?sig=s1gnature#fr4gment"}"#;
    let server = Server::new([json(200, created), json(500, "{}")]);
    let croud = Croud::on(&server);
    croud.file("f", b"x");
    let shown = croud.run("organizations files create --file-path ~/f");
    assert!(shown.contains("Failed to perform request on 'http://127.0.0.1:1/put'."), "{shown}");
    for secret in ["passw0rd", "s1gnature", "fr4gment"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn a_cookie_of_an_error_or_of_another_domain_is_not_stored() {
    for (status, cookie) in [
        (401, "session=new"),
        (404, "session=new"),
        (500, "session=new"),
        (200, "session=gone; Max-Age=0"),
        (200, "session=gone; Expires=Wed, 21 Oct 2015 07:28:00 GMT"),
        (200, "session=new; Domain=evil.example"),
    ] {
        let server = Server::new([reply(status, &[&format!("Set-Cookie: {cookie}")], "[]")]);
        let croud = Croud::on(&server);
        croud.run("organizations list");
        assert!(croud.config_text().contains("auth-token: t0ken\n"), "{status} {cookie}");
    }
    for (status, code) in [(302, 4), (403, 1)] {
        let server = Server::new([reply(status, &["Set-Cookie: session=new"], "{}")]);
        let croud = Croud::on(&server);
        assert_eq!(croud.code("organizations list"), Some(code));
        assert!(croud.config_text().contains("auth-token: new\n"));
    }
}

#[test]
fn a_lone_surrogate_is_accepted_in_every_reply() {
    let rows = r#"[{"id": "o-1", "name": "a\ud800b", "plan_type": 1}]"#;
    let shown = |line: &str, response| Croud::on(&Server::new([response])).run(line);
    let listed = |format: &str| shown(&format!("organizations list -o {format}"), json(200, rows));
    assert_snapshot!(listed("table"), @"
    +------+--------+-------------+
    | id   | name   |   plan_type |
    |------+--------+-------------|
    | o-1  | a�b    |           1 |
    +------+--------+-------------+
    ");
    assert_snapshot!(listed("json"), @r#"
    [
      {
        "id": "o-1",
        "name": "a\ud800b",
        "plan_type": 1
      }
    ]
    "#);
    assert_snapshot!(listed("yaml"), @r#"
    - id: o-1
      name: "a\ud800b"
      plan_type: 1
    "#);
    let record = || json(200, r#"{"id": "o-1", "name": "\udc00"}"#);
    assert_snapshot!(shown("organizations get o-1 -o json", record()), @r#"
    {
      "id": "o-1",
      "name": "\udc00"
    }
    "#);
    assert_snapshot!(shown("organizations edit --org-id o-1 --name x -o json", record()), @r#"
    {
      "id": "o-1",
      "name": "\udc00"
    }
    [stderr]
    ==> Success: Organization edited.
    "#);
    assert_snapshot!(shown("organizations list", json(400, r#"{"message": "\ud800 is no name", "errors": ["\ud800"]}"#)), @r#"
    [stderr]
    ==> Error: � is no name
    [
      "�"
    ]
    [exit 1]
    "#);
}
