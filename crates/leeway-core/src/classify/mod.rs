//! What a call would really do: its effect, level, areas, field changes and undo plan, worked out
//! from the tool's pack entry, the arguments and the record as read. Never from what the agent says.
//!
//! [`pack`] is the schema of pack files; [`look`] says which record to read and reads the answer;
//! [`classified`] is the pure classification, [`level`] its level, [`undo`] its way back; [`filter`]
//! runs jq filters; [`money`] reads amounts and [`currency`] writes them; [`guess`] reads a tool without a pack entry, for display
//! only; [`identity`] says which spellings are one record, [`inside`] what stays in its system
//! and `outward` what an agent's read reaches; [`redact`] hides
//! secrets by their fields' names, [`scrub`] wherever else they occur, and [`known`] knows them again later.

use crate::judge::guardrail::Then;
use crate::message::{Decoded, Message};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What one successful call does to the business, ordered from harmless to grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Reads or searches.
    Read,
    /// Makes something only an insider sees and that has no effect until a person sends it.
    Draft,
    /// Adds a record.
    Create,
    /// Changes fields of a record.
    Update,
    /// Merges records.
    Merge,
    /// Deletes, archives or voids a record.
    Delete,
    /// Changes who may do what, settings, automations.
    Admin,
    /// Runs arbitrary code, SQL, shell or HTTP.
    Execute,
    /// Reaches a person outside the team, or publishes.
    Send,
    /// Moves, authorises or promises money.
    Pay,
}

impl Effect {
    /// What effects are compared by: the level a call of this effect has at least, then their order.
    pub fn severity(self) -> (u8, Self) {
        let level = match self {
            Self::Read => 1,
            Self::Draft => 2,
            Self::Create | Self::Update => 3,
            Self::Merge | Self::Delete | Self::Admin | Self::Execute => 4,
            Self::Send | Self::Pay => 5,
        };
        (level, self)
    }
}

/// The five levels of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub enum Level {
    /// 1: changes nothing.
    ReadOnly = 1,
    /// 2: a draft a person sends.
    DraftOnly = 2,
    /// 3: a low-risk update.
    LowRisk = 3,
    /// 4: a high-impact update.
    HighImpact = 4,
    /// 5: reaches outside: a message, money.
    External = 5,
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        level as Self
    }
}

impl TryFrom<u8> for Level {
    type Error = String;

    fn try_from(number: u8) -> Result<Self, String> {
        match number {
            1 => Ok(Self::ReadOnly),
            2 => Ok(Self::DraftOnly),
            3 => Ok(Self::LowRisk),
            4 => Ok(Self::HighImpact),
            5 => Ok(Self::External),
            _ => Err(format!("`{number}` is not a level: levels are 1 to 5")),
        }
    }
}

impl Level {
    /// The level's name in words: `read-only`, `draft-only`, `low-risk update`, `high-impact update`,
    /// `external action`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ReadOnly => "read-only",
            Self::DraftOnly => "draft-only",
            Self::LowRisk => "low-risk update",
            Self::HighImpact => "high-impact update",
            Self::External => "external action",
        }
    }
}

/// A part of the business an action touches, beyond its effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Messages customers see.
    CustomerMessage,
    /// Prices, discounts, terms.
    Pricing,
    /// Merging or deleting records.
    MergeDelete,
    /// Who owns an account.
    Ownership,
    /// Contract, invoice, payment or legal fields.
    ContractInvoicePaymentLegal,
    /// Sensitive support issues.
    SupportSensitive,
    /// Permissions, settings, automations.
    Admin,
}

/// The record an action touches.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RecordRef {
    /// System it lives in.
    pub system: String,
    /// Kind of record, e.g. `contact`.
    #[serde(rename = "type")]
    pub record_type: String,
    /// Its id at the system.
    pub id: String,
}

/// The record as read before (or after) a call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum BeforeImage {
    /// The call has no record to read (a read, a create).
    NotNeeded,
    /// The pack does not say how to read it.
    NotReadable,
    /// Reading it failed.
    Failed {
        /// What went wrong, one sentence.
        why: String,
    },
    /// The system says there is no such record.
    Missing,
    /// The record's fields, redacted.
    Read {
        /// Field name → value.
        fields: Map<String, Value>,
        /// The system's version mark (ETag, version field), if it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<String>,
        /// The record's id as the reading gives it, where the pack says how.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
    },
}

impl BeforeImage {
    /// A field's value, of the record named where the reading gives several; `None` where the reading
    /// does not give it.
    pub fn value(&self, record: Option<&str>, field: &str) -> Option<&Value> {
        let Self::Read { fields, .. } = self else {
            return None;
        };
        match record {
            None => fields.get(field),
            Some(record) => fields.get(record)?.get(field),
        }
    }
}

/// One field of the record and what the call would make of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// Whose field it is, when the call touches several records: the record's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The field's name.
    pub field: String,
    /// The value before: `null` when blank; meaningless when `old_known` is false.
    pub old: Value,
    /// The value after.
    pub new: Value,
    /// False when the record could not be read.
    pub old_known: bool,
    /// The pack lists this field as critical.
    pub critical: bool,
}

impl FieldChange {
    /// The field's name for people, with the record it is of when there are several.
    pub fn label(&self) -> String {
        match &self.record {
            Some(record) => format!("{} of {record}", self.field),
            None => self.field.clone(),
        }
    }
}

/// A rule of the pack that fired.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guarded {
    /// The rule's id in the pack.
    pub id: String,
    /// What it asks for.
    pub then: Then,
    /// One sentence for people.
    pub text: String,
}

/// How an action could be taken back; worked out before it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum UndoPlan {
    /// Nothing changes, so there is nothing to undo.
    NothingToUndo,
    /// A call that restores the old values.
    Exact {
        /// The system's tool to call.
        tool: String,
        /// Its arguments; `None` when they depend on the result (an id given at creation).
        arguments: Option<Value>,
        /// One sentence for people.
        summary: String,
    },
    /// A new act that offsets it.
    Compensating {
        /// The system's tool to call.
        tool: String,
        /// Its arguments; `None` when they depend on the result.
        arguments: Option<Value>,
        /// One sentence for people.
        summary: String,
    },
    /// It cannot be taken back.
    None {
        /// Why, for people.
        why: String,
    },
}

/// What a call would really do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classified {
    /// What it does to the business.
    pub effect: Effect,
    /// Its level, from effect and live record.
    pub level: Level,
    /// The record it touches, if any.
    pub record: Option<RecordRef>,
    /// Areas it touches.
    pub areas: BTreeSet<Area>,
    /// Field by field, old → new; unchanged fields are left out.
    pub changes: Vec<FieldChange>,
    /// Money it moves or names, in the smallest unit of its currency (cents, yen); `None` when it names
    /// none or it could not be read.
    pub amount_cents: Option<i64>,
    /// In which currency, by ISO 4217; `None` where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// True when the pack says the call names an amount, so that `None` means unknown, not none.
    pub amount_expected: bool,
    /// The message it sends or keeps, as its recipients get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<Message>,
    /// What else in it is encoded, and what it says.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decoded: Vec<Decoded>,
    /// How it could be taken back.
    pub undo: UndoPlan,
    /// Categories of sensitive content found in its texts (`legal-threat`, …).
    pub sensitive: BTreeSet<String>,
    /// Rules of the pack that fired.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guarded>,
    /// Why it has this level: sentences for people.
    pub why: Vec<String>,
    /// What each leaf of the arguments is to the pack, by its JSON pointer; none for a read.
    #[serde(default, skip_serializing_if = "account::Accounts::is_empty")]
    pub accounts: account::Accounts,
    /// What could not be worked out (a filter failed, a record was missing). Not empty means hold.
    pub unknowns: Vec<String>,
}

pub mod account;
mod amount;
pub mod classified;
pub mod compiled;
pub mod critical;
pub mod currency;
pub mod filter;
pub mod guess;
mod handed;
pub mod identity;
pub mod inside;
pub mod known;
pub mod level;
pub mod look;
mod message;
pub mod money;
mod outward;
pub mod pack;
pub mod redact;
pub mod scrub;
pub mod sensitive;
pub mod undo;
