//! How much money a call moves or names, and in which currency.

use super::account::leaf::leaves;
use super::classified::Work;
use super::{BeforeImage, Effect, currency, money};
use serde_json::Value;
use std::collections::BTreeMap;

/// How deep a currency is looked for in a record.
const DEPTH: usize = 6;
/// What an argument that names a currency is called, in lower case without signs between.
const NAMES: [&str; 2] = ["currency", "currencycode"];
/// Longest text that is taken for a currency under a name that only hints at one, characters.
const LONGEST_HINTED: usize = 5;

impl Work<'_> {
    /// The amount in the smallest unit of its currency, the currency, and whether the call names an
    /// amount.
    pub(super) fn amount(&mut self) -> (Option<i64>, Option<String>, bool) {
        let tool = self.tool;
        let (Some(filter), true) = (&tool.amount, self.effect != Effect::Read) else {
            return (None, None, false);
        };
        let value = match self.run(filter) {
            Ok(value) => value,
            Err(why) => return (self.unknown(why), None, true),
        };
        let currency = self.currency();
        let whole = tool.entry.amount.is_some();
        let minor = if whole {
            let Some(decimals) = currency.as_deref().and_then(currency::decimals) else {
                let why = "in which currency the amount is, is not known".to_owned();
                return (self.unknown(why), None, true);
            };
            money::minor(&value, decimals)
        } else {
            value.as_i64().filter(|minor| *minor >= 0)
        };
        if minor.is_none() {
            self.unknowns.push(format!(
                "filter `{}` gave no amount in whole cents",
                filter.source()
            ));
        }
        let currency = currency.filter(|_| minor.is_some());
        (minor, currency, true)
    }

    /// The amount's currency: what the pack's filter says; else the pack's fixed one; else what call
    /// and record name; else the usual one. Where two of them differ, or the call names another one
    /// anywhere, it is unknown.
    fn currency(&mut self) -> Option<String> {
        let tool = self.tool;
        let said = match tool.currency_of.as_ref().map(|filter| self.run(filter)) {
            None | Some(Ok(Value::Null)) => None,
            Some(Ok(Value::String(text))) => Some(text.trim().to_owned()),
            Some(Ok(other)) => {
                return self.unknown(format!("the currency `{other}` is none"));
            }
            Some(Err(why)) => return self.unknown(why),
        };
        let mut named: Vec<String> = self.currencies_named().into_values().collect();
        named.extend(self.codes_given());
        match (said, self.before) {
            (Some(said), _) => named.push(said),
            (None, BeforeImage::Read { fields, .. }) => {
                for (name, value) in fields {
                    member(name, value, DEPTH, &mut named);
                }
                named.extend(tool.currency.clone());
            }
            (None, _) => named.extend(tool.currency.clone()),
        }
        for one in &mut named {
            one.make_ascii_uppercase();
        }
        named.sort_unstable();
        named.dedup();
        match named.as_slice() {
            [] => self.usual_currency.map(str::to_owned),
            [one] => self.code(one),
            several => {
                let why = format!("several currencies are named: {}", several.join(", "));
                self.unknown(why)
            }
        }
    }

    /// What the call names as a currency, wherever it stands, also in JSON texts; by its JSON pointer.
    /// These alone are what the amount's currency is worked out from.
    pub(super) fn currencies_named(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        if self.tool.amount.is_none() || self.effect == Effect::Read {
            return found;
        }
        let mut open = leaves(self.arguments, &[]);
        while let Some(leaf) = open.pop() {
            if leaf.encloses_text {
                open.extend(leaf.inner());
            }
            let text = match &leaf.value {
                Value::String(text) => text.trim().to_owned(),
                Value::Number(number) => number.to_string(),
                _ => continue,
            };
            // Of a list, what the list is called.
            let mut names = leaf
                .path
                .iter()
                .filter(|name| name.parse::<usize>().is_err());
            let named = names
                .clone()
                .next_back()
                .is_some_and(|name| is_currency(name));
            let hinted = text.chars().count() <= LONGEST_HINTED
                && leaf.value.is_string()
                && names.any(|name| hints_at_currency(name));
            if (named || hinted) && !text.is_empty() {
                found.insert(leaf.pointer(), text);
            }
        }
        found
    }

    /// Codes of currencies that the call gives under any name: an amount beside one is hardly in another.
    fn codes_given(&self) -> Vec<String> {
        if self.tool.amount.is_none() || self.effect == Effect::Read {
            return Vec::new();
        }
        let is_code = |text: &String| {
            text.len() == 3
                && text.bytes().all(|byte| byte.is_ascii_uppercase())
                && currency::code(text).is_some()
        };
        let texts = leaves(self.arguments, &[]).into_iter();
        texts
            .filter_map(|leaf| leaf.value.as_str().map(|text| text.trim().to_owned()))
            .filter(is_code)
            .collect()
    }

    fn code(&mut self, text: &str) -> Option<String> {
        let code = currency::code(text);
        if code.is_none() {
            let text: String = text.chars().take(20).collect();
            self.unknowns.push(format!("`{text}` is no currency"));
        }
        code
    }
}

/// What is named as a currency anywhere in a record.
fn collect(value: &Value, depth: usize, named: &mut Vec<String>) {
    let Some(depth) = depth.checked_sub(1) else {
        return;
    };
    match value {
        Value::Object(fields) => fields
            .iter()
            .for_each(|(name, value)| member(name, value, depth, named)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, depth, named)),
        _ => {}
    }
}

fn member(name: &str, value: &Value, depth: usize, named: &mut Vec<String>) {
    match value {
        Value::String(text) if is_currency(name) && !text.trim().is_empty() => {
            named.push(text.trim().to_owned());
        }
        other => collect(other, depth, named),
    }
}

/// Whether a name may be that of a currency: `ccy`, `payout_currency`, `CurrencyRef`.
fn hints_at_currency(name: &str) -> bool {
    const WORDS: [&str; 7] = [
        "currenc", "ccy", "waehrung", "währung", "devise", "moneda", "valuta",
    ];
    let plain = name.to_lowercase();
    matches!(plain.as_str(), "cur" | "curr") || WORDS.iter().any(|word| plain.contains(word))
}

fn is_currency(name: &str) -> bool {
    let letters = name.chars().filter(char::is_ascii_alphabetic);
    let plain: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    NAMES.contains(&plain.as_str())
}
