//! Tools that ask before they answer.

use super::asks::{self, given, require};
use super::tools::{capabilities, text};
use rmcp::RoleServer;
use rmcp::model::{CallToolRequestParams, CallToolResponse, ErrorData, InputResponses};
use rmcp::service::RequestContext;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Tools that ask one question, in either generation of the protocol.
pub async fn asking(
    name: &str,
    (arguments, responses): (&Value, Option<&InputResponses>),
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let action = |answer: &Value| answer["action"].as_str().unwrap_or_default().to_owned();
    match name {
        "test_sampling" => {
            let question = asks::sampling(arguments["prompt"].as_str().unwrap_or_default(), 100)?;
            let words = |answer: &Value| {
                format!(
                    "LLM response: {}",
                    answer["content"]["text"].as_str().unwrap_or_default()
                )
            };
            asks::told(context, responses, ("sample", question), words).await
        }
        "test_elicitation" => {
            let question = asks::text(
                arguments["message"].as_str().unwrap_or_default(),
                "response",
            )?;
            let words = |answer: &Value| {
                format!(
                    "User response: action={}, content={}",
                    action(answer),
                    answer["content"]
                )
            };
            asks::told(context, responses, ("response", question), words).await
        }
        "test_streaming_elicitation" => {
            let question = asks::text("Go on?", "answer")?;
            asks::told(context, responses, ("answer", question), action).await
        }
        "test_elicitation_sep1034_defaults" => {
            let schema = json!({ "type": "object", "properties": {
                "name": { "type": "string", "default": "John Doe" },
                "age": { "type": "integer", "default": 30 },
                "score": { "type": "number", "default": 95.5 },
                "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
                "verified": { "type": "boolean", "default": true },
            } });
            let question = asks::elicitation("All of these have defaults", schema)?;
            let words = |answer: &Value| {
                format!(
                    "Elicitation completed: action={}, content={}",
                    action(answer),
                    answer["content"]
                )
            };
            asks::told(context, responses, ("defaults", question), words).await
        }
        "test_elicitation_sep1330_enums" => {
            let titled = |one: &str, of: [&str; 3]| -> Vec<Value> {
                of.iter()
                    .enumerate()
                    .map(|(n, title)| json!({ "const": format!("{one}{}", n + 1), "title": title }))
                    .collect()
            };
            let schema = json!({ "type": "object", "properties": {
                "untitledSingle": { "type": "string", "enum": ["option1", "option2", "option3"] },
                "titledSingle": { "type": "string", "oneOf": titled("value", ["First Option", "Second Option", "Third Option"]) },
                "legacyEnum": { "type": "string", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"] },
                "untitledMulti": { "type": "array", "items": { "type": "string", "enum": ["option1", "option2", "option3"] } },
                "titledMulti": { "type": "array", "items": { "anyOf": titled("value", ["First Choice", "Second Choice", "Third Choice"]) } },
            } });
            let question = asks::elicitation("Choose", schema)?;
            let words = |answer: &Value| {
                format!(
                    "Elicitation completed: action={}, content={}",
                    action(answer),
                    answer["content"]
                )
            };
            asks::told(context, responses, ("choices", question), words).await
        }
        _ => Err(ErrorData::invalid_params(
            format!("Unknown tool: {name}"),
            None,
        )),
    }
}

/// A state only this server can have written.
fn sealed(state: &str) -> String {
    let seal = Sha256::new()
        .chain_update("a secret of this server")
        .chain_update(state)
        .finalize();
    format!("{state}.{}", hex::encode(seal))
}

fn unsealed(state: Option<&String>) -> Result<Option<String>, ErrorData> {
    let Some(state) = state else { return Ok(None) };
    let plain = state.split('.').next().unwrap_or_default();
    if sealed(plain) == *state {
        return Ok(Some(plain.to_owned()));
    }
    Err(ErrorData::invalid_params(
        "requestState was tampered with",
        None,
    ))
}

/// Tools that require input by their answer.
pub async fn requiring(
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let responses = request.input_responses.as_ref();
    let state = unsealed(request.request_state.as_ref())?;
    let needed = |questions, state: Option<&str>| {
        Ok(CallToolResponse::InputRequired(require(
            questions,
            state.map(sealed),
        )))
    };
    let confirm = || {
        let schema = json!({ "type": "object", "properties": { "ok": { "type": "boolean" } }, "required": ["ok"] });
        asks::elicitation("Please confirm", schema)
    };
    match request
        .name
        .trim_start_matches("test_input_required_result_")
    {
        "elicitation" => {
            let question = ("user_name", asks::text("What is your name?", "name")?);
            asks::told(context, responses, question, |answer| {
                format!(
                    "Hello, {}!",
                    answer["content"]["name"].as_str().unwrap_or_default()
                )
            })
            .await
        }
        "sampling" => {
            let question = (
                "capital_question",
                asks::sampling("What is the capital of France?", 100)?,
            );
            asks::told(context, responses, question, |answer| {
                answer["content"]["text"].to_string()
            })
            .await
        }
        "list_roots" => {
            asks::told(
                context,
                responses,
                ("client_roots", asks::roots()?),
                |answer| answer["roots"].to_string(),
            )
            .await
        }
        "request_state" | "tampered_state" => match (given(responses, "confirm"), state) {
            (Some(_), Some(_)) => text("state-ok"),
            _ => needed(vec![("confirm", confirm()?)], Some("asked")),
        },
        "multiple_inputs" => {
            let keys = ["user_name", "greeting", "client_roots"];
            if state.is_some() && keys.iter().all(|key| given(responses, key).is_some()) {
                return text("All answered.");
            }
            let questions = vec![
                (keys[0], asks::text("What is your name?", "name")?),
                (keys[1], asks::sampling("Generate a greeting", 50)?),
                (keys[2], asks::roots()?),
            ];
            needed(questions, Some("asked"))
        }
        "multi_round" => match (
            state.as_deref(),
            given(responses, "step1"),
            given(responses, "step2"),
        ) {
            (Some("second"), _, Some(_)) => text("Both steps taken."),
            (Some("first"), Some(_), _) => needed(
                vec![(
                    "step2",
                    asks::text("Step 2: What is your favorite color?", "color")?,
                )],
                Some("second"),
            ),
            _ => needed(
                vec![("step1", asks::text("Step 1: What is your name?", "name")?)],
                Some("first"),
            ),
        },
        "capabilities" => by_capability(responses, context),
        _ => Err(ErrorData::invalid_params(
            format!("Unknown tool: {}", request.name),
            None,
        )),
    }
}

/// A tool that asks only what the client can answer.
fn by_capability(
    responses: Option<&InputResponses>,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResponse, ErrorData> {
    let can = capabilities(context);
    let mut questions = Vec::new();
    if can.sampling.is_some() {
        questions.push(("sample", asks::sampling("Say something", 50)?));
    }
    if can.elicitation.is_some() {
        questions.push(("ask", asks::text("What is your name?", "name")?));
    }
    if questions.is_empty()
        || questions
            .iter()
            .all(|(key, _)| given(responses, key).is_some())
    {
        return text("Nothing more to ask.");
    }
    Ok(CallToolResponse::InputRequired(require(questions, None)))
}
