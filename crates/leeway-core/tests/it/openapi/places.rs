//! Values that would leave their place in a request: by dots, by control characters, by each other.

use super::arguments;
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use leeway_core::openapi::operation::Operation;
use serde_json::{Value, json};

fn everywhere() -> Operation {
    let text = super::document(
        json!({"/a/{p}/b/{q}.json": {"get": {"operationId": "o", "parameters": [
            {"name": "p", "in": "path", "required": true},
            {"name": "q", "in": "path", "required": true, "explode": true},
            {"name": "s", "in": "query"},
            {"name": "h", "in": "header"},
            {"name": "c", "in": "cookie"},
        ]}}}),
    );
    Document::parse(&text, &Withheld::default())
        .unwrap()
        .operations["o"]
        .clone()
}

#[test]
fn no_value_leaves_its_place() {
    let operation = everywhere();
    let given = |name: &str, value: Value| {
        let mut given = json!({"p": "1", "q": "2"});
        given[name] = value;
        operation.request(&arguments(given))
    };
    for value in [
        "..",
        ".",
        "../x",
        "x/..",
        "%2e%2e",
        "%2E.",
        ".%2e",
        "%252e%252e",
        "a/%2e%2e/b",
        "..%2fx",
        "..\\x",
        "a%5c..",
        "..;x=1",
        "%25252525252525252e",
        "x%00y",
        "x%0d%0ay",
    ] {
        for name in ["p", "q"] {
            let error = given(name, json!(value)).unwrap_err();
            assert!(error.contains(&format!("`{name}` ")), "{value}: {error}");
        }
    }
    for bad in [
        "a\0b",
        "a\rb",
        "a\nb",
        "a\r\nX: y",
        "a\u{7f}",
        "a\u{85}b",
        "\u{1b}[2J",
        "\t",
    ] {
        for name in ["p", "q", "s", "h", "c"] {
            for value in [json!(bad), json!([bad, "x"])] {
                let error = given(name, value).unwrap_err();
                assert!(
                    error.contains(&format!("`{name}` does not fit")),
                    "{bad:?}: {error}"
                );
                assert!(!error.chars().any(char::is_control), "{error:?}");
            }
        }
    }
    for (value, path) in [
        (json!("a/b"), "/a/a%2Fb/b/2.json"),
        (json!("a%2Fb"), "/a/a%252Fb/b/2.json"),
        (json!("a?b#c"), "/a/a%3Fb%23c/b/2.json"),
        (json!("{q}"), "/a/%7Bq%7D/b/2.json"),
        (json!("100%"), "/a/100%25/b/2.json"),
        (json!("v1..v2"), "/a/v1..v2/b/2.json"),
        (json!("ü"), "/a/%C3%BC/b/2.json"),
        (json!(7), "/a/7/b/2.json"),
        (json!(["x", "y"]), "/a/x%2Cy/b/2.json"),
        (json!({"k": "v"}), "/a/k%2Cv/b/2.json"),
    ] {
        assert_eq!(given("p", value).unwrap().path, path);
    }
    assert_eq!(
        given("q", json!({"k": "v", "l": 1})).unwrap().path,
        "/a/1/b/k%3Dv%2Cl%3D1.json"
    );
    for (name, value, why) in [
        ("p", json!(["x,y"]), "a member with `,`"),
        ("p", json!([]), "is empty"),
        ("p", json!(null), "is empty"),
        ("q", json!({"a=b": 1}), "a member with `=`"),
        ("h", json!("ü"), "does not fit a header"),
        ("h", json!(["a,b"]), "a member with `,`"),
        ("c", json!({"a": 1}), "is an object"),
    ] {
        let error = given(name, value).unwrap_err();
        assert!(
            error.contains(&format!("`{name}` ")) && error.contains(why),
            "{error}"
        );
    }
    for name in ["s", "h", "c"] {
        let request = given(name, json!(null)).unwrap();
        assert!(
            request.query.is_empty() && request.headers.is_empty(),
            "{request:?}"
        );
    }
    let words = given("s", json!("wait .. what")).unwrap();
    assert_eq!(words.query_text(), "s=wait%20..%20what");
}

#[test]
fn values_beside_each_other_do_not_climb_together() {
    let text = super::document(
        json!({"/a/{p}{q}/b": {"get": {"operationId": "o", "parameters": [
        {"name": "p", "in": "path"}, {"name": "q", "in": "path"}]}},
        "/d/.{p}": {"get": {"operationId": "d", "parameters": [{"name": "p", "in": "path"}]}}}),
    );
    let document = Document::parse(&text, &Withheld::default()).unwrap();
    for (tool, given) in [
        ("o", json!({"p": "%2", "q": "e"})),
        ("o", json!({"p": "%2e", "q": "%2e"})),
        ("d", json!({"p": "%2e"})),
        ("d", json!({"p": "."})),
    ] {
        let made = document.operations[tool].request(&arguments(given.clone()));
        assert!(made.is_err(), "{given}: {made:?}");
    }
}
