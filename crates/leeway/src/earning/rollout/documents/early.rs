//! What the first two weeks produce.

use super::super::facts::{Facts, ToolFact};
use super::{level, plain, section, text};
use crate::audit::document::{Cell, Section};
use crate::clock::readable;
use leeway_core::classify::Effect;
use leeway_core::earn::review::ReviewState;
use leeway_core::earn::verdict::{Severity, Verdict};
use leeway_core::judge::guardrail::Then;

pub(super) fn permissions(facts: &Facts) -> Section {
    let row = |tool: &ToolFact| {
        let classified = match (tool.worst, tool.classified) {
            (None, _) => "The system does not list it.",
            (_, false) => "No pack classifies it, so it is blocked.",
            (_, true) => "As the pack says.",
        };
        vec![
            Cell::Name(tool.name.clone()),
            text(tool.granted.name()),
            text(tool.now.name()),
            level(tool),
            text(classified),
        ]
    };
    section(
        ("permissions", "Permission levels"),
        "How far agents may go with each tool, how far they go now, and the level of a call at worst. Levels 4 and 5 always wait for a person.",
        &["Tool", "Granted", "Now", "At worst", "Classified"],
        facts.tools.iter().map(row).collect(),
    )
}

pub(super) fn sources(facts: &Facts) -> Section {
    let reads = |tool: &&ToolFact| matches!(tool.worst, Some((Effect::Read, _)));
    let mut rows: Vec<Vec<Cell>> = facts
        .tools
        .iter()
        .filter(reads)
        .map(|tool| {
            vec![
                Cell::Name(tool.name.clone()),
                text("Agents read it, and cite what they read."),
            ]
        })
        .collect();
    let required = facts.state.workflow.required_sources.iter();
    rows.extend(required.map(|field| {
        vec![
            Cell::Name(field.clone()),
            text("A change of this field has to cite a source that speaks of it."),
        ]
    }));
    section(
        ("sources", "Data sources"),
        "What agents read, and what has to be cited.",
        &["Source", "How"],
        rows,
    )
}

pub(super) fn owners(facts: &Facts) -> Section {
    let rows = facts.areas.iter().map(|area| {
        let named = area.named.as_ref();
        let or_nobody = |name: Option<&str>| match name {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => "nobody named".to_owned(),
        };
        vec![
            text(area.need.area.clone()),
            text(or_nobody(named.map(|owner| owner.business.as_str()))),
            text(or_nobody(named.map(|owner| owner.technical.as_str()))),
            text(match area.routing.eligible.as_slice() {
                [] => "nobody".to_owned(),
                some => some.join(", "),
            }),
            text(area.need.cadence.clone()),
            Cell::Names(area.need.tools.clone()),
        ]
    });
    section(
        ("owners", "Owner list"),
        "Whose risk it is, area by area, and who decides now.",
        &[
            "Area",
            "Business owner",
            "Technical owner",
            "Decides now",
            "Reviewed",
            "Tools",
        ],
        rows.collect(),
    )
}

pub(super) fn blocked(facts: &Facts) -> Section {
    let workflow = &facts.state.workflow;
    let mut rows: Vec<Vec<Cell>> = facts
        .blocked
        .iter()
        .map(|name| {
            vec![
                Cell::Name(name.clone()),
                text("Not granted: agents cannot call it."),
            ]
        })
        .collect();
    let rails = workflow
        .guardrails
        .iter()
        .filter(|rule| matches!(rule.then, Then::Block));
    rows.extend(rails.map(|rule| vec![Cell::Name(rule.id.clone()), text(plain(&rule.text))]));
    let said = workflow.not_alone.iter();
    rows.extend(said.map(|what| vec![text("Not alone"), text(plain(what))]));
    section(
        ("blocked", "Blocked actions"),
        "What agents of this workflow cannot do, or not alone.",
        &["What", "Why"],
        rows,
    )
}

pub(super) fn notes(facts: &Facts) -> Section {
    let row = |review: &ReviewState| {
        let worst = review.worst();
        let at_ms = review
            .given
            .last()
            .map_or(review.drawn_ms, |(at_ms, _)| *at_ms);
        let notes: Vec<String> = review
            .given
            .iter()
            .filter_map(|(_, given)| {
                let note = given.note.as_ref().filter(|note| !note.trim().is_empty())?;
                Some(format!("{}: {}", given.by, plain(note)))
            })
            .collect();
        let verdict = review.outcome().map_or("open", Verdict::name);
        let how_bad = worst.and_then(|given| given.severity).map(Severity::name);
        vec![
            text(readable(at_ms).chars().take(16).collect::<String>()),
            Cell::Name(review.drawn.tool.clone()),
            text(match how_bad {
                Some(severity) => format!("{verdict}, {severity}"),
                None => verdict.to_owned(),
            }),
            text(
                worst
                    .and_then(|given| given.pattern.as_deref())
                    .map(plain)
                    .unwrap_or_default(),
            ),
            text(notes.join(" · ")),
        ]
    };
    section(
        ("notes", "Sample review notes"),
        "Reviews of what ran in the last 90 days as people left them: wrong ones and those with a note first, then the latest, 12 at most. Times are UTC.",
        &["When", "Tool", "Verdict", "Pattern", "Notes"],
        facts.reviews.iter().map(row).collect(),
    )
}

pub(super) fn patterns(facts: &Facts) -> Section {
    let total: u64 = facts.patterns.values().sum();
    let mut patterns: Vec<(&String, &u64)> = facts.patterns.iter().collect();
    patterns.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
    let [accepted, edited, rejected] = facts.decided;
    let decided = accepted + edited + rejected;
    let rows = patterns
        .into_iter()
        .map(|(name, count)| vec![text(plain(name)), text(format!("{count} of {total}"))]);
    section(
        ("patterns", "Failure patterns"),
        format!(
            "What was wrong, as people named it, the most frequent first. Of {decided} decided, {accepted} were taken as proposed, {edited} changed first, {rejected} rejected."
        ),
        &["Pattern", "How often"],
        rows.collect(),
    )
}
