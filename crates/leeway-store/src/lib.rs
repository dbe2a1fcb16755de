//! The ledger and what is derived from it, kept in SQLite. [`Store::append`] is the only way to
//! change anything.

mod append;
pub mod crash;
mod query;
mod sqlite;

pub use append::{
    Append, AppendError, Appended, Conflict, NewEntry, Notice, Precondition, SideWrite,
};
pub use query::{
    ActionFilter, Count, Counts, Credential, CredentialKind, Decided, Head, Look, Measures,
    OpenReviews, Page, PastRow, RawEntry, ReviewFilter, ReviewRow, ScopeKey, WorthCounts,
};
pub use sqlite::derived::{DerivedBad, DerivedReport};
pub use sqlite::reader::Reader;
pub use sqlite::{Queued, Store, StoreError, empty};
