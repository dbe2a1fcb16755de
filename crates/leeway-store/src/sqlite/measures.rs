//! What is measured of a workflow since a time.

use super::StoreError;
use super::hours::Nature;
use super::reader::Reader;
use super::row::status_number;
use crate::query::Measures;
use leeway_core::action::state::Status;
use leeway_core::govern::breaker::Tally;
use rusqlite::params;

impl Reader {
    /// Counts of a workflow's actions since a time, UTC milliseconds.
    pub fn measures(&self, workflow: &str, from_ms: i64) -> Result<Measures, StoreError> {
        let mut measures = Measures::default();
        for (kind, count) in self.kinds(workflow, from_ms)? {
            if kind.nature == Nature::Undo {
                continue;
            }
            let rejected = kind.is(&[Status::Rejected]);
            measures.volume += count;
            measures.failed +=
                count * u64::from(kind.is(&[Status::Failed, Status::OutcomeUnknown]));
            measures.ran += count
                * u64::from(kind.is(&[
                    Status::Executed,
                    Status::Partial,
                    Status::Failed,
                    Status::OutcomeUnknown,
                ]));
            measures.ran_alone +=
                count * u64::from(!kind.decided && kind.is(&[Status::Executed, Status::Partial]));
            measures.unanswered += count * u64::from(kind.is(&[Status::Expired]));
            measures.decided += count * u64::from(kind.decided);
            measures.rejected += count * u64::from(rejected);
            measures.edited += count * u64::from(kind.decided && kind.edited && !rejected);
        }
        measures.median_decision_ms = self.median_decision_ms(workflow, from_ms)?;
        Ok(measures)
    }

    /// What breakers watch: a workflow's acts since a time, without reads and undos.
    pub fn tally(&self, workflow: &str, from_ms: i64) -> Result<Tally, StoreError> {
        let mut tally = Tally::default();
        let mut statement = self.prepare_cached(
            "SELECT status, reviewer IS NOT NULL, count(*), coalesce(sum(amount_cents), 0), sum(mismatched), coalesce(currency, '') FROM actions
             WHERE workflow = ?1 AND seq >= ?3 AND created_ms >= ?2 AND undoes IS NULL AND planted IS NULL AND effect <> 'read'
             GROUP BY 1, 2, 6",
        )?;
        let first = self.first_seq(from_ms)?.unwrap_or(i64::MAX);
        let mut rows = statement.query(params![workflow, from_ms, first])?;
        while let Some(row) = rows.next()? {
            let (status, reviewed, count, cents): (i64, bool, i64, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            tally.mismatched += row.get::<_, i64>(4)? as u64;
            let is = |statuses: &[Status]| statuses.iter().any(|s| status_number(*s) == status);
            let count = count as u64;
            let done = is(&[Status::Executed, Status::Partial]);
            let failed = is(&[Status::Failed]);
            tally.ran += count * u64::from(done || failed);
            tally.failed += count * u64::from(failed);
            tally.unknown +=
                count * u64::from(is(&[Status::OutcomeUnknown, Status::NeedsAttestation]));
            tally.decided += count * u64::from(reviewed);
            tally.rejected += count * u64::from(is(&[Status::Rejected]));
            if done {
                let sum = tally.amounts.entry(row.get(5)?).or_insert(0);
                *sum = sum.saturating_add(cents);
            }
        }
        Ok(tally)
    }

    fn median_decision_ms(&self, workflow: &str, from_ms: i64) -> Result<Option<i64>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT took_ms FROM actions WHERE workflow = ?1 AND seq >= ?3 AND created_ms >= ?2
             AND reviewer IS NOT NULL AND planted IS NULL AND took_ms IS NOT NULL ORDER BY took_ms",
        )?;
        let first = self.first_seq(from_ms)?.unwrap_or(i64::MAX);
        let times = statement.query_map(params![workflow, from_ms, first], |row| row.get(0))?;
        let times: Vec<i64> = times.collect::<rusqlite::Result<_>>()?;
        Ok(times.get(times.len() / 2).copied())
    }
}
