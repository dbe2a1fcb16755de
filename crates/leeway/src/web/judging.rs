//! One review: the output as it ran and the form that says what it is; once it is done, who said what.
//! While it is open nobody sees what others said, and a planted case looks like any other.

use super::change::{all_shown, arguments, field, reaches_outside, unchanged};
use super::cited::sources;
use super::confidence::measured;
use super::deciding::took_ms;
use super::layout::Frame;
use super::parts::{csrf, icon, level, long, shown, time, value};
use super::review::said;
use super::reviews::{self, Asked};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::earning::reviewing::{self, Opinion};
use crate::error::ApiError;
use crate::people::session::Session;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use leeway_core::action::event::{Finished, Judged};
use leeway_core::action::state::ActionState;
use leeway_core::earn::review::{Because, Given, ReviewState};
use leeway_core::earn::verdict::{LONGEST_PATTERN, Severity, Verdict};
use leeway_core::id::ActionId;
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;

/// What stood before and what was written.
const RAN: (&str, &str) = ("Before", "After");

/// Why something was drawn, in plain words; while it is open a planted case passes for what it was before.
pub fn why_drawn(because: Because, open: bool) -> &'static str {
    match because {
        Because::Planted if open => Because::Continuous.words(),
        other => other.words(),
    }
}

fn id_of(text: &str) -> Result<ActionId, ApiError> {
    ActionId::parse(text).ok_or_else(|| ApiError::not_found("review", &shown(text)))
}

/// The page.
pub async fn show(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Asked(asked): sent::Asked<Asked>,
) -> PageResult {
    let (_, review) = reviewing::find(&app, &id_of(&id)?)?;
    let action = app.store.reader()?.action(&review.drawn.shows)?;
    let page = Page {
        app: &app,
        session: &session,
        review: &review,
        action: action.as_ref(),
        asked: &asked,
        tried: None,
    };
    let frame = Frame::new(
        &app,
        &session,
        "/reviews",
        format!("{} · Review", page.title()),
    );
    Ok(frame.page(page.whole()?))
}

struct Page<'a> {
    app: &'a App,
    session: &'a Session,
    review: &'a ReviewState,
    action: Option<&'a ActionState>,
    asked: &'a Asked,
    /// A verdict that came without what it takes, and what that is.
    tried: Option<(&'a Said, &'static str)>,
}

impl Page<'_> {
    fn title(&self) -> String {
        self.action.map_or_else(
            || shown(&self.review.drawn.tool),
            |action| action.row.title.clone(),
        )
    }

    fn whole(&self) -> Result<Markup, ApiError> {
        let review = self.review;
        let judged = self.action.and_then(ActionState::current);
        let done = self.asked.done();
        Ok(html! { div.solo #output {
            @if let Some(done) = done { p.note-ok role="status" { (icon("check")) span { "Recorded. The next one: " a href={ "/reviews/" (done) } { "see the last" } } } }
            (self.head(judged))
            @if !review.is_open() { (self.found()) }
            @match judged {
                Some(judged) => (self.output(judged)),
                None => section.card { p { "What it shows can no longer be read. Say that you are unsure." } },
            }
            @if review.is_open() { (self.form()?) }
        } })
    }

    fn head(&self, judged: Option<&Judged>) -> Markup {
        let (review, drawn) = (self.review, &self.review.drawn);
        let open = review.is_open();
        html! { header.head {
            p.crumb { a href=(self.asked.address("/reviews", &[])) { "Reviews" } " · " (shown(&drawn.workflow)) " · " (shown(&drawn.agent)) }
            h1 { (self.title()) }
            p.badges {
                @if let Some(judged) = judged { (level(judged.classified.level)) }
                @if open { (reviews::due(drawn.due_ms, self.app.clock.now_ms())) }
                @else { (reviews::outcome(review.outcome(), self.is_critical())) }
            }
            p.sub { "Drawn " (time(review.drawn_ms)) ": " (why_drawn(drawn.because, open)) ". Whose risk: " (drawn.responsibility.title()) "." }
        } }
    }

    fn is_critical(&self) -> bool {
        let severity = self.review.worst().and_then(|given| given.severity);
        severity == Some(Severity::Critical)
    }

    /// What was done, in the order a reviewer looks at it. Nothing of who decided on it, or when.
    fn output(&self, judged: &Judged) -> Markup {
        let drawn = &self.review.drawn;
        let measured = measured(
            self.app,
            &drawn.workflow,
            &drawn.tool,
            &drawn.agent,
            judged.claim.confidence,
        );
        let answer = self.action.and_then(ActionState::finished);
        html! {
            (changes(judged))
            div.cols { (said(&judged.claim, &measured)) (sources(judged, RAN)) }
            @if let Some(finished) = answer { (answered(finished)) }
        }
    }

    /// What was said of it, once everybody has.
    fn found(&self) -> Markup {
        let (review, drawn) = (self.review, &self.review.drawn);
        html! { section.card aria-labelledby="found-t" {
            header { h2 #found-t { "What was found" } (reviews::outcome(review.outcome(), self.is_critical())) }
            @if review.is_planted() { p { b { "This was a planted case known to be wrong." } @if review.outcome() == Some(Verdict::Wrong) { " It was found." } @else { " It was not found." } } }
            ol.story { @for (at_ms, given) in &review.given { li {
                span.when { (time(*at_ms)) }
                span { (opinion(given)) }
            } } }
            p.acts {
                a.btn href={ "/actions/" (drawn.shows) } { @if review.is_planted() { "The action it was made from" } @else { "The action" } }
                a.btn href=(super::evidence::address(&drawn.workflow, &drawn.tool)) { "The tool’s evidence" }
            }
        } }
    }

    fn form(&self) -> Result<Markup, ApiError> {
        match reviewing::may(self.app, &self.session.person, self.review) {
            Ok(solo) => self.judge(solo),
            Err(error) if error.status.is_server_error() => Err(error),
            Err(error) => Ok(html! { section.card {
                h2 { "Not yours to review" }
                p { (shown(&error.message)) "." @if let Some(help) = &error.help { " " (shown(help)) "." } }
            } }),
        }
    }

    fn judge(&self, solo: bool) -> Result<Markup, ApiError> {
        let id = &self.review.id;
        let patterns = reviewing::patterns(self.app, self.review)?;
        let blank = Said::default();
        let typed = self.tried.map_or(&blank, |(said, _)| said);
        let shown_ms = match typed.shown_ms.as_str() {
            "" => self.app.clock.now_ms().to_string(),
            before => before.to_owned(),
        };
        Ok(
            html! { form.card.judge #judge method="post" action={ "/reviews/" (id) "/judge" } aria-labelledby="judge-t" {
                (csrf(&self.session.csrf))
                input type="hidden" name="shown_ms" value=(shown_ms);
                input type="hidden" name="workflow" value=(self.asked.workflow());
                input type="hidden" name="area" value=(self.asked.area());
                header { h2 #judge-t { "Was this right?" } @if solo { span.chip.warn { "you decided on it: there is nobody else" } } }
                @if let Some((_, problem)) = self.tried { p.banner #tried role="alert" { (icon("alert")) (problem) } }
                fieldset.verdicts {
                    legend.vh { "What it is" }
                    @for (verdict, picture, words) in VERDICTS { label.pick.(verdict.name()) {
                        input type="radio" name="verdict" value=(verdict.name()) required checked[typed.verdict == verdict.name()];
                        (icon(picture)) span { b { (words) } small { (meaning(verdict)) } }
                    } }
                }
                div.if-wrong {
                    fieldset.severities {
                        legend { "How bad, if it is wrong" }
                        @for severity in Severity::ALL { label.pick {
                            input type="radio" name="severity" value=(severity.name()) checked[typed.severity == severity.name()];
                            span { b { (severity_words(severity)) } small { (severity_means(severity)) } }
                        } }
                    }
                    label { "What went wrong, in a few words"
                        input name="pattern" list="patterns" maxlength=(LONGEST_PATTERN) autocomplete="off" value=(typed.pattern);
                        span.sub { "Choose one or write your own; it is offered from then on." }
                    }
                    datalist #patterns { @for pattern in &patterns { option value=(shown(pattern)) {} } }
                }
                label { "Note (optional)" textarea name="note" rows="2" maxlength="2000" { (typed.note) } }
                p.acts { button.btn.primary data-approve { (icon("check")) "Record and go on" } }
            } },
        )
    }
}

/// Verdicts, with their icons and words.
const VERDICTS: [(Verdict, &str, &str); 3] = [
    (Verdict::Right, "check", "Right"),
    (Verdict::Wrong, "x", "Wrong"),
    (Verdict::Unsure, "ask", "Unsure"),
];

fn meaning(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Right => "I would have done the same",
        Verdict::Wrong => "It should not have been done like this",
        Verdict::Unsure => "Somebody else looks too",
    }
}

fn severity_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Minor => "Minor",
        Severity::Major => "Major",
        Severity::Critical => "Critical",
    }
}

fn severity_means(severity: Severity) -> &'static str {
    match severity {
        Severity::Minor => "Nobody outside would notice",
        Severity::Major => "It takes work to mend",
        Severity::Critical => "Money, a customer or the law: what was earned is lost at once",
    }
}

fn opinion(given: &Given) -> Markup {
    html! {
        b { @match given.verdict { Verdict::Right => "Right", Verdict::Wrong => "Wrong", Verdict::Unsure => "Unsure" } }
        @if let Some(severity) = given.severity { ", " (severity.name()) }
        " " span.sub { "by " (shown(&given.by)) @if let Some(took_ms) = given.took_ms { " after " ((took_ms + 500) / 1000) " s" } }
        @if given.solo { " " span.chip.warn { "decided on it before: there was nobody else" } }
        @if let Some(pattern) = &given.pattern { p { (shown(pattern)) } }
        @if let Some(note) = &given.note { p { (long(note)) } }
    }
}

fn changes(judged: &Judged) -> Markup {
    html! { (super::message::section(judged)) (changed(judged)) }
}

fn changed(judged: &Judged) -> Markup {
    let classified = &judged.classified;
    if classified.changes.is_empty() {
        return arguments(judged, "What was done");
    }
    let same = unchanged(judged);
    let arguments_shown = all_shown(&judged.call.arguments, &classified.changes);
    let text = serde_json::to_string_pretty(&judged.call.arguments).unwrap_or_default();
    html! { section.card aria-labelledby="chg-t" {
        header { h2 #chg-t { "What changed" } span.sub { code { (shown(&judged.call.tool_name())) } } }
        ul.diff {
            li.th aria-hidden="true" { span { "Field" } span { (RAN.0) } span { (RAN.1) } }
            @for change in &classified.changes { (field(change, classified.effect, RAN)) }
        }
        @if !same.is_empty() { details {
            summary { (same.len()) @if same.len() == 1 { " field stayed the same" } @else { " fields stayed the same" } }
            dl.kv { @for (name, now) in same { div { dt { (shown(name)) } dd { (value(now)) } } } }
        } }
        details open[reaches_outside(classified.effect) && !arguments_shown] { summary { "The whole call" } pre tabindex="0" { (shown(&text)) } }
    } }
}

fn answered(finished: &Finished) -> Markup {
    let result = finished.result.as_ref();
    html! { section.card aria-labelledby="ans-t" {
        header { h2 #ans-t { "What the system answered" } }
        p { (shown(&finished.note)) }
        @if !finished.mismatched.is_empty() { p { span.chip.warn { "Read back otherwise than written: " (shown(&finished.mismatched.join(", "))) } } }
        (super::undo::in_form(&finished.in_form))
        @if let Some(result) = result { details { summary { "The answer" } pre tabindex="0" { (shown(&serde_json::to_string_pretty(result).unwrap_or_default())) } } }
    } }
}

/// What the form sends.
#[derive(Default, Deserialize)]
pub struct Said {
    csrf: String,
    #[serde(default)]
    verdict: String,
    #[serde(default)]
    severity: String,
    #[serde(default)]
    pattern: String,
    #[serde(default)]
    note: String,
    #[serde(default)]
    shown_ms: String,
    #[serde(default)]
    workflow: String,
    #[serde(default)]
    area: String,
}

impl Said {
    /// What it says, or what is missing: nothing of it is chosen for the reviewer.
    fn opinion(&self, app: &App) -> Result<Opinion, &'static str> {
        let verdict = Verdict::parse(&self.verdict)
            .ok_or("Nothing was recorded: choose right, wrong or unsure.")?;
        if verdict == Verdict::Wrong && Severity::parse(&self.severity).is_none() {
            return Err("Nothing was recorded: it is wrong, so say how bad that is.");
        }
        let wrong = verdict == Verdict::Wrong;
        let filled = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(Opinion {
            verdict,
            // Chosen before the verdict was changed: only what is wrong has one.
            severity: Severity::parse(&self.severity).filter(|_| wrong),
            pattern: filled(&self.pattern).filter(|_| wrong),
            note: filled(&self.note),
            took_ms: took_ms(app, &self.shown_ms),
        })
    }
}

/// Records a verdict, and goes on to the next review that is theirs.
pub async fn judge(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(id): Path<String>,
    sent::Sent(sent): sent::Sent<Said>,
) -> Result<Response, Failed> {
    session.check_form(&sent.csrf)?;
    let id = id_of(&id)?;
    let opinion = match sent.opinion(&app) {
        Ok(opinion) => opinion,
        Err(missing) => return again(&app, &session, &id, (&sent, missing)),
    };
    reviewing::judge(&app, &session.person, &id, &opinion).await?;
    let asked = Asked::narrowed(&sent.workflow, &sent.area);
    let next = reviews::next_for(&app, &session.person, &asked, &id)?;
    let to = next.map_or_else(|| "/reviews".to_owned(), |next| format!("/reviews/{next}"));
    Ok(Redirect::to(&asked.address(&to, &[("done", id.as_str())])).into_response())
}

/// The same page with what was typed, and what is missing.
fn again(
    app: &App,
    session: &Session,
    id: &ActionId,
    tried: (&Said, &'static str),
) -> Result<Response, Failed> {
    let (_, review) = reviewing::find(app, id)?;
    let action = app.store.reader()?.action(&review.drawn.shows)?;
    let page = Page {
        app,
        session,
        review: &review,
        action: action.as_ref(),
        asked: &Asked::narrowed(&tried.0.workflow, &tried.0.area),
        tried: Some(tried),
    };
    let frame = Frame::new(app, session, "/reviews", "Not recorded yet");
    Ok((StatusCode::UNPROCESSABLE_ENTITY, frame.page(page.whole()?)).into_response())
}
