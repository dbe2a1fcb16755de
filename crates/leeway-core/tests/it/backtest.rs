//! Replaying the past: the same rules decide the same, other rules are compared case by case.

use crate::cases::judged;
use leeway_core::action::event::{Cause, Judged};
use leeway_core::classify::{Effect, Level};
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::workflow::Grant;
use leeway_core::id::ActionId;
use leeway_core::judge::backtest::{Backtest, Past, Report, Verdicts};
use leeway_core::judge::facts::Measured;
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::judge::{Facts, Verdict};

const HOUR_MS: i64 = 3_600_000;
/// A Wednesday.
const START_MS: i64 = 1_767_787_200_000;

fn rules(more: &str) -> CompiledRules {
    let text = format!(
        "name = \"office\"\ntitle = \"Office\"\nresponsibility = \"support-triage\"\n[grants]\ncrm__update = \"update\"\n{more}"
    );
    CompiledRules::compile(toml::from_str(&text).unwrap()).unwrap()
}

/// The n-th action, an hour after the one before, as the rules of its day decided it.
fn past(n: u8, change: impl Fn(&mut Judged), (ran, error): (bool, bool)) -> Past {
    let mut judged = judged(Verdict::Allow, 1, Cause::Proposed);
    judged.classified.level = Level::LowRisk;
    judged.claim.confidence = Some(0.9);
    judged.facts = Facts {
        now_ms: START_MS + i64::from(n) * HOUR_MS,
        ..Facts::default()
    };
    change(&mut judged);
    let case = Case {
        call: &judged.call,
        classified: &judged.classified,
        claim: &judged.claim,
        before: &judged.before,
        facts: &judged.facts,
    };
    judged.decision = judge(&rules(""), &case);
    Past {
        id: ActionId::new(judged.facts.now_ms, [n; 10]),
        classified: None,
        ran,
        error,
        title: format!("action {n}"),
        judged,
    }
}

fn replay(rules: CompiledRules, all: &[Past]) -> Report {
    let mut backtest = Backtest::new(rules);
    for past in all {
        backtest.take(past);
    }
    backtest.finish()
}

fn mixed() -> Vec<Past> {
    vec![
        past(0, |_| {}, (true, false)),
        past(
            1,
            |judged| judged.claim.confidence = Some(0.5),
            (false, true),
        ),
        past(
            2,
            |judged| judged.classified.effect = Effect::Pay,
            (true, false),
        ),
        past(
            3,
            |judged| judged.call.tool = "other".into(),
            (false, false),
        ),
    ]
}

#[test]
fn the_same_rules_decide_the_same() {
    let report = replay(rules(""), &mixed());
    assert_eq!((report.actions, report.different), (4, 0));
    let verdicts = Verdicts {
        allow: 1,
        hold: 2,
        block: 1,
    };
    assert_eq!((report.was, report.would), (verdicts, verdicts));
    // Who is asked depends on what is touched: money is finance, the rest the workflow's own.
    assert_eq!(report.holds[&Responsibility::FinanceFields], 1);
    assert_eq!(report.holds[&Responsibility::SupportTriage], 1);
    assert_eq!((report.known_errors, report.caught), (1, 1));
}

#[test]
fn other_rules_are_compared_case_by_case_and_known_errors_counted() {
    let error = past(4, |_| {}, (true, true));
    let all: Vec<Past> = mixed().into_iter().chain([error]).collect();
    let lenient = replay(rules("").clone(), &all);
    assert_eq!((lenient.known_errors, lenient.caught), (2, 1));
    let strict = rules(
        "[[guardrail]]\nid = \"all\"\ntext = \"Everything waits.\"\nthen = \"hold\"\nwhen = { level_at_least = 1 }",
    );
    let report = replay(strict, &all);
    assert_eq!((report.known_errors, report.caught), (2, 2));
    assert_eq!(report.different, 2);
    let first = &report.differences[0];
    assert_eq!((first.was, first.would), (Verdict::Allow, Verdict::Hold));
    assert_eq!(first.reasons[0].rule, "all");
    assert_eq!(report.weeks.len(), 1);
    // The Monday of that week.
    assert_eq!(report.weeks[0].from_ms, 1_767_571_200_000);
}

#[test]
fn rates_count_anew_what_ran_and_forget_what_is_older_than_the_window() {
    let limited = rules(
        "[[guardrail]]\nid = \"rate\"\ntext = \"Too many.\"\nthen = \"hold\"\nwhen = { level_at_least = 1, rate = { more_than = 2, per_s = 7200, of = \"agent\" } }",
    );
    let another = |judged: &mut Judged| judged.call.agent = "another".into();
    let all = [
        past(0, |_| {}, (true, false)),
        past(0, |_| {}, (true, false)),
        past(1, |_| {}, (true, false)),
        past(1, another, (true, false)),
        past(9, |_| {}, (true, false)),
    ];
    let report = replay(limited, &all);
    let held: Vec<i64> = report
        .differences
        .iter()
        .map(|difference| difference.at_ms)
        .collect();
    assert_eq!(held, [START_MS + HOUR_MS], "{:?}", report.differences);
}

#[test]
fn a_rate_counts_what_it_speaks_of_and_reads_only_where_it_says_so() {
    let read = |judged: &mut Judged| {
        judged.classified.effect = Effect::Read;
        judged.classified.level = Level::ReadOnly;
    };
    let mut all: Vec<Past> = (0..20).map(|_| past(0, read, (true, false))).collect();
    all.push(past(0, |_| {}, (true, false)));
    let held = |when: &str| {
        let rule = format!(
            "[[guardrail]]\nid = \"rate\"\ntext = \"Too many.\"\nthen = \"hold\"\nwhen = {{ {when}rate = {{ more_than = 3, per_s = 7200, of = \"workflow\" }} }}"
        );
        replay(rules(&rule), &all).different
    };
    for when in ["", "effects = [\"update\"], ", "level_at_least = 2, "] {
        assert_eq!(held(when), 0, "{when}");
    }
    for when in [
        "effects = [\"read\", \"update\"], ",
        "level_at_least = 1, ",
        "tools = [\"crm__update\"], ",
    ] {
        assert_eq!(held(when), 18, "{when}");
    }
    assert_eq!(held("effects = [\"read\"], "), 17);
}

#[test]
fn what_was_earned_is_of_its_day_and_said_where_it_would_be_gone() {
    let earned = |threshold: f64| {
        move |judged: &mut Judged| {
            judged.facts.cap = Some(Grant::Update);
            judged.facts.measured = Some(Measured {
                threshold: Some(threshold),
            });
        }
    };
    let given = past(0, |_| {}, (true, false));
    let all = [given, past(1, earned(0.8), (true, false))];
    let now_earned = rules("[evidence]\nautonomy = \"earned\"");
    let report = replay(now_earned, &all);
    // What was given then is not earned; what was earned then runs until its versions change.
    assert_eq!((report.would.allow, report.would.hold), (1, 1));
    assert_eq!(report.earned, 1);
    let report = replay(rules(""), &all);
    assert_eq!((report.would.allow, report.earned), (2, 0), "all is given");
}
