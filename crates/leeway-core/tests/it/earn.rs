//! Stages, reviews and lots from outside: what follows from what was learned, and how often.

mod barred;
mod chances;
mod reviews;
mod stages;

use leeway_core::earn::follow::Place;
use leeway_core::earn::stage::{Anew, Observed, StageEvent};
use leeway_core::earn::state::StageState;
use leeway_core::earn::verdict::{How, Verdict};
use leeway_core::earn::versions::EvidenceVersions;
use leeway_core::evidence::gate::Design;
use leeway_core::govern::workflow::Grant;
use leeway_core::id::ActionId;

pub fn versions(prompt: &str) -> EvidenceVersions {
    EvidenceVersions {
        prompt: Some(prompt.into()),
        rules: "r".into(),
        ..EvidenceVersions::default()
    }
}

pub fn began() -> StageState {
    let event = StageEvent::Began {
        because: Anew::First,
        versions: versions("one"),
        changed: vec![],
        since_ms: 1_000,
        seed: "5eed".into(),
    };
    StageState::apply(None, "leeway", 1_000, &event).unwrap()
}

pub fn observed(how: How, wrong: bool) -> Observed {
    Observed {
        action: ActionId::new(1, [0; 10]),
        agent: "clerk".into(),
        how,
        verdict: if wrong {
            Verdict::Wrong
        } else {
            Verdict::Right
        },
        before: None,
        confidence: Some(0.9),
        severity: None,
        pattern: None,
        edited_share: None,
        pair: None,
        counts: true,
    }
}

pub fn after(state: StageState, event: StageEvent) -> StageState {
    StageState::apply(Some(state), "leeway", 2_000, &event).unwrap()
}

pub fn place(now: Grant) -> Place {
    Place {
        design: Design::DEFAULT,
        now,
        most: Grant::HighImpact,
        at_ms: 2_000,
    }
}
