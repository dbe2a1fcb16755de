//! The sum that takes freedom back: it forgets good items and adds up bad ones.

use super::Medium;
use super::figure::{Table, Words, figure, nothing};
use super::frame::{Frame, HEIGHT};
use super::number::{count, number, short};
use super::pen::{Ink, Pen};
use super::scale::{MOST_POINTS, ends, range, thin, ticks};
use maud::{Markup, html};

const TITLE: &str = "Evidence against the agent";

/// The sum after each item, and the limit at which freedom is taken back.
pub fn cusum(id: &str, medium: Medium, sums: &[(u64, f64)], bound: f64) -> Markup {
    let told: Vec<(u64, f64)> = sums
        .iter()
        .copied()
        .filter(|one| one.1.is_finite())
        .collect();
    let Some(last) = told.last() else {
        return nothing(id, TITLE);
    };
    let pen = Pen(medium);
    let rows = |one: &(u64, f64)| vec![count(one.0), number(one.1)];
    let table = Table::of((pen, TITLE), &["Item", "Sum"], &told, |one| one.1, rows);
    let words = Words {
        id,
        title: TITLE,
        conclusion: &conclusion(*last, bound),
        key: "An item that is wrong adds to the sum, one that is right takes a little away.",
    };
    figure(pen, &words, HEIGHT, &drawing(pen, &told, bound), &table)
}

fn conclusion(last: (u64, f64), bound: f64) -> String {
    let so_far = format!("After item {} the sum is {}", count(last.0), number(last.1));
    if !bound.is_finite() {
        format!("{so_far}.")
    } else if last.1 >= bound {
        let bound = number(bound);
        format!("{so_far}, which has reached the limit of {bound}: freedom is taken back.")
    } else {
        let bound = number(bound);
        format!("{so_far}, below the limit of {bound} at which freedom is taken back.")
    }
}

fn drawing(pen: Pen, sums: &[(u64, f64)], bound: f64) -> Markup {
    let kept = thin(sums, MOST_POINTS, |one| one.1);
    let items = range(kept.iter().map(|one| one.0 as f64)).unwrap_or((0.0, 1.0));
    let columns = ticks(items.0, items.1, 1.0);
    let values = kept.iter().map(|one| one.1).chain([0.0, bound]);
    let (low, high) = range(values).unwrap_or((0.0, 1.0));
    let steps = ticks(low, high, 1e-6);
    let frame = Frame::new(pen, ends(&columns), ends(&steps));
    html! {
        (frame.rows(&steps, "sum", short))
        (frame.columns(&columns, "items", short))
        @if bound.is_finite() { (frame.mark(Ink::Limit, bound, "limit")) }
        (pen.polyline(Ink::Line, kept.iter().map(|one| frame.at(one.0 as f64, one.1))))
        @if let Some((item, sum)) = kept.last() {
            @let (x, y) = frame.at(*item as f64, *sum);
            @if *sum >= bound {
                (pen.draw(Ink::Bad, html! { rect x=(x - 5.0) y=(y - 5.0) width="10" height="10" {} }))
            } @else {
                (pen.draw(Ink::Point, html! { circle cx=(x) cy=(y) r="5" {} }))
            }
        }
    }
}
