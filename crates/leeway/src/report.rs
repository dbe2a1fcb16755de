//! The week as a report: what needs somebody, how each workflow went, what was earned and lost. For a page,
//! as one HTML file or mail with its charts inside, as Markdown and as JSON.

use crate::app::App;
use crate::audit::document::{Cell, Section};
use crate::audit::{html as file, markdown};
use crate::charts::{self, AccuracyPoint, LoadBar, Medium};
use crate::clock::readable;
use crate::earning::desk::{Desk, desk};
use crate::earning::reviewers::{Everybody, measure};
use crate::earning::{DAY_MS, summary};
use crate::error::ApiError;
use leeway_core::earn::tally::Week;
use leeway_core::evidence::gate::Design;
use leeway_core::evidence::interval;
use maud::{Markup, html};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Days of the report unless told.
pub const DAYS: u32 = 7;

/// The report, laid out once: every form prints the same.
pub struct Report {
    /// Its heading.
    pub title: String,
    /// Of which time it is.
    pub origin: String,
    verdict: String,
    calm: bool,
    sections: Vec<Section>,
    workflows: Vec<(String, Vec<Week>)>,
    reviewers: Everybody,
}

/// Writes the report of the last days.
pub fn write(app: &App, days: u32) -> Result<Report, ApiError> {
    let found = desk(app)?;
    let reviewers = measure(app)?;
    let now_ms = app.clock.now_ms();
    let from_ms = now_ms - i64::from(days) * DAY_MS;
    let urgent = found
        .needs
        .iter()
        .filter(|need| is_urgent(need.kind))
        .count();
    let (told, workflows) = learned(app, from_ms)?;
    Ok(Report {
        title: format!("{}: the last {days} days", app.settings.name),
        origin: format!(
            "{} to {} UTC, written from the ledger",
            readable(from_ms),
            readable(now_ms)
        ),
        verdict: match urgent {
            0 => "Nothing is urgent.".to_owned(),
            1 => "One thing is urgent.".to_owned(),
            many => format!("{many} things are urgent."),
        },
        calm: urgent == 0,
        sections: vec![needs(&found), table(&found), told, people(&reviewers)],
        workflows,
        reviewers,
    })
}

fn is_urgent(kind: crate::earning::desk::Kind) -> bool {
    use crate::earning::desk::Kind as K;
    matches!(
        kind,
        K::Incident | K::ReviewsOverdue | K::AreaStopped | K::Drifting
    )
}

fn text(words: impl Into<String>) -> Cell {
    Cell::Text(words.into())
}

fn needs(found: &Desk) -> Section {
    Section {
        id: "needs",
        title: "What needs somebody",
        intro: match found.needs.len() {
            0 => "Nothing does.".to_owned(),
            _ => "The most urgent first.".to_owned(),
        },
        head: vec!["what", "where"],
        rows: found
            .needs
            .iter()
            .map(|need| vec![text(need.text.clone()), Cell::Name(need.at.clone())])
            .collect(),
    }
}

fn table(found: &Desk) -> Section {
    Section {
        id: "workflows",
        title: "Workflows",
        intro: "Actions of the last seven days; reviewed outputs of the present runs of evidence."
            .to_owned(),
        head: vec![
            "workflow",
            "stands",
            "actions",
            "alone",
            "tools alone",
            "wrong of reviewed",
        ],
        rows: found
            .workflows
            .iter()
            .map(|one| {
                vec![
                    text(one.title.clone()),
                    text(one.state),
                    text(one.volume.to_string()),
                    text(one.ran_alone.to_string()),
                    text(format!(
                        "{} of {}",
                        one.tools_alone,
                        one.tools_alone + one.tools_more
                    )),
                    text(format!("{} of {}", one.wrong, one.reviewed)),
                ]
            })
            .collect(),
    }
}

/// Workflows by title, and their weeks.
type Weeks = Vec<(String, Vec<Week>)>;

/// What happened to stages since a time, and each workflow's weeks.
fn learned(app: &App, from_ms: i64) -> Result<(Section, Weeks), ApiError> {
    let registry = app.registry();
    let (mut rows, mut workflows) = (Vec::new(), Vec::new());
    for live in registry.workflows.values() {
        let title = &live.state.workflow.title;
        let mut weeks: BTreeMap<i64, Week> = BTreeMap::new();
        for tool in summary::tools(app, &registry, live)? {
            let Some(stage) = tool.stage else { continue };
            for moment in stage.moments.iter().filter(|one| one.at_ms >= from_ms) {
                rows.push((
                    moment.at_ms,
                    vec![
                        text(readable(moment.at_ms)),
                        text(title.clone()),
                        Cell::Name(tool.name.clone()),
                        text(moment.text.clone()),
                    ],
                ));
            }
            for week in stage.weeks {
                let sum = weeks.entry(week.from_ms).or_insert(Week {
                    from_ms: week.from_ms,
                    n: 0,
                    right: 0,
                });
                sum.n += week.n;
                sum.right += week.right;
            }
        }
        if !weeks.is_empty() {
            workflows.push((title.clone(), weeks.into_values().collect()));
        }
    }
    rows.sort_by_key(|(at_ms, _)| *at_ms);
    let section = Section {
        id: "earned",
        title: "Earned and lost",
        intro: match rows.len() {
            0 => "Nothing was proposed, earned or lost.".to_owned(),
            _ => "What happened to what agents may do.".to_owned(),
        },
        head: vec!["when (UTC)", "workflow", "tool", "what"],
        rows: rows.into_iter().map(|(_, row)| row).collect(),
    };
    Ok((section, workflows))
}

fn people(all: &Everybody) -> Section {
    let one = &all.together;
    let of = |part: u64, base: u64| format!("{part} of {base}");
    let rows = vec![
        ("Objected, of decided", of(one.objected, one.decided)),
        ("Found wrong, of reviewed", of(one.wrong, one.reviewed)),
        (
            "Decided faster than it can be read, of the latest timed",
            of(one.faster_than_reading, one.timed),
        ),
        ("Planted cases found", of(one.found, one.planted)),
        ("Waiting now", all.waiting.to_string()),
    ];
    Section {
        id: "reviewers",
        title: "Those who decide and review",
        intro: "All of them together; each sees their own numbers.".to_owned(),
        head: vec!["what", "how much"],
        rows: rows
            .into_iter()
            .map(|(what, much)| vec![text(what), text(much)])
            .collect(),
    }
}

/// The accuracy chart of some weeks.
pub fn accuracy(id: &str, medium: Medium, weeks: &[Week]) -> Markup {
    let points: Vec<AccuracyPoint> = weeks
        .iter()
        .map(|week| {
            let (low, high) = interval::wilson(week.n - week.right.min(week.n), week.n, 0.95);
            AccuracyPoint {
                label: charts::day(week.from_ms),
                n: week.n,
                right: week.right,
                low: 1.0 - high,
                high: 1.0 - low,
            }
        })
        .collect();
    charts::accuracy(id, medium, &points, 1.0 - Design::DEFAULT.p0)
}

impl Report {
    /// Its charts.
    pub fn charts(&self, medium: Medium) -> Markup {
        let bars: Vec<LoadBar> = self
            .reviewers
            .together
            .weeks
            .iter()
            .skip_while(|week| week.items == 0)
            .map(|week| LoadBar {
                label: charts::day(week.from_ms),
                done: week.items,
                forecast: false,
            })
            .collect();
        html! {
            @for (index, (title, weeks)) in self.workflows.iter().enumerate() {
                section { h2 { (file::shown(title)) } (accuracy(&format!("accuracy-{index}"), medium, weeks)) }
            }
            @if bars.iter().any(|bar| bar.done > 0) { section { h2 { "Decisions and reviews a week" } (charts::load("load", medium, &bars, None)) } }
        }
    }

    /// One line that says what it is.
    pub fn subject(&self) -> String {
        format!("{}. {}", self.title, self.verdict)
    }

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

    /// As one HTML file or mail: no script, nothing fetched, charts inside.
    pub fn html(&self) -> String {
        let cover = file::Cover {
            kind: "Weekly report",
            title: &self.title,
            origin: &self.origin,
        };
        let body = html! { (self.body()) (self.charts(Medium::Mail)) };
        file::file(&cover, &body, "Every number is derived from the ledger.")
    }

    /// Its verdict and tables.
    pub fn body(&self) -> Markup {
        let class = if self.calm { "ready" } else { "not-ready" };
        html! {
            section.summary aria-label="Summary" { p.verdict.(class) { (file::shown(&self.verdict)) } }
            (file::sections(&self.sections))
        }
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let sections: Vec<Value> = self
            .sections
            .iter()
            .map(|section| {
                let rows: Vec<Vec<String>> = section
                    .rows
                    .iter()
                    .map(|row| row.iter().map(plain).collect())
                    .collect();
                json!({ "id": section.id, "title": section.title, "head": section.head, "rows": rows })
            })
            .collect();
        json!({ "title": self.title, "origin": self.origin, "verdict": self.verdict, "sections": sections })
    }
}

fn plain(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) | Cell::Name(text) => text.clone(),
        Cell::Names(names) => names.join(", "),
        Cell::Level(level) => u8::from(*level).to_string(),
    }
}
