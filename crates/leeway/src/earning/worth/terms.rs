//! The terms of a workflow's worth: each with its value, its range, and whether it was measured, said, or is
//! missing. Pure.

use super::MONTH_DAYS;
use super::errors::Errors;
use super::table::Table;
use leeway_core::earn::settings::RoiTerms;
use leeway_core::evidence::roi::Inputs;
use leeway_store::WorthCounts;
use serde::Serialize;

/// Confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;
/// The most that is believed of a number somebody said.
const MOST_SAID: f64 = 1e9;
/// What is left out while nobody said `error_cost`.
pub const ERROR_COST: &str = "what a wrong item costs";
const MINUTE_MS: f64 = 60_000.0;

/// Where a term comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "source", rename_all = "kebab-case")]
pub enum Source {
    /// Leeway measured it.
    Measured {
        /// On how many.
        of: u64,
        /// Of what, for people.
        what: String,
    },
    /// Somebody said it, in the workflow.
    Said,
    /// Nobody said it and it cannot be measured yet.
    Missing,
}

/// What a term is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Items a month.
    Items,
    /// Minutes an item.
    Minutes,
    /// A part of 1.
    Share,
    /// Money.
    Money,
    /// Hours a month.
    Hours,
}

/// One term.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Term {
    /// Its key, as in `[roi]` where people say it.
    pub key: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// What it is counted in.
    pub unit: Unit,
    /// Its value.
    pub value: Option<f64>,
    /// The low end of what is plausible, where that is not the value.
    pub low: Option<f64>,
    /// The high end.
    pub high: Option<f64>,
    /// Where it comes from.
    #[serde(flatten)]
    pub source: Source,
}

/// A term without which there is no number, and what gives it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The term's key.
    pub key: &'static str,
    /// What is missing.
    pub what: &'static str,
    /// What ends that.
    pub how: &'static str,
}

/// How often people looked, and how long where that is known.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    /// How often.
    pub n: u64,
    /// Times in milliseconds, ascending.
    times: Vec<i64>,
}

/// What is worked out from: the likely values, and those at both ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ends {
    /// Likely.
    pub likely: Inputs,
    /// The least is left.
    pub low: Inputs,
    /// The most is left.
    pub high: Inputs,
}

/// Everything that was found.
pub struct Found {
    /// The terms, in the order of the formula.
    pub terms: Vec<Term>,
    /// What is missing.
    pub missing: Vec<Missing>,
    /// Costs nobody said.
    pub left_out: Vec<&'static str>,
    /// What is worked out from, where nothing is missing.
    pub inputs: Option<Ends>,
}

/// Low, likely, high.
pub type Range = (f64, f64, f64);

impl Looks {
    /// So many looks, of which these times in milliseconds are known.
    pub fn new(n: u64, mut times: Vec<i64>) -> Self {
        times.retain(|took| *took >= 0);
        times.sort_unstable();
        Self { n, times }
    }

    /// How many times are known.
    pub fn timed(&self) -> u64 {
        self.times.len() as u64
    }

    /// Minutes of a look: the lower quartile, the median, and the upper quartile or the mean, whichever is
    /// more, for a few long looks cost as well. `None` while no look was timed.
    pub fn minutes(&self) -> Option<Range> {
        let at = |part: f64| {
            let place = (part * (self.times.len().checked_sub(1)? as f64)).round() as usize;
            self.times.get(place).map(|took| *took as f64 / MINUTE_MS)
        };
        let total: i64 = self.times.iter().sum();
        let mean = total as f64 / self.times.len() as f64 / MINUTE_MS;
        Some((at(0.25)?, at(0.5)?, at(0.75)?.max(mean)))
    }
}

/// What was said, where it is a number that can be believed.
pub fn said(value: Option<f64>) -> Option<f64> {
    value.filter(|value| (0.0..=MOST_SAID).contains(value))
}

/// Collects every term over a window of so many days.
pub fn collect(counts: &WorthCounts, looks: &Looks, (roi, days): (&RoiTerms, u32)) -> Found {
    let items = counts.items as f64;
    let volume = items * MONTH_DAYS / f64::from(days);
    let share = |part: u64| (counts.items > 0).then(|| part as f64 / items);
    let review = review_minutes(counts, looks);
    let errors = Errors::of(counts, said(roi.caught).filter(|part| *part <= 1.0));
    let each_costs =
        said(roi.error_cost).unwrap_or(0.0) > 0.0 || said(roi.fix_minutes).unwrap_or(0.0) > 0.0;
    let missing = missing(
        counts,
        roi,
        (review.is_none(), each_costs && errors.is_none()),
    );
    let inputs = |minutes: f64, (wrong, caught): (f64, f64)| {
        Some(Inputs {
            volume,
            manual_min: said(roi.manual_minutes)?,
            review_min: minutes,
            edited: share(counts.edited)?,
            edit_min: said(roi.fix_minutes).unwrap_or(0.0),
            rejected: share(counts.rejected)?,
            wrong,
            caught,
            error_cost: said(roi.error_cost).unwrap_or(0.0),
            fix_min: said(roi.fix_minutes).unwrap_or(0.0),
            wage: said(roi.hourly_wage)?,
            owner_hours: said(roi.owner_hours).unwrap_or(0.0),
            subscription: said(roi.subscription).unwrap_or(0.0),
            setup: said(roi.setup).unwrap_or(0.0),
        })
    };
    let ends = || {
        let (quick, usual, slow) = review?;
        // Where an error costs nothing that anybody said, how many there are changes nothing.
        let errors = errors.clone().unwrap_or_default();
        Some(Ends {
            likely: inputs(usual, errors.likely)?,
            low: inputs(slow, errors.most)?,
            high: inputs(quick, errors.fewest)?,
        })
    };
    Found {
        inputs: missing.is_empty().then(ends).flatten(),
        terms: Table {
            counts,
            looks,
            roi,
            days,
            volume,
            review,
            errors: errors.as_ref(),
        }
        .terms(),
        missing,
        left_out: left_out(roi),
    }
}

/// Minutes of review an item; 0 where nobody looked at anything.
fn review_minutes(counts: &WorthCounts, looks: &Looks) -> Option<Range> {
    if looks.n == 0 {
        return Some((0.0, 0.0, 0.0));
    }
    let each = looks.n as f64 / counts.items.max(1) as f64;
    let (quick, usual, slow) = looks.minutes()?;
    Some((quick * each, usual * each, slow * each))
}

fn missing(
    counts: &WorthCounts,
    roi: &RoiTerms,
    (untimed, unreviewed): (bool, bool),
) -> Vec<Missing> {
    let one = |key, what, how| Missing { key, what, how };
    let mut found = Vec::new();
    if counts.items == 0 {
        found.push(one(
            "volume",
            "nothing was carried out or decided in this time",
            "let agents work, or look at a longer time",
        ));
    }
    if said(roi.manual_minutes).is_none() {
        found.push(one(
            "manual_minutes",
            "how many minutes an item takes by hand",
            "say it below; time a few by hand first",
        ));
    }
    if said(roi.hourly_wage).is_none() {
        found.push(one(
            "hourly_wage",
            "what an hour of work costs",
            "say it below, with all that comes on top of the wage",
        ));
    }
    if untimed {
        found.push(one(
            "review_minutes",
            "how long people look: they decided, but no look was timed",
            "decide in the inbox or by the pages of reviews, which time each look",
        ));
    }
    if unreviewed && counts.items > 0 {
        found.push(one(
            "caught",
            "how many errors get through: nothing that ran was reviewed",
            "review what ran, or say below which part of the errors people catch",
        ));
    }
    found
}

fn left_out(roi: &RoiTerms) -> Vec<&'static str> {
    let all = [
        (roi.error_cost, ERROR_COST),
        (roi.fix_minutes, "mending and editing"),
        (roi.owner_hours, "the owner's time"),
        (roi.subscription, "the subscription"),
    ];
    let left = all.into_iter().filter(|(value, _)| said(*value).is_none());
    left.map(|(_, name)| name).collect()
}
