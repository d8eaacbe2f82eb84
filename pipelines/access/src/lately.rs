//! What a session asked lately, read and planned: a text that is asked again is neither parsed nor planned anew.
//!
//! Neither a plan nor what was found of its text changes while a session lasts: its role, its catalogue and the saved
//! questions stay as they are, and tables are opened, and times of day filled in, only when a plan is started.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use pgwire::api::Type;

use crate::visit::Prepared;

/// Texts that are kept; the one that was not asked for the longest time goes first.
const TEXTS_MAX: usize = 32;
/// Bytes of a text that is kept.
const TEXT_BYTES_MAX: usize = 8 << 10;

/// The statements that a session asked lately, the last one first.
#[derive(Default)]
pub struct Lately(Mutex<VecDeque<(Key, Prepared)>>);

/// What a plan depends on: its text, the types that a client stated, and the schemas in which names are looked for.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    pub text: String,
    pub kinds: Vec<Option<Type>>,
    pub path: Vec<String>,
}

impl Lately {
    pub fn find(&self, key: &Key) -> Option<Prepared> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let place = kept.iter().position(|(known, _)| known == key)?;
        let found = kept.remove(place)?;
        let prepared = found.1.clone();
        kept.push_front(found);
        Some(prepared)
    }

    /// Keeps a statement that was the only one of its text.
    pub fn keep(&self, key: Key, prepared: &Prepared) {
        if key.text.len() > TEXT_BYTES_MAX || prepared.plan.is_none() {
            return;
        }
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front((key, prepared.clone()));
        kept.truncate(TEXTS_MAX);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::logical_expr::LogicalPlan;

    use super::*;
    use crate::stated::Told;
    use crate::statement::Ask;

    fn key(text: &str) -> Key {
        Key { text: text.to_owned(), kinds: Vec::new(), path: Vec::new() }
    }

    fn prepared(text: &str) -> Prepared {
        let plan = Some(Arc::new(LogicalPlan::default()));
        Prepared { ask: Ask::Nothing("SELECT"), plan, told: Told::new(), text: text.into() }
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
        lately.keep(key(&"x".repeat(TEXT_BYTES_MAX + 1)), &prepared(""));
        assert!(lately.find(&key(&"x".repeat(TEXT_BYTES_MAX + 1))).is_none());
    }
}
