//! Documents and what was extracted from them.

use super::{Moment, by_id, list, only};
use crate::sandbox::books::{Arguments, Books, object, push, text};
use serde_json::{Value, json};

/// All documents, without their text.
pub fn list_documents(books: &Books, _: &Arguments) -> Result<Value, String> {
    let fields = ["id", "title", "kind", "received", "status"];
    Ok(list(
        books
            .all("documents")
            .map(|document| only(document, &fields))
            .collect(),
    ))
}

/// One document with its text.
pub fn read_document(books: &Books, arguments: &Arguments) -> Result<Value, String> {
    by_id(books, "documents", arguments)
}

/// What was extracted from a document.
pub fn get_extraction(books: &Books, arguments: &Arguments) -> Result<Value, String> {
    let id = text(arguments, "document_id")?;
    Ok(books.get("extractions", id)?.clone().into())
}

/// Sets extracted fields.
pub fn update_extraction(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    let id = text(arguments, "document_id")?;
    Ok(books
        .set("extractions", id, object(arguments, "fields")?)?
        .into())
}

/// Marks a document for a person to look at.
pub fn flag_exception(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    let note = json!(text(arguments, "text")?);
    let document = books.change("documents", text(arguments, "document_id")?, |document| {
        push(document, "exceptions", note);
    })?;
    Ok(document.into())
}

/// Takes a document and its extraction out, for good.
pub fn delete_document(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    let id = text(arguments, "id")?;
    let document = books.remove("documents", id)?;
    books.remove("extractions", id)?;
    Ok(json!({ "deleted": only(&document, &["id", "title"]) }))
}
