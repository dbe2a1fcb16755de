//! Where things stand in a TOML file.

use std::ops::Range;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// The span of a key path such as `guardrail[2].when.rate`, or of the deepest part of it that is
/// there.
pub fn of_path(table: &DeTable<'_>, path: &str) -> Range<usize> {
    let mut span = 0..0;
    let mut at: Option<&DeValue<'_>> = None;
    let mut here = Some(table);
    for part in path.split('.') {
        let (name, index) = split_index(part);
        let Some((key, value)) = here.and_then(|table| find(table, name)) else {
            return span;
        };
        span = key.span();
        at = Some(value.get_ref());
        if let (Some(index), Some(array)) = (index, at.and_then(DeValue::as_array)) {
            let Some(element) = array.get(index) else {
                return span;
            };
            span = element.span();
            at = Some(element.get_ref());
        }
        here = at.and_then(DeValue::as_table);
    }
    match at {
        Some(_) => span,
        None => 0..0,
    }
}

fn find<'a, 'i>(
    table: &'a DeTable<'i>,
    name: &str,
) -> Option<(
    &'a Spanned<std::borrow::Cow<'i, str>>,
    &'a Spanned<DeValue<'i>>,
)> {
    table.iter().find(|(key, _)| key.get_ref() == name)
}

fn split_index(part: &str) -> (&str, Option<usize>) {
    match part.split_once('[') {
        Some((name, rest)) => (name, rest.trim_end_matches(']').parse().ok()),
        None => (part, None),
    }
}

/// Takes the deepest entry or array element around a place out of the table; returns its name, which
/// is empty for an element.
pub fn remove_at(table: &mut DeTable<'_>, place: usize) -> Option<String> {
    let found = table.iter().find(|(key, value)| {
        key.span().contains(&place)
            || value.span().contains(&place)
            || inside(value.get_ref(), place)
    });
    let name = found.map(|(key, _)| key.get_ref().to_string())?;
    let on_key = found.is_some_and(|(key, _)| key.span().contains(&place));
    if !on_key
        && let Some((_, value)) = table
            .iter_mut()
            .find(|(key, _)| key.get_ref().as_ref() == name)
        && let Some(deeper) = remove_inside(value.get_mut(), place)
    {
        return Some(deeper);
    }
    table.remove(name.as_str());
    Some(name)
}

fn remove_inside(value: &mut DeValue<'_>, place: usize) -> Option<String> {
    match value {
        DeValue::Table(table) => remove_at(table, place),
        DeValue::Array(items) => {
            let at = items
                .iter()
                .position(|item| item.span().contains(&place) || inside(item.get_ref(), place))?;
            if let Some(deeper) = remove_inside(items.get_mut(at)?.get_mut(), place) {
                return Some(deeper);
            }
            let all = std::mem::replace(items, DeArray::new());
            *items = all
                .into_iter()
                .enumerate()
                .filter_map(|(index, item)| (index != at).then_some(item))
                .collect();
            Some(String::new())
        }
        _ => None,
    }
}

/// Whether a place lies in a table that is written in pieces, as `[a.b]` headers do.
fn inside(value: &DeValue<'_>, place: usize) -> bool {
    match value {
        DeValue::Table(table) => table.iter().any(|(key, value)| {
            key.span().contains(&place)
                || value.span().contains(&place)
                || inside(value.get_ref(), place)
        }),
        DeValue::Array(items) => items
            .iter()
            .any(|item| item.span().contains(&place) || inside(item.get_ref(), place)),
        _ => false,
    }
}
