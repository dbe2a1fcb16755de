//! Incidents: one page that a stressed owner can follow on a phone. The steps in order, the present one
//! open with what it asks for, everything done below as evidence.

use super::layout::Frame;
use super::parts::{csrf, icon, long, shown, time};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::error::ApiError;
use crate::gateway::undo::batch;
use crate::incident::{self, again, breaker, declare, report, sample, steps};
use crate::people::session::Session;
use axum::extract::{Path, State};
use axum::response::Redirect;
use leeway_core::govern::people::Right;
use leeway_core::id::ActionId;
use leeway_core::incident::{IncidentState, IncidentStatus, Side, Step};
use leeway_core::undo::batch::Selection;
use maud::{Markup, html};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Affected actions shown one by one; the API and the report give all.
const MOST_SHOWN: usize = 100;

/// All incidents, and declaring one.
pub async fn list(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let incidents = incident::all(&app)?;
    let frame = Frame::new(&app, &session, "/incidents", "Incidents");
    Ok(frame.page(html! { div.solo {
        header.head {
            h1 { "Incidents" }
            p { "When an agent was wrong: stop it, see everything it touched, put back what can be put back, and go on only behind a guardrail that catches the case." }
        }
        @if session.person.may(Right::Pause) { (declare_form(&app, &session, None)) }
        @if incidents.is_empty() { div.empty { (icon("check")) h2 { "None" } p { "No incident was ever declared." } } }
        ul.events #incidents data-live { @for state in &incidents { li { a.plain href={ "/incidents/" (state.number) } {
            span.what { strong { "Incident " (state.number) " · " (shown(&state.workflow)) } span.gist { (shown(&state.why)) } }
            (chip(state.status))
            span.by.sub { @if let Some(commander) = &state.commander { (shown(commander)) ", " } (time(state.opened_ms)) }
        } } } }
    } }))
}

/// The form that declares an incident and pauses its workflow.
pub fn declare_form(app: &App, session: &Session, of: Option<(&str, Option<&ActionId>)>) -> Markup {
    let registry = app.registry();
    html! { section.card aria-labelledby="wrong-t" {
        header { h2 #wrong-t { "Something is wrong" } }
        p.sub { "Declaring pauses the workflow at once and tells its owner. Nothing is cancelled, nothing is taken back yet." }
        form.inline method="post" action="/incidents" {
            (csrf(&session.csrf))
            @match of {
                Some((workflow, example)) => {
                    input type="hidden" name="workflow" value=(workflow);
                    @if let Some(example) = example { input type="hidden" name="example" value=(example); }
                },
                None => label { "Workflow" select name="workflow" { @for name in registry.workflows.keys() { option { (name) } } } },
            }
            label { "What is wrong" input name="why" required maxlength="500" autocomplete="off"; }
            button.btn.danger.solid { (icon("pause")) "Declare and pause" }
        }
    } }
}

/// Where an incident stands, as a chip.
pub fn chip(status: IncidentStatus) -> Markup {
    let class = match status {
        IncidentStatus::Closed | IncidentStatus::Dismissed | IncidentStatus::Merged => "ok",
        IncidentStatus::Reenabled | IncidentStatus::Verified => "warn",
        _ => "danger",
    };
    html! { span.chip.(class) { (status.words()) } }
}

/// One incident.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(number): Path<String>,
) -> PageResult {
    let (_, state) = incident::find(&app, &number)?;
    let page = Page {
        app: &app,
        session: &session,
        state: &state,
        commands: state.commander.as_ref() == Some(&session.person.email),
    };
    let present = page.present().await?;
    let moments = report::timeline(&app, &state)?;
    let frame = Frame::new(&app, &session, "/incidents", format!("Incident {number}"));
    Ok(frame.page(html! { div.solo #incident {
        header.head {
            p.crumb { a href="/incidents" { "Incidents" } " · " a href={ "/workflows/" (state.workflow) } { (shown(&state.workflow)) } }
            h1 { "Incident " (state.number) }
            p.badges { (chip(state.status)) @if state.rounds > 0 { span.chip.warn { "Round " (state.rounds + 1) } } }
            blockquote { (long(&state.why)) }
            p.sub { "In command: " @match &state.commander { Some(commander) => (shown(commander)), None => em { "nobody" } } " · since " (time(state.opened_ms)) }
        }
        (acknowledge(&page))
        (present)
        (page.steps())
        (page.others())
        section.card aria-labelledby="tl-t" {
            header { h2 #tl-t { "Timeline" } a.btn.quiet href={ "/incidents/" (state.number) "/report" } download={ "incident-" (state.number) ".md" } { (icon("doc")) "Report" } }
            ol.story { @for moment in &moments { li {
                span.when { (time(moment.at_ms)) }
                span { (shown(&moment.text)) " " span.sub { "by " (shown(moment.actor.trim_start_matches("person:"))) " · entry " (moment.seq) } }
            } } }
        }
    } }))
}

struct Page<'a> {
    app: &'a Arc<App>,
    session: &'a Session,
    state: &'a IncidentState,
    commands: bool,
}

/// Who was told and has not answered is asked first of all.
fn acknowledge(page: &Page<'_>) -> Markup {
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
    async fn present(&self) -> Result<Markup, ApiError> {
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
            Step::Scope => self.scoping()?,
            Step::Remediate => self.remedying()?,
            Step::Notify => {
                html! { p { "Told: " (shown(&self.told())) ". It goes on when one of them says so; the silent are escalated after half an hour." } }
            }
            Step::Review => self.reviewing().await?,
            Step::Guard => self.guarding().await?,
            Step::Verify => self.sampling()?,
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

    fn scoping(&self) -> Result<Markup, ApiError> {
        let rows = batch::select(
            self.app,
            &Selection {
                workflow: Some(self.state.workflow.clone()),
                to_ms: self.state.pause.map(|pause| pause.at_ms + 1),
                ..Selection::default()
            },
        )?;
        let counted = steps::count(&rows);
        Ok(self.form("scope", html! {
            p { "Everything this workflow did: " (counted.actions) " actions on " (counted.records) " records, " (counted.messages) " messages. Narrow it to what is affected." }
            div.grid {
                label { "Since" input type="datetime-local" name="from" step="1"; span.sub { "UTC; empty for all" } }
                label { "Agent" input name="agent" autocomplete="off"; }
                label { "Tool" select name="tool" { option value="" { "Any" } @for tool in tools(&rows) { option { (tool) } } } }
                label { "Record" input name="record" placeholder="contact:c-101" autocomplete="off"; }
                label { "Prompt version" input name="prompt" autocomplete="off"; }
                label { "Rules version" input name="rules" autocomplete="off"; }
                label { "Model" input name="model" autocomplete="off"; }
                label { "Source" input name="source" autocomplete="off"; }
            }
            label { "How they were found" input name="how" required maxlength="500" autocomplete="off"; }
            button.btn.primary { "Record what it touched" }
        }))
    }

    fn remedying(&self) -> Result<Markup, ApiError> {
        let Some(scope) = &self.state.scope else {
            return Ok(html! {});
        };
        let rows = batch::select(self.app, scope)?;
        let remedies = steps::remedies(self.app, self.state)?;
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
            p { b { (remedies.settled()) " of " (rows.len()) } " settled: " (remedies.undone) " undone, " (remedies.kept) " kept, " (remedies.handed) " handed to a person, " (remedies.open) " open." }
            progress max=(rows.len()) value=(remedies.settled()) aria-label="Settled so far" {}
            @for one in mine { p { a href={ "/undo-batches/" (one.id) } { "Batch of " (one.total) } " · " (one.status.name()) } }
            ul.events #affected data-live { @for (row, status) in &listed { li { a.plain href={ "/actions/" (row.id) } {
                span.what { strong { (row.title) } span.gist { (row.gist) } }
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

    fn sampling(&self) -> Result<Markup, ApiError> {
        let draw = sample::draw(self.app, self.state)?;
        Ok(self.form("sample", html! {
            @if draw.rows.is_empty() { p.banner { (icon("alert")) "The workflow did nothing else that could be looked at." } }
            p.sub { "Drawn from its recent outputs by a seed that follows from the ledger: who draws again draws the same." }
            ul.events { @for row in &draw.rows { li {
                label.check { input type="checkbox" name={ "wrong." (row.id) } value="1"; span { "This one is wrong" } }
                a.plain href={ "/actions/" (row.id) } { span.what { strong { (row.title) } span.gist { (row.gist) } } }
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
    fn steps(&self) -> Markup {
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

    /// Handing over and notes.
    fn others(&self) -> Markup {
        let registry = self.app.registry();
        let live = self.state.status.is_commanded();
        html! { @if live && self.session.person.may(Right::Pause) { section.card aria-labelledby="oth-t" {
            header { h2 #oth-t { "Besides" } }
            @if self.commands { (self.form("hand-over", html! {
                label { "Hand command to" select name="to" { @for person in registry.people.iter().filter(|one| one.may(Right::Pause) && one.email != self.session.person.email) { option { (shown(&person.email)) } } } }
                button.btn { "Hand over" }
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

/// What the forms send.
#[derive(Deserialize)]
pub struct Sent {
    csrf: String,
    #[serde(flatten)]
    fields: BTreeMap<String, String>,
}

impl Sent {
    fn get(&self, name: &str) -> &str {
        self.fields
            .get(name)
            .map(|text| text.trim())
            .unwrap_or_default()
    }

    fn filled(&self, name: &str) -> Option<String> {
        Some(self.get(name).to_owned()).filter(|text| !text.is_empty())
    }

    fn action(&self, name: &str) -> Result<Option<ActionId>, ApiError> {
        self.filled(name)
            .map(|text| {
                ActionId::parse(&text).ok_or_else(|| ApiError::not_found("action", &shown(&text)))
            })
            .transpose()
    }

    fn selection(&self) -> Result<Selection, ApiError> {
        let from_ms = self.filled("from").map(|text| since(&text)).transpose()?;
        Ok(Selection {
            agent: self.filled("agent"),
            tool: self.filled("tool"),
            record: self.filled("record"),
            source: self.filled("source"),
            prompt: self.filled("prompt"),
            rules: self.filled("rules"),
            model: self.filled("model"),
            from_ms,
            ..Selection::default()
        })
    }
}

fn since(text: &str) -> Result<i64, ApiError> {
    let local: jiff::civil::DateTime = text.parse().map_err(|_| {
        ApiError::invalid("time-invalid", format!("`{}` is no time", shown(text)))
            .help("as in 2026-11-25T10:00")
    })?;
    local
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map(|at| at.timestamp().as_millisecond())
        .map_err(|_| ApiError::invalid("time-invalid", "that time does not exist"))
}

/// Declares an incident.
pub async fn begin(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    sent::Sent(sent): sent::Sent<Sent>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let said = (sent.get("why"), sent.action("example")?);
    let state = declare::declare(&app, &session.person, sent.get("workflow"), said).await?;
    Ok(Redirect::to(&format!("/incidents/{}", state.number)))
}

/// Takes a step, or does what else the page offers.
pub async fn take(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path((number, what)): Path<(String, String)>,
    sent::Sent(sent): sent::Sent<Sent>,
) -> Result<Redirect, Failed> {
    session.check_form(&sent.csrf)?;
    let person = &session.person;
    match what.as_str() {
        "scope" => {
            let found = (sent.selection()?, sent.get("how"));
            steps::scope(&app, person, &number, found).await?;
        }
        "undo" => {
            let planned = steps::plan_remedy(&app, person, &number).await?;
            return Ok(Redirect::to(&format!("/undo-batches/{}", planned.batch.id)));
        }
        "confirm" => drop(breaker::confirm(&app, person, &number).await?),
        "dismiss" => drop(breaker::dismiss(&app, person, &number, sent.get("why")).await?),
        "remediated" => drop(steps::remediate(&app, person, &number).await?),
        "acknowledge" => drop(steps::acknowledge(&app, person, &number).await?),
        "review" => {
            let found = steps::Finding {
                finding: sent.get("finding"),
                source_data: sent.get("source_data"),
                versions: sent.get("versions"),
            };
            steps::review(&app, person, &number, found).await?;
        }
        "guard" => {
            let rule = (sent.get("rule"), sent.action("case")?, None);
            steps::guard(&app, person, &number, rule).await?;
        }
        "sample" => {
            let wrong = sent
                .fields
                .keys()
                .filter_map(|key| key.strip_prefix("wrong."));
            let wrong: Vec<ActionId> = wrong.filter_map(ActionId::parse).collect();
            sample::judge(&app, person, &number, &wrong).await?;
        }
        "sign" => {
            let side = match sent.get("side") {
                "business" => Side::Business,
                _ => Side::Technical,
            };
            again::sign(&app, person, &number, (side, sent.get("content_hash"))).await?;
        }
        "reenable" => drop(again::reenable(&app, person, &number).await?),
        "recurred" => {
            let seen = (sent.get("why"), sent.action("action")?);
            again::recur(&app, person, &number, seen).await?;
        }
        "hand-over" => drop(again::hand_over(&app, person, &number, sent.get("to")).await?),
        "note" => drop(again::note(&app, person, &number, sent.get("text")).await?),
        _ => return Err(ApiError::not_found("page", &shown(&what)).into()),
    }
    Ok(Redirect::to(&format!("/incidents/{number}")))
}

/// The report, to keep.
pub async fn download(
    State(app): State<Arc<App>>,
    Viewer(_): Viewer,
    Path(number): Path<String>,
) -> Result<impl axum::response::IntoResponse, Failed> {
    let (_, state) = incident::find(&app, &number)?;
    let text = report::markdown(&app, &state)?;
    let kind = (
        axum::http::header::CONTENT_TYPE,
        "text/markdown; charset=utf-8",
    );
    Ok(([kind], text))
}
