//! The texts that one may be read as.

use crate::message::html;
use percent_encoding::percent_decode_str;
use std::borrow::Cow;

/// The texts that one may be read as: as it is written, and as programs that show it would decode it.
pub(super) fn readings(text: &str) -> Vec<Cow<'_, str>> {
    let mut readings = vec![Cow::Borrowed(text)];
    if text.contains(['<', '&']) {
        readings.push(Cow::Owned(html::words(text)));
    }
    if text.contains('&') {
        readings.extend(decoded(text).map(Cow::Owned));
    }
    if text.contains('%') {
        readings.push(percent_decode_str(text).decode_utf8_lossy());
    }
    if text.contains('\\') {
        readings.push(Cow::Owned(unescaped(text)));
    }
    if text.contains('\n') {
        readings.push(Cow::Owned(unhyphenated(text)));
    }
    readings
}

/// A text with its entities read where [`html::words`] does not: between signs that open no element,
/// and encoded twice, as some programs do.
fn decoded(text: &str) -> Option<String> {
    let entities = |text: &str| html::words(&text.replace('<', "&lt;"));
    let once = entities(text);
    if once.contains('&') {
        return Some(entities(&once));
    }
    text.contains('<').then_some(once)
}

/// A text with the escapes of JSON and of programs (`\u0061`) read.
fn unescaped(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut parts = text.split("\\u");
    read.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let code = part
            .get(..4)
            .and_then(|code| u32::from_str_radix(code, 16).ok());
        match code.and_then(char::from_u32) {
            Some(c) => {
                read.push(c);
                read.push_str(&part[4..]);
            }
            None => read.push_str(part),
        }
    }
    read
}

/// A text whose words are put together again where a line ends in them.
fn unhyphenated(text: &str) -> String {
    let mut lines = text.lines();
    let mut joined = lines.next().unwrap_or_default().to_owned();
    for line in lines {
        let end = joined.trim_end();
        match end.strip_suffix(['-', '\u{2010}', '\u{ad}']) {
            Some(word) => {
                joined.truncate(word.len());
                joined.push_str(line.trim_start());
            }
            None => {
                joined.push('\n');
                joined.push_str(line);
            }
        }
    }
    joined
}
