//! What filters may be, and what they make of what they are given.

use leeway_core::classify::filter::Filter;
use serde_json::{Value, json};

fn refused(source: &str) -> Option<String> {
    Filter::compile(source).err().map(|error| error.to_string())
}

fn run(source: &str, input: &Value) -> Result<Value, String> {
    let filter = Filter::compile(source).map_err(|error| error.to_string())?;
    let run = filter.run(input, &Value::Null, &Value::Null);
    run.map_err(|error| error.to_string())
}

#[test]
fn what_may_never_end_is_refused_wherever_it_stands_and_its_name_in_a_text_is_not() {
    for source in [
        "repeat(.)",
        "[.a | until(false; .)]",
        "def f: f; f",
        "\"\\(repeat(1))\"",
        "\"a \\((.a) | repeat(.)) b\"",
        "\"a \\(((.a)) | repeat(.)) b\"",
        "\"\\(\"\\(repeat(1))\")\"",
        "\"\\(.a) b\" | repeat(.)",
        ". # a \\\\\n| repeat(.)",
        ". # \\a\n| repeat(.)",
        ". * .n",
        ". * 1000",
        ". *",
    ] {
        assert!(refused(source).is_some(), "{source}");
    }
    for (source, result) in [
        ("\"repeat\"", json!("repeat")),
        ("\"\\(.a) repeat(.)\"", json!("1 repeat(.)")),
        ("\"\\((.a)) repeat\"", json!("1 repeat")),
        ("\"\\(\"\\(.a)\") until \\(.a)\"", json!("1 until 1")),
        ("\"\\\\\" + \"\\\"def\"", json!("\\\"def")),
        ("(.a) + (2 * 3)", json!(7)),
        (".a # repeat(.)", json!(1)),
        (".a # repeat(.)\n+ 1", json!(2)),
        (".a # b \\\n repeat(.)", json!(1)),
        (".a * 999", json!(999)),
    ] {
        assert_eq!(run(source, &json!({"a": 1})), Ok(result), "{source}");
    }
}

#[test]
fn a_filter_is_so_long_at_most() {
    let of = |length: usize| format!(".{}", "a".repeat(length - 1));
    assert!(refused(&of(4_000)).is_none());
    assert!(refused(&of(4_001)).is_some_and(|why| why.contains("4000")));
}

#[test]
fn what_is_wrong_with_a_filter_is_said_with_its_place() {
    for (source, words) in [
        (".a | )", "near `)`"),
        (".a |", "near `the end`"),
        ("\"a", "expected"),
        ("nothing_such", "`nothing_such`"),
        ("$nobody", "`$nobody`"),
    ] {
        let said = refused(source).unwrap_or_default();
        assert!(said.contains(words), "{source}: {said}");
    }
    for (source, words) in [
        ("empty", "no value"),
        (".a, .a", "more than one value"),
        ("error(\"own\")", "own"),
    ] {
        let said = run(source, &json!({"a": 1})).unwrap_err();
        assert!(said.contains(words), "{source}: {said}");
    }
}

#[test]
fn numbers_are_reckoned_with_whole_as_far_as_they_are_written_whole() {
    let number = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let add = |text: &str| run(". + 1", &number(text)).map(|sum| sum.to_string());
    assert_eq!(add("9223372036854775807"), Ok("9223372036854775808".into()));
    assert_eq!(
        add("100000000000000000000"),
        Ok("100000000000000000001".into())
    );
    assert_eq!(
        add("-100000000000000000002"),
        Ok("-100000000000000000001".into())
    );
    let (longest, longer) = ("1".repeat(100), "1".repeat(101));
    assert_eq!(add(&longest), Ok(format!("{}2", "1".repeat(99))));
    assert_ne!(add(&longer), Ok(format!("{}2", "1".repeat(100))));
    // What is only handed on comes out as it went in.
    for text in [longer.as_str(), "1.50", "1e+400"] {
        let out = run("[.] | .[0]", &number(text)).map(|out| out.to_string());
        assert_eq!(out, Ok(text.to_owned()));
    }
}

#[test]
fn a_filter_shows_itself_as_it_is_written() {
    let filter = Filter::compile(".a.b").unwrap();
    assert_eq!(
        (filter.source(), format!("{filter:?}")),
        (".a.b", "Filter(.a.b)".to_owned())
    );
}
