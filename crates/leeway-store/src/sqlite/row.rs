//! Between [`ActionRow`] and its columns.

use super::StoreError;
use leeway_core::action::state::{ActionRow, Status};
use leeway_core::classify::{Effect, Level, RecordRef};
use leeway_core::govern::owners::Responsibility;
use leeway_core::id::ActionId;
use leeway_core::judge::counting::Weighed;
use rusqlite::{CachedStatement, Row, params};

/// The columns, in the order [`read`] takes them.
pub const COLUMNS: &str = "seq, id, version, created_ms, updated_ms, status, workflow, agent, system, tool, effect, level, record_system, record_type, record_id, title, gist, confidence, amount_cents, revision, content_hash, expires_ms, reviewer, idempotency_key, twin_hash, responsibility, approvals_needed, endorsed_by, reminded, escalated_to, took_ms, edited, undoes, mismatched, planted, currency, areas, fields, unknown, amount_expected";

/// Writes a row, new or changed.
pub const WRITE: &str = "INSERT INTO actions (seq, id, version, created_ms, updated_ms, status, workflow, agent, system, tool, effect, level, record_system, record_type, record_id, title, gist, confidence, amount_cents, revision, content_hash, expires_ms, reviewer, idempotency_key, twin_hash, responsibility, approvals_needed, endorsed_by, reminded, escalated_to, took_ms, edited, undoes, mismatched, planted, currency, areas, fields, unknown, amount_expected)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39, ?40)
ON CONFLICT (seq) DO UPDATE SET version = ?3, updated_ms = ?5, status = ?6, effect = ?11, level = ?12, record_system = ?13, record_type = ?14, record_id = ?15, title = ?16, gist = ?17, confidence = ?18, amount_cents = ?19, revision = ?20, content_hash = ?21, expires_ms = ?22, reviewer = ?23, twin_hash = ?25, responsibility = ?26, approvals_needed = ?27, endorsed_by = ?28, reminded = ?29, escalated_to = ?30, took_ms = ?31, edited = ?32, mismatched = ?34, currency = ?36, areas = ?37, fields = ?38, unknown = ?39, amount_expected = ?40";

/// Number a status is stored as. Written in the schema's partial indexes: 3 is held.
pub fn status_number(status: Status) -> i64 {
    match status {
        Status::Refused => 0,
        Status::Blocked => 1,
        Status::Authorised => 2,
        Status::Held => 3,
        Status::Approved => 4,
        Status::Rejected => 5,
        Status::Withdrawn => 6,
        Status::Expired => 7,
        Status::Drifted => 8,
        Status::Executing => 9,
        Status::Executed => 10,
        Status::Failed => 11,
        Status::Partial => 12,
        Status::OutcomeUnknown => 13,
        Status::Returned => 14,
        Status::NeedsAttestation => 15,
    }
}

/// Reads an action's id.
pub fn id(text: &str) -> Result<ActionId, StoreError> {
    ActionId::parse(text).ok_or_else(|| StoreError::Unreadable("an action's id".to_owned()))
}

/// Reads a status.
pub fn status_of(number: i64) -> Result<Status, StoreError> {
    status(number).ok_or_else(|| StoreError::Unreadable("an action's status".to_owned()))
}

fn status(number: i64) -> Option<Status> {
    Status::ALL
        .into_iter()
        .find(|status| status_number(*status) == number)
}

pub(super) fn effect_name(effect: Effect) -> String {
    serde_json::to_value(effect)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Runs [`WRITE`].
pub fn write(statement: &mut CachedStatement<'_>, row: &ActionRow) -> rusqlite::Result<()> {
    let record = row.record.as_ref();
    statement.execute(params![
        row.seq as i64,
        row.id.as_str(),
        row.version as i64,
        row.created_ms,
        row.updated_ms,
        status_number(row.status),
        row.workflow,
        row.agent,
        row.system,
        row.tool,
        row.effect.map(effect_name),
        row.level.map(u8::from),
        record.map(|record| &record.system),
        record.map(|record| &record.record_type),
        record.map(|record| &record.id),
        row.title,
        row.gist,
        row.confidence,
        row.amount_cents,
        row.revision,
        row.content_hash,
        row.expires_ms,
        row.reviewer,
        row.idempotency_key,
        row.twin_hash,
        row.responsibility.map(Responsibility::name),
        row.approvals_needed,
        row.endorsed_by.join(" "),
        row.reminded,
        row.escalated_to,
        row.took_ms,
        row.edited,
        row.undoes.as_ref().map(leeway_core::id::ActionId::as_str),
        row.mismatched,
        row.planted.as_ref().map(leeway_core::id::ActionId::as_str),
        row.currency,
        row.weighed.areas,
        fields(&row.weighed.fields),
        row.weighed.unknown,
        row.weighed.amount_expected,
    ])?;
    Ok(())
}

/// Reads a row of [`COLUMNS`].
pub fn read(row: &Row<'_>) -> Result<ActionRow, StoreError> {
    let unreadable = |what: &str| StoreError::Unreadable(format!("an action's {what}"));
    let id: String = row.get(1)?;
    let record = match (row.get(12)?, row.get(13)?, row.get(14)?) {
        (Some(system), Some(record_type), Some(id)) => Some(RecordRef {
            system,
            record_type,
            id,
        }),
        _ => None,
    };
    let effect: Option<String> = row.get(10)?;
    let level: Option<u8> = row.get(11)?;
    Ok(ActionRow {
        seq: row.get::<_, i64>(0)? as u64,
        id: self::id(&id)?,
        version: row.get::<_, i64>(2)? as u64,
        created_ms: row.get(3)?,
        updated_ms: row.get(4)?,
        status: status_of(row.get(5)?)?,
        workflow: row.get(6)?,
        agent: row.get(7)?,
        system: row.get(8)?,
        tool: row.get(9)?,
        effect: effect
            .map(|name| serde_json::from_value(serde_json::Value::String(name)))
            .transpose()
            .map_err(|_| unreadable("effect"))?,
        level: level
            .map(Level::try_from)
            .transpose()
            .map_err(|_| unreadable("level"))?,
        record,
        title: row.get(15)?,
        gist: row.get(16)?,
        confidence: row.get(17)?,
        amount_cents: row.get(18)?,
        currency: row.get(35)?,
        revision: row.get(19)?,
        content_hash: row.get(20)?,
        expires_ms: row.get(21)?,
        reviewer: row.get(22)?,
        idempotency_key: row.get(23)?,
        twin_hash: row.get(24)?,
        responsibility: row
            .get::<_, Option<String>>(25)?
            .map(|name| Responsibility::parse(&name).ok_or_else(|| unreadable("responsibility")))
            .transpose()?,
        approvals_needed: row.get(26)?,
        // E-mail addresses have no spaces in them.
        endorsed_by: row
            .get::<_, String>(27)?
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
        reminded: row.get(28)?,
        escalated_to: row.get(29)?,
        took_ms: row.get(30)?,
        edited: row.get(31)?,
        undoes: row
            .get::<_, Option<String>>(32)?
            .map(|undone| self::id(&undone))
            .transpose()?,
        mismatched: row.get(33)?,
        planted: row
            .get::<_, Option<String>>(34)?
            .map(|shown| self::id(&shown))
            .transpose()?,
        weighed: Weighed {
            areas: row.get(36)?,
            fields: row
                .get::<_, Option<String>>(37)?
                .map(|fields| serde_json::from_str(&fields))
                .transpose()
                .map_err(|_| unreadable("fields"))?
                .unwrap_or_default(),
            unknown: row.get(38)?,
            amount_expected: row.get(39)?,
        },
    })
}

/// The changed fields' names as a JSON array; nothing where there are none.
fn fields(names: &[String]) -> Option<String> {
    (!names.is_empty()).then(|| serde_json::json!(names).to_string())
}
