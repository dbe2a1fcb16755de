//! The post-incident report, written from the ledger alone, as Markdown and as one HTML file.

use crate::app::App;
use crate::audit::document::{Cell, Section};
use crate::audit::{html as page, markdown};
use crate::clock::readable;
use crate::error::ApiError;
use crate::gateway::undo::{choose, plan};
use leeway_core::classify::RecordRef;
use leeway_core::govern::event::GovernEvent;
use leeway_core::incident::{IncidentState, Step};
use leeway_core::ledger::event::Event;
use leeway_core::undo::state::UndoState;
use maud::html;

/// One line of the timeline.
pub struct Moment {
    /// When, UTC milliseconds.
    pub at_ms: i64,
    /// Who: `person:EMAIL` or `leeway`.
    pub actor: String,
    /// What, for people.
    pub text: String,
    /// The entry's place in the ledger.
    pub seq: u64,
}

/// Who did what when.
pub fn timeline(app: &App, state: &IncidentState) -> Result<Vec<Moment>, ApiError> {
    let entries = app
        .store
        .reader()?
        .entries_of(&IncidentState::stream(state.number))?;
    let moments =
        entries
            .iter()
            .filter_map(|raw| match Event::read(&raw.envelope.kind, &raw.payload) {
                Ok(Event::Govern(GovernEvent::Incident(event))) => Some(Moment {
                    at_ms: raw.envelope.time_ms,
                    actor: raw.envelope.actor.clone(),
                    text: event.words(),
                    seq: raw.envelope.seq,
                }),
                _ => None,
            });
    Ok(moments.collect())
}

/// A report, laid out once: every form prints the same.
pub struct Report {
    title: String,
    origin: String,
    verdict: String,
    over: bool,
    sections: Vec<Section>,
}

/// Writes the report up to now.
pub async fn write(app: &App, state: &IncidentState) -> Result<Report, ApiError> {
    let mut sections = vec![steps(state)];
    if state.scope.is_some() {
        sections.push(touched(app, state).await?);
    }
    let moments = timeline(app, state)?;
    let last = moments.last().map_or(0, |moment| moment.seq);
    sections.push(told(&moments));
    sections.push(signatures(state));
    Ok(Report {
        title: format!("Incident {}: {}", state.number, state.workflow),
        origin: format!(
            "Since {} UTC · written {} UTC from the ledger, up to entry {last}",
            readable(state.opened_ms),
            readable(app.clock.now_ms())
        ),
        verdict: format!("{}: {}", state.status.words(), state.why),
        over: state.status.is_over(),
        sections,
    })
}

impl Report {
    /// As Markdown. Texts of people and systems are text and nothing else.
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "# {}\n\n{}\n\n**{}**\n",
            markdown::escaped(&self.title),
            markdown::escaped(&self.origin),
            markdown::escaped(&self.verdict)
        );
        for section in &self.sections {
            out.push_str(&markdown::table(section));
        }
        out
    }

    /// As one HTML file: no script, nothing fetched.
    pub fn html(&self) -> String {
        let cover = page::Cover {
            kind: "Post-incident report",
            title: &self.title,
            origin: &self.origin,
        };
        let class = if self.over { "ready" } else { "not-ready" };
        let body = html! {
            section.summary aria-label="Summary" { p.verdict.(class) { (page::shown(&self.verdict)) } }
            (page::sections(&self.sections))
        };
        page::file(
            &cover,
            &body,
            "Every line is an entry of the ledger; its number says which.",
        )
    }
}

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

fn steps(state: &IncidentState) -> Section {
    let row = |step: &Step| {
        let found = state.evidence_for(*step);
        vec![
            text(format!("{}. {}", step.number(), step.title())),
            text(if state.is_done(*step) { "done" } else { "open" }),
            text(found.map_or("nothing yet", |evidence| &evidence.text)),
            text(found.map_or_else(String::new, |evidence| {
                format!("{}, {}", evidence.by, readable(evidence.at_ms))
            })),
        ]
    };
    Section {
        id: "steps",
        title: "The seven steps",
        intro: "Each step with its evidence; none can be left out.".to_owned(),
        head: vec!["step", "stands", "evidence", "by (UTC)"],
        rows: Step::ALL.iter().map(row).collect(),
    }
}

fn record(record: &RecordRef) -> String {
    format!("{} {}", record.record_type, record.id)
}

/// Why it stands there, and what was left to a person.
fn why(undo: &UndoState) -> String {
    match undo.left_open() {
        Some(open) if undo.status.is_settled() => format!("{} {open}", undo.note),
        _ => undo.note.clone(),
    }
}

async fn touched(app: &App, state: &IncidentState) -> Result<Section, ApiError> {
    let scope = state.scope.clone().unwrap_or_default();
    let mut rows = Vec::new();
    for row in choose::select(app, &scope).await? {
        let undo = plan::state(app, &row.id)?.map(|(_, undo)| undo);
        let stands = match &undo {
            None => "not settled".to_owned(),
            Some(undo) => match &undo.made {
                Some(made) => format!("{}, now {}", undo.status.words(), record(made)),
                None => undo.status.words().to_owned(),
            },
        };
        rows.push(vec![
            Cell::Name(row.id.to_string()),
            text(row.title),
            text(row.record.as_ref().map(record).unwrap_or_default()),
            text(stands),
            text(undo.map(|undo| why(&undo)).unwrap_or_default()),
        ]);
    }
    Ok(Section {
        id: "touched",
        title: "What it touched",
        intro: "Everything that was affected, once, and where it stands now.".to_owned(),
        head: vec!["action", "what", "record", "now", "why"],
        rows,
    })
}

fn told(moments: &[Moment]) -> Section {
    let row = |moment: &Moment| {
        vec![
            text(readable(moment.at_ms)),
            text(moment.actor.trim_start_matches("person:")),
            text(moment.text.clone()),
            text(moment.seq.to_string()),
        ]
    };
    Section {
        id: "timeline",
        title: "Timeline",
        intro: "Who did what when.".to_owned(),
        head: vec!["when (UTC)", "who", "what", "entry"],
        rows: moments.iter().map(row).collect(),
    }
}

fn signatures(state: &IncidentState) -> Section {
    let signed = state.signatures.iter().map(|one| {
        vec![
            text(one.by.clone()),
            text(one.side.words()),
            text(readable(one.at_ms)),
            Cell::Name(one.content_hash.clone()),
        ]
    });
    Section {
        id: "signatures",
        title: "Signatures",
        intro: "By whom the evidence was taken for enough to run again.".to_owned(),
        head: vec!["who", "as", "when (UTC)", "hash of the evidence"],
        rows: signed.collect(),
    }
}
