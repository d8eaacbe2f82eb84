//! What was up to date before rows were redacted is so afterwards: no night is made anew for it.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use schemas::ops::LINEAGE;
use schemas::table::Table;
use warehouse::{FileWriter, Session};

use crate::answer::{Row, ask};
use crate::failure::Outcome;
use crate::lineage::{Commit, files, versioned};
use crate::rows;

/// A table's day that is up to date, with how its inputs' files are read.
#[derive(Debug, Clone)]
pub struct Held {
    day: NaiveDate,
    outputs: Vec<&'static Table>,
    inputs: Vec<&'static Table>,
    commit: Commit,
}

fn commit(row: Row<'_>) -> Commit {
    Commit {
        run_id: row.owned("run_id"),
        step: row.owned("step"),
        table: row.owned("table"),
        version: row.count("version") as u64,
        rows: row.count("rows") as u64,
        inputs: row.texts("inputs"),
        fingerprint: row.owned("fingerprint"),
    }
}

/// Everything that is up to date now. Which inputs a table writes itself is told by which way of reading gives the
/// fingerprint that was stored.
pub async fn held(session: &Session) -> Outcome<Vec<Held>> {
    let query = "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY \"table\", dt ORDER BY version DESC) AS place \
                 FROM ops.lineage) WHERE place = 1 ORDER BY dt, \"table\"";
    let mut held = Vec::new();
    for row in ask(session, query).await?.rows() {
        let commit = commit(row);
        let Some((table, day)) = schemas::table(&commit.table).zip(row.day("dt")) else { continue };
        let name = |input: &String| input.split_once('@').map_or(input.clone(), |(name, _)| name.to_owned());
        let inputs: Vec<_> = commit.inputs.iter().filter_map(|input| schemas::table(&name(input))).collect();
        let own = inputs.iter().map(|input| vec![table, *input]);
        let mut ways = std::iter::once(vec![table]).chain(own);
        let known = commit.fingerprint.split_once('-').map(|(known, _)| known.to_owned());
        let way = ways.find(|way| known.as_ref() == Some(&files(session, way, &inputs, day)));
        held.extend(way.map(|outputs| Held { day, outputs, inputs, commit }));
    }
    Ok(held)
}

/// Writes into the lineage of everything that was up to date that it is made from the files of now.
pub async fn renew(session: &Session, held: &[Held]) -> Outcome<()> {
    let mut days: BTreeMap<NaiveDate, BTreeMap<(String, u64), Commit>> = BTreeMap::new();
    for Held { day, outputs, inputs, commit } in held {
        let Some((before, recipe)) = commit.fingerprint.split_once('-') else { continue };
        let now = files(session, outputs, inputs, *day);
        if now != before {
            let renewed = Commit {
                inputs: inputs.iter().map(|input| versioned(session, input)).collect(),
                fingerprint: format!("{now}-{recipe}"),
                ..commit.clone()
            };
            days.entry(*day).or_default().insert((commit.table.clone(), commit.version), renewed);
        }
    }
    for (day, mut renewed) in days {
        let query =
            format!("SELECT * FROM ops.lineage WHERE dt = DATE '{day}' ORDER BY \"table\", version, run_id");
        let all: Vec<Commit> = ask(session, &query)
            .await?
            .rows()
            .map(commit)
            .map(|commit| renewed.remove(&(commit.table.clone(), commit.version)).unwrap_or(commit))
            .collect();
        let batch = rows::batch(LINEAGE.file_schema(), &all)?;
        let mut writer = FileWriter::new(session.lake(), &LINEAGE, Some(day), "erase")?;
        let written = tokio::task::spawn_blocking(move || {
            writer.write(&batch)?;
            writer.finish()
        });
        session.lake().replace(&LINEAGE, Some(day), written.await??, "erase").await?;
    }
    Ok(session.refresh_table(&LINEAGE).await?)
}
