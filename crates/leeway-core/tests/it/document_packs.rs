//! The packs shipped with a document of their own: both speak of the same tools, and what they make
//! of calls is what the systems answered.

use leeway_core::classify::account::complete::gaps;
use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::filter::Filter;
use leeway_core::classify::pack::{Pack, UndoRule};
use leeway_core::classify::redact::Redactor;
use leeway_core::classify::{BeforeImage, Classified, UndoPlan};
use leeway_core::judge::guardrail::Then;
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use serde_json::{Value, json};
use std::path::Path;

const NAMES: [&str; 4] = ["gmail-rest", "roundup", "slack-web", "stripe-rest"];

fn shipped(path: &str) -> String {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    std::fs::read_to_string(packs.join(path)).unwrap()
}

fn pack(name: &str) -> CompiledPack {
    let pack = Pack::parse(&shipped(&format!("{name}.toml"))).unwrap();
    CompiledPack::compile(pack).unwrap()
}

fn document(name: &str) -> Document {
    Document::parse(
        &shipped(&format!("openapi/{name}.yaml")),
        &Withheld::default(),
    )
    .unwrap()
}

#[test]
fn every_operation_is_classified_and_nothing_else() {
    for name in NAMES {
        let (pack, document) = (pack(name), document(name));
        assert_eq!(document.skipped, [], "{name}");
        let operations: Vec<&String> = document.operations.keys().collect();
        let entries: Vec<&String> = pack.pack.tools.keys().collect();
        assert_eq!(operations, entries, "{name}");
    }
}

#[test]
fn every_declared_argument_is_accounted_for() {
    for name in NAMES {
        let (pack, document) = (pack(name), document(name));
        for (tool, operation) in &document.operations {
            let found = gaps(&pack.tools[tool], &operation.definition["inputSchema"]);
            assert!(found.is_empty(), "{name}: {tool}: {found:?}");
        }
    }
}

#[test]
fn what_is_read_before_a_write_fits_the_reading_operation() {
    for name in NAMES {
        let (pack, document) = (pack(name), document(name));
        for (tool, entry) in &pack.tools {
            let arguments = json!({
                "id": "7", "customer": "cus_1", "charge": "ch_1", "invoice": "in_1",
                "channel": "C1", "ts": "1.5",
            });
            let Some(call) = entry.read_call(&arguments) else {
                continue;
            };
            let (reader, given) = call.unwrap();
            let given = given.as_object().unwrap();
            document.operations[&reader].request(given).unwrap();
            let known = &document.operations[&reader].definition["inputSchema"]["properties"];
            for argument in given.keys() {
                assert!(known.get(argument).is_some(), "{name}: {tool}: {argument}");
            }
        }
    }
}

/// An HTTP answer as the client gives it.
fn answered(body: &Value, etag: &str) -> Value {
    json!({
        "content": [{ "type": "text", "text": body.to_string() }],
        "structuredContent": body,
        "isError": false,
        "_meta": { "io.leeway/http": { "status": 200, "etag": etag } },
    })
}

fn refused(status: u16) -> Value {
    json!({
        "content": [{ "type": "text", "text": format!("HTTP {status}\n{{}}") }],
        "isError": true,
        "_meta": { "io.leeway/http": { "status": status } },
    })
}

fn classified(name: &str, tool: &str, arguments: &Value, read: Option<&Value>) -> Classified {
    let pack = pack(name);
    let tool = &pack.tools[tool];
    let before = read.map_or(BeforeImage::NotNeeded, |answer| {
        tool.before_image(arguments, answer, &Redactor::new(&pack.pack.redact))
    });
    classify(tool, "s", arguments, &before)
}

fn undo(classified: &Classified) -> (&str, &Value) {
    match &classified.undo {
        UndoPlan::Exact {
            tool,
            arguments: Some(arguments),
            ..
        } => (tool, arguments),
        other => panic!("{other:?}"),
    }
}

/// A ticket as Roundup 2.6 answers with `@verbose=2`.
fn ticket() -> Value {
    let body = json!({ "data": {
        "id": "1", "type": "issue", "link": "http://desk/issue/1",
        "attributes": {
            "assignedto": null, "files": [], "keyword": [], "messages": [], "nosy": [],
            "priority": { "id": "3", "link": "http://desk/priority/3", "name": "bug" },
            "status": { "id": "1", "link": "http://desk/status/1", "name": "unread" },
            "superseder": [], "title": "Printer on fire",
        },
        "@etag": "\"77964060\"",
    } });
    answered(&body, "\"77964060\"")
}

#[test]
fn a_ticket_is_compared_by_names_and_restored_by_them() {
    let arguments =
        json!({"id": "1", "title": "Printer repaired", "status": "unread", "assignedto": "ann"});
    let found = classified("roundup", "update_issue", &arguments, Some(&ticket()));
    assert_eq!(found.unknowns, Vec::<String>::new());
    let changes: Vec<_> = found
        .changes
        .iter()
        .map(|change| (change.field.as_str(), &change.old, change.critical))
        .collect();
    assert_eq!(
        changes,
        [
            ("assignedto", &Value::Null, true),
            ("title", &json!("Printer on fire"), false)
        ]
    );
    assert_eq!(u8::from(found.level), 4);
    let (tool, back) = undo(&found);
    assert_eq!(tool, "update_issue");
    assert_eq!(
        back,
        &json!({"id": "1", "assignedto": null, "status": "unread", "title": "Printer on fire"})
    );
    let fill = classified(
        "roundup",
        "update_issue",
        &json!({"id": "1", "priority": "bug"}),
        Some(&ticket()),
    );
    assert_eq!((fill.changes.len(), u8::from(fill.level)), (0, 3));
}

#[test]
fn a_write_that_ought_to_be_conditional_and_cannot_be_is_unknown() {
    let mut unmarked = ticket();
    unmarked["_meta"] = json!({});
    let arguments = json!({"id": "1", "title": "x"});
    let found = classified("roundup", "update_issue", &arguments, Some(&unmarked));
    assert!(
        found.unknowns[0].contains("version mark"),
        "{:?}",
        found.unknowns
    );
    let pack = pack("roundup");
    let image = |answer: &Value| {
        pack.tools["update_issue"].before_image(
            &json!({"id": "1"}),
            answer,
            &Redactor::new::<&str>(&[]),
        )
    };
    assert_eq!(image(&refused(404)), BeforeImage::Missing);
    assert!(matches!(image(&refused(403)), BeforeImage::Failed { .. }));
    assert!(
        matches!(image(&ticket()), BeforeImage::Read { version: Some(mark), .. } if mark == "\"77964060\"")
    );
}

fn charge(amount: i64, refunded: i64) -> Value {
    let body = json!({
        "id": "ch_1", "amount": amount, "amount_refunded": refunded, "currency": "eur",
        "customer": "cus_1", "status": "succeeded", "refunds": {"data": []},
    });
    answered(&body, "")
}

#[test]
fn a_refund_shows_what_is_refunded_in_all() {
    for (arguments, refunded, amount, whole) in [
        (json!({"charge": "ch_1", "amount": 700}), 0, 700, 700),
        (json!({"charge": "ch_1", "amount": 700}), 300, 700, 1000),
        (json!({"charge": "ch_1"}), 1200, 3800, 5000),
    ] {
        let found = classified(
            "stripe-rest",
            "create_refund",
            &arguments,
            Some(&charge(5000, refunded)),
        );
        assert_eq!(found.unknowns, Vec::<String>::new());
        assert_eq!(
            (found.amount_cents, u8::from(found.level)),
            (Some(amount), 5)
        );
        assert_eq!(found.changes[0].new, json!(whole));
    }
    for (asked, refunded, blocked) in [(5000, 0, 0), (5001, 0, 1), (4499, 501, 0), (4500, 501, 1)] {
        let arguments = json!({"charge": "ch_1", "amount": asked});
        let found = classified(
            "stripe-rest",
            "create_refund",
            &arguments,
            Some(&charge(5000, refunded)),
        );
        assert_eq!(found.guards.len(), blocked, "{asked} after {refunded}");
        assert!(found.guards.iter().all(|guard| guard.then == Then::Block));
    }
    let unread = classified(
        "stripe-rest",
        "create_refund",
        &json!({"charge": "ch_1"}),
        Some(&refused(500)),
    );
    assert!(
        !unread.unknowns.is_empty(),
        "the amount is not known without the charge"
    );
}

#[test]
fn a_customers_fields_and_metadata_are_compared_and_restored() {
    let body = json!({
        "id": "cus_1", "name": "Ann", "email": "ann@example.com", "phone": null, "description": null,
        "metadata": {"plan": "gold"},
    });
    let arguments = json!({"customer": "cus_1", "phone": "+43 1", "metadata": {"plan": "none", "city": "Graz"}});
    let found = classified(
        "stripe-rest",
        "update_customer",
        &arguments,
        Some(&answered(&body, "")),
    );
    let changes: Vec<_> = found
        .changes
        .iter()
        .map(|change| (change.field.as_str(), &change.old))
        .collect();
    assert_eq!(
        changes,
        [
            ("phone", &Value::Null),
            ("metadata.plan", &json!("gold")),
            ("metadata.city", &Value::Null)
        ]
    );
    assert_eq!(
        undo(&found).1,
        &json!({"customer": "cus_1", "phone": "", "metadata": {"plan": "gold", "city": ""}})
    );
    let deleted = answered(&json!({"id": "cus_1", "deleted": true}), "");
    let pack = pack("stripe-rest");
    let image = pack.tools["update_customer"].before_image(
        &arguments,
        &deleted,
        &Redactor::new::<&str>(&[]),
    );
    assert_eq!(image, BeforeImage::Missing);
}

#[test]
fn a_mail_in_base64_is_read_as_text() {
    // "To: ann@example.com\r\nSubject: ~~?\r\n\r\nWe will sue you" without padding.
    let raw = "VG86IGFubkBleGFtcGxlLmNvbQ0KU3ViamVjdDogfn4_DQoNCldlIHdpbGwgc3VlIHlvdQ";
    let arguments = json!({"message": {"raw": raw}});
    let draft = classified("gmail-rest", "create_draft", &arguments, None);
    assert_eq!(draft.unknowns, Vec::<String>::new());
    let message = draft.message.unwrap();
    assert_eq!(message.to, ["ann@example.com"]);
    assert_eq!(message.subject.as_deref(), Some("~~?"));
    assert_eq!(message.parts[0].text, "We will sue you");
    assert!(
        draft.sensitive.contains("legal-threat"),
        "{:?}",
        draft.sensitive
    );
    let hidden = classified("gmail-rest", "send_message", &json!({"raw": "%"}), None);
    assert!(
        !hidden.unknowns.is_empty(),
        "what cannot be read is unknown"
    );
}

#[test]
fn ways_back_that_need_the_answer_fit_the_answers() {
    for (name, tool, result, back) in [
        (
            "gmail-rest",
            "create_draft",
            json!({"id": "r-1", "message": {}}),
            json!({"id": "r-1"}),
        ),
        (
            "slack-web",
            "chat_post_message",
            json!({"ok": true, "channel": "C1", "ts": "1.5"}),
            json!({"channel": "C1", "ts": "1.5"}),
        ),
        (
            "stripe-rest",
            "create_customer",
            json!({"id": "cus_1"}),
            json!({"customer": "cus_1"}),
        ),
        (
            "stripe-rest",
            "create_payment_intent",
            json!({"latest_charge": {"id": "ch_1"}}),
            json!({"charge": "ch_1"}),
        ),
        (
            "stripe-rest",
            "create_payment_intent",
            json!({"latest_charge": "ch_1"}),
            json!({"charge": "ch_1"}),
        ),
    ] {
        let pack = pack(name);
        let Some(
            UndoRule::Exact {
                tool: by,
                arguments,
                ..
            }
            | UndoRule::Compensating {
                tool: by,
                arguments,
                ..
            },
        ) = &pack.pack.tools[tool].undo
        else {
            panic!("{name}: {tool}");
        };
        let answer = answered(&result, "");
        let given = Filter::compile(arguments)
            .unwrap()
            .run(&json!({}), &Value::Null, &answer)
            .unwrap();
        assert_eq!(given, back, "{name}: {tool}");
        document(name).operations[by]
            .request(given.as_object().unwrap())
            .unwrap();
    }
}
