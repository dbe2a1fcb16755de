//! Look, classify, judge: from a call to a revision that can be recorded. Everything the decision
//! used is in the result, so it replays.

use super::arguments;
use super::look::look;
use super::repeat::REPEATED;
use super::secrets;
use crate::app::App;
use crate::clock;
use crate::earning;
use crate::error::ApiError;
use crate::registry::{LiveTool, LiveWorkflow};
use leeway_core::action::event::{Cause, Judged, Reading};
use leeway_core::action::{Call, Claim, Versions};
use leeway_core::classify::classified::add_sensitive;
use leeway_core::classify::compiled::CompiledTool;
use leeway_core::classify::guess::{Guess, guess};
use leeway_core::classify::scrub::Scrubber;
use leeway_core::classify::{BeforeImage, Classified, Effect, Level, RecordRef, UndoPlan};
use leeway_core::govern::routing::OwnerFact;
use leeway_core::id::ActionId;
use leeway_core::judge::guardrail::Scope;
use leeway_core::judge::rules::{Case, judge, judge_undo};
use leeway_core::judge::{Decision, Facts, Reason, Verdict};
use leeway_store::{Count, ScopeKey};
use serde_json::{Value, json};
use tokio::sync::OwnedMutexGuard;

/// A call on its way to being judged.
#[derive(Clone)]
pub struct Attempt {
    /// The action it belongs to.
    pub id: ActionId,
    /// Which revision this will be.
    pub revision: u32,
    /// Whether its arguments are a person's: edited in this revision or an earlier one.
    pub edited: bool,
    /// Whether a reviewer asked the agent about it.
    pub asked: bool,
    /// Whether the system refused an earlier revision because the record had changed.
    pub conflicted: bool,
    /// Why there is this revision.
    pub cause: Cause,
    /// Who calls.
    pub agent: String,
    /// The arguments as they would run: nothing redacted.
    pub arguments: Value,
    /// What the agent answered to the system's questions about this call.
    pub inputs: Option<Value>,
    /// What the agent says.
    pub claim: Claim,
    /// The caller's idempotency key.
    pub idempotency_key: Option<String>,
    /// What is to be said of an earlier call that this one repeats.
    pub repeats: Option<String>,
    /// What Leeway itself read for it so far.
    pub readings: Vec<Reading>,
}

/// A revision ready to be recorded.
pub struct Prepared {
    /// The revision.
    pub judged: Judged,
    /// The arguments as they would run, when the revision shows them redacted.
    pub sealed: Option<Vec<u8>>,
    /// Held from counting until the revision is recorded, where the rules count anything.
    pub counting: Option<OwnedMutexGuard<()>>,
}

/// Reads the record, classifies and judges.
pub async fn prepare(
    app: &App,
    workflow: &LiveWorkflow,
    tool: &LiveTool,
    mut attempt: Attempt,
) -> Result<Prepared, ApiError> {
    let Some(entry) = tool.entry() else {
        let registry = app.registry();
        let versions = registry.versions(workflow, tool);
        let guessed = guess(&tool.state.definition, &registry.listed(&tool.system));
        return Ok(unclassified(
            (app, workflow, tool),
            (guessed, versions),
            attempt,
        ));
    };
    let seen = look(app, (workflow, tool), entry, &attempt.arguments).await;
    attempt.readings.extend(seen.reading);
    let seen = (seen.image, seen.secrets, seen.told);
    weigh(app, (workflow, tool, entry), seen, attempt).await
}

/// Classifies and judges a call on a record as it was read.
pub async fn weigh(
    app: &App,
    (workflow, tool, entry): (&LiveWorkflow, &LiveTool, &CompiledTool),
    (before, mut secrets, told): (BeforeImage, Scrubber, Scrubber),
    mut attempt: Attempt,
) -> Result<Prepared, ApiError> {
    let mut met = secrets::met(app, (workflow, tool), &attempt, &told);
    let run = secrets::run_of_attempt(workflow, &attempt);
    secrets.join(secrets::in_image(app, &run, &before));
    let mut classified = app
        .classifying
        .classify(
            (tool, entry),
            (&attempt.arguments, &before),
            workflow.rules.workflow.currency(),
        )
        .await;
    if !workflow.rules.words.is_empty() {
        let seen = (&attempt.arguments, &before);
        add_sensitive(&mut classified, entry, seen, &workflow.rules.words);
    }
    arguments::undeclared(tool, &attempt.arguments, &mut classified);
    met.look_into_messages(app, &run, (&attempt.arguments, &classified));
    secrets.join(met.all());
    // What an agent calls a secret must not hide from the rules what the record says.
    let before = secrets::image(&secrets, before);
    let said = (&attempt.arguments, &mut attempt.claim);
    let mut classified = secrets::judged(tool, secrets, said, classified);
    met.holds(&mut classified);
    let call = shown_call(workflow, tool, (&attempt, &met.sent));
    let case = Case {
        call: &call,
        classified: &classified,
        claim: &attempt.claim,
        before: &before,
        facts: &Facts::default(),
    };
    // Taken only now: reading a slow system must not make the workflow's other calls wait.
    let counting = if workflow.rules.counts() {
        Some(app.counting(&call.workflow).lock_owned().await)
    } else {
        None
    };
    let facts = facts(app, workflow, &case, &attempt.id)?;
    let versions = app.registry().versions(workflow, tool);
    let case = Case {
        facts: &facts,
        ..case
    };
    let mut decision = judged_by(workflow, &attempt.cause, &case);
    if let Cause::Revoked { .. } = &attempt.cause {
        hold(
            &mut decision,
            "approval-revoked",
            "Its approval was taken back before it started; it runs only when it is approved again.",
        );
    }
    if attempt.edited {
        hold(
            &mut decision,
            "edited-by-person",
            "A person changed this call; it runs only when it is approved as it is now.",
        );
    }
    if attempt.asked {
        hold(
            &mut decision,
            "answered-question",
            "A reviewer asked the agent about it, so a person decides.",
        );
    }
    if attempt.conflicted {
        hold(
            &mut decision,
            "version-conflict",
            "The system refused it because the record had changed; it runs only when it is approved as it is now.",
        );
    }
    if let Some(earlier) = &attempt.repeats {
        hold(&mut decision, REPEATED, earlier);
    }
    if attempt.inputs.is_some() {
        only_reads_take_inputs(&mut decision, classified.effect);
    }
    let parts = Parts {
        call,
        before,
        classified,
        facts,
        decision,
        versions,
    };
    Ok(Prepared {
        counting,
        ..assemble((app, workflow, Some(entry)), attempt, parts)
    })
}

struct Parts {
    call: Call,
    before: BeforeImage,
    classified: Classified,
    facts: Facts,
    decision: Decision,
    versions: Versions,
}

fn assemble(
    (app, workflow, entry): (&App, &LiveWorkflow, Option<&CompiledTool>),
    attempt: Attempt,
    parts: Parts,
) -> Prepared {
    let Parts {
        call,
        before,
        classified,
        facts,
        decision,
        versions,
    } = parts;
    let secret = call.arguments != attempt.arguments;
    // Two spellings of one record are one.
    let as_one =
        entry.and_then(|entry| entry.as_one(&attempt.arguments, classified.record.as_ref()));
    let twin_hash = app.twins.hash(
        &app.store,
        &call,
        (
            as_one.as_ref().unwrap_or(&attempt.arguments),
            attempt.inputs.as_ref(),
        ),
        secret || call.inputs != attempt.inputs,
    );
    let sealed = secret.then(|| seal(&attempt.arguments));
    let expires_ms =
        (decision.verdict == Verdict::Hold).then(|| workflow.rules.wait_over(facts.now_ms, 1.0));
    let mut judged = Judged {
        revision: attempt.revision,
        cause: attempt.cause,
        call,
        claim: attempt.claim,
        before,
        classified,
        facts,
        decision,
        versions,
        expires_ms,
        content_hash: String::new(),
        sealed: secret,
        idempotency_key: attempt.idempotency_key,
        twin_hash,
        readings: attempt.readings,
    };
    judged.content_hash = judged.hash(&attempt.id, sealed.as_deref());
    Prepared {
        judged,
        sealed,
        counting: None,
    }
}

fn shown_call(
    workflow: &LiveWorkflow,
    tool: &LiveTool,
    (attempt, met): (&Attempt, &Scrubber),
) -> Call {
    let inputs = attempt.inputs.as_ref();
    let shown = |value| met.leaves(&secrets::arguments(Some(tool), value));
    Call {
        workflow: workflow.state.workflow.name.clone(),
        agent: attempt.agent.clone(),
        system: tool.system.clone(),
        tool: tool.tool.clone(),
        arguments: shown(&attempt.arguments),
        inputs: inputs.map(shown),
    }
}

/// Arguments with a random salt in front, so that the commitment to them reveals nothing.
fn seal(arguments: &Value) -> Vec<u8> {
    let salt = hex::encode(clock::random::<16>());
    // Not in canonical form, which rounds long numbers.
    json!({ "salt": salt, "arguments": arguments })
        .to_string()
        .into_bytes()
}

/// Opens what [`prepare`] sealed.
pub fn unseal(sealed: &[u8]) -> Option<Value> {
    let mut value: Value = serde_json::from_slice(sealed).ok()?;
    value.get_mut("arguments").map(Value::take)
}

/// Computes the facts that depend on time and history. The caller holds the workflow's counting
/// lock when the rules count anything.
fn facts(
    app: &App,
    workflow: &LiveWorkflow,
    case: &Case<'_>,
    id: &ActionId,
) -> Result<Facts, ApiError> {
    let (call, record) = (case.call, case.classified.record.as_ref());
    let now_ms = app.clock.now_ms();
    let mut facts = Facts {
        now_ms,
        in_business_hours: workflow.rules.in_business_hours(now_ms),
        owner: Some(owner_fact(app, case, now_ms)),
        contained: workflow
            .state
            .contained
            .as_ref()
            .map(|contained| contained.rung),
        ..Facts::default()
    };
    let reader = app.store.reader()?;
    if case.classified.level > Level::ReadOnly {
        let registry = app.registry();
        let row = registry.responsibility(&call.workflow, case.classified);
        let tool = call.tool_name();
        facts.cap = earning::cap_of(&registry, workflow, (&tool, now_ms));
        facts.measured = earning::measured(workflow, &call.agent);
        facts.unreviewed = earning::unreviewed(&reader, (&call.workflow, row), now_ms)?;
    }
    for counter in workflow.rules.counters(case) {
        let since_ms = now_ms - (counter.window_s as i64).saturating_mul(1000);
        let key = scope_key(counter.scope, call, record);
        let counted = reader.counted(&Count {
            workflow: &call.workflow,
            key: &key,
            since_ms,
            counts: &counter.counts,
            currency: counter.currency.as_deref(),
            judged: id,
            in_business_hours: &|at_ms| workflow.rules.in_business_hours(at_ms),
        })?;
        facts.counted.insert(counter.guardrail, counted);
    }
    Ok(facts)
}

/// Whose risk it is, and whether somebody who can act owns it.
fn owner_fact(app: &App, case: &Case<'_>, now_ms: i64) -> OwnerFact {
    let registry = app.registry();
    let row = registry.responsibility(&case.call.workflow, case.classified);
    registry.routing(row, now_ms, false).fact(registry.matrix())
}

/// The judge of an agent's call, or of what takes one back.
fn judged_by(workflow: &LiveWorkflow, cause: &Cause, case: &Case<'_>) -> Decision {
    match cause {
        Cause::Undoes(undoes) => judge_undo(&workflow.rules, case, !undoes.forced.is_empty()),
        _ => judge(&workflow.rules, case),
    }
}

/// What blocks a held action by now, if anything: time went on while it waited, and others were let
/// run. The caller holds the workflow's counting lock when the rules count anything.
pub fn blocked_now(
    app: &App,
    workflow: &LiveWorkflow,
    id: &ActionId,
    judged: &Judged,
) -> Result<Option<Reason>, ApiError> {
    let case = Case::of(judged);
    let facts = facts(app, workflow, &case, id)?;
    let case = Case {
        facts: &facts,
        ..case
    };
    let now = judged_by(workflow, &judged.cause, &case);
    let strictest = now.reasons.into_iter().next();
    Ok(strictest.filter(|reason| reason.verdict == Verdict::Block))
}

fn scope_key(scope: Scope, call: &Call, record: Option<&RecordRef>) -> ScopeKey {
    match (scope, record) {
        (Scope::Agent, _) => ScopeKey::Agent(call.agent.clone()),
        (Scope::Tool, _) => ScopeKey::Tool {
            system: call.system.clone(),
            tool: call.tool.clone(),
        },
        (Scope::Record, Some(record)) => ScopeKey::Record(record.clone()),
        // The judge asks for no record's count when there is no record; the whole is stricter.
        (Scope::Workflow | Scope::Record, _) => ScopeKey::Workflow,
    }
}

/// Makes a decision wait for a person, whatever the rules said.
fn hold(decision: &mut Decision, rule: &str, text: &str) {
    decision.reasons.push(Reason {
        rule: rule.to_owned(),
        verdict: Verdict::Hold,
        text: text.to_owned(),
    });
    decision
        .reasons
        .sort_by_key(|reason| std::cmp::Reverse(reason.verdict));
    decision.verdict = decision.verdict.max(Verdict::Hold);
}

/// Answers to a system's questions are not among what is judged, so a call that changes something
/// takes none; and one that waits for a person could not hand them on.
fn only_reads_take_inputs(decision: &mut Decision, effect: Effect) {
    if effect == Effect::Read && decision.verdict == Verdict::Allow {
        return;
    }
    let reason = Reason {
        rule: "inputs-not-judged".to_owned(),
        verdict: Verdict::Block,
        text: "Answers to a system's questions are taken only by calls that read at once; put everything into the arguments.".to_owned(),
    };
    decision.reasons.insert(0, reason);
    decision.verdict = Verdict::Block;
}

/// A tool nothing classifies is blocked; the guess is for display only.
fn unclassified(
    (app, workflow, tool): (&App, &LiveWorkflow, &LiveTool),
    (guessed, versions): (Guess, Versions),
    mut attempt: Attempt,
) -> Prepared {
    let classified = Classified {
        effect: guessed.effect,
        level: guessed.level,
        record: None,
        areas: std::collections::BTreeSet::new(),
        changes: Vec::new(),
        amount_cents: None,
        currency: None,
        message: None,
        decoded: Vec::new(),
        amount_expected: false,
        undo: UndoPlan::None {
            why: "nothing says what this tool does".to_owned(),
        },
        sensitive: std::collections::BTreeSet::new(),
        guards: Vec::new(),
        why: vec![guessed.why],
        accounts: [].into(),
        unknowns: vec!["no pack entry says what this tool does; this is a guess".to_owned()],
    };
    let met = secrets::met(app, (workflow, tool), &attempt, &Scrubber::default());
    let decision = Decision {
        verdict: Verdict::Block,
        reasons: vec![Reason {
            rule: "tool-unclassified".to_owned(),
            verdict: Verdict::Block,
            text: "Nobody has classified this tool yet, so it may not be used.".to_owned(),
        }],
        approvals: 1,
    };
    let call = shown_call(workflow, tool, (&attempt, &met.sent));
    attempt.claim = secrets::refused_claim(Some(tool), &attempt.arguments, attempt.claim);
    let parts = Parts {
        call,
        before: BeforeImage::NotReadable,
        classified,
        facts: Facts::default(),
        decision,
        versions,
    };
    assemble((app, workflow, None), attempt, parts)
}
