//! What runs beside requests: carrying out approved actions ([`runner`]) and ending those nobody
//! decided in time ([`expirer`]).

pub mod expirer;
pub mod runner;
