//! The statistics of evidence against reference values (`golden/statistics.json`).

#![allow(clippy::float_cmp, reason = "what is exact is asked for exactly")]

use leeway_core::evidence::cadence::{Cadence, Lot, Standing};
use leeway_core::evidence::calibration::{Bucket, brier, ece, mce, threshold, upper_at};
use leeway_core::evidence::continuous::Plan;
use leeway_core::evidence::gate::{Design, Gate};
use leeway_core::evidence::interval::{clopper_pearson, lower, upper, wilson, zero_error_sample};
use leeway_core::evidence::reviewers::{ac1, kappa, no_rejection};
use leeway_core::evidence::roi::Inputs;
use leeway_core::evidence::strata::{Stratum, weighted_error};
use leeway_core::evidence::{continuous, cusum};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/statistics.json")).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is a number"))
}

fn count(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is a count"))
}

#[track_caller]
fn close(found: f64, wanted: &Value) {
    let wanted = number(wanted);
    assert!((found - wanted).abs() <= 1e-6, "{found} is not {wanted}");
}

fn entries(value: &Value) -> impl Iterator<Item = (u64, &Value)> {
    let object = value.as_object().expect("an object");
    object
        .iter()
        .map(|(key, value)| (key.parse().expect("a count"), value))
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

#[test]
fn intervals() {
    let golden = golden();
    for (rate, n) in golden["zero_error_sample"]["n_by_p"]
        .as_object()
        .expect("an object")
    {
        let rate: f64 = rate.parse().expect("a rate");
        assert_eq!(zero_error_sample(rate, 0.95), count(n));
    }
    for case in list(&golden["intervals_95"]) {
        let (errors, n) = (count(&case["errors"]), count(&case["n"]));
        for (found, wanted) in [
            (wilson(errors, n, 0.95), &case["wilson"]),
            (clopper_pearson(errors, n, 0.95), &case["clopper_pearson"]),
        ] {
            close(found.0, &wanted[0]);
            close(found.1, &wanted[1]);
        }
        close(upper(errors, n, 0.95), &case["cp_upper_one_sided"]);
    }
    assert_eq!(wilson(0, 0, 0.95), (0.0, 1.0));
    assert_eq!((upper(0, 0, 0.95), lower(0, 0, 0.95)), (1.0, 0.0));
    assert_eq!(upper(7, 7, 0.95), 1.0);
}

#[test]
fn the_sequential_test() {
    let golden = golden();
    let design = Design::DEFAULT;
    let wanted = &golden["sprt"]["default"];
    close(design.slope(), &wanted["s"]);
    close(design.h1(), &wanted["h1"]);
    close(design.h2(), &wanted["h2"]);
    for (design, wanted) in [
        (design, wanted),
        (Design::LOW_VOLUME, &golden["sprt"]["low_volume"]),
    ] {
        for (errors, n) in entries(&wanted["promote_at_n_by_errors"]) {
            assert_eq!(design.passes_at(errors), count(n));
            assert_eq!(design.says(errors, count(n)), Gate::Passes);
            assert_eq!(design.says(errors, count(n) - 1), Gate::Inconclusive);
        }
    }
    for (errors, n) in entries(&wanted["reject_while_n_at_most_by_errors"]) {
        assert_eq!(design.fails_up_to(errors), Some(count(n)));
        assert_eq!(design.says(errors, count(n)), Gate::Fails);
        assert_eq!(design.says(errors, count(n) + 1), Gate::Inconclusive);
    }
    assert_eq!(design.fails_up_to(1), None);
    for (rate, key) in [(0.05, "p=0.05"), (0.01, "p=0.01")] {
        let found = design.behaviour(rate);
        close(found.passes, &wanted["exact"][key]["p_promote"]);
        assert!((found.items - number(&wanted["exact"][key]["mean_n"])).abs() <= 1e-4);
    }
}

#[test]
fn a_rate_that_is_checked_again_and_again_is_no_gate() {
    // "At least 95 % right", looked at after every item from 30 to 300, of an agent that errs in 10 %.
    let mut open = vec![1.0];
    let mut promoted: f64 = 0.0;
    for n in 1..=300_usize {
        let mut next = vec![0.0; n + 1];
        for (errors, mass) in open.iter().enumerate() {
            next[errors] += mass * 0.9;
            next[errors + 1] += mass * 0.1;
        }
        for (errors, mass) in next.iter_mut().enumerate() {
            if n >= 30 && errors * 20 <= n {
                promoted += *mass;
                *mass = 0.0;
            }
        }
        open = next;
    }
    assert!((promoted - 0.301_471).abs() <= 1e-6, "{promoted}");
    assert!(Design::DEFAULT.behaviour(0.1).passes < 0.002);
}

#[test]
fn continuous_sampling() {
    let golden = golden();
    let wanted = &golden["csp1_level3_review"];
    let plan = Plan::LEVEL_3;
    assert_eq!(u64::from(plan.run), count(&wanted["i"]));
    close(plan.fraction, &wanted["f"]);
    let wanted = &wanted["at_p_0.02"];
    close(
        plan.average_share(0.02),
        &wanted["average_fraction_inspected"],
    );
    close(
        plan.average_outgoing(0.02),
        &wanted["average_outgoing_error"],
    );
    let mut standing = continuous::Standing::default();
    for _ in 0..plan.run {
        assert_eq!(plan.share(standing), 1.0);
        standing = plan.after(standing, false);
    }
    assert_eq!(plan.share(standing), plan.fraction);
    assert_eq!(plan.share(plan.after(standing, true)), 1.0);
}

#[test]
fn switching_rules() {
    let golden = golden();
    let play = |lots: &str| {
        let mut seen = vec![];
        let mut standing = Standing::default();
        for letter in lots.chars() {
            standing = standing.after(match letter {
                'S' => Lot::Well,
                'A' => Lot::Accepted,
                _ => Lot::Rejected,
            });
            seen.push(standing.cadence);
        }
        seen
    };
    for trace in list(&golden["cadence_switching"]["traces"]) {
        let seen = play(trace["lots"].as_str().expect("lots"));
        let Some(ends) = trace["ends"].as_str() else {
            assert_eq!(seen[2], Cadence::Tightened);
            assert_eq!(seen[1], Cadence::Normal);
            continue;
        };
        let last = seen.last().expect("a lot");
        assert_eq!(serde_json::json!(last), ends, "{trace}");
        if let Some(at) = trace["at_lot"].as_u64() {
            let first = seen.iter().position(|cadence| cadence == last);
            assert_eq!(first, Some(at as usize - 1));
        }
    }
    assert_eq!(
        play("RRSSSSS").last(),
        Some(&Cadence::Normal),
        "five accepted"
    );
    assert_eq!(play("RRSSSSRSSSSS").last(), Some(&Cadence::Normal));
    assert_eq!(play("SSSSSSSSSSR").last(), Some(&Cadence::Normal));
    assert_eq!(
        play("RRRRRRRSSSSSS").last(),
        Some(&Cadence::Stopped),
        "it stays so"
    );
    assert_eq!(Standing::restarted().cadence, Cadence::Tightened);
}

#[test]
fn demotion() {
    let golden = golden();
    let wanted = &golden["demotion_cusum"];
    let design = cusum::Design::DEFAULT;
    let wrong: Vec<u64> = list(&wanted["errors_at"]).iter().map(count).collect();
    let mut sum = 0.0;
    let mut demoted = None;
    for n in 1..=26 {
        sum = design.after(sum, wrong.contains(&n));
        if design.demotes(sum) && demoted.is_none() {
            demoted = Some(n);
        }
    }
    assert_eq!(demoted, Some(count(&wanted["demote_at"])));
    close(sum, &wanted["S"]);
    close(design.after(0.0, true), &wanted["d_error"]);
    assert_eq!(design.after(0.0, false), 0.0, "good times are not saved up");
}

#[test]
fn stated_confidence() {
    let golden = golden();
    let wanted = &golden["confidence_threshold"];
    let buckets: Vec<Bucket> = list(&wanted["buckets"])
        .iter()
        .map(|row| Bucket {
            confidence: number(&row[0]),
            n: count(&row[1]),
            right: count(&row[2]),
        })
        .collect();
    close(
        upper_at(&buckets, 0.8, 0.95),
        &wanted["uncorrected_upper_at_0.80"],
    );
    let corrected = 1.0 - 0.05 / 4.0;
    close(
        upper_at(&buckets, 0.8, corrected),
        &wanted["corrected_upper_at_0.80"],
    );
    close(
        upper_at(&buckets, 0.9, corrected),
        &wanted["corrected_upper_at_0.90"],
    );
    let target = number(&wanted["target"]);
    close(
        threshold(&buckets, target).expect("one meets it"),
        &wanted["chosen"],
    );
    close(ece(&buckets).expect("items"), &wanted["ece"]);
    close(mce(&buckets).expect("items"), &wanted["mce"]);
    close(brier(&buckets).expect("items"), &wanted["brier"]);
    assert_eq!(
        (ece(&[]), mce(&[]), brier(&[]), threshold(&[], 0.05)),
        (None, None, None, None)
    );
}

#[test]
fn stratified_samples() {
    let golden = golden();
    let wanted = &golden["stratified_sample"];
    let mut strata: Vec<Stratum> = list(&wanted["strata_N_n_errors"])
        .iter()
        .map(|row| Stratum {
            size: count(&row[0]),
            n: count(&row[1]),
            errors: count(&row[2]),
        })
        .collect();
    close(
        weighted_error(&strata).expect("all drawn"),
        &wanted["weighted_error"],
    );
    let (n, errors) = strata
        .iter()
        .fold((0, 0), |(n, e), one| (n + one.n, e + one.errors));
    close(errors as f64 / n as f64, &wanted["naive_error"]);
    strata[1] = Stratum {
        n: 0,
        errors: 0,
        ..strata[1]
    };
    assert_eq!(
        weighted_error(&strata),
        None,
        "nothing is known of what nobody looked at"
    );
}

#[test]
fn reviewers() {
    let golden = golden();
    let wanted = &golden["reviewer_quality"];
    close(
        lower(18, 20, 0.95),
        &wanted["caught_18_of_20_lower_95_one_sided"],
    );
    close(
        lower(29, 29, 0.95),
        &wanted["caught_29_of_29_lower_95_one_sided"],
    );
    close(
        no_rejection(60, 0.08),
        &wanted["zero_rejections_in_60_at_peer_rate_0.08"],
    );
    for case in list(&wanted["agreement"]) {
        let table = [0, 1].map(|row| [0, 1].map(|column| count(&case["table"][row][column])));
        close(kappa(&table).expect("items"), &case["kappa"]);
        if case["ac1"].is_number() {
            close(ac1(&table).expect("items"), &case["ac1"]);
        }
    }
    assert_eq!(
        (kappa(&[[0, 0], [0, 0]]), ac1(&[[0, 0], [0, 0]])),
        (None, None)
    );
}

#[test]
fn what_it_is_worth() {
    let golden = golden();
    let given = &golden["roi"]["inputs"];
    let input = |key: &str| number(&given[key]);
    let inputs = Inputs {
        volume: input("V"),
        manual_min: input("t_manual_min"),
        review_min: input("t_review_min"),
        edited: input("p_edit"),
        edit_min: input("t_edit_min"),
        rejected: input("p_reject"),
        wrong: input("p_error"),
        caught: input("catch"),
        error_cost: input("C"),
        fix_min: input("t_fix_min"),
        wage: input("w"),
        owner_hours: input("h_owner"),
        subscription: input("S"),
        setup: input("setup"),
    };
    let found = inputs.roi();
    let wanted = &golden["roi"];
    for (found, key) in [
        (found.manual, "manual"),
        (found.review, "review"),
        (found.edits, "edits"),
        (found.redo, "redo"),
        (found.errors, "errors"),
        (found.owner, "owner"),
        (found.net, "net_month"),
    ] {
        close(found, &wanted[key]);
    }
    close(
        inputs.payback_months().expect("it is paid"),
        &wanted["payback_months"],
    );
    let even = inputs.break_even_wrong().expect("errors cost something");
    let there = Inputs {
        wrong: even,
        ..inputs
    }
    .roi();
    assert!(there.net.abs() < 1e-6, "{}", there.net);
    assert_eq!(
        Inputs {
            volume: 1.0,
            ..inputs
        }
        .payback_months(),
        None
    );
}

#[test]
fn a_content_hash_is_over_canonical_json() {
    let golden = golden();
    let wanted = &golden["content_hash"];
    assert_eq!(
        leeway_core::canonical::hash(&wanted["json"]),
        wanted["sha256"]
    );
}
