//! How to reach a system the agents act on: the schema of `systems/*.toml`.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One system, `systems/<name>.toml`. Exactly one of `command`, `url`, `openapi` and `smtp` is given.
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
    /// How long a call may take, and each step of starting, seconds.
    #[serde(default = "default_timeout_s")]
    pub timeout_s: u64,
    /// Path of an OpenAPI document whose operations become tools, relative to the configuration
    /// folder and inside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openapi: Option<String>,
    /// SHA-256 of the document, hex. Filled in when the document is read; one that stands in the
    /// file has to match it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openapi_sha256: Option<String>,
    /// The document itself, JSON or YAML: the ledger's configuration needs no folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openapi_text: Option<String>,
    /// Where the document's operations are, e.g. `https://desk.example.com/rest`; without it the
    /// document's first server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Query parameters of every request, e.g. `api_key = "env:CRM_KEY"`. Values as in `env`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub query: BTreeMap<String, String>,
    /// User name and password: HTTP basic authentication, or SMTP AUTH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// Whether this machine and private networks may be reached.
    #[serde(default, skip_serializing_if = "is_false")]
    pub allow_private: bool,
    /// Header that carries the idempotency key of a write, where the system knows one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_header: Option<String>,
    /// Address of a mail server: `smtps://HOST:PORT`, or `smtp://HOST:PORT` with STARTTLS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub smtp: Option<String>,
    /// Sender of every mail, e.g. `Help desk <desk@example.com>`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// Who Leeway is at a system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Login {
    /// User name; a value as in `env`.
    pub user: String,
    /// Password; a value as in `env`.
    pub password: String,
}

/// How a system is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// An MCP server as a child process: its program.
    Command(&'a str),
    /// An MCP server over streamable HTTP: its address.
    Url(&'a str),
    /// An HTTP API with an OpenAPI document: the document's path.
    OpenApi(&'a str),
    /// A mail server: its address.
    Smtp(&'a str),
}

impl System {
    /// How it is reached; `None` unless exactly one way is given.
    pub fn kind(&self) -> Option<Kind<'_>> {
        let ways = [
            self.command.as_deref().map(Kind::Command),
            self.url.as_deref().map(Kind::Url),
            self.openapi.as_deref().map(Kind::OpenApi),
            self.smtp.as_deref().map(Kind::Smtp),
        ];
        let mut given = ways.into_iter().flatten();
        let kind = given.next()?;
        given.next().is_none().then_some(kind)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

fn default_timeout_s() -> u64 {
    60
}

impl System {
    /// Whether bringing this into force instead of `before` would run another program on the host, or
    /// hand a secret of the host to somebody else: an `env:` or `file:` reference of a header.
    pub fn reaches_into_host(&self, before: Option<&Self>) -> bool {
        let reference = |value: &String| value.starts_with("env:") || value.starts_with("file:");
        let program = |system: &Self| {
            (
                system.command.clone(),
                system.args.clone(),
                system.env.clone(),
                system.cwd.clone(),
            )
        };
        let address = |system: &Self| (system.url.clone(), system.headers.clone());
        let runs = self.command.is_some() && before.map(program) != Some(program(self));
        let hands_out =
            self.headers.values().any(reference) && before.map(address) != Some(address(self));
        runs || hands_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(toml: &str) -> System {
        let head = "name = \"crm\"\ntitle = \"CRM\"\npack = \"crm\"\n";
        toml::from_str(&format!("{head}{toml}")).unwrap()
    }

    #[test]
    fn programs_and_references_to_the_host_s_secrets_reach_into_it() {
        let local = "command = \"crm\"\nargs = [\"a\"]";
        let remote = "url = \"https://crm.example\"";
        let with_secret = format!("{remote}\n[headers]\nAuthorization = \"env:CRM\"");
        for (before, now, reaches) in [
            (None, local, true),
            (Some(local), local, false),
            (
                Some(local),
                "command = \"crm\"\nargs = [\"a\"]\ntimeout_s = 5",
                false,
            ),
            (Some(local), "command = \"crm\"\nargs = [\"b\"]", true),
            (
                Some(local),
                "command = \"crm\"\nargs = [\"a\"]\n[env]\nX = \"1\"",
                true,
            ),
            (
                Some(local),
                "command = \"crm\"\nargs = [\"a\"]\ncwd = \"/\"",
                true,
            ),
            (Some(local), remote, false),
            (None, remote, false),
            (None, &with_secret, true),
            (Some(&with_secret), &with_secret, false),
            (
                Some(&with_secret),
                "url = \"https://evil.example\"\n[headers]\nAuthorization = \"env:CRM\"",
                true,
            ),
            (Some(&with_secret), remote, false),
            (
                None,
                "url = \"https://crm.example\"\n[headers]\nX = \"file:/etc/shadow\"",
                true,
            ),
        ] {
            let before = before.map(system);
            assert_eq!(
                system(now).reaches_into_host(before.as_ref()),
                reaches,
                "{now}"
            );
        }
    }
}
