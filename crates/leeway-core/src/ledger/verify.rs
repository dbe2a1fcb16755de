//! Checking a ledger by deriving everything anew. Shares nothing with the writer but the hash
//! functions: the tree is built by pairing whole levels, not by a frontier, and the state machine
//! of actions ([`Stage`]) is written down a second time, over nothing but what envelopes say.

use super::entry::{Envelope, commitment_bytes};
use super::merkle::{Hash, leaf_hash, node_hash};
use super::stage::Stage;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// What verifying found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Entries read.
    pub entries: u64,
    /// Root of the tree over them, hexadecimal.
    pub root: String,
    /// The first entry that is not as it must be.
    pub first_bad: Option<Bad>,
}

impl Report {
    /// Whether everything holds.
    pub fn ok(&self) -> bool {
        self.first_bad.is_none()
    }
}

/// An entry that is not as it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// Its sequence number; for a wrong head, the number of entries.
    pub seq: u64,
    /// What is wrong, one sentence.
    pub what: String,
}

/// Takes entries one after another.
#[derive(Default)]
pub struct Verifier {
    leaves: Vec<Hash>,
    /// By the 16 bytes of an action's id.
    actions: HashMap<[u8; 16], (u32, Stage)>,
    others: HashMap<String, u64>,
    time_ms: i64,
    first_bad: Option<Bad>,
}

impl Verifier {
    /// Before the first entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Entries so far.
    pub fn entries(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// Takes the next entry.
    pub fn entry(
        &mut self,
        envelope: &Envelope,
        (salt, payload): (&[u8; 16], &[u8]),
        recorded: &Hash,
    ) {
        let leaf = leaf_hash(&envelope.bytes());
        if let Some(what) = self.fault(envelope, salt, payload) {
            self.bad(what);
        } else if leaf != *recorded {
            self.bad("its envelope is not the one that was recorded".to_owned());
        }
        self.time_ms = envelope.time_ms;
        self.leaves.push(leaf);
    }

    /// Notes an entry that cannot even be read.
    pub fn unreadable(&mut self, why: &str) {
        self.bad(format!("it cannot be read: {why}"));
        self.leaves.push([0; 32]);
    }

    fn bad(&mut self, what: String) {
        let seq = self.entries();
        self.first_bad.get_or_insert(Bad { seq, what });
    }

    fn fault(&mut self, envelope: &Envelope, salt: &[u8; 16], payload: &[u8]) -> Option<String> {
        let expected = self.entries();
        if envelope.seq != expected {
            return Some(format!(
                "entry {expected} is missing: {} stands in its place",
                envelope.seq
            ));
        }
        if envelope.time_ms < self.time_ms {
            return Some("it is older than the entry before it".to_owned());
        }
        let mut committed = [0; 64];
        let digest = commitment_bytes(salt, payload);
        if hex::encode_to_slice(digest, &mut committed).is_err()
            || committed != envelope.payload.as_bytes()
        {
            return Some("its payload is not the one that was recorded".to_owned());
        }
        if !tagged(&envelope.kind, payload) {
            return Some(format!("its payload is not of kind `{}`", envelope.kind));
        }
        let version = match envelope.stream.strip_prefix("action/") {
            Some(id) => self.action(id, envelope),
            None => self.other(envelope),
        };
        match version {
            Err(what) => Some(what),
            Ok(version) if version != envelope.version => Some(format!(
                "it is number {} of its stream, not {version}",
                envelope.version
            )),
            Ok(_) => None,
        }
    }

    /// The version this entry of an action must have.
    fn action(&mut self, id: &str, envelope: &Envelope) -> Result<u64, String> {
        let mut key = [0; 16];
        id.strip_prefix("act_")
            .and_then(|digits| hex::decode_to_slice(digits, &mut key).ok())
            .ok_or_else(|| format!("`{id}` is no action"))?;
        let (version, stage) = self.actions.entry(key).or_default();
        *version += 1;
        *stage = stage
            .after(&envelope.kind, envelope.decision.as_deref())
            .ok_or_else(|| {
                format!(
                    "`{}` is not possible for an action that {}",
                    envelope.kind,
                    stage.words()
                )
            })?;
        Ok(u64::from(*version))
    }

    /// The version this entry of any other stream must have.
    fn other(&mut self, envelope: &Envelope) -> Result<u64, String> {
        let (stream, kind) = (envelope.stream.split('/'), envelope.kind.split('.'));
        if stream.clone().next() != kind.clone().next() || envelope.decision.is_some() {
            return Err(format!(
                "`{}` does not belong to stream `{}`",
                envelope.kind, envelope.stream
            ));
        }
        let version = match self.others.get_mut(&envelope.stream) {
            Some(version) => version,
            None => self.others.entry(envelope.stream.clone()).or_default(),
        };
        *version += 1;
        Ok(*version)
    }

    /// After the last entry: compares with the recorded size and root.
    pub fn finish(mut self, head: Option<(u64, Hash)>) -> Report {
        let root = root_of(&self.leaves);
        let entries = self.entries();
        let what = match head {
            None => Some("the recorded head cannot be read".to_owned()),
            Some((size, _)) if size != entries => Some(format!(
                "the head records {size} entries, there are {entries}"
            )),
            Some((_, recorded)) if recorded != root => Some(
                "the tree over the entries has another root than recorded: an envelope was changed"
                    .to_owned(),
            ),
            Some(_) => None,
        };
        if let Some(what) = what {
            self.first_bad.get_or_insert(Bad { seq: entries, what });
        }
        Report {
            entries,
            root: hex::encode(root),
            first_bad: self.first_bad,
        }
    }
}

/// Whether a payload says that it is of this kind. It is canonical in this: the kind stands first.
fn tagged(kind: &str, payload: &[u8]) -> bool {
    let tag = kind.strip_prefix("action.").unwrap_or(kind);
    payload
        .strip_prefix(b"{\"event\":\"")
        .and_then(|rest| rest.strip_prefix(tag.as_bytes()))
        .is_some_and(|rest| rest.starts_with(b"\""))
}

/// The root over leaf hashes, by pairing level after level; an odd one out goes up as it is, which
/// gives the same tree as RFC 6962's recursion.
pub fn root_of(leaves: &[Hash]) -> Hash {
    if leaves.is_empty() {
        return Sha256::digest([]).into();
    }
    let mut level = leaves.to_vec();
    while level.len() > 1 {
        level = level
            .chunks(2)
            .map(|pair| match pair {
                [left, right] => node_hash(left, right),
                [alone] => *alone,
                _ => unreachable!("chunks of two"),
            })
            .collect();
    }
    level[0]
}
