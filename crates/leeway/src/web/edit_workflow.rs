//! Proposing another version of a workflow: grants in a matrix, the rest in the words of its file,
//! so that form and file are one schema.

use super::layout::Frame;
use super::parts::{csrf, icon, shown};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::config::written;
use crate::configure;
use crate::error::ApiError;
use crate::people::session::Session;
use crate::registry::{LiveWorkflow, Registry};
use crate::rest::configuration::{HowParams, wish};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use leeway_core::govern::change::Configured;
use leeway_core::govern::people::Right;
use leeway_core::govern::workflow::{Grant, Workflow};
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

const GRANTS: [(Grant, &str, &str); 6] = [
    (Grant::Blocked, "blocked", "Blocked"),
    (Grant::Read, "read", "Read"),
    (Grant::Draft, "draft", "Draft"),
    (Grant::Update, "update", "Update"),
    (Grant::HighImpact, "high-impact", "High-impact"),
    (Grant::External, "external", "External"),
];

/// What the form holds.
struct Draft {
    grants: BTreeMap<String, Grant>,
    rest: String,
    why: String,
    problems: Vec<String>,
}

/// A workflow in force.
pub fn find(app: &App, name: &str) -> Result<Arc<LiveWorkflow>, ApiError> {
    app.registry()
        .workflows
        .get(name)
        .cloned()
        .ok_or_else(|| ApiError::not_found("workflow", &shown(name)))
}

/// The form, filled with what is in force.
pub async fn edit(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(name): Path<String>,
) -> PageResult {
    let live = find(&app, &name)?;
    let workflow = &live.state.workflow;
    let without = Workflow {
        grants: BTreeMap::new(),
        ..workflow.clone()
    };
    let rest = written::toml(&Configured::Workflow(Box::new(without)));
    let draft = Draft {
        grants: workflow.grants.clone(),
        rest: rest.replace("[grants]\n", "").trim().to_owned(),
        why: String::new(),
        problems: Vec::new(),
    };
    Ok(page(&app, &session, &live, &draft))
}

fn page(app: &App, session: &Session, live: &LiveWorkflow, draft: &Draft) -> Markup {
    let workflow = &live.state.workflow;
    let frame = Frame::new(
        app,
        session,
        "/workflows",
        format!("Change {}", workflow.title),
    );
    frame.page(html! { div.solo {
        header.head {
            p.crumb { a href={ "/workflows/" (workflow.name) } { (shown(&workflow.title)) } }
            h1 { "Propose another version" }
            p { "Somebody else approves it before it is in force. Levels 4 and 5 and the eight review rules always wait for a person, whatever is granted here." }
        }
        @if !draft.problems.is_empty() { section.card.attention role="alert" {
            header { h2 { "Not proposed yet" } span.sub { (draft.problems.len()) " to mend" } }
            ul.reasons { @for problem in &draft.problems { li { (shown(problem)) } } }
        } }
        form.stack method="post" action={ "/workflows/" (workflow.name) "/edit" } {
            (csrf(&session.csrf))
            (grants(&app.registry(), &draft.grants))
            section.card.stack {
                label { h2 { "Everything else" } span.sub { "as in its file; see docs/configuration.md and docs/rules.md" }
                    textarea.code name="rest" rows="24" spellcheck="false" autocomplete="off" { (draft.rest) }
                }
            }
            label { "Why, for the reviewer and the record" input name="why" maxlength="500" value=(draft.why) autocomplete="off" required; }
            p.acts { button.btn.primary { (icon("check")) "Propose" } a.btn href={ "/workflows/" (workflow.name) } { "Cancel" } }
        }
    } })
}

fn grants(registry: &Registry, granted: &BTreeMap<String, Grant>) -> Markup {
    let names: BTreeSet<&String> = registry.tools.keys().chain(granted.keys()).collect();
    html! { section.card aria-labelledby="grants-t" {
        header { h2 #grants-t { "How far agents may go" } span.sub { "per tool" } }
        div.scroll tabindex="0" role="region" aria-label="Grants per tool" { table.matrix.choose {
            thead { tr { th scope="col" { "Tool" } @for (_, _, label) in GRANTS { th scope="col" { (label) } } } }
            tbody { @for name in names { @let now = granted.get(name).copied().unwrap_or_default(); tr {
                th scope="row" { code { (shown(name)) } }
                @for (grant, value, label) in GRANTS { td.on {
                    label { input type="radio" name={ "grant." (name) } value=(value) checked[grant == now] aria-label={ (shown(name)) ": " (label) }; span.only-phone { (label) } }
                } }
            } } }
        } }
    } }
}

/// Proposes what the form gives, or shows it again with everything there is to mend.
pub async fn propose(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(name): Path<String>,
    sent::Sent(sent): sent::Sent<HashMap<String, String>>,
) -> Result<Response, Failed> {
    let field = |key: &str| sent.get(key).map(String::as_str).unwrap_or_default();
    session.check_form(field("csrf"))?;
    if !session.person.may(Right::Propose) {
        return Err(ApiError::forbidden("your role does not propose changes").into());
    }
    let live = find(&app, &name)?;
    let mut draft = Draft {
        grants: chosen(&sent),
        rest: field("rest").replace("\r\n", "\n"),
        why: field("why").to_owned(),
        problems: Vec::new(),
    };
    match proposed(&app, &session, (&name, &draft)).await {
        Ok(to) => Ok(Redirect::to(&to).into_response()),
        Err(error) => {
            draft.problems = problems(&error);
            let again = page(&app, &session, &live, &draft);
            Ok((error.status, again).into_response())
        }
    }
}

async fn proposed(
    app: &App,
    session: &Session,
    (name, draft): (&str, &Draft),
) -> Result<String, ApiError> {
    let mut workflow: Workflow = toml::from_str(&draft.rest)
        .map_err(|error| ApiError::invalid("toml-invalid", error.to_string()))?;
    if workflow.name != name {
        return Err(ApiError::invalid(
            "name-differs",
            format!("a workflow keeps its name, `{name}`"),
        ));
    }
    workflow.grants.clone_from(&draft.grants);
    ask(app, session, (workflow, &draft.why)).await
}

/// Asks for a version of a workflow to be the one in force; returns the page of what became of that.
pub async fn ask(
    app: &App,
    session: &Session,
    (workflow, why): (Workflow, &str),
) -> Result<String, ApiError> {
    let name = workflow.name.clone();
    let mut wanted = configure::current(app);
    wanted.workflows.retain(|known| known.name != name);
    wanted.workflows.push(workflow);
    let how = HowParams {
        why: why.to_owned(),
        ..HowParams::default()
    };
    let answer = wish(app, &session.person, (&wanted, &how)).await?;
    Ok(match answer["change"].as_str() {
        Some(change) => format!("/changes/{change}"),
        None => format!("/workflows/{name}"),
    })
}

fn chosen(sent: &HashMap<String, String>) -> BTreeMap<String, Grant> {
    sent.iter()
        .filter_map(|(key, value)| {
            let tool = key.strip_prefix("grant.")?;
            let (grant, _, _) = GRANTS.into_iter().find(|(_, name, _)| name == value)?;
            (grant != Grant::Blocked).then(|| (tool.to_owned(), grant))
        })
        .collect()
}

/// Every problem as a sentence: those of the configuration one by one, or the error's own.
pub fn problems(error: &ApiError) -> Vec<String> {
    let listed = error
        .details
        .as_ref()
        .and_then(|details| details["problems"].as_array())
        .into_iter()
        .flatten()
        .map(|problem| {
            let text = |key: &str| problem[key].as_str().unwrap_or_default().to_owned();
            match problem["help"].as_str() {
                Some(help) if !help.is_empty() => format!("{}: {help}", text("message")),
                _ => text("message"),
            }
        });
    let listed: Vec<String> = listed.collect();
    if listed.is_empty() {
        let help = error.help.iter().map(|help| format!(": {help}"));
        return vec![format!("{}{}", error.message, help.collect::<String>())];
    }
    listed
}
