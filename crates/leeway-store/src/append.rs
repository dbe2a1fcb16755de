//! What is handed to the writer, and what comes back.

use leeway_core::id::ActionId;
use leeway_core::ledger::event::Event;

use crate::query::Credential;
use crate::query::CredentialKind;

/// One atomic append: all of it or nothing.
#[derive(Clone, Debug, Default)]
pub struct Append {
    /// Entries, in order. Consecutive entries may share a stream.
    pub entries: Vec<NewEntry>,
    /// What must hold at the moment of the append.
    pub preconditions: Vec<Precondition>,
    /// Secrets that live beside the ledger, written in the same transaction.
    pub side: Vec<SideWrite>,
}

/// One entry to append.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// The stream: `action/<id>`, `workflow/<name>`, `system/<name>`, `pack/<name>`,
    /// `tool/<system>/<tool>`, `person/<email>`, `agent/<name>`.
    pub stream: String,
    /// `agent:NAME`, `person:EMAIL`, or `leeway`.
    pub actor: String,
    /// UTC milliseconds.
    pub time_ms: i64,
    /// What happened.
    pub event: Event,
}

/// What must hold at the moment of the append; otherwise nothing is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Precondition {
    /// The stream has exactly this many entries. 0: it does not exist.
    StreamAt {
        /// The stream.
        stream: String,
        /// Its length.
        version: u64,
    },
    /// Nothing of what is configured under these streams changed since the ledger had so many entries. A
    /// name that ends in `/` stands for every stream that begins with it.
    Unmoved {
        /// How many entries were read.
        since: u64,
        /// The streams.
        streams: Vec<String>,
    },
    /// No action that an agent proposed and that changes something has this twin hash and is under way:
    /// waits, runs, or has an unknown outcome. With a time: nor was one carried out since, UTC
    /// milliseconds.
    NoTwin {
        /// [`leeway_core::action::event::Judged::twin_hash`].
        twin_hash: String,
        /// From when on.
        since_ms: Option<i64>,
    },
    /// No held action has this twin hash.
    NoHeldTwin {
        /// [`leeway_core::action::event::Judged::twin_hash`].
        twin_hash: String,
    },
    /// The agent has not used this idempotency key.
    KeyUnused {
        /// The agent.
        agent: String,
        /// Its key.
        key: String,
    },
}

/// A secret beside the ledger. Never exported, never shown.
#[derive(Clone, Debug)]
pub enum SideWrite {
    /// Keeps a credential's hash (replaces one of the same kind and id).
    PutCredential(Credential),
    /// Forgets a credential.
    DeleteCredential {
        /// Its kind.
        kind: CredentialKind,
        /// Its id.
        id: String,
    },
    /// Forgets every credential of a kind that a subject has.
    DeleteCredentialsOf {
        /// Kind.
        kind: CredentialKind,
        /// Whose.
        subject: String,
    },
    /// Keeps the unredacted arguments of a revision until the action ends.
    PutSealed {
        /// The action.
        action: ActionId,
        /// Its revision.
        revision: u32,
        /// Canonical JSON of the arguments.
        arguments: Vec<u8>,
    },
    /// Forgets the sealed arguments of an action.
    DeleteSealed {
        /// The action.
        action: ActionId,
    },
}

/// A durable append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Sequence number of the first entry.
    pub first_seq: u64,
    /// For each entry: the version it has in its stream.
    pub versions: Vec<u64>,
}

/// Why nothing was appended.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// A precondition did not hold.
    #[error("{0}")]
    Conflict(Conflict),
    /// The stream's state does not admit the event.
    #[error("{0}")]
    InvalidTransition(String),
    /// The ledger cannot be written: disk full, read-only, failed.
    #[error("the ledger cannot be written: {0}")]
    Unwritable(String),
}

/// A precondition that did not hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Conflict {
    /// The stream moved on.
    #[error("`{stream}` has {found} entries, not {expected}")]
    StreamMoved {
        /// The stream.
        stream: String,
        /// What was expected.
        expected: u64,
        /// What it is.
        found: u64,
    },
    /// What is configured under the stream changed.
    #[error("`{stream}` was changed")]
    Reconfigured {
        /// The stream.
        stream: String,
    },
    /// An identical call is under way already.
    #[error("an identical call is under way as `{0}`")]
    Twin(ActionId),
    /// An identical call was carried out a short while ago.
    #[error("an identical call was carried out as `{0}`")]
    Repeated(ActionId),
    /// The idempotency key was used before.
    #[error("the idempotency key belongs to `{0}`")]
    KeyUsed(ActionId),
}

/// Told to every subscriber after an entry is durable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The entry's sequence number.
    pub seq: u64,
    /// Its stream.
    pub stream: String,
    /// Its kind.
    pub kind: &'static str,
}
