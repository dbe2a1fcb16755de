//! Looking: which record a call touches, how to read it, and the image that the answer gives.

use super::compiled::{CompiledPack, CompiledTool, LONGEST_SETTLING_S};
use super::filter::Filter;
use super::identity;
use super::redact::Redactor;
use super::{BeforeImage, Effect, RecordRef};
use crate::number;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

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

/// What an answer says of the call, by the pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Nothing against it: it was done.
    Done,
    /// That nothing was done.
    Refused,
    /// Something that does not tell whether it was done: one sentence why.
    Unclear(String),
}

impl CompiledPack {
    /// What an answer says of the call it answers, besides being marked as an error or not.
    pub fn answered(&self, arguments: &Value, result: &Value) -> Answered {
        let Some(filter) = &self.failed else {
            return Answered::Done;
        };
        match filter.run_over(&answer(result), arguments) {
            Ok(Value::Bool(false)) => Answered::Done,
            Ok(Value::Bool(true)) => Answered::Refused,
            Ok(other) => Answered::Unclear(format!(
                "filter `{}` gave {other}, not true or false",
                filter.source()
            )),
            Err(error) => Answered::Unclear(error.to_string()),
        }
    }
}

impl CompiledTool {
    /// The record's id as a call spells it.
    pub fn given(&self, arguments: &Value) -> Result<Option<String>, String> {
        let Some(filter) = self.entry.record.as_ref().and(self.record_id.as_ref()) else {
            return Ok(None);
        };
        match run(filter, arguments)? {
            Value::String(id) if !id.is_empty() => Ok(Some(id)),
            Value::Number(id) => Ok(Some(number::id(&id))),
            other => Err(format!(
                "filter `{}` gave {other}, which is no record id",
                filter.source()
            )),
        }
    }

    /// Whether the pack says how a reading names the record.
    pub fn reads_id(&self) -> bool {
        self.read.as_ref().is_some_and(|read| read.id.is_some())
    }

    /// The record a call touches, by its arguments alone.
    pub fn record(&self, system: &str, arguments: &Value) -> Result<Option<RecordRef>, String> {
        let (Some(rule), Some(given)) = (&self.entry.record, self.given(arguments)?) else {
            return Ok(None);
        };
        let id = identity::normal(&rule.normal, &given);
        let record_type = match self
            .record_type
            .as_ref()
            .map(|filter| run(filter, arguments))
        {
            None => rule.record_type.clone(),
            Some(Ok(Value::String(kind))) if !kind.is_empty() => kind,
            Some(Ok(other)) => return Err(format!("{other} is no kind of record")),
            Some(Err(why)) => return Err(why),
        };
        Ok(Some(RecordRef {
            system: system.to_owned(),
            record_type,
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

    /// How long after a write a reading may still show the record as it was before.
    pub fn settles(&self) -> std::time::Duration {
        let seconds = self.entry.settles_within_s.unwrap_or_default();
        std::time::Duration::from_secs(seconds.min(LONGEST_SETTLING_S))
    }

    /// The image when nothing can be read: none is needed, or the pack does not say how.
    pub fn without_read(&self) -> BeforeImage {
        match self.entry.effect {
            Effect::Read | Effect::Create | Effect::Draft => BeforeImage::NotNeeded,
            _ if self.entry.record.is_none() => BeforeImage::NotNeeded,
            _ => BeforeImage::NotReadable,
        }
    }

    /// The record's image from the reading tool's answer to a call with these arguments, redacted.
    pub fn before_image(
        &self,
        arguments: &Value,
        result: &Value,
        redactor: &Redactor,
    ) -> BeforeImage {
        let (Some(rule), Some(read)) = (&self.entry.read, &self.read) else {
            return BeforeImage::NotReadable;
        };
        if result["isError"] == json!(true) {
            let text = result["content"][0]["text"].as_str().unwrap_or_default();
            let missing = rule.missing.as_ref();
            let missing = missing.is_some_and(|mark| says_missing(mark, text, arguments));
            return if missing {
                BeforeImage::Missing
            } else {
                BeforeImage::Failed {
                    why: "the system answered with an error".to_owned(),
                }
            };
        }
        let answer = answer(result);
        let over = |filter: &Filter| {
            filter
                .run_over(&answer, arguments)
                .map_err(|error| error.to_string())
        };
        let version = match read.version.as_ref().map(over) {
            None | Some(Ok(Value::Null)) => None,
            Some(Ok(Value::String(mark))) => Some(mark),
            Some(Ok(mark)) => Some(mark.to_string()),
            Some(Err(why)) => return BeforeImage::Failed { why },
        };
        let id = match read.id.as_ref().map(over) {
            None | Some(Ok(Value::Null)) => None,
            Some(Ok(Value::String(id))) if !id.is_empty() => Some(id),
            Some(Ok(Value::Number(id))) => Some(number::id(&id)),
            // An answer without a record has no id either: its fields say so.
            Some(Err(_)) if over(&read.fields) == Ok(Value::Null) => None,
            Some(Ok(other)) => {
                let why = format!("{other} is no record id");
                return BeforeImage::Failed { why };
            }
            Some(Err(why)) => return BeforeImage::Failed { why },
        };
        match over(&read.fields) {
            Ok(Value::Object(fields)) => match redactor.redact(&Value::Object(fields)) {
                Value::Object(fields) => BeforeImage::Read {
                    fields,
                    version,
                    id,
                },
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

/// Whether an error says that there is no such record. A status stands at its beginning. What the call's own
/// arguments could have put there says nothing: systems repeat them in their errors.
fn says_missing(mark: &str, text: &str, arguments: &Value) -> bool {
    let says = if mark.starts_with("HTTP ") {
        text.starts_with(mark)
    } else {
        text.contains(mark)
    };
    says && !could_echo(arguments, &mark.to_lowercase())
}

/// Whether a text among the arguments holds the mark, as it stands there or percent-encoded, in any case.
fn could_echo(value: &Value, mark: &str) -> bool {
    match value {
        Value::String(text) => {
            let mut text = text.to_lowercase();
            for _ in 0..3 {
                if text.contains(mark) {
                    return true;
                }
                text = percent_decode_str(&text).decode_utf8_lossy().to_lowercase();
            }
            text.contains(mark)
        }
        Value::Array(items) => items.iter().any(|item| could_echo(item, mark)),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, item)| key.to_lowercase().contains(mark) || could_echo(item, mark)),
        _ => false,
    }
}

fn run(filter: &Filter, arguments: &Value) -> Result<Value, String> {
    filter
        .run(arguments, &Value::Null, &Value::Null)
        .map_err(|error| error.to_string())
}
