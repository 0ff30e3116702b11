//! `croud`: run organizations on CrateDB Cloud from the terminal.
//!
//! Data flows one way: the command line becomes typed arguments, those a request, its reply a JSON
//! value, that a [`run::Reply`], which is rendered here and written by `term`.

use std::ffi::OsString;
use std::io::{self, Write};
use std::pin::pin;
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Result;
use clap::error::ErrorKind;
use serde_json::Value;

mod api;
mod callback;
mod cli;
mod commands;
mod completion;
mod config;
mod context;
mod error;
mod http;
mod output;
mod run;
#[cfg(feature = "sandbox")]
mod sandbox;
mod secret;
mod stop;
mod term;
mod units;

use api::Pages;
use cli::Global;
use commands::Command;
use context::Context;
use error::{Failure, Kind, Level};
use output::{Renderer, WriteError};
use run::{Data, Reply, Run};
use stop::Stop;
use term::Term;

/// How often the runtime gets its turn, so that a request is on its way: the client, its connection.
const SENDING: usize = 4;

/// Do what the command line says and return its exit code.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut term = Term::new();
    let args: Vec<OsString> = args.into_iter().collect();
    if let Some(answer) = completion::answer(&args) {
        // Whoever pressed a key is not told what went wrong.
        let mut out = term.stdout();
        let _ = out.write_all(&answer).and_then(|()| out.flush());
        return ExitCode::SUCCESS;
    }
    let program = args.first().map(program_name).unwrap_or_default();
    let cli = match cli::parse(&args) {
        Ok(cli) => cli,
        Err(error) => return usage(&term, error),
    };
    term.quiet = cli.global.quiet;
    let term = Rc::new(term);
    let done = match (cli.print_completion, cli.command) {
        (Some(shell), _) => {
            completion::script(shell, &program).map_err(Into::into).and_then(|script| write(&term, &script))
        }
        (None, None) => write(&term, &cli::help([]).render().to_string()),
        (None, Some(command)) => {
            let stop = Stop::default();
            block_on(carry_out(command, cli.global, Rc::clone(&term), stop.clone()), &stop)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            term.restore();
            term.fail(&error);
            ExitCode::from(error::exit_code(&error))
        }
    }
}

/// What this program is called by: a name that the PATH finds, or else a whole path.
fn program_name(arg: &OsString) -> String {
    let path = std::path::Path::new(arg);
    let whole = match path.components().count() {
        0 | 1 => path.to_owned(),
        _ => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    };
    whole.to_string_lossy().into_owned()
}

/// Write text to stdout.
fn write(term: &Term, text: &str) -> Result<()> {
    let mut out = term.stdout();
    written(out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(WriteError::Io))
}

/// A closed pipe is success; any other error is a failure.
fn written(done: Result<(), WriteError>) -> Result<()> {
    match done {
        Ok(()) => Ok(()),
        Err(WriteError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::failed(error.to_string()).into()),
    }
}

/// Run `work` on this thread until it is done, or a signal ends it.
fn block_on(work: impl Future<Output = Result<()>>, stop: &Stop) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let done = runtime.block_on(async {
        tokio::select! {
            // First of all signals are listened for.
            biased;
            kind = stop.now() => Err(Failure::stopped(kind).into()),
            done = work => done,
        }
    });
    // A question that nobody answers any more must not hold up the end.
    runtime.shutdown_background();
    done
}

/// Run the command and show its reply.
async fn carry_out(command: Command, global: Global, term: Rc<Term>, stop: Stop) -> Result<()> {
    let mut cx = Context::new(global, Rc::clone(&term), stop)?;
    let reply = command.run(&mut cx).await?;
    let format = reply.format.unwrap_or_else(|| cx.format());
    show(reply, format, &term).await
}

/// Write the data of a reply, then its line.
async fn show(mut reply: Reply, format: output::Format, term: &Term) -> Result<()> {
    let renderer = Renderer::new(format, reply.columns, term.stdout_width());
    let mut out = term.stdout();
    // An answer that holds nothing has nothing to boast of.
    let mut is_empty = false;
    let done = match reply.data {
        Data::None => Ok(()),
        Data::Empty => {
            reply.done.get_or_insert((Level::Success, "Success.".into()));
            Ok(())
        }
        Data::Text(text) => out.write_all(text.as_bytes()).map_err(WriteError::Io),
        Data::Whole(value) => {
            is_empty = matches!(&value, Value::Object(map) if map.is_empty())
                || matches!(&value, Value::Array(rows) if rows.is_empty());
            renderer.whole(&value, &mut out)
        }
        Data::Pages(pages) => page_by_page(pages, renderer, &mut out).await?,
    };
    written(done.and_then(|()| Ok(out.flush()?)))?;
    if let Some((level, text)) = reply.done.filter(|_| !is_empty) {
        term.say(level, &text);
    }
    match reply.then {
        None => Ok(()),
        Some(work) => work.await,
    }
}

/// Show pages as they come. While one is shown, the next one is on its way.
///
/// # Errors
/// Those of a page. What was shown before is out then, and does not look whole.
async fn page_by_page(
    mut pages: Pages,
    mut renderer: Renderer<'_>,
    out: &mut impl Write,
) -> Result<Result<(), WriteError>> {
    let mut page = pages.next().await?;
    while let Some(rows) = page {
        let mut next = pin!(pages.next());
        // The request is sent before this thread is busy; an answer that is there already is kept.
        let mut early = None;
        for _ in 0..SENDING {
            tokio::select! {
                biased;
                answer = &mut next => {
                    early = Some(answer);
                    break;
                }
                () = tokio::task::yield_now() => {}
            }
        }
        if let Err(error) = renderer.page(&rows, out) {
            let _ = renderer.break_off(out);
            return Ok(Err(error));
        }
        let answer = match early {
            Some(answer) => answer,
            None => next.await,
        };
        page = match answer {
            Ok(page) => page,
            Err(error) => {
                // That the list broke off is the error to tell.
                let _ = renderer.break_off(out).and_then(|()| Ok(out.flush()?));
                return Err(error);
            }
        };
    }
    Ok(renderer.end(out))
}

/// What clap has to say: help and version on stdout, the rest as a usage error on stderr.
fn usage(term: &Term, mut error: clap::Error) -> ExitCode {
    // A noun without a verb is a question, not a mistake.
    let is_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::MissingSubcommand
    );
    if error.kind() == ErrorKind::MissingSubcommand {
        let name = error.get(clap::error::ContextKind::InvalidSubcommand).map(ToString::to_string);
        error = cli::help(name.unwrap_or_default().split(' ').skip(1));
    }
    if !is_help {
        term.raw_stderr(&error.render().to_string());
        return ExitCode::from(Kind::Usage.exit_code());
    }
    match write(term, &error.render().to_string()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            term.fail(&error);
            ExitCode::from(error::exit_code(&error))
        }
    }
}
