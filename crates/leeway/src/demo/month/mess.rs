//! The incident of the month, worked through its seven steps.

use super::Month;
use super::acts::MESS;
use crate::configure;
use crate::gateway::undo::batch;
use crate::incident::steps::{self, Finding};
use crate::incident::{again, declare, sample};
use leeway_core::incident::event::Side;
use leeway_core::judge::guardrail::{Guardrail, Then, When};
use leeway_core::undo::batch::{BatchStatus, Selection};
use std::time::Duration;

/// How long taking it back may take, really.
const LONGEST_BATCH: Duration = Duration::from_mins(1);
const WORKFLOW: &str = "sales-follow-up";
const RULE: &str = "no-tags-from-imports";

impl Month {
    /// Declares the incident on the day of the mess, and works it.
    pub(super) async fn mess(&mut self) -> anyhow::Result<()> {
        if self.day != MESS || self.incident.is_some() || self.mess.is_empty() {
            return Ok(());
        }
        self.later(25);
        let owner = self.person("owner")?;
        let why = "Customers are tagged for the win-back campaign";
        let case = self.mess.first().cloned();
        let state = declare::declare(&self.app, &owner, WORKFLOW, (why, case)).await?;
        self.incident = Some(state.number);
        let number = state.number.to_string();
        self.later(6);
        let selection = Selection {
            actions: self.mess.clone(),
            ..Selection::default()
        };
        let how = "Everything that the import of old-leads.csv set going";
        steps::scope(&self.app, &owner, &number, (selection, how)).await?;
        self.take_back(&number).await?;
        steps::remediate(&self.app, &owner, &number).await?;
        self.later(4);
        steps::acknowledge(&self.app, &owner, &number).await?;
        let finding = Finding {
            finding: "The import has a column “left”, which the agent took for the customer leaving us.",
            source_data: "old-leads.csv: the column means “left at reception”.",
            versions: "Prompt, model and rules are those of the weeks before; the source is new.",
        };
        steps::review(&self.app, &owner, &number, finding).await?;
        self.guard(&number).await?;
        sample::judge(&self.app, &owner, &number, &[]).await?;
        self.run_again(&number).await
    }

    async fn take_back(&mut self, number: &str) -> anyhow::Result<()> {
        let owner = self.person("owner")?;
        let planned = steps::plan_remedy(&self.app, &owner, number).await?;
        let through = |wanted: BatchStatus| {
            let (app, id) = (self.app.clone(), planned.id.clone());
            async move {
                loop {
                    let (_, batch) = batch::find(&app, &id)?;
                    if batch.status == wanted {
                        return anyhow::Ok(batch);
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        };
        let ready = tokio::time::timeout(LONGEST_BATCH, through(BatchStatus::Planned)).await??;
        batch::start(&self.app, &owner, (&ready.id, &ready.hash)).await?;
        tokio::time::timeout(LONGEST_BATCH, through(BatchStatus::Finished)).await??;
        self.later(3);
        Ok(())
    }

    async fn guard(&mut self, number: &str) -> anyhow::Result<()> {
        let mut wanted = configure::current(&self.app);
        for workflow in &mut wanted.workflows {
            if workflow.name == WORKFLOW {
                workflow.guardrails.push(Guardrail {
                    id: RULE.to_owned(),
                    text: "Tags that follow from an import are looked at first.".to_owned(),
                    then: Then::Hold,
                    approvals: None,
                    when: When {
                        tools: vec!["sandbox__add_contact_tag".to_owned()],
                        ..When::default()
                    },
                });
            }
        }
        self.propose(&wanted, "What the incident was").await?;
        let owner = self.person("owner")?;
        steps::guard(&self.app, &owner, number, (RULE, None, None)).await?;
        Ok(())
    }

    async fn run_again(&mut self, number: &str) -> anyhow::Result<()> {
        for (name, side) in [("owner", Side::Business), ("operator", Side::Technical)] {
            let person = self.person(name)?;
            let (_, state) = crate::incident::find(&self.app, number)?;
            again::sign(&self.app, &person, number, (side, &state.content_hash())).await?;
            self.later(10);
        }
        let owner = self.person("owner")?;
        again::reenable(&self.app, &owner, number).await?;
        Ok(())
    }
}
