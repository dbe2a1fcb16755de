//! What runs beside requests: carrying out approved actions ([`runner`]), and reminding of those that
//! wait and ending those nobody decided in time ([`waiting`]).

pub mod runner;
pub mod waiting;
