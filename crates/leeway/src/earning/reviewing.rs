//! The review queue: who looks at what, and what their verdict does. A verdict, what it teaches and what
//! follows from it are one append.

use super::{append, beginning, consequences, entry, lots, moved, place, stage, versions};
use crate::app::App;
use crate::error::ApiError;
use crate::texts;
use axum::http::StatusCode;
use leeway_core::action::state::{ActionRow, Status};
use leeway_core::earn::review::{Given, ReviewEvent, ReviewState};
use leeway_core::earn::stage::{Observed, StageEvent};
use leeway_core::earn::state::StageState;
use leeway_core::earn::verdict::{How, LONGEST_PATTERN, PATTERNS, Severity, Verdict};
use leeway_core::govern::people::{Person, Right};
use leeway_core::govern::routing::Ineligible;
use leeway_core::govern::state::Document;
use leeway_core::id::ActionId;
use leeway_store::{NewEntry, Precondition};
use std::collections::BTreeSet;

/// How often an append is tried whose stage moved meanwhile.
const TRIES: u32 = 8;

/// A verdict as a person gives it.
#[derive(Clone, Debug)]
pub struct Opinion {
    /// What it is.
    pub verdict: Verdict,
    /// How bad, when it is wrong; major unless told.
    pub severity: Option<Severity>,
    /// The failure's pattern, when it is wrong.
    pub pattern: Option<String>,
    /// A note.
    pub note: Option<String>,
    /// How long they had it open, milliseconds, where that is known.
    pub took_ms: Option<i64>,
}

/// A review by its id, and the length of its stream.
pub fn find(app: &App, id: &ActionId) -> Result<(u64, ReviewState), ApiError> {
    match app.store.reader()?.document(&ReviewState::stream(id))? {
        Some((version, Document::Review(review))) => Ok((version, *review)),
        _ => Err(ApiError::not_found("review", id.as_str())),
    }
}

/// Whether a person may review an output: by whose risk it is, and never what they decided on or said
/// already. True when they decided on it and there is nobody else.
pub fn may(app: &App, person: &Person, review: &ReviewState) -> Result<bool, ApiError> {
    if !person.may(Right::Decide) {
        return Err(ApiError::from(&Ineligible::Role));
    }
    let registry = app.registry();
    let routing = registry.routing(review.drawn.responsibility, app.clock.now_ms(), true);
    routing
        .admits(registry.matrix(), person)
        .map_err(|why| ApiError::from(&why))?;
    let action = app.store.reader()?.action(&review.drawn.shows)?;
    let decided = |email: &str| {
        action.as_ref().is_some_and(|action| {
            action.row.reviewer.as_deref() == Some(email)
                || action.row.endorsed_by.iter().any(|by| by == email)
                || action.editors().any(|editor| editor == email)
        })
    };
    let looked = |email: &str| review.given.iter().any(|(_, given)| given.by == email);
    let others = || {
        let eligible = routing.eligible.iter().map(String::as_str);
        eligible.filter(|email| *email != person.email && !decided(email))
    };
    // Who was unsure looks again only where nobody else can.
    if review.has_given(&person.email)
        || (looked(&person.email) && others().any(|email| !looked(email)))
    {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "already-reviewed",
            "you reviewed this already",
        )
        .help("somebody else looks at it too, without knowing what you said"));
    }
    // Whoever found a planted case before would know it.
    let known = review.is_planted()
        && find(app, &review.drawn.shows).is_ok_and(|(_, found)| found.has_given(&person.email));
    if !known && !decided(&person.email) {
        return Ok(false);
    }
    // Where nobody else may, they do, and it is marked.
    if others().next().is_none() && !review.is_planted() {
        return Ok(true);
    }
    Err(ApiError::new(
        StatusCode::FORBIDDEN,
        "own-decision",
        "you decided on this, so somebody else reviews it",
    )
    .help("it stays in the queue of the others who may"))
}

/// Failure patterns to choose from: those built in, and those people wrote, the most frequent first.
pub fn patterns(app: &App, review: &ReviewState) -> Result<Vec<String>, ApiError> {
    let reader = app.store.reader()?;
    let (_, known) = stage(&reader, &review.drawn.workflow, &review.drawn.tool)?;
    let mut written: Vec<(String, u64)> = known
        .map(|state| state.patterns.into_iter().collect())
        .unwrap_or_default();
    written.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut seen = BTreeSet::new();
    Ok(written
        .into_iter()
        .map(|(pattern, _)| pattern)
        .chain(PATTERNS.iter().map(|pattern| (*pattern).to_owned()))
        .filter(|pattern| seen.insert(pattern.clone()))
        .take(40)
        .collect())
}

/// Records a person's verdict.
pub async fn judge(
    app: &App,
    person: &Person,
    id: &ActionId,
    opinion: &Opinion,
) -> Result<ReviewState, ApiError> {
    checked(opinion)?;
    for _ in 0..TRIES {
        let (version, review) = find(app, id)?;
        let solo = may(app, person, &review)?;
        if !review.is_open() {
            return Err(ApiError::new(
                StatusCode::CONFLICT,
                "already-reviewed",
                "it is reviewed already; nothing was done",
            ));
        }
        let wrong = opinion.verdict == Verdict::Wrong;
        let given = Given {
            by: person.email.clone(),
            verdict: opinion.verdict,
            severity: wrong.then(|| opinion.severity.unwrap_or(Severity::Major)),
            pattern: opinion.pattern.clone().filter(|_| wrong),
            note: opinion.note.clone(),
            took_ms: opinion.took_ms,
            solo,
        };
        let now_ms = app.clock.now_ms();
        let event = ReviewEvent::Judged(given);
        let after = ReviewState::apply(Some(review.clone()), id, now_ms, &event)
            .map_err(|why| ApiError::new(StatusCode::CONFLICT, "already-reviewed", why))?;
        let stream = ReviewState::stream(id);
        let actor = format!("person:{}", person.email);
        let mut entries = vec![entry((&stream, &actor, now_ms), event)];
        let mut preconditions = vec![Precondition::StreamAt { stream, version }];
        let sure = opinion.verdict != Verdict::Unsure;
        let nobody_sure = after.outcome() == Some(Verdict::Unsure);
        if (sure || nobody_sure) && !after.is_planted() {
            let (learned, precondition) = learn(app, &after, now_ms)?;
            entries.extend(learned);
            preconditions.extend(precondition);
        }
        match append(app, entries, preconditions).await {
            Err(error) if error.code == "stale" => continue,
            other => other?,
        }
        if let (Some(lot), false) = (after.drawn.lot, after.is_open()) {
            let area = (after.drawn.workflow.as_str(), after.drawn.responsibility);
            lots::unless_moved(lots::close(app, area, lot).await)?;
        }
        return Ok(after);
    }
    Err(moved())
}

fn checked(opinion: &Opinion) -> Result<(), ApiError> {
    let pattern = opinion.pattern.as_deref().unwrap_or_default();
    if pattern.chars().count() > LONGEST_PATTERN {
        return Err(ApiError::invalid(
            "pattern-too-long",
            format!("a failure pattern has at most {LONGEST_PATTERN} characters"),
        )
        .help("name the pattern in a few words, and say more in the note"));
    }
    if opinion.verdict != Verdict::Wrong && opinion.severity.is_some() {
        return Err(ApiError::invalid(
            "severity-unexpected",
            "only what is wrong has a severity",
        ));
    }
    texts::within([("note", opinion.note.as_deref().unwrap_or_default())])
}

/// What a look teaches, and what follows: the first who is sure counts at once, whoever looks too can make
/// right wrong.
fn learn(
    app: &App,
    review: &ReviewState,
    now_ms: i64,
) -> Result<(Vec<NewEntry>, Option<Precondition>), ApiError> {
    let drawn = &review.drawn;
    let registry = app.registry();
    let (Some(live), Some(tool)) = (
        registry.workflows.get(&drawn.workflow),
        registry.find(&drawn.tool),
    ) else {
        return Ok((Vec::new(), None));
    };
    let reader = app.store.reader()?;
    let Some(row) = reader.action_row(&drawn.shows)? else {
        return Ok((Vec::new(), None));
    };
    let (version, known) = stage(&reader, &drawn.workflow, &drawn.tool)?;
    let stream = StageState::stream(&drawn.workflow, &drawn.tool);
    let mut entries = Vec::new();
    let mut state = known.clone();
    let unreadable = |why: String| {
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "evidence-unreadable",
            why,
        )
    };
    if let Some(event) = beginning(known.as_ref(), (versions(live, tool), now_ms)) {
        let began = StageState::apply(state, "leeway", now_ms, &event).map_err(unreadable)?;
        state = Some(began);
        entries.push(entry((&stream, "leeway", now_ms), event));
    }
    let Some(state) = state else {
        return Ok((entries, None));
    };
    let counts = row.created_ms >= state.run.since_ms;
    let event = StageEvent::Observed(observed(review, &row, counts));
    let mut state = StageState::apply(Some(state), "leeway", now_ms, &event).map_err(unreadable)?;
    entries.push(entry((&stream, "leeway", now_ms), event));
    let place = place(&registry, live, (&drawn.tool, now_ms));
    let follow = consequences((&drawn.workflow, &drawn.tool), &mut state, place);
    entries.extend(follow.map_err(unreadable)?);
    Ok((entries, Some(Precondition::StreamAt { stream, version })))
}

fn observed(review: &ReviewState, row: &ActionRow, counts: bool) -> Observed {
    let mut sure = review
        .given
        .iter()
        .map(|(_, given)| given)
        .filter(|given| given.verdict != Verdict::Unsure);
    let (first, second) = (sure.next(), sure.next());
    let is_right = |given: &Given| given.verdict == Verdict::Right;
    let pair = first
        .zip(second)
        .map(|(one, other)| (is_right(one), is_right(other)));
    // What a person decided on, or somebody reviewed, counted already as they said.
    let before = match (first, second) {
        (Some(first), Some(_)) => Some(first.verdict),
        _ if row.reviewer.is_none() => None,
        _ if row.edited || row.status == Status::Rejected => Some(Verdict::Wrong),
        _ => Some(Verdict::Right),
    };
    let verdict = match (first, second) {
        (None, _) => Verdict::Unsure,
        (Some(one), None) => one.verdict,
        (Some(one), Some(other)) if is_right(one) && is_right(other) => Verdict::Right,
        _ => Verdict::Wrong,
    };
    // A second look adds what the first did not say: how bad it is, where it is worse.
    let says = second.or(first).filter(|given| !is_right(given));
    let told = second.and(first).and_then(|first| first.severity);
    let adds = says.filter(|given| given.severity > told);
    Observed {
        action: row.id.clone(),
        agent: row.agent.clone(),
        how: How::Reviewed,
        verdict,
        before,
        confidence: row.confidence,
        severity: adds.and_then(|given| given.severity),
        pattern: adds.and_then(|given| given.pattern.clone()),
        edited_share: None,
        pair,
        counts,
    }
}
