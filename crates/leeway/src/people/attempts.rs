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

/// Sign-ins that failed or are being tried, by account and by address.
#[derive(Default)]
pub struct Attempts(Mutex<HashMap<String, Counted>>);

#[derive(Clone, Copy)]
struct Counted {
    count: u32,
    since_ms: i64,
}

impl Attempts {
    /// Counts an attempt under every key before it is made, or gives the seconds to wait when one of
    /// the keys has had as many as it may.
    pub fn begin(&self, keys: &[Key], now_ms: i64) -> Result<(), u64> {
        let mut counted = self.lock();
        if counted.len() > MOST_KEYS {
            counted.retain(|_, entry| now_ms - entry.since_ms < WINDOW_MS);
        }
        let wait_s = keys
            .iter()
            .filter_map(|key| {
                counted
                    .get(&key.name)
                    .filter(|entry| entry.count >= key.most)
            })
            .filter(|entry| now_ms - entry.since_ms < WINDOW_MS)
            .map(|entry| ((entry.since_ms + WINDOW_MS - now_ms) / 1000 + 1) as u64)
            .max();
        if let Some(wait_s) = wait_s {
            return Err(wait_s);
        }
        let fresh = Counted {
            count: 0,
            since_ms: now_ms,
        };
        for key in keys {
            let entry = counted.entry(key.name.clone()).or_insert(fresh);
            if now_ms - entry.since_ms >= WINDOW_MS {
                *entry = fresh;
            }
            entry.count += 1;
        }
        Ok(())
    }

    /// Takes an attempt back that was not made after all.
    pub fn take_back(&self, keys: &[Key]) {
        let mut counted = self.lock();
        for key in keys {
            if let Some(entry) = counted.get_mut(&key.name) {
                entry.count = entry.count.saturating_sub(1);
            }
        }
    }

    /// Takes a successful attempt back, and forgets the failures of this account from this address.
    pub fn succeeded(&self, keys: &[Key]) {
        self.take_back(keys);
        if let Some(pair) = keys.first() {
            self.lock().remove(&pair.name);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Counted>> {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begin(attempts: &Attempts, keys: &[Key], times: u32) -> u32 {
        (0..times)
            .filter(|_| attempts.begin(keys, 0).is_ok())
            .count() as u32
    }

    #[test]
    fn five_attempts_close_the_door_until_the_window_has_passed() {
        let (attempts, keys) = (Attempts::default(), keys("a@b.c", "10.0.0.1"));
        assert_eq!(begin(&attempts, &keys, 200), 5);
        assert_eq!(attempts.begin(&keys, 0), Err(301));
        assert_eq!(attempts.begin(&keys, WINDOW_MS), Ok(()));
    }

    #[test]
    fn a_stranger_elsewhere_does_not_lock_the_owner_out_at_once() {
        let attempts = Attempts::default();
        begin(&attempts, &keys("a@b.c", "10.0.0.1"), 5);
        assert_eq!(begin(&attempts, &keys("a@b.c", "10.0.0.2"), 1), 1);
        assert_eq!(begin(&attempts, &keys("other@b.c", "10.0.0.1"), 1), 1);
    }

    #[test]
    fn many_addresses_and_many_accounts_are_limited_too() {
        let attempts = Attempts::default();
        for n in 0..30 {
            begin(&attempts, &keys("a@b.c", &format!("10.0.1.{n}")), 1);
            begin(&attempts, &keys(&format!("x{n}@b.c"), "10.0.0.9"), 4);
        }
        assert_eq!(begin(&attempts, &keys("a@b.c", "10.0.0.1"), 1), 0);
        assert_eq!(begin(&attempts, &keys("new@b.c", "10.0.0.9"), 1), 0);
    }

    #[test]
    fn a_success_opens_it_again_and_counts_nowhere() {
        let (attempts, keys) = (Attempts::default(), keys("a@b.c", "10.0.0.1"));
        for _ in 0..200 {
            assert_eq!(begin(&attempts, &keys, 1), 1);
            attempts.succeeded(&keys);
        }
        begin(&attempts, &keys, 4);
        assert_eq!(begin(&attempts, &keys, 1), 1);
        attempts.take_back(&keys);
        assert_eq!(begin(&attempts, &keys, 2), 1);
    }
}
