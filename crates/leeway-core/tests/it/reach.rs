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

/// Tools whose filters say more than which argument is which field.
const SAYING: &str = r#"
name = "crm"
title = "CRM"
[tool.get]
effect = "read"
[tool.mapped]
effect = "update"
record = { type = "contact", id = ".id" }
changes = "{note: .x, phone: .y} | with_entries(select(.value != null))"
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "test" }
[tool.nested]
effect = "update"
record = { type = "contact", id = ".id" }
changes = "(.fields // {}) | with_entries(select(.value != null))"
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "test" }
[tool.worded]
effect = "update"
record = { type = "contact", id = ".id" }
changes = 'if has("x") then {note: "by: \(.x)"} else {} end'
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "test" }
[tool.joined]
effect = "update"
record = { type = "contact", id = ".id" }
changes = '{note: (if .phone == null and $before.note == "agent" then "lost" else .note end), phone} | with_entries(select(.value != null))'
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "test" }
[tool.merged]
effect = "update"
record = { type = "contact", id = ".id" }
changes = "{custom: ($before.custom + (.custom // {})), note, phone} | with_entries(select(.value != null))"
read = { tool = "get", arguments = "{id: .id}", fields = ".json" }
undo = { kind = "none", why = "test" }
[tool.sparse]
effect = "update"
record = { type = "contact", id = ".id" }
changes = "del(.id)"
fields = ["note", "phone"]
read = { tool = "get", arguments = "{id: .id}", fields = ".json", absent = "blank" }
undo = { kind = "none", why = "test" }
[tool.dropping]
effect = "update"
record = { type = "contact", id = ".id" }
changes = "del(.id) | with_entries(select(.value != null))"
fields = ["note", "phone"]
read = { tool = "get", arguments = "{id: .id}", fields = ".json", absent = "blank" }
undo = { kind = "none", why = "test" }
"#;

/// An undo's arguments made ready: what the action was called with, what it changed, and the record before,
/// right after and now.
fn made_ready(
    tool: &str,
    undo: &Value,
    (own, changed): (Value, FieldChange),
    images: [Value; 3],
) -> Value {
    let tool = tool_of(SAYING, tool);
    let [before, after, now] = images.map(image);
    let done = Done {
        arguments: &own,
        before: &before,
        after: Some(&after),
        changes: &[changed],
    };
    Call {
        tool: &tool,
        now: &now,
    }
    .ready(undo, done)
}

#[test]
fn a_blank_is_put_where_the_action_had_the_field_whatever_it_is_called_there() {
    let images = || {
        let after = json!({"note": "agent", "phone": "+431"});
        [json!({"note": null, "phone": "+431"}), after.clone(), after]
    };
    let filled = || change("note", json!(null), json!("agent"));
    let bare = json!({"id": "1"});
    let own = json!({"id": "1", "x": "agent"});
    assert_eq!(
        made_ready("mapped", &bare, (own, filled()), images()),
        json!({"id": "1", "x": null})
    );
    let own = json!({"id": "1", "fields": {"note": "agent"}});
    assert_eq!(
        made_ready("nested", &bare, (own, filled()), images()),
        json!({"id": "1", "fields": {"note": null}})
    );
    // What would not be a blank is not written.
    let own = json!({"id": "1", "x": "agent"});
    let worded = change("note", json!(null), json!("by: agent"));
    let after = json!({"note": "by: agent"});
    assert_eq!(
        made_ready(
            "worded",
            &bare,
            (own, worded),
            [json!({"note": null}), after.clone(), after]
        ),
        bare
    );
    // Nor is a field made blank that was not.
    let own = json!({"id": "1", "fields": {"note": "agent"}});
    let set = change("note", json!("old"), json!("agent"));
    let after = json!({"note": "agent"});
    assert_eq!(
        made_ready(
            "nested",
            &bare,
            (own, set),
            [json!({"note": "old"}), after.clone(), after]
        ),
        bare
    );
}

#[test]
fn what_is_left_out_was_neither_touched_nor_does_it_change_anything_else() {
    let own = || json!({"id": "1", "note": "agent"});
    let set = || change("note", json!("old"), json!("agent"));
    let undo = json!({"id": "1", "note": "old", "phone": "+431"});
    let note = json!({"id": "1", "note": "old"});
    let at = |note: &str, phone: &str| json!({"note": note, "phone": phone, "custom": {"a": 1}});
    let untouched = || [at("old", "+431"), at("agent", "+431"), at("agent", "+431")];
    // The filter looks at the record, whose fields stay of their kind.
    assert_eq!(
        made_ready("merged", &undo, (own(), set()), untouched()),
        note
    );
    // What changed along with the action is the way back's to restore.
    let along = [at("old", "+431"), at("agent", "+49"), at("agent", "+49")];
    assert_eq!(made_ready("merged", &undo, (own(), set()), along), undo);
    // Without the phone the note would be another.
    assert_eq!(
        made_ready("joined", &undo, (own(), set()), untouched()),
        undo
    );
}

#[test]
fn a_row_that_the_actions_own_call_did_not_have_is_left_out() {
    let row = |name: &str, value: Value| json!({"name": name, "value": value});
    let undo = json!({"id": "1", "set": [row("note", json!(null)), row("phone", json!("+431"))]});
    let own = json!({"id": "1", "set": [row("note", json!("agent"))]});
    assert_eq!(
        ready(
            "rows",
            undo,
            (own, json!({"note": "agent", "phone": "+431"}))
        ),
        json!({"id": "1", "set": [row("note", json!(null))]})
    );
}

#[test]
fn a_field_that_a_reading_leaves_out_while_it_is_blank_is_made_blank_only_where_it_stands() {
    let undo = json!({"id": "1", "note": null, "phone": null});
    let own = json!({"id": "1", "note": "agent"});
    // A person gave the phone since.
    let images = [
        json!({}),
        json!({"note": "agent"}),
        json!({"note": "agent", "phone": "+49"}),
    ];
    let filled = change("note", json!(null), json!("agent"));
    assert_eq!(
        made_ready("sparse", &undo, (own, filled), images),
        json!({"id": "1", "note": null})
    );
    let tool = tool_of(SAYING, "dropping");
    let changes = |now: Value| {
        let now = image(now);
        let call = Call {
            tool: &tool,
            now: &now,
        };
        call.changes(&undo)
    };
    assert_eq!(
        changes(json!({"note": "agent"})),
        [change("note", json!("agent"), json!(null))]
    );
}
