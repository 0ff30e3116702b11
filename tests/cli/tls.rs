//! HTTPS: certificates and proxies.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use insta::assert_snapshot;

use crate::support::{Croud, Profile, REMOTE, Response, Server, json, names, reply};

const LIST: &str = "organizations list -o json";

/// A proxy that connects every tunnel to the same server, for any host name.
struct Tunnel {
    port: u16,
    /// The hosts of the tunnels.
    hosts: Arc<Mutex<Vec<String>>>,
}

impl Tunnel {
    fn to(server: &Server) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = server.endpoint().rsplit_once('/').unwrap().1.to_owned();
        let hosts: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&hosts);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut head = BufReader::new(stream.try_clone().unwrap());
                let mut line = String::new();
                head.read_line(&mut line).unwrap();
                seen.lock().unwrap().push(line.split(' ').nth(1).unwrap().to_owned());
                while head.read_line(&mut line).unwrap() > 2 {}
                (&stream).write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
                let server = TcpStream::connect(&target).unwrap();
                copy(stream.try_clone().unwrap(), server.try_clone().unwrap());
                copy(server, stream);
            }
        });
        Self { port, hosts }
    }

    /// A `croud` whose profile has the endpoint [`REMOTE`], which this proxy leads to `server`.
    fn croud(&self, server: &Server) -> Croud {
        let profile = Profile::at(&format!("https://{REMOTE}")).token("t0ken").organization("my-org-id");
        Croud::new().profile(profile).trusting(server).env("HTTPS_PROXY", &format!("http://127.0.0.1:{}", self.port))
    }
}

/// Copies bytes in one direction until either side closes the connection.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut buffer) {
            if to.write_all(&buffer[..count]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

#[test]
fn a_certificate_of_a_trusted_authority_is_accepted() {
    let server = Server::https([json(200, "[]"), json(200, r#"{"email": "a@b.c"}"#)]);
    let croud = Croud::on(&server);
    assert_eq!(croud.run(LIST), "[]\n");
    assert_eq!(croud.code("me"), Some(0));
    assert_snapshot!(server.wire(), @"
    GET /api/v2/organizations/ cookie: session=t0ken
    GET /api/v2/users/me/ cookie: session=t0ken
    ");
}

#[test]
fn a_certificate_of_an_unknown_authority_is_refused() {
    let server = Server::https([]);
    let endpoint = server.endpoint();
    let croud = || Croud::new().mask(&endpoint, "ENDPOINT").profile(Profile::at(&endpoint).token("t0ken"));
    assert_snapshot!(croud().trusting(&Server::https([])).run(LIST), @"
    [stderr]
    ==> Error: Failed to perform request on 'ENDPOINT/api/v2/organizations/'. Original error was: 'no trusted authority has signed the certificate of the server'
        The trusted authorities are those in `HOME/trusted.pem` (SSL_CERT_FILE).
    [exit 1]
    ");
    // The authorities of the system.
    let shown = croud().run(LIST);
    assert!(shown.contains("certificate") && shown.ends_with("[exit 1]\n"), "{shown}");
    assert_eq!(server.wire(), "");
}

#[test]
fn an_expired_certificate_is_refused_with_its_date() {
    let server = Server::expired([]);
    assert_snapshot!(Croud::on(&server).run(LIST), @"
    [stderr]
    ==> Error: Failed to perform request on 'ENDPOINT/api/v2/organizations/'. Original error was: 'the certificate of the server expired on 2020-01-01'
    [exit 1]
    ");
}

#[test]
fn a_file_of_certificates_that_cannot_be_used_is_named() {
    let server = Server::https([]);
    let croud = || Croud::on(&server).env("SSL_CERT_FILE", "/nonexistent");
    assert_snapshot!(croud().run(LIST), @"
    [stderr]
    ==> Error: SSL_CERT_FILE names `/nonexistent`, which can't be used: No such file or directory (os error 2).
    [exit 1]
    ");
    let certificate = server.certificate().unwrap();
    for (name, content) in [
        ("empty", String::new()),
        ("text", "no certificate\n".to_owned()),
        ("half", format!("{certificate}-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n")),
        ("cut", format!("{certificate}{}", &certificate[..certificate.len() / 2])),
        ("other", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned()),
    ] {
        let croud = Croud::on(&server);
        let path = croud.file(name, content.as_bytes());
        let croud = croud.env("SSL_CERT_FILE", path.to_str().unwrap());
        let shown = croud.run(LIST);
        assert!(
            shown
                .starts_with(&format!("[stderr]\n==> Error: SSL_CERT_FILE names `HOME/{name}`, which can't be used: ")),
            "{shown}"
        );
        assert!(shown.ends_with("[exit 1]\n"), "{shown}");
    }
    assert_eq!(server.wire(), "");
}

#[cfg(target_os = "linux")]
#[test]
fn certificates_without_an_end_are_refused() {
    let server = Server::https([json(200, "[]")]);
    let files = Croud::new();
    std::fs::File::create(files.path("sparse")).unwrap().set_len(1 << 30).unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, files.path("fifo"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    let path = |name: &str| files.path(name).to_str().unwrap().to_owned();
    for (path, problem) in [
        (path("sparse"), "it is larger than 16 MiB"),
        (path("fifo"), "it is not a regular file"),
        ("/dev/zero".to_owned(), "it is not a regular file"),
    ] {
        assert_eq!(
            Croud::on(&server).env("SSL_CERT_FILE", &path).run(LIST),
            format!("[stderr]\n==> Error: SSL_CERT_FILE names `{path}`, which can't be used: {problem}.\n[exit 1]\n")
        );
    }
    std::os::unix::fs::symlink(files.path("link"), files.path("link")).unwrap();
    let folder = path("");
    let croud = Croud::on(&server).env("SSL_CERT_FILE", "").env("SSL_CERT_DIR", &folder);
    let problem = "it is larger than 16 MiB";
    assert_eq!(
        croud.run(LIST),
        format!("[stderr]\n==> Error: SSL_CERT_DIR names `{folder}`, which can't be used: {problem}.\n[exit 1]\n")
    );
    files.file("certificate.pem", server.certificate().unwrap().as_bytes());
    assert_eq!(croud.run(LIST), "[]\n");
}

#[test]
fn folders_of_certificates_are_trusted() {
    let server = Server::https([json(200, "[]"), json(200, "[]")]);
    let certificate = server.certificate().unwrap();
    let croud = Croud::on(&server);
    croud.file("certificates/README", b"no certificate\n");
    croud.file("certificates/a.pem", certificate.as_bytes());
    let folder = croud.path("certificates");
    let folders = format!("/nonexistent-folder:{}", folder.display());
    let croud = croud.env("SSL_CERT_FILE", "").env("SSL_CERT_DIR", folder.to_str().unwrap());
    assert_eq!(croud.run(LIST), "[]\n");
    let croud = croud.env("SSL_CERT_DIR", &folders);
    assert_snapshot!(croud.run(LIST), @"
    [stderr]
    ==> Error: SSL_CERT_DIR names `/nonexistent-folder`, which can't be used: No such file or directory (os error 2).
    [exit 1]
    ");
    // An empty variable counts as unset.
    let croud = Croud::on(&server).env("SSL_CERT_DIR", "");
    assert_eq!(croud.run(LIST), "[]\n");
}

#[test]
fn https_requests_use_the_proxy() {
    let server = Server::https([json(200, "[]")]);
    let tunnel = Tunnel::to(&server);
    assert_eq!(tunnel.croud(&server).run(LIST), "[]\n");
    assert_eq!(*tunnel.hosts.lock().unwrap(), [format!("{REMOTE}:443")]);
    assert_snapshot!(server.wire(), @"GET /api/v2/organizations/ cookie: session=t0ken");
}

#[test]
fn an_error_through_a_proxy_names_it() {
    let proxy = Server::new([reply(403, &[], "")]);
    let croud = Croud::new().profile(Profile::at(&format!("https://{REMOTE}")).token("t0ken"));
    let address = proxy.endpoint().replace("http://", "http://me:passw0rd@");
    let croud = croud.mask(&proxy.endpoint(), "PROXY").env("https_proxy", &address);
    assert_snapshot!(croud.run(LIST), @"
    [stderr]
    ==> Error: Failed to perform request on 'https://croud.example/api/v2/organizations/'. Original error was: 'tunnel error: unsuccessful'
        The request went through the proxy PROXY.
    [exit 1]
    ");
    assert_snapshot!(proxy.wire(), @"CONNECT croud.example:443");
}

/// The next step for a proxy that is not valid.
const USE: &str = "use http://HOST:PORT, and percent-encode a password.";

#[test]
fn a_proxy_that_is_not_valid_is_a_usage_error() {
    for (name, value) in [
        ("HTTPS_PROXY", "garbage::::"),
        ("https_proxy", "ftp://x"),
        ("ALL_PROXY", "socks5://127.0.0.1:1"),
        ("all_proxy", "http://"),
        ("HTTPS_PROXY", "http://a b"),
        ("HTTPS_PROXY", "http://h:99999"),
        ("HTTPS_PROXY", "://"),
        // The part after the first `@` would be taken for the host, and shown.
        ("HTTPS_PROXY", "http://me:p@ss@127.0.0.1:1"),
    ] {
        let profile = Profile::at(&format!("https://{REMOTE}")).token("t0ken");
        let croud = Croud::new().profile(profile).env(name, value);
        assert_eq!(
            croud.run(LIST),
            format!("[stderr]\n==> Error: {name} is not a valid proxy: {USE}\n[exit 2]\n"),
            "{value}"
        );
        // Loopback is reached without a proxy.
        let server = Server::https([json(200, "[]")]);
        assert_eq!(Croud::on(&server).env(name, value).run(LIST), "[]\n", "{value}");
    }
}

#[cfg(unix)]
#[test]
fn a_proxy_that_is_not_unicode_is_a_usage_error() {
    use std::os::unix::ffi::OsStringExt as _;
    let croud = Croud::new().profile(Profile::at(&format!("https://{REMOTE}")).token("t0ken"));
    let mut command = croud.command(LIST);
    command.env("HTTPS_PROXY", std::ffi::OsString::from_vec(b"http://127.0.0.1:1/\xff".to_vec()));
    assert_eq!(
        croud.shown(&command.output().unwrap()),
        format!("[stderr]\n==> Error: HTTPS_PROXY is not a valid proxy: {USE}\n[exit 2]\n")
    );
}

#[test]
fn a_program_that_a_web_server_runs_uses_the_proxy() {
    let server = Server::https([json(200, "[]")]);
    let tunnel = Tunnel::to(&server);
    assert_eq!(tunnel.croud(&server).env("REQUEST_METHOD", "GET").run(LIST), "[]\n");
    assert_eq!(*tunnel.hosts.lock().unwrap(), [format!("{REMOTE}:443")]);
}

#[test]
fn a_server_elsewhere_cannot_reach_a_service_of_this_machine() {
    for local in [Server::new([]), Server::https([])] {
        no_request_reaches(&local);
    }
}

/// Runs commands whose server names an address of `local`.
fn no_request_reaches(local: &Server) {
    let address = local.endpoint();
    let record = format!(r#"{{"id": "f", "name": "f", "file_size": 1, "download_url": "{address}/get"}}"#);
    let created = format!(r#"{{"id": "f", "upload_url": "{address}/put"}}"#);
    let redirect = reply(302, &[&format!("Location: {address}/out")], "");
    let runs: [(&str, Vec<Response>, i32); 3] = [
        ("organizations files get --file-id f --download ~/in/", vec![json(200, &record)], 1),
        ("organizations files create --file-path ~/f", vec![json(200, &created), reply(204, &[], "")], 1),
        ("logout", vec![redirect], 0),
    ];
    for (line, script, code) in runs {
        let server = Server::https(script);
        let croud = Tunnel::to(&server).croud(&server);
        croud.file("f", b"x");
        std::fs::create_dir(croud.path("in")).unwrap();
        let shown = croud.run(line);
        assert!(shown.contains("which is not allowed: it is this machine."), "{shown}");
        assert_eq!(croud.code("config path"), Some(0));
        assert_eq!(shown.contains("[exit 1]"), code == 1, "{shown}");
        assert_eq!(names(&croud.path("in")), [""; 0]);
    }
    assert_eq!(local.wire(), "");
}
