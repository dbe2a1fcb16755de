//! The six workflow templates, by the product's table: what the agent may do, and what not alone.

use leeway_core::action::{Call, Claim, Source};
use leeway_core::classify::BeforeImage;
use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::pack::Pack;
use leeway_core::govern::workflow::Workflow;
use leeway_core::judge::facts::Counted;
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::judge::{Decision, Facts, Verdict};
use serde_json::{Value, json};
use std::path::Path;

fn read(path: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(root.join(path)).unwrap()
}

/// A Tuesday at noon, within everybody's business hours.
const NOON_MS: i64 = 1_768_305_600_000;

fn decide(template: &str, tool: &str, (arguments, before): (Value, Value)) -> Decision {
    let pack = CompiledPack::compile(Pack::parse(&read("packs/sandbox.toml")).unwrap()).unwrap();
    let workflow: Workflow =
        toml::from_str(&read(&format!("templates/workflows/{template}.toml"))).unwrap();
    let rules = CompiledRules::compile(workflow).unwrap();
    let before = match before {
        Value::Object(fields) => BeforeImage::Read {
            fields,
            version: Some("1".into()),
            id: None,
        },
        _ => BeforeImage::NotNeeded,
    };
    let classified = classify(&pack.tools[tool], "sandbox", &arguments, &before);
    let sources = classified.changes.iter().map(|change| Source {
        reference: "document/source".into(),
        field: Some(change.field.clone()),
        value: Some(change.new.clone()),
    });
    let claim = Claim {
        confidence: Some(0.97),
        sources: sources.collect(),
        ..Claim::default()
    };
    let counted = rules
        .workflow
        .guardrails
        .iter()
        .map(|rule| (rule.id.clone(), Counted::default()));
    let facts = Facts {
        now_ms: NOON_MS,
        in_business_hours: Some(true),
        counted: counted.collect(),
        ..Facts::default()
    };
    let call = Call {
        workflow: template.into(),
        agent: "clerk".into(),
        system: "sandbox".into(),
        tool: tool.into(),
        arguments,
        inputs: None,
    };
    judge(
        &rules,
        &Case {
            call: &call,
            classified: &classified,
            claim: &claim,
            before: &before,
            facts: &facts,
        },
    )
}

fn check(template: &str, rows: &[(&str, Value, Value, Verdict)]) {
    for (tool, arguments, before, expected) in rows {
        let decision = decide(template, tool, (arguments.clone(), before.clone()));
        assert_eq!(
            decision.verdict, *expected,
            "{template}: {tool} {arguments}: {decision:#?}"
        );
    }
}

use Verdict::{Allow, Block, Hold};

#[test]
fn sales_follow_up_drafts_and_makes_tasks_and_promises_nothing_alone() {
    let mail =
        |body: &str| json!({"to": "ada@example.com", "subject": "Your question", "body": body});
    check(
        "sales-follow-up",
        &[
            ("get_contact", json!({"id": "c-1"}), json!(null), Allow),
            (
                "create_task",
                json!({"title": "Call Ada", "due": "2026-01-15"}),
                json!(null),
                Allow,
            ),
            // A draft is read in full by the person who sends it.
            (
                "draft_email",
                mail("Thank you, we will call."),
                json!(null),
                Hold,
            ),
            (
                "send_email",
                mail("Thank you, we will call."),
                json!(null),
                Hold,
            ),
            (
                "send_email",
                mail("We give you a 20 % discount."),
                json!(null),
                Hold,
            ),
            (
                "update_contact",
                json!({"id": "c-1", "fields": {"lifecycle": "customer"}}),
                json!({"lifecycle": "lead"}),
                Hold,
            ),
            (
                "create_refund",
                json!({"invoice_id": "i", "amount_cents": 1, "reason": "x"}),
                json!(null),
                Block,
            ),
        ],
    );
}

#[test]
fn crm_clean_up_fills_blanks_and_merges_or_deletes_nothing_alone() {
    let contact =
        || json!({"phone": "", "city": "Graz", "owner": "ann@example.com", "tags": ["a"]});
    check(
        "crm-clean-up",
        &[
            (
                "update_contact",
                json!({"id": "c-1", "fields": {"phone": "+43 1"}}),
                contact(),
                Allow,
            ),
            (
                "add_contact_tag",
                json!({"id": "c-1", "tag": "duplicate?"}),
                contact(),
                Allow,
            ),
            (
                "update_contact",
                json!({"id": "c-1", "fields": {"city": "Wien"}}),
                contact(),
                Hold,
            ),
            (
                "update_contact",
                json!({"id": "c-1", "fields": {"owner": "me@example.com"}}),
                contact(),
                Hold,
            ),
            (
                "merge_contacts",
                json!({"keep_id": "c-1", "merge_id": "c-2"}),
                contact(),
                Hold,
            ),
            ("delete_contact", json!({"id": "c-2"}), contact(), Hold),
        ],
    );
}

#[test]
fn customer_success_flags_risk_and_decides_no_escalation() {
    let account = || json!({"risk_note": "", "status": "active", "tier": "gold"});
    check(
        "customer-success",
        &[
            ("get_account", json!({"id": "a-1"}), json!(null), Allow),
            (
                "update_account",
                json!({"id": "a-1", "fields": {"risk_note": "usage fell by half"}}),
                account(),
                Allow,
            ),
            (
                "create_task",
                json!({"title": "Call them"}),
                json!(null),
                Allow,
            ),
            (
                "update_account",
                json!({"id": "a-1", "fields": {"status": "churned"}}),
                account(),
                Hold,
            ),
            (
                "update_account",
                json!({"id": "a-1", "fields": {"tier": "basic"}}),
                account(),
                Hold,
            ),
            (
                "send_email",
                json!({"to": "a@b.c", "subject": "s", "body": "b"}),
                json!(null),
                Block,
            ),
        ],
    );
}

#[test]
fn document_processing_extracts_and_flags_and_approves_no_payment_or_legal_terms() {
    let extraction = || json!({"supplier": null, "total_cents": null, "iban": null, "payment_approved": false, "legal_terms": null});
    let fields = |fields: Value| json!({"document_id": "d-1", "fields": fields});
    check(
        "document-processing",
        &[
            (
                "update_extraction",
                fields(json!({"supplier": "Acme"})),
                extraction(),
                Allow,
            ),
            (
                "update_extraction",
                fields(json!({"total_cents": 1200})),
                extraction(),
                Allow,
            ),
            (
                "flag_exception",
                json!({"document_id": "d-1", "text": "no order number"}),
                json!({"exceptions": []}),
                Allow,
            ),
            (
                "update_extraction",
                fields(json!({"payment_approved": true})),
                extraction(),
                Hold,
            ),
            (
                "update_extraction",
                fields(json!({"legal_terms": "none"})),
                extraction(),
                Hold,
            ),
            (
                "update_extraction",
                fields(json!({"iban": "AT61"})),
                extraction(),
                Hold,
            ),
        ],
    );
}

#[test]
fn support_triage_classifies_and_notes_and_sends_no_sensitive_reply() {
    let ticket = |body: &str| json!({"subject": "Parcel", "body": body, "category": "", "priority": null, "status": "open"});
    let classified = || json!({"id": "t-1", "fields": {"category": "delivery"}});
    let reply = || json!({"ticket_id": "t-1", "text": "It arrives tomorrow."});
    check(
        "support-triage",
        &[
            ("update_ticket", classified(), ticket("Where is it?"), Allow),
            (
                "add_internal_note",
                json!({"ticket_id": "t-1", "text": "asked the carrier"}),
                ticket("Where is it?"),
                Allow,
            ),
            (
                "update_ticket",
                classified(),
                ticket("My lawyer will write to you."),
                Hold,
            ),
            ("reply_to_ticket", reply(), ticket("Where is it?"), Hold),
            ("reply_to_ticket", reply(), ticket("I was injured."), Hold),
            (
                "create_refund",
                json!({"invoice_id": "i", "amount_cents": 1000, "reason": "late"}),
                json!({"amount_cents": 5000, "refunded_cents": 0, "currency": "GBP"}),
                Hold,
            ),
            (
                "create_refund",
                json!({"invoice_id": "i", "amount_cents": 60000, "reason": "late"}),
                json!({"amount_cents": 90000, "refunded_cents": 0, "currency": "GBP"}),
                Block,
            ),
            ("delete_contact", json!({"id": "c-2"}), json!({}), Block),
        ],
    );
}

#[test]
fn proposal_automation_drafts_sections_and_approves_no_timeline_discount_or_legal_terms() {
    let proposal = || json!({"title": "Shop", "status": "draft", "section_scope": "", "timeline": null, "discount_percent": 0, "legal_terms": null});
    let terms = |fields: Value| json!({"id": "p-1", "fields": fields});
    check(
        "proposal-automation",
        &[
            (
                "update_proposal_section",
                json!({"id": "p-1", "section": "scope", "text": "We build the shop."}),
                proposal(),
                Allow,
            ),
            (
                "update_proposal_section",
                json!({"id": "p-1", "section": "scope", "text": "With a discount of 10 %."}),
                proposal(),
                Hold,
            ),
            (
                "update_proposal_terms",
                terms(json!({"timeline": "six weeks"})),
                proposal(),
                Hold,
            ),
            (
                "update_proposal_terms",
                terms(json!({"discount_percent": 10})),
                proposal(),
                Hold,
            ),
            (
                "update_proposal_terms",
                terms(json!({"legal_terms": "ours"})),
                proposal(),
                Hold,
            ),
        ],
    );
}
