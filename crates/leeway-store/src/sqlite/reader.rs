//! Reading: a pool of read-only connections, and every question the store answers.

use super::apply::{kind_number, one};
use super::{StoreError, row, schema, search};
use crate::append::Conflict;
use crate::query::{ActionFilter, Counts, Credential, CredentialKind, Head, Page, RawEntry};
use leeway_core::action::state::{ActionRow, ActionState, EntryMeta, Status, Step};
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::state::Document;
use leeway_core::id::ActionId;
use leeway_core::ledger::entry::Envelope;
use leeway_core::ledger::event::Event;
use leeway_core::ledger::verify::{Report, Verifier};
use leeway_core::undo::state::{UndoState, UndoStatus};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OpenFlags, Row, params, params_from_iter};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

type Result<T> = std::result::Result<T, StoreError>;

/// Idle connections kept.
const MOST_IDLE: usize = 16;

/// Read-only connections, reused.
#[derive(Clone)]
pub struct Pool(Arc<PoolInner>);

struct PoolInner {
    path: PathBuf,
    idle: Mutex<Vec<Connection>>,
}

impl Pool {
    /// Over a ledger's file.
    pub fn new(path: &Path) -> Self {
        Self(Arc::new(PoolInner {
            path: path.to_owned(),
            idle: Mutex::default(),
        }))
    }

    /// Takes a connection, or opens one.
    pub fn reader(&self) -> Result<Reader> {
        let idle = self
            .0
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open(&self.0.path)?,
        };
        Ok(Reader {
            connection: Some(connection),
            pool: self.clone(),
        })
    }
}

fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -2048;")?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// A connection for reading.
pub struct Reader {
    connection: Option<Connection>,
    pool: Pool,
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection
            .as_ref()
            .expect("INVARIANT: present until dropped")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let mut idle = self
            .pool
            .0
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MOST_IDLE
            && let Some(connection) = self.connection.take()
        {
            idle.push(connection);
        }
    }
}

/// Length of a stream; 0 when it does not exist.
pub fn stream_version(connection: &Connection, stream: &str) -> Result<u64> {
    let version: i64 = connection
        .prepare_cached("SELECT coalesce(max(version), 0) FROM entries WHERE stream = ?1")?
        .query_row([stream], |row| row.get(0))?;
    Ok(version as u64)
}

/// The held action with a twin hash.
pub fn held_twin(connection: &Connection, twin_hash: &str) -> Result<Option<ActionId>> {
    let found: Option<String> = one(connection
        .prepare_cached("SELECT id FROM actions WHERE twin_hash = ?1 AND status = 3")?
        .query_row([twin_hash], |row| row.get(0)))?;
    Ok(found.as_deref().and_then(ActionId::parse))
}

/// What of an agent's acts with a twin hash stands against the same call: one that waits, runs or has an
/// unknown outcome; else, with a time, one that was carried out since.
pub fn acting_twin(
    connection: &Connection,
    twin_hash: &str,
    since_ms: Option<i64>,
) -> Result<Option<Conflict>> {
    // Numbers of statuses: `row::status_number`.
    let twin = |which: &str, since_ms: i64| -> Result<Option<ActionId>> {
        let found: Option<String> = one(connection
            .prepare_cached(&format!(
                "SELECT id FROM actions WHERE twin_hash = ?1 AND effect <> 'read' AND undoes IS NULL
                 AND planted IS NULL AND status IN ({which}) AND updated_ms >= ?2 ORDER BY seq DESC LIMIT 1"
            ))?
            .query_row(params![twin_hash, since_ms], |row| row.get(0)))?;
        Ok(found.as_deref().and_then(ActionId::parse))
    };
    if let Some(open) = twin("2, 3, 4, 8, 9, 13, 14, 15", i64::MIN)? {
        return Ok(Some(Conflict::Twin(open)));
    }
    let Some(since_ms) = since_ms else {
        return Ok(None);
    };
    Ok(twin("10, 12", since_ms)?.map(Conflict::Repeated))
}

/// The action an agent's key belongs to.
pub fn find_by_key(connection: &Connection, agent: &str, key: &str) -> Result<Option<ActionId>> {
    let found: Option<String> = one(connection
        .prepare_cached("SELECT action FROM keys WHERE agent = ?1 AND key = ?2")?
        .query_row([agent, key], |row| row.get(0)))?;
    Ok(found.as_deref().and_then(ActionId::parse))
}

/// An action's row.
pub fn action_row(connection: &Connection, id: &ActionId) -> Result<Option<ActionRow>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {} FROM actions WHERE id = ?1",
        row::COLUMNS
    ))?;
    let mut rows = statement.query([id.as_str()])?;
    rows.next()?.map(row::read).transpose()
}

/// A document and the length of its stream.
pub fn document(connection: &Connection, stream: &str) -> Result<Option<(u64, Document)>> {
    let found: Option<(i64, Vec<u8>)> = one(connection
        .prepare_cached("SELECT version, json FROM documents WHERE stream = ?1")?
        .query_row([stream], |row| Ok((row.get(0)?, row.get(1)?))))?;
    found
        .map(|(version, json)| Ok((version as u64, read_document(stream, &json)?)))
        .transpose()
}

fn read_document(stream: &str, json: &[u8]) -> Result<Document> {
    serde_json::from_slice(json)
        .map_err(|error| StoreError::Unreadable(format!("document `{stream}`: {error}")))
}

const ENTRY: &str =
    "seq, stream, version, time_ms, kind, actor, decision, rules, salt, commitment, payload, leaf";

fn raw(row: &Row<'_>) -> rusqlite::Result<RawEntry> {
    let rules: String = row.get(7)?;
    Ok(RawEntry {
        envelope: Envelope {
            seq: row.get::<_, i64>(0)? as u64,
            stream: row.get(1)?,
            version: row.get::<_, i64>(2)? as u64,
            time_ms: row.get(3)?,
            kind: row.get(4)?,
            actor: row.get(5)?,
            decision: row.get(6)?,
            rules: rules.split_whitespace().map(str::to_owned).collect(),
            payload: hex::encode(row.get_ref(9)?.as_blob()?),
        },
        salt: row.get(8)?,
        payload: row.get(10)?,
        leaf: row.get(11)?,
    })
}

/// Entries in order.
pub fn entries(connection: &Connection, from_seq: u64, limit: usize) -> Result<Vec<RawEntry>> {
    let mut statement = connection.prepare_cached(&format!(
        "SELECT {ENTRY} FROM entries WHERE seq >= ?1 ORDER BY seq LIMIT ?2"
    ))?;
    let rows = statement.query_map(params![from_seq as i64, limit as i64], raw)?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

impl Reader {
    /// Refuses a ledger of another schema.
    pub fn check_schema(&self) -> Result<()> {
        match schema::version(self)? {
            schema::SCHEMA => Ok(()),
            found => Err(StoreError::Newer {
                found,
                known: schema::SCHEMA,
            }),
        }
    }

    /// The whole of an action.
    pub fn action(&self, id: &ActionId) -> Result<Option<ActionState>> {
        let unreadable = |why: String| StoreError::Unreadable(format!("action `{id}`: {why}"));
        let mut steps = Vec::new();
        for raw in self.entries_of(&format!("action/{id}"))? {
            let event = match Event::read(&raw.envelope.kind, &raw.payload) {
                Ok(Event::Action(event)) => event,
                Ok(Event::Govern(_)) => return Err(unreadable("a foreign entry".to_owned())),
                Err(error) => return Err(unreadable(error.to_string())),
            };
            steps.push(Step {
                meta: EntryMeta {
                    seq: raw.envelope.seq,
                    version: raw.envelope.version,
                    time_ms: raw.envelope.time_ms,
                    actor: raw.envelope.actor,
                },
                event,
            });
        }
        if steps.is_empty() {
            return Ok(None);
        }
        ActionState::fold(id, steps)
            .map(Some)
            .map_err(|error| unreadable(error.to_string()))
    }

    /// The action an agent's idempotency key stands for.
    pub fn find_by_key(&self, agent: &str, key: &str) -> Result<Option<ActionId>> {
        find_by_key(self, agent, key)
    }

    /// An action as lists show it.
    pub fn action_row(&self, id: &ActionId) -> Result<Option<ActionRow>> {
        action_row(self, id)
    }

    /// Actions, newest first. `before` is the cursor a page gave as `next`.
    pub fn actions(
        &self,
        filter: &ActionFilter,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Page<ActionRow>> {
        let (conditions, mut values) = conditions(filter, before);
        values.push(Sql::Integer(limit as i64 + 1));
        let order = format!(
            "SELECT {} FROM actions {conditions} ORDER BY seq DESC LIMIT ?",
            row::COLUMNS
        );
        let mut items = self.rows(&order, values)?;
        let more = items.len() > limit;
        items.truncate(limit);
        Ok(Page {
            next: more.then(|| items.last().map(|row| row.seq)).flatten(),
            items,
        })
    }

    /// Held actions, the most urgent first.
    pub fn held(&self, workflow: Option<&str>, limit: usize) -> Result<Vec<ActionRow>> {
        let (condition, mut values) = match workflow {
            Some(workflow) => ("AND workflow = ?", vec![Sql::Text(workflow.to_owned())]),
            None => ("", vec![]),
        };
        values.push(Sql::Integer(limit as i64));
        let order = format!(
            "SELECT {} FROM actions WHERE status = 3 AND expires_ms IS NOT NULL {condition} ORDER BY expires_ms, seq LIMIT ?",
            row::COLUMNS
        );
        self.rows(&order, values)
    }

    fn rows(&self, order: &str, values: Vec<Sql>) -> Result<Vec<ActionRow>> {
        let mut statement = self.prepare_cached(order)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut items = Vec::new();
        while let Some(row) = rows.next()? {
            items.push(row::read(row)?);
        }
        Ok(items)
    }

    /// How many actions are held, and how many there are.
    pub fn counts(&self, workflow: Option<&str>) -> Result<Counts> {
        let (held, total): (i64, i64) = self
            .prepare_cached(
                "SELECT coalesce(sum(count) FILTER (WHERE status = 3), 0), coalesce(sum(count), 0)
                 FROM counts WHERE ?1 IS NULL OR workflow = ?1",
            )?
            .query_row([workflow], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Counts {
            held: held as u64,
            total: total as u64,
        })
    }

    /// Every action in one of these states, oldest first.
    pub fn with_status(&self, statuses: &[Status]) -> Result<Vec<ActionRow>> {
        let mut found = Vec::new();
        for status in statuses {
            let order = format!(
                "SELECT {} FROM actions WHERE status = ? ORDER BY seq",
                row::COLUMNS
            );
            found.extend(self.rows(&order, vec![Sql::Integer(row::status_number(*status))])?);
        }
        found.sort_by_key(|row| row.seq);
        Ok(found)
    }

    /// Actions whose deadline has passed.
    pub fn expired(&self, now_ms: i64) -> Result<Vec<ActionId>> {
        let mut statement = self.prepare_cached(
            "SELECT id FROM actions WHERE expires_ms <= ?1 ORDER BY expires_ms LIMIT 1000",
        )?;
        let ids = statement.query_map([now_ms], |row| row.get::<_, String>(0))?;
        let ids: Vec<String> = ids.collect::<rusqlite::Result<_>>()?;
        Ok(ids.iter().filter_map(|id| ActionId::parse(id)).collect())
    }

    /// Entries that call for a notice nobody took care of yet: their places, oldest first.
    pub fn outbox(&self, limit: usize) -> Result<Vec<u64>> {
        let mut statement = self.prepare_cached("SELECT seq FROM outbox ORDER BY seq LIMIT ?1")?;
        let places = statement.query_map([limit as i64], |row| row.get::<_, i64>(0))?;
        let places: Vec<i64> = places.collect::<rusqlite::Result<_>>()?;
        Ok(places.into_iter().map(|seq| seq as u64).collect())
    }

    /// Whose risk the held actions are: each responsibility once.
    pub fn held_responsibilities(&self) -> Result<Vec<Responsibility>> {
        let mut statement = self.prepare_cached(
            "SELECT DISTINCT responsibility FROM actions WHERE status = 3 AND responsibility IS NOT NULL",
        )?;
        let names = statement.query_map([], |row| row.get::<_, String>(0))?;
        let names: Vec<String> = names.collect::<rusqlite::Result<_>>()?;
        Ok(names
            .iter()
            .filter_map(|name| Responsibility::parse(name))
            .collect())
    }

    /// A document and the length of its stream.
    pub fn document(&self, stream: &str) -> Result<Option<(u64, Document)>> {
        document(self, stream)
    }

    /// Every document whose stream begins so: stream, length, document.
    pub fn documents(&self, prefix: &str) -> Result<Vec<(String, u64, Document)>> {
        let mut statement = self.prepare_cached(
            "SELECT stream, version, json FROM documents WHERE stream >= ?1 AND stream < ?2 ORDER BY stream",
        )?;
        let end = format!("{prefix}\u{10ffff}");
        let rows = statement.query_map([prefix, &end], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, Vec<u8>>(2)?,
            ))
        })?;
        rows.map(|found| {
            let (stream, version, json) = found?;
            let document = read_document(&stream, &json)?;
            Ok((stream, version as u64, document))
        })
        .collect()
    }

    /// Undos that stand still until a person sees to them, the oldest first. Only documents that hold such a
    /// status are read.
    pub fn undos_waiting(&self) -> Result<Vec<UndoState>> {
        let mut statement = self.prepare_cached(
            "SELECT stream, documents.json FROM documents, json_each(?1) AS wanted
             WHERE stream >= 'undo/' AND stream < 'undo0' AND instr(documents.json, CAST(wanted.value AS BLOB)) > 0",
        )?;
        let waits = UndoStatus::ALL
            .into_iter()
            .filter(|status| status.waits_for_a_person());
        let wanted: Vec<String> = waits
            .map(|status| format!("\"status\":{}", serde_json::json!(status)))
            .collect();
        let rows = statement.query_map([serde_json::json!(wanted).to_string()], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Vec<u8>>(1)?))
        })?;
        let mut found = Vec::new();
        for row in rows {
            let (stream, json) = row?;
            if let Document::Undo(state) = read_document(&stream, &json)?
                && state.status.waits_for_a_person()
            {
                found.push(state);
            }
        }
        found.sort_by_key(|state| state.since_ms);
        Ok(found)
    }

    /// Length of a stream; 0 when it does not exist.
    pub fn stream_version(&self, stream: &str) -> Result<u64> {
        stream_version(self, stream)
    }

    /// Every entry of a stream, oldest first.
    pub fn entries_of(&self, stream: &str) -> Result<Vec<RawEntry>> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {ENTRY} FROM entries WHERE stream = ?1 ORDER BY version"
        ))?;
        let rows = statement.query_map([stream], raw)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// The entries that give or take a person's roles, oldest first.
    pub fn roles_of(&self, stream: &str) -> Result<Vec<RawEntry>> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {ENTRY} FROM entries WHERE stream = ?1 AND kind IN ('person.added', 'person.roles-changed', 'person.removed') ORDER BY version"
        ))?;
        let rows = statement.query_map([stream], raw)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Entries of a stream in order.
    pub fn entries_of_from(
        &self,
        stream: &str,
        (from_seq, limit): (u64, usize),
    ) -> Result<Vec<RawEntry>> {
        let mut statement = self.prepare_cached(&format!(
            "SELECT {ENTRY} FROM entries WHERE stream = ?1 AND seq >= ?2 ORDER BY version LIMIT ?3"
        ))?;
        let rows = statement.query_map(params![stream, from_seq as i64, limit as i64], raw)?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// Entries in order.
    pub fn entries(&self, from_seq: u64, limit: usize) -> Result<Vec<RawEntry>> {
        entries(self, from_seq, limit)
    }

    /// When the last entry was recorded, UTC milliseconds; 0 without any.
    pub fn last_ms(&self) -> Result<i64> {
        Ok(super::writer::Place::read(self)?.time_ms)
    }

    /// How many entries there are, and what they add up to.
    pub fn head(&self) -> Result<Head> {
        let place = super::writer::Place::read(self)?;
        Ok(Head {
            entries: place.frontier.size(),
            root: hex::encode(place.frontier.root()),
        })
    }

    /// A credential.
    pub fn credential(&self, kind: CredentialKind, id: &str) -> Result<Option<Credential>> {
        one(self
            .prepare_cached("SELECT id, subject, secret, expires_ms FROM credentials WHERE kind = ?1 AND id = ?2")?
            .query_row(params![kind_number(kind), id], |row| credential(kind, row)))
    }

    /// Every credential of a kind that a subject has.
    pub fn credentials_of(&self, kind: CredentialKind, subject: &str) -> Result<Vec<Credential>> {
        let mut statement = self.prepare_cached(
            "SELECT id, subject, secret, expires_ms FROM credentials WHERE kind = ?1 AND subject = ?2",
        )?;
        let found = statement.query_map(params![kind_number(kind), subject], |row| {
            credential(kind, row)
        })?;
        Ok(found.collect::<rusqlite::Result<_>>()?)
    }

    /// The sealed arguments of a revision.
    pub fn sealed(&self, action: &ActionId, revision: u32) -> Result<Option<Vec<u8>>> {
        one(self
            .prepare_cached("SELECT arguments FROM sealed WHERE action = ?1 AND revision = ?2")?
            .query_row(params![action.as_str(), revision], |row| row.get(0)))
    }

    /// Re-derives the whole ledger by its own path and compares it with the head. `progress` is
    /// told how many entries were verified, now and then.
    pub fn verify(&self, mut progress: impl FnMut(u64)) -> Result<Report> {
        // One snapshot: a writer beside us must not make the head look wrong.
        let snapshot = self.unchecked_transaction()?;
        let head = super::writer::Place::read(&snapshot)
            .ok()
            .map(|place| (place.frontier.size(), place.frontier.root()));
        std::thread::scope(|scope| {
            let (sender, batches) = std::sync::mpsc::sync_channel::<Batch>(4);
            let verifying = scope.spawn(move || {
                let mut verifier = Verifier::new();
                for batch in batches {
                    for entry in batch {
                        match entry {
                            Ok(raw) => {
                                verifier.entry(&raw.envelope, (&raw.salt, &raw.payload), &raw.leaf);
                            }
                            Err(why) => verifier.unreadable(&why),
                        }
                    }
                }
                verifier.finish(head)
            });
            let read = read_batches(&snapshot, &sender, &mut progress);
            drop(sender);
            let report = verifying.join().map_err(|_| {
                StoreError::Unreadable("the verifier ended unexpectedly".to_owned())
            })?;
            read.map(|()| report)
        })
    }
}

/// Entries on their way to the verifier; an unreadable one as the reason.
type Batch = Vec<std::result::Result<RawEntry, String>>;

const BATCH: usize = 1_000;

fn read_batches(
    snapshot: &Connection,
    sender: &std::sync::mpsc::SyncSender<Batch>,
    progress: &mut impl FnMut(u64),
) -> Result<()> {
    let mut statement = snapshot.prepare(&format!("SELECT {ENTRY} FROM entries ORDER BY seq"))?;
    let mut rows = statement.query([])?;
    let (mut batch, mut count) = (Vec::with_capacity(BATCH), 0);
    while let Some(row) = rows.next()? {
        batch.push(raw(row).map_err(|error| error.to_string()));
        if batch.len() == BATCH {
            count += BATCH as u64;
            progress(count);
            let full = std::mem::replace(&mut batch, Vec::with_capacity(BATCH));
            if sender.send(full).is_err() {
                return Ok(());
            }
        }
    }
    // The verifier is gone only when it panicked, which joining it reports.
    let _ = sender.send(batch);
    Ok(())
}

fn credential(kind: CredentialKind, row: &Row<'_>) -> rusqlite::Result<Credential> {
    Ok(Credential {
        kind,
        id: row.get(0)?,
        subject: row.get(1)?,
        secret: row.get(2)?,
        expires_ms: row.get(3)?,
    })
}

fn conditions(filter: &ActionFilter, before: Option<u64>) -> (String, Vec<Sql>) {
    let mut parts: Vec<String> = Vec::new();
    let mut values: Vec<Sql> = Vec::new();
    let mut add = |part: &str, value: Sql| {
        parts.push(part.to_owned());
        values.push(value);
    };
    if let Some(before) = before {
        add("seq < ?", Sql::Integer(before as i64));
    }
    if let Some(workflow) = &filter.workflow {
        add("workflow = ?", Sql::Text(workflow.clone()));
    }
    if let Some(level) = filter.level {
        add("level = ?", Sql::Integer(i64::from(level)));
    }
    if let Some(agent) = &filter.agent {
        add("agent = ?", Sql::Text(agent.clone()));
    }
    if let Some(record) = &filter.record {
        match record.split_once(':') {
            Some((kind, id)) => {
                add("record_type = ?", Sql::Text(kind.to_owned()));
                add("record_id = ?", Sql::Text(id.to_owned()));
            }
            None => add("record_id = ?", Sql::Text(record.clone())),
        }
    }
    if let Some(from) = filter.from_ms {
        add("created_ms >= ?", Sql::Integer(from));
    }
    if let Some(to) = filter.to_ms {
        add("created_ms < ?", Sql::Integer(to));
    }
    if let Some(words) = filter.q.as_deref().and_then(search::query) {
        add(
            "seq IN (SELECT rowid FROM words WHERE words MATCH ?)",
            Sql::Text(words),
        );
    }
    if !filter.status.is_empty() {
        let numbers: Vec<String> = filter
            .status
            .iter()
            .map(|status| row::status_number(*status).to_string())
            .collect();
        parts.push(format!("status IN ({})", numbers.join(", ")));
    }
    if filter.without_planted {
        parts.push("planted IS NULL".to_owned());
    }
    if parts.is_empty() {
        return (String::new(), values);
    }
    (format!("WHERE {}", parts.join(" AND ")), values)
}
