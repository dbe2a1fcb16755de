//! The permission owner matrix: who owns the risk of what, who stands in, and how often it is
//! reviewed. The schema of `owners.toml`, of the API and of the form.

use crate::classify::{Area, Classified, Effect};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// A row of the matrix: a part of the business whose risk one person owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Responsibility {
    /// Fields of CRM records.
    CrmFieldUpdates,
    /// What customers read.
    CustomerMessages,
    /// Money, contracts, prices.
    FinanceFields,
    /// Tickets.
    SupportTriage,
    /// What is read out of documents.
    DocumentExtraction,
    /// Prompts, rules, permissions.
    PromptsAndRules,
}

/// How often a responsibility's actions are reviewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cadence {
    /// Weekly until it is stable.
    WeeklyUntilStable,
    /// A sample every day.
    DailySample,
    /// Every run or batch.
    EveryRun,
    /// A sample every week.
    WeeklySample,
    /// Exceptions only.
    Exceptions,
    /// Every version change.
    EveryVersionChange,
}

impl Responsibility {
    /// Every row, in the order of the matrix.
    pub const ALL: [Self; 6] = [
        Self::CrmFieldUpdates,
        Self::CustomerMessages,
        Self::FinanceFields,
        Self::SupportTriage,
        Self::DocumentExtraction,
        Self::PromptsAndRules,
    ];

    /// The name as in configuration and API.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrmFieldUpdates => "crm-field-updates",
            Self::CustomerMessages => "customer-messages",
            Self::FinanceFields => "finance-fields",
            Self::SupportTriage => "support-triage",
            Self::DocumentExtraction => "document-extraction",
            Self::PromptsAndRules => "prompts-and-rules",
        }
    }

    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::CrmFieldUpdates => "CRM field updates",
            Self::CustomerMessages => "Customer messages",
            Self::FinanceFields => "Finance fields",
            Self::SupportTriage => "Support triage",
            Self::DocumentExtraction => "Document extraction",
            Self::PromptsAndRules => "Agent prompts and rules",
        }
    }

    /// Who owns it in most businesses: business owner, technical owner.
    pub fn usual_owners(self) -> (&'static str, &'static str) {
        match self {
            Self::CrmFieldUpdates => ("RevOps or sales lead", "CRM admin"),
            Self::CustomerMessages => ("department manager", "workflow owner"),
            Self::FinanceFields => ("finance lead", "systems admin"),
            Self::SupportTriage => ("support or CS lead", "helpdesk admin"),
            Self::DocumentExtraction => ("ops or finance lead", "automation owner"),
            Self::PromptsAndRules => ("workflow owner", "AI operator"),
        }
    }

    /// The review cadence unless the matrix names another.
    pub fn usual_cadence(self) -> Cadence {
        match self {
            Self::CrmFieldUpdates => Cadence::WeeklyUntilStable,
            Self::CustomerMessages => Cadence::DailySample,
            Self::FinanceFields => Cadence::EveryRun,
            Self::SupportTriage => Cadence::WeeklySample,
            Self::DocumentExtraction => Cadence::Exceptions,
            Self::PromptsAndRules => Cadence::EveryVersionChange,
        }
    }

    /// Reads a name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|row| row.name() == text)
    }

    /// Whose risk an action is: the gravest thing it touches decides, and the workflow's own
    /// responsibility where nothing does.
    pub fn of(classified: &Classified, home: Self) -> Self {
        Self::of_effect(classified.effect, &classified.areas, home)
    }

    /// The same for what is known of a tool before any call.
    pub fn of_effect(effect: Effect, areas: &BTreeSet<Area>, home: Self) -> Self {
        let touches = |area| areas.contains(&area);
        let does = |other| effect == other;
        if touches(Area::Admin) {
            Self::PromptsAndRules
        } else if does(Effect::Pay)
            || touches(Area::ContractInvoicePaymentLegal)
            || touches(Area::Pricing)
        {
            Self::FinanceFields
        } else if touches(Area::SupportSensitive) {
            Self::SupportTriage
        } else if does(Effect::Send) || touches(Area::CustomerMessage) {
            Self::CustomerMessages
        } else if touches(Area::Ownership) {
            Self::CrmFieldUpdates
        } else {
            home
        }
    }
}

impl Cadence {
    /// In plain words.
    pub fn words(self) -> &'static str {
        match self {
            Self::WeeklyUntilStable => "weekly until stable",
            Self::DailySample => "daily sample",
            Self::EveryRun => "every run or batch",
            Self::WeeklySample => "weekly sample",
            Self::Exceptions => "exceptions",
            Self::EveryVersionChange => "every version change",
        }
    }
}

/// One row's people, by e-mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// Owns the risk and decides.
    pub business: String,
    /// Configures the system. Decides nothing here unless also named as business owner or delegate.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub technical: String,
    /// Decide like the business owner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delegates: Vec<String>,
    /// Asked, and able to decide, when nobody else answered or is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback: Option<String>,
    /// How often its actions are reviewed; the row's usual cadence unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cadence: Option<Cadence>,
}

/// When somebody is out of office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Away {
    /// Who, by e-mail.
    pub person: String,
    /// First day, `YYYY-MM-DD`.
    pub from: Date,
    /// Last day, `YYYY-MM-DD`.
    pub until: Date,
}

/// The matrix: `owners.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owners {
    /// IANA time zone in which days of absence begin and end.
    #[serde(default = "utc")]
    pub zone: String,
    /// Its rows; a row that is not named has no owner.
    #[serde(default, rename = "owner")]
    pub rows: BTreeMap<Responsibility, Owner>,
    /// Who is out of office when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub away: Vec<Away>,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// One thing wrong with a matrix.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OwnersProblem {
    /// Stable code.
    pub code: &'static str,
    /// Key path, e.g. `owner.finance-fields.business`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// True when it may stay as it is.
    pub warning: bool,
}

impl Owners {
    /// Every problem of the matrix.
    pub fn check(&self) -> Vec<OwnersProblem> {
        let mut found = Vec::new();
        if jiff::tz::TimeZoneDatabase::bundled()
            .get(&self.zone)
            .is_err()
        {
            found.push(error(
                "zone-invalid",
                "zone".into(),
                format!("`{}` is no IANA time zone", self.zone),
                "write e.g. `Europe/Vienna`, or leave the key out for UTC",
            ));
        }
        for (row, owner) in &self.rows {
            check_row(*row, owner, &mut found);
        }
        for row in Responsibility::ALL {
            if !self.rows.contains_key(&row) {
                let (business, _) = row.usual_owners();
                found.push(OwnersProblem {
                    warning: true,
                    ..error(
                        "owner-missing",
                        "owner".into(),
                        format!(
                            "nobody owns `{}`, so everything of it waits for a person",
                            row.name()
                        ),
                        &format!(
                            "add [owner.{}] with a business owner, usually the {business}",
                            row.name()
                        ),
                    )
                });
            }
        }
        for (index, away) in self.away.iter().enumerate() {
            if away.until < away.from {
                found.push(error(
                    "away-invalid",
                    format!("away[{index}].until"),
                    "the last day is before the first".into(),
                    "swap the two days",
                ));
            }
        }
        found
    }

    /// The cadence a row is reviewed by.
    pub fn cadence(&self, row: Responsibility) -> Cadence {
        self.rows
            .get(&row)
            .and_then(|owner| owner.cadence)
            .unwrap_or(row.usual_cadence())
    }

    /// Whether somebody is out of office at a time, UTC milliseconds. A zone or time that cannot be
    /// worked out counts as there.
    pub fn is_away(&self, email: &str, now_ms: i64) -> bool {
        let today = jiff::tz::TimeZoneDatabase::bundled()
            .get(&self.zone)
            .and_then(|zone| {
                jiff::Timestamp::from_millisecond(now_ms).map(|now| now.to_zoned(zone).date())
            });
        today.is_ok_and(|today| {
            self.away
                .iter()
                .any(|away| away.person == email && away.from <= today && today <= away.until)
        })
    }
}

fn check_row(row: Responsibility, owner: &Owner, found: &mut Vec<OwnersProblem>) {
    let at = |key: &str| format!("owner.{}.{key}", row.name());
    let mut person = |key: &str, email: &str| {
        if !email.contains('@') {
            found.push(error(
                "email-invalid",
                at(key),
                format!("`{email}` is no e-mail address"),
                "name people by the e-mail they sign in with",
            ));
        }
    };
    person("business", &owner.business);
    if !owner.technical.is_empty() {
        person("technical", &owner.technical);
    }
    for delegate in &owner.delegates {
        person("delegates", delegate);
    }
    if let Some(fallback) = &owner.fallback {
        person("fallback", fallback);
    }
    if owner.technical == owner.business {
        found.push(OwnersProblem {
            warning: true,
            ..error(
                "owners-alike",
                at("technical"),
                "the same person owns the risk and the system".into(),
                "name two people where there are two",
            )
        });
    }
}

fn error(code: &'static str, path: String, message: String, help: &str) -> OwnersProblem {
    OwnersProblem {
        code,
        path,
        message,
        help: help.to_owned(),
        warning: false,
    }
}
