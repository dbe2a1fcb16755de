//! The decisions of Leeway, as pure functions: what a tool call would really do ([`classify`]),
//! whether it may run, must wait or may not happen ([`judge`]), how an action lives ([`action`]),
//! what outputs prove ([`evidence`]) and agents earn by it ([`earn`]), who is told what ([`notify`]), and how all of it is recorded and proven ([`ledger`]).
//!
//! Architecture invariant: nothing here reads a clock, draws randomness, or does I/O. Time and
//! randomness are arguments, so every decision can be replayed from what was recorded with it.

pub mod action;
pub mod audit;
pub mod canonical;
pub mod classify;
pub mod earn;
pub mod evidence;
pub mod float;
pub mod govern;
pub mod id;
pub mod incident;
pub mod judge;
pub mod ledger;
pub mod message;
pub mod nesting;
pub mod notify;
pub mod number;
pub mod openapi;
pub mod undo;
