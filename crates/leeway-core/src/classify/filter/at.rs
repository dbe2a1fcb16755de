//! Parts of values by place: indices, slices, and what updates put there.

use super::budget::{make, make_text, spend};
use super::compare;
use super::value::{FIELD, ITEM, ITERABLE, PART, V, unshare_fields, unshare_list};
use jaq_core::path::Opt;
use jaq_core::val::{Range, ValR, ValX};
use jaq_core::{Error, Exn, ValT};
use jaq_json::{Map, Num, Rc, Val};

/// A whole number as a place: whether it counts from the start, and how far.
fn place(val: &Val) -> Option<(bool, usize)> {
    match val {
        Val::Num(Num::Int(number)) => Some((*number >= 0, number.unsigned_abs())),
        Val::Num(Num::BigInt(number)) => {
            let far = u64::try_from(number.magnitude()).ok()?;
            Some((**number >= 0.into(), usize::try_from(far).ok()?))
        }
        _ => None,
    }
}

fn from_start((forward, far): (bool, usize), len: usize) -> Option<usize> {
    if forward {
        Some(far)
    } else {
        len.checked_sub(far)
    }
}

/// The place in a list of this length, where there is one.
pub fn within(number: &Num, len: usize) -> Option<usize> {
    let at = from_start(place(&Val::Num(number.clone()))?, len)?;
    (at < len).then_some(at)
}

/// The bounds of a slice that is written as an object.
pub fn bounds(fields: &Map) -> [Option<V>; 2] {
    ["start", "end"].map(|name| {
        let bound = fields.get(&Val::from(name.to_owned()))?;
        Some(V::of(bound.clone(), compare::levels(bound)))
    })
}

type Bounds = [Option<(bool, usize)>; 2];

fn whole(range: &Range<&V>) -> Result<Bounds, Error<V>> {
    let bound = |bound: Option<&V>| match bound {
        None => Ok(None),
        Some(bound) if matches!(bound.val(), Val::Null) => Ok(None),
        Some(bound) => place(bound.val())
            .map(Some)
            .ok_or_else(|| Error::typ(bound.clone(), "integer")),
    };
    Ok([bound(range.start)?, bound(range.end)?])
}

/// How much of a list is passed over, and how much is taken then.
fn skip_take([from, upto]: Bounds, len: usize) -> (usize, usize) {
    let clipped = |bound: Option<_>, or: usize| {
        bound.map_or(or, |bound| from_start(bound, len).unwrap_or(0).min(len))
    };
    let (from, upto) = (clipped(from, 0), clipped(upto, len));
    (from, upto.saturating_sub(from))
}

/// The same for a text, bytes.
fn skip_take_text(text: &Val, bytes: &[u8], range: &Range<&V>) -> Option<(usize, usize)> {
    spend(bytes.len() / 16);
    let taken = |range: Range<&Val>| match text.clone().range(range).ok()? {
        Val::BStr(part) | Val::TStr(part) => Some(part.len()),
        _ => None,
    };
    let [start, end] = [range.start, range.end]
        .map(|bound| bound.map(V::val).filter(|val| !matches!(val, Val::Null)));
    let skip = match start {
        Some(start) => taken(None..Some(start))?,
        None => 0,
    };
    Some((skip, taken(start..end)?))
}

/// `.[from:upto]`.
pub fn slice(value: V, range: Range<&V>) -> ValR<V> {
    spend(1);
    let inside = value.inside();
    match value.val() {
        Val::Arr(items) => {
            let (skip, take) = skip_take(whole(&range)?, items.len());
            make(take * ITEM);
            spend(take / 4);
            let part: Val = items.iter().skip(skip).take(take).cloned().collect();
            Ok(inside.as_deep_as(part, &value))
        }
        Val::BStr(bytes) | Val::TStr(bytes) => {
            whole(&range)?;
            spend(bytes.len() / 16);
            make(PART);
            let range = range.start.map(V::val)..range.end.map(V::val);
            let part = value.val().clone().range(range);
            part.map(|part| inside.of(part))
                .map_err(|error| Error::str(error.to_string()))
        }
        _ => Err(Error::typ(value, "rangeable (array or string)")),
    }
}

/// `.[] |= f`.
pub fn map_values<'a, I: Iterator<Item = ValX<'a, V>>>(
    value: V,
    opt: Opt,
    f: impl Fn(V) -> I,
) -> ValX<'a, V> {
    let inside = value.inside();
    let mut levels = 0;
    let mut put = |value: V| {
        levels = levels.max(value.levels());
        value.take()
    };
    match value.items() {
        Ok(items) => {
            let mut made = Vec::new();
            for item in items {
                for new in f(item) {
                    make(ITEM);
                    made.push(put(new?));
                }
            }
            Ok(V::around(Val::Arr(Rc::new(made)), levels))
        }
        Err(other) if matches!(other.val(), Val::Obj(_)) => {
            let Val::Obj(fields) = other.take() else {
                return Ok(V::leaf(Val::Null));
            };
            unshare_fields(&fields);
            let mut made = Map::default();
            for (key, value) in Rc::unwrap_or_clone(fields) {
                if let Some(new) = f(inside.of(value)).next() {
                    make(FIELD);
                    spend(compare::of_key(&key));
                    let (key, new) = (put(inside.of(key)), put(new?));
                    made.insert(key, new);
                }
            }
            Ok(V::around(Val::obj(made), levels))
        }
        Err(other) => opt.fail(other, |other| Exn::from(Error::typ(other, ITERABLE))),
    }
}

/// `.[index] |= f`.
pub fn map_index<'a, I: Iterator<Item = ValX<'a, V>>>(
    value: V,
    index: &V,
    opt: Opt,
    f: impl Fn(V) -> I,
) -> ValX<'a, V> {
    spend(1);
    let (inside, levels) = (value.inside(), value.levels());
    match (value.val(), index.val()) {
        (Val::BStr(_) | Val::TStr(_) | Val::Arr(_), Val::Obj(fields)) => {
            let [from, upto] = bounds(fields);
            map_range(value, from.as_ref()..upto.as_ref(), opt, f)
        }
        (Val::Obj(fields), key) => {
            unshare_fields(fields);
            spend(compare::of_key(key));
            let key = index.clone().take();
            let Val::Obj(mut fields) = value.take() else {
                return Ok(V::leaf(Val::Null));
            };
            let all = Rc::make_mut(&mut fields);
            let old = all.get_mut(&key).map(std::mem::take);
            let was_there = old.is_some();
            let new = f(inside.of(old.unwrap_or_default())).next().transpose()?;
            let mut deep = levels;
            match new {
                Some(new) => {
                    deep = deep.max(new.levels() + 1).max(index.levels() + 1);
                    make(FIELD);
                    all.insert(key, new.take());
                }
                // In constant time, at the price of the order of the others.
                None if was_there => {
                    all.swap_remove(&key);
                }
                None => {}
            }
            Ok(V::of(Val::Obj(fields), deep))
        }
        (Val::Arr(items), at) => {
            let Some(at) = place(at) else {
                let index = index.clone();
                return opt.fail(value, |_| Exn::from(Error::typ(index, "integer")));
            };
            let Some(at) = from_start(at, items.len()).filter(|at| *at < items.len()) else {
                return opt.fail(value, |_| {
                    Exn::from(Error::str(format!("index {index} out of bounds")))
                });
            };
            unshare_list(items);
            let Val::Arr(mut items) = value.take() else {
                return Ok(V::leaf(Val::Null));
            };
            let all = Rc::make_mut(&mut items);
            let old = std::mem::take(&mut all[at]);
            let mut deep = levels;
            if let Some(new) = f(inside.of(old)).next().transpose()? {
                deep = deep.max(new.levels() + 1);
                all[at] = new.take();
            } else {
                spend(all.len() / 64);
                all.remove(at);
            }
            Ok(V::of(Val::Arr(items), deep))
        }
        _ => opt.fail(value, |value| Exn::from(Error::typ(value, ITERABLE))),
    }
}

/// `.[from:upto] |= f`.
pub fn map_range<'a, I: Iterator<Item = ValX<'a, V>>>(
    value: V,
    range: Range<&V>,
    opt: Opt,
    f: impl Fn(V) -> I,
) -> ValX<'a, V> {
    spend(1);
    match value.val() {
        Val::Arr(_) | Val::BStr(_) | Val::TStr(_) => {}
        _ => return opt.fail(value, |value| Exn::from(Error::typ(value, "array"))),
    }
    let bounds = match whole(&range) {
        Ok(bounds) => bounds,
        Err(error) => return opt.fail(value, |_| Exn::from(error)),
    };
    match value.val() {
        Val::Arr(items) => {
            let (skip, take) = skip_take(bounds, items.len());
            make(take * ITEM);
            spend(take / 4);
            let part: Val = items.iter().skip(skip).take(take).cloned().collect();
            let part = value.inside().as_deep_as(part, &value);
            let new = f(part).next().transpose()?;
            let new_levels = new.as_ref().map_or(0, V::levels);
            let new = match new.map(V::take) {
                Some(Val::Arr(new)) => new,
                Some(other) => return Err(Error::typ(V::of(other, new_levels), "array").into()),
                None => Rc::default(),
            };
            unshare_list(items);
            make(new.len() * ITEM);
            spend((items.len() + new.len()) / 16);
            let levels = value.levels().max(new_levels);
            let Val::Arr(mut items) = value.take() else {
                return Ok(V::leaf(Val::Null));
            };
            Rc::make_mut(&mut items).splice(skip..skip + take, new.iter().cloned());
            Ok(V::of(Val::Arr(items), levels))
        }
        Val::BStr(bytes) | Val::TStr(bytes) => {
            let Some((skip, take)) = skip_take_text(value.val(), bytes, &range) else {
                return Ok(value);
            };
            let part = jaq_std::ValT::as_sub_str(&value, &bytes[skip..skip + take]);
            let new = f(part).next().transpose()?;
            let text = matches!(value.val(), Val::TStr(_));
            let new = match (new, text) {
                (None, _) => Vec::new(),
                (Some(new), text) => match (new.val(), text) {
                    (Val::TStr(new), true) | (Val::BStr(new), false) => new.to_vec(),
                    _ => return Err(Error::typ(new, "string").into()),
                },
            };
            make_text(bytes.len() - take + new.len());
            let all = [&bytes[..skip], &new, &bytes[skip + take..]].concat();
            Ok(V::leaf(if text {
                Val::utf8_str(all)
            } else {
                Val::byte_str(all)
            }))
        }
        _ => Ok(value),
    }
}
