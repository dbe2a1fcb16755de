//! Applying one append inside a transaction: preconditions, entries, projections, side writes.

use super::configured::Configured;
use super::hours::{self, Kind};
use super::reviews;
use super::row;
use super::search;
use super::writer::{Job, Place, Sealed};
use super::{StoreError, reader};
use crate::append::{AppendError, Appended, Conflict, Notice, Precondition, SideWrite};
use crate::query::CredentialKind;
use leeway_core::action::event::ActionEvent;
use leeway_core::action::state::{ActionRow, EntryMeta};
use leeway_core::govern::change::NOTIFY_STREAM;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::state::Document;
use leeway_core::id::ActionId;
use leeway_core::ledger::entry::Envelope;
use leeway_core::ledger::event::Event;
use leeway_core::ledger::merkle::leaf_hash;
use leeway_core::notify;
use rusqlite::{Connection, OptionalExtension, params};

/// One append being applied. An `Ok(Err(…))` is the append's own failure; an `Err` the store's.
pub struct Applying<'a> {
    connection: &'a Connection,
    head: &'a mut Place,
    configured: &'a mut Configured,
}

type Result<T> = std::result::Result<T, StoreError>;
type Outcome<T> = Result<std::result::Result<T, AppendError>>;

impl<'a> Applying<'a> {
    /// Over a transaction, the head it moves and the changes it makes.
    pub fn new(
        connection: &'a Connection,
        head: &'a mut Place,
        configured: &'a mut Configured,
    ) -> Self {
        Self {
            connection,
            head,
            configured,
        }
    }

    /// Applies a job.
    pub fn append(&mut self, job: &mut Job) -> Outcome<(Appended, Vec<Notice>)> {
        for precondition in &job.rest.preconditions {
            if let Some(conflict) = self.conflict(precondition)? {
                return Ok(Err(AppendError::Conflict(conflict)));
            }
        }
        let first_seq = self.head.frontier.size();
        let mut versions = Vec::with_capacity(job.entries.len());
        let mut notices = Vec::with_capacity(job.entries.len());
        for entry in &mut job.entries {
            let (seq, version) = match self.entry(entry)? {
                Ok(place) => place,
                Err(error) => return Ok(Err(error)),
            };
            versions.push(version);
            notices.push(Notice {
                seq,
                stream: entry.stream.clone(),
                kind: entry.event.kind(),
            });
        }
        for side in &job.rest.side {
            self.side(side)?;
        }
        Ok(Ok((
            Appended {
                first_seq,
                versions,
            },
            notices,
        )))
    }

    fn conflict(&self, precondition: &Precondition) -> Result<Option<Conflict>> {
        Ok(match precondition {
            Precondition::StreamAt { stream, version } => {
                let found = reader::stream_version(self.connection, stream)?;
                (found != *version).then(|| Conflict::StreamMoved {
                    stream: stream.clone(),
                    expected: *version,
                    found,
                })
            }
            Precondition::Unmoved { since, streams } => self
                .configured
                .moved(*since, streams)
                .map(|stream| Conflict::Reconfigured { stream }),
            Precondition::NoTwin {
                twin_hash,
                since_ms,
            } => reader::acting_twin(self.connection, twin_hash, *since_ms)?,
            Precondition::NoHeldTwin { twin_hash } => {
                reader::held_twin(self.connection, twin_hash)?.map(Conflict::Twin)
            }
            Precondition::KeyUnused { agent, key } => {
                reader::find_by_key(self.connection, agent, key)?.map(Conflict::KeyUsed)
            }
        })
    }

    fn entry(&mut self, entry: &mut Sealed) -> Outcome<(u64, u64)> {
        let seq = self.head.frontier.size();
        let time_ms = entry.time_ms.max(self.head.time_ms);
        let folded = match &entry.event {
            Event::Action(_) => self.action(entry, (seq, time_ms))?,
            Event::Govern(_) => self.document(entry, time_ms)?,
        };
        let version = match folded {
            Ok(version) => version,
            Err(error) => return Ok(Err(error)),
        };
        let envelope = Envelope {
            actor: entry.actor.clone(),
            decision: entry
                .event
                .verdict()
                .map(|verdict| verdict.name().to_owned()),
            kind: entry.event.kind().to_owned(),
            payload: hex::encode(entry.commitment),
            rules: entry.event.rules(),
            seq,
            stream: entry.stream.clone(),
            time_ms,
            version,
        };
        let leaf = leaf_hash(&envelope.bytes());
        self.connection
            .prepare_cached("INSERT INTO entries (seq, stream, version, time_ms, kind, actor, decision, rules, salt, commitment, leaf, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)")?
            .execute(params![
                seq as i64,
                envelope.stream,
                version as i64,
                time_ms,
                envelope.kind,
                envelope.actor,
                envelope.decision,
                envelope.rules.join(" "),
                entry.salt.as_slice(),
                entry.commitment.as_slice(),
                leaf.as_slice(),
                entry.payload,
            ])?;
        owe(self.connection, seq, &entry.event)?;
        if let Event::Govern(event) = &entry.event
            && event.configures()
        {
            self.configured.changed(seq, &entry.stream);
        }
        self.head.frontier.append(leaf);
        self.head.time_ms = time_ms;
        Ok(Ok((seq, version)))
    }

    fn action(&self, entry: &Sealed, (seq, time_ms): (u64, i64)) -> Outcome<u64> {
        let Event::Action(event) = &entry.event else {
            return Ok(Err(unfit("not an action's event")));
        };
        let Some(id) = entry
            .stream
            .strip_prefix("action/")
            .and_then(ActionId::parse)
        else {
            return Ok(Err(unfit(format!(
                "`{}` is no action's stream",
                entry.stream
            ))));
        };
        let previous = reader::action_row(self.connection, &id)?;
        let before = previous.as_ref().map(Kind::of);
        let meta = EntryMeta {
            seq,
            version: previous.as_ref().map_or(0, |row| row.version) + 1,
            time_ms,
            actor: entry.actor.clone(),
        };
        let row = match ActionRow::apply(previous, &id, &meta, event) {
            Ok(row) => row,
            Err(error) => return Ok(Err(unfit(error.to_string()))),
        };
        row::write(&mut self.connection.prepare_cached(row::WRITE)?, &row)?;
        hours::count(self.connection, &row, before)?;
        remember_key(self.connection, (&row, &entry.actor), event)?;
        if let Some(text) = search::text(&row, event) {
            self.connection
                .prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?
                .execute(params![row.seq as i64, text])?;
        }
        Ok(Ok(meta.version))
    }

    fn document(&self, entry: &Sealed, time_ms: i64) -> Outcome<u64> {
        let Event::Govern(event) = &entry.event else {
            return Ok(Err(unfit("not a document's event")));
        };
        let (version, previous) = match reader::document(self.connection, &entry.stream)? {
            Some((version, document)) => (version, Some(document)),
            None => (0, None),
        };
        let document = match Document::apply(previous, &entry.stream, &entry.actor, time_ms, event)
        {
            Ok(document) => document,
            Err(error) => return Ok(Err(unfit(error.to_string()))),
        };
        write_document(self.connection, &entry.stream, (version + 1, &document))?;
        Ok(Ok(version + 1))
    }

    fn side(&self, side: &SideWrite) -> Result<()> {
        let connection = self.connection;
        match side {
            SideWrite::PutCredential(credential) => connection
                .prepare_cached("INSERT OR REPLACE INTO credentials (kind, id, subject, secret, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute(params![
                    kind_number(credential.kind),
                    credential.id,
                    credential.subject,
                    credential.secret,
                    credential.expires_ms,
                ])?,
            SideWrite::DeleteCredential { kind, id } => connection
                .prepare_cached("DELETE FROM credentials WHERE kind = ?1 AND id = ?2")?
                .execute(params![kind_number(*kind), id])?,
            SideWrite::DeleteCredentialsOf { kind, subject } => connection
                .prepare_cached("DELETE FROM credentials WHERE kind = ?1 AND subject = ?2")?
                .execute(params![kind_number(*kind), subject])?,
            SideWrite::PutSealed { action, revision, arguments } => connection
                .prepare_cached("INSERT OR REPLACE INTO sealed (action, revision, arguments) VALUES (?1, ?2, ?3)")?
                .execute(params![action.as_str(), revision, arguments])?,
            SideWrite::DeleteSealed { action } => connection
                .prepare_cached("DELETE FROM sealed WHERE action = ?1")?
                .execute(params![action.as_str()])?,
        };
        Ok(())
    }
}

fn unfit(why: impl Into<String>) -> AppendError {
    AppendError::InvalidTransition(why.into())
}

/// Keeps which entries call for a notice that nobody took care of yet. While no channels are
/// configured none does.
pub fn owe(connection: &Connection, seq: u64, event: &Event) -> Result<()> {
    if let Event::Govern(GovernEvent::Postbox(event)) = event
        && let Some(answered) = event.answers()
    {
        connection
            .prepare_cached("DELETE FROM outbox WHERE seq = ?1")?
            .execute([answered as i64])?;
    }
    if notify::called_for(event).is_none() {
        return Ok(());
    }
    let channels = reader::document(connection, NOTIFY_STREAM)?;
    if let Some((_, Document::Notify(state))) = channels
        && state.notify.is_some()
    {
        connection
            .prepare_cached("INSERT INTO outbox (seq) VALUES (?1)")?
            .execute([seq as i64])?;
    }
    Ok(())
}

/// The idempotency key an entry brings to its action, if it does.
pub fn key_of(event: &ActionEvent) -> Option<&String> {
    match event {
        ActionEvent::Judged(judged) if judged.revision == 1 => judged.idempotency_key.as_ref(),
        ActionEvent::Joined { idempotency_key } => idempotency_key.as_ref(),
        _ => None,
    }
}

/// Keeps under which keys an agent made a call: its first one, and those of repeats that joined it.
pub fn remember_key(
    connection: &Connection,
    (row, actor): (&ActionRow, &str),
    event: &ActionEvent,
) -> Result<()> {
    if let Some(key) = key_of(event) {
        // Another agent of the workflow may join: the key is its own.
        let agent = actor.strip_prefix("agent:").unwrap_or(&row.agent);
        connection
            .prepare_cached("INSERT INTO keys (agent, key, action) VALUES (?1, ?2, ?3)")?
            .execute(params![agent, key, row.id.as_str()])?;
    }
    Ok(())
}

/// Writes a document's present state.
pub fn write_document(
    connection: &Connection,
    stream: &str,
    (version, document): (u64, &Document),
) -> Result<()> {
    let json =
        serde_json::to_vec(document).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO documents (stream, version, json) VALUES (?1, ?2, ?3)",
        )?
        .execute(params![stream, version as i64, json])?;
    if let Document::Review(review) = document {
        reviews::write(connection, review)?;
    }
    Ok(())
}

/// Number a credential's kind is stored as.
pub fn kind_number(kind: CredentialKind) -> i64 {
    match kind {
        CredentialKind::Password => 1,
        CredentialKind::PersonToken => 2,
        CredentialKind::AgentToken => 3,
        CredentialKind::Session => 4,
        CredentialKind::QuickLink => 5,
        CredentialKind::Twins => 6,
    }
}

/// An optional single row.
pub fn one<T>(found: rusqlite::Result<T>) -> Result<Option<T>> {
    Ok(found.optional()?)
}
