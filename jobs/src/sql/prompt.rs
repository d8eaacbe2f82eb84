//! The prompt: statements until their `;`, commands that start with a backslash, and a history that stays.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Instant;

use clap::ValueEnum;
use rustyline::error::ReadlineError;
use rustyline::history::DefaultHistory;
use rustyline::{CompletionType, Config, Editor};
use warehouse::Session;

use super::complete::Typing;
use super::destination::Destination;
use super::output::View;
use super::{Format, answer, describe, interruptible, plot, statement};
use crate::failure::{Failure, Outcome};

const HELP: &str = "\
Queries end with `;` and may take several lines. Ctrl-C stops a line or a query, Ctrl-D leaves.
  \\d           list the tables
  \\d TABLE     describe a table
  \\x           show each column on a line of its own, or no longer
  \\format NAME show rows as table, csv, json or ndjson
  \\plot QUERY  draw the last column of a query's rows as bars
  \\i FILE      answer the queries of a file; `.read FILE` is the same
  \\timing      show how long a query takes, or no longer
  \\refresh     see what was committed since the prompt opened
  \\?           this list
  \\q           leave
";

/// Queries that the history keeps.
const HISTORY_MAX: usize = 2_000;

type Line = Editor<Typing, DefaultHistory>;

#[derive(Debug, PartialEq, Eq)]
enum Command<'a> {
    Tables,
    Table(&'a str),
    Expanded,
    Format(&'a str),
    Plot(&'a str),
    Read(&'a str),
    Timing,
    Refresh,
    Help,
    Quit,
    Unknown(&'a str),
}

/// Reads and answers until Ctrl-D.
pub async fn run(session: &Session, view: View) -> Outcome<()> {
    let mut prompt = Prompt { session, view, timing: false };
    let history = history_file();
    let mut editor = editor(history.as_ref())?;
    remark("Queries end with `;`. \\d lists the tables, \\? the commands.");
    loop {
        // The editor blocks while one types, so it has a thread of its own.
        let read = move || {
            let line = editor.readline("ttt> ");
            (editor, line)
        };
        let line;
        (editor, line) = tokio::task::spawn_blocking(read).await?;
        match line {
            Ok(line) => {
                if let Some(path) = &history {
                    // Without its history a prompt is still a prompt.
                    let _ = editor.append_history(path);
                }
                if !prompt.take(&line).await {
                    return Ok(());
                }
            }
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => return Ok(()),
            Err(error) => return Err(Failure::other(format!("the terminal cannot be read: {error}"))),
        }
    }
}

struct Prompt<'a> {
    session: &'a Session,
    view: View,
    timing: bool,
}

impl Prompt<'_> {
    /// Does what a whole text says; false where it says to leave.
    async fn take(&mut self, text: &str) -> bool {
        let done = match command(text) {
            Some(Command::Quit) => return false,
            Some(command) => self.obey(command).await,
            None => self.answer_all(text).await,
        };
        if let Err(failure) = done {
            remark(&format!("error: {failure}"));
        }
        true
    }

    async fn obey(&mut self, command: Command<'_>) -> Outcome<()> {
        match command {
            Command::Tables => print(&describe::tables()),
            Command::Table(name) => print(&describe::table(name)?),
            Command::Help => print(HELP),
            Command::Expanded => {
                self.view.expanded = !self.view.expanded;
                remark(&format!("expanded display is {}", on(self.view.expanded)));
            }
            Command::Format(name) => {
                let known = Format::value_variants().iter().filter(|format| **format != Format::Parquet);
                let named = |format: &&Format| {
                    format.to_possible_value().is_some_and(|value| value.get_name() == name)
                };
                let format = known.copied().find(|format| named(&format));
                let hint = "table, csv, json or ndjson";
                self.view.format =
                    format.ok_or_else(|| Failure::usage(format!("{name} is no format")).with_hint(hint))?;
            }
            Command::Plot(query) => print(&plot::plot(self.session, query).await?),
            Command::Read(name) => {
                let script =
                    fs::read_to_string(name).map_err(|error| Failure::usage(format!("{name}: {error}")))?;
                self.answer_all(&script).await?;
            }
            Command::Timing => {
                self.timing = !self.timing;
                remark(&format!("timing is {}", on(self.timing)));
            }
            Command::Refresh => self.session.refresh().await?,
            Command::Unknown(name) => {
                return Err(Failure::usage(format!("there is no command {name}")).with_hint("\\? lists them"));
            }
            Command::Quit => {}
        }
        Ok(())
    }

    async fn answer_all(&self, text: &str) -> Outcome<()> {
        for statement in statement::split(text).statements {
            let start = Instant::now();
            let mut destination = Destination::open(None)?;
            interruptible(answer(self.session, statement.text, self.view, &mut destination)).await?;
            destination.finish()?;
            if self.timing {
                remark(&format!("{:.1} ms", start.elapsed().as_secs_f64() * 1e3));
            }
        }
        Ok(())
    }
}

/// The command that a text is, if it is one.
fn command(text: &str) -> Option<Command<'_>> {
    let text = text.trim().trim_end_matches(';').trim_end();
    if let Some(query) = text.strip_prefix("\\plot ") {
        return Some(Command::Plot(query.trim()));
    }
    let mut words = text.split_whitespace();
    Some(match (words.next()?, words.next()) {
        ("\\d" | "\\dt", None) => Command::Tables,
        ("\\d" | "\\dt", Some(name)) => Command::Table(name),
        ("\\x", None) => Command::Expanded,
        ("\\format", Some(name)) => Command::Format(name),
        ("\\i" | ".read", Some(name)) => Command::Read(name),
        ("\\timing", None) => Command::Timing,
        ("\\refresh", None) => Command::Refresh,
        ("\\?" | "\\h", None) => Command::Help,
        ("\\q" | "quit" | "exit", None) => Command::Quit,
        (name, _) if name.starts_with('\\') => Command::Unknown(name),
        _ => return None,
    })
}

fn on(value: bool) -> &'static str {
    if value { "on" } else { "off" }
}

fn print(text: &str) {
    // A terminal that has gone is noticed when it is read.
    let _ = io::stdout().write_all(text.as_bytes());
}

fn remark(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn editor(history: Option<&PathBuf>) -> Outcome<Line> {
    let wrong = |error: ReadlineError| Failure::other(format!("the terminal cannot be used: {error}"));
    let config =
        Config::builder().max_history_size(HISTORY_MAX).and_then(|config| config.history_ignore_dups(true));
    let config = config.map_err(wrong)?.auto_add_history(true).completion_type(CompletionType::List).build();
    let mut editor = Editor::with_config(config).map_err(wrong)?;
    editor.set_helper(Some(Typing));
    if let Some(path) = history {
        let _ = editor.load_history(path);
    }
    Ok(editor)
}

/// The history's file in a folder that exists; none where there is no place for it.
fn history_file() -> Option<PathBuf> {
    let path = history_path(std::env::var_os("XDG_STATE_HOME"), std::env::var_os("HOME"))?;
    fs::create_dir_all(path.parent()?).ok()?;
    Some(path)
}

/// `$XDG_STATE_HOME/ttt/history`, else `~/.local/state/ttt/history`; a relative variable does not count.
fn history_path(state: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |value: OsString| Some(PathBuf::from(value)).filter(|path| path.is_absolute());
    let state = state.and_then(absolute).or_else(|| Some(home.and_then(absolute)?.join(".local/state")))?;
    Some(state.join("ttt/history"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_queries_are_told_apart() {
        assert_eq!(command("\\d"), Some(Command::Tables));
        assert_eq!(command(" \\d  silver.breaks ;"), Some(Command::Table("silver.breaks")));
        assert_eq!(command("\\q"), Some(Command::Quit));
        assert_eq!(command("exit;"), Some(Command::Quit));
        assert_eq!(command("\\plot select 'a b', 1;"), Some(Command::Plot("select 'a b', 1")));
        assert_eq!(command(".read a.sql"), Some(Command::Read("a.sql")));
        assert_eq!(command("\\format csv"), Some(Command::Format("csv")));
        assert_eq!(command("\\drop"), Some(Command::Unknown("\\drop")));
        assert_eq!(command("\\x off"), Some(Command::Unknown("\\x")));
        assert_eq!((command("select 1;"), command(" ")), (None, None));
    }

    #[test]
    fn the_history_has_its_place() {
        let path = |state: &str, home: &str| {
            let value = |text: &str| (!text.is_empty()).then(|| OsString::from(text));
            history_path(value(state), value(home)).map(|path| path.display().to_string())
        };
        assert_eq!(path("/s", "/h").as_deref(), Some("/s/ttt/history"));
        assert_eq!(path("", "/h").as_deref(), Some("/h/.local/state/ttt/history"));
        assert_eq!(path("s", "/h").as_deref(), Some("/h/.local/state/ttt/history"));
        assert_eq!(path("", ""), None);
    }
}
