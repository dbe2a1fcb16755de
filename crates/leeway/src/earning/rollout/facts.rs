//! What a rollout is judged by, read from the ledger and from what is configured.

use super::decision::Grounds;
use super::records::{self, Records};
use crate::app::App;
use crate::earning::promoting::{self, Confidence};
use crate::earning::summary;
use crate::earning::worth::{self, Worth};
use crate::earning::{DAY_MS, lots};
use crate::error::ApiError;
use crate::incident;
use crate::registry::{LiveWorkflow, Registry};
use leeway_core::action::{tool_name, visible::visible};
use leeway_core::audit::blockers::Blocker;
use leeway_core::audit::owners::OwnerNeed;
use leeway_core::audit::{Audit, Subject, audit};
use leeway_core::classify::pack::UndoRule;
use leeway_core::classify::{Effect, Level};
use leeway_core::earn::review::ReviewState;
use leeway_core::earn::standing::Calibrated;
use leeway_core::earn::state::StageState;
use leeway_core::govern::owners::{Owner, Responsibility};
use leeway_core::govern::routing::Routing;
use leeway_core::govern::state::{Document, WorkflowState};
use leeway_core::govern::workflow::Grant;
use leeway_store::Reader;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Days back that reviews are shown of.
const REVIEW_DAYS: i64 = 90;
/// Reviews looked through, and reviews shown.
const REVIEWS: (usize, usize) = (100, 12);
/// Days for which a loss counts.
const LOST_DAYS: i64 = 30;

/// How a tool's calls are taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// The old value is restored.
    Exact,
    /// A new act offsets it.
    Compensating,
    /// There is no way back, and the pack says so.
    None,
    /// It changes nothing.
    Nothing,
    /// Nobody said.
    Unknown,
}

/// A tool that is granted.
#[derive(Clone, Debug)]
pub struct ToolFact {
    /// `<system>__<tool>`.
    pub name: String,
    /// The configured grant.
    pub granted: Grant,
    /// How far agents go now.
    pub now: Grant,
    /// What a call does at worst, and its level; `None` when its system does not list it.
    pub worst: Option<(Effect, Level)>,
    /// Whether a pack says so.
    pub classified: bool,
    /// Whether its definition changed and waits for a review.
    pub changed: bool,
    /// Whose risk it is.
    pub area: Responsibility,
    /// The way back.
    pub undo: Undo,
    /// How, for people.
    pub undo_how: String,
    /// What was learned of it; `None` for tools that only read.
    pub evidence: Option<summary::Tool>,
}

impl ToolFact {
    /// Whether agents change something alone with it.
    pub fn runs_alone(&self) -> bool {
        self.now >= Grant::Update && self.evidence.is_some()
    }

    /// How many were clean in a row of what ran alone.
    pub fn clean(&self) -> u32 {
        let stage = self.evidence.as_ref().and_then(|tool| tool.stage.as_ref());
        stage.map_or(0, |stage| stage.run.sampling.clean)
    }

    fn happened(&self, kind: &str, from_ms: i64) -> bool {
        let stage = self.evidence.as_ref().and_then(|tool| tool.stage.as_ref());
        stage.is_some_and(|stage| {
            let mut moments = stage.moments.iter();
            moments.any(|moment| moment.kind == kind && moment.at_ms >= from_ms)
        })
    }

    /// Whether it was ever promoted, or is proposed to be.
    pub fn promoted(&self) -> bool {
        let proposed = self.evidence.as_ref().and_then(|tool| tool.stage.as_ref());
        self.happened("stage.promoted", 0) || proposed.is_some_and(|stage| stage.proposal.is_some())
    }
}

/// An area the tools touch, and its people.
#[derive(Clone, Debug)]
pub struct AreaFact {
    /// The row of the matrix.
    pub need: OwnerNeed,
    /// Who the matrix names.
    pub named: Option<Owner>,
    /// Who decides now.
    pub routing: Routing,
    /// Samples of it that wait for a review, and how many of them are overdue.
    pub open: (u64, u64),
    /// Whether too many samples were bad.
    pub stopped: bool,
}

/// Everything a rollout is judged by.
pub struct Facts {
    /// When it was read, UTC milliseconds.
    pub now_ms: i64,
    /// The workflow's name for people.
    pub title: String,
    /// The workflow now.
    pub state: WorkflowState,
    /// Granted tools.
    pub tools: Vec<ToolFact>,
    /// Tools of the same systems that are blocked.
    pub blocked: Vec<String>,
    /// What the workflow audit says stands in the way.
    pub blockers: Vec<Blocker>,
    /// Areas the tools touch.
    pub areas: Vec<AreaFact>,
    /// Whether there is an owner matrix.
    pub matrix: bool,
    /// What agents’ stated confidence is worth.
    pub confidences: Vec<Confidence>,
    /// The latest reviews.
    pub reviews: Vec<ReviewState>,
    /// Failure patterns and how often, since ever.
    pub patterns: BTreeMap<String, u64>,
    /// What people did with drafts, since ever: taken, changed, rejected.
    pub decided: [u64; 3],
    /// The latest records.
    pub records: Records,
    /// The incident it is in.
    pub incident: Option<u64>,
    /// What it is worth.
    pub worth: Worth,
}

impl Facts {
    /// Tools with which agents lost freedom lately: errors came too close together, or the like.
    pub fn lost(&self) -> Vec<&str> {
        self.lately("stage.demoted")
    }

    /// Tools whose gate failed lately.
    pub fn failed(&self) -> Vec<&str> {
        self.lately("stage.failed")
    }

    fn lately(&self, kind: &str) -> Vec<&str> {
        let from_ms = self.now_ms - LOST_DAYS * DAY_MS;
        let tools = self.tools.iter();
        tools
            .filter(|tool| tool.happened(kind, from_ms))
            .map(|tool| tool.name.as_str())
            .collect()
    }

    /// Overdue reviews.
    pub fn overdue(&self) -> u64 {
        self.areas.iter().map(|area| area.open.1).sum()
    }

    /// What the decision rests on.
    pub fn grounds(&self) -> Grounds {
        let stopped = self.areas.iter().filter(|area| area.stopped);
        Grounds {
            currency: self.worth.currency.clone(),
            net: self
                .worth
                .answer
                .as_ref()
                .map(|answer| (answer.low.net, answer.likely.net, answer.high.net)),
            missing: self.worth.missing.iter().map(|one| one.what).collect(),
            left_out: self.worth.left_out.clone(),
            incident: self.incident,
            lost: self.lost().into_iter().map(str::to_owned).collect(),
            failed: self.failed().into_iter().map(str::to_owned).collect(),
            overdue: self.overdue(),
            stopped: stopped.map(|area| area.need.area.clone()).collect(),
            runs_alone: self.tools.iter().any(ToolFact::runs_alone),
        }
    }

    /// The threshold adopted for an agent, if it was measured with the present prompt and model.
    pub fn adopted(&self, agent: &str) -> Option<&Calibrated> {
        let workflow = &self.state.workflow;
        let found = self.state.calibrated.get(agent)?;
        (found.prompt == workflow.prompt_stamp() && found.model == workflow.model).then_some(found)
    }
}

/// Reads everything.
pub fn read(app: &App, name: &str) -> Result<Facts, ApiError> {
    let registry = app.registry();
    let live = registry
        .workflows
        .get(name)
        .ok_or_else(|| ApiError::not_found("workflow", &visible(name)))?;
    let now_ms = app.clock.now_ms();
    let reader = app.store.reader()?;
    let audits = audits(&registry, live);
    let (patterns, decided) = learned(&reader, name)?;
    let from_ms = now_ms - REVIEW_DAYS * DAY_MS;
    let reviews = reader.judged_reviews(name, (from_ms, REVIEWS.0))?;
    Ok(Facts {
        now_ms,
        title: live.state.workflow.title.clone(),
        state: live.state.clone(),
        tools: tools(app, (&registry, live), &audits)?,
        blocked: blocked(&registry, live),
        blockers: audits
            .iter()
            .flat_map(|(_, audit)| audit.blockers.clone())
            .collect(),
        areas: areas((&registry, &reader), name, (&audits, now_ms))?,
        matrix: registry.matrix().is_some(),
        confidences: promoting::confidences(app, name)?,
        reviews: telling(reviews),
        patterns,
        decided,
        records: records::read(&reader, name)?,
        incident: incident::of_workflow(app, name)?.map(|state| state.number),
        worth: worth::of(app, name, worth::USUAL_DAYS)?,
    })
}

/// The reviews that tell most: wrong ones and those with a note, then the latest. What was planted is left out.
fn telling(mut reviews: Vec<ReviewState>) -> Vec<ReviewState> {
    reviews.retain(|review| !review.is_planted());
    reviews.sort_by_key(|review| {
        let noted = review.given.iter().any(|(_, given)| given.note.is_some());
        !noted && review.worst().is_none()
    });
    reviews.truncate(REVIEWS.1);
    reviews
}

/// The audit of the tools the workflow grants, per system.
fn audits(registry: &Registry, live: &LiveWorkflow) -> Vec<(String, Audit)> {
    let workflow = &live.state.workflow;
    let granted = |name: &str| workflow.grant(name) > Grant::Blocked;
    systems(live)
        .into_iter()
        .map(|system| {
            let tools = registry.tools.values();
            let tools: Vec<Value> = tools
                .filter(|tool| tool.system == system && granted(&tool.name))
                .map(|tool| tool.state.definition.clone())
                .collect();
            let pack = registry
                .systems
                .get(&system)
                .map(|state| &state.system.pack);
            let pack = pack.and_then(|pack| registry.packs.get(pack));
            let found = audit(Subject {
                system: &system,
                tools: &tools,
                pack: pack.map(|pack| &pack.compiled.pack),
                workflow: Some(workflow),
                owners: registry.matrix(),
                document: None,
            });
            (system, found)
        })
        .collect()
}

/// The systems whose tools the workflow grants.
fn systems(live: &LiveWorkflow) -> BTreeSet<String> {
    let grants = live.state.workflow.grants.iter();
    grants
        .filter(|(_, grant)| **grant > Grant::Blocked)
        .filter_map(|(name, _)| name.split_once("__"))
        .map(|(system, _)| system.to_owned())
        .collect()
}

fn blocked(registry: &Registry, live: &LiveWorkflow) -> Vec<String> {
    let systems = systems(live);
    let tools = registry.tools.values();
    tools
        .filter(|tool| systems.contains(&tool.system))
        .filter(|tool| live.state.workflow.grant(&tool.name) == Grant::Blocked)
        .map(|tool| tool.name.clone())
        .collect()
}

fn tools(
    app: &App,
    (registry, live): (&Registry, &LiveWorkflow),
    audits: &[(String, Audit)],
) -> Result<Vec<ToolFact>, ApiError> {
    let workflow = &live.state.workflow;
    let mut found = Vec::new();
    for (name, granted) in &workflow.grants {
        if *granted == Grant::Blocked {
            continue;
        }
        let audited = audits.iter().find_map(|(system, audit)| {
            let mut tools = audit.tools.iter();
            tools.find(|tool| tool_name(system, &tool.name) == *name)
        });
        let entry = audited.and_then(|tool| tool.entry.as_ref());
        let (undo, undo_how) = match (audited, entry.map(|entry| &entry.undo)) {
            (Some(tool), _) if tool.effect == Effect::Read => (Undo::Nothing, String::new()),
            (_, Some(Some(UndoRule::Exact { summary, .. }))) => (Undo::Exact, summary.clone()),
            (_, Some(Some(UndoRule::Compensating { summary, .. }))) => {
                (Undo::Compensating, summary.clone())
            }
            (_, Some(Some(UndoRule::None { why }))) => (Undo::None, why.clone()),
            _ => (
                Undo::Unknown,
                "no pack says how it is taken back".to_owned(),
            ),
        };
        let evidence = if *granted > Grant::Read {
            Some(summary::tool(app, (registry, live), name)?)
        } else {
            None
        };
        found.push(ToolFact {
            name: name.clone(),
            granted: *granted,
            now: evidence.as_ref().map_or(*granted, |tool| tool.now),
            worst: audited.map(|tool| (tool.effect, tool.level)),
            classified: entry.is_some(),
            changed: registry
                .find(name)
                .is_some_and(|tool| tool.state.changed.is_some()),
            area: audited.map_or(workflow.responsibility, |tool| {
                leeway_core::audit::owners::of(tool, Some(workflow))
            }),
            undo,
            undo_how,
            evidence,
        });
    }
    Ok(found)
}

fn areas(
    (registry, reader): (&Registry, &Reader),
    workflow: &str,
    (audits, now_ms): (&[(String, Audit)], i64),
) -> Result<Vec<AreaFact>, ApiError> {
    let mut needs: BTreeMap<Responsibility, OwnerNeed> = BTreeMap::new();
    for (_, audit) in audits {
        for need in &audit.owners {
            let known = needs.entry(need.responsibility);
            let known = known.or_insert_with(|| OwnerNeed {
                tools: Vec::new(),
                ..need.clone()
            });
            known.tools.extend(need.tools.iter().cloned());
        }
    }
    let open = reader.open_reviews(now_ms)?;
    let mut found = Vec::new();
    for (row, need) in needs {
        let waiting = open
            .iter()
            .find(|one| one.workflow == workflow && one.area == row);
        found.push(AreaFact {
            need,
            named: registry
                .matrix()
                .and_then(|matrix| matrix.rows.get(&row))
                .cloned(),
            routing: registry.routing(row, now_ms, false),
            open: waiting.map_or((0, 0), |one| (one.open, one.overdue)),
            stopped: lots::state(reader, workflow, row)?.1.is_stopped(),
        });
    }
    Ok(found)
}

type Learned = (BTreeMap<String, u64>, [u64; 3]);

fn learned(reader: &Reader, workflow: &str) -> Result<Learned, ApiError> {
    let mut patterns: BTreeMap<String, u64> = BTreeMap::new();
    let mut decided = [0; 3];
    for (_, _, document) in reader.documents(&StageState::stream(workflow, ""))? {
        let Document::Stage(stage) = document else {
            continue;
        };
        for (pattern, count) in stage.patterns {
            *patterns.entry(pattern).or_default() += count;
        }
        let adoption = &stage.adoption;
        let counts = [adoption.accepted, adoption.edited, adoption.rejected];
        for (sum, count) in decided.iter_mut().zip(counts) {
            *sum += count;
        }
    }
    Ok((patterns, decided))
}
