//! What `cargo mutants` would try.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// One mutant as `cargo mutants --list --json` has it.
#[derive(Clone, Debug, Deserialize)]
pub struct Mutant {
    /// File, line, column and what is changed: unique, and what `cargo mutants --re` takes.
    pub name: String,
    /// Its file, from the workspace's root.
    pub file: String,
    /// What kind of change.
    pub genre: Genre,
    /// What is written instead.
    pub replacement: String,
    /// What is replaced.
    pub span: Span,
    /// The function it is in.
    pub function: Option<Function>,
}

/// Kinds of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
pub enum Genre {
    FnValue,
    BinaryOperator,
    UnaryOperator,
    MatchArm,
    MatchArmGuard,
    StructField,
    #[serde(other)]
    Other,
}

/// From, and up to.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Span {
    pub start: Position,
    pub end: Position,
}

/// Line and column, both from 1.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// A function.
#[derive(Clone, Debug, Deserialize)]
pub struct Function {
    pub function_name: String,
    pub return_type: String,
}

/// All mutants of some modules of the core.
pub fn of(root: &Path, modules: &[String]) -> Result<Vec<Mutant>> {
    let mut command = Command::new("cargo");
    command.args(["mutants", "--list", "--json", "-p", "leeway-core"]);
    for module in modules {
        command.arg("--file");
        command.arg(format!("crates/leeway-core/src/{module}/**"));
    }
    let output = command.current_dir(root).output()?;
    ensure!(
        output.status.success(),
        "`cargo mutants --list`: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).context("the list of `cargo mutants`")
}

/// A name without line and column, which other changes of the file move.
pub fn unplaced(name: &str) -> String {
    let mut parts = name.splitn(4, ':');
    let file = parts.next().unwrap_or_default();
    let change = parts.nth(2).unwrap_or_default();
    format!("{file}:{change}")
}
