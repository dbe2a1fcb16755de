//! The ground of a chart with two axes: its scales, grid and labels. Sizes are in units of the drawing, which
//! is [`WIDTH`] wide; on a phone a label takes up to [`EM`] units, so room is kept for that.

use super::pen::{Anchor, Ink, Pen};
use super::scale::{Scale, ends};
use maud::{Markup, html};

/// Width of a drawing.
pub(super) const WIDTH: f64 = 480.0;

/// Height of a drawing.
pub(super) const HEIGHT: f64 = 270.0;

/// Height of a line of words where they are largest.
pub(super) const EM: f64 = 22.0;

/// Width of a letter where they are largest.
pub(super) const LETTER: f64 = 12.0;

const LEFT: f64 = 58.0;
const RIGHT: f64 = 82.0;
const TOP: f64 = 38.0;
const BOTTOM: f64 = 34.0;

/// Two scales and a pen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    /// What draws.
    pub pen: Pen,
    /// Across.
    pub x: Scale,
    /// Upwards.
    pub y: Scale,
}

impl Frame {
    /// A ground for these ranges.
    pub fn new(pen: Pen, x: (f64, f64), y: (f64, f64)) -> Self {
        Self {
            pen,
            x: Scale::new(x, (LEFT, WIDTH - RIGHT)),
            y: Scale::new(y, (HEIGHT - BOTTOM, TOP)),
        }
    }

    /// A ground for so many things side by side, whose places are 0, 1, 2 and so on.
    pub fn of_places(pen: Pen, places: usize, y: (f64, f64)) -> Self {
        let last = places.saturating_sub(1) as f64;
        let x = if last > 0.0 { (0.0, last) } else { (-0.5, 0.5) };
        Self::new(pen, x, y)
    }

    /// The place of a point.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// Lines across with their labels, and what is counted above them.
    pub fn rows(&self, ticks: &[f64], title: &str, say: impl Fn(f64) -> String) -> Markup {
        let (left, right) = (self.x.start(), self.x.end());
        let low = ends(ticks).0;
        html! {
            @for tick in ticks {
                @let y = self.y.at(*tick);
                @let ink = if *tick <= low { Ink::Axis } else { Ink::Grid };
                (self.pen.line(ink, (left, y), (right, y)))
                (self.pen.words(Ink::Words, Anchor::End, (left - 8.0, y), &say(*tick)))
            }
            @if !title.is_empty() {
                (self.pen.words(Ink::Words, Anchor::Start, (2.0, TOP - EM * 1.2), title))
            }
        }
    }

    /// Labels below; what is counted stands behind the last.
    pub fn columns(&self, ticks: &[f64], title: &str, say: impl Fn(f64) -> String) -> Markup {
        let last = ends(ticks).1;
        let labels = ticks.iter().map(|tick| {
            let label = say(*tick);
            if *tick >= last && !title.is_empty() {
                (*tick, format!("{label} {title}"))
            } else {
                (*tick, label)
            }
        });
        self.below(labels)
    }

    /// Names below, as many as fit, the last among them.
    pub fn names(&self, names: &[String]) -> Markup {
        let longest = names.iter().map(|name| name.chars().count()).max();
        let last = names.len().saturating_sub(1) as f64;
        let room = self.x.at(last) - self.x.at(0.0);
        let each = LETTER * longest.unwrap_or(1) as f64 * 1.1 + 8.0;
        let fit = ((room / each) as usize + 1).clamp(2, 7);
        let labels = chosen(names.len(), fit).filter_map(|at| {
            let name = names.get(at)?;
            Some((at as f64, name.clone()))
        });
        self.below(labels)
    }

    fn below(&self, labels: impl Iterator<Item = (f64, String)>) -> Markup {
        let y = self.y.start() + EM * 0.95;
        html! { @for (at, label) in labels {
            (self.pen.words(Ink::Words, Anchor::Middle, (self.x.at(at), y), &label))
        } }
    }

    /// A line across at a value, and its name at the end.
    pub fn mark(&self, ink: Ink, value: f64, name: &str) -> Markup {
        let y = self.y.at(value);
        html! {
            (self.pen.line(ink, (self.x.start(), y), (self.x.end(), y)))
            (self.beside(Ink::Words, y, name))
        }
    }

    /// Words right of the ground.
    pub fn beside(&self, ink: Ink, y: f64, words: &str) -> Markup {
        self.pen
            .words(ink, Anchor::Start, (self.x.end() + 9.0, y), words)
    }
}

/// At most so many of the places 0 to `places - 1`, equally far apart, the last among them.
fn chosen(places: usize, fit: usize) -> impl Iterator<Item = usize> {
    let last = places.saturating_sub(1);
    let step = last.div_ceil(fit.saturating_sub(1).max(1)).max(1);
    (last % step..=last).step_by(step)
}

/// How long a name below may be, letters.
pub(super) const NAME: usize = 10;

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn names_are_equally_far_apart_up_to_the_last() {
        let told = [(0, 7), (1, 7), (2, 7), (3, 2), (16, 7), (26, 3)];
        let told = told.map(|(places, fit)| chosen(places, fit).collect::<Vec<_>>());
        let spread = [
            vec![0],
            vec![0],
            vec![0, 1],
            vec![0, 2],
            vec![0, 3, 6, 9, 12, 15],
            vec![12, 25],
        ];
        assert_eq!(told, spread);
    }
}
