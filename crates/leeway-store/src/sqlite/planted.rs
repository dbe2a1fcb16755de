//! Planted cases: what they are made of, when the last was, and who found them.

use super::reader::Reader;
use super::reviews::{self, COLUMNS};
use super::{StoreError, row};
use crate::query::{Look, ReviewRow};
use leeway_core::action::state::{ActionRow, Status};
use leeway_core::earn::verdict::Verdict;
use leeway_core::govern::owners::Responsibility;
use leeway_core::id::ActionId;
use rusqlite::{OptionalExtension, params};

type Result<T> = std::result::Result<T, StoreError>;

impl Reader {
    /// Outputs of an area that reviews found wrong, the latest first, and who looked at them.
    pub fn known_bad(
        &self,
        (workflow, row): (&str, Responsibility),
        limit: usize,
    ) -> Result<Vec<ReviewRow>> {
        // Both conditions on the cause: the first is the index's.
        let mut statement = self.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM reviews WHERE workflow = ?1 AND responsibility = ?2
             AND outcome = 'wrong' AND because <> 'planted' AND because = 'continuous'
             ORDER BY judged_ms DESC LIMIT ?3"
        ))?;
        let mut rows = statement.query(params![workflow, row.name(), limit as i64])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(reviews::read(row)?);
        }
        Ok(found)
    }

    /// How many outputs of an area were reviewed since a case was planted there last, whether that one waits
    /// still, and when it was planted, UTC milliseconds.
    pub fn since_planted(&self, workflow: &str, row: Responsibility) -> Result<(u64, bool, i64)> {
        let mut last = self.prepare_cached(
            "SELECT drawn_ms, open FROM reviews WHERE workflow = ?1 AND responsibility = ?2
             AND because = 'planted' ORDER BY drawn_ms DESC LIMIT 1",
        )?;
        let found = last.query_row(params![workflow, row.name()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?))
        });
        let (since_ms, waits) = found.optional()?.unwrap_or_default();
        let mut reviewed = self.prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM reviews WHERE workflow = ?1 AND responsibility = ?2
             AND judged_ms > ?3 AND because <> 'planted' LIMIT 1000)",
        )?;
        let count = reviewed.query_row(params![workflow, row.name(), since_ms], |row| {
            row.get::<_, i64>(0)
        })?;
        Ok((count as u64, waits, since_ms))
    }

    /// Agents' proposals of a workflow that people rejected, the latest first.
    pub fn rejected(&self, workflow: &str, limit: usize) -> Result<Vec<ActionRow>> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {} FROM actions WHERE status = ?2 AND workflow = ?1 AND undoes IS NULL AND planted IS NULL
             ORDER BY seq DESC LIMIT ?3",
            row::COLUMNS
        ))?;
        let rejected = row::status_number(Status::Rejected);
        let mut rows = statement.query(params![workflow, rejected, limit as i64])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(row::read(row)?);
        }
        Ok(found)
    }

    /// How many of a workflow's proposals, made since a case was planted among them last, people decided on,
    /// 1,000 at most; whether that one waits still, and its place in the ledger.
    pub fn decided_since_planted(&self, workflow: &str) -> Result<(u64, bool, i64)> {
        let mut last = self.prepare_cached(
            "SELECT seq, status FROM actions WHERE workflow = ?1 AND planted IS NOT NULL ORDER BY seq DESC LIMIT 1",
        )?;
        let found = last.query_row([workflow], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
        });
        let (seq, status) = found.optional()?.unwrap_or((-1, -1));
        let mut decided = self.prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM actions INDEXED BY actions_decided WHERE workflow = ?1 AND seq > ?2
             AND reviewer IS NOT NULL AND planted IS NULL LIMIT 1000)",
        )?;
        let count: i64 = decided.query_row(params![workflow, seq], |row| row.get(0))?;
        Ok((
            count as u64,
            status == row::status_number(Status::Held),
            seq,
        ))
    }

    /// Whether an action was planted already, as a copy.
    pub fn is_shown_again(&self, id: &ActionId) -> Result<bool> {
        let mut statement = self.prepare_cached("SELECT 1 FROM actions WHERE planted = ?1")?;
        Ok(statement.exists([id.as_str()])?)
    }

    /// Whether the same call of the same agent was let run after it was rejected: then it was right in the end.
    pub fn was_let_run_later(&self, row: &ActionRow) -> Result<bool> {
        let mut statement = self.prepare_cached(
            "SELECT 1 FROM actions WHERE agent = ?1 AND seq > ?2 AND workflow = ?3 AND twin_hash = ?4
             AND planted IS NULL AND status IN (2, 4, 9, 10, 12, 13)",
        )?;
        Ok(statement.exists(params![
            row.agent,
            row.seq as i64,
            row.workflow,
            row.twin_hash
        ])?)
    }

    /// Whether an action's agent proposed anything in its workflow since a time, UTC milliseconds.
    pub fn is_active(&self, row: &ActionRow, since_ms: i64) -> Result<bool> {
        let mut statement = self.prepare_cached(
            "SELECT max(created_ms) >= ?3 FROM (SELECT created_ms FROM actions
             WHERE agent = ?1 AND workflow = ?2 AND planted IS NULL ORDER BY seq DESC LIMIT 1)",
        )?;
        let found = statement.query_row(params![row.agent, row.workflow, since_ms], |row| {
            row.get::<_, Option<bool>>(0)
        })?;
        Ok(found.unwrap_or(false))
    }

    /// Planted proposals that somebody decided on, newest first, as looks: what was not rejected was taken for
    /// right. What they knew from deciding on it before is left out.
    pub fn planted_decisions_of(&self, person: &str, limit: usize) -> Result<Vec<Look>> {
        let mut statement = self.prepare_cached(
            "SELECT a.updated_ms, a.took_ms, a.status FROM actions a LEFT JOIN actions o ON o.id = a.planted
             WHERE a.reviewer = ?1 AND a.planted IS NOT NULL AND o.reviewer IS NOT ?1
             ORDER BY a.seq DESC LIMIT ?2",
        )?;
        let rejected = row::status_number(Status::Rejected);
        let looks = statement.query_map(params![person, limit as i64], |row| {
            let found = row.get::<_, i64>(2)? == rejected;
            Ok(Look {
                at_ms: row.get(0)?,
                took_ms: row.get(1)?,
                verdict: if found {
                    Verdict::Wrong
                } else {
                    Verdict::Right
                },
                planted: true,
            })
        })?;
        Ok(looks.collect::<rusqlite::Result<_>>()?)
    }
}
