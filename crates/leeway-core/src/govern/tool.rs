//! Tools as systems list them. One that cannot be offered costs itself alone: it is kept with the reason, and
//! the others work.

use crate::action::lookalike::marked;
use serde_json::{Map, Value, json};

/// Most tools of one system.
pub const MOST_TOOLS: usize = 2_000;
/// Longest name of a tool, characters.
pub const LONGEST_NAME: usize = 200;
/// Largest definition, bytes as JSON.
pub const LARGEST_DEFINITION: usize = 512 * 1024;
/// Longest reason given, characters.
const LONGEST_REASON: usize = 300;
/// Key of the reason in a definition that stands for one that cannot be offered.
const UNUSABLE: &str = "unusable";

/// A list of tools, sorted out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Definitions, each name once. One that cannot be kept as it is says why instead, see [`unusable`].
    pub tools: Vec<Value>,
    /// What could not be kept at all, one sentence each.
    pub left_out: Vec<String>,
}

/// Sorts out what a system lists: each name once, and none too large.
pub fn sort_out(listed: Vec<Value>) -> Listed {
    let mut out = Listed::default();
    let mut nameless = 0;
    let mut by_name: Map<String, Value> = Map::new();
    let (mut order, mut more) = (Vec::new(), 0);
    for definition in listed {
        let Some(name) = name(&definition).map(str::to_owned) else {
            nameless += 1;
            continue;
        };
        let known = by_name.contains_key(&name);
        if !known && order.len() == MOST_TOOLS {
            more += 1;
            continue;
        }
        if !known {
            order.push(name.clone());
        }
        let kept = match by_name.get(&name) {
            Some(before) if *before != definition => stands_for(
                &name,
                "it is listed more than once, with different definitions",
            ),
            _ => bounded(&name, definition),
        };
        by_name.insert(name, kept);
    }
    out.tools
        .extend(order.iter().filter_map(|name| by_name.remove(name)));
    if nameless > 0 {
        out.left_out.push(format!(
            "{nameless} of the tools it lists have no name, or one that is no name of a tool"
        ));
    }
    if more > 0 {
        out.left_out.push(format!(
            "it lists {more} tools more than the {MOST_TOOLS} that are taken of one system"
        ));
    }
    out
}

/// The name of a tool, where it can be called by it.
fn name(definition: &Value) -> Option<&str> {
    let name = definition.get("name")?.as_str()?;
    let fits = !name.trim().is_empty()
        && name.chars().count() <= LONGEST_NAME
        && !name.chars().any(char::is_control);
    fits.then_some(name)
}

fn bounded(name: &str, definition: Value) -> Value {
    let size = serde_json::to_vec(&definition).map_or(usize::MAX, |bytes| bytes.len());
    if size <= LARGEST_DEFINITION {
        return definition;
    }
    stands_for(
        name,
        &format!("its definition has {size} bytes, and {LARGEST_DEFINITION} are read"),
    )
}

fn stands_for(name: &str, why: &str) -> Value {
    json!({ "name": name, UNUSABLE: why })
}

/// Why a tool with this definition cannot be offered; `None` when nothing of its form speaks against it.
pub fn unusable(definition: &Value) -> Option<String> {
    if let Some(why) = definition.get(UNUSABLE) {
        let why = why.as_str().unwrap_or("its system says that it is not");
        return Some(marked(why).chars().take(LONGEST_REASON).collect());
    }
    let Some(schema) = definition.get("inputSchema") else {
        return Some("it has no input schema".to_owned());
    };
    let Some(schema) = schema.as_object() else {
        return Some("its input schema is no object".to_owned());
    };
    let of_objects = match schema.get("type") {
        None => true,
        Some(Value::String(kind)) => kind == "object",
        Some(Value::Array(kinds)) => kinds.contains(&json!("object")),
        Some(_) => false,
    };
    (!of_objects).then(|| "its input schema is not of the type `object`".to_owned())
}

/// A tool's input schema as clients take it: of the type `object`, said so. Arguments are never anything else.
pub fn input_schema(definition: &Value) -> Value {
    let mut schema = match definition.get("inputSchema") {
        Some(Value::Object(schema)) => schema.clone(),
        _ => Map::new(),
    };
    schema.insert("type".to_owned(), json!("object"));
    Value::Object(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(name: &str, schema: Value) -> Value {
        json!({ "name": name, "inputSchema": schema })
    }

    #[test]
    fn a_name_given_twice_costs_only_that_name() {
        let object = json!({ "type": "object" });
        let listed = sort_out(vec![
            tool("twice", object.clone()),
            tool("same", object.clone()),
            tool("other", object.clone()),
            tool("twice", json!({ "type": "object", "required": ["x"] })),
            tool("same", object.clone()),
            // A third time like the first is no better.
            tool("twice", object.clone()),
        ]);
        let names: Vec<_> = listed.tools.iter().map(|tool| &tool["name"]).collect();
        assert_eq!(names, ["twice", "same", "other"]);
        assert_eq!(unusable(&listed.tools[1]), None);
        assert_eq!(unusable(&listed.tools[2]), None);
        let why = unusable(&listed.tools[0]).unwrap();
        assert!(why.contains("more than once"), "{why}");
        assert!(listed.left_out.is_empty());
    }

    #[test]
    fn what_has_no_name_or_is_too_much_is_left_out_and_said() {
        let mut many: Vec<_> = (0..MOST_TOOLS + 3)
            .map(|n| tool(&format!("t{n}"), json!({ "type": "object" })))
            .collect();
        many.extend([
            json!({}),
            json!("text"),
            json!({ "name": 7 }),
            tool(" ", json!({})),
            tool("a\u{1b}[31m", json!({})),
            tool(&"n".repeat(LONGEST_NAME + 1), json!({})),
        ]);
        let listed = sort_out(many);
        assert_eq!(listed.tools.len(), MOST_TOOLS);
        assert_eq!(listed.left_out.len(), 2);
        assert!(
            listed.left_out[0].starts_with("6 of"),
            "{:?}",
            listed.left_out
        );
        assert!(
            listed.left_out[1].contains(" 3 tools more"),
            "{:?}",
            listed.left_out
        );
    }

    #[test]
    fn a_definition_that_is_too_large_is_kept_by_name_with_the_reason() {
        let mut large = tool("large", json!({ "type": "object" }));
        large["description"] = json!("x".repeat(LARGEST_DEFINITION));
        let listed = sort_out(vec![large, tool("small", json!({}))]);
        assert_eq!(listed.tools[0]["name"], "large");
        assert!(unusable(&listed.tools[0]).unwrap().contains("bytes"));
        assert_eq!(unusable(&listed.tools[1]), None);
    }

    #[test]
    fn only_objects_are_arguments_and_every_schema_says_so() {
        for (schema, fits) in [
            (json!({}), true),
            (json!({ "type": "object" }), true),
            (json!({ "type": ["object", "null"] }), true),
            (json!({ "anyOf": [{ "required": ["a"] }] }), true),
            (json!({ "type": "string" }), false),
            (json!({ "type": ["string"] }), false),
            (json!({ "type": 3 }), false),
            (json!(true), false),
            (json!([]), false),
            (Value::Null, false),
        ] {
            let tool = tool("t", schema.clone());
            assert_eq!(unusable(&tool).is_none(), fits, "{schema}");
            assert_eq!(input_schema(&tool)["type"], "object");
        }
        assert!(unusable(&json!({ "name": "t" })).is_some());
        let anyof = tool("t", json!({ "anyOf": [{ "required": ["a"] }] }));
        assert_eq!(input_schema(&anyof)["anyOf"][0]["required"][0], "a");
    }

    #[test]
    fn a_system_words_no_reason_that_turns_a_terminal() {
        let why = unusable(&json!({ "name": "t", "unusable": "x\u{1b}[2J\u{202e}y" })).unwrap();
        assert!(!why.contains(['\u{1b}', '\u{202e}']), "{why}");
        assert!(unusable(&json!({ "name": "t", "unusable": false })).is_some());
    }
}
