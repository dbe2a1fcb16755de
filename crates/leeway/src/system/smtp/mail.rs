//! A mail as it goes out, from a call's arguments.

use super::{MOST_RECIPIENTS, SystemCall};
use lettre::message::{Mailbox, header::ContentType};
use lettre::{Address, Message};
use serde_json::Value;

/// A mail as it goes out.
pub struct Outgoing {
    /// From the call's idempotency key.
    pub message_id: String,
    /// Everybody it goes to, blind copies too.
    pub recipients: Vec<Address>,
    /// The whole mail, RFC 5322.
    pub text: Vec<u8>,
}

impl Outgoing {
    /// The mail a call asks for; an error says which argument is wrong.
    pub fn of(from: &Mailbox, call: &SystemCall) -> Result<Self, String> {
        let text = |name: &str| call.arguments[name].as_str().unwrap_or_default().to_owned();
        let key = call.idempotency_key.as_deref().unwrap_or_default();
        if key.is_empty() {
            return Err("a mail needs an idempotency key, which becomes its Message-ID".to_owned());
        }
        let message_id = format!("<{key}@{}>", from.email.domain());
        let subject = text("subject");
        if subject.chars().any(char::is_control) {
            return Err("the subject is not one line of text".to_owned());
        }
        let mut builder = Message::builder()
            .from(from.clone())
            .message_id(Some(message_id.clone()))
            .subject(subject);
        let mut recipients: Vec<Address> = Vec::new();
        for list in ["to", "cc", "bcc"] {
            for mailbox in mailboxes(&call.arguments[list])? {
                if !recipients.contains(&mailbox.email) {
                    recipients.push(mailbox.email.clone());
                }
                builder = match list {
                    "to" => builder.to(mailbox),
                    "cc" => builder.cc(mailbox),
                    _ => builder.bcc(mailbox),
                };
            }
        }
        if recipients.is_empty() || recipients.len() > MOST_RECIPIENTS {
            return Err(format!("a mail has 1 to {MOST_RECIPIENTS} recipients"));
        }
        let message = builder
            .header(ContentType::TEXT_PLAIN)
            .body(text("text"))
            .map_err(|error| error.to_string())?;
        Ok(Self {
            message_id,
            recipients,
            text: message.formatted(),
        })
    }
}

fn mailboxes(list: &Value) -> Result<Vec<Mailbox>, String> {
    let texts = list.as_array().into_iter().flatten();
    texts
        .map(|text| {
            let text = text.as_str().unwrap_or_default();
            text.parse()
                .map_err(|_| format!("`{}` is no e-mail address", text.escape_debug()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Outgoing;
    use crate::system::{SystemCall, Verb};
    use serde_json::{Value, json};

    fn outgoing(arguments: Value) -> Result<Outgoing, String> {
        let call = SystemCall {
            verb: Verb::CallTool,
            tool: "send_email".to_owned(),
            arguments,
            reads: false,
            idempotency_key: Some("act-1".to_owned()),
            condition: None,
            line: None,
        };
        Outgoing::of(&"Desk <desk@example.com>".parse().unwrap(), &call)
    }

    #[test]
    fn a_mail_carries_its_key_and_hides_blind_copies() {
        let mail = outgoing(json!({
            "to": ["Ann <ann@example.com>"], "cc": ["bob@example.com"], "bcc": ["cy@example.com"],
            "subject": "Grüße", "text": "Hello\n.\nBye",
        }))
        .unwrap();
        let text = String::from_utf8(mail.text).unwrap();
        assert_eq!(mail.message_id, "<act-1@example.com>");
        assert!(
            text.contains("Message-ID: <act-1@example.com>\r\n"),
            "{text}"
        );
        assert!(
            text.contains("ann@example.com") && !text.contains("cy@example.com"),
            "{text}"
        );
        let recipients: Vec<_> = mail.recipients.iter().map(ToString::to_string).collect();
        assert_eq!(
            recipients,
            ["ann@example.com", "bob@example.com", "cy@example.com"]
        );
    }

    #[test]
    fn nothing_gets_into_the_headers_by_an_argument() {
        for (arguments, why) in [
            (
                json!({"to": ["a@b.example"], "subject": "x\r\nBcc: c@d.example", "text": ""}),
                "one line",
            ),
            (
                json!({"to": ["a@b.example\r\nBcc: c@d.example"], "subject": "x", "text": ""}),
                "no e-mail address",
            ),
            (
                json!({"to": ["nobody"], "subject": "x", "text": ""}),
                "no e-mail address",
            ),
            (json!({"to": [], "subject": "x", "text": ""}), "recipients"),
        ] {
            let error = outgoing(arguments).err().unwrap();
            assert!(error.contains(why), "{error}");
        }
    }
}
