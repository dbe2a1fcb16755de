//! Promotions and what else owners do to a stage: sign what is proposed, decline it, take something back,
//! adopt what a stated confidence is worth.

use super::{DAY_MS, append, beginning, entry, grant_now, place, place_of, stage, versions};
use crate::app::App;
use crate::error::ApiError;
use crate::incident::again;
use crate::registry::{LiveTool, LiveWorkflow, Registry};
use crate::texts;
use axum::http::StatusCode;
use leeway_core::earn::stage::{Lost, StageEvent};
use leeway_core::earn::standing::below;
use leeway_core::earn::state::StageState;
use leeway_core::earn::tally::{BUCKETS, Stated, buckets, threshold};
use leeway_core::evidence::calibration::Bucket;
use leeway_core::evidence::gate::Gate;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::state::Document;
use leeway_core::govern::workflow::Grant;
use leeway_core::incident::event::Side;
use leeway_store::{NewEntry, Precondition};
use std::collections::BTreeMap;

/// The share of wrong outputs that is accepted above a threshold of confidence.
pub const TARGET: f64 = 0.05;

/// What a signature says, in full: recorded with it.
pub fn meaning(side: Side, to: Grant) -> String {
    let what = match side {
        Side::Business => "I own the risk and accept it",
        Side::Technical => "The systems, versions and the way back are as the evidence says",
    };
    format!(
        "{what}: I have looked at the evidence, and agents of this workflow may go as far as “{}” with this tool.",
        to.name()
    )
}

/// Signs exactly the proposal of this hash; with both signatures the promotion takes force at once.
pub async fn sign(
    app: &App,
    person: &Person,
    (workflow, tool): (&str, &str),
    (side, hash): (Side, &str),
) -> Result<StageState, ApiError> {
    let registry = app.registry();
    let (live, found) = place_of(&registry, workflow, tool)?;
    if !again::sides(app, person, workflow).contains(&side) {
        return Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "not-eligible",
            format!("you do not sign as {}", side.words()),
        )
        .help("the permission owner matrix names who does"));
    }
    let (version, state) = known(app, workflow, tool)?;
    let proposal = state.proposal.clone().ok_or_else(|| {
        ApiError::new(
            StatusCode::CONFLICT,
            "nothing-proposed",
            "no promotion is proposed",
        )
        .help("Leeway proposes one when the evidence passes the gate")
    })?;
    let now_ms = app.clock.now_ms();
    // Nothing it rests on may have moved: the versions, the evidence, how far agents go now.
    let moved_on = state.versions != versions(live, found)
        || grant_now(&registry, live, (tool, now_ms)) != proposal.from
        || proposal.to > live.state.workflow.grant(tool)
        // Proposed beside an entry that found these versions bad, or from evidence that began anew since.
        || state.barred.is_some()
        || proposal.reviewed > state.run.reviewed;
    let design = live.state.workflow.evidence.gate.design();
    let proven = design.says(state.run.wrong, state.run.reviewed) == Gate::Passes;
    if moved_on || !proven || proposal.content_hash != hash {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "stale",
            "what the proposal rests on is no longer so; nothing was signed",
        )
        .help("look at the evidence again"));
    }
    let event = StageEvent::Signed {
        by: person.email.clone(),
        side,
        content_hash: hash.to_owned(),
        meaning: meaning(side, proposal.to),
        solo: registry.one_person_firm(&person.email, (now_ms, now_ms)),
    };
    let stream = StageState::stream(workflow, tool);
    let actor = format!("person:{}", person.email);
    let signed = applied(state, (&actor, now_ms), &event)?;
    let mut entries = vec![entry((&stream, &actor, now_ms), event)];
    let mut preconditions = vec![Precondition::StreamAt {
        stream: stream.clone(),
        version,
    }];
    if Side::ALL.iter().all(|side| signed.signed(*side).is_some()) {
        let promoted = StageEvent::Promoted { to: proposal.to };
        applied(signed, ("leeway", now_ms), &promoted)?;
        let good_for = i64::from(live.state.workflow.evidence.good_for_days());
        let earned = GovernEvent::WorkflowPromoted {
            tool: tool.to_owned(),
            grant: proposal.to,
            with: versions(live, found),
            until_ms: now_ms + good_for * DAY_MS,
            why: format!(
                "{} of {} reviewed were wrong; signed by both owners",
                proposal.wrong, proposal.reviewed
            ),
        };
        entries.push(entry((&stream, "leeway", now_ms), promoted));
        let stream = LiveWorkflow::stream(workflow);
        entries.push(entry((&stream, "leeway", now_ms), earned));
        preconditions.push(Precondition::StreamAt {
            stream,
            version: live.version,
        });
    }
    append(app, entries, preconditions).await?;
    Ok(known(app, workflow, tool)?.1)
}

/// Declines what is proposed.
pub async fn decline(
    app: &App,
    person: &Person,
    (workflow, tool): (&str, &str),
    why: &str,
) -> Result<StageState, ApiError> {
    signs(app, person, workflow)?;
    said(why)?;
    let event = StageEvent::Lapsed {
        by: Some(person.email.clone()),
        why: why.trim().to_owned(),
    };
    say(app, person, (workflow, tool), event).await
}

/// Refuses whoever may not sign a promotion of a workflow.
fn signs(app: &App, person: &Person, workflow: &str) -> Result<(), ApiError> {
    if again::sides(app, person, workflow).is_empty() {
        return Err(ApiError::forbidden(
            "whoever may sign a promotion declines it, or lets it try again",
        ));
    }
    Ok(())
}

/// Records what a person says of a stage, if it may follow, and returns what the stage is then.
async fn say(
    app: &App,
    person: &Person,
    (workflow, tool): (&str, &str),
    event: StageEvent,
) -> Result<StageState, ApiError> {
    let (version, state) = known(app, workflow, tool)?;
    let actor = format!("person:{}", person.email);
    let now_ms = app.clock.now_ms();
    applied(state, (&actor, now_ms), &event)?;
    let stream = StageState::stream(workflow, tool);
    let entries = vec![entry((&stream, &actor, now_ms), event)];
    append(
        app,
        entries,
        vec![Precondition::StreamAt { stream, version }],
    )
    .await?;
    Ok(known(app, workflow, tool)?.1)
}

/// Lets what the evidence found bad try again, from nothing, though nothing it is gained with changed.
pub async fn readmit(
    app: &App,
    person: &Person,
    (workflow, tool): (&str, &str),
    why: &str,
) -> Result<StageState, ApiError> {
    signs(app, person, workflow)?;
    said(why)?;
    if known(app, workflow, tool)?.1.barred.is_none() {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "not-barred",
            "nothing keeps it from being proposed",
        )
        .help("Leeway proposes a promotion when the evidence passes the gate"));
    }
    let event = StageEvent::Readmitted {
        by: person.email.clone(),
        why: why.trim().to_owned(),
    };
    say(app, person, (workflow, tool), event).await
}

/// Takes one level back: whoever may pause may do that, at once and alone.
pub async fn demote(
    app: &App,
    person: &Person,
    (workflow, tool): (&str, &str),
    why: &str,
) -> Result<(), ApiError> {
    if !person.may(Right::Pause) {
        return Err(ApiError::forbidden("your role takes nothing back"));
    }
    said(why)?;
    let why = format!("{} took it back: {}", person.email, why.trim());
    lose(
        app,
        (workflow, tool),
        (&format!("person:{}", person.email), Lost::Person, &why),
    )
    .await
}

/// One level down with a tool, at once and recorded.
async fn lose(
    app: &App,
    (workflow, tool): (&str, &str),
    (actor, because, why): (&str, Lost, &str),
) -> Result<(), ApiError> {
    let registry = app.registry();
    let at = place_of(&registry, workflow, tool)?;
    let entries = losing(app, (&registry, at.0, at.1), (actor, because, why))?;
    if entries.is_empty() {
        let now = grant_now(&registry, at.0, (tool, app.clock.now_ms()));
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "nothing-to-lose",
            format!("with this tool agents go as far as “{}” only", now.name()),
        ));
    }
    let stream = LiveWorkflow::stream(workflow);
    let version = at.0.version;
    append(
        app,
        entries,
        vec![Precondition::StreamAt { stream, version }],
    )
    .await
}

/// Entries that take one level with a tool back; none where there is nothing to lose. They go with the
/// workflow's version as precondition.
pub fn losing(
    app: &App,
    (registry, live, found): (&Registry, &LiveWorkflow, &LiveTool),
    (actor, because, why): (&str, Lost, &str),
) -> Result<Vec<NewEntry>, ApiError> {
    let (workflow, tool) = (&live.state.workflow.name, &found.name);
    let now_ms = app.clock.now_ms();
    let now = grant_now(registry, live, (tool, now_ms));
    if now <= Grant::Draft {
        return Ok(Vec::new());
    }
    let mut entries = Vec::new();
    match stage(&app.store.reader()?, workflow, tool) {
        Ok((_, state)) => {
            let stream = StageState::stream(workflow, tool);
            if let Some(event) = beginning(state.as_ref(), (versions(live, found), now_ms)) {
                entries.push(entry((&stream, "leeway", now_ms), event));
            }
            let demoted = StageEvent::Demoted {
                from: now,
                to: below(now),
                because,
                why: why.to_owned(),
            };
            entries.push(entry((&stream, actor, now_ms), demoted));
        }
        // The level goes all the same: evidence that cannot be read must not keep it.
        Err(error) => tracing::error!(%workflow, %tool, %error, "the evidence cannot be read"),
    }
    let lost = GovernEvent::WorkflowDemoted {
        tool: tool.clone(),
        grant: below(now),
        why: why.to_owned(),
    };
    let stream = LiveWorkflow::stream(workflow);
    entries.push(entry((&stream, actor, now_ms), lost));
    Ok(entries)
}

/// What an agent's stated confidence is worth in a workflow, over all its tools.
#[derive(Clone, Debug)]
pub struct Confidence {
    /// The agent.
    pub agent: String,
    /// Stated against measured; empty parts are left out.
    pub buckets: Vec<Bucket>,
    /// The threshold that the evidence proposes, if any does.
    pub proposed: Option<f64>,
}

impl Confidence {
    /// Reviewed outputs.
    pub fn reviewed(&self) -> u64 {
        self.buckets.iter().map(|bucket| bucket.n).sum()
    }
}

/// Every agent's confidence in a workflow.
pub fn confidences(app: &App, workflow: &str) -> Result<Vec<Confidence>, ApiError> {
    let registry = app.registry();
    let Some(live) = registry.workflows.get(workflow) else {
        return Ok(Vec::new());
    };
    let prompt = live.state.workflow.prompt_stamp();
    let model = live.state.workflow.model.clone();
    let reader = app.store.reader()?;
    let mut sums: BTreeMap<String, Vec<Stated>> = BTreeMap::new();
    for (_, _, document) in reader.documents(&StageState::stream(workflow, ""))? {
        let Document::Stage(state) = document else {
            continue;
        };
        // Another prompt or model states its confidence another way.
        if (&state.versions.prompt, &state.versions.model) != (&prompt, &model) {
            continue;
        }
        for (agent, stated) in state.agents {
            let sum = sums.entry(agent).or_default();
            sum.resize(BUCKETS, Stated::default());
            for (sum, one) in sum.iter_mut().zip(stated) {
                sum.join(&one);
            }
        }
    }
    Ok(sums
        .into_iter()
        .map(|(agent, stated)| Confidence {
            agent,
            proposed: threshold(&stated, TARGET),
            buckets: buckets(&stated),
        })
        .collect())
}

/// Adopts the threshold that the evidence proposes for an agent.
pub async fn adopt(
    app: &App,
    person: &Person,
    (workflow, agent): (&str, &str),
) -> Result<f64, ApiError> {
    if !person.may(Right::Decide) || !person.may(Right::Resume) {
        return Err(ApiError::forbidden("an owner adopts a threshold"));
    }
    let registry = app.registry();
    let live = registry
        .workflows
        .get(workflow)
        .ok_or_else(|| ApiError::not_found("workflow", workflow))?;
    let all = confidences(app, workflow)?;
    let measured = all
        .iter()
        .find(|one| one.agent == agent)
        .ok_or_else(|| ApiError::not_found("agent", agent))?;
    let Some(threshold) = measured.proposed else {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "not-calibrated",
            format!(
                "no stated confidence of `{agent}` is proven yet: {} of its outputs are known to be right or wrong",
                measured.reviewed()
            ),
        )
        .help("until then each counts as below the threshold, and its calls wait for a person"));
    };
    let event = GovernEvent::WorkflowCalibrated {
        agent: agent.to_owned(),
        threshold: Some(threshold),
        reviewed: measured.reviewed(),
    };
    let stream = LiveWorkflow::stream(workflow);
    let actor = format!("person:{}", person.email);
    let entries = vec![entry((&stream, &actor, app.clock.now_ms()), event)];
    let version = live.version;
    append(
        app,
        entries,
        vec![Precondition::StreamAt { stream, version }],
    )
    .await?;
    Ok(threshold)
}

/// Lets proposals lapse nobody signed in time, and begins evidence anew where versions changed.
pub async fn tend(app: &App) -> Result<(), ApiError> {
    let registry = app.registry();
    for (name, live) in &registry.workflows {
        for tool in live.state.workflow.grants.keys() {
            let Some(found) = registry.find(tool) else {
                continue;
            };
            let (version, state) = stage(&app.store.reader()?, name, tool)?;
            let Some(mut state) = state else { continue };
            let now_ms = app.clock.now_ms();
            let stream = StageState::stream(name, tool);
            let at = place(&registry, live, (tool, now_ms));
            let entries = match beginning(Some(&state), (versions(live, found), now_ms)) {
                Some(event) => vec![entry((&stream, "leeway", now_ms), event)],
                None => {
                    super::consequences((name, tool), &mut state, at).map_err(|why| broken(&why))?
                }
            };
            if !entries.is_empty() {
                let preconditions = vec![Precondition::StreamAt { stream, version }];
                match append(app, entries, preconditions).await {
                    Err(error) if error.code == "stale" => {}
                    other => other?,
                }
            }
        }
    }
    Ok(())
}

fn known(app: &App, workflow: &str, tool: &str) -> Result<(u64, StageState), ApiError> {
    let (version, state) = stage(&app.store.reader()?, workflow, tool)?;
    let state = state.ok_or_else(|| {
        ApiError::not_found("evidence", tool).help("nothing was learned of this tool yet")
    })?;
    Ok((version, state))
}

fn applied(
    state: StageState,
    (actor, at_ms): (&str, i64),
    event: &StageEvent,
) -> Result<StageState, ApiError> {
    StageState::apply(Some(state), actor, at_ms, event)
        .map_err(|why| ApiError::new(StatusCode::CONFLICT, "not-possible-here", why))
}

fn said(why: &str) -> Result<(), ApiError> {
    if why.trim().is_empty() {
        return Err(ApiError::invalid("why-missing", "say why, in your words"));
    }
    texts::within([("why", why)])
}

fn broken(why: &str) -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "evidence-unreadable",
        why,
    )
}
