//! Mutation testing in one build: every mutant `cargo mutants` lists becomes a switch that is
//! set when a test runs, and each is run with those tests only that reach it.

mod build;
mod list;
mod places;
mod report;
mod rewrite;
mod scratch;
mod tests;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use list::Mutant;
use serde::{Deserialize, Serialize};

/// What to run, and how.
#[derive(clap::Args)]
pub struct Options {
    /// Modules of the core to break, the first ones first.
    #[arg(long = "module", default_values = ["judge", "classify", "action", "undo"])]
    modules: Vec<String>,
    /// Only mutants whose name matches this.
    #[arg(long)]
    re: Option<regex::Regex>,
    /// Only what stayed in the last run, told by name without line and column, and what was not
    /// run yet.
    #[arg(long)]
    open: bool,
    /// Leave out tests that take longer than this, milliseconds. What stays then may be killed by
    /// those: run it again with `--open`.
    #[arg(long)]
    quick: Option<u64>,
    /// How many tests run at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Cases per property in a first pass; what stays is run again with all of them.
    #[arg(long, default_value_t = 64)]
    cases: u32,
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// A test failed.
    Killed { by: String },
    /// A test took several times as long as it does: killed as well.
    TimedOut { by: String },
    /// Does not compile.
    Unviable,
    /// Cannot be a switch.
    NotRun { why: String },
    /// Every test passed that reaches it; none does where `reached` is 0.
    Survived { reached: usize },
}

/// Outcomes by the mutants' names.
pub type Outcomes = BTreeMap<String, Outcome>;

/// Where the workspace lies, and where what is made goes.
pub struct Folders {
    /// The workspace.
    pub root: PathBuf,
    /// What this task makes.
    pub out: PathBuf,
    /// The changed copy of the workspace.
    pub copy: PathBuf,
}

/// Runs it all.
pub fn run(options: &Options) -> Result<()> {
    let folders = folders()?;
    let last = last_run(&folders)?;
    let mutants = list::of(&folders.root, &options.modules)?;
    println!("{} mutants", mutants.len());
    let places = places::of(&folders.root, &mutants)?;
    let (built, mut outcomes) = build::all(&folders, &mutants, &places)?;
    // A mutant's number is its place in the whole list.
    let mut chosen: Vec<(usize, &Mutant)> = mutants
        .iter()
        .enumerate()
        .filter(|(_, mutant)| !outcomes.contains_key(&mutant.name))
        .filter(|(_, mutant)| wanted(mutant, options, &last))
        .collect();
    chosen.sort_by_key(|(_, mutant)| {
        options
            .modules
            .iter()
            .position(|module| mutant.file.contains(&format!("/src/{module}/")))
    });
    println!("{} to run", chosen.len());
    let tests = tests::measured(&folders, &built, options)?;
    let names: BTreeSet<&str> = mutants.iter().map(|mutant| mutant.name.as_str()).collect();
    outcomes.extend(last);
    outcomes.retain(|name, _| names.contains(name.as_str()));
    let outcomes = trial::of_all(&folders, &tests, &chosen, options, outcomes)?;
    report::print(&folders, &outcomes);
    Ok(())
}

fn folders() -> Result<Folders> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the workspace's root")?
        .to_path_buf();
    let out = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root.join("target"), PathBuf::from)
        .join("mutants");
    std::fs::create_dir_all(&out)?;
    let copy = out.join("workspace");
    Ok(Folders { root, out, copy })
}

fn wanted(mutant: &Mutant, options: &Options, last: &Outcomes) -> bool {
    let matches = options
        .re
        .as_ref()
        .is_none_or(|re| re.is_match(&mutant.name));
    let stays = |outcome: &Outcome| matches!(outcome, Outcome::Survived { .. });
    // Where the file has changed, its names have moved; several may be told by the same words.
    let open = || match last.get(&mutant.name) {
        Some(outcome) => stays(outcome),
        None => {
            let mut alike = last
                .iter()
                .filter(|(name, _)| list::unplaced(name) == list::unplaced(&mutant.name))
                .peekable();
            alike.peek().is_none() || alike.any(|(_, outcome)| stays(outcome))
        }
    };
    matches && (!options.open || open())
}

fn last_run(folders: &Folders) -> Result<Outcomes> {
    read_json(&folders.out.join("outcomes.json"))
}

fn write_outcomes(folders: &Folders, outcomes: &Outcomes) -> Result<()> {
    write_json(&folders.out.join("outcomes.json"), outcomes)
}

/// What a file holds; its default where there is none.
fn read_json<T: Default + serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| path.display().to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(T::default()),
        Err(error) => Err(error).with_context(|| path.display().to_string()),
    }
}

fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    std::fs::write(path, serde_json::to_string_pretty(value)?)
        .with_context(|| path.display().to_string())
}
