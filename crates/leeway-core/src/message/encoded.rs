//! Texts in base64, hexadecimal digits, quoted-printable and encoded words, alone and among plain ones.

use super::{Kind, LARGEST, Message, Part, mime};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::MessageParser;

/// Shortest text that is taken for an encoded one, characters.
const SHORTEST: usize = 24;
/// From which length on a text in the letters of base64 that says nothing readable is not shown as what
/// it is: nothing that names or signs something is as long.
const UNREADABLE: usize = 1_000;

/// Most encoded texts that are decoded of one plain text.
const MOST_WORDS: usize = 20;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Bytes of base64 in either alphabet, with padding or without, with line ends of any kind between.
/// `None` when it is none, or could be read in two ways.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    if text.len() > LARGEST * 2 {
        return None;
    }
    let mut plain: String = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let padding = plain.len() - plain.trim_end_matches('=').len();
    plain.truncate(plain.len() - padding);
    if padding > 2 {
        return None;
    }
    LENIENT.decode(plain).ok()
}

/// Whether a text is one in base64, long enough that nobody reads it.
pub(super) fn is_encoded(text: &str) -> bool {
    let plain = text.trim();
    plain.len() >= SHORTEST && looks_like_base64(plain) && base64(plain).is_some()
}

/// What a text says when it is an encoded one, or when encoded ones stand in it: base64, hexadecimal digits,
/// quoted-printable, the encoded words of a header. `None` when it is plain.
pub fn said(text: &str) -> Option<Message> {
    let text = text.trim();
    let data = text
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"));
    let body = data.map_or(text, |(_, body)| body);
    if body.len() < SHORTEST {
        return None;
    }
    if let Some(words) = hexadecimal(body).as_deref().and_then(words_of) {
        return Some(read(words.as_bytes(), words.clone()));
    }
    if let Some(bytes) = looks_like_base64(body).then(|| base64(body)).flatten() {
        return match readable(&bytes).or_else(|| words_of(&bytes)) {
            Some(text) => Some(read(text.as_bytes(), text.clone())),
            None if packed(&bytes) => Some(unreadable()),
            None => (body.len() >= UNREADABLE || data.is_some()).then(unreadable),
        };
    }
    let plain = quoted_printable(text).or_else(|| encoded_words(text));
    if let Some(plain) = plain {
        return Some(read(plain.as_bytes(), plain.clone()));
    }
    among_words(text)
}

/// Encoded texts that stand in a plain one.
fn among_words(text: &str) -> Option<Message> {
    let apart = |c: char| c.is_whitespace() || "\"'`()<>[]{},;:|".contains(c);
    let mut message = Message::default();
    let mut found = 0;
    for word in text.split(apart) {
        let word = word.trim_end_matches(['.', '!', '?']);
        if word.len() < SHORTEST || !word.is_ascii() {
            continue;
        }
        let hidden = match hexadecimal(word) {
            Some(bytes) => words_of(&bytes),
            None if looks_like_base64(word) => {
                base64(word).and_then(|bytes| readable(&bytes).or_else(|| words_of(&bytes)))
            }
            None => None,
        };
        let Some(hidden) = hidden else { continue };
        found += 1;
        if found > MOST_WORDS {
            message.cannot("more of it is encoded than is decoded");
            break;
        }
        message.add(Part::plain(hidden));
    }
    (found > 0).then_some(message)
}

/// Bytes written in hexadecimal digits.
fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .map(|c| c.to_digit(16))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks_exact(2);
    let whole = pairs.remainder().is_empty() && digits.len() >= SHORTEST;
    whole.then(|| pairs.map(|pair| (pair[0] * 16 + pair[1]) as u8).collect())
}

/// Bytes as words, when nearly all are letters and spaces of plain text, the rest read as Western European.
fn words_of(bytes: &[u8]) -> Option<String> {
    let plain = |byte: &&u8| byte.is_ascii_alphanumeric() || b" \t\r\n.,:;!?'\"()-".contains(byte);
    let control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    let fits = bytes.iter().filter(plain).count() * 100 >= bytes.len() * 85;
    let letters = bytes
        .iter()
        .filter(|byte| byte.is_ascii_alphabetic())
        .count();
    let is_text = bytes.len() >= 8 && fits && letters * 2 >= bytes.len();
    (is_text && !bytes.iter().any(control))
        .then(|| bytes.iter().map(|byte| char::from(*byte)).collect())
}

/// Whether bytes begin as those of something packed, a picture or a document do.
fn packed(bytes: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 9] = [
        b"\x1f\x8b\x08",
        b"PK\x03\x04",
        b"BZh",
        b"\xfd7zXZ",
        b"7z\xbc\xaf",
        b"\x28\xb5\x2f\xfd",
        b"\x89PNG",
        b"\xff\xd8\xff",
        b"%PDF",
    ];
    let zlib = matches!(bytes, [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..]);
    zlib || BEGINNINGS.iter().any(|begins| bytes.starts_with(begins))
}

/// A text with the encoded words of a header (RFC 2047), decoded.
fn encoded_words(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("=?")?;
    if !rest.contains("?=") {
        return None;
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let raw = format!("Subject: {line}\r\n\r\n");
    let parsed = MessageParser::default().parse_headers(raw.as_bytes())?;
    let plain = parsed.subject()?.to_owned();
    (plain != line).then_some(plain)
}

fn unreadable() -> Message {
    let mut message = Message::default();
    message.cannot("it is encoded, and what it holds is no text");
    message
}

fn looks_like_base64(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "+/-_=".contains(c);
    let mut lines = text.split_ascii_whitespace();
    // A sentence has letters and spaces too; lines of base64 are long, and all but the last alike.
    let first = lines.next().map_or(0, str::len);
    let alike = lines.clone().count() == 0 || first >= SHORTEST;
    alike && text.chars().all(|c| fits(c) || c.is_ascii_whitespace())
}

/// Bytes as text, when they are one: in UTF-8 or UTF-16, nearly all of it characters that are written.
fn readable(bytes: &[u8]) -> Option<String> {
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [_, 0, _, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, _, 0, _, ..] => utf16(bytes, u16::from_be_bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    }?;
    let written = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let odd = text.chars().filter(|c| !written(*c)).count();
    (text.chars().count() >= 8 && odd * 50 <= text.chars().count()).then_some(text)
}

/// Bytes as text, when they are one.
pub(super) fn text_of(bytes: &[u8]) -> Option<String> {
    if bytes.len() < 8 {
        let text = std::str::from_utf8(bytes).ok()?;
        let written = |c: char| !c.is_control() || c.is_whitespace();
        return text.chars().all(written).then(|| text.to_owned());
    }
    readable(bytes)
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| unit([pair[0], pair[1]]))
        .collect();
    String::from_utf16(&units).ok()
}

/// A text that was encoded: a message where it begins with the headers of one, HTML, or plain.
fn read(bytes: &[u8], text: String) -> Message {
    if mime::is_message(bytes) {
        return mime::message(bytes);
    }
    let mut message = Message::default();
    let start = text.trim_start().to_ascii_lowercase();
    if start.starts_with("<!doctype html") || start.starts_with("<html") {
        super::html::add(&mut message, &text, None);
        return message;
    }
    message.add(Part {
        kind: Kind::Text,
        within: None,
        text,
        hidden: Vec::new(),
        links: Vec::new(),
    });
    message
}

/// A text in quoted-printable, decoded: one with at least three bytes written as `=C3` and soft line
/// ends only where they may be.
fn quoted_printable(text: &str) -> Option<String> {
    if !text.contains('=') {
        return None;
    }
    let bytes = text.as_bytes();
    let hex = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    let (mut decoded, mut at, mut written) = (Vec::with_capacity(bytes.len()), 0, 0);
    while let Some(byte) = bytes.get(at) {
        match (byte, hex(at + 1), hex(at + 2), &bytes[at + 1..]) {
            (b'=', Some(high), Some(low), _) => {
                decoded.push((high * 16 + low) as u8);
                written += 1;
                at += 3;
            }
            (b'=', _, _, [b'\r', b'\n', ..]) => at += 3,
            (b'=', _, _, [b'\n', ..]) => at += 2,
            (b'=', ..) => return None,
            (byte, ..) => {
                decoded.push(*byte);
                at += 1;
            }
        }
    }
    if written < 3 {
        return None;
    }
    Some(match String::from_utf8(decoded) {
        Ok(text) => text,
        Err(other) => other
            .as_bytes()
            .iter()
            .map(|byte| char::from(*byte))
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(text: &str) -> Option<String> {
        said(text).map(|message| message.texts().collect::<Vec<_>>().join("|"))
    }

    #[test]
    fn base64_is_read_however_it_is_written() {
        let whole = "We refund 10,000 kestrels? ÿ>~";
        for written in [
            "V2UgcmVmdW5kIDEwLDAwMCBrZXN0cmVscz8gw78+fg==",
            "V2UgcmVmdW5kIDEwLDAwMCBrZXN0cmVscz8gw78-fg",
            "V2UgcmVmdW5kIDEwLDAwMCBrZXN0\r\ncmVscz8gw78+fg==\r\n",
            "V2UgcmVmdW5kIDEwLDAwMCBrZXN0\rcmVscz8gw78-fg=\n",
        ] {
            assert_eq!(
                base64(written).as_deref(),
                Some(whole.as_bytes()),
                "{written}"
            );
            assert_eq!(text_of(written).as_deref(), Some(whole), "{written}");
        }
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_not_read() {
        assert_eq!(base64("V2Ug=cmVm"), None);
        assert_eq!(base64("V2Ug===="), None);
        assert_eq!(base64("V2Ug!"), None);
    }

    #[test]
    fn plain_words_ids_and_hashes_are_no_encoded_texts() {
        for plain in [
            "Please call me back tomorrow morning about the order",
            "550e8400-e29b-41d4-a716-446655440000",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "supercalifragilisticexpialidocious",
            "a=b and c=d, x = 5",
            "",
        ] {
            assert_eq!(said(plain), None, "{plain}");
        }
    }

    #[test]
    fn other_ways_to_hide_a_text_are_read() {
        for (written, says) in [
            (
                "V2Ugc3VlIHlvdSBm/HIgYWxsZSBG5GxsZSE",
                "We sue you für alle Fälle!",
            ),
            (
                "5765207375652079 6f752074 6f6d6f72726f77",
                "We sue you tomorrow",
            ),
            (
                "Please decode V2Ugc3VlIHlvdSB0b21vcnJvdw==, thanks",
                "We sue you tomorrow",
            ),
            ("=?utf-8?Q?We_s=75e_you?= and leave", "We sue you and leave"),
            (
                "We s=75e you f=FCr alle F=E4lle",
                "We sue you für alle Fälle",
            ),
        ] {
            assert_eq!(text_of(written).as_deref(), Some(says), "{written}");
        }
        let packed =
            LENIENT.encode(b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\x0b\x4f\x55\x28\x2e\x4d\x05");
        assert_eq!(said(&packed).map(|message| message.opaque.len()), Some(1));
    }

    #[test]
    fn quoted_printable_is_read() {
        let text = text_of("Sch=C3=B6ne Gr=C3=BC=C3=9Fe, wir k=\r\n=C3=BCndigen");
        assert_eq!(text.as_deref(), Some("Schöne Grüße, wir kündigen"));
    }

    #[test]
    fn what_is_long_and_says_nothing_is_said_to_be_so() {
        let bytes: Vec<u8> = (0..900_u32).map(|n| (n * 131 % 251) as u8).collect();
        let long = LENIENT.encode(&bytes);
        assert_eq!(said(&long).map(|message| message.opaque.len()), Some(1));
        assert_eq!(said(&long[..200]), None);
    }
}
