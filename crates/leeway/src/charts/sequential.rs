//! The gate of a promotion: errors among items, between the line that passes and the line that fails.

use super::Medium;
use super::figure::{Table, Words, figure, nothing};
use super::frame::{EM, Frame, HEIGHT};
use super::number::{count, items, short};
use super::pen::{Anchor, Ink, Pen};
use super::scale::{MOST_POINTS, ends, range, thin, ticks};
use crate::audit::html::shown;
use maud::{Markup, html};

/// A sequential test and how far it has come.
#[derive(Clone, Debug, PartialEq)]
pub struct SequentialPath {
    /// Items reviewed and errors among them, in the order they came.
    pub path: Vec<(u64, u64)>,
    /// Slope of both lines, errors per item.
    pub slope: f64,
    /// How far the passing line is below, errors.
    pub h1: f64,
    /// How far the failing line is above, errors.
    pub h2: f64,
    /// What the test says now, as the end of a sentence: "more data is needed".
    pub now: String,
}

impl SequentialPath {
    /// The errors with which so many items pass.
    fn passing(&self, items: f64) -> f64 {
        self.slope * items - self.h1
    }

    /// The errors with which so many items fail.
    fn failing(&self, items: f64) -> f64 {
        self.slope * items + self.h2
    }

    /// Items after which none of them wrong passes; `None` when the lines are none.
    fn earliest(&self) -> Option<f64> {
        let sound = self.slope > 0.0 && self.h1 > 0.0 && self.h2 > 0.0 && self.h2.is_finite();
        let earliest = self.h1 / self.slope;
        (sound && earliest.is_finite()).then_some(earliest)
    }
}

const TITLE: &str = "Errors among reviewed items";

/// The path of a sequential test: items across, errors upwards.
pub fn sequential(id: &str, medium: Medium, test: &SequentialPath) -> Markup {
    let Some(last) = test.path.last() else {
        return nothing(id, TITLE);
    };
    let pen = Pen(medium);
    let errors = |point: &(u64, u64)| point.1 as f64;
    let head = ["Items", "Errors", "Passes at or below", "Fails at or above"];
    let treads = treads(&test.path);
    let caption = "Errors among reviewed items, where their number changes";
    let table = Table::of((pen, caption), &head, &treads, errors, |point| {
        row(test, *point)
    });
    let conclusion = format!(
        "After {} with {} {}: {}.",
        items(last.0),
        count(last.1),
        if last.1 == 1 { "error" } else { "errors" },
        shown(&test.now)
    );
    let words = Words {
        id,
        title: TITLE,
        conclusion: &conclusion,
        key: "Below the lower line it passes, above the upper line it fails; between them neither is shown.",
    };
    figure(pen, &words, HEIGHT, &drawing(pen, test, *last), &table)
}

/// An item's row. Errors are whole, so the lines are told as the whole errors that reach them.
fn row(test: &SequentialPath, point: (u64, u64)) -> Vec<String> {
    let items = point.0 as f64;
    let (passing, failing) = (test.passing(items).floor(), test.failing(items).ceil());
    vec![
        count(point.0),
        count(point.1),
        if passing < 0.0 {
            "not yet".to_owned()
        } else {
            short(passing)
        },
        short(failing),
    ]
}

fn drawing(pen: Pen, test: &SequentialPath, last: (u64, u64)) -> Markup {
    let earliest = test.earliest();
    let items = range(test.path.iter().map(|point| point.0 as f64)).map_or(1.0, |one| one.1);
    let columns = ticks(
        0.0,
        items.max(earliest.map_or(1.0, |items| items * 2.0)),
        1.0,
    );
    let across = ends(&columns);
    let errors = range(test.path.iter().map(|point| point.1 as f64)).map_or(1.0, |one| one.1);
    let upper = earliest.map_or(1.0, |_| test.failing(across.1));
    let steps = ticks(0.0, errors.max(upper), 1.0);
    let frame = Frame::new(pen, across, ends(&steps));
    html! {
        @if let Some(earliest) = earliest { (zones(&frame, test, across.1, earliest)) }
        (frame.rows(&steps, "errors", short))
        (frame.columns(&columns, "items", short))
        @if let Some(earliest) = earliest { (lines(&frame, test, across.1, earliest)) }
        (pen.polyline(Ink::Line, stairs(&frame, &test.path).into_iter()))
        @let (x, y) = frame.at(last.0 as f64, last.1 as f64);
        (pen.draw(Ink::Point, html! { circle cx=(x) cy=(y) r="5" {} }))
    }
}

/// The first and the last of the points with as many errors each.
fn treads(path: &[(u64, u64)]) -> Vec<(u64, u64)> {
    let mut treads: Vec<(u64, u64)> = path
        .chunk_by(|a, b| a.1 == b.1)
        .flat_map(|tread| [tread.first(), tread.last()])
        .flatten()
        .copied()
        .collect();
    treads.dedup();
    treads
}

/// Errors stay until the item that adds one.
fn stairs(frame: &Frame, path: &[(u64, u64)]) -> Vec<(f64, f64)> {
    let mut places: Vec<(f64, f64)> = Vec::new();
    for (items, errors) in thin(&treads(path), MOST_POINTS / 2, |point| point.1 as f64) {
        let (x, y) = frame.at(*items as f64, *errors as f64);
        if let Some((_, before)) = places.last().copied() {
            places.push((x, before));
        }
        places.push((x, y));
    }
    places.dedup();
    places
}

fn zones(frame: &Frame, test: &SequentialPath, end: f64, earliest: f64) -> Markup {
    let (left, top) = (frame.x.start(), frame.y.end());
    let right = frame.x.end();
    let passes = [
        frame.at(earliest, 0.0),
        frame.at(end, test.passing(end)),
        frame.at(end, 0.0),
    ];
    let fails = [
        (left, top),
        frame.at(0.0, test.h2),
        frame.at(end, test.failing(end)),
        (right, top),
    ];
    html! {
        (frame.pen.area(Ink::GoodZone, passes.into_iter()))
        (frame.pen.area(Ink::BadZone, fails.into_iter()))
    }
}

fn lines(frame: &Frame, test: &SequentialPath, end: f64, earliest: f64) -> Markup {
    let pen = frame.pen;
    let (right, bottom) = (frame.x.end() - 8.0, frame.y.start());
    let middle = end / 2.0;
    let between = frame.y.at(test.passing(middle).max(0.0)) - frame.y.at(test.failing(middle));
    let centre = f64::midpoint(test.passing(middle), test.failing(middle));
    html! {
        (pen.line(Ink::Goal, frame.at(earliest, 0.0), frame.at(end, test.passing(end))))
        (pen.line(Ink::Limit, frame.at(0.0, test.h2), frame.at(end, test.failing(end))))
        (pen.words(Ink::Words, Anchor::Start, (frame.x.start() + 8.0, frame.y.end() + EM * 0.7), "fails"))
        (pen.words(Ink::Words, Anchor::End, (right, bottom - EM * 0.7), "passes"))
        @if between > EM * 1.5 {
            (pen.words(Ink::Words, Anchor::Middle, frame.at(middle, centre), "more data"))
        }
    }
}
