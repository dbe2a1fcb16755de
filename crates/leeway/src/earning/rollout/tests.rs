//! Decisions and records by tables; gates are tried against a running server in `tests/clients`.

use super::decision::{Course, Grounds, decide};
use super::gates::{names, pace};
use super::records::Records;
use super::{Rollout, Standing, Week};
use crate::audit::document::{Cell, Section};
use serde_json::json;

fn good() -> Grounds {
    Grounds {
        currency: "EUR".to_owned(),
        net: Some((100.0, 200.0, 300.0)),
        runs_alone: true,
        ..Grounds::default()
    }
}

#[test]
fn every_ground_has_its_course_and_says_why() {
    let cases = [
        (good(), Course::Expand, "Even at the worst end 100 EUR"),
        (
            Grounds {
                incident: Some(3),
                ..good()
            },
            Course::Pause,
            "incident 3",
        ),
        (
            Grounds {
                net: Some((-9.0, -5.0, -1.0)),
                ..good()
            },
            Course::Pause,
            "1 EUR are lost",
        ),
        (
            Grounds {
                net: Some((-9.0, 5.0, 20.0)),
                ..good()
            },
            Course::Hold,
            "between −9 EUR and 20 EUR",
        ),
        (
            Grounds {
                net: None,
                missing: vec!["the wage"],
                ..good()
            },
            Course::Hold,
            "not known yet: the wage",
        ),
        (
            Grounds {
                overdue: 1,
                ..good()
            },
            Course::Hold,
            "1 review is overdue",
        ),
        (
            Grounds {
                stopped: vec!["Finance fields".to_owned()],
                ..good()
            },
            Course::Hold,
            "Finance fields",
        ),
        (
            Grounds {
                lost: vec!["crm__tag".to_owned()],
                ..good()
            },
            Course::Hold,
            "lost freedom in the last 30 days with `crm__tag`",
        ),
        (
            Grounds {
                failed: vec!["crm__note".to_owned()],
                ..good()
            },
            Course::Hold,
            "Too many outputs were wrong in the last 30 days with `crm__note`",
        ),
        (
            Grounds {
                runs_alone: false,
                ..good()
            },
            Course::Hold,
            "Nothing runs alone",
        ),
    ];
    for (grounds, course, why) in cases {
        let found = decide(&grounds);
        assert_eq!(found.course, course, "{found:?}");
        assert!(
            found.reasons.iter().any(|reason| reason.contains(why)),
            "{found:?}"
        );
    }
}

#[test]
fn without_the_cost_of_an_error_nothing_expands() {
    let grounds = Grounds {
        left_out: vec!["what a wrong item costs"],
        ..good()
    };
    assert_eq!(decide(&grounds).course, Course::Hold);
}

#[test]
fn a_pause_tells_what_else_is_open() {
    let grounds = Grounds {
        incident: Some(1),
        overdue: 4,
        ..good()
    };
    assert_eq!(decide(&grounds).reasons.len(), 2);
}

#[test]
fn what_is_left_out_is_said_with_a_good_number() {
    let grounds = Grounds {
        left_out: vec!["the subscription"],
        ..good()
    };
    assert!(decide(&grounds).reasons[0].contains("nobody said: the subscription"));
}

#[test]
fn a_forecast_is_honest() {
    assert_eq!(
        pace(80, 10.0),
        "80 more without an error; at 10 reviews a week this takes 8 weeks."
    );
    assert!(pace(3, 10.0).contains("about a week"));
    assert!(pace(71, 0.0).contains("nobody can say"));
    // Less than one a week is not told as none.
    assert!(pace(4, 0.4).contains("at 0.4 reviews a week this takes 10 weeks"));
}

#[test]
fn many_names_are_cut_and_counted() {
    let all = ["a", "b", "c", "d", "e", "f", "g"];
    assert_eq!(names(all.into_iter()), "`a`, `b`, `c`, `d`, `e` and 2 more");
}

#[test]
fn an_empty_field_is_broken_unless_it_says_why() {
    let whole = json!({
        "workflow": "w", "trigger": null, "source_data": {"cited": []}, "versions": {}, "proposed": {"tool": "t"},
        "taken": null, "changes": null, "confidence": null, "reason": {"codes": ["x"]}, "reviewer": null,
        "approval_status": "held", "timestamp": {"proposed": "now"}, "rollback_path": null,
        "note": {"trigger": "none stated", "versions": "none", "taken": "it waits", "changes": "it changes no field", "reviewer": "nobody yet"},
    });
    let mut records = Records::default();
    records.look("act_1", &whole);
    assert_eq!(records.looked_at, 1);
    assert_eq!(
        records.broken,
        [("act_1".to_owned(), "rollback path".to_owned())]
    );
    assert_eq!(records.explained["trigger"], 1);
    assert!(
        !records.explained.contains_key("confidence or reason code"),
        "one of the two is enough"
    );
}

#[test]
fn hostile_words_are_nothing_but_words_in_markdown() {
    let rollout = Rollout {
        workflow: "desk".to_owned(),
        title: "Desk [x](javascript:1) <b>".to_owned(),
        weeks: vec![Week {
            number: 1,
            goal: "Map",
            tasks: &["Look."],
            standing: Standing::Open,
            gate: Vec::new(),
            documents: vec![Section {
                id: "notes",
                title: "Notes",
                intro: String::new(),
                head: vec!["Tool", "Note"],
                rows: vec![vec![
                    Cell::Name("a`|b".to_owned()),
                    Cell::Text("<img src=x> | # \u{202e}\n| x |".to_owned()),
                ]],
            }],
        }],
        decision: decide(&good()),
        at_ms: 0,
    };
    let text = rollout.markdown(1).unwrap();
    assert!(
        text.starts_with("# Desk \\[x\\](javascript:1) \\<b\\>, week 1: Map\n"),
        "{text}"
    );
    let row = text.lines().find(|line| line.starts_with("| `a")).unwrap();
    assert_eq!(
        row,
        "| `a'\\|b` | \\<img src=x\\> \\| \\# \\\\u{202e} \\| x \\| |"
    );
    assert_eq!(rollout.markdown(2), None);
}
