//! Pre-signed URLs. Each allows uploading or downloading one file without credentials until it expires.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::call::{Call, Rules};
use super::state::{File, State};

/// How long a URL is valid, in seconds.
const LIFETIME: i64 = 3600;

/// What a URL allows.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq)]
pub(super) enum Operation {
    /// One PUT of the content.
    Upload,
    /// Any number of GETs.
    Download,
}

impl Operation {
    /// The first segment of the URL's path.
    pub(super) fn segment(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Download => "download",
        }
    }
}

/// The URL for an operation on a file, at the origin that the caller used.
pub(super) fn url(call: &Call, rules: &Rules, operation: Operation, organization_id: &str, file: &File) -> String {
    let expires = call.now.as_second() + LIFETIME;
    let signature = signature(rules, operation, file, expires);
    let (base, segment, id) = (&call.base, operation.segment(), &file.id);
    format!("{base}/{segment}/{organization_id}/{id}?signature={signature}")
}

/// The file of a URL. `None` if there is no such file, the signature is wrong, or the URL expired.
pub(super) fn find<'s>(
    state: &'s mut State,
    call: &Call,
    rules: &Rules,
    operation: Operation,
    (organization_id, file_id): (&str, &str),
) -> Option<&'s mut File> {
    let organization = state.organizations.iter_mut().find(|organization| organization.id == organization_id)?;
    let file = organization.files.iter_mut().find(|file| file.id == file_id)?;
    let sent = call.parameter("signature")?;
    let expires: i64 = sent.split_once('.')?.0.parse().ok()?;
    let is_signed = sent == signature(rules, operation, file, expires);
    (is_signed && call.now.as_second() < expires).then_some(file)
}

/// The end in Unix seconds, and a hash that only this sandbox can compute: it contains the file's secret and,
/// in a private sandbox, its token.
fn signature(rules: &Rules, operation: Operation, file: &File, expires: i64) -> String {
    let mut hasher = DefaultHasher::new();
    (&rules.private_token, &file.signature, operation, expires).hash(&mut hasher);
    format!("{expires}.{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::call::RequestBody;
    use crate::sandbox::encoding::decode_query;
    use crate::sandbox::seed;

    const FILE: &str = "8c2d5b1f-94a3-4e07-b6d8-5f10e3a7c255";

    fn call(query: &str, now: &str) -> Call {
        Call {
            method: "GET".to_owned(),
            path: String::new(),
            query: decode_query(query),
            token: None,
            key: None,
            sudo: false,
            region: None,
            body: RequestBody::Empty,
            now: now.parse().expect("a time"),
            entropy: 0,
            base: "http://sandbox".to_owned(),
        }
    }

    #[test]
    fn a_url_is_valid_for_an_hour_and_one_operation() {
        let mut state = seed::state(seed::ORGANIZATION_ID);
        let rules = Rules::default();
        let file = state.organizations[0].files[1].clone();
        let now = "2025-01-01T12:00:00Z";
        let url = url(&call("", now), &rules, Operation::Download, seed::ORGANIZATION_ID, &file);
        let prefix = format!("http://sandbox/download/{}/{FILE}?signature=1735736400.", seed::ORGANIZATION_ID);
        assert!(url.starts_with(&prefix), "{url}");
        let query = url.split('?').nth(1).expect("a query");
        let mut is_found = |query: &str, now: &str, rules: &Rules, operation| {
            let ids = (seed::ORGANIZATION_ID, FILE);
            find(&mut state, &call(query, now), rules, operation, ids).is_some()
        };
        assert!(is_found(query, now, &rules, Operation::Download));
        assert!(is_found(query, "2025-01-01T12:59:59Z", &rules, Operation::Download));
        assert!(!is_found(query, "2025-01-01T13:00:00Z", &rules, Operation::Download));
        assert!(!is_found(query, now, &rules, Operation::Upload));
        let later = query.replace("1735736400.", "1735736401.");
        assert!(!is_found(&later, now, &rules, Operation::Download));
        assert!(!is_found("signature=1735736400", now, &rules, Operation::Download));
        assert!(!is_found("", now, &rules, Operation::Download));
        let private = Rules { private_token: Some("t".to_owned()), ..Rules::default() };
        assert!(!is_found(query, now, &private, Operation::Download));
    }
}
