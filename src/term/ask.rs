//! Prompts. They are written to stderr, and the answer is read on the calling thread.

use std::io::{self, BufRead, IsTerminal, Read};
#[cfg(unix)]
use std::sync::{Arc, Mutex};

#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::output::printable;
use crate::secret::Secret;

use super::{Term, lines, write_stderr};

/// The longest answer, in bytes.
const LONGEST_ANSWER: u64 = 1 << 20;
/// The most bytes of a line that a terminal of Linux passes on. It discards the rest.
const LONGEST_LINE: usize = 4095;
/// Makes the cursor visible.
const SHOW_CURSOR: &str = "\x1b[?25h";

impl Term {
    /// Whether a prompt can be shown and answered: stdin and stderr are terminals.
    pub(crate) fn can_ask(&self) -> bool {
        self.stderr_is_terminal && io::stdin().is_terminal()
    }

    /// Prompts for text that is not shown while it is typed. `None` if the answer is empty, or the input is at its end.
    ///
    /// # Errors
    /// The terminal can't be read.
    pub(crate) fn ask_hidden(&self, prompt: &str) -> io::Result<Option<Secret>> {
        let _prompt = self.saved_settings.prompt(Echo::Off);
        let password = dialoguer::Password::new().with_prompt(prompt).allow_empty_password(true);
        let answer = password.interact_on(&dialoguer::console::Term::stderr());
        let answer = answer.map_err(|dialoguer::Error::IO(error)| error)?;
        if let Some(problem) = problem(&answer) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
        }
        Ok((!answer.is_empty()).then(|| Secret::from(answer)))
    }

    /// Prompts for one of `items`. Returns its index, or `None` if nothing was chosen.
    ///
    /// # Errors
    /// The terminal can't be read.
    pub(crate) fn ask_choice(&self, prompt: &str, items: &[String]) -> io::Result<Option<usize>> {
        let _prompt = self.saved_settings.prompt(Echo::On);
        let items: Vec<_> = items.iter().map(|item| printable(item)).collect();
        let choice = dialoguer::Select::new().with_prompt(prompt).items(&items).default(0);
        choice.interact_on_opt(&dialoguer::console::Term::stderr()).map_err(|dialoguer::Error::IO(error)| {
            // dialoguer hides the cursor and shows it again only after an answer.
            write_stderr(SHOW_CURSOR);
            error
        })
    }

    /// Prompts, and reads one line from stdin, which may be a pipe. `None` at the end of the input.
    ///
    /// # Errors
    /// Stdin can't be read, or its line is longer than 1 MiB.
    pub(crate) fn ask_line(&self, prompt: &str) -> io::Result<Option<String>> {
        let _prompt = self.saved_settings.prompt(Echo::On);
        write_stderr(&lines(prompt).join(" "));
        let mut answer = String::new();
        let read = io::stdin().lock().take(LONGEST_ANSWER).read_line(&mut answer)?;
        if !answer.ends_with('\n') {
            // End the line of the prompt.
            write_stderr("\n");
        }
        Ok((read > 0).then_some(answer))
    }

    /// Restores the terminal after a signal ended a prompt.
    pub(crate) fn restore(&self) {
        self.saved_settings.restore();
    }

    /// The settings of the terminal, for the thread that handles signals.
    pub(crate) fn saved_settings(&self) -> SavedSettings {
        self.saved_settings.clone()
    }
}

/// Why an answer at a hidden prompt is refused, if it is: the user could not see what was typed.
fn problem(answer: &str) -> Option<&'static str> {
    if answer.contains(char::is_control) {
        return Some("it has control characters, such as those of arrow keys");
    }
    let may_be_cut = cfg!(target_os = "linux") && answer.len() >= LONGEST_LINE;
    may_be_cut.then_some("it may be cut, because a line on a terminal has at most 4095 bytes. Use a file or a pipe")
}

/// Whether a terminal shows what is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Echo {
    On,
    Off,
}

/// The settings of the terminal before a prompt changed them. The thread that prompts saves them. After a signal, the
/// main thread restores them, because the other thread is still blocked in the prompt.
#[derive(Clone, Default)]
pub(crate) struct SavedSettings {
    #[cfg(unix)]
    saved: Arc<Mutex<Option<(Termios, Echo)>>>,
}

/// An open prompt. When it is dropped, the saved settings are discarded.
pub(super) struct Prompt<'t>(&'t SavedSettings);

impl SavedSettings {
    /// Saves the settings of the terminal on stdin while the prompt is open.
    fn prompt(&self, echo: Echo) -> Prompt<'_> {
        #[cfg(unix)]
        if let (Ok(mut saved), Ok(now)) = (self.saved.lock(), tcgetattr(io::stdin())) {
            *saved = Some((now, echo));
        }
        #[cfg(not(unix))]
        let _ = echo;
        Prompt(self)
    }

    /// Turns the echo off again after the process was stopped at a hidden prompt: the shell has turned it on.
    pub(crate) fn hide_again(&self) {
        #[cfg(unix)]
        {
            let Ok(saved) = self.saved.lock() else { return };
            let Some((mut settings, Echo::Off)) = saved.clone() else { return };
            settings.local_modes.remove(LocalModes::ECHO);
            // If it fails, the prompt goes on as it is.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &settings);
        }
    }

    /// Restores the saved settings, if a prompt is open.
    pub(crate) fn restore(&self) {
        #[cfg(unix)]
        {
            let Some((settings, _)) = self.saved.lock().ok().and_then(|mut saved| saved.take()) else { return };
            if tcsetattr(io::stdin(), OptionalActions::Now, &settings).is_ok() {
                // End the line of the prompt, too.
                write_stderr(&format!("{SHOW_CURSOR}\n"));
            }
        }
    }
}

impl Drop for Prompt<'_> {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Ok(mut saved) = self.0.saved.lock() {
            // The prompt has restored the settings. [`SavedSettings::hide_again`] may have come after that.
            if let Some((settings, Echo::Off)) = saved.take() {
                let _ = tcsetattr(io::stdin(), OptionalActions::Now, &settings);
            }
        }
    }
}
