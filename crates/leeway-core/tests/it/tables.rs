//! What the shipped packs make of calls: per pack a table in `tables/`, and for every tool of every
//! pack that nothing an agent sends makes a call lighter than its entry says.
//!
//! A case has `arguments` (JSON), the reading tool's `answer` (its first text) or `structured` answer
//! (neither: it failed), and
//! what comes of it: `is` (effect and level), `changes` (`field: old → new`, `?` for an old value that
//! is not known), `areas`, `undo`, and where they matter `reads`, `record`, `amount_cents`, `guards`,
//! `undo_arguments` and `unknown`.

use leeway_core::canonical;
use leeway_core::classify::classified::{classify, classify_in};
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::look::Answered;
use leeway_core::classify::pack::{Pack, ToolEntry};
use leeway_core::classify::redact::Redactor;
use leeway_core::classify::{BeforeImage, Classified, Effect, FieldChange, Level, UndoPlan};
use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

#[derive(Deserialize)]
struct Table {
    case: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    says: String,
    tool: String,
    arguments: String,
    answer: Option<String>,
    structured: Option<String>,
    reads: Option<String>,
    record: Option<String>,
    is: String,
    changes: Vec<String>,
    areas: Vec<String>,
    amount_cents: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default)]
    guards: Vec<String>,
    undo: String,
    undo_arguments: Option<String>,
    #[serde(default)]
    unknown: bool,
}

impl Case {
    /// The reading tool's answer.
    fn answered(&self) -> Option<Value> {
        if let Some(structured) = &self.structured {
            return Some(json!({"content": [], "structuredContent": parsed(structured)}));
        }
        let text = self.answer.as_ref()?;
        Some(json!({"content": [{"type": "text", "text": text}]}))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

static PACKS: LazyLock<BTreeMap<String, CompiledPack>> = LazyLock::new(|| {
    let files = std::fs::read_dir(root().join("packs")).unwrap();
    files
        .map(|file| file.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let pack = Pack::parse(&text).unwrap();
            let compiled = CompiledPack::compile(pack).unwrap();
            (compiled.pack.name.clone(), compiled)
        })
        .collect()
});

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn before(
    tool: &CompiledTool,
    redactor: &Redactor,
    arguments: &Value,
    answer: Option<Value>,
) -> BeforeImage {
    match (tool.read_call(arguments), answer) {
        (None, _) => tool.without_read(),
        (Some(Err(why)), _) => BeforeImage::Failed { why },
        (Some(Ok(_)), None) => BeforeImage::Failed {
            why: "no answer".into(),
        },
        (Some(Ok(_)), Some(answer)) => tool.before_image(arguments, &answer, redactor),
    }
}

/// As JSON whose keys are sorted.
fn shown(value: &Value) -> String {
    String::from_utf8(canonical::bytes(value)).unwrap()
}

fn told(change: &FieldChange) -> String {
    let old = if change.old_known {
        shown(&change.old)
    } else {
        "?".to_owned()
    };
    format!("{}: {old} → {}", change.label(), shown(&change.new))
}

fn undo(plan: &UndoPlan) -> (&'static str, Option<&Value>) {
    match plan {
        UndoPlan::NothingToUndo => ("nothing", None),
        UndoPlan::None { .. } => ("none", None),
        UndoPlan::Exact { arguments, .. } => ("exact", arguments.as_ref()),
        UndoPlan::Compensating { arguments, .. } => ("compensating", arguments.as_ref()),
    }
}

/// Everything a case speaks of, in its own words.
fn summary(found: &Classified) -> Value {
    let mut changes: Vec<String> = found.changes.iter().map(told).collect();
    changes.sort();
    let guards: Vec<String> = found
        .guards
        .iter()
        .map(|guard| format!("{} {}", guard.id, json!(guard.then).as_str().unwrap()))
        .collect();
    json!({
        "is": format!("{} {}", json!(found.effect).as_str().unwrap(), u8::from(found.level)),
        "changes": changes,
        "areas": found.areas,
        "amount_cents": found.amount_cents,
        "guards": guards,
        "undo": undo(&found.undo).0,
        "unknown": !found.unknowns.is_empty(),
    })
}

/// Runs one case; gives what it found where that is not what the table says.
fn run(name: &str, case: &Case) -> Option<String> {
    let compiled = &PACKS[name];
    let place = format!("{name}: {} ({})", case.says, case.tool);
    let tool = &compiled.tools[&case.tool];
    let arguments = parsed(&case.arguments);
    if let Some(reads) = &case.reads {
        let (tool, arguments) = tool.read_call(&arguments).unwrap().unwrap();
        assert_eq!(json!([tool, arguments]), parsed(reads), "{place}");
    }
    let redactor = Redactor::new(&compiled.pack.redact);
    let before = before(tool, &redactor, &arguments, case.answered());
    let found = classify_in(Some("USD"), (tool, name), &arguments, &before);
    let mut changes = case.changes.clone();
    changes.sort();
    let mut areas = case.areas.clone();
    areas.sort();
    let mut seen = summary(&found);
    let mut seen_areas: Vec<String> = serde_json::from_value(seen["areas"].take()).unwrap();
    seen_areas.sort();
    seen["areas"] = json!(seen_areas);
    let expected = json!({
        "is": case.is,
        "changes": changes,
        "areas": areas,
        "amount_cents": case.amount_cents,
        "guards": case.guards,
        "undo": case.undo,
        "unknown": case.unknown,
    });
    if seen != expected {
        return Some(format!(
            "{place}\n  found    {seen}\n  expected {expected}\n  unknown  {:?}",
            found.unknowns
        ));
    }
    if case.currency.is_some() && found.currency != case.currency {
        return Some(format!("{place}: in {:?}", found.currency));
    }
    if let Some(arguments) = &case.undo_arguments {
        assert_eq!(undo(&found.undo).1, Some(&parsed(arguments)), "{place}");
    }
    if let Some(record) = &case.record {
        let found = found.record.unwrap();
        assert_eq!(
            format!("{} {}", found.record_type, found.id),
            *record,
            "{place}"
        );
    }
    None
}

#[test]
fn the_tables_hold() {
    let folder = root().join("crates/leeway-core/tests/it/tables");
    let (mut tables, mut wrong) = (Vec::new(), Vec::new());
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let table: Table = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!table.case.is_empty(), "{name}");
        wrong.extend(table.case.iter().filter_map(|case| run(&name, case)));
        tables.push(name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for pack in [
        "fetch",
        "freshdesk",
        "git",
        "github",
        "google-workspace",
        "hubspot",
        "jira",
        "notion",
        "quickbooks",
        "slack",
        "sqlite",
        "stripe",
        "time",
    ] {
        assert!(tables.iter().any(|name| name == pack), "{pack} has a table");
    }
}

/// The level below which no call of an entry may fall.
fn least(entry: &ToolEntry) -> Level {
    match entry.effect {
        Effect::Read => Level::ReadOnly,
        Effect::Draft => Level::DraftOnly,
        Effect::Create | Effect::Update if !entry.high_impact => Level::LowRisk,
        Effect::Send | Effect::Pay => Level::External,
        _ => Level::HighImpact,
    }
}

fn never_lighter(tool: &CompiledTool, arguments: &Value, record: Option<Value>) {
    let unread = BeforeImage::Failed {
        why: "no answer".into(),
    };
    let before = match (record, &tool.entry.read) {
        (_, None) => tool.without_read(),
        (Some(Value::Object(fields)), _) => BeforeImage::Read {
            fields,
            version: None,
            id: None,
        },
        _ => unread.clone(),
    };
    let found = classify(tool, "s", arguments, &before);
    let entry = &tool.entry;
    let updates = entry.effect == Effect::Update && before == unread;
    assert!(found.level >= least(entry) && !(updates && found.level < Level::HighImpact));
    assert!(found.unknowns.is_empty() || found.level >= Level::HighImpact);
    assert!(entry.areas.iter().all(|area| found.areas.contains(area)));
    let amount = entry.amount.is_some() || entry.amount_cents.is_some();
    assert_eq!(
        found.amount_expected,
        amount && found.effect != Effect::Read
    );
    if found.amount_expected && found.amount_cents.is_none() {
        assert!(!found.unknowns.is_empty());
    }
}

#[test]
fn a_call_without_arguments_is_never_lighter_than_its_entry() {
    let mut tools = 0;
    for tool in PACKS.values().flat_map(|pack| pack.tools.values()) {
        for arguments in [json!({}), json!(null), json!("text"), json!([1]), json!(7)] {
            never_lighter(tool, &arguments, None);
            never_lighter(tool, &arguments, Some(json!({})));
        }
        tools += 1;
    }
    assert!(tools > 70, "{tools}");
}

fn any_tool() -> impl Strategy<Value = &'static CompiledTool> {
    let tools: Vec<&CompiledTool> = PACKS
        .values()
        .flat_map(|pack| pack.tools.values())
        .collect();
    prop::sample::select(tools)
}

/// Values under the names that the entry's own filters ask for, so that garbage gets deep into them.
fn garbage(tool: &CompiledTool) -> impl Strategy<Value = Value> + use<> {
    let entry = serde_json::to_string(&tool.entry).unwrap();
    let mut names: Vec<String> = entry
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(names.clone()).prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, move |inner| {
        let key = prop::sample::select(names.clone());
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(key, inner, 1..6)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn nothing_an_agent_sends_makes_a_call_lighter_than_its_entry(
        (tool, arguments, record) in any_tool().prop_flat_map(|tool| {
            (Just(tool), garbage(tool), prop::option::of(garbage(tool)))
        }),
    ) {
        never_lighter(tool, &arguments, record);
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of answers")]
fn answers_that_are_no_success_are_known() {
    let said = |pack: &str, text: &str| {
        let result = json!({"content": [{"type": "text", "text": text}]});
        match PACKS[pack].answered(&json!({}), &result) {
            Answered::Done => "done",
            Answered::Refused => "refused",
            Answered::Unclear(_) => "unclear",
        }
    };
    let nothing = "Error executing tool delete_ticket: Expecting value: line 1 column 1";
    let error = |pack: &str, text: &str| {
        let content = json!([{"type": "text", "text": text}]);
        let result = json!({"content": content, "isError": true});
        PACKS[pack].answered(&json!({}), &result)
    };
    for pack in ["freshdesk", "jira", "notion", "slack", "stripe"] {
        assert!(
            matches!(error(pack, nothing), Answered::Unclear(_)),
            "{pack}"
        );
        let refused = "Error: 403 Client Error: Forbidden for url";
        assert_eq!(error(pack, refused), Answered::Refused, "{pack}");
    }
    assert_eq!(
        error("git", nothing),
        Answered::Done,
        "the mark itself counts there"
    );
    for (pack, text, expected) in [
        (
            "filesystem",
            "Access denied - path outside allowed directories: /x",
            Answered::Refused,
        ),
        (
            "filesystem",
            "ENOENT: no such file or directory, open '/x'",
            Answered::Refused,
        ),
        (
            "filesystem",
            "ENOSPC: no space left on device, write",
            Answered::Done,
        ),
        (
            "memory",
            "Entity with name Ann not found",
            Answered::Refused,
        ),
        ("memory", "EIO: i/o error, write", Answered::Done),
        ("sandbox", "no contact `c-999`", Answered::Refused),
    ] {
        assert_eq!(error(pack, text), expected, "{pack}: {text}");
    }
    for (pack, text, expected) in [
        ("stripe", r#"{"id": "re_1", "status": "succeeded"}"#, "done"),
        ("stripe", r#""Failed to create refund""#, "unclear"),
        ("slack", r#"{"ok": true, "ts": "1.2"}"#, "done"),
        (
            "slack",
            r#"{"ok": false, "error": "not_in_channel"}"#,
            "refused",
        ),
        (
            "slack",
            r#"{"ok": false, "error": "internal_error"}"#,
            "unclear",
        ),
        ("jira", r#"{"id": "1", "created": "2026"}"#, "done"),
        (
            "jira",
            r#"{"error": "not_found", "message": "no"}"#,
            "refused",
        ),
        (
            "jira",
            r#"{"error": "jira_error", "message": "Jira API error (400): bad"}"#,
            "refused",
        ),
        (
            "jira",
            r#"{"error": "server_error", "message": "later"}"#,
            "unclear",
        ),
        ("notion", r#"{"object": "page", "id": "p"}"#, "done"),
        (
            "notion",
            r#"{"status": 404, "object": "error", "code": "object_not_found"}"#,
            "refused",
        ),
        ("notion", r#"{"status": "error"}"#, "unclear"),
        (
            "freshdesk",
            r#"{"success": true, "ticket": {"id": 3}}"#,
            "done",
        ),
        (
            "freshdesk",
            r#"{"code": "invalid_credentials", "message": "no"}"#,
            "refused",
        ),
        (
            "freshdesk",
            r#"{"description": "Validation failed", "errors": []}"#,
            "refused",
        ),
        (
            "freshdesk",
            r#"{"success": false, "error": "An unexpected error occurred: timed out"}"#,
            "unclear",
        ),
        ("freshdesk", "Ticket created successfully", "done"),
        (
            "freshdesk",
            "Error: Failed to create ticket - Client error '403 Forbidden'",
            "refused",
        ),
        (
            "freshdesk",
            "Error: An unexpected error occurred - timed out",
            "unclear",
        ),
        ("git", "Changes committed", "done"),
    ] {
        assert_eq!(said(pack, text), expected, "{pack}: {text}");
    }
}
