//! What was approved and can still be stopped, on every page as long as it can; and, once, what became
//! of the last decision.

use super::parts::{csrf, icon, shown, time};
use crate::app::App;
use crate::error::ApiError;
use crate::people::session::Session;
use leeway_core::action::state::{ActionRow, ActionState, Status};
use leeway_core::govern::people::Right;
use leeway_core::id::ActionId;
use leeway_store::ActionFilter;
use maud::{Markup, html};

/// Approved actions looked through for those that can be stopped; the newest first.
const MOST_LOOKED_AT: usize = 50;
/// Notices shown one by one.
const MOST_SHOWN: usize = 3;

/// The notices of one page.
#[derive(Default)]
pub struct Going {
    /// Approved by whoever looks, not started yet.
    waiting: Vec<ActionState>,
    /// What the last decision came to, where nothing of it can be stopped.
    done: Option<ActionRow>,
    /// Workflows that are paused.
    paused: Vec<String>,
    now_ms: i64,
}

impl Going {
    /// What this person approved and can still stop. A page shows itself without it where it cannot be read.
    pub fn of(app: &App, session: &Session) -> Self {
        Self {
            waiting: waiting(app, &session.person.email).unwrap_or_default(),
            done: None,
            paused: paused(app),
            now_ms: app.clock.now_ms(),
        }
    }

    /// Besides, the action a decision was just made on.
    pub fn add(&mut self, app: &App, done: Option<&str>) -> Result<(), ApiError> {
        let Some(id) = done.and_then(ActionId::parse) else {
            return Ok(());
        };
        if self.waiting.iter().any(|action| action.row.id == id) {
            return Ok(());
        }
        match app.store.reader()?.action(&id)? {
            Some(action) if stoppable(&action) => self.waiting.insert(0, action),
            Some(action) => self.done = Some(action.row),
            None => {}
        }
        Ok(())
    }

    /// Without this action: its page says it itself.
    pub fn without(&mut self, id: &ActionId) {
        self.waiting.retain(|action| action.row.id != *id);
    }

    /// The notices. The element is there even when empty, so that live pages find it.
    pub fn notices(&self, session: &Session) -> Markup {
        let more = self.waiting.len().saturating_sub(MOST_SHOWN);
        html! { div.toast #toast data-live role="status" {
            @for action in self.waiting.iter().take(MOST_SHOWN) { (self.notice(session, action)) }
            @if more > 0 { p { "And " (more) " more that can still be stopped: " a href="/timeline?status=approved" { "see them" } } }
            @if let Some(row) = &self.done { (passing(row)) }
        } }
    }

    fn notice(&self, session: &Session, action: &ActionState) -> Markup {
        let (row, starts_ms) = (&action.row, action.starts_ms().unwrap_or_default());
        let paused = self.paused.contains(&row.workflow);
        let left_ms = (!paused).then(|| (starts_ms - self.now_ms).max(0));
        html! { div.going id={ "going-" (row.id) } data-left=[left_ms] {
            (icon("clock"))
            p { b { "Approved" } " · " a href={ "/actions/" (row.id) } { (shown(&row.title)) } " "
                @if paused { span.when { "Its workflow is paused: it goes out once that is resumed; until then it can be taken back." } }
                @else { span.when { "Goes out " (time(starts_ms)) "; until then it can be taken back." } }
                // Once a second: nothing a screen reader should say each time.
                " " b.left aria-hidden="true" {} }
            @if session.person.may(Right::Decide) { form method="post" action={ "/actions/" (row.id) "/revoke" } {
                (csrf(&session.csrf))
                input type="hidden" name="content_hash" value=(row.content_hash.as_deref().unwrap_or_default());
                button.btn data-key="u" { (icon("undo")) "Undo" span.vh { ": " (shown(&row.title)) } kbd aria-hidden="true" { "U" } }
            } }
        } }
    }
}

fn passing(row: &ActionRow) -> Markup {
    html! { div.passing #passing {
        @if row.planted.is_some() && row.status.is_terminal() { p { b { "A planted case, " @if row.status == Status::Rejected { "found" } @else { "not found" } } " · " (shown(&row.title)) } }
        @else { p { b { (row.status.words()) } " · " (shown(&row.title)) } }
        a.btn href={ "/actions/" (row.id) } { "See" }
    } }
}

fn paused(app: &App) -> Vec<String> {
    let registry = app.registry();
    let all = registry.workflows.iter();
    all.filter(|(_, live)| live.state.paused.is_some())
        .map(|(name, _)| name.clone())
        .collect()
}

fn stoppable(action: &ActionState) -> bool {
    action.starts_ms().is_some() && action.undoes().is_none()
}

fn waiting(app: &App, email: &str) -> Result<Vec<ActionState>, ApiError> {
    let filter = ActionFilter {
        status: vec![Status::Approved],
        ..ActionFilter::default()
    };
    let reader = app.store.reader()?;
    let approved = reader.actions(&filter, None, MOST_LOOKED_AT)?.items;
    let mine = approved
        .iter()
        .filter(|row| row.reviewer.as_deref() == Some(email));
    let mut waiting = Vec::new();
    for row in mine {
        waiting.extend(reader.action(&row.id)?.filter(stoppable));
    }
    Ok(waiting)
}
