//! What each tool does to the books, one file per part of the business.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all acts have the shape that `tools::Act` asks for, also those that cannot fail"
)]

pub mod crm;
pub mod desk;
pub mod documents;
pub mod finance;
pub mod mail;
pub mod proposals;

use super::books::{Arguments, Books, Record};
use serde_json::{Value, json};

/// What a call may know besides its arguments.
pub struct Moment {
    /// When it happens, RFC 3339.
    pub now: String,
}

/// A list answer: the items and their number.
fn list(items: Vec<Value>) -> Value {
    json!({ "count": items.len(), "items": items })
}

/// Only some fields of a record.
fn only(record: &Record, fields: &[&str]) -> Value {
    fields
        .iter()
        .filter_map(|field| record.get_key_value(*field))
        .map(|(field, value)| (field.clone(), value.clone()))
        .collect::<Record>()
        .into()
}

/// The record an argument `id` names.
fn by_id(books: &Books, collection: &str, arguments: &Arguments) -> Result<Value, String> {
    let id = super::books::text(arguments, "id")?;
    Ok(books.get(collection, id)?.clone().into())
}

/// Sets `fields` of the record an argument `id` names.
fn set_by_id(books: &mut Books, collection: &str, arguments: &Arguments) -> Result<Value, String> {
    let id = super::books::text(arguments, "id")?;
    let fields = super::books::object(arguments, "fields")?;
    Ok(books.set(collection, id, fields)?.into())
}
