//! What needs somebody today, and how each workflow stands: the operator's desk.

use super::summary::{self, Tool};
use super::{DAY_MS, reviewers};
use crate::app::App;
use crate::error::ApiError;
use crate::incident;
use leeway_core::action::state::Status;
use leeway_core::evidence::cusum;
use leeway_core::govern::workflow::Grant;
use leeway_store::OpenReviews;
use serde::Serialize;

/// From which part of the demoting bound on an accuracy is said to drift.
const DRIFTS: f64 = 0.5;
/// Days in which what was promoted is about to end.
const ENDS_SOON: i64 = 14;

/// What kind of thing needs somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// An incident is open.
    Incident,
    /// Calls ended without an answer that tells what became of them.
    Unknown,
    /// Undos stand still until a person sees to them.
    Undo,
    /// Reviews are overdue: nothing of the area runs alone.
    ReviewsOverdue,
    /// An area's samples were stopped.
    AreaStopped,
    /// Actions wait for a decision.
    Held,
    /// A promotion waits for signatures.
    Proposal,
    /// Errors came close together.
    Drifting,
    /// What was earned ends soon.
    EndsSoon,
    /// Reviews wait.
    Reviews,
    /// A pause was not tried for long.
    Drill,
    /// It looks as if things were waved through.
    WavedThrough,
    /// A change of the configuration waits for a review.
    Change,
    /// A tool's definition changed.
    ToolChanged,
}

/// Something that needs somebody.
#[derive(Clone, Debug, Serialize)]
pub struct Need {
    /// What kind.
    pub kind: Kind,
    /// One sentence for people.
    pub text: String,
    /// Where it is seen to: a page's address.
    pub at: String,
    /// The workflow, where it is of one.
    pub workflow: Option<String>,
}

/// How a workflow stands.
#[derive(Clone, Debug, Serialize)]
pub struct Standing {
    /// Its name.
    pub workflow: String,
    /// Its title.
    pub title: String,
    /// `running`, `held-back`, `paused`, `incident`.
    pub state: &'static str,
    /// The tool its agents go furthest with alone, and how far; `None` while they do nothing alone.
    pub alone: Option<String>,
    /// How many of its tools run alone.
    pub tools_alone: usize,
    /// How many more could.
    pub tools_more: usize,
    /// Outputs known to be right or wrong in the present runs of evidence.
    pub reviewed: u64,
    /// Of those, wrong.
    pub wrong: u64,
    /// Share right per week, oldest first.
    pub accuracy: Vec<f64>,
    /// Actions of the last seven days.
    pub volume: u64,
    /// Of those, carried out by rule alone.
    pub ran_alone: u64,
}

/// The desk.
#[derive(Clone, Debug, Serialize)]
pub struct Desk {
    /// What needs somebody, the most urgent first.
    pub needs: Vec<Need>,
    /// Every workflow.
    pub workflows: Vec<Standing>,
}

/// Puts the desk together.
pub fn desk(app: &App) -> Result<Desk, ApiError> {
    let registry = app.registry();
    let mut needs = Vec::new();
    let mut workflows = Vec::new();
    let mut untried = Vec::new();
    incidents(app, &mut needs)?;
    reviews(app, &mut needs)?;
    for (name, live) in &registry.workflows {
        let tools = summary::tools(app, &registry, live)?;
        of_workflow(app, (name, &live.state.workflow.title), &tools, &mut needs);
        if live.state.drill_overdue(app.clock.now_ms()) {
            untried.push((name.as_str(), live.state.workflow.title.as_str()));
        }
        for (area, state) in summary::areas(app, name)? {
            if state.is_stopped() {
                needs.push(need(
                    (Kind::AreaStopped, Some(name)),
                    format!(
                        "Samples of “{}” were stopped: too many were bad",
                        area.title()
                    ),
                    format!("/workflows/{name}/evidence"),
                ));
            }
        }
        workflows.push(standing(app, name, &tools)?);
    }
    drills(&untried, &mut needs);
    rest(app, &mut needs)?;
    needs.sort_by_key(|need| need.kind);
    Ok(Desk { needs, workflows })
}

fn need((kind, workflow): (Kind, Option<&str>), text: String, at: String) -> Need {
    Need {
        kind,
        text,
        at,
        workflow: workflow.map(str::to_owned),
    }
}

fn plural(count: u64, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{count} {many}"),
    }
}

fn drills(untried: &[(&str, &str)], needs: &mut Vec<Need>) {
    match untried {
        [] => {}
        [(name, title)] => needs.push(need(
            (Kind::Drill, Some(name)),
            format!("A pause of “{title}” was not tried in the last 90 days"),
            format!("/workflows/{name}"),
        )),
        many => needs.push(need(
            (Kind::Drill, None),
            format!(
                "A pause was not tried in the last 90 days in {} workflows",
                many.len()
            ),
            "/workflows".to_owned(),
        )),
    }
}

fn incidents(app: &App, needs: &mut Vec<Need>) -> Result<(), ApiError> {
    for state in incident::all(app)? {
        if !state.status.is_over() {
            needs.push(need(
                (Kind::Incident, Some(&state.workflow)),
                format!("Incident {} is open: {}", state.number, state.status.name()),
                format!("/incidents/{}", state.number),
            ));
        }
    }
    Ok(())
}

fn reviews(app: &App, needs: &mut Vec<Need>) -> Result<(), ApiError> {
    let now_ms = app.clock.now_ms();
    for waiting in app.store.reader()?.open_reviews(now_ms)? {
        let OpenReviews {
            workflow,
            area,
            open,
            overdue,
            ..
        } = waiting;
        let (kind, text) = if overdue > 0 {
            let count = plural(overdue, "review is overdue", "reviews are overdue");
            (
                Kind::ReviewsOverdue,
                format!(
                    "{count}: nothing of “{}” runs alone in {workflow}",
                    area.title()
                ),
            )
        } else {
            let count = plural(open, "output waits", "outputs wait");
            (
                Kind::Reviews,
                format!("{count} for a review: “{}” in {workflow}", area.title()),
            )
        };
        let at = format!("/reviews?workflow={workflow}&area={}", area.name());
        needs.push(need((kind, Some(&workflow)), text, at));
    }
    Ok(())
}

fn of_workflow(app: &App, (name, title): (&str, &str), tools: &[Tool], needs: &mut Vec<Need>) {
    let now_ms = app.clock.now_ms();
    for tool in tools {
        let at = format!("/workflows/{name}/evidence/{}", tool.name);
        let Some(stage) = &tool.stage else { continue };
        if let Some(proposal) = &stage.proposal {
            needs.push(need(
                (Kind::Proposal, Some(name)),
                format!(
                    "{title}: “{}” is proposed for {}",
                    proposal.to.name(),
                    tool.name
                ),
                at.clone(),
            ));
        }
        if tool.now > Grant::Draft && stage.run.sum > cusum::Design::DEFAULT.bound * DRIFTS {
            needs.push(need(
                (Kind::Drifting, Some(name)),
                format!("{title}: errors with {} came close together", tool.name),
                at.clone(),
            ));
        }
        let until = tool
            .standing
            .as_ref()
            .and_then(|standing| standing.until_ms);
        if let Some(left) = until.map(|until| (until - now_ms) / DAY_MS)
            && (0..=ENDS_SOON).contains(&left)
        {
            needs.push(need(
                (Kind::EndsSoon, Some(name)),
                format!(
                    "{title}: what was earned with {} ends in {left} days",
                    tool.name
                ),
                at,
            ));
        }
    }
}

fn rest(app: &App, needs: &mut Vec<Need>) -> Result<(), ApiError> {
    let unknown = app.store.reader()?.with_status(&Status::UNKNOWN)?.len() as u64;
    if unknown > 0 {
        let text = plural(
            unknown,
            "call ended without an answer that tells what became of it",
            "calls ended without an answer that tells what became of them",
        );
        needs.push(need((Kind::Unknown, None), text, "/outcomes".to_owned()));
    }
    let undos = app.store.reader()?.undos_waiting()?.len() as u64;
    if undos > 0 {
        let text = plural(
            undos,
            "undo waits for somebody to look",
            "undos wait for somebody to look",
        );
        needs.push(need((Kind::Undo, None), text, "/outcomes#undos".to_owned()));
    }
    let held = app.store.reader()?.counts(None)?.held;
    if held > 0 {
        let text = plural(
            held,
            "action waits for a decision",
            "actions wait for a decision",
        );
        needs.push(need((Kind::Held, None), text, "/inbox".to_owned()));
    }
    let alarms = reviewers::measure(app)?.people;
    let alarms = alarms.iter().filter(|one| one.alarm.is_some()).count() as u64;
    if alarms > 0 {
        let text = plural(
            alarms,
            "reviewer looks as if things were waved through",
            "reviewers look as if things were waved through",
        );
        needs.push(need(
            (Kind::WavedThrough, None),
            text,
            "/reviewers".to_owned(),
        ));
    }
    let open = crate::changes::all(app)?;
    let open = open.iter().filter(|change| change.decision.is_none());
    let open = open.count() as u64;
    if open > 0 {
        let text = plural(
            open,
            "change waits for a review",
            "changes wait for a review",
        );
        needs.push(need((Kind::Change, None), text, "/changes".to_owned()));
    }
    let registry = app.registry();
    let changed = registry
        .tools
        .values()
        .filter(|tool| tool.state.changed.is_some());
    let changed = changed.count() as u64;
    if changed > 0 {
        let text = plural(
            changed,
            "tool’s definition changed and is blocked",
            "tools’ definitions changed and are blocked",
        );
        needs.push(need((Kind::ToolChanged, None), text, "/systems".to_owned()));
    }
    Ok(())
}

fn standing(app: &App, name: &str, tools: &[Tool]) -> Result<Standing, ApiError> {
    let registry = app.registry();
    let live = registry
        .workflows
        .get(name)
        .ok_or_else(|| ApiError::not_found("workflow", name))?;
    let week = app
        .store
        .reader()?
        .measures(name, app.clock.now_ms() - 7 * DAY_MS)?;
    let alone = tools.iter().filter(|tool| tool.now >= Grant::Update);
    let state = match (&live.state.paused, &live.state.contained) {
        _ if incident::of_workflow(app, name)?.is_some() => "incident",
        (Some(_), _) => "paused",
        (None, Some(_)) => "held-back",
        (None, None) => "running",
    };
    let sum = |of: fn((u64, u64)) -> u64| tools.iter().map(|tool| of(tool.tally())).sum();
    Ok(Standing {
        workflow: name.to_owned(),
        title: live.state.workflow.title.clone(),
        state,
        alone: alone
            .clone()
            .max_by_key(|tool| tool.now)
            .map(|tool| tool.name.clone()),
        tools_alone: alone.count(),
        tools_more: tools
            .iter()
            .filter(|tool| tool.next.is_some() && tool.barred().is_none())
            .count(),
        reviewed: sum(|(reviewed, _)| reviewed),
        wrong: sum(|(_, wrong)| wrong),
        accuracy: accuracy(tools),
        volume: week.volume,
        ran_alone: week.ran_alone,
    })
}

/// Share right per week over all tools, the oldest first.
fn accuracy(tools: &[Tool]) -> Vec<f64> {
    let mut weeks = std::collections::BTreeMap::new();
    for week in tools
        .iter()
        .filter_map(|tool| tool.stage.as_ref())
        .flat_map(|stage| &stage.weeks)
    {
        let (n, right) = weeks.entry(week.from_ms).or_insert((0_u64, 0_u64));
        *n += week.n;
        *right += week.right;
    }
    weeks
        .into_values()
        .filter(|(n, _)| *n > 0)
        .map(|(n, right)| right as f64 / n as f64)
        .collect()
}
