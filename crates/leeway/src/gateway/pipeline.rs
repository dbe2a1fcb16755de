//! An agent's call, from receipt to answer: receive, look, classify, judge, record, and, when it
//! may, run. Read top to bottom.
//!
//! Properties: nothing is answered before it is durable; a call runs at most once; an error on the
//! way refuses, holds or blocks, never allows.

use super::append::{append_onto, entry};
use super::arguments::{self, short};
use super::call;
use super::governance;
use super::naming;
use super::prepare::{Attempt, Prepared, prepare};
use super::record_lock::{Names, Writing, other, writing};
use super::repeat::{self, Earlier, earlier, join, known_key, same_call};
use super::run;
use super::secrets;
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use crate::metrics;
use crate::registry::{LiveTool, LiveWorkflow, Registry};
use crate::system::CallError;
use crate::system::Health;
use crate::system::line::Line;
use axum::http::StatusCode;
use leeway_core::action::event::{ActionEvent, Cause, Refused};
use leeway_core::action::lookalike::marked;
use leeway_core::action::state::ActionState;
use leeway_core::action::{Call, Claim};
use leeway_core::classify::Effect;
use leeway_core::id::ActionId;
use leeway_core::judge::Verdict;
use leeway_store::{Append, AppendError, Conflict, Precondition, SideWrite};
use serde_json::{Value, json};
use std::sync::Arc;

/// Who calls: an agent and the workflow its token is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The agent's name.
    pub agent: String,
    /// The workflow.
    pub workflow: String,
}

/// What an agent proposes.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    /// `<system>__<tool>`.
    pub tool: String,
    /// The call's arguments, an object.
    pub arguments: Value,
    /// What the agent says about it.
    pub claim: Claim,
    /// The caller's key, by which a repeat is recognised.
    pub idempotency_key: Option<String>,
    /// The line to the agent's side, while it waits for the answer.
    pub line: Option<Line>,
}

/// What became of a proposal so far.
pub struct Proposed {
    /// The action, as recorded.
    pub action: ActionState,
    /// The system's answer as it gave it, when the call ran now; its protocol error is an answer
    /// too.
    pub answer: Option<Result<Value, CallError>>,
    /// True when this is an earlier action: the same idempotency key, or an identical held call.
    pub joined: bool,
}

/// Receives a proposal and takes it as far as it may go alone. It goes on to its end in a task of
/// its own: a client that hangs up half-way must not leave a call without its outcome.
pub async fn propose(
    app: &Arc<App>,
    caller: Caller,
    proposal: Proposal,
) -> Result<Proposed, ApiError> {
    let app = app.clone();
    tokio::spawn(async move { Box::pin(received(&app, &caller, proposal)).await })
        .await
        .unwrap_or_else(|error| {
            Err(ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal-error",
                format!("the call could not be processed: {error}"),
            ))
        })
}

/// What is nested deeper than it could be recorded is turned away before anything is made of it.
fn bounded(proposal: &Proposal) -> Result<(), ApiError> {
    arguments::bounded(&proposal.arguments)?;
    arguments::bounded(&json!(proposal.claim))?;
    let inputs = proposal.line.as_ref().and_then(inputs);
    inputs.map_or(Ok(()), |inputs| arguments::bounded(&inputs))
}

/// How often a call is judged anew whose workflow changed meanwhile.
const ANEW: u32 = 3;

/// [`receive`], from the start again where the workflow changed while the call was judged: nothing was
/// recorded of it, and the agent has no part in that.
async fn received(
    app: &Arc<App>,
    caller: &Caller,
    proposal: Proposal,
) -> Result<Proposed, ApiError> {
    for _ in 1..ANEW {
        match Box::pin(receive(app, caller, proposal.clone())).await {
            Err(error) if error.code == WORKFLOW_CHANGED => {}
            other => return other,
        }
    }
    Box::pin(receive(app, caller, proposal)).await
}

/// The code of [`received`]'s cause.
const WORKFLOW_CHANGED: &str = "workflow-changed";

async fn receive(
    app: &Arc<App>,
    caller: &Caller,
    proposal: Proposal,
) -> Result<Proposed, ApiError> {
    bounded(&proposal)?;
    if let Err(error) = governance::check(&proposal.claim) {
        return Err(refuse_claim(app, caller, proposal, error).await);
    }
    let registry = app.registry();
    let workflow = registry
        .workflows
        .get(&caller.workflow)
        .cloned()
        .ok_or_else(|| {
            ApiError::not_found("workflow", &caller.workflow)
                .help("ask the operator to configure it; nothing was done")
        })?;
    let tool = match resolve(app, (&registry, &workflow), &proposal) {
        Ok(tool) => tool,
        Err(refusal) => return refuse(app, caller, proposal, refusal).await,
    };
    if let Some(earlier) = known_key(app, caller, &tool, &proposal)? {
        return Ok(earlier);
    }
    let arrived_ms = app.clock.now_ms();
    // Kept until the outcome is recorded.
    let mut writing = writing(app, &tool, &proposal.arguments).await;
    let id = ActionId::new(app.clock.now_ms(), clock::random());
    let arguments = proposal.arguments.clone();
    let key = proposal.idempotency_key.clone();
    let line = proposal.line;
    let attempt = Attempt {
        id,
        revision: 1,
        edited: false,
        asked: false,
        conflicted: false,
        cause: Cause::Proposed,
        agent: caller.agent.clone(),
        arguments: proposal.arguments,
        inputs: line.as_ref().and_then(inputs),
        claim: proposal.claim,
        idempotency_key: proposal.idempotency_key,
        repeats: None,
        readings: vec![],
    };
    let began = tokio::time::Instant::now();
    let ground = registry.ground(&caller.workflow, &tool);
    let place = (workflow.as_ref(), tool.as_ref(), ground);
    let (verdict, recorded) =
        judged_and_recorded(app, caller, place, (attempt, arrived_ms), &mut writing).await?;
    metrics::judged(verdict, began.elapsed());
    match recorded {
        Recorded::Earlier(id) => earlier(app, &id),
        Recorded::Twin(id) | Recorded::Repeats(id) => {
            // The one that is joined may need the record.
            drop(writing);
            join(app, caller, &id, key).await
        }
        Recorded::Waits(action) => Ok(Proposed {
            action,
            answer: None,
            joined: false,
        }),
        Recorded::Started(action) => {
            let ran = call::carry_out(app, &tool, action, (arguments, line)).await?;
            let (action, answer) = (ran.action, ran.answer);
            Ok(Proposed {
                action,
                answer,
                joined: false,
            })
        }
    }
}

/// Judges a call and records it; once more where it turns out to repeat one that was carried out.
async fn judged_and_recorded(
    app: &App,
    caller: &Caller,
    (workflow, tool, ground): (&LiveWorkflow, &LiveTool, Precondition),
    (mut attempt, arrived_ms): (Attempt, i64),
    writing: &mut Option<Writing>,
) -> Result<(Verdict, Recorded), ApiError> {
    loop {
        let prepared = prepare_held(app, (workflow, tool), &attempt, writing).await?;
        let verdict = prepared.judged.decision.verdict;
        attempt.readings.clone_from(&prepared.judged.readings);
        let judged = (attempt.id.clone(), prepared);
        let recorded = record(
            app,
            caller,
            (workflow, ground.clone()),
            (judged, arrived_ms),
        )
        .await?;
        let Recorded::Repeats(first) = &recorded else {
            return Ok((verdict, recorded));
        };
        match repeat::after(app, first, arrived_ms)? {
            Earlier::Joins => return Ok((verdict, Recorded::Twin(first.clone()))),
            Earlier::Repeats(said) => attempt.repeats = Some(said),
        }
    }
}

/// Judges a call, holding its record by the name that the reading gives it.
async fn prepare_held(
    app: &App,
    (workflow, tool): (&LiveWorkflow, &LiveTool),
    attempt: &Attempt,
    writing: &mut Option<Writing>,
) -> Result<Prepared, ApiError> {
    let mut names = Names::default();
    let mut attempt = attempt.clone();
    loop {
        let prepared = prepare(app, workflow, tool, attempt.clone()).await?;
        let Some(hold) = other(tool, writing.as_ref(), &prepared.judged.before) else {
            return Ok(prepared);
        };
        // What was counted for it is let go of before anything else is taken.
        attempt.readings = prepared.judged.readings;
        drop(prepared.counting);
        names.hold(app, writing, hold).await;
    }
}

/// What the agent answered to the system's questions, as it is recorded.
pub fn inputs(line: &Line) -> Option<Value> {
    let inputs = line.inputs()?;
    Some(json!({ "responses": inputs.responses, "state": inputs.state }))
}

/// Why a call cannot even be judged.
struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: String,
    help: &'static str,
}

fn resolve(
    app: &App,
    (registry, workflow): (&Registry, &LiveWorkflow),
    proposal: &Proposal,
) -> Result<Arc<LiveTool>, Refusal> {
    let Some(tool) = registry.find(&proposal.tool) else {
        if let Some(down) = down(app, (registry, workflow), &proposal.tool) {
            return Err(down);
        }
        return Err(Refusal {
            status: StatusCode::NOT_FOUND,
            code: "unknown-tool",
            message: format!("there is no tool `{}`", short(&proposal.tool)),
            help: "list the tools and use a name from the list",
        });
    };
    if tool.state.changed.is_some() {
        return Err(Refusal {
            status: StatusCode::CONFLICT,
            code: "tool-changed",
            message: format!(
                "the definition of `{}` changed since a person reviewed it",
                tool.name
            ),
            help: "an operator has to review the new definition; nothing was done",
        });
    }
    if let Err(error) = arguments::check(tool, &proposal.arguments) {
        return Err(Refusal {
            status: error.status,
            code: error.code,
            message: error.message,
            help: match error.code {
                "tool-unusable" => {
                    "whoever runs its system has to mend the tool's definition; nothing was done"
                }
                _ => {
                    "mend the arguments to match the tool's input schema and call again; nothing was done"
                }
            },
        });
    }
    Ok(tool.clone())
}

/// A tool that may be there, of a system that the workflow uses and that is not.
fn down(
    app: &App,
    (registry, workflow): (&Registry, &LiveWorkflow),
    tool: &str,
) -> Option<Refusal> {
    let connections = app.systems.all();
    let of_it = connections.iter().find(|connection| {
        let rest = tool.strip_prefix(&connection.system.name);
        rest.is_some_and(|rest| rest.starts_with("__"))
    })?;
    let system = &of_it.system.name;
    // Before it listed any tool, the grants say which systems are used.
    let start = format!("{system}__");
    let granted = workflow.state.workflow.grants.keys();
    if !granted.clone().any(|tool| tool.starts_with(&start))
        && !naming::uses(registry, workflow, system)
    {
        return None;
    }
    let message = match of_it.health() {
        Health::Ready => return None,
        Health::Starting => format!("the system `{system}` is still starting"),
        Health::Down { why } => format!("the system `{system}` is down: {}", short(&marked(&why))),
    };
    Some(Refusal {
        status: StatusCode::SERVICE_UNAVAILABLE,
        code: "system-down",
        message,
        help: "try again later; nothing was done",
    })
}

/// Records a call whose claim cannot be read, without the claim, and says why.
pub async fn refuse_claim(
    app: &App,
    caller: &Caller,
    proposal: Proposal,
    error: ApiError,
) -> ApiError {
    let refusal = Refusal {
        status: error.status,
        code: error.code,
        message: error.message,
        help: governance::HELP,
    };
    let proposal = Proposal {
        claim: Claim::default(),
        ..proposal
    };
    match refuse(app, caller, proposal, refusal).await {
        Err(error) => error,
        Ok(proposed) => ApiError::not_found("action", proposed.action.row.id.as_str()),
    }
}

/// Records a call that could not be judged, and says why.
async fn refuse(
    app: &App,
    caller: &Caller,
    proposal: Proposal,
    refusal: Refusal,
) -> Result<Proposed, ApiError> {
    let registry = app.registry();
    let tool = registry.find(&proposal.tool);
    let known = tool.map(std::convert::AsRef::as_ref);
    let id = ActionId::new(app.clock.now_ms(), clock::random());
    let (met, claim) = secrets::refused(app, caller, known, &proposal);
    let event = ActionEvent::Refused(Refused {
        call: Call {
            workflow: caller.workflow.clone(),
            agent: caller.agent.clone(),
            system: tool.map(|tool| tool.system.clone()).unwrap_or_default(),
            tool: tool.map_or_else(|| short(&proposal.tool), |tool| tool.tool.clone()),
            arguments: met.leaves(&secrets::arguments(known, &proposal.arguments)),
            inputs: None,
        },
        claim,
        code: refusal.code.to_owned(),
        message: refusal.message.clone(),
    });
    let append = Append {
        entries: vec![entry(app, &id, &format!("agent:{}", caller.agent), event)],
        preconditions: vec![],
        side: vec![],
    };
    app.store.append(append).await?;
    Err(ApiError::new(refusal.status, refusal.code, refusal.message)
        .help(refusal.help)
        .details(json!({ "id": id, "status": "refused" })))
}

enum Recorded {
    Earlier(ActionId),
    Twin(ActionId),
    Repeats(ActionId),
    Waits(ActionState),
    Started(ActionState),
}

/// Appends the judged revision; together with the start when it may run alone and the workflow is
/// not paused.
async fn record(
    app: &App,
    caller: &Caller,
    (workflow, ground): (&LiveWorkflow, Precondition),
    ((id, prepared), arrived_ms): ((ActionId, Prepared), i64),
) -> Result<Recorded, ApiError> {
    // Kept until the append below is done.
    let _counting = prepared.counting;
    let judged = prepared.judged;
    let starts = judged.decision.verdict == Verdict::Allow && workflow.state.paused.is_none();
    let at = Precondition::StreamAt {
        stream: LiveWorkflow::stream(&caller.workflow),
        version: workflow.version,
    };
    let mut preconditions = vec![at, ground];
    // The key first: what it stands for is the answer, whatever else waits.
    if let Some(key) = &judged.idempotency_key {
        preconditions.push(Precondition::KeyUnused {
            agent: caller.agent.clone(),
            key: key.clone(),
        });
    }
    let acts = judged.classified.effect != Effect::Read;
    if acts && judged.decision.verdict != Verdict::Block {
        preconditions.push(repeat::no_twin(workflow, &judged, arrived_ms));
    } else if judged.decision.verdict == Verdict::Hold {
        preconditions.push(Precondition::NoHeldTwin {
            twin_hash: judged.twin_hash.clone(),
        });
    }
    let (call, twin) = (judged.call.clone(), judged.twin_hash.clone());
    let held = judged.decision.verdict == Verdict::Hold;
    let mut events = vec![(
        format!("agent:{}", caller.agent),
        ActionEvent::Judged(Box::new(judged)),
    )];
    if starts {
        events.push(("leeway".to_owned(), run::start_event((&id, 1), vec![])));
    }
    let side = match prepared.sealed {
        Some(arguments) if held || !starts => vec![SideWrite::PutSealed {
            action: id.clone(),
            revision: 1,
            arguments,
        }],
        _ => vec![],
    };
    match append_onto(app, &id, None, (events, preconditions, side)).await {
        Ok(action) if starts => Ok(Recorded::Started(action)),
        Ok(action) => Ok(Recorded::Waits(action)),
        Err(AppendError::Conflict(Conflict::Twin(earlier))) => Ok(Recorded::Twin(earlier)),
        Err(AppendError::Conflict(Conflict::Repeated(first))) => Ok(Recorded::Repeats(first)),
        Err(AppendError::Conflict(Conflict::KeyUsed(earlier))) => {
            same_call(app, &earlier, &call, std::slice::from_ref(&twin))?;
            Ok(Recorded::Earlier(earlier))
        }
        Err(AppendError::Conflict(
            Conflict::StreamMoved { .. } | Conflict::Reconfigured { .. },
        )) => Err(ApiError::new(
            StatusCode::CONFLICT,
            WORKFLOW_CHANGED,
            "the workflow or its configuration was changed or paused while this call was being judged; nothing was done",
        )
        .help("call again")),
        Err(error) => Err(error.into()),
    }
}
