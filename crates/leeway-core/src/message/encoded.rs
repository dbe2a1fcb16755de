//! Texts in base64 and quoted-printable.

use super::{Kind, LARGEST, Message, Part, mime};
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Shortest text that is taken for an encoded one, characters.
const SHORTEST: usize = 24;
/// From which length on a text in the letters of base64 that says nothing readable is not shown as what
/// it is: nothing that names or signs something is as long.
const UNREADABLE: usize = 1_000;

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

/// What a text says when it is one in base64 or quoted-printable; `None` when it is plain.
pub fn said(text: &str) -> Option<Message> {
    let text = text.trim();
    let data = text
        .strip_prefix("data:")
        .and_then(|rest| rest.split_once(";base64,"));
    let body = data.map_or(text, |(_, body)| body);
    if body.len() < SHORTEST {
        return None;
    }
    if let Some(bytes) = looks_like_base64(body).then(|| base64(body)).flatten() {
        return match readable(&bytes) {
            Some(text) => Some(read(&bytes, text)),
            None => (body.len() >= UNREADABLE || data.is_some()).then(unreadable),
        };
    }
    quoted_printable(text).map(|text| read(text.as_bytes(), text.clone()))
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
    (written >= 3).then(|| String::from_utf8(decoded).ok())?
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
