//! Two spellings of one record are one record, and nobody writes beside another spelling of it.

use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::identity::{Form, Hold, Identity, normal};
use leeway_core::classify::pack::Pack;
use leeway_core::classify::redact::Redactor;
use leeway_core::classify::{BeforeImage, RecordRef};
use proptest::prelude::*;
use serde_json::{Value, json};

fn compile_text(text: &str) -> CompiledPack {
    CompiledPack::compile(Pack::parse(text).unwrap()).unwrap()
}

fn pack(record: &str, read: &str, more: &str) -> CompiledPack {
    compile_text(&format!(
        "name = \"p\"\ntitle = \"P\"\n[tool.get]\neffect = \"read\"\n[tool.put]\neffect = \"update\"\nrecord = {{ type = \"thing\", id = \".id\"{record} }}\nchanges = \"{{text: .text}}\"\nread = {{ tool = \"get\", arguments = \"{{id: .id}}\", fields = \".json.fields\"{read} }}\nundo = {{ kind = \"none\", why = \"test\" }}\n{more}"
    ))
}

fn identity(pack: &CompiledPack, tool: &str) -> Identity {
    pack.tools[tool].identity
}

fn thing(id: &str) -> Hold {
    Hold::Record(RecordRef {
        system: "s".into(),
        record_type: "thing".into(),
        id: id.into(),
    })
}

fn image(pack: &CompiledPack, call: &Value, answer: &Value) -> BeforeImage {
    let answer = json!({"content": [{"type": "text", "text": answer.to_string()}]});
    pack.tools["put"].before_image(call, &answer, &Redactor::new::<&str>(&[]))
}

#[test]
fn every_spelling_has_one_normal_form() {
    for (forms, spellings, one) in [
        (
            &[Form::Path][..],
            &[
                "notes/a.txt",
                "notes/./a.txt",
                "./notes//a.txt",
                "notes/x/../a.txt",
                "notes/a.txt/",
            ][..],
            "notes/a.txt",
        ),
        (
            &[Form::Path],
            &["/a", "//a", "/../a", "/./a/", "/b/../a"],
            "/a",
        ),
        (&[Form::Path], &["../a", "x/../../a"], "../a"),
        (&[Form::Path], &[".", "", "a/.."], "."),
        (&[Form::Path], &["caf\u{e9}", "cafe\u{301}"], "caf\u{e9}"),
        (&[Form::Path], &["A"], "A"),
        (
            &[Form::Trim, Form::Uuid],
            &[
                " 67E55044-10B1-426F-9247-BB680E5FE0C8",
                "67e5504410b1426f9247bb680e5fe0c8",
                "{67e55044-10b1-426f-9247-bb680e5fe0c8}",
                "urn:uuid:67e55044-10b1-426f-9247-bb680e5fe0c8",
                "67e5-5044-10b1-426f-9247-bb68-0e5f-e0c8",
            ],
            "67e55044-10b1-426f-9247-bb680e5fe0c8",
        ),
        (&[Form::Uuid], &["workspace"], "workspace"),
        (
            &[Form::Trim, Form::Lower],
            &[" Ada@X.com ", "ADA@x.com"],
            "ada@x.com",
        ),
        (&[Form::Lower], &["STRASSE", "stra\u{df}e"], "strasse"),
        (&[Form::Lower], &["\u{3c3}", "\u{3c2}"], "\u{3c3}"),
    ] {
        for spelling in spellings {
            assert_eq!(normal(forms, spelling), one, "{forms:?} {spelling:?}");
        }
    }
}

proptest! {
    #[test]
    fn a_normal_form_is_its_own(text in "[a./ ~\u{e9}\u{301}-]{0,16}") {
        for form in [Form::Path, Form::Uuid, Form::Lower, Form::Trim] {
            let once = form.of(&text);
            prop_assert_eq!(form.of(&once), once);
        }
    }
}

#[test]
fn a_kind_of_record_is_held_whole_where_nothing_tells_its_records_apart() {
    assert_eq!(identity(&pack("", "", ""), "put"), Identity::Type);
    assert_eq!(
        identity(&pack(", normal = \"path\"", "", ""), "put"),
        Identity::Type
    );
    assert_eq!(
        identity(&pack(", normal = \"trim\"", "", ""), "put"),
        Identity::Normal
    );
    let told = ", id = \".json.id\"";
    assert_eq!(identity(&pack("", told, ""), "put"), Identity::Read);
    assert_eq!(
        identity(&pack(", normal = [\"path\"]", told, ""), "put"),
        Identity::Read
    );
    assert_eq!(
        identity(&pack(", normal = [\"trim\", \"lower\"]", told, ""), "put"),
        Identity::Normal
    );
    // Tools that write the same kind have to agree.
    let other = |record: &str| {
        format!(
            "[tool.drop]\neffect = \"delete\"\nrecord = {{ type = \"thing\", id = \".id\"{record} }}\nundo = {{ kind = \"none\", why = \"test\" }}\n"
        )
    };
    let unlike = pack(", normal = \"trim\"", "", &other(""));
    assert_eq!(
        [identity(&unlike, "put"), identity(&unlike, "drop")],
        [Identity::Type; 2]
    );
    let alike = pack(", normal = \"trim\"", told, &other(", normal = \"trim\""));
    assert_eq!(
        [identity(&alike, "put"), identity(&alike, "drop")],
        [Identity::Normal, Identity::Type]
    );
    let kind = Hold::Type {
        system: "s".into(),
        record_type: "thing".into(),
    };
    let tool = &pack("", "", "").tools["put"];
    assert_eq!(tool.hold("s", &json!({"id": "1"})), Some(kind.clone()));
    assert_eq!(
        tool.hold("s", &json!({"id": null})),
        Some(kind),
        "what cannot be told is the whole kind"
    );
    assert_eq!(
        unlike.tools["get"].hold("s", &json!({"id": "1"})),
        None,
        "reads hold nothing"
    );
}

#[test]
fn what_the_reading_says_is_the_record_and_the_spelling_given_is_told() {
    let pack = pack(", normal = \"trim\"", ", id = \".json.id\"", "");
    let call = json!({"id": " alias ", "text": "x"});
    let tool = &pack.tools["put"];
    let held = tool.hold("s", &call).unwrap();
    assert_eq!(held, thing("alias"));
    let seen = image(&pack, &call, &json!({"id": 7.0, "fields": {"text": ""}}));
    assert_eq!(tool.hold_instead(&held, &seen), Some(thing("7")));
    assert_eq!(tool.hold_instead(&thing("7"), &seen), None);
    let found = classify(tool, "s", &call, &seen);
    assert_eq!(found.record.as_ref().unwrap().id, "7");
    assert!(
        found
            .why
            .iter()
            .any(|why| why.contains("` alias `") && why.contains("`7`")),
        "{:?}",
        found.why
    );
    assert_eq!(
        tool.as_one(&call, found.record.as_ref()),
        Some(json!({"id": "7", "text": "x"}))
    );
    // Without an answer the normal form stands.
    let missing = image(&pack, &call, &json!({"fields": null}));
    assert_eq!(missing, BeforeImage::Missing);
    assert_eq!(tool.hold_instead(&held, &missing), None);
    assert_eq!(
        classify(tool, "s", &call, &missing).record.unwrap().id,
        "alias"
    );
}

#[test]
fn an_id_is_respelled_only_where_it_names_the_record() {
    let pack = pack(", normal = \"lower\"", "", "");
    let tool = &pack.tools["put"];
    let told = |call: Value| {
        let found = classify(
            tool,
            "s",
            &call,
            &image(&pack, &call, &json!({"fields": {"text": ""}})),
        );
        tool.as_one(&call, found.record.as_ref()).unwrap_or(call)
    };
    let call = |id: &str, text: &str| json!({"id": id, "text": text});
    assert_eq!(told(call("Bob@x", "hi")), told(call("bob@x", "hi")));
    assert_ne!(told(call("Bob@x", "Bob@x")), told(call("bob@x", "bob@x")));
    assert_eq!(told(call("Bob@x", "Bob@x")), call("bob@x", "Bob@x"));
    let within = compile_text(
        "name = \"p\"\ntitle = \"P\"\n[tool.put]\neffect = \"update\"\nrecord = { type = \"thing\", id = \".to[0].id // .id | tostring\", normal = \"lower\" }\nchanges = \"{text: .text}\"\nundo = { kind = \"none\", why = \"test\" }\n",
    );
    let tool = &within.tools["put"];
    let record = |id: &str| RecordRef {
        system: "s".into(),
        record_type: "thing".into(),
        id: id.into(),
    };
    assert_eq!(
        tool.as_one(
            &json!({"to": [{"id": "B"}, {"id": "B"}], "id": "B"}),
            Some(&record("b"))
        ),
        Some(json!({"to": [{"id": "b"}, {"id": "B"}], "id": "B"}))
    );
}

#[test]
fn an_id_is_respelled_whether_it_is_written_as_a_text_or_a_number() {
    let pack = pack(", normal = \"trim\"", "", "");
    let tool = &pack.tools["put"];
    let as_one = |call: Value, id: &str| {
        let Hold::Record(record) = thing(id) else {
            panic!("a record");
        };
        tool.as_one(&call, Some(&record))
    };
    let call = |id: Value, text: Value| json!({"id": id, "text": text});
    assert_eq!(
        as_one(call(json!(7), json!(7)), "alias"),
        Some(call(json!("alias"), json!(7)))
    );
    assert_eq!(
        as_one(call(json!(7.0), json!("x")), "alias"),
        Some(call(json!("alias"), json!("x")))
    );
    assert_eq!(
        as_one(call(json!(" a "), json!(8)), "a"),
        Some(call(json!("a"), json!(8)))
    );
    assert_eq!(as_one(call(json!("a"), json!("x")), "a"), None);
}

#[test]
fn an_id_put_together_of_several_arguments_is_written_into_none_of_them() {
    let pack = compile_text(
        "name = \"p\"\ntitle = \"P\"\n[tool.put]\neffect = \"update\"\nrecord = { type = \"thing\", id = '\"\\(.shop)/\\(.no)\"', normal = \"lower\" }\nchanges = \"{text: .text}\"\nundo = { kind = \"none\", why = \"test\" }\n",
    );
    let Hold::Record(record) = thing("north/a1") else {
        panic!("a record");
    };
    let call = json!({"shop": "North", "no": "A1", "text": "x"});
    let told = pack.tools["put"].as_one(&call, Some(&record));
    assert_eq!(told, Some(call));
}

#[test]
fn a_create_holds_a_kind_whose_records_nothing_tells_apart() {
    let make = "[tool.make]\neffect = \"create\"\nchanges = \".\"\nundo = { kind = \"exact\", tool = \"drop\", arguments = \"{id: .id}\", summary = \"s\" }\n[tool.drop]\neffect = \"delete\"\nrecord = { type = \"thing\", id = \".id\" }\nundo = { kind = \"none\", why = \"test\" }\n";
    let pack = pack("", "", make);
    let hold = pack.tools["make"].hold("s", &json!({"id": "1"})).unwrap();
    assert_eq!(hold, thing("1").kind());
}

#[test]
fn a_reading_tells_records_apart_only_where_all_writers_read_it() {
    let told = ", id = \".json.id\"";
    let also = "[tool.also]\neffect = \"update\"\nrecord = { type = \"thing\", id = \".id\" }\nchanges = \"{text: .text}\"\nundo = { kind = \"none\", why = \"test\" }\n";
    let pack = pack("", told, also);
    assert_eq!(
        [identity(&pack, "put"), identity(&pack, "also")],
        [Identity::Type; 2]
    );
}

#[test]
fn a_number_beyond_all_bounds_holds_what_it_would_make() {
    let pack = compile_text(
        "name = \"p\"\ntitle = \"P\"\n[tool.make]\neffect = \"create\"\nchanges = \".\"\nundo = { kind = \"none\", why = \"test\" }\n",
    );
    let hold = |number: &str| {
        let call: Value = serde_json::from_str(&format!("{{\"n\": {number}}}")).unwrap();
        pack.tools["make"].hold("s", &call).unwrap()
    };
    assert_ne!(hold("1e400"), hold("1e401"));
    assert_eq!(hold("1e400"), hold("10e399"));
    assert_ne!(hold("1915883588174806058"), hold("1915883588174806059"));
}

#[test]
fn what_no_reading_tells_is_held_with_its_whole_kind() {
    let pack = pack("", ", id = \".json.id\"", "");
    let (tool, call) = (&pack.tools["put"], json!({"id": "a", "text": "x"}));
    let held = tool.hold("s", &call).unwrap();
    for answer in [json!({"fields": null}), json!({"fields": {}, "id": null})] {
        let seen = image(&pack, &call, &answer);
        assert_eq!(
            tool.hold_instead(&held, &seen),
            Some(held.clone().kind()),
            "{answer}"
        );
    }
}

#[test]
fn a_create_holds_what_it_would_make() {
    let make = "[tool.make]\neffect = \"create\"\nchanges = \".\"\nundo = { kind = \"exact\", tool = \"drop\", arguments = \"{id: .id}\", summary = \"s\" }\n[tool.drop]\neffect = \"delete\"\nrecord = { type = \"thing\", id = \".id\", normal = \"trim\" }\nundo = { kind = \"none\", why = \"test\" }\n";
    let pack = pack(", normal = \"trim\"", "", make);
    let hold = |arguments: Value| pack.tools["make"].hold("s", &arguments).unwrap();
    assert_eq!(hold(json!({"id": " 1", "text": "x"})), thing("1"));
    let new = |text: &str| hold(json!({"text": text}));
    assert_eq!(new("A letter "), new("a Letter"));
    assert_ne!(new("a letter"), new("another"));
    assert!(matches!(new("x"), Hold::Record(record) if record.record_type == "thing"));
}
