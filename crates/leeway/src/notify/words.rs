//! Every sentence a person is told in a message. Plain functions, one place, as
//! [`crate::gateway::words`] is for agents.

use jiff::tz::{TimeZone, TimeZoneDatabase};
use leeway_core::action::event::ActionEvent;
use leeway_core::action::state::ActionState;
use leeway_core::classify::{Level, UndoPlan, currency};
use leeway_core::notify::What;
use leeway_core::notify::letter::{Card, Letter};
use leeway_core::notify::text::line;

/// Longest subject, characters of the title in it.
const LONGEST_SUBJECT: usize = 110;

/// Under every message.
pub const WHY_BRACKETS: &str = "Addresses in other people's text are written with [.], [@] and [:], so that nothing of theirs can be opened from here.";
/// Under every message.
pub const WHY_YOU: &str = "You get this because you decide or own this at Leeway. How you are told is on the page “Notifications”.";
/// Before the agent's words.
pub const AGENT_SAYS: &str = "In the agent's own words, which nobody checked:";
/// The link to the page.
pub const LOOK: &str = "Look at it and decide";
/// The link to a page where nothing is decided.
pub const SEE: &str = "See it";
/// The link for quick approval.
pub const QUICK: &str = "Approve exactly this";

/// What happened and what is wanted, for what does not hang on an action's story.
pub fn headline(what: What) -> &'static str {
    match what {
        What::Held => "An action waits for your decision. Nothing of it has been carried out.",
        What::Edited => {
            "A reviewer changed an action. As it is now, it waits for your decision; nothing of it has been carried out."
        }
        What::ShownAgain => {
            "The record changed after it was shown, so this action waits for a decision anew, on the present values. Nothing of it has been carried out."
        }
        What::JudgedAgain => {
            "The rules changed or a pause is over, so this action was judged again and waits for your decision. Nothing of it has been carried out."
        }
        What::Answered => {
            "The agent answered a reviewer's question. The action waits for your decision; nothing of it has been carried out."
        }
        What::Endorsed => {
            "One person approved this action; it takes somebody else as well. Nothing of it has been carried out."
        }
        What::Reminded => {
            "Nobody has decided yet: this action still waits for you. Nothing of it has been carried out."
        }
        What::Escalated => {
            "Nobody has decided so far, so from now on you may decide too. Nothing of it has been carried out."
        }
        What::NobodyDecides => {
            "An action waits and nobody may decide it, because its owner is missing. Name one in the permission owner matrix; until then it waits, and then it expires."
        }
        What::Expired => {
            "Nobody answered before the deadline. That is not a rejection: nobody decided. Nothing was carried out, and the agent was told so."
        }
        What::OutcomeUnknown => {
            "A call was made and no answer came: it may or may not have happened. It is not tried again. Look at the record in its system before anybody repeats it."
        }
        What::ChangeWaits => {
            "A change of the configuration waits for your review. Nothing of it is in force."
        }
        What::Paused => {
            "A workflow was paused. Nothing of it starts until somebody resumes it; nothing was cancelled."
        }
        What::Resumed => {
            "A workflow runs again. What was approved meanwhile is checked again before it runs."
        }
        What::Incident => {
            "A workflow you own is in an incident and is paused. Open it and say that you know of it."
        }
        What::IncidentSilent => {
            "A workflow is in an incident and its owner has not answered. Open it and say that you know of it."
        }
        What::Promotion => {
            "Agents of a workflow of yours have shown that they can go further with a tool. Nothing changes until both owners sign; look at the evidence first."
        }
        What::Demotion => {
            "Agents of a workflow of yours lost a level with a tool. It is in force already: what they did alone waits for a person now."
        }
        What::RightAsked => {
            "Somebody asks to take a right to decide here. It takes a second person to agree: until then nothing changes. Whoever decides agrees by the same command; nobody has to."
        }
        What::RightTaken => {
            "A right to decide here was taken from you. If you do not know why, ask whoever did it: it is in the record."
        }
        What::Test => "This is a test. If you read it, this channel works.",
    }
}

/// How an action ran out: nobody decided, the agent did not answer, or it could not start in time.
pub fn expired(action: &ActionState) -> &'static str {
    let before = action.steps.iter().rev().find_map(|step| match step.event {
        ActionEvent::Judged(_) => Some(headline(What::Expired)),
        ActionEvent::Approved { .. } => Some(
            "It was approved but could not start before its approval ran out. Nothing was carried out, and the agent was told so.",
        ),
        ActionEvent::Returned { .. } => Some(
            "The agent did not answer a reviewer's question before the deadline. That is not a rejection: nobody decided. Nothing was carried out, and the agent was told so.",
        ),
        _ => None,
    });
    before.unwrap_or(headline(What::Expired))
}

/// The line a mail program lists. The title is a card's, so harmless already.
pub fn subject(what: What, title: &str) -> String {
    let begins = match what {
        What::Held
        | What::Edited
        | What::ShownAgain
        | What::JudgedAgain
        | What::Answered
        | What::Endorsed => "To decide",
        What::Reminded => "Still to decide",
        What::Escalated => "Escalated to you",
        What::NobodyDecides => "Nobody may decide",
        What::Expired => "Nobody answered",
        What::OutcomeUnknown => "Outcome unknown",
        What::ChangeWaits => "Change to review",
        What::Paused => "Paused",
        What::Resumed => "Runs again",
        What::Incident => "Incident",
        What::IncidentSilent => "Incident, owner silent",
        What::Promotion => "To sign",
        What::Demotion => "Freedom lost",
        What::RightAsked => "To agree to, or not",
        What::RightTaken => "Your right to decide",
        What::Test => return "Test message from Leeway".to_owned(),
    };
    let mut cut: String = title.chars().take(LONGEST_SUBJECT).collect();
    if cut.len() < title.len() {
        cut.push('…');
    }
    format!("{begins}: {cut}")
}

/// The subject of a digest.
pub fn digest_subject(decide: u64, tell: u64) -> String {
    let things = |number: u64, one: &str, many: &str| match number {
        0 => None,
        1 => Some(format!("1 {one}")),
        many_of => Some(format!("{many_of} {many}")),
    };
    let parts = [
        things(decide, "thing to decide", "things to decide"),
        things(tell, "thing to know", "things to know"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Under the cards of a digest.
pub fn more(letter: &Letter) -> Option<String> {
    (letter.more > 0).then(|| format!("And {} more, in the inbox.", letter.more))
}

/// A level.
pub fn level(level: Level) -> String {
    format!("{} of 5, {}", u8::from(level), level.name())
}

/// How it could be taken back.
pub fn undo(plan: &UndoPlan) -> String {
    match plan {
        UndoPlan::NothingToUndo => "nothing to undo".to_owned(),
        UndoPlan::Exact { summary, .. } => format!("can be undone: {}", line(summary, 200)),
        UndoPlan::Compensating { summary, .. } => format!("can be offset: {}", line(summary, 200)),
        UndoPlan::None { why } => format!("cannot be undone: {}", line(why, 200)),
    }
}

/// Above a message that is shown as those who get it read it.
pub const MESSAGE: &str = "The message, as those who get it read it";

/// Over what a call sends besides its changes.
pub fn sent(card: &Card) -> &'static str {
    if card.changes.is_empty() {
        "What would be sent"
    } else {
        "Also sent"
    }
}

/// What of it there was no room for.
pub fn more_sent(more: u64) -> String {
    format!("and {more} more, open the page to read them")
}

/// An amount.
pub fn amount(minor: i64, currency: Option<&str>) -> String {
    currency::text(minor, currency)
}

/// Stated confidence.
pub fn confidence(stated: Option<f64>) -> String {
    match stated {
        Some(stated) => format!(
            "{} %, as the agent says of itself",
            (stated * 100.0).round()
        ),
        None => "the agent stated none".to_owned(),
    }
}

/// A time in a zone, e.g. `Mon 5 Jan 2026, 14:30 (Europe/Vienna)`; in UTC where the zone is none.
pub fn when(ms: i64, zone: &str) -> String {
    let (zone, name) = match TimeZoneDatabase::bundled().get(zone) {
        Ok(found) => (found, zone),
        Err(_) => (TimeZone::UTC, "UTC"),
    };
    match jiff::Timestamp::from_millisecond(ms) {
        Ok(time) => format!(
            "{} ({name})",
            time.to_zoned(zone).strftime("%a %-d %b %Y, %H:%M")
        ),
        Err(_) => format!("{ms} ms"),
    }
}

/// What a quick link does and until when.
pub fn quick_note(until: &str) -> String {
    format!(
        "It asks you to sign in, shows all of it once more, works once, for you only, until {until}."
    )
}
