//! Bodies of requests: which of a document's media types is sent, and of which arguments it is made.

use super::Fault;
use super::document::fields;
use super::parameter::{Style, named_style};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Most media types of a body that are looked at.
const MOST_TYPES: usize = 50;
/// Most fields of a form of which a document says how they are written.
const MOST_STYLES: usize = 500;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
}

/// A field of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The tool's argument.
    pub argument: String,
    /// Its name in the body.
    pub name: String,
}

/// Which arguments make the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The value of one argument.
    Whole(String),
    /// An object of these arguments.
    Fields(Vec<Field>),
}

/// A request body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyRule {
    /// How it is written.
    pub media: Media,
    /// What the request says it is, e.g. `application/merge-patch+json`.
    pub content_type: String,
    /// What it is made of.
    pub content: Content,
    /// Whether there is one even when it says nothing.
    pub required: bool,
    /// Form fields of which the document says how they are written.
    pub styles: BTreeMap<String, Style>,
}

/// A media type that is sent.
pub struct Sent<'a> {
    /// How it is written.
    pub media: Media,
    /// What the request says it is.
    pub content_type: String,
    /// What the document says of it.
    pub content: &'a Value,
    /// Whether the document says no more than that any media type is taken.
    pub any: bool,
}

/// The media type sent for a body: JSON before a form. `None` where nothing is described.
pub fn media(body: &Value) -> Result<Option<Sent<'_>>, Fault> {
    let described: Vec<(String, &Value)> = fields(body.get("content"))
        .take(MOST_TYPES)
        .map(|(name, content)| (essence(name), content))
        .collect();
    let named = |wanted: &dyn Fn(&str) -> bool| described.iter().find(|(name, _)| wanted(name));
    let any = |name: &str| matches!(name, "*/*" | "application/*" | "application/*+json");
    let json = named(&|name| name == "application/json")
        .or_else(|| named(&|name| name.ends_with("+json") && !any(name)))
        .or_else(|| named(&|name| name == "text/json"));
    let form = named(&|name| name == "application/x-www-form-urlencoded");
    let media = if json.is_some() {
        Media::Json
    } else {
        Media::Form
    };
    if let Some((content_type, content)) = json.or(form) {
        return Ok(Some(Sent {
            media,
            content_type: content_type.clone(),
            content,
            any: false,
        }));
    }
    if let Some((_, content)) = named(&any) {
        return Ok(Some(Sent {
            media: Media::Json,
            content_type: "application/json".to_owned(),
            content,
            any: true,
        }));
    }
    if described.is_empty() && body["required"] != json!(true) {
        return Ok(None);
    }
    let names: Vec<String> = described
        .iter()
        .take(3)
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    Err(unsupported(if names.is_empty() {
        "its body has no media type".to_owned()
    } else {
        format!(
            "its body is {}, neither JSON nor a form",
            names.join(" or ")
        )
    }))
}

/// The fault of a body that cannot be sent.
pub fn unsupported(message: String) -> Fault {
    Fault::new(
        "body-unsupported",
        message,
        "describe an `application/json` or `application/x-www-form-urlencoded` body, or leave the operation out",
    )
}

/// A media type without its parameters, lower case.
fn essence(name: &str) -> String {
    let essence = name.split(';').next().unwrap_or_default();
    essence.trim().to_ascii_lowercase()
}

/// How the document says that form fields are written.
pub fn styles(content: &Value) -> Result<BTreeMap<String, Style>, Fault> {
    let mut styles = BTreeMap::new();
    for (name, encoding) in fields(content.get("encoding")).take(MOST_STYLES) {
        let (style, explode) = (encoding["style"].as_str(), encoding["explode"].as_bool());
        if style.is_some() || explode.is_some() {
            let said = style.unwrap_or("form");
            let style = named_style(said, explode).ok_or_else(|| {
                unsupported(format!(
                    "its field `{name}` is written in the style `{said}`"
                ))
            })?;
            styles.insert(name.clone(), style);
            continue;
        }
        let Some(said) = encoding["contentType"].as_str() else {
            continue;
        };
        let mut types = said.split(',').map(essence);
        if types
            .clone()
            .any(|it| it == "application/json" || it.ends_with("+json"))
        {
            styles.insert(name.clone(), Style::Json);
        } else if !types.any(|it| it.starts_with("text/") || it == "*/*") {
            return Err(unsupported(format!("its field `{name}` is `{said}`")));
        }
    }
    Ok(styles)
}
