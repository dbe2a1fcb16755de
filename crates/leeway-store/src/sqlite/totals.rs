//! What is derived over all actions together: how many there are, and which idempotency key stands for
//! which of them. Counted anew while [`super::derived`] folds, and compared with what is stored.

use super::StoreError;
use super::derived::DerivedBad;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

type Result<T> = std::result::Result<T, StoreError>;

/// How many there are by workflow and status, and which idempotency
/// keys stand for which action, as their number and the sum of their hashes.
#[derive(Default)]
pub struct Totals {
    counts: BTreeMap<(String, i64), i64>,
    keys: (u64, u128),
}

impl Totals {
    /// Counts an action.
    pub fn action(&mut self, workflow: &str, status: i64) {
        *self
            .counts
            .entry((workflow.to_owned(), status))
            .or_default() += 1;
    }

    /// Counts the totals of another part.
    pub fn join(&mut self, part: Self) {
        for (key, count) in part.counts {
            *self.counts.entry(key).or_default() += count;
        }
        self.keys.0 += part.keys.0;
        self.keys.1 = self.keys.1.wrapping_add(part.keys.1);
    }

    /// What is stored and not so.
    pub fn wrong(&self, snapshot: &Connection) -> Result<Option<DerivedBad>> {
        match wrong_count(snapshot, &self.counts)? {
            None => wrong_keys(snapshot, self.keys),
            bad => Ok(bad),
        }
    }

    /// Counts an idempotency key.
    pub fn key(&mut self, agent: &str, key: &str, action: &str) {
        let mut hasher = Sha256::new();
        for part in [agent, key, action] {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        let hash: [u8; 32] = hasher.finalize().into();
        let half = hash.first_chunk().copied().unwrap_or_default();
        self.keys.0 += 1;
        self.keys.1 = self.keys.1.wrapping_add(u128::from_be_bytes(half));
    }
}

fn wrong_count(
    snapshot: &Connection,
    counts: &BTreeMap<(String, i64), i64>,
) -> Result<Option<DerivedBad>> {
    let mut statement = snapshot.prepare("SELECT workflow, status, count FROM counts")?;
    let stored = statement
        .query_map([], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))?
        .filter(|found| !matches!(found, Ok((_, 0))))
        .collect::<rusqlite::Result<BTreeMap<(String, i64), i64>>>()?;
    if stored == *counts {
        return Ok(None);
    }
    let (workflow, _) = stored
        .iter()
        .chain(counts)
        .find(|(key, _)| stored.get(*key) != counts.get(*key))
        .map_or(("", 0), |((workflow, status), _)| {
            (workflow.as_str(), *status)
        });
    Ok(Some(DerivedBad {
        what: "counts".to_owned(),
        why: format!(
            "the stored number of actions of workflow `{workflow}` is not how many there are"
        ),
    }))
}

fn wrong_keys(snapshot: &Connection, keys: (u64, u128)) -> Result<Option<DerivedBad>> {
    let mut stored = Totals::default();
    let mut statement = snapshot.prepare("SELECT agent, key, action FROM keys")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        stored.key(text(0)?, text(1)?, text(2)?);
    }
    Ok((stored.keys != keys).then(|| DerivedBad {
        what: "keys".to_owned(),
        why: "an idempotency key stands for another action than the entries say".to_owned(),
    }))
}
