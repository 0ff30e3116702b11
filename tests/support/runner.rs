//! Runs `croud` with a temporary home, a clean environment and its own configuration.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use super::{Config, Profile, Running, Server};

/// The program under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_croud");

/// A `croud` that does not use the developer's configuration and environment.
pub(crate) struct Croud {
    home: TempDir,
    env: Vec<(String, String)>,
    stdin: Vec<u8>,
    /// Texts that differ from run to run, and the names that are shown in their place.
    masks: Vec<(String, &'static str)>,
}

impl Croud {
    /// Without a configuration. A failed request is not retried.
    pub(crate) fn new() -> Self {
        let home = tempfile::Builder::new().prefix("croud-test-").tempdir().unwrap();
        let masks = vec![(home.path().to_str().unwrap().to_owned(), "HOME")];
        Self { home, env: Vec::new(), stdin: Vec::new(), masks }.env("CROUD_RETRIES", "0")
    }

    /// With one profile, `test`, which has a token for `server` and a default organization.
    pub(crate) fn on(server: &Server) -> Self {
        let endpoint = server.endpoint();
        let profile = Profile::at(&endpoint).token("t0ken").with("key", None).with("secret", None);
        Self::new().mask(&endpoint, "ENDPOINT").profile(profile.organization("my-org-id")).trusting(server)
    }

    /// With the built-in profile `sandbox` and an empty state folder.
    pub(crate) fn sandbox() -> Self {
        let croud = Self::new().env("CROUD_PROFILE", "sandbox");
        let state = croud.path("sandbox");
        croud.env("CROUD_SANDBOX_STATE", state.to_str().unwrap())
    }

    /// With a configuration that has one profile, `test`.
    pub(crate) fn profile(self, profile: Profile) -> Self {
        self.config(&Config::new().profile("test", profile).text())
    }

    /// With this text as croud.yaml.
    pub(crate) fn config(self, yaml: &str) -> Self {
        self.file(".config/Crate/croud.yaml", yaml.as_bytes());
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Trusts the certificate of `server`, if it uses HTTPS.
    pub(crate) fn trusting(self, server: &Server) -> Self {
        let Some(certificate) = server.certificate() else { return self };
        let path = self.file("trusted.pem", certificate.as_bytes());
        self.env("SSL_CERT_FILE", path.to_str().unwrap())
    }

    /// Pass `text` to the program's stdin.
    pub(crate) fn stdin(mut self, text: &str) -> Self {
        self.stdin = text.as_bytes().to_vec();
        self
    }

    /// Shows `name` in place of `text`.
    pub(crate) fn mask(mut self, text: &str, name: &'static str) -> Self {
        self.masks.push((text.to_owned(), name));
        self
    }

    /// A path in the home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn config_path(&self) -> PathBuf {
        self.path(".config/Crate/croud.yaml")
    }

    /// The text of croud.yaml, masked.
    pub(crate) fn config_text(&self) -> String {
        self.masked(&fs::read_to_string(self.config_path()).unwrap_or_else(|_| "(no file)\n".to_owned()))
    }

    /// Writes a file in the home that only its owner may read.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path
    }

    /// The command for a line, which is split as in [`Croud::words`]; `~/` is the home.
    pub(crate) fn command(&self, line: &str) -> Command {
        let mut command = Command::new(BINARY);
        command.args(Self::words(&line.replace("~/", &format!("{}/", self.home.path().display()))));
        command
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "SystemRoot" || name == "LLVM_PROFILE_FILE"));
        command.env("HOME", self.home.path()).env("XDG_CONFIG_HOME", self.path(".config"));
        command.env("XDG_DATA_HOME", self.path(".local/share"));
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.home.path());
        command
    }

    /// Like [`Croud::command`], but never as root, who may read and write every file: root runs it as `nobody`.
    #[cfg(unix)]
    pub(crate) fn unprivileged_command(&self, line: &str) -> Command {
        use std::os::unix::fs::chown;
        use std::os::unix::process::CommandExt as _;
        const NOBODY: u32 = 65534;
        let command = self.command(line);
        if !rustix::process::geteuid().is_root() {
            return command;
        }
        // Other users may have no access to the program's own folder. `cp` copies it: if this process had the
        // copy open for writing, a child that another thread starts at that moment would keep it open, and the
        // copy could not be run.
        let program = self.path("croud");
        assert!(Command::new("cp").arg(BINARY).arg(&program).status().unwrap().success());
        let mut folders = vec![self.home.path().to_owned()];
        while let Some(folder) = folders.pop() {
            chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
            for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap().is_dir() {
                    true => folders.push(entry.path()),
                    false => chown(entry.path(), Some(NOBODY), Some(NOBODY)).unwrap(),
                }
            }
        }
        let mut unprivileged = Command::new(program);
        unprivileged.args(command.get_args()).env_clear();
        unprivileged.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        unprivileged.current_dir(self.home.path()).uid(NOBODY).gid(NOBODY);
        unprivileged
    }

    /// Runs a line to its end.
    pub(crate) fn output(&self, line: &str) -> Output {
        let mut running = Running::new(self.command(line).stdin(Stdio::piped()));
        // A command that does not read stdin may have ended already: a broken pipe is fine.
        let _ = running.take_stdin().write_all(&self.stdin);
        running.wait()
    }

    /// Runs a line to its end, and shows everything: stdout, then stderr, then the exit code unless it is
    /// 0. `[EOF]` stands where a final newline is missing.
    pub(crate) fn run(&self, line: &str) -> String {
        self.shown(&self.output(line))
    }

    /// An output as [`Croud::run`] shows it.
    pub(crate) fn shown(&self, output: &Output) -> String {
        let mut shown = with_final_newline(&output.stdout);
        if !output.stderr.is_empty() {
            write!(shown, "[stderr]\n{}", with_final_newline(&output.stderr)).unwrap();
        }
        if output.status.code() != Some(0) {
            writeln!(shown, "[exit {}]", output.status.code().map_or("by signal".to_owned(), |code| code.to_string()))
                .unwrap();
        }
        self.masked(&shown)
    }

    /// Starts a line, with nothing on stdin, and does not wait for its end.
    pub(crate) fn start(&self, line: &str) -> Running {
        Running::new(self.command(line).stdin(Stdio::null()))
    }

    pub(crate) fn code(&self, line: &str) -> Option<i32> {
        self.output(line).status.code()
    }

    pub(crate) fn stdout(&self, line: &str) -> String {
        String::from_utf8(self.output(line).stdout).unwrap()
    }

    /// Splits at spaces. Single quotes keep words together.
    pub(crate) fn words(line: &str) -> Vec<String> {
        let mut words = Vec::<String>::new();
        let (mut is_quoted, mut in_word) = (false, false);
        for c in line.chars() {
            if matches!(c, ' ' | '\n') && !is_quoted {
                in_word = false;
                continue;
            }
            if !in_word {
                words.push(String::new());
                in_word = true;
            }
            match c {
                '\'' => is_quoted = !is_quoted,
                c => words.last_mut().unwrap().push(c),
            }
        }
        words
    }

    /// A text with the masks applied.
    pub(crate) fn masked(&self, text: &str) -> String {
        self.masks.iter().fold(text.to_owned(), |text, (what, name)| text.replace(what, name))
    }
}

/// Text with `[EOF]` and a newline where its final newline is missing.
fn with_final_newline(output: &[u8]) -> String {
    let text = String::from_utf8(output.to_vec()).unwrap();
    if text.is_empty() || text.ends_with('\n') { text } else { format!("{text}[EOF]\n") }
}
