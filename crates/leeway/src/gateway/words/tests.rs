//! What agents are told when nobody answers, word for word: never to be taken for a denial, nor for
//! a success.

use super::{agent_status, tell};
use leeway_core::action::event::{ActionEvent, Cause, Judged};
use leeway_core::action::state::{ActionState, EntryMeta, Step};
use leeway_core::action::{Call, Claim, Versions};
use leeway_core::classify::{BeforeImage, Classified, Effect, Level, UndoPlan};
use leeway_core::id::ActionId;
use leeway_core::judge::{Decision, Facts, Reason, Verdict};
use serde_json::json;

/// 2026-01-05T09:00:00Z.
const NOW: i64 = 1_767_603_600_000;

fn held(revision: u32, cause: Cause) -> ActionEvent {
    ActionEvent::Judged(Box::new(Judged {
        revision,
        cause,
        call: Call {
            workflow: "billing".into(),
            agent: "clerk".into(),
            system: "pay".into(),
            tool: "refund".into(),
            arguments: json!({}),
            inputs: None,
        },
        claim: Claim::default(),
        before: BeforeImage::NotNeeded,
        classified: Classified {
            effect: Effect::Pay,
            level: Level::External,
            record: None,
            areas: [].into(),
            changes: vec![],
            amount_cents: None,
            currency: None,
            message: None,
            decoded: Vec::new(),
            amount_expected: false,
            undo: UndoPlan::None { why: "test".into() },
            sensitive: [].into(),
            why: vec![],
            accounts: [].into(),
            unknowns: vec![],
            guards: vec![],
        },
        facts: Facts::default(),
        decision: Decision {
            approvals: 1,
            verdict: Verdict::Hold,
            reasons: vec![Reason {
                rule: "level-5".into(),
                verdict: Verdict::Hold,
                text: "An external action always waits for a person.".into(),
            }],
        },
        versions: Versions::default(),
        expires_ms: Some(NOW + 3_600_000),
        content_hash: format!("hash-{revision}"),
        sealed: false,
        idempotency_key: None,
        twin_hash: "twin".into(),
        readings: vec![],
    }))
}

fn proposed() -> ActionEvent {
    held(1, Cause::Proposed)
}

fn asked() -> ActionEvent {
    ActionEvent::Returned {
        by: "dana@example.com".into(),
        content_hash: "hash-1".into(),
        question: "Which order?".into(),
    }
}

fn approved() -> ActionEvent {
    ActionEvent::Approved {
        by: "dana@example.com".into(),
        content_hash: "hash-1".into(),
        solo: false,
        took_ms: None,
        starts_ms: None,
        expires_ms: Some(NOW + 3_600_000),
    }
}

fn action(events: Vec<ActionEvent>) -> ActionState {
    let id = ActionId::parse("act_019b8d5e2a8070070707070707070707").unwrap();
    let steps = events.into_iter().zip(1..).map(|(event, version)| Step {
        meta: EntryMeta {
            seq: version,
            version,
            time_ms: NOW,
            actor: "leeway".into(),
        },
        event,
    });
    ActionState::fold(&id, steps.collect()).unwrap()
}

fn told(events: Vec<ActionEvent>) -> (&'static str, String) {
    let action = action(events);
    (
        agent_status(action.row.status),
        tell(&action, "dana@example.com"),
    )
}

fn escalated() -> ActionEvent {
    ActionEvent::Escalated {
        to: "boss@example.com".into(),
    }
}

#[test]
fn expired_after_a_hold() {
    let text = "Nobody answered before the deadline. This is not a rejection: nobody decided. Nothing was carried out. Ask dana@example.com before proposing it again.";
    let expired = || ActionEvent::Expired {};
    let reminded = ActionEvent::Reminded {
        to: vec!["dana@example.com".into()],
        number: 1,
    };
    for events in [
        vec![proposed(), expired()],
        vec![proposed(), reminded, escalated(), expired()],
        // The question was answered, and then nobody decided.
        vec![
            proposed(),
            asked(),
            held(2, Cause::Answered { answer: "7".into() }),
            expired(),
        ],
    ] {
        assert_eq!(told(events), ("expired", text.to_owned()));
    }
}

#[test]
fn expired_after_a_question() {
    let text = "A reviewer's question was not answered before the deadline. This is not a rejection: nobody decided. Nothing was carried out. Ask dana@example.com before proposing it again.";
    assert_eq!(
        told(vec![proposed(), asked(), ActionEvent::Expired {}]),
        ("expired", text.to_owned())
    );
}

#[test]
fn expired_after_an_approval_that_could_not_start() {
    let text = "It was approved but could not start before its approval ran out. Nothing was carried out. Ask dana@example.com before proposing it again.";
    assert_eq!(
        told(vec![proposed(), approved(), ActionEvent::Expired {}]),
        ("expired", text.to_owned())
    );
}

#[test]
fn pending_before_and_after_escalation() {
    let rest = "An external action always waits for a person. Call leeway_check_action with this action_id to learn the decision; do not repeat the call, and do not report it as done.";
    let begins = "Nothing has been carried out yet. This call waits for a person's approval as action act_019b8d5e2a8070070707070707070707:";
    assert_eq!(
        told(vec![proposed()]),
        (
            "pending_approval",
            format!("{begins} dana@example.com decides until 2026-01-05T10:00:00.000Z. {rest}")
        )
    );
    assert_eq!(
        told(vec![proposed(), escalated()]),
        (
            "pending_approval",
            format!(
                "{begins} nobody has decided so far, so it was escalated to boss@example.com; dana@example.com or boss@example.com decides until 2026-01-05T10:00:00.000Z. {rest}"
            )
        )
    );
}

#[test]
fn silence_is_never_told_as_a_denial_or_a_success() {
    let ends = [
        vec![proposed(), ActionEvent::Expired {}],
        vec![proposed(), asked(), ActionEvent::Expired {}],
        vec![proposed(), approved(), ActionEvent::Expired {}],
    ];
    for events in ends {
        let (status, text) = told(events);
        assert_eq!(status, "expired");
        assert!(text.contains("Nothing was carried out."), "{text}");
        for wrong in [
            "Rejected",
            "denied",
            "refused",
            "Carried out",
            "executed",
            "done",
        ] {
            assert!(!text.contains(wrong), "{wrong}: {text}");
        }
    }
}
