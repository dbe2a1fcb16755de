//! HTTP APIs by OpenAPI document: which tools its operations become ([`document`], [`operation`],
//! [`parameter`], [`schema`]), which request a call makes ([`request`]), what an answer means ([`answer`]), and how
//! a list is read page by page ([`pages`]). Pure: the binary sends and receives.

pub mod answer;
pub mod document;
pub mod operation;
pub mod pages;
pub mod parameter;
mod refs;
pub mod request;
mod schema;

use std::collections::BTreeSet;

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
    fn new(code: &'static str, message: impl Into<String>, help: &'static str) -> Self {
        Self {
            code,
            message: message.into(),
            help,
        }
    }
}

/// Headers and query parameters Leeway sets itself (credentials, the idempotency key): no tool takes
/// them as arguments.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    headers: BTreeSet<String>,
    query: BTreeSet<String>,
}

impl Withheld {
    /// What a system's configuration sets.
    pub fn of(system: &crate::govern::system::System) -> Self {
        let own = system.headers.keys().chain(&system.idempotency_header);
        Self {
            headers: own.map(|name| name.to_lowercase()).collect(),
            query: system.query.keys().cloned().collect(),
        }
    }
}
