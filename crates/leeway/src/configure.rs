//! Bringing a configuration into force: each system, pack and workflow that differs from what the
//! ledger holds becomes an entry, all of them in one append.

use crate::app::App;
use crate::config::Configuration;
use crate::error::ApiError;
use leeway_core::action::state::Status;
use leeway_core::canonical;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::state::Document;
use serde::Serialize;
use std::collections::BTreeMap;

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// `system`, `pack` or `workflow`.
    pub what: &'static str,
    /// Its name.
    pub name: String,
    /// `added`, `changed` or `removed`.
    pub how: &'static str,
}

/// Makes the ledger's configuration equal to the given one. Returns what changed; empty when
/// nothing did.
pub async fn apply(app: &App, actor: &str, wanted: Configuration) -> Result<Vec<Change>, ApiError> {
    let mut plan = Plan::default();
    plan.systems(app, &wanted)?;
    plan.packs(app, &wanted)?;
    plan.workflows(app, &wanted)?;
    if !plan.events.is_empty() {
        app.govern_all(actor, plan.events).await?;
        app.connect_systems();
        judge_again(app)?;
    }
    Ok(plan.changes)
}

/// What was approved or authorised under other rules is judged again before it runs.
fn judge_again(app: &App) -> Result<(), ApiError> {
    let waiting = app
        .store
        .reader()?
        .with_status(&[Status::Approved, Status::Authorised])?;
    for row in waiting {
        app.enqueue(row.id);
    }
    Ok(())
}

/// What is in force now, as a configuration.
pub fn current(app: &App) -> Configuration {
    let registry = app.registry();
    Configuration {
        settings: app.settings.clone(),
        systems: registry
            .systems
            .values()
            .map(|state| state.system.clone())
            .collect(),
        packs: {
            let mut packs: Vec<_> = registry
                .packs
                .values()
                .map(|live| live.compiled.pack.clone())
                .collect();
            packs.sort_by(|a, b| a.name.cmp(&b.name));
            packs
        },
        workflows: registry
            .workflows
            .values()
            .map(|live| live.state.workflow.clone())
            .collect(),
    }
}

#[derive(Default)]
struct Plan {
    events: Vec<(String, GovernEvent)>,
    changes: Vec<Change>,
}

impl Plan {
    fn systems(&mut self, app: &App, wanted: &Configuration) -> Result<(), ApiError> {
        let known = known(app, "system")?;
        for system in &wanted.systems {
            let hash = canonical::hash(system);
            let event = GovernEvent::SystemConfigured {
                system: system.clone(),
                hash: hash.clone(),
            };
            self.configure(("system", &system.name), &known, (hash, event));
        }
        let names: Vec<_> = wanted
            .systems
            .iter()
            .map(|system| system.name.as_str())
            .collect();
        self.remove("system", &known, (&names, || GovernEvent::SystemRemoved {}));
        Ok(())
    }

    fn packs(&mut self, app: &App, wanted: &Configuration) -> Result<(), ApiError> {
        let known = known(app, "pack")?;
        for pack in &wanted.packs {
            let hash = canonical::hash(pack);
            let event = GovernEvent::PackConfigured {
                pack: pack.clone(),
                hash: hash.clone(),
            };
            self.configure(("pack", &pack.name), &known, (hash, event));
        }
        let names: Vec<_> = wanted.packs.iter().map(|pack| pack.name.as_str()).collect();
        self.remove("pack", &known, (&names, || GovernEvent::PackRemoved {}));
        Ok(())
    }

    fn workflows(&mut self, app: &App, wanted: &Configuration) -> Result<(), ApiError> {
        let known = known(app, "workflow")?;
        for workflow in &wanted.workflows {
            let hash = canonical::hash(workflow);
            let event = GovernEvent::WorkflowConfigured {
                workflow: workflow.clone(),
                hash: hash.clone(),
            };
            self.configure(("workflow", &workflow.name), &known, (hash, event));
        }
        let names: Vec<_> = wanted
            .workflows
            .iter()
            .map(|workflow| workflow.name.as_str())
            .collect();
        self.remove(
            "workflow",
            &known,
            (&names, || GovernEvent::WorkflowRemoved {}),
        );
        Ok(())
    }

    fn configure(
        &mut self,
        (what, name): (&'static str, &str),
        known: &BTreeMap<String, String>,
        (hash, event): (String, GovernEvent),
    ) {
        let how = match known.get(name) {
            Some(before) if *before == hash => return,
            Some(_) => "changed",
            None => "added",
        };
        self.events.push((format!("{what}/{name}"), event));
        self.changes.push(Change {
            what,
            name: name.to_owned(),
            how,
        });
    }

    fn remove(
        &mut self,
        what: &'static str,
        known: &BTreeMap<String, String>,
        (wanted, event): (&[&str], impl Fn() -> GovernEvent),
    ) {
        for name in known.keys().filter(|name| !wanted.contains(&name.as_str())) {
            self.events.push((format!("{what}/{name}"), event()));
            self.changes.push(Change {
                what,
                name: name.clone(),
                how: "removed",
            });
        }
    }
}

/// Name → content hash of what is configured now.
fn known(app: &App, what: &str) -> Result<BTreeMap<String, String>, ApiError> {
    let documents = app.store.reader()?.documents(&format!("{what}/"))?;
    Ok(documents
        .into_iter()
        .filter_map(|(_, _, document)| match document {
            Document::System(state) if !state.removed => Some((state.system.name, state.hash)),
            Document::Pack(state) if !state.removed => Some((state.pack.name, state.hash)),
            Document::Workflow(state) if !state.removed => Some((state.workflow.name, state.hash)),
            _ => None,
        })
        .collect())
}
