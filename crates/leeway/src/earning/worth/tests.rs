//! The terms against hand computations.

use super::terms::{Looks, Source, Term};
use super::{Worth, reckon, sums};
use leeway_core::earn::settings::RoiTerms;
use leeway_core::evidence::interval::wilson;
use leeway_store::WorthCounts;

const MINUTE_MS: i64 = 60_000;

fn told() -> RoiTerms {
    RoiTerms {
        currency: Some("EUR".to_owned()),
        manual_minutes: Some(10.0),
        hourly_wage: Some(60.0),
        error_cost: Some(20.0),
        fix_minutes: Some(30.0),
        owner_hours: Some(2.0),
        subscription: Some(50.0),
        setup: Some(1000.0),
        ..RoiTerms::default()
    }
}

/// 100 items: 20 decided on, 2 edited, 3 rejected; of 80 reviewed after they ran 4 were wrong.
fn counted() -> WorthCounts {
    WorthCounts {
        items: 100,
        decided: 20,
        edited: 2,
        rejected: 3,
        reviewed: 80,
        wrong: 4,
        review_looks: 80,
        undone: 1,
    }
}

fn looked() -> Looks {
    Looks::new(100, vec![MINUTE_MS, 2 * MINUTE_MS, 3 * MINUTE_MS])
}

fn term<'a>(worth: &'a Worth, key: &str) -> &'a Term {
    worth.terms.iter().find(|term| term.key == key).unwrap()
}

fn close(a: f64, b: f64) {
    assert!((a - b).abs() < 1e-9, "{a} is not {b}");
}

#[test]
fn every_term_is_measured_or_said() {
    let worth = reckon(&counted(), &looked(), (&told(), 30));
    assert!(worth.missing.is_empty() && worth.left_out.is_empty());
    assert!(
        worth
            .terms
            .iter()
            .all(|term| term.source != Source::Missing)
    );
    let answer = worth.answer.unwrap();
    let likely = answer.likely;
    close(likely.manual, 100.0 * 10.0);
    close(likely.review, 100.0 * 2.0);
    close(likely.edits, 2.0 * 30.0);
    close(likely.redo, 3.0 * 10.0);
    // 95 were not stopped; one in twenty of them is wrong and costs 20 and half an hour.
    close(likely.errors, 95.0 * 0.05 * 50.0);
    close(likely.owner, 120.0);
    close(
        likely.net,
        1000.0 - 200.0 - 60.0 - 30.0 - 237.5 - 120.0 - 50.0,
    );
    close(answer.payback_months.unwrap(), 1000.0 / likely.net);
    close(answer.hours, (1000.0 - 200.0 - 60.0 - 30.0) / 60.0);
    close(term(&worth, "wrong").value.unwrap(), (5.0 + 4.75) / 100.0);
    close(term(&worth, "caught").value.unwrap(), 5.0 / 9.75);
}

#[test]
fn the_range_takes_the_ends_of_both_intervals() {
    let worth = reckon(&counted(), &looked(), (&told(), 30));
    let answer = worth.answer.unwrap();
    let (few, many) = wilson(4, 80, 0.95);
    close(answer.low.errors, 95.0 * many * 50.0);
    close(answer.high.errors, 95.0 * few * 50.0);
    // The upper quartile of three looks is the third, the lower one the second by rounding.
    close(answer.low.review, 300.0);
    assert!(answer.high.review <= answer.likely.review);
    assert!(answer.low.net < answer.likely.net && answer.likely.net < answer.high.net);
}

#[test]
fn a_break_even_rate_leaves_nothing() {
    let worth = reckon(&counted(), &looked(), (&told(), 30));
    let answer = worth.answer.unwrap();
    let wrong = answer.break_even.unwrap();
    let there = leeway_core::evidence::roi::Inputs {
        wrong,
        ..answer.inputs
    };
    close(there.roi().net, 0.0);
}

#[test]
fn a_longer_window_is_brought_to_a_month() {
    let worth = reckon(&counted(), &looked(), (&told(), 60));
    close(term(&worth, "volume").value.unwrap(), 50.0);
    close(worth.answer.unwrap().likely.manual, 500.0);
}

#[test]
fn without_what_must_be_said_there_is_no_number() {
    let worth = reckon(&counted(), &looked(), (&RoiTerms::default(), 30));
    let keys: Vec<&str> = worth.missing.iter().map(|one| one.key).collect();
    assert_eq!(keys, ["manual_minutes", "hourly_wage"]);
    assert!(worth.answer.is_none());
    assert_eq!(term(&worth, "error_cost").source, Source::Missing);
}

#[test]
fn nonsense_that_was_said_counts_as_not_said() {
    let said = RoiTerms {
        manual_minutes: Some(-5.0),
        hourly_wage: Some(f64::NAN),
        ..told()
    };
    let worth = reckon(&counted(), &looked(), (&said, 30));
    assert_eq!(worth.missing.len(), 2);
}

#[test]
fn looks_nobody_timed_are_missing_and_no_look_costs_nothing() {
    let untimed = reckon(&counted(), &Looks::new(100, vec![]), (&told(), 30));
    assert_eq!(untimed.missing[0].key, "review_minutes");
    let alone = WorthCounts {
        items: 10,
        ..WorthCounts::default()
    };
    let said = RoiTerms {
        error_cost: None,
        fix_minutes: None,
        ..told()
    };
    let worth = reckon(&alone, &Looks::default(), (&said, 30));
    close(worth.answer.unwrap().likely.review, 0.0);
    assert_eq!(
        worth.left_out,
        ["what a wrong item costs", "mending and editing"]
    );
}

#[test]
fn what_gets_through_is_missing_until_it_is_reviewed_or_said() {
    let unreviewed = WorthCounts {
        reviewed: 0,
        wrong: 0,
        ..counted()
    };
    let worth = reckon(&unreviewed, &looked(), (&told(), 30));
    assert_eq!(worth.missing[0].key, "caught");
    let said = RoiTerms {
        caught: Some(0.5),
        ..told()
    };
    let worth = reckon(&unreviewed, &looked(), (&said, 30));
    // 5 were stopped, and that is half of them: 5 get through.
    close(worth.answer.unwrap().likely.errors, 5.0 * 50.0);
    assert_eq!(term(&worth, "caught").source, Source::Said);
}

#[test]
fn nothing_done_is_no_number_and_no_panic() {
    let worth = reckon(&WorthCounts::default(), &Looks::default(), (&told(), 30));
    assert_eq!(worth.missing[0].key, "volume");
    assert!(worth.answer.is_none());
}

#[test]
fn currencies_are_not_added_up() {
    let one = reckon(&counted(), &looked(), (&told(), 30));
    let francs = Worth {
        currency: "CHF".to_owned(),
        ..one.clone()
    };
    let without = Worth {
        answer: None,
        ..one.clone()
    };
    let net = one.answer.unwrap().likely.net;
    let found = sums(&[one.clone(), one, francs, without]);
    assert_eq!(found.len(), 2);
    assert_eq!(found["EUR"].workflows, 2);
    close(found["EUR"].likely, 2.0 * net);
}
