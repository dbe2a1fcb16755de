//! Stages: what follows from what was learned, what is lost, what is left of it.

use crate::earn::chances::Dice;
use crate::earn::{after, began, observed, place, versions};
use leeway_core::earn::follow::Place;
use leeway_core::earn::settings::Autonomy;
use leeway_core::earn::stage::{Anew, Lost, Observed, StageEvent};
use leeway_core::earn::standing::{Standing, cap};
use leeway_core::earn::state::StageState;
use leeway_core::earn::tally::threshold;
use leeway_core::earn::verdict::{How, Severity, Verdict};
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::state::Document;
use leeway_core::govern::workflow::Grant;
use leeway_core::incident::event::Side;

#[test]
fn evidence_begins_once_whoever_begins_it() {
    let began_again = StageEvent::Began {
        because: Anew::First,
        versions: versions("one"),
        changed: vec![],
        since_ms: 1_500,
        seed: "other".into(),
    };
    let state = after(
        began(),
        StageEvent::Observed(observed(How::Accepted, false)),
    );
    assert_eq!(after(state.clone(), began_again), state);
}

#[test]
fn a_promotion_takes_the_gate_and_both_signatures() {
    let mut state = began();
    for n in 0..71 {
        assert!(
            state.consequences(place(Grant::Draft)).is_empty(),
            "after {n}"
        );
        state = after(state, StageEvent::Observed(observed(How::Accepted, false)));
    }
    let proposed = state.consequences(place(Grant::Draft));
    let [
        StageEvent::Eligible {
            from: Grant::Draft,
            to: Grant::Update,
            content_hash,
            expires_ms,
            ..
        },
    ] = proposed.as_slice()
    else {
        panic!("{proposed:?}");
    };
    assert!(
        state
            .consequences(Place {
                most: Grant::Draft,
                ..place(Grant::Draft)
            })
            .is_empty()
    );
    let (hash, expires_ms) = (content_hash.clone(), *expires_ms);
    let state = after(state, proposed[0].clone());
    assert!(
        state.consequences(place(Grant::Draft)).is_empty(),
        "proposed once"
    );
    let late = Place {
        at_ms: expires_ms,
        ..place(Grant::Draft)
    };
    assert!(matches!(
        state.consequences(late).as_slice(),
        [StageEvent::Lapsed { by: None, .. }]
    ));
    let sign = |by: &str, side, hash: &str| StageEvent::Signed {
        by: by.into(),
        side,
        content_hash: hash.into(),
        meaning: "I accept the risk".into(),
        solo: false,
    };
    let promoted = StageEvent::Promoted { to: Grant::Update };
    let refused = |state: &StageState, event: &StageEvent| {
        StageState::apply(Some(state.clone()), "leeway", 2_000, event).is_err()
    };
    assert!(refused(&state, &promoted), "nobody signed");
    assert!(refused(&state, &sign("a", Side::Business, "other")));
    let state = after(state, sign("a", Side::Business, &hash));
    assert!(refused(&state, &promoted), "one side signed");
    assert!(
        refused(&state, &sign("a", Side::Technical, &hash)),
        "one person is not two"
    );
    let state = after(state, sign("b", Side::Technical, &hash));
    assert!(
        refused(
            &state,
            &StageEvent::Promoted {
                to: Grant::HighImpact
            }
        ),
        "one level at a time"
    );
    let state = after(state, promoted);
    assert_eq!(
        (state.run.number, state.run.reviewed),
        (2, 0),
        "the next level is earned anew"
    );
    assert!(state.proposal.is_none());
}

#[test]
fn errors_take_back_faster_than_successes_give() {
    let mut state = began();
    for _ in 0..500 {
        state = after(state, StageEvent::Observed(observed(How::Reviewed, false)));
    }
    state = after(state, StageEvent::Observed(observed(How::Reviewed, true)));
    assert!(
        state.consequences(place(Grant::HighImpact)).is_empty(),
        "one error is none too many"
    );
    state = after(state, StageEvent::Observed(observed(How::Reviewed, true)));
    let lost = state.consequences(place(Grant::HighImpact));
    let [
        StageEvent::Demoted {
            from: Grant::HighImpact,
            to: Grant::Update,
            because: Lost::Drift,
            ..
        },
    ] = lost.as_slice()
    else {
        panic!("{lost:?}");
    };
    let state = after(state, lost[0].clone());
    assert!(state.barred.is_some(), "it does not come back by itself");
    assert_eq!(
        (state.run.reviewed, state.run.sampling.clean),
        (0, 0),
        "everything is reviewed again"
    );
    let critical = Observed {
        severity: Some(Severity::Critical),
        ..observed(How::Reviewed, true)
    };
    let state = after(state, StageEvent::Observed(critical));
    let lost = state.consequences(place(Grant::Update));
    assert!(
        matches!(
            lost.as_slice(),
            [StageEvent::Demoted {
                to: Grant::Draft,
                because: Lost::Critical,
                ..
            }]
        ),
        "{lost:?}"
    );
}

#[test]
fn what_counted_as_right_and_is_wrong_counts_as_wrong_and_never_the_other_way() {
    let mut state = began();
    for _ in 0..10 {
        state = after(state, StageEvent::Observed(observed(How::Accepted, false)));
    }
    let again = |before, wrong| Observed {
        before: Some(before),
        ..observed(How::Reviewed, wrong)
    };
    state = after(state, StageEvent::Observed(again(Verdict::Right, true)));
    assert_eq!((state.run.reviewed, state.run.wrong), (10, 1));
    state = after(state, StageEvent::Observed(again(Verdict::Wrong, false)));
    assert_eq!((state.run.reviewed, state.run.wrong), (10, 1));
    let other = Observed {
        counts: false,
        ..observed(How::Accepted, true)
    };
    state = after(state, StageEvent::Observed(other));
    assert_eq!(
        (state.run.reviewed, state.run.wrong),
        (10, 1),
        "of other versions"
    );
    assert_eq!(state.adoption.accepted, 11);
}

#[test]
fn a_million_outputs_leave_a_stage_small() {
    let mut state = began();
    let mut dice = Dice(7);
    for n in 0..1_000_000_u64 {
        let mut seen = observed(How::Reviewed, dice.next() < 0.02);
        seen.pattern = Some(format!("pattern {}", n % 500));
        seen.agent = format!("agent-{}", n % 200);
        seen.confidence = Some(dice.next());
        state = StageState::apply(
            Some(state),
            "leeway",
            n as i64 * 3_600_000,
            &StageEvent::Observed(seen),
        )
        .unwrap();
    }
    assert_eq!(state.run.reviewed, 1_000_000);
    let size = serde_json::to_vec(&state).unwrap().len();
    assert!(size < 100_000, "{size} bytes");
}

#[test]
fn what_was_earned_counts_with_the_same_versions_and_for_a_time() {
    let earned = Standing {
        grant: Grant::Update,
        with: Some(versions("one")),
        until_ms: Some(5_000),
        since_ms: 1_000,
        why: "both signed".into(),
    };
    let at = |standing, now: &str, ms| cap((Autonomy::Earned, standing), &versions(now), ms);
    assert_eq!(at(Some(&earned), "one", 2_000), Some(Grant::Update));
    assert_eq!(
        at(Some(&earned), "two", 2_000),
        Some(Grant::Draft),
        "another prompt"
    );
    assert_eq!(at(Some(&earned), "one", 5_000), Some(Grant::Draft), "over");
    assert_eq!(
        at(None, "one", 2_000),
        Some(Grant::Draft),
        "every tool begins with drafts"
    );
    assert_eq!(cap((Autonomy::Configured, None), &versions("one"), 0), None);
    let lost = Standing {
        grant: Grant::Draft,
        with: None,
        until_ms: None,
        ..earned
    };
    assert_eq!(
        cap((Autonomy::Configured, Some(&lost)), &versions("two"), 9_000),
        Some(Grant::Draft)
    );
}

#[test]
fn a_threshold_admits_what_it_was_proven_with() {
    let mut state = began();
    for n in 0..200 {
        let confidence = Some(0.91 + 0.01 * f64::from(n % 5));
        state = after(
            state,
            StageEvent::Observed(Observed {
                confidence,
                ..observed(How::Accepted, false)
            }),
        );
    }
    assert_eq!(
        threshold(&state.agents["clerk"], 0.05),
        Some(0.91),
        "the least that was stated, not their average"
    );
    for n in 0..40 {
        let doubtful = Observed {
            confidence: Some(0.5),
            ..observed(How::Accepted, n % 3 == 0)
        };
        state = after(state, StageEvent::Observed(doubtful));
    }
    assert_eq!(threshold(&state.agents["clerk"], 0.05), Some(0.91));
    assert_eq!(threshold(&[], 0.05), None);
}

#[test]
fn a_critical_error_counts_whatever_it_counted_before() {
    let wrong = |severity, counts| Observed {
        before: Some(Verdict::Wrong),
        severity: Some(severity),
        counts,
        ..observed(How::Reviewed, true)
    };
    let demoted = |state: &StageState| {
        matches!(
            state.consequences(place(Grant::Update)).as_slice(),
            [StageEvent::Demoted {
                because: Lost::Critical,
                ..
            }]
        )
    };
    let state = after(began(), StageEvent::Observed(wrong(Severity::Major, true)));
    assert!(!demoted(&state));
    let state = after(state, StageEvent::Observed(wrong(Severity::Critical, true)));
    assert!(demoted(&state), "the second look saw how bad it is");
    let late = after(
        began(),
        StageEvent::Observed(wrong(Severity::Critical, false)),
    );
    assert!(
        demoted(&late),
        "though it was proposed before the last promotion"
    );
}

#[test]
fn a_proposal_is_made_once_and_not_again_the_moment_it_lapsed() {
    let mut state = began();
    for _ in 0..71 {
        state = after(state, StageEvent::Observed(observed(How::Accepted, false)));
    }
    let proposed = state.consequences(place(Grant::Draft)).remove(0);
    let state = after(state, proposed.clone());
    assert_eq!(
        after(state.clone(), proposed),
        state,
        "two that end at the same time propose it once"
    );
    let lapsed = StageEvent::Lapsed {
        by: Some("o@x".into()),
        why: "not yet".into(),
    };
    let mut state = after(state, lapsed);
    for n in 0..20 {
        assert!(
            state.consequences(place(Grant::Draft)).is_empty(),
            "after {n} more"
        );
        state = after(state, StageEvent::Observed(observed(How::Accepted, false)));
    }
    assert!(matches!(
        state.consequences(place(Grant::Draft)).as_slice(),
        [StageEvent::Eligible { .. }]
    ));
}

#[test]
fn what_is_left_after_a_demotion_was_earned_with_the_same() {
    let workflow: leeway_core::govern::workflow::Workflow =
        toml::from_str("name = \"office\"\ntitle = \"Office\"").unwrap();
    let fold = |state, event: &GovernEvent| {
        Document::apply(state, "workflow/office", "leeway", 1_000, event).unwrap()
    };
    let document = fold(
        None,
        &GovernEvent::WorkflowConfigured {
            workflow,
            hash: "h".into(),
        },
    );
    let promoted = GovernEvent::WorkflowPromoted {
        tool: "crm__update".into(),
        grant: Grant::HighImpact,
        with: versions("one"),
        until_ms: 9_000,
        why: "signed".into(),
    };
    let demoted = |grant| GovernEvent::WorkflowDemoted {
        tool: "crm__update".into(),
        grant,
        why: "drift".into(),
    };
    let document = fold(
        Some(fold(Some(document), &promoted)),
        &demoted(Grant::Update),
    );
    let Document::Workflow(state) = fold(Some(document), &demoted(Grant::HighImpact)) else {
        panic!("a workflow");
    };
    let left = &state.standing["crm__update"];
    let at = |now: &str, ms| cap((Autonomy::Earned, Some(left)), &versions(now), ms);
    assert_eq!(
        at("one", 2_000),
        Some(Grant::Update),
        "a late demotion never raises"
    );
    assert_eq!(
        at("two", 2_000),
        Some(Grant::Draft),
        "nothing is left with another prompt"
    );
    assert_eq!(at("one", 9_000), Some(Grant::Draft), "nor after its time");
    let given = Standing {
        grant: Grant::Update,
        with: None,
        until_ms: None,
        since_ms: 1,
        why: "lost".into(),
    };
    assert_eq!(
        cap((Autonomy::Earned, Some(&given)), &versions("one"), 2),
        Some(Grant::Draft),
        "what was given was not earned"
    );
}
