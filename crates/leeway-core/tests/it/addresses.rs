//! What is an address and what is none, name by name and text by text; and which hosts are allowed.

use leeway_core::classify::classified::classify;
use leeway_core::classify::compiled::CompiledPack;
use leeway_core::classify::inside::{
    is_address, names_address, names_id, names_text, stays_inside,
};
use leeway_core::classify::pack::Pack;
use leeway_core::classify::{BeforeImage, Level};
use serde_json::{Value, json};

/// Whether a read with these arguments reaches outside, where these hosts are allowed.
fn reaches(hosts: &str, call: &Value) -> bool {
    let text =
        format!("name = \"p\"\ntitle = \"P\"\n[tool.get]\neffect = \"read\"\nhosts = [{hosts}]\n");
    let pack = CompiledPack::compile(Pack::parse(&text).unwrap()).unwrap();
    classify(&pack.tools["get"], "s", call, &BeforeImage::NotNeeded).level == Level::External
}

#[test]
fn a_name_says_whether_it_holds_an_address_a_text_or_an_id() {
    for (name, address, text, id) in [
        ("url", true, false, false),
        ("image_url", true, false, false),
        ("id", false, false, true),
        ("url_id", false, false, true),
        ("query_id", false, false, true),
        ("query", false, true, false),
        ("search_text", false, true, false),
        ("email_address", false, false, false),
        ("address", true, false, false),
        ("owner", false, false, true),
        ("anything", false, false, false),
    ] {
        assert_eq!(names_address(name), address, "{name}");
        assert_eq!(names_text(name), text, "{name}");
        assert_eq!(names_id(name), id, "{name}");
    }
}

#[test]
fn a_text_is_an_address_by_its_scheme_or_as_a_host_inside() {
    for (text, yes) in [
        ("https://a.example", true),
        ("HTTP:a", true),
        ("x://y", true),
        ("//host/x", true),
        ("\\\\host\\x", true),
        ("http%3A//a", true),
        ("localhost", true),
        ("localhost:80/x", true),
        ("127.0.0.1", true),
        ("::1", true),
        ("fe80::1/x", true),
        ("2001:db8::abcd", true),
        ("[::1]:80", true),
        ("[fe80::1]", true),
        ("abcd", false),
        ("12:30", false),
        ("1.2.3", false),
        ("a.example", false),
        ("localhosts", false),
    ] {
        assert_eq!(is_address(text), yes, "{text}");
    }
}

/// Whether a reading of Leeway's own may be given this, where nothing or something is declared of it.
fn stays(declared: Option<bool>, name: &str, value: &Value) -> bool {
    stays_inside(declared, &json!({ name: value }), None).is_ok()
}

#[test]
fn what_a_reading_is_given_is_an_id_and_no_sentence() {
    let (six, seven) = ("a b c d e f", "a b c d e f g");
    let (longest, longer) = ("x".repeat(300), "x".repeat(301));
    for (text, yes) in [
        (six, true),
        (seven, false),
        ("a\nb", false),
        (longest.as_str(), true),
        (&longer, false),
    ] {
        assert_eq!(stays(None, "id", &json!(text)), yes, "{text}");
        assert_eq!(stays(Some(true), "anything", &json!(text)), yes, "{text}");
    }
    // A place may be long.
    assert!(stays(None, "path", &json!(seven)));
    for (text, yes) in [
        ("a.example", false),
        ("a.b.example/x", false),
        ("a.example:80", false),
        ("a-b.example", false),
        ("a", true),
        ("a.b", true),
        ("1.2", true),
        ("v1.2.3", true),
        ("a..example", true),
        ("a_b.example", true),
        ("a.example1", true),
        (".example", true),
        // A word behind a colon is no port.
        ("a.example:latest", true),
    ] {
        assert_eq!(stays(None, "id", &json!(text)), yes, "{text}");
        assert!(stays(None, "path", &json!(text)), "{text}");
        assert!(stays(Some(true), "id", &json!(text)), "{text}");
        assert!(!stays(Some(false), "id", &json!(text)), "{text}");
    }
}

#[test]
fn under_the_name_of_an_address_everything_is_one_and_elsewhere_what_reads_like_one() {
    for (name, value, yes) in [
        ("url", json!("a"), true),
        ("url", json!(["a"]), true),
        ("host", json!(2_130_706_433), true),
        ("host", json!(16_777_216), true),
        ("host", json!(16_777_215), false),
        ("host", json!(4_294_967_296_u64), false),
        ("count", json!(2_130_706_433), false),
        ("note", json!("https://a.example/x"), true),
        ("note", json!("see https://a.example/x"), false),
        ("note", json!("https://a.example/x and more"), true),
        ("note", json!("http:"), false),
        ("note", json!("//a.example/x"), true),
        ("note", json!("//a.example and more"), false),
        ("note", json!("//127.0.0.1"), true),
        ("note", json!("//not a host"), false),
        ("note", json!("sftp://a.example/x and more"), true),
        ("note", json!("sftp://"), false),
        ("note", json!("file:/etc/passwd"), true),
        ("note", json!("file:/etc/passwd and more"), false),
        ("note", json!("\u{1}\t https:\\\\a.example"), true),
        ("note", json!("ht\ntps://a.example"), true),
        ("note", json!("<https://a.example>"), true),
        ("note", json!("<https:a.example>"), true),
        ("note", json!("\u{a0}(//a.example/x"), true),
        ("note", json!("%68ttps://a.example"), true),
        ("note", json!("a\u{3002}example/x?y=z"), true),
        // Free text: only with a path and a query behind it, and alone.
        ("note", json!("a.example/x"), false),
        ("note", json!("a.example/x?y=1"), true),
        ("note", json!("a.example/x?y"), false),
        ("note", json!("a.example/x=y"), false),
        ("note", json!("a.example/x?y=1 and more"), false),
        // The name of a place: every host, but no file.
        ("target", json!("a.example"), true),
        ("source", json!("report.txt"), false),
        ("source", json!("report.txt/x"), true),
        ("source", json!("main.rs"), false),
        ("source", json!("docs.main.rs"), true),
        ("source", json!("somebody"), false),
        ("source", json!("127.1"), false),
        ("source", json!("127.1/x"), true),
        ("source", json!("127.1:80"), true),
        ("source", json!("1.2.3.4.5/x"), false),
        ("source", json!("0x7f.1/x"), true),
        ("source", json!("0xg.1/x"), false),
        ("source", json!("0x7f000001"), true),
        ("source", json!("2130706433"), true),
        ("source_page", json!("a.example"), true),
        ("source_id", json!("a.example"), false),
        ("id", json!("a.example/x"), false),
        // Another name: with a path.
        ("thing", json!("a.example/x"), true),
        ("thing", json!("a.example"), false),
        ("thing", json!("a.example./x"), true),
        ("thing", json!("a.xn--p1ai/x"), true),
        ("thing", json!("a.e/x"), false),
        ("thing", json!("a.e1/x"), false),
        ("thing", json!("a..e/x"), false),
        ("thing", json!("a_b.example/x"), true),
        ("thing", json!("a+b.example/x"), false),
        ("thing", json!("ann@a.example"), false),
        ("thing", json!("ann@a.example/"), false),
        ("thing", json!("ann@a.example/x"), true),
        ("thing", json!("ann:pw@a.example/"), true),
        ("thing", json!("a.example/ and more"), false),
        ("thing", json!("a.example/x and more"), true),
        ("path", json!("a.example/x"), false),
    ] {
        let call = json!({ name: value });
        assert_eq!(reaches("", &call), yes, "{call}");
    }
}

#[test]
fn an_address_in_the_name_of_a_member_or_in_a_text_is_one() {
    assert!(reaches("", &json!({"fields": {"https://a.example": 1}})));
    let held = |inner: &Value| json!({ "more": inner.to_string() });
    assert!(reaches("", &held(&json!({"url": "a"}))));
    assert!(!reaches("", &held(&json!({"id": "a"}))));
    assert!(reaches("", &json!({"url": "{\"id\": 1}"})), "as it stands");
    assert!(
        reaches("", &json!({"more": "{\"id\": 1, \"id\": 2}"})),
        "it names a member twice"
    );
    // So deep is looked; what lies deeper nobody can tell.
    let deep = |levels: usize| (0..levels).fold(json!({"id": 1}), |inner, _| held(&inner));
    assert!(!reaches("", &deep(3)));
    assert!(reaches("", &deep(4)));
}

#[test]
fn only_plain_web_addresses_at_a_host_that_is_listed_are_allowed() {
    let hosts = "\"a.example\", \"*.b.example\"";
    for (address, allowed) in [
        ("https://a.example/x?y#z", true),
        ("http://A.EXAMPLE", true),
        ("https://a.example./x", true),
        ("https://x.b.example/", true),
        ("https://x.y.b.example", true),
        ("https://x-y.b.example", true),
        ("https://me@x.b.example/x", false),
        ("https://x.b.example:8080", false),
        ("https://b.example", false),
        ("https://.b.example", false),
        ("https://xb.example", false),
        ("https://x.a.example", false),
        ("https://a.example:8080/x", false),
        ("https://me@a.example/x", false),
        ("https://a.example\\@c.example", false),
        ("https://a.example/x y", false),
        ("https://a.example/x\ty", false),
        ("ftp://a.example/x", false),
        ("https:///x", false),
        ("a.example", false),
        ("https://a_b.example", false),
    ] {
        assert_eq!(
            !reaches(hosts, &json!({ "url": address })),
            allowed,
            "{address}"
        );
    }
}
