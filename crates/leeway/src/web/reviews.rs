//! The review queue: what was drawn and waits for somebody to say whether it was right, the ones due first;
//! and what was found.

use super::judging::why_drawn;
use super::layout::Frame;
use super::parts::{icon, shown, time};
use super::{PageResult, Viewer, sent};
use crate::app::App;
use crate::earning::reviewing;
use crate::error::ApiError;
use crate::people::session::Session;
use crate::registry::Registry;
use axum::extract::State;
use leeway_core::action::state::ActionRow;
use leeway_core::earn::verdict::Verdict;
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::people::{Person, Right};
use leeway_core::id::ActionId;
use leeway_store::{Page, ReviewFilter, ReviewRow};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// Rows on a page.
const PAGE: usize = 50;
/// Open reviews looked through for the next that is a person's.
const MOST_LOOKED_AT: usize = 200;

/// What is in the address; empty fields are no filter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    state: String,
    workflow: String,
    area: String,
    after: u64,
    /// The review that was just done.
    done: String,
}

impl Asked {
    /// The filter alone.
    pub fn narrowed(workflow: &str, area: &str) -> Self {
        Self {
            workflow: workflow.to_owned(),
            area: area.to_owned(),
            ..Self::default()
        }
    }

    /// Of this workflow; empty for all.
    pub fn workflow(&self) -> &str {
        &self.workflow
    }

    /// Of this area; empty for all.
    pub fn area(&self) -> &str {
        &self.area
    }

    /// The review that was just done.
    pub fn done(&self) -> Option<ActionId> {
        ActionId::parse(&self.done)
    }

    fn is_done(&self) -> bool {
        self.state == "done"
    }

    fn filtered(&self) -> bool {
        !(self.workflow.is_empty() && self.area.is_empty())
    }

    fn filter(&self, open: bool) -> Result<ReviewFilter, ApiError> {
        let filled = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let responsibility = filled(&self.area)
            .map(|name| crate::rest::reviews::area(&name))
            .transpose()?;
        Ok(ReviewFilter {
            open,
            workflow: filled(&self.workflow),
            tool: None,
            responsibility,
        })
    }

    /// An address under this filter, with more to it.
    pub fn address(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let filter = [("workflow", &*self.workflow), ("area", &*self.area)];
        let all = filter.iter().chain(more);
        for (key, value) in all.filter(|(_, value)| !value.is_empty()) {
            query.append_pair(key, value);
        }
        match query.finish() {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        }
    }
}

/// How many reviews are open, of all workflows.
pub fn open_count(app: &App) -> u64 {
    let counted = app
        .store
        .reader()
        .and_then(|reader| reader.open_reviews(app.clock.now_ms()));
    counted.map_or(0, |rows| rows.iter().map(|row| row.open).sum())
}

/// The next open review that a person may do, under a filter; not the one just done.
pub fn next_for(
    app: &App,
    person: &Person,
    asked: &Asked,
    but: &ActionId,
) -> Result<Option<ActionId>, ApiError> {
    let page = app
        .store
        .reader()?
        .reviews(&asked.filter(true)?, (0, MOST_LOOKED_AT))?;
    for row in page.items.iter().filter(|row| row.id != *but) {
        if not_theirs(app, person, &row.id)?.is_none() {
            return Ok(Some(row.id.clone()));
        }
    }
    Ok(None)
}

/// Why a person does not do a review, in a word or two; `None` when they do.
fn not_theirs(app: &App, person: &Person, id: &ActionId) -> Result<Option<&'static str>, ApiError> {
    let (_, review) = reviewing::find(app, id)?;
    match reviewing::may(app, person, &review) {
        Ok(_) => Ok(None),
        Err(error) if error.status.is_server_error() => Err(error),
        Err(error) => Ok(Some(match error.code {
            "already-reviewed" => "you looked already",
            "own-decision" => "you decided on it",
            _ => "not yours",
        })),
    }
}

/// One line of the queue.
struct Line {
    row: ReviewRow,
    action: Option<ActionRow>,
    /// Why it is not for whoever looks; `None` when it is.
    not_theirs: Option<&'static str>,
}

fn lines(app: &App, person: &Person, page: Page<ReviewRow>) -> Result<Vec<Line>, ApiError> {
    let reader = app.store.reader()?;
    let line = |row: ReviewRow| {
        Ok(Line {
            action: reader.action_row(&row.shows)?,
            not_theirs: if row.open {
                not_theirs(app, person, &row.id)?
            } else {
                None
            },
            row,
        })
    };
    page.items.into_iter().map(line).collect()
}

/// What is open of a workflow's area.
struct Waiting {
    workflow: String,
    area: Responsibility,
    open: u64,
    overdue: u64,
}

fn waiting(app: &App, filter: &ReviewFilter) -> Result<Vec<Waiting>, ApiError> {
    let counted = app.store.reader()?.open_reviews(app.clock.now_ms())?;
    Ok(counted
        .into_iter()
        .filter(|one| {
            filter
                .workflow
                .as_ref()
                .is_none_or(|of| *of == one.workflow)
                && filter.responsibility.is_none_or(|of| of == one.area)
        })
        .map(|one| Waiting {
            workflow: one.workflow,
            area: one.area,
            open: one.open,
            overdue: one.overdue,
        })
        .collect())
}

/// The page.
pub async fn list(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    sent::Asked(asked): sent::Asked<Asked>,
) -> PageResult {
    let filter = asked.filter(!asked.is_done())?;
    let waiting = waiting(&app, &filter)?;
    let page = app.store.reader()?.reviews(&filter, (asked.after, PAGE))?;
    let next = page.next;
    let lines = lines(&app, &session.person, page)?;
    let registry = app.registry();
    let now_ms = app.clock.now_ms();
    let open: u64 = waiting.iter().map(|one| one.open).sum();
    let frame = Frame::new(&app, &session, "/reviews", format!("Reviews ({open})"));
    let state = if asked.is_done() { "done" } else { "" };
    Ok(frame.page(html! { div.solo {
        header.head {
            h1 { "Reviews" }
            div #standing data-live { (standing(&waiting, &registry)) }
            p { a href="/reviewers" { "How reviews go" } }
        }
        (notice(&asked, &session))
        nav.seg aria-label="Which" {
            a href=(asked.address("/reviews", &[])) aria-current=[(!asked.is_done()).then_some("true")] { "Open " (open) }
            a href=(asked.address("/reviews", &[("state", "done")])) aria-current=[asked.is_done().then_some("true")] { "Done" }
        }
        (filters(&asked, &registry))
        div #queue data-live {
            @if lines.is_empty() { (nothing(&asked)) }
            @else { ul.events.queue { @for line in &lines { (entry(line, &asked, now_ms)) } } }
            p.acts {
                @if asked.after > 0 { a.btn href=(asked.address("/reviews", &[("state", state)])) { "To the first" } }
                @if let Some(next) = next { a.btn href=(asked.address("/reviews", &[("state", state), ("after", &next.to_string())])) { @if asked.is_done() { "Older" } @else { "Due later" } } }
            }
        }
    } }))
}

/// How many wait, how many are overdue, and what that stops.
fn standing(waiting: &[Waiting], registry: &Registry) -> Markup {
    let open: u64 = waiting.iter().map(|one| one.open).sum();
    let overdue: u64 = waiting.iter().map(|one| one.overdue).sum();
    let title = |name: &str| {
        let live = registry.workflows.get(name);
        live.map_or(name.to_owned(), |live| live.state.workflow.title.clone())
    };
    html! {
        p {
            @match open { 0 => "Nothing waits for a review.", 1 => "One output waits for a review", _ => { (open) " outputs wait for a review" } }
            @if open > 0 { @match overdue { 0 => ", none is overdue.", 1 => ", one is overdue.", _ => { ", " (overdue) " are overdue." } } }
        }
        @for one in waiting.iter().filter(|one| one.overdue > 0) { p.stopped {
            (icon("alert")) span { "Nothing of “" (one.area.title()) "” in " (shown(&title(&one.workflow))) " runs alone until they are reviewed." }
        } }
    }
}

fn notice(asked: &Asked, session: &Session) -> Markup {
    let more = session.person.may(Right::Decide);
    html! { @if let Some(id) = asked.done() { p.note-ok role="status" {
        (icon("check")) span { "Recorded. " @if more { "No other review is yours to do here. " } a href={ "/reviews/" (id) } { "See it" } }
    } } }
}

fn filters(asked: &Asked, registry: &Registry) -> Markup {
    html! { form.filters method="get" action="/reviews" {
        @if asked.is_done() { input type="hidden" name="state" value="done"; }
        label { "Workflow" select name="workflow" {
            option value="" { "All" }
            @for (name, live) in &registry.workflows { option value=(name) selected[asked.workflow == *name] { (shown(&live.state.workflow.title)) } }
        } }
        label { "Area" select name="area" {
            option value="" { "All" }
            @for area in Responsibility::ALL { option value=(area.name()) selected[asked.area == area.name()] { (area.title()) } }
        } }
        p.acts { button.btn { "Show" } @if asked.filtered() { a.btn href="/reviews" { "Clear" } } }
    } }
}

fn nothing(asked: &Asked) -> Markup {
    html! { div.empty { (icon("check"))
        @if asked.filtered() { h2 { "Nothing here" } p { "No review matches this filter." } }
        @else if asked.is_done() { h2 { "None done yet" } p { "What was reviewed stays here, with who said what." } }
        @else {
            h2 { "All reviewed" }
            p { "What agents do alone is drawn for review as it runs: everything at first, a part once it is clean. Samples by each area’s cadence come on top. Each appears here by itself." }
        }
    } }
}

fn entry(line: &Line, asked: &Asked, now_ms: i64) -> Markup {
    let row = &line.row;
    let action = line.action.as_ref();
    let number = action.and_then(|action| action.level).map_or(0, u8::from);
    html! { li id={ "v-" (row.id) } { a.plain href=(asked.address(&format!("/reviews/{}", row.id), &[])) {
        span.lv.{ "l" (number) } { @if number > 0 { "L" (number) } @else { "–" } }
        span.what {
            strong { @match action { Some(action) => (action.title), None => (shown(&row.tool)) } }
            @if let Some(action) = action { span.gist { (action.gist) } }
            span.sub { (shown(&row.workflow)) " · " (shown(&row.agent)) " · " (why_drawn(row.because, row.open)) }
        }
        @if row.open { (due(row.due_ms, now_ms)) } @else { (outcome(row.outcome, row.critical)) }
        span.by.sub {
            @if !row.open { @if let Some(at_ms) = row.judged_ms { (time(at_ms)) ", " } (shown(&row.reviewers.join(", "))) }
            @else if let Some(why) = line.not_theirs { (why) }
            @else { b { "yours" } }
        }
    } } }
}

/// Until when it is to be reviewed.
pub fn due(due_ms: i64, now_ms: i64) -> Markup {
    let overdue = due_ms <= now_ms;
    html! { span.chip.danger[overdue] { (icon("clock")) span { @if overdue { "Overdue since " } @else { "Due " } (time(due_ms)) } } }
}

/// What a review found, as a chip.
pub fn outcome(outcome: Option<Verdict>, critical: bool) -> Markup {
    html! { @match outcome {
        Some(Verdict::Right) => span.chip.ok { (icon("check")) "Right" },
        Some(Verdict::Wrong) => span.chip.danger { (icon("x")) @if critical { "Wrong, critical" } @else { "Wrong" } },
        Some(Verdict::Unsure) | None => span.chip { (icon("ask")) "Nobody was sure" },
    } }
}
