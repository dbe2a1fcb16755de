//! One writer at a time per record: from looking at it until the outcome is recorded. Two calls that
//! both found a field blank would otherwise both run alone, and the second would overwrite the first.

use leeway_core::classify::RecordRef;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Locks forgotten at the latest when there are so many.
const MOST_REMEMBERED: usize = 1_024;

/// The locks of records that are being acted on.
#[derive(Default)]
pub struct RecordLocks(Mutex<HashMap<RecordRef, Weak<AsyncMutex<()>>>>);

impl RecordLocks {
    /// Waits until nobody else acts on the record. Held until dropped.
    pub async fn take(&self, record: &RecordRef) -> OwnedMutexGuard<()> {
        self.of(record).lock_owned().await
    }

    fn of(&self, record: &RecordRef) -> Arc<AsyncMutex<()>> {
        let mut locks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if locks.len() >= MOST_REMEMBERED {
            locks.retain(|_, lock| lock.strong_count() > 0);
        }
        if let Some(lock) = locks.get(record).and_then(Weak::upgrade) {
            return lock;
        }
        let lock = Arc::new(AsyncMutex::new(()));
        locks.insert(record.clone(), Arc::downgrade(&lock));
        lock
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: &str) -> RecordRef {
        RecordRef {
            system: "crm".into(),
            record_type: "contact".into(),
            id: id.into(),
        }
    }

    #[tokio::test]
    async fn the_same_record_has_one_holder_and_another_does_not_wait() {
        let locks = RecordLocks::default();
        let held = locks.take(&record("1")).await;
        assert!(locks.of(&record("1")).try_lock().is_err());
        assert!(locks.of(&record("2")).try_lock().is_ok());
        drop(held);
        assert!(locks.of(&record("1")).try_lock().is_ok());
    }

    #[tokio::test]
    async fn locks_nobody_holds_are_forgotten_and_held_ones_are_not() {
        let locks = RecordLocks::default();
        let _held = locks.take(&record("kept")).await;
        for n in 0..MOST_REMEMBERED * 2 {
            locks.take(&record(&n.to_string())).await;
        }
        assert!(locks.0.lock().unwrap().len() <= MOST_REMEMBERED);
        assert!(locks.of(&record("kept")).try_lock().is_err());
    }
}
