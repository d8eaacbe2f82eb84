//! The files that entries stand in: as the log names them, as the store has them, as a head sealed them.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{Duration, NaiveDate};
use datafusion::common::TableReference;
use object_store::path::Path;
use schemas::bronze::LEDGER_ENTRIES;
use schemas::time;
use warehouse::scan::FileTable;
use warehouse::{DataFile, Session, Stored};

use crate::failure::{Failure, Kind, Outcome};

/// The entries that stand, as a table for queries.
pub const STANDING: &str = "standing_entries";
/// The entries that a head sealed, likewise.
pub const SIGNED: &str = "signed_entries";

/// One file, with what its store says of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct File {
    pub path: String,
    pub dt: NaiveDate,
    pub rows: u64,
    pub bytes: u64,
    /// When the object was last written, in microseconds.
    pub modified_at: i64,
}

/// The files of `bronze.ledger_entries` that count, and all objects in its folder.
pub struct Files {
    /// Up to the night, by path.
    pub active: Vec<File>,
    log: Vec<DataFile>,
    stored: HashMap<Path, Stored>,
}

impl Files {
    /// Lists the table's folder once, and reads its log; the last day is included.
    pub async fn up_to(session: &Session, last: Option<NaiveDate>) -> Outcome<Self> {
        let lake = session.lake();
        let snapshot = lake.snapshot(&LEDGER_ENTRIES).await?;
        let stored = lake.stored(&LEDGER_ENTRIES).await?;
        let last = last.map(time::days);
        let is_read = |file: &DataFile| file.dt.zip(last).is_none_or(|(dt, last)| dt <= last);
        let log = snapshot.map(|snapshot| snapshot.files).unwrap_or_default();
        let log: Vec<_> = log.into_iter().filter(is_read).collect();
        let mut files = Self { active: Vec::new(), log, stored };
        for file in &files.log {
            let Some(stored) = files.stored.get(&lake.file(&LEDGER_ENTRIES, &file.path)) else {
                let message = format!("bronze/ledger_entries/{}: is not there", file.path);
                return Err(Failure::new(Kind::Control, message)
                    .with_hint("the table's log names it: put the file back"));
            };
            files.active.push(File {
                path: file.path.clone(),
                dt: NaiveDate::default() + Duration::days(i64::from(file.dt.unwrap_or_default())),
                rows: file.rows,
                bytes: stored.bytes,
                modified_at: stored.modified_at.timestamp_micros(),
            });
        }
        files.active.sort();
        Ok(files)
    }

    /// Offers the files that count as [`STANDING`].
    pub fn offer_standing(&self, session: &Session) -> Outcome<()> {
        offer(session, STANDING, self.log.clone())
    }

    /// Offers files that were sealed once as `name`; whether all of them are still in the store.
    pub fn offer_sealed(&self, session: &Session, name: &str, sealed: &[&File]) -> Outcome<bool> {
        let of_file = |file: &&File| {
            let stored = self.stored.get(&session.lake().file(&LEDGER_ENTRIES, &file.path))?;
            Some(DataFile {
                path: file.path.clone(),
                dt: Some(time::days(file.dt)),
                rows: file.rows,
                bytes: stored.bytes,
                ranges: Default::default(),
            })
        };
        match sealed.iter().map(of_file).collect::<Option<Vec<_>>>() {
            Some(files) => offer(session, name, files).map(|()| true),
            None => Ok(false),
        }
    }
}

fn offer(session: &Session, name: &str, files: Vec<DataFile>) -> Outcome<()> {
    let table = Arc::new(FileTable::new(session.lake(), &LEDGER_ENTRIES, files));
    let reference = || TableReference::partial("work", name.to_owned());
    session.context().deregister_table(reference())?;
    session.context().register_table(reference(), table)?;
    Ok(())
}
