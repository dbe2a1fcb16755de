//! The store over real files: appends and their preconditions, crashes, damage, rebuilding, privacy.

mod appends;
mod beside;
mod counted;
mod crash;
mod damage;
mod full;
mod outbox;
mod planted;
mod private;
mod rebuilt;
mod things;
