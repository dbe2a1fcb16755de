//! The sources an agent cites, and what they say beside the record and the proposal.

use super::parts::{icon, shown, value};
use leeway_core::action::event::Judged;
use maud::{Markup, html};

/// What each source says of a field, beside the record and the proposal.
fn side_by_side(judged: &Judged, (old, new): (&str, &str)) -> Markup {
    let sources = &judged.claim.sources;
    let cited: Vec<_> = judged
        .classified
        .changes
        .iter()
        .map(|change| {
            let of_field = sources
                .iter()
                .filter(|source| source.field.as_ref() == Some(&change.field));
            (change, of_field.collect::<Vec<_>>())
        })
        .filter(|(_, sources)| !sources.is_empty())
        .collect();
    html! { @for (change, sources) in cited { div.scroll tabindex="0" role="region" aria-label={ "Sources on " (shown(&change.field)) } { table {
        caption.sub { "On " code { (shown(&change.field)) } }
        tbody {
            tr { th scope="row" { "Record, " (old.to_lowercase()) } td { @if change.old_known { (value(&change.old)) } @else { em { "not known" } } } }
            tr { th scope="row" { (new) } td { (value(&change.new)) } }
            @for source in sources { tr {
                th scope="row" { (shown(&source.reference)) }
                td { @match &source.value {
                    Some(said) => { (value(said)) @if *said != change.new && !said.is_null() { " " span.chip.warn { "differs" } } },
                    None => em { "says nothing" },
                } }
            } }
        }
    } } } }
}

/// What the agent cites.
pub fn sources(judged: &Judged, names: (&str, &str)) -> Markup {
    let sources = &judged.claim.sources;
    html! { section.card aria-labelledby="src-t" {
        header { h2 #src-t { "Sources the agent cites" } span.sub { (sources.len()) } }
        @if sources.is_empty() { p.sub { "None." } }
        (side_by_side(judged, names))
        ol.sources { @for source in sources { li {
            p.st { (icon("doc")) b { (shown(&source.reference)) } @if let Some(field) = &source.field { span.sub { "on " (shown(field)) } } }
            @if let Some(said) = &source.value { blockquote { (value(said)) } }
        } } }
    } }
}
