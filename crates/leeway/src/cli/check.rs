//! `leeway check DIR`

use super::output;
use crate::config::{self, Severity};
use std::path::Path;
use std::process::ExitCode;

/// Checks a configuration folder and reports every problem at once.
pub fn run(dir: &Path, json: bool) -> ExitCode {
    let problems = config::inspect(dir);
    let failed = problems
        .iter()
        .any(|problem| problem.severity == Severity::Error);
    if json {
        output::json(&config::render_json(&problems));
    } else if problems.is_empty() {
        out!("`{}` is fine", dir.display());
    } else {
        print!("{}", config::render(dir, &problems));
    }
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
