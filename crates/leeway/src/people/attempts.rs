//! Limits failed sign-ins per account and per address, so that passwords cannot be guessed, and nobody is locked
//! out by others: who guesses on is refused, everybody else at most made slower, and a browser that its owner
//! signed in with before counts for itself.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The window, milliseconds.
const WINDOW_MS: i64 = 5 * 60 * 1000;
/// Keys remembered at most; beyond it everything outside its window is forgotten.
const MOST_KEYS: usize = 10_000;
/// How long an attempt is put off where many failed elsewhere.
pub const PUT_OFF: Duration = Duration::from_secs(3);

/// Something failures are counted under, and how many the window allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    name: String,
    most: u32,
    /// Whether more are refused; otherwise they are put off.
    refuses: bool,
}

/// Whether an attempt may be made at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// It may.
    Now,
    /// After [`PUT_OFF`].
    PutOff,
}

/// What one sign-in counts under: the pair of account and address, beyond which the guess is refused; the account
/// and the address, beyond which everybody has to be patient. A browser that this account signed in with before,
/// by its mark, counts for itself alone.
pub fn keys(account: &str, address: &str, known: Option<&str>) -> Vec<Key> {
    let key = |name: String, most, refuses| Key {
        name,
        most,
        refuses,
    };
    if let Some(mark) = known {
        return vec![key(format!("{account} with {mark}"), 10, true)];
    }
    vec![
        key(format!("{account} from {address}"), 5, true),
        key(format!("account {account}"), 30, false),
        key(format!("address {address}"), 100, false),
    ]
}

/// Most sign-ins that are put off at once: from one address, for one account, and of all.
const MOST_OF_ADDRESS: usize = 5;
const MOST_OF_ACCOUNT: usize = 20;
const MOST_IN_ALL: usize = 500;

/// Sign-ins that are put off, by address and by account.
#[derive(Clone, Default)]
pub struct PutOff(Arc<Mutex<HashMap<String, usize>>>);

/// A place among them; free again when dropped.
pub struct Place {
    all: PutOff,
    counted: [String; 3],
}

impl PutOff {
    /// A place for an attempt; `None` when too many wait.
    pub fn place(&self, account: &str, address: &str) -> Option<Place> {
        let counted = [
            format!("address {address}"),
            format!("account {account}"),
            "all".to_owned(),
        ];
        let most = [MOST_OF_ADDRESS, MOST_OF_ACCOUNT, MOST_IN_ALL];
        let mut waiting = self.waiting();
        let full = |(name, most): (&String, usize)| waiting.get(name).is_some_and(|n| *n >= most);
        if counted.iter().zip(most).any(full) {
            return None;
        }
        for name in &counted {
            *waiting.entry(name.clone()).or_default() += 1;
        }
        Some(Place {
            all: self.clone(),
            counted,
        })
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.all.waiting();
        for name in &self.counted {
            if let Some(count) = waiting.get_mut(name) {
                *count -= 1;
                if *count == 0 {
                    waiting.remove(name);
                }
            }
        }
    }
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
    /// the keys that refuse has had as many as it may.
    pub fn begin(&self, keys: &[Key], now_ms: i64) -> Result<Pace, u64> {
        let mut counted = self.lock();
        if counted.len() > MOST_KEYS {
            counted.retain(|_, entry| now_ms - entry.since_ms < WINDOW_MS);
        }
        let full: Vec<(&Key, Counted)> = keys
            .iter()
            .filter_map(|key| Some((key, *counted.get(&key.name)?)))
            .filter(|(key, entry)| entry.count >= key.most && now_ms - entry.since_ms < WINDOW_MS)
            .collect();
        let wait_s = full
            .iter()
            .filter(|(key, _)| key.refuses)
            .map(|(_, entry)| ((entry.since_ms + WINDOW_MS - now_ms) / 1000 + 1) as u64)
            .max();
        if let Some(wait_s) = wait_s {
            return Err(wait_s);
        }
        let pace = if full.is_empty() {
            Pace::Now
        } else {
            Pace::PutOff
        };
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
        Ok(pace)
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
        let (attempts, keys) = (Attempts::default(), keys("a@b.c", "10.0.0.1", None));
        assert_eq!(begin(&attempts, &keys, 200), 5);
        assert_eq!(attempts.begin(&keys, 0), Err(301));
        assert_eq!(attempts.begin(&keys, WINDOW_MS), Ok(Pace::Now));
    }

    #[test]
    fn nobody_elsewhere_locks_the_owner_out_nor_others_at_the_same_address() {
        let attempts = Attempts::default();
        for n in 0..500 {
            begin(&attempts, &keys("a@b.c", &format!("10.0.1.{n}"), None), 5);
            begin(&attempts, &keys(&format!("x{n}@b.c"), "10.0.0.9", None), 5);
        }
        // They have to be patient, as whoever guesses from many addresses or for many accounts has to.
        for (account, address) in [("a@b.c", "10.0.0.1"), ("new@b.c", "10.0.0.9")] {
            let keys = keys(account, address, None);
            assert_eq!(attempts.begin(&keys, 0), Ok(Pace::PutOff), "{account}");
        }
        let elsewhere = keys("new@b.c", "10.0.0.1", None);
        assert_eq!(attempts.begin(&elsewhere, 0), Ok(Pace::Now));
    }

    #[test]
    fn one_address_and_one_account_take_few_of_the_places_of_those_who_are_put_off() {
        let all = PutOff::default();
        let place =
            |account: usize, address: usize| all.place(&account.to_string(), &address.to_string());
        let mut taken: Vec<_> = (0..MOST_OF_ADDRESS).map(|n| place(n, 1).unwrap()).collect();
        assert!(place(100, 1).is_none());
        assert!(place(100, 2).is_some());
        taken.pop();
        assert!(place(100, 1).is_some());
        let of_account: Vec<_> = (0..MOST_OF_ACCOUNT)
            .map(|n| place(200, 10 + n).unwrap())
            .collect();
        assert!(place(200, 3).is_none());
        assert!(place(201, 3).is_some());
        drop((taken, of_account));
        assert!(
            all.waiting().is_empty(),
            "nothing is kept of who was refused"
        );
    }

    #[test]
    fn a_known_browser_counts_for_itself() {
        let attempts = Attempts::default();
        begin(&attempts, &keys("a@b.c", "10.0.0.1", None), 200);
        let known = keys("a@b.c", "10.0.0.1", Some("mark"));
        assert_eq!(attempts.begin(&known, 0), Ok(Pace::Now));
        assert_eq!(begin(&attempts, &known, 200), 9);
    }

    #[test]
    fn a_success_opens_it_again_and_counts_nowhere() {
        let (attempts, keys) = (Attempts::default(), keys("a@b.c", "10.0.0.1", None));
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
