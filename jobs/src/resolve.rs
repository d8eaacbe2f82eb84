//! `ttt resolve` and `ttt reopen`: a person's word on breaks, written down and never edited.

use std::collections::BTreeMap;
use std::path::Path;

use arrow::array::AsArray;
use chrono::Utc;
use schemas::silver::{BREAK_RESOLUTIONS, RECONCILIATION};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use warehouse::{Models, Session};

use crate::cli::{Global, ResolveArguments};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::lock::Lock;
use crate::{calendar, night, rows};

/// Wrong lines of a file that are named; the rest are counted.
const NAMED: usize = 5;

/// What is said of a break.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Resolve,
    Reopen,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Resolve => "RESOLVE",
            Self::Reopen => "REOPEN",
        }
    }

    /// The status that it is said of, and the one that comes of it.
    fn turns(self) -> (&'static str, &'static str) {
        match self {
            Self::Resolve => ("OPEN", "RESOLVED"),
            Self::Reopen => ("RESOLVED", "OPEN"),
        }
    }
}

/// One break to be spoken of: a line of a file, or an argument.
#[derive(Debug, Clone, Deserialize)]
struct Word {
    break_id: String,
    reason: Option<String>,
    by: Option<String>,
}

/// One row of `silver.break_resolutions`.
#[derive(Debug, Serialize)]
struct Resolution {
    resolution_id: String,
    break_id: String,
    action: &'static str,
    resolved_by: String,
    reason: String,
    at: String,
    facts: String,
}

/// A break as it stands: its status and the hash of what is said of it.
struct Standing {
    status: String,
    facts: String,
}

/// Says it of every break that is named, or of none: a wrong one is refused with its line.
pub async fn run(
    config: &Config,
    global: &Global,
    arguments: &ResolveArguments,
    action: Action,
) -> Outcome<()> {
    let words = words(arguments)?;
    let session = night::session(config).await?;
    let lock = Lock::take(session.lake()).await?;
    let (said, already) = lock.hold(say(config, &session, arguments, &words, action)).await?;
    let (_, becomes) = action.turns();
    if global.json {
        println!("{}", json!({"action": action.name(), "said": said, "already": already}));
    } else {
        let count = |count: usize| if count == 1 { "1 break".to_owned() } else { format!("{count} breaks") };
        println!("{} now {becomes}", count(said));
        if already > 0 {
            println!("{} before", count(already));
        }
    }
    Ok(())
}

async fn say(
    config: &Config,
    session: &Session,
    arguments: &ResolveArguments,
    words: &[(String, Word)],
    action: Action,
) -> Outcome<(usize, usize)> {
    session.refresh().await?;
    let Some(dt) = session.days(&RECONCILIATION).last().copied() else {
        return Err(Failure::usage("no night has been reconciled, so there are no breaks"));
    };
    let standing = standing(session).await?;
    let at = Utc::now();
    let (from, becomes) = action.turns();
    let (mut resolutions, mut faults, mut already) = (BTreeMap::new(), Vec::new(), 0);
    for (place, word) in words {
        let given = |own: &Option<String>, flag: &Option<String>, name: &str| {
            let given = own.as_ref().or(flag.as_ref()).map(|text| text.trim().to_owned());
            given.filter(|text| !text.is_empty()).ok_or_else(|| format!("{place}: {name} is missing"))
        };
        let (reason, by) = match (
            given(&word.reason, &arguments.reason, "the reason"),
            given(&word.by, &arguments.by, "the name of who says it"),
        ) {
            (Ok(reason), Ok(by)) => (reason, by),
            (Err(fault), _) | (_, Err(fault)) => {
                faults.push(fault);
                continue;
            }
        };
        match standing.get(&word.break_id) {
            None => faults.push(format!("{place}: no break is named {}", word.break_id)),
            Some(found) if found.status == becomes => already += 1,
            Some(found) if found.status != from => {
                faults.push(format!("{place}: {} is {}, not {from}", word.break_id, found.status));
            }
            Some(found) => {
                let facts = found.facts.clone();
                let break_id = word.break_id.clone();
                let text = format!("{break_id}\0{}\0{at}\0{by}\0{reason}", action.name());
                let hash = Sha256::digest(text);
                let resolution_id =
                    hash.iter().take(10).fold("re_".to_owned(), |id, byte| format!("{id}{byte:02x}"));
                let (action, at) = (action.name(), rows::instant(at.timestamp_micros()));
                let resolution = Resolution {
                    resolution_id,
                    break_id: break_id.clone(),
                    action,
                    resolved_by: by,
                    reason,
                    at,
                    facts,
                };
                if resolutions.insert(break_id, resolution).is_some() {
                    faults.push(format!("{place}: {} stands twice", word.break_id));
                }
            }
        }
    }
    if !faults.is_empty() {
        return Err(refused(&faults));
    }
    let said: Vec<_> = resolutions.into_values().collect();
    if !said.is_empty() {
        let batch = rows::batch(BREAK_RESOLUTIONS.file_schema(), &said)?;
        session.lake().append(&BREAK_RESOLUTIONS, Some(dt), vec![batch], action.name()).await?;
        session.refresh_table(&BREAK_RESOLUTIONS).await?;
        show(config, session).await?;
    }
    Ok((said.len(), already))
}

fn refused(faults: &[String]) -> Failure {
    let mut message = faults.iter().take(NAMED).cloned().collect::<Vec<_>>().join("\n");
    if faults.len() > NAMED {
        message.push_str(&format!("\nand {} more", faults.len() - NAMED));
    }
    Failure::usage(message)
        .with_hint("nothing was written; `ttt sql \"SELECT * FROM silver.breaks\"` shows the breaks")
}

/// Brings `silver.breaks` up to what was said.
async fn show(config: &Config, session: &Session) -> Outcome<()> {
    let models = Models::load(&config.sql_folder()?)?;
    let last = session.days(&RECONCILIATION).last().copied();
    if let (Some(model), Some(dt)) = (models.get("silver.breaks"), last) {
        model.run(session, dt, &calendar::values(session, dt), 1).await?;
    }
    Ok(())
}

/// Every break by its id.
async fn standing(session: &Session) -> Outcome<BTreeMap<String, Standing>> {
    let query = "SELECT breaks.break_id, breaks.status, latest.facts FROM silver.breaks \
        INNER JOIN (SELECT break_id, facts, row_number() OVER (PARTITION BY break_id ORDER BY dt DESC) AS place \
                    FROM silver.break_events) AS latest \
        ON latest.break_id = breaks.break_id AND latest.place = 1 WHERE breaks.status <> 'AUTO_CLOSED' \
        UNION ALL SELECT break_id, status, '' FROM silver.breaks WHERE status = 'AUTO_CLOSED'";
    let mut standing = BTreeMap::new();
    for batch in session.sql(query).await?.collect().await? {
        let [ids, statuses, facts] = [0, 1, 2].map(|place| batch.column(place).as_string::<i32>());
        for row in 0..batch.num_rows() {
            let found =
                Standing { status: statuses.value(row).to_owned(), facts: facts.value(row).to_owned() };
            standing.insert(ids.value(row).to_owned(), found);
        }
    }
    Ok(standing)
}

/// The words of the arguments, or of the lines of a file, each with its place.
fn words(arguments: &ResolveArguments) -> Outcome<Vec<(String, Word)>> {
    match &arguments.file {
        Some(path) => lines(path),
        None if arguments.breaks.is_empty() => {
            Err(Failure::usage("no break was named").with_hint("name breaks, or a file by --file"))
        }
        None => {
            let word = |id: &String| (id.clone(), Word { break_id: id.clone(), reason: None, by: None });
            Ok(arguments.breaks.iter().map(word).collect())
        }
    }
}

/// CSV with a header: `break_id`, and `reason` and `by` where the flags do not say them.
fn lines(path: &Path) -> Outcome<Vec<(String, Word)>> {
    let wrong = |error: csv::Error| Failure::usage(format!("{}: {error}", path.display()));
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_path(path).map_err(wrong)?;
    let headers = reader.headers().map_err(wrong)?.clone();
    if !headers.iter().any(|name| name == "break_id") {
        return Err(Failure::usage(format!("{}: its header has no break_id", path.display()))
            .with_hint("the first line is break_id,reason,by"));
    }
    let mut words = Vec::new();
    for record in reader.records() {
        let record = record.map_err(wrong)?;
        let line = record.position().map_or(0, csv::Position::line);
        let word: Word = record.deserialize(Some(&headers)).map_err(wrong)?;
        words.push((format!("{}:{line}", path.display()), word));
    }
    match words.is_empty() {
        true => Err(Failure::usage(format!("{}: it names no break", path.display()))),
        false => Ok(words),
    }
}
