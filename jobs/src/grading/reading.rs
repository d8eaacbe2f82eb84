//! What quality is planned from, read from the sessions of the last days.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use chrono::{Days, NaiveDate};
use delivery::cohorts::columns::{known_ladders, read_ladders};
use delivery::cohorts::evidence::{KnownLadder, Watched};
use delivery::cohorts::gather::{COLUMNS, Gathered, Gathering, ORDER, Sampling};
use delivery::cohorts::key::Key;
use delivery::quality::{Decision, Standing};
use schemas::quality::{QUALITY_PLAN, VIEWING_SESSIONS};
use schemas::time;
use warehouse::Session;

use super::settings::Quality;
use crate::failure::Outcome;
use crate::rebuilding::each;
use crate::steps::count;

/// Sessions that say of which cohort they are, on what device, and how fast their network was.
const TOLD: &str = "region IS NOT NULL AND network IS NOT NULL AND device_class IS NOT NULL AND \
    device_width_max IS NOT NULL AND device_height_max IS NOT NULL AND device_codecs IS NOT NULL AND source <> 'NONE'";
const COHORT: &str = "region, network, device_class, coalesce(data_saver, false) AS data_saver";

/// The sessions that count.
pub struct Window {
    condition: String,
    days: String,
    /// Share of the viewers whose sessions are read.
    pub share: f64,
    sessions: u64,
}

impl Window {
    /// The last days up to the night; of too many sessions, those of the viewers with the lowest hashes.
    pub fn of(session: &Session, dt: NaiveDate, quality: &Quality) -> Self {
        let after = dt.checked_sub_days(Days::new(u64::from(quality.window_days))).unwrap_or(NaiveDate::MIN);
        let (first, last) = (time::days(after) + 1, time::days(dt));
        let files = session.files(&VIEWING_SESSIONS).into_iter();
        let counted = files.filter(|file| file.dt.is_some_and(|dt| (first..=last).contains(&dt)));
        let sessions: u64 = counted.map(|file| file.rows).sum();
        let share = (quality.sessions_max as f64 / sessions.max(1) as f64).min(1.0);
        let days = format!("dt > DATE '{after}' AND dt <= DATE '{dt}'");
        let mut condition = format!("{days} AND {TOLD}");
        if share < 1.0 {
            let last = (i128::from(i64::MIN) + (share * 2_f64.powi(64)) as i128).min(i128::from(i64::MAX));
            condition += &format!(" AND viewer_hash <= {last}");
        }
        Self { condition, days, share, sessions }
    }

    pub fn notes(&self) -> Vec<String> {
        let mut notes = vec![format!("{} sessions in the window", self.sessions)];
        if self.share < 1.0 {
            notes.push(format!("those of {:.4} of the viewers are read", self.share));
        }
        notes
    }

    /// How many cohorts there are.
    pub async fn cohorts(&self, session: &Session) -> Outcome<u64> {
        let condition = &self.condition;
        let cohorts = format!("SELECT DISTINCT {COHORT} FROM silver.viewing_sessions WHERE {condition}");
        count(session, &format!("SELECT count(*) FROM ({cohorts})")).await
    }

    /// The cohorts with what their sessions say, and the sessions read.
    pub async fn gather(
        &self,
        session: &Session,
        sampling: Sampling,
    ) -> Outcome<(Vec<(Key, Gathered)>, u64)> {
        let condition = &self.condition;
        let query =
            format!("SELECT {COLUMNS} FROM silver.viewing_sessions WHERE {condition} ORDER BY {ORDER}");
        let mut gathering = Gathering::new(sampling);
        each(session, &query, |batch| Ok(gathering.push(batch)?)).await?;
        let sessions = gathering.sessions;
        Ok((gathering.finish(), sessions))
    }

    /// What each cohort watched, by ladder.
    pub async fn watched(&self, session: &Session) -> Outcome<BTreeMap<Key, Watched>> {
        let condition = &self.condition;
        let query = format!(
            "SELECT {COHORT}, ladder_key, CAST(sum(watch_ms) AS BIGINT) AS watched FROM silver.viewing_sessions \
             WHERE {condition} AND ladder_key IS NOT NULL \
             GROUP BY region, network, device_class, coalesce(data_saver, false), ladder_key"
        );
        let mut watched: BTreeMap<Key, Watched> = BTreeMap::new();
        each(session, &query, |batch| {
            let [ladders, sums] = [4, 5].map(|column| batch.column(column).as_primitive::<Int64Type>());
            for row in 0..batch.num_rows() {
                let ladder = ladders.value(row) as u64;
                let sum = sums.value(row).unsigned_abs();
                watched.entry(key(batch, row)).or_default().insert(ladder, sum);
            }
            Ok(())
        })
        .await?;
        Ok(watched)
    }

    /// The ladders of the window's contents, as the latest night tells them.
    pub async fn ladders(&self, session: &Session) -> Outcome<BTreeMap<u64, KnownLadder>> {
        let query = format!(
            "SELECT ladder_key, renditions, mean_to_peak FROM silver.quality_ladders WHERE {} ORDER BY dt, ladder_key",
            self.days
        );
        let mut ladders = BTreeMap::new();
        each(session, &query, |batch| Ok(known_ladders(batch, &mut ladders)?)).await?;
        Ok(ladders)
    }
}

fn key(batch: &RecordBatch, row: usize) -> Key {
    let text = |column: usize| batch.column(column).as_string::<i32>().value(row);
    Key::cohort(text(0), text(1), text(2), batch.column(3).as_boolean().value(row))
}

/// What the last night before decided, by cohort.
pub async fn standing(session: &Session, dt: NaiveDate) -> Outcome<BTreeMap<Key, Standing>> {
    let Some(last) = session.days(&QUALITY_PLAN).range(..dt).next_back().copied() else {
        return Ok(BTreeMap::new());
    };
    let query = format!(
        "SELECT {COHORT}, decision, ladder FROM gold.quality_plan WHERE dt = DATE '{last}' ORDER BY {}",
        "region, network, device_class, data_saver"
    );
    let mut standing = BTreeMap::new();
    each(session, &query, |batch| {
        let decisions = batch.column(4).as_string::<i32>();
        for (row, ladder) in read_ladders(batch, "ladder")?.into_iter().enumerate() {
            let told = decisions.is_valid(row).then(|| decisions.value(row));
            let decision = told.and_then(Decision::of).unwrap_or(Decision::Keep);
            standing.insert(key(batch, row), Standing { decision, ladder });
        }
        Ok(())
    })
    .await?;
    Ok(standing)
}
