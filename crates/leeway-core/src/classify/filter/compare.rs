//! Walks over values: order, equality, size, depth. As jaq's own, but each step counts: a value that names another
//! twice, and that one the next twice, is small and has no end.

use super::budget::{Stop, make, spend, stop};
use jaq_json::{Num, Val};
use std::cmp::Ordering;

/// jaq's order of values.
pub fn order(left: &Val, right: &Val) -> Ordering {
    spend(1);
    match (left, right) {
        (Val::Num(x), Val::Num(y)) => {
            spend(number(x) + number(y));
            x.cmp(y)
        }
        (Val::BStr(x) | Val::TStr(x), Val::BStr(y) | Val::TStr(y)) => {
            spend(x.len().min(y.len()) / 64);
            x.cmp(y)
        }
        (Val::Bool(x), Val::Bool(y)) => x.cmp(y),
        (Val::Arr(x), Val::Arr(y)) => orders(x.iter(), y.iter()),
        (Val::Obj(x), Val::Obj(y)) if !x.is_empty() && !y.is_empty() => {
            spend(x.len() + y.len());
            let mut x: Vec<_> = x.iter().collect();
            let mut y: Vec<_> = y.iter().collect();
            x.sort_by(|(one, _), (other, _)| order(one, other));
            y.sort_by(|(one, _), (other, _)| order(one, other));
            orders(x.iter().map(|(key, _)| *key), y.iter().map(|(key, _)| *key)).then_with(|| {
                orders(
                    x.iter().map(|(_, value)| *value),
                    y.iter().map(|(_, value)| *value),
                )
            })
        }
        (Val::Obj(x), Val::Obj(y)) => x.len().min(1).cmp(&y.len().min(1)),
        _ => kind(left).cmp(&kind(right)),
    }
}

fn orders<'a>(
    mut left: impl Iterator<Item = &'a Val>,
    mut right: impl Iterator<Item = &'a Val>,
) -> Ordering {
    loop {
        match (left.next(), right.next()) {
            (None, None) => return Ordering::Equal,
            (None, Some(_)) => return Ordering::Less,
            (Some(_), None) => return Ordering::Greater,
            (Some(x), Some(y)) => match order(x, y) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

fn kind(value: &Val) -> u8 {
    match value {
        Val::Null => 0,
        Val::Bool(_) => 1,
        Val::Num(_) => 2,
        Val::BStr(_) | Val::TStr(_) => 3,
        Val::Arr(_) => 4,
        Val::Obj(_) => 5,
    }
}

/// jaq's equality of values.
pub fn equal(left: &Val, right: &Val) -> bool {
    spend(1);
    match (left, right) {
        (Val::Null, Val::Null) => true,
        (Val::Bool(x), Val::Bool(y)) => x == y,
        (Val::Num(x), Val::Num(y)) => {
            spend(number(x) + number(y));
            x == y
        }
        (Val::BStr(x) | Val::TStr(x), Val::BStr(y) | Val::TStr(y)) => {
            x.len() == y.len() && {
                spend(x.len() / 64);
                x == y
            }
        }
        (Val::Arr(x), Val::Arr(y)) => equals(x, y),
        (Val::Obj(x), Val::Obj(y)) => {
            x.len() == y.len()
                && x.iter().all(|(key, value)| {
                    spend(of_key(key));
                    y.get(key).is_some_and(|other| equal(value, other))
                })
        }
        _ => false,
    }
}

/// Equality of lists.
pub fn equals(left: &[Val], right: &[Val]) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(x, y)| equal(x, y))
}

/// A value by its order.
pub struct Ordered<'a>(pub &'a Val);

impl Ord for Ordered<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        order(self.0, other.0)
    }
}

impl PartialOrd for Ordered<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Ordered<'_> {}

/// Steps that reckoning with a number takes besides one.
pub fn number(number: &Num) -> usize {
    match number {
        Num::BigInt(whole) => {
            let words = whole.bits() as usize / 64;
            words + words * words / 32
        }
        Num::Dec(text) => text.len() / 16,
        Num::Int(_) | Num::Float(_) => 0,
    }
}

/// Steps that finding a key takes: a list or an object as a key is looked at whole.
pub fn of_key(key: &Val) -> usize {
    match key {
        Val::TStr(text) | Val::BStr(text) => 1 + text.len() / 64,
        Val::Arr(_) | Val::Obj(_) => {
            tree(key);
            1
        }
        _ => 1,
    }
}

/// Counts a step for every value in a value and the bytes of its texts, and gives how many values there are.
pub fn tree(value: &Val) -> usize {
    spend(1);
    match value {
        Val::Arr(items) => 1 + items.iter().map(tree).sum::<usize>(),
        Val::Obj(fields) => {
            let inside = fields.iter().map(|(key, value)| tree(key) + tree(value));
            1 + inside.sum::<usize>()
        }
        Val::TStr(text) | Val::BStr(text) => {
            spend(text.len() / 64);
            1
        }
        Val::Num(one) => {
            spend(number(one));
            1
        }
        Val::Null | Val::Bool(_) => 1,
    }
}

/// Counts the steps and the memory of writing a value as text.
pub fn written(value: &Val) {
    let bytes = writing(value, 0);
    make(bytes);
}

fn writing(value: &Val, before: usize) -> usize {
    spend(1);
    let bytes = before
        + match value {
            Val::Null | Val::Bool(_) => 6,
            Val::Num(Num::BigInt(whole)) => whole.bits() as usize / 3 + 2,
            Val::Num(Num::Dec(text)) => text.len() + 1,
            Val::Num(_) => 24,
            Val::BStr(text) | Val::TStr(text) => text.len() + 3,
            Val::Arr(_) | Val::Obj(_) => 3,
        };
    if bytes > super::budget::LONGEST_TEXT {
        stop(Stop::Memory);
    }
    match value {
        Val::Arr(items) => items.iter().fold(bytes, |sum, item| writing(item, sum)),
        Val::Obj(fields) => fields
            .iter()
            .fold(bytes, |sum, (key, value)| writing(value, writing(key, sum))),
        Val::Num(one) => {
            spend(number(one));
            bytes
        }
        Val::BStr(text) | Val::TStr(text) => {
            spend(text.len() / 64);
            bytes
        }
        Val::Null | Val::Bool(_) => bytes,
    }
}

/// Levels of lists and objects in a value.
pub fn levels(value: &Val) -> u32 {
    spend(1);
    match value {
        Val::Arr(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        Val::Obj(fields) => {
            let inside = fields
                .iter()
                .map(|(key, value)| levels(key).max(levels(value)));
            1 + inside.max().unwrap_or(0)
        }
        _ => 0,
    }
}
