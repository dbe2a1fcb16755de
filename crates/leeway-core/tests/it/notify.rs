//! Which entries call for a notice, how a postbox gathers them, what may be approved at once, and
//! what `notify.toml` may say.

use crate::cases::{approved, endorsed, finished, judged, judged_event};
use leeway_core::action::event::{ActionEvent, Cause, Outcome};
use leeway_core::classify::{FieldChange, Level};
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::state::Document;
use leeway_core::govern::workflow::Grant;
use leeway_core::judge::Verdict;
use leeway_core::ledger::event::Event;
use leeway_core::notify::letter::Letter;
use leeway_core::notify::postbox::{PostboxEvent, PostboxState, Step, delay_ms};
use leeway_core::notify::quick::{NotQuick, quick};
use leeway_core::notify::settings::Notify;
use leeway_core::notify::{Item, What, called_for};
use serde_json::json;

const WINDOW: i64 = 300_000;

#[test]
fn entries_that_concern_somebody_call_for_a_notice() {
    let by = || "a@example.com".to_owned();
    for (event, what) in [
        (
            judged_event(Verdict::Hold, 1, Cause::Proposed),
            Some(What::Held),
        ),
        (judged_event(Verdict::Allow, 1, Cause::Proposed), None),
        (judged_event(Verdict::Block, 1, Cause::Proposed), None),
        (
            judged_event(Verdict::Hold, 2, Cause::Edited { by: by() }),
            Some(What::Edited),
        ),
        (
            judged_event(Verdict::Hold, 2, Cause::Drifted),
            Some(What::ShownAgain),
        ),
        (
            judged_event(Verdict::Hold, 2, Cause::RulesChanged),
            Some(What::JudgedAgain),
        ),
        (
            judged_event(Verdict::Hold, 2, Cause::Answered { answer: "x".into() }),
            Some(What::Answered),
        ),
        (endorsed("a@example.com", "hash-1"), Some(What::Endorsed)),
        (
            ActionEvent::Reminded {
                to: vec![by()],
                number: 1,
            },
            Some(What::Reminded),
        ),
        (ActionEvent::Escalated { to: by() }, Some(What::Escalated)),
        (ActionEvent::Expired {}, Some(What::Expired)),
        (
            finished(Outcome::OutcomeUnknown),
            Some(What::OutcomeUnknown),
        ),
        (finished(Outcome::Executed), None),
        (approved("hash-1"), None),
    ] {
        assert_eq!(called_for(&Event::Action(event.clone())), what, "{event:?}");
    }
    let paused = GovernEvent::WorkflowPaused {
        reason: String::new(),
        holder: None,
    };
    assert_eq!(called_for(&Event::Govern(paused)), Some(What::Paused));
    let roles = |took| GovernEvent::PersonRolesChanged {
        roles: vec![],
        took,
    };
    for (event, what) in [
        (roles(true), Some(What::RightTaken)),
        (roles(false), None),
        (
            GovernEvent::PersonRemoved { took: true },
            Some(What::RightTaken),
        ),
        (GovernEvent::PersonRemoved { took: false }, None),
        (
            GovernEvent::PersonRolesAsked { roles: vec![] },
            Some(What::RightAsked),
        ),
    ] {
        assert_eq!(called_for(&Event::Govern(event)), what);
    }
    assert_eq!(called_for(&Event::Govern(due(1, What::Held))), None);
}

fn item(cause: u64, what: What) -> Item {
    Item {
        cause: Some(cause),
        about: format!("action/{cause}"),
        what,
    }
}

fn due(cause: u64, what: What) -> GovernEvent {
    GovernEvent::Postbox(PostboxEvent::Due {
        item: item(cause, what),
    })
}

fn bundled(message: &str) -> PostboxEvent {
    let letter = Letter {
        subject: "To decide".into(),
        cards: vec![],
        more: 0,
    };
    PostboxEvent::Bundled {
        message: message.into(),
        letter,
    }
}

fn fold(events: &[(i64, PostboxEvent)]) -> PostboxState {
    let empty = PostboxState::empty("email/fin@example.com");
    events.iter().fold(empty, |state, (at_ms, event)| {
        state.apply(*at_ms, event).unwrap()
    })
}

fn sent(message: &str) -> PostboxEvent {
    PostboxEvent::Sent {
        message: message.into(),
        receipt: "250".into(),
    }
}

fn waits(cause: u64) -> PostboxEvent {
    PostboxEvent::Due {
        item: item(cause, What::Held),
    }
}

#[test]
fn the_first_goes_at_once_and_the_rest_is_gathered() {
    let step = |state: &PostboxState, now_ms| state.step(now_ms, (WINDOW, 0));
    let mut events = vec![(1_000, waits(1))];
    assert_eq!(step(&fold(&events), 1_000), Step::Bundle);
    events.push((1_000, bundled("m1")));
    assert_eq!(step(&fold(&events), 1_000), Step::Send);
    events.push((2_000, sent("m1")));
    assert_eq!(step(&fold(&events), 2_000), Step::Rest);
    events.extend([(3_000, waits(2)), (4_000, waits(3))]);
    let gathering = fold(&events);
    assert_eq!(step(&gathering, 5_000), Step::Until(1_000 + WINDOW));
    assert_eq!(step(&gathering, 1_000 + WINDOW), Step::Bundle);
    assert_eq!(gathering.waiting.len(), 2);
    // Without a window nothing is gathered; a test never waits.
    assert_eq!(gathering.step(5_000, (0, 0)), Step::Bundle);
    let test = PostboxEvent::Due {
        item: item(4, What::Test),
    };
    assert_eq!(
        step(&gathering.apply(5_000, &test).unwrap(), 5_000),
        Step::Bundle
    );
}

#[test]
fn a_message_keeps_its_id_until_it_ends() {
    let tried = |code: &str| PostboxEvent::Tried {
        message: "m1".into(),
        code: code.into(),
        why: "no".into(),
    };
    let sending = fold(&[(1, waits(1)), (2, bundled("m1")), (3, tried("unreachable"))]);
    assert_eq!(
        sending.trouble().map(|trouble| trouble.code.as_str()),
        Some("unreachable")
    );
    assert_eq!(sending.step(10, (WINDOW, 50)), Step::Until(50));
    // What comes meanwhile waits for the next message.
    let more = sending.clone().apply(4, &waits(2)).unwrap();
    assert_eq!(more.sending, sending.sending);
    for wrong in [
        bundled("m2"),
        sent("m2"),
        PostboxEvent::Failed {
            message: "m0".into(),
            code: "x".into(),
            why: "x".into(),
        },
    ] {
        assert!(more.clone().apply(5, &wrong).is_err(), "{wrong:?}");
    }
    let over = more.apply(6, &sent("m1")).unwrap();
    assert_eq!(
        (over.trouble(), over.sent_ms(), over.waiting.len()),
        (None, Some(6), 1)
    );
    assert!(over.apply(7, &sent("m1")).is_err(), "a message ends once");
}

#[test]
fn delays_grow_to_ten_minutes() {
    let delays: Vec<i64> = [1, 2, 3, 4, 5, 6, 100].map(delay_ms).to_vec();
    assert_eq!(
        delays,
        [2_000, 10_000, 30_000, 120_000, 300_000, 600_000, 600_000]
    );
}

#[test]
fn a_flood_is_counted_and_what_nobody_can_be_told_is_kept_apart() {
    let mut state = PostboxState::empty("email/fin@example.com");
    for cause in 0..250 {
        state = state.apply(1, &waits(cause)).unwrap();
    }
    assert_eq!((state.waiting.len(), state.more), (200, 50));
    let nobody = PostboxEvent::Nobody {
        item: item(1, What::Held),
        why: "x".into(),
    };
    assert!(state.apply(1, &nobody).is_err());
    let apart = PostboxState::empty("nobody").apply(1, &nobody).unwrap();
    assert_eq!(apart.step(9, (0, 0)), Step::Rest);
    assert!(apart.apply(2, &waits(1)).is_err());
}

#[test]
fn postbox_entries_round_trip_as_documents() {
    let event = due(7, What::Held);
    let payload = Event::Govern(event.clone()).payload();
    assert_eq!(
        Event::read("postbox.due", &payload).unwrap(),
        Event::Govern(event.clone())
    );
    let stream = PostboxState::stream("email", "fin@example.com");
    let document = Document::apply(None, &stream, "leeway", 5, &event).unwrap();
    let Document::Postbox(state) = document else {
        panic!("a postbox");
    };
    assert_eq!(
        (state.channel.as_str(), state.person.as_str()),
        ("email", "fin@example.com")
    );
    assert!(Document::apply(None, "person/x@example.com", "leeway", 5, &event).is_err());
}

#[test]
fn quick_approval_takes_an_earned_grant_and_a_whole_view() {
    let with = |level, change: fn(&mut leeway_core::action::event::Judged)| {
        let mut revision = judged(Verdict::Hold, 1, Cause::Proposed);
        revision.classified.level = level;
        change(&mut revision);
        revision
    };
    let plain = |level| with(level, |_| {});
    let field = |new: String, old_known| FieldChange {
        record: None,
        field: "f".into(),
        old: json!(null),
        new: json!(new),
        old_known,
        critical: false,
    };
    for (grant, revision, answer) in vec![
        (Grant::External, plain(Level::External), Ok(())),
        (Grant::External, plain(Level::LowRisk), Ok(())),
        (Grant::HighImpact, plain(Level::HighImpact), Ok(())),
        (
            Grant::HighImpact,
            plain(Level::External),
            Err(NotQuick::Grant),
        ),
        (Grant::Update, plain(Level::LowRisk), Err(NotQuick::Grant)),
        (Grant::Draft, plain(Level::DraftOnly), Err(NotQuick::Grant)),
        (
            Grant::External,
            with(Level::External, |r| {
                r.call.arguments = json!({"a": {"key": "[redacted]"}});
            }),
            Err(NotQuick::Hidden),
        ),
        (
            Grant::External,
            with(Level::External, |r| {
                r.call.arguments = json!({"a": "x".repeat(601)});
            }),
            Err(NotQuick::Long),
        ),
        (
            Grant::External,
            with(Level::External, |r| {
                r.call.arguments = json!({"a": vec!["word"; 200]});
            }),
            Err(NotQuick::Long),
        ),
        (
            Grant::External,
            with(Level::External, |r| {
                r.classified.unknowns = vec!["x".into()];
            }),
            Err(NotQuick::Unknown),
        ),
        (
            Grant::External,
            with(Level::External, |r| r.decision.verdict = Verdict::Block),
            Err(NotQuick::NotHeld),
        ),
    ] {
        assert_eq!(quick(grant, &revision), answer, "{grant:?} {revision:?}");
    }
    let mut unread = plain(Level::HighImpact);
    unread.classified.changes = vec![field("x".into(), false)];
    assert_eq!(quick(Grant::External, &unread), Err(NotQuick::Unknown));
    unread.classified.changes = vec![field("x".repeat(700), true)];
    assert_eq!(quick(Grant::External, &unread), Err(NotQuick::Long));
}

#[test]
fn channels_are_checked() {
    let codes = |text: &str| -> Vec<&'static str> {
        let notify: Notify = toml::from_str(text).unwrap();
        notify
            .check()
            .into_iter()
            .map(|problem| problem.code)
            .collect()
    };
    let mail = "public_url = 'https://x.example'\n[email]\nhost = 'smtp.x.example'\nfrom = 'a@x.example'\n";
    for (text, found) in [
        (mail.to_owned(), vec![]),
        (
            mail.replace("https://x.example", "x.example"),
            vec!["address-invalid"],
        ),
        (
            mail.replace("https://x.example", "https://a@x.example"),
            vec!["address-invalid"],
        ),
        (
            mail.replace("https:", "http:"),
            vec!["address-in-the-clear"],
        ),
        (
            "public_url = 'http://127.0.0.1:4180'".to_owned(),
            vec!["no-channel"],
        ),
        (
            format!("{mail}security = 'none'"),
            vec!["mail-in-the-clear"],
        ),
        (format!("{mail}user = 'a'"), vec!["sign-in-unclear"]),
        (
            mail.replace("a@x.example", "a x@x.example"),
            vec!["email-invalid"],
        ),
        (
            format!("digest_window_s = 90000\nlinks_last_s = 0\n{mail}"),
            vec!["limit-invalid", "limit-invalid"],
        ),
        (
            format!("{mail}[chat.email]\nurl = 'env:X'"),
            vec!["name-invalid"],
        ),
        (
            format!("{mail}[person.'k@x.example']\nchannels = ['desk']"),
            vec!["channel-unknown"],
        ),
        (
            format!("{mail}[person.'k@x.example']\nchannels = []"),
            vec!["no-channel"],
        ),
    ] {
        assert_eq!(codes(&text), found, "{text}");
    }
}
