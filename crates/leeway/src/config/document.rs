//! The OpenAPI document a system's file names: read once, pinned by its hash, and from then on part of
//! the configuration.

use super::load::Source;
use super::problems::Problem;
use leeway_core::govern::system::{Kind, System};
use leeway_core::openapi::document::Document;
use leeway_core::openapi::{LONGEST_DOCUMENT, Withheld};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Component, Path};

/// Most operations that are named as becoming no tool.
const MOST_SKIPPED: usize = 40;

/// Takes a system's document from the folder into its configuration, with its hash.
pub fn attach(
    folder: &Path,
    (source, system): (&Source, &mut System),
    problems: &mut Vec<Problem>,
) {
    let Some(path) = system.openapi.clone() else {
        return;
    };
    if system.openapi_text.is_none() {
        if !is_inside(&path) {
            // Told of by `check`.
            return;
        }
        match read(&folder.join(&path)) {
            Ok(text) => system.openapi_text = Some(text),
            Err(why) => {
                problems.push(
                    source
                        .at(
                            "openapi",
                            "openapi-missing",
                            format!("cannot read `{path}`: {why}"),
                        )
                        .help("write the document's path relative to the folder of leeway.toml"),
                );
                return;
            }
        }
    }
    if system.openapi_sha256.is_none() {
        system.openapi_sha256 = system.openapi_text.as_deref().map(hash);
    }
}

/// One byte more than a document may have, so that one that is too long is seen to be.
fn read(path: &Path) -> Result<String, String> {
    let file = std::fs::File::open(path).map_err(|error| error.kind().to_string())?;
    let mut text = String::new();
    file.take(LONGEST_DOCUMENT as u64 + 1)
        .read_to_string(&mut text)
        .map_err(|error| error.kind().to_string())?;
    Ok(text)
}

/// Whether a path stays inside the folder.
fn is_inside(path: &str) -> bool {
    let mut parts = Path::new(path).components().peekable();
    parts.peek().is_some() && parts.all(|part| matches!(part, Component::Normal(_)))
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Checks a system's document; `None` when there is none that can be read.
pub fn check(source: &Source, system: &System, problems: &mut Vec<Problem>) -> Option<Document> {
    let Some(Kind::OpenApi(path)) = system.kind() else {
        return None;
    };
    if !is_inside(path) {
        problems.push(
            source
                .at(
                    "openapi",
                    "openapi-outside",
                    format!("`{path}` leads out of the configuration folder"),
                )
                .help("put the document into the folder, so that it is exported and kept with it"),
        );
        return None;
    }
    let Some(text) = &system.openapi_text else {
        let told = problems
            .iter()
            .any(|problem| problem.file == source.file && problem.code == "openapi-missing");
        if !told {
            problems.push(
                source
                    .at(
                        "openapi",
                        "openapi-missing",
                        "the document itself is not there",
                    )
                    .help("send it as `openapi_text`"),
            );
        }
        return None;
    };
    let found = hash(text);
    if system.openapi_sha256.as_ref() != Some(&found) {
        problems.push(
            source
                .at(
                    "openapi_sha256",
                    "openapi-hash-differs",
                    format!("`{path}` is not the document that was pinned: its hash is {found}"),
                )
                .help("look at what changed, then write that hash, or leave the key out"),
        );
    }
    match Document::parse(text, &Withheld::of(system)) {
        Ok(document) => {
            tell_skipped(source, &document, problems);
            Some(document)
        }
        Err(fault) => {
            problems.push(
                source
                    .at("openapi", fault.code, fault.message)
                    .help(fault.help),
            );
            None
        }
    }
}

/// Two systems that name one file mean one document: it is exported as one file.
pub fn check_shared(systems: &[(Source, System)], problems: &mut Vec<Problem>) {
    let mut seen: BTreeMap<&str, &System> = BTreeMap::new();
    for (source, system) in systems {
        let Some(path) = system.openapi.as_deref() else {
            continue;
        };
        let first = *seen.entry(path).or_insert(system);
        if first.openapi_sha256 != system.openapi_sha256 {
            problems.push(
                source
                    .at(
                        "openapi",
                        "openapi-differs",
                        format!("`{path}` is another document for system `{}`", first.name),
                    )
                    .help("give each document a file of its own"),
            );
        }
    }
}

/// Operations that become no tool, each by name: whoever classifies the tools looks for them.
fn tell_skipped(source: &Source, document: &Document, problems: &mut Vec<Problem>) {
    for skipped in document.skipped.iter().take(MOST_SKIPPED) {
        let name = match skipped.name.as_str() {
            "" => String::new(),
            name => format!(" (`{name}`)"),
        };
        let message = format!(
            "`{}`{name} becomes no tool: {}",
            skipped.operation, skipped.fault.message
        );
        problems.push(
            source
                .at("openapi", "operation-skipped", message)
                .help(skipped.fault.help)
                .warning(),
        );
    }
    let more = document.skipped.len().saturating_sub(MOST_SKIPPED);
    if more > 0 {
        problems.push(
            source
                .at(
                    "openapi",
                    "operation-skipped",
                    format!("{more} more operations become no tool"),
                )
                .help("leave those that are not used out of the document")
                .warning(),
        );
    }
}

/// Takes the document out of a system as it is exported: its path and text, for a file of its own.
pub fn separate(system: &mut System) -> Option<(String, String)> {
    let path = system.openapi.clone().filter(|path| is_inside(path))?;
    let text = system.openapi_text.take()?;
    system.openapi_sha256 = None;
    Some((path, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_operation_that_becomes_no_tool_is_named() {
        let source = Source {
            file: "systems/crm.toml".to_owned(),
            text: "openapi = \"crm.json\"\n".to_owned(),
        };
        let body = |media: &str| json!({ "content": { media: {} } });
        let mut paths = json!({
            "/x": { "get": { "operationId": "get" } },
            "/files": { "post": { "operationId": "uploadFile", "requestBody": body("multipart/form-data") } },
            "/gone": { "$ref": "#/nowhere" },
        });
        let told = |paths: &serde_json::Value| -> Vec<String> {
            let text = json!({ "openapi": "3.0.3", "paths": paths }).to_string();
            let document = Document::parse(&text, &Withheld::default()).unwrap();
            let mut problems = Vec::new();
            tell_skipped(&source, &document, &mut problems);
            assert!(
                problems
                    .iter()
                    .all(|it| it.code == "operation-skipped" && it.line == 1)
            );
            problems
                .into_iter()
                .map(|problem| problem.message)
                .collect()
        };
        assert_eq!(
            told(&paths),
            [
                "`/gone` becomes no tool: `#/nowhere` leads nowhere",
                "`POST /files` (`uploadFile`) becomes no tool: its body is `multipart/form-data`, neither JSON nor a form",
            ]
        );
        for number in 0..MOST_SKIPPED {
            paths[format!("/{number}")] = json!({ "put": { "requestBody": body("text/csv") } });
        }
        let all = told(&paths);
        assert_eq!(all.len(), MOST_SKIPPED + 1);
        assert_eq!(
            all.last().map(String::as_str),
            Some("2 more operations become no tool")
        );
    }
}
