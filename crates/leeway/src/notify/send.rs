//! Handing one message to a channel: a mail server, or a chat's incoming webhook.

use super::mail::{self, Envelope};
use super::{Links, chat};
use crate::config::secret;
use leeway_core::action::visible::visible;
use leeway_core::notify::letter::Letter;
use leeway_core::notify::settings::{Chat, Email, Notify, Security};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::time::Duration;

/// How long a channel may take for one message.
const LONGEST: Duration = Duration::from_secs(30);
/// Longest answer of a channel that is recorded, characters.
const LONGEST_ANSWER: usize = 300;
/// SMTP codes by which a server refuses us, not this message (RFC 4954).
const SIGN_IN: [&str; 4] = ["530", "534", "535", "538"];

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotTaken {
    /// Stable code.
    pub code: &'static str,
    /// What happened.
    pub why: String,
    /// True when trying again cannot help.
    pub refused: bool,
}

fn again(code: &'static str, why: impl std::fmt::Display) -> NotTaken {
    NotTaken {
        code,
        why: said(&why.to_string()),
        refused: false,
    }
}

fn refused(code: &'static str, why: impl std::fmt::Display) -> NotTaken {
    NotTaken {
        refused: true,
        ..again(code, why)
    }
}

/// What a channel says is hostile text too.
fn said(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    visible(&line.chars().take(LONGEST_ANSWER).collect::<String>()).into_owned()
}

/// One message on its way.
pub struct Outgoing<'a> {
    /// The channel's name.
    pub channel: &'a str,
    /// The reader, by e-mail.
    pub person: &'a str,
    /// Its id.
    pub message: &'a str,
    /// When it was put together, UTC milliseconds.
    pub at_ms: i64,
    /// What it says.
    pub letter: &'a Letter,
    /// Its addresses.
    pub links: Links<'a>,
}

/// Sends it. Returns what the channel answered.
pub async fn send(notify: &Notify, outgoing: &Outgoing<'_>) -> Result<String, NotTaken> {
    let sending = async {
        match (&notify.email, notify.chat.get(outgoing.channel)) {
            (Some(email), _) if outgoing.channel == leeway_core::notify::settings::EMAIL => {
                by_mail(email, outgoing).await
            }
            (_, Some(room)) => by_webhook(room, outgoing).await,
            _ => Err(refused(
                "channel-gone",
                "the channel is no longer configured",
            )),
        }
    };
    tokio::time::timeout(LONGEST, sending)
        .await
        .unwrap_or_else(|_| Err(again("no-answer", "the channel did not answer in time")))
}

async fn by_mail(email: &Email, outgoing: &Outgoing<'_>) -> Result<String, NotTaken> {
    let envelope = Envelope {
        from: &email.from,
        from_name: &email.from_name,
        to: outgoing.person,
        message: outgoing.message,
        at_ms: outgoing.at_ms,
    };
    let message = mail::message(&envelope, outgoing.letter, &outgoing.links)
        .map_err(|error| refused("message-invalid", error.message))?;
    let transport = transport(email)?;
    match transport.send(message).await {
        Ok(response) => Ok(said(&response.message().collect::<Vec<_>>().join(" "))),
        Err(error) => Err(of_mail(&error)),
    }
}

/// Sends a report: its subject, its plain text, its page.
pub async fn report(
    email: &Email,
    envelope: &Envelope<'_>,
    what: (String, String, String),
) -> Result<String, NotTaken> {
    let message =
        mail::report(envelope, what).map_err(|error| refused("message-invalid", error.message))?;
    let transport = transport(email)?;
    let sending = async {
        match transport.send(message).await {
            Ok(response) => Ok(said(&response.message().collect::<Vec<_>>().join(" "))),
            Err(error) => Err(of_mail(&error)),
        }
    };
    tokio::time::timeout(LONGEST, sending)
        .await
        .unwrap_or_else(|_| Err(again("no-answer", "the channel did not answer in time")))
}

fn transport(email: &Email) -> Result<AsyncSmtpTransport<Tokio1Executor>, NotTaken> {
    type Transport = AsyncSmtpTransport<Tokio1Executor>;
    let mut builder = match email.security {
        Security::Starttls => Transport::starttls_relay(&email.host),
        Security::Tls => Transport::relay(&email.host),
        Security::None => Ok(Transport::builder_dangerous(&email.host)),
    }
    .map_err(|error| again("tls-failed", error))?
    .port(email.port())
    .timeout(Some(LONGEST));
    if let (Some(user), Some(password)) = (&email.user, &email.password) {
        let password =
            secret::resolve(password).map_err(|error| again("reference-unresolved", error))?;
        builder = builder.credentials(Credentials::new(user.clone(), password));
    }
    Ok(builder.build())
}

fn of_mail(error: &lettre::transport::smtp::Error) -> NotTaken {
    let why = chain(error);
    let code = error.status().map(|code| code.to_string());
    match code {
        Some(code) if SIGN_IN.contains(&code.as_str()) => again("sign-in-refused", why),
        Some(_) if error.is_permanent() => refused("refused", why),
        Some(_) => again("not-now", why),
        None if error.is_timeout() => again("no-answer", why),
        None if error.is_tls() => again("tls-failed", why),
        None => again("unreachable", why),
    }
}

/// An error and what it comes from.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        next = cause.source();
    }
    text
}

async fn by_webhook(room: &Chat, outgoing: &Outgoing<'_>) -> Result<String, NotTaken> {
    let url = secret::resolve(&room.url).map_err(|error| again("reference-unresolved", error))?;
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(LONGEST)
        .build()
        .map_err(|error| again("unreachable", error))?;
    let answer = client
        .post(url.trim())
        // Receivers that know it take a repeated message once.
        .header("Idempotency-Key", outgoing.message)
        .json(&chat::payload(outgoing.letter, &outgoing.links))
        .send()
        .await
        // The address is a credential: it appears in no error.
        .map_err(|error| again("unreachable", chain(&error.without_url())))?;
    let status = answer.status();
    if status.is_success() {
        return Ok(status.to_string());
    }
    let why = format!("the webhook answered {status}");
    Err(match status.as_u16() {
        400 | 413 | 422 => refused("refused", why),
        401 | 403 | 404 | 410 => again("sign-in-refused", why),
        _ => again("not-now", why),
    })
}
