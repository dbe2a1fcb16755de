//! The request a call makes: where each argument goes, and how it is written there.

use super::body::{BodyRule, Content, Media};
use super::one_line;
use super::operation::Operation;
use super::own::{is_override, plain};
use super::parameter::{Parameter, Style, Where};
use super::written::{Given, Pairs, climbs};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

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
    /// The request for some arguments; an error says which argument does not fit, and why.
    pub fn request(&self, arguments: &Map<String, Value>) -> Result<Request, String> {
        self.all_known(arguments)?;
        let mut request = Request {
            method: self.method.clone(),
            path: self.path(arguments)?,
            ..Request::default()
        };
        let mut cookies = Vec::new();
        let mut spread = BTreeMap::new();
        for parameter in &self.parameters {
            let value = arguments.get(&parameter.argument);
            let Some(value) = value.filter(|value| !value.is_null()) else {
                continue;
            };
            let given = given(&parameter.argument, value);
            match parameter.place {
                Where::Path => {}
                Where::Query => {
                    let written = given.pairs(&parameter.name, (parameter.style, false))?;
                    for (name, text) in &written {
                        given.sound(name)?;
                        given.sound(text)?;
                    }
                    if spreads(parameter.style, value) {
                        self.own_names(given, &written, &mut spread)?;
                    }
                    request.query.extend(written);
                }
                Where::Cookie => {
                    let text = given.text(parameter.style)?;
                    given.sound(&text)?;
                    cookies.push(format!("{}={}", escaped(&parameter.name), escaped(&text)));
                }
                Where::Header => {
                    let text = given.text(parameter.style)?;
                    given.sound(&text)?;
                    if !text.is_ascii() {
                        return Err(given.refused(
                            "does not fit a header: it has other characters than ASCII's",
                        ));
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
        request.body = match &self.body {
            Some(rule) => rule.body(arguments)?,
            None => None,
        };
        Ok(request)
    }

    /// Refuses an argument that would be sent nowhere.
    fn all_known(&self, arguments: &Map<String, Value>) -> Result<(), String> {
        let known = self.definition["inputSchema"]["properties"].as_object();
        let known = |name: &String| known.is_some_and(|known| known.contains_key(name));
        match arguments.keys().find(|name| !known(name)) {
            Some(name) => Err(format!(
                "`{}` is no argument of `{}`: it would be sent nowhere",
                one_line(name),
                self.name
            )),
            None => Ok(()),
        }
    }

    fn path(&self, arguments: &Map<String, Value>) -> Result<String, String> {
        let mut path = String::new();
        for (index, part) in self.path.split('{').enumerate() {
            let (name, rest) = match part.split_once('}') {
                Some((name, rest)) if index > 0 => (Some(name), rest),
                _ => (None, part),
            };
            if let Some(name) = name {
                path.push_str(&self.in_path(name, arguments)?);
            }
            path.push_str(rest);
        }
        // Values beside each other can be what none of them is.
        if climbs(&percent_decode_str(&path).decode_utf8_lossy()) {
            return Err("the arguments of its path would lead to another path".to_owned());
        }
        Ok(path)
    }

    fn in_path(&self, name: &str, arguments: &Map<String, Value>) -> Result<String, String> {
        let here =
            |parameter: &&Parameter| parameter.place == Where::Path && parameter.name == name;
        let missing = || format!("`{name}` of its path is missing");
        let parameter = self.parameters.iter().find(here).ok_or_else(missing)?;
        let value = arguments
            .get(&parameter.argument)
            .ok_or_else(|| format!("`{}` of its path is missing", one_line(&parameter.argument)))?;
        let given = given(&parameter.argument, value);
        let text = given.text(parameter.style)?;
        if text.is_empty() || value.is_null() {
            return Err(given.refused("is empty, and its path needs it"));
        }
        given.sound(&text)?;
        given.sound(&percent_decode_str(&text).decode_utf8_lossy())?;
        if climbs(&text) {
            return Err(
                given.refused("would lead to another path: it has `.` or `..` in it like a folder")
            );
        }
        Ok(escaped(&text))
    }

    /// Refuses an object whose members would stand in the query as what is none of its own: another parameter,
    /// a credential, another method, a member of another object.
    fn own_names<'a>(
        &'a self,
        given: Given<'a>,
        written: &Pairs,
        spread: &mut BTreeMap<String, &'a str>,
    ) -> Result<(), String> {
        let others: Vec<String> = self
            .parameters
            .iter()
            .filter(|one| one.place == Where::Query && one.argument != given.argument)
            .map(|one| plain(&one.name))
            .collect();
        for (name, _) in written {
            let key = plain(name);
            let why = if is_override(name) {
                "which asks for another method"
            } else if self.withheld.contains(&key) {
                "which Leeway sets itself"
            } else if others.contains(&key) {
                "which is a parameter of its own"
            } else if spread.get(&key).is_some_and(|by| *by != given.argument) {
                "which another argument has too"
            } else {
                spread.insert(key, given.argument);
                continue;
            };
            return Err(member(given, name, why));
        }
        Ok(())
    }
}

fn member(given: Given<'_>, name: &str, why: &str) -> String {
    given.refused(&format!("has a member `{}`, {why}", one_line(name)))
}

fn given<'a>(argument: &'a str, value: &'a Value) -> Given<'a> {
    Given { argument, value }
}

/// Whether an object's members stand for themselves.
fn spreads(style: Style, value: &Value) -> bool {
    style == Style::Exploded && value.is_object()
}

impl BodyRule {
    /// The content type and the body; `None` where there is none.
    fn body(&self, arguments: &Map<String, Value>) -> Result<Option<(String, String)>, String> {
        let mut fields = Map::new();
        let mut names = BTreeMap::new();
        match &self.content {
            Content::Whole(argument) => {
                let Some(value) = arguments.get(argument) else {
                    return Ok(None);
                };
                let given = given(argument, value);
                let Value::Object(members) = value else {
                    if self.media == Media::Form {
                        return Err(given.refused("is a form, and so an object of fields"));
                    }
                    return Ok(Some((self.content_type.clone(), value.to_string())));
                };
                for (name, value) in members {
                    if is_override(name) {
                        return Err(member(given, name, "which asks for another method"));
                    }
                    names.insert(name.as_str(), argument.as_str());
                    fields.insert(name.clone(), value.clone());
                }
            }
            Content::Fields(of) => {
                for field in of {
                    if let Some(value) = arguments.get(&field.argument) {
                        names.insert(&field.name, &field.argument);
                        fields.insert(field.name.clone(), value.clone());
                    }
                }
                if fields.is_empty() && !self.required {
                    return Ok(None);
                }
            }
        }
        let text = match self.media {
            Media::Json => Value::Object(fields).to_string(),
            Media::Form => self.form(&fields, &names)?,
        };
        Ok(Some((self.content_type.clone(), text)))
    }

    fn form(
        &self,
        fields: &Map<String, Value>,
        arguments: &BTreeMap<&str, &str>,
    ) -> Result<String, String> {
        let mut form = Vec::new();
        for (name, value) in fields {
            let argument = arguments.get(name.as_str()).copied().unwrap_or(name);
            let given = given(argument, value);
            let style = match (self.styles.get(name), value) {
                (Some(style), _) => *style,
                (None, Value::Object(_)) => Style::Json,
                (None, _) => Style::Exploded,
            };
            if value.is_null() {
                // What is made blank is sent blank.
                form.push((name.clone(), String::new()));
                continue;
            }
            let written = given.pairs(name, (style, true))?;
            if spreads(style, value) {
                self.own_fields(given, name, &written)?;
            }
            form.extend(written);
        }
        Ok(pairs_text(&form))
    }

    /// Refuses an object whose members would stand in the form as other fields.
    fn own_fields(&self, given: Given<'_>, name: &str, written: &Pairs) -> Result<(), String> {
        let Content::Fields(of) = &self.content else {
            return Err(given.refused(
                "is an object whose fields would stand beside others: give it as a text",
            ));
        };
        for (field, _) in written {
            let key = plain(field);
            let other = |it: &&super::body::Field| it.name != name && plain(&it.name) == key;
            if is_override(field) {
                return Err(member(given, field, "which asks for another method"));
            }
            if of.iter().any(|it| other(&it)) {
                return Err(member(given, field, "which is a field of its own"));
            }
            // Of two such objects no member may stand for one of the other's.
            let spread = |it: &&super::body::Field| {
                it.name != name && self.styles.get(&it.name) == Some(&Style::Exploded)
            };
            if of.iter().any(|it| spread(&it)) {
                return Err(given.refused(
                    "is an object, and another object's fields would stand beside its own",
                ));
            }
        }
        Ok(())
    }
}
