//! The permission owner matrix: who owns what and who decides now, and proposing another one.

use super::layout::Frame;
use super::parts::{csrf, icon, shown};
use super::{Failed, PageResult, Viewer, sent};
use crate::app::App;
use crate::config::Configuration;
use crate::configure;
use crate::error::ApiError;
use crate::rest::configuration::{HowParams, wish};
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use leeway_core::govern::owners::{Away, Cadence, Owner, Owners, Responsibility};
use leeway_core::govern::people::Right;
use leeway_core::govern::routing::Routing;
use maud::{Markup, html};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const CADENCES: [(Cadence, &str); 6] = [
    (Cadence::WeeklyUntilStable, "weekly-until-stable"),
    (Cadence::DailySample, "daily-sample"),
    (Cadence::EveryRun, "every-run"),
    (Cadence::WeeklySample, "weekly-sample"),
    (Cadence::Exceptions, "exceptions"),
    (Cadence::EveryVersionChange, "every-version-change"),
];

/// The matrix.
pub async fn show(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let registry = app.registry();
    let matrix = registry.matrix();
    let frame = Frame::new(&app, &session, "/owners", "Owners");
    let rows: Vec<(Responsibility, Routing)> = Responsibility::ALL
        .into_iter()
        .map(|row| (row, registry.routing(row, app.clock.now_ms(), false)))
        .collect();
    Ok(frame.page(html! { div.solo {
        header.head {
            h1 { "Owners" }
            p { "Held actions go to the business owner of their responsibility, or a delegate. The technical owner configures and does not decide business risk." }
            @if session.person.may(Right::Propose) { p { a.btn href="/owners/edit" { (icon("pen")) "Propose a change" } } }
        }
        @if matrix.is_none() { div.empty { h2 { "No matrix yet" } p { "Until there is one, everybody whose role decides may decide everything." } } }
        ul.cards { @for (row, routing) in &rows { (row_card((*row, routing), matrix)) } }
        @if let Some(owners) = matrix.filter(|owners| !owners.away.is_empty()) { section.card { header { h2 { "Out of office" } }
            dl.kv { @for away in &owners.away { div { dt { (shown(&away.person)) } dd { (away.from) " to " (away.until) } } } }
        } }
    } }))
}

fn row_card((row, routing): (Responsibility, &Routing), matrix: Option<&Owners>) -> Markup {
    let owner = matrix.and_then(|owners| owners.rows.get(&row));
    let (usual_business, usual_technical) = row.usual_owners();
    let cadence = matrix.map_or(row.usual_cadence(), |owners| owners.cadence(row));
    html! { li.card.attention[routing.missing] {
        header { h2 { (row.title()) } @if routing.missing { span.chip.danger { "no owner who can act" } } }
        dl.kv {
            div { dt { "Business owner" } dd { @match owner { Some(owner) => (shown(&owner.business)), None => em { "nobody; usually the " (usual_business) } } } }
            div { dt { "Technical owner" } dd { @match owner.filter(|owner| !owner.technical.is_empty()) { Some(owner) => (shown(&owner.technical)), None => em { "nobody; usually the " (usual_technical) } } } }
            @if let Some(owner) = owner {
                @if !owner.delegates.is_empty() { div { dt { "Delegates" } dd { (shown(&owner.delegates.join(", "))) } } }
                @if let Some(fallback) = &owner.fallback { div { dt { "Fallback" } dd { (shown(fallback)) } } }
            }
            div { dt { "Reviewed" } dd { (cadence.words()) } }
            div { dt { "Asked now" } dd { @if routing.ask.is_empty() { em { "nobody: it waits" } } @else { (shown(&routing.ask.join(", "))) } } }
        }
    } }
}

/// The form for another matrix.
pub async fn edit(State(app): State<Arc<App>>, Viewer(session): Viewer) -> PageResult {
    let registry = app.registry();
    let matrix = registry.matrix();
    let frame = Frame::new(&app, &session, "/owners", "Change the owners");
    let zone = matrix.map_or("UTC", |owners| owners.zone.as_str());
    Ok(frame.page(html! { div.solo {
        header.head {
            p.crumb { a href="/owners" { "Owners" } }
            h1 { "Propose other owners" }
            p { "Somebody else approves it before it is in force. Name people by the e-mail they sign in with." }
        }
        datalist #people { @for person in &registry.people { option value=(person.email) {} } }
        form.stack method="post" action="/owners/edit" {
            (csrf(&session.csrf))
            @for row in Responsibility::ALL { (row_fields(row, matrix)) }
            fieldset.card.stack {
                legend.vh { "Absences" }
                label { "Out of office, one a line: e-mail, first day, last day"
                    textarea name="away" rows="4" placeholder="dana@example.com 2026-12-24 2027-01-02" { (away_text(matrix)) }
                }
                label { "Time zone of these days" input name="zone" value=(zone) autocomplete="off"; }
            }
            label { "Why, for the reviewer and the record" input name="why" maxlength="500" autocomplete="off" required; }
            p.acts { button.btn.primary { (icon("check")) "Propose" } a.btn href="/owners" { "Cancel" } }
        }
    } }))
}

fn away_text(matrix: Option<&Owners>) -> String {
    let away = matrix.into_iter().flat_map(|owners| &owners.away);
    let lines: Vec<String> = away
        .map(|away| format!("{} {} {}", away.person, away.from, away.until))
        .collect();
    lines.join("\n")
}

fn row_fields(row: Responsibility, matrix: Option<&Owners>) -> Markup {
    let owner = matrix.and_then(|owners| owners.rows.get(&row));
    let name = row.name();
    let text = |given: Option<&str>| given.unwrap_or_default().to_owned();
    let now = owner
        .and_then(|owner| owner.cadence)
        .unwrap_or(row.usual_cadence());
    html! { fieldset.card {
        legend { (row.title()) }
        div.filters {
            label { "Business owner" input name={ (name) ".business" } list="people" value=(text(owner.map(|owner| owner.business.as_str()))) autocomplete="off"; }
            label { "Technical owner" input name={ (name) ".technical" } list="people" value=(text(owner.map(|owner| owner.technical.as_str()))) autocomplete="off"; }
            label { "Delegates, by commas" input name={ (name) ".delegates" } value=(owner.map(|owner| owner.delegates.join(", ")).unwrap_or_default()) autocomplete="off"; }
            label { "Fallback" input name={ (name) ".fallback" } list="people" value=(text(owner.and_then(|owner| owner.fallback.as_deref()))) autocomplete="off"; }
            label { "Reviewed" select name={ (name) ".cadence" } { @for (cadence, value) in CADENCES { option value=(value) selected[cadence == now] { (cadence.words()) } } } }
        }
    } }
}

/// Proposes the matrix the form gives.
pub async fn propose(
    State(app): State<Arc<App>>,
    Viewer(session): Viewer,
    sent::Sent(sent): sent::Sent<HashMap<String, String>>,
) -> Result<Response, Failed> {
    let field = |name: &str| sent.get(name).map_or("", |text| text.trim());
    session.check_form(field("csrf"))?;
    if !session.person.may(Right::Propose) {
        return Err(ApiError::forbidden("your role does not propose changes").into());
    }
    let wanted = Configuration {
        owners: Some(owners(&sent)?),
        ..configure::current(&app)
    };
    let how = HowParams {
        why: field("why").to_owned(),
        ..HowParams::default()
    };
    let answer = wish(&app, &session.person, (&wanted, &how)).await?;
    let to = match answer["change"].as_str() {
        Some(change) => format!("/changes/{change}"),
        None => "/owners".to_owned(),
    };
    Ok(Redirect::to(&to).into_response())
}

fn owners(sent: &HashMap<String, String>) -> Result<Owners, ApiError> {
    let field = |name: String| sent.get(&name).map_or("", |text| text.trim()).to_owned();
    let mut rows = BTreeMap::new();
    for row in Responsibility::ALL {
        let of = |key: &str| field(format!("{}.{key}", row.name()));
        let business = of("business").to_lowercase();
        if business.is_empty() {
            continue;
        }
        let cadence = of("cadence");
        rows.insert(
            row,
            Owner {
                business,
                technical: of("technical").to_lowercase(),
                delegates: of("delegates")
                    .split(',')
                    .map(|email| email.trim().to_lowercase())
                    .filter(|email| !email.is_empty())
                    .collect(),
                fallback: Some(of("fallback").to_lowercase()).filter(|email| !email.is_empty()),
                cadence: CADENCES
                    .into_iter()
                    .find(|(_, value)| *value == cadence)
                    .map(|(cadence, _)| cadence)
                    .filter(|cadence| *cadence != row.usual_cadence()),
            },
        );
    }
    Ok(Owners {
        zone: field("zone".to_owned()),
        rows,
        away: away(&field("away".to_owned()))?,
    })
}

fn away(text: &str) -> Result<Vec<Away>, ApiError> {
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let mut parts = line.split_whitespace();
            let (person, from, until, rest) =
                (parts.next(), parts.next(), parts.next(), parts.next());
            match (person, from.map(str::parse), until.map(str::parse), rest) {
                (Some(person), Some(Ok(from)), Some(Ok(until)), None) => Ok(Away {
                    person: person.to_lowercase(),
                    from,
                    until,
                }),
                _ => Err(ApiError::invalid(
                    "away-invalid",
                    format!("`{}` is no absence", shown(line)),
                )
                .help("write an e-mail, the first and the last day: dana@example.com 2026-12-24 2027-01-02")),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_the_matrix_it_shows() {
        let sent = [
            ("finance-fields.business", " Fin@Example.com "),
            ("finance-fields.delegates", "a@b.c, ,d@b.c"),
            ("finance-fields.cadence", "weekly-sample"),
            ("customer-messages.cadence", "daily-sample"),
            ("zone", "Europe/Vienna"),
            ("away", "fin@example.com 2026-12-24 2026-12-26\n\n"),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        let found = owners(&sent).unwrap();
        let text = toml::to_string(&found).unwrap();
        assert_eq!(
            text,
            "zone = \"Europe/Vienna\"\n\n[owner.finance-fields]\nbusiness = \"fin@example.com\"\ndelegates = [\"a@b.c\", \"d@b.c\"]\ncadence = \"weekly-sample\"\n\n[[away]]\nperson = \"fin@example.com\"\nfrom = \"2026-12-24\"\nuntil = \"2026-12-26\"\n"
        );
        assert!(away("fin@example.com tomorrow 2026-12-26").is_err());
    }
}
