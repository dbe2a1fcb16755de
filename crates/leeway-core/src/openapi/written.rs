//! Values as they are written into a request: as one text, or as pairs of names and texts. What a style has no
//! form for is refused: one value never becomes two, and none stands under another's name.

use super::one_line;
use super::parameter::Style;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Names and texts of a query or a form, not escaped.
pub type Pairs = Vec<(String, String)>;

/// How often an escaped text is taken apart: whatever stands before a system may do it once more.
const MOST_ESCAPES: usize = 4;

/// An argument that is written.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    /// Its name as agents know it.
    pub argument: &'a str,
    /// Its value.
    pub value: &'a Value,
}

impl Given<'_> {
    /// A refusal that names the argument.
    pub fn refused(self, why: &str) -> String {
        format!("`{}` {why}", one_line(self.argument))
    }

    /// It as one text: in a path, a header or a cookie.
    pub fn text(self, style: Style) -> Result<String, String> {
        let (mark, named) = match style {
            Style::Json => return Ok(self.value.to_string()),
            Style::Joined(mark) => (mark, false),
            Style::Members => (',', true),
            Style::Exploded | Style::Brackets => (',', false),
        };
        match self.value {
            Value::Array(items) => {
                let parts: Result<Vec<_>, _> =
                    items.iter().map(|item| self.part(item, &[mark])).collect();
                Ok(parts?.join(&mark.to_string()))
            }
            Value::Object(_) if matches!(style, Style::Exploded | Style::Brackets) => {
                Err(self
                    .refused("is an object, for which there is no form in its place: give a text"))
            }
            Value::Object(fields) if named => {
                let parts: Result<Vec<_>, String> = fields
                    .iter()
                    .map(|(name, value)| {
                        let name = self.name(name, &[mark, '='])?;
                        Ok(format!("{name}={}", self.part(value, &[mark])?))
                    })
                    .collect();
                Ok(parts?.join(&mark.to_string()))
            }
            Value::Object(fields) => {
                let mut parts = Vec::new();
                for (name, value) in fields {
                    parts.push(self.name(name, &[mark])?.to_owned());
                    parts.push(self.part(value, &[mark])?);
                }
                Ok(parts.join(&mark.to_string()))
            }
            plain => Ok(scalar(plain).unwrap_or_default()),
        }
    }

    /// A member of a list or an object that is written as one text.
    fn part(self, value: &Value, marks: &[char]) -> Result<String, String> {
        let text = match value {
            Value::Null => None,
            value => scalar(value),
        };
        let text = text.ok_or_else(|| self.nested(value))?;
        self.without(marks, &text)?;
        Ok(text)
    }

    fn name<'b>(self, name: &'b str, marks: &[char]) -> Result<&'b str, String> {
        if name.is_empty() {
            return Err(self.refused("has a member without a name"));
        }
        self.without(marks, name)?;
        Ok(name)
    }

    fn without(self, marks: &[char], text: &str) -> Result<(), String> {
        match marks.iter().find(|mark| text.contains(**mark)) {
            Some(mark) => Err(self.refused(&format!(
                "has a member with `{mark}` in it, by which it would become two: `{}`; leave that out",
                one_line(text)
            ))),
            None => Ok(()),
        }
    }

    fn nested(self, value: &Value) -> String {
        let what = match value {
            Value::Null => "nothing",
            Value::Array(_) => "a list",
            _ => "an object",
        };
        self.refused(&format!(
            "has {what} among its members, for which the document has no form: give plain values, or describe it as `deepObject` or JSON"
        ))
    }

    /// It as pairs under this name. In a form, lists and objects within a list are written as JSON, as OpenAPI has
    /// it; in a query there is no form for them.
    pub fn pairs(self, name: &str, (style, in_form): (Style, bool)) -> Result<Pairs, String> {
        let one = |text: String| vec![(name.to_owned(), text)];
        let empty = match self.value {
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            _ => false,
        };
        if empty && style != Style::Json {
            return Err(
                self.refused("is empty, which cannot be written in its place: leave it out")
            );
        }
        match (style, self.value) {
            (_, Value::Null) => Ok(Vec::new()),
            (Style::Json, value) => Ok(one(value.to_string())),
            (Style::Joined(_) | Style::Members, _) => Ok(one(self.text(style)?)),
            (Style::Exploded, Value::Array(items)) => items
                .iter()
                .map(|item| match scalar(item) {
                    Some(text) => Ok((name.to_owned(), text)),
                    None if in_form => Ok((name.to_owned(), item.to_string())),
                    None => Err(self.nested(item)),
                })
                .collect(),
            (Style::Exploded, Value::Object(fields)) => self.spread(fields),
            (Style::Brackets, value) => {
                let mut out = Vec::new();
                self.brackets(name.to_owned(), value, &mut out)?;
                Ok(out)
            }
            (Style::Exploded, value) => Ok(one(scalar(value).unwrap_or_default())),
        }
    }

    /// An object whose members stand for themselves.
    fn spread(self, fields: &Map<String, Value>) -> Result<Pairs, String> {
        let each = fields.iter().map(|(field, value)| {
            let text = scalar(value).ok_or_else(|| self.nested(value))?;
            Ok((self.name(field, &[])?.to_owned(), text))
        });
        each.collect()
    }

    fn brackets(self, name: String, value: &Value, out: &mut Pairs) -> Result<(), String> {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                for (field, value) in fields {
                    let field = self.name(field, &['[', ']'])?;
                    self.brackets(format!("{name}[{field}]"), value, out)?;
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (index, value) in items.iter().enumerate() {
                    self.brackets(format!("{name}[{index}]"), value, out)?;
                }
            }
            Value::Object(_) | Value::Array(_) => {
                return Err(self.refused(
                    "has an empty list or object in it, which cannot be written in its place: leave it out",
                ));
            }
            plain => out.push((name, scalar(plain).unwrap_or_default())),
        }
        Ok(())
    }

    /// Refuses control characters: line breaks end headers, and NUL ends texts.
    pub fn sound(self, text: &str) -> Result<(), String> {
        match text.chars().find(|c| c.is_control()) {
            Some(c) => Err(self.refused(&format!(
                "does not fit its place in the request: it has the control character {}",
                c.escape_unicode()
            ))),
            None => Ok(()),
        }
    }
}

/// A plain value as a text; nothing is an empty one. `None` of lists and objects.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
        plain => Some(plain.to_string()),
    }
}

/// Whether a text in a path leads out of its place, escaped or not: dots alone between slashes of either kind.
pub fn climbs(text: &str) -> bool {
    let mut text = text.to_owned();
    for _ in 0..MOST_ESCAPES {
        if text.split(['/', '\\']).any(is_dots) {
            return true;
        }
        let once = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if once == text {
            return false;
        }
        text = once;
    }
    // Escaped more often than anything that is meant as a name.
    true
}

/// Some servers pass over what follows a semicolon.
fn is_dots(part: &str) -> bool {
    let name = part.split(';').next().unwrap_or_default();
    matches!(name, "." | "..")
}
