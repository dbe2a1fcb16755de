//! Taking actions back: [`plan`] works out what an undo would do now, [`ask`] records it with its
//! approval, [`verify`] reads back what became of it, [`settle`] is what people decide without a call.
//! It runs like any action ([`super::run`]), with what is particular to undos in [`check`].
//!
//! Properties: nothing is written over what was changed since, unless two people say so; of several
//! asks for one action only one is under way; what was planned on is read again right before the call.
//!
//! | race | resolution |
//! |---|---|
//! | two people undo the same action | one stream `undo/<action>`: the second append finds it moved |
//! | a person changes the record between plan and call | read again at the start; then the system's own condition, where the pack has one |
//! | the process dies between start and outcome | the undo's outcome is unknown: it is asked for again after reading the record |

pub mod ask;
pub mod batch;
pub mod carry;
pub mod check;
pub mod choose;
pub mod foreseen;
pub mod plan;
pub mod settle;
pub mod verify;
mod ways;
