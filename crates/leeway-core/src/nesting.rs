//! How deep values lie within each other. Whatever comes from outside is bounded by this before it is looked at,
//! so that everything that is made of it can be written into the ledger and read back.

use serde_json::{Value, json};

/// How deep a value from outside may be nested, levels of lists and objects. What is made of it adds a few, and
/// readers of JSON give up at 128.
pub const DEEPEST: usize = 64;

/// Whether a value has more levels of lists and objects than this.
pub fn is_deeper(value: &Value, levels: usize) -> bool {
    let inside = |item: &Value| match levels.checked_sub(1) {
        Some(left) => is_deeper(item, left),
        None => true,
    };
    match value {
        Value::Array(items) => levels == 0 || items.iter().any(inside),
        Value::Object(fields) => levels == 0 || fields.values().any(inside),
        _ => false,
    }
}

/// Puts a sentence in the place of what lies deeper than this.
pub fn cut(value: &mut Value, levels: usize) {
    match value {
        Value::Array(_) | Value::Object(_) if levels == 0 => {
            *value = json!("left out here: it is nested too deep");
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cut(item, levels - 1)),
        Value::Object(fields) => fields.values_mut().for_each(|item| cut(item, levels - 1)),
        _ => {}
    }
}

/// Whether a text in a value could be JSON with more levels than this: its brackets are counted wherever they
/// stand.
pub fn has_deeper_text(value: &Value, levels: usize) -> bool {
    match value {
        Value::String(text) => {
            let (mut open, mut deepest) = (0_usize, 0_usize);
            for byte in text.bytes() {
                match byte {
                    b'[' | b'{' => open += 1,
                    b']' | b'}' => open = open.saturating_sub(1),
                    _ => {}
                }
                deepest = deepest.max(open);
            }
            deepest > levels
        }
        Value::Array(items) => items.iter().any(|item| has_deeper_text(item, levels)),
        Value::Object(fields) => fields.values().any(|item| has_deeper_text(item, levels)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!("x"), |inner, level| {
            if level % 2 == 0 {
                json!([inner])
            } else {
                json!({ "a": inner })
            }
        })
    }

    #[test]
    fn levels_are_counted_and_cut() {
        for levels in 0..10 {
            assert!(!is_deeper(&nested(levels), levels));
            assert!(is_deeper(&nested(levels + 1), levels));
            let mut deep = nested(levels + 3);
            cut(&mut deep, levels);
            assert!(!is_deeper(&deep, levels), "{deep}");
            let mut fits = nested(levels);
            cut(&mut fits, levels);
            assert_eq!(fits, nested(levels));
        }
    }

    #[test]
    fn texts_are_looked_through_for_brackets() {
        let text = json!({"a": ["x", "[{\"b\": [1]}]"]});
        assert!(has_deeper_text(&text, 2) && !has_deeper_text(&text, 3));
        assert!(!has_deeper_text(&json!({"[[[[": 1}), 2));
    }
}
