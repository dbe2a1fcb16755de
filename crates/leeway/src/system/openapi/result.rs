//! From an HTTP answer to a tool's result, as MCP has it.

use super::wire::Answer;
use leeway_core::classify::look::HTTP_META;
use serde_json::{Value, json};

/// Longest part of a refusal's body that is passed on, characters.
const LONGEST_REFUSAL: usize = 2_000;

/// Checks what a success answered: that it is of a kind that can be read, and that it says so itself
/// where the document names a place for it. A text is passed on as text.
pub fn check(answer: &mut Answer, success: Option<&str>) -> Result<(), String> {
    if answer.text.is_empty() {
        answer.json = None;
        return Ok(());
    }
    let kind = answer.content_type.as_str();
    if kind == "application/json" || kind.ends_with("+json") {
        let json: Value = serde_json::from_str(&answer.text)
            .map_err(|error| format!("answer-invalid: its answer is no JSON ({error})"))?;
        if let Some(pointer) = success {
            answer.refused = json.pointer(pointer) != Some(&json!(true));
        }
        answer.json = (!answer.refused).then_some(json);
        return Ok(());
    }
    if kind == "text/plain" && success.is_none() {
        return Ok(());
    }
    Err(format!(
        "content-type-unexpected: it answered `{}` where JSON was expected",
        kind.chars().take(80).collect::<String>().escape_debug()
    ))
}

/// The tool's result.
pub fn of(answer: &Answer) -> Value {
    let text = if answer.refused {
        let said: String = answer.text.chars().take(LONGEST_REFUSAL).collect();
        format!("HTTP {}\n{said}", answer.status)
    } else {
        answer.text.clone()
    };
    let mut result = json!({
        "content": [{ "type": "text", "text": text }],
        "isError": answer.refused,
        "_meta": { HTTP_META: answer.meta },
    });
    if let Some(json @ Value::Object(_)) = &answer.json {
        result["structuredContent"] = json.clone();
    }
    result
}
