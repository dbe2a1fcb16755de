//! How actions are governed: workflows ([`workflow`]), systems ([`system`]), people and agents
//! ([`people`]), what else of systems reaches agents ([`relay`]), the permission owner matrix ([`owners`]) and whom it makes decide ([`routing`]),
//! changes of all that ([`change`]); what happens to them ([`event`], [`fold`]) and what is known of
//! them now ([`state`]).

pub mod breaker;
pub mod change;
pub mod containment;
pub mod event;
pub mod fold;
pub mod owners;
pub mod people;
pub mod readings;
pub mod relay;
pub mod routing;
pub mod state;
pub mod system;
pub mod tool;
pub mod weight;
pub mod workflow;
