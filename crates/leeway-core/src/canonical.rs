//! Canonical JSON (RFC 8785) and content hashes over it.

use serde::Serialize;
use sha2::{Digest, Sha256};

/// The canonical JSON bytes of a value.
pub fn bytes<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value)
        .expect("INVARIANT: only types with string keys and finite numbers are hashed")
}

/// SHA-256 over the canonical JSON of a value, as 64 lower-case hexadecimal digits.
pub fn hash<T: Serialize>(value: &T) -> String {
    hex::encode(Sha256::digest(bytes(value)))
}
