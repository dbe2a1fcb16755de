//! What the REST door answers, described for `/v1/openapi.json` so that generated clients have types.
//! The answers themselves are made in [`crate::gateway::view`] and beside each route; a test holds
//! them against these descriptions.
#![allow(dead_code, reason = "the types describe answers and are never made")]

mod undo;

pub use undo::{Attested, Batch, BatchPlan, Batches, Outcomes, UndoPlan, Undone};

use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// An action as lists show it.
#[derive(ToSchema)]
pub struct ActionRow {
    /// `act_` and 32 digits; ordered by time.
    pub id: String,
    /// `held`, `returned`, `approved`, `authorised`, `executing`, `executed`, `failed`, `partial`,
    /// `outcome_unknown`, `needs_attestation`, `blocked`, `refused`, `rejected`, `withdrawn`, `expired`, `drifted`.
    pub status: String,
    /// The workflow.
    pub workflow: String,
    /// The agent.
    pub agent: String,
    /// The system; empty when the tool is unknown.
    pub system: String,
    /// `<system>__<tool>`.
    pub tool: String,
    /// `read`, `draft`, `create`, `update`, `merge`, `delete`, `admin`, `execute`, `send`, `pay`.
    #[schema(required = true)]
    pub effect: Option<String>,
    /// 1 read-only to 5 external.
    #[schema(required = true)]
    pub level: Option<u8>,
    /// The record it touches.
    #[schema(required = true)]
    pub record: Option<Record>,
    /// One line for people.
    pub title: String,
    /// One more line.
    pub gist: String,
    /// The agent's stated confidence, 0 to 1.
    #[schema(required = true)]
    pub confidence: Option<f64>,
    /// Money it moves or names, in the smallest unit of its currency: cents, yen.
    #[schema(required = true)]
    pub amount_cents: Option<i64>,
    /// The amount's currency, by ISO 4217; null where it is not known.
    #[schema(required = true)]
    pub currency: Option<String>,
    /// The amount in words: `GBP 212.00`, `JPY 5,800`.
    #[schema(required = true)]
    pub amount_text: Option<String>,
    /// 1 for the agent's own call.
    pub revision: u32,
    /// Covers exactly what is shown: decisions carry it.
    #[schema(required = true)]
    pub content_hash: Option<String>,
    /// Who decided last.
    #[schema(required = true)]
    pub reviewer: Option<String>,
    /// The row of the permission owner matrix.
    #[schema(required = true)]
    pub responsibility: Option<String>,
    /// How many people have to approve it.
    pub approvals_needed: u8,
    /// Who approved it so far, while others have to as well.
    pub endorsed_by: Vec<String>,
    /// The fallback, once it was asked.
    #[schema(required = true)]
    pub escalated_to: Option<String>,
    /// The caller's own key.
    #[schema(required = true)]
    pub idempotency_key: Option<String>,
    /// RFC 3339, UTC.
    pub created_at: String,
    /// RFC 3339, UTC.
    pub updated_at: String,
    /// Until when it waits, RFC 3339, UTC.
    #[schema(required = true)]
    pub expires_at: Option<String>,
    /// The action it takes back, when it is an undo.
    #[schema(required = true)]
    pub undoes: Option<String>,
    /// The action it is a copy of, when it was a planted case, known to be wrong: told once it is over.
    #[schema(required = true)]
    pub planted: Option<String>,
}

/// A record at a system.
#[derive(ToSchema)]
pub struct Record {
    /// System it lives in.
    pub system: String,
    /// Kind of record.
    pub r#type: String,
    /// Its id there.
    pub id: String,
}

/// Actions, newest first.
#[derive(ToSchema)]
pub struct ActionList {
    /// One page.
    pub actions: Vec<ActionRow>,
    /// The further page's `cursor`; null after the last.
    #[schema(required = true)]
    pub next: Option<u64>,
}

/// An action with its decision, changes and, when it ran, its result.
#[derive(ToSchema)]
pub struct Action {
    /// What lists show of it.
    #[serde(flatten)]
    pub row: ActionRow,
    /// The arguments, secrets as `[redacted]`.
    #[schema(value_type = Object)]
    pub arguments: Value,
    /// Allow, hold or block, and why.
    pub decision: Decision,
    /// Areas of the business it touches.
    pub areas: Option<Vec<String>>,
    /// Field by field, old and new.
    pub changes: Option<Vec<FieldChange>>,
    /// What the call sends besides its changes, in the order of the call.
    pub also_sent: Option<Vec<Sent>>,
    /// The record as read before.
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    /// What the agent says about it.
    pub claim: Option<Claim>,
    /// Why it has its level.
    pub why_level: Option<Vec<String>>,
    /// What could not be worked out; not empty means it is held.
    pub unknowns: Option<Vec<String>>,
    /// The message it sends, as those who get it read it: `{from, to, cc, bcc, reply_to, subject, parts,
    /// attachments, headers, notes, opaque}`, without what is empty. `opaque` says what cannot be shown.
    #[schema(value_type = Option<Object>)]
    pub message_read: Option<Value>,
    /// Arguments that are encoded: `{path, message}`, the message as above.
    #[schema(value_type = Option<Vec<Object>>)]
    pub decoded: Option<Vec<Value>>,
    /// How it could be taken back.
    #[schema(value_type = Option<Object>)]
    pub undo: Option<Value>,
    /// Versions it was judged under.
    pub versions: Option<BTreeMap<String, Option<String>>>,
    /// The system's answer, when it ran.
    pub result: Option<Value>,
    /// What became of the call, when it was made.
    pub outcome: Option<Outcome>,
    /// Why it could not be judged at all.
    pub refusal: Option<Refusal>,
    /// Before when an approved message or payment does not start, RFC 3339, UTC: until then the approval
    /// can be taken back.
    pub starts_at: Option<String>,
    /// Where its undo stands, once somebody asked for one; for one action only. To people as for
    /// `/v1/actions/{id}/undo/settle`, to agents its `status` alone.
    #[schema(value_type = Option<Object>)]
    pub undo_state: Option<Value>,
    /// What a reviewer asks the agent.
    pub question: Option<String>,
    /// Who changed the arguments.
    pub edited_by: Option<String>,
    /// The sentence the agent is told; to agents only.
    pub message: Option<String>,
    /// What really ran; to agents only.
    pub ran: Option<Value>,
    /// True when this is an earlier action; to proposals only.
    pub joined: Option<bool>,
    /// The twelve audit fields and why empty ones are empty; for one action only.
    #[schema(value_type = Option<Object>)]
    pub audit: Option<Value>,
    /// Every judged form; for one action only.
    pub revisions: Option<Vec<Revision>>,
    /// What Leeway itself read for it; for one action only.
    pub readings: Option<Vec<Reading>>,
    /// Its entries; for one action only.
    pub entries: Option<Vec<Envelope>>,
}

/// A reading that Leeway made itself: to judge a call, to see what became of it, to undo it.
#[derive(ToSchema)]
pub struct Reading {
    /// The system's own tool.
    pub tool: String,
    /// Its arguments, secrets as `[redacted]`.
    #[schema(value_type = Object)]
    pub arguments: Value,
    /// `judging`, `starting`, `reading-back`, `reconciling`, `undoing`.
    pub why: String,
    /// RFC 3339, UTC.
    pub at: String,
}

/// A verdict and every rule that led to it, strictest first.
#[derive(ToSchema)]
pub struct Decision {
    /// `allow`, `hold`, `block`.
    pub verdict: String,
    /// Every rule that fired.
    pub reasons: Vec<Reason>,
    /// How many people have to approve it; 1 when absent.
    pub approvals: Option<u8>,
}

/// One rule that spoke.
#[derive(ToSchema)]
pub struct Reason {
    /// The rule's stable id.
    pub rule: String,
    /// `allow`, `hold`, `block`.
    pub verdict: String,
    /// One sentence for people.
    pub text: String,
}

/// One field of the record.
#[derive(ToSchema)]
pub struct FieldChange {
    /// Its name.
    pub field: String,
    /// The value before; meaningless when `old_known` is false.
    #[schema(required = true)]
    pub old: Option<Value>,
    /// The value after.
    #[schema(required = true)]
    pub new: Option<Value>,
    /// False when the record could not be read.
    pub old_known: bool,
    /// Whether the pack lists it as critical.
    pub critical: bool,
}

/// An argument that no change shows.
#[derive(ToSchema)]
pub struct Sent {
    /// Its JSON pointer in the arguments (RFC 6901); inside a text that holds JSON it goes on. Of a list of
    /// plain values the list's.
    pub path: String,
    /// Its value, secrets as `[redacted]`.
    #[schema(required = true)]
    pub value: Option<Value>,
    /// What it is to the pack: `identity`, `change`, `amount`, `recipient`, `content`, `detail`, `switch`,
    /// `option`, `unaccounted`; null for reads and for what was recorded before this was worked out.
    #[schema(required = true)]
    pub account: Option<String>,
    /// Whether it would set a field to what the record has already.
    pub same_as_now: bool,
}

/// What an agent says about its call.
#[derive(ToSchema)]
pub struct Claim {
    /// 0 to 1.
    pub confidence: Option<f64>,
    /// In its words.
    pub reason: Option<String>,
    /// In its words.
    pub trigger: Option<String>,
    /// What it read.
    pub sources: Option<Vec<Source>>,
}

/// A source the agent cites.
#[derive(ToSchema)]
pub struct Source {
    /// Where it was read.
    pub r#ref: String,
    /// The field it speaks of.
    pub field: Option<String>,
    /// The value it gives.
    pub value: Option<Value>,
}

/// What became of a call.
#[derive(ToSchema)]
pub struct Outcome {
    /// `executed`, `failed`, `partial`, `outcome_unknown`.
    pub status: String,
    /// One sentence for people.
    pub note: String,
    /// Labels of fields that have other values, read back, than were written.
    pub mismatched: Option<Vec<String>>,
    /// Fields that the system keeps in another form of the value that was written.
    pub in_form: Option<Vec<InForm>>,
    /// What changed along with it and the call did not name.
    pub along: Option<Vec<Along>>,
    /// How many fields more did than are listed.
    pub along_more: Option<u32>,
    /// Of an undo: whether a reading proves it. `null` for any other action.
    pub confirmed: Option<bool>,
    /// Who attests it; `null` where it was read back.
    pub attested_by: Option<String>,
}

/// A field that the system keeps in a form of its own.
#[derive(ToSchema)]
pub struct InForm {
    /// Its label.
    pub field: String,
    /// The value as it was written.
    #[schema(value_type = Value, required = true)]
    pub written: Value,
    /// The same value as the system keeps it.
    #[schema(value_type = Value, required = true)]
    pub kept: Value,
}

/// A field that changed along with an action and was not named by its call.
#[derive(ToSchema)]
pub struct Along {
    /// Whose field it is, when there are several records.
    pub record: Option<String>,
    /// Its name; dotted where it stands inside another.
    pub field: String,
    /// The value right before.
    #[schema(value_type = Value, required = true)]
    pub before: Value,
    /// The value right after.
    #[schema(value_type = Value, required = true)]
    pub after: Value,
}

/// Why a call could not be judged.
#[derive(ToSchema)]
pub struct Refusal {
    /// Stable code.
    pub code: String,
    /// What happened.
    pub message: String,
}

/// One judged form of an action.
#[derive(ToSchema)]
pub struct Revision {
    /// Counts from 1.
    pub revision: u32,
    /// Why there is it.
    #[schema(value_type = Object)]
    pub cause: Value,
    /// The arguments, redacted.
    #[schema(value_type = Object)]
    pub arguments: Value,
    /// Field by field.
    pub changes: Vec<FieldChange>,
    /// 1 to 5.
    pub level: u8,
    /// Its own decision.
    pub decision: Decision,
    /// Covers exactly what was shown.
    pub content_hash: String,
}

/// A ledger entry's envelope.
#[derive(ToSchema)]
pub struct Envelope {
    /// Its number in the ledger, from 0.
    pub seq: u64,
    /// The stream it belongs to.
    pub stream: String,
    /// Its number in its stream, from 1.
    pub version: u64,
    /// UTC, milliseconds.
    pub time_ms: i64,
    /// RFC 3339, UTC.
    pub time: String,
    /// What happened, e.g. `action.judged`.
    pub kind: String,
    /// Who caused it.
    pub actor: String,
    /// `allow`, `hold`, `block`, for judgements.
    #[schema(required = true)]
    pub decision: Option<String>,
    /// Rules that fired.
    pub rules: Vec<String>,
    /// Commitment to the payload, hexadecimal.
    pub payload: String,
}

/// A ledger entry with everything it takes to verify it.
#[derive(ToSchema)]
pub struct Entry {
    /// Its envelope.
    #[serde(flatten)]
    pub envelope: Envelope,
    /// The commitment's salt, hexadecimal.
    pub salt: String,
    /// What happened, whole.
    #[schema(required = true)]
    pub payload_json: Option<Value>,
}

/// Entries in order.
#[derive(ToSchema)]
pub struct EntryList {
    /// One page.
    pub entries: Vec<Entry>,
    /// The further page's `from`; null after the last.
    #[schema(required = true)]
    pub next: Option<u64>,
}

/// What re-deriving everything found.
#[derive(ToSchema)]
pub struct Verified {
    /// Whether everything holds.
    pub ok: bool,
    /// Entries read.
    pub entries: u64,
    /// Root of the tree over them, hexadecimal.
    pub root: String,
    /// The first entry that is not as it must be.
    #[schema(required = true)]
    pub first_bad: Option<BadEntry>,
    /// What is derived from the entries.
    pub derived: Derived,
}

/// An entry that is not as it must be.
#[derive(ToSchema)]
pub struct BadEntry {
    /// Its number.
    pub seq: u64,
    /// What is wrong.
    pub what: String,
}

/// What is derived from the entries: rows, documents, counts.
#[derive(ToSchema)]
pub struct Derived {
    /// Whether it is what the entries say.
    pub ok: bool,
    /// Streams folded.
    pub streams: u64,
    /// The first thing that is not.
    #[schema(required = true)]
    pub first_bad: Option<BadDerived>,
}

/// Something stored that the entries do not say.
#[derive(ToSchema)]
pub struct BadDerived {
    /// Its stream, or `counts`.
    pub what: String,
    /// What is wrong.
    pub why: String,
}

/// A configured system.
#[derive(ToSchema)]
pub struct SystemHealth {
    /// Its name.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// The pack that says what its tools do.
    pub pack: String,
    /// `starting`, `ready`, `down`.
    pub health: String,
    /// Why it is down.
    #[schema(required = true)]
    pub why: Option<String>,
    /// What its program wrote last to its standard error.
    pub wrote: Vec<String>,
    /// Calls that it has not answered yet.
    pub running: usize,
    /// Those of them that are not answered for 10 seconds or more.
    pub hanging: usize,
    /// How many tools it listed so far.
    pub tools: usize,
    /// Those of them that nobody can use, with the reason.
    pub unusable: Vec<UnusableTool>,
    /// What else of its list could not be taken, one sentence each.
    pub left_out: Vec<String>,
}

/// A tool that cannot be used.
#[derive(ToSchema)]
pub struct UnusableTool {
    /// Its name at the system.
    pub tool: String,
    /// What is wrong with its definition.
    pub why: String,
}

/// The systems.
#[derive(ToSchema)]
pub struct SystemList {
    /// By name.
    pub systems: Vec<SystemHealth>,
}

/// Anything that is not the answer asked for.
#[derive(ToSchema)]
pub struct Failure {
    /// What happened.
    pub error: Problem,
    /// The refused call's action, if there is one.
    pub id: Option<String>,
    /// `refused`, with such an action; what the action is now where a decision comes too late.
    pub status: Option<String>,
    /// The hash of what stands to be decided now, where a decision was on something older.
    pub content_hash: Option<String>,
}

/// What happened, and what to do.
#[derive(ToSchema)]
pub struct Problem {
    /// Stable kebab-case code.
    pub code: String,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}
