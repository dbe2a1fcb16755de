//! How many actions of each kind were proposed, and reviews finished, in each hour: what windows of time are
//! added up from, so that a page costs the same over a busy year as over a quiet one.

use super::StoreError;
use super::reader::Reader;
use super::row::status_number;
use leeway_core::action::state::{ActionRow, Status};
use leeway_core::classify::Effect;
use leeway_core::earn::review::ReviewState;
use leeway_core::earn::verdict::Verdict;
use rusqlite::{Connection, Row, params};

type Result<T> = std::result::Result<T, StoreError>;

const HOUR_MS: i64 = 3_600_000;

/// What tells one action from another when they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Kind {
    /// [`status_number`] of where it stands.
    pub status: i64,
    /// Whether a person decided on it.
    pub decided: bool,
    /// Whether a person changed the call.
    pub edited: bool,
    /// Whether it takes another back.
    pub undo: bool,
    /// Whether it changes something: neither a read nor refused before it was classified.
    pub acts: bool,
}

impl Kind {
    /// Of an action.
    pub fn of(row: &ActionRow) -> Self {
        Self {
            status: status_number(row.status),
            decided: row.reviewer.is_some(),
            edited: row.edited,
            undo: row.undoes.is_some(),
            acts: row.effect.is_some_and(|effect| effect != Effect::Read),
        }
    }

    /// From the first five columns of a row.
    pub fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            status: row.get(0)?,
            decided: row.get(1)?,
            edited: row.get(2)?,
            undo: row.get(3)?,
            acts: row.get(4)?,
        })
    }

    /// Whether it stands at one of these.
    pub fn is(&self, statuses: &[Status]) -> bool {
        statuses
            .iter()
            .any(|status| status_number(*status) == self.status)
    }
}

/// Finished reviews of one outcome, and how often people looked at them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// Reviews.
    pub count: i64,
    /// Looks.
    pub looks: i64,
}

/// The hour of a time in UTC milliseconds, counted from 1970.
pub fn hour(time_ms: i64) -> i64 {
    time_ms.div_euclid(HOUR_MS)
}

/// Keeps the number of actions per workflow and status, and per hour and kind. `before` is the action's kind
/// before it was written.
pub fn count(connection: &Connection, row: &ActionRow, before: Option<Kind>) -> Result<()> {
    let now = Kind::of(row);
    if before.is_none_or(|before| before.status != now.status) {
        let mut add = connection.prepare_cached(
            "INSERT INTO counts (workflow, status, count) VALUES (?1, ?2, ?3)
             ON CONFLICT (workflow, status) DO UPDATE SET count = count + ?3",
        )?;
        if let Some(before) = before {
            add.execute(params![row.workflow, before.status, -1])?;
        }
        add.execute(params![row.workflow, now.status, 1])?;
    }
    if before == Some(now) {
        return Ok(());
    }
    let mut add = connection.prepare_cached(
        "INSERT INTO hours (workflow, hour, status, decided, edited, undo, acts, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
         ON CONFLICT (workflow, hour, status, decided, edited, undo, acts) DO UPDATE SET count = count + ?8",
    )?;
    let hour = hour(row.created_ms);
    for (kind, change) in before.map(|kind| (kind, -1)).into_iter().chain([(now, 1)]) {
        add.execute(params![
            row.workflow,
            hour,
            kind.status,
            kind.decided,
            kind.edited,
            kind.undo,
            kind.acts,
            change,
        ])?;
    }
    Ok(())
}

/// Keeps the number of finished reviews per workflow, hour and outcome. A review is written once when it is
/// finished, and never after.
pub fn count_review(connection: &Connection, review: &ReviewState) -> Result<()> {
    let (Some(outcome), Some((at_ms, _))) = (review.outcome(), review.given.last()) else {
        return Ok(());
    };
    connection
        .prepare_cached(
            "INSERT INTO reviewed (workflow, hour, outcome, planted, count, looks) VALUES (?1, ?2, ?3, ?4, 1, ?5)
             ON CONFLICT (workflow, hour, outcome, planted) DO UPDATE SET count = count + 1, looks = looks + ?5",
        )?
        .execute(params![
            review.drawn.workflow,
            hour(*at_ms),
            outcome.name(),
            review.is_planted(),
            review.given.len() as i64,
        ])?;
    Ok(())
}

impl Reader {
    /// How many actions of each kind a workflow had since a time, UTC milliseconds. A kind may come twice:
    /// once from whole hours, once from the one the time lies in.
    pub(super) fn kinds(&self, workflow: &str, from_ms: i64) -> Result<Vec<(Kind, u64)>> {
        let first = hour(from_ms.saturating_add(HOUR_MS - 1));
        let mut whole = self.prepare_cached(
            "SELECT status, decided, edited, undo, acts, sum(count) FROM hours
             WHERE workflow = ?1 AND hour >= ?2 GROUP BY 1, 2, 3, 4, 5",
        )?;
        let mut begun = self.prepare_cached(
            "SELECT status, reviewer IS NOT NULL, edited, undoes IS NOT NULL, coalesce(effect <> 'read', 0), count(*)
             FROM actions INDEXED BY actions_created
             WHERE created_ms >= ?2 AND created_ms < ?3 AND workflow = ?1 GROUP BY 1, 2, 3, 4, 5",
        )?;
        let read = |row: &Row<'_>| Ok((Kind::read(row)?, row.get::<_, i64>(5)? as u64));
        let mut found = whole
            .query_map(params![workflow, first], read)?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        for kind in begun.query_map(params![workflow, from_ms, first * HOUR_MS], read)? {
            found.push(kind?);
        }
        Ok(found)
    }

    /// The reviews of a workflow that were finished with an outcome since a time, UTC milliseconds, those of
    /// planted cases or those of outputs.
    pub(super) fn finished(
        &self,
        workflow: &str,
        from_ms: i64,
        (outcome, planted): (Verdict, bool),
    ) -> Result<Finished> {
        let first = hour(from_ms.saturating_add(HOUR_MS - 1));
        let read = |row: &Row<'_>| {
            Ok(Finished {
                count: row.get(0)?,
                looks: row.get(1)?,
            })
        };
        let mut whole = self.prepare_cached(
            "SELECT coalesce(sum(count), 0), coalesce(sum(looks), 0) FROM reviewed
             WHERE workflow = ?1 AND hour >= ?2 AND outcome = ?3 AND planted = ?4",
        )?;
        // Who looked is kept as one text with a space between two.
        let mut begun = self.prepare_cached(
            "SELECT count(*), coalesce(sum(1 + length(reviewers) - length(replace(reviewers, ' ', ''))), 0)
             FROM reviews INDEXED BY reviews_judged
             WHERE judged_ms >= ?2 AND judged_ms < ?5 AND workflow = ?1 AND outcome = ?3 AND (because = 'planted') = ?4",
        )?;
        let whole = whole.query_row(params![workflow, first, outcome.name(), planted], read)?;
        let begun = begun.query_row(
            params![workflow, from_ms, outcome.name(), planted, first * HOUR_MS],
            read,
        )?;
        Ok(Finished {
            count: whole.count + begun.count,
            looks: whole.looks + begun.looks,
        })
    }
}
