//! `api`: sends any request below `/api/v2/`, also those that no other command sends.
//!
//! The path is split into segments, as the paths of all commands are, so a request can't leave the endpoint or
//! `/api/v2/`.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use percent_encoding::percent_decode_str;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::api::{List, Pages};
use crate::context::Context;
use crate::error::Failure;
use crate::limit::{read_file_or_stdin, source_name};
use crate::output::raw;
use crate::run::{Reply, Run};

/// The largest body or field that is read from a file, in bytes: as large as a reply.
const LARGEST_INPUT: u64 = 16 << 20;
/// The beginning of every path. It may be omitted.
const BASE: &str = "/api/v2/";

/// Send a request to the API and print the reply
///
/// PATH is below /api/v2/, such as `organizations/ID/quotas`. It may have a query. `{org_id}` in it stands for the organization of the profile. Fields are the JSON body, or the query of a GET.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  croud api GET roles\n  croud api GET organizations/{org_id}/files -o json\n  croud api POST organizations -f name=my-org\n  croud api GET organizations/{org_id}/auditlogs -f action=user.login --paginate"
)]
pub(crate) struct ApiRequest {
    /// Method of the request
    #[arg(ignore_case = true)]
    method: Method,

    /// Path below /api/v2/
    path: String,

    /// Field as JSON: true, false, null, a number, or a string; @FILE and @- read a string
    #[arg(short = 'F', long = "field", value_name = "KEY=VALUE")]
    fields: Vec<String>,

    /// Field as a string
    #[arg(short = 'f', long = "raw-field", value_name = "KEY=TEXT")]
    raw_fields: Vec<String>,

    /// File with the JSON body; - reads stdin
    #[arg(long, value_name = "FILE", conflicts_with_all = ["fields", "raw_fields"])]
    input: Option<PathBuf>,

    /// Request the pages of a list until the last one
    #[arg(long)]
    paginate: bool,
}

/// The methods of the API.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Run for ApiRequest {
    async fn run(self, cx: &Context) -> Result<Reply> {
        let (segments, mut query) = parse_path(cx, &self.path)?;
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let mut body = self.input.as_deref().map(read_json).transpose()?;
        if !self.fields.is_empty() || !self.raw_fields.is_empty() {
            let fields = parse_fields(&self.fields, &self.raw_fields)?;
            match self.method {
                Method::Get => query.extend(parameters(fields)),
                _ => body = Some(Value::Object(fields)),
            }
        }
        let api = cx.api()?;
        if self.paginate {
            if self.method != Method::Get || body.is_some() {
                return Err(Failure::usage("`--paginate` needs a GET without a body.").into());
            }
            let last = query.iter().rposition(|(key, _)| key == "last").map(|at| query.remove(at).1);
            let list = List::new(Rc::clone(api), &segments, query);
            return Ok(Reply::pages(Pages::new(list, last).into_stream()));
        }
        let method = self.method.to_possible_value().map(|method| method.get_name().to_owned()).unwrap_or_default();
        let query: Vec<(&str, &str)> = query.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        Ok(Reply::of(api.request(&method, &segments, &query, body).await?))
    }
}

/// The parameters of a query, decoded.
type Query = Vec<(String, String)>;

/// The segments and the query of a path.
///
/// # Errors
/// A usage error for a URL and for a path without a segment, and those of [`Context::organization`].
fn parse_path(cx: &Context, text: &str) -> Result<(Vec<String>, Query)> {
    let invalid = || {
        Failure::usage(format!("`{text}` is not a path below {BASE}: use a path such as `organizations/ID/quotas`."))
    };
    let (path, query) = text.split_once('?').unwrap_or((text, ""));
    if path.contains("://") || text.contains('#') {
        return Err(invalid().into());
    }
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    let path = match path.strip_prefix("api/v2") {
        Some("") => "",
        rest => rest.and_then(|rest| rest.strip_prefix('/')).unwrap_or(path),
    };
    if path.is_empty() {
        return Err(invalid().into());
    }
    let decode = |text: &str| percent_decode_str(text).decode_utf8().map(|text| text.into_owned());
    let segments = path.split('/').map(|segment| match segment {
        "{org_id}" => cx.default_organization(),
        segment if segment.starts_with('{') && segment.ends_with('}') => {
            Err(Failure::usage(format!("`{segment}` is unknown: the only placeholder is `{{org_id}}`.")).into())
        }
        segment => decode(segment).map_err(|_| invalid().into()),
    });
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decode = |text: &str| decode(&text.replace('+', " ")).map_err(|_| invalid());
        Ok((decode(key)?, decode(value)?))
    });
    Ok((segments.collect::<Result<_>>()?, pairs.collect::<Result<_>>()?))
}

/// The object of the fields. `a[b]=c` sets a field of an object, `a[]=b` appends to a list.
///
/// # Errors
/// A usage error for a field without `=` and for one that is nested too deeply, and a file that can't be read.
fn parse_fields(fields: &[String], raw_fields: &[String]) -> Result<Map<String, Value>> {
    let mut object = Value::Object(Map::new());
    let fields = fields.iter().map(|field| (field, false)).chain(raw_fields.iter().map(|field| (field, true)));
    for (field, is_raw) in fields {
        let invalid = || Failure::usage(format!("`{field}` is not a field: use KEY=VALUE."));
        let (key, text) = field.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(invalid)?;
        let value = if is_raw { text.into() } else { typed(text)? };
        let (name, path) = key.split_once('[').unwrap_or((key, ""));
        let mut keys = vec![name];
        if !path.is_empty() {
            let path = path.strip_suffix(']').ok_or_else(invalid)?;
            keys.extend(path.split("]["));
        }
        if keys.len() > raw::DEEPEST {
            return Err(Failure::usage(format!("The field `{name}` is nested too deeply.")).into());
        }
        insert(&mut object, &keys, value).ok_or_else(invalid)?;
    }
    match object {
        Value::Object(object) => Ok(object),
        _ => Ok(Map::new()),
    }
}

/// Sets a value below the keys. An empty key appends to a list. `None` if a value on the path is of another type.
fn insert(place: &mut Value, keys: &[&str], value: Value) -> Option<()> {
    let Some((key, keys)) = keys.split_first() else {
        *place = value;
        return Some(());
    };
    if place.is_null() {
        *place = if key.is_empty() { Value::Array(Vec::new()) } else { Value::Object(Map::new()) };
    }
    let place = match place {
        Value::Array(items) if key.is_empty() => {
            items.push(Value::Null);
            items.last_mut()?
        }
        Value::Object(map) if !key.is_empty() => map.entry(*key).or_insert(Value::Null),
        _ => return None,
    };
    insert(place, keys, value)
}

/// The value of a typed field: null, a boolean or a number of JSON, the content of a file, or else a string.
///
/// # Errors
/// The file can't be read.
fn typed(text: &str) -> Result<Value> {
    match text.strip_prefix('@') {
        Some(path) => Ok(read(Path::new(path))?.into()),
        None => match serde_json::from_str(text) {
            Ok(value @ (Value::Null | Value::Bool(_) | Value::Number(_))) => Ok(value),
            _ => Ok(text.into()),
        },
    }
}

/// The fields as parameters of a query. A string has no quotes, and `null` becomes an empty value.
fn parameters(fields: Map<String, Value>) -> impl Iterator<Item = (String, String)> {
    fields.into_iter().map(|(key, value)| match value {
        Value::String(text) => (key, text),
        Value::Null => (key, String::new()),
        value => (key, value.to_string()),
    })
}

/// The JSON of a file, or of stdin for `-`.
///
/// # Errors
/// A file that can't be read, and a usage error for one that is not JSON or has too many values.
fn read_json(path: &Path) -> Result<Value> {
    let text = read(path)?;
    let invalid = |error| Failure::usage(format!("{} is not a JSON body: {error}", source_name(path)));
    let json = serde_json::from_str::<&RawValue>(&text).map_err(invalid)?;
    Ok(raw::read(json.get()).map_err(invalid)?)
}

/// The text of a file, or of stdin for `-`.
fn read(path: &Path) -> Result<String> {
    read_file_or_stdin(path, LARGEST_INPUT).with_context(|| format!("could not read {}", source_name(path)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_become_an_object() {
        for (fields, raw_fields, expected) in [
            (
                &["a=1", "b=true", "c=null", "d=x", "e=1.50", "f="][..],
                &[][..],
                r#"{"a":1,"b":true,"c":null,"d":"x","e":1.50,"f":""}"#,
            ),
            (&[], &["a=1", "b=x=y", "c=@d"], r#"{"a":"1","b":"x=y","c":"@d"}"#),
            (&["a[b]=1", "a[c][d]=2"], &[], r#"{"a":{"b":1,"c":{"d":2}}}"#),
            (&["a[]=1", "a[]=2"], &[], r#"{"a":[1,2]}"#),
            (&["a=1", "a=2"], &[], r#"{"a":2}"#),
            (&["a=[1]"], &[], r#"{"a":"[1]"}"#),
        ] {
            let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
            let object = parse_fields(&owned(fields), &owned(raw_fields)).unwrap();
            assert_eq!(Value::Object(object).to_string(), expected);
        }
        for field in ["a", "=1", "a[b=1", "a[b]c=1"] {
            assert!(parse_fields(&[field.to_owned()], &[]).is_err(), "{field}");
        }
        assert!(parse_fields(&["a=1".to_owned(), "a[b]=1".to_owned()], &[]).is_err());
    }
}
