//! How many items are wrong, and which part of them people stop. Pure.

use super::terms::CONFIDENCE;
use leeway_core::evidence::interval::wilson;
use leeway_store::WorthCounts;

/// How many items are wrong as proposed, and how many of those people stop: `(wrong, caught)`, shares.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Errors {
    /// At the low end of the interval.
    pub fewest: (f64, f64),
    /// As counted.
    pub likely: (f64, f64),
    /// At the high end.
    pub most: (f64, f64),
    /// Whether the share that is caught was measured.
    pub measured: bool,
}

impl Errors {
    /// What was stopped is known of every item that was decided on; what got through is known of those
    /// reviewed after they ran, and is taken to be as frequent among the others that were not stopped.
    /// Without such reviews, what was stopped is the said part of everything wrong.
    pub fn of(counts: &WorthCounts, caught: Option<f64>) -> Option<Self> {
        if counts.items == 0 {
            return None;
        }
        let items = counts.items as f64;
        let stopped = (counts.edited + counts.rejected).min(counts.items) as f64;
        if counts.reviewed > 0 {
            let (low, high) = wilson(counts.wrong, counts.reviewed, CONFIDENCE);
            let at = |rate: f64| {
                let through = (items - stopped) * rate;
                let wrong = stopped + through;
                let part = if wrong > 0.0 {
                    stopped / wrong
                } else {
                    caught.unwrap_or(0.0)
                };
                (wrong / items, part)
            };
            return Some(Self {
                fewest: at(low),
                likely: at(counts.wrong as f64 / counts.reviewed as f64),
                most: at(high),
                measured: true,
            });
        }
        let caught = caught.filter(|part| *part > 0.0)?;
        if counts.decided == 0 {
            return None;
        }
        let (low, high) = wilson(stopped as u64, counts.decided, CONFIDENCE);
        let all = |stopped: f64| ((stopped / caught).min(1.0), caught);
        let decided = counts.decided as f64 / items;
        Some(Self {
            fewest: all(low * decided),
            likely: all(stopped / items),
            most: all(high * decided),
            measured: false,
        })
    }
}
