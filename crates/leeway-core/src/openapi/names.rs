//! The names of tools: an `operationId`, or else method and path. Names that would be the same, also but for the
//! case of their letters, and those that are too long are told apart by a hash of method and path: another
//! operation's coming, going or place changes nothing about it.

use super::operation::Place;
use super::own::Withheld;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Digits of the hash, in the order they are tried.
const DIGITS: [usize; 3] = [8, 12, 32];

/// Longest name with a hash, bytes: nobody reads more of it.
const LONGEST_HASHED: usize = 48;

/// The names of a document's operations, in their order. Two are the same only where nothing tells them apart.
pub fn of(places: &[Place<'_>], withheld: &Withheld) -> Vec<String> {
    let most = withheld.longest_name();
    let mut said: BTreeMap<&str, usize> = BTreeMap::new();
    for place in places {
        *said.entry(place.said_id()).or_default() += 1;
    }
    let natural: Vec<String> = places
        .iter()
        .map(|place| {
            // An id given twice names neither.
            let id = Some(place.said_id()).filter(|id| said[id] == 1);
            let named = id.map(plain).filter(|name| !name.is_empty());
            named.unwrap_or_else(|| plain(&by_path(place)))
        })
        .collect();
    let mut names: Vec<String> = natural
        .iter()
        .zip(places)
        .map(|(name, place)| {
            if name.len() > most {
                hashed(name, place, (DIGITS[0], most))
            } else {
                name.clone()
            }
        })
        .collect();
    for digits in DIGITS {
        let mut same: BTreeMap<String, usize> = BTreeMap::new();
        for name in &names {
            *same.entry(name.to_lowercase()).or_default() += 1;
        }
        for (index, name) in names.iter_mut().enumerate() {
            if same[&name.to_lowercase()] > 1 {
                *name = hashed(&natural[index], &places[index], (digits, most));
            }
        }
    }
    names
}

fn by_path(place: &Place<'_>) -> String {
    format!("{}{}", place.method, place.path.replace(['{', '}'], ""))
}

fn plain(text: &str) -> String {
    let one = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    let name: String = text.chars().map(one).collect();
    name.trim_matches('_').to_owned()
}

/// A name's beginning and so many digits of the hash of method and path, within a bound.
fn hashed(name: &str, place: &Place<'_>, (digits, most): (usize, usize)) -> String {
    let hash = hex::encode(Sha256::digest(place.words().as_bytes()));
    let most = most.min(LONGEST_HASHED);
    let digits = digits.min(most - 1);
    let kept: String = name.chars().take(most - digits - 1).collect();
    let kept = kept.trim_end_matches('_');
    format!("{kept}_{}", &hash[..digits])
}
