//! Counting for guardrails: what ran or was let run in a window, by the conditions of one guardrail.

use super::reader::Reader;
use super::{StoreError, row};
use crate::query::{Count, ScopeKey};
use leeway_core::judge::counting::bits;
use leeway_core::judge::facts::Counted;
use leeway_core::judge::guardrail::When;
use rusqlite::params_from_iter;
use rusqlite::types::Value as Sql;

/// Conditions of an order under way, and their values.
struct Order {
    conditions: String,
    values: Vec<Sql>,
}

impl Order {
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Sql>) {
        self.conditions.push_str(" AND ");
        self.conditions.push_str(condition);
        self.values.extend(values);
    }

    /// One of several texts, in place of the `#` of a condition.
    fn among(&mut self, condition: &str, texts: impl IntoIterator<Item = String>) {
        let values: Vec<Sql> = texts.into_iter().map(Sql::Text).collect();
        if values.is_empty() {
            return;
        }
        let marks = vec!["?"; values.len()].join(", ");
        self.and(&condition.replace('#', &marks), values);
    }

    fn scope(&mut self, key: &ScopeKey) {
        let text = |value: &String| Sql::Text(value.clone());
        match key {
            ScopeKey::Workflow => {}
            ScopeKey::Agent(agent) => self.and("agent = ?", [text(agent)]),
            ScopeKey::Tool { system, tool } => {
                self.and("system = ? AND tool = ?", [text(system), text(tool)]);
            }
            ScopeKey::Record(record) => self.and(
                "record_system = ? AND record_type = ? AND record_id = ?",
                [
                    text(&record.system),
                    text(&record.record_type),
                    text(&record.id),
                ],
            ),
        }
    }

    /// The guardrail's own conditions, by what was recorded. What could not be worked out of an action
    /// may be anything, as it is when the action itself is judged.
    fn when(&mut self, when: &When, currency: &Sql) {
        let texts = |texts: &[String]| texts.to_vec();
        self.among("system || '__' || tool IN (#)", texts(&when.tools));
        self.among("agent IN (#)", texts(&when.agents));
        let effects = when.effects.iter().map(|effect| row::effect_name(*effect));
        self.among("effect IN (#)", effects);
        if let Some(level) = when.level_at_least {
            self.and("level >= ?", [Sql::Integer(level.into())]);
        }
        if !when.areas.is_empty() {
            let areas = Sql::Integer(bits(&when.areas).into());
            self.and("(areas & ? <> 0 OR unknown)", [areas]);
        }
        self.among(
            "(record_type IN (#) OR (record_type IS NULL AND unknown))",
            texts(&when.record_types),
        );
        self.among(
            "((fields IS NULL AND unknown) OR EXISTS (SELECT 1 FROM json_each(fields) WHERE value IN (#)))",
            texts(&when.fields),
        );
        if let Some(limit) = when.amount_above_cents {
            self.and(
                "(amount_cents > ? OR amount_cents < 0 OR (amount_cents IS NOT NULL AND currency IS NOT ?)
                  OR (amount_cents IS NULL AND amount_expected))",
                [Sql::Integer(limit), currency.clone()],
            );
        }
        if let Some(limit) = when.confidence_below {
            self.and(
                "(confidence IS NULL OR confidence < ? OR confidence > 1.0)",
                [Sql::Real(limit)],
            );
        }
    }
}

impl Reader {
    /// Actions that ran or were let run since a time and that a guardrail speaks of, and their amounts,
    /// without the one that is being judged: it may have been let run before and be judged again.
    pub fn counted(&self, count: &Count<'_>) -> Result<Counted, StoreError> {
        let mut order = Order {
            conditions: String::new(),
            values: vec![
                Sql::Text(count.workflow.to_owned()),
                Sql::Integer(count.since_ms),
                Sql::Text(count.judged.as_str().to_owned()),
            ],
        };
        if count.counts.reads {
            // Entries' times only go on, so what is older stands before the first of the window.
            let first = "seq >= coalesce((SELECT seq FROM actions WHERE created_ms >= ? ORDER BY created_ms, seq LIMIT 1), 0)";
            order.and(first, [Sql::Integer(count.since_ms)]);
        } else {
            order.and("effect <> 'read'", []);
        }
        order.scope(count.key);
        let currency = count
            .currency
            .map_or(Sql::Null, |code| Sql::Text(code.to_owned()));
        order.when(&count.counts.when, &currency);
        // 2 authorised, 4 approved, 9 executing, 10 executed, 12 partial, 13 outcome unknown.
        let of = format!(
            "FROM actions WHERE workflow = ? AND created_ms >= ? AND id <> ? AND planted IS NULL
             AND status IN (2, 4, 9, 10, 12, 13){}",
            order.conditions
        );
        // Of amounts, those in the currency and those that may be in it; all without one.
        let amount =
            "CASE WHEN ? IS NULL OR currency IS NULL OR currency = ? THEN amount_cents END";
        let values: Vec<Sql> = [currency.clone(), currency]
            .into_iter()
            .chain(order.values)
            .collect();
        if let Some(outside) = count.counts.when.outside_business_hours {
            let mut statement =
                self.prepare_cached(&format!("SELECT created_ms, coalesce({amount}, 0) {of}"))?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut counted = Counted::default();
            while let Some(row) = rows.next()? {
                let inside = (count.in_business_hours)(row.get(0)?);
                if inside.is_none_or(|inside| inside != outside) {
                    counted.count += 1;
                    counted.sum_cents = counted.sum_cents.saturating_add(row.get(1)?);
                }
            }
            return Ok(counted);
        }
        let (number, sum_cents): (i64, i64) = self
            .prepare_cached(&format!("SELECT count(*), coalesce(sum({amount}), 0) {of}"))?
            .query_row(params_from_iter(values), |row| {
                Ok((row.get(0)?, row.get(1)?))
            })?;
        Ok(Counted {
            count: number as u64,
            sum_cents,
        })
    }
}
