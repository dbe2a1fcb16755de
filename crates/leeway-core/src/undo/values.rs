//! What a single value says, whatever form it has: as a number, as a moment, as a truth, as a text without the
//! HTML around it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use serde_json::{Number, Value};

/// A text that is a number of something (a phone, an account), without the space that parts it: every part of
/// it has a digit.
pub(super) fn code(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let parts = || text.split_whitespace();
    let all =
        parts().next().is_some() && parts().all(|part| part.chars().any(|c| c.is_ascii_digit()));
    all.then(|| parts().collect())
}

pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::Number(number) => match number.to_string().as_str() {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        },
        Value::String(text) => match text.trim() {
            "0" => Some(false),
            "1" => Some(true),
            text if text.eq_ignore_ascii_case("true") => Some(true),
            text if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        },
        _ => None,
    }
}

/// A text that is a number in plain digits: `007` may be a code and `1e3` a name.
pub(super) fn plain_number(value: &Value) -> Option<Number> {
    match value {
        Value::String(text) if !text.contains(['e', 'E']) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A day or a moment.
pub(super) struct Moment {
    wall: DateTime,
    instant: Option<Timestamp>,
    /// Written as a day, not as a number.
    day: bool,
}

impl Moment {
    /// One without a zone is any zone's, or UTC.
    pub(super) fn is(&self, other: &Self) -> bool {
        // Two numbers are numbers.
        if !self.day && !other.day {
            return false;
        }
        match (&self.instant, &other.instant) {
            (Some(one), Some(other)) => one == other,
            (None, None) => self.wall == other.wall,
            (Some(instant), None) | (None, Some(instant)) => {
                let wall = if self.instant.is_none() { self } else { other }.wall;
                self.wall == other.wall
                    || wall
                        .to_zoned(jiff::tz::TimeZone::UTC)
                        .is_ok_and(|utc| utc.timestamp() == *instant)
            }
        }
    }
}

pub(super) fn moment(value: &Value) -> Option<Moment> {
    let text = match value {
        Value::String(text) => text.trim(),
        Value::Number(number) => return epoch(&number.to_string()),
        _ => return None,
    };
    let starts = text.get(..10)?;
    let dashes = |at: usize| starts.as_bytes().get(at) == Some(&b'-');
    if !(dashes(4) && dashes(7)) {
        return epoch(text);
    }
    if text.len() == 10 {
        let wall = text
            .parse::<Date>()
            .ok()?
            .to_datetime(jiff::civil::Time::midnight());
        return Some(Moment {
            wall,
            instant: None,
            day: true,
        });
    }
    // Some write `+0000`, or a blank before the zone.
    let text = text.replacen(' ', "T", 1).replace(' ', "");
    let wall = text.parse::<DateTime>().ok();
    match text.parse::<Timestamp>() {
        Ok(instant) => {
            let bare = text.trim_end_matches(['Z', 'z']);
            let zone = bare.get(11..)?.find(['+', '-']).map(|at| at + 11);
            let wall = bare.get(..zone.unwrap_or(bare.len()))?.parse().ok()?;
            Some(Moment {
                wall,
                instant: Some(instant),
                day: true,
            })
        }
        Err(_) => wall.map(|wall| Moment {
            wall,
            instant: None,
            day: true,
        }),
    }
}

/// Seconds or milliseconds since 1970, where there are so many digits that it can be nothing earlier than
/// the systems that write such.
fn epoch(text: &str) -> Option<Moment> {
    let number: i64 = text.parse().ok()?;
    let instant = match text.len() {
        10 => Timestamp::from_second(number).ok()?,
        13 => Timestamp::from_millisecond(number).ok()?,
        _ => return None,
    };
    let wall = instant.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    Some(Moment {
        wall,
        instant: Some(instant),
        day: false,
    })
}

/// Tags that wrap a text and say nothing themselves.
const WRAPPING: [&str; 7] = ["p", "div", "span", "br", "html", "body", "head"];

/// Longest such tag, bytes.
const LONGEST_TAG: usize = 500;

/// A text without the HTML that wraps it. Any other tag stays: it says something.
pub(super) fn unwrapped(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        // No tag that wraps is long; looking on would take for ever in a text of `<`s.
        let end = rest.bytes().take(LONGEST_TAG).position(|b| b == b'>');
        let name: String = rest[1..]
            .trim_start_matches('/')
            .chars()
            .take_while(char::is_ascii_alphanumeric)
            .take(8)
            .collect();
        match end {
            Some(end) if WRAPPING.contains(&name.to_ascii_lowercase().as_str()) => {
                plain.push('\n');
                rest = &rest[end + 1..];
            }
            _ => {
                plain.push('<');
                rest = &rest[1..];
            }
        }
    }
    plain.push_str(rest);
    let entities = [
        ("&nbsp;", " "),
        ("\u{a0}", " "),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    entities
        .into_iter()
        .fold(plain, |text, (entity, plain)| text.replace(entity, plain))
}
