//! Trying a leaf: whether what a filter says moves with it. A filter that gives the same whatever
//! stands there does not speak of the leaf.

use super::leaf::Leaf;
use crate::classify::classified::Work;
use crate::classify::filter::Filter;
use serde_json::{Value, json};

/// A text that no call has.
const MARK: &str = "\u{f8ff}leeway\u{f8ff}";

/// One leaf, and the call with other values in its place.
pub(super) struct Trial<'a> {
    work: &'a Work<'a>,
    leaf: &'a Leaf,
    others: Option<Vec<Value>>,
    wider: Option<Value>,
}

impl<'a> Trial<'a> {
    pub(super) fn new(work: &'a Work<'a>, leaf: &'a Leaf) -> Self {
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

    /// Whether a filter's answer moves with the leaf: with every other value tried.
    pub(super) fn moves(&mut self, filter: &Filter) -> bool {
        let Ok(answer) = self.work.run(filter) else {
            return false;
        };
        if self.leaf.value.is_null() || is_empty(&self.leaf.value) {
            return self.blank_is_told(filter, &answer);
        }
        let work = self.work;
        let others = self.others();
        !others.is_empty()
            && others
                .iter()
                .all(|other| work.run_on(filter, other).ok().as_ref() != Some(&answer))
    }

    /// Whether a filter takes in whatever stands beside the leaf, too: then it tells nothing of it.
    pub(super) fn collects(&mut self, filter: &Filter) -> bool {
        let work = self.work;
        let Some(wider) = self.wider() else {
            return true;
        };
        work.run_on(filter, wider) != work.run(filter)
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
                .is_some_and(|call| work.run_on(filter, &call).ok().as_ref() != Some(&answer))
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

    /// The call with other values of the same kind at the leaf.
    fn others(&mut self) -> &[Value] {
        let (leaf, arguments) = (self.leaf, self.work.arguments);
        self.others.get_or_insert_with(|| {
            others_of(leaf)
                .iter()
                .filter_map(|other| leaf.replaced(arguments, Some(other)))
                .collect()
        })
    }

    /// The call with one member more beside the leaf.
    fn wider(&mut self) -> Option<&Value> {
        if self.wider.is_none() {
            let (leaf, arguments) = (self.leaf, self.work.arguments);
            let in_list = leaf
                .path
                .last()
                .is_some_and(|step| step.parse::<usize>().is_ok());
            let mut beside = leaf.clone();
            // Of a list, what stands beside the list: its own members belong together.
            if in_list {
                beside.path.pop();
            }
            beside.path.pop();
            beside.path.push(MARK.to_owned());
            self.wider = beside.added(arguments, &json!(MARK));
        }
        self.wider.as_ref()
    }
}

/// Other values of a leaf's kind. A text differs at its beginning and at its end, so that a filter which
/// takes a part of it does not pass for one that takes it whole.
fn others_of(leaf: &Leaf) -> Vec<Value> {
    match &leaf.value {
        // White space beside JSON says nothing to its reader, and does to who hands the text on.
        Value::String(text) if leaf.encloses_text => {
            vec![json!(format!(" {text}")), json!(format!("{text} "))]
        }
        Value::String(text) => vec![
            json!(format!("{text}{MARK}")),
            json!(format!("{MARK}{text}")),
        ],
        Value::Bool(yes) => vec![json!(!yes)],
        Value::Number(number) => other_numbers(number),
        _ => vec![json!(MARK)],
    }
}

fn other_numbers(number: &serde_json::Number) -> Vec<Value> {
    match (number.as_i64(), number.as_u64(), number.as_f64()) {
        (Some(whole), _, _) => vec![
            json!(whole.wrapping_add(1)),
            json!(whole.wrapping_mul(3).wrapping_add(7)),
        ],
        (None, Some(whole), _) => vec![json!(whole.wrapping_sub(1))],
        (None, None, Some(decimal)) => vec![json!(decimal + 1.0), json!(decimal + 0.25)],
        _ => vec![json!(MARK)],
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
