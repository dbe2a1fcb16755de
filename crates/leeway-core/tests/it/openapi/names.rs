//! Names of tools: told apart, short enough, and stable.

use super::{left_out, parsed, tools};
use leeway_core::govern::system::System;
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use serde_json::{Map, Value, json};

fn paths(of: &[(&str, &str, Option<&str>)]) -> Value {
    let mut paths = Map::new();
    for (method, path, id) in of {
        let item = paths.entry((*path).to_owned()).or_insert_with(|| json!({}));
        let parameters: Vec<Value> = path
            .split('{')
            .skip(1)
            .filter_map(|part| part.split_once('}'))
            .map(|(name, _)| json!({"name": name, "in": "path", "required": true}))
            .collect();
        item[*method] = json!({"parameters": parameters});
        if let Some(id) = id {
            item[*method]["operationId"] = json!(id);
        }
    }
    Value::Object(paths)
}

/// Names by method and path.
fn named(document: &Document) -> Vec<(String, String)> {
    let each = document.operations.values();
    let mut all: Vec<(String, String)> = each.map(|it| (it.words(), it.name.clone())).collect();
    all.sort();
    all
}

const LONG: &str = "/api/servicecatalog/catalogs/items/by_sys_id/versioning/checkout/and/more/";

#[test]
fn names_that_would_be_the_same_are_told_apart() {
    let (submit, cancel) = (format!("{LONG}submit"), format!("{LONG}cancel"));
    let of = [
        ("get", "/users/{id}", Some("users.get")),
        ("get", "/users", Some("users_get")),
        ("post", "/case", Some("getCase")),
        ("get", "/case", Some("getcase")),
        ("post", submit.as_str(), None),
        ("post", cancel.as_str(), None),
        ("delete", "/a", None),
        ("get", "/a", None),
        ("get", "/a/", None),
        ("get", "/x/{y}", None),
        ("get", "/x/y", None),
        ("get", "/e", Some("…")),
        ("get", "/f", Some("")),
        ("get", "/g", Some("___")),
        ("get", "/", None),
        ("get", "/ok", Some("getOk")),
    ];
    let document = parsed(paths(&of));
    assert_eq!(left_out(&document), Vec::<String>::new());
    assert_eq!(document.operations.len(), of.len());
    for name in tools(&document) {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        assert!(
            !name.is_empty() && name.len() <= 64 && name.chars().all(plain),
            "{name}"
        );
    }
    let names = tools(&document);
    for kept in ["getOk", "delete_a", "get_e", "get_f", "get_g", "get"] {
        assert!(names.contains(&kept), "{names:?}");
    }
    // In another order, and with others beside them, they have the same names.
    let mut turned = of.to_vec();
    turned.reverse();
    turned.push(("put", "/more", Some("more")));
    let again = parsed(paths(&turned));
    let before = named(&document);
    let after: Vec<_> = named(&again)
        .into_iter()
        .filter(|(_, name)| name != "more")
        .collect();
    assert_eq!(before, after);
    insta::assert_snapshot!(names.join("\n"));
}

#[test]
fn a_long_name_leaves_room_for_its_system_s() {
    let submit = format!("{LONG}submit");
    let of = paths(&[
        ("post", submit.as_str(), None),
        ("get", "/ok", Some("getOk")),
    ]);
    for system in ["t", "crm", "a-system-with-a-name-that-is-rather-long"] {
        let system: System = serde_json::from_value(
            json!({"name": system, "title": "T", "pack": "t", "openapi": "t.json"}),
        )
        .unwrap();
        for withheld in [Withheld::of(&system), Withheld::named(&system.name)] {
            let document = Document::parse(&super::document(of.clone()), &withheld).unwrap();
            for name in tools(&document) {
                assert!(format!("{}__{name}", system.name).len() <= 64, "{name}");
            }
            assert!(tools(&document).contains(&"getOk"));
        }
    }
}

#[test]
fn an_odd_path_costs_itself_alone() {
    let document = parsed(json!({
        "/ok": {"get": {"operationId": "ok"}},
        "/gone": {"$ref": "#/components/pathItems/gone"},
        "/round": {"$ref": "#/paths/~1round"},
        "/away": {"$ref": "https://example.com/paths.json"},
        "/here": {"$ref": "#/paths/~1ok", "post": {"operationId": "here"}},
        "no/slash": {"get": {}},
        "/q?x=1": {"get": {}},
        "/f#x": {"get": {}},
        "/up/../x": {"get": {}},
        "/up/%2e%2E/x": {"get": {}},
        "/open/{x": {"get": {"parameters": [{"name": "x", "in": "path"}]}},
        "/unplaced": {"get": {"parameters": [{"name": "x", "in": "path"}]}},
        "x-internal": {"get": {}},
    }));
    assert_eq!(
        left_out(&document),
        [
            "/gone: ref-unresolved",
            "/round: ref-unresolved",
            "/away: ref-external",
            "GET no/slash: path-unsupported",
            "GET /q?x=1: path-unsupported",
            "GET /f#x: path-unsupported",
            "GET /up/../x: path-unsupported",
            "GET /up/%2e%2E/x: path-unsupported",
            "GET /open/{x: path-unsupported",
            "GET /unplaced: path-incomplete",
        ]
    );
    assert_eq!(tools(&document), ["get_here", "get_ok", "here"]);
}
