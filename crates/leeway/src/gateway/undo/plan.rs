//! What an undo would do now: the record is read anew and compared, field by field.

use super::foreseen::Foreseen;
use super::ways;
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::look::{Looking, record_apart};
use crate::gateway::secrets;
use crate::gateway::words;
use crate::registry::{LiveTool, Registry};
use axum::http::StatusCode;
use leeway_core::action::event::ReadFor;
use leeway_core::action::state::{ActionState, Status};
use leeway_core::action::tool_name;
use leeway_core::canonical;
use leeway_core::classify::classified::has_mark;
use leeway_core::classify::scrub::Scrubber;
use leeway_core::classify::{BeforeImage, Effect, UndoPlan};
use leeway_core::govern::state::Document;
use leeway_core::id::ActionId;
use leeway_core::undo::along::Along;
use leeway_core::undo::state::{UndoState, UndoStatus};
use leeway_core::undo::{FieldUndo, Finding, Way, written};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::sync::Arc;

/// Stands for every field in a choice.
pub const ALL: &str = "*";

/// What a person decides about fields that were changed since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// Labels of fields that get their old value although they were changed since; `*` for all.
    pub overwrite: Vec<String>,
    /// Labels of fields that stay as they are; `*` for all that were changed since.
    pub keep: Vec<String>,
}

impl Choices {
    pub(super) fn overwrites(&self, field: &FieldUndo) -> bool {
        self.overwrite
            .iter()
            .any(|label| *label == field.label() || label == ALL)
    }

    pub(super) fn keeps(&self, field: &FieldUndo) -> bool {
        let named = |label: &String| {
            *label == field.label() || (label == ALL && field.finding != Finding::Restore)
        };
        self.keep.iter().any(named)
    }
}

/// What follows from a plan.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "next", rename_all = "kebab-case")]
pub enum Next {
    /// A call takes it back.
    Call {
        /// The system's tool.
        tool: String,
        /// Its arguments, as shown.
        arguments: Value,
        /// Labels of fields that are overwritten although they were changed since.
        forced: Vec<String>,
        /// Labels of fields that stay as they are, by choice.
        kept: Vec<String>,
        /// Labels of fields that stay undecided.
        left: Vec<String>,
    },
    /// It is as it was before: nothing is to be done.
    AlreadyBack,
    /// Everything that could be set back is kept, by choice.
    AllKept,
    /// Something changed since, or cannot be read or reached: a person decides what to keep and what to
    /// overwrite.
    Decide {
        /// Labels of the fields to decide about.
        left: Vec<String>,
        /// Why each is to be decided about, in a sentence.
        points: String,
    },
    /// There is no way back from here.
    Impossible {
        /// Why, for people.
        why: String,
    },
}

/// An undo as it would be now.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The action to be taken back.
    pub action: ActionId,
    /// Where its undo stands; `None` when nobody asked for one.
    pub state: Option<UndoState>,
    /// Which way leads back; `None` when none does.
    pub way: Option<Way>,
    /// One sentence for people.
    pub summary: String,
    /// The comparison.
    pub fields: Vec<FieldUndo>,
    /// What changed along with the action without being named by its call.
    pub along: Vec<Along>,
    /// What nobody can tell by reading, a sentence for people; empty when there is nothing.
    pub caution: String,
    /// What follows, with the choices made.
    #[serde(flatten)]
    pub next: Next,
    /// What an undo is bound to: hash over all of the above.
    pub hash: String,
    /// What is needed to carry it out.
    #[serde(skip)]
    pub means: Option<Means>,
}

impl Plan {
    /// The fields its call would write.
    pub fn written(&self) -> impl Iterator<Item = &FieldUndo> {
        let (forced, kept) = match &self.next {
            Next::Call { forced, kept, .. } => (forced.as_slice(), kept.as_slice()),
            _ => (&[][..], &[][..]),
        };
        written(&self.fields, (forced, kept))
    }
}

/// What a plan was made with.
#[derive(Clone)]
pub struct Means {
    /// The tool that takes it back.
    pub tool: Arc<LiveTool>,
    /// The record by that tool's reading, and its secrets.
    pub before: (BeforeImage, Scrubber),
    /// The record by the reading of what is taken back.
    pub seen: BeforeImage,
}

impl std::fmt::Debug for Means {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Means")
            .field("tool", &self.tool.name)
            .finish_non_exhaustive()
    }
}

/// Where the undo of an action stands.
pub fn state(app: &App, id: &ActionId) -> Result<Option<(u64, UndoState)>, ApiError> {
    let found = app.store.reader()?.document(&UndoState::stream(id))?;
    Ok(match found {
        Some((version, Document::Undo(state))) => Some((version, state)),
        _ => None,
    })
}

/// What an agent is told about an action of its own that a person took back, if one did.
pub fn told(app: &App, action: &ActionState) -> Option<&'static str> {
    let reads = action.row.effect == Some(Effect::Read);
    if reads || !matches!(action.row.status, Status::Executed | Status::Partial) {
        return None;
    }
    // An agent that cannot be told this much is still told what was carried out.
    let (_, state) = state(app, &action.row.id).ok()??;
    words::taken_back(state.status)
}

/// Works out what an undo would do now.
pub async fn plan(app: &App, action: &ActionState, choices: &Choices) -> Result<Plan, ApiError> {
    plan_after(app, action, choices, &Foreseen::default()).await
}

/// [`plan`], as if what is foreseen had been done already.
pub async fn plan_after(
    app: &App,
    action: &ActionState,
    choices: &Choices,
    foreseen: &Foreseen,
) -> Result<Plan, ApiError> {
    if !matches!(action.row.status, Status::Executed | Status::Partial) {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "nothing-to-undo",
            format!(
                "only what was done can be taken back: it is {}",
                action.row.status.name()
            ),
        )
        .details(json!({ "status": action.row.status })));
    }
    let state = state(app, &action.row.id)?.map(|(_, state)| state);
    let worked = work(app, action, choices, foreseen).await?;
    let mut plan = Plan {
        action: action.row.id.clone(),
        state,
        way: worked.way,
        summary: worked.summary,
        fields: worked.fields,
        along: action
            .finished()
            .map(|finished| finished.along.clone())
            .unwrap_or_default(),
        caution: worked.caution,
        next: worked.next,
        hash: String::new(),
        means: worked.means,
    };
    plan.hash = canonical::exact(&json!([
        plan.action,
        plan.way,
        plan.fields,
        plan.next,
        plan.state.as_ref().map(|state| (state.status, state.asked)),
    ]));
    Ok(plan)
}

/// Refuses what no undo may follow: one under way, or one that is settled.
pub fn open(plan: &Plan) -> Result<(), ApiError> {
    let Some(state) = &plan.state else {
        return Ok(());
    };
    let (code, message) = match state.status {
        UndoStatus::Planned | UndoStatus::Undoing => {
            ("undo-under-way", "an undo of it is under way already")
        }
        UndoStatus::UndoUnknown => (
            "undo-unknown",
            "an undo of it has an unknown outcome: that is read back or attested first",
        ),
        UndoStatus::Undone => ("already-undone", "it is undone already"),
        UndoStatus::PutRight => ("already-undone", "a person put it right by hand already"),
        UndoStatus::NotConfirmed if would_be_twice(plan) => (
            "undo-not-confirmed",
            "an undo of it was made and is not confirmed: look there first, and settle it; another might do it twice",
        ),
        UndoStatus::Kept => ("kept", "a person decided that it stays as it is"),
        UndoStatus::Remediation => (
            "remediation",
            "it cannot be taken back from here; a person sees to it",
        ),
        _ => return Ok(()),
    };
    Err(ApiError::new(StatusCode::CONFLICT, code, message)
        .details(json!({ "status": state.status, "undo": state.undo })))
}

/// Whether another undo may do a second time what one that nothing proves has done.
fn would_be_twice(plan: &Plan) -> bool {
    let makes = || {
        let effect = plan.means.as_ref().and_then(|means| means.tool.entry());
        effect.is_none_or(|entry| entry.entry.effect == Effect::Create)
    };
    match (&plan.next, plan.way) {
        (Next::Call { .. }, Some(Way::Offset)) => true,
        (Next::Call { .. }, Some(Way::Remake)) => makes(),
        _ => false,
    }
}

struct Worked {
    way: Option<Way>,
    summary: String,
    fields: Vec<FieldUndo>,
    caution: String,
    next: Next,
    means: Option<Means>,
}

fn impossible(why: impl Into<String>) -> Worked {
    let why = why.into();
    Worked {
        way: None,
        summary: why.clone(),
        fields: vec![],
        caution: String::new(),
        next: Next::Impossible { why },
        means: None,
    }
}

async fn work(
    app: &App,
    action: &ActionState,
    choices: &Choices,
    foreseen: &Foreseen,
) -> Result<Worked, ApiError> {
    let registry = app.registry();
    let (tool, arguments, summary, exact) = match action.undo_plan() {
        None | Some(UndoPlan::NothingToUndo) => {
            return Ok(impossible(
                "It changed nothing, so there is nothing to take back.",
            ));
        }
        Some(UndoPlan::None { why }) => return Ok(impossible(why.clone())),
        Some(
            UndoPlan::Exact {
                arguments: None, ..
            }
            | UndoPlan::Compensating {
                arguments: None, ..
            },
        ) => {
            return Ok(impossible(
                "The system's answer was needed to work out the way back, and it did not tell.",
            ));
        }
        Some(UndoPlan::Exact {
            tool,
            arguments: Some(arguments),
            summary,
        }) => (tool, arguments, summary, true),
        Some(UndoPlan::Compensating {
            tool,
            arguments: Some(arguments),
            summary,
        }) => (tool, arguments, summary, false),
    };
    let place = (action.row.system.as_str(), tool.as_str());
    let tool = usable(&registry, place)?;
    let done = action.current().map(|judged| judged.classified.effect);
    let gravest = tool
        .entry()
        .map_or(Effect::Execute, |entry| entry.entry.effect);
    let way = Way::of(done.unwrap_or(Effect::Execute), gravest, exact);
    let mut means = read(app, action, (way, &tool, arguments)).await?;
    if let (BeforeImage::Failed { why }, _) | (_, BeforeImage::Failed { why }) =
        (&means.seen, &means.before.0)
    {
        // It may be readable in a moment: nothing is concluded from it.
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "record-unreadable",
            format!("the record cannot be read now ({why}), so nothing is known of it"),
        )
        .help("try again; nothing was done"));
    }
    foreseen.overlay(app, action, (way, arguments), &mut means);
    let (fields, next) = match way {
        Way::Fields => ways::fields(action, &means, (arguments, choices)),
        Way::Unmake => ways::unmake(action, &means, (arguments, choices)),
        Way::Remake => ways::remake(action, &means, arguments),
        Way::Offset => ways::offset(action, &means, (arguments, choices)),
    };
    Ok(Worked {
        way: Some(way),
        summary: summary.clone(),
        caution: ways::caution(action, &means, way),
        fields,
        next: whole(next),
        means: Some(means),
    })
}

/// A call that would write a hidden value's mark is not made.
fn whole(next: Next) -> Next {
    match &next {
        Next::Call { arguments, .. } if has_mark(arguments) => Next::Impossible {
            why: "A value that would be written back is a secret, which is not kept.".to_owned(),
        },
        _ => next,
    }
}

/// The tool that takes an action back, if it can be used now.
fn usable(registry: &Registry, (system, tool): (&str, &str)) -> Result<Arc<LiveTool>, ApiError> {
    let name = tool_name(system, tool);
    let unusable = |code, message| {
        Err(ApiError::new(StatusCode::CONFLICT, code, message)
            .help("mend the configuration and undo then; or settle it by hand"))
    };
    let Some(live) = registry.find(&name) else {
        return unusable(
            "undo-tool-missing",
            format!("`{name}`, which takes it back, is not offered by the system now"),
        );
    };
    if live.state.changed.is_some() {
        return unusable(
            "tool-changed",
            format!("the definition of `{name}` changed; an operator has to review it first"),
        );
    }
    if live.entry().is_none() {
        return unusable(
            "undo-tool-unclassified",
            format!("no pack entry says what `{name}` does"),
        );
    }
    Ok(live.clone())
}

/// How what is taken back is read: by the tool that did it, or by the one that deletes what it made.
pub fn reading(
    app: &App,
    action: &ActionState,
    (way, undo, arguments): (Way, &Arc<LiveTool>, &Value),
) -> Option<(Arc<LiveTool>, Value)> {
    if way == Way::Unmake {
        return Some((undo.clone(), arguments.clone()));
    }
    let judged = action.current()?;
    let tool = app.registry().find(&judged.call.tool_name())?.clone();
    Some((tool, judged.call.arguments.clone()))
}

async fn read(
    app: &App,
    action: &ActionState,
    (way, tool, arguments): (Way, &Arc<LiveTool>, &Value),
) -> Result<Means, ApiError> {
    let gone = || ApiError::not_found("tool", &tool.name);
    let entry = tool.entry().ok_or_else(gone)?;
    let looking = Looking::new(app, secrets::run_of_action(action), ReadFor::Undoing);
    let before = looking.see(tool, entry, arguments).await;
    let seen = seen(&looking, action, (way, tool, arguments)).await;
    record_apart(app, action, looking.readings()).await?;
    Ok(Means {
        tool: tool.clone(),
        before,
        seen,
    })
}

/// The record by the reading of what is taken back.
pub async fn seen(
    looking: &Looking<'_>,
    action: &ActionState,
    place: (Way, &Arc<LiveTool>, &Value),
) -> BeforeImage {
    match reading(looking.app, action, place) {
        Some((tool, arguments)) => match tool.entry() {
            Some(entry) => looking.record(&tool, entry, &arguments).await,
            None => BeforeImage::NotReadable,
        },
        None => BeforeImage::NotReadable,
    }
}
