//! One operation of a document as a tool: its name, its arguments, its definition.

use super::arguments::Arguments;
use super::body::{BodyRule, Content};
use super::document::extension;
use super::pages::Pages;
use super::parameter::{Parameter, declared, whole_path};
use super::refs::Refs;
use super::schema::{Budget, beginning, shortened};
use super::{Fault, Withheld};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Longest description of a tool, characters.
const LONGEST_DESCRIPTION: usize = 1_000;

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

/// One operation, ready to be called.
#[derive(Clone, Debug)]
pub struct Operation {
    /// The tool's name.
    pub name: String,
    /// Its `operationId`, as the document writes it.
    pub id: Option<String>,
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
    /// Names of query parameters that Leeway sets, lower case: no member of an object may stand for one.
    pub(super) withheld: BTreeSet<String>,
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

    /// Arguments that hold fields of the body under another name than the body's: the argument's and the field's.
    pub fn renamed(&self) -> impl Iterator<Item = (&str, &str)> {
        let content = self.body.as_ref().map(|body| &body.content);
        let fields = match content {
            Some(Content::Fields(fields)) => fields.as_slice(),
            _ => &[],
        };
        fields
            .iter()
            .map(|field| (field.argument.as_str(), field.name.as_str()))
            .filter(|(argument, name)| argument != name)
    }

    /// The argument that is the whole body, when there is one.
    pub fn whole_body(&self) -> Option<&str> {
        match &self.body.as_ref()?.content {
            Content::Whole(argument) => Some(argument),
            Content::Fields(_) => None,
        }
    }

    /// Reads an operation as a tool of this name; a fault when it cannot be offered.
    pub fn read(
        place: &Place<'_>,
        name: &str,
        (withheld, budget): (&Withheld, &mut Budget),
    ) -> Result<Self, Fault> {
        let refs = Refs::new(place.root);
        let mut found = Arguments::new(refs, budget);
        let mut parameters = Vec::new();
        for declared in declared(place, refs)? {
            if let Some(parameter) = found.parameter(&declared, withheld)? {
                parameters.push(parameter);
            }
        }
        whole_path(place, &parameters)?;
        let body = found.body(place, refs)?;
        let mut pages = extension(place, "x-leeway-pages")
            .map(Pages::read)
            .transpose()?;
        if let Some(rule) = &pages
            && let Err(fault) = rule.asked_by(&found.properties)
        {
            // What the document says as a whole is about those operations that it fits.
            if place.operation.get("x-leeway-pages").is_some() {
                return Err(fault);
            }
            pages = None;
        }
        let success = extension(place, "x-leeway-success").and_then(Value::as_str);
        Ok(Self {
            definition: definition(place, name, found),
            name: name.to_owned(),
            id: Some(place.said_id())
                .filter(|id| !id.is_empty())
                .map(str::to_owned),
            method: place.method.to_uppercase(),
            path: place.path.to_owned(),
            parameters,
            body,
            pages,
            success: success.map(str::to_owned),
            withheld: withheld.query().clone(),
        })
    }
}

fn definition(place: &Place<'_>, name: &str, found: Arguments<'_, '_>) -> Value {
    let said = |key: &str| {
        let text = place.operation[key].as_str().unwrap_or_default();
        beginning(text, LONGEST_DESCRIPTION).trim()
    };
    let text = format!("{}\n\n{}", said("summary"), said("description"));
    let text = shortened(text.trim(), LONGEST_DESCRIPTION);
    let safe = matches!(place.method, "get" | "head");
    // In the order of the arguments.
    let required: Vec<&String> = found
        .properties
        .keys()
        .filter(|name| found.required.contains(*name))
        .collect();
    json!({
        "name": name,
        "description": format!("{text}\n\n{}", place.words()).trim_start(),
        "inputSchema": {
            "type": "object",
            "properties": found.properties,
            "required": required,
            "additionalProperties": false,
        },
        "annotations": { "readOnlyHint": safe, "destructiveHint": place.method == "delete" },
    })
}
