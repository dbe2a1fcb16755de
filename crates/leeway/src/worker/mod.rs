//! What runs beside requests: carrying out approved actions ([`runner`]), reminding of those that
//! wait and ending those nobody decided in time ([`waiting`]), and telling people ([`notify`]).

pub mod notify;
pub mod runner;
pub mod waiting;
