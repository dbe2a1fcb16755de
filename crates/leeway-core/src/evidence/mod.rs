//! What reviewed outputs prove: how often an agent errs, when it has earned more freedom and when it has
//! lost it, how far a stated confidence can be trusted, how good reviews are, and what all of it is worth.
//!
//! Rates are parts of 1, confidences too. Reference values: `tests/it/golden/statistics.json`.

pub mod cadence;
pub mod calibration;
pub mod continuous;
pub mod cusum;
pub mod gate;
pub mod interval;
pub mod reviewers;
pub mod roi;
pub mod strata;
