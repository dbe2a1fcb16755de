//! The resources and prompts the suite reads.

use super::asks::Asked;
use super::{asks, complete};
use rmcp::RoleServer;
use rmcp::model::{ErrorData, GetPromptRequestParams, GetPromptResponse};
use rmcp::service::RequestContext;
use serde_json::{Value, json};

/// One transparent pixel.
pub const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/// What `resources/list` gives.
pub fn resources() -> Value {
    json!([
        { "uri": "test://static-text", "name": "text", "description": "A text", "mimeType": "text/plain" },
        { "uri": "test://static-binary", "name": "pixel", "description": "An image", "mimeType": "image/png" },
        { "uri": "test://watched-resource", "name": "watched", "description": "One to subscribe to", "mimeType": "text/plain" },
        { "uri": "test://example-resource", "name": "example", "description": "One for prompts", "mimeType": "text/plain" },
    ])
}

/// What `resources/templates/list` gives.
pub fn templates() -> Value {
    json!([{
        "uriTemplate": "test://template/{id}/data", "name": "data", "description": "Data by id", "mimeType": "application/json",
    }])
}

/// One resource's contents.
pub fn read(uri: &str) -> Result<Value, ErrorData> {
    let plain = |text: &str| json!({ "uri": uri, "mimeType": "text/plain", "text": text });
    Ok(match uri {
        "test://static-text" => plain("This is the content of the static text resource."),
        "test://watched-resource" => plain("Watched resource content"),
        "test://example-resource" => plain("Example resource content"),
        "test://static-binary" => json!({ "uri": uri, "mimeType": "image/png", "blob": PIXEL }),
        _ => {
            let id = uri
                .strip_prefix("test://template/")
                .and_then(|rest| rest.strip_suffix("/data"))
                .ok_or_else(|| {
                    ErrorData::resource_not_found("Resource not found", Some(json!({ "uri": uri })))
                })?;
            let data =
                json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            json!({ "uri": uri, "mimeType": "application/json", "text": data.to_string() })
        }
    })
}

/// What `prompts/list` gives.
pub fn prompts() -> Value {
    json!([
        { "name": "test_simple_prompt", "description": "Without arguments" },
        { "name": "test_prompt_with_arguments", "description": "With two arguments", "arguments": [
            { "name": "arg1", "description": "The first", "required": true },
            { "name": "arg2", "description": "The second", "required": true },
        ] },
        { "name": "test_prompt_with_embedded_resource", "description": "Embeds a resource", "arguments": [
            { "name": "resourceUri", "description": "Which", "required": true },
        ] },
        { "name": "test_prompt_with_image", "description": "With an image" },
        { "name": "test_input_required_result_prompt", "description": "Asks for a context first" },
    ])
}

/// One prompt.
pub async fn prompt(
    request: GetPromptRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<GetPromptResponse, ErrorData> {
    let arguments = Value::Object(request.arguments.unwrap_or_default());
    let given = |name: &str| arguments[name].as_str().unwrap_or_default().to_owned();
    let says = |text: &str| json!({ "role": "user", "content": { "type": "text", "text": text } });
    let messages = match request.name.as_str() {
        "test_simple_prompt" => json!([says("This is a simple prompt for testing.")]),
        "test_prompt_with_arguments" => json!([says(&format!(
            "Prompt with arguments: arg1='{}', arg2='{}'",
            given("arg1"),
            given("arg2")
        ))]),
        "test_prompt_with_embedded_resource" => json!([
            { "role": "user", "content": { "type": "resource", "resource": {
                "uri": given("resourceUri"), "mimeType": "text/plain",
                "text": "Embedded resource content for testing.",
            } } },
            says("Please process the embedded resource above."),
        ]),
        "test_prompt_with_image" => json!([
            { "role": "user", "content": { "type": "image", "data": PIXEL, "mimeType": "image/png" } },
            says("Please analyze the image above."),
        ]),
        "test_input_required_result_prompt" => {
            let question = asks::text("What context should the prompt use?", "context")?;
            let asked = asks::ask(
                context,
                request.input_responses.as_ref(),
                ("user_context", question),
            );
            match asked.await? {
                Asked::Answered(answer) => json!([says(&format!(
                    "In the context of {}",
                    answer["content"]["context"]
                ))]),
                Asked::Required(required) => return Ok(GetPromptResponse::InputRequired(required)),
            }
        }
        name => {
            return Err(ErrorData::invalid_params(
                format!("there is no prompt `{name}`"),
                None,
            ));
        }
    };
    Ok(GetPromptResponse::Complete(complete(
        json!({ "messages": messages }),
    )?))
}
