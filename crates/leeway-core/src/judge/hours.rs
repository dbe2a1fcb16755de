//! Business hours, by the time-zone data compiled in: the machine's own may change between a
//! decision and its replay.

use crate::govern::workflow::BusinessHours;
use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTES_A_DAY: u16 = 24 * 60;
/// Days looked through for a deadline.
const LONGEST_SEARCH_DAYS: u32 = 1_500;

/// Business hours, checked.
#[derive(Clone, Debug)]
pub struct Hours {
    zone: TimeZone,
    days: [bool; 7],
    from: u16,
    to: u16,
}

impl Hours {
    /// Checks them. Every problem as (key, what).
    pub fn compile(hours: &BusinessHours) -> Result<Self, Vec<(&'static str, String)>> {
        let mut problems = Vec::new();
        let zone = TimeZoneDatabase::bundled().get(&hours.zone);
        if zone.is_err() {
            problems.push(("zone", format!("`{}` is no IANA time zone", hours.zone)));
        }
        let mut days = [false; 7];
        for name in &hours.days {
            match DAYS.iter().position(|day| day == name) {
                Some(day) => days[day] = true,
                None => problems.push((
                    "days",
                    format!("`{name}` is no weekday: write one of {}", DAYS.join(", ")),
                )),
            }
        }
        if hours.days.is_empty() {
            problems.push(("days", "no day is a business day".to_owned()));
        }
        let from = minute(&hours.from);
        let to = minute(&hours.to);
        for (key, text, minute) in [("from", &hours.from, from), ("to", &hours.to, to)] {
            if minute.is_none() {
                problems.push((key, format!("`{text}` is no time: write HH:MM")));
            }
        }
        match (zone, from, to) {
            (Ok(zone), Some(from), Some(to)) if problems.is_empty() => Ok(Self {
                zone,
                days,
                from,
                to,
            }),
            _ => Err(problems),
        }
    }

    /// Whether a time lies in them. A night shift (from later than to) belongs to the day it begins.
    /// `None` for a time no calendar has.
    pub fn contains(&self, now_ms: i64) -> Option<bool> {
        let now = jiff::Timestamp::from_millisecond(now_ms)
            .ok()?
            .to_zoned(self.zone.clone());
        let minute = now.hour() as u16 * 60 + now.minute() as u16;
        let today = now.weekday().to_monday_zero_offset() as usize;
        let yesterday = (today + 6) % 7;
        Some(if self.from < self.to {
            self.days[today] && (self.from..self.to).contains(&minute)
        } else {
            (self.days[today] && minute >= self.from) || (self.days[yesterday] && minute < self.to)
        })
    }

    /// When so many milliseconds of business hours have gone by since a time, UTC milliseconds.
    /// `None` when that takes years, or for a time no calendar has.
    pub fn after(&self, now_ms: i64, duration_ms: i64) -> Option<i64> {
        let today = jiff::Timestamp::from_millisecond(now_ms)
            .ok()?
            .to_zoned(self.zone.clone())
            .date();
        let mut left = duration_ms.max(0);
        // From yesterday on, for a night shift that has begun.
        let mut day = today.yesterday().ok()?;
        for _ in 0..LONGEST_SEARCH_DAYS {
            if let Some((from, to)) = self.open_on(day)
                && to > now_ms
            {
                let begins = from.max(now_ms);
                if left <= to - begins {
                    return Some(begins + left);
                }
                left -= to - begins;
            }
            day = day.tomorrow().ok()?;
        }
        None
    }

    /// Opening and closing of the shift that begins on a day, UTC milliseconds.
    fn open_on(&self, day: Date) -> Option<(i64, i64)> {
        if !self.days[day.weekday().to_monday_zero_offset() as usize] {
            return None;
        }
        let at = |day: Date, minute: u16| {
            let time = day.at(0, 0, 0, 0).checked_add(i64::from(minute).minutes());
            time.and_then(|time| time.to_zoned(self.zone.clone()))
                .map(|zoned| zoned.timestamp().as_millisecond())
                .ok()
        };
        let closes = if self.from < self.to {
            day
        } else {
            day.tomorrow().ok()?
        };
        Some((at(day, self.from)?, at(closes, self.to)?))
    }
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return None;
    }
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (minute < 60 && hour * 60 + minute <= MINUTES_A_DAY).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hours(from: &str, to: &str) -> Hours {
        Hours::compile(&BusinessHours {
            zone: "Europe/Vienna".into(),
            days: vec!["mon".into(), "fri".into()],
            from: from.into(),
            to: to.into(),
        })
        .unwrap()
    }

    fn at(text: &str) -> i64 {
        text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn local_time_counts_also_across_daylight_saving() {
        let office = hours("09:00", "17:00");
        for (time, inside) in [
            ("2026-01-05T08:00:00Z", true), // Monday 09:00 in winter
            ("2026-01-05T07:59:00Z", false),
            ("2026-07-06T07:00:00Z", true),  // Monday 09:00 in summer
            ("2026-07-06T15:00:00Z", false), // 17:00: closing time is outside
            ("2026-01-06T10:00:00Z", false), // Tuesday
        ] {
            assert_eq!(office.contains(at(time)), Some(inside), "{time}");
        }
    }

    #[test]
    fn a_deadline_counts_open_hours_only() {
        const HOUR: i64 = 3_600_000;
        let (office, night) = (hours("09:00", "17:00"), hours("22:00", "06:00"));
        for (shift, from, open_hours, due) in [
            // Monday 10:00 and 3 h is Monday 13:00.
            (&office, "2026-01-05T09:00:00Z", 3, "2026-01-05T12:00:00Z"),
            // Monday 16:00 and 3 h: one is left on Monday, two on Friday.
            (&office, "2026-01-05T15:00:00Z", 3, "2026-01-09T10:00:00Z"),
            // Saturday: counting begins on Monday at 09:00.
            (&office, "2026-01-10T09:00:00Z", 1, "2026-01-12T09:00:00Z"),
            // Across the change to summer time, Friday 16:00 to Monday 10:00 local.
            (&office, "2026-03-27T15:00:00Z", 2, "2026-03-30T08:00:00Z"),
            // Tuesday 01:00 belongs to Monday's night shift.
            (&night, "2026-01-06T00:00:00Z", 4, "2026-01-06T04:00:00Z"),
        ] {
            assert_eq!(
                shift.after(at(from), open_hours * HOUR),
                Some(at(due)),
                "{from}"
            );
        }
    }

    #[test]
    fn a_night_shift_belongs_to_the_day_it_begins() {
        let night = hours("22:00", "06:00");
        for (time, inside) in [
            ("2026-01-05T22:00:00Z", true),  // Monday 23:00
            ("2026-01-06T04:00:00Z", true),  // Tuesday 05:00, begun on Monday
            ("2026-01-06T22:00:00Z", false), // Tuesday 23:00
            ("2026-01-05T04:00:00Z", false), // Monday 05:00, begun on Sunday
        ] {
            assert_eq!(night.contains(at(time)), Some(inside), "{time}");
        }
    }
}
