//! What the tests stand on: a `croud` with a home of its own, and a server that answers by a script.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use tempfile::TempDir;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_croud");

/// A `croud` that knows nothing of the user's configuration and environment.
pub(crate) struct Croud {
    home: TempDir,
    env: Vec<(String, String)>,
    stdin: Vec<u8>,
    /// What differs from run to run, and what is shown for it.
    masks: Vec<(String, &'static str)>,
}

impl Croud {
    /// Without a configuration.
    pub(crate) fn new() -> Self {
        let home = tempfile::Builder::new().prefix("croud-test-").tempdir().unwrap();
        let masks = vec![(home.path().to_str().unwrap().to_owned(), "HOME")];
        Self { home, env: Vec::new(), stdin: Vec::new(), masks }.env("CROUD_RETRIES", "0")
    }

    /// With one profile, which has a token for `server`.
    pub(crate) fn on(server: &Server) -> Self {
        let endpoint = server.endpoint();
        Self::new().mask(&endpoint, "ENDPOINT").config(&format!(
            "default-format: table\ncurrent-profile: test\nprofiles:\n  test:\n    endpoint: {endpoint}\n    \
             auth-token: t0ken\n    key: null\n    secret: null\n    organization-id: my-org-id\n"
        ))
    }

    /// On an embedded cloud of its own.
    pub(crate) fn sandbox() -> Self {
        let croud = Self::new().env("CROUD_PROFILE", "sandbox");
        let state = croud.path("sandbox");
        croud.env("CROUD_SANDBOX_STATE", state.to_str().unwrap())
    }

    pub(crate) fn config(self, yaml: &str) -> Self {
        self.file(".config/Crate/croud.yaml", yaml.as_bytes());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.stdin = text.as_bytes().to_vec();
        self
    }

    /// Show `name` for `text` in what was printed.
    pub(crate) fn mask(mut self, text: &str, name: &'static str) -> Self {
        self.masks.push((text.to_owned(), name));
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.path(".config/Crate/croud.yaml")
    }

    pub(crate) fn config_text(&self) -> String {
        self.masked(&fs::read_to_string(self.config_path()).unwrap_or_else(|_| "(no file)\n".to_owned()))
    }

    /// A file in the home, which is its owner's alone.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path
    }

    /// The command, with words split at spaces; single quotes keep them together, `~/` is the home.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(BINARY);
        command.args(words(&line.replace("~/", &format!("{}/", self.home.path().display()))));
        command
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "SystemRoot" || name == "LLVM_PROFILE_FILE"));
        command.env("HOME", self.home.path()).env("XDG_CONFIG_HOME", self.path(".config"));
        command.env("XDG_DATA_HOME", self.path(".local/share"));
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.home.path());
        command
    }

    pub(crate) fn output(&self, line: &str) -> Output {
        let mut child =
            self.command(line).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A command that reads none of it may be gone already.
        let _ = child.stdin.take().unwrap().write_all(&self.stdin);
        child.wait_with_output().unwrap()
    }

    /// Everything that a run shows: stdout, then stderr, then the exit code unless it is 0.
    pub(crate) fn run(&self, line: &str) -> String {
        let output = self.output(line);
        let mut shown = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        if !stderr.is_empty() {
            write!(shown, "[stderr]\n{stderr}").unwrap();
        }
        if output.status.code() != Some(0) {
            writeln!(shown, "[exit {}]", output.status.code().map_or("by signal".to_owned(), |code| code.to_string()))
                .unwrap();
        }
        self.masked(&shown)
    }

    pub(crate) fn code(&self, line: &str) -> Option<i32> {
        self.output(line).status.code()
    }

    pub(crate) fn stdout(&self, line: &str) -> String {
        String::from_utf8(self.output(line).stdout).unwrap()
    }

    pub(crate) fn masked(&self, text: &str) -> String {
        self.masks.iter().fold(text.to_owned(), |text, (what, name)| text.replace(what, name))
    }
}

/// Split as a shell does, as far as the tests need it.
pub(crate) fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (Vec::<String>::new(), false);
    let mut open = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                if !open {
                    words.push(String::new());
                    open = true;
                }
            }
            ' ' | '\n' if !quoted => open = false,
            c => {
                if !open {
                    words.push(String::new());
                    open = true;
                }
                words.last_mut().unwrap().push(c);
            }
        }
    }
    words
}

/// What a scripted server says to one request.
#[derive(Clone)]
pub(crate) enum Say {
    /// These bytes.
    Bytes(Vec<u8>),
    /// These bytes, then the connection is closed.
    BytesAndClose(Vec<u8>),
    /// Nothing: the connection is closed.
    Close,
    /// These bytes once the head of the request is there, whose body is never read.
    Early(Vec<u8>),
    /// Nothing, ever; nor is the body read.
    Stall,
}

/// A reply of JSON.
pub(crate) fn json(status: u16, body: &str) -> Say {
    reply(status, &["Content-Type: application/json"], body)
}

pub(crate) fn reply(status: u16, headers: &[&str], body: &str) -> Say {
    let reason = match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        302 => "Found",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Other",
    };
    let mut text = format!("HTTP/1.1 {status} {reason}\r\n");
    for header in headers {
        write!(text, "{header}\r\n").unwrap();
    }
    if status != 204 {
        write!(text, "Content-Length: {}\r\n", body.len()).unwrap();
    }
    Say::Bytes(format!("{text}\r\n{body}").into_bytes())
}

/// One request, as it came.
#[derive(Clone)]
pub(crate) struct Asked {
    /// Method and target.
    pub(crate) line: String,
    /// Lower-case names.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// A server on a free port that answers by its script, and after that with 500.
pub(crate) struct Server {
    port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    pub(crate) fn new(script: impl IntoIterator<Item = Say>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let script = script.into_iter().map(|say| match say {
            Say::Bytes(bytes) => Say::Bytes(place(bytes, port)),
            Say::BytesAndClose(bytes) => Say::BytesAndClose(place(bytes, port)),
            other => other,
        });
        let script = Arc::new(Mutex::new(script.collect::<VecDeque<_>>()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (told, queue) = (Arc::clone(&asked), script);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (told, queue) = (Arc::clone(&told), Arc::clone(&queue));
                std::thread::spawn(move || serve(stream, &told, &queue));
            }
        });
        Self { port, asked }
    }

    /// A server that answers the second request, an upload, from its head alone.
    pub(crate) fn early(first: Say, early: Vec<u8>, last: Say) -> Self {
        Self::new([first, Say::Early(early), last])
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// What was asked, a line a request: method, target, who, what stands in our headers, the body.
    pub(crate) fn wire(&self) -> String {
        let mut wire = String::new();
        for asked in self.asked() {
            write!(wire, "{}", asked.line).unwrap();
            for name in ["cookie", "authorization", "x-region", "x-auth-sudo"] {
                if let Some(value) = asked.header(name) {
                    write!(wire, " {name}: {value}").unwrap();
                }
            }
            if !asked.body.is_empty() {
                write!(wire, " {}", String::from_utf8_lossy(&asked.body)).unwrap();
            }
            wire.push('\n');
        }
        wire
    }
}

/// Put the server's own address in place of `ENDPOINT`, and mend the length for it.
fn place(bytes: Vec<u8>, port: u16) -> Vec<u8> {
    let Ok(text) = String::from_utf8(bytes.clone()) else { return bytes };
    let Some((head, body)) = text.split_once("\r\n\r\n").filter(|_| text.contains("ENDPOINT")) else { return bytes };
    let endpoint = format!("http://127.0.0.1:{port}");
    let (before, body) = (body.len(), body.replace("ENDPOINT", &endpoint));
    let head = head
        .replace("ENDPOINT", &endpoint)
        .replace(&format!("Content-Length: {before}"), &format!("Content-Length: {}", body.len()));
    format!("{head}\r\n\r\n{body}").into_bytes()
}

fn serve(stream: TcpStream, told: &Mutex<Vec<Asked>>, script: &Mutex<VecDeque<Say>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    while let Some(mut asked) = read_head(&mut reader) {
        let say = script.lock().unwrap().pop_front();
        if let Some(Say::Stall) = say {
            told.lock().unwrap().push(asked);
            loop {
                std::thread::park();
            }
        }
        if let Some(Say::Early(bytes)) = say {
            told.lock().unwrap().push(asked);
            stream.write_all(&bytes).unwrap();
            // The client hangs up, or goes on sending; either ends here.
            let mut rest = [0; 1024];
            let _ = reader.read(&mut rest);
            return;
        }
        if read_body(&mut reader, &mut asked).is_none() {
            return;
        }
        told.lock().unwrap().push(asked);
        let bytes = match say.unwrap_or_else(|| json(500, r#"{"message": "Nothing is left in the script."}"#)) {
            Say::Bytes(bytes) => bytes,
            Say::BytesAndClose(bytes) => {
                let _ = stream.write_all(&bytes);
                return;
            }
            Say::Close | Say::Early(_) | Say::Stall => return,
        };
        if stream.write_all(&bytes).is_err() {
            return;
        }
    }
}

fn read_head(reader: &mut BufReader<TcpStream>) -> Option<Asked> {
    let mut first = String::new();
    reader.read_line(&mut first).ok().filter(|count| *count > 0)?;
    let line = first.trim_end().strip_suffix(" HTTP/1.1")?.to_owned();
    let mut headers = Vec::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        headers.push((name.to_lowercase(), value.to_owned()));
    }
    Some(Asked { line, headers, body: Vec::new() })
}

fn read_body(reader: &mut BufReader<TcpStream>, asked: &mut Asked) -> Option<()> {
    let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap());
    asked.body.resize(length, 0);
    reader.read_exact(&mut asked.body).ok()
}

/// A cloud that is served by `croud sandbox serve`, until it is dropped.
pub(crate) struct Served {
    child: std::process::Child,
    pub(crate) ready: serde_json::Value,
}

impl Served {
    pub(crate) fn new(croud: &Croud, options: &str) -> Self {
        let mut child = croud
            .command(&format!("sandbox serve {options}"))
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no ready line, but {line:?}"));
        Self { child, ready }
    }

    pub(crate) fn endpoint(&self) -> &str {
        self.ready["endpoint"].as_str().unwrap()
    }

    /// A `croud` with the seeded user's token for it: 0 the admin, 1 the member, 2 the superuser.
    pub(crate) fn croud(&self, user: usize) -> Croud {
        let (endpoint, token) = (self.endpoint(), self.ready["users"][user]["token"].as_str().unwrap());
        let organization = self.ready["organizations"][0]["id"].as_str().unwrap();
        Croud::new().mask(endpoint, "ENDPOINT").config(&format!(
            "default-format: table\ncurrent-profile: test\nprofiles:\n  test:\n    endpoint: {endpoint}\n    \
             auth-token: {token}\n    organization-id: {organization}\n"
        ))
    }

    /// `kill -9`, while others may talk to it.
    #[cfg(unix)]
    pub(crate) fn kill_under_load(&self) {
        let pid = rustix::process::Pid::from_raw(self.child.id().cast_signed()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    pub(crate) fn kill(&mut self) {
        #[cfg(unix)]
        self.kill_under_load();
        #[cfg(not(unix))]
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    #[cfg(unix)]
    pub(crate) fn signal(&mut self, signal: rustix::process::Signal) -> Option<i32> {
        let pid = rustix::process::Pid::from_raw(self.child.id().cast_signed()).unwrap();
        rustix::process::kill_process(pid, signal).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // It tidies up, if it is still there.
        #[cfg(unix)]
        if let (Ok(None), Some(pid)) =
            (self.child.try_wait(), rustix::process::Pid::from_raw(self.child.id().cast_signed()))
        {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
        #[cfg(not(unix))]
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The names in a folder, sorted.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}
