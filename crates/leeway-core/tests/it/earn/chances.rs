//! What an agent gets by luck: histories end as the gate's design says, whoever peeks and however often it tries.

use crate::earn::{after, began, observed, place};
use leeway_core::earn::stage::StageEvent;
use leeway_core::earn::verdict::How;
use leeway_core::evidence::gate::Design;
use leeway_core::govern::workflow::Grant;

/// A generator of numbers from 0 to 1 that repeats (SplitMix64).
pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// One history: drafts decided by people until a promotion is proposed or the gate fails, looked at after
/// every single one.
fn is_proposed(dice: &mut Dice, rate: f64) -> bool {
    let mut state = began();
    loop {
        let wrong = dice.next() < rate;
        let how = if wrong { How::Rejected } else { How::Accepted };
        state = after(state, StageEvent::Observed(observed(how, wrong)));
        match state.consequences(place(Grant::Draft)).first() {
            Some(StageEvent::Eligible { .. }) => return true,
            Some(StageEvent::Failed { .. }) => return false,
            Some(other) => panic!("{other:?} of a draft"),
            None => {}
        }
    }
}

#[test]
fn histories_end_as_the_design_says_whoever_peeks() {
    const HISTORIES: u32 = 4_000;
    for rate in [0.05, 0.01] {
        let mut dice = Dice(20_261_128);
        let promoted = (0..HISTORIES)
            .filter(|_| is_proposed(&mut dice, rate))
            .count();
        let found = promoted as f64 / f64::from(HISTORIES);
        // Golden values: 0.050339 at 5 % errors, 0.940241 at 1 %.
        let exact = Design::DEFAULT.behaviour(rate).passes;
        let spread = (exact * (1.0 - exact) / f64::from(HISTORIES)).sqrt();
        assert!(
            (found - exact).abs() < 4.0 * spread,
            "{rate}: {found} against {exact}"
        );
    }
}

/// A whole life of drafts with one set of versions: whether a promotion was ever proposed.
fn is_ever_proposed(dice: &mut Dice, rate: f64) -> bool {
    const OUTPUTS: u32 = 4_000;
    let mut state = began();
    for _ in 0..OUTPUTS {
        let wrong = dice.next() < rate;
        let how = if wrong { How::Rejected } else { How::Accepted };
        state = after(state, StageEvent::Observed(observed(how, wrong)));
        for event in state.consequences(place(Grant::Draft)) {
            if matches!(event, StageEvent::Eligible { .. }) {
                return true;
            }
            state = after(state, event);
        }
    }
    false
}

#[test]
fn trying_until_it_works_is_no_way_up() {
    const HISTORIES: u32 = 2_000;
    let mut dice = Dice(5);
    let promoted = (0..HISTORIES)
        .filter(|_| is_ever_proposed(&mut dice, 0.05))
        .count();
    let found = promoted as f64 / f64::from(HISTORIES);
    let exact = Design::DEFAULT.behaviour(0.05).passes;
    let spread = (exact * (1.0 - exact) / f64::from(HISTORIES)).sqrt();
    assert!(
        (found - exact).abs() < 4.0 * spread,
        "{found} against {exact}"
    );
}
