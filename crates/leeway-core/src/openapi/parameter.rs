//! Parameters of an operation: where each goes and how it is written there.

use super::Fault;
use super::operation::Place;
use super::refs::Refs;
use serde_json::Value;
use std::collections::BTreeMap;

/// Most parameters of one operation, with those of its path.
const MOST_PARAMETERS: usize = 500;
/// Longest name of a parameter, bytes.
const LONGEST_NAME: usize = 200;
/// Longest path of an operation, bytes.
const LONGEST_PATH: usize = 2_000;

/// Where a parameter goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Into the path.
    Path,
    /// Into the query.
    Query,
    /// Into a header.
    Header,
    /// Into a cookie.
    Cookie,
}

/// How a list or an object is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A list repeats the name; an object's fields stand for themselves.
    Exploded,
    /// One value, its members joined.
    Joined(char),
    /// One value, its members joined by commas, an object's as `field=value`.
    Members,
    /// `name[field]`, nested as deep as the value is.
    Brackets,
    /// As JSON.
    Json,
}

/// A parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The tool's argument.
    pub argument: String,
    /// Its name in the request.
    pub name: String,
    /// Where it goes.
    pub place: Where,
    /// How it is written there.
    pub style: Style,
}

/// A parameter as a document declares it.
pub struct Declared<'a> {
    /// What the document says of it.
    pub raw: &'a Value,
    /// Its name in the request.
    pub name: &'a str,
    /// Where it goes.
    pub place: Where,
    /// How it is written there.
    pub style: Style,
}

/// The parameters of path and operation, the operation's in place of the path's.
pub fn declared<'a>(place: &Place<'a>, refs: Refs<'a>) -> Result<Vec<Declared<'a>>, Fault> {
    let mut all: Vec<Option<&Value>> = Vec::new();
    let mut seen: BTreeMap<(String, String), usize> = BTreeMap::new();
    for list in [&place.item["parameters"], &place.operation["parameters"]] {
        for parameter in list.as_array().into_iter().flatten() {
            let parameter = refs.follow(parameter)?;
            let place = parameter["in"].as_str().unwrap_or_default();
            let name = parameter["name"].as_str().unwrap_or_default();
            if name.len() > LONGEST_NAME {
                return Err(unsupported(
                    format!("a parameter's name has more than {LONGEST_NAME} bytes"),
                    "leave it out",
                ));
            }
            let name = match place {
                // Names of headers are the same in any letters.
                "header" => name.to_lowercase(),
                _ => name.to_owned(),
            };
            if let Some(before) = seen.insert((place.to_owned(), name), all.len()) {
                all[before] = None;
            }
            all.push(Some(parameter));
            if all.len() > MOST_PARAMETERS {
                return Err(unsupported(
                    format!("it has more than {MOST_PARAMETERS} parameters"),
                    "leave out those that are not used",
                ));
            }
        }
    }
    all.into_iter().flatten().map(one).collect()
}

fn one(raw: &Value) -> Result<Declared<'_>, Fault> {
    let name = raw["name"].as_str().unwrap_or_default();
    if name.is_empty() {
        return Err(unsupported(
            "a parameter has no name".to_owned(),
            "give it a `name`, and a place by `in`",
        ));
    }
    let place = match raw["in"].as_str() {
        Some("path") => Where::Path,
        Some("query") => Where::Query,
        Some("header") => Where::Header,
        Some("cookie") => Where::Cookie,
        _ => {
            return Err(unsupported(
                format!("the parameter `{name}` is in no place there is"),
                "say `in: path`, `query`, `header` or `cookie`",
            ));
        }
    };
    let token = |c: char| c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?={}".contains(c);
    if place == Where::Header && !name.chars().all(token) {
        return Err(unsupported(
            format!("`{name}` is not a header name"),
            "use letters, digits and hyphens",
        ));
    }
    let style = style(raw, name, place)?;
    Ok(Declared {
        raw,
        name,
        place,
        style,
    })
}

fn unsupported(message: String, help: &'static str) -> Fault {
    Fault::new("parameter-unsupported", message, help)
}

fn style(parameter: &Value, name: &str, place: Where) -> Result<Style, Fault> {
    if parameter.get("content").is_some() {
        return Ok(Style::Json);
    }
    let in_query = matches!(place, Where::Query | Where::Cookie);
    let usual = if in_query { "form" } else { "simple" };
    let said = parameter["style"].as_str().unwrap_or(usual);
    let style = named_style(said, parameter["explode"].as_bool());
    // Brackets are names, of which the query alone has any number.
    style
        .filter(|style| *style != Style::Brackets || place == Where::Query)
        .ok_or_else(|| {
            unsupported(
                format!("the parameter `{name}` has style `{said}`"),
                "use form, deepObject, spaceDelimited or pipeDelimited in the query, simple in paths and headers",
            )
        })
}

/// A style by its name in a document; `None` for one that is not supported.
pub fn named_style(style: &str, explode: Option<bool>) -> Option<Style> {
    let explode = explode.unwrap_or(style == "form");
    match style {
        "form" | "spaceDelimited" | "pipeDelimited" if explode => Some(Style::Exploded),
        "simple" if explode => Some(Style::Members),
        "form" | "simple" => Some(Style::Joined(',')),
        "spaceDelimited" => Some(Style::Joined(' ')),
        "pipeDelimited" => Some(Style::Joined('|')),
        "deepObject" => Some(Style::Brackets),
        _ => None,
    }
}

/// Checks that a path can be called: it is one, it stays where it is, and every place in it has its parameter.
pub fn whole_path(place: &Place<'_>, parameters: &[Parameter]) -> Result<(), Fault> {
    let path = place.path;
    let wrong = |why: &str| {
        Fault::new(
            "path-unsupported",
            format!("its path {why}"),
            "write a path that begins with `/`, without query, fragment and dots alone between slashes",
        )
    };
    if path.len() > LONGEST_PATH {
        return Err(wrong(&format!("has more than {LONGEST_PATH} bytes")));
    }
    if !path.starts_with('/') {
        return Err(wrong("does not begin with `/`"));
    }
    let plain = literal(path);
    if plain.contains(['?', '#', '\\']) || plain.chars().any(char::is_control) {
        return Err(wrong(
            "has a query, a fragment, a backslash or control characters",
        ));
    }
    if super::written::climbs(path) {
        return Err(wrong("leads to another path"));
    }
    for part in path.split('{').skip(1) {
        let Some((named, _)) = part.split_once('}') else {
            return Err(wrong("has a `{` without its `}`"));
        };
        let known =
            |parameter: &Parameter| parameter.place == Where::Path && parameter.name == named;
        if !parameters.iter().any(known) {
            return Err(Fault::new(
                "path-incomplete",
                format!("nothing describes `{{{named}}}` of its path"),
                "add a parameter with `in: path` and that name",
            ));
        }
    }
    let placed = |parameter: &&Parameter| {
        parameter.place == Where::Path && !path.contains(&format!("{{{}}}", parameter.name))
    };
    match parameters.iter().find(placed) {
        Some(unplaced) => Err(Fault::new(
            "path-incomplete",
            format!(
                "its path has no place for the parameter `{}`",
                unplaced.name
            ),
            "write `{NAME}` where it belongs, or say where else it goes by `in`",
        )),
        None => Ok(()),
    }
}

/// A path without its places.
fn literal(path: &str) -> String {
    let mut out = String::new();
    for (index, part) in path.split('{').enumerate() {
        let rest = match part.split_once('}') {
            Some((_, rest)) if index > 0 => rest,
            _ => part,
        };
        out.push_str(rest);
    }
    out
}

/// The fault of an operation that has to be given what asks for another method.
pub fn other_method(name: &str) -> Fault {
    Fault::new(
        "method-override",
        format!("it needs `{name}`, which asks for another method"),
        "describe the operation under the method it is",
    )
}
