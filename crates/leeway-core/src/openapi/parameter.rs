//! Parameters of an operation: where each goes and how it is written there.

use super::operation::Place;
use super::refs::Refs;
use super::{Fault, Withheld};
use serde_json::Value;

/// Headers that are Leeway's or the connection's, whatever a document says.
const OWN_HEADERS: [&str; 16] = [
    "accept",
    "accept-encoding",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "if-match",
    "if-unmodified-since",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

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

/// The parameters of path and operation, the operation's in place of the path's.
pub fn declared<'a>(place: &Place<'a>, refs: Refs<'a>) -> Result<Vec<(&'a Value, Style)>, Fault> {
    let mut all: Vec<&Value> = Vec::new();
    for list in [&place.item["parameters"], &place.operation["parameters"]] {
        for parameter in list.as_array().into_iter().flatten() {
            let parameter = refs.follow(parameter)?;
            let same = |other: &&Value| {
                other["name"] == parameter["name"] && other["in"] == parameter["in"]
            };
            all.retain(|other| !same(other));
            all.push(parameter);
        }
    }
    all.into_iter()
        .map(|parameter| Ok((parameter, style(parameter)?)))
        .collect()
}

fn style(parameter: &Value) -> Result<Style, Fault> {
    if parameter.get("content").is_some() {
        return Ok(Style::Json);
    }
    let in_query = matches!(parameter["in"].as_str(), Some("query" | "cookie"));
    let usual = if in_query { "form" } else { "simple" };
    let style = parameter["style"].as_str().unwrap_or(usual);
    let explode = parameter["explode"].as_bool().unwrap_or(style == "form");
    match style {
        "form" if explode => Ok(Style::Exploded),
        "form" | "simple" => Ok(Style::Joined(',')),
        "spaceDelimited" => Ok(Style::Joined(' ')),
        "pipeDelimited" => Ok(Style::Joined('|')),
        "deepObject" => Ok(Style::Brackets),
        other => Err(Fault::new(
            "parameter-unsupported",
            format!("the parameter {} has style `{other}`", parameter["name"]),
            "use form, simple, deepObject, spaceDelimited or pipeDelimited",
        )),
    }
}

/// Checks that every place in the path has its parameter.
pub fn whole_path(place: &Place<'_>, parameters: &[Parameter]) -> Result<(), Fault> {
    for part in place.path.split('{').skip(1) {
        let named = part.split('}').next().unwrap_or_default();
        let known =
            |parameter: &&Parameter| parameter.place == Where::Path && parameter.name == named;
        if !parameters.iter().any(|parameter| known(&parameter)) {
            return Err(Fault::new(
                "path-incomplete",
                format!("nothing describes `{{{named}}}` of its path"),
                "add a parameter with `in: path` and that name",
            ));
        }
    }
    Ok(())
}

/// Whether it is Leeway's to set, so that no tool takes it.
pub fn own(place: Where, name: &str, withheld: &Withheld) -> bool {
    let lower = name.to_lowercase();
    match place {
        Where::Header => OWN_HEADERS.contains(&lower.as_str()) || withheld.headers.contains(&lower),
        Where::Query => withheld.query.contains(name),
        Where::Path | Where::Cookie => false,
    }
}
