//! The terms as they are shown, in the order of the formula. Pure.

use super::errors::Errors;
use super::terms::{CONFIDENCE, Looks, Range, Source, Term, Unit, said};
use leeway_core::earn::settings::RoiTerms;
use leeway_core::evidence::interval::wilson;
use leeway_store::WorthCounts;

/// What the terms are made of.
pub struct Table<'a> {
    /// What was counted.
    pub counts: &'a WorthCounts,
    /// How often people looked.
    pub looks: &'a Looks,
    /// What was said.
    pub roi: &'a RoiTerms,
    /// Days of the window.
    pub days: u32,
    /// Items a month.
    pub volume: f64,
    /// Minutes of looking, an item.
    pub review: Option<Range>,
    /// What is wrong.
    pub errors: Option<&'a Errors>,
}

type Name = (&'static str, &'static str, Unit);

fn measured(of: u64, what: impl Into<String>) -> Source {
    let what = what.into();
    Source::Measured { of, what }
}

fn term((key, name, unit): Name, value: Option<f64>, source: Source) -> Term {
    Term {
        key,
        name,
        unit,
        value,
        low: None,
        high: None,
        source: value.map_or(Source::Missing, |_| source),
    }
}

fn ranged(term: Term, ends: Option<(f64, f64)>) -> Term {
    Term {
        low: ends.map(|(low, _)| low),
        high: ends.map(|(_, high)| high),
        ..term
    }
}

fn words(name: Name, value: Option<f64>) -> Term {
    term(name, said(value), Source::Said)
}

impl Table<'_> {
    /// Every term.
    pub fn terms(&self) -> Vec<Term> {
        let roi = self.roi;
        let mut terms = self.work();
        terms.extend(self.wrong());
        terms.extend([
            words(
                ("error_cost", "A wrong one that gets through", Unit::Money),
                roi.error_cost,
            ),
            words(
                ("fix_minutes", "Mending or editing one", Unit::Minutes),
                roi.fix_minutes,
            ),
            words(
                ("owner_hours", "The owner’s time a month", Unit::Hours),
                roi.owner_hours,
            ),
            words(
                ("subscription", "Subscription a month", Unit::Money),
                roi.subscription,
            ),
            words(("setup", "Set-up, once", Unit::Money), roi.setup),
        ]);
        terms
    }

    fn items(&self) -> Source {
        measured(self.counts.items, "items")
    }

    fn share(&self, part: u64) -> Option<f64> {
        let items = self.counts.items;
        (items > 0).then(|| part as f64 / items as f64)
    }

    fn work(&self) -> Vec<Term> {
        let (counts, roi) = (self.counts, self.roi);
        let looked = measured(
            self.looks.timed(),
            format!("timed looks, of {}", self.looks.n),
        );
        vec![
            term(
                ("volume", "Items a month", Unit::Items),
                (counts.items > 0).then_some(self.volume),
                measured(counts.items, format!("items in {} days", self.days)),
            ),
            words(
                ("manual_minutes", "By hand, an item", Unit::Minutes),
                roi.manual_minutes,
            ),
            words(
                ("hourly_wage", "An hour of work", Unit::Money),
                roi.hourly_wage,
            ),
            ranged(
                term(
                    ("review_minutes", "Looking at it, an item", Unit::Minutes),
                    self.review.map(|(_, usual, _)| usual),
                    looked,
                ),
                self.review.map(|(quick, _, slow)| (quick, slow)),
            ),
            term(
                ("edited", "Changed first", Unit::Share),
                self.share(counts.edited),
                self.items(),
            ),
            term(
                ("rejected", "Rejected", Unit::Share),
                self.share(counts.rejected),
                self.items(),
            ),
        ]
    }

    fn wrong(&self) -> Vec<Term> {
        let (counts, errors) = (self.counts, self.errors);
        let rate = (counts.reviewed > 0).then(|| counts.wrong as f64 / counts.reviewed as f64);
        let interval = rate.map(|_| wilson(counts.wrong, counts.reviewed, CONFIDENCE));
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
            ranged(
                term(
                    (
                        "reviewed_wrong",
                        "Wrong among those reviewed after they ran",
                        Unit::Share,
                    ),
                    rate,
                    measured(counts.reviewed, "reviewed"),
                ),
                interval,
            ),
            ranged(
                term(
                    ("wrong", "Wrong as proposed", Unit::Share),
                    errors.map(|errors| errors.likely.0),
                    self.items(),
                ),
                errors.map(|errors| (errors.fewest.0, errors.most.0)),
            ),
            ranged(
                term(
                    ("caught", "Of those, stopped by people", Unit::Share),
                    stopping.map(|errors| errors.likely.1),
                    caught_by,
                ),
                stopping.map(|errors| (errors.most.1, errors.fewest.1)),
            ),
        ]
    }
}
