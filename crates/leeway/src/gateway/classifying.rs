//! Classifying away from the threads that serve requests, and within a time: a pack's filters are
//! bounded in what they are given, not in what they do with it. What is not done in time is unknown,
//! so it is held.

use crate::registry::{LivePack, LiveTool};
use leeway_core::classify::classified;
use leeway_core::classify::compiled::CompiledTool;
use leeway_core::classify::filter::count;
use leeway_core::classify::{BeforeImage, Classified};
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long one classification may take, waiting for its turn included.
const LONGEST: Duration = Duration::from_secs(2);
/// Up to so many values and bytes of JSON it is done in place: handing it over would cost more.
const FEW_VALUES: usize = 200;
const FEW_BYTES: usize = 16 * 1024;
const GIVEN_UP: &str = "it took too long to work out what this call would do";

/// The turns for classifying large calls. One that never ends keeps its turn, and the gateway goes
/// on with the others; when none is left, large calls are held.
pub struct Turns(Arc<Semaphore>);

impl Default for Turns {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self(Arc::new(Semaphore::new(cores.max(2))))
    }
}

impl Turns {
    /// [`classified::classify_in`]; given up after two seconds.
    pub async fn classify(
        &self,
        (tool, entry): (&LiveTool, &CompiledTool),
        (arguments, before): (&Value, &BeforeImage),
        currency: Option<&str>,
    ) -> Classified {
        let fields = match before {
            BeforeImage::Read { fields, .. } => Some(fields),
            _ => None,
        };
        let few = few(arguments)
            && !holds_json(arguments)
            && fields.is_none_or(|fields| fields.values().all(few));
        let Some(pack) = tool.pack.clone().filter(|_| !few) else {
            return classified::classify_in(currency, (entry, &tool.system), arguments, before);
        };
        let (system, name) = (tool.system.clone(), tool.tool.clone());
        let (given, seen) = (arguments.clone(), before.clone());
        let currency = currency.map(str::to_owned);
        let work = move || {
            let entry = pack.compiled.tools.get(&name)?;
            let place = (entry, system.as_str());
            Some(classified::classify_in(
                currency.as_deref(),
                place,
                &given,
                &seen,
            ))
        };
        match self.within(LONGEST, work).await.flatten() {
            Some(classified) => classified,
            None => classified::given_up(entry, arguments, before, GIVEN_UP),
        }
    }

    /// [`CompiledTool::before_image`]; given up after two seconds.
    pub async fn before_image(
        &self,
        (tool, entry): (&LiveTool, &CompiledTool),
        pack: &Arc<LivePack>,
        (arguments, answer): (&Value, Value),
    ) -> BeforeImage {
        if few(&answer) && few(arguments) {
            return entry.before_image(arguments, &answer, &pack.redactor);
        }
        let (pack, name, given) = (pack.clone(), tool.tool.clone(), arguments.clone());
        let work = move || {
            let entry = pack.compiled.tools.get(&name)?;
            Some(entry.before_image(&given, &answer, &pack.redactor))
        };
        let image = self.within(LONGEST, work).await.flatten();
        image.unwrap_or_else(|| BeforeImage::Failed {
            why: "it took too long to work out what the record is".to_owned(),
        })
    }

    async fn within<T: Send + 'static>(
        &self,
        longest: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let turns = self.0.clone();
        let done = async move {
            let turn = turns.acquire_owned().await.ok()?;
            let working = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                work()
            });
            working.await.ok()
        };
        tokio::time::timeout(longest, done).await.ok().flatten()
    }
}

fn few(value: &Value) -> bool {
    count(value) <= FEW_VALUES && bytes(value) <= FEW_BYTES
}

/// Whether a text holds JSON of some length: its members are tried one by one, too.
fn holds_json(value: &Value) -> bool {
    match value {
        Value::String(text) => {
            text.len() > FEW_BYTES / 32 && text.trim_start().starts_with(['{', '['])
        }
        Value::Array(items) => items.iter().any(holds_json),
        Value::Object(fields) => fields.values().any(holds_json),
        _ => false,
    }
}

fn bytes(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(bytes).sum(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, item)| key.len() + bytes(item))
            .sum(),
        _ => 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[tokio::test]
    async fn work_that_does_not_end_is_given_up_and_only_its_own_turn_is_gone() {
        let turns = Turns(Arc::new(Semaphore::new(2)));
        let (release, released) = mpsc::channel::<()>();
        let endless = turns.within(Duration::from_millis(20), move || released.recv().is_ok());
        assert_eq!(endless.await, None);
        assert_eq!(turns.within(LONGEST, || 7).await, Some(7));
        release.send(()).unwrap();
    }

    #[tokio::test]
    async fn without_a_turn_nothing_is_waited_for_longer_than_the_time() {
        let turns = Turns(Arc::new(Semaphore::new(0)));
        assert_eq!(turns.within(Duration::from_millis(20), || 7).await, None);
    }

    #[tokio::test]
    async fn work_that_panics_gives_nothing() {
        let turns = Turns::default();
        let work = || -> u8 { panic!("a filter's defect") };
        assert_eq!(turns.within(LONGEST, work).await, None);
    }
}
