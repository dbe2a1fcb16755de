//! One record, one identity: two spellings of the same record are one record. In this order: what the
//! reading itself says (`read.id`), the pack's normal form (`record.normal`), the text as given. And what a
//! writing call has to itself, from the look to the outcome, so that no other spelling runs beside it.

use super::account::leaf::leaves;
use super::classified::Work;
use super::compiled::CompiledTool;
use super::{BeforeImage, Effect, RecordRef};
use crate::canonical;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use std::collections::HashMap;
use unicode_normalization::UnicodeNormalization;

/// Most values of which it is tried whether they name the record.
const MOST_TRIED: usize = 50;

/// A form in which all spellings of one id are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// A path: `.`, `..`, doubled and trailing slashes resolved, NFC. Case stays as it is. Where a folder is
    /// given relative, or is a link, only the system knows what it names: see [`Identity::Type`].
    Path,
    /// A UUID in any of its spellings.
    Uuid,
    /// Case does not matter.
    Lower,
    /// Space around it does not matter.
    Trim,
}

impl Form {
    /// The text in this form.
    pub fn of(self, text: &str) -> String {
        match self {
            Self::Path => path(text),
            Self::Uuid => uuid(text),
            // By upper case first, so that letters with two lower ones, and those that become two, are one.
            Self::Lower => {
                let upper: String = text.nfc().flat_map(char::to_uppercase).collect();
                upper.chars().flat_map(char::to_lowercase).collect()
            }
            Self::Trim => text.trim().to_owned(),
        }
    }
}

/// The text in all of these forms, one after another.
pub fn normal(forms: &[Form], text: &str) -> String {
    forms
        .iter()
        .fold(text.to_owned(), |text, form| form.of(&text))
}

fn path(text: &str) -> String {
    let text: String = text.nfc().collect();
    let rooted = text.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            // There is nothing above the root.
            ".." if rooted => {}
            part => parts.push(part),
        }
    }
    match (rooted, parts.is_empty()) {
        (true, _) => format!("/{}", parts.join("/")),
        (false, true) => ".".to_owned(),
        (false, false) => parts.join("/"),
    }
}

/// A text that is no UUID stays as it is. Wherever its hyphens stand: systems leave them out before they read it.
fn uuid(text: &str) -> String {
    let plain = text.trim().trim_start_matches('{').trim_end_matches('}');
    let plain = plain.strip_prefix("urn:uuid:").unwrap_or(plain);
    let digits: String = plain.chars().filter(|c| *c != '-').collect();
    uuid::Uuid::try_parse(&digits)
        .map_or_else(|_| text.to_owned(), |id| id.hyphenated().to_string())
}

/// One form, or a list of them.
pub(super) fn forms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Form>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Forms {
        One(Form),
        Several(Vec<Form>),
    }
    Ok(match Forms::deserialize(deserializer)? {
        Forms::One(form) => vec![form],
        Forms::Several(forms) => forms,
    })
}

/// How a writing tool's records are told from one another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Identity {
    /// They are not for certain: one write at a time for the whole kind of record.
    #[default]
    Type,
    /// By the pack's normal form; and by what the reading says, where it says it.
    Normal,
    /// By what the reading says.
    Read,
}

/// What a writing call has to itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Hold {
    /// Every record of a kind.
    Type {
        /// The system.
        system: String,
        /// Kind of record.
        record_type: String,
    },
    /// One record.
    Record(RecordRef),
}

impl Hold {
    /// Every record of its kind.
    #[must_use]
    pub fn kind(self) -> Self {
        match self {
            Self::Record(record) => Self::Type {
                system: record.system,
                record_type: record.record_type,
            },
            kind @ Self::Type { .. } => kind,
        }
    }
}

impl CompiledTool {
    /// What a call must have to itself before its record is looked at; `None` for a call that only reads.
    pub fn hold(&self, system: &str, arguments: &Value) -> Option<Hold> {
        if self.entry.gravest() == Effect::Read {
            return None;
        }
        let Some(rule) = &self.entry.record else {
            return Some(self.hold_of_new(system, arguments));
        };
        let record = self.record(system, arguments).ok().flatten();
        let record_type = rule.record_type.clone();
        Some(match (record, self.identity) {
            (Some(record), Identity::Type) => Hold::Record(record).kind(),
            (Some(record), _) => Hold::Record(record),
            (None, _) => Hold::Type {
                system: system.to_owned(),
                record_type,
            },
        })
    }

    /// What a call that names no record has to itself: the record that its way back would name, or else what
    /// it would make.
    fn hold_of_new(&self, system: &str, arguments: &Value) -> Hold {
        let made = self.makes.as_deref();
        let record_type = made
            .and_then(|made| made.entry.record.as_ref())
            .map_or_else(
                || canonical::hash(&self.entry.undo),
                |rule| rule.record_type.clone(),
            );
        let named = made.and_then(|made| Some((made, made.record(system, arguments).ok()??)));
        match named {
            Some((made, record)) if made.identity == Identity::Type => Hold::Record(record).kind(),
            Some((_, record)) => Hold::Record(record),
            None => Hold::Record(RecordRef {
                system: system.to_owned(),
                record_type,
                id: canonical::exact(&json!([&self.entry.effect, plain(arguments)])),
            }),
        }
    }

    /// What a call must have to itself instead, now that its record was looked at; `None` when it has it.
    pub fn hold_instead(&self, held: &Hold, seen: &BeforeImage) -> Option<Hold> {
        let Hold::Record(record) = held else {
            return None;
        };
        match (seen, self.identity) {
            (BeforeImage::Read { id: Some(id), .. }, _) => (*id != record.id).then(|| {
                Hold::Record(RecordRef {
                    id: id.clone(),
                    ..record.clone()
                })
            }),
            // Nothing says what the record is: another spelling may be the same one.
            (_, Identity::Read) => Some(held.clone().kind()),
            _ => None,
        }
    }

    /// Arguments by which two calls are told apart: the record's id in its one spelling, where the call
    /// names its record by it. The same text anywhere else is a value that the call writes.
    pub fn as_one(&self, arguments: &Value, record: Option<&RecordRef>) -> Option<Value> {
        let given = self.given(arguments).ok()??;
        let id = &record?.id;
        (given != *id).then(|| self.respelled(arguments, &given, id))
    }

    fn respelled(&self, arguments: &Value, given: &str, id: &str) -> Value {
        let before = BeforeImage::NotNeeded;
        let work = Work::new(self, arguments, &before);
        leaves(arguments, &self.entry.json)
            .into_iter()
            .filter(|leaf| spells(&leaf.value, given))
            .take(MOST_TRIED)
            .filter(|leaf| work.names_record(leaf))
            .fold(arguments.clone(), |respelled, leaf| {
                leaf.replaced(&respelled, Some(&json!(id)))
                    .unwrap_or(respelled)
            })
    }
}

/// Whether a value is an id, as text or as a number.
fn spells(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Number(number) => crate::number::id(number) == id,
        _ => false,
    }
}

/// Values without what makes no other record of them: case, Unicode form and space around.
fn plain(value: &Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(key, item)| (key.clone(), plain(item)))
            .collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::String(text) => json!(normal(&[Form::Trim, Form::Lower], text)),
        other => other.clone(),
    }
}

/// Works out how each writing tool of a pack tells its records apart. All that write the same kind of record
/// must agree, or two of them could take one record for two.
pub(super) fn settle(tools: &mut HashMap<String, CompiledTool>) {
    let kind = |tool: &CompiledTool| {
        let rule = tool.entry.record.as_ref()?;
        (tool.entry.gravest() != Effect::Read).then(|| rule.record_type.clone())
    };
    let mut forms: HashMap<String, Option<Vec<Form>>> = HashMap::new();
    let mut told: HashMap<String, (bool, bool)> = HashMap::new();
    for tool in tools.values() {
        let (Some(kind), Some(rule)) = (kind(tool), &tool.entry.record) else {
            continue;
        };
        let known = forms
            .entry(kind.clone())
            .or_insert_with(|| Some(rule.normal.clone()));
        if known.as_ref().is_some_and(|known| *known != rule.normal) {
            *known = None;
        }
        let said = told.entry(kind).or_default();
        if tool.reads_id() {
            said.0 = true;
        } else {
            said.1 = true;
        }
    }
    for tool in tools.values_mut() {
        let Some(kind) = kind(tool) else {
            continue;
        };
        let agreed = forms.get(&kind).and_then(Option::as_deref);
        let certain = agreed.is_some_and(|forms| !forms.is_empty() && !forms.contains(&Form::Path));
        let (some_told, some_not) = told.get(&kind).copied().unwrap_or_default();
        tool.identity = match (tool.reads_id(), certain) {
            (false, _) if some_told => Identity::Type,
            (_, true) => Identity::Normal,
            (true, false) if !some_not => Identity::Read,
            _ => Identity::Type,
        };
    }
    let makes: Vec<(String, CompiledTool)> = tools
        .iter()
        .filter(|(_, tool)| tool.entry.record.is_none())
        .filter_map(|(name, tool)| Some((name.clone(), tools.get(tool.entry.way_back()?)?.clone())))
        .collect();
    for (name, made) in makes {
        if let Some(tool) = tools.get_mut(&name) {
            tool.makes = Some(Box::new(made));
        }
    }
}
