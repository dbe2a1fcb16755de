//! How far a stated confidence can be trusted, and above which one actions are good enough.

use super::interval::upper;
use serde::{Deserialize, Serialize};

/// Items with about the same stated confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bucket {
    /// The confidence stated, on average.
    #[serde(deserialize_with = "crate::float::one")]
    pub confidence: f64,
    /// Items reviewed.
    pub n: u64,
    /// Of those, right.
    pub right: u64,
}

impl Bucket {
    /// How often they are right; `None` without items.
    pub fn accuracy(&self) -> Option<f64> {
        (self.n > 0).then(|| self.right as f64 / self.n as f64)
    }

    fn gap(&self) -> f64 {
        let accuracy = self.accuracy();
        accuracy.map_or(0.0, |accuracy| (accuracy - self.confidence).abs())
    }
}

fn weighted(buckets: &[Bucket], of: impl Fn(&Bucket) -> f64) -> Option<f64> {
    let n: u64 = buckets.iter().map(|bucket| bucket.n).sum();
    let sum: f64 = buckets.iter().map(of).sum();
    (n > 0).then(|| sum / n as f64)
}

/// Expected calibration error: how far stated and real are apart, on average over items.
pub fn ece(buckets: &[Bucket]) -> Option<f64> {
    weighted(buckets, |bucket| bucket.n as f64 * bucket.gap())
}

/// The largest gap of a bucket.
pub fn mce(buckets: &[Bucket]) -> Option<f64> {
    let filled = buckets.iter().filter(|bucket| bucket.n > 0);
    filled.map(Bucket::gap).reduce(f64::max)
}

/// Brier's score: the mean squared distance between what was stated and what came; 0 is perfect.
pub fn brier(buckets: &[Bucket]) -> Option<f64> {
    weighted(buckets, |bucket| {
        let wrong = (bucket.n - bucket.right) as f64;
        let doubt = 1.0 - bucket.confidence;
        bucket.right as f64 * doubt * doubt + wrong * bucket.confidence * bucket.confidence
    })
}

/// The upper bound on the error rate of everything stated with at least this confidence.
pub fn upper_at(buckets: &[Bucket], threshold: f64, confidence: f64) -> f64 {
    let above = buckets.iter().filter(|one| one.confidence >= threshold);
    let (n, right) = above.fold((0, 0), |(n, right), one| (n + one.n, right + one.right));
    upper(n - right, n, confidence)
}

/// The lowest threshold whose error rate is shown to meet the target, with the miss of 5 % shared among all
/// candidates (Bonferroni): whoever tries many finds one by luck. `None` when none is shown to.
pub fn threshold(buckets: &[Bucket], target: f64) -> Option<f64> {
    const MISS: f64 = 0.05;
    let confidence = 1.0 - MISS / buckets.len().max(1) as f64;
    let meets = |at: &f64| upper_at(buckets, *at, confidence) <= target;
    let candidates = buckets.iter().map(|bucket| bucket.confidence);
    candidates.filter(meets).reduce(f64::min)
}
