//! Reading the record a call touches, as the pack says, before and after it. Such a reading is an act that
//! nobody decided on: it stays inside the system, stops with its workflow, and is recorded.

use super::remembered::Run;
use super::secrets;
use crate::app::App;
use crate::error::ApiError;
use crate::registry::{LiveTool, LiveWorkflow};
use crate::system::{SystemCall, Verb};
use leeway_core::action::event::{ReadFor, Reading};
use leeway_core::action::state::ActionState;
use leeway_core::action::tool_name;
use leeway_core::classify::BeforeImage;
use leeway_core::classify::compiled::CompiledTool;
use leeway_core::classify::scrub::Scrubber;
use leeway_core::govern::event::GovernEvent;
use leeway_core::govern::readings::ReadingsState;
use leeway_core::govern::workflow::Grant;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// Why a record was not read for a call while its workflow was paused. It is judged anew when that ends.
pub(super) const PAUSED: &str = "the workflow is paused, so nothing is read for it";

/// What was seen of a record.
pub struct Seen {
    /// The record, nothing hidden in it but what is secret by its name.
    pub image: BeforeImage,
    /// The secrets that the call and the record hold.
    pub secrets: Scrubber,
    /// Those that the system told: the record's alone.
    pub told: Scrubber,
    /// The reading; `None` where nothing was read.
    pub reading: Option<Reading>,
}

/// Reads the record for judging a call. What may not happen reads nothing, and neither does what cannot happen
/// now: while a workflow is paused nothing is done for its agents.
pub(super) async fn look(
    app: &App,
    (workflow, tool): (&LiveWorkflow, &LiveTool),
    entry: &CompiledTool,
    arguments: &Value,
) -> Seen {
    let unseen = |image| Seen {
        image,
        secrets: secrets::of(tool, arguments),
        told: Scrubber::default(),
        reading: None,
    };
    let grants = &workflow.state.workflow.grants;
    let blocked = grants.get(&tool.name).copied().unwrap_or_default() == Grant::Blocked;
    if blocked {
        return unseen(BeforeImage::NotReadable);
    }
    if workflow.state.paused.is_some() && entry.entry.read.is_some() {
        let why = PAUSED.to_owned();
        return unseen(BeforeImage::Failed { why });
    }
    read(app, (tool, entry), arguments, ReadFor::Judging).await
}

/// Looks at records for one purpose, and keeps what was read to be recorded.
pub struct Looking<'a> {
    /// Where.
    pub app: &'a App,
    run: Run,
    why: ReadFor,
    made: Mutex<Vec<Reading>>,
}

impl<'a> Looking<'a> {
    /// For what an agent did or would do: what it met elsewhere is hidden in what is seen.
    pub fn new(app: &'a App, run: Run, why: ReadFor) -> Self {
        Self {
            app,
            run,
            why,
            made: Mutex::default(),
        }
    }

    /// The record a call touches, as it may be recorded and shown.
    pub async fn record(
        &self,
        tool: &LiveTool,
        entry: &CompiledTool,
        arguments: &Value,
    ) -> BeforeImage {
        self.see(tool, entry, arguments).await.0
    }

    /// [`Self::record`], and the secrets that the call and the record hold.
    pub async fn see(
        &self,
        tool: &LiveTool,
        entry: &CompiledTool,
        arguments: &Value,
    ) -> (BeforeImage, Scrubber) {
        let seen = read(self.app, (tool, entry), arguments, self.why).await;
        self.keep(seen.reading);
        let image = secrets::shown_image(self.app, &self.run, seen.secrets.clone(), seen.image);
        (image, seen.secrets)
    }

    /// The record as it is, for who takes care of what is shown of it.
    pub(super) async fn plainly(
        &self,
        place: (&LiveTool, &CompiledTool),
        arguments: &Value,
    ) -> Seen {
        let mut seen = read(self.app, place, arguments, self.why).await;
        self.keep(seen.reading.take());
        seen
    }

    /// What was seen plainly, as it may be recorded and shown.
    pub(super) fn shown(&self, seen: Seen) -> BeforeImage {
        secrets::shown_image(self.app, &self.run, seen.secrets, seen.image)
    }

    fn keep(&self, reading: Option<Reading>) {
        self.made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(reading);
    }

    /// What was read, to be recorded.
    pub fn readings(self) -> Vec<Reading> {
        self.made
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records readings that no entry of the action holds: they showed it to somebody, or told nothing yet.
pub async fn record_apart(
    app: &App,
    action: &ActionState,
    readings: Vec<Reading>,
) -> Result<(), ApiError> {
    if readings.is_empty() {
        return Ok(());
    }
    let made = GovernEvent::ReadingMade {
        action: action.row.id.clone(),
        readings,
    };
    let stream = ReadingsState::stream(&action.row.workflow);
    Ok(app.govern("leeway", stream, made, (vec![], vec![])).await?)
}

/// Reads the record a call touches, as the pack says. What is secret in it still stands in the image: it is judged
/// by, and neither recorded nor shown.
async fn read(
    app: &App,
    (tool, entry): (&LiveTool, &CompiledTool),
    arguments: &Value,
    why: ReadFor,
) -> Seen {
    let mut secrets = secrets::of(tool, arguments);
    let mut told = Scrubber::default();
    let (answer, reading) = ask(app, (tool, entry), arguments, why).await;
    let image = match answer {
        Err(image) => image,
        Ok(answer) => {
            told = secrets::of(tool, &answer);
            secrets.join(told.clone());
            match &tool.pack {
                Some(pack) => {
                    let (place, call) = ((tool, entry), (arguments, answer));
                    app.classifying.before_image(place, pack, call).await
                }
                None => BeforeImage::NotReadable,
            }
        }
    };
    let reading = reading.map(|reading| Reading {
        arguments: secrets.leaves(&secrets::arguments(Some(tool), &reading.arguments)),
        ..reading
    });
    Seen {
        image,
        secrets,
        told,
        reading,
    }
}

/// The reading tool's answer, or the image when there is none.
async fn ask(
    app: &App,
    (tool, entry): (&LiveTool, &CompiledTool),
    arguments: &Value,
    why: ReadFor,
) -> (Result<Value, BeforeImage>, Option<Reading>) {
    let failed = |why: String| (Err(BeforeImage::Failed { why }), None);
    let (read_tool, read_arguments) = match entry.read_call(arguments) {
        None => return (Err(entry.without_read()), None),
        Some(Err(why)) => return failed(why),
        Some(Ok(call)) => call,
    };
    let inside = entry.may_read(arguments, &read_arguments);
    if inside.is_err() || takes_address(app, (&tool.system, &read_tool), &read_arguments) {
        return (Err(BeforeImage::NotReadable), None);
    }
    let Some(connection) = app.connection(tool) else {
        return failed(format!("`{}` is not configured", tool.system));
    };
    let reading = Reading {
        tool: read_tool.clone(),
        arguments: read_arguments.clone(),
        why,
        at_ms: app.clock.now_ms(),
    };
    let call = SystemCall {
        verb: Verb::CallTool,
        tool: read_tool,
        arguments: read_arguments,
        reads: true,
        idempotency_key: None,
        condition: None,
        line: None,
    };
    let answer = connection.call(call).await;
    let answer = answer.map_err(|error| BeforeImage::Failed {
        why: error.to_string(),
    });
    (answer, Some(reading))
}

/// Whether the reading tool itself says, by its input schema, that it is given an address.
fn takes_address(app: &App, (system, tool): (&str, &str), arguments: &Value) -> bool {
    const FORMATS: [&str; 10] = [
        "uri",
        "uri-reference",
        "uri-template",
        "iri",
        "iri-reference",
        "url",
        "hostname",
        "idn-hostname",
        "ipv4",
        "ipv6",
    ];
    let registry = app.registry();
    let Some(tool) = registry.find(&tool_name(system, tool)) else {
        return false;
    };
    let schema = &tool.state.definition["inputSchema"]["properties"];
    arguments
        .as_object()
        .into_iter()
        .flatten()
        .any(|(name, _)| {
            schema[name]["format"]
                .as_str()
                .is_some_and(|format| FORMATS.contains(&format))
        })
}
