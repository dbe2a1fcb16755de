//! A mail server as a system with one tool, `send_email`. Step by step, so that it is known how far a
//! mail came: until its text was handed over, nothing was sent.

mod mail;

use super::trouble::Trouble;
use super::{CallError, SystemCall};
use crate::config::secret;
use crate::guard;
use leeway_core::govern::system::System;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use mail::Outgoing;
use serde_json::{Value, json};
use std::time::Duration;
use url::Url;

/// The one tool's name.
pub const SEND_EMAIL: &str = "send_email";
/// Most recipients of one mail.
const MOST_RECIPIENTS: usize = 50;
const LONGEST_SUBJECT: usize = 400;
const LONGEST_TEXT: usize = 200_000;
const LONGEST_CONNECT: Duration = Duration::from_secs(10);

/// A mail server, ready to be called.
pub struct MailServer {
    host: String,
    port: u16,
    tls_from_the_start: bool,
    allow_private: bool,
    from: Mailbox,
    credentials: Option<Credentials>,
    trouble: Trouble,
}

impl MailServer {
    /// Resolves the system's references and looks whether the server greets.
    pub async fn open(system: &System) -> Result<Self, String> {
        let server = Self::configured(system)?;
        let opened = server.connect(LONGEST_CONNECT).await;
        let mut connection = opened.map_err(|error| match error {
            CallError::NotSent(why) => why,
            other => other.to_string(),
        })?;
        connection.abort().await;
        Ok(server)
    }

    fn configured(system: &System) -> Result<Self, String> {
        let (host, port, tls_from_the_start) = address(system.smtp.as_deref().unwrap_or_default())?;
        let from = system.from.as_deref().unwrap_or_default();
        let from = from
            .parse()
            .map_err(|_| format!("from-invalid: `{from}` is no sender"))?;
        let credentials = match &system.login {
            None => None,
            Some(login) => {
                let user = secret::resolve(&login.user).map_err(|error| error.to_string())?;
                let password =
                    secret::resolve(&login.password).map_err(|error| error.to_string())?;
                Some(Credentials::new(user, password))
            }
        };
        Ok(Self {
            host,
            port,
            tls_from_the_start,
            allow_private: system.allow_private,
            from,
            credentials,
            trouble: Trouble::default(),
        })
    }

    /// What was wrong with the last call.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.why()
    }

    /// Comes back when it cannot be reached.
    pub async fn lost(&self) -> String {
        self.trouble.lost().await
    }

    /// The one tool's definition. Text only: what a reviewer reads is what is sent.
    pub fn definition(&self) -> Value {
        let addresses = |needed: u32, words: &str| {
            json!({
                "type": "array",
                "items": { "type": "string", "minLength": 3, "maxLength": 320 },
                "minItems": needed,
                "maxItems": MOST_RECIPIENTS,
                "description": words,
            })
        };
        json!({
            "name": SEND_EMAIL,
            "description": format!("Sends an e-mail as plain text, from {}.", self.from.email),
            "inputSchema": {
                "type": "object",
                "properties": {
                    "to": addresses(1, "Recipients, e.g. `ann@example.com` or `Ann <ann@example.com>`."),
                    "cc": addresses(0, "Recipients of a copy."),
                    "bcc": addresses(0, "Recipients of a copy that the others do not see."),
                    "subject": {
                        "type": "string", "minLength": 1, "maxLength": LONGEST_SUBJECT,
                        "pattern": "^[^\\r\\n]*$", "description": "One line.",
                    },
                    "text": { "type": "string", "maxLength": LONGEST_TEXT, "description": "The mail's text." },
                },
                "required": ["to", "subject", "text"],
                "additionalProperties": false,
            },
            "annotations": { "readOnlyHint": false },
        })
    }

    /// Sends one mail, once.
    pub async fn call(&self, call: SystemCall, timeout: Duration) -> Result<Value, CallError> {
        if call.tool != SEND_EMAIL {
            return Err(CallError::Refused(format!(
                "it has no tool `{}`",
                call.tool
            )));
        }
        let mail = Outgoing::of(&self.from, &call).map_err(CallError::Refused)?;
        let mut handed_over = false;
        let work = self.deliver(&mail, timeout, &mut handed_over);
        let went = match tokio::time::timeout(timeout, work).await {
            Ok(went) => went,
            Err(_) if handed_over => Err(CallError::NoAnswer(format!(
                "none within {} s",
                timeout.as_secs()
            ))),
            Err(_) => Err(CallError::NotSent(format!(
                "the mail server was not ready within {} s",
                timeout.as_secs()
            ))),
        };
        self.trouble.note(&went);
        went
    }

    async fn deliver(
        &self,
        mail: &Outgoing,
        timeout: Duration,
        handed_over: &mut bool,
    ) -> Result<Value, CallError> {
        let mut connection = self.connect(timeout / 2).await?;
        let said = match self.hand_over(&mut connection, mail, handed_over).await {
            Ok(said) => said,
            Err(error) => {
                connection.abort().await;
                return Err(error);
            }
        };
        // It has the mail; whether it also says goodbye changes nothing.
        connection.abort().await;
        let accepted: Vec<String> = mail.recipients.iter().map(ToString::to_string).collect();
        let result = json!({ "message_id": mail.message_id, "accepted": accepted });
        Ok(json!({
            "content": [{ "type": "text", "text": result.to_string() }],
            "structuredContent": result,
            "isError": false,
            "_meta": { "io.leeway/smtp": { "answer": said } },
        }))
    }

    async fn hand_over(
        &self,
        connection: &mut AsyncSmtpConnection,
        mail: &Outgoing,
        handed_over: &mut bool,
    ) -> Result<String, CallError> {
        let mut options = Vec::new();
        if connection
            .server_info()
            .supports_feature(Extension::EightBitMime)
        {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let envelope = Mail::new(Some(self.from.email.clone()), options);
        connection
            .command(envelope)
            .await
            .map_err(|error| before(&error))?;
        // All recipients or none: one that is refused ends it while nothing is sent.
        for recipient in &mail.recipients {
            let command = Rcpt::new(recipient.clone(), Vec::new());
            connection
                .command(command)
                .await
                .map_err(|error| match before(&error) {
                    CallError::Refused(why) => {
                        CallError::Refused(format!("recipient-refused: `{recipient}`: {why}"))
                    }
                    other => other,
                })?;
        }
        connection
            .command(Data)
            .await
            .map_err(|error| before(&error))?;
        *handed_over = true;
        let answer = connection.message(&mail.text).await.map_err(|error| {
            // An answer says that it was not taken; anything else leaves it open.
            if error.status().is_some() {
                before(&error)
            } else {
                CallError::NoAnswer(words(&error))
            }
        })?;
        let said: Vec<&str> = answer.message().collect();
        Ok(said.join(" ").chars().take(300).collect())
    }

    /// A connection, encrypted and signed in. Without encryption only where the operator allows
    /// private networks, and never with a password beyond this machine.
    async fn connect(&self, timeout: Duration) -> Result<AsyncSmtpConnection, CallError> {
        let not_sent = |why: String| CallError::NotSent(why);
        let addresses = guard::resolve(&self.host, self.port, self.allow_private)
            .await
            .map_err(not_sent)?;
        let tls = TlsParameters::new_rustls(self.host.clone())
            .map_err(|error| not_sent(words(&error)))?;
        let hello = ClientId::Domain(self.from.email.domain().to_owned());
        let first = self.tls_from_the_start.then(|| tls.clone());
        let opening = AsyncSmtpConnection::connect_tokio1(
            addresses.as_slice(),
            Some(timeout.min(LONGEST_CONNECT)),
            &hello,
            first,
            None,
        );
        // The greeting is waited for no longer than the connection.
        let mut connection = tokio::time::timeout(timeout.min(LONGEST_CONNECT), opening)
            .await
            .map_err(|_| not_sent("unreachable: the mail server does not greet".to_owned()))?
            .map_err(|error| not_sent(format!("unreachable: {}", words(&error))))?;
        if connection.can_starttls() {
            connection
                .starttls(tls, &hello)
                .await
                .map_err(|error| not_sent(format!("tls-failed: {}", words(&error))))?;
        }
        let here = addresses.iter().all(|address| address.ip().is_loopback());
        if !connection.is_encrypted() && !self.allow_private {
            connection.abort().await;
            return Err(not_sent(
                "tls-missing: the mail server offers no encryption".to_owned(),
            ));
        }
        if let Some(credentials) = &self.credentials {
            if !connection.is_encrypted() && !here {
                connection.abort().await;
                return Err(not_sent(
                    "tls-missing: the password is not sent without encryption".to_owned(),
                ));
            }
            connection
                .auth(DEFAULT_MECHANISMS, credentials)
                .await
                .map_err(|error| not_sent(format!("login-refused: {}", words(&error))))?;
        }
        Ok(connection)
    }
}

/// Host, port, and whether it is TLS from the start.
fn address(text: &str) -> Result<(String, u16, bool), String> {
    let wrong =
        || format!("smtp-invalid: `{text}` is no `smtp://HOST:PORT` or `smtps://HOST:PORT`");
    let url = Url::parse(text).map_err(|_| wrong())?;
    let tls = match url.scheme() {
        "smtps" => true,
        "smtp" => false,
        _ => return Err(wrong()),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err("smtp-invalid: it holds credentials; they belong under `[login]`".to_owned());
    }
    let host = url
        .host_str()
        .filter(|host| !host.is_empty())
        .ok_or_else(wrong)?;
    if !matches!(url.path(), "" | "/") || url.query().is_some() {
        return Err(wrong());
    }
    let port = url.port().unwrap_or(if tls { 465 } else { 587 });
    Ok((host.to_owned(), port, tls))
}

/// A fault before the text was handed over: nothing was sent.
fn before(error: &SmtpError) -> CallError {
    if error.status().is_some() {
        CallError::Refused(words(error))
    } else {
        CallError::NotSent(words(error))
    }
}

fn words(error: &SmtpError) -> String {
    error.to_string().chars().take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_says_how_it_is_encrypted() {
        assert_eq!(
            address("smtps://mail.example.com"),
            Ok(("mail.example.com".into(), 465, true))
        );
        assert_eq!(
            address("smtp://mail.example.com:25"),
            Ok(("mail.example.com".into(), 25, false))
        );
        for wrong in [
            "mail.example.com",
            "http://mail.example.com",
            "smtp://",
            "smtp://a:b@c",
            "smtp://c/d",
        ] {
            let why = address(wrong).unwrap_err();
            assert!(why.starts_with("smtp-invalid"), "{why}");
            assert!(!why.contains("a:b"), "{why}");
        }
    }
}
