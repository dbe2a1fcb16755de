//! Numbers as a person reads them.

use super::scale::tenths;

/// A rate as a percentage, to a tenth.
pub fn percent(rate: f64) -> String {
    if rate.is_finite() {
        format!("{}%", tenths(rate * 100.0))
    } else {
        UNKNOWN.to_owned()
    }
}

/// The day of a time in UTC milliseconds, as in `14 Mar`.
pub fn day(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms)
        .map_or_else(|_| ms.to_string(), |at| at.strftime("%-d %b").to_string())
}

/// What stands for a number that is none.
const UNKNOWN: &str = "unknown";

/// A whole number, in groups of three.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// So many items.
pub(super) fn items(number: u64) -> String {
    let thing = if number == 1 { "item" } else { "items" };
    format!("{} {thing}", count(number))
}

/// A number with its base.
pub(super) fn right_of(right: u64, all: u64) -> String {
    format!("{} of {}", count(right), count(all))
}

/// A number in groups of three; small ones to a hundredth.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.to_owned();
    }
    let size = value.abs();
    let cents = (size * 100.0).round();
    let sign = if value < 0.0 && cents > 0.0 {
        "−"
    } else {
        ""
    };
    if size >= 1e15 {
        return format!("{sign}{size:.2e}");
    }
    let whole = count((cents / 100.0).floor() as u64);
    match (cents % 100.0) as u64 {
        0 => format!("{sign}{whole}"),
        rest => format!("{sign}{whole}.{rest:02}"),
    }
}

/// A number in little room: to a tenth of a thousand, a million or a billion when it is large.
pub(super) fn short(value: f64) -> String {
    let size = value.abs();
    let (by, unit) = match size {
        _ if size < 100.0 => return number(value),
        _ if size < 1e4 => return number(value.round()),
        _ if size < 1e6 => (1e3, "k"),
        _ if size < 1e9 => (1e6, "M"),
        _ if size < 1e12 => (1e9, "B"),
        _ if value.is_finite() => return format!("{value:.1e}").replace('-', "−"),
        _ => return UNKNOWN.to_owned(),
    };
    format!("{}{unit}", tenths(value / by)).replace('-', "−")
}

/// The beginning of a label that has little room.
pub(super) fn cut(label: &str, most: usize) -> String {
    if label.chars().count() <= most {
        return label.to_owned();
    }
    let beginning: String = label.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", beginning.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        let told = [0.0, -0.001, 1234.5, -1_234_567.0, 0.05, f64::INFINITY].map(number);
        assert_eq!(
            told,
            ["0", "0", "1,234.50", "−1,234,567", "0.05", "unknown"]
        );
        let told = [99.5, 1234.5, -45_678.0, 2.5e6, 1e15, f64::NAN].map(short);
        assert_eq!(
            told,
            ["99.50", "1,235", "−45.7k", "2.5M", "1.0e15", "unknown"]
        );
        assert_eq!([0.984, 1.0, -0.0].map(percent), ["98.4%", "100%", "0%"]);
        assert_eq!(
            (count(1_000_000), count(12)),
            ("1,000,000".into(), "12".into())
        );
        assert_eq!(
            (cut("Monday", 6), cut("Manual work", 8)),
            ("Monday".into(), "Manual…".into())
        );
    }
}
