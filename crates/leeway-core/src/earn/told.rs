//! What a stage's entries say to people.

use super::stage::StageEvent;

/// What an entry says to people; most say nothing.
pub fn told(actor: &str, event: &StageEvent) -> Option<String> {
    let who = actor.strip_prefix("person:").unwrap_or(actor);
    Some(match event {
        StageEvent::Observed(_) => return None,
        StageEvent::Began { changed, .. } if changed.is_empty() => "Evidence began.".to_owned(),
        StageEvent::Began { changed, .. } => {
            let what: Vec<&str> = changed.iter().map(|one| one.what.as_str()).collect();
            format!("Evidence began anew: {} changed.", what.join(", "))
        }
        StageEvent::Eligible {
            to,
            reviewed,
            wrong,
            ..
        } => format!(
            "A promotion to “{}” is proposed: {wrong} of {reviewed} reviewed are wrong.",
            to.name()
        ),
        StageEvent::Signed { side, .. } => format!("{who} signed as {}.", side.words()),
        StageEvent::Lapsed { by: Some(by), why } => format!("{by} declined the promotion: {why}."),
        StageEvent::Lapsed { by: None, why } => format!("The proposal lapsed: {why}."),
        StageEvent::Promoted { to } => format!("Promoted to “{}”.", to.name()),
        StageEvent::Demoted { to, why, .. } => format!("Demoted to “{}”: {why}.", to.name()),
        StageEvent::Failed { reviewed, wrong } => {
            format!(
                "The gate failed: {wrong} of {reviewed} reviewed are wrong. Evidence began anew."
            )
        }
        StageEvent::Readmitted { by, why } => format!("{by} lets it try again: {why}."),
    })
}
