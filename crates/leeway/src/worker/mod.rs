//! What runs beside requests: carrying out approved actions ([`runner`]) and batches of undos
//! ([`undoing`]), reminding of those that
//! wait and ending those nobody decided in time ([`waiting`]), the week's report ([`weekly`]), and telling people ([`notify`]).

pub mod notify;
pub mod runner;
pub mod undoing;
pub mod waiting;
pub mod weekly;
