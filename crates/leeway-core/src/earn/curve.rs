//! A curve over reviewed items that stays small however many there are.

use serde::{Deserialize, Serialize};

/// Most points kept.
const MOST: usize = 240;

/// Points in the order they came; every other is dropped when there are too many.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Item number, from 1, and the value after it.
    #[serde(deserialize_with = "crate::float::pairs")]
    points: Vec<(u64, f64)>,
}

impl Curve {
    /// Adds a point. Two points in a row of one value keep the first and the last alone.
    pub fn push(&mut self, item: u64, value: f64) {
        if let [.., before, last] = self.points.as_mut_slice()
            && (before.1 - value).abs() < f64::EPSILON
            && (last.1 - value).abs() < f64::EPSILON
        {
            last.0 = item;
            return;
        }
        self.points.push((item, value));
        if self.points.len() > MOST {
            let last = self.points.len() - 1;
            let mut index = 0;
            self.points.retain(|_| {
                let kept = index % 2 == 0 || index == last;
                index += 1;
                kept
            });
        }
    }

    /// The points.
    pub fn points(&self) -> &[(u64, f64)] {
        &self.points
    }
}
