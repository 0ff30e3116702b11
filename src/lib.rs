//! `croud` manages organizations of CrateDB Cloud from the terminal.
//!
//! Data flows in one direction: the command line is parsed into typed arguments, a command sends requests and returns
//! JSON in a [`run::Reply`], and [`show`] prints it as text on stdout.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Result;

mod api;
mod callback;
mod cli;
mod commands;
mod completion;
mod config;
mod context;
mod endpoint;
mod environment;
mod error;
mod http;
mod identity;
mod limit;
mod locked;
mod options;
mod output;
#[cfg_attr(all(not(feature = "sandbox"), not(test)), expect(dead_code, reason = "the sandbox needs the rest"))]
mod private;
mod record;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod secret;
mod show;
mod stop;
mod suggest;
mod term;
mod units;

use commands::Command;
use context::Context;
use environment::Environment;
use error::{FailureKind, Level};
use options::Global;
use run::Run;
use stop::{Stop, run_until_signal};
use term::Term;

/// Runs the command line `args`, whose first item is the program's own name, and returns the exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    // A core dump would contain the credentials. If this fails, the core limit of the system applies.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    let environment = Environment::read();
    let mut term = Term::new(&environment);
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(answer) = completion::answer(&args, &environment, cli::tree) {
        // Completion errors are ignored: a message would disturb the command line that is being typed.
        let mut out = term.stdout();
        let _ = out.write_all(&answer).and_then(|()| out.flush());
        return ExitCode::SUCCESS;
    }
    let cli = match cli::parse(&args) {
        Ok(cli) => cli,
        Err(error) if !cli::is_help(&error) => {
            term.lines(&error.render().to_string());
            return ExitCode::from(FailureKind::Usage.exit_code());
        }
        Err(help) => return exit_code(&term, show::print(&term, &help.render().to_string())),
    };
    term.quiet = cli.global.quiet;
    let result = match (cli.print_completion, cli.command) {
        (Some(shell), _) => completion::script(shell).and_then(|script| show::print(&term, &script)),
        (None, None) => show::print(&term, &cli::help().to_string()),
        (None, Some(command)) => execute(command, cli.global, environment, term.clone()),
    };
    exit_code(&term, result)
}

/// Prints the error, if there is one, and returns the exit code.
fn exit_code(term: &Term, result: Result<()>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            term.restore();
            term.fail(&error);
            ExitCode::from(error::exit_code(&error))
        }
    }
}

/// Runs the command on a worker thread and prints its reply, until a signal ends it.
fn execute(command: Command, global: Global, environment: Environment, term: Term) -> Result<()> {
    let (stop, settings) = (Stop::default(), term.saved_settings());
    let (worker_stop, worker_term) = (stop.clone(), term.clone());
    let work = move || {
        let (stop, term) = (worker_stop, Rc::new(worker_term));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let command = async {
            let shared = command.shared();
            let selection = shared.selection.clone();
            let cx = Context::new(environment, global, shared, Rc::clone(&term), stop.clone(), cli::tree);
            let reply = command.run(&cx).await?;
            let format = reply.format.unwrap_or_else(|| cx.format());
            show::show(reply, format, selection, &term).await
        };
        let result = runtime.block_on(async {
            tokio::select! {
                biased;
                failure = stop.cancelled() => Err(failure.into()),
                result = command => result,
            }
        });
        // A blocking task, such as the start of a browser, must not delay the exit.
        runtime.shutdown_background();
        result
    };
    run_until_signal(
        &stop,
        work,
        {
            let settings = settings.clone();
            move || settings.hide_again()
        },
        move || settings.restore(),
        || term.say(Level::Warning, "Interrupted, cleaning up..."),
    )
}
