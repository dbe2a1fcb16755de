//! One operation of a document as a tool: its name, its arguments, its definition.

use super::document::{extension, fields};
use super::pages::Pages;
use super::parameter::{Parameter, Style, Where, declared, own, whole_path};
use super::refs::Refs;
use super::schema::{Converter, merged, shortened};
use super::{Fault, Withheld};
use serde_json::{Map, Value, json};

/// Longest description of a tool, characters.
const LONGEST_DESCRIPTION: usize = 1_000;
const LONGEST_NAME: usize = 64;

/// Where an operation stands in its document.
pub struct Place<'a> {
    /// The document.
    pub root: &'a Value,
    /// `get`, `post`, …
    pub method: &'a str,
    /// The path's template.
    pub path: &'a str,
    /// What the document says of the path.
    pub item: &'a Value,
    /// What it says of the operation.
    pub operation: &'a Value,
}

impl Place<'_> {
    /// Method and path.
    pub fn words(&self) -> String {
        format!("{} {}", self.method.to_uppercase(), self.path)
    }

    /// Its `operationId`; empty without.
    pub fn said_id(&self) -> &str {
        self.operation["operationId"].as_str().unwrap_or_default()
    }
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    /// `application/json`
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
}

/// Which arguments make the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The value of one argument.
    Whole(String),
    /// An object of these arguments.
    Fields(Vec<String>),
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
    /// Form fields that are written with brackets.
    pub brackets: Vec<String>,
}

/// One operation, ready to be called.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The tool's name.
    pub name: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// The path's template.
    pub path: String,
    /// Its parameters.
    pub parameters: Vec<Parameter>,
    /// Its body.
    pub body: Option<BodyRule>,
    /// How it is read page by page.
    pub pages: Option<Pages>,
    /// JSON pointer to a value that is `true` in an answer that means success.
    pub success: Option<String>,
    /// The tool's definition, as MCP has it.
    pub definition: Value,
}

impl Operation {
    /// Whether repeating it does nothing: `GET` and `HEAD`.
    pub fn is_safe(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }

    /// Method and path.
    pub fn words(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Reads an operation, named by its id or else by method and path; a fault when it cannot be
    /// offered.
    pub fn read(place: &Place<'_>, id: Option<&str>, withheld: &Withheld) -> Result<Self, Fault> {
        let refs = Refs::new(place.root);
        let mut work = Work {
            converter: Converter::new(refs),
            properties: Map::new(),
            required: Vec::new(),
        };
        let mut parameters = Vec::new();
        for (raw, style) in declared(place, refs)? {
            if let Some(parameter) = work.parameter(raw, style, withheld)? {
                parameters.push(parameter);
            }
        }
        whole_path(place, &parameters)?;
        let body = work.body(place, refs)?;
        let pages = extension(place, "x-leeway-pages")
            .map(Pages::read)
            .transpose()?;
        let success = extension(place, "x-leeway-success").and_then(Value::as_str);
        let name = name(place, id);
        Ok(Self {
            definition: definition(place, &name, work),
            name,
            method: place.method.to_uppercase(),
            path: place.path.to_owned(),
            parameters,
            body,
            pages,
            success: success.map(str::to_owned),
        })
    }
}

fn name(place: &Place<'_>, id: Option<&str>) -> String {
    let from = id.map_or_else(
        || format!("{}{}", place.method, place.path.replace(['{', '}'], "")),
        str::to_owned,
    );
    let plain: String = from
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' {
                c
            } else {
                '_'
            }
        })
        .take(LONGEST_NAME)
        .collect();
    plain.trim_matches('_').to_owned()
}

fn definition(place: &Place<'_>, name: &str, mut work: Work<'_>) -> Value {
    let mut seen = Vec::new();
    work.required.retain(|name| {
        let first = !seen.contains(name);
        seen.push(name.clone());
        first
    });
    let said = |key: &str| place.operation[key].as_str().unwrap_or_default().trim();
    let text = format!("{}\n\n{}", said("summary"), said("description"));
    let text = shortened(text.trim(), LONGEST_DESCRIPTION);
    let safe = matches!(place.method, "get" | "head");
    json!({
        "name": name,
        "description": format!("{text}\n\n{}", place.words()).trim_start(),
        "inputSchema": {
            "type": "object",
            "properties": work.properties,
            "required": work.required,
            "additionalProperties": false,
        },
        "annotations": { "readOnlyHint": safe, "destructiveHint": place.method == "delete" },
    })
}

struct Work<'a> {
    converter: Converter<'a>,
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl<'a> Work<'a> {
    fn parameter(
        &mut self,
        raw: &'a Value,
        style: Style,
        withheld: &Withheld,
    ) -> Result<Option<Parameter>, Fault> {
        let name = raw["name"].as_str().unwrap_or_default().to_owned();
        let (place, prefix) = match raw["in"].as_str() {
            Some("path") => (Where::Path, "path"),
            Some("query") => (Where::Query, "query"),
            Some("header") => (Where::Header, "header"),
            Some("cookie") => (Where::Cookie, "cookie"),
            _ => {
                return Err(Fault::new(
                    "parameter-unsupported",
                    format!("the parameter `{name}` is in no place there is"),
                    "say `in: path`, `query`, `header` or `cookie`",
                ));
            }
        };
        if own(place, &name, withheld) {
            return Ok(None);
        }
        let schema = match fields(raw.get("content")).next() {
            Some((_, content)) => &content["schema"],
            None => &raw["schema"],
        };
        let mut schema = self.converter.convert(schema)?;
        if let (Some(said), Some(object)) = (raw["description"].as_str(), schema.as_object_mut()) {
            object.insert("description".to_owned(), json!(super::schema::cut(said)));
        }
        let argument = if self.properties.contains_key(&name) {
            format!("{prefix}_{name}")
        } else {
            name.clone()
        };
        if place == Where::Path || raw["required"] == json!(true) {
            self.required.push(argument.clone());
        }
        self.properties.insert(argument.clone(), schema);
        Ok(Some(Parameter {
            argument,
            name,
            place,
            style,
        }))
    }

    fn body(&mut self, place: &Place<'a>, refs: Refs<'a>) -> Result<Option<BodyRule>, Fault> {
        let Some(body) = place.operation.get("requestBody") else {
            return Ok(None);
        };
        let body = refs.follow(body)?;
        let required = body["required"] == json!(true);
        let Some((media, content_type, content)) = media(body) else {
            return if required {
                Err(Fault::new(
                    "body-unsupported",
                    "its body is neither JSON nor a form",
                    "describe an `application/json` or `application/x-www-form-urlencoded` body",
                ))
            } else {
                Ok(None)
            };
        };
        let brackets = fields(content.get("encoding"))
            .filter(|(_, encoding)| encoding["style"] == json!("deepObject"))
            .map(|(name, _)| name.clone())
            .collect();
        let schema = merged(self.converter.convert(&content["schema"])?);
        Ok(Some(BodyRule {
            media,
            content_type: content_type.to_owned(),
            content: self.content(&schema, required),
            required,
            brackets,
        }))
    }

    /// An object's fields become arguments of their own; anything else is one argument.
    fn content(&mut self, schema: &Value, required: bool) -> Content {
        let plain = schema["type"] == json!("object")
            && !["oneOf", "anyOf", "allOf", "not"]
                .iter()
                .any(|key| schema.get(*key).is_some())
            && matches!(
                schema.get("additionalProperties"),
                None | Some(Value::Bool(false))
            );
        let names: Vec<String> = fields(schema.get("properties"))
            .map(|(name, _)| name.clone())
            .collect();
        let apart = names.iter().all(|name| !self.properties.contains_key(name));
        if !plain || names.is_empty() || !apart {
            let argument = if self.properties.contains_key("body") {
                "request_body"
            } else {
                "body"
            };
            self.properties.insert(argument.to_owned(), schema.clone());
            if required {
                self.required.push(argument.to_owned());
            }
            return Content::Whole(argument.to_owned());
        }
        for (name, property) in fields(schema.get("properties")) {
            self.properties.insert(name.clone(), property.clone());
        }
        let needed = schema["required"].as_array().into_iter().flatten();
        if required {
            self.required
                .extend(needed.filter_map(Value::as_str).map(str::to_owned));
        }
        Content::Fields(names)
    }
}

fn media(body: &Value) -> Option<(Media, &str, &Value)> {
    let named = |wanted: &dyn Fn(&str) -> bool| {
        fields(body.get("content"))
            .map(|(name, content)| (name.split(';').next().unwrap_or_default().trim(), content))
            .find(|(name, _)| wanted(name))
    };
    let json = named(&|name| name == "application/json" || name.ends_with("+json"));
    let form = named(&|name| name == "application/x-www-form-urlencoded");
    json.map(|(name, content)| (Media::Json, name, content))
        .or(form.map(|(name, content)| (Media::Form, name, content)))
}
