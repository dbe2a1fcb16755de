//! What nobody can measure of a workflow's worth: a form, and a change of the workflow out of it.

use super::edit_workflow::{ask, find, problems};
use super::parts::{csrf, icon};
use super::{Failed, Viewer, sent, worth};
use crate::app::App;
use crate::earning::worth::USUAL_DAYS;
use crate::error::ApiError;
use crate::people::session::Session;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use leeway_core::earn::settings::RoiTerms;
use leeway_core::govern::people::Right;
use leeway_core::govern::workflow::Workflow;
use maud::{Markup, html};
use std::collections::HashMap;
use std::sync::Arc;

/// One number that people say: its key, its name, what it means.
const FIELDS: [(&str, &str, &str); 8] = [
    (
        "manual_minutes",
        "Minutes an item takes by hand",
        "Needed. Time a few.",
    ),
    (
        "hourly_wage",
        "What an hour of work costs",
        "Needed. With all that comes on top of the wage.",
    ),
    (
        "error_cost",
        "What a wrong one that gets through costs",
        "Besides mending it.",
    ),
    ("fix_minutes", "Minutes to mend or edit a wrong one", ""),
    (
        "caught",
        "Part of the errors people stop, 0 to 1",
        "Counts only until what ran is reviewed.",
    ),
    (
        "owner_hours",
        "Hours a month its owner spends on it",
        "Besides reviews.",
    ),
    ("subscription", "What agent and tools cost a month", ""),
    ("setup", "What setting it up cost", "Once."),
];

fn field<'a>(roi: &'a mut RoiTerms, key: &str) -> Option<&'a mut Option<f64>> {
    Some(match key {
        "manual_minutes" => &mut roi.manual_minutes,
        "hourly_wage" => &mut roi.hourly_wage,
        "error_cost" => &mut roi.error_cost,
        "fix_minutes" => &mut roi.fix_minutes,
        "caught" => &mut roi.caught,
        "owner_hours" => &mut roi.owner_hours,
        "subscription" => &mut roi.subscription,
        "setup" => &mut roi.setup,
        _ => return None,
    })
}

/// What the form holds.
#[derive(Default)]
pub struct Draft {
    sent: HashMap<String, String>,
    /// What is to be mended before it is proposed.
    pub problems: Vec<String>,
}

impl Draft {
    /// What is in force.
    pub fn of(workflow: &Workflow) -> Self {
        let mut roi = workflow.roi.clone();
        let mut sent = HashMap::new();
        for (key, _, _) in FIELDS {
            if let Some(Some(value)) = field(&mut roi, key).map(|value| *value) {
                sent.insert(key.to_owned(), value.to_string());
            }
        }
        sent.insert("currency".to_owned(), roi.currency.unwrap_or_default());
        Self {
            sent,
            problems: Vec::new(),
        }
    }

    fn text(&self, key: &str) -> &str {
        self.sent
            .get(key)
            .map(|text| text.trim())
            .unwrap_or_default()
    }

    /// What was said, or every problem of it.
    fn read(&self) -> Result<RoiTerms, Vec<String>> {
        let mut roi = RoiTerms::default();
        let mut problems = Vec::new();
        for (key, name, _) in FIELDS {
            let text = self.text(key).replace(',', ".");
            let most = if key == "caught" { 1.0 } else { 1e9 };
            match text.parse::<f64>() {
                _ if text.is_empty() => {}
                Ok(value) if (0.0..=most).contains(&value) => {
                    if let Some(place) = field(&mut roi, key) {
                        *place = Some(value);
                    }
                }
                _ => problems.push(format!("{name}: `{text}` is no number from 0 to {most}")),
            }
        }
        let currency = self.text("currency").to_uppercase();
        if !currency.is_empty() {
            let letters = currency.chars().all(|c| c.is_ascii_uppercase());
            if currency.len() == 3 && letters {
                roi.currency = Some(currency);
            } else {
                problems.push(format!("Currency: `{currency}` is not three letters"));
            }
        }
        if problems.is_empty() {
            Ok(roi)
        } else {
            Err(problems)
        }
    }

    /// The form, sent to an address.
    pub fn form(&self, session: &Session, address: &str) -> Markup {
        html! { section.card aria-labelledby="said-t" {
            header { h2 #said-t { "What nobody can measure" } span.sub { "said in the workflow, under [roi]" } }
            @if session.person.may(Right::Propose) {
                p.sub { "Somebody else approves it before it counts, like every change of a workflow. Leave empty what you do not know: no number stands in for it." }
                form.stack method="post" action=(address) {
                    (csrf(&session.csrf))
                    div.terms {
                        label { "Currency" input name="currency" maxlength="3" value=(self.text("currency")) autocomplete="off"; span.sub { "Three letters, as EUR." } }
                        @for (key, name, help) in FIELDS { label { (name)
                            input name=(key) inputmode="decimal" maxlength="20" value=(self.text(key)) autocomplete="off";
                            @if !help.is_empty() { span.sub { (help) } }
                        } }
                    }
                    label { "Why, for the reviewer and the record" input name="why" maxlength="500" value=(self.text("why")) autocomplete="off" required; }
                    p.acts { button.btn.primary { (icon("check")) "Propose" } }
                }
            } @else { p.sub { "Your role does not propose changes; an owner or operator says it." } }
        } }
    }
}

/// Proposes what was said as a change of the workflow.
pub async fn propose(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    Path(name): Path<String>,
    sent::Sent(sent): sent::Sent<HashMap<String, String>>,
) -> Result<Response, Failed> {
    session.check_form(sent.get("csrf").map(String::as_str).unwrap_or_default())?;
    if !session.person.may(Right::Propose) {
        return Err(ApiError::forbidden("your role does not propose changes").into());
    }
    let live = find(&app, &name)?;
    let mut draft = Draft {
        sent,
        problems: Vec::new(),
    };
    let refused = match draft.read() {
        Ok(roi) => {
            let workflow = Workflow {
                roi: Box::new(roi),
                ..live.state.workflow.clone()
            };
            match ask(&app, &session, (workflow, draft.text("why"))).await {
                Ok(to) => return Ok(Redirect::to(&to).into_response()),
                Err(error) => problems(&error),
            }
        }
        Err(problems) => problems,
    };
    draft.problems = refused;
    let again = worth::page(&app, &session, (&name, USUAL_DAYS), &draft)?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, again).into_response())
}
