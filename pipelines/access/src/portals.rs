//! Portals of the protocol: what is bound, and the rows of those that were begun.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pgwire::api::portal::Portal;

use crate::cursor::Cursor;
use crate::failure::Refusal;
use crate::visit::Prepared;

/// Portals that a session may have bound.
const PORTALS_MAX: usize = 1_000;

/// The portals of one connection, by name.
#[derive(Default)]
pub struct Portals(Mutex<HashMap<String, Bound>>);

#[derive(Clone)]
pub struct Bound {
    pub portal: Arc<Portal<Prepared>>,
    /// None while it has not begun.
    pub rows: Option<Cursor>,
}

impl Portals {
    /// Another portal of a name takes the place of the one before.
    pub fn bind(&self, name: &str, portal: &Arc<Portal<Prepared>>) -> Result<(), Refusal> {
        let mut bound = self.held();
        if bound.len() >= PORTALS_MAX && !bound.contains_key(name) {
            return Err(Refusal::new("53400", format!("a session has at most {PORTALS_MAX} portals")));
        }
        bound.insert(name.to_owned(), Bound { portal: portal.clone(), rows: None });
        Ok(())
    }

    pub fn get(&self, name: &str) -> Option<Bound> {
        self.held().get(name).cloned()
    }

    /// Keeps the rows of one that is not at its end.
    pub fn keep(&self, name: &str, portal: &Arc<Portal<Prepared>>, rows: Cursor) {
        self.held().insert(name.to_owned(), Bound { portal: portal.clone(), rows: Some(rows) });
    }

    /// Its rows are of no more use.
    pub fn end(&self, name: &str) {
        if let Some(bound) = self.held().get_mut(name) {
            bound.rows = None;
        }
    }

    pub fn close(&self, name: &str) {
        self.held().remove(name);
    }

    pub fn clear(&self) {
        self.held().clear();
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Bound>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
