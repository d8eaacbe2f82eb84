//! Sums of bounded contributions, cell by cell, in units of the grid.

use std::collections::BTreeMap;

use crate::layout::Layout;

/// The exact sums of a day. They are no release: whoever holds them holds raw data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sums {
    pub(crate) cells: Vec<i64>,
    /// By creator and language, where it is not listed.
    pub(crate) unlisted: BTreeMap<(u32, u16), i64>,
}

impl Sums {
    /// A cell for each of the layout, all at zero.
    pub fn new(layout: &Layout) -> Self {
        Self { cells: vec![0; layout.cells()], unlisted: BTreeMap::new() }
    }

    /// The cells of a creator.
    pub fn of_creator(&self, layout: &Layout, creator: usize) -> &[i64] {
        &self.cells[layout.of_creator(creator)]
    }

    /// Adds the sums of other viewers.
    pub fn merge(&mut self, other: &Self) {
        for (sum, more) in self.cells.iter_mut().zip(&other.cells) {
            *sum = sum.saturating_add(*more);
        }
        for (key, more) in &other.unlisted {
            let sum = self.unlisted.entry(*key).or_default();
            *sum = sum.saturating_add(*more);
        }
    }

    pub(crate) fn unlisted_of(&self, creator: u32) -> impl Iterator<Item = (u16, i64)> {
        self.unlisted.range((creator, 0)..=(creator, u16::MAX)).map(|((_, language), sum)| (*language, *sum))
    }
}
