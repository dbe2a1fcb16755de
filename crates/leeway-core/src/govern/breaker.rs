//! Circuit breakers: what stops a workflow by itself, before anybody saw that something is wrong. A
//! breaker that trips pauses the workflow and raises the suspicion of an incident; a person confirms or
//! dismisses it.

use crate::classify::currency;
use crate::incident::Trigger;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One breaker of a workflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Breaker {
    /// What is watched.
    pub on: Watched,
    /// It trips above this: a part of 1 for rates, a number of calls, cents for amounts.
    #[serde(deserialize_with = "crate::float::one")]
    pub more_than: f64,
    /// For amounts: in which currency, by ISO 4217; the workflow's unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// For rates: not before so many.
    #[serde(default = "default_least")]
    pub least: u64,
    /// Over how long it is counted, seconds.
    #[serde(default = "default_window_s")]
    pub window_s: u64,
}

fn default_least() -> u64 {
    10
}

fn default_window_s() -> u64 {
    3600
}

/// What a breaker watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watched {
    /// Calls that failed, as a part of those made.
    ErrorRate,
    /// Proposals people rejected, as a part of those they decided.
    RejectRate,
    /// Amounts of what was carried out, in the smallest unit of the currency.
    Amount,
    /// Calls without an answer.
    OutcomeUnknown,
    /// Calls after which the record read back is not what they wrote.
    Mismatch,
}

/// What happened within a breaker's window. Reads and undos are left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls that came back.
    pub ran: u64,
    /// Of those, failed.
    pub failed: u64,
    /// Calls without an answer.
    pub unknown: u64,
    /// Calls after which the record read back is not what they wrote.
    pub mismatched: u64,
    /// Decided by a person.
    pub decided: u64,
    /// Of those, rejected.
    pub rejected: u64,
    /// Amounts of what was carried out, in the smallest unit, by currency; those whose currency is not
    /// known under an empty name.
    pub amounts: BTreeMap<String, i64>,
}

impl Tally {
    /// How much there was in a currency, with what may have been in it. Without a currency, the most
    /// there was in any: money of two currencies is not added.
    fn most<'a>(&'a self, currency: Option<&'a str>) -> (i64, Option<&'a str>) {
        let unknown = self.amounts.get("").copied().unwrap_or_default();
        let of = |code: &str| self.amounts.get(code).copied().unwrap_or_default();
        let known = self.amounts.keys().filter(|code| !code.is_empty());
        let code = currency.or_else(|| known.map(String::as_str).max_by_key(|code| of(code)));
        (code.map_or(0, of).saturating_add(unknown), code)
    }
}

impl Breaker {
    /// What made it trip, for people; `None` while it holds. `usual` is the workflow's currency.
    pub fn trips(&self, tally: &Tally, usual: Option<&str>) -> Option<(Trigger, String)> {
        let rate = |part: u64, of: u64| {
            let over = of >= self.least.max(1) && part as f64 > self.more_than * of as f64;
            over.then_some((part, of))
        };
        let minutes = self.window_s.div_ceil(60);
        match self.on {
            Watched::ErrorRate => rate(tally.failed, tally.ran).map(|(failed, ran)| {
                let text = format!("{failed} of {ran} calls failed within {minutes} minutes");
                (Trigger::ErrorRate, text)
            }),
            Watched::RejectRate => rate(tally.rejected, tally.decided).map(|(no, of)| {
                let text = format!("people rejected {no} of {of} within {minutes} minutes");
                (Trigger::RejectRate, text)
            }),
            Watched::Amount => {
                let currency = self.currency.as_deref().or(usual);
                let (amount, currency) = tally.most(currency);
                (amount as f64 > self.more_than).then(|| {
                    let amount = currency::text(amount, currency);
                    let text = format!("{amount} within {minutes} minutes");
                    (Trigger::Amount, text)
                })
            }
            Watched::OutcomeUnknown => (tally.unknown as f64 > self.more_than).then(|| {
                let text = format!(
                    "{} calls had no answer within {minutes} minutes",
                    tally.unknown
                );
                (Trigger::OutcomeUnknown, text)
            }),
            Watched::Mismatch => (tally.mismatched as f64 > self.more_than).then(|| {
                let text = format!(
                    "after {} calls within {minutes} minutes the record read back was not what they wrote",
                    tally.mismatched
                );
                (Trigger::Mismatch, text)
            }),
        }
    }

    /// What is wrong with it, if anything: the key and how to mend it.
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let rate = matches!(self.on, Watched::ErrorRate | Watched::RejectRate);
        if !self.more_than.is_finite() || self.more_than < 0.0 || (rate && self.more_than > 1.0) {
            return Some((
                "more_than",
                "write a part of 1 for rates, e.g. 0.3; a number of calls; cents for amounts",
            ));
        }
        let known = |code: &str| currency::decimals(code).is_some();
        if self.currency.as_deref().is_some_and(|code| !known(code)) {
            return Some(("currency", "write its ISO 4217 code, e.g. `EUR`"));
        }
        let window = 60..=7 * 24 * 3600;
        (!window.contains(&self.window_s)).then_some(("window_s", "write 60 to 604800 (7 days)"))
    }
}
