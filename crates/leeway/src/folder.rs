//! The folder given at start. A start is nobody's act: it brings the folder into force only where nothing was
//! configured yet, or where nothing was changed since that very folder was applied. Otherwise it says what
//! differs, and what is in force stays.

use crate::app::App;
use crate::changes::{self, Outcome};
use crate::config::{ChangeReview, Configuration};
use crate::configure;
use crate::error::ApiError;
use leeway_core::govern::change::{ChangeState, ChangeStatus};
use leeway_core::govern::people::Right;
use std::path::Path;

/// Why a change is proposed at start.
const WHY: &str = "the folder given at start";
/// Differences named one by one.
const MOST_NAMED: usize = 20;

/// A folder that differs from what is in force, and was left alone.
pub struct Differing {
    /// Where it is.
    pub path: String,
    /// What it configures.
    pub wanted: Configuration,
}

/// What became of the folder given at start.
pub enum Brought {
    /// It is in force: it was before, or it is now.
    InForce,
    /// The difference waits for a review.
    Waits(String),
    /// It was left alone.
    Differs(Box<Differing>),
}

/// The one name of a folder.
pub fn path(folder: &Path) -> String {
    let whole = folder.canonicalize();
    let whole = whole.unwrap_or_else(|_| folder.to_owned());
    whole.to_string_lossy().into_owned()
}

/// Brings the folder given at start into force, or proposes it where changes wait for a review and there is
/// somebody to give one, or leaves it alone.
pub async fn bring(
    app: &App,
    (folder, wanted): (&Path, Configuration),
) -> Result<Brought, ApiError> {
    let path = path(folder);
    let edits = configure::edits(app, &wanted)?;
    if edits.is_empty() {
        return Ok(Brought::InForce);
    }
    if !configure::is_untouched(app)? && !is_last(app, &path)? {
        return Ok(Brought::Differs(Box::new(Differing { path, wanted })));
    }
    let required = app.settings.change_review == ChangeReview::Required;
    let people = &app.registry().people;
    let somebody = people.iter().any(|person| person.may(Right::Decide));
    let whence = configure::folder(path, &wanted);
    let waiting = changes::all(app)?.into_iter().find(|change| {
        let same = change.status == ChangeStatus::Open && change.edits == edits;
        same && change.folder.as_ref() == Some(&whence)
    });
    let wish = (&wanted, WHY, Some(whence));
    let outcome = match waiting {
        Some(change) if required && somebody => Outcome::Waits(change),
        _ if required && somebody => changes::propose(app, "leeway", wish).await?,
        _ => changes::force(app, "leeway", wish).await?,
    };
    Ok(match outcome {
        Outcome::Nothing => Brought::InForce,
        Outcome::Waits(change) => Brought::Waits(change.id),
        Outcome::InForce(change) => {
            for edit in &change.edits {
                tracing::info!(what = %edit.stream, how = edit.how(), "configuration");
            }
            Brought::InForce
        }
    })
}

/// Whether what is in force is what this folder held when it was applied last.
fn is_last(app: &App, path: &str) -> Result<bool, ApiError> {
    let now = configure::hash(app)?;
    let mut applied: Vec<ChangeState> = changes::all(app)?;
    applied.retain(|change| matches!(change.status, ChangeStatus::Approved | ChangeStatus::Forced));
    applied.sort_by_key(|change| change.decision.as_ref().map(|decision| decision.at_ms));
    let of_it = |change: &&ChangeState| {
        let folder = change.folder.as_ref();
        folder.is_some_and(|folder| folder.path == path)
    };
    if let Some(last) = applied.iter().rev().find(of_it) {
        return Ok(last
            .folder
            .as_ref()
            .is_some_and(|folder| folder.hash == now));
    }
    // Before folders were recorded with what they changed.
    let last = applied.last();
    Ok(last.is_some_and(|change| {
        change.folder.is_none() && change.author == "leeway" && change.why == WHY
    }))
}

impl Differing {
    /// What it would change, one line each, and how many more there are.
    pub fn lines(&self, app: &App) -> Result<(Vec<String>, usize), ApiError> {
        let edits = configure::edits(app, &self.wanted)?;
        let named = edits.iter().take(MOST_NAMED).map(|edit| {
            let (what, name) = configure::named(&edit.stream);
            format!("{} {what} {name}", edit.how())
        });
        Ok((named.collect(), edits.len().saturating_sub(MOST_NAMED)))
    }

    /// What is said at start.
    pub fn said(&self, app: &App) -> Result<String, ApiError> {
        let (lines, more) = self.lines(app)?;
        let mut said = format!(
            "The folder `{}` was not applied: what is in force was changed otherwise since. It would make:",
            self.path.escape_debug()
        );
        for line in lines {
            said.push_str("\n  ");
            said.extend(line.chars().filter(|c| !c.is_control()));
        }
        if more > 0 {
            said.push_str(&format!("\n  and {more} more"));
        }
        said.push_str(&format!(
            "\nWhat is in force stays. Bring the folder into force with `leeway apply {0}`, or write what is in force to one with `leeway export --config NEW`.",
            self.path.escape_debug()
        ));
        Ok(said)
    }
}
