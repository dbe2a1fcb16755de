//! Mutated documents and random arguments: nothing panics, and what is sent is what was given, under its own name.

use super::{arguments, document};
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use leeway_core::openapi::operation::Operation;
use leeway_core::openapi::parameter::Where;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Any value, with what is likely to be mistaken for more than a value.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9]{0,6}",
        "[.%/\\\\2eEfF;]{0,8}",
        "[a,|= &?#\\[\\]{}]{0,8}",
        any::<String>(),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-f]{1,2}",
        prop::sample::select(vec![
            "_method", "api_key", "q", "deep", "deep[x]", "flat", "free", "", "a[b]", "A"
        ])
        .prop_map(str::to_owned),
        text(),
    ]
}

fn operation() -> Operation {
    let text = document(json!({"/x/{p}/y-{r}/z": {"post": {
        "operationId": "o",
        "parameters": [
            {"name": "p", "in": "path"}, {"name": "r", "in": "path"},
            {"name": "q", "in": "query"}, {"name": "flat", "in": "query", "explode": false},
            {"name": "deep", "in": "query", "style": "deepObject"}, {"name": "free", "in": "query"},
            {"name": "h", "in": "header"}, {"name": "c", "in": "cookie"},
        ],
        "requestBody": {"content": {"application/x-www-form-urlencoded": {
            "encoding": {"d": {"style": "deepObject"}, "s": {"style": "form"}},
            "schema": {"type": "object", "properties": {"d": {}, "s": {}, "t": {}, "u": {}}}}}},
    }}}));
    let document = Document::parse(&text, &Withheld::default()).unwrap();
    document.operations["o"].clone()
}

/// How many plain values there are in a value as it is written in pairs.
fn leaves(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(leaves).sum(),
        Value::Object(fields) => fields.values().map(leaves).sum(),
        _ => 1,
    }
}

/// The pairs whose names belong to an argument: its own, with brackets, or a member's of a spread object.
fn of<'a>(
    pairs: &'a [(String, String)],
    name: &str,
    value: Option<&Value>,
) -> Vec<&'a (String, String)> {
    let members = value
        .and_then(Value::as_object)
        .filter(|_| matches!(name, "q" | "free" | "s"));
    pairs
        .iter()
        .filter(|(key, _)| match members {
            Some(members) => members.contains_key(key),
            None => key == name || key.starts_with(&format!("{name}[")),
        })
        .collect()
}

fn check(operation: &Operation, given: &Map<String, Value>) {
    let Ok(request) = operation.request(given) else {
        return;
    };
    assert_eq!(
        request.path.split('/').count(),
        operation.path.split('/').count(),
        "{}",
        request.path
    );
    assert!(
        !request.path.contains(['?', '#', '{', '\\']),
        "{}",
        request.path
    );
    for (name, value) in &request.headers {
        assert!(!value.chars().any(char::is_control), "{name}");
    }
    let (_, form) = request.body.clone().unwrap_or_default();
    let form: Vec<(String, String)> = url::form_urlencoded::parse(form.as_bytes())
        .into_owned()
        .collect();
    let whole_query: Vec<(String, String)> =
        url::form_urlencoded::parse(request.query_text().as_bytes())
            .into_owned()
            .collect();
    assert_eq!(whole_query, request.query);
    let mut counted = 0;
    for parameter in operation
        .parameters
        .iter()
        .filter(|it| it.place == Where::Query)
    {
        let value = given
            .get(&parameter.argument)
            .filter(|value| !value.is_null());
        let found = value.map_or(0, |_| of(&request.query, &parameter.name, value).len());
        let expected = match value {
            None => 0,
            Some(_) if parameter.name == "flat" => 1,
            Some(value) => leaves(value),
        };
        assert_eq!(found, expected, "{}: {:?}", parameter.name, request.query);
        counted += found;
    }
    assert_eq!(counted, request.query.len(), "{:?}", request.query);
    let mut counted = 0;
    for name in ["d", "s", "t", "u"] {
        let Some(value) = given.get(name) else {
            continue;
        };
        let expected = match (name, value) {
            ("d" | "s", value) if !value.is_array() || name == "d" => leaves(value),
            (_, Value::Array(items)) => items.len(),
            _ => 1,
        };
        let found = of(&form, name, Some(value)).len();
        assert_eq!(found, expected, "{name}: {form:?}");
        counted += found;
    }
    assert_eq!(counted, form.len(), "{form:?}");
}

fn faulty() -> impl Strategy<Value = Value> {
    let seed = json!({"openapi": "3.1.0", "servers": [{"url": "https://a.example"}], "paths": {
        "/a/{id}": {
            "parameters": [{"$ref": "#/components/parameters/P"}],
            "get": {"operationId": "a", "servers": [{"url": "https://a.example"}],
                "x-leeway-pages": {"items": "/x", "argument": "id", "next": "/n"}},
            "put": {"requestBody": {"$ref": "#/components/requestBodies/B"}}},
        "/b": {"$ref": "#/components/pathItems/I"}},
        "components": {
            "parameters": {"P": {"name": "id", "in": "path", "style": "simple", "schema": {"$ref": "#/components/schemas/S"}}},
            "requestBodies": {"B": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/S"}, "encoding": {}}}}},
            "pathItems": {"I": {"post": {"operationId": "i", "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"$ref": "#/components/schemas/T"}, "encoding": {"a": {"style": "form"}}}}}}}},
            "schemas": {
                "S": {"type": "object", "allOf": [{"$ref": "#/components/schemas/T"}], "nullable": true},
                "T": {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/components/schemas/S"}, "id": {"enum": [1], "exclusiveMinimum": true, "minimum": 1}}}}}});
    let pointers = pointers(&seed);
    let part = prop_oneof![
        value(),
        prop::sample::select(pointers.clone())
            .prop_map(|pointer| json!({"$ref": format!("#{pointer}")})),
        prop::sample::select(pointers.clone()).prop_map({
            let seed = seed.clone();
            move |pointer| seed.pointer(&pointer).cloned().unwrap_or_default()
        }),
    ];
    prop::collection::vec((prop::sample::select(pointers), part), 1..6).prop_map(move |changes| {
        let mut document = seed.clone();
        for (pointer, part) in changes {
            if let Some(place) = document.pointer_mut(&pointer) {
                *place = part;
            }
        }
        document
    })
}

/// Pointers to every value but the whole.
fn pointers(value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), value)];
    while let Some((at, value)) = open.pop() {
        if !at.is_empty() {
            found.push(at.clone());
        }
        match value {
            Value::Object(fields) => open.extend(fields.iter().map(|(name, inner)| {
                let name = name.replace('~', "~0").replace('/', "~1");
                (format!("{at}/{name}"), inner)
            })),
            Value::Array(items) => {
                open.extend(
                    items
                        .iter()
                        .enumerate()
                        .map(|(index, inner)| (format!("{at}/{index}"), inner)),
                );
            }
            _ => {}
        }
    }
    found
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn arguments_are_sent_as_they_are_under_their_own_names(
        given in prop::collection::btree_map(
            prop::sample::select(vec!["p", "r", "q", "flat", "deep", "free", "h", "c", "d", "s", "t", "u"])
                .prop_map(str::to_owned),
            value(),
            0..8,
        ),
        plain in any::<bool>(),
    ) {
        let mut given: Map<String, Value> = given.into_iter().collect();
        if plain {
            given.insert("p".to_owned(), json!("1"));
            given.insert("r".to_owned(), json!("2"));
        }
        check(&operation(), &given);
    }

    #[test]
    fn a_document_of_any_form_ends_in_tools_or_a_fault(document in faulty(), given in value()) {
        let Ok(document) = Document::parse(&document.to_string(), &Withheld::named("sys")) else {
            return Ok(());
        };
        for (name, operation) in &document.operations {
            prop_assert!(!name.is_empty() && "sys__".len() + name.len() <= 64);
            prop_assert_eq!(&operation.definition["inputSchema"]["type"], "object");
            let known = operation.definition["inputSchema"]["properties"].as_object();
            let all: Map<String, Value> = known
                .into_iter()
                .flatten()
                .map(|(name, _)| (name.clone(), given.clone()))
                .collect();
            let segments = operation.path.split('/').count();
            for given in [all, arguments(json!({"id": "1", "a": "x"}))] {
                if let Ok(request) = operation.request(&given) {
                    prop_assert_eq!(request.path.split('/').count(), segments);
                }
            }
        }
    }
}
