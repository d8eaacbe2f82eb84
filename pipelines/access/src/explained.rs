//! A plan as it may be shown: what is done, without where the data lies.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::concat_batches;

use crate::failure::Refusal;
use crate::role::Limits;
use crate::row::Rows;

/// Parts of a plan that name files, up to the brace that closes them.
const PLACES: [&str; 2] = ["file_groups={", "file_group=["];

/// The rows of an explained plan without files.
pub async fn hidden(mut rows: Rows, limits: Limits) -> Result<Rows, Refusal> {
    let schema = rows.schema().clone();
    let batches = rows.collect().await?;
    let batch = concat_batches(&schema, &batches).map_err(Refusal::internal)?;
    let columns = batch.columns().iter().map(|column| match column.as_string_opt::<i32>() {
        Some(texts) => {
            Arc::new(texts.iter().map(|text| text.map(without_places)).collect::<StringArray>()) as ArrayRef
        }
        None => column.clone(),
    });
    let batch = RecordBatch::try_new(schema, columns.collect()).map_err(Refusal::internal)?;
    Ok(Rows::known(batch, limits))
}

fn without_places(plan: &str) -> String {
    PLACES.iter().fold(plan.to_owned(), |plan, place| without(&plan, place))
}

fn without(plan: &str, place: &str) -> String {
    let (Some(open), Some(close)) = (place.chars().last(), place.chars().last().map(closing)) else {
        return plan.to_owned();
    };
    let (mut kept, mut rest) = (String::with_capacity(plan.len()), plan);
    while let Some(at) = rest.find(place) {
        let (before, inside) = rest.split_at(at + place.len());
        let mut depth = 1usize;
        let end = inside.char_indices().find(|(_, character)| {
            if *character == open {
                depth += 1;
            } else if *character == close {
                depth -= 1;
            }
            depth == 0
        });
        kept.push_str(before);
        kept.push('…');
        rest = end.map_or("", |(end, _)| &inside[end..]);
    }
    kept + rest
}

fn closing(open: char) -> char {
    if open == '{' { '}' } else { ']' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_file_is_named() {
        let plan = "DataSourceExec: file_groups={2 groups: [[a/x.parquet:0..5, {b}], [c]]}, projection=[a]\n  file_groups={1 group: [[d]]}, x";
        let expected = "DataSourceExec: file_groups={…}, projection=[a]\n  file_groups={…}, x";
        assert_eq!(without_places(plan), expected);
        assert_eq!(without_places("file_groups={[[open"), "file_groups={…");
        assert_eq!(without_places("FilterExec: a = 1"), "FilterExec: a = 1");
    }
}
