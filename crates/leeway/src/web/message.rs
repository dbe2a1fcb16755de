//! A message as its recipients get it: people, subject, each text, where links lead, what is attached;
//! what is hidden in it and what cannot be shown, marked.

use super::change::arguments_of;
use super::parts::{long, shown};
use leeway_core::action::event::Judged;
use leeway_core::message::lines::{OPAQUE, UNSEEN, condensed};
use leeway_core::message::{Link, Message, Part};
use maud::{Markup, html};
use serde_json::Value;
use std::borrow::Cow;

/// The message of an action, and what else of its call is encoded; nothing where there is none.
pub fn section(judged: &Judged) -> Markup {
    let classified = &judged.classified;
    html! {
        @if let Some(message) = &classified.message { section.card.mail aria-labelledby="msg-t" {
            header { h2 #msg-t { "The message" } span.sub { "as those who get it read it" } }
            (view(message))
        } }
        @if !classified.decoded.is_empty() { section.card.mail aria-labelledby="dec-c" {
            header { h2 #dec-c { "Encoded in the call" } span.sub { "as it reads when it is decoded" } }
            @for one in &classified.decoded {
                h3 { code { (shown(&one.path)) } }
                (view(&one.message))
            }
        } }
    }
}

/// The call, with what its message shows left out of it.
pub fn call(judged: &Judged, title: &str) -> Markup {
    match &judged.classified.message {
        Some(_) => arguments_of(judged, &condensed(&judged.call.arguments), title),
        None => arguments_of(judged, &judged.call.arguments, title),
    }
}

/// A value of the record, with what the message shows left out of it.
pub fn of_record<'a>(judged: &Judged, value: &'a Value) -> Cow<'a, Value> {
    match &judged.classified.message {
        Some(_) => Cow::Owned(condensed(value)),
        None => Cow::Borrowed(value),
    }
}

fn view(message: &Message) -> Markup {
    html! {
        dl.kv {
            @for (label, list) in message.people() { @if !list.is_empty() {
                div { dt { (label) } dd { ul.plain { @for one in list { li { (shown(one)) } } } } }
            } }
            @if let Some(subject) = &message.subject { div { dt { "Subject" } dd { b { (long(subject)) } } } }
            @for attached in &message.attachments { div { dt { "Attached" } dd { (shown(&attached.sentence())) } } }
            @for (name, value) in &message.headers { div { dt { (shown(name)) } dd { (long(value)) } } }
        }
        @for part in &message.parts { (text(part)) }
        @for note in &message.notes { p.told { span.chip.warn { "note" } " " (shown(note)) } }
        @for why in &message.opaque { p.told { span.chip.danger { (OPAQUE) } " " (shown(why)) } }
    }
}

fn text(part: &Part) -> Markup {
    html! { div.part {
        p.sub { (shown(&part.label())) }
        @if !part.text.is_empty() { blockquote { (long(&part.text)) } }
        @for hidden in &part.hidden { div.told { span.chip.danger { (UNSEEN) } blockquote { (long(hidden)) } } }
        @if !part.links.is_empty() { ul.links { @for link in &part.links { li { (leads(link)) } } } }
    } }
}

fn leads(link: &Link) -> Markup {
    html! {
        @if link.text.is_empty() { "A link" } @else { "“" (long(&link.text)) "”" }
        " leads to " code { (long(&link.target)) }
        @if link.differs { " " span.chip.danger { "not where it says" } }
    }
}
