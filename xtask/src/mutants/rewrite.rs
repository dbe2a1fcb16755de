//! Writes a file anew with its mutants as switches. Everything is put in between what is there, so
//! mutants may lie inside each other; only one is ever set, so each holds the rest as it was.

use std::collections::BTreeMap;
use std::ops::Range;

use super::list::{Genre, Mutant};
use super::places::{Place, Source};

/// A file with switches.
pub struct Rewritten {
    pub text: String,
    /// Where in the text something is because of which mutants; the narrowest first.
    traces: Vec<(Range<usize>, Blamed)>,
    /// Where the text goes on with what there was: here, and in the file.
    goes_on: Vec<(usize, usize)>,
}

/// Mutants an error is due to.
#[derive(Clone)]
pub enum Blamed {
    /// What one puts in does not compile.
    One(usize),
    /// The switch of all these does not.
    Switch(Vec<usize>),
}

impl Rewritten {
    /// Where in the file as it was a place is.
    pub fn before(&self, at: usize) -> usize {
        let after = self.goes_on.partition_point(|(here, _)| *here <= at);
        match after.checked_sub(1).map(|index| self.goes_on[index]) {
            Some((here, there)) => there + (at - here),
            None => at,
        }
    }

    /// The mutants an error at these bytes is due to: those whose own text it touches, else those
    /// that wrap it.
    pub fn blamed(&self, error: &Range<usize>) -> Option<Blamed> {
        let touched = |trace: &Range<usize>| trace.start < error.end && error.start < trace.end;
        self.traces
            .iter()
            .find(|(trace, _)| touched(trace))
            .map(|(_, blamed)| blamed.clone())
    }
}

/// Something put in.
struct Piece {
    at: usize,
    /// What it opens or closes; of two at one place the inner closes first, the outer opens first.
    order: (bool, usize, usize),
    parts: Vec<(String, Option<usize>)>,
    /// All mutants of the expression it closes, and where that began.
    closes: Option<(Range<usize>, Vec<usize>)>,
}

/// The call that asks whether a mutant is set.
fn set(mutant: usize) -> String {
    format!("crate::mutant_switch::set({mutant})")
}

/// Rewrites one file with the mutants given.
pub fn file(source: &Source, mutants: &[(usize, &Mutant, &Place)], plain: &[String]) -> Rewritten {
    let mut pieces = pieces(source, mutants);
    pieces.sort_by_key(|piece| (piece.at, piece.order));
    let mut text = String::new();
    let mut traces = Vec::new();
    let mut opened = BTreeMap::new();
    let mut done = 0;
    let mut goes_on = Vec::new();
    let original = without_const(source, plain);
    for piece in pieces {
        text.push_str(&original[done..piece.at]);
        done = piece.at;
        if piece.closes.is_none() {
            opened.insert((piece.at, piece.order.1), text.len());
        }
        for (part, mutant) in &piece.parts {
            let start = text.len();
            text.push_str(part);
            if let Some(mutant) = mutant {
                traces.push((start..text.len(), Blamed::One(*mutant)));
            }
        }
        if let Some((span, all)) = piece.closes {
            let start = opened
                .get(&(span.start, usize::MAX - span.end))
                .copied()
                .unwrap_or(text.len());
            traces.push((start..text.len(), Blamed::Switch(all)));
        }
        goes_on.push((text.len(), done));
    }
    text.push_str(&original[done..]);
    traces.sort_by_key(|(range, blamed)| (matches!(blamed, Blamed::Switch(_)), range.len()));
    Rewritten {
        text,
        traces,
        goes_on,
    }
}

/// The file with functions that are `const` made plain, for a switch is not; all bytes stay where
/// they are.
fn without_const(source: &Source, kept: &[String]) -> String {
    let mut text = source.text.clone();
    for (range, name) in &source.const_functions {
        if !kept.contains(name) {
            text.replace_range(range.clone(), &" ".repeat(range.len()));
        }
    }
    text
}

/// Mutants with their numbers.
type Numbered<'a> = Vec<(usize, &'a Mutant)>;

fn pieces(source: &Source, mutants: &[(usize, &Mutant, &Place)]) -> Vec<Piece> {
    let mut bodies: BTreeMap<usize, Numbered<'_>> = BTreeMap::new();
    let mut boxed: BTreeMap<(usize, usize), Numbered<'_>> = BTreeMap::new();
    let mut expressions: BTreeMap<(usize, usize), Numbered<'_>> = BTreeMap::new();
    let mut guards: BTreeMap<(usize, usize, bool), Numbered<'_>> = BTreeMap::new();
    let mut pieces = Vec::new();
    for &(number, mutant, place) in mutants {
        match place {
            Place::Body { behind } => bodies.entry(*behind).or_default().push((number, mutant)),
            Place::Boxed(span) => boxed
                .entry((span.start, span.end))
                .or_default()
                .push((number, mutant)),
            Place::Expression(span) => expressions
                .entry((span.start, span.end))
                .or_default()
                .push((number, mutant)),
            Place::Guard { of, has_let, .. } => guards
                .entry((of.start, of.end, *has_let))
                .or_default()
                .push((number, mutant)),
            Place::Arm { behind, .. } => pieces.push(Piece {
                at: *behind,
                order: (true, 0, 0),
                parts: vec![(format!(" if !{}", set(number)), Some(number))],
                closes: None,
            }),
            Place::Nowhere(_) | Place::Unviable => {}
        }
    }
    for (behind, mutants) in bodies {
        let parts = mutants
            .iter()
            .map(|(number, mutant)| {
                let text = format!(" if {} {{ return {}; }}", set(*number), mutant.replacement);
                (text, Some(*number))
            })
            .collect();
        pieces.push(Piece {
            at: behind,
            order: (true, 0, 0),
            parts,
            closes: None,
        });
    }
    for ((start, end), mutants) in boxed {
        pieces.extend(boxes(start..end, &mutants));
    }
    for ((start, end), mutants) in expressions {
        pieces.extend(expression(source, start..end, &mutants));
    }
    for ((start, end, has_let), mutants) in guards {
        pieces.extend(guard(start..end, has_let, &mutants));
    }
    pieces
}

/// `(if set(1) { a || b } else { a && b })`
fn expression(source: &Source, span: Range<usize>, mutants: &[(usize, &Mutant)]) -> [Piece; 2] {
    let mut parts = vec![("(".to_owned(), None)];
    for (number, mutant) in mutants {
        let from = source.offset(mutant.span.start);
        let to = source.offset(mutant.span.end);
        let other = format!(
            "{}{}{}",
            &source.text[span.start..from],
            mutant.replacement,
            &source.text[to..span.end]
        );
        let text = format!("if {} {{ {other} }} else ", set(*number));
        parts.push((text, Some(*number)));
    }
    parts.push(("{ ".to_owned(), None));
    let all = mutants.iter().map(|(number, _)| *number).collect();
    around(span, parts, " })".to_owned(), all, 1)
}

/// `if set(1) { Box::new(empty()) } else { Box::new({ … }) }`
fn boxes(span: Range<usize>, mutants: &[(usize, &Mutant)]) -> [Piece; 2] {
    let mut parts = Vec::new();
    for (number, mutant) in mutants {
        let text = format!(
            " if {} {{ Box::new({}) as Box<dyn Iterator<Item = _> + '_> }} else ",
            set(*number),
            mutant.replacement
        );
        parts.push((text, Some(*number)));
    }
    parts.push(("{ Box::new({ ".to_owned(), None));
    let all = mutants.iter().map(|(number, _)| *number).collect();
    around(span, parts, " }) }".to_owned(), all, 0)
}

/// `if !set(1) && (set(2) || (!set(3) && (guard)))`
fn guard(span: Range<usize>, has_let: bool, mutants: &[(usize, &Mutant)]) -> [Piece; 2] {
    let mut parts = Vec::new();
    let mut depth = 0;
    let mut open = |condition: String, number: usize, parts: &mut Vec<_>| {
        let bracket = if has_let { "" } else { "(" };
        depth += bracket.len();
        parts.push((format!("{condition} {bracket}"), Some(number)));
    };
    for (number, mutant) in mutants {
        if mutant.genre == Genre::MatchArm {
            open(format!("!{} &&", set(*number)), *number, &mut parts);
        }
    }
    for (number, mutant) in mutants {
        match (mutant.genre, mutant.replacement.as_str()) {
            (Genre::MatchArm, _) => {}
            (_, "true") => open(format!("{} ||", set(*number)), *number, &mut parts),
            _ => open(format!("!{} &&", set(*number)), *number, &mut parts),
        }
    }
    let all = mutants.iter().map(|(number, _)| *number).collect();
    around(span, parts, ")".repeat(depth), all, 0)
}

/// Two pieces around an expression; a lower rank is further out.
fn around(
    span: Range<usize>,
    parts: Vec<(String, Option<usize>)>,
    end: String,
    all: Vec<usize>,
    rank: usize,
) -> [Piece; 2] {
    let opening = Piece {
        at: span.start,
        order: (true, usize::MAX - span.end, rank),
        parts,
        closes: None,
    };
    let closing = Piece {
        at: span.end,
        order: (false, usize::MAX - span.start, 1 - rank),
        parts: vec![(end, None)],
        closes: Some((span, all)),
    };
    [opening, closing]
}
