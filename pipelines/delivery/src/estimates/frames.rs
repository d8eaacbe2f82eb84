//! Grouped sums of integers: chunks go through frames, what comes of them is added exactly.

use std::collections::HashMap;

use polars::prelude::{Column, DataFrame, PolarsError};

use super::Error;
use super::fixed::TERMS_MAX;

/// The column by which rows are grouped.
const KEY: &str = "key";

/// Sums of some columns by key, over any number of rows, in the memory of one chunk and of the groups.
#[derive(Debug)]
pub struct Sums {
    names: Vec<String>,
    keys: Vec<u64>,
    columns: Vec<Vec<i64>>,
    totals: HashMap<u64, Vec<i128>>,
}

impl Sums {
    /// Sums of so many columns.
    pub fn new(columns: usize) -> Self {
        Self {
            names: (0..columns).map(|column| format!("column_{column}")).collect(),
            keys: Vec::new(),
            columns: vec![Vec::new(); columns],
            totals: HashMap::new(),
        }
    }

    /// Adds a row. 131,072 values of a column must add up to an `i64`.
    pub fn push(&mut self, key: u64, values: &[i64]) -> Result<(), Error> {
        debug_assert_eq!(values.len(), self.columns.len());
        self.keys.push(key);
        for (column, value) in self.columns.iter_mut().zip(values) {
            column.push(*value);
        }
        if self.keys.len() >= TERMS_MAX { self.fold() } else { Ok(()) }
    }

    /// Groups what waits and adds it to the totals.
    fn fold(&mut self) -> Result<(), Error> {
        if self.keys.is_empty() {
            return Ok(());
        }
        let grouped = self.group()?;
        let keys = grouped.column(KEY)?.as_materialized_series().rechunk();
        let keys = keys.u64()?.cont_slice()?;
        for (place, name) in self.names.iter().enumerate() {
            // A sum is named after its column.
            let sums = grouped.column(&format!("{name}_sum"))?.as_materialized_series().rechunk();
            for (key, sum) in keys.iter().zip(sums.i64()?.cont_slice()?) {
                let total = self.totals.entry(*key).or_insert_with(|| vec![0; self.names.len()]);
                total[place] += i128::from(*sum);
            }
        }
        self.keys.clear();
        self.columns.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    /// The eager sum: the planner that its deprecation points to would double what is built of the library.
    #[allow(deprecated)]
    fn group(&self) -> Result<DataFrame, PolarsError> {
        let mut columns = vec![Column::new(KEY.into(), self.keys.as_slice())];
        let values = self.names.iter().zip(&self.columns);
        columns.extend(values.map(|(name, values)| Column::new(name.as_str().into(), values.as_slice())));
        DataFrame::new(self.keys.len(), columns)?.group_by([KEY])?.sum()
    }

    /// The sums of each key, in the order of keys.
    pub fn finish(mut self) -> Result<Vec<(u64, Vec<i128>)>, Error> {
        self.fold()?;
        let mut totals: Vec<_> = self.totals.into_iter().collect();
        totals.sort_unstable_by_key(|(key, _)| *key);
        Ok(totals)
    }
}
