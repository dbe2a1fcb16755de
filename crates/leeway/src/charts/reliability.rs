//! How far a stated confidence can be trusted: what was stated against what came true.

use super::Medium;
use super::figure::{Table, Words, figure, nothing};
use super::frame::{EM, Frame, HEIGHT};
use super::number::{items, percent, right_of};
use super::pen::{Anchor, Ink, Pen};
use super::scale::{MOST_POINTS, ends, range, tenths, thin, ticks};
use maud::{Markup, html};

/// Items with about the same stated confidence.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ReliabilityBucket {
    /// Lower end of the confidences in it, 0 to 1.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The confidence stated, on average.
    pub stated: f64,
    /// Items reviewed.
    pub n: u64,
    /// Of those, right.
    pub right: u64,
}

impl ReliabilityBucket {
    fn share(&self) -> f64 {
        self.right as f64 / self.n as f64
    }

    fn told(&self) -> bool {
        self.n > 0 && self.stated.is_finite()
    }

    /// How much more was right than stated; below zero when the agent is too sure.
    fn gap(&self) -> f64 {
        self.share() - self.stated
    }

    fn name(&self) -> String {
        format!("{}–{}", percent(self.low), percent(self.high))
    }
}

const TITLE: &str = "Stated confidence and what came true";

/// Radius of the smallest dot, units.
const SMALLEST: f64 = 3.0;

/// How much larger the dot with the most items is.
const GROWTH: f64 = 9.0;

/// Confidence stated across, share right upwards; on the diagonal they are the same.
pub fn reliability(id: &str, medium: Medium, buckets: &[ReliabilityBucket]) -> Markup {
    let told: Vec<ReliabilityBucket> = buckets
        .iter()
        .copied()
        .filter(ReliabilityBucket::told)
        .collect();
    let Some(conclusion) = conclusion(&told) else {
        return nothing(id, TITLE);
    };
    let pen = Pen(medium);
    let head = ["Stated", "Average", "Right", "Share"];
    let share = |one: &ReliabilityBucket| if one.n > 0 { one.share() } else { 0.0 };
    let table = Table::of((pen, TITLE), &head, buckets, share, row);
    let words = Words {
        id,
        title: TITLE,
        conclusion: &conclusion,
        key: "The larger the dot, the more items; the bar is the way to the diagonal, where both are the same.",
    };
    figure(pen, &words, HEIGHT, &drawing(pen, &told), &table)
}

fn row(bucket: &ReliabilityBucket) -> Vec<String> {
    let share = if bucket.n > 0 {
        percent(bucket.share())
    } else {
        "none".to_owned()
    };
    vec![
        bucket.name(),
        percent(bucket.stated),
        right_of(bucket.right, bucket.n),
        share,
    ]
}

/// The gap on average over items, and the bucket with the largest.
fn conclusion(told: &[ReliabilityBucket]) -> Option<String> {
    let widest = told
        .iter()
        .max_by(|a, b| a.gap().abs().total_cmp(&b.gap().abs()))?;
    let n: f64 = told.iter().map(|one| one.n as f64).sum();
    let apart: f64 = told.iter().map(|one| one.n as f64 * one.gap().abs()).sum();
    let total = told
        .iter()
        .fold(0_u64, |sum, one| sum.saturating_add(one.n));
    let way = if widest.gap() < 0.0 {
        "too sure"
    } else {
        "not sure enough"
    };
    Some(format!(
        "Over {}, stated and real are {} points apart on average; furthest where {} was stated and {} was right ({way}).",
        items(total),
        tenths(apart / n * 100.0),
        percent(widest.stated),
        percent(widest.share())
    ))
}

fn drawing(pen: Pen, told: &[ReliabilityBucket]) -> Markup {
    let kept = thin(told, MOST_POINTS, ReliabilityBucket::share);
    let values = kept.iter().flat_map(|one| [one.share(), one.stated]);
    let low = range(values).map_or(0.0, |(low, _)| low.clamp(0.0, 0.95));
    let steps = ticks(low, 1.0, 0.001);
    let both = ends(&steps);
    let frame = Frame::new(pen, both, both);
    let (left, right) = (frame.x.start() + 8.0, frame.x.end() - 8.0);
    html! {
        (frame.rows(&steps, "right", percent))
        (frame.columns(&steps, "stated", percent))
        (pen.line(Ink::Goal, frame.at(both.0, both.0), frame.at(both.1, both.1)))
        (pen.words(Ink::Words, Anchor::Start, (left, frame.y.end() + EM), "not sure enough"))
        (pen.words(Ink::Words, Anchor::End, (right, frame.y.start() - EM), "too sure"))
        (dots(&frame, &kept))
    }
}

fn dots(frame: &Frame, kept: &[&ReliabilityBucket]) -> Markup {
    let most = kept.iter().map(|one| one.n).max().unwrap_or(1) as f64;
    html! { @for one in kept {
        @let place = frame.at(one.stated, one.share());
        @let radius = tenths(SMALLEST + GROWTH * (one.n as f64 / most).sqrt());
        (frame.pen.line(Ink::Line, place, frame.at(one.stated, one.stated)))
        (frame.pen.draw(Ink::Point, html! { circle cx=(place.0) cy=(place.1) r=(radius) {} }))
    } }
}
