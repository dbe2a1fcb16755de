//! The twelve fields: always there, and an empty one says why.

use crate::cases::{approved, finished, id, judged_event, meta};
use leeway_core::action::audit;
use leeway_core::action::event::{ActionEvent, Cause, Outcome};
use leeway_core::action::state::{ActionState, Step};
use leeway_core::judge::Verdict;
use serde_json::Value;

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

#[test]
fn every_field_is_there_and_every_empty_one_says_why() {
    let held = judged_event(Verdict::Hold, 1, Cause::Proposed);
    let started = ActionEvent::Started {
        idempotency_key: "k".into(),
    };
    let stories: [&[ActionEvent]; 4] = [
        std::slice::from_ref(&held),
        &[
            held.clone(),
            approved("hash-1"),
            started,
            finished(Outcome::Executed),
        ],
        &[held.clone(), ActionEvent::Expired {}],
        &[judged_event(Verdict::Block, 1, Cause::Proposed)],
    ];
    for events in stories {
        let record = record(events);
        let object = record.as_object().unwrap();
        for field in FIELDS {
            let value = object.get(field).unwrap_or_else(|| panic!("no {field}"));
            assert!(
                !value.is_null() || object["note"][field].is_string(),
                "{field} is empty without a note"
            );
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
        },
        finished(Outcome::Executed),
    ]);
    assert_eq!(record["reviewer"], "owner@example.com");
    assert_eq!(record["approval_status"], "executed");
    assert_eq!(record["taken"]["outcome"], "executed");
    assert_eq!(record["timestamp"]["finished"], "2023-11-14T22:13:24.000Z");
}
