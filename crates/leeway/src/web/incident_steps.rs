//! The present step of an incident with what it asks for, and the seven steps with their evidence.

use super::parts::{csrf, icon, long, shown, time};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::undo::{batch, choose};
use crate::incident::{again, sample, steps};
use crate::people::session::Session;
use leeway_core::govern::people::Right;
use leeway_core::incident::{IncidentState, IncidentStatus, Side, Step};
use leeway_core::undo::batch::Selection;
use maud::{Markup, html};
use std::sync::Arc;

/// Affected actions shown one by one; the API and the report give all.
const MOST_SHOWN: usize = 100;
/// What is counted before anything is narrowed, milliseconds: 30 days.
const RECENT_MS: i64 = 30 * 24 * 3600 * 1000;

/// One incident as one person is shown it.
pub struct Page<'a> {
    /// The app.
    pub app: &'a Arc<App>,
    /// Who looks.
    pub session: &'a Session,
    /// The incident.
    pub state: &'a IncidentState,
    /// Whether they are in command.
    pub commands: bool,
}

/// Who was told and has not answered is asked first of all.
pub fn acknowledge(page: &Page<'_>) -> Markup {
    let (state, me) = (page.state, &page.session.person.email);
    let asked = state
        .told
        .iter()
        .any(|one| one.to == *me && one.round == state.rounds && one.acknowledged_ms.is_none());
    html! { @if asked && state.status.is_commanded() { section.banner role="status" {
        (icon("bell"))
        div { b { "You own this" } p.sub { "Say that you know of it; whoever is in command goes on." } }
        (page.form("acknowledge", html! { button.btn.primary { "I know of it" } }))
    } } }
}

impl Page<'_> {
    fn form(&self, what: &str, inside: Markup) -> Markup {
        html! { form method="post" action={ "/incidents/" (self.state.number) "/" (what) } { (csrf(&self.session.csrf)) (inside) } }
    }

    /// The step that is next, with its form.
    pub async fn present(&self) -> Result<Markup, ApiError> {
        let state = self.state;
        if state.status == IncidentStatus::Suspected {
            return Ok(self.suspected());
        }
        if state.status == IncidentStatus::Verified {
            return Ok(self.signing());
        }
        if state.status == IncidentStatus::Reenabled {
            return Ok(self.running());
        }
        let Some(step) = state.status.next_step() else {
            return Ok(html! {});
        };
        let body = match step {
            Step::Pause => html! { p { "The workflow is being paused." } },
            Step::Scope => self.scoping().await?,
            Step::Remediate => self.remedying().await?,
            Step::Notify => {
                html! { p { "Told: " (shown(&self.told())) ". It goes on when one of them says so; the silent are escalated after half an hour." } }
            }
            Step::Review => self.reviewing().await?,
            Step::Guard => self.guarding().await?,
            Step::Verify => self.sampling().await?,
        };
        Ok(html! { section.card.now #present aria-labelledby="now-t" {
            header { h2 #now-t { "Step " (step.number()) ": " (step.title()) } }
            p.sub { (step.asks_for()) }
            @if self.commands || step == Step::Notify { (body) } @else { p { "Whoever is in command takes this step." } }
        } })
    }

    fn suspected(&self) -> Markup {
        html! { section.card.now #present aria-labelledby="now-t" {
            header { h2 #now-t { "Is it an incident?" } }
            p { "The workflow was paused by itself. Look at what it did, then say." }
            @if self.session.person.may(Right::Pause) {
                (self.form("confirm", html! { button.btn.danger.solid { "Yes, I take command" } }))
                (self.form("dismiss", html! {
                    label { "Why it is a false alarm" input name="why" required maxlength="500" autocomplete="off"; }
                    button.btn { "A false alarm" }
                }))
            }
        } }
    }

    fn told(&self) -> String {
        let mine = self
            .state
            .told
            .iter()
            .filter(|one| one.round == self.state.rounds);
        mine.map(|one| one.to.clone())
            .collect::<Vec<_>>()
            .join(", ")
    }

    async fn scoping(&self) -> Result<Markup, ApiError> {
        let (state, app) = (self.state, self.app);
        let recent = Selection {
            workflow: Some(state.workflow.clone()),
            from_ms: Some(state.opened_ms - RECENT_MS),
            to_ms: state.pause.map(|pause| pause.at_ms + 1),
            ..Selection::default()
        };
        let rows = choose::select(app, &recent).await?;
        let counted = steps::count(&rows);
        Ok(self.form("scope", html! {
            p { "In the thirty days before, this workflow did " (counted.actions) " actions on " (counted.records) " records, " (counted.messages) " messages. Narrow it to what is affected; it may go back further." }
            div.grid {
                label { "Since" input type="datetime-local" name="from" step="1"; span.sub { "UTC; empty for all" } }
                label { "Agent" input name="agent" autocomplete="off"; }
                label { "Tool" select name="tool" { option value="" { "Any" } @for tool in tools(&rows) { option { (tool) } } } }
                label { "Record" input name="record" placeholder="contact:c-101" autocomplete="off"; }
                label { "Run: what set the agent going" input name="trigger" autocomplete="off"; }
                label { "Prompt version" input name="prompt" autocomplete="off"; }
                label { "Rules version" input name="rules" autocomplete="off"; }
                label { "Model" input name="model" autocomplete="off"; }
                label { "Source" input name="source" autocomplete="off"; }
            }
            label { "How they were found" input name="how" required maxlength="500" autocomplete="off"; }
            button.btn.primary { "Record what it touched" }
        }))
    }

    async fn remedying(&self) -> Result<Markup, ApiError> {
        let Some(scope) = &self.state.scope else {
            return Ok(html! {});
        };
        let rows = choose::select(self.app, scope).await?;
        let remedies = steps::remedies(self.app, self.state).await?;
        let mut listed = Vec::new();
        for row in rows.iter().take(MOST_SHOWN) {
            let status = crate::gateway::undo::plan::state(self.app, &row.id)?;
            listed.push((row, status.map(|(_, undo)| undo.status)));
        }
        let batches = batch::all(self.app)?;
        let mine = batches
            .iter()
            .filter(|one| one.incident == Some(self.state.number));
        Ok(html! {
            p { b { (remedies.settled()) " of " (rows.len()) } " settled: " (remedies.undone) " undone as read back, " (remedies.put_right) " put right by hand, " (remedies.kept) " kept, " (remedies.handed) " handed to a person, " (remedies.open) " open." }
            progress max=(rows.len()) value=(remedies.settled()) aria-label="Settled so far" {}
            @for one in mine { p { a href={ "/undo-batches/" (one.id) } { "Batch of " (one.total) } " · " (one.status.name()) } }
            ul.events #affected data-live { @for (row, status) in &listed { li { a.plain href={ "/actions/" (row.id) } {
                span.what { strong { (shown(&row.title)) } span.gist { (shown(&row.gist)) } }
                @match status { Some(status) => (super::undo::chip(*status)), None => span.chip { "open" } }
            } } } }
            @if rows.len() > listed.len() { p.sub { "And " (rows.len() - listed.len()) " more." } }
            div.actions {
                (self.form("undo", html! { button.btn.primary { (icon("undo")) "Plan to undo them" } }))
                (self.form("remediated", html! { button.btn disabled[remedies.open > 0] { "Everything is settled" } }))
            }
        })
    }

    async fn reviewing(&self) -> Result<Markup, ApiError> {
        let rates = steps::version_rates(self.app, &self.state.workflow).await?;
        Ok(html! {
            div.scroll tabindex="0" role="region" aria-label="Error rates by version" { table {
                caption.sub { "What its actions of the last thirty days were judged under" }
                thead { tr { th scope="col" { "Kind" } th scope="col" { "Version" } th scope="col" { "Since" } th scope="col" { "Actions" } th scope="col" { "Wrong" } } }
                tbody { @for rate in &rates { tr {
                    th scope="row" { (rate.kind) }
                    td { code { (shown(rate.version.get(..24).unwrap_or(&rate.version))) } }
                    td { (time(rate.first_ms)) }
                    td { (rate.actions) }
                    td { (rate.errors) @if rate.actions > 0 { " (" (rate.errors * 100 / rate.actions) " %)" } }
                } } }
            } }
            (self.form("review", html! {
                label { "Where it came from" textarea name="finding" rows="2" required maxlength="2000" {} }
                label { "What the source data say" textarea name="source_data" rows="2" required maxlength="2000" {} }
                label { "What the versions of prompt, rules, model and tools say" textarea name="versions" rows="2" required maxlength="2000" {} }
                button.btn.primary { "Record the finding" }
            }))
        })
    }

    async fn guarding(&self) -> Result<Markup, ApiError> {
        let registry = self.app.registry();
        let Some(live) = registry.workflows.get(&self.state.workflow) else {
            return Ok(html! { p { "The workflow is no longer configured." } });
        };
        let mut tried = Vec::new();
        if let Some(case) = &self.state.example {
            for guardrail in &live.state.workflow.guardrails {
                let result = steps::try_rule(self.app, self.state, (&guardrail.id, case)).await?;
                tried.push((guardrail, result));
            }
        }
        Ok(html! {
            p { "Propose a guardrail in the workflow's rules; its page shows what it would have held. Once it is approved, it is replayed here on the case." }
            p { a.btn href={ "/workflows/" (self.state.workflow) "/edit" } { (icon("pen")) "Propose a guardrail" } }
            @if self.state.example.is_none() { p.banner { (icon("alert")) "No case is named. Give the id of an action that was wrong." } }
            (self.form("guard", html! {
                @if self.state.example.is_none() { label { "The case" input name="case" required placeholder="act_…" autocomplete="off"; } }
                label { "Guardrail" select name="rule" required {
                    @if tried.is_empty() { @for guardrail in &live.state.workflow.guardrails { option value=(guardrail.id) { (shown(&guardrail.id)) } } }
                    @for (guardrail, result) in &tried { option value=(guardrail.id) selected[result.caught] {
                        (shown(&guardrail.id)) ": " @if result.caught { "catches the case" } @else { "does not catch it" } ", would have stopped " (result.would_hold) " of " (result.over)
                    } }
                } }
                button.btn.primary { "It catches the case" }
            }))
        })
    }

    async fn sampling(&self) -> Result<Markup, ApiError> {
        let draw = sample::draw(self.app, self.state).await?;
        Ok(self.form("sample", html! {
            @if draw.rows.is_empty() { p.banner { (icon("alert")) "The workflow did nothing else that could be looked at." } }
            p.sub { "Drawn from its recent outputs by a seed that follows from the ledger: who draws again draws the same." }
            ul.events { @for row in &draw.rows { li {
                label.check { input type="checkbox" name={ "wrong." (row.id) } value="1"; span { "This one is wrong" } }
                a.plain href={ "/actions/" (row.id) } { span.what { strong { (shown(&row.title)) } span.gist { (shown(&row.gist)) } } }
            } } }
            button.btn.primary { "I looked at all of them" }
        }))
    }

    fn signing(&self) -> Markup {
        let (state, person) = (self.state, &self.session.person);
        let sides = again::sides(self.app, person, &state.workflow);
        html! { section.card.now #present aria-labelledby="now-t" {
            header { h2 #now-t { "Both owners sign" } }
            p.sub { "A signature says: I looked at the evidence of all seven steps, and the workflow may run again with everything reviewed." }
            ul.plain { @for side in Side::ALL { li {
                b { (side.words()) } ": "
                @match state.signed(side) {
                    Some(signed) => { (shown(&signed.by)) ", " (time(signed.at_ms)) @if signed.solo { " " span.chip.warn { "the only person here" } } },
                    None => @if sides.contains(&side) { (self.form("sign", html! {
                        input type="hidden" name="side" value=(side_name(side));
                        input type="hidden" name="content_hash" value=(state.content_hash());
                        button.btn.primary { "Sign as " (side.words()) }
                    })) } @else { em { "not yet" } },
                }
            } } }
            @if state.is_signed() && self.commands { (self.form("reenable", html! { button.btn.primary { (icon("play")) "Run again, everything reviewed" } })) }
        } }
    }

    fn running(&self) -> Markup {
        html! { section.card.now #present aria-labelledby="now-t" {
            header { h2 #now-t { "Running again" } }
            p { "A person approves everything" @if let Some(until) = self.state.clean_until_ms { " until " (time(until)) ". If nothing happens again by then, the incident closes by itself." } @else { "." } }
            @if self.session.person.may(Right::Pause) { (self.form("recurred", html! {
                label { "What was seen" input name="why" required maxlength="500" autocomplete="off"; }
                label { "The action" input name="action" placeholder="act_…" autocomplete="off"; }
                button.btn.danger { (icon("pause")) "It happened again" }
            })) }
        } }
    }

    /// The seven steps with their evidence.
    pub fn steps(&self) -> Markup {
        let state = self.state;
        html! { section.card aria-labelledby="steps-t" {
            header { h2 #steps-t { "The seven steps" } span.sub { (state.status.steps_done()) " of 7" } }
            ol.steps #steps data-live { @for step in Step::ALL {
                @let done = state.is_done(step);
                li.done[done] {
                    h3 { @if done { (icon("check")) span.vh { "Done: " } } (step.title()) }
                    @match state.evidence_for(step) {
                        Some(evidence) => p { (long(&evidence.text)) " " span.sub { "by " (shown(&evidence.by)) ", " (time(evidence.at_ms)) @if evidence.round != state.rounds { " · earlier round" } } },
                        None => p.sub { (step.asks_for()) },
                    }
                }
            } }
        } }
    }

    /// Whether whoever looks may take command without its being handed over.
    fn takes_over(&self) -> bool {
        let registry = self.app.registry();
        let here = |email: &String| registry.people.iter().any(|one| one.email == *email);
        let commander = self.state.commander.as_ref();
        self.session.person.may(Right::Resume) || commander.is_some_and(|email| !here(email))
    }

    /// Handing over and notes.
    pub fn others(&self) -> Markup {
        let registry = self.app.registry();
        let live = self.state.status.is_commanded();
        html! { @if live && self.session.person.may(Right::Pause) { section.card aria-labelledby="oth-t" {
            header { h2 #oth-t { "Besides" } }
            @if self.commands { (self.form("hand-over", html! {
                label { "Hand command to" select name="to" { @for person in registry.people.iter().filter(|one| one.may(Right::Pause) && one.email != self.session.person.email) { option { (shown(&person.email)) } } } }
                button.btn { "Hand over" }
            })) }
            @else if self.takes_over() { (self.form("take-over", html! {
                label { "Take command, because" input name="why" required maxlength="500" autocomplete="off"; }
                button.btn { "Take over" }
            })) }
            (self.form("note", html! {
                label { "Note for the timeline" input name="text" required maxlength="2000" autocomplete="off"; }
                button.btn { "Add" }
            }))
        } } }
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Business => "business",
        Side::Technical => "technical",
    }
}

fn tools(rows: &[leeway_core::action::state::ActionRow]) -> Vec<String> {
    let mut tools: Vec<String> = rows
        .iter()
        .map(|row| leeway_core::action::tool_name(&row.system, &row.tool))
        .collect();
    tools.sort();
    tools.dedup();
    tools
}
