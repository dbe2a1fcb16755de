//! The leaves of a call: every value that is no list or object with something in it. Text that holds
//! JSON is looked into where the pack says so, or where its reader turns out to.

use super::paths;
use serde_json::Value;

/// JSON texts inside JSON texts are looked into so deep.
pub(crate) const DEEPEST_TEXT: usize = 3;
/// Values nested deeper than this are one leaf.
const DEEPEST: usize = 64;

/// One leaf and the way to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Keys and indexes from the arguments to it; inside JSON texts they go on.
    pub path: Vec<String>,
    /// How many steps of the path lead to each JSON text it lies in, from the outermost.
    pub texts: Vec<usize>,
    /// Its value.
    pub value: Value,
    /// Whether it is a text that holds a JSON object or list.
    pub encloses_text: bool,
}

impl Leaf {
    /// Its JSON pointer.
    pub fn pointer(&self) -> String {
        pointer(&self.path)
    }

    /// The leaves of the JSON that this text holds; none when it holds none, or names a member twice:
    /// readers differ in which one they take.
    pub fn inner(&self) -> Vec<Self> {
        if self.texts.len() >= DEEPEST_TEXT {
            return Vec::new();
        }
        let Some(held) = self.value.as_str().and_then(held) else {
            return Vec::new();
        };
        let mut texts = self.texts.clone();
        texts.push(self.path.len());
        let mut found = Vec::new();
        walk(&held, &mut self.path.clone(), &texts, &mut found);
        found
    }

    /// Whether it is a member of a list. Its name alone does not say: an object may have a key `0`.
    pub fn in_list(&self, arguments: &Value) -> bool {
        let Some((_, parent)) = self.path.split_last() else {
            return false;
        };
        let mut place = arguments.clone();
        let mut found = false;
        with_place(&mut place, parent, (&self.texts, 0), &mut |place| {
            found = place.is_array();
            Some(())
        });
        found
    }

    /// The arguments with one member more at this leaf's place.
    pub fn added(&self, arguments: &Value, member: &Value) -> Option<Value> {
        let (key, parent) = self.path.split_last()?;
        let mut changed = arguments.clone();
        with_place(&mut changed, parent, (&self.texts, 0), &mut |place| {
            place.as_object_mut().map(|fields| {
                fields.insert(key.clone(), member.clone());
            })
        })?;
        Some(changed)
    }

    /// The arguments with another value at this leaf, or without it.
    pub fn replaced(&self, arguments: &Value, with: Option<&Value>) -> Option<Value> {
        let mut changed = arguments.clone();
        replace(&mut changed, &self.path, &self.texts, with)?;
        Some(changed)
    }
}

/// The leaves of a call's arguments, in their order; of the texts at the paths `json` the leaves that
/// they hold.
pub fn leaves(arguments: &Value, json: &[String]) -> Vec<Leaf> {
    let mut found = Vec::new();
    walk(arguments, &mut Vec::new(), &[], &mut found);
    if json.is_empty() {
        return found;
    }
    let mut opened = Vec::with_capacity(found.len());
    for leaf in found {
        let inner = if leaf.encloses_text && paths::any_covers(json, &leaf.path) {
            leaf.inner()
        } else {
            Vec::new()
        };
        if inner.is_empty() {
            opened.push(leaf);
        } else {
            opened.extend(inner);
        }
    }
    opened
}

/// The value at a pointer, also inside JSON texts.
pub fn value_at(arguments: &Value, pointer: &str) -> Option<Value> {
    let mut value = arguments.clone();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        if let Value::String(text) = &value {
            value = held(text)?;
        }
        value = match value {
            Value::Object(mut fields) => fields.remove(&step)?,
            Value::Array(mut items) => {
                let index: usize = step.parse().ok()?;
                (index < items.len()).then(|| items.swap_remove(index))?
            }
            _ => return None,
        };
    }
    Some(value)
}

pub(super) fn pointer(path: &[String]) -> String {
    let mut pointer = String::new();
    for step in path {
        pointer.push('/');
        pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
    }
    pointer
}

fn walk(value: &Value, path: &mut Vec<String>, texts: &[usize], found: &mut Vec<Leaf>) {
    let deep = path.len() >= DEEPEST;
    match value {
        Value::Object(fields) if !fields.is_empty() && !deep => {
            for (key, item) in fields {
                path.push(key.clone());
                walk(item, path, texts, found);
                path.pop();
            }
        }
        Value::Array(items) if !items.is_empty() && !deep => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                walk(item, path, texts, found);
                path.pop();
            }
        }
        // A call without arguments has no leaf.
        Value::Object(_) if path.is_empty() => {}
        leaf => found.push(Leaf {
            path: path.clone(),
            texts: texts.to_vec(),
            encloses_text: leaf.as_str().is_some_and(looks_like_json),
            value: leaf.clone(),
        }),
    }
}

fn looks_like_json(text: &str) -> bool {
    let text = text.trim_start();
    text.starts_with('{') || text.starts_with('[')
}

/// The object or list that a text holds, whole and without a member named twice.
pub(crate) fn held(text: &str) -> Option<Value> {
    parsed(text).filter(|value| members(text) == count_members(value))
}

/// Whether a text holds an object or list in which a member is named twice.
pub(crate) fn names_twice(text: &str) -> bool {
    parsed(text).is_some_and(|value| members(text) != count_members(&value))
}

fn parsed(text: &str) -> Option<Value> {
    looks_like_json(text).then(|| serde_json::from_str(text).ok())?
}

/// How many members a JSON text writes: one colon each, outside of its texts.
fn members(text: &str) -> usize {
    let (mut colons, mut inside, mut escaped) = (0, false, false);
    for c in text.chars() {
        match (inside, escaped, c) {
            (true, true, _) => escaped = false,
            (true, false, '\\') => escaped = true,
            (_, false, '"') => inside = !inside,
            (false, _, ':') => colons += 1,
            _ => {}
        }
    }
    colons
}

fn count_members(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(count_members).sum(),
        Value::Object(fields) => fields.values().map(|item| 1 + count_members(item)).sum(),
        _ => 0,
    }
}

/// Replaces or takes out what a path leads to; JSON texts on the way are written anew.
fn replace(
    value: &mut Value,
    path: &[String],
    texts: &[usize],
    with: Option<&Value>,
) -> Option<()> {
    let (last, parent) = path.split_last()?;
    // A JSON text that is itself the leaf is not entered: the way to its parent ends before it.
    with_place(value, parent, (texts, 0), &mut |place| match place {
        Value::Object(fields) => match with {
            Some(with) => fields.get_mut(last).map(|item| *item = with.clone()),
            None => fields.remove(last).map(|_| ()),
        },
        Value::Array(items) => {
            let index: usize = last.parse().ok().filter(|index| *index < items.len())?;
            match with {
                Some(with) => items[index] = with.clone(),
                None => drop(items.remove(index)),
            }
            Some(())
        }
        _ => None,
    })
}

/// Does something to the value that a path leads to.
fn with_place(
    value: &mut Value,
    path: &[String],
    (texts, taken): (&[usize], usize),
    act: &mut dyn FnMut(&mut Value) -> Option<()>,
) -> Option<()> {
    if texts.first() == Some(&taken) {
        let mut inside = held(value.as_str()?)?;
        with_place(&mut inside, path, (&texts[1..], taken), act)?;
        *value = Value::String(inside.to_string());
        return Some(());
    }
    let Some((step, rest)) = path.split_first() else {
        return act(value);
    };
    let place = match value {
        Value::Object(fields) => fields.get_mut(step)?,
        Value::Array(items) => items.get_mut(step.parse::<usize>().ok()?)?,
        _ => return None,
    };
    with_place(place, rest, (texts, taken + 1), act)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointers(arguments: &Value, json: &[&str]) -> Vec<String> {
        let json: Vec<String> = json.iter().map(|path| (*path).to_owned()).collect();
        leaves(arguments, &json).iter().map(Leaf::pointer).collect()
    }

    #[test]
    fn every_value_is_a_leaf_and_what_is_empty_too() {
        let call = json!({"a": {"b/c": 1, "~": null}, "list": ["x", {"y": []}], "none": {}});
        assert_eq!(
            pointers(&call, &[]),
            ["/a/b~1c", "/a/~0", "/list/0", "/list/1/y", "/none"]
        );
        for leaf in leaves(&call, &[]) {
            assert_eq!(value_at(&call, &leaf.pointer()), Some(leaf.value));
        }
        assert!(pointers(&json!({}), &[]).is_empty());
    }

    #[test]
    fn texts_that_hold_json_are_looked_into_where_the_pack_says_so() {
        let call = json!({"more": r#"{"summary": "s", "inner": "[1]"}"#, "plain": "{no"});
        assert_eq!(pointers(&call, &[]), ["/more", "/plain"]);
        assert_eq!(
            pointers(&call, &["more", "plain"]),
            ["/more/summary", "/more/inner", "/plain"]
        );
        let inner = &leaves(&call, &["more".to_owned()])[0];
        let changed = inner.replaced(&call, Some(&json!("t"))).unwrap();
        assert_eq!(value_at(&changed, "/more/summary"), Some(json!("t")));
        assert_eq!(value_at(&changed, "/more/inner"), Some(json!("[1]")));
        let without = inner.replaced(&call, None).unwrap();
        assert_eq!(value_at(&without, "/more/summary"), None);
    }

    #[test]
    fn a_member_named_twice_is_not_looked_into() {
        let twice = json!({"more": r#"{"a": ":", "a": 2}"#});
        assert_eq!(pointers(&twice, &["more"]), ["/more"]);
        let escaped = json!({"more": r#"{"a": "\":", "b": 2}"#});
        assert_eq!(pointers(&escaped, &["more"]), ["/more/a", "/more/b"]);
    }
}
