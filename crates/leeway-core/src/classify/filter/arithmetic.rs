//! Reckoning with values, counted before it is done: sums of lists and texts, texts times numbers, whole numbers
//! as long as they may be.

use super::budget::{LONGEST_TEXT, Stop, make, make_text, spend, stop};
use super::compare::{Ordered, number, of_key, tree};
use super::value::{FIELD, ITEM, PART, V, unshare_fields, unshare_list};
use jaq_core::Error;
use jaq_core::ops::Math;
use jaq_core::val::ValR;
use jaq_json::{Num, Rc, Val};
use std::collections::BTreeSet;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

/// Longest whole number that may come out, bits: about 20,000 digits.
const LONGEST_NUMBER: u64 = 1 << 16;

/// A number that came out.
fn out(number: Num) -> V {
    if let Num::BigInt(whole) = &number {
        if whole.bits() > LONGEST_NUMBER {
            stop(Stop::Memory);
        }
        make(whole.bits() as usize / 8);
    }
    V::leaf(Val::Num(number))
}

fn reckon(left: &Num, right: &Num) {
    spend(1 + number(left) + number(right));
}

fn fails(left: V, op: Math, right: V) -> ValR<V> {
    Err(Error::math(left, op, right))
}

impl Add for V {
    type Output = ValR<V>;

    fn add(self, other: Self) -> ValR<V> {
        spend(1);
        let levels = self.levels().max(other.levels());
        match (self.val(), other.val()) {
            (Val::Null, _) => return Ok(other),
            (_, Val::Null) => return Ok(self),
            (Val::Num(x), Val::Num(y)) => {
                reckon(x, y);
                return Ok(out(x.clone() + y.clone()));
            }
            (Val::TStr(x), Val::TStr(y)) | (Val::BStr(x), Val::BStr(y)) => {
                if x.len() + y.len() > LONGEST_TEXT {
                    stop(Stop::Memory);
                }
                // What nobody else holds grows where it is.
                make_text(2 * y.len() + if x.is_unique() { 0 } else { x.len() });
            }
            (Val::Arr(x), Val::Arr(y)) => {
                unshare_list(x);
                make(y.len() * ITEM);
                spend(y.len() / 4);
            }
            (Val::Obj(x), Val::Obj(y)) => {
                unshare_fields(x);
                make(y.len() * FIELD);
                spend(y.keys().map(of_key).sum());
            }
            _ => return fails(self, Math::Add, other),
        }
        let sum = self.take() + other.take();
        sum.map(|sum| V::of(sum, levels))
            .map_err(|error| Error::str(error.to_string()))
    }
}

impl Sub for V {
    type Output = ValR<V>;

    fn sub(self, other: Self) -> ValR<V> {
        spend(1);
        let levels = self.levels();
        match (self.val(), other.val()) {
            (Val::Num(x), Val::Num(y)) => {
                reckon(x, y);
                Ok(out(x.clone() - y.clone()))
            }
            (Val::Arr(x), Val::Arr(y)) => {
                unshare_list(x);
                make(y.len() * ITEM);
                let without: BTreeSet<_> = y.iter().map(Ordered).collect();
                let Val::Arr(mut items) = self.take() else {
                    return Ok(V::leaf(Val::Null));
                };
                Rc::make_mut(&mut items).retain(|item| !without.contains(&Ordered(item)));
                Ok(V::of(Val::Arr(items), levels))
            }
            _ => fails(self, Math::Sub, other),
        }
    }
}

impl Mul for V {
    type Output = ValR<V>;

    fn mul(self, other: Self) -> ValR<V> {
        spend(1);
        let levels = self.levels().max(other.levels());
        match (self.val(), other.val()) {
            (Val::Num(x), Val::Num(y)) => {
                reckon(x, y);
                return Ok(out(x.clone() * y.clone()));
            }
            (
                Val::TStr(text) | Val::BStr(text),
                Val::Num(times @ (Num::Int(_) | Num::BigInt(_))),
            )
            | (
                Val::Num(times @ (Num::Int(_) | Num::BigInt(_))),
                Val::TStr(text) | Val::BStr(text),
            ) => {
                let times = times.as_isize().unwrap_or(isize::MAX).max(0) as usize;
                match text.len().checked_mul(times) {
                    Some(bytes) => make_text(bytes),
                    None => stop(Stop::Memory),
                }
            }
            (Val::Obj(_), Val::Obj(_)) => {
                make((tree(self.val()) + tree(other.val())) * FIELD);
            }
            _ => return fails(self, Math::Mul, other),
        }
        let product = self.take() * other.take();
        product
            .map(|product| V::of(product, levels))
            .map_err(|error| Error::str(error.to_string()))
    }
}

impl Div for V {
    type Output = ValR<V>;

    fn div(self, other: Self) -> ValR<V> {
        spend(1);
        match (self.val(), other.val()) {
            (Val::Num(x), Val::Num(y)) => {
                reckon(x, y);
                return Ok(out(x.clone() / y.clone()));
            }
            (Val::TStr(x), Val::TStr(y)) | (Val::BStr(x), Val::BStr(y)) => {
                spend(x.len() / 16);
                make(parts(x, y) * (PART + ITEM));
            }
            _ => return fails(self, Math::Div, other),
        }
        let parts = self.take() / other.take();
        parts
            .map(|parts| V::around(parts, 0))
            .map_err(|error| Error::str(error.to_string()))
    }
}

/// Parts that a text is split into, or more.
fn parts(text: &[u8], separator: &[u8]) -> usize {
    let most = text.len() / separator.len().max(1) + 1;
    match (std::str::from_utf8(text), std::str::from_utf8(separator)) {
        (Ok(text), Ok(separator)) if most > 1_000 => text.matches(separator).count() + 1,
        _ => most,
    }
}

impl Rem for V {
    type Output = ValR<V>;

    fn rem(self, other: Self) -> ValR<V> {
        match (self.val(), other.val()) {
            (Val::Num(x), Val::Num(y)) if !(is_whole(x) && is_whole(y) && *y == Num::Int(0)) => {
                reckon(x, y);
                Ok(out(x.clone() % y.clone()))
            }
            _ => fails(self, Math::Rem, other),
        }
    }
}

fn is_whole(number: &Num) -> bool {
    matches!(number, Num::Int(_) | Num::BigInt(_))
}

impl Neg for V {
    type Output = ValR<V>;

    fn neg(self) -> ValR<V> {
        match self.val() {
            Val::Num(number) => {
                if let Num::Dec(text) = number {
                    make_text(text.len() + 1);
                }
                reckon(number, number);
                Ok(out(-number.clone()))
            }
            _ => Err(Error::typ(self, "number")),
        }
    }
}
