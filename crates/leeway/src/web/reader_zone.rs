//! The time zone of whoever reads a page: the script writes it into a cookie. Without one it is UTC.

use crate::people::session;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::tz::TimeZone;
use std::convert::Infallible;

const COOKIE: &str = "leeway-zone";

/// The reader's zone.
pub struct ReaderZone(pub TimeZone);

impl<S: Sync> FromRequestParts<S> for ReaderZone {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let named = session::named(&parts.headers, COOKIE);
        let zone = named.and_then(|name| TimeZone::get(&name.replace("%2F", "/")).ok());
        Ok(Self(zone.unwrap_or(TimeZone::UTC)))
    }
}

/// The day of a time, UTC milliseconds, in a zone: `2026-11-30`.
pub fn day(ms: i64, zone: &TimeZone) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map(|at| at.to_zoned(zone.clone()).date().to_string())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_script_says_the_zone_and_what_is_none_is_utc() {
        for (cookie, expected) in [
            ("leeway-zone=Pacific%2FAuckland", "2026-12-01"),
            ("a=b; leeway-zone=Pacific/Auckland", "2026-12-01"),
            ("leeway-zone=../../etc/passwd", "2026-11-30"),
            ("", "2026-11-30"),
        ] {
            let request = http::Request::builder().header("cookie", cookie);
            let (mut parts, ()) = request.body(()).unwrap().into_parts();
            let Ok(ReaderZone(zone)) = ReaderZone::from_request_parts(&mut parts, &()).await;
            // Noon of 30 November 2026, UTC.
            assert_eq!(day(1_796_040_000_000, &zone), expected, "{cookie}");
        }
    }
}
