//! Where an audited system's tools are read: a file, an MCP server started or reached for it, or an
//! OpenAPI document. Only listing is done; no tool is called.

use anyhow::{Context, bail};
use leeway_core::classify::guess::measure::Label;
use leeway_core::classify::pack::Pack;
use leeway_core::govern::owners::Owners;
use leeway_core::govern::system::System;
use leeway_core::govern::workflow::Workflow;
use leeway_core::openapi::Withheld;
use leeway_core::openapi::document::Document;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;

/// Largest file of tools that is read, bytes.
const LARGEST: u64 = 32 * 1024 * 1024;

/// The tools of a file: an answer to `tools/list`, an object with `tools`, or the list itself.
pub fn tools_of_file(path: &Path) -> anyhow::Result<Vec<Value>> {
    let value: Value = serde_json::from_str(&text(path)?)
        .with_context(|| format!("`{}` is not JSON", path.display()))?;
    tools_of(value).with_context(|| {
        format!(
            "`{}` holds no tools: give an answer to tools/list, an object with `tools`, or a list",
            path.display()
        )
    })
}

/// An OpenAPI document (JSON or YAML) as that of a system of this name, and the system it describes: with an address
/// to be filled in, where it does not say where that is.
pub fn by_document(path: &Path, name: &str) -> anyhow::Result<(System, Document)> {
    let text = text(path)?;
    let document = Document::parse(&text, &Withheld::named(name))
        .map_err(|fault| anyhow::anyhow!("`{}`: {fault}; {}", path.display(), fault.help))?;
    let ending = path
        .extension()
        .map_or("json".into(), |it| it.to_string_lossy());
    let mut reached =
        json!({ "openapi": format!("openapi/document.{ending}"), "openapi_text": text });
    if document.server.is_none() {
        reached["base_url"] = json!(to_fill_in(document.server_said.as_deref()));
    }
    Ok((system(reached), document))
}

/// An address that leads nowhere, with the path that a document gives for its server.
fn to_fill_in(said: Option<&str>) -> String {
    const NOWHERE: &str = "https://address-of-the-system.invalid";
    let path = said.filter(|said| said.starts_with('/') && !said.contains(['{', '?', '#']));
    let whole = path.and_then(|path| url::Url::parse(NOWHERE).ok()?.join(path).ok());
    let whole = whole.filter(|url| url.host_str() == NOWHERE.strip_prefix("https://"));
    whole.map_or_else(
        || NOWHERE.to_owned(),
        |url| url.as_str().trim_end_matches('/').to_owned(),
    )
}

/// The document of a configured system, when it has one that can be read.
pub fn document_of(system: &System) -> Option<Document> {
    let text = system.openapi_text.as_deref()?;
    Document::parse(text, &Withheld::of(system)).ok()
}

fn tools_of(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::Array(tools) => Some(tools),
        Value::Object(mut object) => match object.remove("tools") {
            Some(Value::Array(tools)) => Some(tools),
            _ => tools_of(object.remove("result")?),
        },
        _ => None,
    }
}

fn text(path: &Path) -> anyhow::Result<String> {
    let size = std::fs::metadata(path)
        .with_context(|| format!("cannot read `{}`", path.display()))?
        .len();
    if size > LARGEST {
        bail!("`{}` is larger than {LARGEST} bytes", path.display());
    }
    std::fs::read_to_string(path).with_context(|| format!("cannot read `{}`", path.display()))
}

/// A system run by a command, as one would write it in a shell (words and quotes, nothing else).
pub fn by_command(command: &str, env: BTreeMap<String, String>) -> anyhow::Result<System> {
    let mut words = shlex::split(command)
        .filter(|words| !words.is_empty())
        .with_context(|| format!("`{command}` is no command: a quote is open, or it is empty"))?;
    let program = words.remove(0);
    Ok(system(
        json!({ "command": program, "args": words, "env": env }),
    ))
}

/// A system reached over HTTP.
pub fn by_address(url: &str, headers: BTreeMap<String, String>) -> anyhow::Result<System> {
    url::Url::parse(url).with_context(|| format!("`{url}` is no address"))?;
    Ok(system(json!({ "url": url, "headers": headers })))
}

/// A system reached as `how` says, with the schema's own defaults.
pub fn system(mut how: Value) -> System {
    for key in ["name", "title", "pack"] {
        how[key] = json!("system");
    }
    serde_json::from_value(how).expect("INVARIANT: it is of the schema")
}

/// `NAME=VALUE` pairs; a value may be a reference, `env:NAME` or `file:/path`.
pub fn pairs(given: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    given
        .iter()
        .map(|pair| {
            let (name, value) = pair
                .split_once('=')
                .with_context(|| format!("`{pair}` is not NAME=VALUE"))?;
            Ok((name.to_owned(), value.to_owned()))
        })
        .collect()
}

/// A pack or workflow file.
pub fn toml_file<T: DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    toml::from_str(&text(path)?)
        .with_context(|| format!("`{}` is not as it should be", path.display()))
}

/// A pack file.
pub fn pack(path: &Path) -> anyhow::Result<Pack> {
    toml_file(path)
}

/// A workflow file.
pub fn workflow(path: &Path) -> anyhow::Result<Workflow> {
    toml_file(path)
}

/// An owner matrix.
pub fn owners(path: &Path) -> anyhow::Result<Owners> {
    toml_file(path)
}

/// Labels by server.
pub type Labels = BTreeMap<String, Vec<Label>>;

/// A file of labels.
pub fn labels(path: &Path) -> anyhow::Result<Labels> {
    serde_json::from_str(&text(path)?)
        .with_context(|| format!("`{}` holds no labels", path.display()))
}

/// A short name made of any text: lower-case letters, digits and hyphens.
pub fn short_name(text: &str) -> String {
    let mut name = String::new();
    for c in text.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            name.push(c);
        } else if !name.ends_with('-') && !name.is_empty() {
            name.push('-');
        }
    }
    let name = name.trim_end_matches('-');
    if name.is_empty() {
        "system".to_owned()
    } else {
        name.chars()
            .take(40)
            .collect::<String>()
            .trim_end_matches('-')
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_found_in_every_form_of_a_list() {
        let tool = json!({"name": "a"});
        for value in [
            json!([tool]),
            json!({"tools": [tool]}),
            json!({"jsonrpc": "2.0", "id": 1, "result": {"tools": [tool]}}),
        ] {
            assert_eq!(tools_of(value), Some(vec![tool.clone()]));
        }
        assert_eq!(tools_of(json!({"tools": 3})), None);
        assert_eq!(tools_of(json!("tools")), None);
    }

    #[test]
    fn an_address_to_fill_in_leads_nowhere() {
        for (said, address) in [
            (None, "https://address-of-the-system.invalid"),
            (Some("/"), "https://address-of-the-system.invalid"),
            (
                Some("/api/v3/"),
                "https://address-of-the-system.invalid/api/v3",
            ),
            (
                Some("//evil.example/x"),
                "https://address-of-the-system.invalid",
            ),
            (
                Some("https://{host}/v1"),
                "https://address-of-the-system.invalid",
            ),
            (Some("api"), "https://address-of-the-system.invalid"),
        ] {
            assert_eq!(to_fill_in(said), address, "{said:?}");
        }
    }

    #[test]
    fn names_are_made_short_and_plain() {
        for (text, name) in [
            (
                "@modelcontextprotocol/server-filesystem",
                "modelcontextprotocol-server-filesystem",
            ),
            ("Äpfel & Birnen", "pfel-birnen"),
            ("…", "system"),
        ] {
            assert_eq!(short_name(text), name);
        }
    }

    #[test]
    fn commands_are_split_like_a_shell_would() {
        let system = by_command("npx -y 'a server' \"/my docs\"", BTreeMap::new()).unwrap();
        assert_eq!(system.command.as_deref(), Some("npx"));
        assert_eq!(system.args, ["-y", "a server", "/my docs"]);
        assert!(by_command("npx 'open", BTreeMap::new()).is_err());
    }
}
