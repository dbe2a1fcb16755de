//! How actions are governed: workflows ([`workflow`]), systems ([`system`]), people and agents
//! ([`people`]); what happens to them ([`event`]) and what is known of them now ([`state`]).

pub mod event;
pub mod fold;
pub mod people;
pub mod state;
pub mod system;
pub mod workflow;
