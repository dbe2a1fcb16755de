//! What people make of it: they decide what waits, review what was drawn, sign what is proposed, change a
//! prompt.

use super::acts::MENDED;
use super::{Flaw, Month};
use crate::changes::{self, Outcome};
use crate::configure;
use crate::earning::{promoting, reviewing};
use crate::gateway::decide::{self, Rejection};
use leeway_core::action::state::{ActionRow, Status};
use leeway_core::earn::verdict::Verdict;
use leeway_core::govern::state::Document;
use leeway_core::incident::event::Side;
use leeway_store::ReviewFilter;
use std::time::Duration;

/// Held actions and open reviews looked at on a day.
const MOST: usize = 500;
/// Where people are busy with something else every so many days.
const BUSY_EVERY: u32 = 9;
/// How long a decision may take to be carried out, really.
const LONGEST_RUN: Duration = Duration::from_secs(20);

/// How long a person has something open, milliseconds: uneven, and the same each time.
fn took_ms(number: usize) -> i64 {
    9_000 + (number as i64 * 7_919) % 61_000
}

impl Month {
    /// The owner decides what waits, but for a day now and then on which nobody does.
    pub(super) async fn decide(&mut self) -> anyhow::Result<()> {
        if self.day % BUSY_EVERY == BUSY_EVERY - 1 {
            return Ok(());
        }
        let held = self.app.store.reader()?.held(None, MOST)?;
        for (number, row) in held.iter().enumerate() {
            self.later(1);
            self.decide_one(number, row).await?;
        }
        self.later(2);
        self.carried_out().await
    }

    async fn decide_one(&mut self, number: usize, row: &ActionRow) -> anyhow::Result<()> {
        let Some(hash) = row.content_hash.as_deref() else {
            return Ok(());
        };
        let owner = self.person("owner")?;
        let took_ms = Some(took_ms(number));
        let decided = match self.flaws.get(&row.id) {
            Some(flaw) => {
                let rejection = Rejection {
                    content_hash: hash,
                    why: flaw.pattern,
                    note: Some("Please look at the record again.".to_owned()),
                    took_ms,
                };
                decide::reject(&self.app, &owner, &row.id, rejection).await
            }
            None => decide::approve(&self.app, &owner, &row.id, (hash, took_ms)).await,
        };
        match decided {
            Err(error) if error.status.is_server_error() => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Waits until what was approved is carried out.
    async fn carried_out(&self) -> anyhow::Result<()> {
        let app = self.app.clone();
        let done = async move {
            loop {
                let waiting = app
                    .store
                    .reader()?
                    .with_status(&[Status::Approved, Status::Executing])?;
                let registry = app.registry();
                let mut any = false;
                for row in waiting {
                    let live = registry.workflows.get(&row.workflow);
                    if live.is_some_and(|live| live.state.paused.is_none()) || row.undoes.is_some()
                    {
                        any = true;
                        app.enqueue(row.id);
                    }
                }
                if !any {
                    return anyhow::Ok(());
                }
                tokio::time::sleep(Duration::from_millis(40)).await;
            }
        };
        match tokio::time::timeout(LONGEST_RUN, done).await {
            Ok(ended) => ended,
            Err(_) => Ok(()),
        }
    }

    /// The reviewer reviews what was drawn, the owner what the reviewer may not; two days' worth waits
    /// always, as it does where people have other work.
    pub(super) async fn review(&mut self) -> anyhow::Result<()> {
        let filter = ReviewFilter {
            open: true,
            ..ReviewFilter::default()
        };
        let open = self.app.store.reader()?.reviews(&filter, (0, MOST))?.items;
        let now_ms = self.app.clock.now_ms();
        for (number, row) in open.iter().enumerate() {
            if now_ms - row.drawn_ms < super::DAY_MS {
                continue;
            }
            self.later(1);
            for name in ["reviewer", "owner"] {
                self.review_one(name, (number, &row.id)).await?;
            }
        }
        Ok(())
    }

    async fn review_one(
        &self,
        name: &str,
        (number, id): (usize, &leeway_core::id::ActionId),
    ) -> anyhow::Result<()> {
        let person = self.person(name)?;
        let (_, review) = reviewing::find(&self.app, id)?;
        if !review.is_open() || reviewing::may(&self.app, &person, &review).is_err() {
            return Ok(());
        }
        let flaw: Option<&Flaw> = self.flaws.get(&review.drawn.shows);
        let unsure = flaw.is_none() && number % 37 == 11 && review.given.is_empty();
        let opinion = reviewing::Opinion {
            verdict: match flaw {
                Some(_) => Verdict::Wrong,
                None if unsure => Verdict::Unsure,
                None => Verdict::Right,
            },
            severity: flaw.map(|flaw| flaw.severity),
            pattern: flaw.map(|flaw| flaw.pattern.to_owned()),
            note: flaw.map(|_| "Not what the record says.".to_owned()),
            took_ms: Some(took_ms(number) / 2),
        };
        reviewing::judge(&self.app, &person, id, &opinion).await?;
        Ok(())
    }

    /// Both owners sign what is proposed a day after it was, and adopt what a stated confidence is worth.
    pub(super) async fn promote(&mut self) -> anyhow::Result<()> {
        let now_ms = self.app.clock.now_ms();
        let stages = self.app.store.reader()?.documents("stage/")?;
        for (stream, _, document) in stages {
            let Document::Stage(stage) = document else {
                continue;
            };
            let mut parts = stream.splitn(3, '/').skip(1);
            let (Some(workflow), Some(tool)) = (parts.next(), parts.next()) else {
                continue;
            };
            let Some(proposal) = stage.proposal else {
                continue;
            };
            if now_ms - proposal.at_ms < super::HOUR_MS || workflow != "crm-clean-up" {
                continue;
            }
            for (name, side) in [("owner", Side::Business), ("operator", Side::Technical)] {
                let person = self.person(name)?;
                let what = (side, proposal.content_hash.as_str());
                promoting::sign(&self.app, &person, (workflow, tool), what).await?;
            }
            let owner = self.person("owner")?;
            for one in promoting::confidences(&self.app, workflow)? {
                if one.proposed.is_some() {
                    promoting::adopt(&self.app, &owner, (workflow, &one.agent)).await?;
                }
            }
        }
        Ok(())
    }

    /// The operator gives the support agent a better prompt; the owner approves it.
    pub(super) async fn change(&mut self) -> anyhow::Result<()> {
        if self.day < MENDED {
            return Ok(());
        }
        let mut wanted = configure::current(&self.app);
        for workflow in &mut wanted.workflows {
            if workflow.name == "support-triage" {
                workflow.prompt_version = Some("2026-11 reads the whole thread".to_owned());
            }
        }
        self.propose(&wanted, "Its notes misread what customers ask")
            .await
    }

    /// Proposes a change as the operator and has the owner approve it.
    pub(super) async fn propose(
        &mut self,
        wanted: &crate::config::Configuration,
        why: &str,
    ) -> anyhow::Result<()> {
        let operator = self.person("operator")?;
        let author = format!("person:{}", operator.email);
        if let Outcome::Waits(change) =
            changes::propose(&self.app, &author, (wanted, why, None)).await?
        {
            self.later(20);
            let owner = self.person("owner")?;
            changes::approve(&self.app, &owner, (&change.id, &change.hash)).await?;
        }
        Ok(())
    }
}
