//! Which sandbox a command controls, and how: a running one by requests, or the folder of the profile `sandbox`.

use anyhow::Result;
use clap::Args;
use serde_json::{Value, json};

use crate::api::SandboxControl;
use crate::context::Context;
use crate::error::Failure;
use crate::sandbox::{self, ClockChange, Control, Refused};
use crate::secret::SecretSource;

/// The options of the commands that control a sandbox.
#[derive(Args)]
pub(super) struct Controlled {
    /// Address of a running sandbox [default: CROUD_SANDBOX_SERVER]
    #[arg(long, value_name = "URL")]
    server: Option<String>,

    /// Control token of the running sandbox; @FILE reads it from a file, - from stdin [default: CROUD_SANDBOX_TOKEN]
    #[arg(long, value_name = "TOKEN")]
    token: Option<SecretSource>,
}

impl Controlled {
    /// Carries out an operation on the running sandbox that was named, or else on that of the profile.
    ///
    /// # Errors
    /// The operation was refused, the server cannot be reached, or it uses the folder.
    pub(super) async fn run(self, cx: &Context, control: Control) -> Result<Value> {
        match cx.sandbox_control(self.server.as_deref(), self.token)? {
            Some(server) => run_on_server(&server, control).await,
            None => run_in_folder(cx, control),
        }
    }

    /// The running sandbox, for an operation that needs one.
    ///
    /// # Errors
    /// A usage error if none was named, and those of [`Context::sandbox_control`].
    pub(super) fn server(self, cx: &Context) -> Result<SandboxControl> {
        let server = cx.sandbox_control(self.server.as_deref(), self.token)?;
        let missing =
            "This needs a running sandbox: pass --server and --token, or run it inside of `croud sandbox exec`.";
        Ok(server.ok_or_else(|| Failure::usage(missing))?)
    }
}

/// Carries out an operation by a request.
async fn run_on_server(server: &SandboxControl, control: Control) -> Result<Value> {
    let reply = match &control {
        Control::Reset { organization_id, seed } => {
            let body = json!({"organization_id": organization_id, "seed": seed});
            server.call("POST", &["reset"], &[], Some(body)).await
        }
        Control::ListSnapshots => server.call("GET", &["snapshots"], &[], None).await,
        Control::SaveSnapshot { name, overwrite } => {
            let overwrite = [("overwrite", if *overwrite { "true" } else { "false" })];
            server.call("PUT", &["snapshots", name.as_str()], &overwrite, None).await
        }
        Control::RestoreSnapshot(name) => {
            server.call("POST", &["snapshots", name.as_str(), "restore"], &[], None).await
        }
        Control::DeleteSnapshot(name) => server.call("DELETE", &["snapshots", name.as_str()], &[], None).await,
        Control::Export(file) => return server.export(file).await.map(|()| Value::Null),
        Control::Import(file) => return server.import(file.try_clone()?).await.map(|()| Value::Null),
        Control::ExportSeed => server.call("GET", &["seed"], &[], None).await,
        Control::ReadClock => server.call("GET", &["clock"], &[], None).await,
        Control::MoveClock(change) => {
            let body = match change {
                ClockChange::Set(time) => json!({"time": time.to_string()}),
                ClockChange::Advance(duration) => json!({"advance": duration.to_string()}),
                ClockChange::Offset(offset) => json!({"offset_seconds": offset.as_secs()}),
            };
            server.call("PUT", &["clock"], &[], Some(body)).await
        }
    };
    Ok(reply?.value()?)
}

/// Carries out an operation on the folder of the profile `sandbox`.
fn run_in_folder(cx: &Context, control: Control) -> Result<Value> {
    let folder = cx.sandbox_folder()?;
    let shown = folder.display();
    let is_export = matches!(control, Control::Export(_));
    let (value, warning) = sandbox::control_folder(&folder, control).map_err(|refused| match refused {
        // The disk that failed may be that of the exported file.
        Refused::Disk(error) if is_export => {
            Failure::failed(format!("The sandbox in `{shown}` could not be exported: {error}."))
        }
        Refused::Disk(error) => Failure::failed(format!(
            "The sandbox in `{shown}` could not be used: {error}.\nSet CROUD_SANDBOX_STATE to use another folder."
        )),
        Refused::InUse => Failure::failed(format!(
            "A running sandbox uses `{shown}`.\nPass its address with --server and its `control_token` with --token."
        )),
        refused => Failure::failed(refused.to_string()),
    })?;
    if let Some(warning) = warning {
        cx.warn(&warning);
    }
    Ok(value)
}
