use super::*;
use crate::classify::redact::Redactor;
use serde_json::json;

fn key() -> Key {
    Key::new([7; 32])
}

fn known(answer: &Value) -> Known {
    let mut known = Known::default();
    let secrets = Redactor::new(&["iban", "nickname"]).secrets(answer);
    known.learn(&key(), &secrets, (Source::Told, "bank", 1));
    known
}

fn hidden(known: &Known, text: &str) -> String {
    known.find(&key(), &json!(text), None).text(text)
}

#[test]
fn a_number_is_known_again_however_it_is_written() {
    let known =
        known(&json!({"card_number": "4111 1111 1111 1111", "iban": "AT61 1904 3002 3457 3201"}));
    for (text, expected) in [
        ("4111111111111111", "[redacted]"),
        (
            "Card 4111-1111-1111-1111, thanks",
            "Card [redacted], thanks",
        ),
        ("x4111.1111.1111.1111x", "x[redacted]x"),
        ("\u{ff14}111 1111\u{200b}1111 1111!", "[redacted]!"),
        ("at611904300234573201", "[redacted]"),
        ("611904 3002 3457 3201", "[redacted]"),
        ("4111 1111 1111 1112", "4111 1111 1111 1112"),
        ("4111 1111", "4111 1111"),
    ] {
        assert_eq!(hidden(&known, text), expected, "{text}");
    }
    let number = json!({"n": 4_111_111_111_111_111_u64, "4111-1111-1111-1111": 1});
    let found = known.find(&key(), &number, None);
    assert_eq!(
        found.value(&number),
        json!({"n": "[redacted]", "[redacted]": 1})
    );
}

#[test]
fn a_word_has_to_stand_alone_and_short_ones_are_not_looked_for() {
    let known = known(&json!({"nickname": "Sunflower", "pin": "1234", "password": "hunter2"}));
    assert_eq!(hidden(&known, "the SUNFLOWER, yes"), "the [redacted], yes");
    for text in ["sunflowers", "1234", "a hunter 3"] {
        assert_eq!(hidden(&known, text), text);
    }
    assert_eq!(hidden(&known, "HUNTER-2"), "[redacted]");
}

#[test]
fn a_text_in_another_writing_is_looked_behind() {
    let known = known(&json!({"card_number": "4111 1111 1111 1111"}));
    for text in [
        "card=4111%201111%201111%201111",
        "NDExMSAxMTExIDExMTEgMTExMSBpcyB0aGUgY2FyZA==",
        "4111 &#49;111 1111&nbsp;1111",
    ] {
        assert_eq!(hidden(&known, text), "[redacted]", "{text}");
    }
    assert_eq!(hidden(&known, "50% & more;"), "50% & more;");
}

#[test]
fn what_a_system_told_may_go_back_to_it_where_it_is_asked_for() {
    let known = known(&json!({"access_token": "tok-12345678"}));
    let value = json!("tok-12345678");
    assert_eq!(
        known.find(&key(), &value, Some("bank")),
        Scrubber::default()
    );
    assert_ne!(
        known.find(&key(), &value, Some("shop")),
        Scrubber::default()
    );
}

fn secret(text: &str) -> Scrubber {
    Redactor::new::<&str>(&[]).secrets(&json!({ "password": text }))
}

#[test]
fn what_is_old_is_forgotten() {
    let mut known = known(&json!({"iban": "AT61 1904 3002 3457 3201"}));
    known.forget(2);
    assert!(known.is_empty());
}

#[test]
fn nothing_an_agent_gives_makes_what_a_system_told_be_forgotten_or_go_on() {
    let mut known = known(&json!({"card_number": "4111 1111 1111 1111"}));
    for n in 0..3_000_usize {
        let given = secret(&format!("{:0width$}x{n:08}", 0, width = n % 90));
        known.learn(&key(), &given, (Source::Given, "shop", n as i64));
    }
    assert!(known.given <= MOST_GIVEN && known.windows.len() <= WINDOWS.len());
    assert!(!known.is_full());
    assert_eq!(hidden(&known, "4111111111111111"), "[redacted]");
    let newest = format!("{:0width$}x{:08}", 0, 2_999, width = 2_999 % 90);
    assert_eq!(hidden(&known, &newest), "[redacted]");
    // Given to another system it is no more that system's than before.
    let card = secret("4111 1111 1111 1111");
    known.learn(&key(), &card, (Source::Given, "shop", 1));
    let value = json!("4111-1111-1111-1111");
    let to_shop = |known: &Known| known.find(&key(), &value, Some("shop"));
    assert_ne!(to_shop(&known), Scrubber::default());
    known.learn(&key(), &card, (Source::Approved, "shop", 1));
    assert_eq!(to_shop(&known), Scrubber::default());
}

#[test]
fn more_than_is_kept_of_what_was_told_is_never_lost_unsaid() {
    let mut known = Known::default();
    for n in 0..=MOST_TOLD {
        known.learn(
            &key(),
            &secret(&format!("{n:08}")),
            (Source::Told, "bank", 5),
        );
    }
    assert!(known.is_full() && known.told == MOST_TOLD);
    known.forget(5);
    assert!(known.is_full());
    known.forget(6);
    assert!(!known.is_full() && known.is_empty());
}

#[test]
fn long_secrets_are_known_whole_by_their_last_letters() {
    let token = format!("eyJhbGciOiJIUzI1NiJ9.{}.4f2c", "Zm9vYmFy".repeat(20));
    let known = known(&json!({ "access_token": token.as_str() }));
    assert_eq!(hidden(&known, &format!("use {token}!")), "use [redacted]!");
    let other = token.replacen("Zm9v", "Zm9w", 1);
    assert_eq!(hidden(&known, &other), other, "another with the same end");
    assert_eq!(known.windows.iter().copied().collect::<Vec<_>>(), [32]);
}

#[test]
fn a_text_made_to_cost_is_looked_through_in_the_end() {
    let mut known = known(&json!({"pin": "0"}));
    for n in 0..8 {
        let given = format!("{}{}", "b".repeat(n + 1), "a".repeat(32));
        known.learn(&key(), &secret(&given), (Source::Given, "shop", 1));
    }
    let text = "a".repeat(100_000);
    assert_eq!(hidden(&known, &text), text, "words stand alone");
    let known = self::known(&json!({"password": "000000"}));
    assert_eq!(hidden(&known, &"0".repeat(60)), "[redacted]".repeat(10));
    assert!(!hidden(&known, &"0".repeat(100_000)).contains("000000"));
}

#[test]
fn what_is_spread_over_several_values_is_known_again() {
    let known = known(&json!({"card_number": "4929 1234 5678 9012", "pin_code": "1234567"}));
    for spread in [
        json!({"title": "4929 1234", "note": "5678 9012"}),
        json!({"a": ["4929", 1234, {"b": 5678}], "c": "9012 it is"}),
        json!([4, 9, 2, 9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2]),
    ] {
        let found = known.find(&key(), &spread, None);
        assert!(!found.is_empty(), "{spread}");
    }
    let call = json!({"title": "4929 1234", "note": "see 5678 9012", "n": 5});
    let found = known.find(&key(), &call, None);
    assert!(found.is_empty(), "other words stand between");
    let call = json!({"title": "my 4929 1234", "note": "5678 9012 yes", "n": 5});
    let hidden = known.find(&key(), &call, None).value(&call);
    assert_eq!(
        hidden,
        json!({"title": "my [redacted]", "note": "[redacted] yes", "n": 5})
    );
    for apart in [
        json!({"title": "4929 1234", "other": "x", "note": "5678 9012"}),
        json!([123, 4567]),
        json!(["4929 1234 5678", "9013"]),
    ] {
        assert!(known.find(&key(), &apart, None).is_empty(), "{apart}");
    }
}
