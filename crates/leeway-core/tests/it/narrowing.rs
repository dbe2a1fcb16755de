//! Where in a call's arguments a field is looked for, and how far.

use crate::cases::{image, tool_of};
use leeway_core::undo::narrow::{Call, Inseparable, Want};
use serde_json::{Value, json};

/// The call without its change to `note`, where it also changes `due`; by this filter of changes.
fn without_note(changes: &str, arguments: &Value) -> Result<Value, Inseparable> {
    let pack = format!(
        "name = \"p\"\ntitle = \"P\"\n[tool.get]\neffect = \"read\"\n[tool.set]\neffect = \"update\"\nrecord = {{ type = \"thing\", id = \".id\" }}\nchanges = '{changes}'\nread = {{ tool = \"get\", arguments = \"{{id: .id}}\", fields = \".json\" }}\nundo = {{ kind = \"none\", why = \"test\" }}\n"
    );
    let tool = tool_of(&pack, "set");
    let now = image(json!({"note": "now", "due": "now"}));
    let call = Call {
        tool: &tool,
        now: &now,
    };
    assert_eq!(call.changes(arguments).len(), 2);
    call.narrow(arguments, |change| match change.field.as_str() {
        "note" => Want::Without,
        _ => Want::AsIs,
    })
}

#[test]
fn of_blanks_that_the_filter_drops_the_one_asked_for_is_left_out() {
    let changes = "{due: .x, note: .y} | with_entries(select(.value != null))";
    assert_eq!(
        without_note(changes, &json!({"id": "1", "x": null, "y": null})),
        Ok(json!({"id": "1", "x": null}))
    );
}

#[test]
fn a_text_is_looked_into_up_to_its_bound() {
    const LONGEST_TEXT: usize = 256 * 1024;
    let text = |length: usize| {
        let around = json!({"note": "a", "due": "b", "pad": ""}).to_string();
        let pad = "x".repeat(length - around.len());
        json!({"note": "a", "due": "b", "pad": pad}).to_string()
    };
    let of = |length: usize| {
        let call = json!({"id": "1", "fields": text(length)});
        without_note(".fields | fromjson | del(.pad)", &call)
    };
    assert!(of(LONGEST_TEXT).is_ok());
    assert_eq!(of(LONGEST_TEXT + 1), Err(Inseparable));
}

#[test]
fn a_field_is_looked_for_so_deep() {
    const DEEPEST: usize = 7;
    let at = |depth: usize| {
        let fields = json!({"note": "a", "due": "b"});
        let mut call = (1..depth).fold(fields, |inner, _| json!({ "m": inner }));
        call["id"] = json!("1");
        let changes = format!(
            ".{} | with_entries(select(.value != null))",
            vec!["m"; depth - 1].join(".")
        );
        without_note(&changes, &call)
    };
    assert!(at(DEEPEST).is_ok());
    assert_eq!(at(DEEPEST + 1), Err(Inseparable));
}

#[test]
fn so_many_places_are_looked_at() {
    const MOST_PLACES: usize = 2_000;
    let beside = |places: usize| {
        let mut call = json!({"id": "1"});
        // With the id and what holds the fields.
        for n in 2..places {
            call[format!("p{n}")] = json!(true);
        }
        call["within"] = json!({"note": "a", "due": "b"});
        without_note(".within", &call)
    };
    assert!(beside(MOST_PLACES - 1).is_ok());
    assert_eq!(beside(MOST_PLACES), Err(Inseparable));
}
