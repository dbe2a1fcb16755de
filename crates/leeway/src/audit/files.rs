//! The folder to start from: the report in every form, and a configuration that `leeway check`
//! accepts.

use super::{Audited, document, html, markdown};
use crate::config::{self, Settings};
use anyhow::{Context, bail};
use leeway_core::audit::{Audit, draft};
use leeway_core::govern::system::System;
use leeway_core::openapi::one_line;
use serde::Serialize;
use serde_json::json;
use std::path::Path;

/// What stands above a draft pack.
const PACK_HEAD: &str = "# Drafted by `leeway audit` from what the system says of its tools. Nothing here is certain until\n\
# somebody who knows the system has read it, line by line. Every field is marked critical, so that each\n\
# change waits for a person; take a field out of `critical` once you know it is harmless.\n\n";

const WORKFLOW_HEAD: &str = "# Drafted by `leeway audit`: agents read and propose, and nothing else. Tools that could run anything\n\
# or change who may do what are left out, which blocks them.\n\n";

const SYSTEM_UNKNOWN: &str = "# The tools were read from a file, so how to reach the system is not known: write the `command` that\n\
# starts its MCP server, or `url` instead.\n\n";

const SYSTEM_NOWHERE: &str = "# The document does not say where the system is, or only in part: write its address as `base_url`, with\n\
# the path that the document's paths begin at. Until then nothing of it can be reached.\n\n";

/// Most operations that are named as left out.
const MOST_LEFT_OUT: usize = 200;

/// A draft file: its path in the folder and its text.
pub type File = (String, String);

/// The draft configuration. `system` is how the system is reached, if that is known.
pub fn configuration(
    audited: &Audited,
    audit: &Audit,
    system: Option<&System>,
) -> anyhow::Result<Vec<File>> {
    let subject = audited.subject();
    let pack = draft::pack(audit, subject, (&audited.system, &audited.title));
    let workflow = draft::workflow(audit, subject, &format!("{} (draft)", audited.title));
    let (mut head, reached) = match system {
        Some(system) if nowhere(audited) => (SYSTEM_NOWHERE.to_owned(), system.clone()),
        Some(system) => (String::new(), system.clone()),
        None => (SYSTEM_UNKNOWN.to_owned(), unreached()),
    };
    head.push_str(&left_out(audit));
    let mut system = System {
        name: audited.system.clone(),
        title: audited.title.clone(),
        pack: pack.name.clone(),
        ..reached
    };
    let document = config::document::separate(&mut system);
    let settings = Settings::default();
    let named = |kind: &str, name: &str| format!("{kind}/{name}.toml");
    let mut files = vec![
        ("leeway.toml".to_owned(), written(&settings)?),
        (
            named("systems", &system.name),
            format!("{head}{}", written(&system)?),
        ),
        (
            named("packs", &pack.name),
            format!("{PACK_HEAD}{}", written(&pack)?),
        ),
        (
            named("workflows", &workflow.name),
            format!("{WORKFLOW_HEAD}{}", written(&workflow)?),
        ),
    ];
    files.extend(document);
    Ok(files)
}

/// Whether the system is known by a document that does not say where it is.
fn nowhere(audited: &Audited) -> bool {
    let document = audited.document.as_ref();
    document.is_some_and(|document| document.server.is_none())
}

/// What the document has that becomes no tool, as comments.
fn left_out(audit: &Audit) -> String {
    if audit.left_out.is_empty() {
        return String::new();
    }
    let mut lines = vec!["# Of the document these operations become no tool:".to_owned()];
    for one in audit.left_out.iter().take(MOST_LEFT_OUT) {
        let name = match one.name.as_str() {
            "" => String::new(),
            name => format!(" ({name})"),
        };
        // Each is one line of what can be seen, whatever the document says.
        lines.push(one_line(&format!("# {}{name}: {}", one.operation, one.why)));
    }
    let more = audit.left_out.len().saturating_sub(MOST_LEFT_OUT);
    if more > 0 {
        lines.push(format!("# and {more} more, see report.md"));
    }
    format!("{}\n\n", lines.join("\n"))
}

/// A system whose tools are known only from a file. The command is what has to be replaced.
fn unreached() -> System {
    super::source::system(json!({ "command": "command-that-starts-its-mcp-server" }))
}

/// A value as TOML. What is not set is left out.
fn written<T: Serialize>(value: &T) -> anyhow::Result<String> {
    let mut value = serde_json::to_value(value).context("it cannot be written")?;
    drop_unset(&mut value);
    toml::to_string_pretty(&as_toml(value)?).context("it cannot be written as TOML")
}

/// A value of JSON as one of TOML; its numbers have a form of their own there.
fn as_toml(value: serde_json::Value) -> anyhow::Result<toml::Value> {
    use serde_json::Value;
    Ok(match value {
        Value::Null => anyhow::bail!("nothing cannot be written as TOML"),
        Value::Bool(yes) => toml::Value::Boolean(yes),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => toml::Value::Integer(whole),
            (None, Some(decimal)) => toml::Value::Float(decimal),
            (None, None) => anyhow::bail!("`{number}` is too long a number for TOML"),
        },
        Value::String(text) => toml::Value::String(text),
        Value::Array(items) => {
            toml::Value::Array(items.into_iter().map(as_toml).collect::<Result<_, _>>()?)
        }
        Value::Object(fields) => {
            let fields = fields.into_iter();
            let table = fields.map(|(key, item)| Ok((key, as_toml(item)?)));
            toml::Value::Table(table.collect::<anyhow::Result<_>>()?)
        }
    })
}

/// Leaves out nulls, empty lists and tables, and `false`: the schema's own defaults.
fn drop_unset(value: &mut serde_json::Value) {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, value| {
            drop_unset(value);
            !(value.is_null()
                || *value == serde_json::Value::Bool(false)
                || value.as_array().is_some_and(Vec::is_empty)
                || value.as_object().is_some_and(serde_json::Map::is_empty))
        });
    } else if let Some(list) = value.as_array_mut() {
        list.iter_mut().for_each(drop_unset);
    }
}

/// The report in every form.
pub fn reports(audited: &Audited, audit: &Audit) -> anyhow::Result<Vec<File>> {
    let document = document::document(audited, audit);
    Ok(vec![
        ("report.html".to_owned(), html::render(&document)),
        ("report.md".to_owned(), markdown::render(&document)),
        (
            "report.json".to_owned(),
            serde_json::to_string_pretty(audit).context("the report cannot be written")?,
        ),
    ])
}

/// Writes files into a folder. Reports are replaced; a configuration file that is there already is
/// somebody's work, and is not.
pub fn write(folder: &Path, configuration: &[File], reports: &[File]) -> anyhow::Result<()> {
    if let Some((path, _)) = configuration
        .iter()
        .filter(|(path, _)| path != "leeway.toml")
        .find(|(path, _)| folder.join(path).exists())
    {
        bail!(
            "`{}` is there already and is not replaced: give another folder, or move it",
            folder.join(path).display()
        );
    }
    for (path, text) in configuration.iter().chain(reports) {
        let place = folder.join(path);
        if path == "leeway.toml" && place.exists() {
            continue;
        }
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent)
                .with_context(|| format!("cannot make the folder `{}`", parent.display()))?;
        }
        std::fs::write(&place, text)
            .with_context(|| format!("cannot write `{}`", place.display()))?;
    }
    Ok(())
}
