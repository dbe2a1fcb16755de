//! From entries to messages: an entry that calls for a notice is put into the postboxes of those it
//! concerns; what waits in a postbox becomes one message. Each step is one append.

use super::card::card;
use super::recipients::{self, Told};
use super::{preferences, words};
use crate::app::App;
use crate::clock;
use crate::error::ApiError;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::state::Document;
use leeway_core::id::MessageId;
use leeway_core::ledger::event::Event;
use leeway_core::notify::letter::{Card, Letter};
use leeway_core::notify::postbox::{NOBODY, PostboxEvent, PostboxState};
use leeway_core::notify::settings::Notify;
use leeway_core::notify::{Item, What, called_for};
use leeway_store::{Append, AppendError, NewEntry, Precondition, StoreError};

/// Entries taken care of in one append.
const AT_ONCE: usize = 50;
/// Cards in one digest.
const MOST_CARDS: usize = 25;

/// Puts everything that is owed into postboxes. Returns when nothing is owed any more.
pub async fn address(app: &App) -> Result<(), ApiError> {
    let registry = app.registry();
    let Some(live) = &registry.notify else {
        return Ok(());
    };
    loop {
        let owed = app.store.reader()?.outbox(AT_ONCE)?;
        if owed.is_empty() {
            return Ok(());
        }
        let mut entries = Vec::new();
        for seq in owed {
            entries.extend(addressed(app, &live.notify, seq)?);
        }
        append(app, entries, vec![]).await?;
    }
}

fn addressed(
    app: &App,
    notify: &Notify,
    seq: u64,
) -> Result<Vec<(String, PostboxEvent)>, ApiError> {
    let raw = app.store.reader()?.entries(seq, 1)?;
    let raw = raw
        .first()
        .ok_or_else(|| unreadable(seq, &"it is not there"))?;
    let envelope = &raw.envelope;
    let event = Event::read(&envelope.kind, &raw.payload).map_err(|why| unreadable(seq, &why))?;
    let what = called_for(&event).ok_or_else(|| unreadable(seq, &"it calls for nothing"))?;
    let Told { what, to, nobody } =
        recipients::of(app, what, (&envelope.stream, &envelope.actor, &event))?;
    let item = Item {
        cause: Some(seq),
        about: envelope.stream.clone(),
        what,
    };
    let mut events = Vec::new();
    for email in &to {
        for channel in preferences::of(app, notify, email)?.channels {
            let stream = PostboxState::stream(&channel, email);
            events.push((stream, PostboxEvent::Due { item: item.clone() }));
        }
    }
    if events.is_empty() {
        let why = if to.is_empty() {
            nobody.to_owned()
        } else {
            format!("no channel reaches {}", to.join(", "))
        };
        events.push((NOBODY.to_owned(), PostboxEvent::Nobody { item, why }));
    }
    Ok(events)
}

fn unreadable(seq: u64, why: &dyn std::fmt::Display) -> ApiError {
    StoreError::Unreadable(format!(
        "entry {seq}, of which somebody is to be told: {why}"
    ))
    .into()
}

/// Every postbox that is somebody's: its length and state.
pub fn postboxes(app: &App) -> Result<Vec<(u64, PostboxState)>, ApiError> {
    let documents = app.store.reader()?.documents("postbox/")?;
    let found = documents
        .into_iter()
        .filter_map(|(_, version, document)| match document {
            Document::Postbox(state) if !state.person.is_empty() => Some((version, state)),
            _ => None,
        });
    Ok(found.collect())
}

/// Puts what waits in a postbox together into one message; or empties it when none of it needs
/// telling any more. Returns the postbox then.
pub async fn bundle(
    app: &App,
    (version, postbox): (u64, &PostboxState),
) -> Result<Option<PostboxState>, ApiError> {
    let here = app.registry();
    // Who was removed is told that still, and nothing else.
    let parting = |item: &Item| item.what == What::RightTaken;
    let present = here
        .people
        .iter()
        .any(|person| person.email == postbox.person)
        || (postbox.more == 0 && postbox.waiting.iter().any(parting));
    let gone = !here
        .people
        .iter()
        .any(|person| person.email == postbox.person);
    let cards = if present {
        let mut postbox = postbox.clone();
        postbox.waiting.retain(|item| !gone || parting(item));
        cards(app, &postbox)?
    } else {
        vec![]
    };
    // What is only counted may wait still, whatever became of what is listed.
    let settled = !present || (cards.is_empty() && postbox.more == 0);
    let event = if settled {
        let why = if present {
            "it was decided meanwhile"
        } else {
            "the person is no longer here"
        };
        PostboxEvent::Settled {
            why: why.to_owned(),
        }
    } else {
        PostboxEvent::Bundled {
            message: MessageId::new(app.clock.now_ms(), clock::random()).to_string(),
            letter: letter(cards, postbox.more),
        }
    };
    let stream = PostboxState::stream(&postbox.channel, &postbox.person);
    let unmoved = Precondition::StreamAt {
        stream: stream.clone(),
        version,
    };
    match append(app, vec![(stream.clone(), event)], vec![unmoved]).await {
        Ok(()) => Ok(match app.store.reader()?.document(&stream)? {
            Some((_, Document::Postbox(state))) => Some(state),
            _ => None,
        }),
        // Something was put in meanwhile: next time.
        Err(AppendError::Conflict(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// One card per thing: the last that was said of it. Tests stand alone.
fn cards(app: &App, postbox: &PostboxState) -> Result<Vec<Card>, ApiError> {
    let mut last: Vec<&Item> = Vec::new();
    for item in &postbox.waiting {
        last.retain(|earlier| earlier.about != item.about);
        last.push(item);
    }
    let mut cards = Vec::new();
    for item in last {
        cards.extend(card(app, &postbox.person, item)?);
    }
    Ok(cards)
}

/// The letter of some cards; in a digest nothing is approved straight away, so that each is looked
/// at by itself.
pub fn letter(mut cards: Vec<Card>, more: u64) -> Letter {
    let decides = |card: &&Card| card.what.waits() || card.what == What::ChangeWaits;
    let decide = cards.iter().filter(decides).count() as u64;
    let all = cards.len() as u64;
    let cut = cards.len().saturating_sub(MOST_CARDS) as u64;
    cards.truncate(MOST_CARDS);
    let more = more + cut;
    let digest = cards.len() > 1 || more > 0;
    if digest {
        for card in &mut cards {
            card.quick = None;
        }
    }
    let subject = match cards.first() {
        Some(card) if !digest => words::subject(card.what, &card.title),
        _ => words::digest_subject(decide + more - cut, all - decide),
    };
    Letter {
        subject,
        cards,
        more,
    }
}

/// Appends entries of postboxes.
pub async fn append(
    app: &App,
    events: Vec<(String, PostboxEvent)>,
    preconditions: Vec<Precondition>,
) -> Result<(), AppendError> {
    let time_ms = app.clock.now_ms();
    let entries = events
        .into_iter()
        .map(|(stream, event)| NewEntry {
            stream,
            actor: "leeway".to_owned(),
            time_ms,
            event: Event::Govern(GovernEvent::Postbox(event)),
        })
        .collect();
    let append = Append {
        entries,
        preconditions,
        side: vec![],
    };
    app.store.append(append).await.map(drop)
}
