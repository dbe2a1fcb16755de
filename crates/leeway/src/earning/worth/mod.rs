//! What a workflow is worth: what Leeway measured of it in a window, what people said of it, and what is
//! left of both in a month, as a range. Nothing is made up: where a term is missing there is no number, and
//! it is named.
//!
//! [`terms`] collects them, [`errors`] says how many are wrong, [`table`] lays them out, all pure; here they are read from the ledger and added up.

pub mod errors;
pub mod table;
pub mod terms;
#[cfg(test)]
mod tests;

use super::DAY_MS;
use crate::app::App;
use crate::error::ApiError;
use leeway_core::earn::settings::RoiTerms;
use leeway_core::evidence::roi::{Inputs, Roi};
use leeway_store::WorthCounts;
use std::collections::BTreeMap;
use terms::{Looks, Missing, Term};

/// Days of the window unless told otherwise.
pub const USUAL_DAYS: u32 = 30;
/// Days of the longest window.
pub const MOST_DAYS: u32 = 365;
/// Days of a month, everywhere in this reckoning.
pub const MONTH_DAYS: f64 = 30.0;
/// Looks whose time is known that are taken into account, the latest ones, of decisions and of reviews each.
const MOST_TIMES: usize = 5_000;

/// What a workflow is worth.
#[derive(Clone, Debug)]
pub struct Worth {
    /// The workflow.
    pub workflow: String,
    /// Its name for people.
    pub title: String,
    /// Days of the window.
    pub days: u32,
    /// Three letters, as said; empty when nobody said.
    pub currency: String,
    /// What was counted.
    pub counts: WorthCounts,
    /// Every term with where it comes from, in the order of the formula.
    pub terms: Vec<Term>,
    /// Terms without which there is no number.
    pub missing: Vec<Missing>,
    /// Costs nobody said, which are left out: then what is left is the most it can be.
    pub left_out: Vec<&'static str>,
    /// The number, where there is one.
    pub answer: Option<Answer>,
}

/// What is left in a month: the likely value, and both ends of what is plausible.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Answer {
    /// What the likely value is worked out from.
    pub inputs: Inputs,
    /// The likely value, term by term.
    pub likely: Roi,
    /// With the most errors and the slowest looks that are plausible.
    pub low: Roi,
    /// With the fewest errors and the quickest looks that are plausible.
    pub high: Roi,
    /// Share of wrong items at which nothing is left; `None` where errors cost nothing.
    pub break_even: Option<f64>,
    /// Months until the set-up is paid; `None` when that was not said or never happens.
    pub payback_months: Option<f64>,
    /// Hours of work saved a month, net of reviews, edits and what was done again.
    pub hours: f64,
}

/// Every workflow's worth, and their sum per currency.
pub struct Overall {
    /// Days of the window.
    pub days: u32,
    /// Every workflow, by name.
    pub workflows: Vec<Worth>,
    /// Sums of those that have a number, by currency.
    pub sums: BTreeMap<String, Sum>,
}

/// What several workflows leave in a month.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// How many workflows.
    pub workflows: u64,
    /// The likely value.
    pub likely: f64,
    /// The low end.
    pub low: f64,
    /// The high end.
    pub high: f64,
    /// Hours of work saved.
    pub hours: f64,
}

/// Days of a window as they were given.
pub fn window(days: Option<u32>) -> Result<u32, ApiError> {
    let days = days.unwrap_or(USUAL_DAYS);
    if (1..=MOST_DAYS).contains(&days) {
        return Ok(days);
    }
    Err(
        ApiError::invalid("days-invalid", format!("`{days}` is no window in days"))
            .help(format!("give 1 to {MOST_DAYS}")),
    )
}

/// What one workflow is worth, over so many days.
pub fn of(app: &App, name: &str, days: u32) -> Result<Worth, ApiError> {
    let registry = app.registry();
    let live = registry
        .workflows
        .get(name)
        .ok_or_else(|| ApiError::not_found("workflow", &name.escape_debug().to_string()))?;
    let configured = &live.state.workflow;
    let from_ms = app.clock.now_ms() - i64::from(days) * DAY_MS;
    let reader = app.store.reader()?;
    let counts = reader.worth_counts(name, from_ms)?;
    let times = reader.look_times(name, (from_ms, MOST_TIMES))?;
    let looks = Looks::new(counts.decided + counts.review_looks, times);
    Ok(Worth {
        workflow: name.to_owned(),
        title: configured.title.clone(),
        ..reckon(&counts, &looks, (&configured.roi, days))
    })
}

/// The reckoning alone, without a name: from what was counted, timed and said.
pub fn reckon(counts: &WorthCounts, looks: &Looks, (said, days): (&RoiTerms, u32)) -> Worth {
    let found = terms::collect(counts, looks, (said, days));
    Worth {
        workflow: String::new(),
        title: String::new(),
        days,
        currency: said.currency.clone().unwrap_or_default(),
        counts: *counts,
        answer: found.inputs.map(|ends| answer(&ends, said)),
        terms: found.terms,
        missing: found.missing,
        left_out: found.left_out,
    }
}

fn answer(ends: &terms::Ends, said: &RoiTerms) -> Answer {
    let likely = ends.likely.roi();
    let work = likely.manual - likely.review - likely.edits - likely.redo;
    let wage = ends.likely.wage;
    Answer {
        inputs: ends.likely,
        likely,
        low: ends.low.roi(),
        high: ends.high.roi(),
        break_even: ends.likely.break_even_wrong(),
        payback_months: said.setup.and_then(|_| ends.likely.payback_months()),
        hours: if wage > 0.0 { work / wage } else { 0.0 },
    }
}

/// Every workflow's worth over so many days.
pub fn all(app: &App, days: u32) -> Result<Overall, ApiError> {
    let names: Vec<String> = app.registry().workflows.keys().cloned().collect();
    let workflows = names
        .iter()
        .map(|name| of(app, name, days))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Overall {
        days,
        sums: sums(&workflows),
        workflows,
    })
}

/// Sums per currency: money of two currencies is not added.
fn sums(workflows: &[Worth]) -> BTreeMap<String, Sum> {
    let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
    for worth in workflows {
        let Some(answer) = &worth.answer else {
            continue;
        };
        let sum = sums.entry(worth.currency.clone()).or_default();
        sum.workflows += 1;
        sum.likely += answer.likely.net;
        sum.low += answer.low.net;
        sum.high += answer.high.net;
        sum.hours += answer.hours;
    }
    sums
}
