//! What can be asked of the store, and the shapes of the answers.

use leeway_core::action::state::Status;
use leeway_core::earn::review::Because;
use leeway_core::earn::verdict::Verdict;
use leeway_core::govern::owners::Responsibility;
use leeway_core::id::ActionId;
use leeway_core::judge::counting;
use leeway_core::ledger::entry::Envelope;
use serde::{Deserialize, Serialize};

/// Which actions to list, newest first. `None` and empty mean "any".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActionFilter {
    /// Workflow name.
    pub workflow: Option<String>,
    /// Any of these states.
    pub status: Vec<Status>,
    /// Level 1 to 5.
    pub level: Option<u8>,
    /// Agent name.
    pub agent: Option<String>,
    /// Record id at its system, or `type:id`.
    pub record: Option<String>,
    /// Words to look for in title, gist, tool, record and arguments.
    pub q: Option<String>,
    /// Proposed at or after, UTC milliseconds.
    pub from_ms: Option<i64>,
    /// Proposed before, UTC milliseconds.
    pub to_ms: Option<i64>,
    /// Leave out planted cases: what their agents may see.
    pub without_planted: bool,
}

/// One page of a list, and how to get the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// Cursor of the next page: pass it as `before`. `None` at the end.
    pub next: Option<u64>,
}

/// How many actions stand where.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Held now.
    pub held: u64,
    /// All actions.
    pub total: u64,
}

/// One entry as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawEntry {
    /// Its envelope.
    pub envelope: Envelope,
    /// Salt of the payload's commitment.
    pub salt: [u8; 16],
    /// The payload, JSON.
    pub payload: Vec<u8>,
    /// The leaf hash recorded for its envelope.
    pub leaf: [u8; 32],
}

/// What is measured of a workflow's actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Measures {
    /// Proposed.
    pub volume: u64,
    /// Calls that were made.
    pub ran: u64,
    /// Of those, by rule alone and with success.
    pub ran_alone: u64,
    /// Of those, failed or with an unknown outcome.
    pub failed: u64,
    /// Decided by a person.
    pub decided: u64,
    /// Of those, changed by a person first and not rejected.
    pub edited: u64,
    /// Of those, rejected.
    pub rejected: u64,
    /// Nobody answered in time.
    pub unanswered: u64,
    /// How long people had one open before they decided, milliseconds; `None` while that was never
    /// measured.
    pub median_decision_ms: Option<i64>,
}

/// What is counted for a workflow's worth. An item is an act of an agent that was carried out or decided on
/// by a person; reads and undos are none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct WorthCounts {
    /// Items.
    pub items: u64,
    /// Of those, decided by a person.
    pub decided: u64,
    /// Of those, changed by a person first and not rejected.
    pub edited: u64,
    /// Of those, rejected.
    pub rejected: u64,
    /// Known to be right or wrong by a review after they ran; planted cases are left out.
    pub reviewed: u64,
    /// Of those, wrong.
    pub wrong: u64,
    /// How often a person looked in these reviews and in those of planted cases.
    pub review_looks: u64,
    /// Undos carried out.
    pub undone: u64,
}

/// One past action as it was proposed.
#[derive(Clone, Debug)]
pub struct PastRow {
    /// Position of its first entry.
    pub seq: u64,
    /// The action.
    pub id: ActionId,
    /// Where it stands.
    pub status: Status,
    /// Whether a person changed it.
    pub edited: bool,
    /// Its title.
    pub title: String,
    /// Payload of its first entry, a judged revision, JSON.
    pub payload: Vec<u8>,
}

/// What kind of secret a credential proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CredentialKind {
    /// A person's password; `id` is the e-mail, `secret` the argon2 hash.
    Password,
    /// A person's API token; `id` is the token's SHA-256.
    PersonToken,
    /// An agent's token; `id` is the token's SHA-256.
    AgentToken,
    /// A browser session; `id` is the session token's SHA-256.
    Session,
    /// A link for approving one revision; `id` is the token's SHA-256, `secret` says what it is of
    /// and is no secret.
    QuickLink,
    /// The key of the hashes by which identical calls with secrets are known; `secret` is the key itself.
    Twins,
}

/// One stored credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Its kind.
    pub kind: CredentialKind,
    /// What it is found by.
    pub id: String,
    /// Whose it is: an e-mail or an agent's name.
    pub subject: String,
    /// A hash, never the secret; where the id is the hash, empty or what it stands for.
    pub secret: String,
    /// When it ends, UTC milliseconds.
    pub expires_ms: Option<i64>,
}

/// How long the ledger is, and its root.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Head {
    /// Entries.
    pub entries: u64,
    /// Root of the tree over them, hexadecimal.
    pub root: String,
}

/// Whose actions are counted, within one workflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeKey {
    /// All of them.
    Workflow,
    /// This agent's.
    Agent(String),
    /// This tool's.
    Tool {
        /// The system.
        system: String,
        /// The tool's own name.
        tool: String,
    },
    /// Those on this record.
    Record(leeway_core::classify::RecordRef),
}

/// What to count for one guardrail.
pub struct Count<'a> {
    /// In this workflow.
    pub workflow: &'a str,
    /// Whose actions.
    pub key: &'a ScopeKey,
    /// Since when, UTC milliseconds.
    pub since_ms: i64,
    /// Which of them.
    pub counts: &'a counting::Counts,
    /// Amounts in which currency; those whose currency is not known count too. `None` for all.
    pub currency: Option<&'a str>,
    /// The action that is being judged: it does not count against itself.
    pub judged: &'a ActionId,
    /// Whether a time lies in the workflow's business hours; `None` when that is not known.
    pub in_business_hours: &'a dyn Fn(i64) -> Option<bool>,
}

/// Which reviews to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewFilter {
    /// Those that wait for somebody, or those that are done.
    pub open: bool,
    /// Of this workflow.
    pub workflow: Option<String>,
    /// Of this tool, `<system>__<tool>`.
    pub tool: Option<String>,
    /// Of this area.
    pub responsibility: Option<Responsibility>,
}

/// One review as a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRow {
    /// Its id.
    pub id: ActionId,
    /// The action it shows.
    pub shows: ActionId,
    /// Its workflow.
    pub workflow: String,
    /// `<system>__<tool>`.
    pub tool: String,
    /// Whose agent's.
    pub agent: String,
    /// Whose risk.
    pub responsibility: Responsibility,
    /// Why it was drawn.
    pub because: Because,
    /// The lot it is of.
    pub lot: Option<u64>,
    /// When it was drawn, UTC milliseconds.
    pub drawn_ms: i64,
    /// Until when it is to be reviewed, UTC milliseconds.
    pub due_ms: i64,
    /// Whether it waits for somebody.
    pub open: bool,
    /// What it is, once it is done.
    pub outcome: Option<Verdict>,
    /// Whether it is critically wrong.
    pub critical: bool,
    /// When it was done, UTC milliseconds.
    pub judged_ms: Option<i64>,
    /// Who looked, in order.
    pub reviewers: Vec<String>,
}

/// What somebody decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The action.
    pub id: ActionId,
    /// Whether it was rejected.
    pub rejected: bool,
    /// How long they had it open, milliseconds, where that is known.
    pub took_ms: Option<i64>,
    /// When it was proposed, UTC milliseconds.
    pub at_ms: i64,
    /// Whether a person changed it first.
    pub edited: bool,
}

/// A look at an output that was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// How long they had it open, milliseconds, where that is known.
    pub took_ms: Option<i64>,
    /// What they said.
    pub verdict: Verdict,
    /// Whether it was a planted case.
    pub planted: bool,
}

/// Reviews of an area of a workflow that wait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenReviews {
    /// The workflow.
    pub workflow: String,
    /// The area.
    pub area: Responsibility,
    /// How many.
    pub open: u64,
    /// Of those, overdue.
    pub overdue: u64,
    /// When the first is due, UTC milliseconds.
    pub due_ms: i64,
}
