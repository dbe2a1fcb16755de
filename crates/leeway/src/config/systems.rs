//! What `systems/*.toml` mean: one way to reach each, and only keys that belong to it.

use super::check::Known;
use super::document;
use super::load::{Source, nearest};
use super::problems::Problem;
use super::secret;
use crate::guard;
use leeway_core::classify::account::complete::gaps;
use leeway_core::classify::account::paths::shown;
use leeway_core::classify::compiled::CompiledTool;
use leeway_core::classify::pack::{ConditionRule, Pack};
use leeway_core::govern::system::{Kind, System};
use leeway_core::openapi::document::Document;
use lettre::message::Mailbox;
use url::Url;

/// Checks one system.
pub fn check_system(
    (source, system): (&Source, &System),
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) {
    check_name(source, system, problems);
    check_way(source, system, problems);
    check_pack((source, system), known, problems);
    if system.timeout_s == 0 {
        problems.push(
            source
                .at(
                    "timeout_s",
                    "timeout-invalid",
                    "a call that may take 0 seconds never has an answer",
                )
                .help("write the longest time a call may take, seconds, or leave the key out"),
        );
    }
    let tables = [
        ("env", &system.env),
        ("headers", &system.headers),
        ("query", &system.query),
    ];
    for (table, values) in tables {
        for (name, value) in values {
            let path = format!("{table}.{name}");
            check_value((source, &path), (name, value), problems);
        }
    }
    if let Some(login) = &system.login {
        check_value((source, "login.user"), ("user", &login.user), problems);
        check_value(
            (source, "login.password"),
            ("password", &login.password),
            problems,
        );
    }
    let document = document::check(source, system, problems);
    match (system.kind(), &document) {
        (Some(Kind::OpenApi(_)), Some(document)) => {
            check_base(source, (system, document), problems);
            check_classified((source, system), (document, known), problems);
            check_accounted(source, (system, document), known, problems);
        }
        (Some(Kind::Smtp(address)), _) => check_mail(source, (system, address), problems),
        _ => {}
    }
}

fn check_name(source: &Source, system: &System, problems: &mut Vec<Problem>) {
    let plain = !system.name.is_empty()
        && system
            .name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if !plain {
        problems.push(
            source
                .at(
                    "name",
                    "name-invalid",
                    format!("`{}` cannot be a system's name", system.name),
                )
                .help("use lower-case letters, digits and hyphens"),
        );
    }
}

/// One way to reach it, and nothing that says something about another way.
fn check_way(source: &Source, system: &System, problems: &mut Vec<Problem>) {
    let Some(kind) = system.kind() else {
        problems.push(
            source
                .at(
                    "command",
                    "transport-unclear",
                    "exactly one of `command`, `url`, `openapi` and `smtp` must be given",
                )
                .help("`command` runs an MCP server here; `url` reaches one over HTTP; `openapi` is an HTTP API by its document; `smtp` is a mail server"),
        );
        return;
    };
    let (is_http, is_mail) = (
        matches!(kind, Kind::OpenApi(_)),
        matches!(kind, Kind::Smtp(_)),
    );
    let over_http = is_http || matches!(kind, Kind::Url(_));
    for (key, given, fits) in [
        ("headers", !system.headers.is_empty(), over_http),
        ("openapi_sha256", system.openapi_sha256.is_some(), is_http),
        ("openapi_text", system.openapi_text.is_some(), is_http),
        ("base_url", system.base_url.is_some(), is_http),
        ("query", !system.query.is_empty(), is_http),
        (
            "idempotency_header",
            system.idempotency_header.is_some(),
            is_http,
        ),
        ("login", system.login.is_some(), is_http || is_mail),
        ("allow_private", system.allow_private, over_http || is_mail),
        ("from", system.from.is_some(), is_mail),
    ] {
        if given && !fits {
            problems.push(
                source
                    .at(
                        key,
                        "key-unused",
                        format!("`{key}` says nothing about a system that is reached this way"),
                    )
                    .help("leave the key out"),
            );
        }
    }
    if let Kind::Url(address) = kind {
        check_url(source, (system, address), problems);
    }
    let headers = system
        .headers
        .keys()
        .map(|name| (format!("headers.{name}"), name));
    let key = system.idempotency_header.iter();
    for (path, name) in headers.chain(key.map(|name| ("idempotency_header".to_owned(), name))) {
        if http::HeaderName::try_from(name.as_str()).is_err() {
            problems.push(
                source
                    .at(
                        &path,
                        "header-invalid",
                        format!("`{name}` is not a header name"),
                    )
                    .help("use letters, digits and hyphens"),
            );
        }
    }
}

fn check_pack(
    (source, system): (&Source, &System),
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) {
    if !known.may_have_pack(&system.pack) {
        let help = nearest(&system.pack, known.packs.keys().copied()).map_or_else(
            || "add packs/NAME.toml to the folder".to_owned(),
            |name| format!("did you mean `{name}`?"),
        );
        problems.push(
            source
                .at(
                    "pack",
                    "pack-unknown",
                    format!("there is no pack `{}`", system.pack),
                )
                .help(help),
        );
    }
    let by_header = |pack: &Pack| {
        pack.tools
            .values()
            .any(|tool| matches!(tool.condition, Some(ConditionRule::Header(_))))
    };
    let pack = known.packs.get(system.pack.as_str()).copied();
    let has_headers = matches!(system.kind(), Some(Kind::OpenApi(_)) | None);
    if pack.is_some_and(by_header) && !has_headers {
        problems.push(
            source
                .at(
                    "pack",
                    "condition-unsupported",
                    format!("`{}` writes on condition of a header, and this system takes none", system.pack),
                )
                .help("reach the system by its OpenAPI document, or use a pack without `condition = { header = … }`"),
        );
    }
}

fn check_base(
    source: &Source,
    (system, document): (&System, &Document),
    problems: &mut Vec<Problem>,
) {
    let Some(base) = system.base_url.as_ref().or(document.server.as_ref()) else {
        problems.push(
            source
                .at(
                    "openapi",
                    "base-url-missing",
                    "neither the file nor the document says where the system is",
                )
                .help("add base_url = \"https://…\""),
        );
        return;
    };
    let url = Url::parse(base).ok().filter(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none()
    });
    let Some(url) = url else {
        problems.push(
            source
                .at("base_url", "base-url-invalid", "it is no plain `https://` address")
                .help("write scheme, host and path; credentials belong under `[login]`, `[headers]` or `[query]`"),
        );
        return;
    };
    check_reached((source, "base_url"), (system, &url), problems);
}

/// The address of an MCP server.
fn check_url(source: &Source, (system, address): (&System, &str), problems: &mut Vec<Problem>) {
    let url = Url::parse(address).ok().filter(|url| {
        matches!(url.scheme(), "https" | "http")
            && url.host_str().is_some()
            && url.username().is_empty()
            && url.password().is_none()
    });
    match url {
        Some(url) => check_reached((source, "url"), (system, &url), problems),
        None => problems.push(
            source
                .at("url", "url-invalid", "it is no plain `https://` address")
                .help("write scheme, host and path; credentials belong under `[headers]`"),
        ),
    }
}

/// Whether an address may be reached, and with credentials.
fn check_reached(
    (source, key): (&Source, &str),
    (system, url): (&System, &Url),
    problems: &mut Vec<Problem>,
) {
    if let Err(error) = guard::check_host(url, system.allow_private) {
        problems.push(
            source
                .at(key, "address-forbidden", error.to_string())
                .help("add allow_private = true for a system on this machine or in a private network; link-local addresses are never reached")
                .warning(),
        );
    }
    let has_secret = system.login.is_some()
        || system
            .headers
            .values()
            .chain(system.query.values())
            .any(|value| secret::is_reference(value));
    if url.scheme() == "http" && has_secret && !system.allow_private {
        problems.push(
            source
                .at(
                    key,
                    "credentials-in-clear",
                    "credentials would go out without encryption",
                )
                .help("use https://"),
        );
    }
}

/// A pack that speaks of tools the document does not have is likely to be another system's.
fn check_classified(
    (source, system): (&Source, &System),
    (document, known): (&Document, &Known<'_>),
    problems: &mut Vec<Problem>,
) {
    let Some(pack) = known.packs.get(system.pack.as_str()) else {
        return;
    };
    let tools = document.operations.keys().map(String::as_str);
    for tool in pack
        .tools
        .keys()
        .filter(|tool| !document.operations.contains_key(*tool))
    {
        let help = nearest(tool, tools.clone()).map_or_else(
            || "leave it out of the pack, or add the operation to the document".to_owned(),
            |name| format!("did you mean `{name}`?"),
        );
        problems.push(
            source
                .at(
                    "openapi",
                    "operation-unknown",
                    format!(
                        "pack `{}` classifies `{tool}`, which the document does not have",
                        pack.name
                    ),
                )
                .help(help)
                .warning(),
        );
    }
}

/// Declared arguments that the pack's entries do not speak of: every call with one waits for a person.
fn check_accounted(
    source: &Source,
    (system, document): (&System, &Document),
    known: &Known<'_>,
    problems: &mut Vec<Problem>,
) {
    let Some(pack) = known.packs.get(system.pack.as_str()) else {
        return;
    };
    for (tool, operation) in &document.operations {
        let entry = pack.tools.get(tool).and_then(CompiledTool::alone);
        let Some(entry) = entry else {
            continue;
        };
        let found = gaps(&entry, &operation.definition["inputSchema"]);
        let mut tell = |code, names: &[String], what: &str, help: &str| {
            if names.is_empty() {
                return;
            }
            let names: Vec<String> = names
                .iter()
                .map(|name| format!("`{}`", shown(name)))
                .collect();
            let message = format!(
                "pack `{}`, `{tool}`: {what} {}",
                pack.name,
                names.join(", ")
            );
            problems.push(source.at("openapi", code, message).help(help).warning());
        };
        tell(
            "argument-unaccounted",
            &found.unaccounted,
            "no filter and no list speaks of",
            "add it to `changes`, `text`, `recipients` or `details`, or to `options` when it cannot change what happens; until then a call with it waits for a person",
        );
        tell(
            "null-dropped",
            &found.drops_null,
            "`null` makes a field blank, and the entry passes over it in",
            "let `changes` give `null` on, or say with `null_keeps` that it leaves the field as it is",
        );
    }
}

fn check_mail(source: &Source, (system, address): (&System, &str), problems: &mut Vec<Problem>) {
    let url = Url::parse(address).ok().filter(|url| {
        matches!(url.scheme(), "smtp" | "smtps")
            && url.host_str().is_some_and(|host| !host.is_empty())
            && url.username().is_empty()
            && url.password().is_none()
    });
    if url.is_none() {
        problems.push(
            source
                .at(
                    "smtp",
                    "smtp-invalid",
                    "it is no `smtp://HOST:PORT` or `smtps://HOST:PORT`",
                )
                .help("write the mail server's address; credentials belong under `[login]`"),
        );
    }
    match &system.from {
        None => problems.push(
            source
                .at(
                    "smtp",
                    "from-missing",
                    "nothing says who the mails are from",
                )
                .help("add from = \"Name <name@example.com>\""),
        ),
        Some(from) if from.parse::<Mailbox>().is_err() => problems.push(
            source
                .at("from", "from-invalid", format!("`{from}` is no sender"))
                .help("write `Name <name@example.com>`"),
        ),
        Some(_) => {}
    }
}

/// A value that may be a reference to a credential.
pub fn check_value(
    (source, path): (&Source, &str),
    (name, value): (&str, &str),
    problems: &mut Vec<Problem>,
) {
    if !secret::is_reference(value) && secret::sounds_secret(name) {
        problems.push(
            source
                .at(
                    path,
                    "secret-in-config",
                    format!("`{name}` looks like a credential and stands in the file itself"),
                )
                .help("write `env:NAME` or `file:/path`, and keep the value there"),
        );
    }
    if let Err(error) = secret::resolve(value) {
        problems.push(
            source
                .at(path, "reference-unresolved", error.to_string())
                .help("set it before the server starts")
                .warning(),
        );
    }
}
