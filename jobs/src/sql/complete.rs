//! What the prompt knows while one types: whether the text is whole, and how a word may go on.

use rustyline::completion::Completer;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper, Result};

use super::statement::is_whole;

const KEYWORDS: &str = "\
    AND AS ASC AVG BETWEEN BY CASE CAST COUNT CROSS DATE DESC DESCRIBE DISTINCT ELSE END EXCEPT EXISTS \
    EXPLAIN FROM GROUP HAVING INNER INTERSECT INTERVAL JOIN LEFT LIMIT MAX MIN NULL OFFSET ORDER OVER \
    PARTITION SELECT SUM UNION VALUES WHERE WITH";

/// The prompt's helper; it knows the vocabulary and needs no session.
pub struct Typing;

impl Helper for Typing {}

impl Highlighter for Typing {}

impl Hinter for Typing {
    type Hint = String;
}

impl Validator for Typing {
    fn validate(&self, context: &mut ValidationContext<'_>) -> Result<ValidationResult> {
        Ok(if is_whole(context.input()) {
            ValidationResult::Valid(None)
        } else {
            ValidationResult::Incomplete
        })
    }
}

impl Completer for Typing {
    type Candidate = String;

    fn complete(&self, text: &str, position: usize, _: &Context<'_>) -> Result<(usize, Vec<String>)> {
        let typed = text.get(..position).unwrap_or(text);
        let start = typed
            .rfind(|c: char| !c.is_alphanumeric() && !"_.".contains(c))
            .map_or(0, |at| at + typed[at..].chars().next().map_or(1, char::len_utf8));
        Ok((start, candidates(text, &typed[start..])))
    }
}

/// Tables, columns of the tables that the text names, and keywords that start like the word.
fn candidates(text: &str, word: &str) -> Vec<String> {
    if word.is_empty() {
        return Vec::new();
    }
    let lower = word.to_lowercase();
    let mut found = Vec::new();
    for table in schemas::tables() {
        let name = table.sql_name();
        if text.contains(&name) {
            let columns = table.columns().map(|column| column.name);
            found.extend(columns.filter(|column| column.starts_with(&lower)).map(str::to_owned));
        }
        if name.starts_with(&lower) {
            found.push(name);
        }
    }
    // A command takes tables only; a word goes on in the case in which it began.
    if !text.starts_with('\\') {
        let is_lower = word.chars().all(char::is_lowercase);
        let keywords =
            KEYWORDS.split_whitespace().filter(|keyword| keyword.to_lowercase().starts_with(&lower));
        found.extend(
            keywords.map(|keyword| if is_lower { keyword.to_lowercase() } else { keyword.to_owned() }),
        );
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_on() {
        assert_eq!(candidates("sel", "sel"), ["select"]);
        assert_eq!(candidates("SEL", "SEL"), ["SELECT"]);
        assert_eq!(
            candidates("select * from silver.break", "silver.break"),
            ["silver.break_events", "silver.break_resolutions", "silver.break_totals", "silver.breaks"]
        );
        assert_eq!(candidates("\\d silver.breaks", "silver.breaks"), ["silver.breaks"]);
        assert_eq!(candidates("select break_ from silver.breaks", "break_"), ["break_id"]);
        assert!(candidates("select ", "").is_empty());
    }
}
