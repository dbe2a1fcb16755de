//! Reviews and lots: who looks at what, what is drawn, what samples make of an area.

use leeway_core::earn::draw;
use leeway_core::earn::lot::{LotEvent, LotFound, LotState, LotStratum};
use leeway_core::earn::review::{Because, Drawn, Given, ReviewEvent, ReviewState};
use leeway_core::earn::verdict::{Severity, Verdict};
use leeway_core::evidence::cadence::Cadence;
use leeway_core::govern::owners::Responsibility;
use leeway_core::id::ActionId;

fn drawn(id: &ActionId, looks: u8) -> ReviewEvent {
    ReviewEvent::Drawn(Box::new(Drawn {
        shows: id.clone(),
        workflow: "office".into(),
        tool: "crm__update".into(),
        agent: "clerk".into(),
        responsibility: Responsibility::CrmFieldUpdates,
        because: Because::Continuous,
        lot: None,
        seed: None,
        share: 1.0,
        due_ms: 9_000,
        looks,
    }))
}

fn given(by: &str, verdict: Verdict) -> ReviewEvent {
    ReviewEvent::Judged(Given {
        by: by.into(),
        verdict,
        severity: (verdict == Verdict::Wrong).then_some(Severity::Major),
        pattern: None,
        note: None,
        took_ms: None,
        solo: false,
    })
}

#[test]
fn two_people_look_without_one_overruling_the_other() {
    let id = ActionId::new(1, [1; 10]);
    let next = |state: Option<ReviewState>, event: &ReviewEvent| {
        ReviewState::apply(state, &id, 2_000, event)
    };
    let state = next(None, &drawn(&id, 2)).unwrap();
    let state = next(Some(state), &given("a", Verdict::Unsure)).unwrap();
    let state = next(Some(state), &given("a", Verdict::Right)).unwrap();
    assert!(state.is_open());
    assert!(
        next(Some(state.clone()), &given("a", Verdict::Right)).is_err(),
        "once each"
    );
    let state = next(Some(state), &given("b", Verdict::Wrong)).unwrap();
    assert_eq!(
        state.outcome(),
        Some(Verdict::Wrong),
        "one who saw it wrong is enough"
    );
    assert!(
        next(Some(state), &given("c", Verdict::Right)).is_err(),
        "done"
    );
    let other = ActionId::new(2, [2; 10]);
    assert!(
        ReviewState::apply(None, &other, 0, &drawn(&id, 1)).is_err(),
        "shows another action"
    );
}

#[test]
fn draws_repeat_and_nobody_is_favoured() {
    let ids: Vec<String> = (0..1_000)
        .map(|n| ActionId::new(n, [7; 10]).to_string())
        .collect();
    let first = draw::of("seed", ids.clone(), 100);
    let mut turned = ids.clone();
    turned.reverse();
    assert_eq!(draw::of("seed", turned, 100), first, "whatever the order");
    assert_ne!(draw::of("other", ids.clone(), 100), first);
    let taken = ids.iter().filter(|id| draw::takes("seed", id, 0.1)).count();
    assert!((60..140).contains(&taken), "{taken} of 1,000 at a tenth");
    assert_eq!(draw::allot(&[200, 100, 10, 0], 31), [20, 10, 1, 0]);
    assert_eq!(draw::allot(&[5, 1, 1], 2).iter().sum::<usize>(), 2);
    assert_eq!(draw::allot(&[2, 1], 20), [2, 1]);
}

fn lot(state: Option<LotState>, wrong: u64, at_ms: i64) -> LotState {
    let number = state
        .as_ref()
        .map_or(1, |state| state.lots.last().map_or(1, |lot| lot.number + 1));
    let cadence = state
        .as_ref()
        .map_or(Cadence::Normal, |state| state.standing.cadence);
    let drawn = LotEvent::Drawn {
        number,
        root: "r".into(),
        entries: number * 10,
        from_seq: 0,
        strata: vec![LotStratum {
            tool: "crm__update".into(),
            size: 50,
            drawn: 20,
        }],
        drawn: vec![ActionId::new(1, [3; 10]); 20],
        cadence,
        due_ms: 9_000,
    };
    let state = LotState::apply(state, at_ms, &drawn).unwrap();
    let closed = LotEvent::Closed {
        number,
        reviewed: 20,
        wrong,
        critical: 0,
        found: vec![
            LotFound {
                tool: "crm__note".into(),
                reviewed: 4,
                wrong: 0,
            },
            LotFound {
                tool: "crm__update".into(),
                reviewed: 16,
                wrong,
            },
        ],
    };
    LotState::apply(Some(state), at_ms, &closed).unwrap()
}

#[test]
fn bad_lots_tighten_and_stop_an_area_until_somebody_removed_the_cause() {
    let mut state = lot(None, 4, 1);
    state = lot(Some(state), 4, 2);
    assert_eq!(state.standing.cadence, Cadence::Tightened);
    for at_ms in 3..8 {
        state = lot(Some(state), 4, at_ms);
    }
    assert!(state.is_stopped());
    let culprits: Vec<&str> = state.culprits().into_iter().collect();
    assert_eq!(culprits, ["crm__update"], "not what was never wrong");
    let restarted = LotEvent::Restarted {
        by: "o@x".into(),
        why: "another prompt".into(),
    };
    let state = LotState::apply(Some(state), 9, &restarted).unwrap();
    assert_eq!(state.standing.cadence, Cadence::Tightened);
    assert!(
        state.culprits().is_empty(),
        "what was mended is not blamed again"
    );
    assert!(LotState::apply(Some(state), 10, &restarted).is_err());
}

#[test]
fn an_estimate_weighs_each_tool_as_it_was_done_not_as_it_was_drawn() {
    let stratum = |tool: &str, size, drawn| LotStratum {
        tool: tool.into(),
        size,
        drawn,
    };
    let found = |tool: &str, reviewed, wrong| LotFound {
        tool: tool.into(),
        reviewed,
        wrong,
    };
    let drawn = LotEvent::Drawn {
        number: 1,
        root: "r".into(),
        entries: 10,
        from_seq: 0,
        strata: vec![stratum("crm__tag", 900, 10), stratum("crm__merge", 100, 10)],
        drawn: vec![ActionId::new(1, [3; 10]); 20],
        cadence: Cadence::Normal,
        due_ms: 9_000,
    };
    let closed = LotEvent::Closed {
        number: 1,
        reviewed: 20,
        wrong: 1,
        critical: 0,
        found: vec![found("crm__tag", 10, 0), found("crm__merge", 10, 1)],
    };
    let state =
        LotState::apply(Some(LotState::apply(None, 1, &drawn).unwrap()), 2, &closed).unwrap();
    let estimate = state.lots[0].estimate.unwrap();
    assert!(
        (estimate - 0.01).abs() < 1e-9,
        "{estimate}: 1 of 10 of a tenth of all"
    );
}
