//! Classification: what one call would really do. Total: whatever cannot be worked out is noted as
//! unknown, which raises the level and holds the call.

use super::compiled::CompiledTool;
use super::filter::Filter;
use super::pack::UndoRule;
use super::redact::{REDACTED, Redactor};
use super::{
    Area, BeforeImage, Classified, Effect, FieldChange, Level, RecordRef, UndoPlan, sensitive,
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Key of an answer's `_meta` under which a system by OpenAPI document tells of the HTTP answer:
/// `status`, and those of the headers `etag`, `last-modified`, `location` that were there.
pub const HTTP_META: &str = "io.leeway/http";

/// An MCP answer as filters see it: with its first text parsed into `.json` when it is JSON, and
/// status and headers of an HTTP answer in `.http`.
pub fn answer(result: &Value) -> Value {
    let mut answer = result.clone();
    let parsed = result["content"]
        .as_array()
        .and_then(|blocks| blocks.first())
        .and_then(|block| block["text"].as_str())
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    let http = result["_meta"][HTTP_META].clone();
    if let Some(object) = answer.as_object_mut() {
        object.insert("json".to_owned(), parsed.unwrap_or(Value::Null));
        object.insert("http".to_owned(), http);
    }
    answer
}

impl CompiledTool {
    /// The record a call touches.
    pub fn record(&self, system: &str, arguments: &Value) -> Result<Option<RecordRef>, String> {
        let (Some(rule), Some(filter)) = (&self.entry.record, &self.record_id) else {
            return Ok(None);
        };
        let id = match run(filter, arguments)? {
            Value::String(id) if !id.is_empty() => id,
            Value::Number(id) => id.to_string(),
            other => {
                return Err(format!(
                    "filter `{}` gave {other}, which is no record id",
                    filter.source()
                ));
            }
        };
        Ok(Some(RecordRef {
            system: system.to_owned(),
            record_type: rule.record_type.clone(),
            id,
        }))
    }

    /// The call that reads the record: the system's tool and its arguments. `None` when the pack
    /// does not say how.
    pub fn read_call(&self, arguments: &Value) -> Option<Result<(String, Value), String>> {
        let (rule, read) = (self.entry.read.as_ref()?, self.read.as_ref()?);
        Some(match run(&read.arguments, arguments) {
            Ok(value @ Value::Object(_)) => Ok((rule.tool.clone(), value)),
            Ok(other) => Err(format!(
                "filter `{}` gave {other}, which are no arguments",
                read.arguments.source()
            )),
            Err(why) => Err(why),
        })
    }

    /// The image when nothing can be read: none is needed, or the pack does not say how.
    pub fn without_read(&self) -> BeforeImage {
        match self.entry.effect {
            Effect::Read | Effect::Create | Effect::Draft => BeforeImage::NotNeeded,
            _ if self.entry.record.is_none() => BeforeImage::NotNeeded,
            _ => BeforeImage::NotReadable,
        }
    }

    /// The record's image from the reading tool's answer, redacted.
    pub fn before_image(&self, result: &Value, redactor: &Redactor) -> BeforeImage {
        let (Some(rule), Some(read)) = (&self.entry.read, &self.read) else {
            return BeforeImage::NotReadable;
        };
        if result["isError"] == json!(true) {
            let text = result["content"][0]["text"].as_str().unwrap_or_default();
            let missing = rule
                .missing
                .as_ref()
                .is_some_and(|mark| text.contains(mark.as_str()));
            return if missing {
                BeforeImage::Missing
            } else {
                BeforeImage::Failed {
                    why: "the system answered with an error".to_owned(),
                }
            };
        }
        let answer = answer(result);
        let version = match read.version.as_ref().map(|filter| run(filter, &answer)) {
            None | Some(Ok(Value::Null)) => None,
            Some(Ok(Value::String(mark))) => Some(mark),
            Some(Ok(mark)) => Some(mark.to_string()),
            Some(Err(why)) => return BeforeImage::Failed { why },
        };
        match run(&read.fields, &answer) {
            Ok(Value::Object(fields)) => match redactor.redact(&Value::Object(fields)) {
                Value::Object(fields) => BeforeImage::Read { fields, version },
                _ => BeforeImage::NotReadable,
            },
            Ok(Value::Null) => BeforeImage::Missing,
            Ok(_) => BeforeImage::Failed {
                why: format!("filter `{}` gave no object", read.fields.source()),
            },
            Err(why) => BeforeImage::Failed { why },
        }
    }
}

fn run(filter: &Filter, arguments: &Value) -> Result<Value, String> {
    filter
        .run(arguments, &Value::Null, &Value::Null)
        .map_err(|error| error.to_string())
}

/// Works out what a call would really do.
pub fn classify(
    tool: &CompiledTool,
    system: &str,
    arguments: &Value,
    before: &BeforeImage,
) -> Classified {
    let mut work = Work::new(tool, arguments, before);
    let record = tool
        .record(system, arguments)
        .unwrap_or_else(|why| work.unknown(why));
    work.version();
    work.raise();
    let changes = work.changes();
    let amount_cents = work.amount();
    let sensitive = work.sensitive();
    work.areas(&changes, !sensitive.is_empty());
    let level = work.level(&changes);
    let undo = work.undo();
    Classified {
        effect: work.effect,
        level,
        record,
        areas: work.areas,
        changes,
        amount_cents,
        amount_expected: tool.amount_cents.is_some(),
        undo,
        sensitive,
        why: work.why,
        unknowns: work.unknowns,
    }
}

struct Work<'a> {
    tool: &'a CompiledTool,
    arguments: &'a Value,
    before: &'a BeforeImage,
    before_value: Value,
    effect: Effect,
    areas: BTreeSet<Area>,
    why: Vec<String>,
    unknowns: Vec<String>,
}

impl<'a> Work<'a> {
    fn new(tool: &'a CompiledTool, arguments: &'a Value, before: &'a BeforeImage) -> Self {
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
            areas: tool.entry.areas.iter().copied().collect(),
            why: Vec::new(),
            unknowns: Vec::new(),
        }
    }

    fn unknown<T: Default>(&mut self, why: String) -> T {
        self.unknowns.push(why);
        T::default()
    }

    fn run(&self, filter: &Filter) -> Result<Value, String> {
        filter
            .run(self.arguments, &self.before_value, &Value::Null)
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

    /// A filter that fails counts as one that says yes.
    fn raise(&mut self) {
        let tool = self.tool;
        for (rule, filter) in tool.entry.raise.iter().zip(&tool.raise) {
            let raised = match self.run(filter) {
                Ok(Value::Bool(raised)) => raised,
                Ok(other) => {
                    self.unknowns.push(format!(
                        "filter `{}` gave {other}, not true or false",
                        filter.source()
                    ));
                    true
                }
                Err(why) => {
                    self.unknowns.push(why);
                    true
                }
            };
            if !raised {
                continue;
            }
            self.areas.extend(&rule.areas);
            if let Some(effect) = rule
                .effect
                .filter(|effect| severity(*effect) > severity(self.effect))
            {
                self.effect = effect;
            }
        }
    }

    fn changes(&mut self) -> Vec<FieldChange> {
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
        fields
            .into_iter()
            .map(|(field, new)| self.change(field, new))
            .filter(|change| !(change.old_known && equal(&change.old, &change.new)))
            .collect()
    }

    fn change(&self, field: String, new: Value) -> FieldChange {
        let (old, old_known) = match self.before {
            BeforeImage::Read { fields, .. } => {
                (fields.get(&field).cloned().unwrap_or(Value::Null), true)
            }
            _ => (Value::Null, self.effect == Effect::Create),
        };
        FieldChange {
            critical: self.tool.entry.critical.contains(&field),
            field,
            old,
            new,
            old_known,
        }
    }

    fn deleted(&self) -> Vec<FieldChange> {
        let BeforeImage::Read { fields, .. } = self.before else {
            return Vec::new();
        };
        fields
            .iter()
            .filter(|(_, old)| !blank(old))
            .map(|(field, old)| FieldChange {
                field: field.clone(),
                old: old.clone(),
                new: Value::Null,
                old_known: true,
                critical: self.tool.entry.critical.contains(field),
            })
            .collect()
    }

    fn amount(&mut self) -> Option<i64> {
        let filter = self.tool.amount_cents.as_ref()?;
        match self.run(filter) {
            Ok(Value::Number(number)) if number.as_i64().is_some_and(|cents| cents >= 0) => {
                number.as_i64()
            }
            Ok(other) => self.unknown(format!(
                "filter `{}` gave {other}, not an amount in whole cents",
                filter.source()
            )),
            Err(why) => self.unknown(why),
        }
    }

    fn sensitive(&mut self) -> BTreeSet<String> {
        let Some(filter) = &self.tool.text else {
            return BTreeSet::new();
        };
        match self.run(filter) {
            Ok(value) => {
                let mut text = String::new();
                texts(&value, &mut text);
                sensitive::categories(&text)
            }
            Err(why) => self.unknown(why),
        }
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

    fn level(&mut self, changes: &[FieldChange]) -> Level {
        let level = match self.effect {
            Effect::Read => self.say(Level::ReadOnly, "It only reads."),
            Effect::Draft => self.say(
                Level::DraftOnly,
                "It makes a draft that has no effect until a person sends it.",
            ),
            Effect::Create if self.tool.entry.high_impact => self.say(
                Level::HighImpact,
                "It creates a record of a kind that is not low-risk.",
            ),
            Effect::Create => self.created(changes),
            // Raised from a create that is not low-risk, it does not become lighter.
            Effect::Update if self.tool.entry.high_impact => {
                self.updated(changes).max(Level::HighImpact)
            }
            Effect::Update => self.updated(changes),
            Effect::Merge => self.say(Level::HighImpact, "It merges records."),
            Effect::Delete => self.say(Level::HighImpact, "It deletes a record."),
            Effect::Admin => self.say(Level::HighImpact, "It changes permissions or settings."),
            Effect::Execute => self.say(Level::HighImpact, "It can run anything."),
            Effect::Send => self.say(Level::External, "It reaches people outside the team."),
            Effect::Pay => self.say(Level::External, "It moves or promises money."),
        };
        if self.unknowns.is_empty() {
            return level;
        }
        self.say(
            level.max(Level::HighImpact),
            "Not everything about it could be worked out.",
        )
    }

    fn say(&mut self, level: Level, why: &str) -> Level {
        self.why.push(why.to_owned());
        level
    }

    fn created(&mut self, changes: &[FieldChange]) -> Level {
        if let Some(change) = changes
            .iter()
            .find(|change| change.critical && !blank(&change.new))
        {
            let why = format!(
                "It creates a record and sets `{}`, which is critical.",
                change.field
            );
            return self.say(Level::HighImpact, &why);
        }
        self.say(Level::LowRisk, "It adds a low-risk record.")
    }

    fn updated(&mut self, changes: &[FieldChange]) -> Level {
        // Without a filter nothing is known to stay as it is: a draft raised to an update has none.
        let compared = self.tool.changes.is_some();
        if changes.is_empty() && compared && matches!(self.before, BeforeImage::Read { .. }) {
            return self.say(
                Level::LowRisk,
                "It changes nothing: every field has that value already.",
            );
        }
        if changes.is_empty() {
            return self.say(Level::HighImpact, "Which fields it changes is not known.");
        }
        let mut level = Level::LowRisk;
        for change in changes {
            let (of_field, why) = self.field_level(change);
            self.why.push(why);
            level = level.max(of_field);
        }
        level
    }

    fn field_level(&self, change: &FieldChange) -> (Level, String) {
        let field = &change.field;
        if change.critical {
            return (Level::HighImpact, format!("`{field}` is critical."));
        }
        if !change.old_known {
            return (
                Level::HighImpact,
                format!("What `{field}` is now is not known, so this may overwrite it."),
            );
        }
        if blank(&change.old) {
            return (
                Level::LowRisk,
                format!("`{field}` is blank now and not critical."),
            );
        }
        if self.tool.entry.additive.contains(field) && only_gains(&change.old, &change.new) {
            return (Level::LowRisk, format!("`{field}` only gains members."));
        }
        (
            Level::HighImpact,
            format!("`{field}` has a value that would be overwritten."),
        )
    }

    /// Why the pack's way back does not lead back from here, if it does not.
    fn no_undo(&self) -> Option<&'static str> {
        let tool = self.tool;
        let raised = self.effect != tool.entry.effect;
        if raised && matches!(self.effect, Effect::Send | Effect::Pay) {
            return Some("with these arguments it reaches outside, and that cannot be called back");
        }
        let restores = tool
            .undo_arguments
            .as_ref()
            .is_some_and(|filter| filter.source().contains("$before"));
        match self.before {
            BeforeImage::Read { .. } => None,
            _ if !restores => None,
            BeforeImage::Missing => Some("there was nothing before that could be restored"),
            _ => Some("the record could not be read before, so its old values are not known"),
        }
    }

    fn undo(&self) -> UndoPlan {
        if let Some(why) = self.no_undo() {
            return UndoPlan::None {
                why: why.to_owned(),
            };
        }
        let arguments = self.tool.undo_arguments.as_ref().and_then(|filter| {
            match filter.run(self.arguments, &self.before_value, &Value::Null) {
                Ok(value @ Value::Object(_)) if !filter.source().contains("$result") => Some(value),
                _ => None,
            }
        });
        match &self.tool.entry.undo {
            _ if self.effect == Effect::Read => UndoPlan::NothingToUndo,
            None => UndoPlan::None {
                why: "the pack does not say how".to_owned(),
            },
            Some(UndoRule::None { why }) => UndoPlan::None { why: why.clone() },
            Some(UndoRule::Exact { tool, summary, .. }) => UndoPlan::Exact {
                tool: tool.clone(),
                arguments,
                summary: summary.clone(),
            },
            Some(UndoRule::Compensating { tool, summary, .. }) => UndoPlan::Compensating {
                tool: tool.clone(),
                arguments,
                summary: summary.clone(),
            },
        }
    }
}

fn severity(effect: Effect) -> (u8, Effect) {
    let level = match effect {
        Effect::Read => 1,
        Effect::Draft => 2,
        Effect::Create | Effect::Update => 3,
        Effect::Merge | Effect::Delete | Effect::Admin | Effect::Execute => 4,
        Effect::Send | Effect::Pay => 5,
    };
    (level, effect)
}

/// Whether a value says nothing: a field that has it is blank.
pub fn blank(value: &Value) -> bool {
    crate::judge::review::is_blank(Some(value))
}

/// A redacted value equals nothing: what was there is hidden, and whoever sends the mark itself as the
/// new value overwrites the secret with it.
fn equal(old: &Value, new: &Value) -> bool {
    (old == new && !has_mark(new)) || (blank(old) && blank(new))
}

fn has_mark(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains(REDACTED),
        Value::Array(items) => items.iter().any(has_mark),
        Value::Object(fields) => fields.values().any(has_mark),
        _ => false,
    }
}

fn only_gains(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::Array(old), Value::Array(new)) => old
            .iter()
            .all(|member| new.contains(member) && !has_mark(member)),
        _ => false,
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
