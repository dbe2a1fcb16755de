//! The one place that reads the clock and draws randomness.

use std::sync::Arc;

/// Where the time comes from; passed to everything that decides or records.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(system_now_ms))
    }

    /// A clock that stands still.
    #[cfg(test)]
    pub fn standing(ms: i64) -> Self {
        Self(Arc::new(move || ms))
    }

    /// UTC milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        (self.0)()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
fn system_now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Bytes from the operating system's random source.
///
/// # Panics
/// When the operating system has none: nothing safe can be done without.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has no random source");
    bytes
}

/// UTC milliseconds for people, to the second, e.g. `2026-01-31 09:30:00`.
pub fn readable(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(
        |_| format!("{ms} ms"),
        |time| time.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

/// UTC milliseconds as RFC 3339 with milliseconds, e.g. `2026-01-31T09:30:00.000Z`.
pub fn rfc3339(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| format!("{ms} ms"), |time| format!("{time:.3}"))
}
