//! Numbers of JSON, as decimals: every digit counts, and how a number is written does not. Never by way
//! of floating point, so ids of any length compare exactly and 1.0 is 1.

use serde_json::{Number, Value};

/// Longest whole number that is written out, digits.
const LONGEST_PLAIN: i64 = 40;

/// A number as sign, digits without outer zeros, and the power of ten they are multiplied by.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Decimal {
    negative: bool,
    digits: String,
    exponent: i64,
}

impl Decimal {
    /// `None` when the exponent is beyond all bounds: such a number is like nothing but its own text.
    fn of(text: &str) -> Option<Self> {
        let (negative, rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (rest, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = [whole, fraction].concat();
        let trimmed = digits.trim_end_matches('0');
        let dropped = (digits.len() - trimmed.len()) as i64;
        let digits = trimmed.trim_start_matches('0');
        if digits.is_empty() {
            return Some(Self {
                negative: false,
                digits: String::new(),
                exponent: 0,
            });
        }
        Some(Self {
            negative,
            digits: digits.to_owned(),
            exponent: i64::from(exponent) - fraction.len() as i64 + dropped,
        })
    }

    /// Written out, where it is a whole number of sensible length.
    fn whole(&self) -> Option<String> {
        let length = self.digits.len() as i64 + self.exponent;
        if self.exponent < 0 || length > LONGEST_PLAIN {
            return None;
        }
        let sign = if self.negative { "-" } else { "" };
        let zeros = "0".repeat(self.exponent as usize);
        let digits = if self.digits.is_empty() {
            "0"
        } else {
            &self.digits
        };
        Some(format!("{sign}{digits}{zeros}"))
    }
}

/// Whether two numbers are the same.
pub fn same(one: &Number, other: &Number) -> bool {
    same_text(one.as_str(), other.as_str())
}

fn same_text(one: &str, other: &str) -> bool {
    one == other || Decimal::of(one).is_some_and(|one| Decimal::of(other) == Some(one))
}

/// Whether two values are the same, numbers as numbers.
pub fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => same(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, value)| other.get(key).is_some_and(|found| equal(value, found)))
        }
        _ => one == other,
    }
}

/// Whether a text writes a number.
pub fn writes(text: &str, number: &Number) -> bool {
    text.trim()
        .parse::<Number>()
        .is_ok_and(|written| same(&written, number))
}

/// A number as an id: whole numbers without point, exponent or needless zeros, others as written.
pub fn id(number: &Number) -> String {
    Decimal::of(number.as_str())
        .and_then(|decimal| decimal.whole())
        .unwrap_or_else(|| number.to_string())
}

/// The number times 10 to the power of `places`, when that is a whole number that fits.
pub fn scaled(number: &Number, places: u32) -> Option<i128> {
    let mut decimal = Decimal::of(number.as_str())?;
    if !decimal.digits.is_empty() {
        decimal.exponent += i64::from(places);
    }
    decimal.whole()?.parse().ok()
}

/// How a number stands in canonical JSON: as RFC 8785 has it, where that says the number exactly; else
/// digits and a power of ten.
pub fn canonical(number: &Number) -> String {
    let text = number.as_str();
    let short = text.len() <= 15 && text.bytes().all(|byte| byte.is_ascii_digit());
    if short {
        return text.to_owned();
    }
    let rounded = number
        .as_f64()
        .and_then(|float| serde_json_canonicalizer::to_string(&float).ok())
        .filter(|rounded| same_text(rounded, text));
    rounded.unwrap_or_else(|| match Decimal::of(text) {
        Some(Decimal {
            negative,
            digits,
            exponent,
        }) => format!("{}{digits}e{exponent}", if negative { "-" } else { "" }),
        None => text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn number(text: &str) -> Number {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_the_same_by_value_whatever_their_length() {
        for (one, other) in [
            ("1", "1.0"),
            ("1", "1.000e0"),
            ("100", "1e2"),
            ("19.90", "19.9"),
            ("0.1", "1e-1"),
            ("0", "-0"),
            ("0e99", "0.000"),
            ("1234567890123456789012.50", "1234567890123456789012.5"),
            ("1e400", "10e399"),
        ] {
            assert!(same(&number(one), &number(other)), "{one} {other}");
            assert_eq!(
                canonical(&number(one)),
                canonical(&number(other)),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn every_digit_counts() {
        for (one, other) in [
            ("1915883588174806058", "1915883588174806059"),
            ("1234567890123456789012", "1234567890123456789013"),
            ("1234567890123456.789", "1234567890123456.788"),
            ("9007199254740993", "9007199254740992"),
            ("0.1", "0.10000000000000001"),
            ("1", "-1"),
            ("1e400", "1e401"),
            ("1e99999999999", "2e99999999999"),
        ] {
            assert!(!same(&number(one), &number(other)), "{one} {other}");
            assert_ne!(
                canonical(&number(one)),
                canonical(&number(other)),
                "{one} {other}"
            );
        }
    }

    #[test]
    fn canonical_is_what_it_was_where_that_is_exact() {
        for (text, expected) in [
            ("0", "0"),
            ("42", "42"),
            ("-7", "-7"),
            ("0.95", "0.95"),
            ("12.50", "12.5"),
            ("1.0", "1"),
            ("9007199254740991", "9007199254740991"),
            ("1915883588174806058", "1915883588174806058e0"),
            ("1234567890123456.789", "1234567890123456789e-3"),
        ] {
            assert_eq!(canonical(&number(text)), expected);
        }
    }

    #[test]
    fn ids_and_scaled_numbers_are_exact() {
        assert_eq!(id(&number("5.0")), "5");
        assert_eq!(id(&number("5e2")), "500");
        assert_eq!(id(&number("1915883588174806058")), "1915883588174806058");
        assert_eq!(id(&number("5.5")), "5.5");
        assert_eq!(id(&number("1e99")), "1e+99");
        assert_eq!(scaled(&number("19.99"), 2), Some(1999));
        assert_eq!(scaled(&number("1.999e1"), 2), Some(1999));
        assert_eq!(scaled(&number("19.999"), 2), None);
        assert_eq!(scaled(&number("0"), 2), Some(0));
        assert_eq!(scaled(&number("1e99"), 2), None);
    }

    #[test]
    fn values_are_equal_with_their_numbers() {
        assert!(equal(
            &json!({ "a": [1, 2.50] }),
            &json!({ "a": [1.0, 2.5] })
        ));
        assert!(!equal(&json!([1]), &json!(["1"])));
        assert!(writes(" 19.90 ", &number("19.9")));
        assert!(!writes("007", &number("7")));
    }
}
