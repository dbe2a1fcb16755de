//! What the evidence found bad is not proposed again with the same versions.

use crate::earn::{after, began, observed, place, versions};
use leeway_core::earn::stage::{Anew, Observed, StageEvent};
use leeway_core::earn::state::StageState;
use leeway_core::earn::verdict::{How, Severity};
use leeway_core::govern::workflow::Grant;

/// A draft whose evidence failed the gate.
fn failed() -> StageState {
    let mut state = began();
    loop {
        state = after(state, StageEvent::Observed(observed(How::Rejected, true)));
        if let Some(event) = state.consequences(place(Grant::Draft)).pop() {
            return after(state, event);
        }
    }
}

/// Outputs without an error, more than the gate asks for.
fn spotless(mut state: StageState) -> StageState {
    for _ in 0..150 {
        state = after(state, StageEvent::Observed(observed(How::Accepted, false)));
    }
    state
}

#[test]
fn what_was_found_bad_is_proposed_after_a_change_or_when_a_person_answers_for_it() {
    let readmitted = StageEvent::Readmitted {
        by: "sue@example.com".into(),
        why: "the template was wrong, not the agent".into(),
    };
    assert!(StageState::apply(Some(began()), "leeway", 2_000, &readmitted).is_err());
    let barred = spotless(failed());
    assert!(barred.barred.is_some());
    assert!(barred.consequences(place(Grant::Draft)).is_empty());

    let again = after(barred.clone(), readmitted);
    assert_eq!(
        (again.run.reviewed, again.readmitted),
        (0, 1),
        "from nothing"
    );
    assert!(again.consequences(place(Grant::Draft)).is_empty());
    let proposed = |state: &StageState| {
        let follow = state.consequences(place(Grant::Draft));
        matches!(follow.as_slice(), [StageEvent::Eligible { .. }])
    };
    assert!(proposed(&spotless(again)));

    let changed = after(
        barred,
        StageEvent::Began {
            because: Anew::Versions,
            versions: versions("p2"),
            changed: vec![],
            since_ms: 2_000,
            seed: "s".into(),
        },
    );
    assert_eq!((&changed.barred, changed.readmitted), (&None, 0));
    assert!(proposed(&spotless(changed)));
}

/// Evidence goes on with other versions.
fn with(state: StageState, prompt: &str) -> StageState {
    let began = StageEvent::Began {
        because: Anew::Versions,
        versions: versions(prompt),
        changed: vec![],
        since_ms: 2_000,
        seed: "s".into(),
    };
    after(state, began)
}

#[test]
fn a_change_and_back_forgets_nothing() {
    let barred = failed().barred;
    assert!(barred.is_some());
    let back = with(with(failed(), "two"), "one");
    assert_eq!(back.barred, barred);
    assert!(
        spotless(back.clone())
            .consequences(place(Grant::Draft))
            .is_empty()
    );
    let readmitted = StageEvent::Readmitted {
        by: "sue@example.com".into(),
        why: "mended".into(),
    };
    let again = with(with(after(back, readmitted), "two"), "one");
    assert_eq!((again.barred, again.readmitted), (None, 1));
}

#[test]
fn a_proposal_that_came_too_late_for_what_was_found_lapses() {
    let late = StageEvent::Eligible {
        from: Grant::Draft,
        to: Grant::Update,
        reviewed: 71,
        wrong: 0,
        content_hash: "h".into(),
        expires_ms: 9_000,
    };
    let state = after(failed(), late);
    let follow = state.consequences(place(Grant::Draft));
    let [StageEvent::Lapsed { by: None, .. }] = follow.as_slice() else {
        panic!("{follow:?}");
    };
}

#[test]
fn a_critical_error_of_other_versions_takes_a_level_and_says_nothing_of_these() {
    let old = Observed {
        severity: Some(Severity::Critical),
        counts: false,
        ..observed(How::Reviewed, true)
    };
    let state = after(began(), StageEvent::Observed(old));
    assert!(state.consequences(place(Grant::Draft)).is_empty());
    let lost = state.consequences(place(Grant::Update)).pop().unwrap();
    assert_eq!(after(state, lost).barred, None);

    let own = Observed {
        severity: Some(Severity::Critical),
        ..observed(How::Reviewed, true)
    };
    let state = after(began(), StageEvent::Observed(own));
    let failed = state.consequences(place(Grant::Draft)).pop().unwrap();
    let barred = after(state, failed).barred.unwrap();
    assert_eq!(barred.why, "a review found a critical error");
}
