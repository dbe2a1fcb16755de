//! The calls a system has not answered yet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A call that is not answered for so long hangs.
const HANGS: Duration = Duration::from_secs(10);

/// Calls, by when they were made.
#[derive(Clone, Default)]
pub struct Calls(Arc<Mutex<Made>>);

#[derive(Default)]
struct Made {
    next: u64,
    since: HashMap<u64, Instant>,
}

/// One call; answered when dropped.
pub struct Running {
    calls: Calls,
    id: u64,
}

impl Calls {
    /// A call that is made now.
    pub fn begin(&self) -> Running {
        let mut made = self.made();
        made.next += 1;
        let id = made.next;
        made.since.insert(id, Instant::now());
        drop(made);
        Running {
            calls: self.clone(),
            id,
        }
    }

    /// How many run, and how many of them hang.
    pub fn counted(&self) -> (usize, usize) {
        let made = self.made();
        let hang = made.since.values().filter(|at| at.elapsed() >= HANGS);
        (made.since.len(), hang.count())
    }

    fn made(&self) -> MutexGuard<'_, Made> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.calls.made().since.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_call_hangs_once_it_is_not_answered_for_long() {
        let calls = Calls::default();
        let first = calls.begin();
        tokio::time::sleep(HANGS).await;
        let _second = calls.begin();
        assert_eq!(calls.counted(), (2, 1));
        drop(first);
        assert_eq!(calls.counted(), (1, 0));
    }
}
