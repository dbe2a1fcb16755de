//! How much people decide and review, against how much they mean to.

use super::Medium;
use super::figure::{Table, Words, figure, nothing};
use super::frame::{EM, Frame, HEIGHT, LETTER, NAME};
use super::number::{count, cut, number, short};
use super::pen::{Anchor, Ink, Pen};
use super::scale::{MOST_POINTS, ends, tenths, thin, ticks};
use crate::audit::html::shown;
use maud::{Markup, html};

/// What was decided and reviewed in a day or a week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBar {
    /// The day or the week.
    pub label: String,
    /// Decisions and reviews done, or expected.
    pub done: u64,
    /// Whether they are expected only.
    pub forecast: bool,
}

const TITLE: &str = "Decisions and reviews";

/// Most bars that carry their number.
const NUMBERED: usize = 8;

/// A bar for each day or week, expected ones hatched, and the budget as a line.
pub fn load(id: &str, medium: Medium, bars: &[LoadBar], budget: Option<f64>) -> Markup {
    if bars.is_empty() {
        return nothing(id, TITLE);
    }
    let budget = budget.filter(|budget| budget.is_finite());
    let pen = Pen(medium);
    let done = |bar: &LoadBar| bar.done as f64;
    let table = Table::of(
        (pen, TITLE),
        &["When", "Decisions and reviews", "Kind"],
        bars,
        done,
        |bar| {
            let kind = if bar.forecast { "expected" } else { "done" };
            vec![shown(&bar.label), count(bar.done), kind.to_owned()]
        },
    );
    let expected = bars.iter().any(|bar| bar.forecast);
    let words = Words {
        id,
        title: TITLE,
        conclusion: &conclusion(bars, budget),
        key: if expected {
            "Hatched bars are expected."
        } else {
            ""
        },
    };
    let hatch = format!("{id}-hatch");
    let drawing = html! {
        @if expected { (pattern(pen, &hatch)) }
        (drawing(pen, bars, budget, &hatch))
    };
    figure(pen, &words, HEIGHT, &drawing, &table)
}

fn conclusion(bars: &[LoadBar], budget: Option<f64>) -> String {
    let last = bars.iter().rfind(|bar| !bar.forecast);
    let most = bars
        .iter()
        .filter(|bar| bar.forecast)
        .max_by_key(|bar| bar.done);
    let told = [(last, "done"), (most, "expected at most")];
    let parts: Vec<String> = told
        .into_iter()
        .filter_map(|(bar, how)| bar.map(|bar| (bar, how)))
        .map(|(bar, how)| {
            let against = budget.map_or("", |budget| match bar.done as f64 {
                done if done > budget => ", over budget",
                _ => ", within budget",
            });
            format!("{}: {} {how}{against}", shown(&bar.label), count(bar.done))
        })
        .collect();
    let budget = budget.map_or_else(String::new, |budget| {
        format!(" (the budget is {})", number(budget))
    });
    format!("{}{budget}.", parts.join("; "))
}

/// Slanted lines.
fn pattern(pen: Pen, id: &str) -> Markup {
    html! { defs {
        pattern #(id) width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
            (pen.line(Ink::Line, (0.0, 0.0), (0.0, 7.0)))
        }
    } }
}

fn drawing(pen: Pen, bars: &[LoadBar], budget: Option<f64>, hatch: &str) -> Markup {
    let placed: Vec<(usize, &LoadBar)> = bars.iter().enumerate().collect();
    let kept = thin(&placed, MOST_POINTS, |(_, bar)| bar.done as f64);
    let most = bars.iter().map(|bar| bar.done).max().unwrap_or(0) as f64;
    let steps = ticks(0.0, most.max(budget.unwrap_or(0.0)), 1.0);
    // Half a place at both ends, so that no bar sticks out.
    let across = (-0.5, bars.len() as f64 - 0.5);
    let frame = Frame::new(pen, across, ends(&steps));
    let room = (frame.x.end() - frame.x.start()) / bars.len() as f64;
    let names: Vec<String> = bars
        .iter()
        .map(|bar| cut(&shown(&bar.label), NAME))
        .collect();
    let digits = bars
        .iter()
        .map(|bar| short(bar.done as f64).chars().count());
    let widest = LETTER * (digits.max().unwrap_or(1) + 1) as f64;
    let fill = format!("url(#{hatch})");
    let shapes = |forecast: bool| {
        html! { @for (at, bar) in kept.iter().filter(|(_, bar)| bar.forecast == forecast) {
            @let (x, y) = frame.at(*at as f64, bar.done as f64);
            @let width = tenths((room * 0.7).max(1.0));
            rect x=(tenths(x - width / 2.0)) y=(y) width=(width) height=(tenths(frame.y.start() - y)) fill=[forecast.then_some(&fill)] {}
        } }
    };
    html! {
        (frame.rows(&steps, "decisions and reviews", short))
        (frame.names(&names))
        (pen.draw(Ink::Bar, shapes(false)))
        (pen.draw(Ink::Expected, shapes(true)))
        @if let Some(budget) = budget { (frame.mark(Ink::Limit, budget, "budget")) }
        @if bars.len() <= NUMBERED && room > widest { @for (at, bar) in &kept {
            @let (x, y) = frame.at(*at as f64, bar.done as f64);
            (pen.words(Ink::Strong, Anchor::Middle, (x, tenths(y - EM * 0.6)), &short(bar.done as f64)))
        } }
    }
}
