//! Reading a document: JSON or YAML, OpenAPI 3.0 or 3.1, and the tools it becomes.

use super::operation::{Operation, Place};
use super::refs::Refs;
use super::{Fault, LONGEST_DOCUMENT, Withheld};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most operations a document may have.
const MOST_OPERATIONS: usize = 5_000;
const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// An operation that becomes no tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Method and path, `POST /files`.
    pub operation: String,
    /// Why.
    pub fault: Fault,
}

/// A document, read.
#[derive(Clone, Debug)]
pub struct Document {
    /// Its operations by tool name.
    pub operations: BTreeMap<String, Operation>,
    /// What becomes no tool, and why.
    pub skipped: Vec<Skipped>,
    /// Its first server's address, when that is a whole one.
    pub server: Option<String>,
}

impl Document {
    /// Reads a document. An operation that cannot be offered is skipped; a document that cannot be
    /// understood, or offers nothing, is an error.
    pub fn parse(text: &str, withheld: &Withheld) -> Result<Self, Fault> {
        let root = value(text)?;
        version(&root)?;
        let refs = Refs::new(&root);
        let paths = root["paths"].as_object().ok_or_else(|| {
            Fault::new(
                "openapi-invalid",
                "the document has no `paths`",
                "describe at least one operation under `paths`",
            )
        })?;
        let mut document = Self {
            operations: BTreeMap::new(),
            skipped: Vec::new(),
            server: server(&root),
        };
        let places = places(&root, refs, paths)?;
        let mut ids = BTreeMap::new();
        for place in &places {
            *ids.entry(place.said_id()).or_insert(0) += 1;
        }
        for place in &places {
            // An id given twice names neither.
            let id = Some(place.said_id()).filter(|id| !id.is_empty() && ids[id] == 1);
            document.add(place, id, withheld)?;
        }
        document.some()
    }

    fn add(
        &mut self,
        place: &Place<'_>,
        id: Option<&str>,
        withheld: &Withheld,
    ) -> Result<(), Fault> {
        let operation = match Operation::read(place, id, withheld) {
            Ok(operation) => operation,
            Err(fault) => {
                self.skipped.push(Skipped {
                    operation: place.words(),
                    fault,
                });
                return Ok(());
            }
        };
        let name = operation.name.clone();
        if let Some(other) = self.operations.insert(name.clone(), operation) {
            return Err(Fault::new(
                "openapi-invalid",
                format!(
                    "`{}` and `{}` would both be the tool `{name}`",
                    other.words(),
                    place.words()
                ),
                "give each operation an `operationId` of its own",
            ));
        }
        Ok(())
    }

    fn some(self) -> Result<Self, Fault> {
        if !self.operations.is_empty() {
            return Ok(self);
        }
        let why = self.skipped.first().map_or_else(
            || "the document has no operation".to_owned(),
            |skipped| {
                format!(
                    "no operation of the document can be offered; `{}`: {}",
                    skipped.operation, skipped.fault.message
                )
            },
        );
        Err(Fault::new(
            "openapi-no-operation",
            why,
            "describe at least one operation whose body is JSON or a form",
        ))
    }
}

fn places<'a>(
    root: &'a Value,
    refs: Refs<'a>,
    paths: &'a Map<String, Value>,
) -> Result<Vec<Place<'a>>, Fault> {
    let mut places = Vec::new();
    for (path, item) in paths {
        let item = refs.follow(item)?;
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                places.push(Place {
                    root,
                    method,
                    path,
                    item,
                    operation,
                });
            }
        }
    }
    if places.len() > MOST_OPERATIONS {
        return Err(Fault::new(
            "openapi-too-large",
            format!("the document has more than {MOST_OPERATIONS} operations"),
            "leave out the operations that are not used",
        ));
    }
    Ok(places)
}

fn value(text: &str) -> Result<Value, Fault> {
    if text.len() > LONGEST_DOCUMENT {
        return Err(Fault::new(
            "openapi-too-large",
            format!(
                "the document has {} bytes; the limit is {LONGEST_DOCUMENT}",
                text.len()
            ),
            "leave out the operations that are not used",
        ));
    }
    let read = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|error| error.to_string())
    } else {
        serde_saphyr::from_str(text).map_err(|error| {
            let words = error.to_string();
            words.lines().next().unwrap_or_default().to_owned()
        })
    };
    read.map_err(|why| {
        Fault::new(
            "openapi-unreadable",
            format!("the document is neither JSON nor YAML: {why}"),
            "mend it at that place",
        )
    })
}

fn version(root: &Value) -> Result<(), Fault> {
    let said = root["openapi"].as_str().unwrap_or_default();
    if said.starts_with("3.0.") || said.starts_with("3.1.") || said == "3.0" || said == "3.1" {
        return Ok(());
    }
    let message = match (said, root["swagger"].as_str()) {
        ("", Some(swagger)) => format!("the document is Swagger {swagger}"),
        ("", None) => "the document does not say `openapi: 3.0.x` or `3.1.x`".to_owned(),
        (said, _) => format!("the document is OpenAPI `{said}`"),
    };
    Err(Fault::new(
        "openapi-version",
        message,
        "give a document of OpenAPI 3.0 or 3.1",
    ))
}

fn server(root: &Value) -> Option<String> {
    let url = root["servers"][0]["url"].as_str()?;
    let whole = url.starts_with("https://") || url.starts_with("http://");
    (whole && !url.contains('{')).then(|| url.to_owned())
}

/// What an operation says under a key, or else the document as a whole.
pub fn extension<'a>(place: &Place<'a>, key: &str) -> Option<&'a Value> {
    place.operation.get(key).or_else(|| place.root.get(key))
}

/// An object's fields, or none.
pub fn fields(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(Map::iter)
}
