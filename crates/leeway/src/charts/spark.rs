//! A line so small that it stands in a list; the numbers stand beside it, so it is hidden from readers.

use super::scale::{MOST_POINTS, Scale, range, thin};
use maud::{Markup, html};

const WIDTH: f64 = 96.0;
const HEIGHT: f64 = 24.0;

/// Room for half the line's width and the dot at its end.
const EDGE: f64 = 3.0;

/// The values as a line; nothing without a finite one.
pub fn spark(id: &str, values: &[f64]) -> Markup {
    let finite: Vec<(usize, f64)> = values
        .iter()
        .copied()
        .enumerate()
        .filter(|(_, value)| value.is_finite())
        .collect();
    let Some((low, high)) = range(finite.iter().map(|one| one.1)) else {
        return html! {};
    };
    // A line that stays the same runs through the middle.
    let ends = if low < high {
        (low, high)
    } else {
        (low - 1.0, low + 1.0)
    };
    let y = Scale::new(ends, (HEIGHT - EDGE, EDGE));
    let across = (0.0, values.len().saturating_sub(1) as f64);
    let x = Scale::new(across, (EDGE, WIDTH - EDGE));
    let places: Vec<(f64, f64)> = thin(&finite, MOST_POINTS, |one| one.1)
        .into_iter()
        .map(|(at, value)| (x.at(*at as f64), y.at(*value)))
        .collect();
    let points: Vec<String> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    html! {
        svg.spark #(id) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } width=(WIDTH) height=(HEIGHT) fill="none" stroke="currentColor" stroke-width="1.5" aria-hidden="true" {
            polyline points=(points.join(" ")) {}
            @if let Some((x, y)) = places.last() { circle cx=(x) cy=(y) r="2" fill="currentColor" {} }
        }
    }
}
