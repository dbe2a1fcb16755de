//! Messages as their recipients get them: what is sent and what is shown of it.

use crate::cases::tool_of;
use leeway_core::classify::classified::classify;
use leeway_core::classify::{BeforeImage, Classified};
use leeway_core::message::{Kind, Message, mime, tree};
use serde_json::{Value, json};

fn read(raw: &str) -> Message {
    mime::message(raw.as_bytes())
}

/// Everything a reader of the card sees.
fn all(message: &Message) -> String {
    let lines = message.lines().into_iter();
    let lines: Vec<String> = lines
        .map(|(label, text)| format!("{label}: {text}\n"))
        .collect();
    lines.concat()
}

#[test]
fn everybody_it_reaches_is_named() {
    let message = read(concat!(
        "From: Desk <desk@shop.example>\r\nTo: Ann <ann@a.example>,\r\n bob@b.example\r\n",
        "Cc: team: c@c.example, d@d.example;\r\nBcc: hidden@elsewhere.example\r\n",
        "Reply-To: other@elsewhere.example\r\nResent-To: more@elsewhere.example\r\n",
        "Subject: Hello\r\nX-Auto: yes\r\n\r\nDear Ann\r\n",
    ));
    assert_eq!(message.from, ["Desk <desk@shop.example>"]);
    assert_eq!(
        message.to,
        [
            "Ann <ann@a.example>",
            "bob@b.example",
            "more@elsewhere.example"
        ]
    );
    assert_eq!(message.cc, ["c@c.example", "d@d.example"]);
    assert_eq!(message.bcc, ["hidden@elsewhere.example"]);
    assert_eq!(message.reply_to, ["other@elsewhere.example"]);
    assert_eq!(message.headers, [("X-Auto".to_owned(), "yes".to_owned())]);
    assert_eq!(message.parts[0].text.trim(), "Dear Ann");
    assert_eq!(message.opaque, Vec::<String>::new());
}

#[test]
fn subjects_are_decoded_from_every_charset() {
    for (written, expected) in [
        ("=?utf-8?Q?=C3=9Cberraschung?=", "Überraschung"),
        ("=?utf-8?b?w5xiZXJyYXNjaHVuZw==?=", "Überraschung"),
        (
            "=?ISO-8859-1?Q?Gr=FC=DFe?= aus =?iso-8859-1?q?K=F6ln?=",
            "Grüße aus Köln",
        ),
        ("=?koi8-r?B?8NLJ18XU?=", "Привет"),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?utf-16be?B?AEgAaQ==?=", "Hi"),
        ("=?iso-2022-jp?B?GyRCRnxLXBsoQg==?=", "日本"),
        ("=?utf-8?Q?one_?=\r\n =?utf-8?Q?two?=", "one two"),
    ] {
        let message = read(&format!("To: a@b.example\r\nSubject: {written}\r\n\r\nx"));
        assert_eq!(message.subject.as_deref(), Some(expected), "{written}");
        assert!(message.opaque.is_empty(), "{written}: {:?}", message.opaque);
    }
    let odd = read("To: a@b.example\r\nSubject: =?x-none?B?8NLJ18XU?=\r\n\r\nx");
    assert!(!odd.opaque.is_empty(), "{odd:?}");
}

#[test]
fn bodies_are_decoded() {
    for (head, body, expected) in [
        (
            "text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
            "V2UgY2FuY2VsIHRoZSBrZXN0\r\ncmVsIGNvbnRyYWN0LCDDvG5k",
            "We cancel the kestrel contract, ünd",
        ),
        (
            "text/plain; charset=utf-8\nContent-Transfer-Encoding: BASE64",
            "V2UgY2FuY2VsIHRoZSBrZXN0\ncmVsIGNvbnRyYWN0LCDDvG5k\n",
            "We cancel the kestrel contract, ünd",
        ),
        (
            "text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable",
            "Gr=FC=DFe an=\r\n alle",
            "Grüße an alle",
        ),
        (
            "text/plain; charset=\"koi8-r\"\r\nContent-Transfer-Encoding: base64",
            "8NLJ18XU",
            "Привет",
        ),
    ] {
        let message = read(&format!(
            "To: a@b.example\r\nContent-Type: {head}\r\n\r\n{body}"
        ));
        assert_eq!(message.parts[0].text, expected, "{head}");
        assert!(message.opaque.is_empty(), "{head}: {:?}", message.opaque);
    }
}

#[test]
fn what_cannot_be_read_is_said_to_be_so() {
    for (head, body) in [
        ("Content-Type: text/plain; charset=x-unknown", "abc"),
        (
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64",
            "/////w==",
        ),
        (
            "Content-Type: text/plain\r\nContent-Transfer-Encoding: x-uuencode",
            "begin 644 x",
        ),
        (
            "Content-Type: multipart/encrypted; boundary=b",
            "--b\r\nContent-Type: application/pgp-encrypted\r\n\r\nVersion: 1\r\n--b--",
        ),
        (
            "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\r\nContent-Transfer-Encoding: base64",
            "MIIB",
        ),
        (
            "Content-Type: text/plain",
            "-----BEGIN PGP MESSAGE-----\r\n\r\nx",
        ),
        (
            "Content-Type: multipart/mixed; boundary=b",
            "--b\r\n\r\nnever closed",
        ),
        ("Content-Type: multipart/mixed", "--b\r\n\r\nx\r\n--b--"),
        ("Content-Type: message/external-body; access-type=URL", "x"),
        (
            "Content-Type: text/plain\r\nContent-Type: text/html",
            "<b>x</b>",
        ),
        (
            "Content-Type: image/png\r\nContent-Transfer-Encoding: base64",
            "iVBORw0KGgo=",
        ),
        ("Subject: one\r\nSubject: two", "x"),
        ("Bcc: a@b.example\rTo: c@d.example", "x"),
        ("a line that is none", "x"),
        (
            "Content-Type: multipart/mixed; boundary=a; boundary=b",
            "--a\r\n\r\nx\r\n--a--",
        ),
        (
            "Content-Type: text/plain; charset=us-ascii; charset=utf-7",
            "x",
        ),
        (
            "Content-Type: text/plain; charset*=us-ascii''utf-7; charset=utf-8",
            "x",
        ),
        ("Content-Type: text/plain; name*0=a; name*0=b", "x"),
        (
            "Content-Type: text/plain",
            "x\r\nbegin 644 invoice.exe\r\n#0V%T\r\n`\r\nend",
        ),
        (
            "Content-Type: text/plain",
            "=ybegin line=128 size=3 name=x\r\nabc",
        ),
    ] {
        let message = read(&format!("To: a@b.example\r\n{head}\r\n\r\n{body}\r\n"));
        assert!(!message.opaque.is_empty(), "{head}: {message:?}");
    }
    assert!(!read("").opaque.is_empty());
    assert!(!read("\r\n\r\nno headers at all").opaque.is_empty());
}

#[test]
fn what_a_part_is_called_is_read_too() {
    let message = read(
        "To: a@b.example\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\nContent-Type: text/plain; name*0=\"a;\"; name*1=b\r\nContent-Description: the kestrel is cancelled\r\n\r\nHello\r\n--a--\r\n",
    );
    assert!(all(&message).contains("kestrel"), "{message:?}");
    assert_eq!(message.opaque, Vec::<String>::new());
}

#[test]
fn lines_are_joined_as_a_reader_joins_them() {
    let message = read(
        "To: a@b.example\r\nContent-Type: text/plain; format=flowed; DelSp=yes\r\n\r\nPlease send the law \r\nsuit to them.\r\n-- \r\nKim\r\n",
    );
    assert_eq!(
        message.parts[0].text,
        "Please send the lawsuit to them.\n-- \nKim\n"
    );
    assert_eq!(message.opaque, Vec::<String>::new());
}

const TWO: &str = "To: a@b.example\r\nSubject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=\"=b=\"\r\n\r\n--=b=\r\nContent-Type: text/plain\r\n\r\nWe pay 10.\r\n--=b=\r\nContent-Type: text/html\r\n\r\n<p>We pay HTML</p>\r\n--=b=--\r\n";

#[test]
fn alternatives_that_differ_are_both_shown_and_told() {
    let same = read(&TWO.replace("HTML", "10."));
    assert_eq!(same.notes, Vec::<String>::new());
    let other = read(&TWO.replace("HTML", "10,000."));
    assert_eq!(other.notes.len(), 1, "{other:?}");
    assert!(all(&other).contains("10,000."));
    let kinds: Vec<Kind> = other.parts.iter().map(|part| part.kind).collect();
    assert_eq!(kinds, [Kind::Text, Kind::Html]);
}

#[test]
fn attachments_have_their_names_types_and_sizes() {
    let message = read(concat!(
        "To: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
        "--b\r\nContent-Type: text/csv\r\nContent-Disposition: attachment;\r\n",
        " filename*0*=utf-8''K%C3%BCnden;\r\n filename*1*=%20list.csv\r\n\r\nname;iban\r\n",
        "--b\r\nContent-Type: application/pdf; name=\"=?utf-8?Q?Rechn=C3=BCng.pdf?=\"\r\n",
        "Content-Transfer-Encoding: base64\r\n\r\nJVBERi3/\r\n--b--\r\n",
    ));
    let names: Vec<_> = message
        .attachments
        .iter()
        .map(|one| one.name.as_str())
        .collect();
    assert_eq!(names, ["Künden list.csv", "Rechnüng.pdf"]);
    assert_eq!(message.attachments[0].media_type, "text/csv");
    assert_eq!(message.attachments[1].size, Some(6));
    let shown = all(&message);
    assert!(
        shown.contains("name;iban"),
        "a file of text is shown: {shown}"
    );
    assert!(
        message
            .opaque
            .iter()
            .any(|why| why.contains("Rechnüng.pdf")),
        "{shown}"
    );
}

#[test]
fn messages_within_messages_are_shown() {
    let message = read(concat!(
        "To: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n",
        "--b\r\n\r\nSee below.\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n",
        "From: boss@shop.example\r\nBcc: z@elsewhere.example\r\nSubject: =?utf-8?Q?Secret_pl=C3=A4n?=\r\n",
        "Content-Type: text/html\r\n\r\n<p>the <b>ferret</b> plan</p>\r\n--b--\r\n",
    ));
    let shown = all(&message);
    for word in [
        "See below.",
        "boss@shop.example",
        "z@elsewhere.example",
        "Secret plän",
        "the ferret plan",
    ] {
        assert!(shown.contains(word), "{word}: {shown}");
    }
    let calendar = read(
        "To: a@b.example\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nSUMMARY:Meet\r\nEND:VCALENDAR\r\n",
    );
    assert_eq!(calendar.parts[0].kind, Kind::Calendar);
    assert!(all(&calendar).contains("SUMMARY:Meet"));
}

#[test]
fn hostile_messages_end() {
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(50_000);
    assert!(!read(&nested).opaque.is_empty());
    let multi: Vec<String> = (0..2_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    assert!(!read(&multi.concat()).opaque.is_empty());
    let many = format!(
        "To: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--",
        "--b\r\n\r\nx\r\n".repeat(100_000)
    );
    assert!(!read(&many).opaque.is_empty());
    let to = format!("To: {}\r\n\r\nx", "a@b.example, ".repeat(50_000));
    assert!(!read(&to).opaque.is_empty());
    let digest = "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n".repeat(5_000);
    assert!(!read(&digest).opaque.is_empty());
}

#[test]
fn a_tree_as_gmail_shows_it_is_read_whole() {
    let message = tree::message(&json!({
        "mimeType": "multipart/mixed",
        "headers": [{"name": "To", "value": "ok@customer.example"}, {"name": "Subject", "value": "Hello"}, {"name": "Bcc", "value": "other@elsewhere.example"}],
        "body": {"size": 0},
        "parts": [
            {"mimeType": "text/html", "body": {"data": "PHA-V2UgcmVmdW5kIHlvdSAxMCwwMDAga2VzdHJlbHMuPC9wPg"}},
            {"mimeType": "text/csv", "filename": "customers.csv", "body": {"attachmentId": "A", "size": 900}},
        ],
    }));
    assert_eq!(message.bcc, ["other@elsewhere.example"]);
    assert_eq!(message.parts[0].text, "We refund you 10,000 kestrels.");
    assert_eq!(
        message.attachments[0].sentence(),
        "customers.csv (text/csv, 900 bytes)"
    );
    assert_eq!(message.opaque.len(), 1, "{message:?}");
    let deep = (0..100).fold(
        json!({"mimeType": "text/plain", "body": {"data": "eA"}}),
        |inner, _| json!({"mimeType": "multipart/mixed", "parts": [inner]}),
    );
    assert!(!tree::message(&deep).opaque.is_empty());
    assert!(
        !tree::message(&json!({"mimeType": "text/plain", "body": {"data": "!", "size": 1}}))
            .opaque
            .is_empty()
    );
    let injected = tree::message(
        &json!({"mimeType": "text/plain", "headers": [{"name": "X", "value": "a\r\nBcc: q@r.example"}], "body": {"data": "eA"}}),
    );
    assert!(injected.bcc.is_empty());
}

/// "Wire 9,000 to the old account", in base64.
const ENCODED: &str = "V2lyZSA5LDAwMCB0byB0aGUgb2xkIGFjY291bnQ=";

fn sent(lines: &str, arguments: &Value) -> Classified {
    let pack = format!(
        "name = \"p\"\ntitle = \"P\"\n[tool.act]\neffect = \"send\"\n{lines}\nundo = {{ kind = \"none\", why = \"test\" }}\n"
    );
    classify(
        &tool_of(&pack, "act"),
        "s",
        arguments,
        &BeforeImage::NotNeeded,
    )
}

fn decoded(found: &Classified) -> Vec<&str> {
    found.decoded.iter().map(|one| one.path.as_str()).collect()
}

#[test]
fn what_is_encoded_in_a_call_is_decoded_wherever_it_stands() {
    let deep = (0..20).fold(json!(ENCODED), |inner, _| json!([inner]));
    let held = json!({"a": {"b": ENCODED}}).to_string();
    let twice = json!([held]).to_string();
    for (arguments, paths) in [
        (json!({"a": [{"b": ENCODED}]}), vec!["a[0].b"]),
        (json!({"more": held}), vec!["more.a.b"]),
        (json!({"more": twice}), vec!["more[0].a.b"]),
        (json!({"a": "plain", "0": ENCODED}), vec!["0"]),
    ] {
        let found = sent("options = [\"a\", \"more\", \"0\"]", &arguments);
        assert_eq!(decoded(&found), paths, "{arguments}");
        assert_eq!(found.unknowns, Vec::<String>::new(), "{arguments}");
    }
    let found = sent("options = [\"a\"]", &json!({ "a": deep }));
    assert_eq!((found.decoded.len(), found.unknowns.len()), (1, 0));
}

#[test]
fn what_is_encoded_twice_is_not_known() {
    // ENCODED once more.
    let twice = "VjJseVpTQTVMREF3TUNCMGJ5QjBhR1VnYjJ4a0lHRmpZMjkxYm5RPQ==";
    let found = sent("options = [\"a\"]", &json!({ "a": twice }));
    assert_eq!(decoded(&found), ["a"]);
    assert!(!found.unknowns.is_empty());
}

#[test]
fn what_is_not_decoded_is_not_known() {
    let text = |inner: Value| json!(json!([inner]).to_string());
    let nested = (0..100).fold(json!(ENCODED), |inner, _| json!([inner]));
    let held = (0..5).fold(json!(ENCODED), |inner, _| text(inner));
    let named_twice = format!("{{\"x\": \"{ENCODED}\", \"x\": \"a\"}}");
    for (arguments, told, shown) in [
        (json!({"a": vec![ENCODED; 20]}), None, 20),
        (
            json!({"a": vec![ENCODED; 21]}),
            Some("more of its arguments are encoded"),
            20,
        ),
        (json!({ "a": nested }), Some("nested deeper"), 0),
        (json!({ "a": held }), Some("hold others deeper"), 0),
        (json!({ "a": named_twice }), Some("names a member twice"), 1),
    ] {
        let found = sent("options = [\"a\"]", &arguments);
        assert_eq!(found.decoded.len(), shown, "{told:?}");
        match told {
            None => assert_eq!(found.unknowns, Vec::<String>::new()),
            Some(told) => assert!(
                found.unknowns.iter().any(|why| why.contains(told)),
                "{told}: {:?}",
                found.unknowns
            ),
        }
    }
}

#[test]
fn beside_a_message_all_but_its_own_is_decoded() {
    let lines = "message = { to = \".to\", text = \".body\", attachments = \".files\" }\noptions = [\"more\"]";
    let call = |more: Value| {
        json!({
            "to": "a@b.example", "body": ENCODED, "more": more,
            "files": [{"name": "a.txt", "content": ENCODED}],
        })
    };
    let found = sent(lines, &call(json!([ENCODED])));
    assert_eq!(decoded(&found), ["more[0]"]);
    let found = sent(lines, &call(json!(vec![ENCODED; 30])));
    assert!(
        found
            .unknowns
            .iter()
            .any(|why| why.contains("are encoded than are decoded"))
    );
    // A filter that takes in everything shows nothing as what it is.
    let all = "message = { to = \".to\", text = \"tojson\" }\noptions = [\"more\"]";
    let found = sent(all, &json!({"to": "a@b.example", "more": ENCODED}));
    assert_eq!(decoded(&found), ["more"]);
}
