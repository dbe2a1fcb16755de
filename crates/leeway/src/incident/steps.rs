//! Steps 2 to 6: what was touched, putting it right, the owner's word, the cause, the guardrail.

use super::{actor, append, find};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::undo::{batch, choose, plan};
use crate::texts;
use axum::http::StatusCode;
use leeway_core::action::event::ActionEvent;
use leeway_core::action::state::ActionRow;
use leeway_core::classify::Effect;
use leeway_core::govern::people::Person;
use leeway_core::id::ActionId;
use leeway_core::incident::{Affected, IncidentEvent, IncidentState, Remedies};
use leeway_core::judge::Verdict;
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::ledger::event::Event;
use leeway_core::undo::batch::BatchState;
use leeway_core::undo::batch::Selection;
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// Over how many days a guardrail is tried.
const TRIED_DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 3600 * 1000;
/// Past actions read at once.
const PAGE: usize = 1_000;

/// The affected actions a selection names, within the incident's workflow.
pub async fn affected(
    app: &App,
    state: &IncidentState,
    mut selection: Selection,
) -> Result<(Selection, Vec<ActionRow>), ApiError> {
    if selection.actions.is_empty() {
        selection.workflow = Some(state.workflow.clone());
    }
    let rows = choose::select(app, &selection).await?;
    Ok((selection, rows))
}

/// How much that is, everything once.
pub fn count(rows: &[ActionRow]) -> Affected {
    let records: HashSet<_> = rows.iter().filter_map(|row| row.record.as_ref()).collect();
    let messages = rows.iter().filter(|row| row.effect == Some(Effect::Send));
    Affected {
        actions: rows.len() as u64,
        records: records.len() as u64,
        messages: messages.count() as u64,
    }
}

/// Step 2: what it touched.
pub async fn scope(
    app: &App,
    person: &Person,
    number: &str,
    (selection, how): (Selection, &str),
) -> Result<IncidentState, ApiError> {
    texts::within([("how", how)])?;
    let (version, state) = find(app, number)?;
    let (selection, rows) = affected(app, &state, selection).await?;
    let event = IncidentEvent::Scoped {
        by: person.email.clone(),
        scope: Box::new(selection),
        how: how.trim().to_owned(),
        affected: count(&rows),
    };
    append(app, &actor(person), (version, &state), event).await
}

/// What became of the affected actions so far.
pub async fn remedies(app: &App, state: &IncidentState) -> Result<Remedies, ApiError> {
    let mut remedies = Remedies::default();
    let Some(scope) = &state.scope else {
        return Ok(remedies);
    };
    for row in choose::select(app, scope).await? {
        remedies.count(plan::state(app, &row.id)?.map(|(_, undo)| undo.status));
    }
    Ok(remedies)
}

/// Plans taking everything back that the incident touched.
pub async fn plan_remedy(
    app: &Arc<App>,
    person: &Person,
    number: &str,
) -> Result<BatchState, ApiError> {
    let (_, state) = find(app, number)?;
    let Some(scope) = &state.scope else {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "incident-not-here",
            "what it touched is not found yet: that is step 2",
        ));
    };
    let why = format!("Incident {number}");
    let number = Some(state.number);
    batch::prepare(app, person, scope.clone(), (number, &why)).await
}

/// Step 3: everything is settled.
pub async fn remediate(
    app: &App,
    person: &Person,
    number: &str,
) -> Result<IncidentState, ApiError> {
    let (version, state) = find(app, number)?;
    let event = IncidentEvent::Remediated {
        by: person.email.clone(),
        remedies: remedies(app, &state).await?,
    };
    append(app, &actor(person), (version, &state), event).await
}

/// Step 4: whoever was told says that they know.
pub async fn acknowledge(
    app: &App,
    person: &Person,
    number: &str,
) -> Result<IncidentState, ApiError> {
    let (version, state) = find(app, number)?;
    let event = IncidentEvent::Acknowledged {
        by: person.email.clone(),
    };
    append(app, &actor(person), (version, &state), event).await
}

/// What the review of the cause found.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// Where it came from.
    pub finding: &'a str,
    /// What the source data say.
    pub source_data: &'a str,
    /// What the versions of prompt, rules, model and tools say.
    pub versions: &'a str,
}

/// Step 5: where it came from.
pub async fn review(
    app: &App,
    person: &Person,
    number: &str,
    found: Finding<'_>,
) -> Result<IncidentState, ApiError> {
    texts::within([
        ("finding", found.finding),
        ("source_data", found.source_data),
        ("versions", found.versions),
    ])?;
    let (version, state) = find(app, number)?;
    let event = IncidentEvent::Reviewed {
        by: person.email.clone(),
        finding: found.finding.trim().to_owned(),
        source_data: found.source_data.trim().to_owned(),
        versions: found.versions.trim().to_owned(),
    };
    append(app, &actor(person), (version, &state), event).await
}

/// What a guardrail in force would have done to the past.
pub struct Tried {
    /// Whether it catches the case.
    pub caught: bool,
    /// How many past actions it would have held or blocked.
    pub would_hold: u64,
    /// Of how many.
    pub over: u64,
}

/// Replays the case, and the last thirty days, under the workflow's rules as they are now.
pub async fn try_rule(
    app: &App,
    state: &IncidentState,
    (rule, case): (&str, &ActionId),
) -> Result<Tried, ApiError> {
    let registry = app.registry();
    let live = registry
        .workflows
        .get(&state.workflow)
        .ok_or_else(|| ApiError::not_found("workflow", &state.workflow))?;
    let guardrails = &live.state.workflow.guardrails;
    if !guardrails.iter().any(|guardrail| guardrail.id == rule) {
        return Err(ApiError::not_found("guardrail in force", rule)
            .help("add it to the workflow first: propose a change, have it approved"));
    }
    let workflow = live.state.workflow.clone();
    let (name, rule, case) = (state.workflow.clone(), rule.to_owned(), case.clone());
    let from_ms = app.clock.now_ms() - TRIED_DAYS * DAY_MS;
    let tried = app
        .store
        .read(move |reader| {
            let Ok(rules) = CompiledRules::compile(workflow) else {
                return Ok(Tried {
                    caught: false,
                    would_hold: 0,
                    over: 0,
                });
            };
            let mut tried = Tried {
                caught: false,
                would_hold: 0,
                over: 0,
            };
            if let Some(action) = reader.action(&case)?
                && let Some(judged) = action.revisions().next()
            {
                tried.caught = fires(&rules, judged, &rule);
            }
            let mut after = None;
            loop {
                let rows = reader.past(&name, from_ms, (after, PAGE))?;
                for row in &rows {
                    if let Ok(Event::Action(ActionEvent::Judged(judged))) =
                        Event::read("action.judged", &row.payload)
                    {
                        tried.over += 1;
                        tried.would_hold += u64::from(fires(&rules, &judged, &rule));
                    }
                }
                after = rows.last().map(|row| row.seq);
                if rows.len() < PAGE {
                    return Ok(tried);
                }
            }
        })
        .await?;
    Ok(tried)
}

/// Whether a guardrail stops a past action. Counts of the past are taken as they were recorded; a rule
/// that counts what nobody counted then fires.
fn fires(rules: &CompiledRules, judged: &leeway_core::action::event::Judged, rule: &str) -> bool {
    let decision = judge(rules, &Case::of(judged));
    decision
        .reasons
        .iter()
        .any(|reason| reason.rule == rule && reason.verdict >= Verdict::Hold)
}

/// Step 6: a guardrail in force catches the case.
pub async fn guard(
    app: &App,
    person: &Person,
    number: &str,
    (rule, case, change): (&str, Option<ActionId>, Option<String>),
) -> Result<IncidentState, ApiError> {
    let (_, state) = find(app, number)?;
    let case = case.or_else(|| state.example.clone()).ok_or_else(|| {
        ApiError::invalid("case-missing", "no action is named as the case to replay")
            .help("name an action that was wrong")
    })?;
    let tried = try_rule(app, &state, (rule, &case)).await?;
    if !tried.caught {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "case-not-caught",
            format!("`{rule}` does not catch {case}: replayed, the case passes it"),
        )
        .help("change the guardrail until it does")
        .details(json!({ "would_hold": tried.would_hold, "over": tried.over })));
    }
    let (version, state) = find(app, number)?;
    let event = IncidentEvent::Guarded {
        by: person.email.clone(),
        change,
        rule: rule.to_owned(),
        case,
        caught: tried.caught,
        would_hold: tried.would_hold,
        over: tried.over,
    };
    append(app, &actor(person), (version, &state), event).await
}

/// Errors per version of one kind: what changed when it went wrong.
#[derive(Clone, Debug, serde::Serialize)]
pub struct VersionRate {
    /// `prompt`, `rules`, `model`, `pack`, `tool`.
    pub kind: &'static str,
    /// The version.
    pub version: String,
    /// Actions judged under it.
    pub actions: u64,
    /// Of those: failed, rejected, changed by a person, undone or in the incident's scope.
    pub errors: u64,
    /// When first seen, UTC milliseconds.
    pub first_ms: i64,
}

/// Compares the error rates of the versions a workflow's actions were judged under in the last thirty
/// days, newest first. The first bad one is the newest whose rate is well above those before.
pub async fn version_rates(app: &App, workflow: &str) -> Result<Vec<VersionRate>, ApiError> {
    let name = workflow.to_owned();
    let from_ms = app.clock.now_ms() - TRIED_DAYS * DAY_MS;
    let rates =
        app.store
            .read(move |reader| {
                let mut rates: BTreeMap<(&'static str, String), VersionRate> = BTreeMap::new();
                let mut after = None;
                loop {
                    let rows = reader.past(&name, from_ms, (after, PAGE))?;
                    for row in &rows {
                        let Ok(Event::Action(ActionEvent::Judged(judged))) =
                            Event::read("action.judged", &row.payload)
                        else {
                            continue;
                        };
                        let undone = reader
                            .document(&leeway_core::undo::state::UndoState::stream(&row.id))?
                            .is_some();
                        let error = row.edited
                            || undone
                            || matches!(
                                row.status,
                                leeway_core::action::state::Status::Rejected
                                    | leeway_core::action::state::Status::Failed
                                    | leeway_core::action::state::Status::Partial
                            );
                        let versions = &judged.versions;
                        for (kind, version) in [
                            ("prompt", &versions.prompt),
                            ("rules", &versions.rules),
                            ("model", &versions.model),
                            ("pack", &versions.pack),
                            ("tool", &versions.tool),
                        ] {
                            let Some(version) = version else { continue };
                            let rate = rates.entry((kind, version.clone())).or_insert_with(|| {
                                VersionRate {
                                    kind,
                                    version: version.clone(),
                                    actions: 0,
                                    errors: 0,
                                    first_ms: judged.facts.now_ms,
                                }
                            });
                            rate.actions += 1;
                            rate.errors += u64::from(error);
                        }
                    }
                    after = rows.last().map(|row| row.seq);
                    if rows.len() < PAGE {
                        return Ok(rates.into_values().collect::<Vec<_>>());
                    }
                }
            })
            .await?;
    let mut rates = rates;
    rates.sort_by_key(|rate| (rate.kind, std::cmp::Reverse(rate.first_ms)));
    Ok(rates)
}
