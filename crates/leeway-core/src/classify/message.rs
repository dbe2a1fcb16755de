//! The message a call sends, as its recipients get it, and what else of the call is encoded.

use super::Effect;
use super::account::leaf::{self, DEEPEST_TEXT, Leaf};
use super::account::trial::Trial;
use super::classified::Work;
use super::compiled::CompiledMessage;
use super::filter::Filter;
use crate::message::{Attachment, Decoded, Message, Part, encoded, html, mime, tree};
use serde_json::Value;
use std::collections::BTreeSet;

/// Most arguments that are decoded beside the call.
const MOST_DECODED: usize = 20;
/// Most encoded arguments of which it is tried whether the message shows them.
const MOST_TRIED: usize = 100;
/// How deep arguments are looked into.
const DEPTH: usize = 64;

impl Work<'_> {
    /// The message, by the pack's rule. What of it cannot be shown is unknown.
    pub(super) fn message(&mut self) -> Option<Message> {
        let tool = self.tool;
        let rule = tool.message.as_ref()?;
        if self.effect == Effect::Read {
            return None;
        }
        let mut message = match self.whole(rule) {
            Ok(message) => message,
            Err(why) => {
                self.unknowns.push(why.clone());
                let mut message = Message::default();
                message.opaque.push("it cannot be read".to_owned());
                return Some(message);
            }
        };
        if let Err(why) = self.parts(rule, &mut message) {
            self.unknowns.push(why);
            message.opaque.push("not all of it can be read".to_owned());
        }
        message.opaque.extend(rule.lacks.clone());
        if message.is_empty() {
            message.opaque.push("nothing of it was found".to_owned());
        }
        for why in &message.opaque {
            self.unknowns
                .push(format!("the message cannot be shown whole: {why}"));
        }
        Some(message)
    }

    /// The message as far as the call or its record has it in one piece.
    fn whole(&self, rule: &CompiledMessage) -> Result<Message, String> {
        if let Some(filter) = &rule.raw {
            match self.run(filter)? {
                Value::Null => {}
                Value::String(raw) if !raw.trim().is_empty() => return Ok(of_raw(&raw)),
                _ => return Err(format!("filter `{}` gave no message", filter.source())),
            }
        }
        if let Some(filter) = &rule.tree {
            match self.run(filter)? {
                Value::Null => {}
                tree @ Value::Object(_) => return Ok(tree::message(&tree)),
                _ => return Err(format!("filter `{}` gave no message", filter.source())),
            }
        }
        if (rule.raw.is_some() || rule.tree.is_some()) && !rule.has_parts() {
            return Err("the message is not in what was read".to_owned());
        }
        Ok(Message::default())
    }

    /// What the call says of it part by part.
    fn parts(&self, rule: &CompiledMessage, message: &mut Message) -> Result<(), String> {
        let texts = |filter: &Option<Filter>| match filter {
            Some(filter) => self.run(filter).and_then(|value| list(filter, &value)),
            None => Ok(Vec::new()),
        };
        message.from.extend(texts(&rule.from)?);
        message.to.extend(texts(&rule.to)?);
        message.cc.extend(texts(&rule.cc)?);
        message.bcc.extend(texts(&rule.bcc)?);
        message.reply_to.extend(texts(&rule.reply_to)?);
        if let Some(subject) = texts(&rule.subject)?.into_iter().next() {
            message.subject = Some(subject);
        }
        for text in texts(&rule.text)? {
            message.add_part(Part::plain(text));
        }
        for text in texts(&rule.chat)? {
            message.add_part(Part::chat(text));
        }
        for text in texts(&rule.html)? {
            html::add(message, &text, None);
        }
        if let Some(filter) = &rule.attachments {
            let value = self.run(filter)?;
            for one in several(&value) {
                attach(message, one);
            }
        }
        message.compare();
        Ok(())
    }

    /// What is encoded in the call's arguments, besides a message. What is not looked at is unknown.
    pub(super) fn decoded(&mut self) -> Vec<Decoded> {
        // A read's cursors and tokens say nothing to anybody.
        if self.effect == Effect::Read {
            return Vec::new();
        }
        let mut search = Search {
            work: self,
            path: Vec::new(),
            texts: Vec::new(),
            tried: 0,
            found: Vec::new(),
            missed: BTreeSet::new(),
        };
        search.look(self.arguments, "");
        let Search { found, missed, .. } = search;
        self.unknowns.extend(missed.into_iter().map(str::to_owned));
        for one in &found {
            for why in &one.message.opaque {
                self.unknowns
                    .push(format!("`{}` cannot be shown whole: {why}", one.path));
            }
        }
        found
    }

    /// Whether the message shows a leaf as its recipients get it.
    fn in_message(&self, leaf: &Leaf) -> bool {
        let Some(rule) = &self.tool.message else {
            return false;
        };
        let mut trial = Trial::new(self, leaf);
        rule.recipients().chain(rule.content()).any(|filter| {
            filter.hands_on(&leaf.path) || trial.moves(filter) && !trial.collects(filter)
        })
    }
}

/// A search for what is encoded.
struct Search<'a> {
    work: &'a Work<'a>,
    path: Vec<String>,
    /// How many steps of the path lead to each JSON text around.
    texts: Vec<usize>,
    /// How many encoded texts were looked at.
    tried: usize,
    found: Vec<Decoded>,
    /// What was not looked at, for people.
    missed: BTreeSet<&'static str>,
}

impl Search<'_> {
    fn look(&mut self, value: &Value, shown: &str) {
        if self.path.len() >= DEPTH && (value.is_object() || value.is_array()) {
            self.missed
                .insert("its arguments are nested deeper than they are looked into");
            return;
        }
        match value {
            Value::String(text) => self.text(text, shown),
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    self.step(at.to_string(), item, &format!("{shown}[{at}]"));
                }
            }
            Value::Object(fields) => {
                let dot = if shown.is_empty() { "" } else { "." };
                for (name, item) in fields {
                    self.step(name.clone(), item, &format!("{shown}{dot}{name}"));
                }
            }
            _ => {}
        }
    }

    fn step(&mut self, step: String, item: &Value, shown: &str) {
        self.path.push(step);
        self.look(item, shown);
        self.path.pop();
    }

    fn text(&mut self, text: &str, shown: &str) {
        if let Some(held) = leaf::held(text) {
            if self.texts.len() >= DEEPEST_TEXT {
                self.missed
                    .insert("texts in its arguments hold others deeper than they are looked into");
                return;
            }
            self.texts.push(self.path.len());
            self.look(&held, shown);
            self.texts.pop();
            return;
        }
        if leaf::names_twice(text) {
            self.missed
                .insert("a text in its arguments names a member twice, and readers differ in which they take");
        }
        let Some(message) = encoded::said(text) else {
            return;
        };
        self.tried += 1;
        if self.tried > MOST_TRIED || self.found.len() >= MOST_DECODED {
            self.missed
                .insert("more of its arguments are encoded than are decoded");
            return;
        }
        let leaf = Leaf {
            path: self.path.clone(),
            texts: self.texts.clone(),
            value: Value::String(text.to_owned()),
            encloses_text: false,
        };
        if !self.work.in_message(&leaf) {
            if message.texts().any(|text| encoded::said(text).is_some()) {
                self.missed
                    .insert("what is encoded in its arguments is encoded more than once");
            }
            self.found.push(Decoded {
                path: shown.to_owned(),
                message,
            });
        }
    }
}

impl CompiledMessage {
    fn has_parts(&self) -> bool {
        let recipients = self.recipients().next().is_some();
        recipients || self.text.is_some() || self.html.is_some() || self.chat.is_some()
    }
}

/// A message as text, or in base64.
fn of_raw(raw: &str) -> Message {
    let fits =
        |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c) || c.is_ascii_whitespace();
    if !raw.chars().all(fits) {
        return mime::message(raw.as_bytes());
    }
    match encoded::base64(raw) {
        Some(bytes) => mime::message(&bytes),
        None => Message::opaque("it is encoded in a way that cannot be read"),
    }
}

fn several(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

fn list(filter: &Filter, value: &Value) -> Result<Vec<String>, String> {
    several(value)
        .iter()
        .filter(|one| !one.is_null())
        .map(|one| match one {
            Value::String(text) => Ok(text.clone()),
            Value::Number(number) => Ok(number.to_string()),
            other => Err(format!(
                "filter `{}` gave {other}, no text",
                filter.source()
            )),
        })
        .filter(|text| text.as_ref().map_or(true, |text| !text.trim().is_empty()))
        .collect()
}

/// Adds an attachment: a name, or an object that says more of it.
fn attach(message: &mut Message, one: &Value) {
    let text = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| one[*key].as_str());
        found.unwrap_or_default().to_owned()
    };
    let mut attachment = match one {
        Value::String(name) => Attachment {
            name: name.clone(),
            media_type: String::new(),
            size: None,
        },
        _ => Attachment {
            name: text(&["name", "filename", "fileName", "title"]),
            media_type: text(&["type", "mimeType", "contentType", "content_type"]),
            size: one["size"].as_u64(),
        },
    };
    let content = one["content"].as_str().and_then(encoded::base64);
    attachment.size = attachment
        .size
        .or(content.as_ref().map(|bytes| bytes.len() as u64));
    match content {
        Some(bytes) => message.add_file(attachment, &bytes),
        None => message.add_unread(attachment),
    }
}
