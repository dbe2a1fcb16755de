//! A workflow: what its agents may do with which tools, when a person is asked, and the operator's
//! own guardrails. The schema of `workflows/*.toml`, of the API and of the forms.

use super::breaker::Breaker;
use super::owners::Responsibility;
use super::relay::{Names, Relay};
use crate::canonical;
use crate::classify::currency::decimals;
use crate::earn::settings::{Evidence, RoiTerms};
use crate::judge::guardrail::Guardrail;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One workflow version, `workflows/<name>.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    /// Short name, used in addresses: lower-case letters, digits, hyphens.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// What it is for, one or two sentences.
    #[serde(default)]
    pub purpose: String,
    /// E-mail or title of the person who owns its risk; shown, and told to agents that wait.
    #[serde(default)]
    pub owner: String,
    /// How far the agent may go per tool, by `<system>__<tool>`. A tool not named is blocked.
    #[serde(default)]
    pub grants: BTreeMap<String, Grant>,
    /// What of a system besides its tools reaches this workflow's agents, by system. Nothing does
    /// that is not named here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub relay: BTreeMap<String, BTreeSet<Relay>>,
    /// How agents see names and addresses of what systems offer.
    #[serde(default, skip_serializing_if = "Names::is_qualified")]
    pub names: Names,
    /// Confidence below which every act waits for a person, 0 to 1.
    #[serde(default = "default_threshold", deserialize_with = "crate::float::one")]
    pub confidence_threshold: f64,
    /// Whose risk an action of this workflow is where it touches nothing graver.
    #[serde(default = "default_responsibility")]
    pub responsibility: Responsibility,
    /// How long a held action waits before it expires, seconds.
    #[serde(default = "default_expiry_s")]
    pub expires_after_s: u64,
    /// How long what cannot be called back (a message, a payment) waits after its approval before it
    /// starts, seconds. Until then the approval can be taken back.
    #[serde(
        default = "default_send_delay_s",
        skip_serializing_if = "is_default_send_delay"
    )]
    pub send_delay_s: u64,
    /// How long after a call was carried out the same call waits for a person, seconds: agents and their
    /// clients repeat calls they heard nothing of. 0 for never.
    #[serde(
        default = "default_repeat_window_s",
        skip_serializing_if = "is_default_repeat_window"
    )]
    pub repeat_window_s: u64,
    /// How many days nothing may happen again after an incident before it closes.
    #[serde(
        default = "default_clean_days",
        skip_serializing_if = "is_default_clean_days"
    )]
    pub incident_clean_days: u32,
    /// How many minutes an incident's owner may be silent before the next is told.
    #[serde(
        default = "default_silent_minutes",
        skip_serializing_if = "is_default_silent_minutes"
    )]
    pub incident_silent_minutes: u32,
    /// Which seconds count towards a deadline.
    #[serde(default)]
    pub deadline_counts: DeadlineCounts,
    /// After which parts of the wait (0 to 1) those who may decide are reminded.
    #[serde(default = "default_reminders", deserialize_with = "crate::float::list")]
    pub remind_at: Vec<f64>,
    /// After which part of the wait (0 to 1) the fallback may decide too; 1 for never.
    #[serde(default = "default_escalation", deserialize_with = "crate::float::one")]
    pub escalate_at: f64,
    /// Fields that at least one cited source must speak of, when an action changes them.
    #[serde(default)]
    pub required_sources: Vec<String>,
    /// Further words and phrases that make a text a sensitive issue, by category: those built in, and
    /// others of one's own. They add to the built-in lists and take nothing away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sensitive_words: BTreeMap<String, Vec<String>>,
    /// What the workflow's agents may not do alone, in sentences for people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_alone: Vec<String>,
    /// What to look at to tell whether it goes well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<Metric>,
    /// Business hours, for guardrails that ask for them.
    pub business_hours: Option<BusinessHours>,
    /// The prompt the agents of this workflow run with: a label or hash that is stamped on each action.
    pub prompt_version: Option<String>,
    /// The prompt itself, when it is kept here: its hash is stamped on each action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_text: Option<String>,
    /// The model the agents of this workflow run on; stamped on each action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// How its agents earn freedom.
    #[serde(default, skip_serializing_if = "Evidence::is_default")]
    pub evidence: Evidence,
    /// The currency of its limits, and of amounts whose currency nothing says, by ISO 4217. Unless told,
    /// the one its worth is worked out in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// What its worth is worked out from.
    #[serde(default, skip_serializing_if = "is_default_roi")]
    pub roi: Box<RoiTerms>,
    /// What stops the workflow by itself.
    #[serde(default, rename = "breaker", skip_serializing_if = "Vec::is_empty")]
    pub breakers: Vec<Breaker>,
    /// The operator's own rules.
    #[serde(default, rename = "guardrail", skip_serializing_if = "Vec::is_empty")]
    pub guardrails: Vec<Guardrail>,
}

fn is_default_roi(roi: &RoiTerms) -> bool {
    roi.is_default()
}

fn default_threshold() -> f64 {
    0.8
}

fn default_expiry_s() -> u64 {
    24 * 60 * 60
}

/// Seconds an approved message or payment waits unless told otherwise.
pub const SEND_DELAY_S: u64 = 30;

fn default_send_delay_s() -> u64 {
    SEND_DELAY_S
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_default_send_delay(delay_s: &u64) -> bool {
    *delay_s == SEND_DELAY_S
}

/// For how long the same call waits for a person unless told otherwise, seconds.
pub const REPEAT_WINDOW_S: u64 = 600;

fn default_repeat_window_s() -> u64 {
    REPEAT_WINDOW_S
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_default_repeat_window(window_s: &u64) -> bool {
    *window_s == REPEAT_WINDOW_S
}

/// Days of the clean window unless told otherwise.
pub const CLEAN_DAYS: u32 = 7;
/// Minutes of silence unless told otherwise.
pub const SILENT_MINUTES: u32 = 30;

fn default_clean_days() -> u32 {
    CLEAN_DAYS
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_default_clean_days(days: &u32) -> bool {
    *days == CLEAN_DAYS
}

fn default_silent_minutes() -> u32 {
    SILENT_MINUTES
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks by reference")]
fn is_default_silent_minutes(minutes: &u32) -> bool {
    *minutes == SILENT_MINUTES
}

fn default_responsibility() -> Responsibility {
    Responsibility::CrmFieldUpdates
}

fn default_reminders() -> Vec<f64> {
    vec![0.5]
}

fn default_escalation() -> f64 {
    0.75
}

/// Something measured of a workflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Metric {
    /// Actions proposed.
    Volume,
    /// Of those judged, how many ran alone.
    RanAlone,
    /// Of those decided by a person, how many were approved as they were proposed.
    ApprovedUnchanged,
    /// Of those decided by a person, how many the person changed first.
    Edited,
    /// Of those decided by a person, how many were rejected.
    Rejected,
    /// Of those held, how many nobody answered in time.
    Unanswered,
    /// Of those that ran, how many failed or have an unknown outcome.
    Failed,
    /// How long people had an action open before they decided, the median.
    TimeToDecide,
}

impl Metric {
    /// The name for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Volume => "Proposed",
            Self::RanAlone => "Ran alone",
            Self::ApprovedUnchanged => "Approved unchanged",
            Self::Edited => "Changed by a person",
            Self::Rejected => "Rejected",
            Self::Unanswered => "Nobody answered",
            Self::Failed => "Failed or unknown",
            Self::TimeToDecide => "Time to decide",
        }
    }
}

/// Which seconds count towards a deadline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeadlineCounts {
    /// All of them.
    #[default]
    AllHours,
    /// Those within the workflow's business hours.
    BusinessHours,
}

impl Workflow {
    /// The currency of its limits, and of amounts whose currency nothing says.
    pub fn currency(&self) -> Option<&str> {
        let said = self.currency.as_deref().or(self.roi.currency.as_deref());
        said.filter(|code| decimals(code).is_some())
    }

    /// The prompt's version as it is stamped on actions: the label, and the text's hash where the
    /// text is kept here.
    pub fn prompt_stamp(&self) -> Option<String> {
        let hash = self
            .prompt_text
            .as_ref()
            .map(|text| format!("sha256:{}", canonical::hash(text)));
        match (self.prompt_version.clone(), hash) {
            (Some(label), Some(hash)) => Some(format!("{label} {hash}")),
            (label, hash) => label.or(hash),
        }
    }
}

/// How far an agent may go with one tool, ordered.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// Not at all.
    #[default]
    Blocked,
    /// Read.
    Read,
    /// Propose drafts: a person reads in full, may edit, and sends as their own act.
    Draft,
    /// Low-risk updates alone; anything graver waits.
    Update,
    /// May propose level 4 for quick approval.
    HighImpact,
    /// May propose level 5 for quick approval.
    External,
}

impl Grant {
    /// The name as in configuration and API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Blocked => "blocked",
            Self::Read => "read",
            Self::Draft => "draft",
            Self::Update => "update",
            Self::HighImpact => "high-impact",
            Self::External => "external",
        }
    }
}

/// Hours in which the business works.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BusinessHours {
    /// IANA time zone, e.g. `Europe/Vienna`.
    pub zone: String,
    /// Weekdays: `mon` … `sun`.
    pub days: Vec<String>,
    /// Opening time `HH:MM`, local.
    pub from: String,
    /// Closing time `HH:MM`, local, exclusive.
    pub to: String,
}
