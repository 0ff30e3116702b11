//! A long list, page after page: `last` is the `id` of the last row that was received.

use std::rc::Rc;

use anyhow::Result;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Api, Method};
use crate::error::Failure;

/// The pages of one list, fetched as they are asked for.
pub(crate) struct Pages {
    api: Rc<Api>,
    segments: Vec<String>,
    query: Vec<(&'static str, String)>,
    last: Option<String>,
}

impl Pages {
    /// The pages below `segments`, filtered by `query`.
    ///
    /// They begin behind the row whose `id` is `last`, if there is one.
    pub(crate) fn new(
        api: Rc<Api>,
        segments: &[&str],
        query: Vec<(&'static str, String)>,
        last: Option<String>,
    ) -> Self {
        Self { api, segments: segments.iter().map(|segment| (*segment).to_owned()).collect(), query, last }
    }

    /// The next page; `None` after the last one.
    ///
    /// Its rows are only looked at for where the list goes on: so the page after it can be asked for
    /// before anything is done with this one.
    ///
    /// # Errors
    /// Those of a request, and a page that leads nowhere: it is no list, its last row has no `id`,
    /// or the same one as the page before. Where a later page does not come, the error says where the
    /// list broke off.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Box<RawValue>>>> {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        let last = self.last.as_deref().map(|last| ("last", last));
        let query: Vec<(&str, &str)> =
            self.query.iter().map(|(key, value)| (*key, value.as_str())).chain(last).collect();
        let unusable = |problem: &str| Failure::failed(format!("The reply is unusable: {problem}"));
        let page = async {
            let reply = self.api.ask(Method::GET, &segments, &query, None).await?;
            match reply.rows() {
                Some(rows) => Ok(rows),
                None if reply.value()?.is_none() => Ok(Vec::new()),
                None => Err(unusable("a page of the list is no list.").into()),
            }
        };
        let rows = page.await.map_err(|error| broken_off(error, self.last.as_deref()))?;
        let Some(row) = rows.last() else { return Ok(None) };
        let id = match serde_json::from_str(row.get()).ok().and_then(|Identified { id }| id) {
            Some(Value::String(id)) if !id.is_empty() => id,
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(unusable("the list can't be followed, its last row has no `id`.").into()),
        };
        if self.last.as_ref() == Some(&id) {
            return Err(unusable(&format!("the list does not end, `{id}` is its last row again.")).into());
        }
        self.last = Some(id);
        Ok(Some(rows))
    }
}

/// An error of a page, with where the list goes on from if it began.
fn broken_off(error: anyhow::Error, last: Option<&str>) -> anyhow::Error {
    match (last, error.downcast::<Failure>()) {
        (Some(last), Ok(mut failure)) => {
            let hint = format!("\nThe list broke off after `{last}`: `--last {last}` goes on from there.");
            failure.message.push_str(&hint);
            failure.into()
        }
        (None, Ok(failure)) => failure.into(),
        (_, Err(error)) => error,
    }
}

/// What is looked at in the last row of a page.
#[derive(Deserialize)]
struct Identified {
    id: Option<Value>,
}
