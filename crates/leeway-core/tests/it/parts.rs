//! A message as a pack puts it together: whole, as a tree, or part by part; and what cannot be shown.

use crate::cases::image;
use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{BeforeImage, Classified, Level};
use leeway_core::message::Message;
use serde_json::{Value, json};

fn send(rule: &str, call: &Value, before: &BeforeImage) -> Classified {
    let text = format!(
        "name = \"p\"\ntitle = \"P\"\n[tool.send]\neffect = \"send\"\nmessage = {{ {rule} }}\nundo = {{ kind = \"none\", why = \"gone\" }}\n"
    );
    let pack = CompiledPack::compile(Pack::parse(&text).unwrap()).unwrap();
    classify(&pack.tools["send"], "s", call, before)
}

fn message(rule: &str, call: &Value) -> Message {
    let found = send(rule, call, &BeforeImage::NotNeeded);
    assert_eq!(found.level, Level::External);
    found.message.expect("it has a message")
}

fn texts(message: &Message) -> Vec<&str> {
    message
        .parts
        .iter()
        .map(|part| part.text.as_str())
        .collect()
}

#[test]
fn every_part_of_a_message_is_where_the_pack_finds_it() {
    let rule = "from = \".from\", to = \".to\", cc = \".cc\", bcc = \".bcc\", reply_to = \".reply\", subject = \".subject\", text = \".text\", attachments = \".files\"";
    let call = json!({
        "from": "me@a.b", "to": ["x@a.b", "y@a.b"], "cc": "c@a.b", "bcc": ["d@a.b", null, " "],
        "reply": "r@a.b", "subject": "Hello", "text": ["One", "Two"], "files": ["a.pdf", {"filename": "b.txt", "mimeType": "text/plain", "size": 5}],
    });
    let found = message(rule, &call);
    assert_eq!(found.from, ["me@a.b"]);
    assert_eq!(found.to, ["x@a.b", "y@a.b"]);
    assert_eq!(found.cc, ["c@a.b"]);
    assert_eq!(found.bcc, ["d@a.b"]);
    assert_eq!(found.reply_to, ["r@a.b"]);
    assert_eq!(found.subject.as_deref(), Some("Hello"));
    assert_eq!(texts(&found), ["One", "Two"]);
    let files: Vec<(&str, &str, Option<u64>)> = found
        .attachments
        .iter()
        .map(|file| (file.name.as_str(), file.media_type.as_str(), file.size))
        .collect();
    assert_eq!(
        files,
        [("a.pdf", "", None), ("b.txt", "text/plain", Some(5))]
    );
}

#[test]
fn numbers_are_texts_and_anything_else_is_none() {
    let rule = "to = \".to\", text = \".text\"";
    let found = message(rule, &json!({"to": 12345, "text": "x"}));
    assert_eq!(found.to, ["12345"]);
    let found = send(
        rule,
        &json!({"to": {"a": 1}, "text": "x"}),
        &BeforeImage::NotNeeded,
    );
    assert!(!found.unknowns.is_empty());
    assert!(
        found
            .message
            .unwrap()
            .opaque
            .contains(&"not all of it can be read".to_owned())
    );
}

#[test]
fn a_message_is_shown_whole_or_said_not_to_be() {
    let whole = "raw = \".raw\"";
    let text = "From: me@a.b\r\nTo: x@a.b\r\nSubject: Hi\r\n\r\nBody here";
    let found = message(whole, &json!({ "raw": text }));
    assert_eq!((found.subject.as_deref(), found.to.len()), (Some("Hi"), 1));
    let opaque = |rule: &str, call: &Value| {
        let found = send(rule, call, &BeforeImage::NotNeeded);
        let message = found.message.unwrap();
        assert_eq!(found.unknowns.is_empty(), message.opaque.is_empty());
        message.opaque
    };
    for (rule, call, can) in [
        (whole, json!({ "raw": text }), true),
        (whole, json!({"raw": " "}), false),
        (whole, json!({"raw": 5}), false),
        (whole, json!({"raw": null}), false),
        (whole, json!({}), false),
        ("tree = \".tree\"", json!({"tree": null}), false),
        ("tree = \".tree\"", json!({"tree": "text"}), false),
        (
            "raw = \".raw\", text = \".text\"",
            json!({"raw": null, "text": "x"}),
            true,
        ),
        // What the whole is read from is blank: it is not the rest alone that is sent.
        (
            "raw = \".raw\", text = \".text\"",
            json!({"raw": " ", "text": "x"}),
            false,
        ),
        (
            "tree = \".tree\", text = \".text\"",
            json!({"text": "x"}),
            true,
        ),
        (
            "raw = \".raw\", chat = \".text\"",
            json!({"text": "x"}),
            true,
        ),
        (
            "raw = \".raw\", html = \".text\"",
            json!({"text": "<p>x</p>"}),
            true,
        ),
        ("raw = \".raw\", to = \".to\"", json!({"to": "x@a.b"}), true),
        (
            "raw = \".raw\", subject = \".subject\"",
            json!({"subject": "x"}),
            false,
        ),
        ("text = \".text\"", json!({"text": "x"}), true),
        ("text = \".text\"", json!({"text": ""}), false),
        (
            "text = \".text\", lacks = \"its signature\"",
            json!({"text": "x"}),
            false,
        ),
    ] {
        assert_eq!(opaque(rule, &call).is_empty(), can, "{rule} {call}");
    }
    // A blank is none that is encoded in some way.
    assert_eq!(opaque(whole, &json!({"raw": " "})), ["it cannot be read"]);
    let tree = json!({"mimeType": "text/plain", "headers": [{"name": "Subject", "value": "Hi"}], "body": {"data": "Qm9keQ"}});
    let found = message("tree = \".tree\"", &json!({ "tree": tree }));
    assert_eq!(found.subject.as_deref(), Some("Hi"));
    // What stands in the record counts like what stands in the call.
    let found = send(
        "raw = \"$before.raw\"",
        &json!({}),
        &image(json!({ "raw": text })),
    );
    assert!(found.unknowns.is_empty(), "{:?}", found.unknowns);
}

/// A text in base64 that says something.
fn encoded(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[test]
fn what_is_encoded_is_decoded_so_often_and_no_more() {
    let of = |count: usize| {
        let call: Value = (0..count)
            .map(|n| {
                (
                    format!("a{n}"),
                    json!(encoded(&format!(
                        "This is the hidden text number {n}, long enough."
                    ))),
                )
            })
            .collect();
        send("text = \".text\"", &call, &BeforeImage::NotNeeded)
    };
    let missed = |found: &Classified| {
        found
            .unknowns
            .iter()
            .any(|why| why.contains("more of its arguments are encoded"))
    };
    let one = of(1);
    assert_eq!(one.decoded.len(), 1);
    assert_eq!(one.decoded[0].path, "a0");
    let most = (1..200)
        .take_while(|count| !missed(&of(*count)))
        .last()
        .unwrap();
    assert_eq!(of(most).decoded.len(), most);
    assert_eq!(of(most + 1).decoded.len(), most);
}

#[test]
fn so_many_encoded_texts_are_tried_for_the_message_s_own() {
    const MOST_TRIED: usize = 100;
    let of = |count: usize| {
        let texts = (0..count).map(|n| encoded(&format!("Paragraph number {n}, long enough.")));
        let call = json!({ "body": texts.collect::<Vec<_>>() });
        send("text = \".body\"", &call, &BeforeImage::NotNeeded)
    };
    for (count, missed) in [(MOST_TRIED, false), (MOST_TRIED + 1, true)] {
        let found = of(count);
        let said = found
            .unknowns
            .iter()
            .any(|why| why.contains("more of its arguments are encoded"));
        assert_eq!((said, found.decoded.len()), (missed, 0), "{count}");
    }
}
