//! Proposals to customers.

use super::{Moment, by_id, set_by_id};
use crate::sandbox::books::{Arguments, Books, text};
use serde_json::Value;

/// One proposal with its sections and terms.
pub fn get_proposal(books: &Books, arguments: &Arguments) -> Result<Value, String> {
    by_id(books, "proposals", arguments)
}

/// Writes one section; null empties it.
pub fn update_proposal_section(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    let section = text(arguments, "section")?;
    let words = arguments.get("text").cloned().unwrap_or_default();
    let proposal = books.change("proposals", text(arguments, "id")?, |proposal| {
        if let Some(Value::Object(sections)) = proposal.get_mut("sections") {
            sections.insert(section.to_owned(), words);
        }
    })?;
    Ok(proposal.into())
}

/// Sets price, discount, timeline or legal terms.
pub fn update_proposal_terms(
    books: &mut Books,
    arguments: &Arguments,
    _: &Moment,
) -> Result<Value, String> {
    set_by_id(books, "proposals", arguments)
}
