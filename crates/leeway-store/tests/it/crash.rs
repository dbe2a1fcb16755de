//! kill -9 in the middle of appending, again and again: what was acknowledged is there.

use crate::things::{act, judged};
use leeway_core::judge::Verdict;
use leeway_store::Store;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

const FOLDER: &str = "LEEWAY_TEST_CRASH_FOLDER";

/// Not a test of its own: the process that is killed. Appends as fast as it can and prints each
/// acknowledged sequence number.
#[test]
fn victim() {
    let Ok(folder) = std::env::var(FOLDER) else {
        return;
    };
    let store = Store::open(Path::new(&folder)).unwrap();
    let from = store.reader().unwrap().head().unwrap().entries;
    for n in from.. {
        let appended = store
            .append_blocking(act(n, vec![judged(n, Verdict::Allow)]))
            .unwrap();
        println!("acknowledged {}", appended.first_seq);
    }
}

#[test]
fn what_was_acknowledged_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let mut acknowledged = 0;
    for round in 0..5 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::victim", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut seen = 0;
        for line in lines {
            let line = line.unwrap();
            if let Some(seq) = line
                .rsplit_once("acknowledged ")
                .and_then(|(_, seq)| seq.parse::<u64>().ok())
            {
                acknowledged = seq;
                seen += 1;
            }
            if seen == 20 + round * 7 {
                break;
            }
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let reader = store.reader().unwrap();
        let report = reader.verify(|_| {}).unwrap();
        assert!(report.ok(), "{report:?}");
        assert!(
            report.entries > acknowledged,
            "{} entries, {acknowledged} was acknowledged",
            report.entries
        );
        assert_eq!(reader.counts(None).unwrap().total, report.entries);
    }
}
