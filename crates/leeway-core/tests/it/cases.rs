//! Values to test with.

use leeway_core::action::event::{ActionEvent, Cause, Finished, Judged, Outcome};
use leeway_core::action::state::EntryMeta;
use leeway_core::action::{Call, Claim, Versions};
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{BeforeImage, Classified, Effect, FieldChange, Level, UndoPlan};
use leeway_core::id::ActionId;
use leeway_core::judge::{Decision, Facts, Reason, Verdict};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub fn id() -> ActionId {
    ActionId::new(1_700_000_000_000, [7; 10])
}

pub fn meta(version: u64) -> EntryMeta {
    EntryMeta {
        seq: 100 + version,
        version,
        time_ms: 1_700_000_000_000 + version as i64 * 1000,
        actor: "leeway".into(),
    }
}

pub fn classified(effect: Effect, level: Level) -> Classified {
    Classified {
        effect,
        level,
        record: None,
        areas: BTreeSet::new(),
        changes: vec![],
        amount_cents: None,
        currency: None,
        message: None,
        decoded: Vec::new(),
        amount_expected: false,
        undo: UndoPlan::None { why: "test".into() },
        sensitive: BTreeSet::new(),
        guards: vec![],
        why: vec![],
        accounts: [].into(),
        unknowns: vec![],
    }
}

pub fn call() -> Call {
    Call {
        workflow: "office".into(),
        agent: "clerk".into(),
        system: "crm".into(),
        tool: "update".into(),
        arguments: json!({"id": "c-1"}),
        inputs: None,
    }
}

pub fn judged(verdict: Verdict, revision: u32, cause: Cause) -> Judged {
    Judged {
        revision,
        cause,
        call: call(),
        claim: Claim::default(),
        before: BeforeImage::NotNeeded,
        classified: classified(Effect::Update, Level::LowRisk),
        facts: Facts::default(),
        decision: Decision {
            approvals: 1,
            verdict,
            reasons: vec![Reason {
                rule: "test".into(),
                verdict,
                text: "A test.".into(),
            }],
        },
        versions: Versions::default(),
        expires_ms: (verdict == Verdict::Hold).then_some(1_700_000_999_000),
        content_hash: format!("hash-{revision}"),
        sealed: false,
        idempotency_key: None,
        twin_hash: "twin".into(),
        readings: vec![],
    }
}

pub fn judged_event(verdict: Verdict, revision: u32, cause: Cause) -> ActionEvent {
    ActionEvent::Judged(Box::new(judged(verdict, revision, cause)))
}

pub fn approved(content_hash: &str) -> ActionEvent {
    ActionEvent::Approved {
        by: "owner@example.com".into(),
        content_hash: content_hash.into(),
        solo: false,
        expires_ms: None,
        took_ms: None,
        starts_ms: None,
    }
}

pub fn endorsed(by: &str, content_hash: &str) -> ActionEvent {
    ActionEvent::Endorsed {
        by: by.into(),
        content_hash: content_hash.into(),
    }
}

/// A held first revision that takes so many approvals.
pub fn held_for(approvals: u8) -> ActionEvent {
    let mut judged = judged(Verdict::Hold, 1, Cause::Proposed);
    judged.decision.approvals = approvals;
    ActionEvent::Judged(Box::new(judged))
}

pub fn finished(outcome: Outcome) -> ActionEvent {
    ActionEvent::Finished(Finished {
        result: Some(json!({"content": []})),
        ..Finished::bare(outcome, "test".into())
    })
}

/// A field whose old value was read.
pub fn change(field: &str, old: Value, new: Value) -> FieldChange {
    FieldChange {
        record: None,
        field: field.into(),
        old,
        new,
        old_known: true,
        critical: false,
    }
}

/// A record that was read.
pub fn image(fields: Value) -> BeforeImage {
    BeforeImage::Read {
        fields: fields.as_object().cloned().unwrap(),
        version: None,
        id: None,
    }
}

/// One tool of a pack.
pub fn tool_of(pack: &str, name: &str) -> CompiledTool {
    let pack = CompiledPack::compile(Pack::parse(pack).unwrap()).unwrap();
    pack.tools[name].clone()
}
