//! `ttt sql`: asks the warehouse, once, from a script or at a prompt; it never changes anything.
//!
//! Decimals are exact in every format. JSON has them as strings, since many readers take a number through a
//! float; integers are numbers. A timestamp is RFC 3339 in UTC, a list or struct in a text format is its JSON.

mod calendar;
pub mod cell;
mod csv;
mod destination;
mod json;
mod output;
mod table;

mod mistake;
pub mod nearest;
mod query;
mod statement;

mod complete;
pub mod describe;
mod plot;
mod prompt;

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use warehouse::Session;

use crate::failure::{Failure, Outcome};

use destination::Destination;
use output::View;

/// Rows that a table shows: more are counted, not kept.
const TABLE_ROWS_MAX: usize = 10_000;
/// The same at the prompt.
const PROMPT_ROWS_MAX: usize = 1_000;
/// Characters of one line of a cell on a terminal.
const CELL_WIDTH_MAX: usize = 80;

/// What `ttt sql` is asked.
#[derive(Debug, Clone, Args)]
pub struct SqlArguments {
    /// A query; without it and without a file a prompt opens
    #[arg(value_name = "QUERY")]
    pub query: Option<String>,
    /// Run the queries of a file, separated by `;`, in order; `-` is standard input
    #[arg(short, long, value_name = "FILE", conflicts_with = "query")]
    pub file: Option<PathBuf>,
    /// How to write the rows [default: table on a terminal, else by the output's extension, else csv]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Write to a file, which appears when it is complete
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Rows that a table shows [default: 10000, at the prompt 1000]
    #[arg(long, value_name = "ROWS")]
    pub limit: Option<usize>,
}

/// The formats in which rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns, for reading
    Table,
    /// RFC 4180 with a header and plain line ends; NULL is empty, an empty text is `""`
    Csv,
    /// One array of objects
    Json,
    /// One object a line
    Ndjson,
    /// A Parquet file
    Parquet,
}

/// Answers the arguments' queries, or opens a prompt; `json` asks for JSON where no format is given.
pub async fn run(session: &Session, arguments: &SqlArguments, json: bool) -> Outcome<()> {
    let terminal = io::stdout().is_terminal();
    let format = arguments.format(json, terminal);
    match arguments.script(terminal)? {
        None => prompt::run(session, arguments.prompt_view(format)?).await,
        Some(script) => {
            let view = View {
                format,
                rows_max: arguments.limit.unwrap_or(TABLE_ROWS_MAX),
                cell_width_max: (terminal && arguments.file_name().is_none()).then_some(CELL_WIDTH_MAX),
                expanded: false,
            };
            answer_all(session, &script, view, arguments.file_name(), terminal).await
        }
    }
}

impl SqlArguments {
    /// The output's file, unless it is standard output.
    fn file_name(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }

    fn format(&self, json: bool, terminal: bool) -> Format {
        let by_extension = || match self.file_name()?.extension()?.to_str()? {
            "csv" => Some(Format::Csv),
            "json" => Some(Format::Json),
            "ndjson" | "jsonl" => Some(Format::Ndjson),
            "parquet" => Some(Format::Parquet),
            "txt" => Some(Format::Table),
            _ => None,
        };
        let fallback = if terminal && self.file_name().is_none() { Format::Table } else { Format::Csv };
        self.format.or(json.then_some(Format::Json)).or_else(by_extension).unwrap_or(fallback)
    }

    /// The queries to answer; none where a prompt is meant.
    fn script(&self, terminal: bool) -> Outcome<Option<String>> {
        let wrong = |name: &str, error: io::Error| Failure::usage(format!("{name}: {error}"));
        match (&self.query, &self.file) {
            (Some(query), _) => Ok(Some(query.clone())),
            (None, Some(path)) if path != Path::new("-") => {
                let script = std::fs::read_to_string(path);
                script.map(Some).map_err(|error| wrong(&path.display().to_string(), error))
            }
            (None, None) if io::stdin().is_terminal() => {
                let hint = "give a query, or --file FILE";
                terminal
                    .then_some(None)
                    .ok_or_else(|| Failure::usage("a prompt needs a terminal").with_hint(hint))
            }
            _ => {
                let mut script = String::new();
                io::stdin().read_to_string(&mut script).map_err(|error| wrong("standard input", error))?;
                Ok(Some(script))
            }
        }
    }

    fn prompt_view(&self, format: Format) -> Outcome<View> {
        if self.output.is_some() || format == Format::Parquet {
            return Err(Failure::usage("a prompt writes to the terminal only")
                .with_hint("give a query, or --file FILE, beside --output"));
        }
        let rows_max = self.limit.unwrap_or(PROMPT_ROWS_MAX);
        Ok(View { format, rows_max, cell_width_max: Some(CELL_WIDTH_MAX), expanded: false })
    }
}

/// Answers a script's queries one after another into one destination.
async fn answer_all(
    session: &Session,
    script: &str,
    view: View,
    file: Option<&Path>,
    terminal: bool,
) -> Outcome<()> {
    let statements = statement::split(script).statements;
    if statements.is_empty() {
        return Err(Failure::usage("there is no query in it"));
    }
    if view.format == Format::Parquet {
        if statements.len() > 1 {
            return Err(Failure::usage("a Parquet file holds the rows of one query"));
        }
        if file.is_none() && terminal {
            return Err(Failure::usage("Parquet is nothing for a terminal").with_hint("give --output FILE"));
        }
    }
    let mut destination = Destination::open(file)?;
    for (index, statement) in statements.iter().enumerate() {
        if index > 0 && matches!(view.format, Format::Csv | Format::Table) {
            destination.separate();
        }
        let answer = answer(session, statement.text, view, &mut destination);
        // A file must not stay half written; at standard output an interrupt may simply end the process.
        let answered = if file.is_some() { interruptible(answer).await } else { answer.await };
        match answered {
            Err(_) if destination.is_closed() => return Ok(()),
            Err(failure) if statements.len() > 1 => return Err(in_place(failure, index, statement.line)),
            other => other?,
        }
    }
    destination.finish()
}

/// Answers one query into a destination, batch by batch.
async fn answer(session: &Session, query: &str, view: View, destination: &mut Destination) -> Outcome<()> {
    use futures::StreamExt;

    let mut batches = query::stream(session, query).await?;
    let mut writer = output::writer(view, &batches.schema(), destination)?;
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(mistake::explain)?;
        if view.format != Format::Parquet {
            calendar::check(&batch)?;
        }
        writer.write(&batch)?;
    }
    writer.finish()
}

/// Runs until it is done or Ctrl-C is pressed, which drops it and what it was doing.
async fn interruptible(work: impl Future<Output = Outcome<()>>) -> Outcome<()> {
    tokio::select! {
        outcome = work => outcome,
        Ok(()) = tokio::signal::ctrl_c() => Err(Failure::other("interrupted")),
    }
}

fn in_place(mut failure: Failure, index: usize, line: usize) -> Failure {
    failure.message = format!("query {} (from line {line}): {}", index + 1, failure.message);
    failure
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::failure::Kind;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        sql: SqlArguments,
    }

    #[track_caller]
    fn check(line: &str, json: bool, terminal: bool, expected: Format) {
        let words = ["sql"].into_iter().chain(line.split_whitespace());
        assert_eq!(Command::parse_from(words).sql.format(json, terminal), expected, "{line}");
    }

    #[test]
    fn the_format_follows_from_the_flags() {
        check("q", false, true, Format::Table);
        check("q", false, false, Format::Csv);
        check("q", true, true, Format::Json);
        check("q --format ndjson", true, false, Format::Ndjson);
        check("q -o a.parquet", false, true, Format::Parquet);
        check("q -o a.ndjson", false, true, Format::Ndjson);
        check("q -o a", false, true, Format::Csv);
        check("q -o -", false, true, Format::Table);
        check("-f x.sql --format csv -o a.json", true, true, Format::Csv);
    }

    #[test]
    fn a_prompt_has_no_file() {
        assert!(Command::try_parse_from(["sql", "q", "-f", "x"]).is_err());
        let prompt = Command::parse_from(["sql", "-o", "x.csv"]).sql;
        assert_eq!(prompt.prompt_view(Format::Csv).map(|_| ()).map_err(|f| f.kind), Err(Kind::Usage));
    }
}
