//! HTML as text: what a reader sees, apart from what is in it and unseen, beside where its links lead.
//! Tokens are read by `html5gum`; how elements nest is followed as far as it decides what is seen. What
//! is taken for hidden is shown too, so nothing is lost where a program shows it.

use super::style::{Look, Sheet};
use super::{DEEPEST, Kind, Link, Message, Part, link, style};
use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};
use std::collections::BTreeMap;
use url::Url;

/// Longest HTML that is read, bytes.
const LONGEST: usize = 1 << 20;
/// How deep elements are followed.
const DEEPEST_ELEMENT: usize = DEEPEST * 40;
const VOID: [&str; 15] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr", "frame",
];
/// Elements whose content nobody reads.
const UNSEEN: [&str; 7] = [
    "script", "style", "template", "title", "noframes", "noembed", "datalist",
];
const INLINE: [&str; 26] = [
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "em", "font", "i", "ins", "del", "kbd",
    "label", "mark", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "u", "img",
];

/// Adds an HTML text to a message.
pub fn add(message: &mut Message, html: &str, within: Option<&str>) {
    if html.len() > LONGEST {
        return message.cannot("an HTML text in it is longer than is read here");
    }
    let reader = read(html, None, 0);
    if reader.sheet.adds_words {
        message.cannot("its style sheet can add words that are not in its text");
    }
    if reader.too_deep {
        message.cannot("its HTML lies deeper than is followed here");
    }
    if reader.reversed {
        message.note("A text in its HTML is shown in reverse.");
    }
    message.add(Part {
        kind: Kind::Html,
        within: within.map(str::to_owned),
        text: tidy(&reader.text),
        hidden: reader.hidden,
        links: reader.links,
    });
}

/// The words of a text that may be HTML, put together across its elements.
pub fn words(text: &str) -> String {
    let strings = tokens(text).filter_map(|token| match token {
        Token::String(text) => Some(lossy(&text)),
        _ => None,
    });
    strings.collect()
}

/// An HTML text read to its end.
fn read(html: &str, mut base: Option<Url>, depth: usize) -> Reader {
    let mut sheet = Sheet::default();
    let mut fetched = Vec::new();
    let mut in_style = false;
    for token in tokens(html) {
        match &token {
            Token::StartTag(tag) if is(&tag.name, "style") => in_style = true,
            Token::EndTag(tag) if is(&tag.name, "style") => in_style = false,
            Token::StartTag(tag) if is(&tag.name, "base") => {
                base = base.or_else(|| Url::parse(attributes(tag).get("href")?.trim()).ok());
            }
            Token::String(text) if in_style => {
                let text = lossy(text);
                sheet.read(&text);
                fetched.extend(style::addresses(&text));
            }
            _ => {}
        }
    }
    let mut reader = Reader {
        sheet,
        base,
        depth,
        ..Reader::default()
    };
    for target in fetched {
        reader.fetched(&target);
    }
    for token in tokens(html) {
        reader.token(token);
    }
    reader.end();
    reader
}

fn tokens(html: &str) -> impl Iterator<Item = Token> {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    Tokenizer::new_with_emitter(html, emitter).filter_map(Result::ok)
}

fn is(name: &[u8], other: &str) -> bool {
    name == other.as_bytes()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn attributes(tag: &StartTag<()>) -> BTreeMap<String, String> {
    tag.attributes
        .iter()
        .map(|(name, value)| (lossy(name).to_ascii_lowercase(), lossy(value)))
        .collect()
}

/// An open element.
struct Open {
    name: String,
    look: Look,
}

#[derive(Default)]
struct Reader {
    sheet: Sheet,
    base: Option<Url>,
    open: Vec<Open>,
    text: String,
    hidden: Vec<String>,
    /// What is being hidden.
    hiding: String,
    links: Vec<Link>,
    /// The link that is open: where it leads, and its words so far.
    anchor: Option<(String, String)>,
    /// How many documents it lies within.
    depth: usize,
    too_deep: bool,
    reversed: bool,
}

impl Reader {
    fn token(&mut self, token: Token) {
        match token {
            Token::StartTag(tag) => self.start(&tag),
            Token::EndTag(tag) => self.close(&lossy(&tag.name)),
            Token::String(text) => self.words(&lossy(&text)),
            // Some programs show what stands in a conditional comment.
            Token::Comment(text) => {
                let text = lossy(&text);
                if !text.trim().is_empty() {
                    self.unhide();
                    self.hidden.push(tidy(&text));
                }
            }
            Token::Doctype(_) | Token::Error(_) => {}
        }
    }

    fn look(&self) -> Look {
        self.open
            .last()
            .map(|open| open.look.clone())
            .unwrap_or_default()
    }

    fn start(&mut self, tag: &StartTag<()>) {
        let name = lossy(&tag.name);
        let given = attributes(tag);
        self.close_implied(&name);
        if !INLINE.contains(&name.as_str()) && name != "br" {
            self.line_end();
        }
        if name == "bdo"
            || given
                .get("style")
                .is_some_and(|style| style.contains("bidi-override"))
        {
            self.reversed = true;
        }
        if let Some(style) = given.get("style") {
            self.sheet.of_element(style);
        }
        let look = self.look().of(&name, &given, &self.sheet);
        self.targets(&name, &given);
        self.said_by_attributes(&name, &given, &look);
        if VOID.contains(&name.as_str()) {
            return;
        }
        if self.open.len() >= DEEPEST_ELEMENT {
            self.too_deep = true;
            return;
        }
        self.open.push(Open { name, look });
    }

    /// Elements that end where another begins.
    fn close_implied(&mut self, name: &str) {
        let Some(last) = self.open.last().map(|open| open.name.as_str()) else {
            return;
        };
        let ends = match last {
            "p" => !INLINE.contains(&name) && name != "br",
            "li" => name == "li",
            "td" | "th" => matches!(name, "td" | "th" | "tr"),
            "tr" => name == "tr",
            "dt" | "dd" => matches!(name, "dt" | "dd"),
            "option" => name == "option",
            _ => false,
        };
        if ends {
            self.open.pop();
        }
    }

    /// Where an element leads.
    fn targets(&mut self, name: &str, given: &BTreeMap<String, String>) {
        let get = |key: &str| given.get(key).map(String::as_str);
        if name == "a" || name == "area" {
            self.end_anchor();
            if let Some(target) = get("href").or_else(|| get("xlink:href")) {
                let words = get("alt").unwrap_or_default().to_owned();
                self.anchor = Some((target.to_owned(), words));
            }
            if name == "area" {
                self.end_anchor();
            }
        }
        let others = [
            ("form", "action", "(form)"),
            ("button", "formaction", "(button)"),
            ("input", "formaction", "(button)"),
            ("iframe", "src", "(frame)"),
            ("embed", "src", "(embedded)"),
            ("object", "data", "(embedded)"),
            ("img", "src", "(picture)"),
            ("link", "href", "(style or feed)"),
            ("video", "src", "(film)"),
            ("video", "poster", "(picture)"),
            ("audio", "src", "(sound)"),
            ("source", "src", "(film or sound)"),
            ("track", "src", "(film or sound)"),
            ("frame", "src", "(frame)"),
            ("a", "ping", "(told of a click)"),
            ("area", "ping", "(told of a click)"),
            ("input", "src", "(picture)"),
            ("image", "href", "(picture)"),
            ("image", "xlink:href", "(picture)"),
            ("use", "href", "(picture)"),
            ("use", "xlink:href", "(picture)"),
            ("script", "src", "(script)"),
            ("body", "background", "(picture)"),
            ("table", "background", "(picture)"),
            ("td", "background", "(picture)"),
            ("blockquote", "cite", "(source)"),
        ];
        for (element, key, words) in others {
            if let Some(target) = get(key).filter(|_| element == name) {
                let shown = if target.starts_with("data:") {
                    "data:…"
                } else {
                    target
                };
                self.links
                    .push(link::link(words, shown, self.base.as_ref()));
            }
        }
        if let Some(set) = get("srcset").or_else(|| get("imagesrcset")) {
            for target in set
                .split(',')
                .filter_map(|one| one.split_whitespace().next())
            {
                self.fetched(target);
            }
        }
        for target in get("style").into_iter().flat_map(style::addresses) {
            self.fetched(&target);
        }
        if name == "meta"
            && get("http-equiv").is_some_and(|what| what.eq_ignore_ascii_case("refresh"))
        {
            let target = get("content").unwrap_or_default();
            let target = target.split_once('=').map_or(target, |(_, target)| target);
            self.links
                .push(link::link("(goes on to)", target, self.base.as_ref()));
        }
    }

    /// What a program fetches to show the text.
    fn fetched(&mut self, target: &str) {
        let shown = if target.starts_with("data:") {
            "data:…"
        } else {
            target
        };
        self.links
            .push(link::link("(picture)", shown, self.base.as_ref()));
    }

    /// Words that stand in attributes and are read.
    fn said_by_attributes(&mut self, name: &str, given: &BTreeMap<String, String>, look: &Look) {
        let say = match name {
            "img" => given
                .get("alt")
                .filter(|alt| !alt.trim().is_empty())
                .map(|alt| format!("[picture: {alt}]")),
            "input" => given
                .get("value")
                .or_else(|| given.get("placeholder"))
                .cloned(),
            "textarea" => given.get("placeholder").cloned(),
            "option" | "optgroup" | "track" => given.get("label").cloned(),
            "object" => given.get("standby").cloned(),
            "table" => given.get("summary").cloned(),
            "br" => Some("\n".to_owned()),
            _ => None,
        };
        if let Some(say) = say {
            if name == "br" {
                self.put("\n", look);
            } else {
                self.put(&format!(" {say} "), look);
            }
        }
        if let Some(html) = given.get("srcdoc") {
            self.inner(html);
        }
        if let Some(title) = given.get("title").filter(|title| !title.trim().is_empty()) {
            self.unhide();
            self.hidden.push(tidy(title));
        }
    }

    /// A document within an attribute.
    fn inner(&mut self, html: &str) {
        if self.depth >= DEEPEST || self.too_deep {
            self.too_deep = true;
            return;
        }
        let mut inner = read(html, self.base.clone(), self.depth + 1);
        self.line_end();
        self.text.push_str(&tidy(&inner.text));
        self.text.push('\n');
        self.hidden.append(&mut inner.hidden);
        self.links.append(&mut inner.links);
        self.too_deep |= inner.too_deep;
        self.reversed |= inner.reversed;
        self.sheet.adds_words |= inner.sheet.adds_words;
    }

    fn close(&mut self, name: &str) {
        if name == "a" {
            self.end_anchor();
        }
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else {
            return;
        };
        self.open.truncate(at);
        if !INLINE.contains(&name) {
            self.line_end();
        }
    }

    fn words(&mut self, text: &str) {
        if self
            .open
            .iter()
            .any(|open| UNSEEN.contains(&open.name.as_str()))
        {
            let title = self
                .open
                .iter()
                .any(|open| open.name == "title" || open.name == "template");
            if title && !text.trim().is_empty() {
                self.hidden.push(tidy(text));
            }
            return;
        }
        let pre = self
            .open
            .iter()
            .any(|open| open.name == "pre" || open.name == "textarea");
        let look = self.look();
        if pre {
            return self.put(text, &look);
        }
        let mut collapsed = String::with_capacity(text.len());
        for c in text.chars() {
            let space = matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
            if !space {
                collapsed.push(c);
            } else if !collapsed.ends_with(' ') {
                collapsed.push(' ');
            }
        }
        self.put(&collapsed, &look);
    }

    fn put(&mut self, text: &str, look: &Look) {
        if look.unseen() {
            self.hiding.push_str(text);
            return;
        }
        if text.trim().is_empty() && !self.hiding.is_empty() {
            self.hiding.push_str(text);
        } else {
            self.unhide();
        }
        self.text.push_str(text);
        if let Some((_, words)) = &mut self.anchor {
            words.push_str(text);
        }
    }

    fn line_end(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        if !self.hiding.is_empty() {
            self.hiding.push(' ');
        }
    }

    fn unhide(&mut self) {
        let hidden = std::mem::take(&mut self.hiding);
        if hidden.chars().any(|c| {
            !c.is_whitespace()
                && !matches!(
                    c,
                    '\u{200c}' | '\u{200b}' | '\u{34f}' | '\u{ad}' | '\u{feff}'
                )
        }) {
            self.hidden.push(tidy(&hidden));
        }
    }

    fn end_anchor(&mut self) {
        if let Some((target, words)) = self.anchor.take() {
            self.links
                .push(link::link(&words, &target, self.base.as_ref()));
        }
    }

    fn end(&mut self) {
        self.end_anchor();
        self.unhide();
    }
}

/// Lines without spaces at their ends, and never more than one blank between them.
fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blank = 0;
    for line in text.lines().map(str::trim) {
        blank = if line.is_empty() { blank + 1 } else { 0 };
        if blank <= 1 {
            tidy.push_str(line);
            tidy.push('\n');
        }
    }
    tidy.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part_of(html: &str) -> Part {
        let mut message = Message::default();
        add(&mut message, html, None);
        message.parts.pop().unwrap_or(Part {
            kind: Kind::Html,
            within: None,
            text: String::new(),
            hidden: Vec::new(),
            links: Vec::new(),
        })
    }

    #[test]
    fn html_is_shown_as_text() {
        let part = part_of(
            "<p>Dear   Kim,<p>we <b>re</b>fund<br>you &pound;10&#44;000.<ul><li>one<li>two</ul><script>no()</script>",
        );
        assert_eq!(part.text, "Dear Kim,\nwe refund\nyou £10,000.\none\ntwo");
        assert!(part.hidden.is_empty());
    }

    #[test]
    fn links_stand_beside_where_they_lead() {
        let part = part_of(
            "<a href='https://evil.example/x'>https://bank.<b>example</b></a> <a href=https://shop.example>here</a>",
        );
        assert_eq!(part.text, "https://bank.example here");
        let links: Vec<_> = part
            .links
            .iter()
            .map(|link| (link.target.as_str(), link.differs))
            .collect();
        assert_eq!(
            links,
            [
                ("https://evil.example/x", true),
                ("https://shop.example/", false)
            ]
        );
    }

    #[test]
    fn what_a_reader_does_not_see_is_apart() {
        for html in [
            "<span style='display:none'>ferret</span>",
            "<div style='DISPLAY : none !important'><p>ferret</p></div>",
            "<span style='display:/**/none'>ferret</span>",
            "<span style='font-size:0px'>ferret</span>",
            "<span style='font-size:.1em'>ferret</span>",
            "<span style='color:#fff'>ferret</span>",
            "<font color=white>ferret</font>",
            "<span style='color:rgb(255, 255, 254)'>ferret</span>",
            "<td bgcolor=#000000><span style='color:black'>ferret</span></td>",
            "<span style='visibility:hidden'>ferret</span>",
            "<span style='opacity:0'>ferret</span>",
            "<span style='color:transparent'>ferret</span>",
            "<div style='max-height:0;overflow:hidden'>ferret</div>",
            "<div style='position:absolute;left:-9999px'>ferret</div>",
            "<div style='text-indent:-9999px'>ferret</div>",
            "<div hidden>ferret</div>",
            "<style>.q, p .x { display: none }</style><i class='a x'>ferret</i>",
            "<i id=z>ferret</i><style>@media all { #z { visibility: hidden } }</style>",
            "<!--[if mso]> ferret <![endif]-->",
            "<title>ferret</title>",
            "<span style='mso-hide:all'>ferret</span>",
            "<span style='dis\\70lay:none'>ferret</span>",
        ] {
            let part = part_of(&format!("before {html} after"));
            assert!(!part.text.contains("ferret"), "{html}: {part:?}");
            assert!(
                part.hidden.iter().any(|text| text.contains("ferret")),
                "{html}: {part:?}"
            );
            assert!(
                part.text.contains("before") && part.text.contains("after"),
                "{html}"
            );
        }
    }

    #[test]
    fn what_a_reader_sees_is_not_marked() {
        for html in [
            "<a style='color:#ffffff;background-color:#1a73e8'>ferret</a>",
            "<td style='background:navy'><span style='color:white'>ferret</span></td>",
            "<div style='font-size:0'><span style='font-size:14px'>ferret</span></div>",
            "<div style='visibility:hidden'><b style='visibility:visible'>ferret</b></div>",
            "<p style='display:none'>x<p>ferret",
            "<div style='background:url(x.png)'><i style='color:white'>ferret</i></div>",
            "<span style='color:#333'>ferret</span>",
            "<span style='height:0'>ferret</span>",
        ] {
            let part = part_of(html);
            assert!(part.text.contains("ferret"), "{html}: {part:?}");
        }
    }

    #[test]
    fn hostile_html_ends() {
        let deep = "<div>".repeat(100_000);
        assert!(part_of(&deep).text.is_empty());
        let mut message = Message::default();
        add(&mut message, &format!("{deep}x"), None);
        assert!(!message.opaque.is_empty());
        part_of(&"<style>a{b:c}".repeat(5_000));
        part_of(&"<a href=x>".repeat(50_000));
    }

    #[test]
    fn what_a_program_shows_from_elsewhere_is_shown() {
        for html in [
            "<iframe srcdoc='<p>ferret &lt;b&gt;x</p>'></iframe>",
            "<select><option label=ferret></select>",
            "<select><optgroup label=ferret><option>x</select>",
        ] {
            let part = part_of(html);
            assert!(part.text.contains("ferret"), "{html}: {part:?}");
        }
        for html in [
            "<img srcset='https://ferret.example/a 2x, https://b.example/ 3x'>",
            "<video poster=https://ferret.example/a></video>",
            "<a href=https://a.example ping=https://ferret.example/a>x</a>",
            "<p style='background:url(https://ferret.example/a)'>x</p>",
            "<style>@import 'https://ferret.example/a'; p { background: URL( \"https://ferret.example/a\" ) }</style>x",
        ] {
            let part = part_of(html);
            let mut targets = part.links.iter().map(|link| link.target.as_str());
            assert!(
                targets.any(|to| to == "https://ferret.example/a"),
                "{html}: {part:?}"
            );
        }
    }

    #[test]
    fn styles_that_add_words_are_said_to() {
        for html in [
            "<style>p::before { content: 'ferret' }</style>x",
            "<style>li { list-style-type: \"ferret \" }</style><li>x",
            "<li style='list-style: \"ferret\"'>x",
            "<style>@counter-style k { system: cyclic; symbols: 'ferret' } li { list-style: k }</style><li>x",
            "<style>q { quotes: 'ferret' '' }</style><q>x</q>",
            "<iframe srcdoc='<style>p::after { content: attr(x) }</style>'></iframe>",
        ] {
            let mut message = Message::default();
            add(&mut message, html, None);
            assert_eq!(message.opaque.len(), 1, "{html}: {message:?}");
        }
        let mut message = Message::default();
        add(
            &mut message,
            "<style>li { list-style: none; quotes: none } p::after { content: '' }</style><li>x",
            None,
        );
        assert_eq!(message.opaque.len(), 0);
    }
}
