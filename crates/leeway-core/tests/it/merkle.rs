//! The tree against the vectors of RFC 6962's reference implementation, and against its own
//! definition by another path.

use leeway_core::ledger::entry::{Envelope, commitment};
use leeway_core::ledger::merkle::{Frontier, leaf_hash};
use leeway_core::ledger::verify::{Verifier, root_of};
use proptest::prelude::*;

/// Leaves and roots of the certificate-transparency reference tests.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];
const ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn roots_are_those_of_the_reference() {
    let mut frontier = Frontier::default();
    let mut leaves = Vec::new();
    for (leaf, root) in LEAVES.iter().zip(ROOTS) {
        let hash = leaf_hash(&hex::decode(leaf).unwrap());
        frontier.append(hash);
        leaves.push(hash);
        assert_eq!(hex::encode(frontier.root()), root);
        assert_eq!(hex::encode(root_of(&leaves)), root);
    }
}

#[test]
fn an_empty_tree_has_the_hash_of_nothing() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(hex::encode(Frontier::default().root()), empty);
    assert_eq!(hex::encode(root_of(&[])), empty);
}

proptest! {
    #[test]
    fn both_paths_give_the_same_root_and_the_frontier_survives_storing(leaves in prop::collection::vec(any::<[u8; 32]>(), 0..200)) {
        let mut frontier = Frontier::default();
        for leaf in &leaves {
            frontier.append(*leaf);
            let bytes = frontier.to_bytes();
            frontier = Frontier::from_bytes(frontier.size(), &bytes).unwrap();
        }
        prop_assert_eq!(frontier.root(), root_of(&leaves));
    }
}

#[test]
fn an_envelope_is_canonical_json() {
    let envelope = envelope(3, 1, "payload \" \u{7} ü".as_bytes());
    assert_eq!(envelope.bytes(), leeway_core::canonical::bytes(&envelope));
}

const SALT: [u8; 16] = [9; 16];

fn envelope(seq: u64, version: u64, payload: &[u8]) -> Envelope {
    Envelope {
        actor: "person:a\"b@example.com".into(),
        decision: None,
        kind: "workflow.paused".into(),
        payload: commitment(&SALT, payload),
        rules: vec!["a".into(), "b".into()],
        seq,
        stream: format!("workflow/w{}", seq + 1 - version),
        time_ms: 1_700_000_000_000,
        version,
    }
}

fn report(change: impl Fn(&mut Vec<(Envelope, Vec<u8>)>)) -> leeway_core::ledger::verify::Report {
    let mut entries: Vec<_> = (0..5)
        .map(|seq| {
            let payload = format!("{{\"event\":\"workflow.paused\",\"n\":{seq}}}").into_bytes();
            (envelope(seq, 1, &payload), payload)
        })
        .collect();
    let mut frontier = Frontier::default();
    let leaves: Vec<_> = entries
        .iter()
        .map(|(envelope, _)| leaf_hash(&envelope.bytes()))
        .collect();
    for leaf in &leaves {
        frontier.append(*leaf);
    }
    change(&mut entries);
    let mut verifier = Verifier::new();
    for ((envelope, payload), leaf) in entries.iter().zip(&leaves) {
        verifier.entry(envelope, (&SALT, payload), leaf);
    }
    verifier.finish(Some((frontier.size(), frontier.root())))
}

#[test]
fn an_untouched_ledger_verifies() {
    let report = report(|_| {});
    assert!(report.ok(), "{report:?}");
    assert_eq!(report.entries, 5);
}

type Damage = fn(&mut Vec<(Envelope, Vec<u8>)>);

#[test]
fn the_first_bad_entry_is_named() {
    let cases: [(&str, u64, Damage); 6] = [
        ("a changed payload", 2, |entries| entries[2].1[30] ^= 1),
        ("a changed actor", 3, |entries| {
            entries[3].0.actor = "person:mallory".into();
        }),
        ("a changed time", 1, |entries| entries[1].0.time_ms += 1),
        ("swapped entries", 1, |entries| entries.swap(1, 2)),
        ("a missing entry", 1, |entries| drop(entries.remove(1))),
        ("a cut-off end", 4, |entries| drop(entries.pop())),
    ];
    for (what, seq, change) in cases {
        let report = report(change);
        assert_eq!(
            report.first_bad.as_ref().map(|bad| bad.seq),
            Some(seq),
            "{what}: {report:?}"
        );
    }
}

const ACT: &str = "action/act_0123456789abcdef0123456789abcdef";

/// Stream, kind, verdict, and the kind the payload itself names.
type Written = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
);

/// A ledger whose every hash is right, so that only what it says can be wrong.
fn sound_hashes(entries: &[Written]) -> Option<(u64, String)> {
    let mut verifier = Verifier::new();
    let mut frontier = Frontier::default();
    let mut versions = std::collections::HashMap::new();
    for (seq, (stream, kind, decision, tag)) in entries.iter().enumerate() {
        let payload = format!("{{\"event\":\"{tag}\"}}").into_bytes();
        let version = versions.entry(stream).or_insert(0);
        *version += 1;
        let envelope = Envelope {
            kind: (*kind).to_owned(),
            decision: decision.map(str::to_owned),
            stream: (*stream).to_owned(),
            ..envelope(seq as u64, *version, &payload)
        };
        let leaf = leaf_hash(&envelope.bytes());
        frontier.append(leaf);
        verifier.entry(&envelope, (&SALT, &payload), &leaf);
    }
    let report = verifier.finish(Some((frontier.size(), frontier.root())));
    report.first_bad.map(|bad| (bad.seq, bad.what))
}

#[test]
fn a_ledger_made_up_with_sound_hashes_is_found_by_what_it_says() {
    let held: Written = (ACT, "action.judged", Some("hold"), "judged");
    let approved: Written = (ACT, "action.approved", None, "approved");
    let started: Written = (ACT, "action.started", None, "started");
    let finished: Written = (ACT, "action.finished", None, "finished");
    assert_eq!(sound_hashes(&[held, approved, started, finished]), None);
    let blocked: Written = (ACT, "action.judged", Some("block"), "judged");
    let cases: [(&[Written], u64, &str); 9] = [
        (&[held, started], 1, "waits for a person"),
        (&[held, approved, started, started], 3, "is running"),
        (&[blocked, approved], 1, "is over"),
        (&[approved], 0, "has no entry yet"),
        (&[(ACT, "action.judged", None, "judged")], 0, "not possible"),
        (
            &[held, (ACT, "action.approved", Some("allow"), "approved")],
            1,
            "not possible",
        ),
        (
            &[held, (ACT, "action.approved", None, "approved-by-nobody")],
            1,
            "not of kind `action.approved`",
        ),
        (
            &[("agent/a", "workflow.paused", None, "workflow.paused")],
            0,
            "does not belong to stream `agent/a`",
        ),
        (
            &[("action/7", "action.judged", Some("hold"), "judged")],
            0,
            "`7` is no action",
        ),
    ];
    for (entries, seq, what) in cases {
        let bad = sound_hashes(entries).unwrap_or_else(|| panic!("{entries:?} passes"));
        assert!(bad.0 == seq && bad.1.contains(what), "{entries:?}: {bad:?}");
    }
}
