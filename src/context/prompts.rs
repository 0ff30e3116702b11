//! Confirmations, secrets and choices.

use std::io;

use anyhow::{Context as _, Result};

use crate::error::{Failure, FailureKind};
use crate::limit::{read_file, read_to_string};
use crate::options::non_empty;
use crate::secret::{LONGEST_SECRET, Secret, SecretSource};

use super::Context;

impl Context {
    /// Asks for confirmation. The answer may come from a pipe. Only `y` and `yes` mean yes.
    ///
    /// # Errors
    /// A usage error with `--no-input`, or if stdin is at its end.
    pub(crate) fn confirm(&self, question: &str) -> Result<bool> {
        let no_answer = || match self.term.can_ask() {
            true => Failure::usage("The confirmation was not answered. Pass --yes."),
            false => Failure::usage("Cannot ask for confirmation: stdin is not interactive. Pass --yes."),
        };
        if self.global.no_input {
            return Err(Failure::usage("Cannot ask for confirmation with --no-input. Pass --yes.").into());
        }
        let answer = self.term.ask_line(&format!("{question} [yN] ")).context("could not read the answer")?;
        let answer = answer.ok_or_else(no_answer)?;
        let answer = answer.strip_suffix('\n').unwrap_or(&answer);
        let answer = answer.strip_suffix('\r').unwrap_or(answer);
        Ok(matches!(answer.to_lowercase().as_str(), "y" | "yes"))
    }

    /// The value of a secret option: from the command line, a file, stdin, or a hidden prompt. `None` if it is empty,
    /// or if it is missing and there is no terminal for a prompt.
    ///
    /// # Errors
    /// A file or a stdin that can't be read or holds more than 1 MiB, and a usage error for stdin as the
    /// source of two secrets.
    pub(crate) fn secret(&self, option: Option<SecretSource>, prompt: &str) -> Result<Option<Secret>> {
        let text = match option.filter(|source| !source.is_empty()) {
            Some(SecretSource::Literal(secret)) => return Ok(Some(secret)),
            Some(SecretSource::File(path)) => {
                // The path may be a secret that begins with `@`, so it is not repeated.
                read_file(&path, LONGEST_SECRET).map_err(|error| {
                    Failure::failed(format!(
                        "Could not read the file for {prompt:?}: {error}\nA value that begins with `@` is written `@@...`."
                    ))
                })?
            }
            Some(SecretSource::Stdin) if self.term.can_ask() && !self.global.no_input => return self.ask(prompt),
            Some(SecretSource::Stdin) if self.stdin_is_read.replace(true) => {
                return Err(Failure::usage("Only one secret can be read from stdin.").into());
            }
            Some(SecretSource::Stdin) => {
                read_to_string(std::io::stdin(), LONGEST_SECRET).context("could not read the secret from stdin")?
            }
            None => return self.ask(prompt),
        };
        let text = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text)).unwrap_or(&text);
        Ok(Some(Secret::from(text)).filter(|_| !text.is_empty()))
    }

    /// Prompts for a secret. `None` if there is no terminal, or the answer is empty.
    ///
    /// # Errors
    /// The terminal can't be read.
    fn ask(&self, prompt: &str) -> Result<Option<Secret>> {
        if self.global.no_input || !self.term.can_ask() {
            return Ok(None);
        }
        self.term.ask_hidden(prompt).map_err(unanswered)
    }

    /// Prompts for text that is shown while it is typed. `None` if there is no terminal, or the answer is empty.
    ///
    /// # Errors
    /// The terminal can't be read.
    pub(crate) fn text(&self, prompt: &str) -> Result<Option<String>> {
        if self.global.no_input || !self.term.can_ask() {
            return Ok(None);
        }
        let answer = self.term.ask_line(&format!("{prompt}: ")).map_err(unanswered)?;
        Ok(non_empty(answer.map(|answer| answer.trim_end_matches(['\r', '\n']).to_owned())))
    }

    /// Prompts for one of `items`. `None` if there is no terminal, or nothing was chosen.
    ///
    /// # Errors
    /// The terminal can't be read.
    pub(crate) fn choose(&self, prompt: &str, items: &[String]) -> Result<Option<usize>> {
        if self.global.no_input || !self.term.can_ask() || items.is_empty() {
            return Ok(None);
        }
        self.term.ask_choice(prompt, items).map_err(unanswered)
    }
}

/// The error of a prompt that was not answered. Ctrl-C at a choice is read as a key.
fn unanswered(error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::Interrupted => Failure::new(FailureKind::Interrupted, "Interrupted.").into(),
        _ => anyhow::Error::new(error).context("could not read the answer"),
    }
}
