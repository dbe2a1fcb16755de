//! Keeps secrets out of what is recorded and shown of a call: by the names of the fields they stand in,
//! and then wherever else their values occur. Everything on its way to a revision or an outcome
//! passes here.

use super::pipeline::{Caller, Proposal};
use super::prepare::Attempt;
use super::remembered::Run;
use crate::app::App;
use crate::registry::{LiveTool, LiveWorkflow};
use leeway_core::action::Claim;
use leeway_core::action::event::Judged;
use leeway_core::action::state::ActionState;
use leeway_core::classify::account::{self, Account};
use leeway_core::classify::known::{Known, Source};
use leeway_core::classify::redact::{REDACTED, Redactor};
use leeway_core::classify::scrub::Scrubber;
use leeway_core::classify::{BeforeImage, Classified, Level, UndoPlan};
use leeway_core::message::Message;
use serde_json::{Value, json};
use std::borrow::Cow;

/// What hides a tool's secrets. A tool without a pack has those that are secret everywhere.
fn redactor(tool: Option<&LiveTool>) -> Cow<'_, Redactor> {
    match tool.and_then(|tool| tool.pack.as_ref()) {
        Some(pack) => Cow::Borrowed(&pack.redactor),
        None => Cow::Owned(Redactor::new::<&str>(&[])),
    }
}

/// The secret values in a call's arguments or in a system's answer.
pub fn of(tool: &LiveTool, value: &Value) -> Scrubber {
    redactor(Some(tool)).secrets(value)
}

/// Arguments as they are recorded and shown. What repeats a secret is hidden whole, so that the mark
/// can be put back by what it stands for.
pub fn arguments(tool: Option<&LiveTool>, arguments: &Value) -> Value {
    let redactor = redactor(tool);
    redactor
        .secrets(arguments)
        .leaves(&redactor.redact(arguments))
}

/// A record's image as it is recorded, compared and shown.
pub fn image(secrets: &Scrubber, image: BeforeImage) -> BeforeImage {
    match image {
        image if secrets.is_empty() => image,
        BeforeImage::Read {
            fields,
            version,
            id,
        } => BeforeImage::Read {
            fields: fields
                .into_iter()
                .map(|(field, value)| (field, secrets.value(&value)))
                .collect(),
            version: version.map(|mark| secrets.text(&mark)),
            id: id.map(|id| secrets.text(&id)),
        },
        BeforeImage::Failed { why } => BeforeImage::Failed {
            why: secrets.text(&why),
        },
        other => other,
    }
}

/// A system's answer as it is recorded and shown. What is secret in it is remembered, and what the agent met
/// earlier is hidden.
pub fn answer(
    app: &App,
    (tool, action): (&LiveTool, &ActionState),
    arguments: &Value,
    answer: &Value,
) -> Value {
    let redactor = redactor(Some(tool));
    let run = run_of_action(action);
    let mut secrets = redactor.secrets(arguments);
    let told = redactor.secrets(answer);
    secrets.join(app.remembered.find(&run, answer, None));
    let (system, now_ms) = (tool.system.as_str(), app.clock.now_ms());
    app.remembered
        .learn(&run, &told, (Source::Told, system, now_ms));
    if action.approval().is_some() {
        let given = redactor.secrets(arguments);
        app.remembered
            .learn(&run, &given, (Source::Approved, system, now_ms));
    }
    secrets.join(told);
    secrets.value(&redactor.redact(answer))
}

/// A sentence that may quote what a system said about a call.
pub fn note(
    app: &App,
    (tool, action): (&LiveTool, &ActionState),
    arguments: &Value,
    note: &str,
) -> String {
    let mut secrets = of(tool, arguments);
    secrets.join(
        app.remembered
            .find(&run_of_action(action), &json!(note), None),
    );
    secrets.text(note)
}

/// What an agent says about a call that could not even be judged.
pub fn refused_claim(tool: Option<&LiveTool>, arguments: &Value, mut claim: Claim) -> Claim {
    let mut secrets = redactor(tool).secrets(arguments);
    hide_claim(&redactor(tool), &mut secrets, &mut claim);
    claim
}

/// What an agent met earlier that turns up in a call.
pub struct Met {
    /// In what would be sent.
    pub sent: Scrubber,
    /// In what it says about the call.
    said: Scrubber,
    /// Whether more was met than is kept, and the call could carry some of it.
    untold: bool,
}

impl Met {
    /// All of it.
    pub fn all(&self) -> Scrubber {
        let mut all = self.sent.clone();
        all.join(self.said.clone());
        all
    }

    /// Looks into what the call's messages say as well, however they are encoded: then the argument that holds
    /// one is hidden whole.
    pub fn look_into_messages(
        &mut self,
        app: &App,
        run: &Run,
        (arguments, classified): (&Value, &Classified),
    ) {
        if !app.remembered.knows(run) {
            return;
        }
        let decoded = classified.decoded.iter().map(|one| &one.message);
        let messages = classified.message.iter().chain(decoded);
        let texts: Vec<&str> = messages.flat_map(Message::texts).collect();
        let found = app.remembered.find(run, &json!(texts), None);
        if found.is_empty() {
            return;
        }
        let mut found = found;
        for (pointer, account) in &classified.accounts {
            let value = account::value_at(arguments, pointer);
            if let (Account::Content, Some(Value::String(text))) = (account, value)
                && found.text(&text) == text
            {
                found.add(&text);
            }
        }
        self.sent.join(found);
    }

    /// A call that carries on what an agent met elsewhere is not made alone.
    pub fn holds(&self, classified: &mut Classified) {
        let why = if !self.sent.is_empty() {
            "an argument repeats a secret that the agent met earlier, so a person decides where it goes"
        } else if self.untold {
            "the agent met more secrets than are remembered, and an argument may repeat one"
        } else {
            return;
        };
        classified.level = classified.level.max(Level::HighImpact);
        classified.unknowns.push(why.to_owned());
    }
}

/// Finds what an agent met earlier in a call of its own, and remembers the secrets of this one: of its arguments,
/// and those that the reading of its record told. What a system told may go back to it under a name that is secret
/// there.
pub fn met(
    app: &App,
    (workflow, tool): (&LiveWorkflow, &LiveTool),
    attempt: &Attempt,
    told: &Scrubber,
) -> Met {
    let run = run_of_attempt(workflow, attempt);
    let (mut sent, mut said) = (Scrubber::default(), Scrubber::default());
    if app.remembered.knows(&run) {
        let find = |value: &Value, except| app.remembered.find(&run, value, except);
        let open = redactor(Some(tool)).redact(&attempt.arguments);
        sent = find(&attempt.arguments, Some(tool.system.as_str()));
        sent.join(find(&open, None));
        if let Some(inputs) = &attempt.inputs {
            sent.join(find(inputs, None));
        }
        said = find(&json!(attempt.claim), None);
    }
    let carries = |value| Known::could_stand_in(value);
    let untold = app.remembered.is_full(&run)
        && (carries(&attempt.arguments) || attempt.inputs.as_ref().is_some_and(carries));
    let (system, now_ms) = (tool.system.as_str(), app.clock.now_ms());
    let given = of(tool, &attempt.arguments);
    app.remembered
        .learn(&run, &given, (Source::Given, system, now_ms));
    app.remembered
        .learn(&run, told, (Source::Told, system, now_ms));
    Met { sent, said, untold }
}

/// What an agent met earlier and a call repeats that cannot be judged; and what the agent says about it.
pub fn refused(
    app: &App,
    caller: &Caller,
    tool: Option<&LiveTool>,
    proposal: &Proposal,
) -> (Scrubber, Claim) {
    let run = Run {
        workflow: caller.workflow.clone(),
        agent: caller.agent.clone(),
    };
    let mut met = app.remembered.find(&run, &proposal.arguments, None);
    let claim = refused_claim(tool, &proposal.arguments, proposal.claim.clone());
    met.join(app.remembered.find(&run, &json!(claim), None));
    let hidden = met.value(&json!(claim));
    (met, serde_json::from_value(hidden).unwrap_or_default())
}

/// A record without its secrets and without what the agent met elsewhere.
pub fn shown_image(app: &App, run: &Run, mut secrets: Scrubber, image: BeforeImage) -> BeforeImage {
    secrets.join(in_image(app, run, &image));
    self::image(&secrets, image)
}

/// What the agent met elsewhere that stands in a record.
pub fn in_image(app: &App, run: &Run, image: &BeforeImage) -> Scrubber {
    match image {
        BeforeImage::Read { fields, .. } if app.remembered.knows(run) => {
            app.remembered
                .find(run, &Value::Object(fields.clone()), None)
        }
        _ => Scrubber::default(),
    }
}

/// Whose a call is that is on its way.
pub fn run_of_attempt(workflow: &LiveWorkflow, attempt: &Attempt) -> Run {
    Run {
        workflow: workflow.state.workflow.name.clone(),
        agent: attempt.agent.clone(),
    }
}

/// Whose a revision is.
pub fn run_of(judged: &Judged) -> Run {
    Run {
        workflow: judged.call.workflow.clone(),
        agent: judged.call.agent.clone(),
    }
}

/// Whose an action is.
pub fn run_of_action(action: &ActionState) -> Run {
    Run {
        workflow: action.row.workflow.clone(),
        agent: action.row.agent.clone(),
    }
}

/// Hides secrets in what an agent says and in what its call would do. A source that says something else
/// than proposed still differs. A call that repeats a secret where it would be shown is held, as not
/// all of it can be.
pub fn judged(
    tool: &LiveTool,
    mut secrets: Scrubber,
    (arguments, claim): (&Value, &mut Claim),
    mut classified: Classified,
) -> Classified {
    let redactor = redactor(Some(tool));
    secrets.join(redactor.secrets(arguments));
    let said = claim.clone();
    hide_claim(&redactor, &mut secrets, claim);
    let new = classified.changes.clone();
    hide_classified(&redactor, &secrets, &mut classified);
    for (before, source) in said.sources.iter().zip(&mut claim.sources) {
        let changes = new.iter().zip(&classified.changes);
        let mut of_field = changes.filter(|(was, _)| Some(&was.field) == before.field.as_ref());
        let looks_the_same = of_field.next().is_some_and(|(was, now)| {
            before.value.as_ref() != Some(&was.new) && source.value.as_ref() == Some(&now.new)
        });
        if looks_the_same && before.value != source.value {
            source.value = Some(json!(format!("{REDACTED} another value")));
        }
    }
    let named = redactor.redact(arguments);
    if redactor.secrets(arguments).leaves(&named) != named {
        classified.level = classified.level.max(Level::HighImpact);
        classified
            .unknowns
            .push("an argument repeats a secret, so not all of the call can be shown".to_owned());
    }
    classified
}

fn hide_claim(redactor: &Redactor, secrets: &mut Scrubber, claim: &mut Claim) {
    for source in &claim.sources {
        if let Some(value) = &source.value {
            secrets.join(match &source.field {
                Some(field) => redactor.secrets(&json!({ field: value.clone() })),
                None => redactor.secrets(value),
            });
        }
    }
    for text in [&mut claim.reason, &mut claim.trigger]
        .into_iter()
        .flatten()
    {
        *text = secrets.text(&redacted(redactor, text));
    }
    for source in &mut claim.sources {
        source.reference = secrets.text(&source.reference);
        let Some(value) = &mut source.value else {
            continue;
        };
        let hidden = match &source.field {
            Some(field) => redactor.redact(&json!({ field: value.clone() }))[field].clone(),
            None => redactor.redact(value),
        };
        *value = secrets.value(&hidden);
    }
}

/// Text that is JSON is looked into by the names in it.
fn redacted(redactor: &Redactor, text: &str) -> String {
    match redactor.redact(&json!(text)) {
        Value::String(text) => text,
        other => other.to_string(),
    }
}

fn hide_classified(redactor: &Redactor, secrets: &Scrubber, classified: &mut Classified) {
    for change in &mut classified.changes {
        let field = change.field.clone();
        for value in [&mut change.old, &mut change.new] {
            let redacted = redactor.redact(&json!({ &field: value.clone() }));
            *value = secrets.value(&redacted[&field]);
        }
    }
    let decoded = classified.decoded.iter_mut().map(|one| &mut one.message);
    for message in classified.message.iter_mut().chain(decoded) {
        message.change(|text| secrets.text(&redacted(redactor, text)));
    }
    if let Some(record) = &mut classified.record {
        record.id = secrets.text(&record.id);
    }
    let said = classified.unknowns.iter_mut().chain(&mut classified.why);
    for text in said {
        *text = secrets.text(text);
    }
    if let UndoPlan::Exact {
        arguments: Some(arguments),
        ..
    }
    | UndoPlan::Compensating {
        arguments: Some(arguments),
        ..
    } = &mut classified.undo
    {
        *arguments = secrets.value(&redactor.redact(arguments));
    }
}
