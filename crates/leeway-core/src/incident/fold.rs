//! Folding an incident's entries: who may, on which evidence, and what is known afterwards.

use super::event::{IncidentEvent, Side};
use super::state::{Evidence, IncidentState, InvalidIncident, Signature, Told, next};
use super::status::IncidentStatus;
use super::step::Step;

impl IncidentState {
    /// The state after an entry.
    pub fn apply(
        previous: Option<Self>,
        number: u64,
        at_ms: i64,
        event: &IncidentEvent,
    ) -> Result<Self, InvalidIncident> {
        let from = previous.as_ref().map(|state| state.status);
        let status = next(from, event)?;
        let mut state = previous.unwrap_or_else(|| Self::unheard_of(number, status, at_ms));
        state.admits(at_ms, event)?;
        state.prove(at_ms, event);
        state.note(at_ms, event);
        state.enter(status, from, at_ms);
        Ok(state)
    }

    fn unheard_of(number: u64, status: IncidentStatus, at_ms: i64) -> Self {
        Self {
            number,
            workflow: String::new(),
            status,
            since_ms: at_ms,
            opened_ms: at_ms,
            declared_ms: None,
            trigger: None,
            why: String::new(),
            commander: None,
            merged_into: None,
            example: None,
            rounds: 0,
            pause: None,
            scope: None,
            affected: None,
            remedies: None,
            rule: None,
            evidence: Vec::new(),
            told: Vec::new(),
            signatures: Vec::new(),
            resumed: None,
            clean_until_ms: None,
        }
    }

    /// Whether what is known admits the event, beyond its status.
    fn admits(&self, at_ms: i64, event: &IncidentEvent) -> Result<(), InvalidIncident> {
        use IncidentEvent as E;
        if let (Some(by), Some(commander)) = (event.in_command(), &self.commander)
            && by != commander
        {
            return Err(InvalidIncident::NotInCommand {
                by: by.to_owned(),
                commander: commander.clone(),
            });
        }
        let what = match event {
            E::Declared { workflow, .. }
                if !self.workflow.is_empty() && self.workflow != *workflow =>
            {
                "another workflow was suspected"
            }
            E::TakenOver { from, .. } if self.commander.as_ref() != Some(from) => {
                "somebody else is in command by now"
            }
            E::Merged { into, .. } if *into == self.number => "it is the same incident",
            E::Acknowledged { by } if self.waits_for(by).is_none() => {
                "only somebody who was told acknowledges it, and once"
            }
            E::Remediated { remedies, .. }
                if remedies.settled() < self.affected.map_or(0, |found| found.actions) =>
            {
                "fewer actions are settled than are affected"
            }
            E::Guarded { case, .. } if self.example.as_ref().is_some_and(|own| own != case) => {
                "another action was replayed than the incident's case"
            }
            E::Signed {
                by,
                side,
                solo,
                content_hash,
            } if !solo && self.signed_other(*side, content_hash) == Some(by) => {
                "the other side is signed by somebody else"
            }
            E::Reenabled { .. } if !self.is_signed() => "both owners sign first",
            E::Reenabled { clean_until_ms, .. } if *clean_until_ms <= at_ms => {
                "the clean window ends before it begins"
            }
            E::Closed { .. } if self.clean_until_ms.is_none_or(|until| at_ms < until) => {
                "the clean window is not over"
            }
            _ => return Ok(()),
        };
        Err(InvalidIncident::Lacking {
            event: event.kind(),
            what,
        })
    }

    /// Where somebody stands who was told in this round and did not acknowledge it so far.
    fn waits_for(&self, person: &str) -> Option<usize> {
        self.told.iter().position(|one| {
            one.to == person && one.round == self.rounds && one.acknowledged_ms.is_none()
        })
    }

    /// Who signed the same evidence for the other side.
    fn signed_other(&self, side: Side, content_hash: &str) -> Option<&String> {
        let mut signatures = self.signatures.iter();
        signatures
            .find(|one| one.side != side && one.content_hash == content_hash)
            .map(|one| &one.by)
    }

    /// Keeps the event as a step's evidence, where it is.
    fn prove(&mut self, at_ms: i64, event: &IncidentEvent) {
        use IncidentEvent as E;
        let step = match event {
            E::Contained { .. } => Step::Pause,
            E::Recurred { .. } => {
                self.begin_round();
                Step::Pause
            }
            E::Scoped { .. } => Step::Scope,
            E::Remediated { .. } => Step::Remediate,
            E::Acknowledged { .. } if !self.is_acknowledged() => Step::Notify,
            E::Reviewed { .. } => Step::Review,
            E::Guarded { .. } => Step::Guard,
            E::Sampled { .. } => Step::Verify,
            _ => return,
        };
        self.evidence.push(Evidence {
            step,
            round: self.rounds,
            at_ms,
            by: event.by().to_owned(),
            text: event.words(),
            details: serde_json::to_value(event)
                .expect("INVARIANT: events have string keys and finite numbers"),
        });
        // The failing sample belongs to the round that it ends.
        if matches!(event, E::Sampled { wrong, .. } if *wrong > 0) {
            self.begin_round();
        }
    }

    fn begin_round(&mut self) {
        self.rounds += 1;
        self.remedies = None;
        self.signatures.clear();
        self.resumed = None;
        self.clean_until_ms = None;
    }

    /// Takes over what the event says.
    fn note(&mut self, at_ms: i64, event: &IncidentEvent) {
        use IncidentEvent as E;
        match event {
            E::Suspected {
                workflow,
                why,
                trigger,
                ..
            } => {
                self.workflow.clone_from(workflow);
                self.why.clone_from(why);
                self.trigger = Some(*trigger);
            }
            E::Declared {
                workflow,
                commander,
                why,
                example,
            } => {
                self.workflow.clone_from(workflow);
                self.why.clone_from(why);
                self.commander = Some(commander.clone());
                self.declared_ms = Some(at_ms);
                self.example.clone_from(example);
            }
            E::Dismissed { why, .. } => self.why.clone_from(why),
            E::Merged { into, .. } => self.merged_into = Some(*into),
            E::Contained { pause, .. } => self.pause = Some(*pause),
            E::Recurred { pause, action, .. } => {
                self.pause = Some(*pause);
                self.example = action.clone().or(self.example.take());
            }
            E::Scoped {
                scope, affected, ..
            } => {
                self.scope = Some(scope.as_ref().clone());
                self.affected = Some(*affected);
            }
            E::Remediated { remedies, .. } => self.remedies = Some(*remedies),
            E::Guarded { rule, case, .. } => {
                self.rule = Some(rule.clone());
                self.example = Some(case.clone());
            }
            E::HandedOver { to, .. } | E::TakenOver { by: to, .. } => {
                self.commander = Some(to.clone());
            }
            E::Reenabled {
                resumed,
                clean_until_ms,
                ..
            } => {
                self.resumed = Some(*resumed);
                self.clean_until_ms = Some(*clean_until_ms);
            }
            people => self.hear(at_ms, people),
        }
    }

    /// Who was told, acknowledged, signed.
    fn hear(&mut self, at_ms: i64, event: &IncidentEvent) {
        use IncidentEvent as E;
        match event {
            E::OwnerTold { to, message } | E::Escalated { to, message } => self.told.push(Told {
                to: to.clone(),
                round: self.rounds,
                at_ms,
                message: message.clone(),
                escalated: matches!(event, E::Escalated { .. }),
                acknowledged_ms: None,
            }),
            E::Acknowledged { by } => {
                if let Some(at) = self.waits_for(by) {
                    self.told[at].acknowledged_ms = Some(at_ms);
                }
            }
            E::Signed {
                by,
                side,
                content_hash,
                solo,
            } => {
                // Other evidence voids what was signed before.
                let holds =
                    |one: &Signature| one.side != *side && one.content_hash == *content_hash;
                self.signatures.retain(holds);
                self.signatures.push(Signature {
                    side: *side,
                    by: by.clone(),
                    at_ms,
                    content_hash: content_hash.clone(),
                    solo: *solo,
                });
            }
            _ => {}
        }
    }

    /// Goes to a status. Where the owner acknowledged before step 3 was done, step 4 is done with it.
    fn enter(&mut self, status: IncidentStatus, from: Option<IncidentStatus>, at_ms: i64) {
        self.status = match status {
            IncidentStatus::Remediated if self.is_acknowledged() => IncidentStatus::Notified,
            other => other,
        };
        if from != Some(self.status) {
            self.since_ms = at_ms;
        }
    }
}
