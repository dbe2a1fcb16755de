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
    let message = card.message.iter();
    let message: Vec<String> = message
        .map(|(label, text)| format!("{label}: {text}"))
        .collect();
    list(blocks, words::MESSAGE, &message);
    let mut arguments: Vec<String> = card
        .arguments
        .iter()
        .map(|(name, given)| format!("{name}: {given}"))
        .collect();
    if card.more_arguments > 0 {
        arguments.push(words::more_sent(card.more_arguments));
    }
    list(blocks, words::sent(card), &arguments);
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
        if length(&text) + length(line) > BLOCK {
            blocks.push(section(&text));
            text = format!("{head}, further:");
        }
        text.push_str("\n• ");
        // One that is longer than a block goes on in the next, and nothing of it is cut.
        let mut rest = line.as_str();
        while !rest.is_empty() {
            let (fits, more) = rest.split_at(fitting(rest, BLOCK.saturating_sub(length(&text))));
            text.push_str(fits);
            rest = more;
            if !rest.is_empty() {
                blocks.push(section(&text));
                text = format!("{head}, further:\n… ");
            }
        }
    }
    blocks.push(section(&text));
}

/// How much of a text fits into so much room, escaped; bytes, a character at least.
fn fitting(text: &str, room: usize) -> usize {
    let mut used = 0;
    let mut ends = text.char_indices().map(|(at, c)| (at + c.len_utf8(), c));
    let fits = ends.by_ref().take_while(|(_, c)| {
        used += if matches!(c, '&' | '<' | '>') { 5 } else { 1 };
        used <= room
    });
    let last = fits.last().map(|(end, _)| end);
    last.unwrap_or_else(|| text.chars().next().map_or(0, char::len_utf8))
}

/// How long a text is once it is escaped.
fn length(text: &str) -> usize {
    let escaped = text
        .chars()
        .filter(|c| matches!(c, '&' | '<' | '>'))
        .count();
    text.chars().count() + 4 * escaped
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
