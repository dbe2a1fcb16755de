//! Messages as they are sent (RFC 5322, MIME). Headers, encodings and charsets are read by `mail-parser`;
//! the tree of parts is walked here, so that its depth is bounded, and so that what two programs could
//! read in two ways is said to be so.

use super::{Attachment, DEEPEST, Kind, LARGEST, MOST, Message, Part, headers, html, short};
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::{ContentType, HeaderName, MessageParser, MessagePart, MimeHeaders, PartType};
use std::collections::BTreeSet;

/// Said of a message that says two things.
pub(super) const DIFFER: &str = "Its plain text and its HTML do not say the same. A reader sees one of them, by the program they use.";

/// A message taken apart.
pub fn message(raw: &[u8]) -> Message {
    let mut message = Message::default();
    if raw.len() > LARGEST {
        message.cannot("it is too large to be taken apart");
        return message;
    }
    let mut walk = Walk {
        message: &mut message,
        left: MOST,
    };
    walk.top(raw, 0);
    message
}

/// Whether bytes begin with the headers of a message.
pub fn is_message(bytes: &[u8]) -> bool {
    let head = &bytes[..body_start(bytes).0];
    let Ok(head) = std::str::from_utf8(head) else {
        return false;
    };
    let names: Vec<String> = head
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .map(|line| line.split_once(':').map_or("", |(name, _)| name))
        .map(str::to_ascii_lowercase)
        .collect();
    let known = [
        "from",
        "to",
        "cc",
        "bcc",
        "subject",
        "content-type",
        "mime-version",
    ];
    let named = names.iter().filter(|name| !name.is_empty()).count();
    named > 0 && named + 1 >= names.len() && names.iter().any(|name| known.contains(&name.as_str()))
}

/// Where the body starts, and whether a blank line stands before it.
fn body_start(raw: &[u8]) -> (usize, bool) {
    let mut at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        at += line.len();
        if line.trim_ascii().is_empty() {
            return (at, true);
        }
    }
    (raw.len(), false)
}

/// A message being taken apart.
struct Walk<'m> {
    message: &'m mut Message,
    /// How many more parts are looked at.
    left: usize,
}

/// Where a part stands.
#[derive(Clone, Default)]
struct Place {
    depth: usize,
    within: Option<String>,
    /// Parts that say nothing of themselves are messages here.
    digest: bool,
}

impl Walk<'_> {
    /// A message with its own headers.
    fn top(&mut self, raw: &[u8], depth: usize) {
        let (start, _) = body_start(raw);
        let head = &raw[..start];
        match MessageParser::default().parse_headers(head) {
            Some(parsed) => headers::add(self.message, parsed.headers(), head),
            None => self.message.cannot("it has no headers"),
        }
        let place = Place {
            depth,
            ..Place::default()
        };
        self.part(raw, &place);
    }

    /// A part: headers, then a body.
    fn part(&mut self, raw: &[u8], place: &Place) {
        let Some(left) = self.left.checked_sub(1).filter(|_| place.depth <= DEEPEST) else {
            return self
                .message
                .cannot("its parts lie deeper or are more than is shown here");
        };
        self.left = left;
        let (start, _) = body_start(raw);
        let (head, body) = raw.split_at(start);
        self.odd_head(head);
        let parsed = MessageParser::default().parse_headers(head);
        let root = parsed.as_ref().map(mail_parser::Message::root_part);
        let content_type = root.and_then(MimeHeaders::content_type);
        let said = |name: HeaderName<'_>| {
            let headers = root.map(|root| root.headers.as_slice()).unwrap_or_default();
            headers.iter().filter(|header| header.name == name).count()
        };
        let of_type = root.map(|root| root.headers.as_slice()).unwrap_or_default();
        let mut of_type = of_type
            .iter()
            .filter(|header| header.name == HeaderName::ContentType)
            .filter_map(|header| {
                head.get(header.offset_start as usize..header.offset_end as usize)
            });
        let twice = of_type.any(says_twice);
        if twice
            || said(HeaderName::ContentType) > 1
            || said(HeaderName::ContentTransferEncoding) > 1
        {
            self.message.cannot("a part of it says twice what it is");
        }
        if place.depth > 0
            && let Some(words) = root.and_then(MimeHeaders::content_description)
        {
            self.message.add(Part {
                kind: Kind::Other,
                within: place.within.clone(),
                text: String::new(),
                hidden: vec![words.to_owned()],
                links: Vec::new(),
            });
        }
        let encoding = root.and_then(MimeHeaders::content_transfer_encoding);
        let encoding = encoding.unwrap_or("7bit").trim().to_ascii_lowercase();
        if !["7bit", "8bit", "binary", "base64", "quoted-printable"].contains(&encoding.as_str()) {
            self.message.cannot(format!(
                "a part of it is encoded as `{}`, which is not known",
                short(&encoding)
            ));
        }
        let kind = media_type(content_type, place.digest);
        let encoded = encoding == "base64" || encoding == "quoted-printable";
        match kind.split_once('/') {
            Some(("multipart", subtype)) => {
                if encoded {
                    self.message.cannot("parts of it are encoded together");
                }
                self.multipart((subtype, content_type), body, place);
            }
            Some(("message", "rfc822" | "global")) => self.nested(raw, (body, encoded), place),
            Some(("message", subtype @ ("partial" | "external-body"))) => {
                self.message
                    .cannot(format!("a part of it is elsewhere (message/{subtype})"));
            }
            _ => self.leaf(raw, &kind, place),
        }
    }

    /// What programs read in different ways in headers.
    fn odd_head(&mut self, head: &[u8]) {
        let lone = |at: usize| head[at] == b'\r' && head.get(at + 1) != Some(&b'\n');
        if (0..head.len()).any(lone) || head.contains(&0) {
            self.message
                .cannot("its headers have line ends that programs read in different ways");
        }
        let broken = head.split(|byte| *byte == b'\n').any(|line| {
            !line.trim_ascii().is_empty()
                && !line.starts_with(b" ")
                && !line.starts_with(b"\t")
                && !line.contains(&b':')
        });
        if broken {
            self.message.cannot("a line among its headers is none");
        }
    }

    fn multipart(
        &mut self,
        (subtype, content_type): (&str, Option<&ContentType<'_>>),
        body: &[u8],
        place: &Place,
    ) {
        if subtype == "encrypted" {
            self.message.cannot("it is encrypted");
        }
        let boundary = content_type.and_then(|kind| kind.attribute("boundary"));
        let Some(boundary) = boundary.filter(|boundary| !boundary.is_empty()) else {
            self.message
                .cannot("its parts are not told apart by anything");
            return self.add(
                Kind::Other,
                String::from_utf8_lossy(body).into_owned(),
                place,
            );
        };
        let split = split(body, boundary.as_bytes());
        if !split.closed || split.odd || split.parts.is_empty() {
            self.message
                .cannot("where its parts begin and end can be read in several ways");
        }
        for outside in split.outside {
            let text = String::from_utf8_lossy(outside).trim().to_owned();
            if !text.is_empty() && !text.contains("multi-part message in MIME format") {
                self.message.add(Part {
                    kind: Kind::Other,
                    within: place.within.clone(),
                    text: String::new(),
                    hidden: vec![text],
                    links: Vec::new(),
                });
            }
        }
        let before = self.message.parts.len();
        let inside = Place {
            depth: place.depth + 1,
            within: place.within.clone(),
            digest: subtype == "digest",
        };
        for part in split.parts {
            self.part(part, &inside);
        }
        if subtype == "alternative" && differ(&self.message.parts[before..]) {
            self.message.note(DIFFER);
        }
    }

    /// A message within the message.
    fn nested(&mut self, raw: &[u8], (body, encoded): (&[u8], bool), place: &Place) {
        let mut inner = Message::default();
        let decoded = encoded.then(|| decoded(raw)).flatten();
        if encoded && decoded.is_none() {
            self.message
                .cannot("a message in it is encoded and cannot be decoded");
        }
        let bytes = decoded.as_deref().unwrap_or(body);
        let mut walk = Walk {
            message: &mut inner,
            left: self.left,
        };
        walk.top(bytes, place.depth + 1);
        self.left = walk.left;
        let name = inner.subject.clone().unwrap_or_default();
        let within = match &place.within {
            Some(outer) => format!("{outer} › {}", short(&name)),
            None => format!("the attached message “{}”", short(&name)),
        };
        self.message.add(Part {
            kind: Kind::Message,
            within: place.within.clone(),
            text: summary(&inner),
            hidden: Vec::new(),
            links: Vec::new(),
        });
        for mut part in inner.parts {
            part.within = Some(match part.within.take() {
                Some(deeper) => format!("{within} › {deeper}"),
                None => within.clone(),
            });
            self.message.add(part);
        }
        for attached in inner.attachments {
            self.message.attach(attached);
        }
        for sentence in inner.opaque {
            self.message.cannot(sentence);
        }
        for sentence in inner.notes {
            self.message.note(sentence);
        }
    }

    /// A part that has no parts.
    fn leaf(&mut self, raw: &[u8], kind: &str, place: &Place) {
        let Some(parsed) = MessageParser::default().parse(raw) else {
            if !raw.trim_ascii().is_empty() {
                self.message.cannot("a part of it cannot be read");
            }
            return;
        };
        let part = parsed.root_part();
        let attached = part
            .content_disposition()
            .is_some_and(|how| how.c_type.eq_ignore_ascii_case("attachment"));
        let name = self.name(part);
        let is_text = matches!(&part.body, PartType::Text(_) | PartType::Html(_));
        if attached || name.is_some() || !is_text {
            self.message.attach(Attachment {
                name: name.clone().unwrap_or_default(),
                media_type: kind.to_owned(),
                size: Some(part.body.len() as u64),
            });
        }
        let file = name.as_deref().filter(|_| attached || name.is_some());
        let place = &Place {
            within: file
                .map(|name| format!("`{}`", short(name)))
                .or_else(|| place.within.clone()),
            ..place.clone()
        };
        let named = name.as_deref().unwrap_or("a part without a name");
        if part.is_encoding_problem && !raw.trim_ascii().is_empty() && part.body.len() > 0 {
            self.message
                .cannot(format!("the encoding of {} is broken", short(named)));
        }
        match &part.body {
            PartType::Text(text) | PartType::Html(text) => {
                self.charset(part.content_type(), text);
                let attribute = |name| part.content_type().and_then(|of| of.attribute(name));
                let flowed =
                    attribute("format").is_some_and(|it| it.eq_ignore_ascii_case("flowed"));
                let joins = attribute("delsp").is_some_and(|it| it.eq_ignore_ascii_case("yes"));
                if flowed && joins {
                    self.text(kind, &joined(text), (attached, place));
                } else {
                    self.text(kind, text, (attached, place));
                }
            }
            PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                self.binary((kind, named), bytes, place);
            }
            PartType::Message(_) | PartType::Multipart(_) => {
                self.message
                    .cannot("a part of it is not what it says it is");
            }
        }
    }

    /// A part's name; both where it gives two.
    fn name(&mut self, part: &MessagePart<'_>) -> Option<String> {
        let file = part
            .content_disposition()
            .and_then(|how| how.attribute("filename"));
        let name = part.content_type().and_then(|kind| kind.attribute("name"));
        if let (Some(file), Some(name)) = (file, name)
            && file != name
        {
            self.message.note(format!(
                "An attachment has two names: {} and {}.",
                short(file),
                short(name)
            ));
        }
        file.or(name).map(str::to_owned)
    }

    fn charset(&mut self, content_type: Option<&ContentType<'_>>, text: &str) {
        let label = content_type.and_then(|kind| kind.attribute("charset"));
        let plain = |label: &str| {
            ["utf-8", "utf8", "us-ascii", "ascii"]
                .iter()
                .any(|known| label.trim().eq_ignore_ascii_case(known))
        };
        if let Some(label) =
            label.filter(|label| !plain(label) && charset_decoder(label.as_bytes()).is_none())
        {
            self.message.cannot(format!(
                "a text in it is in the letters `{}`, which are not known",
                short(label)
            ));
        }
        if text.contains(char::REPLACEMENT_CHARACTER) {
            self.message
                .cannot("a text in it has letters that cannot be decoded");
        }
    }

    fn text(&mut self, kind: &str, text: &str, (attached, place): (bool, &Place)) {
        if text.contains("-----BEGIN PGP MESSAGE-----") {
            self.message.cannot("it is encrypted");
        }
        if text.lines().any(begins_file) {
            self.message
                .cannot("a file stands encoded in a text of it, and programs show it as attached");
        }
        match kind {
            "text/html" | "text/x-amp-html" | "application/xhtml+xml" => {
                html::add(self.message, text, place.within.as_deref());
            }
            "text/calendar" => self.add(Kind::Calendar, text.to_owned(), place),
            "text/plain" if attached => self.add(Kind::File, text.to_owned(), place),
            "text/plain" => self.add(Kind::Text, text.to_owned(), place),
            "text/enriched" | "text/richtext" | "text/rtf" => {
                self.message.cannot(format!(
                    "a text in it is of the kind {kind}, which is shown as written"
                ));
                self.add(Kind::Other, text.to_owned(), place);
            }
            _ if attached => self.add(Kind::File, text.to_owned(), place),
            _ => self.add(Kind::Other, text.to_owned(), place),
        }
    }

    fn binary(&mut self, (kind, name): (&str, &str), bytes: &[u8], place: &Place) {
        let encrypted = kind.ends_with("pkcs7-mime") || kind == "application/pgp-encrypted";
        if encrypted {
            return self.message.cannot("it is encrypted");
        }
        let text = std::str::from_utf8(bytes).ok();
        let text = text.filter(|text| !text.chars().any(|c| c.is_control() && !c.is_whitespace()));
        match text {
            Some(text) if kind == "application/ics" => {
                self.add(Kind::Calendar, text.to_owned(), place);
            }
            Some(text) if kind == "application/xhtml+xml" => {
                html::add(self.message, text, place.within.as_deref());
            }
            Some(text) => self.add(Kind::File, text.to_owned(), place),
            None => self.message.cannot(format!(
                "what is in {} ({kind}) cannot be shown",
                short(name)
            )),
        }
    }

    fn add(&mut self, kind: Kind, text: String, place: &Place) {
        self.message.add(Part {
            kind,
            within: place.within.clone(),
            text,
            hidden: Vec::new(),
            links: Vec::new(),
        });
    }
}

/// The body of a part that says it is a message and is encoded: the headers that say so are left out,
/// so that it is decoded as plain bytes.
fn decoded(raw: &[u8]) -> Option<Vec<u8>> {
    let (start, _) = body_start(raw);
    let parsed = MessageParser::default().parse_headers(&raw[..start])?;
    let encoding = parsed.root_part().content_transfer_encoding()?.to_owned();
    let mut plain = format!(
        "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: {}\r\n\r\n",
        encoding.replace(['\r', '\n'], " ")
    )
    .into_bytes();
    plain.extend_from_slice(&raw[start..]);
    let parsed = MessageParser::default().parse(&plain)?;
    let part = parsed.root_part();
    match &part.body {
        PartType::Binary(bytes) if !part.is_encoding_problem => Some(bytes.to_vec()),
        _ => None,
    }
}

/// Whether a header names a parameter of its value twice, in one form or another (RFC 2231): programs take
/// either.
fn says_twice(header: &[u8]) -> bool {
    let text = String::from_utf8_lossy(header).to_ascii_lowercase();
    let (mut plain, mut quoted, mut escaped) = (String::new(), false, false);
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            c => plain.push(c),
        }
    }
    let mut whole = BTreeSet::new();
    let mut sections = BTreeSet::new();
    let names = plain
        .split(';')
        .skip(1)
        .filter_map(|one| one.split_once('='));
    for (name, _) in names {
        let name = name.trim().trim_end_matches('*');
        let fresh = match name.split_once('*') {
            Some((base, section)) => {
                let fresh = sections.insert((base.to_owned(), section.to_owned()));
                fresh && !whole.contains(base)
            }
            None => {
                let in_sections = sections.iter().any(|(base, _)| base == name);
                whole.insert(name.to_owned()) && !in_sections
            }
        };
        if !fresh {
            return true;
        }
    }
    false
}

/// Whether a line begins a file within a text (uuencode, yEnc).
fn begins_file(line: &str) -> bool {
    let mode = line
        .strip_prefix("begin ")
        .or_else(|| line.strip_prefix("begin-base64 "))
        .and_then(|rest| rest.split_once(' '));
    let by_mode = mode.is_some_and(|(mode, name)| {
        (3..=4).contains(&mode.len())
            && mode.bytes().all(|byte| (b'0'..=b'7').contains(&byte))
            && !name.trim().is_empty()
    });
    by_mode || line.starts_with("=ybegin ")
}

/// A flowed text whose lines are joined without the space at their ends (RFC 3676, `DelSp=yes`).
fn joined(text: &str) -> String {
    let mut joined = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let plain = line.trim_end_matches(['\r', '\n']);
        match plain.strip_suffix(' ').filter(|_| plain != "-- ") {
            Some(goes_on) => joined.push_str(goes_on),
            None => joined.push_str(line),
        }
    }
    joined
}

/// A part's media type, in lower case.
fn media_type(content_type: Option<&ContentType<'_>>, digest: bool) -> String {
    match content_type {
        Some(kind) => {
            let subtype = kind.subtype().unwrap_or_default();
            format!("{}/{subtype}", kind.ctype()).to_ascii_lowercase()
        }
        None if digest => "message/rfc822".to_owned(),
        None => "text/plain".to_owned(),
    }
}

/// The parts of a body, told apart by a boundary.
#[derive(Default)]
struct Split<'a> {
    parts: Vec<&'a [u8]>,
    /// What stands before the first and behind the last.
    outside: Vec<&'a [u8]>,
    closed: bool,
    /// A line begins like the boundary and goes on otherwise.
    odd: bool,
}

fn split<'a>(body: &'a [u8], boundary: &[u8]) -> Split<'a> {
    let mut found = Split::default();
    let (mut from, mut at, mut inside) = (0, 0, false);
    for line in body.split_inclusive(|byte| *byte == b'\n') {
        let begins = at;
        at += line.len();
        let Some(rest) = line
            .strip_prefix(b"--")
            .and_then(|line| line.strip_prefix(boundary))
        else {
            continue;
        };
        let (end, last) = match rest.trim_ascii() {
            b"" => (begins, false),
            b"--" => (begins, true),
            _ => {
                found.odd = true;
                continue;
            }
        };
        if found.closed {
            found.odd = true;
            continue;
        }
        let part = without_line_end(&body[from..end.max(from)]);
        if inside {
            found.parts.push(part);
        } else {
            found.outside.push(part);
        }
        (from, inside, found.closed) = (at, !last, last);
    }
    let rest = &body[from.min(body.len())..];
    if inside {
        found.parts.push(rest);
    } else if !rest.is_empty() {
        found.outside.push(rest);
    }
    found.parts.truncate(MOST + 1);
    found
}

fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// Whether alternatives of one text use other words.
pub(super) fn differ(parts: &[Part]) -> bool {
    let words = |kind: Kind| {
        let of_kind: Vec<&Part> = parts.iter().filter(|part| part.kind == kind).collect();
        let words: BTreeSet<String> = of_kind
            .iter()
            .flat_map(|part| {
                part.text
                    .split(|c: char| c.is_whitespace() || "[]()<>*_".contains(c))
            })
            .filter(|word| !word.contains("://") && word.contains(char::is_alphanumeric))
            .map(str::to_lowercase)
            .collect();
        (!of_kind.is_empty()).then_some(words)
    };
    match (words(Kind::Text), words(Kind::Html)) {
        (Some(text), Some(html)) => text != html,
        _ => false,
    }
}

/// The headers of a message within, as one text.
fn summary(of: &Message) -> String {
    let mut lines = Vec::new();
    for (name, list) in [
        ("From", &of.from),
        ("To", &of.to),
        ("Cc", &of.cc),
        ("Bcc", &of.bcc),
        ("Reply-To", &of.reply_to),
    ] {
        if !list.is_empty() {
            lines.push(format!("{name}: {}", list.join(", ")));
        }
    }
    lines.extend(
        of.subject
            .iter()
            .map(|subject| format!("Subject: {subject}")),
    );
    lines.extend(
        of.headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}")),
    );
    lines.join("\n")
}
