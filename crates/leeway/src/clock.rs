//! The one place that reads the clock and draws randomness.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where the time comes from; passed to everything that decides or records.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(system_now_ms))
    }

    /// The machine's clock, and what moves it.
    pub fn shifted() -> (Self, Shift) {
        let shift = Shift(Arc::new(AtomicI64::new(0)));
        let by = shift.0.clone();
        let clock = Self(Arc::new(move || {
            system_now_ms().saturating_add(by.load(Ordering::Relaxed))
        }));
        (clock, shift)
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

/// Moves a clock that goes on running.
#[derive(Clone)]
pub struct Shift(Arc<AtomicI64>);

impl Shift {
    /// Sets it to a time, UTC milliseconds.
    pub fn to(&self, at_ms: i64) {
        self.0.store(at_ms - system_now_ms(), Ordering::Relaxed);
    }

    /// Sets it to the machine's time.
    pub fn back(&self) {
        self.0.store(0, Ordering::Relaxed);
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
