//! Which rows of the permission owner matrix lack somebody who can act, among those of which
//! something comes or may come.

use crate::app::App;
use leeway_core::govern::owners::Responsibility;
use std::collections::BTreeSet;

/// Rows without a business owner who can act, of which something waits, or which a workflow or the
/// matrix itself names. Without a matrix none is missing: then whoever's role decides.
pub fn missing(app: &App) -> Vec<Responsibility> {
    let registry = app.registry();
    let Some(matrix) = registry.matrix() else {
        return vec![];
    };
    let mut rows: BTreeSet<Responsibility> = matrix.rows.keys().copied().collect();
    rows.extend(
        registry
            .workflows
            .values()
            .map(|live| live.state.workflow.responsibility),
    );
    let held = app
        .store
        .reader()
        .and_then(|reader| reader.held_responsibilities());
    rows.extend(held.unwrap_or_default());
    let now_ms = app.clock.now_ms();
    rows.retain(|row| registry.routing(*row, now_ms, false).missing);
    rows.into_iter().collect()
}
