//! Secrets met before: how many are kept, what makes room for what, and where they are found.

use leeway_core::classify::known::{Key, Known, Source};
use leeway_core::classify::redact::Redactor;
use leeway_core::classify::scrub::Scrubber;
use serde_json::json;

/// Secrets kept of those that the agent itself gave, and of those that systems told.
const MOST_GIVEN: usize = 500;
const MOST_TOLD: usize = 20_000;

fn key() -> Key {
    Key::new([7; 32])
}

fn secret(text: &str) -> Scrubber {
    Redactor::new::<&str>(&[]).secrets(&json!({ "password": text }))
}

fn learn(known: &mut Known, text: &str, source: Source, at_ms: i64) {
    known.learn(&key(), &secret(text), (source, "shop", at_ms));
}

fn is_known(known: &Known, text: &str) -> bool {
    !known.find(&key(), &json!(text), None).is_empty()
}

/// A secret of its own.
fn nth(n: usize) -> String {
    format!("k{n:05}")
}

#[test]
fn a_secret_is_found_whatever_the_key_of_the_hashes_is() {
    for bytes in [[0; 32], [255; 32], [31; 32]] {
        let (key, mut known) = (Key::new(bytes), Known::default());
        for text in [
            "hunter2",
            "4111 1111 1111 1111",
            "a-very-long-token-0123456789-abcdefghijklmnop",
        ] {
            known.learn(&key, &secret(text), (Source::Told, "bank", 1));
            let said = format!("it is {text}, as told");
            let found = known.find(&key, &json!(said), None);
            assert_eq!(found.text(&said), "it is [redacted], as told", "{bytes:?}");
        }
    }
}

#[test]
fn as_much_as_is_kept_of_what_was_given_is_known_and_the_older_half_goes_for_more() {
    let mut known = Known::default();
    for n in 0..MOST_GIVEN {
        learn(&mut known, &nth(n), Source::Given, n as i64 + 1);
    }
    assert!((0..MOST_GIVEN).all(|n| is_known(&known, &nth(n))));
    learn(&mut known, &nth(MOST_GIVEN), Source::Given, 501);
    let kept: Vec<usize> = (0..=MOST_GIVEN)
        .filter(|n| is_known(&known, &nth(*n)))
        .collect();
    let expected: Vec<usize> = (MOST_GIVEN / 2 + 1..=MOST_GIVEN).collect();
    assert_eq!(kept, expected);
    // Half of it is room for more.
    for n in 600..600 + MOST_GIVEN / 2 {
        learn(&mut known, &nth(n), Source::Given, 1_000);
    }
    assert!(is_known(&known, &nth(MOST_GIVEN)) && is_known(&known, &nth(251)));
}

#[test]
fn what_is_told_after_it_was_given_is_kept_like_what_is_told() {
    let mut known = Known::default();
    for n in 0..300 {
        learn(&mut known, &nth(n), Source::Given, 1);
        learn(&mut known, &nth(n), Source::Told, 2);
        // Told or given once more, it is what it is.
        learn(&mut known, &nth(n), Source::Told, 3);
        learn(&mut known, &nth(n), Source::Given, 3);
    }
    // None of them takes the room of what is given.
    for n in 1_000..1_000 + MOST_GIVEN {
        learn(&mut known, &nth(n), Source::Given, 4 + n as i64);
    }
    assert!((1_000..1_000 + MOST_GIVEN).all(|n| is_known(&known, &nth(n))));
    // Nor do they make room for it.
    learn(&mut known, &nth(9_000), Source::Given, 9_000);
    assert!((0..300).all(|n| is_known(&known, &nth(n))));
    assert!(!is_known(&known, &nth(1_000)));
}

#[test]
fn what_was_only_given_again_is_still_only_given() {
    let mut known = Known::default();
    for _ in 0..2 {
        learn(&mut known, &nth(0), Source::Given, 1);
    }
    for n in 1..=MOST_GIVEN {
        learn(&mut known, &nth(n), Source::Given, 1 + n as i64);
    }
    assert!(!is_known(&known, &nth(0)), "it made room");
}

#[test]
fn what_was_told_is_counted_once_and_said_to_be_too_much_only_beyond_the_most() {
    let mut known = Known::default();
    learn(&mut known, &nth(0), Source::Given, 1);
    for _ in 0..3 {
        learn(&mut known, &nth(0), Source::Told, 1);
    }
    for n in 1..MOST_TOLD {
        learn(&mut known, &nth(n), Source::Told, 1);
    }
    assert!(!known.is_full());
    learn(&mut known, &nth(MOST_TOLD), Source::Told, 2);
    assert!(known.is_full());
    assert!(!is_known(&known, &nth(MOST_TOLD)));
    // When something is forgotten there is room again, once nothing is missing any more.
    known.forget(2);
    assert!(known.is_full() && known.is_empty());
    known.forget(3);
    learn(&mut known, &nth(1), Source::Told, 4);
    assert!(!known.is_full() && is_known(&known, &nth(1)));
}

/// Secrets that end alike.
fn alike(n: usize) -> String {
    format!("{n}-same-ending-for-all-of-them-here-012345")
}

#[test]
fn of_secrets_that_end_alike_a_given_one_makes_room_for_a_told_one() {
    let mut known = Known::default();
    learn(&mut known, &alike(0), Source::Told, 1);
    learn(&mut known, &alike(1), Source::Given, 1);
    // There is room for both while they are few.
    for n in 2..8 {
        learn(&mut known, &alike(n), Source::Told, 1);
    }
    assert!((0..8).all(|n| is_known(&known, &alike(n))));
    learn(&mut known, &alike(8), Source::Told, 1);
    let kept: Vec<usize> = (0..9).filter(|n| is_known(&known, &alike(*n))).collect();
    assert_eq!(kept, [0, 2, 3, 4, 5, 6, 7, 8]);
    assert!(!known.is_full());
    // A given one finds no room among told ones, and nothing is lost by that.
    learn(&mut known, &alike(9), Source::Given, 1);
    assert!(!is_known(&known, &alike(9)) && !known.is_full());
    learn(&mut known, &alike(9), Source::Told, 1);
    assert!(known.is_full(), "a told one that finds none is missing");
}

#[test]
fn what_made_room_for_a_told_one_counts_no_more() {
    let mut known = Known::default();
    for n in 0..7 {
        learn(&mut known, &alike(n), Source::Told, 1);
    }
    learn(&mut known, &alike(7), Source::Given, 1);
    for n in 0..MOST_GIVEN - 1 {
        learn(&mut known, &nth(n), Source::Given, 2 + n as i64);
    }
    learn(&mut known, &alike(8), Source::Told, 1);
    learn(&mut known, &nth(MOST_GIVEN), Source::Given, 1_000);
    assert!(is_known(&known, &nth(0)), "there was room for one more");
    learn(&mut known, &nth(MOST_GIVEN + 1), Source::Given, 1_001);
    assert!(!is_known(&known, &nth(0)));
}

#[test]
fn forgetting_leaves_what_is_newer_and_its_counts() {
    let mut known = Known::default();
    for n in 0..MOST_GIVEN {
        learn(&mut known, &nth(n), Source::Given, n as i64);
    }
    known.forget(100);
    let kept = (0..MOST_GIVEN).filter(|n| is_known(&known, &nth(*n)));
    assert_eq!(
        kept.collect::<Vec<_>>(),
        (100..MOST_GIVEN).collect::<Vec<_>>()
    );
    for n in 0..100 {
        learn(&mut known, &nth(1_000 + n), Source::Given, 1_000);
    }
    assert!(is_known(&known, &nth(100)), "there was room for as many");
    learn(&mut known, &nth(2_000), Source::Given, 2_000);
    assert!(!is_known(&known, &nth(100)));
}

#[test]
fn what_was_told_counts_no_more_and_no_less_after_something_was_forgotten() {
    let mut known = Known::default();
    for n in 0..300 {
        learn(&mut known, &nth(n), Source::Told, 2);
    }
    learn(&mut known, &nth(300), Source::Told, 1);
    known.forget(2);
    // It takes nothing of the room for what is given.
    for n in 1_000..1_000 + MOST_GIVEN {
        learn(&mut known, &nth(n), Source::Given, 3 + n as i64);
    }
    assert!((1_000..1_000 + MOST_GIVEN).all(|n| is_known(&known, &nth(n))));
    // What is beyond the most is missing, as it would be without.
    for n in 20_000..20_000 + MOST_TOLD - 300 {
        learn(&mut known, &nth(n), Source::Told, 4);
    }
    assert!(!known.is_full());
    learn(&mut known, &nth(99_999), Source::Told, 4);
    assert!(known.is_full());
}

#[test]
fn a_secret_could_stand_in_long_texts_numbers_and_names_of_members() {
    for (value, could) in [
        (json!("hunter2"), true),
        (json!("abcdefgh"), true),
        (json!("abcdefg"), false),
        (json!("12345"), false),
        (json!(123_456), true),
        (json!(12_345), false),
        (json!(null), false),
        (json!(true), false),
        (json!([]), false),
        (json!(["a", "hunter2"]), true),
        (json!({"a": "b"}), false),
        (json!({"a": {"b": ["hunter2"]}}), true),
        (json!({"a": {"hunter2": 1}}), true),
        (json!({"a": {"b": 1}}), false),
        // The names of the arguments themselves are the tool's.
        (json!({"recipients": 1}), false),
    ] {
        assert_eq!(Known::could_stand_in(&value), could, "{value}");
    }
}

#[test]
fn only_what_is_encoded_is_hidden_whole() {
    let mut known = Known::default();
    learn(&mut known, "4111 1111 1111 1111", Source::Told, 1);
    for (text, hidden) in [
        ("Tom & 4111 1111 1111 1111", "Tom & [redacted]"),
        ("Tom; 4111 1111 1111 1111", "Tom; [redacted]"),
        ("Tom &amp; 4111&nbsp;1111 1111 1111", "[redacted]"),
        (
            "4111 1111 1111 1111 and 4111-1111-1111-1111.",
            "[redacted] and [redacted].",
        ),
    ] {
        let found = known.find(&key(), &json!(text), None);
        assert_eq!(found.text(text), hidden);
    }
}

#[test]
fn a_text_that_costs_too_much_is_taken_for_the_secret_it_ends_like() {
    let mut known = Known::default();
    learn(&mut known, "1abcdef", Source::Told, 1);
    assert!(!is_known(&known, &"2abcdef ".repeat(20_000)));
    assert!(is_known(&known, &"2abcdef ".repeat(20_001)));
}

#[test]
fn a_number_in_a_secret_is_one_and_a_secret_that_is_a_number_is_one() {
    let found = |text: &str| {
        let mut known = Known::default();
        learn(&mut known, "AT-12345678-x", Source::Told, 1);
        learn(&mut known, "87654321", Source::Told, 1);
        is_known(&known, text)
    };
    assert!(found("12345678") && found("87654321") && found("at12345678x"));
    assert!(!found("1234567") && !found("7654321"));
}
