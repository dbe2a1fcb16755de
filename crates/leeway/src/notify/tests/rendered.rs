//! A held action as people read it, exactly.

use super::super::{chat, mail};
use super::{NOW, hostile, id, links};
use leeway_core::notify::letter::Letter;

#[tokio::test]
async fn a_held_action_as_plain_text() {
    insta::assert_snapshot!(mail::text(&hostile().await, &links()));
}

#[tokio::test]
async fn a_held_action_as_html() {
    let html = mail::page(&hostile().await, &links()).into_string();
    assert!(!html.contains("<b>") && !html.contains("<!channel>"));
    let hrefs: Vec<&str> = html
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!(
        hrefs,
        [
            format!("https://leeway.example.com/inbox/{}", id()).as_str(),
            "https://leeway.example.com/q/lwq_0123"
        ]
    );
    insta::assert_snapshot!(html.replace("><", ">\n<"));
}

#[tokio::test]
async fn a_held_action_as_blocks() {
    let payload = chat::payload(&hostile().await, &links());
    let text = payload.to_string();
    for never in ["<!", "<@", "@here", "https://evil", "\"type\":\"mrkdwn\""] {
        assert!(!text.contains(never), "{never} in {text}");
    }
    insta::assert_snapshot!(serde_json::to_string_pretty(&payload).unwrap());
}

#[tokio::test]
async fn no_text_becomes_a_header_of_a_mail() {
    let letter = hostile().await;
    let envelope = mail::Envelope {
        from: "leeway@example.com",
        from_name: "Leeway\r\nBcc: x@evil.example",
        to: "fin@example.com",
        message: "ntc_1",
        at_ms: NOW,
    };
    let letter = Letter {
        subject: format!("{}\r\nBcc: y@evil.example", letter.subject),
        ..letter
    };
    let message = mail::message(&envelope, &letter, &links()).unwrap();
    let whole = String::from_utf8(message.formatted()).unwrap();
    let head = whole.split("\r\n\r\n").next().unwrap();
    let names: Vec<&str> = head
        .lines()
        .filter(|line| !line.starts_with([' ', '\t']))
        .filter_map(|line| line.split(':').next())
        .collect();
    assert_eq!(
        names,
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type"
        ]
    );
    assert!(head.contains("Message-ID: <ntc_1@example.com>"), "{head}");
    let to: Vec<String> = message
        .envelope()
        .to()
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(to, ["fin@example.com"]);
}
