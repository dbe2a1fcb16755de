//! HTTP APIs by OpenAPI document: which tools its operations become ([`document`], [`operation`],
//! [`parameter`], [`body`], [`schema`], [`names`], [`servers`]), which request a call makes ([`request`],
//! [`written`]), what an answer means ([`answer`]), and how a list is read page by page ([`pages`]). Pure: the
//! binary sends and receives.

pub mod answer;
mod arguments;
pub mod body;
pub mod document;
mod names;
pub mod operation;
mod own;
pub mod pages;
pub mod parameter;
mod refs;
pub mod request;
mod schema;
mod servers;
mod written;

pub use own::Withheld;

use crate::action::visible::visible;

/// Largest document taken, bytes.
pub const LONGEST_DOCUMENT: usize = 4 * 1024 * 1024;

/// What is wrong with a document, or with one operation of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// Stable code.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: &'static str,
}

impl Fault {
    /// What a document says stands in messages as one line of what can be seen, and not without end.
    fn new(code: &'static str, message: impl Into<String>, help: &'static str) -> Self {
        Self {
            code,
            message: one_line(&message.into()),
            help,
        }
    }
}

/// Longest text told of a document or of an argument, characters.
const LONGEST_TOLD: usize = 500;

/// A text from outside as one line: what cannot be seen is written out, what is long is cut.
pub fn one_line(text: &str) -> String {
    let flat = schema::beginning(text, LONGEST_TOLD).replace(['\n', '\r', '\t'], " ");
    schema::shortened(&visible(&flat), LONGEST_TOLD)
}
