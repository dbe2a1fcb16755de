//! Asking the client's side: by an answer that requires input where the protocol has no sessions,
//! directly where it has.

use super::model;
use rmcp::RoleServer;
use rmcp::model::{
    CallToolResponse, ConstString, ElicitRequest, ErrorData, InputRequest, InputRequiredResult,
    InputResponses, ProtocolVersion, ServerRequest,
};
use rmcp::service::RequestContext;
use serde_json::{Value, json};

/// An answer, or the request for one.
pub enum Asked {
    Answered(Value),
    Required(InputRequiredResult),
}

/// Whether a request speaks the protocol without sessions.
pub fn is_modern(context: &RequestContext<RoleServer>) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}

/// Refuses what the protocol without sessions no longer has.
pub fn legacy_only<M: ConstString>(context: &RequestContext<RoleServer>) -> Result<(), ErrorData> {
    if is_modern(context) {
        return Err(ErrorData::method_not_found::<M>());
    }
    Ok(())
}

/// An elicitation of some fields.
pub fn elicitation(message: &str, schema: Value) -> Result<InputRequest, ErrorData> {
    model(json!({
        "method": "elicitation/create",
        "params": { "mode": "form", "message": message, "requestedSchema": schema },
    }))
}

/// An elicitation of one text.
pub fn text(message: &str, field: &str) -> Result<InputRequest, ErrorData> {
    let schema = json!({
        "type": "object",
        "properties": { field: { "type": "string" } },
        "required": [field],
    });
    elicitation(message, schema)
}

/// A sampling request.
pub fn sampling(prompt: &str, max_tokens: u32) -> Result<InputRequest, ErrorData> {
    model(json!({
        "method": "sampling/createMessage",
        "params": {
            "messages": [{ "role": "user", "content": { "type": "text", "text": prompt } }],
            "maxTokens": max_tokens,
        },
    }))
}

/// A request for the client's roots.
pub fn roots() -> Result<InputRequest, ErrorData> {
    model(json!({ "method": "roots/list" }))
}

/// The answer to one question that came with the request; answers of the wrong kind are none.
pub fn given<'a>(responses: Option<&'a InputResponses>, key: &str) -> Option<&'a Value> {
    responses?.get(key).filter(|answer| answer.is_object())
}

/// Requires answers to questions, with a state to hand back.
pub fn require(questions: Vec<(&str, InputRequest)>, state: Option<String>) -> InputRequiredResult {
    let questions = questions
        .into_iter()
        .map(|(key, question)| (key.to_owned(), question))
        .collect();
    InputRequiredResult::new(Some(questions), state)
}

/// Asks one question.
pub async fn ask(
    context: &RequestContext<RoleServer>,
    responses: Option<&InputResponses>,
    (key, question): (&str, InputRequest),
) -> Result<Asked, ErrorData> {
    if let Some(answer) = given(responses, key) {
        return Ok(Asked::Answered(answer.clone()));
    }
    if is_modern(context) {
        return Ok(Asked::Required(require(vec![(key, question)], None)));
    }
    let request = match question {
        InputRequest::Elicitation(ElicitRequest { params, .. }) => {
            ServerRequest::ElicitRequest(ElicitRequest::new(params))
        }
        InputRequest::CreateMessage(request) => ServerRequest::CreateMessageRequest(request),
        InputRequest::ListRoots(request) => ServerRequest::ListRootsRequest(request),
        _ => return Err(ErrorData::internal_error("an unknown question", None)),
    };
    let answer = context
        .peer
        .send_request(request)
        .await
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    model(json!(answer)).map(Asked::Answered)
}

/// A tool's answer in words, from the answer to its one question.
pub async fn told(
    context: &RequestContext<RoleServer>,
    responses: Option<&InputResponses>,
    question: (&str, InputRequest),
    words: impl FnOnce(&Value) -> String,
) -> Result<CallToolResponse, ErrorData> {
    match ask(context, responses, question).await? {
        Asked::Answered(answer) => super::tools::text(&words(&answer)),
        Asked::Required(required) => Ok(CallToolResponse::InputRequired(required)),
    }
}
