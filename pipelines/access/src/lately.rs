//! What a session asked lately, read and planned: a text that is asked again is neither parsed nor planned anew.
//!
//! Neither a plan nor what was found of its text changes while a session lasts: its role, its catalogue and the saved
//! questions stay as they are, and tables are opened, and times of day filled in, only when a plan is started. All but
//! the arguments of functions in FROM, which are worked out while it is planned: such a statement is not kept.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::logical_expr::LogicalPlan;
use datafusion::sql::sqlparser::ast::{Statement, TableFactor, Visit, Visitor};
use pgwire::api::Type;

use crate::visit::Prepared;

/// Texts that are kept; the one that was not asked for the longest time goes first.
const TEXTS_MAX: usize = 32;
/// Bytes of a text that is kept.
const TEXT_BYTES_MAX: usize = 8 << 10;
/// Columns of a plan that is kept, those of all its steps together: they are what it weighs.
const COLUMNS_MAX: usize = 10_000;

/// The statements that a session asked lately, the last one first.
#[derive(Default)]
pub struct Lately(Mutex<VecDeque<(Key, Prepared)>>);

/// What a plan depends on.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    text: String,
    /// The types that a client stated of its parameters.
    kinds: Vec<Option<Type>>,
    /// The schemas in which names are looked for.
    path: Vec<String>,
}

impl Key {
    /// None where the text is too long to be kept.
    pub fn of(text: &str, kinds: &[Option<Type>], path: impl FnOnce() -> Vec<String>) -> Option<Self> {
        let key = || Self { text: text.to_owned(), kinds: kinds.to_vec(), path: path() };
        (text.len() <= TEXT_BYTES_MAX).then(key)
    }
}

impl Lately {
    pub fn find(&self, key: &Key) -> Option<Prepared> {
        let mut kept = self.kept();
        let place = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(place)?;
        let prepared = found.1.clone();
        kept.push_front(found);
        Some(prepared)
    }

    /// Keeps a statement that was the only one of its text, unless its plan is a large one.
    pub fn keep(&self, key: Key, prepared: &Prepared) {
        let is_small = |plan: &LogicalPlan| columns_of(plan).is_ok_and(|columns| columns <= COLUMNS_MAX);
        if !prepared.plan.as_deref().is_some_and(is_small) {
            return;
        }
        let mut kept = self.kept();
        kept.push_front((key, prepared.clone()));
        kept.truncate(TEXTS_MAX);
    }

    pub fn clear(&self) {
        self.kept().clear();
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(Key, Prepared)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn columns_of(plan: &LogicalPlan) -> Result<usize> {
    let mut columns = 0;
    plan.apply_with_subqueries(|step| {
        columns += step.schema().fields().len();
        Ok(TreeNodeRecursion::Continue)
    })?;
    Ok(columns)
}

/// Whether nothing of a statement is worked out while it is planned.
pub fn is_lasting(statement: &Statement) -> bool {
    statement.visit(&mut FunctionsInFrom).is_continue()
}

struct FunctionsInFrom;

impl Visitor for FunctionsInFrom {
    type Break = ();

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<()> {
        match factor {
            TableFactor::Table { args: None, .. }
            | TableFactor::Derived { .. }
            | TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            _ => ControlFlow::Break(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::logical_expr::LogicalPlan;

    use super::*;
    use crate::stated::Told;
    use crate::statement::{self, Ask};

    fn key(text: &str) -> Key {
        Key::of(text, &[], Vec::new).unwrap()
    }

    fn prepared(text: &str) -> Prepared {
        let plan = Some(Arc::new(LogicalPlan::default()));
        Prepared { ask: Arc::new(Ask::Nothing("SELECT")), plan, told: Told::new(), text: text.into() }
    }

    #[test]
    fn what_was_not_asked_for_the_longest_time_goes_first() {
        let lately = Lately::default();
        let texts: Vec<_> = (0..=TEXTS_MAX).map(|number| format!("SELECT {number}")).collect();
        for text in &texts[..TEXTS_MAX] {
            lately.keep(key(text), &prepared(text));
        }
        assert!(lately.find(&key(&texts[0])).is_some());
        lately.keep(key(&texts[TEXTS_MAX]), &prepared(&texts[TEXTS_MAX]));
        for (number, text) in texts.iter().enumerate() {
            let found = lately.find(&key(text)).map(|found| found.text);
            assert_eq!(found.as_deref(), (number != 1).then_some(text.as_str()));
        }
    }

    #[test]
    fn another_path_or_other_parameters_are_another_plan() {
        let lately = Lately::default();
        lately.keep(key("SELECT $1"), &prepared("SELECT $1"));
        let typed = Key { kinds: vec![Some(Type::INT4)], ..key("SELECT $1") };
        let elsewhere = Key { path: vec!["gold".to_owned()], ..key("SELECT $1") };
        assert!(lately.find(&typed).is_none() && lately.find(&elsewhere).is_none());
        assert!(Key::of(&"x".repeat(TEXT_BYTES_MAX + 1), &[], Vec::new).is_none());
        lately.clear();
        assert!(lately.find(&key("SELECT $1")).is_none());
    }

    #[test]
    fn what_is_worked_out_while_planning_is_not_kept() {
        for (text, lasts) in [
            ("SELECT now() FROM silver.breaks b JOIN (SELECT 1 AS a) c ON true", true),
            ("SELECT * FROM generate_series(now(), now(), INTERVAL '1 day')", false),
            ("SELECT 1 WHERE EXISTS (SELECT * FROM range(1, 2))", false),
            ("SELECT * FROM unnest(ARRAY[now()])", false),
        ] {
            let statement = statement::parse(text).unwrap().remove(0);
            assert_eq!(is_lasting(&statement), lasts, "{text}");
        }
    }
}
