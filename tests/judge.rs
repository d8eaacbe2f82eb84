//! The judge at its boundary: tables of rows with the verdict last, and every pair of faults at once.

#[path = "judge/chain.rs"]
mod chain;
#[path = "judge/mutation.rs"]
mod mutation;
#[path = "judge/table.rs"]
mod table;
#[path = "judge/words.rs"]
mod words;

use std::collections::{BTreeMap, BTreeSet};

use mutation::{Exception, Mutation, read_exceptions, read_mutations};
use reconcile::Verdict;
use reconcile::class::Class;
use schemas::money;
use table::Table;
use words::days_after_zero;

const TABLES: [(&str, &str); 6] = [
    ("lives.txt", include_str!("judge/lives.txt")),
    ("presence.txt", include_str!("judge/presence.txt")),
    ("amounts.txt", include_str!("judge/amounts.txt")),
    ("fees.txt", include_str!("judge/fees.txt")),
    ("refunds.txt", include_str!("judge/refunds.txt")),
    ("columns.txt", include_str!("judge/columns.txt")),
];
const MUTATIONS: &str = include_str!("judge/mutations.txt");
const PAIRS: &str = include_str!("judge/pairs.txt");
const NEVER: &str = include_str!("judge/never.txt");

/// The lines that say something: no comments, no empty ones.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(|line| line.split(" # ").next().unwrap_or(line).trim()).filter(|line| {
        let comment = line.starts_with('#');
        !line.is_empty() && !comment
    })
}

#[test]
fn tables_read_as_they_say() {
    for (file, text) in TABLES {
        check_tables(file, text, &mut |_| {});
    }
}

/// Runs a file of tables: `-- title` begins one; a `=` line is the verdict of all rows above it, a `:` line
/// some of that verdict's columns. `= -` is no row at all.
fn check_tables(file: &str, text: &str, seen: &mut dyn FnMut(&str)) {
    let (mut table, mut title) = (Table::default(), "");
    let mut failures = Vec::new();
    for line in lines(text) {
        if let Some(name) = line.strip_prefix("--") {
            (table, title) = (Table::default(), name.trim());
        } else if let Some(expected) = line.strip_prefix('=') {
            let actual = verdict_in_any_order(&table);
            seen(&actual);
            if actual != expected.trim() {
                failures
                    .push(format!("{file}: {title}\n  expected {}\n  actual   {actual}", expected.trim()));
            }
        } else if let Some(expected) = line.strip_prefix(':') {
            let actual = table.judge(|verdict| columns(&verdict.expect(title)));
            let words: Vec<_> = expected.split_whitespace().collect();
            for pair in words.chunks(2) {
                let value = actual.get(pair[0]).unwrap_or_else(|| panic!("{}: no such column", pair[0]));
                if value != pair[1] {
                    failures.push(format!("{file}: {title}\n  {} {}, not {value}", pair[0], pair[1]));
                }
            }
        } else {
            table.read(line);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The verdict as a table writes it: the class, then the flags.
fn written(verdict: Option<&Verdict<'_>>) -> String {
    let Some(verdict) = verdict else { return "-".to_owned() };
    let class = match verdict.subcode {
        Some(subcode) => format!("{}:{subcode}", verdict.class),
        None => verdict.class.to_string(),
    };
    let flags = verdict.flags.iter().map(ToString::to_string);
    [class].into_iter().chain(flags).collect::<Vec<_>>().join(" ")
}

/// The verdict, once it is known that no order of rows, fees or postings gives another.
fn verdict_in_any_order(table: &Table) -> String {
    let whole = |table: &Table| {
        table.judge(|verdict| {
            assert!(verdict.as_ref().is_none_or(is_well_formed), "{verdict:?}");
            (written(verdict.as_ref()), format!("{verdict:?}"))
        })
    };
    let (written, verdict) = whole(table);
    let mut shuffled = table.clone();
    let mut random = 1_u64;
    for _ in 0..6 {
        shuffle(&mut shuffled.events, &mut random);
        shuffle(&mut shuffled.transfers, &mut random);
        shuffle(&mut shuffled.entries, &mut random);
        shuffled.transfers.iter_mut().for_each(|(_, fees)| shuffle(fees, &mut random));
        shuffled.entries.iter_mut().for_each(|(_, postings)| shuffle(postings, &mut random));
        assert_eq!(whole(&shuffled).1, verdict, "another order, another verdict");
    }
    written
}

/// Fisher and Yates, with Knuth's 64-bit generator.
fn shuffle<T>(rows: &mut [T], random: &mut u64) {
    for last in (1..rows.len()).rev() {
        *random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        rows.swap(last, (*random >> 33) as usize % (last + 1));
    }
}

/// What holds in every verdict: flags in precedence, none twice, none that is an ending; gross = net + fees.
fn is_well_formed(verdict: &Verdict<'_>) -> bool {
    let classes: Vec<_> =
        [verdict.class].into_iter().chain(verdict.flags.iter().map(|flag| flag.class)).collect();
    let ordered = classes.windows(2).all(|pair| pair[0] < pair[1]);
    let no_ending = verdict.flags.iter().all(|flag| flag.class < Class::Matched);
    let fees = [verdict.platform_fee, verdict.processing_fee, verdict.other_fees];
    let sum = fees.into_iter().chain([verdict.net]).sum::<Option<i128>>();
    ordered && no_ending && sum.is_none_or(|sum| verdict.gross == Some(sum))
}

/// A verdict's columns by the names that tables use, amounts in whole units, days after day zero.
fn columns(verdict: &Verdict<'_>) -> BTreeMap<&'static str, String> {
    let text = |value: Option<&str>| value.map_or("-", |text| text.trim_start_matches("did:key:")).to_owned();
    let units = |value: Option<i128>| value.map_or("-".to_owned(), |units| money::format(units, 0));
    BTreeMap::from([
        ("tx", text(verdict.transaction_id)),
        ("le", text(verdict.entry_id)),
        ("type", text(verdict.kind.map(|kind| kind.name()))),
        ("payer", text(verdict.payer)),
        ("creator", text(verdict.creator)),
        ("currency", text(verdict.currency)),
        ("gross", units(verdict.gross)),
        ("platform", units(verdict.platform_fee)),
        ("processing", units(verdict.processing_fee)),
        ("other", units(verdict.other_fees)),
        ("net", units(verdict.net)),
        ("amount", units(verdict.amount)),
        ("expected", units(verdict.expected)),
        ("actual", units(verdict.actual)),
        ("day", format!("{:+}", days_after_zero(verdict.event_day))),
    ])
}

#[test]
fn every_fault_alone_and_every_pair_of_faults() {
    let failures = check_pairs(&mut |_| {});
    assert!(failures.is_empty(), "{} of the pairs:\n{}", failures.len(), failures.join("\n"));
}

/// Applies every mutation to its base, then every two of one base in both orders. Two read as both of their
/// findings, the first by precedence as the class, unless an exception says what they read as.
fn check_pairs(seen: &mut dyn FnMut(&str)) -> Vec<String> {
    let (bases, mutations) = read_mutations(MUTATIONS);
    let exceptions = read_exceptions(PAIRS);
    let mut failures = unknown_names(&mutations.iter().map(|one| &*one.name).collect(), &exceptions);
    for (position, left) in mutations.iter().enumerate() {
        let base = &bases.iter().find(|(name, _)| *name == left.base).expect(&left.base).1;
        let mut table = base.clone();
        left.apply(&mut table);
        let actual = verdict_in_any_order(&table);
        seen(&actual);
        if actual != left.finding {
            failures.push(format!("{}: expected {}, actual {actual}", left.name, left.finding));
        }
        for right in mutations[position + 1..].iter().filter(|right| right.base == left.base) {
            let both = union(&left.finding, &right.finding);
            let exception = exceptions.iter().find(|pair| {
                (&pair.left, &pair.right) == (&left.name, &right.name)
                    || (&pair.left, &pair.right) == (&right.name, &left.name)
            });
            let expected = match exception {
                Some(pair) if pair.verdict == "LEFT" => finding(&mutations, &pair.left),
                Some(pair) if pair.verdict == "RIGHT" => finding(&mutations, &pair.right),
                Some(pair) => &pair.verdict,
                None => &both,
            };
            if exception.is_some() && *expected == both {
                failures.push(format!("{} with {}: no exception", left.name, right.name));
            }
            for (one, other) in [(left, right), (right, left)] {
                let mut table = base.clone();
                one.apply(&mut table);
                other.apply(&mut table);
                let actual = verdict_in_any_order(&table);
                seen(&actual);
                if actual != *expected {
                    failures.push(format!(
                        "{} with {}: expected {expected}, actual {actual}",
                        one.name, other.name
                    ));
                }
            }
        }
    }
    failures
}

fn finding<'a>(mutations: &'a [Mutation], name: &str) -> &'a String {
    &mutations.iter().find(|one| one.name == name).expect(name).finding
}

fn unknown_names(known: &BTreeSet<&str>, exceptions: &[Exception]) -> Vec<String> {
    let named = exceptions.iter().flat_map(|pair| [&pair.left, &pair.right]);
    named.filter(|name| !known.contains(&***name)).map(|name| format!("{name}: no such mutation")).collect()
}

/// Both verdicts' findings by precedence, each class once. A stuck escrow is not open any more.
fn union(left: &str, right: &str) -> String {
    let mut findings = BTreeMap::new();
    for finding in left.split(' ').chain(right.split(' ')) {
        let class = Class::parse(finding.split(':').next().unwrap_or(finding)).expect(finding);
        findings.entry(class).or_insert(finding);
    }
    if findings.contains_key(&Class::StuckEscrow) {
        findings.remove(&Class::Open);
    }
    findings.into_values().collect::<Vec<_>>().join(" ")
}

/// Every two classes of finding meet somewhere in the tables, or `never.txt` says why they cannot.
#[test]
fn every_two_classes_meet_or_cannot() {
    let mut met = BTreeSet::new();
    let mut seen = |verdict: &str| {
        let named = |finding: &str| Class::parse(finding.split(':').next().unwrap_or(finding));
        let classes: Vec<_> = verdict.split(' ').filter_map(named).collect();
        for (position, class) in classes.iter().enumerate() {
            met.extend(classes[position..].iter().map(|other| (*class, *other)));
        }
    };
    for (file, text) in TABLES {
        check_tables(file, text, &mut seen);
    }
    check_pairs(&mut seen);
    let never = read_never();
    let mut failures = Vec::new();
    for (position, (class, name)) in Class::ALL.iter().enumerate() {
        assert!(met.contains(&(*class, *class)), "{name} is nowhere");
        for (other, other_name) in
            Class::ALL[position + 1..].iter().filter(|(other, _)| *other < Class::Matched)
        {
            let (meets, cannot) = (met.contains(&(*class, *other)), never.contains(&(*class, *other)));
            if meets == cannot {
                failures.push(format!(
                    "{name} and {other_name}: {}",
                    if meets { "meet after all" } else { "meet nowhere" }
                ));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// `CLASS … never CLASS … | REASON`: no class before `never` meets any after it.
fn read_never() -> BTreeSet<(Class, Class)> {
    let mut never = BTreeSet::new();
    for line in lines(NEVER) {
        let (classes, reason) = line.split_once('|').unwrap_or_else(|| panic!("{line}: no reason"));
        assert!(!reason.trim().is_empty(), "{line}");
        let (left, right) = classes.split_once("never").unwrap_or_else(|| panic!("{line}: never what?"));
        let read = |names: &str| {
            let class = |name| Class::parse(name).unwrap_or_else(|| panic!("{name}: no class"));
            names.split_whitespace().map(class).collect::<Vec<_>>()
        };
        for one in read(left) {
            never.extend(read(right).into_iter().map(|other| (one.min(other), one.max(other))));
        }
    }
    never
}
