//! The store over real files: appends and their preconditions, crashes, damage, rebuilding.

mod appends;
mod beside;
mod crash;
mod damage;
mod full;
mod rebuilt;
mod things;
