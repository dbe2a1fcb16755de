//! A read by an agent whose argument is an address reaches whatever it names, and carries there what stands
//! in it: at hosts that are allowed it is a read like any other, otherwise a person decides.
//!
//! What counts as an address depends on its argument's name. Under the name of an address (`url`, `host`)
//! everything does. Under any other name a text does that is one, or begins with one, by its scheme. A host
//! without a scheme (`host.example/path`) is told from other dotted names by what surrounds it: under the
//! name of a place (`target`, `source`, `page`) every host does, but not what reads like a file
//! (`report.txt`, `main.rs`) or an e-mail address; under the name of free text only one with a path and a
//! query behind it; under other names one with a path, unless the name is that of a record or file.

use super::account::leaf::{DEEPEST_TEXT, held, names_twice};
use super::compiled::CompiledTool;
use super::guess::words;
use super::inside::{PLACES, among, host_part, is_address, is_inner, looks_like_host};
use super::inside::{names_address, names_id, names_text};
use serde_json::Value;

/// Id of the guard that a read at an address fires which no host of the pack covers.
pub(super) const HOST_NOT_ALLOWED: &str = "host-not-allowed";

/// Words of arguments that say where something is read, and hold other things as well.
const TARGETS: &str = "target targets source sources src page pages location locations destination dest \
    remote feed feeds web input inputs";

/// Words of arguments whose numbers are hosts.
const HOSTS: &str = "url urls uri uris host hosts hostname ip server address endpoint proxy";

/// Endings of files that are no ending of a host.
const FILES: &str = "txt csv tsv json jsonl xml yaml yml toml html htm xhtml js jsx mjs ts tsx css scss doc \
    docx xls xlsx ppt pptx odt ods rtf pdf png jpg jpeg gif svg webp bmp ico tif tiff wav avi log ini cfg \
    conf env lock sql db sqlite gz tar bz tgz rar iso java kt swift go rb php lua scala hs ex exs erl clj \
    cpp hpp cxx vue svelte proto gradle bat exe dll ipynb parquet eml ics vcf bin bak tmp diff patch";

/// Endings of files that are the ending of a host, too: only a name with no other dot is a file.
const FILES_OR_HOSTS: &str = "md rs py sh pl cc so ps ai ml mm mov zip app pm st";

impl CompiledTool {
    /// Addresses a reading call names that no host of the pack covers.
    pub(super) fn strange_hosts(&self, arguments: &Value) -> Vec<String> {
        let mut found = Vec::new();
        if self.entry.inside != Some(true) {
            look(("", arguments), 0, &mut found);
        }
        found.retain(|address| !allowed(&self.entry.hosts, address));
        found
    }
}

/// Collects the addresses of a value that stands under a name.
fn look((name, value): (&str, &Value), texts: usize, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, item) in fields {
                if begins_with_address(key) {
                    found.push(key.clone());
                }
                look((key, item), texts, found);
            }
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| look((name, item), texts, found)),
        Value::String(text) => match held(text) {
            Some(inner) if !names_address(name) && texts < DEEPEST_TEXT => {
                look((name, &inner), texts + 1, found);
            }
            // Nobody can tell what a reader makes of it.
            Some(_) => found.push(text.clone()),
            None if names_twice(text) => found.push(text.clone()),
            _ if reaches(name, text) => found.push(text.clone()),
            _ => {}
        },
        // A host may be written as one number.
        Value::Number(number) => {
            let text = number.to_string();
            let words = words::split(name);
            if words.iter().any(|word| among(HOSTS, word)) && names_address(name) && numeric(&text)
            {
                found.push(text);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
}

/// Whether what stands under a name is an address.
fn reaches(name: &str, text: &str) -> bool {
    if names_address(name) {
        return true;
    }
    let words = words::split(name);
    let any = |list: &str| words.iter().any(|word| among(list, word));
    let target = any(TARGETS) && !names_id_strictly(&words);
    if begins_with_address(text) {
        return true;
    }
    let Some(host) = Host::of(text) else {
        return (target || !names_text(name)) && is_address(text);
    };
    if target {
        return is_address(text) || !host.reads_like_a_file();
    }
    if names_text(name) {
        return host.path.contains('?') && host.path.contains('=') && host.alone;
    }
    is_address(text) || !any(PLACES) && !names_id(name) && !host.path.is_empty()
}

/// Whether a name is that of an id, although a word of it names a place: `source_id`.
fn names_id_strictly(words: &[String]) -> bool {
    let last = words.last().map(String::as_str);
    matches!(
        last,
        Some("id" | "ids" | "key" | "keys" | "sha" | "number" | "token")
    )
}

/// A text without what readers of addresses leave out, and as it reads decoded.
fn spellings(text: &str) -> [String; 2] {
    let text: String = text
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .map(|c| match c {
            '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => '.',
            '\\' => '/',
            other => other,
        })
        .collect();
    let text = text
        .trim_start_matches(|c: char| {
            c.is_control() || c.is_whitespace() || matches!(c, '<' | '"' | '\'' | '(' | '`')
        })
        .trim_end()
        .to_lowercase();
    let decoded = percent_encoding::percent_decode_str(&text).decode_utf8_lossy();
    [decoded.trim_start().to_owned(), text]
}

/// Whether a text is an address with its scheme, or begins with one: what follows a blank is part of it to
/// many readers.
fn begins_with_address(text: &str) -> bool {
    const LOOSE: [&str; 6] = ["http:", "https:", "ftp:", "ftps:", "ws:", "wss:"];
    const STRICT: [&str; 4] = ["file:/", "jar:/", "gopher:/", "ldap:/"];
    spellings(text).iter().any(|text| {
        let first = text.split_whitespace().next().unwrap_or_default();
        let alone = first.len() == text.len();
        let with = |schemes: &[&str]| {
            let rest = schemes.iter().find_map(|scheme| first.strip_prefix(scheme));
            rest.is_some_and(|rest| !rest.is_empty())
        };
        let net = first
            .strip_prefix("//")
            .is_some_and(|rest| is_inner(host_part(rest)) || looks_like_host(rest));
        let scheme = first
            .split_once("://")
            .is_some_and(|(_, rest)| !rest.is_empty());
        scheme || with(&LOOSE) || alone && (net || with(&STRICT))
    })
}

/// A host without a scheme, as far as a text begins with one.
struct Host {
    labels: Vec<String>,
    /// What stands behind it, from the first `/`, `?` or `#`.
    path: String,
    /// Whether nothing stands behind a blank.
    alone: bool,
}

impl Host {
    fn of(text: &str) -> Option<Self> {
        spellings(text).iter().find_map(|text| Self::plain(text))
    }

    fn plain(text: &str) -> Option<Self> {
        let first = text.split_whitespace().next()?;
        let alone = first.len() == text.len();
        let end = first.find(['/', '?', '#']).unwrap_or(first.len());
        let (authority, path) = first.split_at(end);
        let host = match authority.rsplit_once('@') {
            // `name@host.example` is an e-mail address, `name:word@host.example/path` is none.
            Some((user, host)) if user.contains(':') || path.len() > 1 => host,
            Some(_) => return None,
            None => authority,
        };
        let host = host_part(host).trim_end_matches('.');
        let named = host.split('.').count() > 1
            && host
                .split('.')
                .all(|label| !label.is_empty() && label.chars().all(written))
            && host.rsplit('.').next().is_some_and(|last| {
                last.starts_with("xn--")
                    || last.chars().count() > 1 && last.chars().all(char::is_alphabetic)
            });
        let short = (!path.is_empty() || host != authority) && is_numeric(host);
        // Prose may begin with a dotted word.
        let counts = alone || path.len() > 1;
        (counts && (named || short || numeric(host))).then(|| Self {
            labels: host.split('.').map(str::to_owned).collect(),
            path: path.to_owned(),
            alone,
        })
    }

    fn reads_like_a_file(&self) -> bool {
        let last = self.labels.last().map(String::as_str).unwrap_or_default();
        let file = among(FILES, last) || self.labels.len() == 2 && among(FILES_OR_HOSTS, last);
        file && self.path.is_empty()
    }
}

fn written(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

/// Whether a text is an address of the internet as one number, which nothing else is likely to be.
fn numeric(text: &str) -> bool {
    const LEAST: u64 = 1 << 24;
    let hex = text
        .strip_prefix("0x")
        .map(|hex| u64::from_str_radix(hex, 16));
    match hex {
        Some(hex) => hex.is_ok(),
        None => text
            .parse::<u64>()
            .is_ok_and(|one| (LEAST..1 << 32).contains(&one)),
    }
}

/// Whether all labels of a host are numbers, as in `127.1` or `0x7f.0.0.1`.
fn is_numeric(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let number = |label: &&str| match label.strip_prefix("0x") {
        Some(hex) => hex.chars().all(|c| c.is_ascii_hexdigit()),
        None => !label.is_empty() && label.chars().all(|c| c.is_ascii_digit()),
    };
    (2..=4).contains(&labels.len()) && labels.iter().all(number)
}

/// Whether an address is at one of the hosts: `example.com`, or `*.example.com` for every host below it.
fn allowed(hosts: &[String], address: &str) -> bool {
    let Some(host) = web_host(address) else {
        return false;
    };
    hosts.iter().any(|one| {
        let one = one.to_lowercase();
        match one.strip_prefix("*.") {
            Some(below) => host
                .strip_suffix(below)
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            None => host == one,
        }
    })
}

/// The host of a plain web address, lower case; `None` for anything else: a port, a sign-in, another scheme,
/// an address written in another way.
fn web_host(address: &str) -> Option<String> {
    let lower = address.to_lowercase();
    let rest = lower
        .strip_prefix("https://")
        .or_else(|| lower.strip_prefix("http://"))?;
    let host = rest.split(['/', '?', '#']).next()?;
    let plain = host
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
    let clean = !address.contains(['\\', '\n', '\r', '\t', ' ']);
    (plain && clean && !host.is_empty()).then(|| host.trim_end_matches('.').to_owned())
}
