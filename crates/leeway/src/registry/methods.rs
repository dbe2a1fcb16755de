//! What agents use of a system besides its tools, made governable: reading a resource, getting a
//! prompt and completing an argument are each an action of level 1 of a "tool" named after the
//! method, classified by the pack below. They are no tools of the system and are never listed.

use super::{LivePack, LiveTool};
use crate::system::Verb;
use leeway_core::action::tool_name;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::pack::Pack;
use leeway_core::classify::redact::Redactor;
use leeway_core::govern::relay::{COMPLETE_PROMPT, COMPLETE_RESOURCE, GET_PROMPT, READ_RESOURCE};
use leeway_core::govern::state::ToolState;
use serde_json::{Value, json};
use std::sync::Arc;

/// The pack of the protocol's own methods. Reading changes nothing, whatever the system does.
const PACK: &str = r#"
name = "mcp-methods"
title = "Resources, prompts and completions"
[tool."resources/read"]
effect = "read"
inside = true
record = { type = "resource", id = ".uri" }
[[tool."resources/read".guard]]
id = "web-address"
when = '.uri | test("[\u0001-\u001f\u007f\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]|(https?|s?ftps?|wss?|ldaps?|smb|gopher):|^\\s*(//|\\\\\\\\)|://[^/?#]*[.@\\[]|^[^:/]*%|^[^/:]*\\.[a-z]{2,}/"; "i")'
then = "hold"
text = "It reads at an address that the agent chose."
[tool."prompts/get"]
effect = "read"
inside = true
record = { type = "prompt", id = ".name" }
[tool."completion/resource"]
effect = "read"
inside = true
[tool."completion/prompt"]
effect = "read"
inside = true
"#;

/// The methods of one system, redacted as its own pack says.
pub fn of((system, system_hash): (&str, &str), pack: &LivePack) -> Vec<Arc<LiveTool>> {
    let Some(methods) = methods_pack(&pack.compiled.pack) else {
        return Vec::new();
    };
    let methods = Arc::new(methods);
    [
        (READ_RESOURCE, Verb::ReadResource, resource_schema()),
        (GET_PROMPT, Verb::GetPrompt, prompt_schema()),
        (
            COMPLETE_RESOURCE,
            Verb::Complete,
            completion_schema("ref/resource"),
        ),
        (
            COMPLETE_PROMPT,
            Verb::Complete,
            completion_schema("ref/prompt"),
        ),
    ]
    .into_iter()
    .map(|(method, verb, schema)| {
        let definition = json!({ "name": method, "inputSchema": schema });
        Arc::new(LiveTool {
            name: tool_name(system, method),
            system: system.to_owned(),
            system_hash: system_hash.to_owned(),
            tool: method.to_owned(),
            verb,
            schema: super::validator(&definition),
            pack: Some(methods.clone()),
            state: ToolState {
                hash: super::definition_hash(&definition),
                definition,
                changed: None,
            },
        })
    })
    .collect()
}

fn methods_pack(system: &Pack) -> Option<LivePack> {
    let mut pack: Pack = toml::from_str(PACK).ok()?;
    pack.redact.clone_from(&system.redact);
    let hash = leeway_core::canonical::hash(&pack);
    let redactor = Redactor::new(&pack.redact);
    CompiledPack::compile(pack).ok().map(|compiled| LivePack {
        compiled,
        redactor,
        hash,
    })
}

fn resource_schema() -> Value {
    json!({
        "type": "object",
        "properties": { "uri": { "type": "string", "minLength": 1, "maxLength": 4000 } },
        "required": ["uri"],
        "additionalProperties": false
    })
}

fn prompt_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "minLength": 1, "maxLength": 400 },
            "arguments": { "type": "object", "additionalProperties": { "type": "string" } }
        },
        "required": ["name"],
        "additionalProperties": false
    })
}

fn completion_schema(of: &str) -> Value {
    let text = json!({ "type": "string", "maxLength": 4000 });
    json!({
        "type": "object",
        "properties": {
            "ref": {
                "type": "object",
                "properties": {
                    "type": { "const": of },
                    "name": text,
                    "title": text,
                    "uri": text
                },
                "required": ["type"]
            },
            "argument": { "type": "object", "properties": { "name": text, "value": text } },
            "context": {
                "type": "object",
                "properties": {
                    "arguments": { "type": "object", "additionalProperties": text }
                }
            }
        },
        "required": ["ref", "argument"],
        "additionalProperties": false
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeway_core::classify::classified::classify;
    use leeway_core::classify::{BeforeImage, Effect};

    #[test]
    fn a_resource_at_another_place_waits_for_a_person() {
        let system: Pack = toml::from_str("name = \"docs\"\ntitle = \"Docs\"").unwrap();
        let pack = LivePack {
            redactor: Redactor::new(&system.redact),
            compiled: CompiledPack::compile(system).unwrap(),
            hash: String::new(),
        };
        let methods = of(("docs", "hash"), &pack);
        let resources = methods
            .iter()
            .find(|one| one.tool == READ_RESOURCE)
            .unwrap();
        let guarded = |uri: &str| {
            let (call, seen) = (json!({ "uri": uri }), BeforeImage::NotNeeded);
            let found = classify(resources.entry().unwrap(), "docs", &call, &seen);
            assert!(found.unknowns.is_empty(), "{uri}: {:?}", found.unknowns);
            !found.guards.is_empty()
        };
        for uri in [
            "https://evil.example/x",
            "sftp://evil.example/x",
            "file://evil.example/share/x",
            "//evil.example/x",
            "\\\\evil.example\\x",
            "proxy:https://evil.example/",
            "\u{200b}https://evil.example/",
            "%68ttps://evil.example/",
            "evil.example/x",
            "x://ann@host/x",
        ] {
            assert!(guarded(uri), "{uri}");
        }
        for uri in [
            "demo://resource/static/document/notes.md",
            "file:///srv/docs/R\u{e9}sum\u{e9} 2.pdf",
            "note:7",
            "notes.md",
        ] {
            assert!(!guarded(uri), "{uri}");
        }
    }

    #[test]
    fn every_method_is_classified_as_a_read_and_checks_its_arguments() {
        let system: Pack =
            toml::from_str("name = \"docs\"\ntitle = \"Docs\"\nredact = [\"secret\"]").unwrap();
        let pack = LivePack {
            redactor: Redactor::new(&system.redact),
            compiled: CompiledPack::compile(system).unwrap(),
            hash: String::new(),
        };
        let methods = of(("docs", "hash"), &pack);
        assert_eq!(methods.len(), 4);
        for method in methods {
            assert_eq!(
                method.entry().unwrap().entry.effect,
                Effect::Read,
                "{}",
                method.name
            );
            let schema = method.schema.as_ref().unwrap();
            assert!(
                !schema.validator.is_valid(&json!({ "governance": {} })),
                "{}",
                method.name
            );
            let redacted = method
                .pack
                .as_ref()
                .unwrap()
                .redactor
                .redact(&json!({ "secret": "x" }));
            assert_ne!(redacted["secret"], "x");
        }
    }
}
