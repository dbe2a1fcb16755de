//! Readings that lag: a system that answers a write before its readings show it. The pack says for how long
//! (`settles_within_s`); for so long a reading that shows otherwise is made again before it is believed.

use super::look::Looking;
use crate::registry::LiveTool;
use leeway_core::classify::BeforeImage;
use leeway_core::classify::compiled::CompiledTool;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// Pause before the second reading; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause between two readings.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How long readings of a write are made again.
pub struct Settling {
    until: Instant,
    pause: Duration,
}

impl Settling {
    /// After a write by this tool, from now on.
    pub fn of(tool: &LiveTool) -> Self {
        let settles = tool.entry().map(CompiledTool::settles);
        Self {
            until: Instant::now() + settles.unwrap_or_default(),
            pause: FIRST_PAUSE,
        }
    }

    /// Waits for the next reading; false when the time is over, and the last one is to be believed.
    pub async fn again(&mut self) -> bool {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        tokio::time::sleep(self.pause.min(left)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

/// Reads a record after a write by `wrote` until it shows what is expected, or the time in which the system
/// settles is over.
pub async fn read_settled(
    looking: &Looking<'_>,
    wrote: &LiveTool,
    (tool, arguments): (&LiveTool, &Value),
    expected: impl Fn(&BeforeImage) -> bool,
) -> BeforeImage {
    let Some(entry) = tool.entry() else {
        return BeforeImage::NotReadable;
    };
    let mut settling = Settling::of(wrote);
    loop {
        let found = looking.record(tool, entry, arguments).await;
        let readable = !matches!(found, BeforeImage::NotNeeded | BeforeImage::NotReadable);
        if !readable || expected(&found) || !settling.again().await {
            return found;
        }
    }
}
