//! Reading a list page by page: how the next page is found, and where it ends.

use super::Fault;
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Most pages one call reads, whatever a document says.
pub const MOST_PAGES: usize = 20;

/// `x-leeway-pages` of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// JSON pointer to the list in an answer.
    pub items: String,
    /// Argument that asks for the page after a place in the list.
    pub argument: String,
    /// JSON pointer to that place in an answer; the last page has none, or an empty one.
    pub next: Option<String>,
    /// JSON pointer into the last item, to the same; goes with `more`.
    pub last: Option<String>,
    /// JSON pointer to `true` while there are more pages.
    pub more: Option<String>,
    /// Most pages one call reads.
    #[serde(default = "usual_pages")]
    pub most: usize,
}

fn usual_pages() -> usize {
    5
}

fn fault(why: impl std::fmt::Display) -> Fault {
    Fault::new(
        "pages-invalid",
        format!("`x-leeway-pages`: {why}"),
        "see docs/configuration.md for what it takes",
    )
}

impl Pages {
    /// Reads the extension.
    pub fn read(value: &Value) -> Result<Self, Fault> {
        let pages: Self = serde_json::from_value(value.clone()).map_err(fault)?;
        let one_way = match (&pages.next, &pages.last) {
            (Some(_), None) => true,
            (None, Some(_)) => pages.more.is_some(),
            _ => false,
        };
        if !one_way {
            return Err(fault("give `next`, or `last` and `more`"));
        }
        if !(1..=MOST_PAGES).contains(&pages.most) {
            return Err(fault(format!("`most` is 1 to {MOST_PAGES}")));
        }
        Ok(pages)
    }

    /// A fault when no argument asks for the next page.
    pub fn asked_by(&self, arguments: &Map<String, Value>) -> Result<(), Fault> {
        if arguments.contains_key(&self.argument) {
            return Ok(());
        }
        Err(fault(format!(
            "`{}` is no argument of the operation",
            self.argument
        )))
    }

    /// Whether a call wants every page: one that names a place itself wants that page alone.
    pub fn wanted(&self, arguments: &Map<String, Value>) -> bool {
        !arguments.contains_key(&self.argument)
    }

    /// The place the next page begins at; `None` after the last page.
    pub fn next(&self, answer: &Value) -> Option<Value> {
        if let Some(more) = &self.more
            && answer.pointer(more) != Some(&json!(true))
        {
            return None;
        }
        let place = match (&self.next, &self.last) {
            (Some(next), _) => answer.pointer(next)?,
            (None, Some(last)) => {
                let items = answer.pointer(&self.items)?.as_array()?;
                items.last()?.pointer(last)?
            }
            (None, None) => return None,
        };
        let says_something = match place {
            Value::String(text) => !text.is_empty(),
            Value::Number(_) => true,
            _ => false,
        };
        says_something.then(|| place.clone())
    }

    /// Adds a page's items to those before.
    pub fn join(&self, whole: &mut Value, page: &Value) {
        let more = page.pointer(&self.items).and_then(Value::as_array);
        let items = whole.pointer_mut(&self.items).and_then(Value::as_array_mut);
        if let (Some(items), Some(more)) = (items, more) {
            items.extend(more.iter().cloned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pages;
    use serde_json::{Value, json};

    fn pages(value: Value) -> Pages {
        Pages::read(&value).unwrap()
    }

    #[test]
    fn the_next_page_begins_where_the_answer_says() {
        let cursor = pages(json!({"items": "/list", "argument": "cursor", "next": "/meta/next"}));
        for (answer, next) in [
            (
                json!({"list": [], "meta": {"next": "abc"}}),
                Some(json!("abc")),
            ),
            (json!({"list": [], "meta": {"next": 7}}), Some(json!(7))),
            (json!({"list": [], "meta": {"next": ""}}), None),
            (json!({"list": [], "meta": {"next": {"deep": 1}}}), None),
            (json!({"list": []}), None),
        ] {
            assert_eq!(cursor.next(&answer), next, "{answer}");
        }
        let after = pages(
            json!({"items": "/data", "argument": "after", "last": "/id", "more": "/has_more"}),
        );
        for (answer, next) in [
            (
                json!({"data": [{"id": 1}, {"id": 2}], "has_more": true}),
                Some(json!(2)),
            ),
            (json!({"data": [{"id": 1}], "has_more": false}), None),
            (json!({"data": [{"id": 1}]}), None),
            (json!({"data": [], "has_more": true}), None),
        ] {
            assert_eq!(after.next(&answer), next, "{answer}");
        }
    }

    #[test]
    fn a_rule_says_one_way_and_a_bound() {
        for (value, why) in [
            (json!({"items": "/a", "argument": "b"}), "`next`, or"),
            (
                json!({"items": "/a", "argument": "b", "last": "/c"}),
                "`next`, or",
            ),
            (
                json!({"items": "/a", "argument": "b", "next": "/c", "last": "/d"}),
                "`next`, or",
            ),
            (
                json!({"items": "/a", "argument": "b", "next": "/c", "most": 0}),
                "1 to 20",
            ),
            (json!({"items": "/a", "argument": "b", "nxt": "/c"}), "nxt"),
        ] {
            let fault = Pages::read(&value).unwrap_err();
            assert_eq!(fault.code, "pages-invalid");
            assert!(fault.message.contains(why), "{fault}");
        }
    }

    #[test]
    fn items_are_joined_and_what_is_no_list_is_left_alone() {
        let rule = pages(json!({"items": "/list", "argument": "c", "next": "/n"}));
        let mut whole = json!({"list": [1]});
        rule.join(&mut whole, &json!({"list": [2, 3]}));
        rule.join(&mut whole, &json!({"list": "no list"}));
        assert_eq!(whole, json!({"list": [1, 2, 3]}));
    }
}
