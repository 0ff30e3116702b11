//! The part of a file that a download requests with `Range` and `If-Range` (RFC 9110, section 14).

use std::ops::Range;

use hyper::HeaderMap;

use super::wire::header_text;

/// The bytes of a file that a response contains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// All of them.
    Whole,
    /// These, as a partial response.
    Bytes(Range<u64>),
    /// None: the requested range begins after the end.
    Unsatisfiable,
}

/// The part of a file with `size` bytes that a request asks for. `version` is the file's `ETag`. A request for
/// several parts, or for the last bytes, gets the whole file.
pub(super) fn requested(headers: &HeaderMap, version: &str, size: u64) -> Part {
    if header_text(headers, "if-range").is_some_and(|wanted| wanted != version) {
        return Part::Whole;
    }
    let range = header_text(headers, "range").and_then(|range| range.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else { return Part::Whole };
    let (Ok(first), last) = (first.parse::<u64>(), last.parse::<u64>()) else { return Part::Whole };
    let end = match last {
        Ok(last) if last >= first => size.min(last.saturating_add(1)),
        Err(_) if range.is_some_and(|range| range.ends_with('-')) => size,
        _ => return Part::Whole,
    };
    if first < size { Part::Bytes(first..end) } else { Part::Unsatisfiable }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_from_a_first_byte_is_served() {
        for (range, part) in [
            ("bytes=4-", Part::Bytes(4..8)),
            ("bytes=0-", Part::Bytes(0..8)),
            ("bytes=2-3", Part::Bytes(2..4)),
            ("bytes=2-2", Part::Bytes(2..3)),
            ("bytes=2-99", Part::Bytes(2..8)),
            ("bytes=2-18446744073709551615", Part::Bytes(2..8)),
            ("bytes=8-", Part::Unsatisfiable),
            ("bytes=9-10", Part::Unsatisfiable),
            ("bytes=3-2", Part::Whole),
            ("bytes=-2", Part::Whole),
            ("bytes=0-1,4-5", Part::Whole),
            ("bytes=x-", Part::Whole),
            ("lines=0-1", Part::Whole),
            ("", Part::Whole),
        ] {
            let headers = HeaderMap::from_iter([(hyper::header::RANGE, range.parse().unwrap())]);
            assert_eq!(requested(&headers, "\"v1\"", 8), part, "{range}");
        }
        assert_eq!(requested(&HeaderMap::new(), "\"v1\"", 8), Part::Whole);
    }

    #[test]
    fn another_version_is_sent_whole() {
        for (version, part) in [("\"v1\"", Part::Bytes(4..8)), ("\"v2\"", Part::Whole), ("W/\"v1\"", Part::Whole)] {
            let range = (hyper::header::RANGE, "bytes=4-".parse().unwrap());
            let headers = HeaderMap::from_iter([range, (hyper::header::IF_RANGE, version.parse().unwrap())]);
            assert_eq!(requested(&headers, "\"v1\"", 8), part, "{version}");
        }
    }
}
