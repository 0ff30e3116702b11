//! Globs that match paths of requests. `*` matches within a segment, `**` across segments.

/// Refuses a glob that can't match the path of any request.
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

/// Whether a path matches a glob. The time is at most the product of both lengths, whatever a client sends.
pub(super) fn matches(glob: &str, path: &str) -> bool {
    let path = path.as_bytes();
    // `reached[n]`: the part of the glob so far matches the first `n` bytes of the path.
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    let mut rest = glob.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'*' {
            for at in (0..path.len()).rev() {
                reached[at + 1] = reached[at] && path[at] == *first;
            }
            reached[0] = false;
            continue;
        }
        let is_deep = rest.first() == Some(&b'*');
        rest = &rest[usize::from(is_deep)..];
        for at in 0..path.len() {
            reached[at + 1] |= reached[at] && (is_deep || path[at] != b'/');
        }
    }
    reached[path.len()]
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
            ("/*/b", "/a/b", true),
            ("/*/b", "/a/c/b", false),
            ("/**/b", "/a/c/b", true),
            ("/a*/", "/a/", true),
            ("/é*", "/éa", true),
            ("/***", "/a/b", true),
            ("", "/", false),
        ] {
            assert_eq!(matches(glob, path), expected, "{glob} {path}");
        }
    }

    #[test]
    fn a_long_path_takes_little_time() {
        let path = "/".repeat(100_000);
        assert!(matches("/**/**/**/**/", &path));
        assert!(!matches("/**/a/**/b/**/c/**/d/", &path));
        assert!(!matches("/**/**/**/**/**/**/**/x", &path));
    }
}
