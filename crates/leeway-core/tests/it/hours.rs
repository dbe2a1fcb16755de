//! Business hours by the minute, and waits counted in them.

use crate::rules::workflow;
use leeway_core::judge::rules::CompiledRules;

const MINUTE: i64 = 60_000;

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

/// Monday's hours in Vienna.
fn monday(from: &str, to: &str, more: &str) -> CompiledRules {
    let hours = format!(
        "{more}[business_hours]\nzone = \"Europe/Vienna\"\ndays = [\"mon\"]\nfrom = \"{from}\"\nto = \"{to}\"\n"
    );
    CompiledRules::compile(workflow(&hours)).unwrap()
}

/// The first minutes inside and the first minutes after, in January, when Vienna is at UTC+1.
fn edges(rules: &CompiledRules, opens: &str, closes: &str) {
    for (time, change) in [(opens, true), (closes, false)] {
        let inside = |ms| rules.in_business_hours(ms).unwrap();
        assert_eq!(inside(at(time)), change, "{time}");
        assert_eq!(inside(at(time) - MINUTE), !change, "before {time}");
    }
}

#[test]
fn hours_open_and_close_to_the_minute() {
    edges(
        &monday("09:30", "17:45", ""),
        "2026-01-05T08:30:00Z",
        "2026-01-05T16:45:00Z",
    );
    edges(
        &monday("00:00", "24:00", ""),
        "2026-01-04T23:00:00Z",
        "2026-01-05T23:00:00Z",
    );
    edges(
        &monday("22:15", "06:45", ""),
        "2026-01-05T21:15:00Z",
        "2026-01-06T05:45:00Z",
    );
    // From nine to nine is a whole day, not none.
    edges(
        &monday("09:00", "09:00", ""),
        "2026-01-05T08:00:00Z",
        "2026-01-06T08:00:00Z",
    );
    assert_eq!(
        CompiledRules::compile(workflow(""))
            .unwrap()
            .in_business_hours(0),
        None
    );
}

#[test]
fn a_wait_is_counted_in_business_hours_where_the_workflow_says_so() {
    let counted = "expires_after_s = 7200\ndeadline_counts = \"business-hours\"\n";
    let all = "expires_after_s = 7200\n";
    let office = monday("09:00", "17:00", counted);
    let whole_day = monday("09:00", "09:00", counted);
    for (rules, from, part, over) in [
        (&office, "2026-01-05T15:00:00Z", 0.5, "2026-01-05T16:00:00Z"),
        // Half of it is left for the Monday after.
        (&office, "2026-01-05T15:00:00Z", 1.0, "2026-01-12T09:00:00Z"),
        // At closing time nothing of the day is left, not even for a wait of nothing.
        (&office, "2026-01-05T16:00:00Z", 0.0, "2026-01-12T08:00:00Z"),
        (&office, "2026-01-05T15:59:00Z", 0.0, "2026-01-05T15:59:00Z"),
        // More than the whole is the whole.
        (&office, "2026-01-05T10:00:00Z", 7.0, "2026-01-05T12:00:00Z"),
        (
            &whole_day,
            "2026-01-06T07:00:00Z",
            0.5,
            "2026-01-06T08:00:00Z",
        ),
        (
            &whole_day,
            "2026-01-06T07:00:00Z",
            1.0,
            "2026-01-12T09:00:00Z",
        ),
        (
            &monday("09:00", "17:00", all),
            "2026-01-05T15:00:00Z",
            1.0,
            "2026-01-05T17:00:00Z",
        ),
    ] {
        assert_eq!(rules.wait_over(at(from), part), at(over), "{from} {part}");
    }
    // A time no calendar has is counted as it is.
    assert_eq!(office.wait_over(i64::MAX - 1, 1.0), i64::MAX);
}
