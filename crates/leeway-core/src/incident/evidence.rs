//! What an incident's entries say, and whether they say enough.

use super::event::IncidentEvent;
use std::collections::BTreeSet;

impl IncidentEvent {
    /// Who takes a step with it, and so must be in command; `None` for what others may do too.
    pub fn in_command(&self) -> Option<&str> {
        match self {
            Self::Contained { by, .. }
            | Self::Scoped { by, .. }
            | Self::Remediated { by, .. }
            | Self::Reviewed { by, .. }
            | Self::Guarded { by, .. }
            | Self::Sampled { by, .. }
            | Self::Reenabled { by, .. }
            | Self::HandedOver { from: by, .. } => Some(by),
            Self::Closed { by } if by != "leeway" => Some(by),
            _ => None,
        }
    }

    /// Who did it: a person's e-mail, or `leeway`.
    pub fn by(&self) -> &str {
        match self {
            Self::Suspected { by, .. }
            | Self::Dismissed { by, .. }
            | Self::Merged { by, .. }
            | Self::Declared { commander: by, .. }
            | Self::Contained { by, .. }
            | Self::Scoped { by, .. }
            | Self::Remediated { by, .. }
            | Self::Acknowledged { by }
            | Self::Reviewed { by, .. }
            | Self::Guarded { by, .. }
            | Self::Sampled { by, .. }
            | Self::Signed { by, .. }
            | Self::Reenabled { by, .. }
            | Self::Recurred { by, .. }
            | Self::Closed { by }
            | Self::HandedOver { from: by, .. }
            | Self::TakenOver { by, .. }
            | Self::Noted { by, .. } => by,
            Self::OwnerTold { .. } | Self::Escalated { .. } => "leeway",
        }
    }

    /// What its evidence lacks, for people; `None` when it is complete.
    pub fn lacks(&self) -> Option<&'static str> {
        let blank = |text: &str| text.trim().is_empty();
        if blank(self.by()) {
            return Some("it does not say who did it");
        }
        match self {
            Self::Suspected { workflow, why, .. } | Self::Declared { workflow, why, .. } => {
                if blank(workflow) {
                    Some("it does not say which workflow")
                } else {
                    blank(why).then_some("it does not say what went wrong")
                }
            }
            Self::Dismissed { why, .. } | Self::Recurred { why, .. } => {
                blank(why).then_some("it does not say why")
            }
            Self::Merged { into, .. } => (*into == 0).then_some("there is no incident 0"),
            Self::OwnerTold { to, .. } | Self::Escalated { to, .. } => {
                blank(to).then_some("it does not say who was told")
            }
            Self::HandedOver { from, to } => {
                (blank(to) || from == to).then_some("command goes to somebody else")
            }
            Self::TakenOver { why, .. } if blank(why) => {
                Some("it does not say why command could not be handed over")
            }
            Self::TakenOver { from, by, .. } => {
                (from == by).then_some("command is taken over from somebody else")
            }
            Self::Signed { content_hash, .. } => {
                blank(content_hash).then_some("it does not say what was signed")
            }
            Self::Noted { text, .. } => blank(text).then_some("the note is empty"),
            Self::Contained { .. } | Self::Acknowledged { .. } | Self::Closed { .. } => None,
            step => step.step_lacks(),
        }
    }

    fn step_lacks(&self) -> Option<&'static str> {
        let blank = |text: &str| text.trim().is_empty();
        match self {
            Self::Scoped { scope, .. } if scope.is_empty() => {
                Some("it does not say which actions are affected")
            }
            Self::Scoped { how, .. } if blank(how) => {
                Some("it does not say how the affected actions were found")
            }
            Self::Remediated { remedies, .. } if remedies.open > 0 => {
                Some("some affected actions are not settled")
            }
            Self::Reviewed {
                finding,
                source_data,
                versions,
                ..
            } if blank(finding) || blank(source_data) || blank(versions) => {
                Some("the review needs a word on source data, on versions, and a finding")
            }
            Self::Guarded { rule, .. } if blank(rule) => Some("it names no guardrail"),
            Self::Guarded { caught: false, .. } => Some("the guardrail does not catch the case"),
            Self::Guarded {
                would_hold, over, ..
            } if would_hold > over => Some("it would have held more actions than were replayed"),
            Self::Sampled { seed, drawn, .. } if blank(seed) || drawn.is_empty() => {
                Some("no sample was drawn")
            }
            Self::Sampled { drawn, .. }
                if drawn.iter().collect::<BTreeSet<_>>().len() != drawn.len() =>
            {
                Some("an action was drawn twice")
            }
            Self::Sampled { drawn, wrong, .. } if *wrong as usize > drawn.len() => {
                Some("more actions are wrong than were drawn")
            }
            Self::Reenabled {
                review_all: false, ..
            } => Some("a workflow comes back with every action reviewed"),
            _ => None,
        }
    }

    /// What happened, in one sentence for people. Texts of persons stand in it as they are.
    pub fn words(&self) -> String {
        match self {
            Self::Suspected { why, trigger, .. } => {
                format!("Suspected, because {}: {why}", trigger.words())
            }
            Self::Dismissed { why, .. } => format!("A false alarm: {why}"),
            Self::Merged { into, .. } => format!("A part of incident {into}."),
            Self::Declared { why, .. } => format!("Declared: {why}"),
            Self::Contained { pause, .. } => {
                format!("The workflow is paused by entry {}.", pause.seq)
            }
            Self::OwnerTold { to, .. } => format!("{to} is told."),
            Self::Escalated { to, .. } => format!("The owner was silent; {to} is told."),
            Self::Acknowledged { by } => format!("{by} knows of it."),
            Self::Reviewed { finding, .. } => format!("Reviewed: {finding}"),
            Self::Signed { side, solo, .. } => format!(
                "Signed as {}{}.",
                side.words(),
                if *solo { ", alone for both sides" } else { "" }
            ),
            Self::Reenabled { resumed, .. } => format!(
                "The workflow runs again by entry {}; every action is reviewed.",
                resumed.seq
            ),
            Self::Recurred { why, .. } => format!("It happened again: {why}"),
            Self::Closed { .. } => "Closed: it did not happen again.".to_owned(),
            Self::HandedOver { from, to } => format!("{from} hands command over to {to}."),
            Self::TakenOver { from, by, why } => {
                format!("{by} takes command over from {from}: {why}")
            }
            Self::Noted { text, .. } => text.clone(),
            step => step.counted(),
        }
    }

    /// The sentence of a step that counts something.
    fn counted(&self) -> String {
        match self {
            Self::Scoped { how, affected, .. } => format!(
                "{}, {} and {} are affected; found so: {how}",
                several(affected.actions, "action"),
                several(affected.records, "record"),
                several(affected.messages, "message"),
            ),
            Self::Remediated { remedies, .. } => format!(
                "{} undone as read back, {} put right by hand, {} kept with a reason, {} handed to a person, {} without effect.",
                remedies.undone,
                remedies.put_right,
                remedies.kept,
                remedies.handed,
                remedies.nothing
            ),
            Self::Guarded {
                rule,
                would_hold,
                over,
                ..
            } => format!(
                "Guardrail {rule} catches the case; it would have held {would_hold} of {}.",
                several(*over, "past action")
            ),
            Self::Sampled { drawn, wrong, .. } => format!(
                "{} drawn, {wrong} of them wrong.",
                several(drawn.len() as u64, "recent action")
            ),
            _ => String::new(),
        }
    }
}

fn several(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}
