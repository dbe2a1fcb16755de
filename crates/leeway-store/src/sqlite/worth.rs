//! What the worth of a workflow is worked out from: what was done in a window of time, how long people
//! looked at it, and what their reviews found.

use super::StoreError;
use super::reader::Reader;
use super::row::status_number;
use crate::query::WorthCounts;
use leeway_core::action::state::Status;
use leeway_core::earn::review::ReviewState;
use leeway_core::govern::state::Document;
use rusqlite::{OptionalExtension, params};

impl Reader {
    /// Counts of a workflow since a time, UTC milliseconds. Reads are left out.
    pub fn worth_counts(&self, workflow: &str, from_ms: i64) -> Result<WorthCounts, StoreError> {
        let mut counts = WorthCounts::default();
        if let Some(first) = self.first_seq(from_ms)? {
            self.count_items(workflow, first, &mut counts)?;
        }
        self.count_reviews(workflow, from_ms, &mut counts)?;
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

    fn count_items(
        &self,
        workflow: &str,
        first: i64,
        counts: &mut WorthCounts,
    ) -> Result<(), StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT status, reviewer IS NOT NULL, edited, undoes IS NOT NULL, count(*) FROM actions
             WHERE workflow = ?1 AND seq >= ?2 AND effect <> 'read' GROUP BY 1, 2, 3, 4",
        )?;
        let mut rows = statement.query(params![workflow, first])?;
        while let Some(row) = rows.next()? {
            let (status, decided, edited, undo, count): (i64, bool, bool, bool, i64) = (
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get(4)?,
            );
            let count = count as u64;
            let is = |one: Status| status_number(one) == status;
            let done = is(Status::Executed) || is(Status::Partial);
            if undo {
                counts.undone += count * u64::from(done);
                continue;
            }
            if !done && !decided {
                continue;
            }
            let rejected = decided && is(Status::Rejected);
            counts.items += count;
            counts.decided += count * u64::from(decided);
            counts.rejected += count * u64::from(rejected);
            counts.edited += count * u64::from(decided && edited && !rejected);
        }
        Ok(())
    }

    fn count_reviews(
        &self,
        workflow: &str,
        from_ms: i64,
        counts: &mut WorthCounts,
    ) -> Result<(), StoreError> {
        // Who looked is kept as one text with a space between two.
        let mut statement = self.prepare_cached(
            "SELECT count(*) FILTER (WHERE outcome IN ('right', 'wrong') AND because <> 'planted'),
                    count(*) FILTER (WHERE outcome = 'wrong' AND because <> 'planted'),
                    coalesce(sum(1 + length(reviewers) - length(replace(reviewers, ' ', ''))), 0)
             FROM reviews INDEXED BY reviews_judged WHERE judged_ms >= ?2 AND workflow = ?1",
        )?;
        let (reviewed, wrong, looks): (i64, i64, i64) = statement
            .query_row(params![workflow, from_ms], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        counts.reviewed = reviewed as u64;
        counts.wrong = wrong as u64;
        counts.review_looks = looks as u64;
        Ok(())
    }

    /// How long people had a workflow's actions open before they decided, milliseconds, since a time; the
    /// latest first, at most `limit`.
    pub fn look_times(
        &self,
        workflow: &str,
        (from_ms, limit): (i64, usize),
    ) -> Result<Vec<i64>, StoreError> {
        let Some(first) = self.first_seq(from_ms)? else {
            return Ok(Vec::new());
        };
        let mut statement = self.prepare_cached(
            "SELECT took_ms FROM actions WHERE workflow = ?1 AND seq >= ?2 AND took_ms IS NOT NULL
             AND effect <> 'read' AND undoes IS NULL ORDER BY seq DESC LIMIT ?3",
        )?;
        let found =
            statement.query_map(params![workflow, first, limit as i64], |row| row.get(0))?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
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
