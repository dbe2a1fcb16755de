//! Replaying the past under other rules: what would have been held, blocked, let run; whom it would
//! have asked how often, and for how many minutes by the time people took before.

use crate::app::App;
use crate::clock::rfc3339;
use crate::config::Configuration;
use crate::error::ApiError;
use crate::registry::Registry;
use leeway_core::action::event::{ActionEvent, Judged};
use leeway_core::action::state::Status;
use leeway_core::classify::classified::classify_in;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::govern::workflow::Workflow;
use leeway_core::judge::backtest::{Backtest, Past, Report, Verdicts};
use leeway_core::judge::rules::CompiledRules;
use leeway_core::ledger::event::Event;
use leeway_store::{PastRow, Reader, StoreError};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

/// Days replayed unless told.
pub const USUAL_DAYS: u32 = 30;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Actions read and judged at a time.
const BATCH: usize = 2_048;
/// Batches read ahead of the one that is judged.
const AHEAD: usize = 2;

/// What to replay.
pub struct Wish {
    /// The rules.
    pub workflow: Workflow,
    /// Packs that would classify, by system; those not named stay as they were.
    pub packs: HashMap<String, Arc<CompiledPack>>,
    /// How many days back.
    pub days: u32,
}

/// What a replay found.
pub struct Outlook {
    /// The workflow.
    pub workflow: String,
    /// Since when, UTC milliseconds.
    pub from_ms: i64,
    /// Until when.
    pub to_ms: i64,
    /// Verdicts, weeks, differences.
    pub report: Report,
    /// Who would have been asked, how often, and for how long.
    pub loads: Vec<Load>,
}

/// One reviewer's share.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// E-mail; `None` for what nobody is named for.
    pub person: Option<String>,
    /// Held actions.
    pub holds: u64,
    /// Minutes, by the median time people took before; `None` while that was never measured.
    pub minutes: Option<f64>,
}

/// Replays a workflow's past under other rules.
pub async fn run(app: &App, wish: Wish) -> Result<Outlook, ApiError> {
    let rules = CompiledRules::compile(wish.workflow).map_err(|problems| {
        ApiError::invalid(
            "configuration-invalid",
            format!("the workflow has {} problems", problems.len()),
        )
    })?;
    let to_ms = app.clock.now_ms();
    let from_ms = to_ms - i64::from(wish.days) * DAY_MS;
    let workflow = rules.workflow.name.clone();
    let name = workflow.clone();
    let packs = wish.packs;
    let (report, times) = app
        .store
        .read(move |reader| {
            let report = replay(reader, Backtest::new(rules), (&name, from_ms, &packs))?;
            Ok((report, reader.decision_times()?))
        })
        .await?;
    let loads = loads(&app.registry(), to_ms, (&report, &times));
    Ok(Outlook {
        workflow,
        from_ms,
        to_ms,
        report,
        loads,
    })
}

type Packs = HashMap<String, Arc<CompiledPack>>;

fn replay(
    reader: &Reader,
    mut backtest: Backtest,
    (workflow, from_ms, packs): (&str, i64, &Packs),
) -> Result<Report, StoreError> {
    // Reading the payloads is most of the work: it goes on beside the judging, a batch to a thread,
    // and the batches are judged in their order.
    let currency = backtest.workflow().currency().map(str::to_owned);
    let currency = &currency;
    std::thread::scope(|scope| {
        let mut ahead = VecDeque::new();
        let (mut after, mut last) = (None, false);
        loop {
            while !last && ahead.len() <= AHEAD {
                let rows = reader.past(workflow, from_ms, (after, BATCH))?;
                last = rows.len() < BATCH;
                after = rows.last().map(|row| row.seq).or(after);
                let currency = currency.as_deref();
                ahead.push_back(scope.spawn(move || read_all(rows, (packs, currency))));
            }
            let Some(reading) = ahead.pop_front() else {
                return Ok(backtest.finish());
            };
            let batch = reading.join().map_err(|_| {
                StoreError::Unreadable("reading the past ended unexpectedly".to_owned())
            })??;
            for past in &batch {
                backtest.take(past);
            }
        }
    })
}

fn read_all(rows: Vec<PastRow>, by: (&Packs, Option<&str>)) -> Result<Vec<Past>, StoreError> {
    rows.into_iter().map(|row| past(row, by)).collect()
}

fn past(row: PastRow, by: (&Packs, Option<&str>)) -> Result<Past, StoreError> {
    let judged = match Event::read("action.judged", &row.payload) {
        Ok(Event::Action(ActionEvent::Judged(judged))) => *judged,
        _ => {
            return Err(StoreError::Unreadable(format!(
                "entry {} is no judged action",
                row.seq
            )));
        }
    };
    Ok(Past {
        classified: reclassified(&judged, by),
        id: row.id,
        ran: matches!(
            row.status,
            Status::Executed | Status::Partial | Status::OutcomeUnknown | Status::Executing
        ),
        error: row.edited || row.status == Status::Rejected,
        title: row.title,
        judged,
    })
}

fn reclassified(
    judged: &Judged,
    (packs, currency): (&Packs, Option<&str>),
) -> Option<leeway_core::classify::Classified> {
    let tool = packs
        .get(&judged.call.system)?
        .tools
        .get(&judged.call.tool)?;
    Some(classify_in(
        currency,
        (tool, &judged.call.system),
        &judged.call.arguments,
        &judged.before,
    ))
}

/// Each hold goes to whoever would be asked first for its responsibility now.
fn loads(
    registry: &Registry,
    now_ms: i64,
    (report, times): (&Report, &[(String, i64)]),
) -> Vec<Load> {
    let mut holds: BTreeMap<Option<String>, u64> = BTreeMap::new();
    for (row, count) in &report.holds {
        let asked = registry.routing(*row, now_ms, false).ask.into_iter().next();
        *holds.entry(asked).or_default() += count;
    }
    let overall = median(times.iter().map(|(_, took)| *took).collect());
    holds
        .into_iter()
        .map(|(person, holds)| {
            let own = times
                .iter()
                .filter(|(email, _)| Some(email) == person.as_ref());
            let took_ms = median(own.map(|(_, took)| *took).collect()).or(overall);
            Load {
                person,
                holds,
                minutes: took_ms.map(|took_ms| took_ms * holds as f64 / 60_000.0),
            }
        })
        .collect()
}

fn median(mut values: Vec<i64>) -> Option<f64> {
    values.sort_unstable();
    let middle = values.len() / 2;
    let upper = *values.get(middle)? as f64;
    Some(if values.len() % 2 == 1 {
        upper
    } else {
        f64::midpoint(values[middle - 1] as f64, upper)
    })
}

impl Outlook {
    /// In one sentence for people.
    pub fn sentence(&self) -> String {
        let report = &self.report;
        let days = (self.to_ms - self.from_ms) / DAY_MS;
        let minutes: Option<f64> = self.loads.iter().map(|load| load.minutes).sum();
        let time = match minutes {
            Some(minutes) => format!(", about {} minutes", minutes.round()),
            None => String::new(),
        };
        let earned = match report.earned {
            0 => String::new(),
            some => format!(
                " Of those run alone, {some} rest on what was earned with the versions of then; where a change begins that anew, they wait until it is earned again."
            ),
        };
        format!(
            "In the last {days} days this would have asked a person {} times{time}, blocked {} and let {} run alone; it would have caught {} of the {} known errors.{earned}",
            report.would.hold,
            report.would.block,
            report.would.allow,
            report.caught,
            report.known_errors
        )
    }

    /// As the API gives it.
    pub fn json(&self) -> Value {
        let report = &self.report;
        let verdicts = |verdicts: &Verdicts| json!(verdicts);
        json!({
            "workflow": self.workflow,
            "from": rfc3339(self.from_ms),
            "to": rfc3339(self.to_ms),
            "sentence": self.sentence(),
            "actions": report.actions,
            "was": verdicts(&report.was),
            "would": verdicts(&report.would),
            "weeks": report.weeks.iter().map(|week| json!({
                "from": rfc3339(week.from_ms), "was": week.was, "would": week.would,
            })).collect::<Vec<_>>(),
            "reviewers": self.loads.iter().map(|load| json!({
                "person": load.person, "holds": load.holds, "minutes": load.minutes,
            })).collect::<Vec<_>>(),
            "known_errors": report.known_errors,
            "earned": report.earned,
            "caught": report.caught,
            "different": report.different,
            "differences": report.differences.iter().map(|difference| json!({
                "id": difference.id, "at": rfc3339(difference.at_ms), "title": difference.title,
                "was": difference.was, "would": difference.would, "reasons": difference.reasons,
                "error": difference.error,
            })).collect::<Vec<_>>(),
        })
    }
}

/// What to replay for each workflow whose decisions a configuration would change: its own rules, or
/// the packs of the tools it grants.
pub fn wishes(app: &App, wanted: &Configuration, days: u32) -> Vec<Wish> {
    let registry = app.registry();
    let mut packs = Packs::new();
    for system in &wanted.systems {
        let pack = wanted.packs.iter().find(|pack| pack.name == system.pack);
        let before = registry
            .systems
            .get(&system.name)
            .and_then(|live| registry.packs.get(&live.system.pack));
        if let Some(pack) = pack
            && before.is_none_or(|before| before.compiled.pack != *pack)
            && let Ok(compiled) = CompiledPack::compile(pack.clone())
        {
            packs.insert(system.name.clone(), Arc::new(compiled));
        }
    }
    wanted
        .workflows
        .iter()
        .filter(|workflow| {
            let live = registry.workflows.get(&workflow.name);
            let same = live.is_some_and(|live| live.state.workflow == **workflow);
            let touched = workflow.grants.keys().any(|tool| {
                packs
                    .keys()
                    .any(|system| tool.starts_with(&format!("{system}__")))
            });
            live.is_some() && (!same || touched)
        })
        .map(|workflow| Wish {
            workflow: workflow.clone(),
            packs: packs.clone(),
            days,
        })
        .collect()
}
