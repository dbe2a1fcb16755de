//! Entries to test with.

use leeway_core::action::event::{ActionEvent, Cause, Finished, Judged, Outcome};
use leeway_core::action::{Call, Claim, Versions};
use leeway_core::classify::{BeforeImage, Classified, Effect, Level, UndoPlan};
use leeway_core::earn::review::{Because, Drawn, Given, ReviewEvent, ReviewState};
use leeway_core::earn::verdict::{Severity, Verdict as Says};
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::owners::Responsibility;
use leeway_core::id::ActionId;
use leeway_core::judge::{Decision, Facts, Reason, Verdict};
use leeway_core::ledger::event::Event;
use leeway_store::{Append, NewEntry, Precondition};
use serde_json::json;

pub const NOW: i64 = 1_700_000_000_000;

pub fn id(n: u64) -> ActionId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    ActionId::new(NOW, random)
}

pub fn stream(n: u64) -> String {
    format!("action/{}", id(n))
}

pub fn judged(n: u64, verdict: Verdict) -> ActionEvent {
    ActionEvent::Judged(Box::new(Judged {
        revision: 1,
        cause: Cause::Proposed,
        call: Call {
            workflow: "office".into(),
            agent: "clerk".into(),
            system: "crm".into(),
            tool: "update".into(),
            arguments: json!({"id": n, "note": format!("orchid {n}")}),
            inputs: None,
        },
        claim: Claim::default(),
        before: BeforeImage::NotNeeded,
        classified: Classified {
            effect: Effect::Update,
            level: Level::LowRisk,
            record: None,
            areas: [].into(),
            changes: vec![],
            amount_cents: Some(100),
            currency: None,
            message: None,
            decoded: Vec::new(),
            amount_expected: true,
            undo: UndoPlan::None { why: "test".into() },
            sensitive: [].into(),
            guards: Vec::new(),
            why: vec![],
            accounts: [].into(),
            unknowns: vec![],
        },
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
        expires_ms: (verdict == Verdict::Hold).then_some(NOW + 1000),
        content_hash: format!("hash-{n}"),
        sealed: false,
        idempotency_key: None,
        twin_hash: format!("twin-{n}"),
        readings: vec![],
    }))
}

/// A planted copy of an action, under another id.
pub fn planted(n: u64) -> Append {
    let ActionEvent::Judged(mut judged) = judged(n, Verdict::Hold) else {
        unreachable!("it is judged");
    };
    judged.cause = Cause::Planted { shows: id(n) };
    judged.twin_hash = format!("planted-{n}");
    act(100 + n, vec![ActionEvent::Judged(judged)])
}

pub fn approved(n: u64) -> ActionEvent {
    ActionEvent::Approved {
        by: "owner@example.com".into(),
        content_hash: format!("hash-{n}"),
        solo: false,
        expires_ms: None,
        took_ms: None,
        starts_ms: None,
    }
}

pub fn started() -> ActionEvent {
    ActionEvent::Started {
        idempotency_key: "k".into(),
        readings: vec![],
    }
}

pub fn finished() -> ActionEvent {
    ActionEvent::Finished(Finished::bare(Outcome::Executed, "done".into()))
}

pub fn entry(stream: impl Into<String>, event: Event) -> NewEntry {
    NewEntry {
        stream: stream.into(),
        actor: "leeway".into(),
        time_ms: NOW,
        event,
    }
}

/// An append of action events.
pub fn act(n: u64, events: Vec<ActionEvent>) -> Append {
    Append {
        entries: events
            .into_iter()
            .map(|event| entry(stream(n), Event::Action(event)))
            .collect(),
        ..Append::default()
    }
}

pub fn when(mut append: Append, precondition: Precondition) -> Append {
    append.preconditions.push(precondition);
    append
}

pub fn govern(stream: &str, event: GovernEvent) -> Append {
    Append {
        entries: vec![entry(stream, Event::Govern(event))],
        ..Append::default()
    }
}

fn review(n: u64, time_ms: i64, event: ReviewEvent) -> Append {
    let mut append = govern(&ReviewState::stream(&id(n)), GovernEvent::Review(event));
    append.entries[0].time_ms = time_ms;
    append
}

/// A review of an action is drawn.
pub fn drawn(n: u64, time_ms: i64) -> Append {
    let drawn = Drawn {
        shows: id(n),
        workflow: "office".into(),
        tool: "crm__update".into(),
        agent: "clerk".into(),
        responsibility: Responsibility::CrmFieldUpdates,
        because: Because::Continuous,
        lot: None,
        seed: None,
        share: 1.0,
        due_ms: time_ms + 1000,
        looks: 1,
    };
    review(n, time_ms, ReviewEvent::Drawn(Box::new(drawn)))
}

/// Somebody says what the output was.
pub fn looked(n: u64, time_ms: i64, verdict: Says) -> Append {
    let given = Given {
        by: format!("{time_ms}@example.com"),
        verdict,
        severity: (verdict == Says::Wrong).then_some(Severity::Minor),
        pattern: None,
        note: None,
        took_ms: n.is_multiple_of(2).then_some(700),
        solo: false,
    };
    review(n, time_ms, ReviewEvent::Judged(given))
}

pub fn workflow() -> GovernEvent {
    let workflow = serde_json::from_value(json!({"name": "office", "title": "Office"})).unwrap();
    GovernEvent::WorkflowConfigured {
        workflow,
        hash: "h".into(),
    }
}
