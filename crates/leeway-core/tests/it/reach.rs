//! What a way back reaches: blanks that filters drop, what stands in JSON texts and in rows, and nothing that
//! the action did not touch.

use crate::cases::{change, image, tool_of};
use leeway_core::classify::FieldChange;
use leeway_core::classify::compiled::CompiledTool;
use leeway_core::undo::narrow::{Call, Want};
use leeway_core::undo::reach::Done;
use serde_json::{Value, json};

const PACK: &str = r#"
name = "crm"
title = "CRM"
[tool.get]
effect = "read"
[tool.set]
effect = "update"
record = { type = "contact", id = ".id" }
changes = "del(.id) | with_entries(select(.value != null))"
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "test" }
[tool.text]
effect = "update"
record = { type = "issue", id = ".key" }
changes = ".fields | fromjson | with_entries(select(.value != null))"
read = { tool = "get", arguments = "{id: .key}", fields = ".json" }
undo = { kind = "none", why = "test" }
[tool.rows]
effect = "update"
record = { type = "row", id = ".id" }
changes = ".set | map({key: .name, value: .value}) | from_entries"
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "test" }
"#;

fn tool(name: &str) -> CompiledTool {
    tool_of(PACK, name)
}

#[test]
fn a_blank_that_the_packs_filter_drops_is_written_all_the_same() {
    let tool = tool("set");
    let now = image(json!({"note": "agent", "phone": "+431", "n": 5}));
    let call = Call {
        tool: &tool,
        now: &now,
    };
    let undo = json!({"id": "1", "note": null, "phone": "+431", "n": null});
    assert_eq!(
        call.changes(&undo),
        [
            change("note", json!("agent"), json!(null)),
            change("n", json!(5), json!(null))
        ]
    );
    let keep = |kept: &'static str| {
        move |change: &FieldChange| {
            if change.field == kept {
                Want::AsIs
            } else {
                Want::Without
            }
        }
    };
    assert_eq!(
        call.narrow(&undo, keep("note")),
        Ok(json!({"id": "1", "note": null, "phone": "+431"}))
    );
    assert_eq!(
        call.narrow(&undo, keep("n")),
        Ok(json!({"id": "1", "phone": "+431", "n": null}))
    );
}

/// The arguments made ready, where the action filled `note` by a call of its own arguments.
fn ready(name: &str, undo: Value, (own, now): (Value, Value)) -> Value {
    let tool = tool(name);
    let now = image(now);
    let changes = [change("note", json!(null), json!("agent"))];
    let before = image(json!({"note": null, "phone": "+431"}));
    let done = Done {
        arguments: &own,
        before: &before,
        after: Some(&image(json!({"note": "agent", "phone": "+431"}))),
        changes: &changes,
    };
    Call {
        tool: &tool,
        now: &now,
    }
    .ready(&undo, done)
}

#[test]
fn an_undo_written_by_hand_writes_what_the_action_wrote_and_nothing_else() {
    let own = || json!({"id": "1", "note": "agent"});
    let now = || json!({"note": "agent", "phone": "+431"});
    let only = json!({"id": "1", "note": null});
    // It names the old values of all fields, or drops the blank.
    let all = json!({"id": "1", "note": null, "phone": "+431"});
    assert_eq!(ready("set", all.clone(), (own(), now())), only);
    assert_eq!(
        ready("set", json!({"id": "1", "phone": "+431"}), (own(), now())),
        only
    );
    assert_eq!(ready("set", json!({"id": "1"}), (own(), now())), only);
    // What a person changed since was never the action's.
    let changed = json!({"note": "agent", "phone": "+49"});
    assert_eq!(ready("set", all.clone(), (own(), changed)), only);
    // What the action's own call had the system may need.
    let both = json!({"id": "1", "note": "agent", "phone": "+431"});
    assert_eq!(ready("set", all.clone(), (both, now())), all);
    // An argument that sets nothing stays.
    let more = json!({"id": "1", "note": null});
    assert_eq!(ready("set", more.clone(), (own(), now())), more);
}

#[test]
fn what_stands_in_a_json_text_is_found_there() {
    let text = |fields: Value| json!({"key": "OPS-2", "fields": fields.to_string()});
    let own = text(json!({"note": "agent"}));
    let now = json!({"note": "agent", "phone": "+431"});
    assert_eq!(
        ready(
            "text",
            text(json!({"phone": "+431"})),
            (own.clone(), now.clone())
        ),
        text(json!({"note": null}))
    );
    let tool = tool("text");
    let now = image(json!({"labels": ["agent"], "summary": "a person's", "due": "2026-11-30"}));
    let call = Call {
        tool: &tool,
        now: &now,
    };
    let undo = text(json!({"summary": "Printer", "labels": ["old"], "due": null}));
    let want = |change: &FieldChange| match change.field.as_str() {
        "summary" => Want::Without,
        "labels" => Want::Value(json!(["old", "kept"])),
        _ => Want::AsIs,
    };
    assert_eq!(
        call.narrow(&undo, want),
        Ok(text(json!({"labels": ["old", "kept"], "due": null})))
    );
}

#[test]
fn what_stands_in_a_list_of_rows_is_left_out_as_a_row() {
    let tool = tool("rows");
    let now = image(json!({"a": 1, "b": 2}));
    let call = Call {
        tool: &tool,
        now: &now,
    };
    let undo = json!({"id": "1", "set": [{"name": "a", "value": 10}, {"name": "b", "value": 20}]});
    let want = |change: &FieldChange| match change.field.as_str() {
        "a" => Want::Without,
        _ => Want::AsIs,
    };
    assert_eq!(
        call.narrow(&undo, want),
        Ok(json!({"id": "1", "set": [{"name": "b", "value": 20}]}))
    );
}

#[test]
fn a_blank_is_text_where_the_tool_takes_no_null() {
    let tool = tool("set");
    let now = image(json!({"note": "agent"}));
    let call = Call {
        tool: &tool,
        now: &now,
    };
    let undo = json!({"id": "1", "note": null});
    let text_only = |tried: &Value| tried["note"].is_string();
    assert_eq!(
        call.blanks_as_text(&undo, text_only),
        json!({"id": "1", "note": ""})
    );
    assert_eq!(call.blanks_as_text(&undo, |_| true), undo);
    assert_eq!(call.blanks_as_text(&undo, |_| false), undo);
}
