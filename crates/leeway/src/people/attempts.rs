//! Limits failed sign-ins per account and per address, so that passwords cannot be guessed.

use std::collections::HashMap;
use std::sync::Mutex;

/// The window, milliseconds.
const WINDOW_MS: i64 = 5 * 60 * 1000;
/// Keys remembered at most; beyond it everything outside its window is forgotten.
const MOST_KEYS: usize = 10_000;

/// Something failures are counted under, and how many the window allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    name: String,
    most: u32,
}

/// What one sign-in counts under. The pair of account and address is closed first, so that a
/// stranger can neither guess on nor easily lock the account's owner out from elsewhere.
pub fn keys(account: &str, address: &str) -> [Key; 3] {
    let key = |name: String, most| Key { name, most };
    [
        key(format!("{account} from {address}"), 5),
        key(format!("account {account}"), 30),
        key(format!("address {address}"), 100),
    ]
}

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
    pub fn wait_s(&self, keys: &[Key], now_ms: i64) -> Option<u64> {
        let failures = self.lock();
        keys.iter()
            .filter_map(|key| {
                failures
                    .get(&key.name)
                    .filter(|failed| failed.count >= key.most)
            })
            .filter(|failed| now_ms - failed.since_ms < WINDOW_MS)
            .map(|failed| ((failed.since_ms + WINDOW_MS - now_ms) / 1000 + 1) as u64)
            .max()
    }

    /// Counts a failure under every key.
    pub fn failed(&self, keys: &[Key], now_ms: i64) {
        let mut failures = self.lock();
        if failures.len() > MOST_KEYS {
            failures.retain(|_, failed| now_ms - failed.since_ms < WINDOW_MS);
        }
        for key in keys {
            let entry = failures.entry(key.name.clone()).or_insert(Failures {
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

    /// Forgets the failures of this account from this address after a success.
    pub fn succeeded(&self, keys: &[Key]) {
        if let Some(pair) = keys.first() {
            self.lock().remove(&pair.name);
        }
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

    fn fail(attempts: &Attempts, keys: &[Key], times: u32) {
        for _ in 0..times {
            attempts.failed(keys, 0);
        }
    }

    #[test]
    fn five_failures_close_the_door_until_the_window_has_passed() {
        let (attempts, keys) = (Attempts::default(), keys("a@b.c", "10.0.0.1"));
        fail(&attempts, &keys, 4);
        assert_eq!(attempts.wait_s(&keys, 0), None);
        fail(&attempts, &keys, 1);
        assert_eq!(attempts.wait_s(&keys, 0), Some(301));
        assert_eq!(attempts.wait_s(&keys, WINDOW_MS), None);
    }

    #[test]
    fn a_stranger_elsewhere_does_not_lock_the_owner_out_at_once() {
        let attempts = Attempts::default();
        fail(&attempts, &keys("a@b.c", "10.0.0.1"), 5);
        assert_eq!(attempts.wait_s(&keys("a@b.c", "10.0.0.2"), 0), None);
        assert_eq!(attempts.wait_s(&keys("other@b.c", "10.0.0.1"), 0), None);
    }

    #[test]
    fn many_addresses_and_many_accounts_are_limited_too() {
        let attempts = Attempts::default();
        for n in 0..30 {
            fail(&attempts, &keys("a@b.c", &format!("10.0.1.{n}")), 1);
            fail(&attempts, &keys(&format!("x{n}@b.c"), "10.0.0.9"), 4);
        }
        assert!(attempts.wait_s(&keys("a@b.c", "10.0.0.1"), 0).is_some());
        assert!(attempts.wait_s(&keys("new@b.c", "10.0.0.9"), 0).is_some());
    }

    #[test]
    fn a_success_opens_it_again() {
        let (attempts, keys) = (Attempts::default(), keys("a@b.c", "10.0.0.1"));
        fail(&attempts, &keys, 5);
        attempts.succeeded(&keys);
        assert_eq!(attempts.wait_s(&keys, 0), None);
    }
}
