//! The only writer: data on stdout, everything else on stderr.
//!
//! Both streams' manners (colour, progress, width) are looked at once, here, and handed out as
//! plain facts. What can't be written to stderr is dropped; what can't be written to stdout is an
//! error, except to a pipe that was closed: its reader has what it wanted.

use std::io::{self, BufRead, BufWriter, IsTerminal, Write};
use std::pin::pin;
#[cfg(unix)]
use std::sync::{Arc, Mutex};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::error::{Failure, Kind, Level};
use crate::output::printable;
use crate::secret::Secret;

/// The most characters of one text that an error shows.
const LONGEST: usize = 10_000;
/// A wait that nobody notices.
const UNNOTICED: Duration = Duration::from_millis(200);
/// How long a question may take from being asked for to being asked.
#[cfg(unix)]
const ASKING: Duration = Duration::from_millis(300);
const TICK: Duration = Duration::from_millis(100);

/// A line that moves, until it is dropped.
struct Spinner(ProgressBar);

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// The terminal, as far as this program uses it.
#[derive(Clone)]
pub(crate) struct Term {
    /// Success and Info lines are dropped.
    pub(crate) quiet: bool,
    /// Every line is dropped.
    silent: bool,
    colour: bool,
    stderr_is_terminal: bool,
    /// The terminal's settings, from before one was changed to hide what is typed.
    #[cfg(unix)]
    saved: Arc<Mutex<Option<Saved>>>,
}

impl Term {
    /// Look at the environment once.
    pub(crate) fn new() -> Self {
        let stderr_is_terminal = io::stderr().is_terminal();
        Self {
            quiet: false,
            silent: false,
            colour: colour(stderr_is_terminal),
            stderr_is_terminal,
            #[cfg(unix)]
            saved: Arc::default(),
        }
    }

    /// One that nobody hears of.
    pub(crate) fn silent() -> Self {
        Self { stderr_is_terminal: false, silent: true, ..Self::new() }
    }

    /// The columns of the terminal that stdout is, if it is one: tables wrap in their cells there.
    pub(crate) fn stdout_width(&self) -> Option<usize> {
        let (_, columns) = dialoguer::console::Term::stdout().size_checked()?;
        Some(usize::from(columns)).filter(|columns| *columns > 0 && io::stdout().is_terminal())
    }

    /// One line on stderr: the level's word, then `text`, further lines of it indented.
    pub(crate) fn say(&self, level: Level, text: &str) {
        if self.silent || self.quiet && matches!(level, Level::Success | Level::Info) {
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

    /// Why nothing happens for a while, for somebody who looks only.
    pub(crate) fn waiting(&self, text: &str) {
        if self.stderr_is_terminal {
            self.say(Level::Info, text);
        }
    }

    /// A line that belongs to the one before.
    pub(crate) fn continue_line(&self, text: &str) {
        if self.silent {
            return;
        }
        write_stderr(&format!("    {}\n", lines(text).join("\n    ")));
    }

    /// All that is to be said of an error.
    pub(crate) fn fail(&self, error: &anyhow::Error) {
        let Some(failure) = error.downcast_ref::<Failure>() else {
            return self.say(Level::Error, &format!("{error:#}"));
        };
        let level = match failure.kind {
            Kind::Interrupted | Kind::Terminated => Level::Warning,
            Kind::Failed | Kind::Usage | Kind::NotLoggedIn => Level::Error,
            #[cfg(feature = "sandbox")]
            Kind::Passed(_) => return,
        };
        self.say(level, &failure.message);
        if let Some(details) = &failure.details {
            let mut text = Vec::new();
            let json = crate::output::Renderer::new(crate::output::Format::Json, &[], None);
            if json.whole(details, &mut text).is_ok() {
                write_stderr(&format!("{}\n", short(String::from_utf8_lossy(&text).trim_end())));
            }
        }
        for (level, text) in &failure.notes {
            self.say(*level, text);
        }
    }

    /// Text that clap worded, as it is.
    pub(crate) fn raw_stderr(&self, text: &str) {
        write_stderr(text);
    }

    /// Whether somebody is there to be asked.
    pub(crate) fn can_ask(&self) -> bool {
        self.stderr_is_terminal && io::stdin().is_terminal()
    }

    /// Ask for something that is not shown while it is typed.
    ///
    /// A signal may end the program in the middle of it: [`Term::restore`] puts the terminal back.
    pub(crate) fn ask_hidden(&self, what: &str) -> io::Result<Secret> {
        #[cfg(unix)]
        self.save();
        let answer = dialoguer::Password::new().with_prompt(what).interact_on(&dialoguer::console::Term::stderr());
        #[cfg(unix)]
        self.ended(answer.is_ok());
        answer.map(Secret::from).map_err(|dialoguer::Error::IO(error)| error)
    }

    /// Let somebody choose one of `items`, by its place.
    pub(crate) fn ask_choice(&self, what: &str, items: &[String]) -> io::Result<usize> {
        #[cfg(unix)]
        self.save();
        let items: Vec<_> = items.iter().map(|item| printable(item)).collect();
        let question = dialoguer::Select::new().with_prompt(what).items(&items).default(0);
        let answer = question.interact_on(&dialoguer::console::Term::stderr());
        #[cfg(unix)]
        self.ended(answer.is_ok());
        answer.map_err(|dialoguer::Error::IO(error)| error)
    }

    #[cfg(unix)]
    fn save(&self) {
        if let (Ok(mut saved), Ok(now)) = (self.saved.lock(), rustix::termios::tcgetattr(io::stdin())) {
            saved.get_or_insert(Saved { settings: now, is_over: false });
        }
    }

    /// A question has ended: after an answer the terminal is as it was.
    #[cfg(unix)]
    fn ended(&self, is_answered: bool) {
        if let Ok(mut saved) = self.saved.lock() {
            match &mut *saved {
                Some(saved) if !is_answered => saved.is_over = true,
                saved => *saved = None,
            }
        }
    }

    /// Give the terminal back as it was before somebody was asked, if nobody has answered.
    pub(crate) fn restore(&self) {
        #[cfg(unix)]
        {
            use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
            let look = || {
                self.saved
                    .lock()
                    .ok()
                    .and_then(|saved| Some((saved.as_ref()?.settings.clone(), saved.as_ref()?.is_over)))
            };
            let start = std::time::Instant::now();
            // The thread that asks may be about to change the terminal: what it does comes first.
            while let Some((settings, false)) = look() {
                let is_changed = tcgetattr(io::stdin()).is_ok_and(|now| now.local_modes != settings.local_modes);
                if is_changed || start.elapsed() > ASKING {
                    break;
                }
                std::thread::sleep(Duration::from_millis(5));
            }
            if let Some((settings, _)) = look()
                && tcsetattr(io::stdin(), OptionalActions::Now, &settings).is_ok()
            {
                // A choice hides the cursor.
                write_stderr("\x1b[?25h\n");
            }
        }
    }

    /// Ask on stderr and read one line from stdin, which may be a pipe.
    ///
    /// `None` when stdin is at its end.
    pub(crate) fn ask_line(question: &str) -> io::Result<Option<String>> {
        write_stderr(&lines(question).join(" "));
        let mut answer = String::new();
        let read = io::stdin().lock().read_line(&mut answer)?;
        Ok((read > 0).then_some(answer))
    }

    /// Wait for `work`; if that takes long, somebody who looks sees that it goes on.
    pub(crate) async fn while_waiting<T>(&self, work: impl Future<Output = T>) -> T {
        if !self.draws() {
            return work.await;
        }
        let mut work = pin!(work);
        if let Ok(done) = tokio::time::timeout(UNNOTICED, &mut work).await {
            return done;
        }
        let spinner = Spinner(ProgressBar::new_spinner().with_message("Waiting for the cloud..."));
        spinner.0.enable_steady_tick(TICK);
        let done = work.await;
        drop(spinner);
        done
    }

    /// Whether somebody looks at what moves.
    fn draws(&self) -> bool {
        self.stderr_is_terminal
            && !self.quiet
            && !self.silent
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }

    /// A bar for `size` bytes on their way; it is drawn for somebody who looks only.
    pub(crate) fn progress(&self, size: u64) -> ProgressBar {
        if !self.draws() {
            return ProgressBar::hidden();
        }
        let style = ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
        ProgressBar::new(size).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }

    /// Where data goes. Flush it: what is left in it when it is dropped may be lost unnoticed.
    pub(crate) fn stdout(&self) -> impl Write + use<> {
        BufWriter::with_capacity(64 * 1024, io::stdout().lock())
    }
}

/// The terminal's settings from before a question.
#[cfg(unix)]
struct Saved {
    settings: rustix::termios::Termios,
    /// The question has ended, though without an answer.
    is_over: bool,
}

/// Text of a server, if need be its beginning: nobody reads more in an error.
fn short(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(LONGEST) {
        None => text.into(),
        Some((end, _)) => format!("{}... ({} bytes more)", &text[..end], text.len() - end).into(),
    }
}

fn write_stderr(text: &str) {
    // Nobody is left to tell when stderr itself is gone.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// The lines of a message, none of which can move the cursor.
fn lines(text: &str) -> Vec<std::borrow::Cow<'_, str>> {
    text.lines().map(printable).collect()
}

/// Whether a stream is coloured: `NO_COLOR` says no, `CLICOLOR_FORCE` yes; else a terminal is, unless
/// `CLICOLOR=0` or `TERM=dumb`.
fn colour(is_terminal: bool) -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if set("NO_COLOR") {
        return false;
    }
    if std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0" && !value.is_empty()) {
        return true;
    }
    let is = |name, value: &str| std::env::var_os(name).is_some_and(|set| set == value);
    is_terminal && !is("TERM", "dumb") && !is("CLICOLOR", "0")
}
