//! Leeway's own readings stay inside their system, and a read at an address the agent chose is no level 1.

use crate::cases::{call, classified};
use crate::rules::sure;
use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::{CompiledPack, CompiledTool};
use leeway_core::classify::inside::unread;
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{BeforeImage, Effect, Level};
use leeway_core::judge::guardrail::Then;
use leeway_core::judge::rules::{Case, CompiledRules, judge};
use leeway_core::judge::{Facts, Verdict};
use serde_json::{Value, json};

fn pack(reader: &str, arguments: &str) -> Pack {
    Pack::parse(&format!(
        "name = \"p\"\ntitle = \"P\"\n[tool.get]\neffect = \"read\"\n{reader}\n[tool.put]\neffect = \"update\"\nrecord = {{ type = \"thing\", id = \".thing // .id // .url\" }}\nchanges = \"{{text: .text}}\"\nread = {{ tool = \"get\", arguments = '{arguments}', fields = \".json\" }}\nundo = {{ kind = \"none\", why = \"test\" }}\n"
    ))
    .unwrap()
}

fn put(reader: &str, arguments: &str) -> CompiledTool {
    CompiledPack::compile(pack(reader, arguments))
        .unwrap()
        .tools["put"]
        .clone()
}

fn may(tool: &CompiledTool, call: &Value) -> bool {
    let (_, reading) = tool.read_call(call).unwrap().unwrap();
    tool.may_read(call, &reading).is_ok()
}

#[test]
fn a_reading_is_given_ids_of_records_and_nothing_else() {
    for (arguments, call, inside) in [
        ("{id: .id}", json!({"id": "7"}), true),
        ("{id: .id}", json!({"id": 7}), true),
        ("{ticket_id: .id}", json!({"id": "T-7"}), true),
        ("{message_id: .id}", json!({"id": "m7"}), true),
        (
            "{owner, repo, issue_number}",
            json!({"id": 1, "owner": "a", "repo": "next.js", "issue_number": 7}),
            true,
        ),
        ("{path: .id}", json!({"id": "notes/a.txt"}), true),
        ("{thing}", json!({"thing": "seven"}), true),
        (
            "{id: .id, view: \"full\", url: \"https://api.example\"}",
            json!({"id": "7"}),
            true,
        ),
        // The names of what is given, and the values.
        ("{url: .url}", json!({"url": "7"}), false),
        ("{page_uri: .url}", json!({"url": "7"}), false),
        ("{host: .id}", json!({"id": "7"}), false),
        ("{query: .id}", json!({"id": "7"}), false),
        ("{q: .id}", json!({"id": "7"}), false),
        (
            "{id: .id, filter: .text}",
            json!({"id": "7", "text": "x"}),
            false,
        ),
        (
            "{view: .text, id: .id}",
            json!({"id": "7", "text": "x"}),
            false,
        ),
        ("{id: .id}", json!({"id": "https://evil.example/x"}), false),
        ("{id: .id}", json!({"id": " HTTP://evil.example"}), false),
        (
            "{id: .id}",
            json!({"id": "https%3A%2F%2Fevil.example"}),
            false,
        ),
        ("{id: .id}", json!({"id": "//evil.example/x"}), false),
        ("{id: .id}", json!({"id": "evil.example/x?d=1"}), false),
        ("{id: .id}", json!({"id": "evil.example:8080"}), false),
        ("{id: .id}", json!({"id": "127.0.0.1"}), false),
        ("{id: .id}", json!({"id": "[::1]:80"}), false),
        ("{id: .id}", json!({"id": "localhost"}), false),
        ("{path: .id}", json!({"id": "\\\\evil\\share"}), false),
        ("{path: .id}", json!({"id": "file:///etc/passwd"}), false),
        (
            "{id: .id}",
            json!({"id": "please send me all you know of the others"}),
            false,
        ),
        (
            "{ids: [.id, .text]}",
            json!({"id": "1", "text": "http://evil.example"}),
            false,
        ),
    ] {
        assert_eq!(
            may(&put("", arguments), &call),
            inside,
            "{arguments} {call}"
        );
    }
    // What the pack says counts for names, never for a value that is an address.
    let says = put("inside = true", "{view: .text, id: .id}");
    assert!(may(&says, &json!({"id": "v1.beta", "text": "x"})));
    assert!(!may(
        &says,
        &json!({"id": "http://evil.example", "text": "x"})
    ));
    assert!(!may(
        &put("inside = false", "{id: .id}"),
        &json!({"id": "7"})
    ));
}

#[test]
fn what_is_not_read_is_not_known() {
    let tool = put("", "{url: .url}");
    let call = json!({"url": "https://evil.example", "text": "x"});
    let found = classify(&tool, "s", &call, &BeforeImage::NotReadable);
    assert_eq!(found.level, Level::HighImpact);
    assert!(
        found
            .unknowns
            .iter()
            .any(|why| why.contains("`url` is an address")),
        "{:?}",
        found.unknowns
    );
}

#[test]
fn a_pack_that_says_inside_is_held_to_it() {
    let problems = |reader: &str, arguments: &str| -> Vec<&str> {
        let found = CompiledPack::compile(pack(reader, arguments))
            .err()
            .unwrap_or_default();
        found.into_iter().map(|problem| problem.code).collect()
    };
    for arguments in [
        "{url: .url}",
        "{page: {href: .url}}",
        "{query: .id}",
        "{id: .id, \"search\": .text}",
        "{hostname}",
    ] {
        assert_eq!(
            problems("inside = true", arguments),
            ["read-reaches-out"],
            "{arguments}"
        );
        assert!(
            problems("", arguments).is_empty(),
            "unsaid, it is not read: {arguments}"
        );
        assert_eq!(unread(&pack("", arguments)).len(), 1, "{arguments}");
    }
    assert!(problems("inside = true", "{id: .id, message_id: .url}").is_empty());
    assert_eq!(unread(&pack("inside = false", "{id: .id}")).len(), 1);
    assert!(unread(&pack("", "{id: .id}")).is_empty());
    assert_eq!(
        problems("hosts = [\"https://a.example\"]", "{id: .id}"),
        ["host-invalid"]
    );
    let text = "name = \"p\"\ntitle = \"P\"\n[tool.put]\neffect = \"create\"\ninside = true\nundo = { kind = \"none\", why = \"test\" }\n";
    let found = CompiledPack::compile(Pack::parse(text).unwrap()).unwrap_err();
    assert_eq!(found[0].code, "inside-not-a-read");
}

#[test]
fn a_read_at_an_address_is_read_only_where_its_host_is_allowed() {
    let reader = |more: &str| {
        let pack = pack(more, "{id: .id}");
        CompiledPack::compile(pack).unwrap().tools["get"].clone()
    };
    let allowed = reader("hosts = [\"docs.example.com\", \"*.example.org\"]");
    for (call, level) in [
        (json!({"url": "https://docs.example.com/a?b=c"}), 1),
        (json!({"url": "HTTP://DOCS.example.com"}), 1),
        (json!({"url": "https://a.example.org/"}), 1),
        (json!({"id": "7"}), 1),
        (json!({"query": "what is at https://evil.example/ ?"}), 1),
        (json!({"query": "https://evil.example/"}), 5),
        (json!({"url": "https://example.org/"}), 5),
        (json!({"url": "https://evil.example/"}), 5),
        (json!({"url": "https://docs.example.com.evil.example/"}), 5),
        (json!({"url": "https://docs.example.com@evil.example/"}), 5),
        (json!({"url": "https://evil.example\\docs.example.com/"}), 5),
        (json!({"url": "https://docs.example.com:8443/"}), 5),
        (json!({"url": "//docs.example.com/"}), 5),
        (json!({"url": "ftp://docs.example.com/"}), 5),
        (json!({"url": "evil.example"}), 5),
        (json!({"page": "https://evil.example/"}), 5),
        (
            json!({"where": {"links": ["https://docs.example.com/", "https://evil.example/"]}}),
            5,
        ),
    ] {
        let found = classify(&allowed, "s", &call, &BeforeImage::NotNeeded);
        assert_eq!(
            (found.effect, u8::from(found.level)),
            (Effect::Read, level),
            "{call}"
        );
        let held = found
            .guards
            .iter()
            .any(|guard| guard.id == "host-not-allowed" && guard.then == Then::Hold);
        assert_eq!(held, level == 5, "{call}");
    }
    let call = json!({"url": "https://docs.example.com/"});
    let inside = classify(
        &reader("inside = true"),
        "s",
        &call,
        &BeforeImage::NotNeeded,
    );
    assert_eq!(inside.level, Level::ReadOnly, "the pack knows better");
}

#[test]
fn an_address_is_one_whatever_its_argument_is_called() {
    let tool = CompiledPack::compile(pack("hosts = [\"docs.example.com\"]", "{id: .id}"))
        .unwrap()
        .tools["get"]
        .clone();
    let level = |call: &Value| u8::from(classify(&tool, "s", call, &BeforeImage::NotNeeded).level);
    let nested = (0..4).fold(json!("evil.example/x"), |inner, _| {
        json!(json!({ "target": inner }).to_string())
    });
    let light: Vec<Value> = [
        json!({"input": "https://evil.example/?d=secret"}),
        json!({"html": " https://evil.example/?d=a b"}),
        json!({"query": "https://evil.example/ please"}),
        json!({"script": "ht\ntps://evil.example/"}),
        json!({"text": "<https://evil.example/>"}),
        json!({"body": "https%3A%2F%2Fevil.example"}),
        json!({"q": "//evil.example/x"}),
        json!({"q": "https:evil.example"}),
        json!({"q": "\\\\evil.example\\x"}),
        json!({"q": "evil.example/x?d=secret"}),
        json!({"target": "evil.example/x"}),
        json!({"target": "evil.example"}),
        json!({"target": "EVIL.example./x"}),
        json!({"target": "evil\u{3002}example/x"}),
        json!({"target": "a_b.evil.example"}),
        json!({"target": "evil.xn--p1ai/x"}),
        json!({"target": "name:word@evil.example"}),
        json!({"target": "name@evil.example/x"}),
        json!({"target": "evil.example/x y"}),
        json!({"target": "evil.rs/x"}),
        json!({"target": "secret.evil.rs"}),
        json!({"source": ["main.rs", "evil.example:8080"]}),
        json!({"input": "127.0.0.1"}),
        json!({"input": "2130706433"}),
        json!({"input": "0x7f000001"}),
        json!({"input": "127.1/x"}),
        json!({"page": "[::1]/x"}),
        json!({"host": 2_130_706_433_u64}),
        json!({"image": "evil.example/x"}),
        json!({"options": "{\"start\": \"evil.example/x\"}"}),
        json!({"body": "{ \"target\": \"evil.example/x\"}"}),
        json!({"pages": {"https://evil.example/": 1}}),
        json!({"body": "{\"target\": \"evil.example/x\", \"target\": \"a\"}"}),
        json!({"body": nested}),
    ]
    .into_iter()
    .filter(|call| level(call) != 5)
    .collect();
    assert_eq!(light, Vec::<Value>::new());
    let held: Vec<Value> = [
        json!({"target": "report.txt"}),
        json!({"target": "src/main.rs"}),
        json!({"source": "main.rs"}),
        json!({"source": "main.rs:42"}),
        json!({"source": "app.test.ts"}),
        json!({"input": "archive.tar.gz"}),
        json!({"input": "See report.final for more"}),
        json!({"target": "ann@shop.example"}),
        json!({"target": "v1.2"}),
        json!({"target": "2024.10.31"}),
        json!({"target": "main"}),
        json!({"page": 2}),
        json!({"page": "2"}),
        json!({"source_id": "com.example.app"}),
        json!({"query": "next.js"}),
        json!({"query": "// TODO"}),
        json!({"query": "file: report"}),
        json!({"query": "from:ann@shop.example is:unread"}),
        json!({"query": "read https://docs.python.org/3/"}),
        json!({"query": "ratio a/b?"}),
        json!({"sql": "select a.b from c.d where x = 'http'"}),
        json!({"path": "my.folder/report.final"}),
        json!({"repo": "vercel/next.js"}),
        json!({"name": "shop.example"}),
        json!({"package": "lodash.merge"}),
        json!({"table": "public.users"}),
        json!({"id": "evil.example/x"}),
        json!({"email": "ann@shop.example"}),
        json!({"count": 2_130_706_433_u64}),
        json!({"page": "https://docs.example.com/x"}),
    ]
    .into_iter()
    .filter(|call| level(call) != 1)
    .collect();
    assert_eq!(held, Vec::<Value>::new());
}

#[test]
fn an_agent_that_may_read_waits_where_its_read_reaches_out() {
    let text = "name = \"office\"\ntitle = \"Office\"\n[grants]\ncrm__update = \"read\"\n";
    let rules = CompiledRules::compile(toml::from_str(text).unwrap()).unwrap();
    let verdict = |effect, level| {
        let case = Case {
            call: &call(),
            classified: &classified(effect, level),
            claim: &sure(),
            before: &BeforeImage::NotNeeded,
            facts: &Facts::default(),
        };
        judge(&rules, &case).verdict
    };
    assert_eq!(verdict(Effect::Read, Level::External), Verdict::Hold);
    assert_eq!(verdict(Effect::Read, Level::HighImpact), Verdict::Block);
    assert_eq!(verdict(Effect::Send, Level::External), Verdict::Block);
}
