//! Problems of a configuration, and how they are told.

use super::secret;
use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteDiagnostic, NamedSource, Report,
};
use serde::Serialize;
use serde_json::{Value, json};
use std::ops::Range;
use std::path::Path;

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration cannot come into force.
    Error,
    /// It can, but something may not work.
    Warning,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// How bad.
    pub severity: Severity,
    /// The file, relative to the folder; empty for the folder itself.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// Stable code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
    /// Bytes of the file it is about.
    #[serde(skip)]
    pub span: Range<usize>,
}

impl Problem {
    /// An error in a file; line and column follow from the span.
    pub fn new(
        file: &str,
        text: &str,
        (span, code): (Range<usize>, &str),
        message: impl Into<String>,
    ) -> Self {
        let before = text.get(..span.start).unwrap_or_default();
        Self {
            severity: Severity::Error,
            file: file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: before
                .rsplit('\n')
                .next()
                .unwrap_or_default()
                .chars()
                .count()
                + 1,
            code: code.to_owned(),
            message: message.into(),
            help: String::new(),
            span,
        }
    }

    /// Adds how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// Makes it a warning.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }
}

/// Every problem for a terminal: place, the line itself, what to do.
pub fn render(folder: &Path, problems: &[Problem]) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor());
    let mut out = String::new();
    for problem in problems {
        let text = std::fs::read_to_string(folder.join(&problem.file)).unwrap_or_default();
        let text = secret::starred(&text);
        let label = LabeledSpan::at(problem.span.clone(), "here");
        let severity = match problem.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        };
        let mut diagnostic = MietteDiagnostic::new(visible_text(&problem.message))
            .with_code(problem.code.clone())
            .with_severity(severity);
        if !problem.help.is_empty() {
            diagnostic = diagnostic.with_help(visible_text(&problem.help));
        }
        let report: Report = if text.is_empty() {
            diagnostic.into()
        } else {
            let report: Report = diagnostic.with_label(label).into();
            report.with_source_code(NamedSource::new(&problem.file, text))
        };
        if handler.render_report(&mut out, report.as_ref()).is_err() {
            out.push_str(&problem.message);
        }
        out.push('\n');
    }
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error)
        .count();
    let warnings = problems.len() - errors;
    out.push_str(&format!(
        "{errors} errors, {warnings} warnings in `{}`\n",
        folder.display()
    ));
    out
}

fn visible_text(text: &str) -> String {
    leeway_core::action::visible::visible(text).into_owned()
}

/// Every problem as JSON.
pub fn render_json(problems: &[Problem]) -> Value {
    let ok = problems
        .iter()
        .all(|problem| problem.severity != Severity::Error);
    json!({ "ok": ok, "problems": problems })
}
