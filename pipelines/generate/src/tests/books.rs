//! The key's breaks against a fold of its own: night by night over the key's other tables, all ids at once,
//! where the generator goes id by id over all nights.

use std::collections::{BTreeMap, BTreeSet};

use super::Area;
use crate::Options;

const WELL: [&str; 6] = ["OPEN", "TIMING_PENDING", "DAY_BOUNDARY", "MATCHED", "REFUNDED", "CANCELLED"];

fn ten_nights(seed: u64) -> Options {
    Options {
        seed,
        days: 10,
        escrows_per_day: 500,
        subscriptions_per_day: 40,
        playbacks_per_day: 1,
        access_per_day: 1,
        fault_rate: 0.3,
        resolutions: 0.3,
        ..Options::default()
    }
}

/// A break of the second opinion; the dates are texts, which sort as days do.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Known {
    subcode: String,
    facts: String,
    first_seen: String,
    last_seen: String,
    closed_on: String,
    status: &'static str,
    /// As the totals have it: what is resolved after a night is open in that night's.
    counts: bool,
}

type Key = (String, String);

struct Ledger<'a> {
    area: &'a Area,
    known: BTreeMap<Key, Known>,
    totals: Vec<Vec<String>>,
    reopened: u64,
}

/// What holds on a night: id, class, subcode and facts; an id without a class has become something else.
fn told(area: &Area, night: &str) -> Vec<[String; 4]> {
    let rows = area.key("reconciliation.csv").into_iter().filter(|row| row[0] == night);
    let mut told: Vec<_> = rows
        .map(|row| [row[1].clone(), row[2].clone(), row[3].clone(), format!("{}|{}", row[3], row[4])])
        .collect();
    let findings = area.key("findings.csv").into_iter().filter(|row| row[0] == night);
    told.extend(findings.map(|row| {
        let id = if row[1] == "CONTROL_TOTAL" { format!("{}/", row[2]) } else { row[2].clone() };
        [id, row[1].clone(), row[2].clone(), String::new()]
    }));
    told
}

impl Ledger<'_> {
    fn night(&mut self, night: &str, before: &str) {
        let told = told(self.area, night);
        let open = |known: &Known| known.counts;
        let count = |known: &BTreeMap<Key, Known>| {
            let mut counts: BTreeMap<String, u64> = BTreeMap::new();
            known.iter().filter(|(_, known)| open(known)).for_each(|((class, _), _)| {
                *counts.entry(class.clone()).or_default() += 1;
            });
            counts
        };
        let opening = count(&self.known);
        let (mut new, mut closed) = (BTreeMap::<String, u64>::new(), BTreeMap::<String, u64>::new());
        let read: BTreeMap<&str, &str> = told.iter().map(|[id, class, ..]| (&**id, &**class)).collect();
        for ((class, id), known) in &mut self.known {
            let of_ledger = matches!(&**class, "CHAIN_BREAK" | "LEDGER_FORK" | "SEQUENCE_GAP");
            let otherwise = if of_ledger {
                !told.iter().any(|row| (&row[1], &row[0]) == (class, id))
            } else {
                read.get(&**id).is_some_and(|read| read != class)
            };
            if otherwise && known.status != "AUTO_CLOSED" {
                (known.status, known.closed_on) = ("AUTO_CLOSED", night.to_owned());
                known.last_seen = before.to_owned();
            }
        }
        for [id, class, subcode, facts] in told.iter().filter(|row| !WELL.contains(&&*row[1])) {
            let fresh = Known {
                subcode: subcode.clone(),
                facts: facts.clone(),
                first_seen: night.to_owned(),
                last_seen: night.to_owned(),
                closed_on: String::new(),
                status: "OPEN",
                counts: false,
            };
            let known = self.known.entry((class.clone(), id.clone())).or_insert(fresh);
            let changed = known.facts != *facts;
            if known.status == "AUTO_CLOSED" || (known.status == "RESOLVED" && changed) {
                (known.status, known.closed_on) = ("OPEN", String::new());
                self.reopened += 1;
            }
            (known.subcode, known.facts) = (subcode.clone(), facts.clone());
        }
        for ((class, _), known) in &mut self.known {
            let is_open = known.status == "OPEN";
            *new.entry(class.clone()).or_default() += u64::from(is_open && !known.counts);
            *closed.entry(class.clone()).or_default() += u64::from(!is_open && known.counts);
            known.counts = is_open;
            if known.status != "AUTO_CLOSED" {
                known.last_seen = night.to_owned();
            }
        }
        let closing = count(&self.known);
        let classes: BTreeSet<String> = self.known.keys().map(|(class, _)| class.clone()).collect();
        for class in classes {
            let of = |counts: &BTreeMap<String, u64>| counts.get(&class).copied().unwrap_or(0);
            let counts = [of(&opening), of(&new), of(&closed), of(&closing)];
            assert_eq!(counts[0] + counts[1] - counts[2], counts[3], "{night} {class}");
            if counts != [0; 4] {
                let row = [night.to_owned(), class].into_iter();
                self.totals.push(row.chain(counts.map(|count| count.to_string())).collect());
            }
        }
        for row in self.area.key("resolutions.csv").into_iter().filter(|row| row[0] == night) {
            let known = self.known.get_mut(&(row[1].clone(), row[2].clone())).expect("a break");
            assert_eq!(known.status, "OPEN", "{row:?} is open after its night");
            (known.status, known.closed_on) = ("RESOLVED", night.to_owned());
        }
    }
}

fn fold(area: &Area, options: &Options) -> (Vec<Vec<String>>, Vec<Vec<String>>, u64) {
    let mut ledger = Ledger { area, known: BTreeMap::new(), totals: Vec::new(), reopened: 0 };
    let nights: Vec<String> =
        options.from.iter_days().take(options.days as usize).map(|day| day.to_string()).collect();
    for (place, night) in nights.iter().enumerate() {
        ledger.night(night, &nights[place.saturating_sub(1)]);
    }
    let breaks = ledger.known.iter().map(|((class, id), known)| {
        let escrow = if id.starts_with("es_") { id.clone() } else { String::new() };
        let Known { subcode, first_seen, last_seen, closed_on, status, .. } = known.clone();
        vec![class.clone(), subcode, escrow, first_seen, last_seen, closed_on, status.to_owned()]
    });
    (breaks.collect(), ledger.totals, ledger.reopened)
}

fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

#[test]
fn breaks_and_their_totals_are_what_the_nights_say() {
    for seed in [1, 2] {
        let options = ten_nights(seed);
        let area = Area::new(&options);
        let (breaks, totals, reopened) = fold(&area, &options);
        assert_eq!(sorted(area.key("breaks.csv")), sorted(breaks));
        assert_eq!(sorted(area.key("break_totals.csv")), sorted(totals));
        assert!(reopened > 10, "{reopened}");
        assert_eq!(area.summary.breaks, area.key("breaks.csv").len() as u64);
    }
}

#[test]
fn resolutions_are_of_many_nights_and_classes_and_end_in_every_way() {
    let options = ten_nights(3);
    let area = Area::new(&options);
    let resolutions = area.key("resolutions.csv");
    assert_eq!(area.summary.resolutions, resolutions.len() as u64);
    let distinct = |column: usize| resolutions.iter().map(|row| &*row[column]).collect::<BTreeSet<_>>();
    assert_eq!(distinct(0).len(), 9, "after every night but the last: {:?}", distinct(0));
    assert!(distinct(1).len() > 15, "{:?}", distinct(1));
    let breaks: BTreeMap<Key, Vec<String>> =
        area.key("breaks.csv").into_iter().map(|row| ((row[0].clone(), row[2].clone()), row)).collect();
    let ends: BTreeSet<&str> =
        resolutions.iter().map(|row| &*breaks[&(row[1].clone(), row[2].clone())][6]).collect();
    assert!(ends.iter().eq(&["AUTO_CLOSED", "OPEN", "RESOLVED"]), "{ends:?}");
    let none = Area::new(&Options { resolutions: 0.0, ..ten_nights(3) });
    assert!(none.key("resolutions.csv").is_empty());
    assert!(none.key("breaks.csv").iter().all(|row| row[6] != "RESOLVED"));
    let landing = |area: &Area| {
        let files = area.files().into_iter();
        files.filter(|(path, _)| path.starts_with("landing")).collect::<BTreeMap<_, _>>()
    };
    assert!(landing(&area) == landing(&none), "what is resolved by hand does not land");
}

#[test]
fn breaks_of_every_class_open_close_and_come_back() {
    let area = Area::new(&Options { resolutions: 0.0, ..ten_nights(4) });
    let breaks = area.key("breaks.csv");
    let classes = |status: &str| {
        let of_status = breaks.iter().filter(|row| row[6] == status);
        of_status.map(|row| row[0].clone()).collect::<BTreeSet<_>>()
    };
    let closed = classes("AUTO_CLOSED");
    for class in ["ILLEGAL_STATE", "MISSING_ESCROW", "MISSING_LEDGER", "MISSING_TRANSFER", "SEQUENCE_GAP"] {
        assert!(closed.contains(class), "{class} closes: {closed:?}");
    }
    let open = classes("OPEN");
    for class in ["CHAIN_BREAK", "CONTROL_TOTAL", "LEDGER_FORK", "METADATA_MISMATCH", "STUCK_ESCROW"] {
        assert!(open.contains(class), "{class} stays: {open:?}");
    }
}
