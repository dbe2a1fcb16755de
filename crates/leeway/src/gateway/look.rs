//! Reading the record a call touches, as the pack says, before and after it.

use super::secrets;
use crate::app::App;
use crate::registry::{LiveTool, LiveWorkflow};
use crate::system::{SystemCall, Verb};
use leeway_core::classify::BeforeImage;
use leeway_core::classify::compiled::CompiledTool;
use leeway_core::classify::scrub::Scrubber;
use leeway_core::govern::workflow::Grant;
use serde_json::Value;

/// Reads the record, unless the tool is blocked anyway: what may not happen reads nothing. With the
/// secrets that the call and the record hold.
pub(super) async fn look(
    app: &App,
    (workflow, tool): (&LiveWorkflow, &LiveTool),
    entry: &CompiledTool,
    arguments: &Value,
) -> (BeforeImage, Scrubber) {
    let grants = &workflow.state.workflow.grants;
    match grants.get(&tool.name).copied().unwrap_or_default() {
        Grant::Blocked => (BeforeImage::NotReadable, secrets::of(tool, arguments)),
        _ => see(app, tool, entry, arguments).await,
    }
}

/// Reads the record the call touches, as the pack says.
pub async fn read_record(
    app: &App,
    tool: &LiveTool,
    entry: &CompiledTool,
    arguments: &Value,
) -> BeforeImage {
    see(app, tool, entry, arguments).await.0
}

/// [`read_record`], and the secrets that the call and the record hold.
pub(super) async fn see(
    app: &App,
    tool: &LiveTool,
    entry: &CompiledTool,
    arguments: &Value,
) -> (BeforeImage, Scrubber) {
    let mut secrets = secrets::of(tool, arguments);
    let image = match ask(app, tool, entry, arguments).await {
        Err(image) => image,
        Ok(answer) => {
            secrets.join(secrets::of(tool, &answer));
            match &tool.pack {
                Some(pack) => {
                    let (place, call) = ((tool, entry), (arguments, answer));
                    app.classifying.before_image(place, pack, call).await
                }
                None => BeforeImage::NotReadable,
            }
        }
    };
    (secrets::image(&secrets, image), secrets)
}

/// The reading tool's answer, or the image when there is none.
async fn ask(
    app: &App,
    tool: &LiveTool,
    entry: &CompiledTool,
    arguments: &Value,
) -> Result<Value, BeforeImage> {
    let failed = |why: String| BeforeImage::Failed { why };
    let (read_tool, read_arguments) = match entry.read_call(arguments) {
        None => return Err(entry.without_read()),
        Some(call) => call.map_err(failed)?,
    };
    let Some(connection) = app.connection(tool) else {
        return Err(failed(format!("`{}` is not configured", tool.system)));
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
    connection
        .call(call)
        .await
        .map_err(|error| failed(error.to_string()))
}
