//! A letter as the body of a Slack-compatible incoming webhook. Every text is `plain_text`, so that
//! nothing in it formats, mentions or links; what Slack itself asks to be escaped is.

use super::mail::look;
use super::{Links, words};
use leeway_core::notify::letter::{Card, Letter};
use serde_json::{Value, json};

/// Longest text of a block Slack takes is 3000 characters, of a field 2000, of a header 150.
const BLOCK: usize = 2_900;
const FIELD: usize = 1_900;
const HEADER: usize = 140;
/// Fields in one block.
const FIELDS: usize = 10;
/// Cards shown whole: Slack takes 50 blocks.
const MOST_CARDS: usize = 8;

/// The body to post.
pub fn payload(letter: &Letter, links: &Links<'_>) -> Value {
    let mut blocks = Vec::new();
    if letter.is_digest() {
        blocks.push(json!({ "type": "header", "text": plain(&letter.subject, HEADER) }));
        for card in letter.cards.iter().take(MOST_CARDS) {
            digest_card(&mut blocks, card, links);
        }
        let hidden = letter.cards.len().saturating_sub(MOST_CARDS) as u64 + letter.more;
        if hidden > 0 {
            blocks.push(section(&format!("And {hidden} more, in the inbox.")));
        }
        blocks.push(buttons(&[(
            "To the inbox",
            format!("{}/inbox", links.base),
        )]));
    } else if let Some(card) = letter.cards.first() {
        whole_card(&mut blocks, card, links);
    }
    json!({
        // Read by notifications of phones and by readers of screens; parsed as markup unless told.
        "text": escaped(&letter.subject),
        "mrkdwn": false,
        "link_names": false,
        "parse": "none",
        "unfurl_links": false,
        "unfurl_media": false,
        "blocks": blocks,
    })
}

fn whole_card(blocks: &mut Vec<Value>, card: &Card, links: &Links<'_>) {
    blocks.push(json!({ "type": "header", "text": plain(&card.title, HEADER) }));
    blocks.push(section(&card.headline));
    let facts: Vec<Value> = card
        .facts
        .iter()
        .map(|(label, fact)| plain(&format!("{label}: {fact}"), FIELD))
        .collect();
    for fields in facts.chunks(FIELDS) {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    let mut changes: Vec<String> = card
        .changes
        .iter()
        .map(|change| format!("{}: {} → {}", change.field, change.old, change.new))
        .collect();
    if card.more_changes > 0 {
        changes.push(format!("and {} more, on the page", card.more_changes));
    }
    list(blocks, "What would change", &changes);
    for (head, given) in [
        (words::MESSAGE, &card.message),
        ("The whole call", &card.arguments),
    ] {
        let given = given.iter();
        let given: Vec<String> = given
            .map(|(name, given)| format!("{name}: {given}"))
            .collect();
        list(blocks, head, &given);
    }
    let head = if card.what.waits() {
        "Why this needs you"
    } else {
        "More"
    };
    list(blocks, head, &card.why);
    if let Some(quote) = &card.quote {
        blocks.push(section(&format!("{}\n“{quote}”", words::AGENT_SAYS)));
    }
    let mut links_here = vec![(look(card), format!("{}{}", links.base, card.path))];
    if let (Some(quick), Some(link)) = (&card.quick, &links.quick) {
        links_here.push((words::QUICK, link.clone()));
        blocks.push(buttons(&links_here));
        let note = format!("{}: {}", words::QUICK, words::quick_note(&quick.until));
        blocks.push(json!({ "type": "context", "elements": [plain(&note, FIELD)] }));
    } else {
        blocks.push(buttons(&links_here));
    }
}

fn digest_card(blocks: &mut Vec<Value>, card: &Card, links: &Links<'_>) {
    let facts: Vec<String> = card
        .facts
        .iter()
        .filter(|(label, _)| matches!(label.as_str(), "Level" | "Workflow" | "Amount" | "Due"))
        .map(|(label, fact)| format!("{label}: {fact}"))
        .collect();
    blocks.push(section(&format!(
        "{}\n{}\n{}",
        card.title,
        facts.join(" · "),
        card.headline
    )));
    blocks.push(buttons(&[(
        look(card),
        format!("{}{}", links.base, card.path),
    )]));
}

/// A list under a head, in as many blocks as it takes.
fn list(blocks: &mut Vec<Value>, head: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let mut text = format!("{head}:");
    for line in lines {
        if text.chars().count() + line.chars().count() > BLOCK {
            blocks.push(section(&text));
            text = format!("{head}, further:");
        }
        text.push_str("\n• ");
        text.push_str(line);
    }
    blocks.push(section(&text));
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": plain(text, BLOCK) })
}

fn buttons(links: &[(&str, String)]) -> Value {
    let elements: Vec<Value> = links
        .iter()
        .map(|(name, url)| json!({ "type": "button", "text": plain(name, 70), "url": url }))
        .collect();
    json!({ "type": "actions", "elements": elements })
}

fn plain(text: &str, most: usize) -> Value {
    let mut cut: String = text.chars().take(most).collect();
    if cut.len() < text.len() {
        cut.push('…');
    }
    json!({ "type": "plain_text", "text": escaped(&cut), "emoji": false })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
