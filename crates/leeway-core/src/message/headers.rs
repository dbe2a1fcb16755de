//! The headers of a message: addresses, subject, and whatever else goes with it.

use super::{MOST, Message, short};
use mail_parser::{Addr, Address, Header, HeaderName, HeaderValue, MessageParser};

/// Headers that say how a message is built, which is shown by what it comes to.
fn of_build(name: &HeaderName<'_>) -> bool {
    matches!(
        name,
        HeaderName::ContentType
            | HeaderName::ContentTransferEncoding
            | HeaderName::ContentDisposition
            | HeaderName::MimeVersion
            | HeaderName::MessageId
            | HeaderName::Date
    )
}

/// Adds what the headers of a message say. `raw` is what they were read from.
pub(super) fn add(message: &mut Message, headers: &[Header<'_>], raw: &[u8]) {
    let mut subjects = 0;
    for header in headers {
        if of_build(&header.name) {
            continue;
        }
        let written = written(header, raw);
        let addresses = |header: &Header<'_>| addresses(&header.value);
        let list = match &header.name {
            HeaderName::From | HeaderName::Sender | HeaderName::ResentFrom => &mut message.from,
            HeaderName::To | HeaderName::ResentTo => &mut message.to,
            HeaderName::Cc | HeaderName::ResentCc => &mut message.cc,
            HeaderName::Bcc | HeaderName::ResentBcc => &mut message.bcc,
            HeaderName::ReplyTo => &mut message.reply_to,
            HeaderName::Subject => {
                subjects += 1;
                if subjects == 1 {
                    message.subject = Some(subject(header, &written));
                    if message.subject.as_deref().is_some_and(still_encoded) {
                        message.cannot("the subject is encoded in a way that cannot be read");
                    }
                    continue;
                }
                message.cannot("it has several subjects");
                other(message, header, &written);
                continue;
            }
            _ => {
                other(message, header, &written);
                continue;
            }
        };
        let found = addresses(header);
        let more = list.len() + found.len() > MOST;
        // Whatever looks like an address to somebody must be among what is shown.
        let missed = missed(&written, &found);
        list.extend(found.into_iter().take(MOST));
        let encoded = list.iter().any(|one| still_encoded(one));
        list.truncate(MOST);
        let name = header.name.as_str().to_owned();
        if more {
            message.cannot("it has more addresses than are shown here");
        }
        if missed {
            message.cannot(format!(
                "its header {name} can be read in several ways: {}",
                short(&written)
            ));
        }
        if encoded {
            message.cannot(format!("a name in its header {name} cannot be decoded"));
        }
    }
}

/// Longest header that is shown, characters.
const LONGEST: usize = 1_000;

fn other(message: &mut Message, header: &Header<'_>, written: &str) {
    if message.headers.len() >= MOST {
        return message.cannot("it has more headers than are shown here");
    }
    let value = header.value.as_text().unwrap_or(written);
    let shown: String = value.chars().take(LONGEST).collect();
    if shown.len() < value.len() {
        message.cannot("a header is longer than is shown here");
    }
    let value = shown;
    let name = short(header.name.as_str());
    message.headers.push((name, value));
}

/// A header as it is written, on one line.
fn written(header: &Header<'_>, raw: &[u8]) -> String {
    let bytes = raw.get(header.offset_start as usize..header.offset_end as usize);
    let text = String::from_utf8_lossy(bytes.unwrap_or_default()).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn subject(header: &Header<'_>, written: &str) -> String {
    header.value.as_text().unwrap_or(written).to_owned()
}

/// Whether an encoded word (`=?charset?Q?…?=`) is left in a text that should have none.
fn still_encoded(text: &str) -> bool {
    text.split_once("=?")
        .is_some_and(|(_, rest)| rest.contains("?="))
        || text.contains(char::REPLACEMENT_CHARACTER)
}

/// Each address with its name.
fn addresses(value: &HeaderValue<'_>) -> Vec<String> {
    match value {
        HeaderValue::Address(Address::List(list)) => list.iter().map(address).collect(),
        HeaderValue::Address(Address::Group(groups)) => groups
            .iter()
            .flat_map(|group| &group.addresses)
            .map(address)
            .collect(),
        HeaderValue::Text(text) if !text.trim().is_empty() => vec![text.trim().to_owned()],
        HeaderValue::TextList(texts) => texts.iter().map(|text| text.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn address(of: &Addr<'_>) -> String {
    match (of.name.as_deref(), of.address.as_deref()) {
        (Some(name), Some(address)) if !name.trim().is_empty() => {
            format!("{} <{address}>", name.trim())
        }
        (_, Some(address)) => address.to_owned(),
        (name, None) => name.unwrap_or_default().to_owned(),
    }
}

/// Whether something with an `@` in it, in the header as it is written, is in none of the addresses.
fn missed(written: &str, found: &[String]) -> bool {
    let ends = |c: char| c.is_whitespace() || "<>,;()\"[]:".contains(c);
    written
        .split(ends)
        .filter(|word| word.contains('@') && word.len() > 2)
        .any(|word| !found.iter().any(|address| address.contains(word)))
}

/// One header's value read on its own: what a system shows as `{name, value}`.
pub(super) fn add_one(message: &mut Message, name: &str, value: &str) {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(plain) {
        return message.cannot("a header of it has a name that is none");
    }
    let line: String = value.split(['\r', '\n']).collect::<Vec<_>>().join(" ");
    let raw = format!("{name}: {line}\r\n\r\n");
    if let Some(parsed) = MessageParser::default().parse_headers(raw.as_bytes()) {
        add(message, parsed.headers(), raw.as_bytes());
    }
}
