//! Sign-ins while the ledger cannot be written: kept in memory, for reading only. The inbox stays in
//! sight when the disk is full; whoever wants to decide signs in again once there is room.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How long one lasts at most, milliseconds.
pub const LONGEST_MS: i64 = 60 * 60 * 1000;
/// Most at once; the oldest gives way.
const MOST: usize = 100;

/// Sign-ins that no entry tells of.
#[derive(Default)]
pub struct Unrecorded(Mutex<HashMap<String, SignedIn>>);

struct SignedIn {
    email: String,
    expires_ms: i64,
}

impl Unrecorded {
    /// Keeps a sign-in under its token's hash until a time.
    pub fn keep(&self, hash: &str, email: &str, expires_ms: i64) {
        let mut kept = self.lock();
        if kept.len() >= MOST {
            let oldest = kept
                .iter()
                .min_by_key(|(_, one)| one.expires_ms)
                .map(|(hash, _)| hash.clone());
            kept.remove(&oldest.unwrap_or_default());
        }
        let email = email.to_owned();
        kept.insert(hash.to_owned(), SignedIn { email, expires_ms });
    }

    /// Whose sign-in a token's hash stands for, if it still does.
    pub fn find(&self, hash: &str, now_ms: i64) -> Option<String> {
        let kept = self.lock();
        let found = kept.get(hash).filter(|one| one.expires_ms > now_ms)?;
        Some(found.email.clone())
    }

    /// Signs out by a token's hash. False when there was no such sign-in.
    pub fn forget(&self, hash: &str) -> bool {
        self.lock().remove(hash).is_some()
    }

    /// Signs a person out everywhere.
    pub fn forget_all_of(&self, email: &str) {
        self.lock().retain(|_, one| one.email != email);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, SignedIn>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_lasts_until_its_time_or_until_it_is_forgotten() {
        let kept = Unrecorded::default();
        kept.keep("h-1", "a@b.c", 10);
        kept.keep("h-2", "a@b.c", 10);
        kept.keep("h-3", "x@b.c", 10);
        assert_eq!(kept.find("h-1", 9).as_deref(), Some("a@b.c"));
        assert_eq!(kept.find("h-1", 10), None);
        assert!(kept.forget("h-1") && !kept.forget("h-1"));
        kept.forget_all_of("a@b.c");
        assert_eq!(
            (kept.find("h-2", 0), kept.find("h-3", 0).is_some()),
            (None, true)
        );
    }

    #[test]
    fn the_oldest_gives_way() {
        let kept = Unrecorded::default();
        for n in 0..=MOST {
            kept.keep(&n.to_string(), "a@b.c", 10 + n as i64);
        }
        assert_eq!(kept.find("0", 0), None);
        assert!(kept.find("1", 0).is_some() && kept.find(&MOST.to_string(), 0).is_some());
    }
}
