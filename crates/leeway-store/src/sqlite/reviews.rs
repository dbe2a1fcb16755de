//! Reviews as rows: what is open, what is overdue, what was found. Derived from their documents.

use super::reader::Reader;
use super::{StoreError, hours, row};
use crate::query::{Decided, Look, OpenReviews, Page, ReviewFilter, ReviewRow};
use leeway_core::action::state::Status;
use leeway_core::earn::lot::LotFound;
use leeway_core::earn::review::{Given, ReviewState};
use leeway_core::earn::verdict::{Severity, Verdict};
use leeway_core::govern::owners::Responsibility;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

type Result<T> = std::result::Result<T, StoreError>;

/// Columns of `reviews`.
pub const COLUMNS: &str = "id, shows, workflow, tool, agent, responsibility, because, lot, drawn_ms, due_ms, open, outcome, critical, judged_ms, reviewers";
/// Columns of `looks`.
pub const LOOK_COLUMNS: &str = "review, person, workflow, at_ms, took_ms, verdict, planted";

/// The row of a review, in the order of [`COLUMNS`].
pub fn columns(review: &ReviewState) -> Result<[Value; 15]> {
    let drawn = &review.drawn;
    let because = serde_json::to_value(drawn.because)
        .map_err(|error| StoreError::Unreadable(error.to_string()))?;
    let reviewers: Vec<&str> = review
        .given
        .iter()
        .map(|(_, given)| given.by.as_str())
        .collect();
    let critical = review.worst().and_then(|given| given.severity) == Some(Severity::Critical);
    let last = review.given.last().filter(|_| !review.is_open());
    Ok([
        review.id.as_str().to_owned().into(),
        drawn.shows.as_str().to_owned().into(),
        drawn.workflow.clone().into(),
        drawn.tool.clone().into(),
        drawn.agent.clone().into(),
        drawn.responsibility.name().to_owned().into(),
        because.as_str().unwrap_or_default().to_owned().into(),
        drawn.lot.map(|lot| lot as i64).into(),
        review.drawn_ms.into(),
        drawn.due_ms.into(),
        review.is_open().into(),
        review
            .outcome()
            .map(|outcome| outcome.name().to_owned())
            .into(),
        critical.into(),
        last.map(|(at_ms, _)| *at_ms).into(),
        reviewers.join(" ").into(),
    ])
}

/// The row of one look at a review, in the order of [`LOOK_COLUMNS`].
pub fn look_columns(review: &ReviewState, (at_ms, given): &(i64, Given)) -> [Value; 7] {
    [
        review.id.as_str().to_owned().into(),
        given.by.clone().into(),
        review.drawn.workflow.clone().into(),
        (*at_ms).into(),
        given.took_ms.into(),
        given.verdict.name().to_owned().into(),
        review.is_planted().into(),
    ]
}

/// Writes the rows of a review.
pub fn write(connection: &Connection, review: &ReviewState) -> Result<()> {
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO reviews ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)"
        ))?
        .execute(params_from_iter(columns(review)?))?;
    if let Some(look) = review.given.last() {
        connection
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO looks ({LOOK_COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"
            ))?
            .execute(params_from_iter(look_columns(review, look)))?;
    }
    hours::count_review(connection, review)
}

pub(super) fn read(found: &Row<'_>) -> Result<ReviewRow> {
    let text = |index| found.get::<_, String>(index);
    let unreadable = |what: &str| StoreError::Unreadable(format!("a review has no {what}"));
    Ok(ReviewRow {
        id: row::id(&text(0)?)?,
        shows: row::id(&text(1)?)?,
        workflow: text(2)?,
        tool: text(3)?,
        agent: text(4)?,
        responsibility: Responsibility::parse(&text(5)?)
            .ok_or_else(|| unreadable("responsibility"))?,
        because: serde_json::from_value(serde_json::Value::String(text(6)?))
            .map_err(|_| unreadable("cause"))?,
        lot: found.get::<_, Option<i64>>(7)?.map(|lot| lot as u64),
        drawn_ms: found.get(8)?,
        due_ms: found.get(9)?,
        open: found.get(10)?,
        outcome: found
            .get::<_, Option<String>>(11)?
            .and_then(|name| Verdict::parse(&name)),
        critical: found.get(12)?,
        judged_ms: found.get(13)?,
        reviewers: text(14)?.split_whitespace().map(str::to_owned).collect(),
    })
}

impl Reader {
    /// Reviews, the ones due first when open, the latest first otherwise; `after` is the cursor of the page
    /// before.
    pub fn reviews(
        &self,
        filter: &ReviewFilter,
        (after, limit): (u64, usize),
    ) -> Result<Page<ReviewRow>> {
        let mut conditions = vec![if filter.open {
            "open = 1"
        } else {
            "judged_ms IS NOT NULL"
        }];
        let mut values: Vec<Value> = Vec::new();
        if let Some(workflow) = &filter.workflow {
            conditions.push("workflow = ?");
            values.push(workflow.clone().into());
        }
        if let Some(tool) = &filter.tool {
            conditions.push("tool = ?");
            values.push(tool.clone().into());
        }
        if let Some(row) = filter.responsibility {
            conditions.push("responsibility = ?");
            values.push(row.name().to_owned().into());
        }
        let order = if filter.open {
            "due_ms, id"
        } else {
            "judged_ms DESC, id"
        };
        values.push((limit as i64 + 1).into());
        values.push((after as i64).into());
        let sql = format!(
            "SELECT {COLUMNS} FROM reviews WHERE {} ORDER BY {order} LIMIT ? OFFSET ?",
            conditions.join(" AND ")
        );
        let mut statement = self.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(read(row)?);
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next = more.then(|| after + items.len() as u64);
        Ok(Page { items, next })
    }

    /// When the first open review of an area of a workflow is due, UTC milliseconds.
    pub fn review_due(&self, workflow: &str, row: Responsibility) -> Result<Option<i64>> {
        let mut statement = self.prepare_cached(
            "SELECT min(due_ms) FROM reviews WHERE workflow = ?1 AND responsibility = ?2 AND open = 1 AND because <> 'planted'",
        )?;
        let found = statement.query_row(params![workflow, row.name()], |row| row.get(0));
        Ok(found.optional()?.flatten())
    }

    /// Whether an action is reviewed, or will be.
    pub fn is_drawn(&self, action: &str) -> Result<bool> {
        let mut statement = self.prepare_cached("SELECT 1 FROM reviews WHERE id = ?1")?;
        Ok(statement.exists([action])?)
    }

    /// How many reviews of a lot are open, reviewed, wrong and critically so.
    pub fn lot_counts(&self, workflow: &str, row: Responsibility, lot: u64) -> Result<[u64; 4]> {
        let mut statement = self.prepare_cached(
            "SELECT count(*) FILTER (WHERE open = 1), count(*) FILTER (WHERE open = 0),
                    count(*) FILTER (WHERE outcome = 'wrong'), count(*) FILTER (WHERE critical = 1)
             FROM reviews WHERE workflow = ?1 AND responsibility = ?2 AND lot = ?3",
        )?;
        let counts = statement.query_row(params![workflow, row.name(), lot as i64], |row| {
            Ok([row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
        })?;
        Ok(counts.map(|count| count as u64))
    }

    /// What the reviews of a lot found, by tool.
    pub fn lot_found(
        &self,
        workflow: &str,
        row: Responsibility,
        lot: u64,
    ) -> Result<Vec<LotFound>> {
        let mut statement = self.prepare_cached(
            "SELECT tool, count(*) FILTER (WHERE outcome IN ('right', 'wrong')),
                    count(*) FILTER (WHERE outcome = 'wrong')
             FROM reviews WHERE workflow = ?1 AND responsibility = ?2 AND lot = ?3 GROUP BY 1 ORDER BY 1",
        )?;
        let found = statement.query_map(params![workflow, row.name(), lot as i64], |row| {
            Ok(LotFound {
                tool: row.get(0)?,
                reviewed: row.get::<_, i64>(1)? as u64,
                wrong: row.get::<_, i64>(2)? as u64,
            })
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// How many open reviews each area of each workflow has, how many of them are overdue, and when the
    /// first is due, UTC milliseconds.
    pub fn open_reviews(&self, now_ms: i64) -> Result<Vec<OpenReviews>> {
        let mut statement = self.prepare_cached(
            "SELECT workflow, responsibility, count(*), count(*) FILTER (WHERE due_ms <= ?1 AND because <> 'planted'), min(due_ms)
             FROM reviews WHERE open = 1 GROUP BY 1, 2 ORDER BY 5",
        )?;
        let mut rows = statement.query([now_ms])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let Some(area) = Responsibility::parse(&row.get::<_, String>(1)?) else {
                continue;
            };
            found.push(OpenReviews {
                workflow: row.get(0)?,
                area,
                open: row.get::<_, i64>(2)? as u64,
                overdue: row.get::<_, i64>(3)? as u64,
                due_ms: row.get(4)?,
            });
        }
        Ok(found)
    }

    /// What somebody decided last, newest first.
    pub fn decisions_of(&self, person: &str, limit: usize) -> Result<Vec<Decided>> {
        let mut statement = self.prepare_cached(
            "SELECT id, status, took_ms, created_ms, edited FROM actions
             WHERE reviewer = ?1 AND undoes IS NULL AND planted IS NULL ORDER BY seq DESC LIMIT ?2",
        )?;
        let mut rows = statement.query(params![person, limit as i64])?;
        let mut found = Vec::new();
        while let Some(found_row) = rows.next()? {
            found.push(Decided {
                id: row::id(&found_row.get::<_, String>(0)?)?,
                rejected: found_row.get::<_, i64>(1)? == row::status_number(Status::Rejected),
                took_ms: found_row.get(2)?,
                at_ms: found_row.get(3)?,
                edited: found_row.get(4)?,
            });
        }
        Ok(found)
    }

    /// What somebody reviewed last, newest first.
    pub fn looks_of(&self, person: &str, limit: usize) -> Result<Vec<Look>> {
        let mut statement = self.prepare_cached(
            "SELECT at_ms, took_ms, verdict, planted FROM looks WHERE person = ?1 ORDER BY at_ms DESC LIMIT ?2",
        )?;
        let mut rows = statement.query(params![person, limit as i64])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let verdict = Verdict::parse(&row.get::<_, String>(2)?);
            found.push(Look {
                at_ms: row.get(0)?,
                took_ms: row.get(1)?,
                verdict: verdict.unwrap_or(Verdict::Unsure),
                planted: row.get(3)?,
            });
        }
        Ok(found)
    }

    /// Streams of actions that were carried out, by entries from a position on, at most `limit`; and how
    /// far was looked.
    pub fn finished_since(&self, from_seq: u64, limit: usize) -> Result<(Vec<String>, u64)> {
        let mut statement = self.prepare_cached(
            "SELECT seq, stream FROM entries WHERE seq >= ?1 AND kind = 'action.finished' ORDER BY seq LIMIT ?2",
        )?;
        let mut rows = statement.query(params![from_seq as i64, limit as i64])?;
        let (mut found, mut last) = (Vec::new(), from_seq);
        while let Some(row) = rows.next()? {
            last = row.get::<_, i64>(0)? as u64 + 1;
            found.push(row.get(1)?);
        }
        Ok((found, last))
    }
}
