//! Sends the week's report by mail, on Mondays, to operators and owners. What was due before the process
//! ended is due still, under the same message id.

use crate::app::App;
use crate::clock;
use crate::earning::entry;
use crate::error::ApiError;
use crate::notify::mail::Envelope;
use crate::notify::{preferences, send};
use crate::report;
use leeway_core::canonical;
use leeway_core::govern::people::Right;
use leeway_core::govern::state::Document;
use leeway_core::id::MessageId;
use leeway_core::notify::settings::EMAIL;
use leeway_core::notify::weekly::{ReportEvent, WEEKLY_STREAM, WeeklyState, due, due_ms};
use leeway_store::{Append, AppendError, Precondition};

/// How long one is tried, milliseconds: a day.
const LONGEST_MS: i64 = 24 * 3600 * 1000;

/// Sends what is due.
pub async fn tend(app: &App) -> Result<(), ApiError> {
    let registry = app.registry();
    let Some(live) = &registry.notify else {
        return Ok(());
    };
    let Some(email) = live
        .notify
        .email
        .as_ref()
        .filter(|_| live.notify.weekly_report)
    else {
        return Ok(());
    };
    let (mut version, mut state) = stands(app)?;
    let week_ms = due(app.clock.now_ms());
    // What was due before there was a mail server is not sent afterwards.
    if state.week_ms < week_ms && live.since_ms < due_ms(week_ms) {
        let mut to = Vec::new();
        for person in &registry.people {
            let ways = preferences::of(app, &live.notify, &person.email)?;
            let reads = person.may(Right::Configure) || person.may(Right::Resume);
            if reads && ways.channels.iter().any(|channel| channel == EMAIL) {
                to.push(person.email.clone());
            }
        }
        let message = MessageId::new(app.clock.now_ms(), clock::random()).to_string();
        let event = ReportEvent::Due {
            week_ms,
            to,
            message,
        };
        append(app, version, event).await?;
        (version, state) = stands(app)?;
    }
    if state.waiting.is_empty() {
        return Ok(());
    }
    let found = report::write(app, report::DAYS)?;
    for person in state.waiting.clone() {
        // One id per reader, whoever waits beside them at this attempt.
        let reader: String = canonical::hash(&person).chars().take(12).collect();
        let envelope = Envelope {
            from: &email.from,
            from_name: &email.from_name,
            to: &person,
            message: &format!("{}.{reader}", state.message),
            at_ms: state.since_ms,
        };
        let text = (found.subject(), found.markdown(), found.html());
        let too_long = app.clock.now_ms() - state.since_ms > LONGEST_MS;
        let event = match send::report(email, &envelope, text).await {
            Ok(receipt) => ReportEvent::Sent {
                to: person,
                receipt,
            },
            Err(error) if error.refused || too_long => ReportEvent::Failed {
                to: person,
                why: error.why,
            },
            // Tried again at the next look.
            Err(_) => continue,
        };
        append(app, version, event).await?;
        version += 1;
    }
    Ok(())
}

fn stands(app: &App) -> Result<(u64, WeeklyState), ApiError> {
    match app.store.reader()?.document(WEEKLY_STREAM)? {
        Some((version, Document::Weekly(state))) => Ok((version, state)),
        _ => Ok((0, WeeklyState::default())),
    }
}

async fn append(app: &App, version: u64, event: ReportEvent) -> Result<(), ApiError> {
    let append = Append {
        entries: vec![entry((WEEKLY_STREAM, "leeway", app.clock.now_ms()), event)],
        preconditions: vec![Precondition::StreamAt {
            stream: WEEKLY_STREAM.to_owned(),
            version,
        }],
        side: vec![],
    };
    match app.store.append(append).await {
        Err(AppendError::Conflict(_)) => Err(crate::earning::moved()),
        other => {
            other?;
            Ok(())
        }
    }
}
