//! The one place that reads the clock and draws randomness.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where the time comes from; passed to everything that decides or records.
#[derive(Clone)]
pub struct Clock {
    now: Arc<dyn Fn() -> i64 + Send + Sync>,
    steady: Option<Arc<Steady>>,
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self::of(system_now_ms)
    }

    /// The machine's clock as it was at the start, and from then on the time that passes: nobody who sets the
    /// machine's clock moves it. Not before a time, UTC milliseconds: what was recorded is past.
    pub fn steady(not_before_ms: i64) -> Self {
        let steady = Arc::new(Steady::begin(system_now_ms(), not_before_ms, passed_ms()));
        let own = steady.clone();
        Self {
            now: Arc::new(move || own.at(passed_ms())),
            steady: Some(steady),
        }
    }

    fn of(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self {
            now: Arc::new(now),
            steady: None,
        }
    }

    /// By how many milliseconds the machine's clock goes otherwise than this one, where that is more than clocks
    /// do: somebody set it.
    pub fn step_ms(&self) -> Option<i64> {
        let steady = self.steady.as_ref()?;
        let step = system_now_ms() - steady.at(passed_ms());
        (step.abs() > STEP_MS).then_some(step)
    }

    /// The machine's clock, and what moves it.
    pub fn shifted() -> (Self, Shift) {
        let shift = Shift(Arc::new(AtomicI64::new(0)));
        let by = shift.0.clone();
        let clock = Self::of(move || system_now_ms().saturating_add(by.load(Ordering::Relaxed)));
        (clock, shift)
    }

    /// A clock that stands still.
    #[cfg(test)]
    pub fn standing(ms: i64) -> Self {
        Self::of(move || ms)
    }

    /// UTC milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        (self.now)()
    }
}

/// A difference beyond this, milliseconds, is a step.
const STEP_MS: i64 = 5_000;

/// A time that only passes.
struct Steady {
    began_ms: i64,
    passed_ms: i64,
}

impl Steady {
    fn begin(wall_ms: i64, not_before_ms: i64, passed_ms: i64) -> Self {
        Self {
            began_ms: wall_ms.max(not_before_ms),
            passed_ms,
        }
    }

    fn at(&self, passed_ms: i64) -> i64 {
        self.began_ms + (passed_ms - self.passed_ms)
    }
}

/// Milliseconds since the machine started, its sleep included; nobody sets this clock.
fn passed_ms() -> i64 {
    let passed = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    passed.tv_sec * 1000 + passed.tv_nsec / 1_000_000
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_time_begins_at_the_machine_s_or_after_what_was_recorded_and_only_passes() {
        for (wall, recorded, begins) in [(1_000, 0, 1_000), (1_000, 5_000, 5_000)] {
            let steady = Steady::begin(wall, recorded, 70);
            assert_eq!(steady.at(70), begins);
            assert_eq!(steady.at(100), begins + 30);
        }
    }

    #[test]
    fn a_clock_that_nobody_set_has_no_step() {
        assert_eq!(Clock::steady(0).step_ms(), None);
        let ahead = system_now_ms() + 3_600_000;
        let clock = Clock::steady(ahead);
        assert!(clock.now_ms() >= ahead);
        assert!(clock.step_ms().is_some_and(|step| step < -3_500_000));
        assert_eq!(Clock::system().step_ms(), None);
    }
}
