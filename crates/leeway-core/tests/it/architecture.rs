//! The arrows of the architecture: the core knows no I/O, the store nothing of the binary, and
//! inside the binary nothing below imports a door.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// Names of everything a crate is built with, by cargo's own resolution.
fn dependencies(package: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--package",
            package,
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .collect()
}

fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}

/// The bodies of types that are read from JSON.
fn read_from_json(text: &str) -> Vec<&str> {
    text.split("#[derive(")
        .skip(1)
        .filter_map(|part| {
            let (derived, rest) = part.split_once(")]")?;
            let body = rest.split_once('{')?.1;
            let end = body.find("\n}").unwrap_or(body.len());
            derived.contains("Deserialize").then_some(&body[..end])
        })
        .collect()
}

#[test]
fn floating_point_members_are_read_by_the_one_way_that_knows_long_numbers() {
    let mut found = 0;
    for krate in ["leeway-core", "leeway-store", "leeway"] {
        for (path, text) in sources(&root().join("crates").join(krate).join("src")) {
            for body in read_from_json(&text) {
                let lines: Vec<&str> = body.lines().map(str::trim).collect();
                for (index, line) in lines.iter().enumerate() {
                    let member = line.ends_with(',') && line.contains(": ");
                    if member && line.contains("f64") && !line.starts_with("//") {
                        found += 1;
                        let before = &lines[index.saturating_sub(6)..index];
                        let attribute = before
                            .iter()
                            .rev()
                            .take_while(|line| !line.starts_with("pub "));
                        assert!(
                            attribute.into_iter().any(|line| line.contains("float::")),
                            "`{line}` in {} is read without `float`",
                            path.display()
                        );
                    }
                }
            }
        }
    }
    assert!(found > 50, "{found}");
}

#[test]
fn the_core_is_built_without_io() {
    let found = dependencies("leeway-core");
    for banned in [
        "tokio",
        "rusqlite",
        "libsqlite3-sys",
        "tokio-postgres",
        "hyper",
        "axum",
        "reqwest",
        "rmcp",
        "leeway-store",
        "leeway",
    ] {
        let itself = banned == "leeway";
        assert!(
            itself || !found.contains(banned),
            "leeway-core depends on {banned}"
        );
    }
    assert!(found.contains("sha2"), "the tree was read");
}

#[test]
fn the_core_reads_no_clock_file_or_network() {
    for (path, text) in sources(&root().join("crates/leeway-core/src")) {
        for banned in [
            "SystemTime",
            "Instant::now",
            "Timestamp::now",
            "std::fs",
            "std::net",
            "std::env",
            "std::process",
            "thread::sleep",
        ] {
            assert!(!text.contains(banned), "{} uses {banned}", path.display());
        }
    }
}

#[test]
fn the_store_knows_nothing_of_doors() {
    let found = dependencies("leeway-store");
    for banned in ["axum", "hyper", "rmcp", "maud", "reqwest"] {
        assert!(!found.contains(banned), "leeway-store depends on {banned}");
    }
}

/// Folder of the binary → folders and files it must not import.
const BACKWARDS: [(&str, &[&str]); 11] = [
    (
        "registry",
        &[
            "gateway", "earning", "incident", "people", "notify", "rest", "web", "cli", "worker",
            "app", "demo",
        ],
    ),
    (
        "system",
        &["gateway", "rest", "web", "cli", "worker", "app", "demo"],
    ),
    (
        "config",
        &[
            "gateway", "rest", "web", "cli", "worker", "app", "demo", "system",
        ],
    ),
    (
        "gateway",
        &["rest", "web", "cli", "worker", "demo", "notify"],
    ),
    (
        "earning",
        &["gateway", "rest", "web", "cli", "worker", "demo", "charts"],
    ),
    (
        "charts",
        &[
            "gateway", "rest", "web", "cli", "worker", "app", "demo", "earning",
        ],
    ),
    ("people", &["rest", "web", "cli", "worker", "demo"]),
    ("notify", &["rest", "web", "cli", "worker", "demo"]),
    ("rest", &["web", "cli", "worker", "demo"]),
    ("web", &["cli", "worker", "demo"]),
    ("worker", &["rest", "web", "cli", "demo"]),
];

#[test]
fn inside_the_binary_arrows_point_one_way() {
    let binary = root().join("crates/leeway/src");
    for (folder, banned) in BACKWARDS {
        for (path, text) in sources(&binary.join(folder)) {
            for other in banned {
                let imports = [
                    format!("crate::{other}::"),
                    format!("crate::{other};"),
                    format!("crate::{{{other}"),
                ];
                let found = imports.iter().find(|import| text.contains(import.as_str()));
                assert!(found.is_none(), "{} imports {other}", path.display());
            }
        }
    }
}

#[test]
fn the_map_stays_short() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    assert!(text.lines().count() <= 130);
}
