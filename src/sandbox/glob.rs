//! Globs that match paths of requests. `*` matches within a segment, `**` across segments.

/// Refuse a glob that can't match the path of any request.
///
/// # Errors
/// The reason.
pub(crate) fn check(glob: &str) -> Result<(), String> {
    if !glob.starts_with(['/', '*']) {
        return Err(format!("`{glob}` is not a path: it starts with `/` or `*`"));
    }
    if glob.contains(['?', '#']) {
        return Err(format!("`{glob}` has a query: only the path is compared"));
    }
    if glob.starts_with("/api/") && !glob.ends_with(['/', '*']) {
        return Err(format!("`{glob}` matches nothing: every path of the API ends with `/`"));
    }
    Ok(())
}

/// Whether a path matches a glob.
pub(super) fn matches(glob: &str, path: &str) -> bool {
    let Some(at) = glob.find('*') else { return glob == path };
    let Some(rest) = path.strip_prefix(&glob[..at]) else { return false };
    let (is_deep, glob) = match glob[at..].strip_prefix("**") {
        Some(glob) => (true, glob),
        None => (false, &glob[at + 1..]),
    };
    let mut ends = rest.char_indices().map(|(at, c)| (at, c == '/')).chain([(rest.len(), true)]);
    ends.any(|(at, _)| (is_deep || !rest[..at].contains('/')) && matches(glob, &rest[at..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_paths() {
        for (glob, path, expected) in [
            ("/api/v2/**", "/api/v2/organizations/x/", true),
            ("/api/v2/**", "/api/v1/", false),
            ("/api/*/organizations/", "/api/v2/organizations/", true),
            ("/api/*/", "/api/v2/organizations/", false),
            ("**", "/", true),
            ("/**/files/*/", "/api/v2/organizations/o/files/f/", true),
            ("/a", "/a", true),
            ("/a", "/a/", false),
        ] {
            assert_eq!(matches(glob, path), expected, "{glob} {path}");
        }
    }
}
