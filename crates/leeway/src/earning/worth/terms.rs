//! The terms of a workflow's worth: each with its value, its range, and whether it was measured, said, or is
//! missing. Pure.

use super::MONTH_DAYS;
use leeway_core::earn::settings::RoiTerms;
use leeway_core::evidence::interval::wilson;
use leeway_core::evidence::roi::Inputs;
use leeway_store::WorthCounts;
use serde::Serialize;

/// Confidence of every interval.
const CONFIDENCE: f64 = 0.95;
/// The most that is believed of a number somebody said.
const MOST_SAID: f64 = 1e9;
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
type Range = (f64, f64, f64);

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

fn said(value: Option<f64>) -> Option<f64> {
    value.filter(|value| (0.0..=MOST_SAID).contains(value))
}

fn measured(of: u64, what: impl Into<String>) -> Source {
    let what = what.into();
    Source::Measured { of, what }
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
        terms: terms(
            (counts, looks),
            (roi, days),
            (volume, review, errors.as_ref()),
        ),
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

/// How many items are wrong as proposed, and how many of those people stop: `(wrong, caught)`, shares.
#[derive(Clone, Debug, Default, PartialEq)]
struct Errors {
    fewest: (f64, f64),
    likely: (f64, f64),
    most: (f64, f64),
    /// Whether the share that is caught was measured.
    measured: bool,
}

impl Errors {
    /// What was stopped is known of every item that was decided on; what got through is known of those
    /// reviewed after they ran, and is taken to be as frequent among the others that were not stopped.
    /// Without such reviews, what was stopped is the said part of everything wrong.
    fn of(counts: &WorthCounts, caught: Option<f64>) -> Option<Self> {
        if counts.items == 0 {
            return None;
        }
        let items = counts.items as f64;
        let stopped = (counts.edited + counts.rejected).min(counts.items) as f64;
        if counts.reviewed > 0 {
            let (low, high) = wilson(counts.wrong, counts.reviewed, CONFIDENCE);
            let at = |rate: f64| {
                let through = (items - stopped) * rate;
                let wrong = stopped + through;
                let part = if wrong > 0.0 {
                    stopped / wrong
                } else {
                    caught.unwrap_or(0.0)
                };
                (wrong / items, part)
            };
            return Some(Self {
                fewest: at(low),
                likely: at(counts.wrong as f64 / counts.reviewed as f64),
                most: at(high),
                measured: true,
            });
        }
        let caught = caught.filter(|part| *part > 0.0)?;
        if counts.decided == 0 {
            return None;
        }
        let (low, high) = wilson(stopped as u64, counts.decided, CONFIDENCE);
        let all = |stopped: f64| ((stopped / caught).min(1.0), caught);
        let decided = counts.decided as f64 / items;
        Some(Self {
            fewest: all(low * decided),
            likely: all(stopped / items),
            most: all(high * decided),
            measured: false,
        })
    }
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
        (roi.error_cost, "what a wrong item costs"),
        (roi.fix_minutes, "mending and editing"),
        (roi.owner_hours, "the owner's time"),
        (roi.subscription, "the subscription"),
    ];
    let left = all.into_iter().filter(|(value, _)| said(*value).is_none());
    left.map(|(_, name)| name).collect()
}

fn terms(
    (counts, looks): (&WorthCounts, &Looks),
    (roi, days): (&RoiTerms, u32),
    (volume, review, errors): (f64, Option<Range>, Option<&Errors>),
) -> Vec<Term> {
    let term = |key, name, unit, value: Option<f64>, source: Source| Term {
        key,
        name,
        unit,
        value,
        low: None,
        high: None,
        source: if value.is_some() {
            source
        } else {
            Source::Missing
        },
    };
    let ranged = |term: Term, ends: Option<(f64, f64)>| Term {
        low: ends.map(|(low, _)| low),
        high: ends.map(|(_, high)| high),
        ..term
    };
    let words = |key, name, unit, value| term(key, name, unit, said(value), Source::Said);
    let of_items = |part: u64| (counts.items > 0).then(|| part as f64 / counts.items as f64);
    let items = || measured(counts.items, "items");
    let rate = (counts.reviewed > 0).then(|| counts.wrong as f64 / counts.reviewed as f64);
    // Of nothing wrong no part is caught.
    let stopping = errors.filter(|errors| errors.likely.0 > 0.0 || !errors.measured);
    let caught_by = match errors {
        Some(errors) if !errors.measured => Source::Said,
        _ => measured(
            counts.edited + counts.rejected + counts.wrong,
            "known to be wrong",
        ),
    };
    vec![
        term(
            "volume",
            "Items a month",
            Unit::Items,
            (counts.items > 0).then_some(volume),
            measured(counts.items, format!("items in {days} days")),
        ),
        words(
            "manual_minutes",
            "By hand, an item",
            Unit::Minutes,
            roi.manual_minutes,
        ),
        words(
            "hourly_wage",
            "An hour of work",
            Unit::Money,
            roi.hourly_wage,
        ),
        ranged(
            term(
                "review_minutes",
                "Looking at it, an item",
                Unit::Minutes,
                review.map(|(_, usual, _)| usual),
                measured(looks.timed(), format!("timed looks, of {}", looks.n)),
            ),
            review.map(|(quick, _, slow)| (quick, slow)),
        ),
        term(
            "edited",
            "Changed first",
            Unit::Share,
            of_items(counts.edited),
            items(),
        ),
        term(
            "rejected",
            "Rejected",
            Unit::Share,
            of_items(counts.rejected),
            items(),
        ),
        ranged(
            term(
                "reviewed_wrong",
                "Wrong among those reviewed after they ran",
                Unit::Share,
                rate,
                measured(counts.reviewed, "reviewed"),
            ),
            rate.map(|_| wilson(counts.wrong, counts.reviewed, CONFIDENCE)),
        ),
        ranged(
            term(
                "wrong",
                "Wrong as proposed",
                Unit::Share,
                errors.map(|errors| errors.likely.0),
                items(),
            ),
            errors.map(|errors| (errors.fewest.0, errors.most.0)),
        ),
        ranged(
            term(
                "caught",
                "Of those, stopped by people",
                Unit::Share,
                stopping.map(|errors| errors.likely.1),
                caught_by,
            ),
            stopping.map(|errors| (errors.most.1, errors.fewest.1)),
        ),
        words(
            "error_cost",
            "A wrong one that gets through",
            Unit::Money,
            roi.error_cost,
        ),
        words(
            "fix_minutes",
            "Mending or editing one",
            Unit::Minutes,
            roi.fix_minutes,
        ),
        words(
            "owner_hours",
            "The owner's time a month",
            Unit::Hours,
            roi.owner_hours,
        ),
        words(
            "subscription",
            "Subscription a month",
            Unit::Money,
            roi.subscription,
        ),
        words("setup", "Set-up, once", Unit::Money, roi.setup),
    ]
}
