//! Browser sessions: signing in and out, the cookie, and the token that guards forms.

use super::account;
use super::attempts::{self, Key, PUT_OFF, Pace};
use super::known_browser;
use super::password;
use super::token::{Token, hash};
use super::unrecorded;
use crate::app::App;
use crate::error::ApiError;
use axum::http::{HeaderMap, StatusCode, header};
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::people::Person;
use leeway_store::{AppendError, Credential, CredentialKind, SideWrite};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A signed-in browser.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub person: Person,
    /// Must come back with every form.
    pub csrf: String,
    /// False when the ledger could not be written at sign-in: then it reads and does nothing else.
    pub recorded: bool,
}

/// Names of the cookie: over TLS browsers tie `__Host-` cookies to this one host.
const NAMES: [&str; 2] = ["leeway", "__Host-leeway"];

/// Signs a person in. Returns the `Set-Cookie` values: of the session, and of a browser that is known from now on.
pub async fn sign_in(
    app: &App,
    (email, password): (&str, &str),
    (address, headers): (&str, &HeaderMap),
) -> Result<Vec<String>, ApiError> {
    let email = email.trim().to_lowercase();
    let now_ms = app.clock.now_ms();
    let known = known_browser::mark(app, &email, headers)?;
    let keys = attempts::keys(&email, address, known.as_deref());
    check(app, (&email, password), (&keys, address)).await?;
    let token = Token::fresh("lws");
    let lives_s = app.settings.session_hours.saturating_mul(3600);
    let credential = Credential {
        kind: CredentialKind::Session,
        id: token.hash.clone(),
        subject: email.clone(),
        secret: String::new(),
        expires_ms: Some(now_ms + (lives_s as i64) * 1000),
    };
    let side = vec![SideWrite::PutCredential(credential)];
    let actor = format!("person:{email}");
    let signed_in = app
        .govern(
            &actor,
            account::stream(&email),
            GovernEvent::PersonSignedIn {},
            (side, vec![]),
        )
        .await;
    match signed_in {
        Ok(()) => {}
        Err(AppendError::Unwritable(why)) => {
            tracing::warn!(%why, "a sign-in cannot be recorded: it is for reading only");
            let until_ms = now_ms + unrecorded::LONGEST_MS;
            app.unrecorded.keep(&token.hash, &email, until_ms);
        }
        Err(error) => return Err(error.into()),
    }
    let secure = app.secure(headers);
    let mut cookies = vec![cookie(secure, &token.secret, lives_s)];
    cookies.extend(known_browser::cookie(app, &email, secure)?);
    Ok(cookies)
}

/// Checks the password of somebody who is recognised already. Wrong ones count as at signing in.
pub async fn confirm(app: &App, email: &str, password: &str) -> Result<(), ApiError> {
    let keys = attempts::keys(email, CONFIRMING, None);
    check(app, (email, password), (&keys, CONFIRMING))
        .await
        .map_err(|error| match error.status {
            StatusCode::UNAUTHORIZED => ApiError::new(
                StatusCode::FORBIDDEN,
                "current-password-wrong",
                "your present password is another one",
            ),
            _ => error,
        })
}

/// Stands for the address where a password is confirmed: whoever holds a token chooses theirs.
const CONFIRMING: &str = "confirming";

/// Checks a password. The attempt is counted before anything is computed, so that many at once are
/// not all tried, and taken back when it succeeds or was never made.
async fn check(
    app: &App,
    (email, password): (&str, &str),
    (keys, address): (&[Key], &str),
) -> Result<(), ApiError> {
    let wrong = || {
        ApiError::new(
            StatusCode::UNAUTHORIZED,
            "sign-in-failed",
            "e-mail or password is wrong",
        )
    };
    if email.len() > account::LONGEST_EMAIL || password.chars().count() > password::LONGEST {
        return Err(wrong());
    }
    let refused = |wait_s: u64| {
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too-many-attempts",
            format!("too many failed sign-ins; try again in {wait_s} s"),
        )
        .retry_after_s(wait_s)
    };
    let pace = app.attempts.begin(keys, app.clock.now_ms());
    if pace.map_err(refused)? == Pace::PutOff {
        let Some(_place) = app.put_off.place(email, address) else {
            app.attempts.take_back(keys);
            return Err(refused(PUT_OFF.as_secs()));
        };
        tokio::time::sleep(PUT_OFF).await;
    }
    match account::check_password(app, email, password).await {
        Ok(true) => {
            app.attempts.succeeded(keys);
            Ok(())
        }
        Ok(false) => Err(wrong()),
        Err(error) => {
            app.attempts.take_back(keys);
            Err(error)
        }
    }
}

fn cookie(secure: bool, secret: &str, lives_s: u64) -> String {
    let (flag, name) = if secure {
        ("; Secure", NAMES[1])
    } else {
        ("", NAMES[0])
    };
    format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={lives_s}{flag}")
}

/// Signs out. Returns the `Set-Cookie` values that forget the cookie, whichever the browser has.
pub async fn sign_out(app: &App, headers: &HeaderMap) -> Result<Vec<String>, ApiError> {
    let secret = secret(app, headers);
    if let Some(secret) = &secret
        && app.unrecorded.forget(&hash(secret))
    {
        return Ok(forgotten());
    }
    if let (Some(secret), Some(session)) = (secret, recognise(app, headers)?) {
        let side = vec![SideWrite::DeleteCredential {
            kind: CredentialKind::Session,
            id: hash(&secret),
        }];
        let email = session.person.email;
        let actor = format!("person:{email}");
        app.govern(
            &actor,
            account::stream(&email),
            GovernEvent::PersonSignedOut {},
            (side, vec![]),
        )
        .await?;
    }
    Ok(forgotten())
}

fn forgotten() -> Vec<String> {
    vec![cookie(false, "", 0), cookie(true, "", 0)]
}

/// The session a request's cookie stands for, if it is still valid.
pub fn recognise(app: &App, headers: &HeaderMap) -> Result<Option<Session>, ApiError> {
    let Some(secret) = secret(app, headers) else {
        return Ok(None);
    };
    let (hash, now_ms) = (hash(&secret), app.clock.now_ms());
    let credential = app
        .store
        .reader()?
        .credential(CredentialKind::Session, &hash)?
        .filter(|found| found.expires_ms.is_some_and(|at| at > now_ms));
    let (email, recorded) = match credential {
        Some(credential) => (credential.subject, true),
        None => match app.unrecorded.find(&hash, now_ms) {
            Some(email) => (email, false),
            None => return Ok(None),
        },
    };
    Ok(account::find(app, &email)?.map(|person| Session {
        person: Person {
            email: person.email,
            roles: person.roles,
        },
        csrf: csrf(&secret),
        recorded,
    }))
}

/// Over TLS only the cookie counts that nobody else could have set for this host: a neighbour's page or a machine on
/// the way could make a browser carry another one.
fn secret(app: &App, headers: &HeaderMap) -> Option<String> {
    let [plain, tied] = NAMES;
    named(headers, tied).or_else(|| (!app.secure(headers)).then(|| named(headers, plain))?)
}

/// The value of a cookie.
pub fn named(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value.to_owned())
}

/// A value that only a page of this session can know: derived from the session's secret.
fn csrf(secret: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(b"leeway form token\0");
    hasher.update(secret.as_bytes());
    hex::encode(hasher.finalize())
}

impl Session {
    /// Refuses a form that did not come from one of this session's pages, and any while the session is
    /// for reading only.
    pub fn check_form(&self, token: &str) -> Result<(), ApiError> {
        self.check_token(token)?;
        if self.recorded {
            return Ok(());
        }
        Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "sign-in-unrecorded",
            "you signed in while the ledger could not be written, so you can only read; nothing was done",
        )
        .help("sign out and in again once the ledger can be written"))
    }

    /// Refuses a form that did not come from one of this session's pages.
    pub fn check_token(&self, token: &str) -> Result<(), ApiError> {
        if bool::from(self.csrf.as_bytes().ct_eq(token.as_bytes())) {
            return Ok(());
        }
        Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "form-expired",
            "this form does not belong to your session; nothing was done",
        )
        .help("go back, load the page again and send it once more"))
    }
}
