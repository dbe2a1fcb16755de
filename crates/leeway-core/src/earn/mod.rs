//! What an agent has earned: per workflow and tool a [`stage`], moved by reviewed outputs alone; the
//! [`review`]s that look at outputs; the [`lot`]s they are drawn in. The statistics are in
//! [`crate::evidence`]; here is what is kept of them, entry by entry, and what follows from it.

pub mod curve;
pub mod draw;
pub mod follow;
pub mod lot;
mod observing;
pub mod review;
pub mod settings;
pub mod stage;
pub mod standing;
pub mod state;
pub mod tally;
mod told;
pub mod verdict;
pub mod versions;
