//! Estimates from a stratified sample: what is rare and grave is drawn more often, and weighed back.

use serde::{Deserialize, Serialize};

/// One stratum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stratum {
    /// Items there are.
    pub size: u64,
    /// Items drawn and reviewed.
    pub n: u64,
    /// Of those, wrong.
    pub errors: u64,
}

/// The error rate over all items. `None` where a stratum that has items was not looked at: nothing is
/// known of it.
pub fn weighted_error(strata: &[Stratum]) -> Option<f64> {
    let total: u64 = strata.iter().map(|one| one.size).sum();
    let mut sum = 0.0;
    for one in strata.iter().filter(|one| one.size > 0) {
        if one.n == 0 {
            return None;
        }
        sum += one.size as f64 * one.errors as f64 / one.n as f64;
    }
    (total > 0).then(|| sum / total as f64)
}
