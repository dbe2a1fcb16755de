//! The request a call makes: where each argument goes, and how it is written there.

use super::operation::{Content, Media, Operation};
use super::parameter::{Parameter, Style, Where};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

/// Everything but RFC 3986's unreserved characters is escaped, so that no argument can leave its
/// place.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A request, ready to be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path, escaped, with the leading slash.
    pub path: String,
    /// Query parameters, in order, not escaped.
    pub query: Vec<(String, String)>,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body and its content type.
    pub body: Option<(String, String)>,
}

impl Request {
    /// The query as it stands in an address; empty without parameters.
    pub fn query_text(&self) -> String {
        pairs_text(&self.query)
    }
}

fn pairs_text(pairs: &[(String, String)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect();
    pairs.join("&")
}

fn escaped(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

impl Operation {
    /// The request for some arguments; an error says which argument does not fit.
    pub fn request(&self, arguments: &Map<String, Value>) -> Result<Request, String> {
        let mut request = Request {
            method: self.method.clone(),
            path: self.path.clone(),
            ..Request::default()
        };
        let mut cookies = Vec::new();
        for parameter in &self.parameters {
            let Some(value) = arguments.get(&parameter.argument) else {
                continue;
            };
            match parameter.place {
                Where::Path => place_in_path(&mut request.path, parameter, value)?,
                Where::Query => {
                    let written = pairs(&parameter.name, value, parameter.style);
                    self.own_names(parameter, value, &written)?;
                    request.query.extend(written);
                }
                Where::Cookie => cookies.push(format!(
                    "{}={}",
                    escaped(&parameter.name),
                    escaped(&joined(value, ','))
                )),
                Where::Header => {
                    let text = joined(value, ',');
                    if text.chars().any(char::is_control) {
                        return Err(format!("`{}` does not fit a header", parameter.argument));
                    }
                    request.headers.push((parameter.name.clone(), text));
                }
            }
        }
        if !cookies.is_empty() {
            request
                .headers
                .push(("cookie".to_owned(), cookies.join("; ")));
        }
        sound_path(&request.path)?;
        request.body = self.body(arguments)?;
        Ok(request)
    }

    /// Refuses an object whose members would stand in the query as other parameters.
    fn own_names(
        &self,
        parameter: &Parameter,
        value: &Value,
        written: &[(String, String)],
    ) -> Result<(), String> {
        if !value.is_object() {
            return Ok(());
        }
        let others = self
            .parameters
            .iter()
            .filter(|one| one.place == Where::Query && one.argument != parameter.argument);
        for other in others {
            if written.iter().any(|(name, _)| *name == other.name) {
                return Err(format!(
                    "`{}` has a member `{}`, which is a parameter of its own",
                    parameter.argument, other.name
                ));
            }
        }
        Ok(())
    }

    fn body(&self, arguments: &Map<String, Value>) -> Result<Option<(String, String)>, String> {
        let Some(rule) = &self.body else {
            return Ok(None);
        };
        let value = match &rule.content {
            Content::Whole(argument) => arguments.get(argument).cloned(),
            Content::Fields(names) => {
                let fields: Map<String, Value> = names
                    .iter()
                    .filter_map(|name| Some((name.clone(), arguments.get(name)?.clone())))
                    .collect();
                let empty = fields.is_empty() && !rule.required;
                (!empty).then_some(Value::Object(fields))
            }
        };
        let Some(value) = value else {
            return Ok(None);
        };
        if rule.media == Media::Json {
            return Ok(Some((rule.content_type.clone(), value.to_string())));
        }
        let Value::Object(fields) = value else {
            return Err("a form's body is an object of fields".to_owned());
        };
        let mut form = Vec::new();
        for (name, value) in &fields {
            let style = match value {
                _ if rule.brackets.contains(name) => Style::Brackets,
                Value::Object(_) => Style::Json,
                _ => Style::Exploded,
            };
            // What is made blank is sent blank.
            let blank = value.is_null().then(|| (name.clone(), String::new()));
            form.extend(blank);
            form.extend(pairs(name, value, style));
        }
        Ok(Some((rule.content_type.clone(), pairs_text(&form))))
    }
}

fn place_in_path(path: &mut String, parameter: &Parameter, value: &Value) -> Result<(), String> {
    let text = joined(value, ',');
    if text.is_empty() {
        return Err(format!("`{}` is empty", parameter.argument));
    }
    let template = format!("{{{}}}", parameter.name);
    *path = path.replace(&template, &escaped(&text));
    Ok(())
}

/// Dots alone between slashes would climb out of the path, and an open place is no path at all.
fn sound_path(path: &str) -> Result<(), String> {
    if path.split('/').any(|part| part == "." || part == "..") {
        return Err("an argument would lead to another path".to_owned());
    }
    if path.contains('{') {
        return Err("an argument of its path is missing".to_owned());
    }
    Ok(())
}

fn pairs(name: &str, value: &Value, style: Style) -> Vec<(String, String)> {
    let one = |text: String| vec![(name.to_owned(), text)];
    match (style, value) {
        (_, Value::Null) => Vec::new(),
        (Style::Json, value) => one(value.to_string()),
        (Style::Joined(mark), value) => one(joined(value, mark)),
        (Style::Exploded, Value::Array(items)) => items
            .iter()
            .map(|item| (name.to_owned(), joined(item, ',')))
            .collect(),
        (Style::Exploded, Value::Object(fields)) => fields
            .iter()
            .map(|(field, value)| (field.clone(), joined(value, ',')))
            .collect(),
        (Style::Exploded, value) => one(joined(value, ',')),
        (Style::Brackets, value) => {
            let mut out = Vec::new();
            brackets(name.to_owned(), value, &mut out);
            out
        }
    }
}

fn brackets(name: String, value: &Value, out: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields {
                brackets(format!("{name}[{field}]"), value, out);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                brackets(format!("{name}[{index}]"), value, out);
            }
        }
        other => out.push((name, joined(other, ','))),
    }
}

/// A value as one text: members joined, an object's fields and values alternating.
fn joined(value: &Value, mark: char) -> String {
    let mark = mark.to_string();
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let parts: Vec<_> = items.iter().map(|item| joined(item, ',')).collect();
            parts.join(&mark)
        }
        Value::Object(fields) => {
            let parts: Vec<_> = fields
                .iter()
                .flat_map(|(field, value)| [field.clone(), joined(value, ',')])
                .collect();
            parts.join(&mark)
        }
        other => other.to_string(),
    }
}
