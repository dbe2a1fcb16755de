//! Tells people: takes what the ledger owes them into postboxes, puts messages together, sends them
//! and tries again. Nothing waits for it; what it did not do before the process ended is owed still.

use crate::app::App;
use crate::error::ApiError;
use crate::metrics;
use crate::notify::Links;
use crate::notify::send::{self, NotTaken, Outgoing};
use crate::notify::{outbox, preferences, quick};
use leeway_core::notify::What;
use leeway_core::notify::letter::Card;
use leeway_core::notify::postbox::{
    LONGEST_TRYING_MS, PostboxEvent, PostboxState, Sending, Step, delay_ms,
};
use leeway_store::{AppendError, Notice};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{Semaphore, broadcast, mpsc};

/// Messages sent at the same time.
const AT_ONCE: usize = 8;
/// How long nothing is looked at when nothing happens.
const LONGEST_REST_MS: i64 = 30_000;
/// How long further entries are waited for after one.
const GATHER: Duration = Duration::from_millis(50);
/// How often recording that a message was sent is tried.
const RECORD_TRIES: u32 = 60;

/// Runs until the process ends.
pub async fn serve(app: Arc<App>) {
    let mut heard = app.store.subscribe();
    let (done, mut ended) = mpsc::unbounded_channel();
    let mut post = Post {
        places: Arc::new(Semaphore::new(AT_ONCE)),
        tries: HashMap::new(),
        done,
        app,
    };
    loop {
        let rest_ms = match post.round().await {
            Ok(next_ms) => (next_ms - post.app.clock.now_ms()).clamp(0, LONGEST_REST_MS),
            Err(error) => {
                tracing::warn!(%error, "people could not be told yet");
                delay_ms(1)
            }
        };
        tokio::select! {
            open = news(&mut heard) => {
                if !open {
                    return;
                }
                gather(&mut heard).await;
            }
            Some(result) = ended.recv() => post.took(result),
            () = tokio::time::sleep(Duration::from_millis(rest_ms.unsigned_abs())) => {}
        }
    }
}

/// Waits for an entry that may have something to do with it. False when there will be none.
async fn news(heard: &mut broadcast::Receiver<Notice>) -> bool {
    loop {
        match heard.recv().await {
            Ok(notice) if concerns(notice.kind) => return true,
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return true,
            Err(RecvError::Closed) => return false,
        }
    }
}

/// Lets what happens together be looked at together: under load a round per entry would be one
/// processor's whole work.
async fn gather(heard: &mut broadcast::Receiver<Notice>) {
    tokio::time::sleep(GATHER).await;
    while !matches!(
        heard.try_recv(),
        Err(TryRecvError::Empty | TryRecvError::Closed)
    ) {}
}

fn concerns(kind: &str) -> bool {
    matches!(
        kind,
        "action.judged"
            | "action.endorsed"
            | "action.reminded"
            | "action.escalated"
            | "action.expired"
            | "action.finished"
            | "change.proposed"
            | "workflow.paused"
            | "workflow.resumed"
            | "incident.owner-told"
            | "incident.escalated"
            | "stage.eligible"
            | "stage.demoted"
            | "notify.configured"
            | "postbox.due"
    )
}

/// What became of an attempt: the postbox's stream, the message, when it is tried again.
struct Attempted {
    stream: String,
    message: String,
    failed: bool,
}

/// Attempts at one message by this process.
struct Tries {
    message: String,
    count: u32,
    not_before_ms: i64,
    /// When the configuration it was tried under took force.
    configured_ms: i64,
    under_way: bool,
    /// The quick link's token: one for every attempt.
    link: Option<String>,
}

struct Post {
    app: Arc<App>,
    places: Arc<Semaphore>,
    tries: HashMap<String, Tries>,
    done: mpsc::UnboundedSender<Attempted>,
}

impl Post {
    /// Does everything that is due. Returns when to look again, UTC milliseconds.
    async fn round(&mut self) -> Result<i64, ApiError> {
        let now_ms = self.app.clock.now_ms();
        let mut next_ms = now_ms.saturating_add(LONGEST_REST_MS);
        let registry = self.app.registry();
        let Some(live) = &registry.notify else {
            return Ok(next_ms);
        };
        outbox::address(&self.app).await?;
        for (version, mut postbox) in outbox::postboxes(&self.app)? {
            let stream = PostboxState::stream(&postbox.channel, &postbox.person);
            let not_before_ms = self.not_before(&stream, &postbox, live.since_ms);
            let ways = preferences::of(&self.app, &live.notify, &postbox.person)?;
            let window_ms = (ways.digest_window_s as i64).saturating_mul(1000);
            let mut step = postbox.step(now_ms, (window_ms, not_before_ms));
            if step == Step::Bundle {
                match outbox::bundle(&self.app, (version, &postbox)).await? {
                    Some(now) => postbox = now,
                    None => next_ms = now_ms,
                }
                step = postbox.step(now_ms, (window_ms, 0));
            }
            match (step, postbox.sending) {
                (Step::Until(at_ms), _) => next_ms = next_ms.min(at_ms),
                (Step::Send, Some(sending)) => {
                    let who = (postbox.channel, postbox.person);
                    self.send(stream, live.since_ms, (who, sending)).await?;
                }
                _ => {}
            }
        }
        Ok(next_ms)
    }

    /// When a postbox's message is tried next: never while it is under way; at once where nobody
    /// tried it yet, or where the channels were configured anew since.
    fn not_before(&self, stream: &str, postbox: &PostboxState, configured_ms: i64) -> i64 {
        let message = postbox
            .sending
            .as_ref()
            .map(|sending| sending.message.as_str());
        match self.tries.get(stream) {
            Some(tries) if tries.under_way => i64::MAX,
            Some(tries) if Some(tries.message.as_str()) != message => 0,
            Some(tries) if tries.configured_ms != configured_ms => 0,
            Some(tries) => tries.not_before_ms,
            None => 0,
        }
    }

    async fn send(
        &mut self,
        stream: String,
        configured_ms: i64,
        ((channel, person), sending): ((String, String), Sending),
    ) -> Result<(), ApiError> {
        let fresh = || Tries {
            message: sending.message.clone(),
            count: 0,
            not_before_ms: 0,
            configured_ms,
            under_way: false,
            link: None,
        };
        let tries = self.tries.entry(stream.clone()).or_insert_with(fresh);
        if tries.message != sending.message {
            *tries = fresh();
        }
        let card = sending.letter.cards.first();
        if let (None, Some(quick)) = (&tries.link, card.and_then(|card| card.quick.as_ref())) {
            tries.link = Some(quick::issue(&self.app, &person, quick).await?);
        }
        tries.under_way = true;
        tries.configured_ms = configured_ms;
        let link = tries.link.clone();
        let (app, done, places) = (self.app.clone(), self.done.clone(), self.places.clone());
        tokio::spawn(async move {
            let _place = places.acquire_owned().await;
            let failed = attempt(&app, &stream, ((&channel, &person), &sending, link)).await;
            let message = sending.message;
            // Nobody listens any more when the process ends.
            let _ = done.send(Attempted {
                stream,
                message,
                failed,
            });
        });
        Ok(())
    }

    fn took(&mut self, attempted: Attempted) {
        let Some(tries) = self.tries.get_mut(&attempted.stream) else {
            return;
        };
        if tries.message != attempted.message {
            return;
        }
        tries.under_way = false;
        if attempted.failed {
            tries.count += 1;
            tries.not_before_ms = self.app.clock.now_ms() + delay_ms(tries.count);
        } else {
            self.tries.remove(&attempted.stream);
        }
    }
}

/// One attempt, and its entry. True when it is to be tried again.
async fn attempt(
    app: &App,
    stream: &str,
    ((channel, person), sending, link): ((&str, &str), &Sending, Option<String>),
) -> bool {
    let registry = app.registry();
    let Some(live) = &registry.notify else {
        return true;
    };
    let base = live.notify.public_url.trim_end_matches('/');
    let outgoing = Outgoing {
        channel,
        person,
        message: &sending.message,
        at_ms: sending.since_ms,
        letter: &sending.letter,
        links: Links {
            base,
            quick: link.map(|token| format!("{base}/q/{token}")),
        },
    };
    let here = registry.people.iter().any(|known| known.email == person);
    // Who was removed is told that, and nothing else.
    let parting = |card: &Card| card.what == What::RightTaken;
    let letter = &sending.letter;
    let parts = letter.more == 0 && letter.cards.iter().all(parting);
    let answer = if here || parts {
        send::send(&live.notify, &outgoing).await
    } else {
        Err(NotTaken {
            code: "person-gone",
            why: "the person is no longer here".to_owned(),
            refused: true,
        })
    };
    metrics::told(channel, answer.is_ok());
    let too_long = app.clock.now_ms() - sending.since_ms > LONGEST_TRYING_MS;
    let message = sending.message.clone();
    let (event, again) = match answer {
        Ok(receipt) => (Some(PostboxEvent::Sent { message, receipt }), false),
        Err(NotTaken { code, why, refused }) if refused || too_long => {
            tracing::warn!(channel, code, %why, "a message was given up");
            let code = code.to_owned();
            (Some(PostboxEvent::Failed { message, code, why }), false)
        }
        Err(NotTaken { code, why, .. }) => {
            tracing::warn!(channel, code, %why, "a message was not taken; it is tried again");
            let code = code.to_owned();
            let known = sending
                .trouble
                .as_ref()
                .is_some_and(|trouble| trouble.code == code);
            let event = PostboxEvent::Tried { message, code, why };
            ((!known).then_some(event), true)
        }
    };
    match event {
        Some(event) => record(app, stream, event).await.is_err() || again,
        None => again,
    }
}

/// Records what became of an attempt; keeps trying while the ledger cannot be written, for the
/// message may be out.
async fn record(app: &App, stream: &str, event: PostboxEvent) -> Result<(), AppendError> {
    let mut tries = 0;
    loop {
        let entry = vec![(stream.to_owned(), event.clone())];
        match outbox::append(app, entry, vec![]).await {
            Err(AppendError::Unwritable(why)) if tries < RECORD_TRIES => {
                tracing::error!(%why, "what became of a message cannot be recorded yet");
                tries += 1;
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            other => return other,
        }
    }
}
