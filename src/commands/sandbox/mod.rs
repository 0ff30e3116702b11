//! `sandbox`: the embedded cloud, for other clients and for scripts.
//!
//! The built-in profile `sandbox` works without these commands. None of them changes croud.yaml.

mod clock;
mod controlled;
mod descendants;
mod exec;
mod export;
mod faults;
mod journal;
mod snapshots;

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use jiff::Timestamp;

use crate::context::Context;
use crate::error::{Failure, Level};
use crate::limit::read_file;
use crate::options::{non_empty, path_to_write, whole_number};
use crate::output::Column;
use crate::run::{Listing, LocalVerb, Record, Reply, Run, noun};
use crate::sandbox::{self, ClockChange, Control, Options, Rule, Rules, Sandbox, Seed, parse_fault, parse_seed};
use clock::Clock;
use controlled::Controlled;
use exec::Exec;
use export::{Export, Import};
use faults::Faults;
use journal::Journal;
use snapshots::{Restore, Snapshot};

noun! {
    /// Run an embedded cloud for tests, offline and without an account
    SandboxCommand {
        verbs {
            Serve(Serve),
            Exec(Exec),
            Reset(Reset),
            Snapshot(Listing<LocalVerb<Snapshot>>),
            Restore(Restore),
            Export(Export),
            Import(Import),
            Faults(Listing<LocalVerb<Faults>>),
            Journal(Listing<LocalVerb<Journal>>),
            Clock(Record<LocalVerb<Clock>>),
            Coverage(Listing<LocalVerb<Coverage>>),
            Openapi(Openapi),
        }
    }
}

/// The largest seed file in bytes. A request to a running sandbox takes no more.
const LARGEST_SEED: u64 = 8 << 20;

/// The most users of an organization. A list of all of them takes a quarter of a GB of memory.
const MOST_USERS: u64 = 100_000;

const COLUMNS: &[Column] = &[Column::new("method"), Column::new("path"), Column::new("source"), Column::new("served")];

/// The options of `serve` and `exec`.
#[derive(Args)]
struct Served {
    /// Address and port to listen on; port 0 picks a free port
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:0", value_parser = address)]
    listen: SocketAddr,

    /// Folder for the state [default: in memory only]
    #[arg(long, value_name = "FOLDER", value_parser = path_to_write())]
    state: Option<PathBuf>,

    /// YAML file with the initial data, in place of the built-in data
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,

    /// Audit events in the first organization [default: 400]
    #[arg(long, value_name = "N", value_parser = whole_number(0..=u64::MAX, "a whole number such as 400"))]
    events: Option<u64>,

    /// Users in the first organization, at most 100000 [default: 2]
    #[arg(
        long,
        value_name = "N",
        default_value_t = 0,
        hide_default_value = true,
        value_parser = whole_number(0..=MOST_USERS, "a whole number up to 100000")
    )]
    users: u64,

    /// Audit events on a page
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = whole_number(1..=u32::MAX, "a whole number of at least 1, such as 50"))]
    page_size: u32,

    /// Inject a fault: a rule such as `GET /api/v2/** status=503 p=0.2 seed=1`, or `flaky` or `slow`; repeatable
    ///
    /// `croud sandbox faults --help` explains the rules.
    #[arg(long = "fault", value_name = "RULE", value_parser = parse_fault)]
    faults: Vec<Vec<Rule>>,

    /// Time at which the sandbox's clock starts, such as 2030-01-31T12:00, in UTC [default: now]
    #[arg(long, value_name = "TIME", value_parser = ClockChange::parse_time)]
    clock: Option<Timestamp>,

    /// File to append each request to, as a line of JSON with secrets hidden
    #[arg(long, value_name = "FILE", value_parser = path_to_write())]
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
        let seed = self.seed.as_deref().map(|path| Ok::<_, anyhow::Error>(read_seed(path)?.1)).transpose()?;
        let (listen, state, clock) = (self.listen, self.state, self.clock);
        let (faults, journal) = (self.faults, self.journal);
        let opened = sandbox::open(Options { listen, state, seed, clock, rules, faults, journal });
        let sandbox = opened.map_err(|error| {
            let mut failure = Failure::failed(format!("The sandbox could not start: {error}."));
            if error.kind() == ErrorKind::AddrInUse {
                failure.add_line("Without --listen, it picks a free port.");
            }
            failure
        })?;
        if let Some(warning) = &sandbox.warning {
            cx.term().say(Level::Warning, warning);
        }
        Ok(sandbox)
    }
}

/// Serve the embedded cloud for other clients, in the foreground
///
/// Once it listens, it prints a line of JSON with the endpoint, the control token, the users with their tokens, and the organizations. Ctrl-C stops it.
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
        let (hold, term) = (cx.hold(), cx.term().clone());
        Ok(Reply::text(format!("{ready}\n")).then(async move {
            tokio::select! {
                never = sandbox.run(|line| term.say(Level::Warning, line)) => match never? {},
                _ = hold.signal() => {}
            }
            Ok(())
        }))
    }
}

/// Reset the sandbox to its initial data
///
/// Without a running sandbox, the sandbox of the profile `sandbox` is reset.
#[derive(Args)]
#[command(after_help = "Example:\n  croud sandbox reset --org-id f6c39580-5719-431d-a508-0cee4f9e8209")]
pub(crate) struct Reset {
    #[command(flatten)]
    controlled: Controlled,

    /// ID for the first organization, so that the IDs in a script exist
    #[arg(long, value_parser = organization_id)]
    org_id: Option<String>,

    /// YAML file with the initial data, in place of the built-in data
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
}

impl Run for Reset {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let seed = self.seed.as_deref().map(|path| Ok::<_, anyhow::Error>(read_seed(path)?.0)).transpose()?;
        let data = self.seed.as_deref().map(|path| format!("the data of `{}`", path.display()));
        let organization_id = non_empty(self.org_id);
        self.controlled.run(cx, Control::Reset { organization_id, seed }).await?;
        Ok(Reply::info(format!("The sandbox has {}.", data.as_deref().unwrap_or("its initial data again"))))
    }
}

/// List the endpoints of the API, and whether the sandbox serves them
///
/// The source of an endpoint is `spec` (the vendor's description), `upstream` (the Python program) or `guess`.
#[derive(Args)]
#[command(after_help = "Example:\n  croud sandbox coverage")]
pub(crate) struct Coverage {}

impl Run for Coverage {
    const COLUMNS: &'static [Column] = COLUMNS;

    async fn run(self, _: &Context) -> Result<Reply> {
        Ok(Reply::of(Some(sandbox::coverage())))
    }
}

/// Print an OpenAPI 3 document of what the sandbox serves
#[derive(Args)]
#[command(after_help = "Example:\n  croud sandbox openapi | head -3")]
pub(crate) struct Openapi {}

impl Run for Openapi {
    async fn run(self, _: &Context) -> Result<Reply> {
        Ok(Reply::text(format!("{:#}\n", sandbox::openapi())))
    }
}

/// Reads and parses a seed file. Also returns its text.
///
/// # Errors
/// A file that cannot be read, and a usage error for one that is not valid.
fn read_seed(path: &Path) -> Result<(String, Seed)> {
    let could_not_read = |error: io::Error| {
        let mut failure = Failure::failed(format!("Could not read `{}`: {error}", path.display()));
        if error.kind() == ErrorKind::InvalidData {
            failure.add_line("`croud sandbox import FILE` reads an export.");
        }
        failure
    };
    let text = read_file(path, LARGEST_SEED).map_err(could_not_read)?;
    let seed =
        parse_seed(&text).map_err(|problem| Failure::usage(format!("{problem}\nThe file is `{}`.", path.display())))?;
    Ok((text, seed))
}

/// Checks an ID for the first organization. An empty one counts as not given.
fn organization_id(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { sandbox::check_organization_id(text) }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let mut found = text.to_socket_addrs().map_err(|error| format!("expected ADDR:PORT ({error})"))?;
    found.next().ok_or_else(|| "it has no address".to_owned())
}
