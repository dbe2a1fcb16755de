//! The timeline: every action, newest first, filters in the address.

use super::layout::Frame;
use super::parts::{icon, shown, status, time};
use super::reader_zone::{self, ReaderZone};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::error::ApiError;
use crate::rest::actions::ListParams;
use crate::rest::ledger::Verified;
use axum::extract::State;
use jiff::tz::TimeZone;
use leeway_core::action::state::{ActionRow, Status};
use leeway_core::govern::people::Right;
use leeway_core::govern::state::Document;
use leeway_core::id::ActionId;
use leeway_core::undo::state::{UndoState, UndoStatus};
use leeway_store::{Head, Page, Reader, StoreError};
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

const PAGE: usize = 50;

/// The form as browsers send it: empty fields are no filter.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    workflow: String,
    status: String,
    level: String,
    agent: String,
    record: String,
    q: String,
    from: String,
    to: String,
    cursor: Option<u64>,
}

impl Asked {
    fn params(&self) -> Result<ListParams, ApiError> {
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let level = match filled(&self.level) {
            None => None,
            Some(text) => Some(
                text.parse()
                    .map_err(|_| ApiError::invalid("query-invalid", "the level is no number"))?,
            ),
        };
        Ok(ListParams {
            workflow: filled(&self.workflow),
            status: filled(&self.status),
            level,
            agent: filled(&self.agent),
            record: filled(&self.record),
            q: filled(&self.q),
            from: filled(&self.from),
            to: filled(&self.to),
            cursor: self.cursor,
            limit: None,
        })
    }

    /// The address of the page from a cursor on.
    fn address(&self, cursor: u64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (key, value) in [
            ("workflow", &self.workflow),
            ("status", &self.status),
            ("level", &self.level),
            ("agent", &self.agent),
            ("record", &self.record),
            ("q", &self.q),
            ("from", &self.from),
            ("to", &self.to),
        ] {
            if !value.is_empty() {
                query.append_pair(key, value);
            }
        }
        query.append_pair("cursor", &cursor.to_string());
        format!("/timeline?{}", query.finish())
    }

    /// Whether the filter names a set of actions by what a batch of undos can go by.
    fn names_a_set(&self) -> bool {
        let by = [&self.workflow, &self.agent, &self.record, &self.from];
        let beyond = [&self.status, &self.level, &self.q];
        by.iter().any(|text| !text.is_empty()) && beyond.iter().all(|text| text.is_empty())
    }

    fn filtered(&self) -> bool {
        [
            &self.workflow,
            &self.status,
            &self.level,
            &self.agent,
            &self.record,
            &self.q,
            &self.from,
            &self.to,
        ]
        .iter()
        .any(|text| !text.is_empty())
    }
}

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    ReaderZone(zone): ReaderZone,
    sent::Asked(asked): sent::Asked<Asked>,
) -> PageResult {
    let filter = asked.params()?.filter_in(&zone)?;
    let cursor = asked.cursor;
    let (page, head, undos) = app
        .store
        .read(move |reader| {
            let page = reader.actions(&filter, cursor, PAGE)?;
            let undos = undos_of(reader, &page.items)?;
            Ok((page, reader.head()?, undos))
        })
        .await?;
    let registry = app.registry();
    let workflows: Vec<&str> = registry.workflows.keys().map(String::as_str).collect();
    let frame = Frame::new(&app, &session, "/timeline", "Timeline");
    Ok(frame.page(html! { div.solo {
        header.head { h1 { "Timeline" } (ledger(&head, &session.csrf)) }
        (filters(&asked, &workflows))
        @if asked.names_a_set() && session.person.may(Right::Decide) { (undo_these(&asked, &zone, &session.csrf)?) }
        (list(&page, &asked, (&zone, &undos)))
    } }))
}

/// Offers to take back what the filter names.
fn undo_these(asked: &Asked, zone: &TimeZone, csrf: &str) -> Result<Markup, Failed> {
    let filter = asked.params()?.filter_in(zone)?;
    Ok(html! { form.inline method="post" action="/undo-batches" {
        (super::parts::csrf(csrf))
        input type="hidden" name="workflow" value=(asked.workflow);
        input type="hidden" name="agent" value=(asked.agent);
        input type="hidden" name="record" value=(asked.record);
        @if let Some(ms) = filter.from_ms { input type="hidden" name="from_ms" value=(ms); }
        @if let Some(ms) = filter.to_ms { input type="hidden" name="to_ms" value=(ms); }
        button.btn { (icon("undo")) "Plan to undo these" }
    } })
}

/// Where the undos of actions stand, by the action.
type Undos = BTreeMap<ActionId, UndoStatus>;

fn undos_of(reader: &Reader, rows: &[ActionRow]) -> Result<Undos, StoreError> {
    let mut undos = Undos::new();
    for row in rows {
        if let Some((_, Document::Undo(state))) = reader.document(&UndoState::stream(&row.id))? {
            undos.insert(row.id.clone(), state.status);
        }
    }
    Ok(undos)
}

fn ledger(head: &Head, csrf: &str) -> Markup {
    html! { div.ledger {
        p.sub { (head.entries) " entries · root " code { (head.root.get(..16).unwrap_or_default()) "…" } }
        form method="post" action="/timeline/verify" { (super::parts::csrf(csrf)) button.btn { (icon("check")) "Verify" } }
        a.btn href="/timeline/export" download="ledger.jsonl" { (icon("doc")) "Export" }
    } }
}

fn filters(asked: &Asked, workflows: &[&str]) -> Markup {
    html! { form.filters method="get" action="/timeline" {
        label { "Search" input type="search" name="q" value=(asked.q) placeholder="words, names, ids"; }
        label { "Workflow" select name="workflow" {
            option value="" { "All" }
            @for name in workflows { option value=(name) selected[asked.workflow == *name] { (name) } }
        } }
        label { "Status" select name="status" {
            option value="" { "All" }
            @for one in Status::ALL { option value=(one.name()) selected[asked.status == one.name()] { (one.words()) } }
        } }
        label { "Level" select name="level" {
            option value="" { "All" }
            @for n in 1..=5u8 { option value=(n) selected[asked.level == n.to_string()] { (n) } }
        } }
        label { "Record" input name="record" value=(asked.record) placeholder="contact:c-101"; }
        label { "From" input type="date" name="from" value=(asked.from); }
        label { "Until" input type="date" name="to" value=(asked.to); }
        p.acts { button.btn.primary { "Show" } @if asked.filtered() { a.btn href="/timeline" { "Clear" } } }
    } }
}

fn list(page: &Page<ActionRow>, asked: &Asked, (zone, undos): (&TimeZone, &Undos)) -> Markup {
    if page.items.is_empty() {
        return html! { div.empty { (icon("clock")) h2 { "Nothing here" }
        p { @if asked.filtered() { "No action matches these filters." } @else { "No agent has proposed anything yet." } } } };
    }
    html! { div #events data-live {
        @for (day, rows) in days(&page.items, zone) {
            section.day aria-label=(day) {
                h2.sub { time datetime=(day) { (day) } }
                ul.events { @for row in rows { (line(row, undos.get(&row.id).copied())) } }
            }
        }
        @if let Some(next) = page.next { p.acts { a.btn href=(asked.address(next)) { "Older" } } }
    } }
}

/// Consecutive rows of the same day together.
fn days<'a>(rows: &'a [ActionRow], zone: &TimeZone) -> Vec<(String, Vec<&'a ActionRow>)> {
    let mut days: Vec<(String, Vec<&ActionRow>)> = Vec::new();
    for row in rows {
        let day = reader_zone::day(row.created_ms, zone);
        match days.last_mut() {
            Some((last, rows)) if *last == day => rows.push(row),
            _ => days.push((day, vec![row])),
        }
    }
    days
}

fn line(row: &ActionRow, undo: Option<UndoStatus>) -> Markup {
    let number = row.level.map_or(0, u8::from);
    // An undo is a person's; an agent's name is shown as it is, whatever it pretends.
    let person = row
        .undoes
        .as_ref()
        .and_then(|_| row.agent.strip_prefix("person:"));
    let by = person.unwrap_or(&row.agent);
    html! { li id={ "e-" (row.id) } {
        a href={ "/actions/" (row.id) } {
            span.when { (time(row.created_ms)) }
            span.lv.{ "l" (number) } { @if number > 0 { "L" (number) } @else { "–" } }
            span.what { strong { @if row.undoes.is_some() { "Undo: " } (shown(&row.title)) } span.gist { (shown(&row.gist)) } }
            span.badges { (status(row.status)) @if let Some(undo) = undo { (super::undo::chip(undo)) } }
            span.sub.by { (row.workflow) " · " (shown(by)) }
        }
    } }
}

/// What the form sends.
#[derive(Deserialize)]
pub struct Csrf {
    csrf: String,
}

/// Verifies the whole ledger and shows the result.
pub async fn verify(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    sent::Sent(sent): sent::Sent<Csrf>,
) -> Result<Markup, Failed> {
    session.check_form(&sent.csrf)?;
    let found = app
        .store
        .read(|reader| Verified::of(reader, |_| {}))
        .await?;
    let title = if found.ok() {
        "Ledger verified"
    } else {
        "Ledger not as recorded"
    };
    let frame = Frame::new(&app, &session, "/timeline", title);
    Ok(frame.page(html! { div.solo {
        header.head { p.crumb { a href="/timeline" { "Timeline" } } h1 { (title) } }
        section.card {
            @match found.problem() {
                None => p { span.chip.ok { (icon("check")) "Everything holds" } },
                Some(problem) => p { span.chip.danger { (icon("alert")) "Not as recorded" } " " (shown(&problem)) "." },
            }
            dl.kv {
                div { dt { "Entries" } dd { (found.entries.entries) } }
                div { dt { "Root" } dd { code { (found.entries.root) } } }
            }
            p.sub { "Every payload, envelope, stream and the tree over them was derived anew, and every row, document and count that is shown from them. The same by other means: leeway verify." }
        }
    } }))
}
