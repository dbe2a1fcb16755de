//! The level of a call, from its effect, its changes and the record as it is. Whatever is not known
//! raises it.

use super::account::{Account, Accounts};
use super::classified::{Work, blank, has_mark};
use super::{BeforeImage, Effect, FieldChange, Level};
use serde_json::Value;

impl Work<'_> {
    /// The level, with the sentences that say why.
    pub(super) fn level(&mut self, changes: &[FieldChange], accounts: &Accounts) -> Level {
        let mut level = match self.effect {
            Effect::Read if self.reaches_out => self.say(
                Level::External,
                "It reads at an address that the agent chose: what stands in the address goes there.",
            ),
            Effect::Read => self.say(Level::ReadOnly, "It only reads."),
            Effect::Draft if self.high_impact => self.say(
                Level::HighImpact,
                "It makes a draft of a kind that is not low-risk.",
            ),
            Effect::Draft => self.say(
                Level::DraftOnly,
                "It makes a draft that has no effect until a person sends it.",
            ),
            Effect::Create if self.high_impact => self.say(
                Level::HighImpact,
                "It creates a record of a kind that is not low-risk.",
            ),
            Effect::Create => self.created(changes),
            // Raised from a create that is not low-risk, it does not become lighter.
            Effect::Update if self.high_impact => self.updated(changes).max(Level::HighImpact),
            Effect::Update => self.updated(changes),
            Effect::Merge => self.say(Level::HighImpact, "It merges records."),
            Effect::Delete => self.say(Level::HighImpact, "It deletes a record."),
            Effect::Admin => self.say(Level::HighImpact, "It changes permissions or settings."),
            Effect::Execute => self.say(Level::HighImpact, "It can run anything."),
            Effect::Send => self.say(Level::External, "It reaches people outside the team."),
            Effect::Pay => self.say(Level::External, "It moves or promises money."),
        };
        let more = accounts.values().any(|one| self.says_more(*one));
        if more && level < Level::HighImpact {
            level = self.say(
                Level::HighImpact,
                "It says more than which fields change, so a person looks at it.",
            );
        }
        if self.unknowns.is_empty() {
            return level;
        }
        self.say(
            level.max(Level::HighImpact),
            "Not everything about it could be worked out.",
        )
    }

    /// Whether what a leaf is says more of a call than which fields of its record change: of an update whom it
    /// reaches, what it says there, and an amount beside the fields; of a new record whom it reaches.
    fn says_more(&self, account: Account) -> bool {
        match account {
            Account::Detail => true,
            Account::Recipient => matches!(self.effect, Effect::Update | Effect::Create),
            Account::Amount | Account::Content => self.effect == Effect::Update,
            _ => false,
        }
    }

    fn say(&mut self, level: Level, why: &str) -> Level {
        self.why.push(why.to_owned());
        level
    }

    fn created(&mut self, changes: &[FieldChange]) -> Level {
        if let Some(change) = changes
            .iter()
            .find(|change| change.critical && !blank(&change.new))
        {
            let why = format!(
                "It creates a record and sets `{}`, which is critical.",
                change.label()
            );
            return self.say(Level::HighImpact, &why);
        }
        self.say(Level::LowRisk, "It adds a low-risk record.")
    }

    fn updated(&mut self, changes: &[FieldChange]) -> Level {
        // Without a filter nothing is known to stay as it is: a draft raised to an update has none.
        let compared = self.tool.changes.is_some();
        let read = matches!(self.before, BeforeImage::Read { .. });
        if changes.is_empty() && compared && read && self.unknowns.is_empty() {
            return self.say(
                Level::LowRisk,
                "It changes nothing: every field has that value already.",
            );
        }
        if changes.is_empty() {
            return self.say(Level::HighImpact, "Which fields it changes is not known.");
        }
        let mut level = Level::LowRisk;
        for change in changes {
            let (of_field, why) = self.field_level(change);
            self.why.push(why);
            level = level.max(of_field);
        }
        level
    }

    fn field_level(&self, change: &FieldChange) -> (Level, String) {
        let field = change.label();
        if change.critical {
            return (Level::HighImpact, format!("`{field}` is critical."));
        }
        if !change.old_known {
            return (
                Level::HighImpact,
                format!("What `{field}` is now is not known, so this may overwrite it."),
            );
        }
        if blank(&change.old) {
            return (
                Level::LowRisk,
                format!("`{field}` is blank now and not critical."),
            );
        }
        if self.tool.entry.additive.contains(&change.field) && only_gains(&change.old, &change.new)
        {
            return (Level::LowRisk, format!("`{field}` only gains members."));
        }
        (
            Level::HighImpact,
            format!("`{field}` has a value that would be overwritten."),
        )
    }
}

fn only_gains(old: &Value, new: &Value) -> bool {
    match (old, new) {
        // In their order, each as often as it was.
        (Value::Array(old), Value::Array(new)) => {
            let mut new = new.iter();
            old.iter()
                .all(|member| !has_mark(member) && new.any(|one| one == member))
        }
        _ => false,
    }
}
