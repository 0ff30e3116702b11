//! A long list, page after page: `last` is the `id` of the last row that was received.

use std::rc::Rc;

use anyhow::Result;
use serde_json::Value;

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
    pub(crate) fn new(api: Rc<Api>, segments: &[&str], query: Vec<(&'static str, String)>) -> Self {
        Self { api, segments: segments.iter().map(|segment| (*segment).to_owned()).collect(), query, last: None }
    }

    /// The next page; `None` after the last one.
    ///
    /// # Errors
    /// Those of a request, and a page that leads nowhere: it is no list, its last row has no `id`,
    /// or the same one as the page before.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Value>>> {
        let segments: Vec<&str> = self.segments.iter().map(String::as_str).collect();
        let last = self.last.as_deref().map(|last| ("last", last));
        let query: Vec<(&str, &str)> =
            self.query.iter().map(|(key, value)| (*key, value.as_str())).chain(last).collect();
        let rows = match self.api.call(Method::GET, &segments, &query, None).await? {
            None => return Ok(None),
            Some(Value::Array(rows)) => rows,
            Some(_) => return Err(Failure::failed("The reply is unusable: a page of the list is no list.").into()),
        };
        let Some(row) = rows.last() else { return Ok(None) };
        let id = match row.get("id") {
            Some(Value::String(id)) if !id.is_empty() => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => {
                return Err(Failure::failed(
                    "The reply is unusable: the list can't be followed, its last row has no `id`.",
                )
                .into());
            }
        };
        if self.last.as_ref() == Some(&id) {
            return Err(Failure::failed(format!(
                "The reply is unusable: the list does not end, `{id}` is its last row again."
            ))
            .into());
        }
        self.last = Some(id);
        Ok(Some(rows))
    }
}
