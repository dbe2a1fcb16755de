//! Trying a leaf: whether what a filter says moves with it. A filter that gives the same whatever
//! stands there does not speak of the leaf.

use super::leaf::{self, Leaf};
use crate::classify::classified::Work;
use crate::classify::filter::Filter;
use serde_json::{Value, json};

/// A text that no call has.
const MARK: &str = "\u{f8ff}leeway\u{f8ff}";
/// A name that no call has.
const OTHER_NAME: &str = "leewayother";
/// Most words of a filter's own that are tried in a leaf's place.
const MOST_WORDS: usize = 16;

/// One leaf, and the call with other values in its place.
pub(in crate::classify) struct Trial<'a> {
    work: &'a Work<'a>,
    leaf: &'a Leaf,
    others: Option<Vec<Vec<Value>>>,
    wider: Option<Vec<Value>>,
}

impl<'a> Trial<'a> {
    pub(in crate::classify) fn new(work: &'a Work<'a>, leaf: &'a Leaf) -> Self {
        Self {
            work,
            leaf,
            others: None,
            wider: None,
        }
    }

    /// The way to the leaf.
    pub(super) fn path(&self) -> &[String] {
        &self.leaf.path
    }

    /// Whether a filter's answer moves with the leaf: with every other value tried. A filter that refuses a
    /// value says nothing of it: then another of the same kind is tried, and where all are refused, the
    /// answer does not show which one stands there.
    pub(in crate::classify) fn moves(&mut self, filter: &Filter) -> bool {
        let Ok(answer) = self.work.run(filter) else {
            return false;
        };
        if self.leaf.value.is_null() || is_empty(&self.leaf.value) {
            return self.blank_is_told(filter, &answer);
        }
        let work = self.work;
        let told_apart = |call: &Value| Some(work.run_on(filter, call).ok()? != answer);
        let moved = |tries: &Vec<Value>| tries.iter().find_map(told_apart) == Some(true);
        let others = self.others();
        !others.is_empty() && others.iter().all(moved)
    }

    /// Whether a filter tells which value stands at the leaf: its answer moves, and it takes no two of the
    /// words that it names itself for one.
    pub(super) fn tells(&mut self, filter: &Filter) -> bool {
        if !self.moves(filter) {
            return false;
        }
        let (leaf, work) = (self.leaf, self.work);
        let answer = work.run(filter);
        named_beside(filter, &leaf.value)
            .iter()
            .filter_map(|other| leaf.replaced(work.arguments, Some(other)))
            .all(|call| {
                let other = work.run_on(filter, &call);
                other.is_err() || other != answer
            })
    }

    /// Whether a filter's answer has the leaf's value as the call gives it: a change in it is what is sent, and not
    /// what a filter made of it. One that maps several values to one, or leaves this one out, shows another.
    pub(super) fn shows(&self, filter: &Filter) -> bool {
        let (leaf, work) = (self.leaf, self.work);
        if leaf.value.is_null() || is_empty(&leaf.value) {
            // That it is told was looked for at its very place.
            return true;
        }
        let answer_to = |other: Option<&Value>| {
            let call = leaf.replaced(work.arguments, other)?;
            work.run_on(filter, &call).ok()
        };
        let without = answer_to(None).unwrap_or_default();
        let adds = |value: &Value, answer: &Value| times(answer, value) > times(&without, value);
        let Ok(answer) = work.run(filter) else {
            return false;
        };
        // What stands there anyway, as a member of a list that has it already, is seen by another in its place.
        times(&answer, &leaf.value) > 0
            && self.has_its_list(&answer)
            && (adds(&leaf.value, &answer)
                || others_of(leaf)
                    .iter()
                    .flatten()
                    .any(|other| answer_to(Some(other)).is_some_and(|answer| adds(other, &answer))))
    }

    /// Whether an answer has what the list around the leaf gives, all of it and in its order: a filter that sorts
    /// it, or takes what is there twice for one, shows another list than is sent. What is added to a list has no
    /// order.
    fn has_its_list(&self, answer: &Value) -> bool {
        let path = &self.leaf.path;
        let arguments = self.work.arguments;
        let list = (0..path.len()).rev().find_map(|at| {
            match leaf::value_at(arguments, &leaf::pointer(&path[..at])) {
                Some(Value::Array(items)) => Some((items, leaf::pointer(&path[at + 1..]))),
                _ => None,
            }
        });
        let Some((items, rest)) = list else {
            return true;
        };
        let given = items.iter().filter_map(|item| leaf::value_at(item, &rest));
        let is_plain = |value: &Value| !(value.is_array() || value.is_object() || value.is_null());
        let given: Vec<Value> = given.filter(is_plain).collect();
        if !self.work.tool.entry.additive.is_empty() {
            let often = |value: &Value| given.iter().filter(|other| *other == value).count();
            return given
                .iter()
                .all(|value| times(answer, value) >= often(value));
        }
        let mut given = given.iter().peekable();
        plain(answer, &mut |told| {
            if given.peek().is_some_and(|next| same(told, next)) {
                given.next();
            }
        });
        given.peek().is_none()
    }

    /// Whether a filter takes in whatever stands beside the leaf, too: then it tells nothing of it.
    pub(in crate::classify) fn collects(&mut self, filter: &Filter) -> bool {
        let work = self.work;
        let wider = self.wider();
        wider.is_empty()
            || wider
                .iter()
                .any(|call| work.run_on(filter, call) != work.run(filter))
    }

    /// Whether the leaf is a switch, on or off, that a condition tells apart. Of a text or number a
    /// condition sees a few values and takes all others for one.
    pub(super) fn switches(&mut self, filter: &Filter) -> bool {
        let (leaf, work) = (self.leaf, self.work);
        let Ok(answer) = work.run(filter) else {
            return false;
        };
        let others: &[bool] = match &leaf.value {
            Value::Bool(true) => &[false],
            Value::Bool(false) => &[true],
            Value::Null => &[false, true],
            _ => &[],
        };
        others.iter().any(|other| {
            leaf.replaced(work.arguments, Some(&json!(other)))
                .and_then(|call| work.run_on(filter, &call).ok())
                .is_some_and(|other| other != answer)
        })
    }

    /// Nothing given for a field is a change to blank: where another value would be told, the answer
    /// tells the blank.
    fn blank_is_told(&self, filter: &Filter, answer: &Value) -> bool {
        let work = self.work;
        let leaf = self.leaf;
        let marked = match &leaf.value {
            Value::Array(_) => json!([MARK]),
            Value::Object(_) => json!({ MARK: MARK }),
            _ => json!(MARK),
        };
        let Some(marked) = leaf.replaced(work.arguments, Some(&marked)) else {
            return false;
        };
        let Ok(told) = work.run_on(filter, &marked) else {
            return false;
        };
        // Of what is only made now there is nothing that a blank could take away.
        if work.makes() {
            return told != *answer;
        }
        let Some(mut place) = place_of_mark(&told) else {
            return false;
        };
        if !leaf.value.is_null() {
            place.truncate(place.rfind('/').unwrap_or_default());
        }
        answer.pointer(&place) == Some(&leaf.value)
    }

    /// The call with other values of the same kind at the leaf: of each list the first that is not refused.
    fn others(&mut self) -> &[Vec<Value>] {
        let (leaf, arguments) = (self.leaf, self.work.arguments);
        self.others.get_or_insert_with(|| {
            let placed = |tries: Vec<Value>| {
                let calls = tries.iter();
                calls
                    .filter_map(|other| leaf.replaced(arguments, Some(other)))
                    .collect()
            };
            others_of(leaf).into_iter().map(placed).collect()
        })
    }

    /// The call with one member more beside the leaf, of its own kind: under an odd name, and under one
    /// that any filter takes for a name.
    fn wider(&mut self) -> &[Value] {
        let (leaf, arguments) = (self.leaf, self.work.arguments);
        self.wider.get_or_insert_with(|| {
            let mut beside = leaf.clone();
            // Of a list, what stands beside the list: its own members belong together.
            if leaf.in_list(arguments) {
                beside.path.pop();
            }
            beside.path.pop();
            let others = others_of(leaf);
            let member = others
                .iter()
                .flatten()
                .next()
                .cloned()
                .unwrap_or(json!(MARK));
            let mut added = |name: &str| {
                beside.path.push(name.to_owned());
                let call = beside.added(arguments, &member);
                beside.path.pop();
                call
            };
            [MARK, OTHER_NAME]
                .into_iter()
                .filter_map(&mut added)
                .collect()
        })
    }
}

/// Other values of a leaf's kind: of each list the first that the filter does not refuse. A text differs
/// at its beginning and at its end, so that a filter which takes a part of it does not pass for one that
/// takes it whole.
fn others_of(leaf: &Leaf) -> Vec<Vec<Value>> {
    match &leaf.value {
        // White space beside JSON says nothing to its reader, and does to who hands the text on.
        Value::String(text) if leaf.encloses_text => {
            vec![
                vec![json!(format!(" {text}"))],
                vec![json!(format!("{text} "))],
            ]
        }
        Value::String(text) => {
            let mut at_end = vec![json!(format!("{text}{MARK}"))];
            let mut at_start = vec![json!(format!("{MARK}{text}"))];
            let written = |at: &(usize, char)| at.1.is_alphanumeric();
            at_end.extend(like(text, text.char_indices().rev().find(written)));
            at_start.extend(like(text, text.char_indices().find(written)));
            vec![at_end, at_start]
        }
        Value::Bool(yes) => vec![vec![json!(!yes)]],
        Value::Number(number) => other_numbers(number),
        _ => vec![vec![json!(MARK)]],
    }
}

/// The text with its neighbours in place of one of its letters or digits: a number stays one, and a day.
fn like(text: &str, at: Option<(usize, char)>) -> Vec<Value> {
    let Some((at, was)) = at else {
        return Vec::new();
    };
    let same_kind = |c: &char| match was {
        '0'..='9' => c.is_ascii_digit(),
        _ => c.is_alphabetic(),
    };
    let code = u32::from(was);
    [code.checked_add(1), code.checked_sub(1)]
        .into_iter()
        .flatten()
        .filter_map(char::from_u32)
        .filter(same_kind)
        .map(|other| {
            let rest = &text[at + was.len_utf8()..];
            json!(format!("{}{other}{rest}", &text[..at]))
        })
        .collect()
}

/// The other words that a filter names beside a leaf's: a filter that treats two of its own words alike
/// does not tell which one stands there.
fn named_beside(filter: &Filter, value: &Value) -> Vec<Value> {
    let Value::String(text) = value else {
        return Vec::new();
    };
    let words = words_of(filter.source());
    if !words.contains(&text.as_str()) {
        return Vec::new();
    }
    let others = words.into_iter().filter(|word| word != text);
    others.take(MOST_WORDS).map(|word| json!(word)).collect()
}

/// The plain texts that a filter's source has in quotes.
fn words_of(source: &str) -> Vec<&str> {
    let (mut found, mut rest) = (Vec::new(), source);
    while let Some((_, after)) = rest.split_once('"') {
        let end = after.char_indices().scan(false, |escaped, (at, c)| {
            let ends = c == '"' && !*escaped;
            *escaped = c == '\\' && !*escaped;
            Some((at, ends))
        });
        let Some((end, _)) = end.into_iter().find(|(_, ends)| *ends) else {
            break;
        };
        if !after[..end].contains('\\') {
            found.push(&after[..end]);
        }
        rest = &after[end + 1..];
    }
    found
}

fn other_numbers(number: &serde_json::Number) -> Vec<Vec<Value>> {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), _, _) => {
            let by = |steps: i64| json!(whole.wrapping_add(steps));
            let far = json!(whole.wrapping_mul(3).wrapping_add(7));
            vec![vec![by(1), by(-1)], vec![far, by(2), by(-2), by(-1), by(1)]]
        }
        (None, Some(whole), _) => vec![vec![json!(whole.wrapping_sub(1))]],
        (None, None, Some(decimal)) => vec![
            vec![json!(decimal + 1.0), json!(decimal - 1.0)],
            vec![json!(decimal + 0.25), json!(decimal - 0.25)],
        ],
        _ => vec![vec![json!(MARK)]],
    }
}

/// How often a value stands in an answer: as a member, and in the names of members. A text that is only a part of
/// another is not counted: what is put together may be put together of other parts as well.
fn times(answer: &Value, value: &Value) -> usize {
    let own = usize::from(same(answer, value));
    match answer {
        Value::Array(items) => own + items.iter().map(|item| times(item, value)).sum::<usize>(),
        Value::Object(fields) => {
            let inner = fields
                .iter()
                .map(|(key, item)| named(key, value) + times(item, value));
            own + inner.sum::<usize>()
        }
        _ => own,
    }
}

/// How often a text stands in a name.
fn named(name: &str, value: &Value) -> usize {
    match value {
        Value::String(part) if !part.is_empty() => name.matches(part.as_str()).count(),
        _ => 0,
    }
}

/// Whether an answer is a value, or the number that it gives as a text. Of that, only one spelling counts.
fn same(answer: &Value, value: &Value) -> bool {
    match (answer, value) {
        (Value::Number(number), Value::String(text)) => {
            let shortest =
                !text.contains(['e', 'E']) && (!text.contains('.') || !text.ends_with('0'));
            shortest && *text == number.to_string()
        }
        _ => answer == value,
    }
}

/// Goes through the plain values of an answer in their order.
fn plain<'v>(answer: &'v Value, each: &mut impl FnMut(&'v Value)) {
    match answer {
        Value::Array(items) => items.iter().for_each(|item| plain(item, each)),
        Value::Object(fields) => fields.values().for_each(|item| plain(item, each)),
        value => each(value),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// Where the mark stands in an answer.
fn place_of_mark(value: &Value) -> Option<String> {
    let step = |key: &str, item: &Value| {
        let key = key.replace('~', "~0").replace('/', "~1");
        place_of_mark(item).map(|rest| format!("/{key}{rest}"))
    };
    match value {
        Value::String(text) => (text == MARK).then(String::new),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(index, item)| step(&index.to_string(), item)),
        Value::Object(fields) => fields.iter().find_map(|(key, item)| step(key, item)),
        _ => None,
    }
}
