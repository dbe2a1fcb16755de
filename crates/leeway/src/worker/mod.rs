//! What runs beside requests: carrying out approved actions ([`runner`]) and batches of undos ([`undoing`]),
//! reminding of those that wait and ending those nobody decided in time ([`waiting`]), what takes its time
//! ([`looking`]: outcomes read back, incidents, evidence, the week's report [`weekly`]), and telling people
//! ([`notify`]). None waits for a system that another needs.

pub mod looking;
pub mod notify;
mod once;
pub mod runner;
pub mod undoing;
pub mod waiting;
pub mod weekly;
