//! How often an agent was right, over time, against its goal.

use super::Medium;
use super::figure::{Table, Words, figure, nothing};
use super::frame::{EM, Frame, HEIGHT, NAME};
use super::number::{cut, percent, right_of};
use super::pen::{Ink, Pen};
use super::scale::{MOST_POINTS, ends, range, thin, ticks};
use crate::audit::html::shown;
use maud::{Markup, html};

/// What was reviewed in one stretch of time.
#[derive(Clone, Debug, PartialEq)]
pub struct AccuracyPoint {
    /// The stretch: a week, a day.
    pub label: String,
    /// Items reviewed.
    pub n: u64,
    /// Of those, right.
    pub right: u64,
    /// Lower end of the range the real share lies in, 0 to 1.
    pub low: f64,
    /// Upper end of that range.
    pub high: f64,
}

impl AccuracyPoint {
    fn share(&self) -> f64 {
        // Without items this is no number, and left out like every other.
        self.right as f64 / self.n as f64
    }
}

const TITLE: &str = "Share right over time";

/// Most points drawn with a mark each.
const MARKED: usize = 40;

/// The share that was right over time: a line, the range around it, and the goal.
pub fn accuracy(id: &str, medium: Medium, points: &[AccuracyPoint], goal: f64) -> Markup {
    let Some(last) = points.iter().rfind(|point| point.n > 0) else {
        return nothing(id, TITLE);
    };
    let pen = Pen(medium);
    let head = ["When", "Right", "Share", "Range"];
    let table = Table::of((pen, TITLE), &head, points, AccuracyPoint::share, row);
    let words = Words {
        id,
        title: TITLE,
        conclusion: &conclusion(last, goal),
        key: "The line is the share that was right, the band the range it lies in.",
    };
    figure(pen, &words, HEIGHT, &drawing(pen, points, goal), &table)
}

fn row(point: &AccuracyPoint) -> Vec<String> {
    let share = if point.n == 0 {
        "none".to_owned()
    } else {
        percent(point.share())
    };
    vec![
        shown(&point.label),
        right_of(point.right, point.n),
        share,
        format!("{}–{}", percent(point.low), percent(point.high)),
    ]
}

fn conclusion(last: &AccuracyPoint, goal: f64) -> String {
    let against = if !goal.is_finite() {
        String::new()
    } else if last.low >= goal {
        format!("; all of the range meets the goal of {}", percent(goal))
    } else if last.share() >= goal {
        let goal = percent(goal);
        format!("; the goal of {goal} is met, though the low end is below it")
    } else if last.high < goal {
        format!("; all of the range is below the goal of {}", percent(goal))
    } else {
        let goal = percent(goal);
        format!("; below the goal of {goal}, though the high end meets it")
    };
    format!(
        "Latest, {}: {} were right, {} (range {} to {}){against}.",
        shown(&last.label),
        right_of(last.right, last.n),
        percent(last.share()),
        percent(last.low),
        percent(last.high)
    )
}

fn drawing(pen: Pen, points: &[AccuracyPoint], goal: f64) -> Markup {
    let placed: Vec<(f64, &AccuracyPoint)> = points
        .iter()
        .enumerate()
        .filter(|(_, point)| point.n > 0)
        .map(|(at, point)| (at as f64, point))
        .collect();
    let kept = thin(&placed, MOST_POINTS, |(_, point)| point.share());
    let banded = || {
        kept.iter()
            .filter(|(_, point)| point.low.is_finite() && point.high.is_finite())
    };
    let values = kept.iter().flat_map(|(_, one)| [one.share(), one.low]);
    let low = range(values.chain([goal])).map_or(0.0, |(low, _)| low.clamp(0.0, 0.99));
    let steps = ticks(low, 1.0, 0.001);
    let frame = Frame::of_places(pen, points.len(), ends(&steps));
    let names: Vec<String> = points
        .iter()
        .map(|point| cut(&shown(&point.label), NAME))
        .collect();
    html! {
        (frame.rows(&steps, "right", percent))
        (frame.names(&names))
        (pen.area(Ink::Band, banded().map(|(at, one)| frame.at(*at, one.high))
            .chain(banded().rev().map(|(at, one)| frame.at(*at, one.low)))))
        @if goal.is_finite() { (frame.mark(Ink::Goal, goal, "")) }
        (pen.polyline(Ink::Line, kept.iter().map(|(at, one)| frame.at(*at, one.share()))))
        (pen.draw(Ink::Point, html! {
            @for (at, point) in kept.iter().skip(if kept.len() > MARKED { kept.len() - 1 } else { 0 }) {
                @let (x, y) = frame.at(*at, point.share());
                circle cx=(x) cy=(y) r="4" {}
            }
        }))
        (ending(&frame, &kept, goal))
    }
}

/// The last share and the goal, beside the drawing and clear of each other.
fn ending(frame: &Frame, kept: &[&(f64, &AccuracyPoint)], goal: f64) -> Markup {
    let Some((_, last)) = kept.last() else {
        return html! {};
    };
    let y = frame.y.at(last.share());
    let aim = frame.y.at(goal);
    let apart = (EM - (aim - y).abs()).max(0.0) / 2.0;
    let apart = if aim < y { -apart } else { apart };
    html! {
        (frame.beside(Ink::Strong, if goal.is_finite() { y - apart } else { y }, &percent(last.share())))
        @if goal.is_finite() { (frame.beside(Ink::Words, aim + apart, "goal")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_goal_is_told_by_the_range() {
        let say = |right, low, high, goal| {
            let label = "W1".to_owned();
            let n = 100;
            conclusion(
                &AccuracyPoint {
                    label,
                    n,
                    right,
                    low,
                    high,
                },
                goal,
            )
        };
        let told = [
            say(99, 0.98, 1.0, 0.97),
            say(98, 0.94, 1.0, 0.97),
            say(96, 0.9, 0.99, 0.97),
            say(80, 0.7, 0.9, 0.97),
            say(80, 0.7, 0.9, f64::NAN),
        ];
        let ends = [
            "all of the range meets the goal of 97%.",
            "the goal of 97% is met, though the low end is below it.",
            "below the goal of 97%, though the high end meets it.",
            "all of the range is below the goal of 97%.",
            "80 of 100 were right, 80% (range 70% to 90%).",
        ];
        for (told, end) in told.iter().zip(ends) {
            assert!(told.ends_with(end), "{told}");
        }
    }
}
