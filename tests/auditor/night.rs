//! The audit itself: reads all sources once, then judges every escrow id night by night.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::NaiveDate;

use super::case::{Case, Watermarks};
use super::fold::{Folded, Kept, Landed, Source, fold};
use super::judge::{Finding, judge};
use super::rows::{self, Entry, Event, Transfer};
use super::rules::Rules;
use super::{Audit, ControlTotal, Counts, Row, chain, money, time};

const ESCROW: Source<Event> = Source {
    name: "payments/escrow",
    read: |json| rows::event(json).map(|row| (row.key.clone(), row.escrow_id.clone(), row)),
    amounts: |event| vec![(event.amount.currency.clone(), event.amount.amount)],
};

const WALLET: Source<Transfer> = Source {
    name: "payments/wallet",
    read: |json| rows::transfer(json).map(|row| (row.key.clone(), row.escrow_id.clone(), row)),
    amounts: |transfer| vec![(transfer.amount.currency.clone(), transfer.amount.amount)],
};

const LEDGER: Source<Entry> = Source {
    name: "payments/ledger",
    read: |json| rows::entry(json).map(|row| (row.key.clone(), row.escrow_id.clone(), row)),
    amounts: |entry| {
        let postings = entry.postings.iter().filter(|posting| posting.account == "escrow");
        postings.map(|posting| (posting.currency.clone(), posting.amount)).collect()
    },
};

/// The classes with which an escrow rests until another row of it lands.
const RESTING: [&str; 5] = ["MATCHED", "REFUNDED", "CANCELLED", "DAY_BOUNDARY", "METADATA_MISMATCH"];

struct Sources {
    escrow: Folded<Event>,
    wallet: Folded<Transfer>,
    ledger: Folded<Entry>,
}

/// Audits the nights in the order given, which must be ascending; one answer for each.
pub fn audit(landing: &Path, nights: &[NaiveDate], rules: &Rules) -> Vec<Audit> {
    assert!(nights.is_sorted(), "nights must ascend");
    let Some(last) = nights.last().copied() else { return Vec::new() };
    let sources = Sources {
        escrow: fold(landing, &ESCROW, last),
        wallet: fold(landing, &WALLET, last),
        ledger: fold(landing, &LEDGER, last),
    };
    let mut classes: BTreeMap<String, &'static str> = BTreeMap::new();
    let mut audits = Vec::new();
    for night in nights {
        let mut audit = landed(&sources, *night);
        audit.reconciliation = reconcile(&sources, *night, rules, &mut classes);
        audits.push(audit);
    }
    audits
}

/// Everything about a night but its reconciliation.
fn landed(sources: &Sources, night: NaiveDate) -> Audit {
    let mut audit = Audit::default();
    let entries = sources.ledger.rows.iter().filter(|kept| kept.dt <= night && kept.effective);
    audit.findings = chain::findings(&entries.map(|kept| &kept.row).collect::<Vec<_>>());
    let days = [
        (ESCROW.name, sources.escrow.days.get(&night)),
        (WALLET.name, sources.wallet.days.get(&night)),
        (LEDGER.name, sources.ledger.days.get(&night)),
    ];
    for (source, day) in days {
        let Some(day) = day else { continue };
        if day.refused {
            audit.refused.push(source.to_string());
            continue;
        }
        let (source, dt) = (source.to_string(), night);
        audit.counts.push(Counts {
            source: source.clone(),
            dt,
            good: day.good,
            replays: day.replays,
            conflicts: day.conflicts,
            quarantined: day.quarantine.len() as u64,
        });
        let quarantine = day.quarantine.iter();
        audit.quarantine.extend(quarantine.map(|(file, line)| (source.clone(), dt, file.clone(), *line)));
        audit.control_totals.extend(day.totals.iter().map(|(currency, (count, sum))| ControlTotal {
            source: source.clone(),
            dt,
            currency: currency.clone(),
            count: *count,
            sum: money::show(*sum),
        }));
        if !totals_hold(day) {
            audit.findings.push(("CONTROL_TOTAL".to_string(), source));
        }
    }
    audit
}

/// Whether a manifest's totals, where it states any, are those of the rows.
fn totals_hold(day: &Landed) -> bool {
    let Some(stated) = day.manifest.as_ref().and_then(|manifest| manifest.totals.as_ref()) else {
        return true;
    };
    let nothing = (0, 0);
    let stated_hold = stated.iter().all(|(currency, count, sum)| {
        let found = day.totals.get(currency).unwrap_or(&nothing);
        *count == found.0 && money::read_sum(sum) == Some(found.1)
    });
    stated_hold && day.totals.keys().all(|currency| stated.iter().any(|(named, ..)| named == currency))
}

fn watermarks(sources: &Sources, night: NaiveDate) -> Watermarks {
    let mark = |day: Option<&Landed>| {
        let stated = day.and_then(|day| day.manifest.as_ref()?.watermark_us);
        stated.unwrap_or(time::end_of(night))
    };
    Watermarks {
        escrow_us: mark(sources.escrow.days.get(&night)),
        wallet_us: mark(sources.wallet.days.get(&night)),
        ledger_us: mark(sources.ledger.days.get(&night)),
    }
}

/// What is known of escrow ids from one source, up to a night.
struct Known<'a, R> {
    /// First payloads, by escrow id.
    effective: BTreeMap<&'a str, Vec<&'a R>>,
    /// Escrow ids that one key with two payloads names.
    conflicted: BTreeSet<&'a str>,
    /// Escrow ids of which a row landed on the night itself.
    landed: BTreeSet<&'a str>,
}

fn known<R>(rows: &[Kept<R>], night: NaiveDate) -> Known<'_, R> {
    let mut known =
        Known { effective: BTreeMap::new(), conflicted: BTreeSet::new(), landed: BTreeSet::new() };
    for kept in rows.iter().filter(|kept| kept.dt <= night) {
        let named = || std::iter::once(&kept.escrow_id).chain(&kept.earlier_escrow_ids).map(String::as_str);
        if kept.effective {
            known.effective.entry(&kept.escrow_id).or_default().push(&kept.row);
        } else {
            known.conflicted.extend(named());
        }
        if kept.dt == night {
            known.landed.extend(named());
        }
    }
    known
}

fn reconcile(
    sources: &Sources,
    night: NaiveDate,
    rules: &Rules,
    classes: &mut BTreeMap<String, &'static str>,
) -> Vec<Row> {
    let escrow = known(&sources.escrow.rows, night);
    let wallet = known(&sources.wallet.rows, night);
    let ledger = known(&sources.ledger.rows, night);
    let only_unsettled = only_unsettled(sources, night);
    let restless = classes.iter().filter(|(_, class)| !RESTING.contains(class)).map(|(id, _)| id.clone());
    let mut ids: BTreeSet<String> = restless.collect();
    for id in escrow.landed.iter().chain(&wallet.landed).chain(&ledger.landed) {
        ids.insert(id.to_string());
    }
    let mut rows = Vec::new();
    for id in ids.into_iter().filter(|id| !only_unsettled.contains(id)) {
        let id = id.as_str();
        let mut events = escrow.effective.get(id).cloned().unwrap_or_default();
        events.sort_by_key(|event| (event.sequence, event.at_us, &event.key));
        let mut transfers = wallet.effective.get(id).cloned().unwrap_or_default();
        transfers.retain(|transfer| transfer.status == "SETTLED");
        let case = Case {
            night,
            rules,
            watermarks: watermarks(sources, night),
            conflicted: [&escrow.conflicted, &wallet.conflicted, &ledger.conflicted]
                .into_iter()
                .any(|ids| ids.contains(id)),
            events,
            transfers,
            entries: ledger.effective.get(id).cloned().unwrap_or_default(),
        };
        let findings = judge(&case);
        let (first, flags) = findings.split_first().expect("a known escrow has a class");
        classes.insert(id.to_string(), first.class);
        rows.push(row(&case, id, first, flags));
    }
    rows
}

/// Escrow ids of which nothing is known but transfers that are not SETTLED, conflicts included.
fn only_unsettled(sources: &Sources, night: NaiveDate) -> BTreeSet<String> {
    let mut unsettled = BTreeSet::new();
    let mut others = BTreeSet::new();
    others.extend(sources.escrow.rows.iter().filter(|kept| kept.dt <= night).map(|kept| &kept.escrow_id));
    others.extend(sources.ledger.rows.iter().filter(|kept| kept.dt <= night).map(|kept| &kept.escrow_id));
    for kept in sources.wallet.rows.iter().filter(|kept| kept.dt <= night) {
        let ids = if kept.row.status == "SETTLED" { &mut others } else { &mut unsettled };
        ids.insert(&kept.escrow_id);
    }
    unsettled.difference(&others).map(|id| id.to_string()).collect()
}

fn row(case: &Case, escrow_id: &str, first: &Finding, flags: &[Finding]) -> Row {
    let transfer = case.transfers.first();
    let fees = |wanted: fn(&str) -> bool| {
        transfer.map(|transfer| {
            let fees = transfer.fees.iter().filter(|fee| wanted(&fee.kind));
            money::show(fees.map(|fee| fee.amount).sum())
        })
    };
    Row {
        dt: case.night,
        escrow_id: escrow_id.to_string(),
        class: first.class.to_string(),
        subcode: first.subcode.clone(),
        flags: flags.iter().map(Finding::text).collect(),
        currency: transfer.map(|transfer| transfer.amount.currency.clone()),
        gross: transfer.map(|transfer| money::show(transfer.amount.amount)),
        platform_fee: fees(|kind| kind == "PLATFORM"),
        processing_fee: fees(|kind| kind == "PROCESSING"),
        other_fees: fees(|kind| kind != "PLATFORM" && kind != "PROCESSING"),
        net: transfer.map(|transfer| money::show(transfer.net)),
    }
}
