//! A message that a system has taken apart already, as Gmail shows it: each part with `mimeType`,
//! `filename`, `headers`, `body` (`data` in base64url, `size`, or an `attachmentId`) and `parts`.

use super::{Attachment, DEEPEST, MOST, Message, encoded, headers, mime, short};
use serde_json::Value;

/// The message of such a tree.
pub fn message(tree: &Value) -> Message {
    let mut message = Message::default();
    for (name, value) in headers_of(tree) {
        let structure = ["content-type", "content-transfer-encoding", "mime-version"];
        if !structure.contains(&name.to_ascii_lowercase().as_str()) {
            headers::add_one(&mut message, name, value);
        }
    }
    let mut raw = Vec::new();
    let mut left = MOST;
    part(&mut message, tree, (0, &mut left), &mut raw);
    let bodies = mime::message(&raw);
    message.parts.extend(bodies.parts);
    message.attachments.extend(bodies.attachments);
    for sentence in bodies.opaque {
        message.cannot(sentence);
    }
    for sentence in bodies.notes {
        message.note(sentence);
    }
    message
}

fn headers_of(part: &Value) -> impl Iterator<Item = (&str, &str)> {
    let listed = part["headers"].as_array().into_iter().flatten();
    listed.filter_map(|header| Some((header["name"].as_str()?, header["value"].as_str()?)))
}

/// Writes a part as MIME, so that there is one reader of bodies. What the tree does not hold (an
/// attachment's content) is named in the message instead.
fn part(message: &mut Message, of: &Value, (depth, left): (usize, &mut usize), raw: &mut Vec<u8>) {
    if depth > DEEPEST || *left == 0 {
        return message.cannot("its parts lie deeper or are more than is shown here");
    }
    *left -= 1;
    let media_type = of["mimeType"]
        .as_str()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let parts = of["parts"].as_array().filter(|parts| !parts.is_empty());
    if let Some(parts) =
        parts.filter(|_| media_type.starts_with("multipart/") || media_type.starts_with("message/"))
    {
        // A message within is shown by its parts; its headers stand in the first of them.
        let kind = if media_type.starts_with("message/") {
            "multipart/mixed"
        } else {
            media_type.as_str()
        };
        let boundary = format!("leeway-{depth}-{left}");
        head(
            raw,
            &format!("{}; boundary=\"{boundary}\"", line(kind)),
            None,
        );
        for one in parts {
            raw.extend_from_slice(format!("\r\n--{boundary}\r\n").as_bytes());
            part(message, one, (depth + 1, left), raw);
        }
        raw.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
        return;
    }
    let data = of["body"]["data"].as_str().unwrap_or_default();
    let size = of["body"]["size"].as_u64();
    let name = of["filename"].as_str().filter(|name| !name.is_empty());
    let elsewhere = of["body"]["attachmentId"].is_string();
    if elsewhere || (data.is_empty() && (size.is_some_and(|size| size > 0) || name.is_some())) {
        message.attach(Attachment {
            name: name.unwrap_or_default().to_owned(),
            media_type: media_type.clone(),
            size,
        });
        message.cannot(format!(
            "what is in {} was not read",
            short(name.unwrap_or("a part without a name"))
        ));
        return head(raw, "text/plain", None);
    }
    let Some(bytes) = encoded::base64(data) else {
        message.cannot("a part of it cannot be decoded");
        return head(raw, "text/plain", None);
    };
    if media_type.is_empty() {
        message.cannot("a part of it does not say what it is");
    }
    let said = headers_of(of).find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let kind = said
        .map(|(_, value)| value)
        .filter(|value| value.trim().to_ascii_lowercase().starts_with(&media_type))
        .unwrap_or(if media_type.is_empty() {
            "text/plain"
        } else {
            media_type.as_str()
        });
    head(raw, &line(kind), Some(of));
    raw.extend_from_slice(base64_of(&bytes).as_bytes());
}

/// The headers of a part, and the blank line.
fn head(raw: &mut Vec<u8>, kind: &str, of: Option<&Value>) {
    let mut text = format!("Content-Type: {kind}\r\n");
    if let Some(of) = of {
        text.push_str("Content-Transfer-Encoding: base64\r\n");
        let disposition =
            headers_of(of).find(|(name, _)| name.eq_ignore_ascii_case("content-disposition"));
        let name = of["filename"].as_str().filter(|name| !name.is_empty());
        match (disposition, name) {
            (Some((_, value)), _) => {
                text.push_str(&format!("Content-Disposition: {}\r\n", line(value)));
            }
            (None, Some(name)) => {
                let name = line(name).replace(['"', '\\'], "_");
                text.push_str(&format!(
                    "Content-Disposition: attachment; filename=\"{name}\"\r\n"
                ));
            }
            (None, None) => {}
        }
    }
    text.push_str("\r\n");
    raw.extend_from_slice(text.as_bytes());
}

/// A value on one line.
fn line(value: &str) -> String {
    value
        .split(['\r', '\n', '\0'])
        .collect::<Vec<_>>()
        .join(" ")
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
