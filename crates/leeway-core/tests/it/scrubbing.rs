//! Secrets are hidden wherever they stand; words and names are told by what they say.

use leeway_core::classify::compiled::{CompiledPack, CompiledTool, distance};
use leeway_core::classify::pack::Pack;
use leeway_core::classify::redact::Redactor;
use leeway_core::classify::scrub::Scrubber;
use leeway_core::classify::sensitive::WordLists;
use serde_json::{Value, json};

fn secrets(value: &Value) -> Scrubber {
    Redactor::new::<&str>(&[]).secrets(value)
}

#[test]
fn secrets_in_json_texts_are_found_and_marks_are_none() {
    let held = secrets(&json!({"more": "  {\"password\": \"hunter22\"}"}));
    assert_eq!(held.text("it is hunter22"), "it is [redacted]");
    for none in [
        json!({"password": "[redacted]"}),
        json!({"password": "x [redacted] y"}),
        json!({"password": "abc"}),
        json!({"pin": 12345}),
        json!({"more": "hunter22"}),
        json!({"more": "\"password: hunter22\""}),
    ] {
        assert!(secrets(&none).is_empty(), "{none}");
    }
    assert!(!secrets(&json!({"pin": 123_456})).is_empty());
    assert!(!secrets(&json!({"password": "abcd"})).is_empty());
}

#[test]
fn joined_secrets_are_looked_for_together_and_too_many_hide_everything() {
    let mut one = secrets(&json!({"password": "hunter22"}));
    one.join(secrets(&json!({"password": "sesame99"})));
    assert_eq!(one.text("hunter22, sesame99"), "[redacted], [redacted]");
    let mut many = Scrubber::default();
    for n in 0..64 {
        many.add(&format!("secret-{n:03}"));
    }
    assert_eq!(many.text("nothing"), "nothing");
    many.add("secret-064");
    assert_eq!(many.text("nothing"), "[redacted]");
}

#[test]
fn a_word_is_found_in_any_of_its_writings() {
    let words = WordLists::new([("own", ["anzapf"].into_iter())].into_iter());
    let touches = |text: &str| !words.categories(text).is_empty();
    for text in [
        "Anzapf",
        "\u{ff21}\u{ff2e}\u{ff3a}\u{ff21}\u{ff30}\u{ff26}",
        "\u{ff41}\u{ff4e}\u{ff5a}\u{ff41}\u{ff50}\u{ff46}",
        "аnzаpf",
        "an\u{ad}zapf",
    ] {
        assert!(touches(text), "{text}");
    }
    assert!(!touches("anzapfen"));
}

#[test]
fn what_goes_without_saying_is_not_written_into_a_pack() {
    let text = "name = \"p\"\ntitle = \"P\"\n[tool.get]\neffect = \"read\"\n[tool.set]\neffect = \"update\"\nrecord = { type = \"thing\", id = \".id\" }\nchanges = \".\"\nread = { tool = \"get\", arguments = \"{id: .id}\", fields = \".json\" }\nundo = { kind = \"none\", why = \"test\" }\n";
    let plain = json!(Pack::parse(text).unwrap());
    let said = text
        .replace(
            "fields = \".json\" }",
            "fields = \".json\", absent = \"blank\" }\nfields = [\"a\"]",
        )
        .replace("changes = \".\"", "changes = \".\"\nundeclared = \"show\"");
    let said = json!(Pack::parse(&said).unwrap());
    let of = |pack: &Value, pointer: &str| pack.pointer(pointer).cloned();
    for (pointer, value) in [
        ("/tool/set/read/absent", "blank"),
        ("/tool/set/undeclared", "show"),
    ] {
        assert_eq!(of(&plain, pointer), None, "{pointer}");
        assert_eq!(of(&said, pointer), Some(json!(value)), "{pointer}");
    }
}

#[test]
fn the_nearest_name_is_the_one_with_the_fewest_changes() {
    for (a, b, changes) in [
        ("", "", 0),
        ("get", "get", 0),
        ("", "get", 3),
        ("get", "", 3),
        ("get", "set", 1),
        ("get", "gets", 1),
        ("gets", "get", 1),
        ("kitten", "sitting", 3),
        ("flaw", "lawn", 2),
    ] {
        assert_eq!(distance(a, b), changes, "{a} {b}");
    }
    let help = |tool: &str| {
        let text = format!(
            "name = \"p\"\ntitle = \"P\"\n[tool.get_contact]\neffect = \"read\"\n[tool.list]\neffect = \"read\"\n[tool.set]\neffect = \"update\"\nrecord = {{ type = \"thing\", id = \".id\" }}\nchanges = \".\"\nread = {{ tool = \"{tool}\", arguments = \"{{id: .id}}\", fields = \".json\" }}\nundo = {{ kind = \"none\", why = \"test\" }}\n"
        );
        let problems = CompiledPack::compile(Pack::parse(&text).unwrap()).unwrap_err();
        problems
            .into_iter()
            .map(|problem| problem.help)
            .collect::<Vec<_>>()
    };
    assert_eq!(help("get_contcat"), ["did you mean `get_contact`?"]);
    assert_eq!(help("something_else"), ["name a tool of this pack"]);
}

#[test]
fn an_entry_by_itself_is_ready_where_its_filters_are_filters() {
    let entry = |changes: &str| {
        let text = format!(
            "name = \"p\"\ntitle = \"P\"\n[tool.act]\neffect = \"create\"\nchanges = '{changes}'\nundo = {{ kind = \"exact\", tool = \"elsewhere\", arguments = \"{{id: .id}}\", summary = \"Back.\" }}\n"
        );
        Pack::parse(&text).unwrap().tools["act"].clone()
    };
    assert!(CompiledTool::alone(&entry("{name}")).is_some());
    assert!(CompiledTool::alone(&entry("{name")).is_none());
}
