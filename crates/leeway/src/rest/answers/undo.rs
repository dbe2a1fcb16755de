//! What is answered about taking actions back.

use super::Record;
use serde_json::Value;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What taking an action back would do now.
#[derive(ToSchema)]
pub struct UndoPlan {
    /// The action.
    pub action: String,
    /// Where its undo stands; `null` when nobody asked for one.
    #[schema(required = true)]
    pub state: Option<UndoStands>,
    /// `fields`, `unmake`, `remake`, `offset`; `null` when there is no way back.
    #[schema(required = true)]
    pub way: Option<String>,
    /// One sentence for people.
    pub summary: String,
    /// The comparison, field by field.
    pub fields: Vec<UndoField>,
    /// What changed along with the action and its call did not name.
    pub along: Vec<super::Along>,
    /// What nobody can tell by reading; empty when there is nothing.
    pub caution: String,
    /// `call`, `already-back`, `all-kept`, `decide`, `impossible`.
    pub next: String,
    /// With `call`: the system's tool.
    pub tool: Option<String>,
    /// With `call`: its arguments.
    #[schema(value_type = Option<Object>)]
    pub arguments: Option<Value>,
    /// With `call`: fields that are overwritten although they were changed since.
    pub forced: Option<Vec<String>>,
    /// With `call`: fields that stay as they are, by choice.
    pub kept: Option<Vec<String>>,
    /// With `call` and `decide`: fields that stay undecided.
    pub left: Option<Vec<String>>,
    /// With `decide`: why each is to be decided about.
    pub points: Option<String>,
    /// With `impossible`: why.
    pub why: Option<String>,
    /// What an undo is bound to.
    pub hash: String,
}

/// One field on the way back.
#[derive(ToSchema)]
pub struct UndoField {
    /// Whose field it is, when there are several records.
    pub record: Option<String>,
    /// Its name.
    pub field: String,
    /// The value before the action.
    #[schema(value_type = Value, required = true)]
    pub before: Value,
    /// The value the action wrote, as the system showed it right after.
    #[schema(value_type = Value, required = true)]
    pub written: Value,
    /// The value as it was sent, where the system keeps it in another form.
    pub sent: Option<Value>,
    /// The value now.
    #[schema(value_type = Value, required = true)]
    pub now: Value,
    /// The value that the undo writes, where it writes one.
    #[schema(value_type = Value, required = true)]
    pub back: Value,
    /// `restore`, `already-back`, `changed`, `otherwise`, `along`, `unknown`, `unreadable`, `out-of-reach`.
    pub finding: String,
}

/// Where an undo stands.
#[derive(ToSchema)]
pub struct UndoStands {
    /// `planned`, `undoing`, `undone`, `not_confirmed`, `put_right`, `conflicted`, `undo_failed`,
    /// `undo_unknown`, `cancelled`, `kept`, `remediation`.
    pub status: String,
    /// The action that takes it back, the latest.
    #[schema(required = true)]
    pub undo: Option<String>,
    /// Who asked or settled last.
    pub by: String,
    /// Why it stands there.
    pub note: String,
    /// RFC 3339, UTC.
    pub since: String,
    /// How often it was asked for.
    pub asked: u32,
    /// Labels of fields that were left to a person.
    pub left: Vec<String>,
    /// Why each was left.
    pub points: String,
    /// Whether the other fields are back.
    pub rest_back: bool,
    /// What was deleted and is there again under another id.
    #[schema(value_type = Object, required = true)]
    pub made: Option<Value>,
}

/// A batch of undos.
#[derive(ToSchema)]
pub struct Batch {
    /// `und_` and 20 digits.
    pub id: String,
    /// `planning`, `planned`, `running`, `finished`, `stopped`.
    pub status: String,
    /// While it is being worked out: of how many actions it is known what would become of them.
    #[schema(required = true)]
    pub worked_out: Option<u32>,
    /// Who planned it.
    pub by: String,
    /// Why.
    pub why: String,
    /// Which actions.
    #[schema(value_type = Object)]
    pub selection: Value,
    /// The incident it belongs to.
    #[schema(required = true)]
    pub incident: Option<u64>,
    /// How many actions.
    pub total: u32,
    /// What was foreseen, and for how many.
    pub foreseen: BTreeMap<String, u32>,
    /// Where their undos stand, and how many: adds up to the total.
    pub counts: BTreeMap<String, u32>,
    /// What beginning it is bound to.
    pub hash: String,
    /// RFC 3339, UTC.
    pub planned_at: String,
    /// RFC 3339, UTC.
    pub since: String,
    /// A page of its actions, in order; for one batch only.
    pub actions: Option<Vec<BatchAction>>,
    /// Where the next page begins.
    pub next: Option<u32>,
}

/// One action of a batch.
#[derive(ToSchema)]
pub struct BatchAction {
    /// What was foreseen for it.
    #[serde(flatten)]
    pub item: BatchItem,
    /// Where its undo stands.
    #[schema(required = true)]
    pub undo_state: Option<UndoStands>,
}

/// A batch as it was planned.
#[derive(ToSchema)]
pub struct BatchPlan {
    /// The batch.
    #[serde(flatten)]
    pub batch: Batch,
    /// Its actions in order.
    pub items: Vec<BatchItem>,
}

/// What is foreseen for one action.
#[derive(ToSchema)]
pub struct BatchItem {
    /// The action.
    pub action: String,
    /// Its title.
    pub title: String,
    /// Its record.
    #[schema(required = true)]
    pub record: Option<Record>,
    /// `call`, `call-in-part`, `already-back`, `decide`, `impossible`, `under-way`, `settled`, `unusable`.
    pub next: String,
    /// What is left to be decided and why, or why it cannot be taken back.
    pub note: String,
}

/// Every batch.
#[derive(ToSchema)]
pub struct Batches {
    /// Newest first.
    pub batches: Vec<Batch>,
}

/// Where an undo stands, with its own action.
#[derive(ToSchema)]
pub struct Undone {
    /// Where it stands.
    #[serde(flatten)]
    pub stands: UndoStands,
    /// The action that is taken back.
    pub action: String,
    /// The action that takes it back, if there is one.
    #[schema(value_type = Option<Object>, required = true)]
    pub undo_action: Option<Value>,
}

/// What nobody knows the outcome of.
#[derive(ToSchema)]
pub struct Outcomes {
    /// The oldest first.
    pub outcomes: Vec<OpenOutcome>,
    /// How many there are in all.
    pub total: u64,
}

/// One of them.
#[derive(ToSchema)]
pub struct OpenOutcome {
    /// The action, as lists show it.
    #[schema(value_type = Object)]
    pub action: Value,
    /// Its version: what is attested is bound to it.
    pub version: u64,
    /// What its answer said.
    #[schema(required = true)]
    pub note: Option<String>,
    /// What was sent.
    #[schema(value_type = Object)]
    pub arguments: Value,
    /// What it was to change.
    #[schema(value_type = Vec<Object>)]
    pub changes: Vec<Value>,
    /// The record as it reads now.
    #[schema(value_type = Option<Object>, required = true)]
    pub now: Option<Value>,
    /// What that says, when it tells.
    #[schema(value_type = Option<Object>, required = true)]
    pub says: Option<Value>,
    /// Why it cannot be read.
    #[schema(required = true)]
    pub unread: Option<String>,
    /// Whether the asker may attest it.
    pub may_attest: bool,
}

/// What came of attesting several.
#[derive(ToSchema)]
pub struct Attested {
    /// Each in the order given.
    pub outcomes: Vec<AttestedOne>,
}

/// What came of one.
#[derive(ToSchema)]
pub struct AttestedOne {
    /// The action.
    pub id: String,
    /// Its status, when it was recorded.
    pub status: Option<String>,
    /// Why nothing was recorded.
    #[schema(value_type = Option<Object>)]
    pub error: Option<Value>,
}
