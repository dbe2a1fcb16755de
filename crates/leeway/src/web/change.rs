//! What a call changes, as people are shown it: field by field, before and after; what stays; the whole call.

use super::diff::diff;
use super::long;
use super::parts::{icon, shown, value, value_at_rest};
use leeway_core::action::event::Judged;
use leeway_core::action::sent::{self, Sent};
use leeway_core::classify::{BeforeImage, Effect, FieldChange};
use maud::{Markup, html};
use serde_json::Value;

/// Whether it is read in full before it goes.
pub fn reaches_outside(effect: Effect) -> bool {
    matches!(effect, Effect::Send | Effect::Pay)
}

/// The record's fields that a call leaves as they are.
pub fn unchanged(judged: &Judged) -> Vec<(&String, &Value)> {
    let BeforeImage::Read { fields, .. } = &judged.before else {
        return Vec::new();
    };
    let changes = &judged.classified.changes;
    fields
        .iter()
        .filter(|(name, _)| !changes.iter().any(|change| change.field == **name))
        .collect()
}

/// One field, before and after, by the names of both.
pub fn field(change: &FieldChange, effect: Effect, (old, new): (&str, &str)) -> Markup {
    let texts = match (&change.old, &change.new) {
        (Value::String(old), Value::String(new))
            if !old.is_empty() && !new.is_empty() && old.len() + new.len() < 1200 =>
        {
            Some(diff(&shown(old), &shown(new)))
        }
        _ => None,
    };
    // What reaches outside is read in full before it goes.
    let lists =
        lists(&change.old, &change.new).filter(|_| change.old_known && !reaches_outside(effect));
    html! { li {
        h3 { (shown(&change.label())) @if change.critical { " " span.chip.warn { "critical" } } }
        div.old { span.tag { (old) }
            @if !change.old_known { em { "not known" } }
            @else if let Some((old, _)) = &texts { span.text { (old) } }
            @else if let Some((old, _)) = &lists { (old) }
            @else { (value(&change.old)) }
        }
        div.new { span.tag { (new) }
            @if effect == Effect::Delete { em { "deleted" } }
            @else if let Some((_, new)) = &texts { span.text { (new) } }
            @else if let Some((_, new)) = &lists { (new) }
            @else { (value(&change.new)) }
        }
    } }
}

/// Items of two lists that are compared with each other at most.
const MOST_COMPARED: usize = 1_000;

/// Two lists as what goes and what comes; what stays is counted, and there to be opened. `None` where they are
/// no lists, or differ in nothing but their order.
fn lists(old: &Value, new: &Value) -> Option<(Markup, Markup)> {
    let (old, new) = (old.as_array()?, new.as_array()?);
    if old.len() + new.len() > MOST_COMPARED {
        return None;
    }
    let mut left = new.clone();
    let (mut gone, mut stay) = (Vec::new(), Vec::new());
    for item in old {
        match left.iter().position(|other| other == item) {
            Some(at) => {
                left.remove(at);
                stay.push(item);
            }
            None => gone.push(item),
        }
    }
    if (gone.is_empty() && left.is_empty()) || stay.is_empty() {
        return None;
    }
    let others = html! { details.stay {
        summary { (stay.len()) @if stay.len() == 1 { " stays" } @else { " stay" } }
        ul.items { @for item in &stay { li { (value_at_rest(item)) } } }
    } };
    let before = html! {
        @if gone.is_empty() { em { "nothing is taken out" } } @else { ul.items { @for item in &gone { li { del { (value(item)) } } } } }
        (others)
    };
    let after = html! {
        @if left.is_empty() { em { "nothing is added" } } @else { ul.items { @for item in &left { li { ins { (value(item)) } } } } }
        (others)
    };
    Some((before, after))
}

/// Arguments shown one by one; further ones are folded, and opened before anybody approves.
const MOST_ARGUMENTS: usize = 40;

/// What a call sends besides the changes it is shown to make, in the order of the call.
pub fn also_sent(judged: &Judged, title: &str) -> Markup {
    also_sent_in(judged, title, "")
}

/// [`also_sent`], on a page that shows several actions: `of` tells their parts apart.
pub fn also_sent_in(judged: &Judged, title: &str, of: &str) -> Markup {
    let sent = sent::for_people(judged);
    if sent.is_empty() {
        return html! {};
    }
    let odd = sent.iter().filter(|one| one.is_unaccounted()).count();
    let (first, more) = sent.split_at(sent.len().min(MOST_ARGUMENTS));
    html! { section.card #{ "also" (of) } aria-labelledby={ "also-t" (of) } {
        header { h2 #{ "also-t" (of) } { (title) } @if odd > 0 { span.chip.danger { (icon("alert")) (odd) " that nobody says what " @if odd == 1 { "it does" } @else { "they do" } } } @else { span.sub { code { (shown(&judged.call.tool_name())) } } } }
        dl.kv.sent { @for one in first { (argument(one)) } }
        @if !more.is_empty() {
            (long::folded(&format!("{} more of {}", more.len(), judged.content_hash), true,
                html! { "Show " (more.len()) " more" }, html! { dl.kv.sent { @for one in more { (argument(one)) } } }))
        }
    } }
}

fn argument(one: &Sent) -> Markup {
    html! { div.odd[one.is_unaccounted()] {
        dt { (shown(&one.label())) }
        dd { (exactly(&one.value)) @if let Some(what) = one.what() { span.chip.danger[one.is_unaccounted()] { (what) } } }
    } }
}

/// A value as it is sent: no kind of nothing passes for another.
fn exactly(of: &Value) -> Markup {
    match of {
        Value::Null => html! { em { "nothing (null)" } },
        Value::String(text) if text.is_empty() => html! { em { "an empty text" } },
        Value::String(text) if text.trim().is_empty() => html! { em { "blanks" } },
        Value::Array(items) if items.is_empty() => html! { em { "an empty list" } },
        Value::Object(fields) if fields.is_empty() => html! { em { "an empty object" } },
        Value::Array(items) if items.len() <= MOST_ARGUMENTS => {
            html! { ul.items { @for item in items { li { (exactly(item)) } } } }
        }
        other => value(other),
    }
}

/// A call that changes no field of a record is shown by its arguments.
pub fn arguments(judged: &Judged, title: &str) -> Markup {
    super::message::call(judged, title)
}

/// These arguments of a call.
pub fn arguments_of(judged: &Judged, arguments: &Value, title: &str) -> Markup {
    let arguments = arguments.as_object();
    html! { section.card aria-labelledby="arg-t" {
        header { h2 #arg-t { (title) } span.sub { code { (shown(&judged.call.tool_name())) } } }
        dl.kv { @for (name, given) in arguments.into_iter().flatten() {
            div { dt { (shown(name)) } dd { (value(given)) } }
        } }
    } }
}

/// Whether every value of the call stands literally among the changes. A pack says what the changes
/// are, so what it leaves out would not be seen otherwise: whom a message goes to, how much is paid.
pub fn all_shown(value: &Value, changes: &[FieldChange]) -> bool {
    let shown = changes.iter().any(|change| change.new == *value);
    shown
        || match value {
            Value::Array(items) => items.iter().all(|item| all_shown(item, changes)),
            Value::Object(fields) => fields.values().all(|item| all_shown(item, changes)),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn change(new: Value, old_known: bool) -> FieldChange {
        FieldChange {
            field: "body".to_owned(),
            old: Value::Null,
            new,
            old_known,
            critical: false,
            record: None,
        }
    }

    #[test]
    fn a_call_is_shown_whole_unless_every_value_of_it_is_among_the_changes() {
        let changes = [change(json!("Hello"), true), change(json!(12), true)];
        assert!(all_shown(
            &json!({"a": "Hello", "b": [12, "Hello"]}),
            &changes
        ));
        for left_out in [
            json!({"to": "x@y.z"}),
            json!({"cents": 13}),
            json!({"now": true}),
        ] {
            assert!(!all_shown(&left_out, &changes), "{left_out}");
        }
    }

    #[test]
    fn what_was_there_before_is_said_only_where_it_is_known() {
        let page = |known| {
            field(
                &change(json!("x"), known),
                Effect::Update,
                ("Now", "Proposed"),
            )
            .into_string()
        };
        assert!(page(true).contains("<em>empty</em>"));
        assert!(page(false).contains("not known") && !page(false).contains("<em>empty</em>"));
    }

    #[test]
    fn of_a_list_what_comes_and_goes_is_shown_and_what_stays_is_counted() {
        let told = |old: Value, new: Value| {
            lists(&old, &new).map(|(old, new)| (old.into_string(), new.into_string()))
        };
        let (before, after) = told(json!(["a", "b", "b"]), json!(["b", "c", "b"])).unwrap();
        assert!(before.contains("<del>") && before.contains(">a<") && !before.contains(">c<"));
        assert!(after.contains("<ins>") && after.contains(">c<") && after.contains("2 stay"));
        assert!(
            told(json!(["a", "b"]), json!(["b", "a"])).is_none(),
            "order"
        );
        assert!(told(json!(["a"]), json!(["b"])).is_none(), "all other");
        assert!(told(json!("a"), json!(["a"])).is_none());
    }

    #[test]
    fn what_reaches_outside_shows_a_list_whole() {
        let change = FieldChange {
            old: json!(["a@x.y", "b@x.y"]),
            new: json!(["a@x.y", "b@x.y", "c@x.y"]),
            ..change(Value::Null, true)
        };
        let page = |effect| field(&change, effect, ("Now", "Proposed")).into_string();
        assert!(page(Effect::Update).contains("2 stay"));
        assert!(!page(Effect::Send).contains("stay") && page(Effect::Send).contains("b@x.y"));
    }
}
