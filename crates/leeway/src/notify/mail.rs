//! A letter as an e-mail: plain text, and HTML that says the same. No text from outside becomes
//! markup or a header of its own.

use super::{Links, words};
use crate::error::ApiError;
use leeway_core::notify::letter::{Card, Letter};
use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart, SinglePart};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::time::{Duration, UNIX_EPOCH};

/// Whom a message is from and to, under which id, when.
pub struct Envelope<'a> {
    /// The sender's address.
    pub from: &'a str,
    /// The sender's name.
    pub from_name: &'a str,
    /// The reader's address.
    pub to: &'a str,
    /// The message's id, the same through every attempt.
    pub message: &'a str,
    /// When it was put together, UTC milliseconds.
    pub at_ms: i64,
}

/// Says to other programs that no person wrote this, so that none answers.
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// The whole message.
pub fn message(
    envelope: &Envelope<'_>,
    letter: &Letter,
    links: &Links<'_>,
) -> Result<Message, ApiError> {
    let bodies = (text(letter, links), page(letter, links).into_string());
    assembled(envelope, &letter.subject, bodies)
}

/// A report as a message: plain text, and a page that says the same.
pub fn report(
    envelope: &Envelope<'_>,
    (subject, text, page): (String, String, String),
) -> Result<Message, ApiError> {
    assembled(envelope, &subject, (text, page))
}

fn assembled(
    envelope: &Envelope<'_>,
    subject: &str,
    (text, page): (String, String),
) -> Result<Message, ApiError> {
    let unusable = |why: String| ApiError::invalid("email-invalid", why);
    let address = |text: &str| {
        text.parse::<lettre::Address>()
            .map_err(|error| unusable(format!("`{}`: {error}", text.escape_debug())))
    };
    let from = address(envelope.from)?;
    let id = format!("<{}@{}>", envelope.message, from.domain());
    let at = UNIX_EPOCH + Duration::from_millis(envelope.at_ms.unsigned_abs());
    let part = |kind: ContentType, body: String| SinglePart::builder().header(kind).body(body);
    Message::builder()
        .from(Mailbox::new(Some(one_line(envelope.from_name)), from))
        .to(Mailbox::new(None, address(envelope.to)?))
        .subject(one_line(subject))
        .date(at)
        .message_id(Some(id))
        .header(AutoSubmitted)
        .multipart(
            MultiPart::alternative()
                .singlepart(part(ContentType::TEXT_PLAIN, text))
                .singlepart(part(ContentType::TEXT_HTML, page)),
        )
        .map_err(|error| unusable(error.to_string()))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The plain text.
pub fn text(letter: &Letter, links: &Links<'_>) -> String {
    let mut out = String::new();
    for (number, card) in letter.cards.iter().enumerate() {
        if letter.is_digest() {
            out.push_str(&format!("— {} of {} —\n\n", number + 1, letter.cards.len()));
        }
        card_text(&mut out, card, links);
        out.push('\n');
    }
    if let Some(more) = words::more(letter) {
        out.push_str(&format!("{more}\n{}/inbox\n\n", links.base));
    }
    out.push_str(&format!(
        "-- \n{}\n{}\n",
        words::WHY_YOU,
        words::WHY_BRACKETS
    ));
    out
}

fn card_text(out: &mut String, card: &Card, links: &Links<'_>) {
    out.push_str(&format!("{}\n\n{}\n", card.headline, card.title));
    if !card.facts.is_empty() {
        out.push('\n');
    }
    for (label, fact) in &card.facts {
        out.push_str(&format!("{label}: {}\n", indented(fact)));
    }
    if !card.changes.is_empty() {
        out.push_str("\nWhat would change:\n");
    }
    for change in &card.changes {
        out.push_str(&format!(
            "- {}\n    now:      {}\n    proposed: {}\n",
            change.field,
            indented(&change.old),
            indented(&change.new)
        ));
    }
    if card.more_changes > 0 {
        out.push_str(&format!("- and {} more, on the page\n", card.more_changes));
    }
    if !card.message.is_empty() {
        out.push_str(&format!("\n{}:\n", words::MESSAGE));
    }
    for (label, text) in &card.message {
        out.push_str(&format!("- {label}: {}\n", indented(text)));
    }
    if !card.arguments.is_empty() {
        out.push_str(&format!("\n{}:\n", words::sent(card)));
    }
    for (name, given) in &card.arguments {
        out.push_str(&format!("- {name}: {}\n", indented(given)));
    }
    if card.more_arguments > 0 {
        out.push_str(&format!("- {}\n", words::more_sent(card.more_arguments)));
    }
    if !card.why.is_empty() {
        out.push_str(if card.what.waits() {
            "\nWhy this needs you:\n"
        } else {
            "\n"
        });
    }
    for why in &card.why {
        out.push_str(&format!("- {}\n", indented(why)));
    }
    if let Some(quote) = &card.quote {
        let quoted: Vec<String> = quote.lines().map(|line| format!("> {line}")).collect();
        out.push_str(&format!("\n{}\n{}\n", words::AGENT_SAYS, quoted.join("\n")));
    }
    out.push_str(&format!("\n{}: {}{}\n", look(card), links.base, card.path));
    if let (Some(quick), Some(link)) = (&card.quick, &links.quick) {
        out.push_str(&format!(
            "\n{}: {link}\n{}\n",
            words::QUICK,
            words::quick_note(&quick.until)
        ));
    }
}

/// The name of the link to a card's page.
pub fn look(card: &Card) -> &'static str {
    let decides = card.what.waits() || card.what == leeway_core::notify::What::ChangeWaits;
    if decides { words::LOOK } else { words::SEE }
}

/// A text of several lines cannot pass for lines of ours.
fn indented(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join("\n      ")
}

/// Colours of both schemes; mail programs take style from the head or not at all, so the light one
/// also stands in the elements.
const STYLE: &str = "
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .bg { background: #14161c !important; color: #e9ebf2 !important; }
  .card { background: #1d2029 !important; border-color: #3a3f4d !important; }
  .muted { color: #a9afbf !important; }
  .line { border-color: #3a3f4d !important; }
  .old { background: #3a2328 !important; color: #f3d6da !important; }
  .new { background: #1d3327 !important; color: #d3efdd !important; }
  .quote { background: #252936 !important; border-color: #565d70 !important; color: #e9ebf2 !important; }
  .go { background: #aab4ff !important; color: #14161c !important; }
  .soft { border-color: #aab4ff !important; color: #c3caff !important; }
  a.link { color: #c3caff !important; }
}";
const FONT: &str = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;";
const GO: &str = "display:inline-block;padding:11px 18px;border-radius:6px;background:#3a3fc4;color:#ffffff;text-decoration:none;font-weight:600;margin:0 8px 8px 0;";
const SOFT: &str = "display:inline-block;padding:10px 17px;border-radius:6px;border:1px solid #3a3fc4;color:#3a3fc4;text-decoration:none;font-weight:600;margin:0 8px 8px 0;";
const CELL: &str = "padding:6px 12px 6px 0;vertical-align:top;text-align:left;font-weight:400;";

/// The HTML.
pub fn page(letter: &Letter, links: &Links<'_>) -> Markup {
    html! { (DOCTYPE) html lang="en" {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (letter.subject) }
            style { (PreEscaped(STYLE)) }
        }
        body.bg style={ "margin:0;padding:20px 12px;background:#f4f5f9;color:#1e2230;line-height:1.5;font-size:15px;" (FONT) } {
            main style="max-width:640px;margin:0 auto;" {
                @if letter.is_digest() { h1 style="font-size:20px;margin:0 0 16px;" { (letter.subject) } }
                @for card in &letter.cards { (card_html(card, links, letter.is_digest())) }
                @if let Some(more) = words::more(letter) {
                    p { (more) " " a.link style="color:#3a3fc4;" href={ (links.base) "/inbox" } { "To the inbox" } }
                }
                p.muted style="color:#5b6172;font-size:13px;" { (words::WHY_YOU) br; (words::WHY_BRACKETS) }
            }
        }
    } }
}

fn card_html(card: &Card, links: &Links<'_>, digest: bool) -> Markup {
    html! { section.card style="background:#ffffff;border:1px solid #d9dce6;border-radius:10px;padding:20px;margin:0 0 16px;" {
        p style="margin:0 0 12px;" { (card.headline) }
        @if digest { h2 style="font-size:18px;margin:0 0 12px;" { (card.title) } }
        @else { h1 style="font-size:20px;margin:0 0 12px;" { (card.title) } }
        @if !card.facts.is_empty() { table role="presentation" style="border-collapse:collapse;font-size:14px;margin:0 0 14px;" {
            @for (label, fact) in &card.facts { tr {
                td.muted style={ (CELL) "color:#5b6172;white-space:nowrap;" } { (label) }
                td style=(CELL) { (lines(fact)) }
            } }
        } }
        (changes(card))
        (listed(words::MESSAGE, &card.message, 0))
        (listed(words::sent(card), &card.arguments, card.more_arguments))
        (why(card))
        @if let Some(quote) = &card.quote {
            p.muted style="color:#5b6172;font-size:13px;margin:0 0 4px;" { (words::AGENT_SAYS) }
            blockquote.quote style="margin:0 0 14px;padding:8px 12px;background:#f1f2f7;border-left:3px solid #a9afbf;" { (lines(quote)) }
        }
        p style="margin:0;" {
            a.go style=(GO) href={ (links.base) (card.path) } { (look(card)) }
            @if let (Some(_), Some(link)) = (&card.quick, &links.quick) { a.soft style=(SOFT) href=(link) { (words::QUICK) } }
        }
        @if let (Some(quick), Some(_)) = (&card.quick, &links.quick) {
            p.muted style="color:#5b6172;font-size:13px;margin:4px 0 0;" { (words::QUICK) ": " (words::quick_note(&quick.until)) }
        }
    } }
}

fn changes(card: &Card) -> Markup {
    html! { @if !card.changes.is_empty() {
        table style="border-collapse:collapse;width:100%;font-size:14px;margin:0 0 14px;" {
            tr.muted style="color:#5b6172;" { @for head in ["What would change", "Now", "Proposed"] { th scope="col" style=(CELL) { (head) } } }
            @for change in &card.changes { tr.line style="border-top:1px solid #d9dce6;" {
                th scope="row" style={ (CELL) "font-weight:600;" } { (change.field) }
                td style=(CELL) { span.old style="background:#fdecee;color:#5c1a24;padding:2px 5px;border-radius:4px;" { (lines(&change.old)) } }
                td style=(CELL) { span.new style="background:#e3f5ea;color:#123f25;padding:2px 5px;border-radius:4px;" { (lines(&change.new)) } }
            } }
            @if card.more_changes > 0 { tr { td style=(CELL) colspan="3" { "and " (card.more_changes) " more, on the page" } } }
        }
    } }
}

fn listed(head: &str, list: &[(String, String)], more: u64) -> Markup {
    html! { @if !list.is_empty() {
        p.muted style="color:#5b6172;font-size:13px;margin:0 0 4px;" { (head) ":" }
        table role="presentation" style="border-collapse:collapse;font-size:14px;margin:0 0 14px;" {
            @for (name, given) in list { tr.line style="border-top:1px solid #d9dce6;" {
                td.muted style={ (CELL) "color:#5b6172;" } { (name) } td style=(CELL) { (lines(given)) }
            } }
            @if more > 0 { tr { td style=(CELL) colspan="2" { (words::more_sent(more)) } } }
        }
    } }
}

fn why(card: &Card) -> Markup {
    html! { @if !card.why.is_empty() {
        @if card.what.waits() { p style="margin:0 0 4px;font-weight:600;" { "Why this needs you" } }
        ul style="margin:0 0 14px;padding-left:20px;" { @for why in &card.why { li { (lines(why)) } } }
    } }
}

/// Lines of a text, each escaped.
fn lines(text: &str) -> Markup {
    html! { @for (number, line) in text.lines().enumerate() { @if number > 0 { br; } (line) } }
}
