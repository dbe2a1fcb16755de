//! Who decides and reviews, measured: how long against how long it takes to read, how often planted cases
//! are found, whether two people see the same, how much it is. Shown to each of themselves, and of everybody
//! together to owners.

use super::DAY_MS;
use crate::app::App;
use crate::error::ApiError;
use leeway_core::action::state::ActionState;
use leeway_core::earn::tally::week_of;
use leeway_core::earn::verdict::Verdict;
use leeway_core::evidence::reviewers::{Table, ac1, kappa, no_rejection};
use leeway_core::govern::people::Right;
use leeway_core::govern::state::Document;
use leeway_store::{Decided, Look};
use serde::Serialize;
use serde_json::Value;

/// The latest decisions and looks that are measured.
const LATEST: usize = 400;
/// Decisions whose reading time is worked out.
const READ: usize = 60;
/// Weeks of load that are shown.
const WEEKS: i64 = 8;
const WEEK_MS: i64 = 7 * DAY_MS;
/// Words a person reads in a minute, and the least anybody needs, milliseconds.
const WORDS_A_MINUTE: f64 = 230.0;
const LEAST_MS: i64 = 3_000;
/// Below which chance a row of approvals without a rejection is no accident.
const ACCIDENT: f64 = 0.01;
/// Decisions below which nothing is said of a habit.
const FEW: usize = 20;

/// One person's measures.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Measured {
    /// Their e-mail; empty for everybody together.
    pub person: String,
    /// Held actions decided.
    pub decided: u64,
    /// Of those, rejected or changed.
    pub objected: u64,
    /// Outputs reviewed.
    pub reviewed: u64,
    /// Of those, wrong.
    pub wrong: u64,
    /// Of those, not sure.
    pub unsure: u64,
    /// Median time to decide, milliseconds.
    pub median_ms: Option<i64>,
    /// Of how many decisions the reading time is known.
    pub timed: u64,
    /// Of those, decided in less time than reading takes.
    pub faster_than_reading: u64,
    /// Planted cases looked at.
    pub planted: u64,
    /// Of those, found to be wrong.
    pub found: u64,
    /// How probable so many decisions without an objection are, if they object as often as the others do.
    pub by_chance: Option<f64>,
    /// Why it looks as if things were waved through, if it does.
    pub alarm: Option<String>,
    /// Minutes a week, the oldest first.
    pub weeks: Vec<Load>,
}

/// One week's work.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Load {
    /// When it began, UTC milliseconds.
    pub from_ms: i64,
    /// Decisions and looks.
    pub items: u64,
    /// Minutes they took, where that is known.
    pub minutes: f64,
}

/// Agreement of people who did not know of each other.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Agreement {
    /// `[[both right, first alone], [second alone, both wrong]]`.
    pub pairs: Table,
    /// Cohen's kappa.
    pub kappa: Option<f64>,
    /// Gwet's AC1.
    pub ac1: Option<f64>,
}

/// Everybody's measures.
#[derive(Clone, Debug, Serialize)]
pub struct Everybody {
    /// Each person who may decide.
    pub people: Vec<Measured>,
    /// All of them together.
    pub together: Measured,
    /// Their agreement.
    pub agreement: Agreement,
    /// Minutes a week that each has for it, where a workflow says so.
    pub budget_minutes: Option<u32>,
    /// What waits: held actions and open reviews.
    pub waiting: u64,
    /// Minutes that takes all of them, at the median; `None` while that is not known.
    pub forecast_minutes: Option<f64>,
}

/// Measures everybody who may decide.
pub fn measure(app: &App) -> Result<Everybody, ApiError> {
    let registry = app.registry();
    let reader = app.store.reader()?;
    let now_ms = app.clock.now_ms();
    let mut found = Vec::new();
    for person in &registry.people {
        if person.may(Right::Decide) {
            let decided = reader.decisions_of(&person.email, LATEST)?;
            let mut looks = reader.looks_of(&person.email, LATEST)?;
            looks.extend(reader.planted_decisions_of(&person.email, LATEST)?);
            found.push((person.email.clone(), decided, looks));
        }
    }
    let mut people = Vec::new();
    for (index, (email, decided, looks)) in found.iter().enumerate() {
        let others = found
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .flat_map(|(_, (_, decided, _))| decided);
        let mut one = of((decided, looks), now_ms);
        one.person.clone_from(email);
        read(app, decided, &mut one)?;
        judge(&mut one, decided, rate(others));
        people.push(one);
    }
    let together = together(&people, &found);
    let waiting = reader.counts(None)?.held
        + reader
            .open_reviews(now_ms)?
            .iter()
            .map(|one| one.open)
            .sum::<u64>();
    let each = together.median_ms.map(|ms| ms as f64 / 60_000.0);
    Ok(Everybody {
        agreement: agreement(app)?,
        budget_minutes: registry
            .workflows
            .values()
            .filter_map(|live| live.state.workflow.evidence.reviewer_minutes_a_week)
            .max(),
        forecast_minutes: each.map(|each| each * waiting as f64),
        waiting,
        together,
        people,
    })
}

fn of((decided, looks): (&[Decided], &[Look]), now_ms: i64) -> Measured {
    let real = looks.iter().filter(|look| !look.planted);
    let planted = looks.iter().filter(|look| look.planted);
    let says = |verdict: Verdict| real.clone().filter(move |look| look.verdict == verdict);
    let times = decided
        .iter()
        .filter_map(|one| one.took_ms)
        .chain(looks.iter().filter_map(|look| look.took_ms));
    Measured {
        decided: decided.len() as u64,
        objected: decided.iter().filter(|one| objects(one)).count() as u64,
        reviewed: real.clone().count() as u64,
        wrong: says(Verdict::Wrong).count() as u64,
        unsure: says(Verdict::Unsure).count() as u64,
        median_ms: median(times.collect()),
        planted: planted.clone().count() as u64,
        found: planted
            .filter(|look| look.verdict == Verdict::Wrong)
            .count() as u64,
        weeks: weeks((decided, looks), now_ms),
        ..Measured::default()
    }
}

fn objects(decided: &Decided) -> bool {
    decided.rejected || decided.edited
}

fn rate<'a>(decided: impl Iterator<Item = &'a Decided>) -> Option<f64> {
    let (mut all, mut objected) = (0_u64, 0_u64);
    for one in decided {
        all += 1;
        objected += u64::from(objects(one));
    }
    (all >= FEW as u64).then(|| objected as f64 / all as f64)
}

fn median(mut times: Vec<i64>) -> Option<i64> {
    times.sort_unstable();
    times.get(times.len() / 2).copied()
}

fn weeks((decided, looks): (&[Decided], &[Look]), now_ms: i64) -> Vec<Load> {
    let this = week_of(now_ms);
    let first = this - (WEEKS - 1) * WEEK_MS;
    let mut weeks: Vec<Load> = (0..WEEKS)
        .map(|week| Load {
            from_ms: first + week * WEEK_MS,
            ..Load::default()
        })
        .collect();
    let all = decided
        .iter()
        .map(|one| (one.at_ms, one.took_ms))
        .chain(looks.iter().map(|look| (look.at_ms, look.took_ms)));
    for (at_ms, took_ms) in all {
        let Ok(index) = usize::try_from((at_ms - first).div_euclid(WEEK_MS)) else {
            continue;
        };
        if let Some(week) = weeks.get_mut(index) {
            week.items += 1;
            week.minutes += took_ms.unwrap_or_default() as f64 / 60_000.0;
        }
    }
    weeks
}

/// How long it takes to read what is decided on, milliseconds.
pub fn reading_ms(action: &ActionState) -> i64 {
    let Some(judged) = action.current() else {
        return LEAST_MS;
    };
    let mut words = words_of(&judged.call.arguments);
    for change in &judged.classified.changes {
        words += words_of(&change.old) + words_of(&change.new);
    }
    ((words as f64 / WORDS_A_MINUTE * 60_000.0) as i64).max(LEAST_MS)
}

fn words_of(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.split_whitespace().count() as u64,
        Value::Array(items) => items.iter().map(words_of).sum(),
        Value::Object(fields) => fields.values().map(words_of).sum(),
        Value::Null => 0,
        _ => 1,
    }
}

fn read(app: &App, decided: &[Decided], one: &mut Measured) -> Result<(), ApiError> {
    let reader = app.store.reader()?;
    let timed = decided
        .iter()
        .filter_map(|one| Some((&one.id, one.took_ms?)));
    for (id, took_ms) in timed.take(READ) {
        let Some(action) = reader.action(id)? else {
            continue;
        };
        one.timed += 1;
        one.faster_than_reading += u64::from(took_ms < reading_ms(&action));
    }
    Ok(())
}

/// Whether it looks as if things were waved through.
fn judge(one: &mut Measured, decided: &[Decided], peers: Option<f64>) {
    if decided.len() >= FEW && one.objected == 0 {
        one.by_chance = peers.map(|peers| no_rejection(one.decided, peers));
    }
    one.alarm = if one.by_chance.is_some_and(|chance| chance < ACCIDENT) {
        Some(format!(
            "{} decisions in a row without an objection, where others object at times",
            one.decided
        ))
    } else if one.timed >= FEW as u64 && one.faster_than_reading * 2 > one.timed {
        Some(format!(
            "{} of {} decided in less time than reading takes",
            one.faster_than_reading, one.timed
        ))
    } else if one.planted >= 3 && one.found * 2 < one.planted {
        Some(format!(
            "{} of {} planted cases were found",
            one.found, one.planted
        ))
    } else {
        None
    };
}

fn together(people: &[Measured], found: &[(String, Vec<Decided>, Vec<Look>)]) -> Measured {
    let sum = |of: fn(&Measured) -> u64| people.iter().map(of).sum();
    let times = found.iter().flat_map(|(_, decided, looks)| {
        let decided = decided.iter().filter_map(|one| one.took_ms);
        decided.chain(looks.iter().filter_map(|look| look.took_ms))
    });
    let mut weeks: Vec<Load> = Vec::new();
    for one in people {
        if weeks.is_empty() {
            weeks.clone_from(&one.weeks);
            continue;
        }
        for (week, more) in weeks.iter_mut().zip(&one.weeks) {
            week.items += more.items;
            week.minutes += more.minutes;
        }
    }
    Measured {
        decided: sum(|one| one.decided),
        objected: sum(|one| one.objected),
        reviewed: sum(|one| one.reviewed),
        wrong: sum(|one| one.wrong),
        unsure: sum(|one| one.unsure),
        median_ms: median(times.collect()),
        timed: sum(|one| one.timed),
        faster_than_reading: sum(|one| one.faster_than_reading),
        planted: sum(|one| one.planted),
        found: sum(|one| one.found),
        weeks,
        ..Measured::default()
    }
}

fn agreement(app: &App) -> Result<Agreement, ApiError> {
    let mut pairs: Table = [[0; 2]; 2];
    for (_, _, document) in app.store.reader()?.documents("stage/")? {
        if let Document::Stage(stage) = document {
            for (row, more) in pairs.iter_mut().zip(stage.pairs) {
                for (cell, more) in row.iter_mut().zip(more) {
                    *cell += more;
                }
            }
        }
    }
    Ok(Agreement {
        kappa: kappa(&pairs),
        ac1: ac1(&pairs),
        pairs,
    })
}
