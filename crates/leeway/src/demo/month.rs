//! `leeway demo --days 30`: a month in simulated time, by the real way of every call, decision and review.
//! The clock is injected and moved; agents speak MCP, people decide as they would on the pages.
//!
//! One agent is good and earns to act alone; one gets worse and loses it; one makes a mess, which is worked
//! through as an incident. [`acts`] is what the agents do, [`people`] what people make of it, [`mess`] the
//! incident. What is wrong is known beforehand, so that people can see it.

mod acts;
mod mess;
mod people;

use super::agents::{Actor, DemoAgent};
use super::{Access, seed};
use crate::app::App;
use crate::clock::Shift;
use crate::earning::{lots, planting, promoting};
use crate::incident::tend;
use crate::serving::Running;
use acts::Act;
use leeway_core::earn::verdict::Severity;
use leeway_core::govern::owners::Responsibility;
use leeway_core::govern::people::Person;
use leeway_core::id::ActionId;
use leeway_store::ReviewFilter;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

/// Milliseconds of a minute, an hour, a day.
const MINUTE_MS: i64 = 60 * 1000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;

/// The workflow whose agent earns to act alone.
const GOOD: &str = "crm-clean-up";
/// How often it goes on until something of it is drawn.
const MOST_MORE: u32 = 20;

/// What an output that is wrong has.
#[derive(Clone, Copy, Debug)]
struct Flaw {
    pattern: &'static str,
    severity: Severity,
}

/// The month as it is played.
struct Month {
    app: Arc<App>,
    shift: Shift,
    actors: HashMap<String, Actor>,
    people: HashMap<&'static str, Person>,
    /// What is wrong with which action.
    flaws: HashMap<ActionId, Flaw>,
    /// A number that counts up, so that nothing is proposed twice.
    next: u64,
    /// Days on which people worked so far.
    day: u32,
    /// The mess's actions, and its incident's number.
    mess: Vec<ActionId>,
    incident: Option<u64>,
}

/// The configuration of the month: the demo's, with freedom to be earned and what its worth needs.
pub fn configuration(exe: &Path, state: &Path) -> Vec<(String, String)> {
    let mut files = seed::configuration(exe, state);
    for (path, text) in &mut files {
        let Some(workflow) = path
            .strip_prefix("workflows/")
            .and_then(|name| name.strip_suffix(".toml"))
        else {
            continue;
        };
        let (minutes, errors) = match workflow {
            "support-triage" => (6, 40),
            "document-processing" => (9, 60),
            "proposal-automation" => (25, 150),
            _ => (4, 25),
        };
        text.insert_str(
            0,
            "prompt_version = \"2026-10\"\nmodel = \"example-large-3\"\n",
        );
        text.push_str(&format!(
            "\n[roi]\ncurrency = \"GBP\"\nmanual_minutes = {minutes}\nhourly_wage = 31\nerror_cost = {errors}\nfix_minutes = 20\nowner_hours = 1\nsubscription = 18\nsetup = 350\n"
        ));
        if workflow == "crm-clean-up" {
            text.push_str("\n[evidence]\nautonomy = \"earned\"\n");
        }
    }
    files
}

/// Plays so many days that end now. Tells on standard output how far it has come.
pub async fn play(
    running: &Running,
    access: &Access,
    (shift, days): (Shift, u32),
) -> anyhow::Result<()> {
    let people = [
        ("owner", "owner@brightwater.example"),
        ("reviewer", "reviewer@brightwater.example"),
        ("operator", "operator@brightwater.example"),
    ];
    let registry = running.app.registry();
    let people = people
        .into_iter()
        .filter_map(|(name, email)| {
            let person = registry.people.iter().find(|one| one.email == email)?;
            Some((name, person.clone()))
        })
        .collect();
    let mut month = Month {
        app: running.app.clone(),
        actors: actors(&access.url, &access.agents)?,
        people,
        flaws: HashMap::new(),
        next: 0,
        day: 0,
        mess: Vec::new(),
        incident: None,
        shift,
    };
    println!("\nPlaying {days} days:");
    let last = month.app.clock.now_ms();
    let began = last + i64::from(days) * DAY_MS;
    for day in 0..days {
        let left = i64::from(days - day);
        // Nine in the morning of that day, UTC.
        let at_ms = began - left * DAY_MS;
        let morning = at_ms - at_ms.rem_euclid(DAY_MS) + 9 * HOUR_MS;
        if day > 0 {
            month.at(morning).await?;
        }
        month.day_of(at_ms).await?;
        let head = month.app.store.reader()?.head()?;
        println!("  day {:>2} of {days}: {} entries", day + 1, head.entries);
    }
    month.something_waits().await?;
    month.shift.back();
    month.look_after().await?;
    println!("  done: it is today again");
    Ok(())
}

fn actors(url: &str, agents: &[DemoAgent]) -> anyhow::Result<HashMap<String, Actor>> {
    agents
        .iter()
        .map(|agent| Ok((agent.workflow.clone(), Actor::new(url, agent.clone())?)))
        .collect()
}

impl Month {
    /// Moves the clock, never back, and lets everything that waits for time happen.
    async fn at(&mut self, at_ms: i64) -> anyhow::Result<()> {
        self.shift.to(at_ms);
        self.look_after().await
    }

    /// So many minutes later.
    fn later(&self, minutes: i64) {
        self.shift.to(self.app.clock.now_ms() + minutes * MINUTE_MS);
    }

    /// What the workers do by themselves every few seconds.
    async fn look_after(&self) -> anyhow::Result<()> {
        lots::tend(&self.app).await?;
        planting::tend(&self.app).await?;
        promoting::tend(&self.app).await?;
        tend::tend(&self.app).await?;
        Ok(())
    }

    /// One day: agents act, people decide and review; nobody works at the weekend.
    async fn day_of(&mut self, at_ms: i64) -> anyhow::Result<()> {
        let weekday = (at_ms / DAY_MS + 3).rem_euclid(7);
        if weekday >= 5 {
            return Ok(());
        }
        for act in acts::of(self.day, &mut self.next) {
            self.act(act).await?;
        }
        self.decide().await?;
        self.mess().await?;
        self.change().await?;
        self.look_after().await?;
        self.review().await?;
        self.promote().await?;
        self.day += 1;
        Ok(())
    }

    /// Whatever was drawn so far, an output of the good agent waits for a review in the end: what is drawn is
    /// chance, and whoever looks at the month is to see it.
    async fn something_waits(&mut self) -> anyhow::Result<()> {
        let filter = ReviewFilter {
            open: true,
            workflow: Some(GOOD.to_owned()),
            responsibility: Some(Responsibility::CrmFieldUpdates),
            ..ReviewFilter::default()
        };
        for _ in 0..MOST_MORE {
            let open = self.app.store.reader()?.reviews(&filter, (0, 1))?;
            if !open.items.is_empty() {
                break;
            }
            let acts = acts::of(self.day, &mut self.next);
            for act in acts
                .into_iter()
                .filter(|act| act.workflow == GOOD && !act.mess)
            {
                self.act(act).await?;
            }
            self.look_after().await?;
        }
        Ok(())
    }

    /// An agent makes a call, by MCP.
    async fn act(&mut self, act: Act) -> anyhow::Result<()> {
        let Some(actor) = self.actors.get(act.workflow) else {
            return Ok(());
        };
        self.later(3);
        let before = self.latest()?;
        actor.reach().await;
        if let Err(why) = actor.make(&act.step).await {
            tracing::warn!(tool = %act.step.tool, %why, "no answer");
        }
        if let Some(id) = self.latest()?.filter(|id| Some(id) != before.as_ref()) {
            if act.mess {
                self.mess.push(id.clone());
            }
            if let Some(flaw) = act.flaw {
                self.flaws.insert(id, flaw);
            }
        }
        Ok(())
    }

    /// The action that was proposed last.
    fn latest(&self) -> anyhow::Result<Option<ActionId>> {
        let filter = leeway_store::ActionFilter::default();
        let page = self.app.store.reader()?.actions(&filter, None, 1)?;
        Ok(page.items.into_iter().next().map(|row| row.id))
    }

    fn person(&self, name: &str) -> anyhow::Result<Person> {
        let person = self.people.get(name).cloned();
        person.ok_or_else(|| anyhow::anyhow!("nobody is the {name}"))
    }
}
