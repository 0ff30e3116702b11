//! Writes to the terminal: data goes to stdout, everything else to stderr. No other module writes there.
//!
//! An error of stderr is ignored, because it can't be reported. An error of stdout is an error of the command, except
//! for a closed pipe.

mod ask;

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::pin::pin;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::environment::{Colour, Environment};
use crate::error::{Failure, Level, capitalized};
use crate::output::{json, printable};

pub(crate) use ask::SavedSettings;

/// The most characters of an error that are printed. It may contain text of a server.
const LONGEST_TEXT: usize = 10_000;
/// A wait shorter than this shows no spinner.
const SPINNER_DELAY: Duration = Duration::from_millis(200);
/// The time between two frames of the spinner.
const SPINNER_TICK: Duration = Duration::from_millis(100);

/// A spinner that is cleared when it is dropped. Only one is shown at a time.
struct Spinner<'t> {
    bar: ProgressBar,
    is_shown: &'t Cell<bool>,
}

impl<'t> Spinner<'t> {
    /// Shows a spinner, unless `is_shown` says that there is one.
    fn show(is_shown: &'t Cell<bool>) -> Option<Self> {
        if is_shown.replace(true) {
            return None;
        }
        let bar = ProgressBar::new_spinner().with_message("Waiting for the cloud...");
        bar.enable_steady_tick(SPINNER_TICK);
        Some(Self { bar, is_shown })
    }
}

impl Drop for Spinner<'_> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
        self.is_shown.set(false);
    }
}

/// The output to the terminal, and its settings.
#[derive(Clone)]
pub(crate) struct Term {
    /// Suppresses Success and Info lines, except for those of an error.
    pub(crate) quiet: bool,
    /// Suppresses every line.
    silent: bool,
    colour: bool,
    stderr_is_terminal: bool,
    /// The terminal can move its cursor.
    can_draw: bool,
    /// A spinner is shown. Several requests may wait at the same time.
    has_spinner: Cell<bool>,
    saved_settings: SavedSettings,
}

impl Term {
    /// The settings for this environment and these streams.
    pub(crate) fn new(environment: &Environment) -> Self {
        let stderr_is_terminal = io::stderr().is_terminal();
        let colour = match environment.colour {
            Colour::Never => false,
            Colour::Always => true,
            Colour::Auto => stderr_is_terminal && !environment.is_dumb_terminal,
        };
        Self {
            quiet: false,
            silent: false,
            colour,
            stderr_is_terminal,
            can_draw: stderr_is_terminal && !environment.is_dumb_terminal,
            has_spinner: Cell::new(false),
            saved_settings: SavedSettings::default(),
        }
    }

    /// A terminal that discards every line.
    pub(crate) fn silent() -> Self {
        Self {
            quiet: true,
            silent: true,
            colour: false,
            stderr_is_terminal: false,
            can_draw: false,
            has_spinner: Cell::new(false),
            saved_settings: SavedSettings::default(),
        }
    }

    /// The width of the terminal on stdout, in columns. `None` if stdout is not a terminal. A terminal that does not know
    /// its width has no limit.
    pub(crate) fn stdout_width(&self) -> Option<usize> {
        let columns = dialoguer::console::Term::stdout().size_checked().map_or(0, |(_, columns)| usize::from(columns));
        io::stdout().is_terminal().then_some(if columns > 0 { columns } else { usize::MAX })
    }

    /// Writes one line to stderr: the level's word, then `text`. Further lines of `text` are indented. `--quiet`
    /// suppresses Success and Info lines.
    pub(crate) fn say(&self, level: Level, text: &str) {
        if !self.quiet || !matches!(level, Level::Success | Level::Info) {
            self.write_line(level, text);
        }
    }

    /// Writes one line of any level to stderr.
    fn write_line(&self, level: Level, text: &str) {
        if self.silent {
            return;
        }
        let (word, code) = match level {
            Level::Success => ("Success", "32"),
            Level::Info => ("Info", "36"),
            Level::Warning => ("Warning", "33"),
            Level::Error => ("Error", "31"),
            Level::Debug => ("Debug", "37"),
        };
        let (on, off) = if self.colour { (format!("\x1b[{code}m"), "\x1b[0m") } else { (String::new(), "") };
        let text = lines(&short(text)).join("\n    ");
        write_stderr(&format!("{on}==> {word}: {off}{text}\n"));
    }

    /// Prints the reason for a wait, on a terminal only.
    pub(crate) fn say_waiting(&self, text: &str) {
        if self.stderr_is_terminal {
            self.say(Level::Info, text);
        }
    }

    /// Writes an indented line that belongs to the line before.
    pub(crate) fn continue_line(&self, text: &str) {
        if !self.silent {
            write_stderr(&format!("    {}\n", lines(text).join("\n    ")));
        }
    }

    /// Prints an error with its details and notes. `--quiet` suppresses none of them, because an Info line after the
    /// error can name a record that was not removed.
    pub(crate) fn fail(&self, error: &anyhow::Error) {
        let Some(failure) = error.downcast_ref::<Failure>() else {
            return self.say(Level::Error, &capitalized(&format!("{error:#}")));
        };
        #[cfg(feature = "sandbox")]
        if matches!(failure.kind, crate::error::FailureKind::Passed(_)) {
            return;
        }
        self.say(if failure.kind.is_signal() { Level::Warning } else { Level::Error }, &failure.message);
        if let Some(Ok(text)) = failure.details.as_deref().map(json::to_string) {
            write_stderr(&format!("{}\n", short(text.trim_end())));
        }
        for (level, text) in &failure.notes {
            self.write_line(*level, text);
        }
    }

    /// Writes lines to stderr without a level. Control characters are escaped, because an argument can contain
    /// untrusted text.
    pub(crate) fn lines(&self, text: &str) {
        write_stderr(&(lines(text).join("\n") + "\n"));
    }

    /// Waits for `work`. A longer wait shows a spinner on a terminal.
    pub(crate) async fn while_waiting<T>(&self, work: impl Future<Output = T>) -> T {
        if !self.draws() {
            return work.await;
        }
        let mut work = pin!(work);
        if let Ok(done) = tokio::time::timeout(SPINNER_DELAY, &mut work).await {
            return done;
        }
        let _spinner = Spinner::show(&self.has_spinner);
        work.await
    }

    /// Whether a spinner and progress bars are shown.
    fn draws(&self) -> bool {
        self.can_draw && !self.quiet
    }

    /// A bar for a transfer of `size` bytes. It is hidden where stderr is not a terminal.
    pub(crate) fn progress(&self, size: u64) -> ProgressBar {
        if !self.draws() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
        ProgressBar::new(size).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// The stream for data. It must be flushed, because errors on drop are ignored.
    pub(crate) fn stdout(&self) -> impl Write + use<> {
        BufWriter::with_capacity(64 * 1024, io::stdout().lock())
    }
}

/// The text, cut after [`LONGEST_TEXT`] characters.
fn short(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(LONGEST_TEXT) {
        None => text.into(),
        Some((end, _)) => format!("{}... ({} bytes more)", &text[..end], text.len() - end).into(),
    }
}

fn write_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// The lines of a message, with control characters escaped.
fn lines(text: &str) -> Vec<Cow<'_, str>> {
    text.lines().map(printable).collect()
}
