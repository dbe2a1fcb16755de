//! What of an HTML text is seen, by its styles: as far as they decide whether words are there to be read.

use std::collections::BTreeMap;

/// Most rules of style sheets that are looked at.
const MOST_RULES: usize = 200;
const WHITE: Color = Color(255, 255, 255);
const NAMED: [(&str, Color); 24] = [
    ("white", WHITE),
    ("snow", Color(255, 250, 250)),
    ("ivory", Color(255, 255, 240)),
    ("ghostwhite", Color(248, 248, 255)),
    ("whitesmoke", Color(245, 245, 245)),
    ("floralwhite", Color(255, 250, 240)),
    ("azure", Color(240, 255, 255)),
    ("mintcream", Color(245, 255, 250)),
    ("black", Color(0, 0, 0)),
    ("red", Color(255, 0, 0)),
    ("green", Color(0, 128, 0)),
    ("lime", Color(0, 255, 0)),
    ("blue", Color(0, 0, 255)),
    ("navy", Color(0, 0, 128)),
    ("yellow", Color(255, 255, 0)),
    ("orange", Color(255, 165, 0)),
    ("purple", Color(128, 0, 128)),
    ("teal", Color(0, 128, 128)),
    ("maroon", Color(128, 0, 0)),
    ("silver", Color(192, 192, 192)),
    ("gray", Color(128, 128, 128)),
    ("grey", Color(128, 128, 128)),
    ("lightgray", Color(211, 211, 211)),
    ("lightgrey", Color(211, 211, 211)),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Color(u8, u8, u8);

/// How the words of an element look.
#[derive(Clone, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a property of its own of a style"
)]
pub(super) struct Look {
    /// Not there, and nothing in it is.
    gone: bool,
    invisible: bool,
    tiny: bool,
    /// `None` where it is not known.
    color: Option<Color>,
    background: Option<Color>,
    clear: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            gone: false,
            invisible: false,
            tiny: false,
            color: Some(Color(0, 0, 0)),
            background: Some(WHITE),
            clear: false,
        }
    }
}

impl Look {
    /// Whether a reader does not see its words.
    pub(super) fn unseen(&self) -> bool {
        let same = match (self.color, self.background) {
            (Some(color), Some(background)) => color.near(background),
            _ => false,
        };
        self.gone || self.invisible || self.tiny || self.clear || same
    }

    /// The look of an element in one that has this.
    pub(super) fn of(
        mut self,
        name: &str,
        given: &BTreeMap<String, String>,
        sheet: &Sheet,
    ) -> Self {
        if given.contains_key("hidden") {
            self.gone = true;
        }
        if let Some(color) = given.get("bgcolor") {
            self.background = color_of(color).map(|(color, _)| color);
        }
        if given.contains_key("background") {
            self.background = None;
        }
        let color = match name {
            "font" => given.get("color"),
            "body" => given.get("text"),
            _ => None,
        };
        if let Some(color) = color {
            self.declare("color", color);
        }
        for rule in &sheet.rules {
            if rule.matches(name, given) {
                let was = self.clone();
                self.all(&rule.declarations);
                if rule.sometimes {
                    self = Self {
                        gone: self.gone,
                        invisible: self.invisible,
                        ..was
                    };
                }
            }
        }
        if let Some(style) = given.get("style") {
            self.all(&plain(style));
        }
        self
    }

    fn all(&mut self, declarations: &str) {
        // Written with escapes, a style is read as what is meant to be overlooked.
        if declarations.contains('\\') {
            self.gone = true;
        }
        let pairs = || {
            declarations
                .split(';')
                .filter_map(|one| one.split_once(':'))
        };
        for (property, value) in pairs() {
            let value = value.replace("!important", "");
            self.declare(property.trim(), value.trim());
        }
        let has = |property: &str, fits: fn(&str) -> bool| {
            pairs().any(|(name, value)| name.trim() == property && fits(value.trim()))
        };
        let clips = ["overflow", "overflow-x", "overflow-y"].iter().any(|name| {
            has(name, |value| {
                value.starts_with("hidden") || value.starts_with("clip")
            })
        });
        let flat = ["height", "max-height", "width", "max-width"]
            .iter()
            .any(|name| has(name, |value| size(value).is_some_and(|size| size <= 1.0)));
        self.gone |= clips && flat;
    }

    fn declare(&mut self, property: &str, value: &str) {
        let number = size(value);
        match property {
            "display" => self.gone |= value == "none",
            "mso-hide" => self.gone |= value == "all",
            "visibility" => self.invisible = matches!(value, "hidden" | "collapse"),
            "opacity" => self.gone |= number.is_some_and(|opacity| opacity < 0.1),
            "font-size" => self.tiny = tiny(value),
            "font" => {
                let mut sizes = value.split_whitespace().map(|one| one.split('/').next());
                self.tiny =
                    sizes.any(|one| one.is_some_and(|one| size(one).is_some() && tiny(one)));
            }
            "text-indent" | "left" | "right" | "top" | "bottom" | "margin-left" | "margin-top" => {
                self.gone |= number.is_some_and(|far| far <= -200.0);
            }
            "clip" => self.gone |= value.starts_with("rect(0") || value.starts_with("rect(1px"),
            "clip-path" => {
                self.gone |= value.starts_with("inset(50%") || value.starts_with("inset(100%");
            }
            "transform" => self.gone |= value.replace(' ', "").contains("scale(0"),
            "color" | "-webkit-text-fill-color" => {
                let found = color_of(value);
                self.color = found.map(|(color, _)| color);
                self.clear = value == "transparent" || found.is_some_and(|(_, alpha)| alpha < 0.1);
            }
            "background" | "background-color" => self.behind(value),
            "background-image" => self.background = None,
            _ => {}
        }
    }

    fn behind(&mut self, value: &str) {
        if value.contains("url(") || value.contains("gradient") {
            self.background = None;
            return;
        }
        if matches!(value, "none" | "transparent" | "inherit" | "initial") {
            return;
        }
        self.background = color_of(value)
            .or_else(|| value.split_whitespace().find_map(color_of))
            .map(|(color, _)| color);
    }
}

impl Color {
    fn near(self, other: Self) -> bool {
        let apart = |a: u8, b: u8| u32::from(a.abs_diff(b));
        apart(self.0, other.0) + apart(self.1, other.1) + apart(self.2, other.2) <= 40
    }
}

fn tiny(value: &str) -> bool {
    let Some(number) = size(value) else {
        return false;
    };
    let least = match value.trim_start_matches(|c: char| c.is_ascii_digit() || ".+-".contains(c)) {
        "em" | "rem" | "ex" | "ch" => 0.3,
        "%" => 30.0,
        "vw" | "vh" | "in" | "cm" => 0.1,
        _ => 3.0,
    };
    number < least
}

/// The number a size begins with.
fn size(value: &str) -> Option<f64> {
    let end = value
        .find(|c: char| !(c.is_ascii_digit() || ".+-".contains(c)))
        .unwrap_or(value.len());
    value[..end].parse().ok()
}

/// A colour and how opaque it is; `None` when it cannot be told.
fn color_of(text: &str) -> Option<(Color, f64)> {
    let text = text.trim().to_ascii_lowercase();
    if let Some((_, color)) = NAMED.iter().find(|(name, _)| *name == text) {
        return Some((*color, 1.0));
    }
    if let Some(digits) = text.strip_prefix('#') {
        return of_digits(digits);
    }
    let (name, inside) = text.split_once('(')?;
    let numbers: Vec<f64> = inside
        .trim_end_matches(')')
        .split([',', ' ', '/'])
        .filter(|part| !part.is_empty())
        .filter_map(|part| match part.strip_suffix('%') {
            Some(share) if name.starts_with("rgb") => share.parse::<f64>().ok().map(|n| n * 2.55),
            Some(share) => share.parse().ok(),
            None => part.trim_end_matches("deg").parse().ok(),
        })
        .collect();
    let alpha = numbers.get(3).copied().unwrap_or(1.0);
    match (name, numbers.as_slice()) {
        ("rgb" | "rgba", [red, green, blue, ..]) => {
            Some((Color(*red as u8, *green as u8, *blue as u8), alpha))
        }
        ("hsl" | "hsla", [_, _, light, ..]) if *light >= 96.0 => Some((WHITE, alpha)),
        ("hsl" | "hsla", [_, _, light, ..]) if *light <= 4.0 => Some((Color(0, 0, 0), alpha)),
        _ => None,
    }
}

fn of_digits(digits: &str) -> Option<(Color, f64)> {
    let digits: Vec<u8> = digits
        .chars()
        .map(|c| c.to_digit(16).map(|digit| digit as u8))
        .collect::<Option<_>>()?;
    let alpha = |value: u8| f64::from(value) / 255.0;
    match digits.as_slice() {
        [r, g, b] => Some((Color(r * 17, g * 17, b * 17), 1.0)),
        [r, g, b, a] => Some((Color(r * 17, g * 17, b * 17), alpha(a * 17))),
        eight if matches!(eight.len(), 6 | 8) => {
            let pair = |at: usize| eight[at * 2] * 16 + eight[at * 2 + 1];
            let seen = if eight.len() == 8 {
                alpha(pair(3))
            } else {
                1.0
            };
            Some((Color(pair(0), pair(1), pair(2)), seen))
        }
        _ => None,
    }
}

/// Style text in lower case without comments.
fn plain(style: &str) -> String {
    let mut plain = String::with_capacity(style.len());
    let mut rest = style;
    while let Some((before, after)) = rest.split_once("/*") {
        plain.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain.to_ascii_lowercase()
}

/// The style sheets of a text, as far as they are followed.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    rules: Vec<Rule>,
    /// It can put words before or behind elements.
    pub(super) adds_words: bool,
}

/// The last part of a selector, and what it declares.
#[derive(Debug)]
struct Rule {
    tag: String,
    classes: Vec<String>,
    id: Option<String>,
    declarations: String,
    /// It holds under a condition (`@media`).
    sometimes: bool,
}

impl Rule {
    fn matches(&self, name: &str, given: &BTreeMap<String, String>) -> bool {
        let classes = given.get("class").map(|all| all.to_ascii_lowercase());
        let has = |class: &String| {
            let mut all = classes.iter().flat_map(|all| all.split_whitespace());
            all.any(|one| one == class)
        };
        (self.tag.is_empty() || self.tag == name)
            && self.classes.iter().all(has)
            && self.id.as_ref().is_none_or(|id| {
                given
                    .get("id")
                    .is_some_and(|given| given.to_ascii_lowercase() == *id)
            })
    }
}

impl Sheet {
    /// Reads a style sheet.
    pub(super) fn read(&mut self, text: &str) {
        let text = plain(text);
        let mut depth = 0_usize;
        for chunk in text.split_inclusive(['{', '}']) {
            let inside = chunk.trim_end_matches(['{', '}']).trim();
            if chunk.ends_with('{') {
                depth += 1;
                self.pending(inside, depth);
            } else {
                depth = depth.saturating_sub(1);
                self.declared(inside);
            }
        }
    }

    /// Looks at what an element declares for itself.
    pub(super) fn of_element(&mut self, style: &str) {
        self.adds_words |= adds_words(&plain(style));
    }

    /// Selectors whose declarations follow.
    fn pending(&mut self, selectors: &str, depth: usize) {
        if selectors.starts_with('@') {
            return;
        }
        for selector in selectors.split(',') {
            if self.rules.len() < MOST_RULES {
                self.rules.extend(rule(selector, depth > 1));
            }
        }
    }

    fn declared(&mut self, declarations: &str) {
        self.adds_words |= adds_words(declarations);
        for rule in self.rules.iter_mut().rev() {
            if !rule.declarations.is_empty() {
                break;
            }
            rule.declarations = format!("{declarations};");
        }
    }
}

/// Whether declarations put words beside those of the text.
fn adds_words(declarations: &str) -> bool {
    declarations
        .split(';')
        .filter_map(|one| one.split_once(':'))
        .any(|(name, value)| {
            let value = value.trim();
            let says = !matches!(value, "" | "none" | "normal" | "''" | "\"\"");
            let quoted = value.contains(['"', '\'']);
            match name.trim() {
                "content" | "symbols" | "additive-symbols" | "prefix" | "suffix" | "negative" => {
                    says
                }
                "list-style" | "list-style-type" | "quotes" => quoted && says,
                _ => false,
            }
        })
}

/// Addresses that a style names: what a program fetches to show it.
pub(super) fn addresses(style: &str) -> Vec<String> {
    let lower = style.to_ascii_lowercase();
    let mut found = Vec::new();
    for (at, mark) in lower
        .match_indices("url(")
        .chain(lower.match_indices("@import"))
    {
        let rest = style[at + mark.len()..].trim_start();
        let rest = rest.trim_start_matches(['"', '\'']);
        let end = rest.find(['"', '\'', ')', ';']).unwrap_or(rest.len());
        let target = rest[..end].trim();
        if !target.is_empty() && !target.to_ascii_lowercase().starts_with("url(") {
            found.push(target.to_owned());
        }
    }
    found
}

fn rule(selector: &str, sometimes: bool) -> Option<Rule> {
    let last = selector
        .split(|c: char| c.is_whitespace() || ">+~".contains(c))
        .rfind(|part| !part.is_empty())?;
    let last = last.split([':', '[']).next()?;
    let mut rule = Rule {
        tag: String::new(),
        classes: Vec::new(),
        id: None,
        declarations: String::new(),
        sometimes,
    };
    let mut rest = last;
    while !rest.is_empty() {
        let mut next = rest.char_indices().skip(1);
        let end = next
            .find(|(_, c)| matches!(c, '.' | '#'))
            .map_or(rest.len(), |(at, _)| at);
        let (part, after) = rest.split_at(end);
        match (part.strip_prefix('.'), part.strip_prefix('#')) {
            (Some(class), _) => rule.classes.push(class.to_owned()),
            (_, Some(id)) => rule.id = Some(id.to_owned()),
            _ => part.trim_start_matches('*').clone_into(&mut rule.tag),
        }
        rest = after;
    }
    (!last.is_empty()).then_some(rule)
}
