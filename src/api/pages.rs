//! A long list that is requested page by page. The cursor `last` is the `id` of the last row received.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

use anyhow::Result;
use futures_util::stream::{Stream, try_unfold};
use serde_json::{Value, json};

use super::{Api, Method, Page};
use crate::error::Failure;
use crate::output::raw;
use crate::suggest::quoted;

/// The pages of one list, each requested when it is needed.
pub(crate) struct Pages {
    api: Rc<Api>,
    segments: Vec<String>,
    query: Vec<(String, String)>,
    last: Option<String>,
    /// The option of the command that begins the list after a row.
    resume_option: Option<&'static str>,
    /// The hashes of all cursors so far. They take less memory than the cursors.
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Pages {
    /// The pages of the list at `segments`, filtered by `query`. The first row is the one after the row whose
    /// `id` is `last`, if that is given.
    pub(crate) fn new(
        api: Rc<Api>,
        segments: &[&str],
        query: impl IntoIterator<Item = (impl Into<String>, String)>,
        last: Option<String>,
    ) -> Self {
        let hasher = RandomState::new();
        let seen = last.iter().map(|last| hasher.hash_one(last)).collect();
        let segments = segments.iter().map(|segment| (*segment).to_owned()).collect();
        let query = query.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Self { api, segments, query, last, resume_option: None, seen, hasher }
    }

    /// Lets the error of a later page suggest `option` with the cursor, because the rows before are printed.
    pub(crate) fn resumed_by(self, option: &'static str) -> Self {
        Self { resume_option: Some(option), ..self }
    }

    /// The pages as a stream, which ends after the last page or the first error.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Page>> {
        try_unfold(self, async |mut pages| Ok(pages.next().await?.map(|page| (page, pages))))
    }

    /// Requests the next page; `None` after the last one. Only the `id` of its last row is parsed here.
    ///
    /// # Errors
    /// Those of a request, and a page that can't be used: it is not a list, or its last row has no `id` or
    /// the same `id` as the last row of any page before.
    pub(crate) async fn next(&mut self) -> Result<Option<Page>> {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        let last = self.last.as_deref().map(|last| ("last", last));
        let query: Vec<(&str, &str)> =
            self.query.iter().map(|(key, value)| (key.as_str(), value.as_str())).chain(last).collect();
        let unusable = |problem: &str| Failure::failed(format!("The reply is unusable: {problem}"));
        let page = async {
            let (request, reply) = self.api.ask(Method::GET, &segments, &query, None).await?;
            match reply.page() {
                Some(page) => Ok(page),
                // An empty object is an empty page, as null is.
                None if reply.data(&request)?.is_none_or(|data| *data == json!({})) => Ok(Page::default()),
                None => Err(unusable("a page is not a JSON list.").into()),
            }
        };
        let page = page.await.map_err(|error| with_cursor(error, self.resume_option.zip(self.last.as_deref())))?;
        let Some(row) = page.last() else { return Ok(None) };
        let id = match raw::member(row, "id").and_then(|id| raw::read(id.as_bytes()).ok()) {
            Some(Value::String(id)) if !id.is_empty() => id,
            Some(Value::Number(id)) => id.to_string(),
            _ => {
                return Err(unusable("the last row of a page has no `id`, so the next page can't be requested.").into());
            }
        };
        if !self.seen.insert(self.hasher.hash_one(&id)) {
            return Err(unusable(&format!("the list does not end: two pages end with `{id}`.")).into());
        }
        self.last = Some(id);
        Ok(Some(page))
    }
}

/// An error of a page, with the option and the cursor to resume with, if there are any.
fn with_cursor(error: anyhow::Error, resume: Option<(&str, &str)>) -> anyhow::Error {
    match (resume, error.downcast::<Failure>()) {
        (Some((option, last)), Ok(mut failure)) => {
            let line = format!("The list is incomplete: resume with `{option} {}`.", quoted(last));
            failure.add_line(&line);
            failure.into()
        }
        (None, Ok(failure)) => failure.into(),
        (_, Err(error)) => error,
    }
}
