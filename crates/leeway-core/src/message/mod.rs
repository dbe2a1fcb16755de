//! Messages as their recipients get them: every address, the subject and each text decoded, HTML as
//! text beside where its links really lead, attachments by name, type and size. What cannot be shown as
//! what it is, is said to be so and never left out.
//!
//! [`mime`] takes a message apart, [`tree`] one that a system has taken apart already, [`html`] reads
//! HTML, [`encoded`] finds texts in base64 and quoted-printable. All of it is bounded in size, depth and
//! number of parts.

pub mod encoded;
mod headers;
pub mod html;
pub mod lines;
mod link;
pub mod mime;
mod style;
pub mod tree;

use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// Longest message that is taken apart, bytes.
pub const LARGEST: usize = 8 << 20;
/// Longest text of one part that is shown, characters.
const LONGEST_TEXT: usize = 100_000;
/// Longest text of all parts together, bytes.
const LONGEST_TEXTS: usize = 400_000;
/// Most parts, addresses, links, attachments and headers, each.
const MOST: usize = 200;
/// How deep messages and parts lie within each other.
const DEEPEST: usize = 12;

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Message {
    /// From whom, where the message says so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// To whom.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// Who gets a copy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<String>,
    /// Who gets a copy unseen by the others.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bcc: Vec<String>,
    /// Where answers go.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reply_to: Vec<String>,
    /// The subject, decoded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Its texts, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Part>,
    /// What is attached.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// Further headers that go with it: name and value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<(String, String)>,
    /// What a reader should know about it: sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What cannot be shown as what it is: sentences. Not empty means that it is not known whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub opaque: Vec<String>,
}

/// One text of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// What kind of text.
    pub kind: Kind,
    /// In which attached message or file it stands, where it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub within: Option<String>,
    /// What a reader sees of it.
    pub text: String,
    /// What is in it and a reader does not see.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<String>,
    /// Where its links lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

impl Part {
    /// A plain text.
    pub fn plain(text: String) -> Self {
        Self {
            kind: Kind::Text,
            within: None,
            text,
            hidden: Vec::new(),
            links: Vec::new(),
        }
    }

    /// A text in a chat's own marks: `<address|words>` is a link.
    pub fn chat(text: String) -> Self {
        let marks = text
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split_once('>'));
        let links = marks
            .map(|(inside, _)| inside.split_once('|').unwrap_or((inside, inside)))
            .filter(|(target, _)| target.contains(':') && !target.starts_with(['@', '#', '!']))
            .map(|(target, words)| link::link(words, target, None))
            .collect();
        Self {
            kind: Kind::Chat,
            links,
            ..Self::plain(text)
        }
    }
}

/// A kind of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Plain text.
    Text,
    /// HTML, shown as text.
    Html,
    /// A calendar entry, as it is written.
    Calendar,
    /// Text in a chat's own marks.
    Chat,
    /// Who sent an attached message to whom, and its subject.
    Message,
    /// A file of text.
    File,
    /// Another kind of text, as it is written.
    Other,
}

impl Kind {
    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Html => "HTML, as text",
            Self::Calendar => "Calendar entry",
            Self::Chat => "Message",
            Self::Message => "Attached message",
            Self::File => "Attached text",
            Self::Other => "Other text, as written",
        }
    }
}

/// A link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// What a reader sees of it.
    pub text: String,
    /// Where it leads.
    pub target: String,
    /// The words name another host than it leads to.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub differs: bool,
}

/// Something attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its media type, as the message says.
    #[serde(rename = "type")]
    pub media_type: String,
    /// How many bytes it has; `None` where that is not known.
    pub size: Option<u64>,
}

/// An argument that is encoded, and what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decoded {
    /// Where in the call it stands.
    pub path: String,
    /// What it says: a message, or a text as its only part.
    pub message: Message,
}

impl Message {
    /// Everything in it that somebody may read, in its order.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let parts = self.parts.iter().flat_map(|part| {
            let links = part.links.iter().map(|link| &link.target);
            std::iter::once(&part.text).chain(&part.hidden).chain(links)
        });
        let names = self.attachments.iter().map(|attached| &attached.name);
        let headers = self.headers.iter().map(|(_, value)| value);
        self.subject
            .iter()
            .chain(parts)
            .chain(names)
            .chain(headers)
            .map(String::as_str)
    }

    /// Everybody it reaches or who could answer for it, in the order to, cc, bcc, reply-to.
    pub fn recipients(&self) -> impl Iterator<Item = &str> {
        [&self.to, &self.cc, &self.bcc, &self.reply_to]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// The same with every text passed through a function: to hide secrets.
    pub fn change(&mut self, how: impl Fn(&str) -> String) {
        let lists = [
            &mut self.from,
            &mut self.to,
            &mut self.cc,
            &mut self.bcc,
            &mut self.reply_to,
            &mut self.notes,
            &mut self.opaque,
        ];
        let headers = self
            .headers
            .iter_mut()
            .flat_map(|(name, value)| [name, value]);
        let attached = self
            .attachments
            .iter_mut()
            .flat_map(|one| [&mut one.name, &mut one.media_type]);
        let plain = lists.into_iter().flatten().chain(&mut self.subject);
        for text in plain.chain(headers).chain(attached) {
            *text = how(text);
        }
        for part in &mut self.parts {
            let links = part
                .links
                .iter_mut()
                .flat_map(|link| [&mut link.text, &mut link.target]);
            let texts = std::iter::once(&mut part.text).chain(&mut part.hidden);
            for text in texts.chain(&mut part.within).chain(links) {
                *text = how(text);
            }
        }
    }

    /// A message of which only is known why it cannot be shown.
    pub fn opaque(why: &'static str) -> Self {
        Self {
            opaque: vec![why.to_owned()],
            ..Self::default()
        }
    }

    /// Adds a text.
    pub fn add_part(&mut self, part: Part) {
        self.add(part);
    }

    /// Adds a file with its content: shown where it is text.
    pub fn add_file(&mut self, attachment: Attachment, content: &[u8]) {
        let name = short(&attachment.name);
        let kind = attachment.media_type.clone();
        self.attach(attachment);
        match encoded::text_of(content) {
            Some(text) => self.add(Part {
                kind: Kind::File,
                within: Some(format!("`{name}`")),
                ..Part::plain(text)
            }),
            None => self.cannot(format!("what is in {name} ({kind}) cannot be shown")),
        }
    }

    /// Adds a file whose content is not known here.
    pub fn add_unread(&mut self, attachment: Attachment) {
        let name = short(&attachment.name);
        self.attach(attachment);
        self.cannot(format!("what is in {name} was not read"));
    }

    /// Says where its plain text and its HTML do not say the same.
    pub fn compare(&mut self) {
        if mime::differ(&self.parts) {
            self.note(mime::DIFFER);
        }
    }

    /// Whether there is nothing of it at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Adds a text, within the bounds.
    fn add(&mut self, mut part: Part) {
        if part.text.contains('\r') {
            part.text = part.text.replace("\r\n", "\n");
        }
        if part.text.trim().is_empty() && part.hidden.is_empty() && part.links.is_empty() {
            return;
        }
        let so_far: usize = self.parts.iter().map(|part| part.text.len()).sum();
        if self.parts.len() >= MOST || so_far + part.text.len() > LONGEST_TEXTS {
            return self.cannot("it has more text than is shown here");
        }
        if let Some((at, _)) = part.text.char_indices().nth(LONGEST_TEXT) {
            part.text.truncate(at);
            self.cannot("a text in it is longer than is shown here");
        }
        if part.links.len() > MOST || part.hidden.len() > MOST {
            part.links.truncate(MOST);
            part.hidden.truncate(MOST);
            self.cannot("it has more links or hidden texts than are shown here");
        }
        self.parts.push(part);
    }

    /// Adds what is attached, within the bounds.
    fn attach(&mut self, attachment: Attachment) {
        if self.attachments.len() >= MOST {
            return self.cannot("it has more attachments than are shown here");
        }
        self.attachments.push(attachment);
    }

    /// Says once that something cannot be shown.
    fn cannot(&mut self, why: impl Into<Cow<'static, str>>) {
        once(&mut self.opaque, &why.into());
    }

    /// Says once what a reader should know.
    fn note(&mut self, what: impl Into<Cow<'static, str>>) {
        once(&mut self.notes, &what.into());
    }
}

fn once(sentences: &mut Vec<String>, sentence: &str) {
    if sentences.len() < MOST && !sentences.iter().any(|one| one == sentence) {
        sentences.push(sentence.to_owned());
    }
}

/// The beginning of a name that is quoted in a sentence.
fn short(name: &str) -> String {
    name.chars().take(80).collect()
}
