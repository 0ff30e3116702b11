//! Builds paths from segments. Each ID becomes exactly one percent-encoded segment.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::error::Failure;

/// Everything except RFC 3986's unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path `/api/v2/a/b/` for the segments `a` and `b`.
///
/// # Errors
/// A usage error for the empty segment, `.` and `..`: they would change the path.
pub(super) fn below_api(segments: &[&str]) -> Result<String, Failure> {
    let mut path = String::from("/api/v2/");
    for segment in segments {
        path.push_str(&self::segment(segment)?);
        path.push('/');
    }
    Ok(path)
}

fn segment(text: &str) -> Result<String, Failure> {
    match text {
        "" => Err(Failure::usage("An ID or a part of a path is empty.")),
        "." | ".." => Err(Failure::usage(format!("`{text}` can't be an ID or a part of a path."))),
        _ => Ok(utf8_percent_encode(text, ENCODED).to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_encoded_segment() {
        for (id, path) in [
            ("f6c3", "/api/v2/organizations/f6c3/"),
            ("a/b", "/api/v2/organizations/a%2Fb/"),
            ("a b?c#d%41", "/api/v2/organizations/a%20b%3Fc%23d%2541/"),
            ("%2e%2e", "/api/v2/organizations/%252e%252e/"),
            ("...", "/api/v2/organizations/.../"),
            ("j+x@d.io", "/api/v2/organizations/j%2Bx%40d.io/"),
            ("é\n", "/api/v2/organizations/%C3%A9%0A/"),
        ] {
            assert_eq!(below_api(&["organizations", id]).unwrap(), path);
        }
    }

    #[test]
    fn a_segment_that_changes_the_path_is_refused() {
        for id in ["", ".", ".."] {
            assert!(below_api(&["organizations", id]).is_err(), "{id:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_one_segment(text in proptest::prelude::any::<String>()) {
            let Ok(path) = below_api(&["organizations", &text]) else { return Ok(()) };
            let url = reqwest::Url::parse("https://a.example").unwrap().join(&path).unwrap();
            proptest::prop_assert_eq!(url.path(), path.as_str());
            let segments: Vec<_> = url.path_segments().unwrap().collect();
            proptest::prop_assert_eq!(segments.len(), 5);
            let decoded = percent_encoding::percent_decode_str(segments[3]).decode_utf8().unwrap();
            proptest::prop_assert_eq!(decoded, text);
        }
    }
}
