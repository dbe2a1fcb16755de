//! Browsers that somebody signed in with before: their wrong passwords are counted apart from those of strangers,
//! so that strangers cannot keep the owner out. The mark is made of the stored password, and ends with it.

use super::session;
use crate::app::App;
use crate::error::ApiError;
use axum::http::HeaderMap;
use leeway_store::CredentialKind;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long a browser stays known, seconds: half a year.
const LIVES_S: u64 = 180 * 24 * 3600;

fn name(tls: bool) -> &'static str {
    if tls {
        "__Host-leeway-known"
    } else {
        "leeway-known"
    }
}

/// The mark a browser carries that this account signed in with before.
pub fn mark(app: &App, email: &str, headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(carried) = session::named(headers, name(app.secure())) else {
        return Ok(None);
    };
    let expected = expected(app, email)?;
    Ok(expected.filter(|mark| bool::from(mark.as_bytes().ct_eq(carried.as_bytes()))))
}

/// The `Set-Cookie` value that makes a browser known.
pub fn cookie(app: &App, email: &str) -> Result<Option<String>, ApiError> {
    let secure = if app.secure() { "; Secure" } else { "" };
    let cookie = |mark| {
        format!(
            "{}={mark}; Path=/; HttpOnly; SameSite=Lax; Max-Age={LIVES_S}{secure}",
            name(app.secure())
        )
    };
    Ok(expected(app, email)?.map(cookie))
}

fn expected(app: &App, email: &str) -> Result<Option<String>, ApiError> {
    let stored = app
        .store
        .reader()?
        .credential(CredentialKind::Password, email)?;
    Ok(stored.map(|credential| {
        let mut hasher = Sha256::new();
        hasher.update(b"leeway known browser\0");
        hasher.update(email.as_bytes());
        hasher.update(b"\0");
        hasher.update(credential.secret.as_bytes());
        hex::encode(hasher.finalize())
    }))
}
