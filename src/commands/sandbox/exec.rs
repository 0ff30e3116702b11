//! `sandbox exec`: runs a command against a temporary sandbox.
//!
//! The command gets a private configuration and credentials in its environment. On Linux, all its descendants end
//! with it: a remaining process would no longer find the private configuration, and could use that of the user. Other
//! systems have no way to find the descendants.

use std::ffi::OsString;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use serde_json::json;
use tokio::process::{Child, Command};

use super::Served;
use super::descendants::Descendants;
use crate::context::Context;
use crate::error::{Failure, FailureKind, Level};
use crate::output::yaml;
use crate::private::{self, Existing};
use crate::run::{Reply, Run};
use crate::sandbox::{Ready, Sandbox};
use crate::stop::Hold;

/// The profile that `exec` makes for its command. The name of the built-in profile would be misleading.
const PROFILE: &str = "exec";
/// The PATH where the user has none, as in POSIX shells.
const DEFAULT_PATH: &str = "/usr/bin:/bin";
/// How long the command may clean up after a signal. It is less than a [`Hold`] lasts.
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(4);

/// Run a command against a temporary embedded cloud
///
/// The command gets a configuration and credentials for the sandbox only, and finds this `croud` first on its PATH.
/// `croud sandbox snapshot` and similar commands control this sandbox.
/// On Linux, the processes that it started end with it.
///
/// After Ctrl-C, the command has four seconds to end. A second Ctrl-C kills it. SIGTERM and SIGHUP are passed on to it.
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
        let folder = private::temporary_folder("croud-exec-")?;
        let mut command = command(&self.command, &sandbox.ready()?, folder.path())?;
        let hold = cx.hold();
        let descendants = Descendants::adopt();
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => {
                let name = self.command.first().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                cx.term().say(Level::Error, &format!("Could not start `{name}`: {error}."));
                let code = if error.kind() == io::ErrorKind::NotFound { 127 } else { 126 };
                return Err(Failure::new(FailureKind::Passed(code), "").into());
            }
        };
        let status = wait(&mut child, sandbox, &hold, |line| cx.term().say(Level::Warning, line)).await;
        descendants.end().await;
        match exit_code(status?) {
            0 => Ok(Reply::nothing()),
            code => Err(Failure::new(FailureKind::Passed(code), "").into()),
        }
    }
}

/// Waits for the command. The sandbox keeps running after a signal: the command may need it to clean up.
async fn wait(child: &mut Child, sandbox: Sandbox, hold: &Hold, notice: impl FnMut(&str)) -> io::Result<ExitStatus> {
    let id = child.id();
    let limit = async {
        let kind = hold.signal().await;
        pass_on(kind, id);
        tokio::time::sleep(CLEAN_UP_LIMIT).await;
    };
    tokio::select! {
        status = child.wait() => return status,
        never = sandbox.run(notice) => match never? {},
        () = limit => {}
    }
    child.kill().await?;
    child.wait().await
}

/// Sends a signal on to the command. The terminal itself sends Ctrl-C to it.
fn pass_on(kind: FailureKind, child: Option<u32>) {
    #[cfg(unix)]
    {
        let signal = match kind {
            FailureKind::Terminated => rustix::process::Signal::TERM,
            FailureKind::HungUp => rustix::process::Signal::HUP,
            _ => return,
        };
        if let Some(pid) = child.and_then(|id| rustix::process::Pid::from_raw(id.cast_signed())) {
            // The command may have ended meanwhile.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
    #[cfg(not(unix))]
    let _ = (kind, child);
}

/// The command with a configuration, credentials and a control token for the sandbox, and none of the user's.
fn command(words: &[OsString], ready: &Ready, folder: &Path) -> Result<Command> {
    let admin = ready.users.first().context("the sandbox has no users")?;
    let organization_id = ready.organizations.first().map(|organization| &organization.id);
    let config = json!({
        "default-format": "table",
        "current-profile": PROFILE,
        "profiles": {
            PROFILE: {
                "endpoint": ready.endpoint,
                "auth-token": admin.token,
                "key": null,
                "secret": null,
                "organization-id": organization_id,
            }
        }
    });
    let path = folder.join("Crate").join("croud.yaml");
    private::folder(&folder.join("Crate"))?;
    let text = yaml::to_string(&config)?;
    let written = private::file(&path, Existing::Replace).and_then(|mut file| file.write_all(text.as_bytes()));
    written.with_context(|| format!("could not write `{}`", path.display()))?;
    let bin = own_folder(folder)?;
    // An empty PATH would be the current folder.
    let paths = std::env::var_os("PATH").filter(|paths| !paths.is_empty()).unwrap_or_else(|| DEFAULT_PATH.into());
    let paths = std::env::join_paths([bin].into_iter().chain(std::env::split_paths(&paths)))?;

    let [program, args @ ..] = words else { return Err(Failure::usage("No command was given.").into()) };
    let mut command = Command::new(program);
    command.kill_on_drop(true).args(args).env("PATH", paths).env("XDG_CONFIG_HOME", folder).env("CROUD_CONFIG", &path);
    let variables = [
        ("CROUD_SANDBOX_SERVER", Some(&ready.endpoint)),
        ("CROUD_SANDBOX_TOKEN", Some(&ready.control_token)),
        ("CRATEDB_CLOUD_API_KEY", admin.key.as_ref()),
        ("CRATEDB_CLOUD_API_SECRET", admin.secret.as_ref()),
        ("CRATEDB_CLOUD_ENDPOINT", Some(&ready.endpoint)),
        ("CRATEDB_CLOUD_ORGANIZATION_ID", organization_id),
    ];
    for (name, value) in variables {
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
        private::folder(&bin)?;
        std::os::unix::fs::symlink(program, bin.join("croud"))?;
        Ok(bin)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        program.parent().map(Path::to_owned).context("could not find this program's folder")
    }
}

/// The exit code of the command, or 128 plus the number of the signal that ended it, as in a shell.
fn exit_code(status: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return u8::try_from(128 + signal).unwrap_or(255);
    }
    status.code().map_or(1, |code| u8::try_from(code).unwrap_or(1))
}
