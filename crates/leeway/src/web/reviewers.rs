//! How reviews go: shown to each of themselves, and of everybody together to owners, operators and auditors.

use super::layout::Frame;
use super::parts::{icon, shown};
use super::{PageResult, Viewer};
use crate::app::App;
use crate::charts::{self, LoadBar, Medium};
use crate::earning::reviewers::{Agreement, Everybody, Measured, measure};
use crate::rest::reviews::sees_all;
use axum::extract::State;
use maud::{Markup, html};
use std::sync::Arc;

/// The page.
pub async fn show(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let all = measure(&app)?;
    let me = all
        .people
        .iter()
        .find(|one| one.person == session.person.email);
    let frame = Frame::new(&app, &session, "/reviews", "How reviews go");
    Ok(frame.page(html! { div.solo {
        header.head {
            p.crumb { a href="/reviews" { "Reviews" } }
            h1 { "How reviews go" }
            p { "Whoever lets agents act is measured too. Your own numbers are yours; owners see everybody together." }
        }
        @match me {
            Some(me) if me.decided + me.reviewed > 0 => (person(me, "You")),
            Some(_) => div.empty { (icon("people")) h2 { "Nothing of yours yet" } p { "Decide in the inbox, or review what was drawn; then your numbers are here." } },
            None => p.sub { "You decide nothing, so there is nothing of you to measure." },
        }
        @if sees_all(&session.person) { (everybody(&all)) }
    } }))
}

fn person(one: &Measured, title: &str) -> Markup {
    html! { section.card aria-labelledby={ "of-" (title) } {
        header { h2 id={ "of-" (title) } { (title) } span.sub { "the latest " (one.decided + one.reviewed) } }
        @if let Some(alarm) = &one.alarm { p.note.warn { (icon("alert")) "It looks as if things were waved through: " (alarm) "." } }
        (facts(one))
        (load(one, title, None))
    } }
}

fn facts(one: &Measured) -> Markup {
    let of = |part: u64, base: u64, none: &str| match base {
        0 => none.to_owned(),
        _ => format!("{part} of {base}"),
    };
    html! { dl.kv {
        div { dt { "Objected, of decided" } dd { (of(one.objected, one.decided, "none decided yet")) } }
        div { dt { "Found wrong, of reviewed" } dd { (of(one.wrong, one.reviewed, "none reviewed yet")) } }
        @if one.unsure > 0 { div { dt { "Not sure" } dd { (of(one.unsure, one.reviewed, "")) } } }
        div { dt { "Median time" } dd { @match one.median_ms { Some(ms) => { ((ms + 500) / 1000) " s" }, None => "not measured yet" } } }
        div { dt { "Decided faster than it can be read" } dd { (of(one.faster_than_reading, one.timed, "not measured yet")) @if one.timed > 0 { " of the latest that were timed" } } }
        div { dt { "Planted cases found" } dd { (of(one.found, one.planted, "none planted yet")) } }
        @if let Some(chance) = one.by_chance { div { dt { "No objection by chance" } dd { (format!("{:.1} %", chance * 100.0)) ", if objecting as often as the others" } } }
    } }
}

fn load(one: &Measured, id: &str, budget: Option<f64>) -> Markup {
    let bars: Vec<LoadBar> = one
        .weeks
        .iter()
        .skip_while(|week| week.items == 0)
        .map(|week| LoadBar {
            label: charts::day(week.from_ms),
            done: week.items,
            forecast: false,
        })
        .collect();
    html! { @if bars.iter().any(|bar| bar.done > 0) { (charts::load(&format!("load-{}", id.to_lowercase()), Medium::Page, &bars, budget)) } }
}

fn everybody(all: &Everybody) -> Markup {
    let one = &all.together;
    let alarms = all.people.iter().filter(|one| one.alarm.is_some()).count();
    html! {
        section.card aria-labelledby="all-t" {
            header { h2 #all-t { "Everybody together" } span.sub { (all.people.len()) @if all.people.len() == 1 { " person" } @else { " people" } " who may decide" } }
            @if alarms > 0 { p.note.warn { (icon("alert")) (alarms) @if alarms == 1 { " of them looks" } @else { " of them look" } " as if things were waved through. They see it themselves." } }
            (facts(one))
            dl.kv {
                div { dt { "Waiting now" } dd { (all.waiting) @if let Some(minutes) = all.forecast_minutes { ", about " (format!("{minutes:.0}")) " minutes of work at the median" } } }
                @if let Some(budget) = all.budget_minutes { div { dt { "Budget" } dd { (budget) " minutes a week each" } } }
            }
            (load(one, "all", None))
        }
        (agreement(&all.agreement))
    }
}

fn agreement(agreement: &Agreement) -> Markup {
    let pairs: u64 = agreement.pairs.iter().flatten().sum();
    let number = |value: Option<f64>| {
        value.map_or_else(
            || "not defined here".to_owned(),
            |value| format!("{value:.2}"),
        )
    };
    html! { section.card aria-labelledby="agree-t" {
        header { h2 #agree-t { "Do two people see the same?" } span.sub { (pairs) @if pairs == 1 { " output" } @else { " outputs" } " looked at twice" } }
        @if pairs == 0 { p { "One in ten outputs is looked at by two people, each without knowing what the other said. None of them is through yet." } }
        @else {
            dl.kv {
                div { dt { "Both right" } dd { (agreement.pairs[0][0]) } }
                div { dt { "Both wrong" } dd { (agreement.pairs[1][1]) } }
                div { dt { "They differ" } dd { (agreement.pairs[0][1] + agreement.pairs[1][0]) } }
                div { dt { "Cohen’s kappa" } dd { (number(agreement.kappa)) } }
                div { dt { "Gwet’s AC1" } dd { (number(agreement.ac1)) ", which is steady where nearly everything is right" } }
            }
        }
        p.sub { (shown("What both see differently counts as wrong.")) }
    } }
}
