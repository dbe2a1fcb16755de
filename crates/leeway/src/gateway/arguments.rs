//! Arguments against a tool's pinned definition: of the schema's form, and nothing that it does not
//! declare.

use crate::error::ApiError;
use crate::registry::LiveTool;
use axum::http::StatusCode;
use leeway_core::classify::account::{Account, declared, paths};
use leeway_core::classify::pack::Undeclared;
use leeway_core::classify::{Classified, Effect, Level};
use leeway_core::nesting;
use serde_json::Value;

/// Most problems told of at once.
const MOST: usize = 5;
/// Longest problem, characters.
const LONGEST: usize = 300;

/// Checks that a value is not nested deeper than what is made of it can be recorded.
pub fn bounded(value: &Value) -> Result<(), ApiError> {
    if nesting::is_deeper(value, nesting::DEEPEST) {
        let message = format!(
            "it is nested deeper than {} levels; nothing was done",
            nesting::DEEPEST
        );
        return Err(ApiError::invalid("nested-too-deep", message)
            .help("send lists and objects that lie less deep within each other"));
    }
    Ok(())
}

/// Checks arguments before anything is done with them.
pub fn check(tool: &LiveTool, arguments: &Value) -> Result<(), ApiError> {
    let invalid = |message: String| {
        ApiError::invalid("arguments-invalid", message)
            .help("mend the arguments to match the tool's input schema and call again")
    };
    if !arguments.is_object() {
        return Err(invalid("the arguments are not an object".to_owned()));
    }
    let schema = match &tool.schema {
        Ok(schema) => schema,
        Err(why) => {
            let message = format!("`{}` cannot be used: {why}", tool.name);
            return Err(
                ApiError::new(StatusCode::CONFLICT, "tool-unusable", message)
                    .help("whoever runs its system has to mend the definition; nothing was done"),
            );
        }
    };
    if !schema.bears(arguments) {
        return Err(invalid(format!(
            "the arguments are more, or nested deeper, than can be checked against the schema of `{}`",
            tool.name
        )));
    }
    let problems: Vec<String> = schema
        .validator
        .iter_errors(arguments)
        .take(MOST)
        .map(|error| {
            short(&format!(
                "at `{}`: {}",
                error.instance_path(),
                error.masked()
            ))
        })
        .collect();
    if !problems.is_empty() {
        return Err(invalid(format!(
            "the arguments do not match the schema of `{}`: {}",
            tool.name,
            problems.join("; ")
        )));
    }
    declared_only(tool, arguments)
}

/// Refuses arguments that the schema does not declare, unless the pack wants them shown.
fn declared_only(tool: &LiveTool, arguments: &Value) -> Result<(), ApiError> {
    let shows = tool
        .entry()
        .is_some_and(|entry| entry.entry.undeclared == Undeclared::Show);
    if shows {
        return Ok(());
    }
    let found = declared::undeclared(&tool.state.definition["inputSchema"], arguments);
    if found.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = found
        .iter()
        .take(MOST)
        .map(|pointer| format!("`{}`", paths::shown(pointer)))
        .collect();
    let more = match found.len() - named.len() {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Err(ApiError::invalid(
        "argument-undeclared",
        format!(
            "`{}` does not declare the argument {}{more}",
            tool.name,
            named.join(", ")
        ),
    )
    .help(
        "leave it out: only what the tool's input schema declares is handed on; nothing was done",
    ))
}

/// Where the pack wants undeclared arguments shown, nothing says what they do, whatever a filter makes of them.
pub fn undeclared(tool: &LiveTool, arguments: &Value, classified: &mut Classified) {
    if classified.effect == Effect::Read {
        return;
    }
    let found = declared::undeclared(&tool.state.definition["inputSchema"], arguments);
    let named: Vec<&String> = found.iter().collect();
    if let Some(why) = paths::unaccounted(&named) {
        classified.unknowns.push(why);
        classified.level = classified.level.max(Level::HighImpact);
    }
    let unaccounted = |pointer| (pointer, Account::Unaccounted);
    classified
        .accounts
        .extend(found.into_iter().map(unaccounted));
}

/// A problem's text, cut.
pub fn short(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
