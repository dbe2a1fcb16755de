//! A long read beside the writer.

use crate::things::{act, judged};
use leeway_core::action::event::ActionEvent;
use leeway_core::judge::Verdict;
use leeway_store::{ActionFilter, Store};
use std::time::{Duration, Instant};

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long an append takes is what is tested"
)]
fn a_long_read_does_not_make_appends_wait() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let reader = store.reader().unwrap();
    let snapshot = reader.unchecked_transaction().unwrap();
    assert_eq!(reader.head().unwrap().entries, 0);
    let (start, mut slowest, mut n) = (Instant::now(), Duration::ZERO, 0);
    while start.elapsed() < Duration::from_secs(4) {
        let mut event = judged(n, Verdict::Allow);
        if let ActionEvent::Judged(judged) = &mut event {
            judged.call.arguments["note"] = "x".repeat(if n < 50 { 1 << 20 } else { 1 }).into();
        }
        let one = Instant::now();
        store.append_blocking(act(n, vec![event])).unwrap();
        slowest = slowest.max(one.elapsed());
        n += 1;
    }
    assert_eq!(reader.head().unwrap().entries, 0, "the snapshot moved");
    drop(snapshot);
    assert_eq!(reader.head().unwrap().entries, n);
    assert!(slowest < Duration::from_secs(2), "one took {slowest:?}");
}

#[test]
fn words_of_every_script_can_be_searched_for() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store
        .append_blocking(act(0, vec![judged(0, Verdict::Allow)]))
        .unwrap();
    let reader = store.reader().unwrap();
    for words in [
        "orchid",
        "हिन्दी",
        "ไทยกำลัง",
        "\"a\" OR *",
        "naïve co-op",
        "①²Ⅷ",
        "𝒳😀",
    ] {
        let filter = ActionFilter {
            q: Some(words.to_owned()),
            ..ActionFilter::default()
        };
        let found = reader.actions(&filter, None, 10);
        assert!(found.is_ok(), "`{words}`: {:?}", found.err());
    }
}
