//! A cloud that `croud sandbox serve` serves.

#[cfg(target_os = "linux")]
use super::transcript::poll;
use super::{Croud, Profile, Received, Running, request};

/// A running `croud sandbox serve`. It ends when it is dropped.
pub(crate) struct Served {
    running: Running,
    /// The ready line: the endpoint, the users and the organizations.
    pub(crate) ready: serde_json::Value,
}

impl Served {
    pub(crate) fn new(croud: &Croud, options: &str) -> Self {
        let running = croud.start(&format!("sandbox serve {options}"));
        running.until_stdout("\n");
        let line = running.stdout();
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no ready line, but {line:?}"));
        Self { running, ready }
    }

    pub(crate) fn endpoint(&self) -> &str {
        self.ready["endpoint"].as_str().unwrap()
    }

    /// The token of a seeded user: 0 is the admin, 1 the member, 2 the superuser.
    pub(crate) fn token(&self, user: usize) -> &str {
        self.ready["users"][user]["token"].as_str().unwrap()
    }

    /// A `croud` that is signed in as a seeded user, numbered as in [`Served::token`].
    pub(crate) fn croud(&self, user: usize) -> Croud {
        let organization = self.ready["organizations"][0]["id"].as_str().unwrap();
        let profile = Profile::at(self.endpoint()).token(self.token(user)).organization(organization);
        Croud::new().mask(self.endpoint(), "ENDPOINT").profile(profile)
    }

    /// Sends `METHOD TARGET` as a seeded user, numbered as in [`Served::token`].
    pub(crate) fn ask(&self, user: usize, line: &str, body: &str) -> Received {
        request(self.endpoint(), line, &[&format!("Cookie: session={}", self.token(user))], body.as_bytes())
    }

    /// A `croud` that controls this sandbox: with its address and control token in the environment.
    pub(crate) fn controller(&self) -> Croud {
        let token = self.ready["control_token"].as_str().unwrap();
        let croud = Croud::new().mask(self.endpoint(), "ENDPOINT");
        croud.env("CROUD_SANDBOX_SERVER", self.endpoint()).env("CROUD_SANDBOX_TOKEN", token)
    }

    /// Sends `METHOD PATH` to the control, with its token and more headers.
    pub(crate) fn control(&self, line: &str, headers: &[&str], body: &[u8]) -> Received {
        let token = format!("X-Sandbox-Token: {}", self.ready["control_token"].as_str().unwrap());
        request(self.endpoint(), line, &[&[token.as_str()], headers].concat(), body)
    }

    /// The URL of an upload or a download, as a target on this server.
    pub(crate) fn target(&self, url: &serde_json::Value) -> String {
        url.as_str().unwrap().strip_prefix(self.endpoint()).unwrap().to_owned()
    }

    /// The most memory that the process has used, in KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.running.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Stops the process until [`Served::resume`], and waits until it has stopped. Its socket still accepts connections.
    #[cfg(target_os = "linux")]
    pub(crate) fn pause(&self) {
        self.running.signal(rustix::process::Signal::STOP);
        let status = format!("/proc/{}/status", self.running.id());
        poll("the server stops", || std::fs::read_to_string(&status).unwrap().contains("T (stopped)"));
    }

    #[cfg(target_os = "linux")]
    pub(crate) fn resume(&self) {
        self.running.signal(rustix::process::Signal::CONT);
    }

    /// `kill -9`, without waiting: other threads may still send requests.
    #[cfg(unix)]
    pub(crate) fn kill_under_load(&self) {
        self.running.signal(rustix::process::Signal::KILL);
    }

    /// `kill -9`, and wait for the end.
    pub(crate) fn kill(&mut self) {
        #[cfg(unix)]
        self.kill_under_load();
        self.running.kill();
    }

    /// Sends a signal, and waits for the exit code.
    #[cfg(unix)]
    pub(crate) fn signal(&mut self, signal: rustix::process::Signal) -> Option<i32> {
        self.running.signal(signal);
        self.running.end().status.code()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.running.terminate();
    }
}
