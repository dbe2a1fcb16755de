//! The arguments of a tool: an operation's parameters and the fields of its body, each under a name of its own.

use super::Fault;
use super::body::{self, BodyRule, Content, Field};
use super::document::fields;
use super::operation::Place;
use super::own::{self, Withheld};
use super::parameter::{Declared, Parameter, Where, other_method};
use super::refs::Refs;
use super::schema::{Budget, Converter, cut, merged};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Parts of a schema by which an object is more than its fields.
const MORE_THAN_FIELDS: [&str; 4] = ["oneOf", "anyOf", "allOf", "not"];

/// The arguments found so far.
pub struct Arguments<'a, 'b> {
    converter: Converter<'a, 'b>,
    /// Their schemas by name.
    pub properties: Map<String, Value>,
    /// Those that have to be given.
    pub required: BTreeSet<String>,
}

impl<'a, 'b> Arguments<'a, 'b> {
    pub fn new(refs: Refs<'a>, budget: &'b mut Budget) -> Self {
        Self {
            converter: Converter::new(refs, budget),
            properties: Map::new(),
            required: BTreeSet::new(),
        }
    }

    /// Takes a parameter in; `None` for one that is Leeway's to set.
    pub fn parameter(
        &mut self,
        declared: &Declared<'a>,
        withheld: &Withheld,
    ) -> Result<Option<Parameter>, Fault> {
        let (raw, name, place) = (declared.raw, declared.name, declared.place);
        let required = place == Where::Path || raw["required"] == json!(true);
        if own::is_own(place, name, withheld) {
            return if required && own::is_override(name) {
                Err(other_method(name))
            } else {
                Ok(None)
            };
        }
        let schema = match fields(raw.get("content")).next() {
            Some((_, content)) => &content["schema"],
            None => &raw["schema"],
        };
        let mut schema = self.converter.convert(schema)?;
        if let (Some(said), Some(object)) = (raw["description"].as_str(), schema.as_object_mut()) {
            object.insert("description".to_owned(), json!(cut(said)));
        }
        let argument = self.free(name, prefix(place), &BTreeSet::new());
        if required {
            self.required.insert(argument.clone());
        }
        self.properties.insert(argument.clone(), schema);
        Ok(Some(Parameter {
            argument,
            name: name.to_owned(),
            place,
            style: declared.style,
        }))
    }

    /// A name that no argument has yet: the name itself, or with where it goes in front. `kept` are names that
    /// are given to none but those they are the own names of.
    fn free(&self, name: &str, prefix: &str, kept: &BTreeSet<&String>) -> String {
        let taken = |candidate: &String| {
            self.properties.contains_key(candidate) || candidate != name && kept.contains(candidate)
        };
        let mut candidate = name.to_owned();
        let mut number = 1;
        while taken(&candidate) {
            candidate = match number {
                1 => format!("{prefix}_{name}"),
                more => format!("{prefix}_{name}_{more}"),
            };
            number += 1;
        }
        candidate
    }

    /// Takes the body's arguments in.
    pub fn body(&mut self, place: &Place<'a>, refs: Refs<'a>) -> Result<Option<BodyRule>, Fault> {
        let Some(body) = place.operation.get("requestBody") else {
            return Ok(None);
        };
        let body = refs.follow(body)?;
        let required = body["required"] == json!(true);
        let Some(sent) = body::media(body)? else {
            return Ok(None);
        };
        let schema = merged(self.converter.convert(&sent.content["schema"])?);
        let lists = json!("array");
        if sent.any && !is_object(&schema) && schema["type"] != lists {
            return Err(body::unsupported(
                "its body is of any media type, and no object or list".to_owned(),
            ));
        }
        Ok(Some(BodyRule {
            media: sent.media,
            content_type: sent.content_type,
            content: self.content(&schema, required)?,
            required,
            styles: body::styles(sent.content)?,
        }))
    }

    /// An object's fields become arguments of their own, those whose name another argument has as `body_NAME`;
    /// anything else is one argument.
    fn content(&mut self, schema: &Value, required: bool) -> Result<Content, Fault> {
        let closed = matches!(
            schema.get("additionalProperties"),
            None | Some(Value::Bool(false))
        );
        let plain = is_object(schema)
            && closed
            && !MORE_THAN_FIELDS
                .iter()
                .any(|key| schema.get(*key).is_some());
        let needed: BTreeSet<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        if let Some(name) = needed.iter().find(|name| own::is_override(name)) {
            return Err(other_method(name));
        }
        let members: Vec<(&String, &Value)> = fields(schema.get("properties"))
            .filter(|(name, _)| !own::is_override(name))
            .collect();
        if !plain || members.is_empty() {
            return Ok(self.whole(schema, required));
        }
        let names: BTreeSet<&String> = members.iter().map(|(name, _)| *name).collect();
        let mut found = Vec::new();
        for (name, property) in &members {
            let argument = self.free(name, "body", &names);
            if required && needed.contains(name.as_str()) {
                self.required.insert(argument.clone());
            }
            self.properties
                .insert(argument.clone(), (*property).clone());
            found.push(Field {
                argument,
                name: (*name).clone(),
            });
        }
        Ok(Content::Fields(found))
    }

    fn whole(&mut self, schema: &Value, required: bool) -> Content {
        let argument = self.free("body", "request", &BTreeSet::new());
        if required {
            self.required.insert(argument.clone());
        }
        self.properties.insert(argument.clone(), schema.clone());
        Content::Whole(argument)
    }
}

fn is_object(schema: &Value) -> bool {
    schema["type"] == json!("object")
        || schema.get("type").is_none() && schema["properties"].is_object()
}

fn prefix(place: Where) -> &'static str {
    match place {
        Where::Path => "path",
        Where::Query => "query",
        Where::Header => "header",
        Where::Cookie => "cookie",
    }
}
