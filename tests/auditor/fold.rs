//! All rows of one source: replays folded, conflicts kept, counts and totals taken by day.
//!
//! Readings:
//! - A payload that equals any earlier payload of its key is a replay, also beside a conflict (A, B, A).
//! - `good` counts the rows that are kept, both payloads of a conflict included; `conflicts` are those of
//!   them that are not their key's first.
//! - A replay is no row of its own: it lets no settled escrow be written again.
//! - A conflicting row that lands is a row of every escrow that its key names, also by earlier payloads.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use chrono::NaiveDate;

use super::json::Json;
use super::landing::{self, Day, Manifest};

/// A source of payments and how its lines are read: key, escrow id and row.
pub struct Source<R> {
    pub name: &'static str,
    pub read: fn(&Json) -> Option<(String, String, R)>,
    /// The amounts a manifest's totals run over, with their currencies.
    pub amounts: fn(&R) -> Vec<(String, i128)>,
}

/// A row that is kept.
pub struct Kept<R> {
    pub row: R,
    pub dt: NaiveDate,
    pub escrow_id: String,
    /// The first payload of its key.
    pub effective: bool,
    /// For a conflict, the escrows that its key's earlier payloads name.
    pub earlier_escrow_ids: Vec<String>,
}

/// What landed on one day.
#[derive(Default)]
pub struct Landed {
    pub good: u64,
    pub replays: u64,
    pub conflicts: u64,
    /// File and line.
    pub quarantine: Vec<(String, u64)>,
    /// Count and sum by currency, replays included.
    pub totals: BTreeMap<String, (u64, i128)>,
    pub manifest: Option<Manifest>,
    pub refused: bool,
}

/// All that one source landed up to a night.
pub struct Folded<R> {
    pub rows: Vec<Kept<R>>,
    pub days: BTreeMap<NaiveDate, Landed>,
}

/// Reads every day of a source up to `last`, in the order of day, file name and line.
pub fn fold<R>(landing: &Path, source: &Source<R>, last: NaiveDate) -> Folded<R> {
    let mut folded = Folded { rows: Vec::new(), days: BTreeMap::new() };
    let mut payloads: HashMap<String, Vec<(Json, String)>> = HashMap::new();
    for dt in landing::days(landing, source.name, last) {
        let Day { lines, manifest, refused } = landing::read_day(landing, source.name, dt);
        let mut landed = Landed { manifest, refused, ..Landed::default() };
        for line in lines {
            let json = Json::parse(&line.bytes).ok().filter(|json| matches!(json, Json::Object(_)));
            let Some((payload, (key, escrow_id, row))) =
                json.and_then(|json| (source.read)(&json).map(|row| (json.without_nulls(), row)))
            else {
                landed.quarantine.push((line.file, line.number));
                continue;
            };
            for (currency, amount) in (source.amounts)(&row) {
                let total = landed.totals.entry(currency).or_default();
                *total = (total.0 + 1, total.1 + amount);
            }
            let earlier = payloads.entry(key).or_default();
            if earlier.iter().any(|(known, _)| *known == payload) {
                landed.replays += 1;
                continue;
            }
            let effective = earlier.is_empty();
            let earlier_escrow_ids = earlier.iter().map(|(_, escrow_id)| escrow_id.clone()).collect();
            earlier.push((payload, escrow_id.clone()));
            landed.good += 1;
            landed.conflicts += u64::from(!effective);
            folded.rows.push(Kept { row, dt, escrow_id, effective, earlier_escrow_ids });
        }
        folded.days.insert(dt, landed);
    }
    folded
}
