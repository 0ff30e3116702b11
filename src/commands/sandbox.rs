//! `sandbox`: the embedded cloud, for other clients and for scripts.
//!
//! The built-in profile `sandbox` works without these commands. None of them changes croud.yaml.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;

use crate::context::Context;
use crate::error::{Failure, FailureKind, Level};
use crate::options::non_empty;
use crate::output::{Column, yaml};
use crate::run::{LocalVerb, Reply, Run, noun};
use crate::sandbox::{self, Options, Ready, Rule, Rules, Sandbox, parse_fault};
use crate::stop::Hold;

noun! {
    /// Run an embedded cloud for tests, offline and without an account
    SandboxCommand {
        verbs {
            Serve(Serve),
            Exec(Exec),
            Reset(Reset),
            Coverage(LocalVerb<Coverage>),
        }
    }
}

/// The profile that `exec` makes for its command. The name of the built-in profile would be misleading.
const EXEC_PROFILE: &str = "exec";
const COLUMNS: &[Column] = &[Column::new("method"), Column::new("path"), Column::new("source")];

/// The options of `serve` and `exec`.
#[derive(Args)]
struct Served {
    /// Address and port to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0", value_parser = address)]
    listen: SocketAddr,

    /// Folder for the state [default: in memory only]
    #[arg(long, value_name = "FOLDER")]
    state: Option<PathBuf>,

    /// Audit events in the first organization [default: 400]
    #[arg(long, value_name = "N")]
    events: Option<u64>,

    /// Users in the first organization [default: 2]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    users: u64,

    /// Audit events on a page
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    page_size: u32,

    /// Inject a fault: `GET /api/v2/** status=503 p=0.2 seed=1`, `flaky`, `slow`; repeatable
    #[arg(long = "fault", value_name = "RULE", value_parser = parse_fault)]
    faults: Vec<Vec<Rule>>,

    /// File to append each request to, as a line of JSON with secrets hidden
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,

    /// Refuse fields and parameters that the API does not have
    #[arg(long)]
    strict: bool,
}

impl Served {
    fn open(self, cx: &Context, admin_is_superuser: bool) -> Result<Sandbox> {
        let rules = Rules {
            events: self.events,
            users: self.users,
            page_size: self.page_size as usize,
            strict: self.strict,
            admin_is_superuser,
            ..Rules::default()
        };
        if !self.listen.ip().is_loopback() {
            let text =
                "The sandbox listens beyond loopback. Its tokens are published: anybody who can reach it can use it.";
            cx.term().say(Level::Warning, text);
        }
        let (listen, state, faults, journal) = (self.listen, self.state, self.faults, self.journal);
        let opened = sandbox::open(Options { listen, state, rules, faults, journal });
        let sandbox = opened.map_err(|error| Failure::failed(format!("The sandbox could not start: {error}.")))?;
        if let Some(warning) = &sandbox.warning {
            cx.term().say(Level::Warning, warning);
        }
        Ok(sandbox)
    }
}

/// Serve the embedded cloud for other clients, in the foreground
///
/// Once it listens, it prints a line of JSON with the endpoint, users, tokens and organizations. Ctrl-C stops it.
#[derive(Args)]
#[command(
    after_help = "Example:\n  croud sandbox serve --listen 127.0.0.1:8900 --state ./cloud \\\n      --journal journal.jsonl"
)]
pub(crate) struct Serve {
    #[command(flatten)]
    served: Served,
}

impl Run for Serve {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let sandbox = self.served.open(cx, false)?;
        let ready = serde_json::to_string(&sandbox.ready()?)?;
        let hold = cx.hold();
        Ok(Reply::text(format!("{ready}\n")).then(async move {
            tokio::select! {
                never = sandbox.run() => match never? {},
                _ = hold.signal() => {}
            }
            Ok(())
        }))
    }
}

/// Run a command against a temporary embedded cloud
///
/// The command gets a configuration and credentials for the sandbox only, and finds this `croud` first on its PATH.
#[derive(Args)]
#[command(after_help = "Example:\n  croud sandbox exec -- croud organizations list")]
pub(crate) struct Exec {
    #[command(flatten)]
    served: Served,

    /// The command, after `--`
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

impl Run for Exec {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let sandbox = self.served.open(cx, true)?;
        let ready = sandbox.ready()?;
        let folder =
            tempfile::Builder::new().prefix("croud-exec-").tempdir().context("could not create a temporary folder")?;
        let mut command = rehearsal(&self.command, &ready, folder.path())?;
        let hold = cx.hold();
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                let name = self.command.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                cx.term().say(Level::Error, &format!("Could not start `{name}`: {error}."));
                let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
                return Err(Failure::new(FailureKind::Passed(code), "").into());
            }
        };
        let id = child.id();
        let status = tokio::select! {
            status = child.wait() => status,
            // The sandbox keeps running after a signal: the command may need it to clean up.
            (never, ()) = async { tokio::join!(sandbox.run(), pass_on(&hold, id)) } => match never? {},
        }?;
        match exit_code(status) {
            0 => Ok(Reply::nothing()),
            code => Err(Failure::new(FailureKind::Passed(code), "").into()),
        }
    }
}

/// Reset the sandbox to its initial data
#[derive(Args)]
#[command(after_help = "Example:\n  croud sandbox reset --org-id f6c39580-5719-431d-a508-0cee4f9e8209")]
pub(crate) struct Reset {
    /// ID for the first organization, so that the IDs in a script exist
    #[arg(long)]
    org_id: Option<String>,
}

impl Run for Reset {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let folder = cx.sandbox_folder()?;
        let org_id = non_empty(self.org_id);
        sandbox::reset(&folder, org_id.as_deref())
            .with_context(|| format!("could not reset the sandbox in `{}`", folder.display()))?;
        Ok(Reply::info("The sandbox has its initial data again."))
    }
}

/// List the endpoints of the embedded cloud
///
/// The source of an endpoint is `spec` (the vendor's description), `upstream` (the Python program) or `guess`.
#[derive(Args)]
#[command(after_help = "Example:\n  croud sandbox coverage")]
pub(crate) struct Coverage {}

impl Run for Coverage {
    async fn run(self, _: &Context) -> Result<Reply> {
        Ok(Reply::of(Some(sandbox::coverage())).columns(COLUMNS))
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let mut found = text.to_socket_addrs().map_err(|error| format!("expected ADDR:PORT ({error})"))?;
    found.next().ok_or_else(|| "it has no address".to_owned())
}

/// The command with a configuration and credentials for the sandbox, and none of the user's.
fn rehearsal(words: &[OsString], ready: &Ready, folder: &Path) -> Result<tokio::process::Command> {
    let admin = ready.users.first().context("the sandbox has no users")?;
    let organization_id = ready.organizations.first().map(|organization| &organization.id);
    let config = json!({
        "default-format": "table",
        "current-profile": EXEC_PROFILE,
        "profiles": {
            EXEC_PROFILE: {
                "endpoint": ready.endpoint,
                "auth-token": admin.token,
                "key": null,
                "secret": null,
                "organization-id": organization_id,
            }
        }
    });
    let path = folder.join("Crate").join("croud.yaml");
    fs::create_dir(folder.join("Crate"))?;
    sandbox::private(&path)?.write_all(yaml::to_string(&config).as_bytes())?;
    let bin = own_folder(folder)?;
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&paths)))?;

    let [program, args @ ..] = words else { return Err(Failure::usage("No command was given.").into()) };
    let mut command = tokio::process::Command::new(program);
    command.args(args).env("PATH", paths).env("XDG_CONFIG_HOME", folder).env("CROUD_CONFIG", &path);
    let credentials = [
        ("CRATEDB_CLOUD_API_KEY", admin.key.as_ref()),
        ("CRATEDB_CLOUD_API_SECRET", admin.secret.as_ref()),
        ("CRATEDB_CLOUD_ENDPOINT", Some(&ready.endpoint)),
        ("CRATEDB_CLOUD_ORGANIZATION_ID", organization_id),
    ];
    for (name, value) in credentials {
        command.env(name, value.map(String::as_str).unwrap_or_default());
    }
    for name in ["CROUD_PROFILE", "CRATEDB_CLOUD_REGION", "CROUD_SANDBOX_STATE"] {
        command.env_remove(name);
    }
    Ok(command)
}

/// A folder in which this program has the name `croud`.
fn own_folder(folder: &Path) -> Result<PathBuf> {
    let program = std::env::current_exe().context("could not find this program")?;
    #[cfg(unix)]
    {
        let bin = folder.join("bin");
        fs::create_dir(&bin)?;
        std::os::unix::fs::symlink(program, bin.join("croud"))?;
        Ok(bin)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        program.parent().map(Path::to_owned).context("could not find this program's folder")
    }
}

/// Send SIGTERM on to the command. The terminal itself sends Ctrl-C to it.
async fn pass_on(hold: &Hold, child: Option<u32>) {
    let kind = hold.signal().await;
    #[cfg(unix)]
    if kind == FailureKind::Terminated {
        let pid = child.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed()));
        if let Some(pid) = pid {
            // The command may have ended meanwhile.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        }
    }
    #[cfg(not(unix))]
    let _ = (kind, child);
}

/// The exit code of the command, or 128 plus the number of the signal that ended it, as in a shell.
fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(255);
    }
    status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1))
}
