//! The store over real files: appends and their preconditions, crashes, damage, rebuilding.

mod appends;
mod crash;
mod damage;
mod rebuilt;
mod things;
