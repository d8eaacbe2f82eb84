//! `ttt ask`: saved questions, by name, with values for their parameters.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use access::Question;
use clap::Args;

use crate::aligned;
use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::night;
use crate::sql::{self, Format, SqlArguments, nearest};

/// Ask a saved question, such as `ttt ask fees_by_day from=2026-11-01`
///
/// Without a name the questions are listed, each with its parameters. They are the files of `sql/questions`.
#[derive(Debug, Args)]
pub struct AskArguments {
    /// The question
    pub name: Option<String>,
    /// Values of its parameters
    #[arg(value_name = "PARAMETER=VALUE")]
    pub values: Vec<String>,
    /// How to write the rows [default: table on a terminal, else by the output's extension, else csv]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// Write to a file, which appears when it is complete
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Print the query instead of asking it
    #[arg(long)]
    pub show: bool,
}

/// Lists the questions, or answers one.
pub async fn run(config: &Config, global: &Global, arguments: &AskArguments) -> Outcome<()> {
    let questions = load(config)?;
    let Some(name) = &arguments.name else { return list(&questions, global.json) };
    let question = questions.iter().find(|question| question.name == *name);
    let Some(question) = question else {
        let failure = Failure::usage(format!("no question is named {name}"));
        let near = nearest::nearest(name, questions.iter().map(|question| question.name.as_str()));
        return Err(match near {
            Some(near) => failure.with_hint(format!("did you mean {near}?")),
            None => failure.with_hint("`ttt ask` lists them"),
        });
    };
    let query = question.with(&values(&arguments.values)?).map_err(Failure::usage)?;
    if arguments.show {
        return aligned::print(&format!("{query};\n"));
    }
    let session = night::session(config).await?;
    let (format, output) = (arguments.format, arguments.output.clone());
    let asked = SqlArguments { query: Some(query), file: None, format, output, limit: None };
    sql::run(&session, &asked, global.json).await
}

/// The questions there are, by name.
pub fn load(config: &Config) -> Outcome<Vec<Question>> {
    Question::load(&config.sql_folder()?.join("questions")).map_err(Failure::usage)
}

fn values(given: &[String]) -> Outcome<BTreeMap<String, String>> {
    let pair = |text: &String| {
        let wrong = || Failure::usage(format!("{text}: not a parameter, an equals sign and a value"));
        text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned())).ok_or_else(wrong)
    };
    given.iter().map(pair).collect()
}

fn list(questions: &[Question], json: bool) -> Outcome<()> {
    if json {
        let parameter = |of: &access::Parameter| serde_json::json!({"name": of.name, "kind": of.kind.name(), "default": of.default, "about": of.about});
        let rows = questions.iter().map(|question| {
            let parameters = question.parameters.iter().map(parameter).collect::<Vec<_>>();
            let (ask, asked_by) = (&question.ask, &question.asked_by);
            serde_json::json!({"name": question.name, "ask": ask, "for": asked_by, "parameters": parameters})
        });
        return aligned::print(&format!("{}\n", serde_json::Value::from(rows.collect::<Vec<_>>())));
    }
    let mut listed = String::new();
    for question in questions {
        let _ = writeln!(listed, "{}  ({})\n    {}", question.name, question.asked_by, question.ask);
        for of in &question.parameters {
            let default =
                of.default.as_ref().map_or_else(|| "needed".to_owned(), |text| format!("default {text}"));
            let _ = writeln!(listed, "    {}={}  {}; {default}", of.name, of.kind.name(), of.about);
        }
    }
    aligned::print(&listed)
}
