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
    /// What it is.
    pub nature: Nature,
}

/// What an action is, however it went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nature {
    /// A read, or refused before it was classified: it changes nothing.
    Idle,
    /// It changes something.
    Act,
    /// It takes another back.
    Undo,
}

impl Kind {
    /// Of an action.
    pub fn of(row: &ActionRow) -> Self {
        Self {
            status: status_number(row.status),
            decided: row.reviewer.is_some(),
            edited: row.edited,
            nature: match row.effect {
                _ if row.undoes.is_some() => Nature::Undo,
                None | Some(Effect::Read) => Nature::Idle,
                Some(_) => Nature::Act,
            },
        }
    }

    /// From the first four columns of a row.
    pub fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            status: row.get(0)?,
            decided: row.get(1)?,
            edited: row.get(2)?,
            nature: match row.get(3)? {
                0 => Nature::Idle,
                1 => Nature::Act,
                _ => Nature::Undo,
            },
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
/// before it was written. A planted case is on the lists, and in nothing that is measured.
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
    if before == Some(now) || row.planted.is_some() {
        return Ok(());
    }
    let mut add = connection.prepare_cached(
        "INSERT INTO hours (workflow, hour, status, decided, edited, nature, count) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (workflow, hour, status, decided, edited, nature) DO UPDATE SET count = count + ?7",
    )?;
    let hour = hour(row.created_ms);
    for (kind, change) in before.map(|kind| (kind, -1)).into_iter().chain([(now, 1)]) {
        add.execute(params![
            row.workflow,
            hour,
            kind.status,
            kind.decided,
            kind.edited,
            kind.nature as i64,
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
            "SELECT status, decided, edited, nature, sum(count) FROM hours
             WHERE workflow = ?1 AND hour >= ?2 GROUP BY 1, 2, 3, 4",
        )?;
        let mut begun = self.prepare_cached(
            "SELECT status, reviewer IS NOT NULL, edited,
                    iif(undoes IS NOT NULL, 2, coalesce(effect <> 'read', 0)), count(*)
             FROM actions INDEXED BY actions_created
             WHERE created_ms >= ?2 AND created_ms < ?3 AND workflow = ?1 AND planted IS NULL GROUP BY 1, 2, 3, 4",
        )?;
        let read = |row: &Row<'_>| Ok((Kind::read(row)?, row.get::<_, i64>(4)? as u64));
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
