//! What is known of each tool's stage, put together for pages, API and reports.

use super::{DAY_MS, grant_now, lots, stage};
use crate::app::App;
use crate::error::ApiError;
use crate::registry::{LiveWorkflow, Registry};
use leeway_core::earn::lot::LotState;
use leeway_core::earn::standing::{Standing, above};
use leeway_core::earn::state::{Barred, StageState};
use leeway_core::evidence::gate::{Design, Gate};
use leeway_core::evidence::interval;
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::workflow::Grant;

/// Weeks that a forecast looks back on.
const LOOKED_BACK: i64 = 4;
const WEEK_MS: i64 = 7 * DAY_MS;

/// A tool's stage in a workflow.
#[derive(Clone, Debug)]
pub struct Tool {
    /// `<system>__<tool>`.
    pub name: String,
    /// The configured grant.
    pub configured: Grant,
    /// How far agents go now.
    pub now: Grant,
    /// The level above, where the configured grant admits it.
    pub next: Option<Grant>,
    /// What was earned or lost last.
    pub standing: Option<Standing>,
    /// What was learned.
    pub stage: Option<StageState>,
    /// The gate's design.
    pub design: Design,
    /// Known to be right or wrong a week, over the last weeks.
    pub a_week: f64,
}

impl Tool {
    /// Outputs reviewed and wrong, in the present run.
    pub fn tally(&self) -> (u64, u64) {
        let run = self.stage.as_ref().map(|stage| &stage.run);
        run.map_or((0, 0), |run| (run.reviewed, run.wrong))
    }

    /// Why nothing is proposed with the present versions, if the evidence found them bad.
    pub fn barred(&self) -> Option<&Barred> {
        self.stage.as_ref()?.barred.as_ref()
    }

    /// What the gate says.
    pub fn gate(&self) -> Gate {
        let (reviewed, wrong) = self.tally();
        self.design.says(wrong, reviewed)
    }

    /// How many more outputs pass it, if none of them is wrong.
    pub fn needed(&self) -> u64 {
        let (reviewed, wrong) = self.tally();
        self.design.passes_at(wrong).saturating_sub(reviewed)
    }

    /// In how many weeks that is at the present pace; `None` while nothing is reviewed, or nothing would come
    /// of it.
    pub fn weeks(&self) -> Option<f64> {
        (self.a_week > 0.0 && self.barred().is_none()).then(|| self.needed() as f64 / self.a_week)
    }

    /// Share wrong and its interval at 95 %, for display only.
    pub fn wrong(&self) -> Option<(f64, f64, f64)> {
        let (reviewed, wrong) = self.tally();
        let (low, high) = interval::wilson(wrong, reviewed, 0.95);
        (reviewed > 0).then(|| (wrong as f64 / reviewed as f64, low, high))
    }
}

/// One tool's stage.
pub fn tool(
    app: &App,
    (registry, live): (&Registry, &LiveWorkflow),
    name: &str,
) -> Result<Tool, ApiError> {
    let workflow = &live.state.workflow;
    let now_ms = app.clock.now_ms();
    let configured = workflow.grant(name);
    let now = grant_now(registry, live, (name, now_ms));
    let (_, stage) = stage(&app.store.reader()?, &workflow.name, name)?;
    Ok(Tool {
        name: name.to_owned(),
        configured,
        now,
        next: above(now).filter(|next| *next <= configured),
        standing: live.state.standing.get(name).cloned(),
        design: workflow.evidence.gate.design(),
        a_week: stage.as_ref().map_or(0.0, |stage| pace(stage, now_ms)),
        stage,
    })
}

fn pace(stage: &StageState, now_ms: i64) -> f64 {
    let from_ms = now_ms - LOOKED_BACK * WEEK_MS;
    let late = stage
        .weeks
        .iter()
        .filter(|week| week.from_ms + WEEK_MS > from_ms);
    let first = stage.weeks.first().map_or(now_ms, |week| week.from_ms);
    let weeks = ((now_ms - first.max(from_ms)) as f64 / WEEK_MS as f64).max(1.0);
    late.map(|week| week.n).sum::<u64>() as f64 / weeks
}

/// Every tool of a workflow that can do more than read.
pub fn tools(app: &App, registry: &Registry, live: &LiveWorkflow) -> Result<Vec<Tool>, ApiError> {
    let grants = live.state.workflow.grants.iter();
    grants
        .filter(|(_, grant)| **grant > Grant::Read)
        .map(|(name, _)| tool(app, (registry, live), name))
        .collect()
}

/// Where the samples of a workflow's areas stand: those that have any lot or open review.
pub fn areas(app: &App, workflow: &str) -> Result<Vec<(Responsibility, LotState)>, ApiError> {
    let reader = app.store.reader()?;
    let mut found = Vec::new();
    for row in Responsibility::ALL {
        let (version, state) = lots::state(&reader, workflow, row)?;
        if version > 0 {
            found.push((row, state));
        }
    }
    Ok(found)
}
