//! In which currency an amount is, and what limits make of it.

use crate::cases::classified;
use crate::rules::{NONE, decide, sure};
use leeway_core::classify::classified::classify_in;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{BeforeImage, Classified, Effect, Level};
use leeway_core::govern::breaker::{Breaker, Tally};
use leeway_core::judge::facts::Counted;
use leeway_core::judge::{Facts, Verdict};
use serde_json::{Value, json};

fn pay(keys: &str, arguments: &Value, before: Option<Value>, usual: Option<&str>) -> Classified {
    let text = format!(
        "name = \"p\"\ntitle = \"P\"\n[tool.get]\neffect = \"read\"\n[tool.pay]\neffect = \"pay\"\n{keys}\nread = {{ tool = \"get\", arguments = \"{{}}\", fields = \".json\" }}\nundo = {{ kind = \"none\", why = \"gone\" }}\n"
    );
    let pack = CompiledPack::compile(Pack::parse(&text).unwrap()).unwrap();
    let before = match before {
        Some(Value::Object(fields)) => BeforeImage::Read {
            fields,
            version: None,
            id: None,
        },
        _ => BeforeImage::NotNeeded,
    };
    classify_in(usual, (&pack.tools["pay"], "s"), arguments, &before)
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table of amounts")]
fn an_amount_has_the_currency_that_is_said_and_none_that_is_guessed() {
    const MINOR: &str = "amount_cents = \".a\"";
    const WHOLE: &str = "amount = \".a\"";
    let of = |code: &str| format!("{MINOR}\ncurrency = \"{code}\"");
    let by = |filter: &str| format!("{MINOR}\ncurrency_of = '{filter}'");
    let yen = json!({"a": 5800, "currency": "jpy"});
    let bare = json!({"a": 5800});
    let nested = json!({"a": 5800, "price": [{"currencyCode": "KWD"}]});
    let two = json!({"a": 5800, "currency": "EUR", "to": {"currency": "USD"}});
    for (keys, arguments, before, usual, expected) in [
        (
            MINOR.to_owned(),
            &yen,
            None,
            None,
            (Some(5800), Some("JPY")),
        ),
        (
            MINOR.to_owned(),
            &yen,
            None,
            Some("EUR"),
            (Some(5800), Some("JPY")),
        ),
        (
            MINOR.to_owned(),
            &nested,
            None,
            None,
            (Some(5800), Some("KWD")),
        ),
        (
            MINOR.to_owned(),
            &bare,
            None,
            Some("GBP"),
            (Some(5800), Some("GBP")),
        ),
        (MINOR.to_owned(), &bare, None, None, (Some(5800), None)),
        (
            MINOR.to_owned(),
            &bare,
            Some(json!({"currency": "JPY"})),
            None,
            (Some(5800), Some("JPY")),
        ),
        (
            of("EUR"),
            &bare,
            None,
            Some("GBP"),
            (Some(5800), Some("EUR")),
        ),
        (by(".currency"), &yen, None, None, (Some(5800), Some("JPY"))),
        (
            by("$before.currency"),
            &bare,
            Some(json!({"currency": "eur"})),
            None,
            (Some(5800), Some("EUR")),
        ),
        (
            by(".currency"),
            &bare,
            None,
            Some("GBP"),
            (Some(5800), Some("GBP")),
        ),
        (
            WHOLE.to_owned(),
            &yen,
            None,
            None,
            (Some(5800), Some("JPY")),
        ),
        (
            WHOLE.to_owned(),
            &bare,
            None,
            Some("KWD"),
            (Some(5_800_000), Some("KWD")),
        ),
        (
            WHOLE.to_owned(),
            &bare,
            None,
            Some("EUR"),
            (Some(580_000), Some("EUR")),
        ),
    ] {
        let found = pay(&keys, arguments, before, usual);
        let (amount, currency) = (found.amount_cents, found.currency.as_deref());
        assert_eq!((amount, currency), expected, "{keys} {arguments}");
        assert!(
            !found.unknowns.iter().any(|why| why.contains("currenc")),
            "{keys}: {:?}",
            found.unknowns
        );
    }
    for (keys, arguments, before) in [
        (MINOR.to_owned(), &two, None),
        (MINOR.to_owned(), &yen, Some(json!({"currency": "EUR"}))),
        (MINOR.to_owned(), &json!({"a": 1, "currency": "QQQ"}), None),
        (of("EUR"), &yen, None),
        (by(".currency"), &json!({"a": 1, "currency": "QQQ"}), None),
        (by(".currency"), &json!({"a": 1, "currency": 7}), None),
        (by("error(\"no\")"), &yen, None),
        (WHOLE.to_owned(), &bare, None),
    ] {
        let found = pay(&keys, arguments, before, None);
        assert_eq!(found.currency, None, "{keys} {arguments}");
        assert!(!found.unknowns.is_empty(), "{keys} {arguments}");
    }
}

#[test]
fn a_currency_that_nothing_looks_at_is_not_accounted_for() {
    const PLAIN: &str = "amount_cents = \".a\"";
    let by = format!("{PLAIN}\ncurrency_of = '.currency'");
    let json = format!("{PLAIN}\njson = [\"more\"]");
    let several = "several currencies are named";
    for (keys, arguments, usual, expected) in [
        // In a JSON text, declared or not.
        (
            PLAIN,
            json!({"a": 5800, "more": "{\"currency\":\"JPY\"}"}),
            "EUR",
            (Some("JPY"), ""),
        ),
        (
            &json,
            json!({"a": 5800, "more": "{\"currency\":\"JPY\"}"}),
            "EUR",
            (Some("JPY"), ""),
        ),
        (
            PLAIN,
            json!({"a": 5800, "currency": "EUR", "more": "[\"{\\\"currency\\\":\\\"JPY\\\"}\"]"}),
            "EUR",
            (None, several),
        ),
        // Beside what the pack's filter says.
        (
            &by,
            json!({"a": 5800, "currency": "USD", "lines": [{"currency": "KWD"}]}),
            "EUR",
            (None, several),
        ),
        (
            &by,
            json!({"a": 5800, "currency": "usd", "lines": [{"currency": "USD"}]}),
            "EUR",
            (Some("USD"), ""),
        ),
        (
            "amount_cents = \".a\"\ncurrency_of = '\"USD\"'",
            json!({"a": 5800, "currencyCode": "KWD"}),
            "EUR",
            (None, several),
        ),
        // Deep down.
        (
            PLAIN,
            json!({"a": 5800, "x": {"x": {"x": {"x": {"x": {"x": {"x": {"currency": "JPY"}}}}}}}}),
            "EUR",
            (Some("JPY"), ""),
        ),
        // No text.
        (
            PLAIN,
            json!({"a": 5800, "currency": 392}),
            "EUR",
            (None, "`392` is no currency"),
        ),
        (
            PLAIN,
            json!({"a": 5800, "currency": ["JPY"]}),
            "EUR",
            (Some("JPY"), ""),
        ),
        (
            PLAIN,
            json!({"a": 5800, "currency": ["JPY", "EUR"]}),
            "EUR",
            (None, several),
        ),
        (
            PLAIN,
            json!({"a": 5800, "currency": {"code": "JPY"}}),
            "EUR",
            (Some("JPY"), ""),
        ),
        (
            PLAIN,
            json!({"a": 5800, "currency": null}),
            "EUR",
            (Some("EUR"), "`currency`"),
        ),
        (
            PLAIN,
            json!({"a": 5800, "more": "{\"currency\":\"EUR\",\"currency\":\"JPY\"}"}),
            "EUR",
            (Some("EUR"), "`more`"),
        ),
    ] {
        let found = pay(keys, &arguments, None, Some(usual));
        let (currency, unknown) = expected;
        assert_eq!(found.currency.as_deref(), currency, "{keys} {arguments}");
        let told = found.unknowns.join("; ");
        assert_eq!(
            told.is_empty(),
            unknown.is_empty(),
            "{keys} {arguments}: {told}"
        );
        assert!(told.contains(unknown), "{keys} {arguments}: {told}");
    }
}

#[test]
fn a_currency_is_known_under_any_name() {
    for (arguments, expected, unknown) in [
        (json!({"a": 5800, "ccy": "JPY"}), Some("JPY"), ""),
        (
            json!({"a": 5800, "PayoutCurrencyRef": {"value": "yen"}}),
            None,
            "`YEN` is no currency",
        ),
        (json!({"a": 5800, "unit": "JPY"}), Some("JPY"), "`unit`"),
        (
            json!({"a": 5800, "currency": "EUR", "unit": "JPY"}),
            None,
            "several currencies are named",
        ),
    ] {
        let found = pay("amount_cents = \".a\"", &arguments, None, Some("EUR"));
        assert_eq!(found.currency.as_deref(), expected, "{arguments}");
        let told = found.unknowns.join("; ");
        assert!(told.contains(unknown), "{arguments}: {told}");
        assert_eq!(told.is_empty(), unknown.is_empty(), "{arguments}: {told}");
    }
}

#[test]
fn a_currency_that_is_none_is_told_before_any_call() {
    for keys in [
        "currency = \".currency\"",
        "currency = \"EURO\"",
        "currency = \"eur\"",
    ] {
        let text = format!(
            "name = \"p\"\ntitle = \"P\"\n[tool.pay]\neffect = \"pay\"\namount_cents = \".a\"\n{keys}\nundo = {{ kind = \"none\", why = \"gone\" }}\n"
        );
        let problems = CompiledPack::compile(Pack::parse(&text).unwrap()).unwrap_err();
        assert_eq!(problems[0].code, "currency-unknown", "{keys}");
    }
}

#[test]
fn limits_compare_within_one_currency_and_fire_else() {
    let paid = |minor: i64, currency: Option<&str>| Classified {
        amount_cents: Some(minor),
        amount_expected: true,
        currency: currency.map(str::to_owned),
        ..classified(Effect::Pay, Level::External)
    };
    let facts = Facts {
        counted: [(
            "own".to_owned(),
            Counted {
                count: 1,
                sum_cents: 400,
            },
        )]
        .into(),
        ..Facts::default()
    };
    let blocks = |workflow: &str, when: &str, thing: &Classified| {
        let rule = format!(
            "{workflow}\n[[guardrail]]\nid = \"own\"\ntext = \"Own.\"\nthen = \"block\"\nwhen = {{ {when} }}\n"
        );
        decide(&rule, thing, &sure(), &NONE, &facts).verdict == Verdict::Block
    };
    let total = "total = { above_cents = 1000, per_s = 60, of = \"workflow\" }";
    for limit in ["amount_above_cents = 600", total] {
        let in_euros = format!("currency = \"EUR\", {limit}");
        for (workflow, when, thing, fires) in [
            ("", in_euros.as_str(), paid(600, Some("EUR")), false),
            ("", &in_euros, paid(601, Some("EUR")), true),
            ("", &in_euros, paid(1, Some("JPY")), true),
            ("", &in_euros, paid(1, None), true),
            ("currency = \"EUR\"", limit, paid(600, Some("EUR")), false),
            ("currency = \"EUR\"", limit, paid(1, Some("GBP")), true),
            ("", limit, paid(1, Some("EUR")), true),
            ("", limit, paid(600, None), false),
            ("", limit, paid(601, None), true),
        ] {
            assert_eq!(
                blocks(workflow, when, &thing),
                fires,
                "{workflow} {when} {thing:?}"
            );
        }
    }
}

#[test]
fn a_breaker_adds_no_two_currencies() {
    let breaker = |currency: &str| -> Breaker {
        toml::from_str(&format!("on = \"amount\"\nmore_than = 1000\n{currency}")).unwrap()
    };
    let tally = |amounts: &[(&str, i64)]| Tally {
        amounts: amounts
            .iter()
            .map(|(code, sum)| ((*code).to_owned(), *sum))
            .collect(),
        ..Tally::default()
    };
    let trips = |currency: &str, amounts: &[(&str, i64)], usual| {
        breaker(currency)
            .trips(&tally(amounts), usual)
            .map(|(_, why)| why)
    };
    assert_eq!(
        trips("currency = \"EUR\"", &[("EUR", 900), ("JPY", 900)], None),
        None
    );
    let why = trips("currency = \"EUR\"", &[("EUR", 900), ("", 200)], None);
    assert_eq!(why.as_deref(), Some("EUR 11.00 within 60 minutes"));
    assert_eq!(trips("", &[("EUR", 900), ("JPY", 1001)], Some("EUR")), None);
    let why = trips("", &[("EUR", 900), ("JPY", 1001)], None);
    assert_eq!(why.as_deref(), Some("JPY 1,001 within 60 minutes"));
}
