//! Folding an incident: who may do what, on which evidence, and what leads back to contained.

use super::*;
use leeway_core::govern::state::Document;
use leeway_core::incident::state::{IncidentState, InvalidIncident};

/// The incident after events, each a millisecond after the one before.
fn fold(events: Vec<E>) -> Result<IncidentState, InvalidIncident> {
    let mut state = None;
    for (at_ms, event) in (1..).zip(&events) {
        state = Some(IncidentState::apply(state, 7, at_ms, event)?);
    }
    Ok(state.expect("some events"))
}

fn after(state: &IncidentState, events: Vec<E>) -> Result<IncidentState, InvalidIncident> {
    let mut state = state.clone();
    for event in events {
        state = IncidentState::apply(Some(state), 7, 500, &event)?;
    }
    Ok(state)
}

fn until_guarded() -> Vec<E> {
    vec![
        declared(),
        told(BOB),
        contained(),
        scoped(),
        remediated(1),
        acknowledged(),
        reviewed(),
        guarded(true),
    ]
}

fn verified() -> IncidentState {
    let mut events = until_guarded();
    events.push(sampled(0));
    fold(events).unwrap()
}

fn running_again() -> IncidentState {
    let state = verified();
    let hash = state.content_hash();
    let sign = vec![
        signed(BOB, Side::Business, &hash),
        signed(ANN, Side::Technical, &hash),
        reenabled(true),
    ];
    after(&state, sign).unwrap()
}

fn code(refused: Result<IncidentState, InvalidIncident>) -> &'static str {
    refused.unwrap_err().code()
}

#[test]
fn an_incident_goes_all_the_way_and_keeps_every_steps_evidence() {
    let state = running_again();
    assert_eq!((state.number, state.status), (7, S::Reenabled));
    assert_eq!(state.declared_ms, Some(1));
    assert!(Step::ALL.into_iter().all(|step| state.is_done(step)));
    let steps: Vec<_> = state.evidence.iter().map(|one| one.step).collect();
    assert_eq!(steps, Step::ALL);
    assert_eq!(
        state.evidence_for(Step::Scope).unwrap().text,
        "3 actions, 2 records and 1 message are affected; found so: everything under prompt v7"
    );
    let close = E::Closed {
        by: "leeway".into(),
    };
    assert_eq!(
        code(after(&state, vec![close.clone()])),
        "incident-evidence-lacking"
    );
    let closed = IncidentState::apply(Some(state), 7, 1_000, &close).unwrap();
    assert_eq!((closed.status, closed.since_ms), (S::Closed, 1_000));
}

#[test]
fn only_the_person_in_command_takes_steps() {
    let state = fold(vec![suspected(), declared()]).unwrap();
    assert_eq!(state.trigger, Some(Trigger::ErrorRate));
    let by_bob = E::Contained {
        by: BOB.into(),
        pause: entry(40),
    };
    let refused = after(&state, vec![by_bob.clone()]);
    assert_eq!(
        refused.unwrap_err().to_string(),
        format!("`{BOB}` is not in command of the incident, `{ANN}` is")
    );
    assert_eq!(
        code(after(&state, vec![handed_over(BOB, BOB)])),
        "incident-evidence-lacking"
    );
    assert_eq!(
        code(after(&state, vec![handed_over(BOB, "cy@b.c")])),
        "incident-not-in-command"
    );
    let state = after(&state, vec![handed_over(ANN, BOB)]).unwrap();
    assert_eq!(state.since_ms, 2, "handing over is no change of status");
    assert_eq!(
        code(after(&state, vec![contained()])),
        "incident-not-in-command"
    );
    assert_eq!(after(&state, vec![by_bob]).unwrap().status, S::Contained);
}

#[test]
fn a_suspicion_is_declared_for_its_own_workflow_only() {
    let mut other = declared();
    if let E::Declared { workflow, .. } = &mut other {
        *workflow = "sales".into();
    }
    assert_eq!(
        code(fold(vec![suspected(), other])),
        "incident-evidence-lacking"
    );
    let into_itself = E::Merged {
        by: ANN.into(),
        into: 7,
    };
    assert_eq!(
        code(fold(vec![suspected(), into_itself])),
        "incident-evidence-lacking"
    );
}

#[test]
fn the_owner_may_acknowledge_early_and_step_three_is_still_asked_for() {
    let mut events = vec![declared(), told(BOB), acknowledged(), contained(), scoped()];
    let state = fold(events.clone()).unwrap();
    assert_eq!(state.status, S::Scoped);
    assert!(state.is_acknowledged() && !state.is_done(Step::Notify));
    assert_eq!(code(after(&state, vec![reviewed()])), "incident-not-here");
    events.push(remediated(1));
    assert_eq!(fold(events).unwrap().status, S::Notified);
}

#[test]
fn only_somebody_who_was_told_acknowledges_and_once() {
    let state = fold(vec![declared()]).unwrap();
    assert_eq!(
        code(after(&state, vec![acknowledged()])),
        "incident-evidence-lacking"
    );
    let escalated = E::Escalated {
        to: BOB.into(),
        message: Some("ntc_1".into()),
    };
    let state = after(&state, vec![told("cy@b.c"), escalated, acknowledged()]).unwrap();
    assert!(state.told[1].escalated && state.told[1].acknowledged_ms == Some(500));
    assert_eq!(state.told[0].acknowledged_ms, None);
    assert_eq!(
        code(after(&state, vec![acknowledged()])),
        "incident-evidence-lacking"
    );
}

#[test]
fn every_affected_action_is_settled_and_the_incidents_own_case_replayed() {
    let state = fold(vec![declared(), contained(), scoped()]).unwrap();
    assert_eq!(
        code(after(&state, vec![remediated(0)])),
        "incident-evidence-lacking"
    );
    assert!(after(&state, vec![remediated(2)]).is_ok());
    let mut other = until_guarded();
    if let Some(E::Guarded { case, .. }) = other.last_mut() {
        *case = ActionId::new(3, [3; 10]);
    }
    assert_eq!(code(fold(other)), "incident-evidence-lacking");
}

#[test]
fn two_people_sign_the_same_evidence() {
    let state = verified();
    let hash = state.content_hash();
    let business = signed(BOB, Side::Business, &hash);
    let one = after(&state, vec![business.clone()]).unwrap();
    assert_eq!(
        code(after(&one, vec![reenabled(true)])),
        "incident-evidence-lacking"
    );
    assert_eq!(one.content_hash(), hash, "a signature is no evidence");
    let same = signed(BOB, Side::Technical, &hash);
    assert_eq!(
        code(after(&one, vec![same.clone()])),
        "incident-evidence-lacking"
    );
    let both = after(&one, vec![signed(ANN, Side::Technical, &hash)]).unwrap();
    assert!(both.is_signed());
    // Other evidence voids what was signed before.
    let other = after(&one, vec![signed(ANN, Side::Technical, "other")]).unwrap();
    assert!(!other.is_signed());
    assert_eq!(other.signed(Side::Business), None);
    // A one-person firm.
    let mut alone = same;
    if let E::Signed { solo, .. } = &mut alone {
        *solo = true;
    }
    let alone = after(&one, vec![alone]).unwrap();
    assert!(alone.is_signed() && alone.signed(Side::Technical).unwrap().solo);
}

#[test]
fn a_failing_sample_asks_for_the_steps_again() {
    let mut events = until_guarded();
    events.push(sampled(1));
    let state = fold(events).unwrap();
    assert_eq!((state.status, state.rounds), (S::Contained, 1));
    assert!(state.is_done(Step::Pause) && !state.is_done(Step::Scope));
    assert!(!state.is_acknowledged());
    let failed = state.evidence_for(Step::Verify).unwrap();
    assert_eq!(
        (failed.round, failed.details["wrong"].as_u64()),
        (0, Some(1))
    );
    assert_eq!(code(after(&state, vec![sampled(0)])), "incident-not-here");
    assert_eq!(
        code(after(&state, vec![acknowledged()])),
        "incident-evidence-lacking",
        "the owner is told anew"
    );
    let again = vec![
        scoped(),
        remediated(1),
        told(BOB),
        acknowledged(),
        reviewed(),
        guarded(true),
        sampled(0),
    ];
    let again = after(&state, again).unwrap();
    assert_eq!((again.status, again.rounds), (S::Verified, 1));
    assert_eq!(again.evidence.len(), 7 + 6, "the pause stands");
    assert_ne!(again.content_hash(), verified().content_hash());
}

#[test]
fn a_recurrence_pauses_and_voids_the_signatures() {
    let state = after(&running_again(), vec![recurred()]).unwrap();
    assert_eq!((state.status, state.rounds), (S::Contained, 1));
    assert_eq!(state.pause, Some(entry(95)));
    assert_eq!(state.evidence_for(Step::Pause).unwrap().by, "leeway");
    assert_eq!(state.example, Some(case()));
    assert!(state.signatures.is_empty() && state.clean_until_ms.is_none());
    assert_eq!(
        code(after(&state, vec![reenabled(true)])),
        "incident-not-here"
    );
}

#[test]
fn an_incidents_stream_is_its_number() {
    assert_eq!(IncidentState::stream(7), "incident/7");
    for wrong in ["0", "07", "+7", "-7", "", "seven", "18446744073709551616"] {
        assert_eq!(IncidentState::number(wrong), None, "{wrong}");
    }
    let apply = |previous, stream: &str, event| {
        Document::apply(
            previous,
            stream,
            "person:ann@b.c",
            5,
            &GovernEvent::Incident(event),
        )
    };
    let document = apply(None, "incident/7", declared()).unwrap();
    let document = apply(Some(document), "incident/7", contained()).unwrap();
    let kept = serde_json::to_string(&document).unwrap();
    assert_eq!(serde_json::from_str::<Document>(&kept).unwrap(), document);
    let Document::Incident(state) = document else {
        panic!("no incident");
    };
    assert_eq!((state.number, state.status), (7, S::Contained));
    assert!(apply(None, "incident/07", declared()).is_err());
    assert!(apply(None, "incident/7", contained()).is_err());
    assert!(apply(None, "undo/7", declared()).is_err());
}
