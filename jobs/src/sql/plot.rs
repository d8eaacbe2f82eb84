//! A result as bars in the terminal: a word for each row, and a bar as long as its last number.

use super::cell;
use super::query;
use crate::failure::{Failure, Outcome};
use futures::StreamExt;
use warehouse::Session;

/// Rows that are drawn; more are counted.
const ROWS_MAX: usize = 50;
/// Characters of the longest bar, and of a word.
const BAR: usize = 50;
const WORD: usize = 30;

/// Draws the rows of a query: the last column gives the bars, those before it the words.
pub async fn plot(session: &Session, text: &str) -> Outcome<String> {
    let mut batches = query::stream(session, text).await?;
    let (mut rows, mut more) = (Vec::new(), 0);
    while let Some(batch) = batches.next().await {
        let batch = batch?;
        let mut columns = cell::columns(&batch)?;
        for row in 0..batch.num_rows() {
            if rows.len() == ROWS_MAX {
                more += batch.num_rows() - row;
                break;
            }
            let mut said = Vec::new();
            for column in &mut columns {
                let mut text = String::new();
                let is_value = column.read(row, &mut text)?;
                said.push(if is_value { text } else { "∅".to_owned() });
            }
            rows.push(said);
        }
    }
    let drawn = bars(rows)?;
    Ok(if more > 0 { format!("{drawn}… and {more} rows more\n") } else { drawn })
}

/// Bars are drawn to scale, in eighths of a character; what is below zero goes with its sign alone.
fn bars(rows: Vec<Vec<String>>) -> Outcome<String> {
    let split =
        |mut row: Vec<String>| {
            let value = row.pop().unwrap_or_default();
            let word = row.join(" ").chars().take(WORD).collect::<String>();
            match if value == "∅" { Ok(0.0) } else { value.parse::<f64>() } {
                Ok(number) => Ok((word, value, number)),
                Err(_) => Err(Failure::usage(format!("{value} is no number"))
                    .with_hint("the last column gives the bars")),
            }
        };
    let rows = rows.into_iter().map(split).collect::<Outcome<Vec<_>>>()?;
    let longest = rows.iter().map(|(.., number)| *number).fold(0.0, f64::max);
    let width = rows.iter().map(|(word, ..)| word.chars().count()).max().unwrap_or_default();
    let digits = rows.iter().map(|(_, value, _)| value.chars().count()).max().unwrap_or_default();
    let line = |(word, value, number): &(String, String, f64)| {
        let eighths =
            if longest > 0.0 { (number.max(0.0) / longest * (BAR * 8) as f64).round() as usize } else { 0 };
        let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
        let pad = " ".repeat(width - word.chars().count());
        format!("{word}{pad} {value:>digits$} {}{rest}\n", "█".repeat(eighths / 8))
    };
    Ok(rows.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_to_scale() {
        let row = |word: &str, value: &str| vec![word.to_owned(), value.to_owned()];
        let drawn = bars(vec![row("a", "10"), row("bc", "5"), row("d", "∅"), row("e", "-3")]).unwrap();
        let expected = format!("a  10 {}\nbc  5 {}\nd   ∅ \ne  -3 \n", "█".repeat(50), "█".repeat(25));
        assert_eq!(drawn, expected);
        assert!(bars(vec![row("a", "x")]).is_err());
        assert_eq!(bars(Vec::new()).unwrap(), "");
    }
}
