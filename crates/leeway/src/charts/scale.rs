//! From numbers to places in the drawing: round steps, clamping, and leaving out of what is too much.

/// Most points drawn.
pub(super) const MOST_POINTS: usize = 200;

/// Most steps an axis is divided into.
const MOST_STEPS: f64 = 12.0;

/// A straight way from values to places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    from: f64,
    to: f64,
    start: f64,
    end: f64,
}

impl Scale {
    /// Puts the values `from.0..from.1` on the places `onto.0..onto.1`.
    pub fn new(from: (f64, f64), onto: (f64, f64)) -> Self {
        Self {
            from: from.0,
            to: from.1,
            start: onto.0,
            end: onto.1,
        }
    }

    /// The place of a value, in tenths of a unit; a value outside is put on the nearer edge.
    pub fn at(&self, value: f64) -> f64 {
        let share = (value - self.from) / (self.to - self.from);
        let share = if share.is_finite() {
            share.clamp(0.0, 1.0)
        } else {
            0.0
        };
        tenths(self.start + share * (self.end - self.start))
    }

    /// Where it ends.
    pub fn end(&self) -> f64 {
        self.end
    }

    /// Where it starts.
    pub fn start(&self) -> f64 {
        self.start
    }
}

/// Rounded to tenths, without a minus before zero.
pub(super) fn tenths(value: f64) -> f64 {
    (value * 10.0).round() / 10.0 + 0.0
}

/// Round values from at or below `from` to at or above `to`, in about four steps of 1, 2 or 5 times a power of
/// ten, none smaller than `least`.
pub(super) fn ticks(from: f64, to: f64, least: f64) -> Vec<f64> {
    let to = if to > from {
        to
    } else {
        from + least.max(from.abs() / 10.0)
    };
    let step = round_step((to - from) / 4.0).max(least);
    // What is a hair above a step is on it.
    let low = (from / step + 1e-9).floor();
    let steps = ((to / step - 1e-9).ceil() - low).clamp(1.0, MOST_STEPS);
    if !(low * step).is_finite() || !steps.is_finite() {
        return vec![0.0, 1.0];
    }
    (0..=steps as u32)
        .map(|i| (low + f64::from(i)) * step)
        .collect()
}

fn round_step(raw: f64) -> f64 {
    let power = 10.0_f64.powf(raw.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|one| one * power >= raw);
    factor.unwrap_or(10.0) * power
}

/// The first and the last of steps.
pub(super) fn ends(ticks: &[f64]) -> (f64, f64) {
    let first = ticks.first().copied().unwrap_or(0.0);
    (first, ticks.last().copied().unwrap_or(1.0))
}

/// The lowest and the highest of the finite numbers; `None` without any.
pub(super) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .filter(|value| value.is_finite())
        .map(|value| (value, value))
        .reduce(|(low, high), (value, _)| (low.min(value), high.max(value)))
}

/// At most so many of the points, in order: the first, the last, and the lowest and the highest number of
/// each of equal stretches in between.
pub(super) fn thin<T>(points: &[T], most: usize, value: impl Fn(&T) -> f64) -> Vec<&T> {
    let [first, between @ .., last] = points else {
        return points.iter().collect();
    };
    if points.len() <= most {
        return points.iter().collect();
    }
    let stretches = (most.saturating_sub(2) / 2).max(1);
    let mut kept = vec![first];
    for stretch in between.chunks(between.len().div_ceil(stretches).max(1)) {
        // What is no number is no extreme.
        let finite = || (0..stretch.len()).filter(|at| value(&stretch[*at]).is_finite());
        let order = |a: &usize, b: &usize| value(&stretch[*a]).total_cmp(&value(&stretch[*b]));
        let (low, high) = (finite().min_by(order), finite().max_by(order));
        let (Some(low), Some(high)) = (low, high) else {
            continue;
        };
        kept.push(&stretch[low.min(high)]);
        if low != high {
            kept.push(&stretch[low.max(high)]);
        }
    }
    kept.push(last);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_cover_the_range() {
        assert_eq!(ticks(0.0, 100.0, 1.0), [0.0, 50.0, 100.0]);
        assert_eq!(ticks(0.0, 3.2, 1.0), [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert_eq!(ticks(5.0, 5.0, 1.0).first(), Some(&5.0));
        for (from, to) in [(0.0, 1e18), (-1e308, 1e308), (3.0, 3.0), (1e19, 1e19)] {
            let steps = ticks(from, to, 1.0);
            assert!((2..=13).contains(&steps.len()), "{from} to {to}: {steps:?}");
            assert!(steps.iter().all(|one| one.is_finite()), "{steps:?}");
        }
    }

    #[test]
    fn a_value_outside_is_put_on_the_edge() {
        let scale = Scale::new((0.0, 10.0), (0.0, 100.0));
        let places = [-5.0, 2.5, 99.0, f64::NAN].map(|value| scale.at(value) as u32);
        assert_eq!(places, [0, 25, 100, 0]);
    }

    #[test]
    fn thinning_keeps_the_ends_and_the_extremes() {
        let mut points = vec![0.5; 5000];
        points[0] = 0.1;
        points[1234] = 9.0;
        points[3210] = -9.0;
        points[2222] = f64::NAN;
        points[4999] = 0.2;
        let kept = thin(&points, MOST_POINTS, |value| *value);
        assert!(kept.len() <= MOST_POINTS, "{}", kept.len());
        assert_eq!((kept.first(), kept.last()), (Some(&&0.1), Some(&&0.2)));
        assert!(kept.contains(&&9.0) && kept.contains(&&-9.0));
        assert_eq!(thin(&points[..200], MOST_POINTS, |value| *value).len(), 200);
    }
}
