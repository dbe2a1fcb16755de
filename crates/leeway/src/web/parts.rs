//! Pieces every page is made of. Text from outside goes through [`shown`].

use super::long::at_rest;
pub use super::long::long;
use crate::clock::rfc3339;
use leeway_core::action::lookalike::marked;
use leeway_core::action::state::Status;
use leeway_core::action::visible::visible;
use leeway_core::classify::Level;
use leeway_core::judge::Verdict;
use maud::{Markup, html};
use serde_json::Value;

/// Text from outside, with invisible and direction-changing characters made visible, and letters that
/// pass for others marked. Escaping is maud's.
pub fn shown(text: &str) -> String {
    marked(text).into_owned()
}

/// The same in a list, where there is room for the sign of a mark alone: its words are on the thing's own page.
pub fn listed(text: &str) -> String {
    let seen = visible(text);
    if marked(text) == seen {
        return seen.into_owned();
    }
    format!("⚠ {seen}")
}

/// A level: bars, number and name, so colour is never the only signal.
pub fn level(level: Level) -> Markup {
    let number = u8::from(level);
    html! { span.level.{ "l" (number) } {
        svg viewBox="0 0 24 12" aria-hidden="true" {
            @for i in 0..5u8 { rect.on[i < number] x=(u32::from(i) * 5) y=(8 - 2 * i32::from(i)) width="3.4" height=(4 + 2 * u32::from(i)) rx="1" {} }
        }
        span { "Level " (number) } span.lname { (level.name()) }
    } }
}

/// A status as a chip.
pub fn status(status: Status) -> Markup {
    let (class, picture) = match status {
        Status::Executed => ("ok", "check"),
        Status::Held
        | Status::Returned
        | Status::Drifted
        | Status::Approved
        | Status::Authorised
        | Status::Executing => ("warn", "clock"),
        Status::Blocked
        | Status::Refused
        | Status::Rejected
        | Status::Failed
        | Status::Partial
        | Status::OutcomeUnknown
        | Status::NeedsAttestation => ("danger", "x"),
        Status::Expired | Status::Withdrawn => ("plain", "clock"),
    };
    html! { span.chip.(class) { (icon(picture)) (status.words()) } }
}

/// A verdict as a chip.
pub fn verdict(verdict: Verdict) -> Markup {
    let (class, words) = match verdict {
        Verdict::Allow => ("ok", "Allow"),
        Verdict::Hold => ("warn", "Hold"),
        Verdict::Block => ("danger", "Block"),
    };
    html! { span.chip.(class) { (words) } }
}

/// A stated confidence.
pub fn confidence(stated: Option<f64>) -> Markup {
    let Some(stated) = stated else {
        return html! { span.conf.danger { "no confidence" } };
    };
    let percent = (stated * 100.0).round();
    let class = if percent >= 85.0 {
        "ok"
    } else if percent >= 60.0 {
        "warn"
    } else {
        "danger"
    };
    html! { span.conf.(class) title="Confidence the agent stated" {
        svg viewBox="0 0 40 6" aria-hidden="true" {
            rect.track width="40" height="6" rx="3" {} rect.fill width=(percent * 0.4) height="6" rx="3" {}
        }
        (percent) "%"
    } }
}

/// A time: UTC as text, the viewer's own zone by the script.
pub fn time(ms: i64) -> Markup {
    let text = rfc3339(ms);
    let day = text.get(..10).unwrap_or_default().to_owned();
    let clock = text.get(11..16).unwrap_or_default().to_owned();
    html! { time datetime=(text) { (day) " " (clock) " UTC" } }
}

/// A value as a person reads it.
pub fn value(value: &Value) -> Markup {
    match value {
        Value::Null => html! { em { "empty" } },
        Value::String(text) if text.trim().is_empty() => html! { em { "empty" } },
        Value::String(text) => long(text),
        Value::Bool(yes) => html! { (if *yes { "yes" } else { "no" }) },
        Value::Number(number) => html! { (number) },
        other => long(&serde_json::to_string_pretty(other).unwrap_or_default()),
    }
}

/// A value that a call leaves as it is: nothing waits for it to be read whole.
pub fn value_at_rest(of: &Value) -> Markup {
    match of {
        Value::String(text) if !text.trim().is_empty() => at_rest(text),
        Value::Array(_) | Value::Object(_) => {
            at_rest(&serde_json::to_string_pretty(of).unwrap_or_default())
        }
        other => value(other),
    }
}

/// An icon.
pub fn icon(name: &str) -> Markup {
    let path = match name {
        "inbox" => "M3 12h4l2 3h6l2-3h4M5 5h14l2 7v7H3v-7z",
        "clock" => "M12 7v5l3 2M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z",
        "flow" => "M5 4h5v5H5zM14 15h5v5h-5zM7.5 9v6a2 2 0 0 0 2 2H14",
        "alert" => {
            "M12 9v4M12 17h.01M10.3 4.3 2.6 18a2 2 0 0 0 1.7 3h15.4a2 2 0 0 0 1.7-3L13.7 4.3a2 2 0 0 0-3.4 0z"
        }
        "people" => {
            "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7zM2.5 20c.6-3.4 3.2-5.5 6.5-5.5s5.9 2.1 6.5 5.5M15.5 4.3a3.5 3.5 0 0 1 0 6.4M17.5 14.9c2.2.7 3.7 2.4 4.1 5.1"
        }
        "more" => "M5 12h.01M12 12h.01M19 12h.01",
        "ask" => {
            "M9.5 9a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .9-1 1.7v.5M12 17h.01M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18z"
        }
        "gear" => {
            "M4 7h10M18 7h2M4 17h2M10 17h10M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z"
        }
        "check" => "M5 12.5 10 17 19 7",
        "undo" => "M9 6 4 11l5 5M4 11h10a6 5 0 0 1 0 10h-3",
        "x" => "M6 6l12 12M18 6 6 18",
        "pen" => "M4 20h4L19 9l-4-4L4 16zM13 7l4 4",
        "back" => "M15 5l-7 7 7 7",
        "doc" => "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
        "bell" => "M6 16V11a6 6 0 0 1 12 0v5l2 2H4zM10 21h4",
        "eye" => {
            "M2.5 12C4.5 8 8 5.5 12 5.5s7.5 2.5 9.5 6.5c-2 4-5.5 6.5-9.5 6.5S4.5 16 2.5 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"
        }
        "chart" => "M4 4v16h16M8 15l4-5 3 3 5-7",
        "lock" => "M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5z",
        "pause" => "M8 5v14M16 5v14",
        "play" => "M7 5l11 7-11 7z",
        "out" => "M14 5h5v14h-5M10 8l-4 4 4 4M6 12h9",
        _ => "",
    };
    html! { svg.i viewBox="0 0 24 24" aria-hidden="true" { path d=(path) {} } }
}

/// A hidden field that proves a form came from this session's page. What these forms do is decided by
/// pressing a button of theirs: a form whose first button is disabled is sent by no Enter in a field of
/// text, and the script sees to the other fields.
pub fn csrf(token: &str) -> Markup {
    html! {
        button disabled hidden aria-hidden="true" {}
        input type="hidden" name="csrf" value=(token);
    }
}
