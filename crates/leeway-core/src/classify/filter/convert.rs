//! JSON as values of filters, and back.

use super::budget::{make, spend};
use super::value::V;
use crate::nesting;
use jaq_json::{Num, Val};
use serde_json::{Map, Number, Value};

/// Longest whole number that is computed with, characters; a longer one is handed on as it is written.
const LONGEST_INTEGER: usize = 100;

/// A value from outside.
pub fn given(value: &Value) -> V {
    let (val, levels) = to_val(value);
    V::of(val, levels)
}

fn to_val(value: &Value) -> (Val, u32) {
    match value {
        Value::Null => (Val::Null, 0),
        Value::Bool(yes) => (Val::from(*yes), 0),
        Value::Number(number) => (Val::Num(number_val(number)), 0),
        Value::String(text) => (Val::from(text.clone()), 0),
        Value::Array(items) => {
            let mut levels = 0;
            let items = items.iter().map(|item| {
                let (item, deep) = to_val(item);
                levels = levels.max(deep);
                item
            });
            (items.collect(), levels + 1)
        }
        Value::Object(fields) => {
            let mut levels = 0;
            let fields = fields.iter().map(|(key, value)| {
                let (value, deep) = to_val(value);
                levels = levels.max(deep);
                (Val::from(key.clone()), value)
            });
            (Val::obj(fields.collect()), levels + 1)
        }
    }
}

/// With all its digits: what a filter only hands on comes out as it went in.
fn number_val(number: &Number) -> Num {
    let text = number.as_str();
    let whole = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'-');
    match number.as_i64() {
        Some(integer) => Num::from_integral(integer),
        None if whole && text.len() <= LONGEST_INTEGER => {
            Num::from_str_radix(text, 10).unwrap_or_else(|| Num::from_dec_str(text))
        }
        None => Num::Dec(text.to_owned().into()),
    }
}

/// What a filter gave, of so many levels at most.
pub fn from_val(value: &Val, levels: usize) -> Result<Value, String> {
    spend(1);
    make(96);
    if levels == 0 && matches!(value, Val::Arr(_) | Val::Obj(_)) {
        return Err(format!("it gave more than {} levels", nesting::DEEPEST));
    }
    let inner = |value: &Val| from_val(value, levels.saturating_sub(1));
    Ok(match value {
        Val::Null => Value::Null,
        Val::Bool(yes) => Value::Bool(*yes),
        Val::Num(number) => match number.as_isize() {
            Some(integer) => Value::Number(Number::from(integer as i64)),
            None => {
                spend(super::compare::number(number));
                number
                    .to_string()
                    .parse()
                    .map(Value::Number)
                    .map_err(|_| format!("`{number}` is no JSON number"))?
            }
        },
        Val::TStr(text) => Value::String(utf8(text)?),
        Val::BStr(_) => return Err("a byte string is no JSON value".to_owned()),
        Val::Arr(items) => Value::Array(items.iter().map(inner).collect::<Result<_, _>>()?),
        Val::Obj(fields) => {
            let mut object = Map::new();
            for (key, value) in fields.iter() {
                let Val::TStr(key) = key else {
                    return Err("an object's key is not a text".to_owned());
                };
                object.insert(utf8(key)?, inner(value)?);
            }
            Value::Object(object)
        }
    })
}

fn utf8(bytes: &[u8]) -> Result<String, String> {
    make(bytes.len());
    spend(bytes.len() / 64);
    String::from_utf8(bytes.to_vec()).map_err(|_| "a text is not UTF-8".to_owned())
}
