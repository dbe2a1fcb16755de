//! What a guardrail cannot fire without, in a few bytes: it is looked at for every guardrail of a workflow
//! at every call, and only what passes is compared whole.

use super::counting;
use super::guardrail::When;
use super::rules::Case;
use crate::classify::Effect;
use std::hash::{DefaultHasher, Hash, Hasher};

/// A bit that every case has and every guardrail without a condition asks for.
const ANY: u32 = 1 << 31;
/// It asks for an amount.
const AMOUNT: u8 = 1;
/// It limits how much is done, and says nothing of reads.
const DOES: u8 = 2;

/// The conditions of a guardrail, reduced: whatever fires passes, what passes may fire.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    effects: u32,
    areas: u32,
    /// A bit for each name, several names to a bit.
    record_types: u32,
    fields: u32,
    level: u8,
    needs: u8,
}

/// A case as guardrails look at it, reduced once.
pub struct View<'a> {
    /// The case.
    pub case: &'a Case<'a>,
    /// Whether something about it could not be worked out: it may be anything then.
    pub unknown: bool,
    effect: u32,
    areas: u32,
    record_type: u32,
    fields: u32,
    level: u8,
    lacks: u8,
}

impl Gate {
    /// Of conditions.
    pub fn of(when: &When) -> Self {
        let limits = when.rate.is_some() || when.total.is_some();
        let does = limits && !counting::speaks_of_reads(when);
        Self {
            effects: asked(when.effects.iter().map(|effect| bit(*effect))),
            areas: asked(when.areas.iter().map(|area| counting::bits([area]).into())),
            record_types: asked(when.record_types.iter().map(|name| name_bit(name))),
            fields: asked(when.fields.iter().map(|name| name_bit(name))),
            level: when.level_at_least.unwrap_or(0),
            needs: when.amount_above_cents.map_or(0, |_| AMOUNT) | if does { DOES } else { 0 },
        }
    }

    /// Whether a guardrail with these conditions may fire.
    pub fn lets(&self, view: &View<'_>) -> bool {
        self.effects & view.effect != 0
            && self.areas & view.areas != 0
            && self.record_types & view.record_type != 0
            && self.fields & view.fields != 0
            && self.level <= view.level
            && self.needs & view.lacks == 0
    }
}

impl<'a> View<'a> {
    /// Of a case.
    pub fn of(case: &'a Case<'a>) -> Self {
        let classified = case.classified;
        let unknown = !classified.unknowns.is_empty();
        // A filter that failed may have hidden an area, a record or fields. It cannot hide an effect:
        // those it could raise count as raised.
        let known = |bits: u32, hidden: bool| ANY | if hidden { u32::MAX } else { bits };
        let no_amount = classified.amount_cents.is_none() && !classified.amount_expected;
        Self {
            case,
            unknown,
            effect: known(bit(classified.effect), false),
            areas: known(counting::bits(&classified.areas).into(), unknown),
            record_type: match &classified.record {
                Some(record) => known(name_bit(&record.record_type), false),
                None => known(0, unknown),
            },
            fields: known(
                classified
                    .changes
                    .iter()
                    .fold(0, |bits, change| bits | name_bit(&change.field)),
                unknown && classified.changes.is_empty(),
            ),
            level: u8::from(classified.level),
            lacks: if no_amount { AMOUNT } else { 0 }
                | if classified.effect == Effect::Read {
                    DOES
                } else {
                    0
                },
        }
    }
}

/// All the bits asked for; anything passes where nothing is.
fn asked(bits: impl Iterator<Item = u32>) -> u32 {
    match bits.fold(0, |all, bit| all | bit) {
        0 => ANY,
        bits => bits,
    }
}

fn bit(effect: Effect) -> u32 {
    1 << effect as u32
}

fn name_bit(name: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    1 << (hasher.finish() % 31)
}
