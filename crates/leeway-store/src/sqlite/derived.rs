//! Checking what is derived: every action's row, every document, count and idempotency key is folded anew from the
//! entries, stream by stream, and compared with what is stored. The writer folds entry by entry in the
//! order of the ledger; here each stream is read whole, so only one is held at a time per thread.
//!
//! The search index is not compared: it decides nothing, and holds no text that could be read back; nor is
//! which entries still call for a notice.

use super::reader::Reader;
use super::totals::Totals;
use super::{StoreError, apply, row};
use leeway_core::action::state::{ActionRow, EntryMeta};
use leeway_core::govern::state::Document;
use leeway_core::id::ActionId;
use leeway_core::ledger::event::Event;
use rusqlite::{Connection, Row, Rows};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

type Result<T> = std::result::Result<T, StoreError>;

/// Streams handed to a folding thread together.
const BATCH: usize = 200;

/// What of the derived state is not what the entries say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedBad {
    /// The stream, or the table that is about many: `counts`, `hours`, `reviewed`, `keys`, `reviews` or
    /// `looks`.
    pub what: String,
    /// What is wrong, one sentence.
    pub why: String,
}

/// What checking the derived state found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedReport {
    /// Streams folded.
    pub streams: u64,
    /// The first thing, by stream, that is not as it must be.
    pub first_bad: Option<DerivedBad>,
}

/// One stream's entries, and what is stored of it.
struct Stream {
    name: String,
    entries: Vec<(EntryMeta, String, Vec<u8>)>,
    stored: Stored,
}

enum Stored {
    Nothing,
    Row(Box<ActionRow>),
    Document(u64, Vec<u8>),
    Unreadable(String),
}

/// What a folding thread found.
#[derive(Default)]
struct Found {
    streams: u64,
    first_bad: Option<DerivedBad>,
    totals: Totals,
}

impl Reader {
    /// Folds every row, document and count anew from the entries and compares.
    pub fn verify_derived(&self) -> Result<DerivedReport> {
        // One snapshot: a writer beside us must not make anything look wrong.
        compare(&*self.unchecked_transaction()?)
    }
}

fn compare(snapshot: &Connection) -> Result<DerivedReport> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let (sender, batches) = sync_channel::<Vec<Stream>>(threads * 2);
    let batches = Mutex::new(batches);
    let found = std::thread::scope(|scope| {
        let working: Vec<_> = (0..threads)
            .map(|_| scope.spawn(|| fold_all(&batches)))
            .collect();
        let read = read_streams(snapshot, &sender);
        drop(sender);
        let mut found = read?;
        for worker in working {
            let part = worker.join().map_err(|_| {
                StoreError::Unreadable("the verifier ended unexpectedly".to_owned())
            })?;
            found.join(part);
        }
        Ok::<_, StoreError>(found)
    })?;
    let mut first_bad = found.first_bad;
    if first_bad.is_none() {
        first_bad = found.totals.wrong(snapshot)?;
    }
    Ok(DerivedReport {
        streams: found.streams,
        first_bad,
    })
}

impl Found {
    fn bad(&mut self, what: &str, why: impl Into<String>) {
        let earlier = self
            .first_bad
            .as_ref()
            .is_some_and(|bad| bad.what.as_str() <= what);
        if !earlier {
            self.first_bad = Some(DerivedBad {
                what: what.to_owned(),
                why: why.into(),
            });
        }
    }

    fn join(&mut self, part: Self) {
        self.streams += part.streams;
        self.totals.join(part.totals);
        if let Some(bad) = part.first_bad {
            self.bad(&bad.what, bad.why);
        }
    }
}

/// Reads the entries by stream, beside the stored rows and documents in the same order. Returns what
/// is stored without an entry.
fn read_streams(snapshot: &Connection, sender: &SyncSender<Vec<Stream>>) -> Result<Found> {
    let mut entries = snapshot.prepare(
        "SELECT stream, version, seq, time_ms, actor, kind, payload FROM entries ORDER BY stream, version",
    )?;
    let mut actions =
        snapshot.prepare(&format!("SELECT {} FROM actions ORDER BY id", row::COLUMNS))?;
    let mut documents =
        snapshot.prepare("SELECT stream, version, json FROM documents ORDER BY stream")?;
    let mut entries = entries.query([])?;
    let mut actions = Ordered::new(actions.query([])?, stored_row)?;
    let mut documents = Ordered::new(documents.query([])?, stored_document)?;
    let mut found = Found::default();
    let mut batch: Vec<Stream> = Vec::with_capacity(BATCH);
    let mut present: Option<Stream> = None;
    while let Some(entry) = entries.next()? {
        let name: String = entry.get(0)?;
        if present.as_ref().is_none_or(|stream| stream.name != name) {
            batch.extend(present.take());
            let stored = if name.starts_with("action/") {
                actions.take(&name, &mut found)?
            } else {
                documents.take(&name, &mut found)?
            };
            present = Some(Stream {
                name,
                entries: Vec::new(),
                stored,
            });
        }
        if let Some(stream) = &mut present {
            stream.entries.push(step(entry)?);
        }
        if batch.len() >= BATCH
            && sender
                .send(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))
                .is_err()
        {
            return Ok(found);
        }
    }
    batch.extend(present);
    actions.rest(&mut found)?;
    documents.rest(&mut found)?;
    // The threads are gone only when they panicked, which joining them reports.
    let _ = sender.send(batch);
    Ok(found)
}

fn step(row: &Row<'_>) -> Result<(EntryMeta, String, Vec<u8>)> {
    let meta = EntryMeta {
        version: row.get::<_, i64>(1)? as u64,
        seq: row.get::<_, i64>(2)? as u64,
        time_ms: row.get(3)?,
        actor: row.get(4)?,
    };
    Ok((meta, row.get(5)?, row.get(6)?))
}

fn stored_row(row: &Row<'_>) -> rusqlite::Result<(String, Stored)> {
    let stream = format!("action/{}", row.get_ref(1)?.as_str()?);
    let stored = match row::read(row) {
        Ok(row) => Stored::Row(Box::new(row)),
        Err(error) => Stored::Unreadable(error.to_string()),
    };
    Ok((stream, stored))
}

fn stored_document(row: &Row<'_>) -> rusqlite::Result<(String, Stored)> {
    let version: i64 = row.get(1)?;
    Ok((row.get(0)?, Stored::Document(version as u64, row.get(2)?)))
}

/// Stored things in the order of their streams.
struct Ordered<'a> {
    rows: Rows<'a>,
    read: fn(&Row<'_>) -> rusqlite::Result<(String, Stored)>,
    next: Option<(String, Stored)>,
}

impl<'a> Ordered<'a> {
    fn new(
        rows: Rows<'a>,
        read: fn(&Row<'_>) -> rusqlite::Result<(String, Stored)>,
    ) -> Result<Self> {
        let mut ordered = Self {
            rows,
            read,
            next: None,
        };
        ordered.advance()?;
        Ok(ordered)
    }

    fn advance(&mut self) -> Result<()> {
        self.next = self.rows.next()?.map(self.read).transpose()?;
        Ok(())
    }

    /// What is stored of a stream; what comes before it has no entries.
    fn take(&mut self, stream: &str, found: &mut Found) -> Result<Stored> {
        loop {
            match self.next.take() {
                Some((next, _)) if next.as_str() < stream => {
                    found.bad(&next, NO_ENTRY);
                    self.advance()?;
                }
                Some((next, stored)) if next == stream => {
                    self.advance()?;
                    return Ok(stored);
                }
                later => {
                    self.next = later;
                    return Ok(Stored::Nothing);
                }
            }
        }
    }

    fn rest(&mut self, found: &mut Found) -> Result<()> {
        while let Some((next, _)) = self.next.take() {
            found.bad(&next, NO_ENTRY);
            self.advance()?;
        }
        Ok(())
    }
}

const NO_ENTRY: &str = "something is stored of it, and the ledger has no entry of it";

fn fold_all(batches: &Mutex<Receiver<Vec<Stream>>>) -> Found {
    let mut found = Found::default();
    loop {
        let batch = {
            let Ok(batches) = batches.lock() else {
                return found;
            };
            batches.recv()
        };
        let Ok(batch) = batch else { return found };
        for stream in batch {
            found.streams += 1;
            if let Err(why) = check(&stream, &mut found.totals) {
                found.bad(&stream.name, why);
            }
        }
    }
}

fn check(stream: &Stream, totals: &mut Totals) -> std::result::Result<(), String> {
    let differs = || "what is stored of it is not what its entries say".to_owned();
    match (Folded::of(stream)?, &stream.stored) {
        (_, Stored::Unreadable(why)) => Err(format!("what is stored of it cannot be read: {why}")),
        (_, Stored::Nothing) => Err("nothing is stored of it".to_owned()),
        (Folded::Action(row, keys), Stored::Row(stored)) => {
            totals.action(&row);
            for key in &keys {
                totals.key(&row.agent, key, row.id.as_str());
            }
            if row == *stored {
                Ok(())
            } else {
                Err(differs())
            }
        }
        (Folded::Document(version, document), Stored::Document(stored, json)) => {
            if let Document::Review(review) = document.as_ref() {
                totals.review(review).map_err(|error| error.to_string())?;
            }
            let read: Document = serde_json::from_slice(json)
                .map_err(|error| format!("what is stored of it cannot be read: {error}"))?;
            let same = *stored == version && read == *document;
            if same { Ok(()) } else { Err(differs()) }
        }
        _ => Err(differs()),
    }
}

enum Folded {
    /// With the idempotency keys that stand for it.
    Action(Box<ActionRow>, Vec<String>),
    Document(u64, Box<Document>),
}

impl Folded {
    fn of(stream: &Stream) -> std::result::Result<Self, String> {
        let id = stream
            .name
            .strip_prefix("action/")
            .and_then(ActionId::parse);
        let (mut row, mut document, mut version) = (None, None, 0);
        let mut keys = Vec::new();
        for (meta, kind, payload) in &stream.entries {
            let at = |why: &dyn std::fmt::Display| format!("entry {}: {why}", meta.seq);
            version = meta.version;
            match (Event::read(kind, payload).map_err(|error| at(&error))?, &id) {
                (Event::Action(event), Some(id)) => {
                    keys.extend(apply::key_of(&event).cloned());
                    let next = ActionRow::apply(row.take(), id, meta, &event);
                    row = Some(next.map_err(|error| at(&error))?);
                }
                (Event::Govern(event), None) => {
                    let next = Document::apply(
                        document.take(),
                        &stream.name,
                        &meta.actor,
                        meta.time_ms,
                        &event,
                    );
                    document = Some(next.map_err(|error| at(&error))?);
                }
                _ => return Err(at(&"it does not belong to this stream")),
            }
        }
        match (row, document) {
            (Some(row), None) => Ok(Self::Action(Box::new(row), keys)),
            (None, Some(document)) => Ok(Self::Document(version, Box::new(document))),
            _ => Err("it has no entries".to_owned()),
        }
    }
}
