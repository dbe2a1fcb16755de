//! Amounts of money in whole units (euros, not cents) to the smallest unit of their currency, exactly:
//! digit by digit, never by way of floating point, so 19.99 euros are 1999 and what is no whole cent is
//! no amount.

use crate::number;
use serde_json::{Number, Value};

/// Most digits after the point of a number.
const MOST_DIGITS: u32 = 9;
/// Most members of a list.
const MOST_MEMBERS: usize = 10_000;

/// A number in the smallest unit of a currency with so many decimals, or the sum of a list of numbers and
/// of `[quantity, unit price]` pairs. `None` when anything is negative, no number, too large, or the sum
/// is no whole number of that unit.
pub fn minor(value: &Value, decimals: u8) -> Option<i64> {
    let sum = match value {
        Value::Array(members) if (1..=MOST_MEMBERS).contains(&members.len()) => members
            .iter()
            .try_fold(0_i128, |sum, member| sum.checked_add(member_units(member)?))?,
        single => member_units(single)?,
    };
    let digits = (2 * MOST_DIGITS).checked_sub(u32::from(decimals))?;
    let unit = 10_i128.pow(digits);
    (sum % unit == 0).then(|| i64::try_from(sum / unit).ok())?
}

/// In units of 10⁻¹⁸, so that the product of two numbers has the unit of one.
fn member_units(member: &Value) -> Option<i128> {
    let (quantity, price) = match member {
        Value::Array(pair) => match pair.as_slice() {
            [Value::Number(quantity), Value::Number(price)] => (units(quantity)?, units(price)?),
            _ => return None,
        },
        Value::Number(amount) => (10_i128.pow(MOST_DIGITS), units(amount)?),
        _ => return None,
    };
    quantity.checked_mul(price)
}

/// In units of 10⁻⁹.
fn units(number: &Number) -> Option<i128> {
    number::scaled(number, MOST_DIGITS).filter(|units| *units >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_cents_are_exact() {
        for (value, expected) in [
            (json!(19.99), 1999),
            (json!(0.1), 10),
            (json!(1_000_000), 100_000_000),
            (json!(4.35), 435),
            (json!([0.1, 0.2]), 30),
            (json!([[3, 19.99], 5]), 6497),
            (json!([[0.5, 0.5], 0.75]), 100),
            (json!(0), 0),
        ] {
            assert_eq!(minor(&value, 2), Some(expected), "{value}");
        }
    }

    #[test]
    fn each_currency_has_its_own_smallest_unit() {
        assert_eq!(minor(&json!(5800), 0), Some(5800));
        assert_eq!(minor(&json!(58.5), 0), None);
        assert_eq!(minor(&json!(5.8), 3), Some(5800));
        assert_eq!(minor(&json!([[2, 1.25], 0.5]), 3), Some(3000));
    }

    #[test]
    fn what_is_no_whole_cent_is_no_amount() {
        for value in [
            json!(0.005),
            json!(-1),
            json!([5, -1]),
            json!("5"),
            json!(null),
            json!([]),
            json!([[1, 2, 3]]),
            json!([[2, "5"]]),
            json!(1e300),
            json!(1e-7),
            json!(u64::MAX),
            json!({"amount": 5}),
        ] {
            assert_eq!(minor(&value, 2), None, "{value}");
        }
    }
}
