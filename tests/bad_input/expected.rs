//! One landed day, and what must become of each of its lines.

use std::collections::BTreeMap;

use super::sample::TABLES;
use crate::support::Place;

pub const DAY: &str = "2026-11-20";
/// The outcome of a line that bronze has; any other is the reason for which it was refused.
pub const KEPT: &str = "kept";

/// A place with what is expected of it.
pub struct Expected {
    pub place: Place,
    /// By source, file and line: the outcome and what the line was about.
    lines: BTreeMap<(String, String, i64), (String, String)>,
}

impl Expected {
    pub fn new() -> Self {
        Self { place: Place::new(), lines: BTreeMap::new() }
    }

    /// Lands a file whose lines come out so; lines that are not named come out as nothing.
    pub fn file(&mut self, source: &str, name: &str, bytes: &[u8], outcomes: &[(i64, &str)]) {
        self.place.land(source, DAY, name, bytes);
        for (line, outcome) in outcomes {
            let place = (source.to_owned(), name.to_owned(), *line);
            self.lines.insert(place, ((*outcome).to_owned(), name.to_owned()));
        }
    }

    /// Lands a file of one case a line: what it is about, the line, its outcome.
    pub fn cases(
        &mut self,
        source: &str,
        name: &str,
        cases: impl IntoIterator<Item = (String, String, String)>,
    ) {
        let mut text = String::new();
        for (number, (about, line, outcome)) in cases.into_iter().enumerate() {
            text.push_str(&line.replace('$', &format!("{name}-{}", number + 1)));
            text.push('\n');
            self.lines.insert((source.to_owned(), name.to_owned(), number as i64 + 1), (outcome, about));
        }
        self.place.land(source, DAY, name, text);
    }

    /// Compares every line's outcome with bronze and its quarantine.
    pub fn check(&self) {
        let kept = TABLES.iter().map(|(source, table)| {
            format!("SELECT '{source}' AS source, source_file, source_line, '{KEPT}' AS outcome FROM bronze.{table}")
        });
        let refused =
            "SELECT source, source_file, source_line, reason AS outcome FROM bronze.quarantine".to_owned();
        let query = kept.chain([refused]).collect::<Vec<_>>().join(" UNION ALL ");
        let mut faults = Vec::new();
        let mut unmet = self.lines.clone();
        for row in self.place.rows(&query) {
            let [source, file, line, outcome] = row.try_into().expect("four columns");
            let line: i64 = line.parse().expect("a line number");
            match unmet.remove(&(source.clone(), file.clone(), line)) {
                Some((expected, _)) if expected == outcome => {}
                Some((expected, about)) => {
                    faults.push(format!("{source} {file}:{line} {about}\n    {outcome}, not {expected}"));
                }
                None => {
                    faults.push(format!("{source} {file}:{line}\n    {outcome}, and nothing was expected"))
                }
            }
        }
        faults.extend(unmet.iter().map(|((source, file, line), (expected, about))| {
            format!("{source} {file}:{line} {about}\n    nothing, not {expected}")
        }));
        assert!(faults.is_empty(), "{} lines:\n  {}", faults.len(), faults.join("\n  "));
    }

    /// A column of one file's rows, in the order of its lines.
    pub fn column(&self, column: &str, table: &str, file: &str) -> Vec<String> {
        let query = format!(
            "SELECT {column} AS value FROM bronze.{table} WHERE source_file = '{file}' ORDER BY source_line"
        );
        self.place.rows(&query).into_iter().flatten().collect()
    }
}
