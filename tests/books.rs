//! Ten nights in order, read back exactly: what the generator planted is what the books say, breaks and
//! resolutions by hand among them.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use chrono::NaiveDate;
use generate::Options;

use crate::support::{Place, assert_same, counted, key};

type Rows = BTreeMap<Vec<String>, usize>;

const RECONCILIATION: &str = "SELECT dt, escrow_id, class, coalesce(subcode, '') AS subcode, \
    coalesce(array_to_string(flags, ';'), '') AS flags FROM silver.reconciliation";
const LEDGER: &str =
    "SELECT DISTINCT dt, class, CAST(sequence AS VARCHAR) AS subcode FROM silver.ledger_findings";
const BREAKS: &str = "SELECT class, coalesce(subcode, '') AS subcode, coalesce(escrow_id, '') AS escrow_id, \
    first_seen, last_seen, closed_on, status FROM silver.breaks";
const ENTITLEMENTS: &str = "SELECT subscription_id, benefit_id, coalesce(to_char(period_start, '%Y-%m-%dT%H:%M:%S%.3fZ'), '') \
    AS period_start, class FROM silver.entitlements";
const FINDINGS: &str = "SELECT class, coalesce(subscription_id, '') AS subscription_id, \
    CASE WHEN subscription_id IS NULL THEN tier_id ELSE '' END AS tier_id, \
    CASE WHEN subscription_id IS NULL THEN CAST(tier_version AS VARCHAR) ELSE '' END AS tier_version, \
    coalesce(event_id, '') AS event_id FROM silver.subscription_findings";
const TOTALS: &str = "SELECT dt, class, sum(opening_count) AS opening, sum(new_count) AS new, \
    sum(closed_count) AS closed, sum(closing_count) AS closing FROM silver.break_totals GROUP BY dt, class";

/// An area over several nights with its key, and its nights.
pub struct Planted {
    pub place: Place,
    pub key: PathBuf,
    pub nights: Vec<NaiveDate>,
}

/// One word of a person that the key asks for.
#[derive(Debug)]
pub struct Resolution {
    pub after: String,
    pub class: String,
    pub escrow_id: String,
    pub reason: String,
    pub by: String,
}

impl Planted {
    /// Many faults among few escrows, and next to nothing of the other sources.
    pub fn ten_nights(seed: u64, resolutions: f64) -> Self {
        Self::new(&Options {
            seed,
            days: 10,
            escrows_per_day: 600,
            subscriptions_per_day: 40,
            playbacks_per_day: 1,
            access_per_day: 1,
            nodes: 1,
            contents_per_day: 1,
            files_per_source: 2,
            fault_rate: 0.3,
            resolutions,
            ..Options::default()
        })
    }

    pub fn new(options: &Options) -> Self {
        let place = Place::generated(options);
        let key = place.key();
        let nights = options.from.iter_days().take(options.days as usize).collect();
        Self { place, key, nights }
    }

    /// Runs one night, and then resolves what the key says is resolved after it.
    pub fn night(&self, night: NaiveDate) {
        let dt = night.to_string();
        self.place.night("nightly", &dt);
        self.resolve(&dt);
    }

    pub fn all_nights(&self) {
        self.nights.iter().for_each(|night| self.night(*night));
    }

    /// What is resolved by hand after a night.
    pub fn resolutions(&self, night: &str) -> Vec<Resolution> {
        let word = |row: Vec<String>| {
            let [after, class, escrow_id, reason, by] = row.try_into().expect("five columns");
            Resolution { after, class, escrow_id, reason, by }
        };
        let rows = key(&self.key, "resolutions").into_keys().map(word);
        rows.filter(|word| word.after == night).collect()
    }

    /// Resolves by one file, as somebody does who has many.
    fn resolve(&self, night: &str) {
        let words = self.resolutions(night);
        if words.is_empty() {
            return;
        }
        let query = "SELECT class, escrow_id, break_id FROM silver.breaks WHERE escrow_id IS NOT NULL";
        let ids: BTreeMap<(String, String), String> = self
            .place
            .rows(query)
            .into_iter()
            .map(|row| ((row[0].clone(), row[1].clone()), row[2].clone()))
            .collect();
        let mut text = "break_id,reason,by\n".to_owned();
        for Resolution { class, escrow_id, reason, by, .. } in words {
            let id = ids.get(&(class.clone(), escrow_id.clone()));
            let id = id.unwrap_or_else(|| panic!("no break {class} of {escrow_id} after {night}"));
            text.push_str(&format!("{id},{reason},{by}\n"));
        }
        let file = self.place.folder.path().join("resolve.csv");
        fs::write(&file, text).expect("a file");
        let ended = self.place.run(&["resolve", "--file", &file.display().to_string(), "--quiet"]);
        assert_eq!(ended.code, 0, "{night}: {}", ended.stderr);
    }

    fn rows(&self, query: &str) -> Rows {
        counted(self.place.rows(query))
    }

    pub fn reconciliation_agrees(&self) {
        assert_same("reconciliation", &self.rows(RECONCILIATION), &key(&self.key, "reconciliation"));
    }

    /// What the ledger says on each night; the totals are compared elsewhere.
    pub fn ledger_agrees(&self) {
        let stated = key(&self.key, "findings").into_keys().filter(|row| row[1] != "CONTROL_TOTAL");
        assert_same("ledger", &self.rows(LEDGER), &counted(stated));
    }

    pub fn breaks_agree(&self) {
        let ours = self.rows(BREAKS);
        assert_same("breaks", &ours, &key(&self.key, "breaks"));
    }

    pub fn subscriptions_agree(&self) {
        assert_same("entitlements", &self.rows(ENTITLEMENTS), &key(&self.key, "entitlements"));
        assert_same("subscription findings", &self.rows(FINDINGS), &key(&self.key, "subscription_findings"));
    }

    pub fn break_totals_agree(&self) {
        // A class that a night has nothing to say of may have a row of zeros or none.
        let says = |row: &Vec<String>| row[2..].iter().any(|count| count != "0");
        let ours = counted(self.place.rows(TOTALS).into_iter().filter(says));
        assert_same("break totals", &ours, &key(&self.key, "break_totals"));
    }
}

#[test]
fn ten_nights_are_judged_as_planted() {
    let planted = Planted::ten_nights(1, 0.0);
    planted.all_nights();
    planted.reconciliation_agrees();
    planted.ledger_agrees();
    planted.breaks_agree();
    planted.break_totals_agree();
    planted.subscriptions_agree();
}

#[test]
fn ten_nights_out_of_order_end_as_planted() {
    let planted = Planted::ten_nights(3, 0.0);
    for place in [2, 0, 1, 4, 3, 5, 6, 9, 7, 8] {
        planted.night(planted.nights[place]);
    }
    planted.reconciliation_agrees();
    planted.ledger_agrees();
    planted.breaks_agree();
    planted.break_totals_agree();
    planted.subscriptions_agree();
}

#[test]
fn what_is_resolved_by_hand_stays_so_until_the_facts_change() {
    let planted = Planted::ten_nights(2, 0.4);
    planted.all_nights();
    planted.reconciliation_agrees();
    planted.breaks_agree();
    planted.break_totals_agree();
}
