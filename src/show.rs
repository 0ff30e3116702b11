//! Prints a reply: its data to stdout, and then its message to stderr.

use std::io::{self, Write};
use std::pin::pin;

use anyhow::Result;
use futures_util::future::maybe_done;
use futures_util::stream::{Stream, TryStreamExt as _};

use crate::api::{Download, Page};
use crate::error::{Failure, Level};
use crate::output::{Coverage, Format, Renderer, Selection, WriteError};
use crate::run::{Data, Reply};
use crate::term::Term;

/// Prints the data of a reply, then its message, and runs the work that follows.
///
/// # Errors
/// A page that can't be requested, a row that is not JSON, or a stdout that can't be written. The
/// error then says what the command has done.
pub(crate) async fn show(mut reply: Reply, format: Format, selection: Selection, term: &Term) -> Result<()> {
    if reply.is_live {
        require_live(format)?;
    }
    let is_change = reply.reports_a_change();
    let renderer = |selection| Renderer::new(format, reply.columns, term.stdout_width(), selection);
    let mut out = term.stdout();
    // An empty reply has no success message.
    let mut is_empty = false;
    let written = match reply.data {
        Data::Silent => Ok(Coverage::All),
        Data::NoContent => {
            reply.message.get_or_insert((Level::Success, "Success.".into()));
            Ok(Coverage::All)
        }
        Data::Text(text) => out.write_all(text.as_bytes()).map(|()| Coverage::All).map_err(WriteError::Io),
        Data::Whole(data) => {
            is_empty = data.is_empty();
            match renderer(selection).whole(data.text(), &mut out) {
                // A usage error would hide what was done.
                Err(error @ WriteError::UnknownColumn { .. }) if is_change => {
                    term.say(Level::Warning, &format!("{error}\nThe whole reply is shown."));
                    renderer(Selection::default()).whole(data.text(), &mut out)
                }
                written => written,
            }
        }
        Data::Download(download) => copy(*download, &mut out).await?,
        Data::Pages(pages) => show_pages(pages, renderer(selection), reply.is_live, &mut out).await?,
    };
    let message = reply.message.filter(|_| !is_empty);
    if let Ok(Coverage::FirstColumns(count)) = written {
        let text = format!("Only the first {count} columns are shown. Use `-o json` to see all.");
        term.say(Level::Warning, &text);
    }
    let is_printed = match check_written(written.and_then(|_| Ok(out.flush()?))) {
        Ok(is_printed) => is_printed,
        Err(mut failure) => {
            let done = message.filter(|(level, _)| *level == Level::Success).map(|(_, text)| text.into_owned());
            if let Some(done) = reply.if_lost.or(done) {
                failure.add_line(&done);
            }
            return Err(failure.into());
        }
    };
    if let Some((level, text)) = message {
        term.say(level, &text);
    }
    if let Some(work) = reply.then.filter(|_| is_printed) {
        work.await?;
    }
    match reply.finally {
        Some(work) => work.await,
        None => Ok(()),
    }
}

/// Refuses a format that prints a list only at its end.
///
/// # Errors
/// A usage error that names the other formats.
fn require_live(format: Format) -> Result<(), Failure> {
    if format.is_live() {
        return Ok(());
    }
    let formats: Vec<_> = Format::live().map(|format| format!("`{}`", format.name())).collect();
    let (name, formats) = (format.name(), formats.join(", "));
    Err(Failure::usage(format!("The format `{name}` needs the end of the list.\nUse `-o` with one of {formats}.")))
}

/// Prints text to stdout.
///
/// # Errors
/// Stdout can't be written.
pub(crate) fn print(term: &Term, text: &str) -> Result<()> {
    let mut out = term.stdout();
    check_written(out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(WriteError::Io))?;
    Ok(())
}

/// Prints pages as they arrive.
///
/// # Errors
/// Those of a page. The rows before it are printed, and the output does not look complete.
async fn show_pages(
    mut pages: impl Stream<Item = Result<Page>> + Unpin,
    mut renderer: Renderer<'_>,
    is_live: bool,
    out: &mut impl Write,
) -> Result<Result<Coverage, WriteError>> {
    let mut page = pages.try_next().await?;
    let mut is_first = true;
    while let Some(rows) = page {
        let is_last = renderer.is_full_after(rows.len());
        let mut next = pin!(maybe_done(pages.try_next()));
        // The next page is requested before this one is printed, so that the server works at the same time: 100,000
        // audit events on loopback take 0.75 of the time. The first page is printed first, because that may fail.
        if !is_first && !is_last {
            tokio::select! { biased; () = &mut next => {} () = tokio::task::yield_now() => {} }
        }
        let printed = renderer.page(rows.iter(), out);
        // Keep only one page in memory.
        drop(rows);
        let printed = if is_live { printed.and_then(|()| renderer.flush(out)) } else { printed };
        match printed {
            Ok(()) => {}
            // Nothing was printed.
            Err(error @ WriteError::UnknownColumn { .. }) => return Ok(Err(error)),
            Err(error) => {
                // The first error is the one that is reported.
                let _ = renderer.break_off(out);
                return Ok(Err(error));
            }
        }
        if is_last {
            break;
        }
        is_first = false;
        next.as_mut().await;
        page = match next.take_output().transpose() {
            Ok(page) => page.flatten(),
            Err(error) => {
                // The page's error is the one that is reported.
                let _ = renderer.break_off(out).and_then(|()| Ok(out.flush()?));
                return Err(error);
            }
        };
    }
    Ok(renderer.end(out))
}

/// Copies the bytes of a file as they arrive.
///
/// # Errors
/// Those of the download. The bytes before it are printed.
async fn copy(mut download: Download, out: &mut impl Write) -> Result<Result<Coverage, WriteError>> {
    while let Some(bytes) = download.next().await? {
        if let Err(error) = out.write_all(&bytes) {
            return Ok(Err(WriteError::Io(error)));
        }
    }
    Ok(Ok(Coverage::All))
}

/// Whether everything was written. A closed pipe is not an error: the reader needs no more output.
///
/// # Errors
/// Any other problem of the output.
fn check_written(written: Result<(), WriteError>) -> Result<bool, Failure> {
    match written {
        Ok(()) => Ok(true),
        Err(WriteError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error @ WriteError::UnknownColumn { .. }) => Err(Failure::usage(error.to_string())),
        Err(error) => Err(Failure::failed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::stream::{self, StreamExt as _};

    use super::*;

    /// Logs what is written to it.
    struct Output<'l>(&'l RefCell<Vec<String>>);

    impl Write for Output<'_> {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().push(format!("print {}", String::from_utf8_lossy(bytes).trim_end()));
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_next_page_is_requested_before_a_page_is_printed() {
        let log = RefCell::new(Vec::new());
        let pages = stream::iter(1..=3).then(async |number| {
            log.borrow_mut().push(format!("request {number}"));
            tokio::task::yield_now().await;
            let mut page = Page::default();
            page.push(&number.to_string());
            Ok(page)
        });
        let renderer = Renderer::new(Format::Jsonl, &[], None, Selection::default());
        let shown = show_pages(Box::pin(pages), renderer, false, &mut Output(&log)).await;
        assert!(matches!(shown, Ok(Ok(_))));
        // The first page is printed before the second one is requested, because printing may fail.
        let expected = ["request 1", "print 1", "request 2", "request 3", "print 2", "print 3"];
        assert_eq!(log.into_inner(), expected);
    }
}
