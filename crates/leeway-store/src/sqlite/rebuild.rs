//! Making everything derived anew, from nothing but the entries.

use super::apply::{owe, remember_key, write_document};
use super::hours::{self, Kind};
use super::{StoreError, reader, row, schema, search};
use leeway_core::action::state::{ActionRow, EntryMeta};
use leeway_core::govern::state::Document;
use leeway_core::id::ActionId;
use leeway_core::ledger::event::Event;
use rusqlite::{Connection, TransactionBehavior, params};

const PAGE: usize = 1_000;

/// Drops and refolds every projection in one transaction. Returns the number of entries.
pub fn rebuild(connection: &mut Connection) -> Result<u64, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for table in schema::DERIVED_TABLES {
        transaction.execute_batch(&format!("DROP TABLE IF EXISTS {table}"))?;
    }
    transaction.execute_batch(schema::DERIVED)?;
    let mut next = 0;
    loop {
        let page = reader::entries(&transaction, next, PAGE)?;
        for raw in &page {
            let envelope = &raw.envelope;
            let event = Event::read(&envelope.kind, &raw.payload).map_err(|error| {
                StoreError::Unreadable(format!("entry {}: {error}", envelope.seq))
            })?;
            refold(&transaction, envelope, &event)?;
            next = envelope.seq + 1;
        }
        if page.len() < PAGE {
            break;
        }
    }
    transaction.commit()?;
    Ok(next)
}

fn refold(
    connection: &Connection,
    envelope: &leeway_core::ledger::entry::Envelope,
    event: &Event,
) -> Result<(), StoreError> {
    owe(connection, envelope.seq, event)?;
    let unfit = |why: String| StoreError::Unreadable(format!("entry {}: {why}", envelope.seq));
    match event {
        Event::Action(event) => {
            let id = envelope
                .stream
                .strip_prefix("action/")
                .and_then(ActionId::parse)
                .ok_or_else(|| unfit("not an action's stream".to_owned()))?;
            let previous = reader::action_row(connection, &id)?;
            let before = previous.as_ref().map(Kind::of);
            let meta = EntryMeta {
                seq: envelope.seq,
                version: envelope.version,
                time_ms: envelope.time_ms,
                actor: envelope.actor.clone(),
            };
            let row = ActionRow::apply(previous, &id, &meta, event)
                .map_err(|error| unfit(error.to_string()))?;
            row::write(&mut connection.prepare_cached(row::WRITE)?, &row)?;
            hours::count(connection, &row, before)?;
            remember_key(connection, (&row, &envelope.actor), event)?;
            if let Some(text) = search::text(&row, event) {
                connection
                    .prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?
                    .execute(params![row.seq as i64, text])?;
            }
        }
        Event::Govern(event) => {
            let previous =
                reader::document(connection, &envelope.stream)?.map(|(_, document)| document);
            let document = Document::apply(
                previous,
                &envelope.stream,
                &envelope.actor,
                envelope.time_ms,
                event,
            )
            .map_err(|error| unfit(error.to_string()))?;
            write_document(connection, &envelope.stream, (envelope.version, &document))?;
        }
    }
    Ok(())
}
