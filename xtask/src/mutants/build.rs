//! Builds the copy, leaving out what the compiler does not take.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail, ensure};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::list::{Genre, Mutant};
use super::places::{Place, Places};
use super::rewrite::{self, Blamed, Rewritten};
use super::{Folders, Outcome, Outcomes, scratch};

/// The test binaries.
pub struct Built {
    pub binaries: Vec<PathBuf>,
}

/// What the compiler did not take, kept from run to run while the sources stay the same.
#[derive(Default, Serialize, Deserialize)]
struct Refused {
    sources: BTreeMap<String, String>,
    /// By the mutants' names.
    unviable: BTreeSet<String>,
    not_run: BTreeMap<String, String>,
    /// Functions that have to stay `const`.
    kept_const: Vec<String>,
}

/// Builds them all into one; what is left out has its outcome already.
pub fn all(folders: &Folders, mutants: &[Mutant], places: &Places) -> Result<(Built, Outcomes)> {
    let kept_at = folders.out.join("refused.json");
    let sources: BTreeMap<_, _> = places
        .sources
        .iter()
        .map(|(file, source)| (file.clone(), source.text.clone()))
        .collect();
    let mut refused: Refused = super::read_json(&kept_at)?;
    if refused.sources != sources {
        refused = Refused {
            sources,
            ..Refused::default()
        };
    }
    for (mutant, place) in mutants.iter().zip(&places.places) {
        match place {
            Place::Nowhere(why) => {
                refused
                    .not_run
                    .insert(mutant.name.clone(), (*why).to_owned());
            }
            Place::Unviable => {
                refused.unviable.insert(mutant.name.clone());
            }
            _ => {}
        }
    }
    scratch::copy(folders, &|name| places.sources.contains_key(name))?;
    loop {
        let files = written(folders, mutants, places, &refused)?;
        let errors = errors(folders)?;
        if errors.is_empty() {
            break;
        }
        println!("{} errors", errors.len());
        refuse(&errors, mutants, places, &files, &mut refused)?;
        super::write_json(&kept_at, &refused)?;
    }
    super::write_json(&kept_at, &refused)?;
    let binaries = binaries(folders)?;
    let mut outcomes = Outcomes::new();
    for name in refused.unviable {
        outcomes.insert(name, Outcome::Unviable);
    }
    for (name, why) in refused.not_run {
        outcomes.insert(name, Outcome::NotRun { why });
    }
    Ok((Built { binaries }, outcomes))
}

/// Writes every file with what was not refused.
fn written(
    folders: &Folders,
    mutants: &[Mutant],
    places: &Places,
    refused: &Refused,
) -> Result<BTreeMap<String, Rewritten>> {
    let mut files = BTreeMap::new();
    for (file, source) in &places.sources {
        let own: Vec<_> = mutants
            .iter()
            .zip(&places.places)
            .enumerate()
            .filter(|(_, (mutant, _))| {
                mutant.file == *file
                    && !refused.unviable.contains(&mutant.name)
                    && !refused.not_run.contains_key(&mutant.name)
            })
            .map(|(number, (mutant, place))| (number, mutant, place))
            .collect();
        let rewritten = rewrite::file(source, &own, &refused.kept_const);
        scratch::write(&folders.copy.join(file), rewritten.text.as_bytes())?;
        files.insert(file.clone(), rewritten);
    }
    Ok(files)
}

/// One error of the compiler.
struct Error {
    code: String,
    message: String,
    /// Where: what it is about first.
    spans: Vec<(String, Range<usize>)>,
}

fn cargo(folders: &Folders, arguments: &[&str]) -> Result<Vec<Value>> {
    let output = Command::new("cargo")
        .args(arguments)
        .args(["-p", "leeway-core", "--message-format=json", "--locked"])
        .args(["--config", "profile.dev.opt-level=1"])
        .args(["--config", "profile.dev.debug=false"])
        .current_dir(&folders.copy)
        .env("CARGO_TARGET_DIR", folders.out.join("target"))
        .stderr(std::process::Stdio::inherit())
        .output()?;
    let messages: Vec<Value> = String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    ensure!(
        output.status.success() || messages.iter().any(|message| error(message).is_some()),
        "cargo failed"
    );
    Ok(messages)
}

fn errors(folders: &Folders) -> Result<Vec<Error>> {
    let messages = cargo(folders, &["check", "--lib", "-q"])?;
    Ok(messages.iter().filter_map(error).collect())
}

fn error(message: &Value) -> Option<Error> {
    let message = message.get("message")?;
    if message["level"] != "error" {
        return None;
    }
    let text = message["message"].as_str()?.to_owned();
    if text.starts_with("aborting due to") {
        return None;
    }
    let mut spans: Vec<&Value> = message["spans"].as_array()?.iter().collect();
    spans.sort_by_key(|span| span["is_primary"] != true);
    let spans = spans
        .into_iter()
        .filter_map(|span| {
            let start = usize::try_from(span["byte_start"].as_u64()?).ok()?;
            let end = usize::try_from(span["byte_end"].as_u64()?).ok()?;
            Some((span["file_name"].as_str()?.to_owned(), start..end))
        })
        .collect();
    Some(Error {
        code: message["code"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned(),
        message: text,
        spans,
    })
}

/// Leaves out what the errors are due to. Where that is not one mutant alone, none of them is known
/// not to compile.
fn refuse(
    errors: &[Error],
    mutants: &[Mutant],
    places: &Places,
    files: &BTreeMap<String, Rewritten>,
    refused: &mut Refused,
) -> Result<()> {
    let mut progress = false;
    for error in errors {
        let in_constant = error.code == "E0015";
        let blamed = error
            .spans
            .iter()
            .find_map(|(file, range)| files.get(file)?.blamed(range))
            .or_else(|| arms(error, mutants, places, files));
        if let Some(blamed) = blamed {
            progress = true;
            let (numbers, alone) = match blamed {
                Blamed::One(number) => (vec![number], true),
                Blamed::Switch(numbers) => (numbers, false),
            };
            for number in numbers {
                let name = mutants[number].name.clone();
                if in_constant {
                    refused.not_run.insert(name, "is a constant".to_owned());
                } else if alone {
                    refused.unviable.insert(name);
                } else {
                    let why = format!("its switch does not compile: {}", error.message);
                    refused.not_run.insert(name, why);
                }
            }
        } else if let Some(function) = called(&error.message).filter(|_| in_constant)
            && !refused.kept_const.contains(&function)
        {
            progress = true;
            refused.kept_const.push(function);
        } else {
            println!(
                "due to no mutant: {} {} {:?}",
                error.code,
                error.message,
                error.spans.first()
            );
        }
    }
    if !progress {
        bail!("the copy does not compile, and no mutant is to blame");
    }
    Ok(())
}

/// The arms without which a match is not exhaustive.
fn arms(
    error: &Error,
    mutants: &[Mutant],
    places: &Places,
    files: &BTreeMap<String, Rewritten>,
) -> Option<Blamed> {
    let (file, range) = error.spans.first().filter(|_| error.code == "E0004")?;
    let at = files.get(file)?.before(range.start);
    let of_match: Vec<(usize, bool)> = mutants
        .iter()
        .zip(&places.places)
        .enumerate()
        .filter(|(_, (mutant, _))| mutant.file == *file && mutant.genre == Genre::MatchArm)
        .filter_map(|(number, (_, place))| match place {
            Place::Arm { of_match, .. } | Place::Guard { of_match, .. }
                if of_match.on.contains(&at) =>
            {
                Some((number, of_match.takes_all))
            }
            _ => None,
        })
        .collect();
    match of_match.iter().find(|(_, takes_all)| *takes_all) {
        Some((last, _)) => Some(Blamed::One(*last)),
        None if of_match.is_empty() => None,
        None => Some(Blamed::Switch(
            of_match.into_iter().map(|(number, _)| number).collect(),
        )),
    }
}

/// The function that a constant may not call, by the compiler's words.
fn called(message: &str) -> Option<String> {
    let path = message.split('`').nth(1)?;
    Some(path.rsplit("::").next()?.to_owned())
}

fn binaries(folders: &Folders) -> Result<Vec<PathBuf>> {
    let messages = cargo(folders, &["test", "--no-run", "--lib", "--test", "it"])?;
    let binaries: Vec<PathBuf> = messages
        .iter()
        .filter(|message| message["reason"] == "compiler-artifact")
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .collect();
    ensure!(binaries.len() == 2, "the core has two test binaries");
    Ok(binaries)
}
