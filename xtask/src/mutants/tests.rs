//! The core's tests: how long each takes, and which mutants it reaches.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::build::Built;
use super::{Folders, Options};

/// A test as it is without any mutant.
pub struct Test {
    pub binary: PathBuf,
    pub name: String,
    /// With all its cases.
    pub takes: Duration,
    /// Mutants by number.
    pub reaches: BTreeSet<usize>,
}

impl Test {
    /// Whether it is worth trying with fewer cases first.
    pub fn is_slow(&self) -> bool {
        self.takes > Duration::from_millis(300)
    }
}

/// How a run of tests ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    Passed,
    Failed,
    TooLate,
}

/// What one run is made with.
pub struct Run<'a> {
    pub mutant: Option<usize>,
    pub trace: Option<&'a Path>,
    pub cases: Option<u32>,
    pub within: Duration,
}

/// Durations are this task's own business, not the product's.
#[expect(clippy::disallowed_methods, reason = "tests are timed")]
pub fn now() -> Instant {
    Instant::now()
}

/// Runs every test once. One that fails as it is cannot tell anything: it is left out, and told.
pub fn measured(folders: &Folders, built: &Built, options: &Options) -> Result<Vec<Test>> {
    let traces = folders.out.join("traces");
    if traces.exists() {
        std::fs::remove_dir_all(&traces)?;
    }
    std::fs::create_dir_all(&traces)?;
    let mut names = Vec::new();
    for binary in &built.binaries {
        names.extend(
            listed(folders, binary)?
                .into_iter()
                .map(|name| (binary, name)),
        );
    }
    let tests = Mutex::new(Vec::new());
    in_parallel(options.jobs, names.len(), &|at| {
        let (binary, name) = &names[at];
        let trace = traces.join(at.to_string());
        let run = Run {
            mutant: None,
            trace: Some(&trace),
            cases: None,
            within: Duration::from_mins(10),
        };
        let start = now();
        let ended = one(folders, binary, name, &run)?;
        let takes = start.elapsed();
        if ended != Ended::Passed {
            println!("{name} does not pass without a mutant: {ended:?}");
            return Ok(());
        }
        let reaches = std::fs::read_to_string(&trace)
            .unwrap_or_default()
            .lines()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        let mut tests = tests.lock().expect("no panic");
        tests.push(Test {
            binary: (*binary).clone(),
            name: name.clone(),
            takes,
            reaches,
        });
        Ok(())
    })?;
    let mut tests = tests.into_inner().expect("no panic");
    tests.sort_by_key(|test: &Test| test.takes);
    let all: Duration = tests.iter().map(|test| test.takes).sum();
    println!("{} tests, {all:.1?} one after another", tests.len());
    for test in tests.iter().rev().take(12) {
        println!("  {:.2?} {}", test.takes, test.name);
    }
    Ok(tests)
}

fn listed(folders: &Folders, binary: &Path) -> Result<Vec<String>> {
    let output = Command::new(binary)
        .args(["--list", "--format", "terse"])
        .current_dir(&folders.copy)
        .output()?;
    ensure!(output.status.success(), "{} --list", binary.display());
    Ok(String::from_utf8(output.stdout)?
        .lines()
        .filter_map(|line| line.strip_suffix(": test").map(str::to_owned))
        .collect())
}

/// Runs one test in a process of its own, with bounded memory: a mutant may loop.
pub fn one(folders: &Folders, binary: &Path, name: &str, run: &Run) -> Result<Ended> {
    let mut command = Command::new("sh");
    command
        .args(["-c", "ulimit -v 6000000; exec \"$0\" \"$@\""])
        .arg(binary)
        .args([name, "--exact", "--test-threads=1"])
        .current_dir(folders.copy.join("crates/leeway-core"))
        .env("INSTA_UPDATE", "no")
        .env("INSTA_FORCE_PASS", "0")
        .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "true")
        .env("PROPTEST_MAX_SHRINK_ITERS", "0")
        .env("RUST_BACKTRACE", "0")
        .env_remove("LEEWAY_MUTANT")
        .env_remove("LEEWAY_MUTANT_TRACE")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(mutant) = run.mutant {
        command.env("LEEWAY_MUTANT", mutant.to_string());
    }
    if let Some(trace) = run.trace {
        command.env("LEEWAY_MUTANT_TRACE", trace);
    }
    if let Some(cases) = run.cases {
        command.env("PROPTEST_CASES", cases.to_string());
    }
    let child = command.spawn().with_context(|| name.to_owned())?;
    ended(child, run.within)
}

fn ended(mut child: Child, within: Duration) -> Result<Ended> {
    let start = now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(if status.success() {
                Ended::Passed
            } else {
                Ended::Failed
            });
        }
        if start.elapsed() > within {
            child.kill()?;
            child.wait()?;
            return Ok(Ended::TooLate);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Does something for every number below a count, several at once.
pub fn in_parallel(
    jobs: usize,
    count: usize,
    each: &(dyn Fn(usize) -> Result<()> + Sync),
) -> Result<()> {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs.max(1))
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        if at >= count {
                            return Ok(());
                        }
                        each(at)?;
                    }
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().expect("no panic"))
    })
}
