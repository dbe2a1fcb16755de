//! A call made again: by its idempotency key, or because an identical one is under way or was carried out a
//! short while ago. Clients repeat calls they heard nothing of, and few send a key.

use super::append::append_events;
use super::pipeline::{Caller, Proposal, Proposed};
use super::run::at;
use super::wait::wait_for_end;
use crate::app::App;
use crate::clock::{self, rfc3339};
use crate::error::ApiError;
use crate::registry::{LiveTool, LiveWorkflow};
use leeway_core::action::Call;
use leeway_core::action::event::{ActionEvent, Judged};
use leeway_core::action::state::{ActionState, Status};
use leeway_core::canonical;
use leeway_core::id::ActionId;
use leeway_store::{
    Append, AppendError, Conflict, Credential, CredentialKind, Precondition, SideWrite, Store,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Longest idempotency key, characters.
const LONGEST_KEY: usize = 200;

/// Refuses a key nobody could tell from another, and finds the action an earlier use of it stands
/// for.
pub fn known_key(
    app: &App,
    caller: &Caller,
    tool: &LiveTool,
    proposal: &Proposal,
) -> Result<Option<Proposed>, ApiError> {
    let Some(key) = &proposal.idempotency_key else {
        return Ok(None);
    };
    let plain = !key.is_empty()
        && key.len() <= LONGEST_KEY
        && key.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain {
        return Err(ApiError::invalid(
            "idempotency-key-invalid",
            format!("an idempotency key has 1 to {LONGEST_KEY} visible ASCII characters"),
        ));
    }
    let of = (caller.agent.clone(), key.clone());
    let joining = app.twins.joining().get(&of).cloned();
    let Some(id) = joining.map_or_else(
        || app.store.reader()?.find_by_key(&caller.agent, key),
        |id| Ok(Some(id)),
    )?
    else {
        return Ok(None);
    };
    let shown = match &tool.pack {
        Some(pack) => pack.redactor.redact(&proposal.arguments),
        None => proposal.arguments.clone(),
    };
    let inputs = proposal.line.as_ref().and_then(super::pipeline::inputs);
    let shown_inputs = inputs.clone().map(|inputs| match &tool.pack {
        Some(pack) => pack.redactor.redact(&inputs),
        None => inputs,
    });
    let call = Call {
        workflow: caller.workflow.clone(),
        agent: caller.agent.clone(),
        system: tool.system.clone(),
        tool: tool.tool.clone(),
        arguments: shown,
        inputs: shown_inputs,
    };
    // A call that hides something is recorded as nobody can work it out again; its hash tells it apart.
    let given = |arguments: &Value| {
        app.twins
            .both(&app.store, &call, (arguments, inputs.as_ref()))
    };
    let mut twins = given(&proposal.arguments).to_vec();
    let as_one = tool.entry().and_then(|entry| {
        let record = entry.record(&tool.system, &proposal.arguments).ok()?;
        entry.as_one(&proposal.arguments, record.as_ref())
    });
    twins.extend(as_one.iter().flat_map(given));
    same_call(app, &id, &call, &twins)?;
    earlier(app, &id).map(Some)
}

/// The rule of what waits because the same call was carried out a short while ago.
pub const REPEATED: &str = "repeated-call";
/// How long a repeat waits for the call that runs, before it is told that it does.
const WAIT_FOR_FIRST: Duration = Duration::from_secs(20);
/// How long a running call is watched for its end on behalf of a repeat that joined it.
const LONGEST_RUN: Duration = Duration::from_hours(1);

/// By which identical calls are known.
#[derive(Default)]
pub struct Twins {
    key: OnceLock<[u8; 32]>,
    /// Keys of repeats that joined a call which runs: they stand for it once it ended.
    joining: Mutex<HashMap<(String, String), ActionId>>,
}

impl Twins {
    /// The hash that identical calls have in common, whoever of the workflow makes them. It is keyed where
    /// the call as shown hides something, so that what is hidden cannot be guessed by it.
    pub fn hash(
        &self,
        store: &Store,
        call: &Call,
        given: (&Value, Option<&Value>),
        hides: bool,
    ) -> String {
        let [hash, keyed] = self.both(store, call, given);
        if hides { keyed } else { hash }
    }

    /// The hash of a call that hides nothing, and of one that does.
    fn both(
        &self,
        store: &Store,
        call: &Call,
        (arguments, inputs): (&Value, Option<&Value>),
    ) -> [String; 2] {
        let hash = canonical::exact(&json!([
            call.workflow,
            call.system,
            call.tool,
            arguments,
            inputs
        ]));
        let key = self.key.get_or_init(|| kept_key(store));
        let keyed = |text: &[u8]| {
            let mut digest = Sha256::new_with_prefix(key);
            digest.update(text);
            digest.finalize()
        };
        let hidden = hex::encode(keyed(&keyed(hash.as_bytes())));
        [hash, hidden]
    }

    fn joining(&self) -> MutexGuard<'_, HashMap<(String, String), ActionId>> {
        self.joining.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The key that lies beside the ledger; the first time it is made.
fn kept_key(store: &Store) -> [u8; 32] {
    let kept = store
        .reader()
        .and_then(|reader| reader.credential(CredentialKind::Twins, "twins"));
    let kept = kept.ok().flatten();
    if let Some(key) = kept.and_then(|kept| hex::decode(kept.secret).ok()?.try_into().ok()) {
        return key;
    }
    let key = clock::random::<32>();
    let append = Append {
        entries: vec![],
        preconditions: vec![],
        side: vec![SideWrite::PutCredential(Credential {
            kind: CredentialKind::Twins,
            id: "twins".to_owned(),
            subject: "leeway".to_owned(),
            secret: hex::encode(key),
            expires_ms: None,
        })],
    };
    // Written before the call whose hash it makes: the writer takes them in order.
    if let Err(error) = store.queue(append) {
        tracing::warn!(%error, "calls with secrets are known until the next start only");
    }
    key
}

/// What stands against the same call again, as the writer looks for it: one that is under way, or was when this
/// one arrived; and, unless a new key says that it is meant again, one carried out within the workflow's window.
pub fn no_twin(workflow: &LiveWorkflow, judged: &Judged, arrived_ms: i64) -> Precondition {
    let window_s = workflow.state.workflow.repeat_window_s;
    let meant = judged.idempotency_key.is_some() || said_of(judged).is_some();
    let window_ms = if meant {
        0
    } else {
        window_s.saturating_mul(1_000)
    };
    Precondition::NoTwin {
        twin_hash: judged.twin_hash.clone(),
        since_ms: Some(arrived_ms.saturating_sub_unsigned(window_ms)),
    }
}

/// What was said of an earlier call that a revision repeats, if it does.
pub fn said_of(judged: &Judged) -> Option<String> {
    let mut reasons = judged.decision.reasons.iter();
    let reason = reasons.find(|reason| reason.rule == REPEATED)?;
    Some(reason.text.clone())
}

/// How a call stands to the same one that ended.
pub enum Earlier {
    /// It was made while the other ran, which is its answer.
    Joins,
    /// It was made after; this is what is said of the other.
    Repeats(String),
}

/// How a call that arrived then stands to the same one that was carried out.
pub fn after(app: &App, id: &ActionId, arrived_ms: i64) -> Result<Earlier, ApiError> {
    let action = found(app, id)?;
    let ended = action.steps.iter().rev().find(|step| {
        matches!(
            step.event,
            ActionEvent::Finished(_) | ActionEvent::Resolved(_)
        )
    });
    let ended_ms = ended.map_or(action.row.updated_ms, |step| step.meta.time_ms);
    if ended_ms >= arrived_ms {
        return Ok(Earlier::Joins);
    }
    Ok(Earlier::Repeats(format!(
        "The same call was carried out already, as {id} at {} ({}). It runs again only if a person approves it; an agent that means it again on purpose gives a new idempotency key.",
        rfc3339(ended_ms),
        action.row.status.name(),
    )))
}

/// A repeat of a call that is under way joins it, and waits for its end a while. Its key stands for that
/// call from now on, and an agent that joined another's call may ask what became of it.
pub async fn join(
    app: &Arc<App>,
    caller: &Caller,
    id: &ActionId,
    key: Option<String>,
) -> Result<Proposed, ApiError> {
    let first = found(app, id)?;
    if key.is_some() || first.row.agent != caller.agent {
        if let Some(key) = &key {
            let of = (caller.agent.clone(), key.clone());
            app.twins.joining().insert(of, id.clone());
        }
        if note(app, caller, id, key.clone()).await? {
            forget(app, caller, key.as_ref());
        } else {
            tokio::spawn(note_later(app.clone(), caller.clone(), id.clone(), key));
        }
    }
    if runs(first.row.status) {
        wait_for_end(app, id, WAIT_FOR_FIRST).await?;
    }
    earlier(app, id)
}

fn runs(status: Status) -> bool {
    matches!(
        status,
        Status::Authorised | Status::Approved | Status::Drifted | Status::Executing
    )
}

/// Records that a repeat joined, unless the call runs: nothing may come between its start and its outcome.
/// Returns whether it is settled.
async fn note(
    app: &App,
    caller: &Caller,
    id: &ActionId,
    key: Option<String>,
) -> Result<bool, ApiError> {
    let first = found(app, id)?;
    if runs(first.row.status) {
        return Ok(false);
    }
    let mut preconditions = vec![at(&first)];
    if let Some(key) = &key {
        preconditions.push(Precondition::KeyUnused {
            agent: caller.agent.clone(),
            key: key.clone(),
        });
    }
    let event = ActionEvent::Joined {
        idempotency_key: key,
    };
    let events = vec![(format!("agent:{}", caller.agent), event)];
    match append_events(app, id, events, (preconditions, vec![])).await {
        Err(AppendError::Conflict(Conflict::StreamMoved { .. })) => Ok(false),
        // An end at which nothing is to be learnt any more.
        Ok(_) | Err(AppendError::Conflict(_) | AppendError::InvalidTransition(_)) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

async fn note_later(app: Arc<App>, caller: Caller, id: ActionId, key: Option<String>) {
    let noted = async {
        while !note(&app, &caller, &id, key.clone()).await? {
            wait_for_end(&app, &id, LONGEST_RUN).await?;
        }
        Ok::<_, ApiError>(())
    };
    let noted = tokio::time::timeout(LONGEST_RUN, noted).await;
    forget(&app, &caller, key.as_ref());
    match noted {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%id, %error, "that a repeat joined is not recorded"),
        Err(_) => tracing::warn!(%id, "that a repeat joined is not recorded: it runs too long"),
    }
}

fn forget(app: &App, caller: &Caller, key: Option<&String>) {
    if let Some(key) = key {
        let of = (caller.agent.clone(), key.clone());
        app.twins.joining().remove(&of);
    }
}

fn found(app: &App, id: &ActionId) -> Result<ActionState, ApiError> {
    app.store
        .reader()?
        .action(id)?
        .ok_or_else(|| ApiError::not_found("action", id.as_str()))
}

/// A repeated idempotency key stands for the same call or is an error.
pub fn same_call(
    app: &App,
    earlier: &ActionId,
    call: &Call,
    twins: &[String],
) -> Result<(), ApiError> {
    let action = app.store.reader()?.action(earlier)?;
    let first = action.as_ref().and_then(|action| action.revisions().next());
    let same = |first: &Call| {
        Call {
            agent: call.agent.clone(),
            ..first.clone()
        } == *call
    };
    // What is hidden in the first may be another value.
    let is_it =
        |first: &Judged| twins.contains(&first.twin_hash) || !first.sealed && same(&first.call);
    if first.is_some_and(is_it) {
        return Ok(());
    }
    Err(AppendError::Conflict(Conflict::KeyUsed(earlier.clone())).into())
}

pub fn earlier(app: &App, id: &ActionId) -> Result<Proposed, ApiError> {
    let action = found(app, id)?;
    Ok(Proposed {
        action,
        answer: None,
        joined: true,
    })
}
