//! The values that filters work on: jaq's own, with everything that is done to them counted ([`super::budget`]).
//!
//! What comes out, and which errors, is as with jaq's values; `tests/it/filter_bounds.rs` compares the two.

use super::budget::{DEEPEST, Stop, born, gone, hops, make, make_text, spend, stop};
use super::compare;
use jaq_core::Error;
use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::val::{Range, ValR};
use jaq_json::{Map, Num, Rc, Val};
use std::cmp::Ordering;

/// Memory of one item of a list, bytes, with what growing it takes.
pub const ITEM: usize = 32;
/// Memory of one field of an object, bytes, with what growing it takes.
pub const FIELD: usize = 96;
/// Memory of one part of a text that shares the text, bytes.
pub const PART: usize = 64;

/// What lists, objects and texts are called in errors.
pub const ITERABLE: &str = "iterable (array or object)";

/// A value.
#[derive(Debug)]
pub struct V {
    val: Val,
    /// Levels of lists and objects, or more: what is taken out of a value has one less.
    levels: u32,
    /// How often it was taken out of another, from there on where it was made.
    hops: u32,
}

impl Clone for V {
    #[inline]
    fn clone(&self) -> Self {
        Self::new(self.val.clone(), self.levels, self.hops)
    }
}

impl Drop for V {
    #[inline]
    fn drop(&mut self) {
        gone();
    }
}

impl V {
    #[inline]
    fn new(val: Val, levels: u32, hops: u32) -> Self {
        // Counted once it is there to be let go again.
        let value = Self { val, levels, hops };
        born();
        value
    }

    /// A value that is no list and no object.
    #[inline]
    pub fn leaf(val: Val) -> Self {
        Self::new(val, 0, 0)
    }

    /// A value of so many levels, or fewer.
    #[inline]
    pub fn of(val: Val, levels: u32) -> Self {
        let levels = if levels > DEEPEST {
            compare::levels(&val)
        } else {
            levels
        };
        if levels > DEEPEST {
            stop(Stop::Depth);
        }
        Self::new(val, levels, 0)
    }

    /// A list or an object of values with so many levels.
    #[inline]
    pub fn around(val: Val, inside: u32) -> Self {
        Self::of(val, inside + 1)
    }

    /// The value as jaq has it.
    #[inline]
    pub fn val(&self) -> &Val {
        &self.val
    }

    /// The value as jaq has it, taken out.
    #[inline]
    pub fn take(mut self) -> Val {
        std::mem::take(&mut self.val)
    }

    /// Levels of lists and objects, or more.
    pub fn levels(&self) -> u32 {
        self.levels
    }

    /// How what lies in it is taken out.
    #[inline]
    pub fn inside(&self) -> Inside {
        hops(self.hops + 1);
        Inside {
            levels: self.levels.saturating_sub(1),
            hops: self.hops + 1,
        }
    }

    /// The items of a list, each counted as it comes; `Err` for anything else.
    pub fn items(self) -> Result<BoxIter<'static, Self>, Self> {
        let inside = self.inside();
        match &self.val {
            Val::Arr(_) => match self.take() {
                Val::Arr(items) => match Rc::try_unwrap(items) {
                    Ok(items) => Ok(Box::new(items.into_iter().map(move |item| inside.of(item)))),
                    Err(items) => Ok(Box::new(
                        (0..items.len()).map(move |at| inside.of(items[at].clone())),
                    )),
                },
                other => Err(Self::leaf(other)),
            },
            _ => Err(self),
        }
    }

    fn fields(self) -> Result<BoxIter<'static, (Self, Self)>, Self> {
        let inside = self.inside();
        let pair = move |(key, value)| (inside.of(key), inside.of(value));
        match &self.val {
            Val::Obj(_) => match self.take() {
                Val::Obj(fields) => match Rc::try_unwrap(fields) {
                    Ok(fields) => Ok(Box::new(fields.into_iter().map(pair))),
                    Err(fields) => Ok(Box::new((0..fields.len()).filter_map(move |at| {
                        let (key, value) = fields.get_index(at)?;
                        Some(pair((key.clone(), value.clone())))
                    }))),
                },
                other => Err(Self::leaf(other)),
            },
            _ => Err(self),
        }
    }
}

/// How values are taken out of another.
#[derive(Clone, Copy)]
pub struct Inside {
    levels: u32,
    hops: u32,
}

impl Inside {
    /// A value that was taken out.
    #[inline]
    pub fn of(self, val: Val) -> V {
        let levels = match &val {
            Val::Arr(items) if items.is_empty() => 1,
            Val::Obj(fields) if fields.is_empty() => 1,
            Val::Arr(_) | Val::Obj(_) => self.levels,
            _ => 0,
        };
        V::new(val, levels, self.hops)
    }

    /// A part that is as deep as the whole.
    pub fn as_deep_as(self, val: Val, whole: &V) -> V {
        V::new(val, whole.levels, self.hops)
    }
}

/// Counts what copying a list takes where another holds it too.
pub fn unshare_list(items: &Rc<Vec<Val>>) {
    if Rc::strong_count(items) > 1 {
        make(items.len() * ITEM / 2);
        spend(items.len() / 4);
    }
}

/// Counts what copying an object takes where another holds it too.
pub fn unshare_fields(fields: &Rc<Map>) {
    if Rc::strong_count(fields) > 1 {
        make(fields.len() * FIELD / 2);
        spend(fields.len() / 2);
    }
}

impl jaq_core::ValT for V {
    fn from_num(n: &str) -> ValR<Self> {
        let val = Val::from_num(n);
        val.map(Self::leaf)
            .map_err(|error| Error::str(error.to_string()))
    }

    fn from_map<I: IntoIterator<Item = (Self, Self)>>(iter: I) -> ValR<Self> {
        let mut levels = 0;
        let fields: Map = iter
            .into_iter()
            .map(|(key, value)| {
                make(FIELD);
                spend(compare::of_key(&key.val));
                levels = levels.max(key.levels).max(value.levels);
                (key.take(), value.take())
            })
            .collect();
        Ok(Self::around(Val::obj(fields), levels))
    }

    fn key_values(self) -> BoxIter<'static, ValR<(Self, Self), Self>> {
        match self.items() {
            Ok(items) => Box::new(
                items
                    .enumerate()
                    .map(|(at, item)| Ok((Self::from(at as isize), item))),
            ),
            Err(other) => match other.fields() {
                Ok(fields) => Box::new(fields.map(Ok)),
                Err(other) => box_once(Err(Error::typ(other, ITERABLE))),
            },
        }
    }

    fn values(self) -> BoxIter<'static, ValR<Self>> {
        match self.items() {
            Ok(items) => Box::new(items.map(Ok)),
            Err(other) => match other.fields() {
                Ok(fields) => Box::new(fields.map(|(_, value)| Ok(value))),
                Err(other) => box_once(Err(Error::typ(other, ITERABLE))),
            },
        }
    }

    fn index(self, index: &Self) -> ValR<Self> {
        spend(1);
        let inside = self.inside();
        match (&self.val, &index.val) {
            (Val::Null, _) => Ok(inside.of(Val::Null)),
            (Val::Obj(fields), key) => {
                spend(compare::of_key(key));
                Ok(inside.of(fields.get(key).cloned().unwrap_or_default()))
            }
            (Val::Arr(items), Val::Num(number @ (Num::Int(_) | Num::BigInt(_)))) => {
                let at = super::at::within(number, items.len());
                Ok(inside.of(at.map(|at| items[at].clone()).unwrap_or_default()))
            }
            (Val::BStr(bytes), Val::Num(number @ (Num::Int(_) | Num::BigInt(_)))) => {
                let at = super::at::within(number, bytes.len());
                let byte = at.map(|at| Val::from(usize::from(bytes[at])));
                Ok(inside.of(byte.unwrap_or_default()))
            }
            (Val::Arr(_), Val::Arr(_)) => Ok(super::functions::places(&self.val, &index.val)
                .map_or_else(|| Self::leaf(Val::Null), Self::list_of_places)),
            (Val::BStr(_) | Val::TStr(_) | Val::Arr(_), Val::Obj(bounds)) => {
                let [from, upto] = super::at::bounds(bounds);
                self.range(from.as_ref()..upto.as_ref())
            }
            _ => Err(Error::index(self, index.clone())),
        }
    }

    fn range(self, range: Range<&Self>) -> ValR<Self> {
        super::at::slice(self, range)
    }

    fn map_values<'a, I: Iterator<Item = jaq_core::ValX<'a, Self>>>(
        self,
        opt: jaq_core::path::Opt,
        f: impl Fn(Self) -> I,
    ) -> jaq_core::ValX<'a, Self> {
        super::at::map_values(self, opt, f)
    }

    fn map_index<'a, I: Iterator<Item = jaq_core::ValX<'a, Self>>>(
        self,
        index: &Self,
        opt: jaq_core::path::Opt,
        f: impl Fn(Self) -> I,
    ) -> jaq_core::ValX<'a, Self> {
        super::at::map_index(self, index, opt, f)
    }

    fn map_range<'a, I: Iterator<Item = jaq_core::ValX<'a, Self>>>(
        self,
        range: Range<&Self>,
        opt: jaq_core::path::Opt,
        f: impl Fn(Self) -> I,
    ) -> jaq_core::ValX<'a, Self> {
        super::at::map_range(self, range, opt, f)
    }

    fn as_bool(&self) -> bool {
        spend(1);
        !matches!(self.val, Val::Null | Val::Bool(false))
    }

    fn into_string(self) -> Self {
        match self.take() {
            Val::BStr(text) | Val::TStr(text) => Self::leaf(Val::TStr(text)),
            other => Self::leaf(super::functions::json(&other)),
        }
    }
}

impl V {
    /// A list of numbers of places.
    pub fn list_of_places(places: Vec<usize>) -> Self {
        make(places.len() * ITEM);
        Self::around(places.into_iter().map(Val::from).collect(), 0)
    }
}

impl jaq_std::ValT for V {
    fn into_seq<S: FromIterator<Self>>(self) -> Result<S, Self> {
        Ok(self.items()?.collect())
    }

    fn is_int(&self) -> bool {
        self.val.is_int()
    }

    fn as_isize(&self) -> Option<isize> {
        self.val.as_isize()
    }

    fn as_f64(&self) -> Option<f64> {
        spend(match &self.val {
            Val::Num(number) => compare::number(number),
            _ => 0,
        });
        self.val.as_f64()
    }

    fn is_utf8_str(&self) -> bool {
        self.val.is_utf8_str()
    }

    fn as_bytes(&self) -> Option<&[u8]> {
        let bytes = self.val.as_bytes()?;
        spend(1 + bytes.len() / 64);
        Some(bytes)
    }

    fn as_sub_str(&self, sub: &[u8]) -> Self {
        make(PART);
        Self::leaf(self.val.as_sub_str(sub))
    }

    fn from_utf8_bytes(b: impl AsRef<[u8]> + Send + 'static) -> Self {
        make_text(b.as_ref().len());
        Self::leaf(Val::from_utf8_bytes(b))
    }
}

impl From<bool> for V {
    fn from(yes: bool) -> Self {
        Self::leaf(Val::from(yes))
    }
}

impl From<isize> for V {
    fn from(number: isize) -> Self {
        Self::leaf(Val::from(number))
    }
}

impl From<usize> for V {
    fn from(number: usize) -> Self {
        Self::leaf(Val::from(number))
    }
}

impl From<f64> for V {
    fn from(number: f64) -> Self {
        Self::leaf(Val::from(number))
    }
}

impl From<String> for V {
    fn from(text: String) -> Self {
        make_text(text.len());
        Self::leaf(Val::from(text))
    }
}

impl From<Range<V>> for V {
    fn from(range: Range<V>) -> Self {
        make(2 * FIELD);
        let levels = [&range.start, &range.end].map(|end| end.as_ref().map_or(0, |end| end.levels));
        let range = range.start.map(V::take)..range.end.map(V::take);
        Self::around(Val::from(range), levels[0].max(levels[1]))
    }
}

impl FromIterator<Self> for V {
    fn from_iter<T: IntoIterator<Item = Self>>(iter: T) -> Self {
        let mut levels = 0;
        let items = iter.into_iter().map(|item| {
            make(ITEM);
            levels = levels.max(item.levels);
            item.take()
        });
        let items: Val = items.collect();
        Self::around(items, levels)
    }
}

impl PartialEq for V {
    fn eq(&self, other: &Self) -> bool {
        compare::equal(&self.val, &other.val)
    }
}

impl Eq for V {}

impl PartialOrd for V {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for V {
    fn cmp(&self, other: &Self) -> Ordering {
        compare::order(&self.val, &other.val)
    }
}

impl std::fmt::Display for V {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        compare::written(&self.val);
        self.val.fmt(f)
    }
}
