//! Secret tokens: shown once, stored as their SHA-256.

use crate::clock;
use sha2::{Digest, Sha256};

/// A fresh token of a kind: the prefix tells people and scanners what it is.
pub struct Token {
    /// The secret, shown once.
    pub secret: String,
    /// SHA-256 of the secret, hexadecimal: what is stored.
    pub hash: String,
}

impl Token {
    /// Draws 32 random bytes. `prefix` is `lwa` for agents, `lwp` for people, `lws` for sessions.
    pub fn fresh(prefix: &str) -> Self {
        let secret = format!("{prefix}_{}", hex::encode(clock::random::<32>()));
        let hash = hash(&secret);
        Self { secret, hash }
    }

    /// The id by which it is listed and revoked: the first 12 digits of its hash.
    pub fn id(&self) -> String {
        id_of(&self.hash)
    }
}

/// SHA-256 of a token, hexadecimal.
pub fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}

/// The id of a stored token.
pub fn id_of(hash: &str) -> String {
    hash.chars().take(12).collect()
}
