//! Prompts. They are written to stderr, and the answer is read on the calling thread.

use std::io::{self, BufRead, IsTerminal, Read};
#[cfg(unix)]
use std::sync::{Arc, Mutex};

use crate::output::printable;
use crate::secret::Secret;

use super::{Term, lines, write_stderr};

/// The longest answer, in bytes.
const LONGEST_ANSWER: u64 = 1 << 20;
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
        let _prompt = self.saved_settings.prompt();
        let password = dialoguer::Password::new().with_prompt(prompt).allow_empty_password(true);
        let answer = password.interact_on(&dialoguer::console::Term::stderr());
        let answer = answer.map_err(|dialoguer::Error::IO(error)| error)?;
        Ok((!answer.is_empty()).then(|| Secret::from(answer)))
    }

    /// Prompts for one of `items`. Returns its index, or `None` if nothing was chosen.
    ///
    /// # Errors
    /// The terminal can't be read.
    pub(crate) fn ask_choice(&self, prompt: &str, items: &[String]) -> io::Result<Option<usize>> {
        let _prompt = self.saved_settings.prompt();
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
        let _prompt = self.saved_settings.prompt();
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
}

/// The settings of the terminal before a prompt changed them. The thread that prompts saves them. After a signal, the
/// main thread restores them, because the other thread is still blocked in the prompt.
#[derive(Clone, Default)]
pub(super) struct SavedSettings {
    #[cfg(unix)]
    saved: Arc<Mutex<Option<rustix::termios::Termios>>>,
}

/// An open prompt. Discards the saved settings when it is dropped, because the prompt has restored them itself.
pub(super) struct Prompt<'t>(&'t SavedSettings);

impl SavedSettings {
    /// Saves the settings of the terminal on stdin while the prompt is open.
    fn prompt(&self) -> Prompt<'_> {
        #[cfg(unix)]
        if let (Ok(mut saved), Ok(now)) = (self.saved.lock(), rustix::termios::tcgetattr(io::stdin())) {
            *saved = Some(now);
        }
        Prompt(self)
    }

    /// Restores the saved settings, if a prompt is open.
    fn restore(&self) {
        #[cfg(unix)]
        {
            use rustix::termios::{OptionalActions, tcsetattr};
            let Some(settings) = self.saved.lock().ok().and_then(|mut saved| saved.take()) else { return };
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
            *saved = None;
        }
    }
}
