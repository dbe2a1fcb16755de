//! What an HTTP answer means for a call, by its status alone.

/// What an answer means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// It did it.
    Done,
    /// It did nothing.
    Refused,
    /// It did nothing, because the record is no longer what the call was on condition of.
    Conflict,
    /// It asks to go elsewhere.
    Redirect,
    /// It did not do it now; the same request may be made again.
    Busy,
    /// It may or may not have done it.
    Unknown,
}

/// The meaning of a status. `safe`: the request changes nothing (RFC 9110, 9.2.1). `conditional`:
/// the version of the record was in it.
///
/// A server error after a write says nothing about whether the write happened. A client error says that
/// nothing was done where systems give it that meaning before they act: bad input, no right, no such record,
/// a conflict, too much. Others are sent by proxies too, also after they passed the request on.
pub fn meaning(status: u16, safe: bool, conditional: bool) -> Meaning {
    match status {
        200..=299 => Meaning::Done,
        304 if safe => Meaning::Refused,
        300..=399 if safe => Meaning::Redirect,
        429 | 502 | 503 if safe => Meaning::Busy,
        409 | 412 if conditional && !safe => Meaning::Conflict,
        400 | 401 | 403 | 404 | 405 | 409 | 412 | 415 | 422 | 429 => Meaning::Refused,
        400..=499 if safe && status != 408 => Meaning::Refused,
        _ => Meaning::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, meaning};

    #[test]
    fn a_status_means_what_it_says_about_what_was_done() {
        use Meaning as M;
        for (status, reading, writing, on_condition) in [
            (100, M::Unknown, M::Unknown, M::Unknown),
            (200, M::Done, M::Done, M::Done),
            (204, M::Done, M::Done, M::Done),
            (301, M::Redirect, M::Unknown, M::Unknown),
            (303, M::Redirect, M::Unknown, M::Unknown),
            (304, M::Refused, M::Unknown, M::Unknown),
            (307, M::Redirect, M::Unknown, M::Unknown),
            (400, M::Refused, M::Refused, M::Refused),
            (408, M::Unknown, M::Unknown, M::Unknown),
            (409, M::Refused, M::Refused, M::Conflict),
            (412, M::Refused, M::Refused, M::Conflict),
            (404, M::Refused, M::Refused, M::Refused),
            (422, M::Refused, M::Refused, M::Refused),
            (460, M::Refused, M::Unknown, M::Unknown),
            (499, M::Refused, M::Unknown, M::Unknown),
            (429, M::Busy, M::Refused, M::Refused),
            (500, M::Unknown, M::Unknown, M::Unknown),
            (410, M::Refused, M::Unknown, M::Unknown),
            (501, M::Unknown, M::Unknown, M::Unknown),
            (503, M::Busy, M::Unknown, M::Unknown),
            (999, M::Unknown, M::Unknown, M::Unknown),
        ] {
            assert_eq!(meaning(status, true, false), reading, "read {status}");
            assert_eq!(meaning(status, false, false), writing, "write {status}");
            assert_eq!(
                meaning(status, false, true),
                on_condition,
                "{status} on condition"
            );
        }
    }
}
