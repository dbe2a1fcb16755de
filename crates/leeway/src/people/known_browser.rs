//! Browsers that somebody signed in with before: their wrong passwords are counted apart from those of strangers,
//! so that strangers cannot keep the owner out. The mark is made of the stored password, and ends with it.

use super::session;
use crate::app::App;
use crate::clock::random;
use crate::error::ApiError;
use axum::http::HeaderMap;
use leeway_store::CredentialKind;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long a browser stays known, seconds: half a year.
const LIVES_S: u64 = 180 * 24 * 3600;

const NAMES: [&str; 2] = ["leeway-known", "__Host-leeway-known"];

/// The mark of a browser that this account signed in with before: its own part of what it carries.
pub fn mark(app: &App, email: &str, headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    for name in NAMES {
        let Some(carried) = session::named(headers, name) else {
            continue;
        };
        let Some((own, proof)) = carried.split_once('.') else {
            continue;
        };
        let expected = proof_of(app, email, own)?;
        if expected.is_some_and(|expected| bool::from(expected.as_bytes().ct_eq(proof.as_bytes())))
        {
            return Ok(Some(own.to_owned()));
        }
    }
    Ok(None)
}

/// The `Set-Cookie` value that makes a browser known.
pub fn cookie(app: &App, email: &str, secure: bool) -> Result<Option<String>, ApiError> {
    let own = hex::encode(random::<16>());
    let (flag, name) = if secure {
        ("; Secure", NAMES[1])
    } else {
        ("", NAMES[0])
    };
    let cookie = |proof| {
        format!("{name}={own}.{proof}; Path=/; HttpOnly; SameSite=Lax; Max-Age={LIVES_S}{flag}")
    };
    Ok(proof_of(app, email, &own)?.map(cookie))
}

fn proof_of(app: &App, email: &str, own: &str) -> Result<Option<String>, ApiError> {
    let stored = app
        .store
        .reader()?
        .credential(CredentialKind::Password, email)?;
    Ok(stored.map(|credential| {
        let mut hasher = Sha256::new();
        for part in ["leeway known browser", own, email, &credential.secret] {
            hasher.update(part.as_bytes());
            hasher.update(b"\0");
        }
        hex::encode(hasher.finalize())
    }))
}
