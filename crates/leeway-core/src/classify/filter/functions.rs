//! jaq's functions on its own values, over counted ones, and those of the others that need a bound before they
//! run.
//!
//! Every function that filters have, and why it ends soon:
//!
//! | functions | bound |
//! |---|---|
//! | `+ - * / % -x`, `= \|= += …`, `.[…]`, `[…]`, `{…}`, `"\(…)"`, `reduce`, `foreach`, `..`, `,` | every value handed on, copied or made is counted ([`super::value`], [`super::arithmetic`], [`super::at`]) |
//! | `length`, `has`, `contains`, `indices`, `bsearch`, `tobytes`, `tojson`, `fromjson` | here: by what they look through and make; `fromjson` reads as deep as values from outside may be |
//! | `test`, `match`, `capture`, `scan`, `split/2`, `splits`, `sub`, `gsub` | [`super::regex`]: by pattern times text times matches |
//! | `sort`, `sort_by`, `group_by`, `unique`, `min_by`, `max_by`, `reverse`, `implode`, `mktime` | take a list by items that are counted; comparing counts ([`super::compare`]) |
//! | `explode`, `keys`, `to_entries`, `path`, `paths`, `getpath`, `transpose`, `flatten`, `combinations` | make values that are counted |
//! | `startswith`, `ltrimstr`, `trim`, `ascii_downcase`, `utf8bytelength`, `strptime`, `fromdate` | as long as their text, which counts whenever it is looked at |
//! | `@html`, `@uri`, `@sh`, `@base64`, `@json`, `@base64d` | make a text of at most six times its length, which is at most the longest text or was given |
//! | `strftime` | its format may be [`LONGEST_FORMAT`] long, each part of which writes at most 255 characters |
//! | `floor`, `pow`, `log`, `ldexp`, … | floating-point numbers, in constant time; `jn` and `yn` count up to their order and are left out |
//! | `first`, `last`, `limit`, `skip`, `isempty`, `any`, `all`, `range`, `error` | go through values that are counted |
//! | `todate`, `gmtime`, `ascii`, `infinite`, `nan`, `type`, `not`, `empty` | constant |

use super::budget::{Stop, make, make_text, spend, stop};
use super::compare;
use super::value::{ITEM, V};
use crate::nesting;
use jaq_core::box_iter::{BoxIter, box_once};
use jaq_core::data::JustLut;
use jaq_core::load::parse::{BinaryOp, Def, Term};
use jaq_core::native::{Filter, Fun, bome, run, unary, v};
use jaq_core::{Error, Exn, RunPtr, ValT};
use jaq_json::{Num, Val};
use jaq_std::ValT as _;

/// Longest format of `strftime`, bytes.
const LONGEST_FORMAT: usize = 1_000;
/// Longest run of digits that `fromjson` reads as a number.
const LONGEST_DIGITS: usize = 5_000;

/// `strftime` as jaq has it, under a name that no filter can write.
pub const UNBOUND_STRFTIME: &str = "!strftime";

/// A value as JSON text.
pub fn json(value: &Val) -> Val {
    compare::written(value);
    let mut text = Vec::new();
    if jaq_json::write::write(&mut text, &jaq_json::write::Pp::default(), 0, value).is_err() {
        stop(Stop::Broken);
    }
    make_text(text.len());
    Val::utf8_str(text)
}

/// Where one value stands in another; `None` where that cannot be asked.
pub fn places(inside: &Val, wanted: &Val) -> Option<Vec<usize>> {
    let of = |found: &mut dyn Iterator<Item = usize>| Some(found.collect());
    match (inside, wanted) {
        (Val::TStr(_), Val::TStr(part)) | (Val::BStr(_), Val::BStr(part)) if part.is_empty() => {
            Some(Vec::new())
        }
        (Val::TStr(text), Val::TStr(part)) => {
            spend(text.len() / 8 * (1 + part.len() / 32));
            let starts =
                super::regex::chars(text).map_while(|(at, _)| text.get(at..at + part.len()));
            of(&mut starts
                .enumerate()
                .filter(|(_, piece)| *piece == **part)
                .map(|(at, _)| at))
        }
        (Val::BStr(text), Val::BStr(part)) => {
            spend(text.len() / 8 * (1 + part.len() / 32));
            let pieces = text.windows(part.len()).enumerate();
            of(&mut pieces
                .filter(|(_, piece)| *piece == **part)
                .map(|(at, _)| at))
        }
        (Val::Arr(_), Val::Arr(part)) if part.is_empty() => Some(Vec::new()),
        (Val::Arr(items), Val::Arr(part)) => {
            let pieces = items.windows(part.len()).enumerate();
            of(&mut pieces
                .filter(|(_, piece)| compare::equals(piece, part))
                .map(|(at, _)| at))
        }
        (Val::Arr(items), one) => {
            let items = items.iter().enumerate();
            of(&mut items
                .filter(|(_, item)| compare::equal(item, one))
                .map(|(at, _)| at))
        }
        _ => None,
    }
}

fn length(value: V) -> Result<V, Error<V>> {
    Ok(match value.val() {
        Val::Null => V::from(0_usize),
        Val::Num(Num::Int(number)) => match number.checked_abs() {
            Some(number) => V::from(number),
            None => return -value,
        },
        Val::Num(Num::BigInt(number)) if **number < 0.into() => return -value,
        Val::Num(Num::BigInt(_)) => value.clone(),
        Val::Num(_) => V::from(value.as_f64().unwrap_or_default().abs()),
        Val::TStr(text) => {
            spend(text.len() / 32);
            V::from(super::regex::count_chars(text))
        }
        Val::BStr(bytes) => V::from(bytes.len()),
        Val::Arr(items) => V::from(items.len()),
        Val::Obj(fields) => V::from(fields.len()),
        Val::Bool(_) => return Err(Error::str(format_args!("{value} has no length"))),
    })
}

fn contains(left: &Val, right: &Val) -> bool {
    spend(1);
    match (left, right) {
        (Val::BStr(text) | Val::TStr(text), Val::BStr(part) | Val::TStr(part)) => {
            has_part(text, part)
        }
        (Val::Arr(left), Val::Arr(right)) => right
            .iter()
            .all(|one| left.iter().any(|other| contains(other, one))),
        (Val::Obj(left), Val::Obj(right)) => right.iter().all(|(key, one)| {
            spend(compare::of_key(key));
            left.get(key).is_some_and(|other| contains(other, one))
        }),
        _ => compare::equal(left, right),
    }
}

fn has_part(text: &[u8], part: &[u8]) -> bool {
    if let (Ok(text), Ok(part)) = (std::str::from_utf8(text), std::str::from_utf8(part)) {
        spend((text.len() + part.len()) / 32);
        return text.contains(part);
    }
    spend(text.len() / 8 * (1 + part.len() / 32));
    part.is_empty() || text.windows(part.len()).any(|piece| piece == part)
}

fn has(value: V, key: &V) -> Result<V, Error<V>> {
    Ok(V::from(match (value.val(), key.val()) {
        (Val::Null, _) => false,
        (Val::Obj(fields), key) => {
            spend(compare::of_key(key));
            fields.contains_key(key)
        }
        (Val::Arr(items), Val::Num(at @ (Num::Int(_) | Num::BigInt(_)))) => {
            super::at::within(at, items.len()).is_some()
        }
        (Val::BStr(bytes), Val::Num(at @ (Num::Int(_) | Num::BigInt(_)))) => {
            super::at::within(at, bytes.len()).is_some()
        }
        // A part of it, or the error that it cannot have one.
        _ => {
            value.index(key)?;
            true
        }
    }))
}

/// The bytes of a value; `Err` with what has none.
fn bytes_of<'a>(value: &'a Val, into: &mut Vec<u8>) -> Result<(), &'a Val> {
    spend(1);
    match value {
        Val::Num(number) => {
            let byte = number.as_isize().and_then(|byte| u8::try_from(byte).ok());
            make(1);
            into.push(byte.ok_or(value)?);
        }
        Val::BStr(bytes) | Val::TStr(bytes) => {
            make_text(bytes.len());
            into.extend_from_slice(bytes);
        }
        Val::Arr(items) => items.iter().try_for_each(|item| bytes_of(item, into))?,
        _ => return Err(value),
    }
    Ok(())
}

/// Ends the run where a text holds JSON that is too deep to be read, or a number that is too long.
fn bound_json(text: &[u8]) {
    let (mut open, mut digits) = (0_usize, 0_usize);
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            b'#' => {
                bytes.by_ref().find(|byte| **byte == b'\n');
            }
            b'"' => loop {
                match bytes.next() {
                    Some(b'\\') => _ = bytes.next(),
                    Some(b'"') | None => break,
                    Some(_) => {}
                }
            },
            _ => {}
        }
        if open > nesting::DEEPEST || digits > LONGEST_DIGITS {
            stop(Stop::Json);
        }
    }
}

fn from_json<'a>(value: V) -> BoxIter<'a, jaq_core::ValX<'a, V>> {
    let text = match (value.val(), value.try_as_utf8_bytes()) {
        (Val::TStr(text), Ok(_)) => text.clone(),
        (_, Err(error)) => return box_once(Err(Exn::from(error))),
        (_, Ok(_)) => return box_once(Err(Exn::from(Error::typ(value.clone(), "string")))),
    };
    spend(text.len() / 4);
    make(text.len() * 16);
    bound_json(&text);
    let mut read = Vec::new();
    for one in jaq_json::read::parse_many(&text) {
        let failed = one.is_err();
        read.push(one);
        if failed {
            break;
        }
    }
    Box::new(read.into_iter().map(move |one| match one {
        Ok(one) => {
            let levels = compare::levels(&one);
            Ok(V::of(one, levels))
        }
        Err(error) => Err(Exn::from(Error::str(format_args!(
            "cannot parse {value} as JSON: {error}"
        )))),
    }))
}

type Natives = Box<[Filter<RunPtr<JustLut<V>>>]>;

fn natives() -> Natives {
    Box::new([
        ("fromjson", v(0), |cv| from_json(cv.1)),
        ("tojson", v(0), |cv| bome(Ok(V::leaf(json(cv.1.val()))))),
        ("tobytes", v(0), |cv| {
            let mut bytes = Vec::new();
            bome(match bytes_of(cv.1.val(), &mut bytes) {
                Ok(()) => Ok(V::leaf(Val::byte_str(bytes))),
                Err(odd) => {
                    compare::written(odd);
                    Err(Error::str(format_args!("cannot convert {odd} to bytes")))
                }
            })
        }),
        ("length", v(0), |cv| bome(length(cv.1))),
        ("contains", v(1), |cv| {
            unary(cv, |x, y| Ok(V::from(contains(x.val(), y.val()))))
        }),
        ("has", v(1), |cv| unary(cv, |value, key| has(value, &key))),
        ("indices", v(1), |cv| {
            unary(cv, |x, y| match places(x.val(), y.val()) {
                Some(places) => Ok(V::list_of_places(places)),
                None => Err(Error::index(x, y)),
            })
        }),
        ("bsearch", v(1), |cv| {
            unary(cv, |list, wanted| match list.val() {
                Val::Arr(items) => {
                    let found = items.binary_search_by(|item| compare::order(item, wanted.val()));
                    Ok(V::from(
                        found.map_or_else(|at| -1 - at as isize, |at| at as isize),
                    ))
                }
                _ => Err(Error::typ(list, "array")),
            })
        }),
        ("!format", v(1), |cv| {
            unary(cv, |value, format| {
                if format
                    .as_bytes()
                    .is_some_and(|text| text.len() > LONGEST_FORMAT)
                {
                    stop(Stop::Memory);
                }
                Ok(value)
            })
        }),
    ])
}

/// The functions.
pub fn funs() -> impl Iterator<Item = Fun<JustLut<V>>> {
    let all = natives().into_vec().into_iter();
    all.chain(super::regex::natives().into_vec())
        .map(run::<JustLut<V>>)
}

/// What stands before jaq's own definitions: `def strftime($format): …;` with the format bounded.
pub fn defs() -> impl Iterator<Item = Def<&'static str>> {
    let call = |name| Term::Call(name, vec![Term::Var("$format")]);
    let bounded = Term::BinOp(
        Box::new(call("!format")),
        BinaryOp::Pipe(None),
        Box::new(call(UNBOUND_STRFTIME)),
    );
    std::iter::once(Def {
        name: "strftime",
        args: vec!["$format"],
        body: bounded,
    })
}

/// Memory of a list of so many items, counted.
pub fn make_list(items: usize) {
    make(items * ITEM);
}
