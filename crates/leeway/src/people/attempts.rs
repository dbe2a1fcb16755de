//! Limits failed sign-ins per account and per address, so that passwords cannot be guessed.

use std::collections::HashMap;
use std::sync::Mutex;

/// Failures allowed within the window before further attempts wait.
const MOST_FAILURES: u32 = 5;
/// The window, milliseconds.
const WINDOW_MS: i64 = 5 * 60 * 1000;
/// Keys remembered at most; beyond it everything outside its window is forgotten.
const MOST_KEYS: usize = 10_000;

/// Failed sign-ins, by account and by address.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<String, Failures>>);

#[derive(Clone, Copy)]
struct Failures {
    count: u32,
    since_ms: i64,
}

impl Attempts {
    /// Seconds to wait before the next attempt under any of the keys; `None` when it may go on.
    pub fn wait_s(&self, keys: &[String], now_ms: i64) -> Option<u64> {
        let failures = self.lock();
        keys.iter()
            .filter_map(|key| failures.get(key))
            .filter(|failed| failed.count >= MOST_FAILURES && now_ms - failed.since_ms < WINDOW_MS)
            .map(|failed| ((failed.since_ms + WINDOW_MS - now_ms) / 1000 + 1) as u64)
            .max()
    }

    /// Counts a failure under every key.
    pub fn failed(&self, keys: &[String], now_ms: i64) {
        let mut failures = self.lock();
        if failures.len() > MOST_KEYS {
            failures.retain(|_, failed| now_ms - failed.since_ms < WINDOW_MS);
        }
        for key in keys {
            let entry = failures.entry(key.clone()).or_insert(Failures {
                count: 0,
                since_ms: now_ms,
            });
            if now_ms - entry.since_ms >= WINDOW_MS {
                *entry = Failures {
                    count: 0,
                    since_ms: now_ms,
                };
            }
            entry.count += 1;
        }
    }

    /// Forgets the failures of a key after a success.
    pub fn succeeded(&self, key: &str) {
        self.lock().remove(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Failures>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_close_the_door_until_the_window_has_passed() {
        let attempts = Attempts::default();
        let keys = vec!["a@b.c".to_owned()];
        for _ in 0..MOST_FAILURES {
            assert_eq!(attempts.wait_s(&keys, 0), None);
            attempts.failed(&keys, 0);
        }
        assert_eq!(attempts.wait_s(&keys, 0), Some(301));
        assert_eq!(attempts.wait_s(&keys, WINDOW_MS), None);
    }

    #[test]
    fn a_success_opens_it_again() {
        let attempts = Attempts::default();
        let keys = vec!["a@b.c".to_owned()];
        for _ in 0..MOST_FAILURES {
            attempts.failed(&keys, 0);
        }
        attempts.succeeded("a@b.c");
        assert_eq!(attempts.wait_s(&keys, 0), None);
    }
}
