//! The ledger: entries ([`entry`]), the Merkle tree over them ([`merkle`]), and the check that
//! re-derives everything by its own path ([`verify`]).

pub mod entry;
pub mod event;
pub mod merkle;
pub mod stage;
pub mod verify;
