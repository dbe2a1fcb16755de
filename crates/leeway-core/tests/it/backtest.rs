//! Replaying the past: the same rules decide the same, other rules are compared case by case.

use crate::cases::judged;
use leeway_core::action::event::{Cause, Judged};
use leeway_core::classify::{Effect, Level};
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::workflow::Grant;
use leeway_core::id::ActionId;
use leeway_core::judge::backtest::{Backtest, Past, Report, Verdicts};
use leeway_core::judge::facts::{Counted, Measured};
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

const WED: &str = "[business_hours]\nzone = \"Europe/Vienna\"\ndays = [\"wed\"]\nfrom = \"09:00\"\nto = \"17:00\"\n";

#[test]
fn business_hours_are_those_of_the_rules_tried() {
    let rules = rules(&format!(
        "{WED}[[guardrail]]\nid = \"night\"\ntext = \"Too late.\"\nthen = \"hold\"\nwhen = {{ outside_business_hours = true }}"
    ));
    let all = [
        past(0, |_| {}, (true, false)),
        past(9, |_| {}, (true, false)),
    ];
    let report = replay(rules, &all);
    assert_eq!((report.would.allow, report.would.hold), (1, 1));
    assert_eq!(report.differences[0].at_ms, START_MS + 9 * HOUR_MS);
}

#[test]
fn a_rate_outside_business_hours_counts_what_ran_outside_them() {
    let rules = |per_s: u32| {
        rules(&format!(
            "{WED}[[guardrail]]\nid = \"night\"\ntext = \"Too many.\"\nthen = \"hold\"\nwhen = {{ outside_business_hours = true, rate = {{ more_than = 1, per_s = {per_s}, of = \"workflow\" }} }}"
        ))
    };
    let inside: Vec<Past> = (0..3).map(|n| past(n, |_| {}, (true, false))).collect();
    let outside = |n| past(n, |_| {}, (true, false));
    let all: Vec<Past> = inside
        .into_iter()
        .chain([outside(9), outside(10)])
        .collect();
    assert_eq!(
        replay(rules(86_400), &all).different,
        1,
        "the second at night"
    );
    assert_eq!(replay(rules(3_599), &all).different, 0, "an hour apart");
    assert_eq!(
        replay(rules(3_600), &all).different,
        1,
        "just inside the window"
    );
}

#[test]
fn only_what_ran_and_would_have_run_is_counted() {
    let rate = "[[guardrail]]\nid = \"rate\"\ntext = \"Too many.\"\nthen = \"hold\"\nwhen = { rate = { more_than = 1, per_s = 7200, of = \"workflow\" } }\n";
    let never_ran = [
        past(0, |_| {}, (false, false)),
        past(0, |_| {}, (false, false)),
        past(0, |_| {}, (true, false)),
    ];
    assert_eq!(replay(rules(rate), &never_ran).different, 0);
    let blocked = format!(
        "{rate}[[guardrail]]\nid = \"no\"\ntext = \"Never.\"\nthen = \"block\"\nwhen = {{ agents = [\"rogue\"] }}"
    );
    let rogue = |judged: &mut Judged| judged.call.agent = "rogue".into();
    let all = [
        past(0, rogue, (true, false)),
        past(0, rogue, (true, false)),
        past(0, |_| {}, (true, false)),
    ];
    let report = replay(rules(&blocked), &all);
    assert_eq!((report.would.block, report.would.allow), (2, 1));
}

#[test]
fn what_was_counted_in_its_day_under_the_same_name_counts_no_more() {
    let rules = rules(
        "[[guardrail]]\nid = \"again\"\ntext = \"Again.\"\nthen = \"hold\"\nwhen = { rate = { more_than = 1, per_s = 60, of = \"record\" } }",
    );
    let counted = Counted {
        count: 9,
        sum_cents: 0,
    };
    let then = |judged: &mut Judged| {
        judged.facts.counted.insert("again".into(), counted);
    };
    assert_eq!(replay(rules, &[past(0, then, (true, false))]).different, 0);
}

#[test]
fn an_action_is_judged_as_the_packs_of_the_backtest_classify_it() {
    let mut graver = past(0, |_| {}, (true, false));
    let mut classified = graver.judged.classified.clone();
    classified.level = Level::HighImpact;
    classified.effect = Effect::Pay;
    graver.classified = Some(classified);
    let report = replay(rules(""), &[graver]);
    assert_eq!((report.was.allow, report.would.hold), (1, 1));
    assert_eq!(report.holds[&Responsibility::FinanceFields], 1);
}

#[test]
fn a_total_counts_amounts_of_its_currency_and_those_of_none() {
    let limit = "[[guardrail]]\nid = \"sum\"\ntext = \"Too much.\"\nthen = \"hold\"\nwhen = { currency = \"EUR\", total = { above_cents = 1000, per_s = 7200, of = \"tool\" } }";
    let paid = |currency: Option<&'static str>| {
        past(
            0,
            move |judged| {
                judged.classified.amount_cents = Some(600);
                judged.classified.amount_expected = true;
                judged.classified.currency = currency.map(str::to_owned);
            },
            (true, false),
        )
    };
    // An amount in no known currency may be too much itself; the euros after it are what is looked at.
    for (before, held) in [(Some("EUR"), 1), (None, 2), (Some("USD"), 1)] {
        let report = replay(rules(limit), &[paid(before), paid(Some("EUR"))]);
        assert_eq!(report.would.hold, held, "{before:?}");
    }
}

#[test]
fn weeks_begin_on_monday_and_the_first_differences_are_listed() {
    const DAY_MS: i64 = 24 * HOUR_MS;
    let strict = rules(
        "[[guardrail]]\nid = \"all\"\ntext = \"Everything waits.\"\nthen = \"hold\"\nwhen = { level_at_least = 1 }",
    );
    let monday = 1_767_571_200_000;
    let mut all: Vec<Past> = (0..501).map(|_| past(0, |_| {}, (true, false))).collect();
    for (past, at_ms) in all.iter_mut().zip([
        monday - 1,
        monday,
        monday + 7 * DAY_MS - 1,
        monday + 7 * DAY_MS,
        // Before the first of January 1970.
        -4 * DAY_MS,
    ]) {
        past.judged.facts.now_ms = at_ms;
    }
    let report = replay(strict, &all);
    assert_eq!((report.different, report.differences.len()), (501, 500));
    let weeks: Vec<i64> = report.weeks.iter().map(|week| week.from_ms).collect();
    let expected = [
        -10 * DAY_MS,
        monday - 7 * DAY_MS,
        monday,
        monday + 7 * DAY_MS,
    ];
    assert_eq!(weeks, expected);
}

#[test]
fn what_rests_on_what_was_earned_is_counted_of_what_would_run_alone() {
    let earned = |judged: &mut Judged| {
        judged.facts.cap = Some(Grant::Update);
        judged.facts.measured = Some(Measured {
            threshold: Some(0.8),
        });
    };
    let held = |judged: &mut Judged| {
        earned(judged);
        judged.claim.confidence = Some(0.1);
    };
    let all = [
        past(0, earned, (true, false)),
        past(1, earned, (true, false)),
        past(2, held, (false, false)),
    ];
    let report = replay(rules("[evidence]\nautonomy = \"earned\""), &all);
    assert_eq!(
        (report.would.allow, report.would.hold, report.earned),
        (2, 1, 2)
    );
}
