//! Who decides a held action: the business owner of its responsibility or a delegate, the fallback
//! once nobody else answered or is there. Pure: the matrix, the people and the time are arguments.

use super::owners::{Owners, Responsibility};
use super::people::{Person, Right};
use serde::{Deserialize, Serialize};

/// Where a held action goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Routing {
    /// Whose risk it is.
    pub responsibility: Responsibility,
    /// Who is asked first, by e-mail.
    pub ask: Vec<String>,
    /// Who may decide, by e-mail.
    pub eligible: Vec<String>,
    /// Who is asked when nobody answers.
    pub fallback: Option<String>,
    /// True when the matrix names no business owner who can act.
    pub missing: bool,
}

/// The owner of a responsibility when an action was judged: recorded with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerFact {
    /// Whose risk it is.
    pub responsibility: Responsibility,
    /// The business owner the matrix names, by e-mail; `None` without a matrix or a row.
    pub business: Option<String>,
    /// True when a matrix is in force and names no business owner who can act.
    pub missing: bool,
}

/// Why somebody may not decide.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ineligible {
    /// Their roles do not decide.
    #[error("your role does not decide held actions")]
    Role,
    /// Another responsibility's people decide.
    #[error("`{}` is decided by {}", .responsibility.title(), people(.eligible))]
    NotYours {
        /// Whose risk it is.
        responsibility: Responsibility,
        /// Who may decide.
        eligible: Vec<String>,
    },
    /// They only own the system.
    #[error("you are the technical owner of `{}`; its business risk is decided by {}", .responsibility.title(), people(.eligible))]
    Technical {
        /// Whose risk it is.
        responsibility: Responsibility,
        /// Who may decide.
        eligible: Vec<String>,
    },
}

fn people(eligible: &[String]) -> String {
    match eligible {
        [] => "nobody yet: the owner is missing".to_owned(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// Routes an action of a responsibility. Without a matrix everybody whose role decides is asked.
/// `escalated` once nobody answered in time.
pub fn route(
    owners: Option<&Owners>,
    people: &[Person],
    responsibility: Responsibility,
    (now_ms, escalated): (i64, bool),
) -> Routing {
    let decides = |email: &str| {
        people
            .iter()
            .any(|person| person.email == email && person.may(Right::Decide))
    };
    let Some(owners) = owners else {
        let everybody: Vec<String> = people
            .iter()
            .filter(|person| person.may(Right::Decide))
            .map(|person| person.email.clone())
            .collect();
        return Routing {
            responsibility,
            ask: everybody.clone(),
            eligible: everybody,
            fallback: None,
            missing: false,
        };
    };
    let Some(row) = owners.rows.get(&responsibility) else {
        return Routing {
            responsibility,
            ask: Vec::new(),
            eligible: Vec::new(),
            fallback: None,
            missing: true,
        };
    };
    let fallback = row.fallback.clone().filter(|email| decides(email));
    let mut eligible = Vec::new();
    for email in std::iter::once(&row.business).chain(&row.delegates) {
        if decides(email) && !eligible.contains(email) {
            eligible.push(email.clone());
        }
    }
    let here = |email: &String| !owners.is_away(email, now_ms);
    let missing = !decides(&row.business);
    let mut ask: Vec<String> = eligible
        .iter()
        .filter(|email| here(email))
        .take(1)
        .cloned()
        .collect();
    if (escalated || missing || ask.is_empty())
        && let Some(fallback) = &fallback
    {
        for list in [&mut ask, &mut eligible] {
            if !list.contains(fallback) {
                list.push(fallback.clone());
            }
        }
    }
    if ask.is_empty() {
        // Everybody is away and nobody else is named: those who may decide are asked all the same.
        ask.clone_from(&eligible);
    }
    Routing {
        responsibility,
        ask,
        eligible,
        fallback,
        missing,
    }
}

impl Routing {
    /// What is recorded with a judged action.
    pub fn fact(&self, owners: Option<&Owners>) -> OwnerFact {
        OwnerFact {
            responsibility: self.responsibility,
            business: owners
                .and_then(|owners| owners.rows.get(&self.responsibility))
                .map(|row| row.business.clone()),
            missing: self.missing,
        }
    }

    /// Whether a person may decide.
    pub fn admits(&self, owners: Option<&Owners>, person: &Person) -> Result<(), Ineligible> {
        if !person.may(Right::Decide) {
            return Err(Ineligible::Role);
        }
        if self.eligible.contains(&person.email) {
            return Ok(());
        }
        let (responsibility, eligible) = (self.responsibility, self.eligible.clone());
        let technical = owners
            .and_then(|owners| owners.rows.get(&responsibility))
            .is_some_and(|row| row.technical == person.email);
        Err(if technical {
            Ineligible::Technical {
                responsibility,
                eligible,
            }
        } else {
            Ineligible::NotYours {
                responsibility,
                eligible,
            }
        })
    }
}
