//! Incidents: seven steps in order ([`step`]); where an incident stands ([`status`]), what can happen to
//! it ([`event`]), when its evidence is complete ([`evidence`]), and what is known of it now ([`state`]).
//!
//! Properties: no step is skipped; one person is in command and takes the steps; a failing sample and a
//! recurrence begin another round of them; what ended never reopens. Stream `incident/<number>`.

pub mod event;
pub mod evidence;
mod fold;
pub mod state;
pub mod status;
pub mod step;

pub use event::{Affected, EntryAt, IncidentEvent, Remedies, Side, Trigger};
pub use state::{Evidence, IncidentState};
pub use status::IncidentStatus;
pub use step::Step;
