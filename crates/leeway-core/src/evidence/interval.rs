//! Bounds on an error rate from what was reviewed. For display and for thresholds: a promotion asks the
//! sequential test ([`super::gate`]), which may be looked at after every item.

use statrs::distribution::{Beta, ContinuousCDF, Normal};

/// Quantile of the beta distribution; the ends where it has no mass between 0 and 1.
fn beta(a: f64, b: f64, part: f64) -> f64 {
    Beta::new(a, b).map_or(f64::NAN, |found| found.inverse_cdf(part))
}

/// Wilson's two-sided interval, e.g. at `confidence` 0.95. Source: Wilson 1927. `(0, 1)` without items.
pub fn wilson(errors: u64, n: u64, confidence: f64) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let z = Normal::standard().inverse_cdf(f64::midpoint(1.0, confidence));
    let (n, rate) = (n as f64, errors as f64 / n as f64);
    let z2 = z * z;
    let middle = rate + z2 / (2.0 * n);
    let half = z * (rate * (1.0 - rate) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    (
        ((middle - half) / scale).max(0.0),
        ((middle + half) / scale).min(1.0),
    )
}

/// Clopper and Pearson's two-sided interval: never too narrow. Source: Clopper, Pearson 1934.
pub fn clopper_pearson(errors: u64, n: u64, confidence: f64) -> (f64, f64) {
    let tail = (1.0 - confidence) / 2.0;
    (lower(errors, n, 1.0 - tail), upper(errors, n, 1.0 - tail))
}

/// Clopper and Pearson's upper bound, one-sided: the rate is not above it, at this confidence.
pub fn upper(errors: u64, n: u64, confidence: f64) -> f64 {
    if errors >= n {
        return 1.0;
    }
    beta(errors as f64 + 1.0, (n - errors) as f64, confidence)
}

/// Clopper and Pearson's lower bound, one-sided: the rate is not below it, at this confidence.
pub fn lower(found: u64, n: u64, confidence: f64) -> f64 {
    if found == 0 || n == 0 {
        return 0.0;
    }
    if found >= n {
        return (1.0 - confidence).powf(1.0 / n as f64);
    }
    beta(found as f64, (n - found) as f64 + 1.0, 1.0 - confidence)
}

/// How many items without an error show that the rate is below `rate`, at this confidence.
pub fn zero_error_sample(rate: f64, confidence: f64) -> u64 {
    ((1.0 - confidence).ln() / (1.0 - rate).ln()).ceil() as u64
}
