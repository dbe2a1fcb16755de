//! The past, for replaying it: first revisions in the order they were proposed, and how long people
//! took to decide.

use super::StoreError;
use super::reader::Reader;
use crate::query::PastRow;
use rusqlite::params;

/// Decisions whose time is looked at, newest first.
const MOST_DECISIONS: i64 = 1_000;

impl Reader {
    /// First revisions of a workflow's judged actions since a time, oldest first: at most `limit`
    /// of those after `after` (a seq).
    pub fn past(
        &self,
        workflow: &str,
        from_ms: i64,
        (after, limit): (Option<u64>, usize),
    ) -> Result<Vec<PastRow>, StoreError> {
        // Refused calls (status 0) were never judged.
        let mut statement = self.prepare_cached(
            "SELECT a.seq, a.id, a.status, a.edited, a.title, e.payload
             FROM actions a JOIN entries e ON e.seq = a.seq
             WHERE a.workflow = ?1 AND a.created_ms >= ?2 AND a.seq > ?3 AND a.status <> 0 AND a.undoes IS NULL AND a.planted IS NULL
             ORDER BY a.seq LIMIT ?4",
        )?;
        let after = after.map_or(-1, |seq| seq as i64);
        let mut rows = statement.query(params![workflow, from_ms, after, limit as i64])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(PastRow {
                seq: row.get::<_, i64>(0)? as u64,
                id: super::row::id(&row.get::<_, String>(1)?)?,
                status: super::row::status_of(row.get(2)?)?,
                edited: row.get(3)?,
                title: row.get(4)?,
                payload: row.get(5)?,
            });
        }
        Ok(found)
    }

    /// Who decided and how long they had it open, milliseconds, newest first, where that is known.
    pub fn decision_times(&self) -> Result<Vec<(String, i64)>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT reviewer, took_ms FROM actions
             WHERE took_ms IS NOT NULL AND reviewer IS NOT NULL AND planted IS NULL ORDER BY seq DESC LIMIT ?1",
        )?;
        let rows = statement.query_map([MOST_DECISIONS], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }
}
