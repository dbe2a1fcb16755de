//! Each mutant against the tests that reach it.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Result;

use super::list::Mutant;
use super::tests::{self, Ended, Run, Test};
use super::{Folders, Options, Outcome, Outcomes};

/// Runs them all.
pub fn of_all(
    folders: &Folders,
    tests: &[Test],
    mutants: &[(usize, &Mutant)],
    options: &Options,
    outcomes: Outcomes,
) -> Result<Outcomes> {
    let trial = Trial {
        folders,
        tests,
        cases: options.cases,
        killers: Mutex::new(HashMap::new()),
        longest: options.quick.map_or(Duration::MAX, Duration::from_millis),
        done: Mutex::new((0, outcomes)),
    };
    tests::in_parallel(options.jobs, mutants.len(), &|at| {
        let (number, mutant) = mutants[at];
        let outcome = trial.of(number, mutant)?;
        trial.note(mutant, outcome, mutants.len())
    })?;
    let outcomes = trial.done.into_inner().expect("no panic").1;
    super::write_outcomes(folders, &outcomes)?;
    Ok(outcomes)
}

struct Trial<'a> {
    folders: &'a Folders,
    tests: &'a [Test],
    cases: u32,
    longest: Duration,
    /// Which tests noticed a mutant of a function: they likely notice the next one too.
    killers: Mutex<HashMap<String, Vec<usize>>>,
    done: Mutex<(usize, Outcomes)>,
}

impl Trial<'_> {
    fn of(&self, number: usize, mutant: &Mutant) -> Result<Outcome> {
        let function = function(mutant);
        let mut reaching: Vec<usize> = (0..self.tests.len())
            .filter(|&at| self.tests[at].reaches.contains(&number))
            .filter(|&at| self.tests[at].takes <= self.longest)
            .collect();
        let killers = self
            .killers
            .lock()
            .expect("no panic")
            .get(&function)
            .cloned()
            .unwrap_or_default();
        reaching.sort_by_key(|at| {
            killers
                .iter()
                .rev()
                .position(|killer| killer == at)
                .unwrap_or(usize::MAX)
        });
        for cases in [Some(self.cases), None] {
            for &at in &reaching {
                let test = &self.tests[at];
                // The second pass is for what has cases only, and those take a while.
                if cases.is_none() && !test.is_slow() {
                    continue;
                }
                let run = Run {
                    mutant: Some(number),
                    trace: None,
                    cases: if test.is_slow() { cases } else { None },
                    within: test.takes * 5 + Duration::from_secs(5),
                };
                let by = test.name.clone();
                let outcome = match tests::one(self.folders, &test.binary, &test.name, &run)? {
                    Ended::Passed => continue,
                    Ended::Failed => Outcome::Killed { by },
                    Ended::TooLate => Outcome::TimedOut { by },
                };
                let mut killers = self.killers.lock().expect("no panic");
                let known = killers.entry(function).or_default();
                known.retain(|killer| *killer != at);
                known.push(at);
                return Ok(outcome);
            }
        }
        Ok(Outcome::Survived {
            reached: reaching.len(),
        })
    }

    fn note(&self, mutant: &Mutant, outcome: Outcome, all: usize) -> Result<()> {
        let mut done = self.done.lock().expect("no panic");
        done.0 += 1;
        done.1.insert(mutant.name.clone(), outcome);
        if done.0.is_multiple_of(25) {
            println!("{} of {all}", done.0);
            super::write_outcomes(self.folders, &done.1)?;
        }
        Ok(())
    }
}

fn function(mutant: &Mutant) -> String {
    let name = mutant
        .function
        .as_ref()
        .map_or("", |function| function.function_name.as_str());
    format!("{} {name}", mutant.file)
}
