//! What is measured of a workflow since a time.

use super::StoreError;
use super::reader::Reader;
use super::row::status_number;
use crate::query::Measures;
use leeway_core::action::state::Status;
use rusqlite::params;

impl Reader {
    /// Counts of a workflow's actions since a time, UTC milliseconds.
    pub fn measures(&self, workflow: &str, from_ms: i64) -> Result<Measures, StoreError> {
        let mut measures = Measures::default();
        let mut statement = self.prepare_cached(
            "SELECT status, reviewer IS NOT NULL, edited, count(*) FROM actions
             WHERE workflow = ?1 AND created_ms >= ?2 GROUP BY 1, 2, 3",
        )?;
        let mut rows = statement.query(params![workflow, from_ms])?;
        while let Some(row) = rows.next()? {
            let (status, reviewed, edited, count): (i64, bool, bool, i64) =
                (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
            let is = |statuses: &[Status]| statuses.iter().any(|s| status_number(*s) == status);
            let count = count as u64;
            let rejected = is(&[Status::Rejected]);
            measures.volume += count;
            measures.failed += count * u64::from(is(&[Status::Failed, Status::OutcomeUnknown]));
            measures.ran += count
                * u64::from(is(&[
                    Status::Executed,
                    Status::Partial,
                    Status::Failed,
                    Status::OutcomeUnknown,
                ]));
            measures.ran_alone +=
                count * u64::from(!reviewed && is(&[Status::Executed, Status::Partial]));
            measures.unanswered += count * u64::from(is(&[Status::Expired]));
            measures.decided += count * u64::from(reviewed);
            measures.rejected += count * u64::from(rejected);
            measures.edited += count * u64::from(reviewed && edited && !rejected);
        }
        measures.median_decision_ms = self.median_decision_ms(workflow, from_ms)?;
        Ok(measures)
    }

    fn median_decision_ms(&self, workflow: &str, from_ms: i64) -> Result<Option<i64>, StoreError> {
        let mut statement = self.prepare_cached(
            "SELECT took_ms FROM actions WHERE workflow = ?1 AND created_ms >= ?2
             AND took_ms IS NOT NULL ORDER BY took_ms",
        )?;
        let times = statement.query_map(params![workflow, from_ms], |row| row.get(0))?;
        let times: Vec<i64> = times.collect::<rusqlite::Result<_>>()?;
        Ok(times.get(times.len() / 2).copied())
    }
}
