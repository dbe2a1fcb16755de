//! The entry points that are fuzzed, run over a bounded number of made-up bytes on threads with the usual stack.

use proptest::prelude::*;

#[path = "../../../../fuzz/src/entries.rs"]
mod given;

const FILTERS: &[&[u8]] = &[
    b"{id: .id, fields: (.fields | del(.a))}\0{\"id\": 1, \"fields\": {\"a\": [1, {\"b\": null}]}}",
    b"[.rows[] | select(.x > 1) | .x] | add\0{\"rows\": [{\"x\": 1}, {\"x\": 2.5}]}",
    b".text | [match(\"(?<n>[a-z]+)\"; \"g\") | .string] | join(\", \")\0{\"text\": \"ab cd\"}",
    b"reduce .[] as [$a, $b] ({}; .[$a] |= (. + $b))\0[[\"a\", 1], [\"a\", 2]]",
    b"\"\\(.a) and \\(.b | tojson)\" | try fromjson catch .\0{\"a\": \"x\", \"b\": [1e400]}",
];
const DOCUMENTS: &[&[u8]] = &[
    b"{\"openapi\": \"3.1.0\", \"paths\": {\"/a/{id}\": {\"get\": {\"operationId\": \"get_a\", \"parameters\": [{\"name\": \"id\", \"in\": \"path\", \"required\": true, \"schema\": {\"type\": \"string\"}}]}}}}",
    b"openapi: 3.0.3\npaths:\n  /a:\n    post:\n      requestBody:\n        content:\n          application/json:\n            schema:\n              $ref: '#/components/schemas/A'\ncomponents:\n  schemas:\n    A:\n      properties:\n        a:\n          $ref: '#/components/schemas/A'\n",
];
const PACKS: &[&[u8]] = &[
    b"name = \"crm\"\ntitle = \"CRM\"\n[tool.update]\neffect = \"update\"\nrecord = { type = \"contact\", id = \".id\" }\nchanges = \".fields | with_entries(select(.value != null))\"\n\0{\"id\": \"1\", \"fields\": {\"a\": \"b\"}}",
];

/// One of these, with pieces of it left out, repeated and put elsewhere.
fn bytes(seeds: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    let cut = (
        any::<prop::sample::Index>(),
        0..40_usize,
        0..4_usize,
        any::<prop::sample::Index>(),
    );
    let cuts = prop::collection::vec(cut, 0..6);
    (
        prop::sample::select(seeds),
        cuts,
        prop::collection::vec(any::<u8>(), 0..4),
    )
        .prop_map(|(seed, cuts, odd)| {
            let mut bytes = seed.to_vec();
            for (at, length, times, to) in cuts {
                let start = at.index(bytes.len() + 1);
                let piece = bytes[start..(start + length).min(bytes.len())].repeat(times);
                if times == 0 {
                    bytes.drain(start..(start + length).min(bytes.len()));
                }
                let to = to.index(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            let end = bytes.len() / 2;
            bytes.splice(end..end, odd);
            bytes
        })
}

fn on_usual_stack(entry: fn(&[u8]), data: Vec<u8>) {
    let thread = std::thread::Builder::new().stack_size(2 << 20);
    let ran = thread.spawn(move || entry(&data)).unwrap().join();
    assert!(ran.is_ok(), "it broke down");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn filters_end(data in bytes(FILTERS)) {
        on_usual_stack(given::filter, data);
    }

    #[test]
    fn documents_end(data in bytes(DOCUMENTS)) {
        on_usual_stack(given::document, data);
    }

    #[test]
    fn packs_end(data in bytes(PACKS)) {
        on_usual_stack(given::pack, data);
    }
}
