//! Reading a document: JSON or YAML, OpenAPI 3.0 or 3.1, and the tools it becomes.

use super::operation::{Operation, Place};
use super::refs::Refs;
use super::schema::Budget;
use super::servers::{Home, home};
use super::{Fault, LONGEST_DOCUMENT, Withheld, names, one_line};
use crate::nesting;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Most operations a document may have.
const MOST_OPERATIONS: usize = 5_000;
/// How deep a document may be nested, levels of lists and objects.
const DEEPEST: usize = 120;
const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// An operation that becomes no tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Method and path, `POST /files`; a path alone, where it cannot be read.
    pub operation: String,
    /// The name its tool would have; empty where there would be none.
    pub name: String,
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
    /// Its server's address, when that is a whole one.
    pub server: Option<String>,
    /// Its server's address as it is written: a path alone, or with variables.
    pub server_said: Option<String>,
}

impl Document {
    /// Reads a document. An operation that cannot be offered is skipped; a document that cannot be
    /// understood, or offers nothing, is an error.
    pub fn parse(text: &str, withheld: &Withheld) -> Result<Self, Fault> {
        let root = value(text)?;
        version(&root)?;
        let paths = root["paths"].as_object().ok_or_else(|| {
            Fault::new(
                "openapi-invalid",
                "the document has no `paths`",
                "describe at least one operation under `paths`",
            )
        })?;
        let mut skipped = Vec::new();
        let places = places(&root, paths, &mut skipped)?;
        let home = home(&root, &places, withheld);
        let mut document = Self {
            operations: BTreeMap::new(),
            skipped,
            server: home.whole.clone(),
            server_said: home.said.clone(),
        };
        let mut budget = Budget::default();
        for (place, name) in places.iter().zip(names::of(&places, withheld)) {
            let read = document.read((place, &name), &home, (withheld, &mut budget));
            if let Err(fault) = read {
                document.skipped.push(Skipped {
                    operation: one_line(&place.words()),
                    name,
                    fault,
                });
            }
        }
        document.some()
    }

    fn read(
        &mut self,
        (place, name): (&Place<'_>, &str),
        home: &Home,
        (withheld, budget): (&Withheld, &mut Budget),
    ) -> Result<(), Fault> {
        home.check(place)?;
        if let Some(other) = self.operations.get(name) {
            return Err(Fault::new(
                "openapi-invalid",
                format!("it would be the tool `{name}`, as `{}` is", other.words()),
                "give each operation an `operationId` of its own",
            ));
        }
        let operation = Operation::read(place, name, (withheld, budget))?;
        self.operations.insert(name.to_owned(), operation);
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
    paths: &'a Map<String, Value>,
    skipped: &mut Vec<Skipped>,
) -> Result<Vec<Place<'a>>, Fault> {
    let refs = Refs::new(root);
    let mut places = Vec::new();
    for (path, said) in paths.iter().filter(|(path, _)| !path.starts_with("x-")) {
        let item = match refs.follow(said) {
            Ok(item) => item,
            Err(fault) => {
                skipped.push(Skipped {
                    operation: one_line(path),
                    name: String::new(),
                    fault,
                });
                continue;
            }
        };
        for method in METHODS {
            // What stands beside a path's `$ref` is meant too.
            if let Some(operation) = said.get(method).or_else(|| item.get(method)) {
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
    let read = read.map_err(|why| {
        Fault::new(
            "openapi-unreadable",
            format!("the document is neither JSON nor YAML: {why}"),
            "mend it at that place",
        )
    })?;
    if nesting::is_deeper(&read, DEEPEST) {
        return Err(Fault::new(
            "openapi-too-deep",
            format!("the document is nested more than {DEEPEST} levels deep"),
            "leave out what is nested so deep: no operation needs it",
        ));
    }
    Ok(read)
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
