//! The schema of a pack: what each tool of a known business system does, reads, writes and undoes.
//!
//! Filters are jq. Every filter gets the call's arguments as `.`; `$before` is the record's fields
//! as read before the call (`null` when there are none) and `$result` the tool's answer (`null`
//! before it ran). An answer is the MCP result `{content, structuredContent, isError}`; when its
//! first text is JSON, it is also parsed into `.json`. Filters over the answer find the call's
//! arguments in `$call`.

use super::identity::{self, Form};
use super::{Area, Effect};
use crate::judge::guardrail::Then;
use crate::undo::forms::Normal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One pack file, `packs/<name>.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pack {
    /// The pack's name; systems refer to it.
    pub name: String,
    /// What system it is for, for people.
    pub title: String,
    /// Names of arguments and result fields whose values never reach ledger, logs or pages.
    #[serde(default)]
    pub redact: Vec<String>,
    /// Where the system answers errors as ordinary results, or successes as errors: filter over the
    /// answer giving true when it says that nothing was done. One that fails says that nobody can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
    /// The currency of every amount whose tool says none, by ISO 4217, where the system has just one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Rules over every tool's calls, over the arguments alone.
    #[serde(default, rename = "guard", skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// The system's tools by their own names.
    #[serde(default, rename = "tool")]
    pub tools: BTreeMap<String, ToolEntry>,
}

/// What one tool does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolEntry {
    /// What one successful call does, at least.
    pub effect: Effect,
    /// True when a create of this kind is not low-risk (a contract, a price, a customer-facing or
    /// financial record): level 4 instead of 3.
    #[serde(default)]
    pub high_impact: bool,
    /// True when a call on a record that does not exist makes it (a file that is written): it is a
    /// create then.
    #[serde(default)]
    pub creates_when_missing: bool,
    /// Areas every call touches.
    #[serde(default)]
    pub areas: Vec<Area>,
    /// Raises effect or areas when a filter over the arguments says so. A filter can only raise.
    #[serde(default)]
    pub raise: Vec<Raise>,
    /// Limits the system does not enforce itself, and what a person should look at.
    #[serde(default, rename = "guard", skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// The record a call touches.
    pub record: Option<RecordRule>,
    /// Filter giving true when a call touches several records. `changes` and the read's fields then
    /// give record id → field → value, and the call is held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub several: Option<String>,
    /// Filter giving an object of field → new value.
    pub changes: Option<String>,
    /// Changed fields whose arrays only ever gain members by this call (tags): gaining is level 3.
    #[serde(default)]
    pub additive: Vec<String>,
    /// Of a tool that reads: true when it reaches nothing but records of its own system, whatever it is
    /// given; false when it may reach what an agent names. Leeway itself reads only through tools that stay
    /// inside. Unsaid, the reading's arguments have to be ids of records by their names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inside: Option<bool>,
    /// Of a tool that reads at an address it is given: hosts that it may read from alone, `example.com`, or
    /// `*.example.com` for every host below it. Any other waits for a person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    /// How to read the record.
    pub read: Option<ReadRule>,
    /// How the version mark that was read goes into the call, where the system writes on condition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub condition: Option<ConditionRule>,
    /// Fields whose change is high-impact even when blank.
    #[serde(default)]
    pub critical: Vec<String>,
    /// Areas that changing a field touches.
    #[serde(default)]
    pub field_areas: BTreeMap<String, Vec<Area>>,
    /// Filter giving the amount of money in the smallest unit of its currency (cents, yen), an integer.
    pub amount_cents: Option<String>,
    /// Instead of `amount_cents`: filter giving the amount in whole units of money (euros, not
    /// cents), a number or a list of numbers and `[quantity, unit price]` pairs to add up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<String>,
    /// The amount's currency, by ISO 4217, where it is always the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Filter giving the amount's currency, in either case; `null` for the one that goes without saying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency_of: Option<String>,
    /// Where the call sends a message: which parts of it are one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageRule>,
    /// Filter giving the texts (string or array of strings) to look through for sensitive issues.
    pub text: Option<String>,
    /// Paths of arguments that cannot change what happens to the business: page sizes, formats.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// Paths of arguments that say whom the call reaches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// Paths of arguments that are part of what happens and no field of the record: how to merge, what
    /// to say there. A draft, create or update with one is not low-risk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// Paths of texts that hold JSON: the leaves of what they hold are leaves of the call.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub json: Vec<String>,
    /// Paths of arguments whose `null` leaves the field as it is. Elsewhere `null` makes it blank.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub null_keeps: Vec<String>,
    /// Names of fields that a record of this kind has, where `read.absent` is `blank`; `tag.*` are all whose name
    /// begins with `tag.`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<String>,
    /// What becomes of arguments that the tool's input schema does not declare.
    #[serde(default, skip_serializing_if = "Undeclared::is_refuse")]
    pub undeclared: Undeclared,
    /// How a call is taken back. Required unless every effect it can have is `read`.
    pub undo: Option<UndoRule>,
    /// The forms of its own in which the system keeps fields, by field: `number`, `date`, `lower`, `trim`,
    /// `space`, `unicode`, `html`, or several of them; `volatile` for what it changes by itself.
    #[serde(default, skip_serializing_if = "Normal::is_empty")]
    pub normal: Normal,
    /// How long after a write a reading may still show the record as it was before, seconds: it is read
    /// again for so long before it is believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settles_within_s: Option<u64>,
}

/// Raises a tool's effect or areas for some arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raise {
    /// Filter giving true or false.
    pub when: String,
    /// The effect then, if graver than the tool's own.
    pub effect: Option<Effect>,
    /// True when a draft, create or update is not low-risk then: level 4 at least.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub high_impact: bool,
    /// Further areas then.
    #[serde(default)]
    pub areas: Vec<Area>,
}

/// A rule of the pack over one call: a limit that the system does not enforce itself, or a case that
/// a person should see. A filter that fails counts as one that says yes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// Stable id, kebab-case, unique among those that speak of a tool; the reason's rule is
    /// `pack-<id>`.
    pub id: String,
    /// Filter over the arguments and `$before` giving true or false.
    pub when: String,
    /// `hold` or `block`.
    pub then: Then,
    /// One sentence for people: why it stops.
    pub text: String,
}

/// Which parts of a call, or of the record it is about, are a message: it is shown as its recipients get
/// it. Every filter may give `null` for what this call does not have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MessageRule {
    /// Filter giving the message whole (RFC 5322), as text or in base64 of either alphabet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Filter giving the message taken apart as Gmail shows it: `mimeType`, `headers`, `body`, `parts`.
    /// Of `raw` and `tree` the first that gives something is taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tree: Option<String>,
    /// Filter giving the sender, where the call names one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Filter giving whom it reaches: a text or a list of texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// Filter giving who gets a copy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cc: Option<String>,
    /// Filter giving who gets a copy unseen by the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bcc: Option<String>,
    /// Filter giving where answers go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<String>,
    /// Filter giving the subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Filter giving plain text, or a list of texts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Filter giving HTML, or a list of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Filter giving text in a chat's own marks, where `<address|words>` is a link.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat: Option<String>,
    /// Filter giving what is attached: a list of names or of `{name, type, size, content}`, the content
    /// in base64 where the call has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attachments: Option<String>,
    /// What of the message these do not show, one sentence: it counts as not shown whole then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lacks: Option<String>,
}

/// Which record a call touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecordRule {
    /// Kind of record, e.g. `contact`.
    #[serde(rename = "type")]
    pub record_type: String,
    /// Where one tool serves several kinds: filter giving the kind, a text, instead of `type`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_of: Option<String>,
    /// Filter giving the record's id, a string or number.
    pub id: String,
    /// Forms in which every spelling of an id is the same text, one after another.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "identity::forms"
    )]
    pub normal: Vec<Form>,
}

/// How to read the record a call touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadRule {
    /// The system's tool that reads it. Its own pack entry must have effect `read`.
    pub tool: String,
    /// Filter giving that tool's arguments from the call's arguments.
    pub arguments: String,
    /// Filter over the reading tool's answer giving an object of fields, or `null` when there is no
    /// such record.
    pub fields: String,
    /// Filter over the answer giving the system's version mark, a string or number.
    pub version: Option<String>,
    /// Filter over the answer giving the record's id, a string or number: how the system itself names it,
    /// however the call does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Text in an error answer that means there is no such record (then it is missing, not failed).
    pub missing: Option<String>,
    /// What a field is that the reading does not contain.
    #[serde(default, skip_serializing_if = "Absent::is_unknown")]
    pub absent: Absent,
    /// Said nothing else than the default once; kept for packs that say it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
}

/// What a field is that a reading does not contain.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Absent {
    /// Not known: it may have another spelling, or the reading may not show it.
    #[default]
    Unknown,
    /// Blank, when it is one of the entry's `fields`: the system leaves blank fields out of its answers.
    Blank,
}

impl Absent {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands on a reference"
    )]
    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

/// What becomes of arguments that a tool's input schema does not declare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undeclared {
    /// The call is refused before anything runs.
    #[default]
    Refuse,
    /// They are shown to a person, as arguments of which nothing is known.
    Show,
}

impl Undeclared {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde hands on a reference"
    )]
    fn is_refuse(&self) -> bool {
        *self == Self::Refuse
    }
}

impl MessageRule {
    /// Its filters.
    pub fn filters(&self) -> impl Iterator<Item = &String> {
        [
            &self.raw,
            &self.tree,
            &self.from,
            &self.to,
            &self.cc,
            &self.bcc,
            &self.reply_to,
            &self.subject,
            &self.text,
            &self.html,
            &self.chat,
            &self.attachments,
        ]
        .into_iter()
        .flatten()
    }
}

impl ToolEntry {
    /// Every effect a call can have: its own and those it may be raised to.
    pub fn effects(&self) -> impl Iterator<Item = Effect> + '_ {
        std::iter::once(self.effect).chain(self.raise.iter().filter_map(|raise| raise.effect))
    }

    /// The gravest of them.
    pub fn gravest(&self) -> Effect {
        self.effects()
            .max_by_key(|effect| effect.severity())
            .unwrap_or(self.effect)
    }

    /// The tool that takes a call back.
    pub fn way_back(&self) -> Option<&str> {
        match &self.undo {
            Some(UndoRule::Exact { tool, .. } | UndoRule::Compensating { tool, .. }) => Some(tool),
            _ => None,
        }
    }

    /// The filters that give true or false.
    pub fn conditions(&self) -> impl Iterator<Item = &String> {
        let raised = self.raise.iter().map(|raise| &raise.when);
        let guarded = self.guards.iter().map(|guard| &guard.when);
        raised.chain(guarded).chain(&self.several)
    }
}

/// Where a conditional write carries the version mark of the record as it was read: the system
/// refuses the write when the record has another by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionRule {
    /// In an HTTP header, e.g. `If-Match`. Only systems by OpenAPI document have headers.
    Header(String),
    /// In an argument of the tool, e.g. `@etag`. Whatever the agent gives there is overwritten.
    Argument(String),
}

/// How a call is taken back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum UndoRule {
    /// A call that restores the old values.
    Exact {
        /// The system's tool to call.
        tool: String,
        /// Filter giving its arguments, over the call's arguments with `$before` and `$result`.
        arguments: String,
        /// One sentence for people.
        summary: String,
    },
    /// A new act that offsets it.
    Compensating {
        /// The system's tool to call.
        tool: String,
        /// Filter giving its arguments.
        arguments: String,
        /// One sentence for people.
        summary: String,
    },
    /// It cannot be taken back.
    None {
        /// Why, for people.
        why: String,
    },
}

/// Whether a list of field names has a field, by its name or by the beginning before a `*`.
pub fn lists(listed: &[String], field: &str) -> bool {
    listed.iter().any(|one| match one.strip_suffix('*') {
        Some(beginning) => field.starts_with(beginning),
        None => one == field,
    })
}
