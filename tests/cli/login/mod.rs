//! `login`.

mod api_key;

use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use insta::assert_snapshot;

use crate::support::{Croud, Profile, Running, Served, Server, json};

/// Locks the port of the callback. The protocol fixes it, so only one sign-in at a time is possible on a machine.
fn port() -> File {
    let lock = File::create(std::env::temp_dir().join("croud-test-port-8400.lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// A `croud login` that waits for its browser.
struct Waiting {
    running: Running,
    _port: File,
}

impl Waiting {
    fn new(croud: &Croud, line: &str) -> Self {
        Self::start(croud.command(line))
    }

    fn start(mut command: Command) -> Self {
        let port = port();
        let running = Running::new(command.stdin(Stdio::null()));
        running.until("Sign in here");
        Self { running, _port: port }
    }

    /// Everything that it printed, and its exit code, without the lines about the browser.
    fn end(self, croud: &Croud) -> String {
        let shown = croud.shown(&self.running.wait());
        shown.lines().filter(|line| !line.contains("rowser")).map(|line| format!("{line}\n")).collect()
    }
}

/// Sends a request to a server on loopback, and returns the whole answer.
fn ask(address: &str, head: &str) -> String {
    ask_with_body(address, head, "")
}

fn ask_with_body(address: &str, head: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(30))).unwrap();
    stream.write_all(head.replace('\n', "\r\n").as_bytes()).unwrap();
    stream.write_all(format!("\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// Requests a page of the callback as a browser does, and returns the whole answer.
fn visit(path: &str, headers: &str) -> String {
    let headers = if headers.is_empty() { String::new() } else { format!("\n{headers}") };
    ask("127.0.0.1:8400", &format!("GET {path} HTTP/1.1\nHost: localhost:8400\nConnection: close{headers}"))
}

/// Press the button of a page that asks for confirmation, and return the whole answer.
fn confirm(page: &str, headers: &str) -> String {
    let nonce = page.split("name=\"nonce\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let form = format!("nonce={nonce}");
    let head = format!(
        "POST /confirm HTTP/1.1\nHost: localhost:8400\nConnection: close\nContent-Length: {}\n{headers}",
        form.len()
    );
    ask_with_body("127.0.0.1:8400", &head, &form)
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap()
}

#[cfg(feature = "sandbox")]
#[test]
fn a_browser_signs_in() {
    let served = Served::new(&Croud::new(), "");
    let croud = Croud::new().mask(served.endpoint(), "ENDPOINT").profile(Profile::at(served.endpoint()).key("k", "s"));
    let waiting = Waiting::new(&croud, "login --idp github");
    // As a browser: load the page, click on the second user, follow the redirect to the callback.
    let cloud = served.endpoint().strip_prefix("http://").unwrap();
    let get = |path: &str| ask(cloud, &format!("GET {path} HTTP/1.1\nHost: {cloud}\nConnection: close"));
    let page = get("/oauth2/github/login?cli=true");
    let links: Vec<String> =
        page.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&")).collect();
    let redirect = get(&links[1]);
    let location = redirect.lines().find_map(|line| line.strip_prefix("location: ")).unwrap().trim();
    let path = location.strip_prefix("http://localhost:8400").unwrap();
    let page = visit(path, "Sec-Fetch-Mode: navigate\nSec-Fetch-Dest: document\nReferer: https://idp.example/");
    assert_eq!(status(&page), "200");
    assert!(page.contains("Sign in as member@example.com (Max Member)?"), "{page}");
    for header in [
        "cache-control: no-store",
        "x-frame-options: DENY",
        "frame-ancestors 'none'",
        "cross-origin-opener-policy: same-origin",
        "referrer-policy: same-origin",
    ] {
        assert!(page.contains(header), "{header}: {page}");
    }
    // Nothing is stored before the user presses the button on that page.
    let before = croud.config_text();
    for headers in ["Origin: http://evil.example", "Origin: null", "X-Origin: none"] {
        assert_eq!(status(&confirm(&page, headers)), "403", "{headers}");
    }
    let own = "Origin: http://localhost:8400\nSec-Fetch-Site: same-origin";
    assert_eq!(status(&confirm("name=\"nonce\" value=\"0123\"", own)), "403");
    assert_eq!(croud.config_text(), before);
    let answer = confirm(&page, own);
    assert_eq!(status(&answer), "200");
    assert!(answer.contains("<strong>member@example.com (Max Member)</strong>"), "{answer}");
    assert_snapshot!(waiting.end(&croud), @"
    [stderr]
    ==> Warning: Looks like you have an API key and secret set in this profile. They will be ignored if you log in successfully.
    ==> Info: Sign in here: ENDPOINT/oauth2/github/login?cli=true
    ==> Info: Signed in as member@example.com (Max Member).
    ==> Info: Login successful.
    ==> Info: Current profile: test
    ==> Info: API endpoint   : ENDPOINT
    ==> Info: Organization ID: f6c39580-5719-431d-a508-0cee4f9e8209
    ");
    let token = path.strip_prefix("/?token=").unwrap();
    assert!(croud.config_text().contains(token), "{}", croud.config_text());
    assert_snapshot!(croud.run("me -o json").lines().nth(2).unwrap(), @r#"  "email": "member@example.com","#);
}

#[test]
fn requests_that_are_not_a_sign_in_are_ignored() {
    let server = Server::new([
        json(401, r#"{"message": "Authentication required."}"#),
        json(200, r#"{"email": "a@b.c", "name": "<A>", "organization_id": null}"#),
    ]);
    let croud = Croud::on(&server);
    let waiting = Waiting::new(&croud, "login --idp cognito");
    assert_eq!(status(&visit("/", "")), "400");
    assert_eq!(status(&visit("/?token=", "")), "400");
    assert_eq!(status(&visit("/?token=a&token=b", "")), "400");
    assert_eq!(status(&visit("/favicon.ico", "")), "404");
    assert_eq!(status(&visit("/?token=x", "Origin: https://evil.example")), "403");
    assert_eq!(status(&visit("/?token=x", "Sec-Fetch-Mode: cors")), "403");
    assert_eq!(status(&visit("/?token=x", "Sec-Fetch-Mode: no-cors")), "403");
    for dest in ["iframe", "frame", "object", "embed", "image", "document\nSec-Fetch-Dest: iframe"] {
        let headers = format!("Sec-Fetch-Mode: navigate\nSec-Fetch-Dest: {dest}");
        assert_eq!(status(&visit("/?token=x", &headers)), "403", "{dest}");
    }
    for purpose in ["Sec-Purpose: prefetch", "Purpose: prefetch"] {
        assert_eq!(status(&visit("/?token=x", &format!("Sec-Fetch-Mode: navigate\n{purpose}"))), "403", "{purpose}");
    }
    assert_eq!(status(&visit("/confirm", "")), "405");
    let post = "POST /?token=x HTTP/1.1\nHost: localhost:8400\nConnection: close\nContent-Length: 0";
    assert_eq!(status(&ask("127.0.0.1:8400", post)), "405");
    let other = "GET /?token=x HTTP/1.1\nHost: evil.example:8400\nConnection: close";
    assert_eq!(status(&ask("127.0.0.1:8400", other)), "421");
    // None of these requests caused one to the cloud.
    assert_eq!(server.wire(), "");
    let refused = visit("/?token=bad", "");
    assert_eq!(status(&refused), "403");
    assert!(refused.contains("Authentication required."), "{refused}");
    assert!(croud.config_text().contains("auth-token: t0ken\n"));
    let answer = visit("/?token=good", "");
    assert!(answer.contains("a@b.c (&lt;A&gt;)"), "{answer}");
    assert_snapshot!(waiting.end(&croud), @"
    [stderr]
    ==> Info: Sign in here: ENDPOINT/oauth2/cognito/login?cli=true
    ==> Warning: A sign-in was refused: Authentication required. Still waiting.
    ==> Info: Signed in as a@b.c (<A>).
    ==> Info: Login successful.
    ==> Info: Current profile: test
    ==> Info: API endpoint   : ENDPOINT
    ==> Info: Organization ID: None
    ");
    assert_snapshot!(server.wire(), @"
    GET /api/v2/users/me/ cookie: session=bad
    GET /api/v2/users/me/ cookie: session=good
    ");
    assert_snapshot!(croud.config_text(), @"
    default-format: table
    current-profile: test
    profiles:
      test:
        endpoint: ENDPOINT
        auth-token: good
        key: null
        secret: null
        organization-id: null
    ");
}

#[cfg(unix)]
#[test]
fn a_browser_inherits_no_credentials() {
    use std::os::unix::fs::PermissionsExt;
    let croud = Croud::on(&Server::new([]));
    let browser = croud.file("browser", b"#!/bin/sh\nexport -p >environment\n");
    std::fs::set_permissions(&browser, PermissionsExt::from_mode(0o700)).unwrap();
    let croud = croud
        .env("BROWSER", browser.to_str().unwrap())
        .env("CRATEDB_CLOUD_API_KEY", "s3cret-1")
        .env("CRATEDB_CLOUD_API_SECRET", "s3cret-2")
        .env("CROUD_SANDBOX_TOKEN", "s3cret-3")
        .env("OTHER", "inherited");
    let waiting = Waiting::new(&croud, "login --idp github");
    waiting.running.until("A browser tab has been launched for you to login.");
    waiting.running.signal(rustix::process::Signal::INT);
    waiting.end(&croud);
    let environment = std::fs::read_to_string(croud.path("environment")).unwrap();
    assert!(environment.contains("OTHER='inherited'") || environment.contains("OTHER=\"inherited\""), "{environment}");
    assert!(!environment.contains("s3cret"), "{environment}");
}

#[test]
fn a_second_login_finds_the_port_taken() {
    let server = Server::new([json(200, r#"{"email": "a@b.c"}"#)]);
    let croud = Croud::on(&server);
    let waiting = Waiting::new(&croud, "login --idp google");
    assert_snapshot!(croud.run("login --idp google"), @"
    [stderr]
    ==> Error: Port 8400 is in use, and the sign-in needs it. End the other `croud login`, or use `croud login --api-key`.
    [exit 1]
    ");
    visit("/?token=good", "");
    assert!(waiting.end(&croud).contains("==> Info: Login successful.\n"));
}

#[cfg(unix)]
#[test]
fn a_sign_in_can_be_cancelled() {
    let server = Server::new([]);
    let croud = Croud::on(&server);
    let before = croud.config_text();
    let waiting = Waiting::new(&croud, "login --idp azuread");
    waiting.running.signal(rustix::process::Signal::INT);
    let shown = waiting.end(&croud);
    assert!(shown.ends_with("==> Warning: Login cancelled.\n[exit 130]\n"), "{shown}");
    assert_eq!(croud.config_text(), before);
}

#[test]
fn the_wait_for_a_sign_in_has_a_limit() {
    let croud = Croud::on(&Server::new([]));
    let shown = Waiting::new(&croud, "login --idp github --wait 0").end(&croud);
    assert!(
        shown.ends_with(
            "==> Error: Nobody signed in within 0 seconds. Try again, or use `croud login --api-key`.\n[exit 1]\n"
        ),
        "{shown}"
    );
}

#[test]
fn the_identity_provider_is_needed_without_a_terminal() {
    assert_snapshot!(Croud::on(&Server::new([])).run("login"), @"
    [stderr]
    ==> Error: Pass --idp: cognito, azuread, github or google.
    [exit 2]
    ");
    assert_snapshot!(Croud::on(&Server::new([])).run("login --idp myspace"), @"
    [stderr]
    error: invalid value 'myspace' for '--idp <IDP>'
      [possible values: cognito, azuread, github, google]

    For more information, try '--help'.
    [exit 2]
    ");
}

/// Runs `test` while the folder of the configuration is read-only.
#[cfg(unix)]
fn with_closed_folder(croud: &Croud, test: impl FnOnce()) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = croud.config_path().parent().unwrap().to_owned();
    let before = croud.config_text();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o500)).unwrap();
    test();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(croud.config_text(), before);
}

#[cfg(unix)]
#[test]
fn a_sign_in_that_cannot_be_stored_is_an_error_also_in_the_browser() {
    let server = Server::new([json(200, r#"{"email": "a@b.c"}"#)]);
    let croud = Croud::on(&server);
    with_closed_folder(&croud, || {
        let waiting = Waiting::start(croud.unprivileged_command("login --idp github"));
        let page = visit("/?token=good", "");
        assert_eq!(status(&page), "403");
        assert!(page.contains("The login could not be stored:"), "{page}");
        assert_snapshot!(waiting.end(&croud), @"
        [stderr]
        ==> Info: Sign in here: ENDPOINT/oauth2/github/login?cli=true
        ==> Info: Signed in as a@b.c.
        ==> Error: Could not lock `HOME/.config/Crate/croud.yaml`: `HOME/.config/Crate/.croud.yaml.lock`: Permission denied (os error 13)
        [exit 1]
        ");
    });
}

#[cfg(feature = "sandbox")]
#[test]
fn the_sandbox_needs_no_login() {
    let croud = Croud::sandbox();
    for line in ["login", "login --api-key"] {
        assert_eq!(
            croud.run(line),
            "[stderr]\n==> Info: The built-in profile always acts as the sandbox's admin: no login is needed.\n"
        );
    }
    assert!(!croud.config_path().exists());
}

#[test]
fn a_login_uses_the_profiles_endpoint() {
    let (own, other) = (Server::new([json(200, r#"{"email": "a@b.c"}"#)]), Server::new([]));
    let croud = Croud::on(&own).stdin("k\ns\n").env("CRATEDB_CLOUD_ENDPOINT", &other.endpoint());
    assert_snapshot!(croud.run("login --api-key"), @"
    [stderr]
    ==> Info: The key belongs to a@b.c.
    ==> Info: Login successful.
    ==> Info: Current profile: test
    ==> Info: API endpoint   : ENDPOINT
    ==> Info: Organization ID: None
    ");
    assert_eq!(other.wire(), "");
}

#[test]
fn a_login_opens_no_address_that_is_refused() {
    const OTHER_SCHEME: &str = "is not a valid endpoint: use https://HOST[:PORT].";
    for (endpoint, reason) in [
        ("http://cloud.example", "is not allowed: http:// is for loopback only. Use https://."),
        ("file:///etc/passwd", OTHER_SCHEME),
        ("javascript:alert(1)", OTHER_SCHEME),
        ("smb://host/share", OTHER_SCHEME),
    ] {
        let croud = Croud::new().profile(Profile::at(endpoint));
        let expected = format!("[stderr]\n==> Error: `{endpoint}` {reason}\n[exit 2]\n");
        assert_eq!(croud.run("login --idp github --wait 0"), expected);
    }
}

#[test]
fn a_login_over_ssh_says_how_to_forward_the_port() {
    for (name, value) in [("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22"), ("SSH_TTY", "/dev/pts/0")] {
        for (value, is_shown) in [(value, true), ("", false)] {
            let server = Server::new([]);
            let croud = Croud::on(&server).env(name, value);
            let shown = Waiting::new(&croud, "login --idp github --wait 0").end(&croud);
            assert_eq!(shown.contains("`ssh -L 8400:localhost:8400 HOST`"), is_shown, "{name}: {shown}");
        }
    }
}
