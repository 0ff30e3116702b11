//! A long list that is requested page by page. The cursor `last` is the `id` of the last row received.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::rc::Rc;

use anyhow::Result;
use futures_util::stream::{Stream, try_unfold};

use super::{Api, Method, Page};
use crate::error::Failure;
use crate::output::raw;
use crate::suggest::quoted;

/// A list that is requested page by page.
pub(crate) struct List {
    api: Rc<Api>,
    segments: Vec<String>,
    query: Vec<(String, String)>,
}

impl List {
    /// The list at `segments`, filtered by `query`.
    pub(crate) fn new(
        api: Rc<Api>,
        segments: &[&str],
        query: impl IntoIterator<Item = (impl Into<String>, String)>,
    ) -> Self {
        let segments = segments.iter().map(|segment| (*segment).to_owned()).collect();
        let query = query.into_iter().map(|(key, value)| (key.into(), value)).collect();
        Self { api, segments, query }
    }

    /// Requests the page after the row whose `id` is `last`, or the first page. `to` replaces the parameter `to`.
    ///
    /// # Errors
    /// Those of a request, and a page that is not a list.
    pub(crate) async fn page(&self, last: Option<&str>, to: Option<&str>) -> Result<Page> {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        let query = self.query.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let query = query.filter(|(key, _)| to.is_none() || *key != "to");
        let query: Vec<(&str, &str)> =
            query.chain(to.map(|to| ("to", to))).chain(last.map(|last| ("last", last))).collect();
        let (request, reply) = self.api.ask(Method::GET, &segments, &query, None).await?;
        match reply.page() {
            Some(page) => Ok(page),
            // An empty object and null are empty pages.
            None if reply.data(&request)?.is_none_or(|data| data.is_empty()) => Ok(Page::default()),
            None => Err(unusable("a page is not a JSON list.").into()),
        }
    }

    /// How many replies of the API so far were 429, Too Many Requests.
    pub(crate) fn refusals(&self) -> u32 {
        self.api.refusals.get()
    }
}

/// The cursors of a list so far. A cursor that occurs twice would lead to an endless loop.
pub(crate) struct Cursors {
    /// Hashes of the cursors, which take less memory than the cursors.
    seen: HashSet<u64>,
    hasher: RandomState,
}

impl Cursors {
    /// The cursors of a list that begins after the row whose `id` is `last`, if that is given.
    pub(crate) fn new(last: Option<&str>) -> Self {
        let hasher = RandomState::new();
        let seen = last.iter().map(|last| hasher.hash_one(last)).collect();
        Self { seen, hasher }
    }

    /// Adds the [`cursor`] of a page that has rows, and returns it.
    ///
    /// # Errors
    /// The page has no cursor, or the cursor of an earlier page.
    pub(crate) fn add(&mut self, cursor: Option<String>) -> Result<String, Failure> {
        let id = cursor
            .ok_or_else(|| unusable("the last row of a page has no `id`, so the next page can't be requested."))?;
        if !self.seen.insert(self.hasher.hash_one(id.as_str())) {
            return Err(unusable(&format!("the list does not end: two pages end with `{id}`.")));
        }
        Ok(id)
    }
}

/// The `id` of the last row of a page, with which the next page is requested. Nothing else of the page is parsed.
pub(crate) fn cursor(page: &Page) -> Option<String> {
    Some(raw::text(page.last()?, "id")?.into_owned())
}

/// The pages of one list, each requested when it is needed.
pub(crate) struct Pages {
    list: List,
    /// The cursor of the next request. A missing one is an error only if that request is made: a list may be read up to
    /// a limit.
    last: Result<Option<String>, Failure>,
    cursors: Cursors,
}

impl Pages {
    /// The pages of `list` after the row whose `id` is `last`, if that is given.
    pub(crate) fn new(list: List, last: Option<String>) -> Self {
        let cursors = Cursors::new(last.as_deref());
        Self { list, last: Ok(last), cursors }
    }

    /// The pages as a stream, which ends after the last page or the first error.
    pub(crate) fn into_stream(self) -> impl Stream<Item = Result<Page>> {
        try_unfold(self, async |mut pages| Ok(pages.next().await?.map(|page| (page, pages))))
    }

    /// Requests the next page; `None` after the last one.
    ///
    /// # Errors
    /// Those of [`List::page`] and [`Cursors::add`].
    async fn next(&mut self) -> Result<Option<Page>> {
        let last = std::mem::replace(&mut self.last, Ok(None))?;
        let page = self.list.page(last.as_deref(), None).await?;
        if page.is_empty() {
            return Ok(None);
        }
        self.last = match cursor(&page) {
            // A page that comes again is an error at once, so that it is not printed again.
            Some(id) => Ok(Some(self.cursors.add(Some(id)).map_err(without_pages)?)),
            None => self.cursors.add(None).map(Some),
        };
        Ok(Some(page))
    }
}

/// Adds to the error of a page that `option` resumes the list after the row `last`. The rows before are already
/// printed.
pub(crate) fn resumable(error: anyhow::Error, option: &str, last: &str) -> anyhow::Error {
    match error.downcast::<Failure>() {
        Ok(mut failure) => {
            let line = format!("The list is incomplete: resume with `{option} {}`.", quoted(last));
            failure.add_line(&line);
            failure.into()
        }
        Err(error) => error,
    }
}

/// Adds to the error of a repeated cursor what its reason may be.
fn without_pages(mut failure: Failure) -> Failure {
    failure.add_line("The list may have no pages: leave out `--paginate`.");
    failure
}

fn unusable(problem: &str) -> Failure {
    Failure::failed(format!("The reply is unusable: {problem}"))
}
