//! Checking a workflow: every problem at once, each with its place and how to mend it.

use super::guardrail::{Guardrail, When};
use super::hours::Hours;
use super::review::{BUILT_IN, PACK_RULE};
use crate::classify::currency::decimals;
use crate::govern::workflow::{DeadlineCounts, Workflow};
use std::collections::HashSet;

/// One thing wrong with a workflow.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct RuleProblem {
    /// Stable code.
    pub code: &'static str,
    /// Where: a key path such as `guardrail[2].when.rate.per_s`.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

/// Longest time in which the same call waits for a person, seconds.
const LONGEST_REPEAT_WINDOW_S: u64 = 604_800;
const LONGEST_SEND_DELAY_S: u64 = 24 * 60 * 60;
/// Longest clean window after an incident, days.
const LONGEST_CLEAN_DAYS: u32 = 90;
/// Longest silence of an incident's owner, minutes.
const LONGEST_SILENT_MINUTES: u32 = 24 * 60;
const LONGEST_EXPIRY_S: u64 = 30 * 24 * 3600;
const LONGEST_WINDOW_S: u64 = 366 * 24 * 3600;

/// Checks a workflow: its business hours ready for use, or every problem.
pub fn check(workflow: &Workflow) -> Result<Option<Hours>, Vec<RuleProblem>> {
    let mut problems = Problems::default();
    problems.basics(workflow);
    problems.tools(workflow);
    let hours = problems.hours(workflow);
    problems.currency("currency".to_owned(), workflow.currency.as_deref());
    let mut ids = HashSet::new();
    for (index, breaker) in workflow.breakers.iter().enumerate() {
        if let Some((key, help)) = breaker.problem() {
            problems.add(
                "breaker-invalid",
                format!("breaker[{index}].{key}"),
                "this is out of bounds".to_owned(),
                help,
            );
        }
    }
    for (index, rule) in workflow.guardrails.iter().enumerate() {
        if !ids.insert(rule.id.as_str()) {
            problems.add(
                "duplicate-guardrail",
                format!("guardrail[{index}].id"),
                format!("`{}` is used twice", rule.id),
                "give each guardrail an id of its own",
            );
        }
        problems.named(index, rule);
        problems.conditions(index, &rule.when, workflow.business_hours.is_some());
        problems.counting(index, &rule.when);
    }
    if problems.0.is_empty() {
        Ok(hours)
    } else {
        Err(problems.0)
    }
}

#[derive(Default)]
struct Problems(Vec<RuleProblem>);

impl Problems {
    fn add(&mut self, code: &'static str, path: String, message: String, help: &str) {
        self.0.push(RuleProblem {
            code,
            path,
            message,
            help: help.to_owned(),
        });
    }

    fn basics(&mut self, workflow: &Workflow) {
        if !plain_name(&workflow.name) {
            self.add(
                "name-invalid",
                "name".into(),
                format!("`{}` cannot be a workflow's name", workflow.name),
                "use lower-case letters, digits and hyphens",
            );
        }
        if !(0.0..=1.0).contains(&workflow.confidence_threshold) {
            self.add(
                "threshold-invalid",
                "confidence_threshold".into(),
                format!("`{}` is not between 0 and 1", workflow.confidence_threshold),
                "write a number from 0 to 1, e.g. 0.8",
            );
        }
        if workflow.expires_after_s == 0 || workflow.expires_after_s > LONGEST_EXPIRY_S {
            self.add(
                "expiry-invalid",
                "expires_after_s".into(),
                format!("`{}` seconds is out of bounds", workflow.expires_after_s),
                "write 1 to 2592000 (30 days)",
            );
        }
        if workflow.repeat_window_s > LONGEST_REPEAT_WINDOW_S {
            self.add(
                "repeat-window-invalid",
                "repeat_window_s".into(),
                format!("`{}` seconds is out of bounds", workflow.repeat_window_s),
                "write 0 to 604800 (a week); 0 lets the same call run again at once",
            );
        }
        if workflow.send_delay_s > LONGEST_SEND_DELAY_S {
            self.add(
                "send-delay-invalid",
                "send_delay_s".into(),
                format!("`{}` seconds is out of bounds", workflow.send_delay_s),
                "write 0 to 86400 (a day)",
            );
        }
        self.evidence(workflow);
        if !(1..=LONGEST_CLEAN_DAYS).contains(&workflow.incident_clean_days) {
            self.add(
                "clean-days-invalid",
                "incident_clean_days".into(),
                format!("`{}` days is out of bounds", workflow.incident_clean_days),
                "write 1 to 90",
            );
        }
        if !(1..=LONGEST_SILENT_MINUTES).contains(&workflow.incident_silent_minutes) {
            self.add(
                "silent-minutes-invalid",
                "incident_silent_minutes".into(),
                format!(
                    "`{}` minutes is out of bounds",
                    workflow.incident_silent_minutes
                ),
                "write 1 to 1440 (a day)",
            );
        }
        if workflow.deadline_counts == DeadlineCounts::BusinessHours
            && workflow.business_hours.is_none()
        {
            self.add(
                "business-hours-missing",
                "deadline_counts".into(),
                "the workflow has no business hours to count".into(),
                "add a [business_hours] table",
            );
        }
        let parts = workflow.remind_at.iter().map(|part| ("remind_at", *part));
        for (key, part) in parts.chain([("escalate_at", workflow.escalate_at)]) {
            if !(0.0..=1.0).contains(&part) {
                self.add(
                    "part-invalid",
                    key.into(),
                    format!("`{part}` is no part of the wait"),
                    "write a number from 0 to 1, e.g. 0.5 for half of it",
                );
            }
        }
    }

    fn evidence(&mut self, workflow: &Workflow) {
        let evidence = &workflow.evidence;
        let bounds = [
            ("review_within_days", evidence.review_within_days, (1, 60)),
            ("promotion_days", evidence.promotion_days, (1, 3650)),
            (
                "reviewer_minutes_a_week",
                evidence.reviewer_minutes_a_week,
                (1, 2400),
            ),
        ];
        for (key, value, (least, most)) in bounds {
            if let Some(value) = value.filter(|value| !(least..=most).contains(value)) {
                self.add(
                    "evidence-invalid",
                    format!("evidence.{key}"),
                    format!("`{value}` is out of bounds"),
                    &format!("write {least} to {most}"),
                );
            }
        }
        let roi = &workflow.roi;
        let terms = [
            ("manual_minutes", roi.manual_minutes, 10_000.0),
            ("hourly_wage", roi.hourly_wage, 100_000.0),
            ("error_cost", roi.error_cost, 1e9),
            ("fix_minutes", roi.fix_minutes, 100_000.0),
            ("caught", roi.caught, 1.0),
            ("owner_hours", roi.owner_hours, 744.0),
            ("subscription", roi.subscription, 1e9),
            ("setup", roi.setup, 1e9),
        ];
        for (key, value, most) in terms {
            if let Some(value) = value.filter(|value| !(0.0..=most).contains(value)) {
                self.add(
                    "roi-invalid",
                    format!("roi.{key}"),
                    format!("`{value}` is out of bounds"),
                    &format!("write 0 to {most}"),
                );
            }
        }
        let currency = roi.currency.as_deref().unwrap_or("EUR");
        if currency.len() != 3 || !currency.bytes().all(|byte| byte.is_ascii_uppercase()) {
            self.add(
                "roi-invalid",
                "roi.currency".into(),
                format!("`{}` is no currency", currency.escape_debug()),
                "write three letters, e.g. `EUR`",
            );
        }
    }

    fn hours(&mut self, workflow: &Workflow) -> Option<Hours> {
        match Hours::compile(workflow.business_hours.as_ref()?) {
            Ok(hours) => Some(hours),
            Err(problems) => {
                for (key, message) in problems {
                    self.add(
                        "business-hours-invalid",
                        format!("business_hours.{key}"),
                        message,
                        "see docs/configuration.md for business hours",
                    );
                }
                None
            }
        }
    }

    /// Grants and required sources.
    fn tools(&mut self, workflow: &Workflow) {
        for tool in workflow.grants.keys() {
            self.tool(tool, format!("grants.{tool}"));
        }
        for (category, words) in &workflow.sensitive_words {
            let empty = words
                .iter()
                .position(|word| !word.chars().any(char::is_alphanumeric));
            if let Some(index) = empty {
                self.add(
                    "word-empty",
                    format!("sensitive_words.{category}[{index}]"),
                    "there is no word in it, so it would match nothing".into(),
                    "write a word or a phrase, or take it out",
                );
            }
        }
        for (index, field) in workflow.required_sources.iter().enumerate() {
            if field.trim().is_empty() {
                self.add(
                    "field-empty",
                    format!("required_sources[{index}]"),
                    "the field has no name".into(),
                    "name a field as the pack does, or take it out",
                );
            }
        }
    }

    fn tool(&mut self, tool: &str, path: String) {
        let named = tool
            .split_once("__")
            .is_some_and(|(system, tool)| !system.is_empty() && !tool.is_empty());
        if !named || tool.chars().any(char::is_whitespace) {
            self.add(
                "tool-name-invalid",
                path,
                format!("`{tool}` cannot be a tool's name"),
                "write <system>__<tool>, e.g. crm__update_contact",
            );
        }
    }

    /// Id and text.
    fn named(&mut self, index: usize, rule: &Guardrail) {
        let at = |key: &str| format!("guardrail[{index}].{key}");
        if !plain_name(&rule.id) {
            self.add(
                "guardrail-id-invalid",
                at("id"),
                format!("`{}` cannot be an id", rule.id),
                "use lower-case letters, digits and hyphens",
            );
        }
        if BUILT_IN.contains(&rule.id.as_str()) || rule.id.starts_with(PACK_RULE) {
            self.add(
                "guardrail-id-taken",
                at("id"),
                format!("`{}` is a built-in rule", rule.id),
                "choose another id",
            );
        }
        if rule
            .approvals
            .is_some_and(|count| !(1..=5).contains(&count))
        {
            self.add(
                "approvals-invalid",
                at("approvals"),
                "the number of approvals is out of bounds".into(),
                "write 1 to 5",
            );
        }
        if rule.text.trim().is_empty() {
            self.add(
                "guardrail-text-missing",
                at("text"),
                "the sentence for people is empty".into(),
                "say in one sentence why it stops",
            );
        }
    }

    /// Conditions that look at this action alone.
    fn conditions(&mut self, index: usize, when: &When, has_hours: bool) {
        let at = |key: &str| format!("guardrail[{index}].{key}");
        if *when == When::default() {
            self.add(
                "guardrail-without-condition",
                at("when"),
                "it names no condition, so it would stop everything".into(),
                "name at least one condition, e.g. level_at_least = 1 for everything",
            );
        }
        for (number, tool) in when.tools.iter().enumerate() {
            self.tool(tool, at(&format!("when.tools[{number}]")));
        }
        if when
            .level_at_least
            .is_some_and(|level| !(1..=5).contains(&level))
        {
            self.add(
                "level-invalid",
                at("when.level_at_least"),
                "levels are 1 to 5".into(),
                "write a number from 1 to 5",
            );
        }
        self.amount(at("when.amount_above_cents"), when.amount_above_cents);
        self.currency(at("when.currency"), when.currency.as_deref());
        if when
            .confidence_below
            .is_some_and(|limit| !(0.0..=1.0).contains(&limit))
        {
            self.add(
                "threshold-invalid",
                at("when.confidence_below"),
                "it is not between 0 and 1".into(),
                "write a number from 0 to 1",
            );
        }
        if when.outside_business_hours.is_some() && !has_hours {
            self.add(
                "business-hours-missing",
                at("when.outside_business_hours"),
                "the workflow has no business hours".into(),
                "add a [business_hours] table",
            );
        }
    }

    fn currency(&mut self, path: String, code: Option<&str>) {
        if let Some(code) = code.filter(|code| decimals(code).is_none()) {
            self.add(
                "currency-unknown",
                path,
                format!("`{}` is no currency", code.escape_debug()),
                "write its ISO 4217 code, e.g. `EUR`",
            );
        }
    }

    fn amount(&mut self, path: String, cents: Option<i64>) {
        if cents.is_some_and(|cents| cents < 0) {
            self.add(
                "amount-invalid",
                path,
                "the amount is negative".into(),
                "write cents, 0 or more",
            );
        }
    }

    /// Conditions over a window.
    fn counting(&mut self, index: usize, when: &When) {
        let at = |key: &str| format!("guardrail[{index}].{key}");
        let (rate, total) = (when.rate.as_ref(), when.total.as_ref());
        let windows = [
            ("when.rate.per_s", rate.map(|rate| rate.per_s)),
            ("when.total.per_s", total.map(|total| total.per_s)),
        ];
        for (key, window) in windows {
            if window.is_some_and(|seconds| seconds == 0 || seconds > LONGEST_WINDOW_S) {
                self.add(
                    "window-invalid",
                    at(key),
                    "the window is out of bounds".into(),
                    "write 1 to 31622400 seconds (366 days)",
                );
            }
        }
        self.amount(
            at("when.total.above_cents"),
            total.map(|total| total.above_cents),
        );
        if rate.is_some() && total.is_some() {
            self.add(
                "two-counters",
                at("when"),
                "a guardrail counts either a rate or a total".into(),
                "write two guardrails",
            );
        }
    }
}

/// Whether a text can be a name or id: lower-case letters, digits and hyphens inside, at most 64.
pub(crate) fn plain_name(name: &str) -> bool {
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    !name.is_empty()
        && name.len() <= 64
        && name.bytes().all(fits)
        && !name.starts_with('-')
        && !name.ends_with('-')
}
