//! What the worth of a workflow is worked out from: what was done in a window of time, how long people
//! looked at it, and what their reviews found.

use super::StoreError;
use super::hours::Nature;
use super::reader::Reader;
use crate::query::WorthCounts;
use leeway_core::action::state::Status;
use leeway_core::earn::review::ReviewState;
use leeway_core::earn::verdict::Verdict;
use leeway_core::govern::state::Document;
use rusqlite::{OptionalExtension, params};

impl Reader {
    /// Counts of a workflow since a time, UTC milliseconds. Reads are left out.
    pub fn worth_counts(&self, workflow: &str, from_ms: i64) -> Result<WorthCounts, StoreError> {
        let mut counts = WorthCounts::default();
        for (kind, count) in self.kinds(workflow, from_ms)? {
            let done = kind.is(&[Status::Executed, Status::Partial]);
            match kind.nature {
                Nature::Idle => continue,
                Nature::Undo => {
                    counts.undone += count * u64::from(done);
                    continue;
                }
                Nature::Act if !(done || kind.decided) => continue,
                Nature::Act => {}
            }
            let rejected = kind.decided && kind.is(&[Status::Rejected]);
            counts.items += count;
            counts.decided += count * u64::from(kind.decided);
            counts.rejected += count * u64::from(rejected);
            counts.edited += count * u64::from(kind.decided && kind.edited && !rejected);
        }
        for outcome in [Verdict::Right, Verdict::Wrong, Verdict::Unsure] {
            let outputs = self.finished(workflow, from_ms, (outcome, false))?;
            let planted = self.finished(workflow, from_ms, (outcome, true))?;
            let (sure, wrong) = (outcome != Verdict::Unsure, outcome == Verdict::Wrong);
            counts.reviewed += outputs.count as u64 * u64::from(sure);
            counts.wrong += outputs.count as u64 * u64::from(wrong);
            // Looking at a planted case takes as long as at any other.
            counts.review_looks += (outputs.looks + planted.looks) as u64;
        }
        Ok(counts)
    }

    /// Position of the first action proposed since a time: the ledger's times never go back.
    pub(super) fn first_seq(&self, from_ms: i64) -> Result<Option<i64>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT seq FROM actions WHERE created_ms >= ?1 ORDER BY created_ms, seq LIMIT 1",
        )?;
        Ok(statement
            .query_row([from_ms], |row| row.get(0))
            .optional()?)
    }

    /// How long people had a workflow's actions open before they decided, and what was reviewed, milliseconds,
    /// since a time; the latest of each first, at most `limit` of each.
    pub fn look_times(
        &self,
        workflow: &str,
        (from_ms, limit): (i64, usize),
    ) -> Result<Vec<i64>, StoreError> {
        let first = self.first_seq(from_ms)?.unwrap_or(i64::MAX);
        let mut decided = self.prepare_cached(
            "SELECT took_ms FROM actions INDEXED BY actions_decided
             WHERE workflow = ?1 AND seq >= ?2 AND reviewer IS NOT NULL AND planted IS NULL AND took_ms IS NOT NULL
             AND effect <> 'read' AND undoes IS NULL ORDER BY seq DESC LIMIT ?3",
        )?;
        let mut reviewed = self.prepare_cached(
            "SELECT took_ms FROM looks WHERE workflow = ?1 AND at_ms >= ?2 AND took_ms IS NOT NULL
             ORDER BY at_ms DESC LIMIT ?3",
        )?;
        let mut times = decided
            .query_map(params![workflow, first, limit as i64], |row| row.get(0))?
            .collect::<rusqlite::Result<Vec<i64>>>()?;
        for time in
            reviewed.query_map(params![workflow, from_ms, limit as i64], |row| row.get(0))?
        {
            times.push(time?);
        }
        Ok(times)
    }

    /// A workflow's reviews that were finished since a time, the latest first, at most `limit`.
    pub fn judged_reviews(
        &self,
        workflow: &str,
        (from_ms, limit): (i64, usize),
    ) -> Result<Vec<ReviewState>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT d.json FROM reviews r INDEXED BY reviews_judged
             JOIN documents d ON d.stream = 'review/' || r.id
             WHERE r.judged_ms >= ?2 AND r.workflow = ?1 ORDER BY r.judged_ms DESC, r.id LIMIT ?3",
        )?;
        let mut rows = statement.query(params![workflow, from_ms, limit as i64])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let json: Vec<u8> = row.get(0)?;
            match serde_json::from_slice(&json) {
                Ok(Document::Review(review)) => found.push(*review),
                Ok(_) => {}
                Err(error) => return Err(StoreError::Unreadable(format!("a review: {error}"))),
            }
        }
        Ok(found)
    }
}
