//! What a workflow is worth: the work it saves, what that costs, and what is left.

use super::Medium;
use super::figure::{Table, Words, figure, nothing};
use super::frame::WIDTH;
use super::number::{cut, number, short};
use super::pen::{Anchor, Ink, Pen};
use super::scale::{Scale, range, tenths, thin};
use crate::audit::html::shown;
use maud::{Markup, html};

/// One amount on the way from what is saved to what is left.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// What it is.
    pub label: String,
    /// How much; a cost is below zero.
    pub value: f64,
    /// Whether it is what is there by then, instead of something added.
    pub total: bool,
}

/// A step and where its bar begins and ends.
struct Placed<'a> {
    step: &'a Step,
    from: f64,
    to: f64,
}

const TITLE: &str = "What it is worth";

/// Most steps drawn, each on a row of its own.
const MOST_STEPS: usize = 40;

/// Height of a row, and of each further line of its name.
const ROW: f64 = 34.0;
const LINE: f64 = 20.0;

/// Room above and below a bar.
const GAP: f64 = 6.0;

/// Where names end, and bars begin and end; amounts end at the right edge.
const NAMES: f64 = 184.0;
const BARS: (f64, f64) = (192.0, 390.0);

/// Longest line of a name, letters.
const NAME: usize = 15;

/// A row for each step: the work saved, costs back from there, the rest at the end.
pub fn waterfall(id: &str, medium: Medium, steps: &[Step], currency: &str) -> Markup {
    let placed = placed(steps);
    let (Some(first), Some(last)) = (placed.first(), placed.last()) else {
        return nothing(id, TITLE);
    };
    let pen = Pen(medium);
    let currency = shown(currency);
    let title = format!("{TITLE}, {currency}");
    let amount = format!("Amount, {currency}");
    let table = Table::of((pen, &title), &["Step", &amount], &placed, size, |one| {
        vec![shown(&one.step.label), number(one.step.value)]
    });
    let words = Words {
        id,
        title: &title,
        conclusion: &conclusion(first, last, &placed, &currency),
        key: "",
    };
    let rows = rows(thin(&placed, MOST_STEPS, size));
    let height = rows.last().map_or(0.0, |row| row.top + row.height);
    figure(pen, &words, height, &drawing(pen, &rows, height), &table)
}

fn size(one: &Placed) -> f64 {
    one.step.value
}

fn placed(steps: &[Step]) -> Vec<Placed<'_>> {
    let finite = steps.iter().filter(|step| step.value.is_finite());
    let mut so_far = 0.0;
    finite
        .map(|step| {
            let from = if step.total { 0.0 } else { so_far };
            so_far = from + step.value;
            Placed {
                step,
                from,
                to: so_far,
            }
        })
        .collect()
}

fn conclusion(first: &Placed, last: &Placed, all: &[Placed], currency: &str) -> String {
    let amount = |value: f64| format!("{} {currency}", number(value));
    let costs = all.iter().map(|one| one.step.value);
    let costs: f64 = costs.filter(|value| *value < 0.0).sum();
    let costs = if last.step.value < 0.0 && last.step.total {
        costs - last.step.value
    } else {
        costs
    };
    format!(
        "{} is {}; costs of {} leave {}.",
        shown(&first.step.label),
        amount(first.step.value),
        amount(-costs),
        amount(last.to)
    )
}

/// A step drawn: its name in lines, and where its row is.
struct Row<'a> {
    one: &'a Placed<'a>,
    name: Vec<String>,
    top: f64,
    height: f64,
}

fn rows<'a>(kept: Vec<&'a Placed<'a>>) -> Vec<Row<'a>> {
    let mut top = 0.0;
    let row = |one: &'a Placed<'a>| {
        let name = broken(&shown(&one.step.label));
        let height = ROW + LINE * name.len().saturating_sub(1) as f64;
        let row = Row {
            one,
            name,
            top,
            height,
        };
        top += height;
        row
    };
    kept.into_iter().map(row).collect()
}

/// A name in one line or two, broken at a space where there is one.
fn broken(name: &str) -> Vec<String> {
    if name.chars().count() <= NAME {
        return vec![name.to_owned()];
    }
    let fits = |at: &usize| {
        name.chars()
            .take(NAME + 1)
            .map(char::len_utf8)
            .sum::<usize>()
            > *at
    };
    let space = name.rmatch_indices(' ').map(|(at, _)| at).find(fits);
    match space.and_then(|at| name.split_at_checked(at)) {
        Some((first, rest)) => vec![cut(first, NAME), cut(rest.trim_start(), NAME)],
        None => vec![cut(name, NAME)],
    }
}

fn drawing(pen: Pen, rows: &[Row], height: f64) -> Markup {
    let values = rows.iter().flat_map(|row| [row.one.from, row.one.to]);
    let (low, high) = range(values.chain([0.0])).unwrap_or((0.0, 1.0));
    let scale = Scale::new((low, high), BARS);
    let zero = scale.at(0.0);
    html! {
        (pen.line(Ink::Axis, (zero, 0.0), (zero, height)))
        @for row in rows { (bar(pen, &scale, row)) }
        // From the end of each bar to the row below.
        @for pair in rows.windows(2) { @if let [row, below] = pair {
            @let x = scale.at(row.one.to);
            (pen.line(Ink::Axis, (x, below.top - GAP), (x, below.top + GAP)))
        } }
    }
}

fn bar(pen: Pen, scale: &Scale, row: &Row) -> Markup {
    let one = row.one;
    let (from, to) = (scale.at(one.from), scale.at(one.to));
    let middle = row.top + row.height / 2.0;
    let first = middle - LINE / 2.0 * row.name.len().saturating_sub(1) as f64;
    let (bar, words) = match one.step.value {
        _ if one.step.total => (Ink::Bar, Ink::Strong),
        value if value < 0.0 => (Ink::Bad, Ink::Words),
        _ => (Ink::Good, Ink::Words),
    };
    html! {
        @for (at, line) in row.name.iter().enumerate() {
            (pen.words(words, Anchor::End, (NAMES, first + LINE * at as f64), line))
        }
        (pen.draw(bar, html! {
            rect x=(from.min(to)) y=(row.top + GAP) width=(tenths((to - from).abs().max(1.0))) height=(row.height - 2.0 * GAP) {}
        }))
        (pen.words(words, Anchor::End, (WIDTH - 2.0, middle), &short(one.step.value)))
    }
}
