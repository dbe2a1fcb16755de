//! Business hours, by the time-zone data compiled in: the machine's own may change between a
//! decision and its replay.

use crate::govern::workflow::BusinessHours;
use jiff::tz::{TimeZone, TimeZoneDatabase};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const MINUTES_A_DAY: u16 = 24 * 60;

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
