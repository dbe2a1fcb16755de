//! Classification: what one call would really do. Total: whatever cannot be worked out is noted as
//! unknown, which raises the level and holds the call.

use super::compiled::{CompiledTool, SEVERAL_RECORDS};
use super::critical;
use super::filter::Filter;
use super::outward::HOST_NOT_ALLOWED;
use super::pack::{Absent, lists};
use super::redact::REDACTED;
use super::sensitive::WordLists;
use super::{Area, BeforeImage, Classified, Effect, FieldChange, Guarded, RecordRef, sensitive};
use crate::judge::guardrail::Then;
use crate::message::{Decoded, Message};
use crate::number;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Works out what a call would really do.
pub fn classify(
    tool: &CompiledTool,
    system: &str,
    arguments: &Value,
    before: &BeforeImage,
) -> Classified {
    classify_in(None, (tool, system), arguments, before)
}

/// [`classify`], with the currency that amounts are in where neither pack nor call says one.
pub fn classify_in(
    currency: Option<&str>,
    (tool, system): (&CompiledTool, &str),
    arguments: &Value,
    before: &BeforeImage,
) -> Classified {
    let mut work = Work::new(tool, arguments, before);
    work.usual_currency = currency;
    let record = work.record(system);
    work.finish(record)
}

/// What is known of a call whose classification was given up, because it took too long: every
/// filter of its entry counts as failed for the reason `why`.
pub fn given_up(
    tool: &CompiledTool,
    arguments: &Value,
    before: &BeforeImage,
    why: &str,
) -> Classified {
    let mut work = Work::new(tool, arguments, before);
    work.given_up = Some(why);
    work.finish(Err(why.to_owned()))
}

/// The fields a call changes, and nothing else of it.
pub fn changes(tool: &CompiledTool, arguments: &Value, before: &BeforeImage) -> Vec<FieldChange> {
    let mut work = Work::new(tool, arguments, before);
    work.raise();
    work.changes()
}

/// Adds what a workflow's own words find in the call's texts. Nothing is ever taken away.
pub fn add_sensitive(
    classified: &mut Classified,
    tool: &CompiledTool,
    (arguments, before): (&Value, &BeforeImage),
    words: &WordLists,
) {
    let work = Work::new(tool, arguments, before);
    // A filter that fails has made the call unknown already.
    let mut text = work.text().ok().flatten().unwrap_or_default();
    said(classified.message.as_ref(), &classified.decoded, &mut text);
    if text.is_empty() {
        return;
    }
    let found = words.categories(&text);
    if !found.is_empty() {
        classified.areas.insert(Area::SupportSensitive);
        classified.sensitive.extend(found);
    }
}

/// A classification under way.
pub(super) struct Work<'a> {
    pub(super) tool: &'a CompiledTool,
    pub(super) arguments: &'a Value,
    pub(super) before: &'a BeforeImage,
    pub(super) before_value: Value,
    pub(super) effect: Effect,
    /// Whether a draft, create or update is not low-risk.
    pub(super) high_impact: bool,
    areas: BTreeSet<Area>,
    guards: Vec<Guarded>,
    pub(super) why: Vec<String>,
    pub(super) unknowns: Vec<String>,
    pub(super) given_up: Option<&'a str>,
    /// Where the call names what its amount is in.
    pub(super) currency_at: BTreeSet<String>,
    /// What amounts are in where nothing says it.
    pub(super) usual_currency: Option<&'a str>,
    /// Whether it reads at an address that no host of the pack covers.
    pub(super) reaches_out: bool,
}

impl<'a> Work<'a> {
    fn finish(mut self, record: Result<Option<RecordRef>, String>) -> Classified {
        let record = record.unwrap_or_else(|why| self.unknown(why));
        self.version();
        self.raise();
        self.guard();
        self.reach();
        self.unread();
        let changes = self.changes();
        let (amount_cents, currency, amount_expected) = self.amount();
        let message = self.message();
        let decoded = self.decoded();
        let sensitive = self.sensitive(message.as_ref(), &decoded);
        self.areas(&changes, !sensitive.is_empty());
        let accounts = self.accounts();
        let level = self.level(&changes, &accounts);
        let undo = self.undo();
        Classified {
            effect: self.effect,
            level,
            record,
            areas: self.areas,
            changes,
            amount_cents,
            currency,
            amount_expected,
            message,
            decoded,
            undo,
            sensitive,
            guards: self.guards,
            why: self.why,
            accounts,
            unknowns: self.unknowns,
        }
    }

    /// The record a call touches: as the reading names it, where it does.
    fn record(&mut self, system: &str) -> Result<Option<RecordRef>, String> {
        let mut record = self.tool.record(system, self.arguments)?;
        if let (Some(record), BeforeImage::Read { id: Some(id), .. }) = (&mut record, self.before) {
            record.id.clone_from(id);
        }
        if let (Some(record), Ok(Some(given))) = (&record, self.tool.given(self.arguments))
            && given != record.id
        {
            let why = format!("The call names it `{given}`: that is `{}`.", record.id);
            self.why.push(why);
        }
        Ok(record)
    }

    pub(super) fn new(
        tool: &'a CompiledTool,
        arguments: &'a Value,
        before: &'a BeforeImage,
    ) -> Self {
        let creates = tool.entry.creates_when_missing && *before == BeforeImage::Missing;
        Self {
            tool,
            arguments,
            before,
            before_value: match before {
                BeforeImage::Read { fields, .. } if tool.looks_before => {
                    Value::Object(fields.clone())
                }
                _ => Value::Null,
            },
            effect: if creates {
                Effect::Create
            } else {
                tool.entry.effect
            },
            high_impact: tool.entry.high_impact,
            areas: tool.entry.areas.iter().copied().collect(),
            guards: Vec::new(),
            why: Vec::new(),
            unknowns: Vec::new(),
            reaches_out: false,
            given_up: None,
            currency_at: BTreeSet::new(),
            usual_currency: None,
        }
    }

    pub(super) fn unknown<T: Default>(&mut self, why: String) -> T {
        self.unknowns.push(why);
        T::default()
    }

    pub(super) fn run(&self, filter: &Filter) -> Result<Value, String> {
        if let Some(why) = self.given_up {
            return Err(why.to_owned());
        }
        self.run_on(filter, self.arguments)
    }

    /// Runs a filter over other arguments than the call's.
    pub(super) fn run_on(&self, filter: &Filter, arguments: &Value) -> Result<Value, String> {
        filter
            .run(arguments, &self.before_value, &Value::Null)
            .map_err(|error| error.to_string())
    }

    /// A write that ought to be conditional and cannot be is not like one that is.
    fn version(&mut self) {
        let unmarked = matches!(self.before, BeforeImage::Read { version: None, .. });
        if self.tool.entry.condition.is_some() && unmarked {
            self.unknowns.push(
                "the record was read without a version mark, so the write cannot depend on it"
                    .to_owned(),
            );
        }
    }

    /// Whether a condition holds. One that fails, or gives neither true nor false, counts as one that
    /// says yes.
    fn says_yes(&mut self, filter: &Filter) -> bool {
        let failed = match self.run(filter) {
            Ok(Value::Bool(yes)) => return yes,
            Ok(other) => format!(
                "filter `{}` gave {other}, not true or false",
                filter.source()
            ),
            Err(why) => why,
        };
        self.unknowns.push(failed);
        true
    }

    /// Whether a filter asks for a record that nobody could read: what it says then means nothing.
    fn asks_in_vain(&self, filter: &Filter) -> bool {
        let read = matches!(self.before, BeforeImage::Read { .. } | BeforeImage::Missing);
        !read && filter.source().contains("$before")
    }

    pub(super) fn raise(&mut self) {
        let tool = self.tool;
        for (rule, filter) in tool.entry.raise.iter().zip(&tool.raise) {
            if !self.asks_in_vain(filter) && !self.says_yes(filter) {
                continue;
            }
            self.areas.extend(&rule.areas);
            self.high_impact |= rule.high_impact;
            if let Some(effect) = rule
                .effect
                .filter(|effect| effect.severity() > self.effect.severity())
            {
                self.effect = effect;
            }
        }
    }

    /// The pack's own rules. One that asks for a record nobody could read cannot be checked: a person
    /// has to, so it holds.
    fn guard(&mut self) {
        let tool = self.tool;
        for (rule, filter) in &tool.guards {
            let (then, text) = if self.asks_in_vain(filter) {
                let text = format!("The record could not be read to check this: {}", rule.text);
                (Then::Hold, text)
            } else if self.says_yes(filter) {
                (rule.then, rule.text.clone())
            } else {
                continue;
            };
            self.guards.push(Guarded {
                id: rule.id.clone(),
                then,
                text,
            });
        }
    }

    /// A read at an address carries what stands in the address there, and brings back what anybody wrote.
    fn reach(&mut self) {
        if self.effect != Effect::Read || self.tool.strange_hosts(self.arguments).is_empty() {
            return;
        }
        self.reaches_out = true;
        self.guards.push(Guarded {
            id: HOST_NOT_ALLOWED.to_owned(),
            then: Then::Hold,
            text: "It reads at an address that the agent chose, at none of the hosts that are allowed."
                .to_owned(),
        });
    }

    /// A record that is not read because reading it would reach outside the system is not known.
    fn unread(&mut self) {
        if *self.before == BeforeImage::NotReadable
            && let Some(why) = self.tool.outside(self.arguments)
        {
            self.unknowns.push(why);
        }
    }

    fn changes(&mut self) -> Vec<FieldChange> {
        if self.effect == Effect::Read {
            return Vec::new();
        }
        if self.effect == Effect::Delete && self.tool.changes.is_none() {
            return self.deleted();
        }
        let Some(filter) = &self.tool.changes else {
            return Vec::new();
        };
        let fields = match self.run(filter) {
            Ok(Value::Object(fields)) => fields,
            Ok(other) => {
                return self.unknown(format!(
                    "filter `{}` gave {other}, not fields",
                    filter.source()
                ));
            }
            Err(why) => return self.unknown(why),
        };
        let several = &self.tool.several;
        let found = if several.as_ref().is_some_and(|filter| self.says_yes(filter)) {
            self.of_several(fields)
        } else {
            let old = match self.before {
                BeforeImage::Read { fields, .. } => Some(fields),
                _ => None,
            };
            self.of_one(None, fields, old)
        };
        found
            .into_iter()
            .filter(|change| !(change.old_known && equal(&change.old, &change.new)))
            .collect()
    }

    /// The changes to several records: `records` is record id → field → new value.
    fn of_several(&mut self, records: Map<String, Value>) -> Vec<FieldChange> {
        self.guards.push(Guarded {
            id: SEVERAL_RECORDS.to_owned(),
            then: Then::Hold,
            text: format!(
                "It changes {} records at once, so a person looks at them together.",
                records.len()
            ),
        });
        let mut found = Vec::new();
        for (id, fields) in records {
            let Value::Object(fields) = fields else {
                self.unknowns
                    .push(format!("what changes of record `{id}` is not known"));
                continue;
            };
            let old = match self.before {
                BeforeImage::Read { fields, .. } => fields.get(&id).and_then(Value::as_object),
                _ => None,
            };
            if old.is_none() && self.effect != Effect::Create {
                self.unknowns.push(format!("record `{id}` was not read"));
            }
            found.extend(self.of_one(Some(&id), fields, old));
        }
        found
    }

    fn of_one(
        &self,
        record: Option<&String>,
        fields: Map<String, Value>,
        old: Option<&Map<String, Value>>,
    ) -> Vec<FieldChange> {
        let entry = &self.tool.entry;
        let left_out = |field: &String| {
            let read = entry.read.as_ref();
            read.is_some_and(|read| read.absent == Absent::Blank) && lists(&entry.fields, field)
        };
        let now = |field: &String| match old {
            Some(old) => (
                old.get(field).cloned().unwrap_or(Value::Null),
                // What a call makes is not there before.
                old.contains_key(field) || self.makes() || left_out(field),
            ),
            None => (Value::Null, self.effect == Effect::Create),
        };
        fields
            .into_iter()
            .map(|(field, new)| {
                let (old, old_known) = now(&field);
                FieldChange {
                    record: record.cloned(),
                    critical: critical::is_critical(&entry.critical, &field, (&old, &new)),
                    field,
                    old,
                    new,
                    old_known,
                }
            })
            .collect()
    }

    fn deleted(&self) -> Vec<FieldChange> {
        let BeforeImage::Read { fields, .. } = self.before else {
            return Vec::new();
        };
        fields
            .iter()
            .filter(|(_, old)| !blank(old))
            .map(|(field, old)| FieldChange {
                record: None,
                field: field.clone(),
                old: old.clone(),
                new: Value::Null,
                old_known: true,
                critical: critical::is_critical(
                    &self.tool.entry.critical,
                    field,
                    (old, &Value::Null),
                ),
            })
            .collect()
    }

    /// The call's texts, one after another; `None` when the pack names none.
    fn text(&self) -> Result<Option<String>, String> {
        let Some(filter) = &self.tool.text else {
            return Ok(None);
        };
        let mut text = String::new();
        texts(&self.run(filter)?, &mut text);
        Ok(Some(text))
    }

    fn sensitive(&mut self, message: Option<&Message>, decoded: &[Decoded]) -> BTreeSet<String> {
        let mut text = match self.text() {
            Ok(text) => text.unwrap_or_default(),
            Err(why) => self.unknown(why),
        };
        said(message, decoded, &mut text);
        sensitive::categories(&text)
    }

    fn areas(&mut self, changes: &[FieldChange], sensitive: bool) {
        for change in changes {
            if let Some(areas) = self.tool.entry.field_areas.get(&change.field) {
                self.areas.extend(areas);
            }
        }
        match self.effect {
            Effect::Merge | Effect::Delete => self.areas.insert(Area::MergeDelete),
            Effect::Send => self.areas.insert(Area::CustomerMessage),
            Effect::Pay => self.areas.insert(Area::ContractInvoicePaymentLegal),
            Effect::Admin => self.areas.insert(Area::Admin),
            _ => false,
        };
        if sensitive {
            self.areas.insert(Area::SupportSensitive);
        }
    }
}

/// Whether a value says nothing: a field that has it is blank.
pub fn blank(value: &Value) -> bool {
    crate::judge::review::is_blank(Some(value))
}

/// A redacted value equals nothing: what was there is hidden, and whoever sends the mark itself as the
/// new value overwrites the secret with it.
fn equal(old: &Value, new: &Value) -> bool {
    (number::equal(old, new) && !has_mark(new)) || (blank(old) && blank(new))
}

/// Whether something of a value is hidden.
pub fn has_mark(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(REDACTED),
        Value::Array(items) => items.iter().any(has_mark),
        Value::Object(fields) => fields.values().any(has_mark),
        _ => false,
    }
}

/// Adds what a call says in messages and encoded texts.
fn said(message: Option<&Message>, decoded: &[Decoded], text: &mut String) {
    let of_decoded = decoded.iter().map(|decoded| &decoded.message);
    for part in message
        .into_iter()
        .chain(of_decoded)
        .flat_map(Message::texts)
    {
        text.push_str(part);
        text.push('\n');
    }
}

fn texts(value: &Value, text: &mut String) {
    match value {
        Value::String(part) => {
            text.push_str(part);
            text.push('\n');
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, text)),
        Value::Object(fields) => fields.values().for_each(|item| texts(item, text)),
        _ => {}
    }
}
