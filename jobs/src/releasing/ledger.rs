//! `ops.privacy_ledger` read and written: each event is one commit, with a row for each unit.

use std::collections::BTreeMap;

use arrow::array::AsArray;
use arrow::datatypes::{Date32Type, Int64Type};
use chrono::{NaiveDate, Utc};
use insights::ledger::{Entry, Event, Unit, month, spent};
use insights::policy::Policy;
use schemas::insights::PRIVACY_LEDGER;
use schemas::time;
use serde::{Deserialize, Serialize};
use warehouse::{NewFile, Session};

use super::storing::Stored;
use crate::failure::{Failure, Outcome};
use crate::rows;
use crate::steps::Night;

/// The ledger as far as it is committed.
pub struct Ledger {
    pub entries: Vec<Entry>,
    /// By release, of those that are released.
    released: BTreeMap<String, Stored>,
}

#[derive(Serialize)]
struct Line {
    release_id: String,
    unit: &'static str,
    event: &'static str,
    day: NaiveDate,
    month: String,
    nano_rho: u64,
    nano_rho_spent: u64,
    nano_rho_budget: u64,
    femto_delta: u64,
    policy: String,
    counted_until: Option<String>,
    rows: Option<u64>,
    sha256: Option<String>,
    files: Option<String>,
    at: String,
}

/// A file of a release, as the ledger names it.
#[derive(Serialize, Deserialize)]
struct Named {
    path: String,
    dt: Option<i32>,
    rows: u64,
    bytes: u64,
    statistics: String,
}

impl Ledger {
    pub async fn read(session: &Session) -> Outcome<Self> {
        let query = "SELECT release_id, unit, event, day, nano_rho, policy, counted_until, rows, sha256, files \
                     FROM ops.privacy_ledger ORDER BY release_id, event, unit";
        let (mut entries, mut released) = (Vec::new(), BTreeMap::new());
        for batch in session.sql(query).await?.collect().await? {
            let text =
                |column: usize, row: usize| batch.column(column).as_string::<i32>().value(row).to_owned();
            let number = |column: usize, row: usize| {
                batch.column(column).as_primitive::<Int64Type>().value(row).unsigned_abs()
            };
            for row in 0..batch.num_rows() {
                let wrong =
                    || Failure::other(format!("ops.privacy_ledger: {} reads otherwise", text(0, row)));
                let unit =
                    Unit::ALL.into_iter().find(|unit| unit.name() == text(1, row)).ok_or_else(wrong)?;
                let event = Event::named(&text(2, row)).ok_or_else(wrong)?;
                let day = time::date(batch.column(3).as_primitive::<Date32Type>().value(row)).to_string();
                if event == Event::Released {
                    let files: Vec<Named> = serde_json::from_str(&text(9, row)).map_err(|_| wrong())?;
                    let until = serde_json::from_str(&text(6, row)).map_err(|_| wrong())?;
                    let files = files.into_iter().map(Named::file).collect();
                    let stored =
                        Stored { files, rows: number(7, row), sha256: text(8, row), counted_until: until };
                    released.insert(text(0, row), stored);
                }
                let (release_id, policy) = (text(0, row), text(5, row));
                entries.push(Entry { release_id, unit, event, day, nano_rho: number(4, row), policy });
            }
        }
        Ok(Self { entries, released })
    }

    /// What a release has stored.
    pub fn stored(&self, release_id: &str) -> Outcome<Stored> {
        let unknown = || Failure::other(format!("ops.privacy_ledger: {release_id} names no files"));
        self.released.get(release_id).cloned().ok_or_else(unknown)
    }

    /// Up to when each landing day has been counted, in microseconds.
    pub fn counted_until(&self) -> BTreeMap<NaiveDate, i64> {
        let mut counted = BTreeMap::new();
        for (day, until) in self.released.values().flat_map(|stored| &stored.counted_until) {
            let last = counted.entry(*day).or_insert(*until);
            *last = (*last).max(*until);
        }
        counted
    }

    /// Commits an event of the night's release for both units.
    pub async fn append(
        &mut self,
        night: &Night,
        policy: &Policy,
        release_id: &str,
        event: Event,
        stored: Option<&Stored>,
    ) -> Outcome<()> {
        let day = night.dt.to_string();
        let at = rows::instant(Utc::now().timestamp_micros());
        let mut lines = Vec::new();
        for unit in Unit::ALL {
            let is_price = event == Event::Intent;
            let price = if is_price { unit.price(policy) } else { 0 };
            lines.push(Line {
                release_id: release_id.to_owned(),
                unit: unit.name(),
                event: event.name(),
                day: night.dt,
                month: month(&day).to_owned(),
                nano_rho: price,
                nano_rho_spent: spent(&self.entries, month(&day), unit) + price,
                nano_rho_budget: unit.budget(policy),
                femto_delta: if is_price { unit.femto_delta(policy) } else { 0 },
                policy: policy.hash.clone(),
                counted_until: stored.map(|stored| json(&stored.counted_until)).transpose()?,
                rows: stored.map(|stored| stored.rows),
                sha256: stored.map(|stored| stored.sha256.clone()),
                files: stored
                    .map(|stored| json(&stored.files.iter().map(Named::of).collect::<Vec<_>>()))
                    .transpose()?,
                at: at.clone(),
            });
        }
        let batch = rows::batch(PRIVACY_LEDGER.file_schema(), &lines)?;
        night.session.lake().append(&PRIVACY_LEDGER, None, vec![batch], event.name()).await?;
        night.session.refresh_table(&PRIVACY_LEDGER).await?;
        self.entries.extend(Unit::ALL.into_iter().zip(&lines).map(|(unit, line)| Entry {
            release_id: line.release_id.clone(),
            unit,
            event,
            day: day.clone(),
            nano_rho: line.nano_rho,
            policy: line.policy.clone(),
        }));
        Ok(())
    }
}

fn json<T: Serialize>(value: &T) -> Outcome<String> {
    serde_json::to_string(value).map_err(Failure::other)
}

impl Named {
    fn of(file: &NewFile) -> Self {
        let NewFile { path, dt, rows, bytes, stats } = file.clone();
        Self { path, dt, rows, bytes, statistics: stats }
    }

    fn file(self) -> NewFile {
        NewFile { path: self.path, dt: self.dt, rows: self.rows, bytes: self.bytes, stats: self.statistics }
    }
}
