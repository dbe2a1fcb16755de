//! A message as labels and texts, for places without markup of their own.

use super::{Attachment, Link, Message, Part, encoded};
use serde_json::{Map, Value};

/// Label of what a reader of the message does not see.
pub const UNSEEN: &str = "In it, and not seen by its readers";
/// Label of what cannot be shown.
pub const OPAQUE: &str = "Cannot be shown";
/// What stands in a call in the place of what the message shows.
const ABOVE: &str = "encoded; what of it can be read is shown above";

impl Message {
    /// Everything of it, each under its label.
    pub fn lines(&self) -> Vec<(String, String)> {
        let mut lines = Vec::new();
        let mut line = |label: &str, text: String| lines.push((label.to_owned(), text));
        for (label, list) in self.people() {
            if !list.is_empty() {
                line(label, list.join(", "));
            }
        }
        if let Some(subject) = &self.subject {
            line("Subject", subject.clone());
        }
        for part in &self.parts {
            if !part.text.is_empty() {
                line(&part.label(), part.text.clone());
            }
            for hidden in &part.hidden {
                line(UNSEEN, hidden.clone());
            }
            for link in &part.links {
                line(link.label(), link.sentence());
            }
        }
        for attached in &self.attachments {
            line("Attached", attached.sentence());
        }
        for (name, value) in &self.headers {
            line(&format!("Header {name}"), value.clone());
        }
        for note in &self.notes {
            line("Note", note.clone());
        }
        for why in &self.opaque {
            line(OPAQUE, why.clone());
        }
        lines
    }

    /// Its people, each list under its label.
    pub fn people(&self) -> [(&'static str, &[String]); 5] {
        [
            ("From", &self.from),
            ("To", &self.to),
            ("Cc", &self.cc),
            ("Bcc", &self.bcc),
            ("Answers go to", &self.reply_to),
        ]
    }

    /// Whether something in it is not what it seems to its readers.
    pub fn deceives(&self) -> bool {
        let hides =
            |part: &Part| !part.hidden.is_empty() || part.links.iter().any(|link| link.differs);
        self.parts.iter().any(hides)
    }
}

impl Part {
    /// What it is, and where it stands.
    pub fn label(&self) -> String {
        match &self.within {
            Some(within) => format!("{} in {within}", self.kind.title()),
            None => self.kind.title().to_owned(),
        }
    }
}

impl Link {
    fn label(&self) -> &'static str {
        if self.differs {
            "Link that leads elsewhere than it says"
        } else {
            "Link"
        }
    }

    fn sentence(&self) -> String {
        if self.text.is_empty() || self.text == self.target {
            return self.target.clone();
        }
        format!("“{}” leads to {}", self.text, self.target)
    }
}

impl Attachment {
    /// Name, type and size.
    pub fn sentence(&self) -> String {
        let name = if self.name.is_empty() {
            "without a name"
        } else {
            &self.name
        };
        let kind = if self.media_type.is_empty() {
            "type not said"
        } else {
            &self.media_type
        };
        let size = match self.size {
            None => "size not known".to_owned(),
            Some(bytes) if bytes < 10_000 => format!("{bytes} bytes"),
            Some(bytes) if bytes < 10_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
            Some(bytes) => format!("{} MB", bytes.div_ceil(1_000_000)),
        };
        format!("{name} ({kind}, {size})")
    }
}

/// A call or record with what its message shows left out: texts that are encoded and say something. What only
/// looks like one, a path or a name, stays.
pub fn condensed(arguments: &Value) -> Value {
    match arguments {
        Value::String(text) if encoded::is_encoded(text) && encoded::said(text).is_some() => {
            Value::String(format!("{} characters, {ABOVE}", text.len()))
        }
        Value::Array(items) => Value::Array(items.iter().map(condensed).collect()),
        Value::Object(fields) => {
            let shown = fields
                .iter()
                .map(|(name, value)| (name.clone(), condensed(value)));
            Value::Object(shown.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}
