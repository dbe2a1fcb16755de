//! How to reach a system the agents act on: the schema of `systems/*.toml`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One system, `systems/<name>.toml`. Exactly one of `command` and `url` is given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct System {
    /// Short name; the first part of its tools' names.
    pub name: String,
    /// Name for people.
    pub title: String,
    /// The pack that says what its tools do.
    pub pack: String,
    /// Program to run as a child process that speaks MCP on stdin and stdout.
    pub command: Option<String>,
    /// The program's arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Environment of the child, besides `PATH`, `HOME` and `LANG`: `NAME = "env:OTHER"`,
    /// `"file:/path"` or a plain value.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Folder to run the child in.
    pub cwd: Option<String>,
    /// Address of an MCP server that speaks streamable HTTP.
    pub url: Option<String>,
    /// HTTP headers, e.g. `Authorization = "env:CRM_AUTH"`. Values as in `env`.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// How long a call may take, seconds.
    #[serde(default = "default_timeout_s")]
    pub timeout_s: u64,
}

fn default_timeout_s() -> u64 {
    60
}
