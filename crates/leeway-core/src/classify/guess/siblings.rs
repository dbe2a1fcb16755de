//! Which of a server's other tools read the record a tool touches, and which would take it back.

use super::name::Act;
use super::server::{Listed, Server};
use super::verbs::Verb;
use super::words::among;
use crate::classify::Effect;

/// A tool that may take a call back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoCandidate {
    /// The server's tool.
    pub tool: String,
    /// True when it would restore what was; false when it is a new act that offsets it.
    pub restores: bool,
}

/// The tool that most likely reads one record of this kind.
pub fn reader(act: &Act, server: &Server) -> Option<String> {
    let head = act.object.last()?;
    server
        .tools()
        .iter()
        .filter_map(|tool| Some((reading(tool, head)?, tool)))
        .map(|(read, tool)| (fitness(read, act, tool), tool))
        .max_by_key(|(fitness, tool)| (*fitness, std::cmp::Reverse(tool.name.len())))
        .map(|(_, tool)| tool.name.clone())
}

/// The act by which a tool reads things of this head, one at a time.
fn reading<'a>(tool: &'a Listed, head: &str) -> Option<&'a Act> {
    let act = tool.acts.first()?;
    let reads = tool.acts.len() == 1
        && act.verb == Some(Verb::Read)
        && act.object.last().is_some_and(|last| last == head)
        && !among("list search find count query filter check", &act.word);
    reads.then_some(act)
}

/// Objects of the same words fit best; a reader that has to be told which record fits better.
fn fitness(read: &Act, act: &Act, tool: &Listed) -> (usize, bool) {
    let same = read
        .object
        .iter()
        .filter(|word| act.object.contains(word))
        .count();
    let other = read.object.len() - same;
    (10 + same - other.min(9), !tool.required.is_empty())
}

/// The tool that most likely takes a call back.
pub fn undo(tool: &str, act: &Act, effect: Effect, server: &Server) -> Option<UndoCandidate> {
    let (verbs, restores) = taking_back(act, effect)?;
    if verbs == "itself" {
        return Some(UndoCandidate {
            tool: tool.to_owned(),
            restores: true,
        });
    }
    let head = act.object.last()?;
    let found = server
        .tools()
        .iter()
        .filter(|other| other.name != tool)
        .filter_map(|other| {
            let back = other.acts.first()?;
            let fits = among(verbs, &back.word)
                && (back.object.last() == Some(head) || back.object.is_empty());
            fits.then(|| (fitness(back, act, other), other))
        })
        .max_by_key(|(fitness, other)| (*fitness, std::cmp::Reverse(other.name.len())))
        .map(|(_, other)| other.name.clone());
    found.map(|tool| UndoCandidate { tool, restores })
}

/// Words of the verbs that take an act back, and whether they restore what was.
fn taking_back(act: &Act, effect: Effect) -> Option<(&'static str, bool)> {
    let by_word = match act.word.as_str() {
        "add" | "attach" | "link" | "associate" | "label" | "tag" | "append" => Some((
            "remove detach unlink disassociate delete untag unlabel",
            true,
        )),
        "remove" | "detach" | "unlink" => Some(("add attach link", true)),
        "enable" | "activate" | "subscribe" => Some(("disable deactivate unsubscribe", true)),
        "disable" | "deactivate" => Some(("enable activate", true)),
        "lock" => Some(("unlock", true)),
        "pin" => Some(("unpin", true)),
        "watch" => Some(("unwatch", true)),
        "assign" => Some(("unassign assign", true)),
        "publish" => Some(("unpublish", false)),
        "close" | "resolve" | "complete" => Some(("reopen open", true)),
        "charge" | "capture" | "pay" => Some(("refund", false)),
        _ => None,
    };
    by_word.or(match effect {
        Effect::Create | Effect::Draft | Effect::Admin
            if among("create add new make upload copy insert", &act.word) =>
        {
            Some(("delete remove archive trash void cancel", true))
        }
        Effect::Update | Effect::Admin => Some(("itself", true)),
        Effect::Delete => Some(("restore undelete unarchive recover untrash", true)),
        Effect::Pay if act.speaks_of("payment charge") => Some(("refund void", false)),
        Effect::Send if act.speaks_of("message reply comment post article") => {
            Some(("delete unsend unpublish", false))
        }
        _ => None,
    })
}
