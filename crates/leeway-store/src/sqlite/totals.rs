//! What is derived over all streams together: how many actions and finished reviews there are, which
//! idempotency key stands for which action, and the rows of reviews and looks. Counted anew while
//! [`super::derived`] folds, and compared with what is stored.

use super::StoreError;
use super::derived::DerivedBad;
use super::hours::{Finished, Kind, hour};
use super::reviews;
use leeway_core::action::state::ActionRow;
use leeway_core::earn::review::ReviewState;
use rusqlite::types::Value;
use rusqlite::{Connection, Row};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

type Result<T> = std::result::Result<T, StoreError>;
type Hour = (String, i64, Kind);
type Outcome = (String, i64, String, bool);

/// Everything that is counted. What is zero is not kept.
#[derive(Default)]
pub struct Totals {
    statuses: BTreeMap<(String, i64), i64>,
    hours: BTreeMap<Hour, i64>,
    reviewed: BTreeMap<Outcome, Finished>,
    keys: Rows,
    reviews: Rows,
    looks: Rows,
}

/// Rows in any order, as their number and the sum of their hashes.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Rows {
    count: u64,
    sum: u128,
}

impl Totals {
    /// Counts an action.
    pub fn action(&mut self, row: &ActionRow) {
        let (workflow, kind) = (row.workflow.clone(), Kind::of(row));
        *self
            .statuses
            .entry((workflow.clone(), kind.status))
            .or_default() += 1;
        if row.planted.is_none() {
            let hour = (workflow, hour(row.created_ms), kind);
            *self.hours.entry(hour).or_default() += 1;
        }
    }

    /// Counts an idempotency key.
    pub fn key(&mut self, agent: &str, key: &str, action: &str) {
        let text = |text: &str| Value::Text(text.to_owned());
        self.keys.add(&[text(agent), text(key), text(action)]);
    }

    /// Counts a review and its looks.
    pub fn review(&mut self, review: &ReviewState) -> Result<()> {
        self.reviews.add(&reviews::columns(review)?);
        // Of two looks of one person in the same millisecond the later is kept.
        let mut seen = BTreeSet::new();
        for look in review.given.iter().rev() {
            if seen.insert((look.0, look.1.by.as_str())) {
                self.looks.add(&reviews::look_columns(review, look));
            }
        }
        if let (Some(outcome), Some((at_ms, _))) = (review.outcome(), review.given.last()) {
            let finished = self.reviewed.entry((
                review.drawn.workflow.clone(),
                hour(*at_ms),
                outcome.name().to_owned(),
                review.is_planted(),
            ));
            let finished = finished.or_default();
            finished.count += 1;
            finished.looks += review.given.len() as i64;
        }
        Ok(())
    }

    /// Counts the totals of another part.
    pub fn join(&mut self, part: Self) {
        for (key, count) in part.statuses {
            *self.statuses.entry(key).or_default() += count;
        }
        for (key, count) in part.hours {
            *self.hours.entry(key).or_default() += count;
        }
        for (key, finished) in part.reviewed {
            let sum = self.reviewed.entry(key).or_default();
            sum.count += finished.count;
            sum.looks += finished.looks;
        }
        self.keys.join(part.keys);
        self.reviews.join(part.reviews);
        self.looks.join(part.looks);
    }

    /// What is stored and not so.
    pub fn wrong(&self, snapshot: &Connection) -> Result<Option<DerivedBad>> {
        let stored = Self::stored(snapshot)?;
        let actions = "actions";
        let differing = other(&self.statuses, &stored.statuses)
            .map(|(workflow, _)| ("counts", actions, workflow.clone()))
            .or_else(|| {
                other(&self.hours, &stored.hours)
                    .map(|(workflow, ..)| ("hours", actions, workflow.clone()))
            })
            .or_else(|| {
                other(&self.reviewed, &stored.reviewed)
                    .map(|(workflow, ..)| ("reviewed", "finished reviews", workflow.clone()))
            });
        if let Some((what, of, workflow)) = differing {
            return Ok(Some(DerivedBad {
                what: what.to_owned(),
                why: format!(
                    "the stored number of {of} of workflow `{workflow}` is not how many there are"
                ),
            }));
        }
        let rows = [
            (
                "keys",
                self.keys == stored.keys,
                "an idempotency key stands for another action than the entries say",
            ),
            (
                "reviews",
                self.reviews == stored.reviews,
                "a stored review is not what the entries say",
            ),
            (
                "looks",
                self.looks == stored.looks,
                "a stored look at a review is not what the entries say",
            ),
        ];
        let bad = rows.into_iter().find(|(_, same, _)| !same);
        Ok(bad.map(|(what, _, why)| DerivedBad {
            what: what.to_owned(),
            why: why.to_owned(),
        }))
    }

    fn stored(snapshot: &Connection) -> Result<Self> {
        Ok(Self {
            statuses: read(
                snapshot,
                "SELECT workflow, status, count FROM counts WHERE count <> 0",
                |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)),
            )?,
            hours: read(
                snapshot,
                "SELECT status, decided, edited, nature, workflow, hour, count FROM hours WHERE count <> 0",
                |row| Ok(((row.get(4)?, row.get(5)?, Kind::read(row)?), row.get(6)?)),
            )?,
            reviewed: read(
                snapshot,
                "SELECT workflow, hour, outcome, planted, count, looks FROM reviewed",
                |row| {
                    let finished = Finished {
                        count: row.get(4)?,
                        looks: row.get(5)?,
                    };
                    Ok((
                        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?),
                        finished,
                    ))
                },
            )?,
            keys: rows(snapshot, "agent, key, action", "keys")?,
            reviews: rows(snapshot, reviews::COLUMNS, "reviews")?,
            looks: rows(snapshot, reviews::LOOK_COLUMNS, "looks")?,
        })
    }
}

impl Rows {
    fn add(&mut self, values: &[Value]) {
        let mut hasher = Sha256::new();
        let mut part = |kind: u8, bytes: &[u8]| {
            hasher.update([kind]);
            hasher.update((bytes.len() as u64).to_be_bytes());
            hasher.update(bytes);
        };
        for value in values {
            match value {
                Value::Null => part(0, &[]),
                Value::Integer(number) => part(1, &number.to_be_bytes()),
                Value::Real(number) => part(2, &number.to_be_bytes()),
                Value::Text(text) => part(3, text.as_bytes()),
                Value::Blob(bytes) => part(4, bytes),
            }
        }
        let hash: [u8; 32] = hasher.finalize().into();
        let half = hash.first_chunk().copied().unwrap_or_default();
        self.join(Self {
            count: 1,
            sum: u128::from_be_bytes(half),
        });
    }

    fn join(&mut self, part: Self) {
        self.count += part.count;
        self.sum = self.sum.wrapping_add(part.sum);
    }
}

fn read<K: Ord, V>(
    snapshot: &Connection,
    sql: &str,
    one: fn(&Row<'_>) -> rusqlite::Result<(K, V)>,
) -> Result<BTreeMap<K, V>> {
    let mut statement = snapshot.prepare(sql)?;
    let found = statement.query_map([], one)?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

fn rows(snapshot: &Connection, columns: &str, table: &str) -> Result<Rows> {
    let mut statement = snapshot.prepare(&format!("SELECT {columns} FROM {table}"))?;
    let width = statement.column_count();
    let mut stored = statement.query([])?;
    let mut found = Rows::default();
    let mut values = Vec::with_capacity(width);
    while let Some(row) = stored.next()? {
        values.clear();
        for column in 0..width {
            values.push(row.get(column)?);
        }
        found.add(&values);
    }
    Ok(found)
}

/// The first key under which the two differ.
fn other<'a, K: Ord, V: PartialEq>(
    one: &'a BTreeMap<K, V>,
    other: &'a BTreeMap<K, V>,
) -> Option<&'a K> {
    let mut keys = one.keys().chain(other.keys());
    keys.find(|key| one.get(*key) != other.get(*key))
}
