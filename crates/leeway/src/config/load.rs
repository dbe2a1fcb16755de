//! Reading the folder. A file with several mistakes is read again without the one just found, until
//! nothing new turns up, so that all are reported at once.

use super::check::check_places;
use super::document;
use super::places;
use super::problems::{Problem, Severity};
use super::{Configuration, Settings};
use crate::people::client_address;
use leeway_core::classify::pack::Pack;
use leeway_core::govern::owners::Owners;
use leeway_core::govern::system::System;
use leeway_core::govern::workflow::Workflow;
use leeway_core::notify::settings::Notify;
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::de::{DeTable, Deserializer};

/// Mistakes looked for per file.
const MOST_MISTAKES: usize = 50;

/// One file that was read.
pub struct Source {
    /// Its path relative to the folder.
    pub file: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A problem at a key path of this file.
    pub fn at(&self, path: &str, code: &str, message: impl Into<String>) -> Problem {
        let table = DeTable::parse_recoverable(&self.text).0;
        let span = places::of_path(table.get_ref(), path);
        Problem::new(&self.file, &self.text, (span, code), message)
    }
}

/// Everything read, each with its file.
#[derive(Default)]
pub struct Read {
    /// Settings.
    pub settings: Settings,
    /// Systems.
    pub systems: Vec<(Source, System)>,
    /// Packs.
    pub packs: Vec<(Source, Pack)>,
    /// Workflows.
    pub workflows: Vec<(Source, Workflow)>,
    /// The permission owner matrix, if there is one.
    pub owners: Option<(Source, Owners)>,
    /// How people are reached, if they are.
    pub notify: Option<(Source, Notify)>,
    /// Files with mistakes that leave open what they mean: nothing is concluded from them, nor from
    /// their absence among the others.
    pub unread: BTreeSet<String>,
}

/// Reads a configuration folder, or reports every problem. Warnings alone do not fail it.
pub fn load(folder: &Path) -> Result<Configuration, Vec<Problem>> {
    let (read, problems) = inspect(folder);
    if problems
        .iter()
        .any(|problem| problem.severity == Severity::Error)
    {
        return Err(problems);
    }
    Ok(Configuration {
        settings: read.settings,
        systems: read.systems.into_iter().map(|(_, system)| system).collect(),
        packs: read.packs.into_iter().map(|(_, pack)| pack).collect(),
        workflows: read
            .workflows
            .into_iter()
            .map(|(_, workflow)| workflow)
            .collect(),
        owners: read.owners.map(|(_, owners)| owners),
        notify: read.notify.map(|(_, notify)| notify),
    })
}

/// Reads a configuration folder with every problem and warning.
pub fn inspect(folder: &Path) -> (Read, Vec<Problem>) {
    let mut read = Read::default();
    let mut problems = Vec::new();
    if !folder.is_dir() {
        let message = format!("there is no folder `{}`", folder.display());
        problems.push(
            Problem::new("", "", (0..0, "folder-missing"), message)
                .help("give the folder that holds leeway.toml"),
        );
        return (read, problems);
    }
    if let Some(source) = source(folder, Path::new("leeway.toml"), &mut problems)
        && let Some(settings) = parse(&source, &mut problems)
    {
        check_settings(&source, &settings, &mut problems);
        read.settings = settings;
    }
    read.owners = optional(folder, "owners.toml", &mut problems);
    read.notify = optional(folder, "notify.toml", &mut problems);
    let unread = &mut read.unread;
    read.systems = all(folder, "systems", (unread, &mut problems));
    for (source, system) in &mut read.systems {
        document::attach(folder, (source, system), &mut problems);
    }
    read.packs = all(folder, "packs", (unread, &mut problems));
    read.workflows = all(folder, "workflows", (unread, &mut problems));
    check_places(&read, &mut problems);
    problems.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
    problems.dedup();
    (read, problems)
}

/// Largest file, bytes.
const LARGEST: u64 = 1024 * 1024;

fn source(folder: &Path, path: &Path, problems: &mut Vec<Problem>) -> Option<Source> {
    let file = path.display().to_string();
    let (code, message, help) = match readable(&folder.join(path)) {
        Ok(text) => return Some(Source { file, text }),
        Err(Unreadable::Kind) => (
            "file-not-regular",
            "it is no regular file".to_owned(),
            "put a plain TOML file in its place",
        ),
        Err(Unreadable::Size(bytes)) => (
            "file-too-large",
            format!("the file has {bytes} bytes; at most {LARGEST} are read"),
            "split it, or take out what does not belong there",
        ),
        Err(Unreadable::Io(error)) if error.kind() == ErrorKind::NotFound => (
            "file-missing",
            format!("there is no `{file}`"),
            "make it; it may be empty",
        ),
        Err(Unreadable::Io(error)) => (
            "file-unreadable",
            format!("cannot read the file: {}", error.kind()),
            "make it a readable UTF-8 file",
        ),
    };
    problems.push(Problem::new(&file, "", (0..0, code), message).help(help));
    None
}

enum Unreadable {
    Kind,
    Size(u64),
    Io(std::io::Error),
}

/// A regular file's text. Anything else, such as a pipe, might never end.
fn readable(file: &Path) -> Result<String, Unreadable> {
    let metadata = std::fs::metadata(file).map_err(Unreadable::Io)?;
    if !metadata.is_file() {
        return Err(Unreadable::Kind);
    }
    if metadata.len() > LARGEST {
        return Err(Unreadable::Size(metadata.len()));
    }
    std::fs::read_to_string(file).map_err(Unreadable::Io)
}

/// A file that may be left out.
fn optional<T: DeserializeOwned>(
    folder: &Path,
    file: &str,
    problems: &mut Vec<Problem>,
) -> Option<(Source, T)> {
    if !folder.join(file).exists() {
        return None;
    }
    let source = source(folder, Path::new(file), problems)?;
    let value = parse(&source, problems)?;
    Some((source, value))
}

fn all<T: DeserializeOwned>(
    folder: &Path,
    kind: &str,
    (unread, problems): (&mut BTreeSet<String>, &mut Vec<Problem>),
) -> Vec<(Source, T)> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join(kind))
        .into_iter()
        .flatten()
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    files
        .iter()
        .filter_map(|file| file.file_name())
        .filter_map(|name| {
            let path = Path::new(kind).join(name);
            let read = source(folder, &path, problems)
                .and_then(|source| parse(&source, problems).map(|value| (source, value)));
            if read.is_none() {
                unread.insert(path.display().to_string());
            }
            read
        })
        .collect()
}

/// Reads one file as one type, collecting its mistakes. A file whose only mistakes are unknown keys
/// still says clearly what it means, so that it is checked further.
fn parse<T: DeserializeOwned>(source: &Source, problems: &mut Vec<Problem>) -> Option<T> {
    let (mut table, syntax) = DeTable::parse_recoverable(&source.text);
    for error in &syntax {
        let span = error.span().unwrap_or(0..0);
        problems.push(problem(source, (span, "toml-syntax"), error.message()));
    }
    if !syntax.is_empty() {
        return None;
    }
    let mut clear = true;
    let mut removed: Vec<String> = Vec::new();
    for _ in 0..MOST_MISTAKES {
        let error = match T::deserialize(Deserializer::from(table.clone())) {
            Ok(value) => return clear.then_some(value),
            Err(error) => error,
        };
        let code = code(error.message());
        let place = error.span();
        let follows = removed
            .iter()
            .position(|name| error.message() == format!("missing field `{name}`"));
        match follows {
            // It was there, and was taken out below.
            Some(index) => drop(removed.swap_remove(index)),
            None => problems.push(problem(
                source,
                (place.clone().unwrap_or(0..0), code),
                error.message(),
            )),
        }
        clear &= code == "unknown-key";
        // INVARIANT: what misses a key is complained of after everything inside it, so taking the
        // whole of it out hides nothing.
        removed.push(places::remove_at(table.get_mut(), place?.start)?);
    }
    None
}

fn check_settings(source: &Source, settings: &Settings, problems: &mut Vec<Problem>) {
    check_proxies(source, settings, problems);
    check_origins(source, settings, problems);
    let limits = [
        ("body_limit_bytes", settings.body_limit_bytes == 0),
        ("session_hours", settings.session_hours == 0),
    ];
    for (key, zero) in limits {
        if zero {
            problems.push(
                source
                    .at(key, "limit-invalid", format!("`{key}` is 0"))
                    .help("write a number above 0, or leave the key out"),
            );
        }
    }
}

fn check_proxies(source: &Source, settings: &Settings, problems: &mut Vec<Problem>) {
    let wrong = settings.trusted_proxies.iter();
    for text in wrong.filter(|text| client_address::network(text).is_none()) {
        let message = format!("`{text}` in `trusted_proxies` is no address and no network");
        problems.push(
            source
                .at("trusted_proxies", "address-invalid", message)
                .help("write an address or a network, like 10.0.0.7 or 10.0.0.0/8"),
        );
    }
}

/// An origin is compared as browsers write it: scheme, host and port alone.
fn check_origins(source: &Source, settings: &Settings, problems: &mut Vec<Problem>) {
    let written = |text: &str| {
        let url = url::Url::parse(text).ok()?;
        let web = matches!(url.scheme(), "https" | "http");
        web.then(|| url.origin().ascii_serialization())
    };
    for text in &settings.origins {
        let meant = written(text);
        if meant.as_ref() != Some(text) {
            let message = format!("`{text}` in `origins` is no origin");
            let help = match meant {
                Some(meant) => format!("write `{meant}`"),
                None => "write scheme, host and port, like https://app.example.com".to_owned(),
            };
            problems.push(source.at("origins", "origin-invalid", message).help(help));
        }
    }
}

fn code(message: &str) -> &'static str {
    if message.starts_with("unknown field") {
        "unknown-key"
    } else if message.starts_with("unknown variant") {
        "unknown-value"
    } else if message.starts_with("missing field") {
        "missing-key"
    } else {
        "wrong-type"
    }
}

/// A problem in Leeway's words, with the nearest allowed name as help.
fn problem(source: &Source, (span, code): (Range<usize>, &str), message: &str) -> Problem {
    let words = message
        .replace("unknown field", "unknown key")
        .replace("unknown variant", "unknown value")
        .replace("missing field", "missing key");
    let first_line = words.lines().next().unwrap_or_default().to_owned();
    let help = match code {
        "unknown-key" | "unknown-value" => suggestion(message),
        "missing-key" => "add the key".to_owned(),
        "toml-syntax" => "mend the TOML here".to_owned(),
        _ => "see docs/configuration.md for what this key takes".to_owned(),
    };
    Problem::new(&source.file, &source.text, (span, code), first_line).help(help)
}

fn suggestion(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let Some(wrong) = names.next() else {
        return String::new();
    };
    let allowed: Vec<&str> = names.collect();
    nearest(wrong, allowed.iter().copied()).map_or_else(
        || format!("allowed here: {}", allowed.join(", ")),
        |name| format!("did you mean `{name}`?"),
    )
}

/// The name nearest to a misspelt one, if any is near.
pub fn nearest<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    known
        .map(|name| (strsim(wrong, name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().max(wrong.len()).div_ceil(3))
        .map(|(_, name)| name)
}

fn strsim(a: &str, b: &str) -> usize {
    leeway_core::classify::compiled::distance(a, b)
}
