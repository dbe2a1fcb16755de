//! What an agent met that is secret, for the whole of its run: a card number that one call read is known again
//! in the next, whatever the system and however it is written. Kept in memory, as keyed hashes; a restart
//! forgets it.

use crate::clock;
use leeway_core::classify::known::{Key, Known, Source};
use leeway_core::classify::scrub::Scrubber;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How long a secret is remembered after it was last met, milliseconds.
const LONGEST_MS: i64 = 24 * 3600 * 1000;
/// How often what is older is looked for, milliseconds.
const FORGET_EVERY_MS: i64 = 60_000;
/// Runs remembered. The one that met nothing for longest makes room.
const MOST_RUNS: usize = 1_000;

/// The secrets of every run.
pub struct Remembered {
    key: Key,
    runs: Mutex<HashMap<Run, (i64, Arc<Known>)>>,
}

/// Whose: an agent in a workflow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Run {
    /// The workflow.
    pub workflow: String,
    /// The agent.
    pub agent: String,
}

impl Default for Remembered {
    fn default() -> Self {
        Self {
            key: Key::new(clock::random()),
            runs: Mutex::default(),
        }
    }
}

impl Remembered {
    fn runs(&self) -> MutexGuard<'_, HashMap<Run, (i64, Arc<Known>)>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Remembers what a call held, or the answer of a system.
    pub fn learn(
        &self,
        run: &Run,
        secrets: &Scrubber,
        (source, system, now_ms): (Source, &str, i64),
    ) {
        if secrets.is_empty() {
            return;
        }
        let mut runs = self.runs();
        if runs.len() >= MOST_RUNS && !runs.contains_key(run) {
            let oldest = runs.iter().min_by_key(|(_, (at_ms, _))| *at_ms);
            if let Some(oldest) = oldest.map(|(run, _)| run.clone()) {
                runs.remove(&oldest);
            }
        }
        let (at_ms, known) = runs.entry(run.clone()).or_default();
        let known = Arc::make_mut(known);
        if now_ms / FORGET_EVERY_MS != *at_ms / FORGET_EVERY_MS {
            known.forget(now_ms - LONGEST_MS);
        }
        *at_ms = now_ms;
        known.learn(&self.key, secrets, (source, system, now_ms));
    }

    /// Whether a run met anything secret.
    pub fn knows(&self, run: &Run) -> bool {
        self.runs()
            .get(run)
            .is_some_and(|(_, known)| !known.is_empty())
    }

    /// Whether a run met more secrets than are kept.
    pub fn is_full(&self, run: &Run) -> bool {
        self.runs()
            .get(run)
            .is_some_and(|(_, known)| known.is_full())
    }

    /// What of it turns up in a value, as it is spelled there; without what the system `except` told.
    pub fn find(&self, run: &Run, value: &Value, except: Option<&str>) -> Scrubber {
        // Looked through without the lock: a large value must not make others wait.
        let known = match self.runs().get(run) {
            Some((_, known)) if !known.is_empty() => known.clone(),
            _ => return Scrubber::default(),
        };
        known.find(&self.key, value, except)
    }
}
