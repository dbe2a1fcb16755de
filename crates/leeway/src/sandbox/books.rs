//! The business's records: collections of JSON records, each with an `id` and a `version` that
//! grows with every change.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// One record: field name → value.
pub type Record = Map<String, Value>;

/// Arguments of a call, already checked against the tool's schema.
pub type Arguments = Map<String, Value>;

/// The kinds of records: collection, word for people, prefix of new ids.
const KINDS: [(&str, &str, &str); 12] = [
    ("contacts", "contact", "c"),
    ("accounts", "account", "a"),
    ("tickets", "ticket", "t"),
    ("invoices", "invoice", "inv"),
    ("refunds", "refund", "r"),
    ("documents", "document", "d"),
    ("extractions", "extraction", "d"),
    ("proposals", "proposal", "p"),
    ("tasks", "task", "task"),
    ("drafts", "draft", "draft"),
    ("outbox", "mail", "m"),
    ("history", "event", "e"),
];

/// Everything the business has written down.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Books {
    /// Collection → id → record.
    collections: BTreeMap<String, BTreeMap<String, Record>>,
    /// Number of the next new record; ids are never used twice.
    next_number: u64,
}

impl Books {
    /// Empty books that number new records from 1001.
    pub fn empty() -> Self {
        Self {
            collections: BTreeMap::new(),
            next_number: 1001,
        }
    }

    /// Adds a record that has its id already; it starts at version 1 if it has none.
    pub fn put(&mut self, collection: &str, mut record: Record) -> Result<Record, String> {
        let id = text(&record, "id")?.to_owned();
        let slot = self.collections.entry(collection.to_owned()).or_default();
        if slot.contains_key(&id) {
            return Err(format!("{} `{id}` exists already", kind(collection)));
        }
        record.entry("version").or_insert_with(|| json!(1));
        slot.insert(id, record.clone());
        Ok(record)
    }

    /// Adds a new record and gives it the next id.
    pub fn create(&mut self, collection: &str, fields: Record) -> Result<Record, String> {
        let prefix = KINDS
            .iter()
            .find(|known| known.0 == collection)
            .map_or("x", |known| known.2);
        let mut record = Record::new();
        record.insert(
            "id".to_owned(),
            json!(format!("{prefix}-{}", self.next_number)),
        );
        record.extend(fields);
        self.next_number += 1;
        self.put(collection, record)
    }

    /// A record.
    pub fn get(&self, collection: &str, id: &str) -> Result<&Record, String> {
        self.collections
            .get(collection)
            .and_then(|records| records.get(id))
            .ok_or_else(|| missing(collection, id))
    }

    /// All records of a collection, by id.
    pub fn all(&self, collection: &str) -> impl Iterator<Item = &Record> {
        self.collections
            .get(collection)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    /// Changes a record and counts its version up.
    pub fn change(
        &mut self,
        collection: &str,
        id: &str,
        change: impl FnOnce(&mut Record),
    ) -> Result<Record, String> {
        let record = self
            .collections
            .get_mut(collection)
            .and_then(|records| records.get_mut(id))
            .ok_or_else(|| missing(collection, id))?;
        let version = record.get("version").and_then(Value::as_u64).unwrap_or(0);
        change(record);
        record.insert("version".to_owned(), json!(version + 1));
        Ok(record.clone())
    }

    /// Sets some fields of a record.
    pub fn set(&mut self, collection: &str, id: &str, fields: &Record) -> Result<Record, String> {
        self.change(collection, id, |record| {
            record.extend(fields.clone());
        })
    }

    /// Takes a record out.
    pub fn remove(&mut self, collection: &str, id: &str) -> Result<Record, String> {
        self.collections
            .get_mut(collection)
            .and_then(|records| records.remove(id))
            .ok_or_else(|| missing(collection, id))
    }
}

fn kind(collection: &str) -> &str {
    KINDS
        .iter()
        .find(|known| known.0 == collection)
        .map_or(collection, |known| known.1)
}

fn missing(collection: &str, id: &str) -> String {
    format!("no {} `{id}`", kind(collection))
}

/// A text argument or field.
pub fn text<'a>(from: &'a Map<String, Value>, name: &str) -> Result<&'a str, String> {
    from.get(name)
        .and_then(Value::as_str)
        .ok_or_else(|| format!("`{name}` must be a text"))
}

/// An object argument.
pub fn object<'a>(from: &'a Map<String, Value>, name: &str) -> Result<&'a Record, String> {
    from.get(name)
        .and_then(Value::as_object)
        .ok_or_else(|| format!("`{name}` must be an object"))
}

/// Appends to a record's array field.
pub fn push(record: &mut Record, field: &str, item: Value) {
    match record.get_mut(field) {
        Some(Value::Array(items)) => items.push(item),
        _ => {
            record.insert(field.to_owned(), json!([item]));
        }
    }
}
