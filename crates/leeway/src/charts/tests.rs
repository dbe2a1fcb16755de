//! What every chart promises: words, numbers, safety from hostile text and numbers.

use super::*;
use maud::Markup;

const HOSTILE: &str = "<script>\"&\u{202e}";
const BAD: [f64; 3] = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];

fn point(label: &str, n: u64, right: u64, range: (f64, f64)) -> AccuracyPoint {
    AccuracyPoint {
        label: label.to_owned(),
        n,
        right,
        low: range.0,
        high: range.1,
    }
}

fn points() -> Vec<AccuracyPoint> {
    vec![
        point("W1", 22, 18, (0.60, 0.93)),
        point("W2", 0, 0, (0.0, 1.0)),
        point("W3", 124, 122, (0.943, 0.996)),
    ]
}

fn test(path: Vec<(u64, u64)>) -> SequentialPath {
    SequentialPath {
        path,
        slope: 0.025,
        h1: 1.75,
        h2: 1.36,
        now: "more data is needed".to_owned(),
    }
}

fn bucket(stated: f64, n: u64, right: u64) -> ReliabilityBucket {
    ReliabilityBucket {
        low: stated - 0.05,
        high: stated + 0.05,
        stated,
        n,
        right,
    }
}

fn bar(label: &str, done: u64, forecast: bool) -> LoadBar {
    LoadBar {
        label: label.to_owned(),
        done,
        forecast,
    }
}

fn step(label: &str, value: f64, total: bool) -> Step {
    Step {
        label: label.to_owned(),
        value,
        total,
    }
}

fn steps() -> Vec<Step> {
    vec![
        step("Manual work", 4200.0, false),
        step("Review", -1240.5, false),
        step("Left", 2959.5, true),
    ]
}

/// Every chart, with ordinary numbers.
fn all(medium: Medium) -> Vec<(&'static str, Markup)> {
    let path = vec![(1, 0), (40, 1), (41, 1)];
    let bars = [bar("Mon", 42, false), bar("Tue", 1071, true)];
    vec![
        ("accuracy", accuracy("a", medium, &points(), 0.97)),
        ("sequential", sequential("b", medium, &test(path))),
        ("cusum", cusum("c", medium, &[(1, 0.0), (2, 1.61)], 3.0)),
        (
            "reliability",
            reliability("d", medium, &[bucket(0.9, 50, 40), bucket(0.6, 10, 6)]),
        ),
        ("load", load("e", medium, &bars, Some(60.0))),
        ("waterfall", waterfall("f", medium, &steps(), "EUR")),
    ]
}

fn has(name: &str, markup: &str, parts: &[&str]) {
    for part in parts {
        assert!(markup.contains(part), "{name} lacks {part}: {markup}");
    }
}

#[test]
fn every_chart_has_title_conclusion_and_table() {
    for (name, markup) in all(Medium::Page) {
        let markup = markup.into_string();
        let parts = [
            "<figure class=\"chart\"",
            "role=\"img\" aria-labelledby=\"",
            "-title ",
            "<desc id=\"",
            "<figcaption>",
            "<details><summary>The numbers</summary><table><caption>",
            "<th scope=\"col\">",
            "<th scope=\"row\">",
        ];
        has(name, &markup, &parts);
        assert!(!markup.contains("style="), "{name}: {markup}");
    }
}

#[test]
fn a_mail_needs_no_style_sheet_and_no_opening() {
    for (name, markup) in all(Medium::Mail) {
        let markup = markup.into_string();
        has(
            name,
            &markup,
            &["stroke=\"#", "fill=\"#", "<table", "font-size"],
        );
        assert!(!markup.contains("<details"), "{name}: {markup}");
        assert!(!markup.contains("class=\"c-"), "{name}: {markup}");
    }
}

#[test]
fn tables_and_conclusions_have_the_numbers() {
    let told = [
        "<th scope=\"row\">W3</th><td>122 of 124</td><td>98.4%</td><td>94.3%–99.6%</td>",
        "<th scope=\"row\">40</th><td>1</td><td>not yet</td><td>3</td>",
        "<th scope=\"row\">2</th><td>1.61</td>",
        "<th scope=\"row\">85%–95%</th><td>90%</td><td>40 of 50</td><td>80%</td>",
        "<th scope=\"row\">Tue</th><td>1,071</td><td>expected</td>",
        "<th scope=\"row\">Review</th><td>−1,240.50</td>",
    ];
    let conclusions = [
        "Latest, W3: 122 of 124 were right, 98.4% (range 94.3% to 99.6%); the goal of 97% is met, though the low end is below it.",
        "After 41 items with 1 error: more data is needed.",
        "After item 2 the sum is 1.61, below the limit of 3 at which freedom is taken back.",
        "Over 60 items, stated and real are 8.3 points apart on average; furthest where 90% was stated and 80% was right (too sure).",
        "Mon: 42 done, within budget; Tue: 1,071 expected at most, over budget (the budget is 60).",
        "Manual work is 4,200 EUR; costs of 1,240.50 EUR leave 2,959.50 EUR.",
    ];
    for (at, (name, markup)) in all(Medium::Page).into_iter().enumerate() {
        has(
            name,
            &markup.into_string(),
            &[told[at], &format!("{}</desc>", conclusions[at])],
        );
    }
}

#[test]
fn hostile_labels_are_escaped_and_visible() {
    let told = [
        accuracy("a", Medium::Page, &[point(HOSTILE, 9, 9, (0.7, 1.0))], 0.9),
        sequential(
            "b",
            Medium::Page,
            &SequentialPath {
                now: HOSTILE.to_owned(),
                ..test(vec![(1, 0)])
            },
        ),
        load("c", Medium::Page, &[bar(HOSTILE, 1, true)], None),
        waterfall("d", Medium::Mail, &[step(HOSTILE, 1.0, false)], HOSTILE),
    ];
    for markup in told {
        let markup = markup.into_string();
        has("a chart", &markup, &["&lt;script&gt;&quot;&amp;"]);
        assert!(!markup.contains("<script"), "{markup}");
        assert!(!markup.contains('\u{202e}'), "{markup}");
    }
}

#[test]
fn nothing_to_draw_is_said() {
    let (medium, nothing) = (Medium::Page, "Nothing was reviewed yet.");
    let told = [
        accuracy("a", medium, &[], 0.9),
        accuracy("a", medium, &[point("W1", 0, 0, (0.0, 1.0))], 0.9),
        sequential("b", medium, &test(Vec::new())),
        cusum("c", medium, &[(1, f64::NAN)], 3.0),
        reliability("d", medium, &[bucket(0.9, 0, 0)]),
        load("e", medium, &[], Some(1.0)),
        waterfall("f", medium, &[step("Left", f64::NAN, true)], "EUR"),
    ];
    for markup in told {
        let markup = markup.into_string();
        has(
            "an empty chart",
            &markup,
            &[nothing, "<figure class=\"chart\""],
        );
        assert!(!markup.contains("<svg"), "{markup}");
    }
    assert_eq!(spark("g", &BAD).into_string(), "");
}

#[test]
fn what_is_no_number_is_left_out() {
    for bad in BAD {
        for medium in [Medium::Page, Medium::Mail] {
            let mut weeks = points();
            weeks.push(point("W4", 10, 9, (bad, bad)));
            let path = vec![(1, 0), (2, 1)];
            let (slope, h1, h2) = (bad, bad, bad);
            let lines = SequentialPath {
                slope,
                h1,
                h2,
                ..test(path)
            };
            let buckets = [
                ReliabilityBucket {
                    low: bad,
                    ..bucket(0.9, 5, 4)
                },
                bucket(bad, 5, 4),
            ];
            let amounts = [
                step("A", bad, false),
                step("B", 1e300, false),
                step("C", -1e300, true),
            ];
            let told = [
                accuracy("a", medium, &weeks, bad),
                sequential("b", medium, &lines),
                cusum("c", medium, &[(1, bad), (2, 1e300), (u64::MAX, 0.5)], bad),
                reliability("d", medium, &buckets),
                load("e", medium, &[bar("Mon", u64::MAX, false)], Some(bad)),
                waterfall("f", medium, &amounts, "EUR"),
                spark("g", &[1.0, bad, -1e308, 1e308]),
            ];
            for markup in told {
                let markup = markup.into_string();
                assert!(!markup.contains("NaN"), "{markup}");
                assert!(!markup.contains("inf"), "{markup}");
                assert!(markup.contains("<svg"), "{markup}");
            }
        }
    }
}

#[test]
fn many_points_are_thinned() {
    let medium = Medium::Page;
    let weeks: Vec<_> = (0..3000_u64)
        .map(|at| point(&format!("D{at}"), 100, 90 + at % 7, (0.8, 0.99)))
        .collect();
    let path = (0..3000).map(|at| (at, at / 3)).collect();
    let sums: Vec<_> = (0..3000_u32)
        .map(|at| (u64::from(at), f64::from(at % 5)))
        .collect();
    let bars: Vec<_> = (0..3000).map(|at| bar("D", at % 9, false)).collect();
    let buckets = vec![bucket(0.9, 5, 4); 3000];
    let amounts = vec![step("Cost", -1.0, false); 3000];
    let told = [
        (accuracy("a", medium, &weeks, 0.97), 3000),
        (sequential("b", medium, &test(path)), 2000),
        (cusum("c", medium, &sums, 3.0), 3000),
        (reliability("d", medium, &buckets), 3000),
        (load("e", medium, &bars, None), 3000),
        (waterfall("f", medium, &amounts, "EUR"), 3000),
    ];
    for (markup, all) in told {
        let markup = markup.into_string();
        let rows = markup.matches("<th scope=\"row\">").count();
        assert!((20..=40).contains(&rows), "{rows} rows");
        has(
            "the caption",
            &markup,
            &[&format!("{rows} of {all} rows, the ends and the extremes")],
        );
        for points in markup.split("points=\"").skip(1) {
            let points = points.split('"').next().unwrap_or_default();
            // The band goes there and back.
            assert!(points.split(' ').count() <= 400, "{points}");
        }
        assert!(markup.matches("<rect").count() <= 200);
        assert!(markup.matches("<circle").count() <= 200);
    }
}
