//! One ledger entry: an envelope that the tree covers, and a payload it commits to.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What the tree's leaf covers. Field order is alphabetical, so its plain JSON is canonical
/// (RFC 8785).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    /// Who caused it: `agent:NAME`, `person:EMAIL`, or `leeway`.
    pub actor: String,
    /// `allow`, `hold` or `block` for a judged action, else `null`.
    pub decision: Option<String>,
    /// What happened, e.g. `action.judged`.
    pub kind: String,
    /// SHA-256 over salt ‖ payload, hexadecimal.
    pub payload: String,
    /// Ids of the rules that fired.
    pub rules: Vec<String>,
    /// Position in the ledger, from 0, gapless.
    pub seq: u64,
    /// What it belongs to, e.g. `action/act_…`.
    pub stream: String,
    /// When, UTC milliseconds since 1970.
    pub time_ms: i64,
    /// Position in the stream, from 1, gapless.
    pub version: u64,
}

impl Envelope {
    /// The bytes the tree's leaf is hashed from: canonical JSON.
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("INVARIANT: strings and integers always serialise")
    }
}

/// Commitment to a payload: SHA-256 over salt ‖ payload bytes, hexadecimal. With the salt gone, the
/// commitment says nothing about the payload, so a payload can be erased and the tree still holds.
pub fn commitment(salt: &[u8; 16], payload: &[u8]) -> String {
    hex::encode(commitment_bytes(salt, payload))
}

/// [`commitment`] as bytes.
pub fn commitment_bytes(salt: &[u8; 16], payload: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(salt);
    hasher.update(payload);
    hasher.finalize().into()
}
