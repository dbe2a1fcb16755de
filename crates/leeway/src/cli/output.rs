//! Printing: JSON or plain lines, with untrusted text made visible, and exit codes.

use super::client::{Refused, Unreachable};
use leeway_core::action::lookalike::marked;
use serde_json::{Value, json};
use std::io::Write;
use std::process::ExitCode;

/// Writes a line to standard output. Ends the program where nobody reads on, as commands do in a pipe.
pub fn write_line(words: std::fmt::Arguments<'_>) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{words}") {
        let ended = error.kind() == std::io::ErrorKind::BrokenPipe;
        std::process::exit(i32::from(!ended));
    }
}

/// Prints a value as JSON, for programs and for terminals: what turns a terminal or hides text in it is escaped.
pub fn json(value: &Value) {
    out!(
        "{}",
        escaped(&serde_json::to_string_pretty(value).unwrap_or_default())
    );
}

/// JSON with what is not seen in it escaped. It stands in texts alone, so that it stays the same JSON.
fn escaped(json: &str) -> String {
    let unseen = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
            || matches!(c, '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if unseen(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A field as one plain line: no terminal control, no line breaks.
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => marked(text).replace('\n', " "),
        other => marked(&other.to_string()).into_owned(),
    }
}

/// A table with a head, columns as wide as their widest cell (up to a bound).
pub fn table(head: &[&str], rows: &[Vec<String>]) {
    const WIDEST: usize = 60;
    let cut = |text: &str| -> String {
        if text.chars().count() <= WIDEST {
            return text.to_owned();
        }
        let mut cut: String = text.chars().take(WIDEST - 1).collect();
        cut.push('…');
        cut
    };
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cut(cell).chars().count());
        }
    }
    let line = |cells: &mut dyn Iterator<Item = String>| {
        let padded: Vec<String> = cells
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        out!("{}", padded.join("  ").trim_end());
    };
    line(&mut head.iter().map(|cell| (*cell).to_owned()));
    for row in rows {
        line(&mut row.iter().map(|cell| cut(cell)));
    }
}

/// Prints an error to stderr, as JSON where that is asked for, and chooses the exit code.
pub fn failure(error: &anyhow::Error, as_json: bool) -> ExitCode {
    let refused = error.downcast_ref::<Refused>();
    let (code, exit) = match refused {
        Some(refused) => (refused.code.as_str(), 3),
        None if error.downcast_ref::<Unreachable>().is_some() => ("unreachable", 4),
        None => ("failed", 1),
    };
    if as_json {
        let told = match refused.map(|refused| &refused.body) {
            Some(body) if body["error"].is_object() => body.clone(),
            _ => json!({ "error": { "code": code, "message": format!("{error:#}") } }),
        };
        eprintln!("{told}");
        return ExitCode::from(exit);
    }
    eprintln!("leeway: {}", visible_lines(&format!("{error:#}")));
    if let Some(help) = refused.and_then(|refused| refused.help.as_ref()) {
        eprintln!("  help: {}", visible_lines(help));
    }
    ExitCode::from(exit)
}

fn visible_lines(text: &str) -> String {
    text.lines()
        .map(|line| marked(line).into_owned())
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_turns_no_terminal_and_stays_what_it_is() {
        let value =
            json!({ "a\u{202e}b": "x\u{1b}[2J\u{9b}31m\u{200b}\u{2066}\u{e0041}\u{7f}é\n😀" });
        let text = escaped(&serde_json::to_string_pretty(&value).unwrap());
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
        for hidden in ['\u{202e}', '\u{200b}', '\u{2066}', '\u{e0041}'] {
            assert!(!text.contains(hidden), "{text}");
        }
        assert!(text.contains("é") && text.contains('😀'));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
