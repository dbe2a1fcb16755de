//! How good guesses are: compared with what people said the same tools do.

use super::Guess;
use crate::classify::{Area, Effect, Level};
use serde::Deserialize;
use std::collections::BTreeSet;

/// What a person said a tool does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Label {
    /// The tool's name.
    pub tool: String,
    /// Its effect.
    pub effect: Effect,
    /// Its level.
    pub level: Level,
    /// Arguments that hold new values, if the person said.
    pub fields: Option<BTreeSet<String>>,
    /// Areas it touches, if the person said.
    pub areas: Option<BTreeSet<Area>>,
}

/// A guess whose level is not the label's.
#[derive(Clone, Debug, PartialEq)]
pub struct Miss {
    /// The tool.
    pub tool: String,
    /// What the label says.
    pub label: (Effect, Level),
    /// What was guessed.
    pub guess: (Effect, Level),
    /// Why.
    pub why: String,
}

impl Miss {
    /// True when the guess was lower than the label: the kind that must not happen.
    pub fn is_under(&self) -> bool {
        self.guess.1 < self.label.1
    }
}

/// Guesses against labels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measure {
    /// Tools compared.
    pub tools: usize,
    /// Tools whose level was guessed as labelled.
    pub exact: usize,
    /// Tools guessed at a lower level than labelled.
    pub under: usize,
    /// Tools labelled level 5 and guessed below 4.
    pub grave: usize,
    /// Tools whose effect was guessed as labelled.
    pub effect: usize,
    /// Areas: guessed and labelled, guessed only, labelled only.
    pub areas: (usize, usize, usize),
    /// Fields: guessed and labelled, guessed only, labelled only.
    pub fields: (usize, usize, usize),
    /// Tools whose level was guessed differently.
    pub misses: Vec<Miss>,
}

impl Measure {
    /// Counts one tool.
    pub fn add(&mut self, label: &Label, guess: &Guess) {
        self.tools += 1;
        self.exact += usize::from(guess.level == label.level);
        self.under += usize::from(guess.level < label.level);
        self.grave +=
            usize::from(label.level == Level::External && guess.level < Level::HighImpact);
        self.effect += usize::from(guess.effect == label.effect);
        if let Some(areas) = &label.areas {
            count(&mut self.areas, &guess.areas, areas);
        }
        if let Some(fields) = &label.fields {
            count(
                &mut self.fields,
                &guess.fields.iter().cloned().collect(),
                fields,
            );
        }
        if guess.level != label.level {
            self.misses.push(Miss {
                tool: label.tool.clone(),
                label: (label.effect, label.level),
                guess: (guess.effect, guess.level),
                why: guess.why.clone(),
            });
        }
    }

    /// Adds another server's counts.
    pub fn join(&mut self, other: Self) {
        self.tools += other.tools;
        self.exact += other.exact;
        self.under += other.under;
        self.grave += other.grave;
        self.effect += other.effect;
        for (mine, theirs) in [
            (&mut self.areas, other.areas),
            (&mut self.fields, other.fields),
        ] {
            mine.0 += theirs.0;
            mine.1 += theirs.1;
            mine.2 += theirs.2;
        }
        self.misses.extend(other.misses);
    }

    /// True when at most one in a hundred is guessed too low, none of level 5 below 4, and nine in
    /// ten are guessed exactly.
    pub fn holds(&self) -> bool {
        self.under * 100 <= self.tools && self.grave == 0 && self.exact * 10 >= self.tools * 9
    }
}

fn count<T: Ord>(
    (both, guessed, labelled): &mut (usize, usize, usize),
    guess: &BTreeSet<T>,
    label: &BTreeSet<T>,
) {
    *both += guess.intersection(label).count();
    *guessed += guess.difference(label).count();
    *labelled += label.difference(guess).count();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::classify::guess::{Server, guess};
    use serde_json::json;

    /// A tool's guess against a label of this effect and level.
    fn measured(name: &str, effect: Effect, level: u8) -> Measure {
        let tool = json!({ "name": name, "inputSchema": { "properties": { "id": {}, "price": {}, "note": {} } } });
        let label = Label {
            tool: name.to_owned(),
            effect,
            level: Level::try_from(level).expect("a level"),
            fields: Some(["price", "title", "text"].map(str::to_owned).into()),
            areas: Some(BTreeSet::from([Area::Pricing, Area::Ownership])),
        };
        let mut measure = Measure::default();
        measure.add(&label, &guess(&tool, &Server::of([&tool])));
        measure
    }

    /// Tools, exact, under, grave, effect and misses.
    fn counts(measure: &Measure) -> [usize; 6] {
        let misses = measure.misses.len();
        let Measure {
            tools,
            exact,
            under,
            grave,
            effect,
            ..
        } = *measure;
        [tools, exact, under, grave, effect, misses]
    }

    #[test]
    fn each_tool_is_counted_by_how_it_was_guessed() {
        let exact = measured("update_product", Effect::Pay, 5);
        assert_eq!(counts(&exact), [1, 1, 0, 0, 1, 0]);
        // `price` and `note` are guessed, of the three that are labelled.
        assert_eq!((exact.fields, exact.areas), ((1, 1, 2), (1, 0, 1)));
        let over = measured("delete_contact", Effect::Update, 3);
        assert_eq!(counts(&over), [1, 0, 0, 0, 0, 1]);
        let mut over = over.misses[0].clone();
        assert!(!over.is_under());
        over.label = over.guess;
        assert!(!over.is_under());
        let under = measured("delete_contact", Effect::Send, 5);
        assert_eq!(counts(&under), [1, 0, 1, 0, 0, 1]);
        assert!(under.misses[0].is_under());
        let grave = measured("get_contact", Effect::Pay, 5);
        assert_eq!(counts(&grave), [1, 0, 1, 1, 0, 1]);
        let less = measured("create_task", Effect::Update, 4);
        assert_eq!(counts(&less), [1, 0, 1, 0, 0, 1]);
    }

    #[test]
    fn servers_are_counted_together() {
        let mut all = measured("update_product", Effect::Pay, 5);
        for (name, effect, level) in [
            ("update_product", Effect::Pay, 5),
            ("get_contact", Effect::Pay, 5),
            ("delete_contact", Effect::Delete, 3),
            ("get_contact", Effect::Send, 5),
        ] {
            all.join(measured(name, effect, level));
        }
        assert_eq!(counts(&all), [5, 2, 2, 2, 3, 3]);
        assert_eq!((all.fields, all.areas), ((2, 2, 13), (2, 1, 8)));
    }

    #[test]
    fn few_may_be_missed_fewer_be_under_and_none_gravely() {
        let holds = |[tools, exact, under, grave]: [usize; 4]| {
            Measure {
                tools,
                exact,
                under,
                grave,
                ..Measure::default()
            }
            .holds()
        };
        for enough in [[100, 90, 1, 0], [100, 100, 0, 0], [1000, 900, 10, 0]] {
            assert!(holds(enough), "{enough:?}");
        }
        for (why, short) in [
            ("one of fifty is under", [50, 49, 1, 0]),
            ("two of a hundred are under", [100, 98, 2, 0]),
            ("one is grave", [100, 99, 1, 1]),
            ("eleven in a hundred are missed", [100, 89, 0, 0]),
            ("all but three of a dozen are missed", [12, 3, 0, 0]),
        ] {
            assert!(!holds(short), "{why}");
        }
    }
}
