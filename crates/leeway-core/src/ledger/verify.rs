//! Checking a ledger by deriving everything anew. Shares nothing with the writer but the hash
//! functions: the tree is built by pairing whole levels, not by a frontier.

use super::entry::{Envelope, commitment};
use super::merkle::{Hash, leaf_hash, node_hash};
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
    streams: HashMap<u128, u64>,
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
        let digest = Sha256::digest(envelope.stream.as_bytes());
        let mut key = [0; 16];
        key.copy_from_slice(&digest[..16]);
        let version = self.streams.entry(u128::from_be_bytes(key)).or_insert(0);
        *version += 1;
        if envelope.version != *version {
            return Some(format!(
                "it is number {} of its stream, not {version}",
                envelope.version
            ));
        }
        if commitment(salt, payload) != envelope.payload {
            return Some("its payload is not the one that was recorded".to_owned());
        }
        None
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
