//! Every (state, event) pair of the action's state machine, against a table written out by hand.

use crate::cases::{approved, endorsed, finished, held_for, id, judged_event, meta};
use leeway_core::action::event::{ActionEvent, Cause, Outcome, Refused, Resolved};
use leeway_core::action::fold::FoldError;
use leeway_core::action::lifecycle::next;
use leeway_core::action::state::{ActionRow, ActionState, Status, Step};
use leeway_core::action::{Call, Claim};
use leeway_core::classify::BeforeImage;
use leeway_core::judge::Verdict;
use leeway_core::ledger::stage::Stage;
use serde_json::json;

/// One of every kind of event.
pub fn events() -> Vec<(&'static str, ActionEvent)> {
    let edited = Cause::Edited { by: "a@b.c".into() };
    let refused = Refused {
        call: Call {
            workflow: "w".into(),
            agent: "a".into(),
            system: String::new(),
            tool: "t".into(),
            arguments: json!({}),
            inputs: None,
        },
        claim: Claim::default(),
        code: "unknown-tool".into(),
        message: "there is no tool `t`".into(),
    };
    vec![
        ("refused", ActionEvent::Refused(refused)),
        (
            "proposed-allow",
            judged_event(Verdict::Allow, 1, Cause::Proposed),
        ),
        (
            "proposed-hold",
            judged_event(Verdict::Hold, 1, Cause::Proposed),
        ),
        (
            "proposed-block",
            judged_event(Verdict::Block, 1, Cause::Proposed),
        ),
        (
            "edited-hold",
            judged_event(Verdict::Hold, 2, edited.clone()),
        ),
        ("edited-block", judged_event(Verdict::Block, 2, edited)),
        (
            "drifted-hold",
            judged_event(Verdict::Hold, 2, Cause::Drifted),
        ),
        (
            "drifted-allow",
            judged_event(Verdict::Allow, 2, Cause::Drifted),
        ),
        (
            "rules-hold",
            judged_event(Verdict::Hold, 2, Cause::RulesChanged),
        ),
        (
            "answered-hold",
            judged_event(
                Verdict::Hold,
                2,
                Cause::Answered {
                    answer: "because".into(),
                },
            ),
        ),
        (
            "resumed-allow",
            judged_event(Verdict::Allow, 2, Cause::Resumed),
        ),
        (
            "joined",
            ActionEvent::Joined {
                idempotency_key: Some("k2".into()),
            },
        ),
        ("endorsed", endorsed("a@b.c", "hash-1")),
    ]
    .into_iter()
    .chain(later_events())
    .collect()
}

fn later_events() -> Vec<(&'static str, ActionEvent)> {
    vec![
        ("approved", approved("hash-1")),
        (
            "returned",
            ActionEvent::Returned {
                by: "a@b.c".into(),
                content_hash: "hash-1".into(),
                question: "why?".into(),
            },
        ),
        (
            "reminded",
            ActionEvent::Reminded {
                to: vec!["a@b.c".into()],
                number: 1,
            },
        ),
        ("escalated", ActionEvent::Escalated { to: "a@b.c".into() }),
        (
            "rejected",
            ActionEvent::Rejected {
                by: "a@b.c".into(),
                content_hash: "hash-1".into(),
                why: "no".into(),
                note: None,
                took_ms: None,
            },
        ),
        (
            "withdrawn",
            ActionEvent::Withdrawn {
                by: "clerk".into(),
                reason: None,
            },
        ),
        ("expired", ActionEvent::Expired {}),
        (
            "drift",
            ActionEvent::Drifted {
                now: BeforeImage::Missing,
                readings: vec![],
            },
        ),
        (
            "started",
            ActionEvent::Started {
                idempotency_key: "k".into(),
                readings: vec![],
            },
        ),
        ("executed", finished(Outcome::Executed)),
        ("failed", finished(Outcome::Failed)),
        ("partial", finished(Outcome::Partial)),
        ("unknown", finished(Outcome::OutcomeUnknown)),
        ("resolved", resolved(Outcome::Executed)),
        ("resolved-not", resolved(Outcome::Failed)),
        ("resolved-unknown", resolved(Outcome::OutcomeUnknown)),
        (
            "attestation-needed",
            ActionEvent::AttestationNeeded {
                why: "nobody can tell".into(),
            },
        ),
        (
            "revoked-hold",
            judged_event(Verdict::Hold, 2, Cause::Revoked { by: "a@b.c".into() }),
        ),
    ]
}

fn resolved(outcome: Outcome) -> ActionEvent {
    ActionEvent::Resolved(Resolved {
        outcome,
        by: None,
        evidence: "read back".into(),
        after: None,
        readings: vec![],
    })
}

/// Every transition there is. What is not here is refused.
const TABLE: [(Option<Status>, &str, Status); 54] = {
    use Status as S;
    [
        (None, "refused", S::Refused),
        (None, "proposed-allow", S::Authorised),
        (None, "proposed-hold", S::Held),
        (None, "proposed-block", S::Blocked),
        (Some(S::Held), "edited-hold", S::Held),
        (Some(S::Held), "edited-block", S::Blocked),
        (Some(S::Held), "rules-hold", S::Held),
        (Some(S::Held), "resumed-allow", S::Authorised),
        (Some(S::Held), "endorsed", S::Held),
        (Some(S::Held), "approved", S::Approved),
        (Some(S::Held), "returned", S::Returned),
        (Some(S::Held), "joined", S::Held),
        (Some(S::Returned), "joined", S::Returned),
        (Some(S::Executed), "joined", S::Executed),
        (Some(S::Failed), "joined", S::Failed),
        (Some(S::Partial), "joined", S::Partial),
        (Some(S::OutcomeUnknown), "joined", S::OutcomeUnknown),
        (Some(S::NeedsAttestation), "joined", S::NeedsAttestation),
        (Some(S::Approved), "resumed-allow", S::Authorised),
        (Some(S::Authorised), "resumed-allow", S::Authorised),
        (Some(S::Held), "reminded", S::Held),
        (Some(S::Held), "escalated", S::Held),
        (Some(S::Returned), "answered-hold", S::Held),
        (Some(S::Returned), "reminded", S::Returned),
        (Some(S::Returned), "escalated", S::Returned),
        (Some(S::Returned), "withdrawn", S::Withdrawn),
        (Some(S::Returned), "expired", S::Expired),
        (Some(S::Held), "rejected", S::Rejected),
        (Some(S::Held), "withdrawn", S::Withdrawn),
        (Some(S::Held), "expired", S::Expired),
        (Some(S::Held), "drift", S::Drifted),
        (Some(S::Approved), "rules-hold", S::Held),
        (Some(S::Approved), "withdrawn", S::Withdrawn),
        (Some(S::Approved), "expired", S::Expired),
        (Some(S::Approved), "drift", S::Drifted),
        (Some(S::Approved), "started", S::Executing),
        (Some(S::Authorised), "rules-hold", S::Held),
        (Some(S::Authorised), "withdrawn", S::Withdrawn),
        (Some(S::Authorised), "drift", S::Drifted),
        (Some(S::Authorised), "started", S::Executing),
        (Some(S::Drifted), "drifted-hold", S::Held),
        (Some(S::Drifted), "drifted-allow", S::Authorised),
        (Some(S::Drifted), "withdrawn", S::Withdrawn),
        (Some(S::Executing), "drift", S::Drifted),
        (Some(S::Executing), "executed", S::Executed),
        (Some(S::Executing), "failed", S::Failed),
        (Some(S::Executing), "partial", S::Partial),
        (Some(S::Executing), "unknown", S::OutcomeUnknown),
        (Some(S::OutcomeUnknown), "resolved", S::Executed),
        (Some(S::OutcomeUnknown), "resolved-not", S::Failed),
        (
            Some(S::OutcomeUnknown),
            "attestation-needed",
            S::NeedsAttestation,
        ),
        (Some(S::NeedsAttestation), "resolved", S::Executed),
        (Some(S::NeedsAttestation), "resolved-not", S::Failed),
        (Some(S::Approved), "revoked-hold", S::Held),
    ]
};

#[test]
fn every_pair_of_state_and_event_is_as_the_table_says() {
    let states = std::iter::once(None).chain(Status::ALL.into_iter().map(Some));
    for from in states {
        for (name, event) in events() {
            let expected = TABLE
                .iter()
                .find(|(state, event, _)| *state == from && *event == name)
                .map(|(_, _, to)| *to);
            assert_eq!(next(from, &event).ok(), expected, "{from:?} + {name}");
        }
    }
}

#[test]
fn only_an_unknown_outcome_leaves_a_terminal_state_by_becoming_known() {
    for from in Status::ALL
        .into_iter()
        .filter(|status| status.is_terminal())
    {
        for (name, event) in events() {
            let unknown = matches!(from, Status::OutcomeUnknown | Status::NeedsAttestation);
            let tells = name.starts_with("resolved") || name == "attestation-needed";
            // Somebody who calls again leaves everything as it is.
            if !(unknown && tells) && name != "joined" {
                assert!(next(Some(from), &event).is_err(), "{from:?} + {name}");
            }
        }
    }
}

/// The row after these events.
pub fn fold(events: &[ActionEvent]) -> Result<ActionRow, FoldError> {
    let mut row = None;
    for (index, event) in events.iter().enumerate() {
        row = Some(ActionRow::apply(
            row,
            &id(),
            &meta(index as u64 + 1),
            event,
        )?);
    }
    row.ok_or(FoldError::Empty)
}

#[test]
fn an_approval_of_something_else_than_the_current_revision_is_stale() {
    let held = judged_event(Verdict::Hold, 1, Cause::Proposed);
    let edited = judged_event(Verdict::Hold, 2, Cause::Edited { by: "a@b.c".into() });
    assert_eq!(
        fold(&[held.clone(), approved("hash-0")]),
        Err(FoldError::Stale)
    );
    assert_eq!(
        fold(&[held.clone(), edited.clone(), approved("hash-1")]),
        Err(FoldError::Stale)
    );
    assert_eq!(
        fold(&[held, edited, approved("hash-2")]).unwrap().status,
        Status::Approved
    );
}

#[test]
fn two_approvals_take_two_people() {
    let approved_by = |by: &str, solo: bool| ActionEvent::Approved {
        by: by.into(),
        content_hash: "hash-1".into(),
        solo,
        expires_ms: Some(9),
        took_ms: None,
        starts_ms: None,
    };
    let outcome = |more: &[ActionEvent]| {
        let events: Vec<_> = [held_for(2)].iter().chain(more).cloned().collect();
        fold(&events).map(|row| (row.status, row.expires_ms))
    };
    let ann = || endorsed("ann@b.c", "hash-1");
    assert_eq!(
        outcome(&[ann(), approved_by("bob@b.c", false)]),
        Ok((Status::Approved, Some(9)))
    );
    assert_eq!(
        outcome(&[approved_by("ann@b.c", false)]),
        Err(FoldError::Quorum)
    );
    assert_eq!(
        outcome(&[ann(), approved_by("ann@b.c", false)]),
        Err(FoldError::Twice)
    );
    assert_eq!(
        outcome(&[ann(), endorsed("bob@b.c", "hash-1")]),
        Err(FoldError::Quorum)
    );
    assert_eq!(
        outcome(&[endorsed("ann@b.c", "hash-0")]),
        Err(FoldError::Stale)
    );
    assert_eq!(
        outcome(&[approved_by("ann@b.c", true)]).unwrap().0,
        Status::Approved
    );
}

#[test]
fn an_endorsement_is_of_one_revision() {
    let edited = judged_event(Verdict::Hold, 2, Cause::Edited { by: "x@b.c".into() });
    let row = fold(&[held_for(2), endorsed("ann@b.c", "hash-1"), edited]).unwrap();
    assert_eq!(row.endorsed_by, Vec::<String>::new());
}

#[test]
fn an_approval_is_used_once() {
    let events = [
        judged_event(Verdict::Hold, 1, Cause::Proposed),
        approved("hash-1"),
        ActionEvent::Started {
            idempotency_key: "k".into(),
            readings: vec![],
        },
    ];
    assert_eq!(fold(&events).unwrap().status, Status::Executing);
    let twice: Vec<_> = events.iter().cloned().chain([events[2].clone()]).collect();
    assert!(matches!(fold(&twice), Err(FoldError::InvalidTransition(_))));
}

#[test]
fn a_write_refused_for_the_records_version_needs_a_new_approval_and_starts_once_more() {
    let start = |key: &str| ActionEvent::Started {
        idempotency_key: key.into(),
        readings: vec![],
    };
    let refused = [
        judged_event(Verdict::Hold, 1, Cause::Proposed),
        approved("hash-1"),
        start("k-1"),
        ActionEvent::Drifted {
            now: BeforeImage::NotReadable,
            readings: vec![],
        },
        judged_event(Verdict::Hold, 2, Cause::Drifted),
    ];
    let shown_again = state(&refused);
    assert_eq!(shown_again.row.status, Status::Held);
    assert_eq!(shown_again.approval(), None);
    assert!(shown_again.was_refused_for_version() && !shown_again.current_started());
    let more = |events: &[ActionEvent]| fold(&[&refused[..], events].concat());
    assert!(matches!(
        more(&[start("k-2")]),
        Err(FoldError::InvalidTransition(_))
    ));
    assert_eq!(more(&[approved("hash-1")]), Err(FoldError::Stale));
    assert_eq!(
        more(&[approved("hash-2"), start("k-2")]).unwrap().status,
        Status::Executing
    );
}

#[test]
fn revisions_count_up_by_one() {
    let skipped = [
        judged_event(Verdict::Hold, 1, Cause::Proposed),
        judged_event(Verdict::Hold, 3, Cause::RulesChanged),
    ];
    assert_eq!(
        fold(&skipped),
        Err(FoldError::Revision {
            before: 1,
            found: 3
        })
    );
}

#[test]
fn a_drift_voids_the_approval_and_the_deadline_belongs_to_what_is_held() {
    let row = fold(&[
        judged_event(Verdict::Hold, 1, Cause::Proposed),
        approved("hash-1"),
        ActionEvent::Drifted {
            now: BeforeImage::Missing,
            readings: vec![],
        },
        judged_event(Verdict::Hold, 2, Cause::Drifted),
    ])
    .unwrap();
    assert_eq!(
        (row.status, row.reviewer, row.revision),
        (Status::Held, None, 2)
    );
    assert!(row.expires_ms.is_some());
}

fn state(events: &[ActionEvent]) -> ActionState {
    let steps = events
        .iter()
        .enumerate()
        .map(|(index, event)| Step {
            meta: meta(index as u64 + 1),
            event: event.clone(),
        })
        .collect();
    ActionState::fold(&id(), steps).unwrap()
}

#[test]
fn arguments_stay_the_editors_when_the_revision_after_has_another_cause() {
    let edit = |by: &str, revision| {
        judged_event(Verdict::Hold, revision, Cause::Edited { by: by.to_owned() })
    };
    let proposed = judged_event(Verdict::Hold, 1, Cause::Proposed);
    let changed = judged_event(Verdict::Hold, 3, Cause::RulesChanged);
    assert_eq!(state(std::slice::from_ref(&proposed)).edited_by(), None);
    let edited = state(&[proposed.clone(), edit("ann@b.c", 2), changed]);
    assert_eq!(edited.edited_by(), Some("ann@b.c"));
    let twice = state(&[proposed, edit("ann@b.c", 2), edit("bob@b.c", 3)]);
    assert_eq!(twice.edited_by(), Some("bob@b.c"));
}

#[test]
fn a_drift_leaves_no_approval_even_when_nothing_is_shown_again() {
    let approved = state(&[
        judged_event(Verdict::Hold, 1, Cause::Proposed),
        approved("hash-1"),
    ]);
    assert_eq!(approved.approval().unwrap().content_hash, "hash-1");
    let mut events: Vec<_> = approved.steps.into_iter().map(|step| step.event).collect();
    events.push(ActionEvent::Drifted {
        now: BeforeImage::Missing,
        readings: vec![],
    });
    events.push(ActionEvent::Withdrawn {
        by: "leeway".into(),
        reason: Some("the record is gone".into()),
    });
    let gone = state(&events);
    assert_eq!(gone.approval(), None);
    assert_eq!(
        (gone.row.status, gone.row.reviewer),
        (Status::Withdrawn, None)
    );
}

#[test]
fn the_verifiers_own_machine_admits_what_this_one_does_and_ends_where_it_ends() {
    let mut open = vec![(None, Stage::New)];
    let mut seen = open.clone();
    while let Some((status, stage)) = open.pop() {
        for (name, event) in events() {
            let decision = match &event {
                ActionEvent::Judged(judged) => Some(judged.decision.verdict.name()),
                _ => None,
            };
            let (to, followed) = (
                next(status, &event).ok(),
                stage.after(event.kind(), decision),
            );
            // Which revision may follow which depends on its cause, which no envelope tells.
            // Nor does an envelope tell which outcome a call had: an unknown one may still become known.
            if decision.is_none() && stage != Stage::Finished {
                assert_eq!(to.is_some(), followed.is_some(), "{status:?} + {name}");
            }
            let Some(to) = to else { continue };
            let followed = followed.unwrap_or_else(|| panic!("{status:?} + {name} is refused"));
            let over = matches!(followed, Stage::Over | Stage::Finished);
            assert_eq!(to.is_terminal(), over, "{to:?}");
            let reached = (Some(to), followed);
            if !seen.contains(&reached) {
                seen.push(reached);
                open.push(reached);
            }
        }
    }
    assert_eq!(seen.len(), Status::ALL.len() + 1, "{seen:?}");
}
