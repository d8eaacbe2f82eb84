//! Who was with whom on the days before, as keyed hashes of pairs: what makes a viewer a returning one.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use chrono::{Datelike, Duration, Months, NaiveDate};
use futures::TryStreamExt;
use insights::bounding::Past;
use insights::policy::Policy;
use insights::pseudonym::PairKey;
use schemas::insights::VIEWER_PRESENCE;
use schemas::time;
use tokio::task::block_in_place;
use warehouse::FileWriter;

use crate::failure::Outcome;
use crate::privacy::keys::{Keys, month};
use crate::steps::Night;

/// Pairs of one batch.
const AT_ONCE: usize = 64 << 10;
/// Days after which a pair is forgotten, beyond those that are looked at: nights may be made a little later.
const KEPT_LONGER_DAYS: i64 = 7;

/// Keyed hashes are as even as can be: they are their own hash in a table.
#[derive(Default)]
pub struct Even(u64);

impl Hasher for Even {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

pub type EvenState = BuildHasherDefault<Even>;

/// The pairs of today by what another month calls them.
pub type Names = HashMap<u64, u64, EvenState>;

/// Under which keys the days of a night's window were written down.
pub struct PairKeys {
    /// That of the night's month.
    own: Option<PairKey>,
    /// The days before the night that are looked at, a month at a time, each with its key.
    before: Vec<(NaiveDate, NaiveDate, PairKey)>,
    pub notes: Vec<String>,
}

impl PairKeys {
    /// The keys for a night that looks back to a day.
    pub fn of(night: &Night, since: &str) -> Outcome<Self> {
        let keys = Keys::load(&night.config)?;
        let key = |day: NaiveDate| keys.of_pairs(&month(day)).map(PairKey::new);
        let mut found = Self { own: key(night.dt), before: Vec::new(), notes: Vec::new() };
        if found.own.is_none() {
            found.notes.push(format!(
                "there is no key of pairs of {}: who was here is not written down, and returning viewers are not released",
                month(night.dt)
            ));
            return Ok(found);
        }
        let days = night.session.days(&VIEWER_PRESENCE);
        let Some(mut first) = since.parse::<NaiveDate>().ok().filter(|first| *first < night.dt) else {
            return Ok(found);
        };
        while first < night.dt {
            let next = first.with_day(1).and_then(|first| first.checked_add_months(Months::new(1)));
            let next = next.unwrap_or(night.dt).min(night.dt);
            match key(first) {
                _ if days.range(first..next).next().is_none() => {}
                Some(key) => found.before.push((first, next, key)),
                None => found.notes.push(format!(
                    "the key of pairs of {} is no more: who was here then does not return",
                    month(first)
                )),
            }
            first = next;
        }
        Ok(found)
    }

    /// What each month that is looked at calls today's pairs, viewer and creator, beside what today's month does.
    pub fn names(&self, today: impl Iterator<Item = (u128, u128)> + Clone) -> Vec<Names> {
        let of_month = |own: &PairKey, key: &PairKey| -> Names {
            today
                .clone()
                .map(|(viewer, creator)| (key.hash(viewer, creator), own.hash(viewer, creator)))
                .collect()
        };
        let own = self.own.iter();
        own.flat_map(|own| self.before.iter().map(|(_, _, key)| of_month(own, key)).collect::<Vec<_>>())
            .collect()
    }

    /// Whether it is known who returns.
    pub fn is_there(&self) -> bool {
        self.own.is_some()
    }
}

/// What is known of some of today's pairs.
pub struct Known {
    key: Option<PairKey>,
    returning: HashSet<u64, EvenState>,
}

impl Past for Known {
    fn hash(&self, viewer: u128, creator: u128) -> Option<u64> {
        self.key.as_ref().map(|key| key.hash(viewer, creator))
    }

    fn returns(&self, pair: u64) -> bool {
        self.returning.contains(&pair)
    }
}

/// Finds which of today's pairs were together on one of the days before.
pub async fn known(night: &Night, keys: &PairKeys, names: Vec<Names>) -> Outcome<Known> {
    let mut known = Known { key: keys.own.clone(), returning: HashSet::default() };
    for ((from, to, _), names) in keys.before.iter().zip(names) {
        let query = format!(
            "SELECT pair_hash FROM silver.viewer_presence WHERE dt >= DATE '{from}' AND dt < DATE '{to}'"
        );
        let mut stream = night.session.sql(&query).await?.execute_stream().await?;
        while let Some(batch) = stream.try_next().await? {
            let pairs = batch.column(0).as_primitive::<Int64Type>().values();
            known.returning.extend(pairs.iter().filter_map(|pair| names.get(&(*pair as u64))));
        }
    }
    Ok(known)
}

/// The pairs of a day on their way into the table.
pub struct Presences(FileWriter);

impl Presences {
    pub fn begin(night: &Night) -> Outcome<Self> {
        Ok(Self(FileWriter::new(night.session.lake(), &VIEWER_PRESENCE, Some(night.dt), "presence")?))
    }

    pub fn push(&mut self, pairs: Vec<u64>) -> Outcome<()> {
        for some in pairs.chunks(AT_ONCE) {
            let column: ArrayRef =
                Arc::new(Int64Array::from_iter_values(some.iter().map(|pair| *pair as i64)));
            let batch = RecordBatch::try_new(VIEWER_PRESENCE.file_schema(), vec![column])?;
            block_in_place(|| self.0.write(&batch))?;
        }
        Ok(())
    }

    /// Puts them in the place of what the day held.
    pub async fn end(self, night: &Night) -> Outcome<()> {
        let writer = self.0;
        let added = tokio::task::spawn_blocking(move || writer.finish()).await??;
        night.session.lake().replace(&VIEWER_PRESENCE, Some(night.dt), added, "insights").await?;
        Ok(night.session.refresh_table(&VIEWER_PRESENCE).await?)
    }
}

/// Forgets the pairs of days that no day to come looks at. Their files go when tables are next vacuumed; that they
/// say nothing until then is what the key of their month is destroyed for.
pub async fn forget(night: &Night, policy: &Policy) -> Outcome<()> {
    let Some(last) = night.session.days(&VIEWER_PRESENCE).last().copied() else { return Ok(()) };
    let first = last - Duration::days(policy.window_days as i64 + KEPT_LONGER_DAYS);
    let mut old = night.session.files(&VIEWER_PRESENCE);
    old.retain(|file| file.dt.is_some_and(|dt| time::date(dt) < first));
    if old.is_empty() {
        return Ok(());
    }
    night.session.lake().commit(&VIEWER_PRESENCE, Vec::new(), &old, "insights").await?;
    Ok(night.session.refresh_table(&VIEWER_PRESENCE).await?)
}
