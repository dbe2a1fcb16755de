//! The twelve fields: always there, and an empty one says why.

use crate::cases::{approved, call, finished, id, judged_event, meta};
use leeway_core::action::audit;
use leeway_core::action::event::{ActionEvent, Cause, Outcome, Refused};
use leeway_core::action::state::{ActionState, Step};
use leeway_core::action::{Call, Claim, Source};
use leeway_core::classify::BeforeImage;
use leeway_core::judge::Verdict;
use serde_json::{Value, json};

fn record(events: &[ActionEvent]) -> Value {
    let steps = events
        .iter()
        .enumerate()
        .map(|(index, event)| Step {
            meta: meta(index as u64 + 1),
            event: event.clone(),
        })
        .collect();
    serde_json::to_value(audit::of(&ActionState::fold(&id(), steps).unwrap())).unwrap()
}

const FIELDS: [&str; 13] = [
    "workflow",
    "trigger",
    "source_data",
    "versions",
    "proposed",
    "taken",
    "changes",
    "confidence",
    "reason",
    "reviewer",
    "approval_status",
    "timestamp",
    "rollback_path",
];

/// Fields whose members are each told when they are empty.
const MEMBERS: [&str; 3] = ["source_data", "versions", "timestamp"];

fn refused() -> ActionEvent {
    ActionEvent::Refused(Refused {
        call: Call {
            system: String::new(),
            tool: "crm__erase".into(),
            ..call()
        },
        claim: Claim {
            sources: vec![Source {
                reference: "mail:7".into(),
                field: None,
                value: None,
            }],
            ..Claim::default()
        },
        code: "unknown-tool".into(),
        message: "there is no tool `crm__erase`".into(),
    })
}

#[test]
fn a_refused_call_keeps_what_the_agent_said() {
    let record = record(&[refused()]);
    assert_eq!(record["proposed"]["tool"], "crm__erase");
    assert_eq!(record["source_data"]["cited"][0]["ref"], "mail:7");
    assert_eq!(record["reason"]["codes"], json!(["unknown-tool"]));
    assert_eq!(record["approval_status"], "refused");
}

#[test]
fn a_decision_that_no_longer_holds_has_no_time_and_no_reviewer() {
    let shown_again = [
        judged_event(Verdict::Hold, 1, Cause::Proposed),
        approved("hash-1"),
        ActionEvent::Drifted {
            now: BeforeImage::Missing,
            readings: vec![],
        },
        judged_event(Verdict::Hold, 2, Cause::Drifted),
    ];
    assert_eq!(
        record(&shown_again[..2])["timestamp"]["decided"],
        "2023-11-14T22:13:22.000Z"
    );
    for events in [&shown_again[..3], &shown_again[..]] {
        let record = record(events);
        assert_eq!(record["timestamp"]["decided"], Value::Null);
        assert_eq!(record["reviewer"], Value::Null);
        assert_eq!(record["note"]["reviewer"], "nobody has decided yet");
    }
    let alone = record(&[judged_event(Verdict::Allow, 1, Cause::Proposed)]);
    assert_eq!(alone["timestamp"]["decided"], "2023-11-14T22:13:21.000Z");
}

#[test]
fn every_field_is_there_and_every_empty_one_says_why() {
    let held = judged_event(Verdict::Hold, 1, Cause::Proposed);
    let started = ActionEvent::Started {
        idempotency_key: "k".into(),
        readings: vec![],
    };
    let drift = ActionEvent::Drifted {
        now: BeforeImage::Missing,
        readings: vec![],
    };
    let gone = ActionEvent::Withdrawn {
        by: "leeway".into(),
        reason: None,
    };
    let (allowed, blocked) = (Verdict::Allow, Verdict::Block);
    let ran = [approved("hash-1"), started.clone()];
    let stories: [&[ActionEvent]; 9] = [
        std::slice::from_ref(&held),
        &[std::slice::from_ref(&held), &ran[..]].concat(),
        &[
            std::slice::from_ref(&held),
            &ran[..],
            &[finished(Outcome::Executed)],
        ]
        .concat(),
        &[held.clone(), ActionEvent::Expired {}],
        &[held.clone(), approved("hash-1"), drift.clone()],
        &[held.clone(), approved("hash-1"), drift, gone],
        &[judged_event(blocked, 1, Cause::Proposed)],
        &[judged_event(allowed, 1, Cause::Proposed), started],
        &[refused()],
    ];
    for events in stories {
        let record = record(events);
        let object = record.as_object().unwrap();
        for field in FIELDS {
            let value = object.get(field).unwrap_or_else(|| panic!("no {field}"));
            let places = match value {
                Value::Object(members) if MEMBERS.contains(&field) => members
                    .iter()
                    .map(|(member, value)| (format!("{field}.{member}"), value))
                    .collect(),
                value => vec![(field.to_owned(), value)],
            };
            for (place, value) in places {
                assert_eq!(
                    value.is_null() || *value == json!([]),
                    object["note"][&place].is_string(),
                    "{place} is {value} in {record:#}"
                );
            }
        }
        assert_eq!(object.len(), FIELDS.len() + 1);
    }
}

#[test]
fn what_was_done_by_whom_is_in_the_record() {
    let record = record(&[
        judged_event(Verdict::Hold, 1, Cause::Proposed),
        approved("hash-1"),
        ActionEvent::Started {
            idempotency_key: "k".into(),
            readings: vec![],
        },
        finished(Outcome::Executed),
    ]);
    assert_eq!(record["reviewer"], "owner@example.com");
    assert_eq!(record["approval_status"], "executed");
    assert_eq!(record["taken"]["outcome"], "executed");
    assert_eq!(record["timestamp"]["finished"], "2023-11-14T22:13:24.000Z");
}
