//! The books as one page that needs nothing else: no script, no font, no network.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::fee_journal::FeeJournal;
use super::journal::Sums;
use super::open_breaks::OpenBreaks;
use super::period::Period;
use super::roll_forward::RollForward;
use super::svg::{self, escaped};
use super::trial_balance::TrialBalance;
use insights::report::table::table;

/// All that the page shows.
pub struct Books<'a> {
    pub period: &'a Period,
    pub balance: &'a TrialBalance,
    pub fees: &'a FeeJournal,
    pub open: &'a OpenBreaks,
    pub roll_forward: &'a RollForward,
    pub sums: &'a Sums,
}

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:15px/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}\
table{border-collapse:collapse;margin:1rem 0 2rem}\
caption{text-align:left;font-weight:600;padding:.3rem 0}\
th,td{padding:.2rem .7rem;border-bottom:1px solid #8886;text-align:left}\
thead th{border-bottom:2px solid #888}\
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
tr.total>*{font-weight:600;border-top:2px solid #888}\
.scroll{overflow-x:auto}\
svg{max-width:100%;height:auto}\
svg text{font:12px system-ui,sans-serif;fill:currentColor}\
.age-0{fill:#4c78a8}.age-1{fill:#59a14f}.age-2{fill:#f28e2b}.age-3{fill:#e15759}\
footer{border-top:1px solid #888;margin-top:3rem;font-size:.9rem}";

/// What the numbers are, for the page's foot.
const DEFINITIONS: [&str; 6] = [
    "A day is a UTC day; the period takes in its first and its last day. Rows belong to the day on which they landed, \
     whatever time they bear.",
    "Trial balance: the sum of the postings of the ledger's effective entries (the first payload of each entry id), by \
     account. Opening is what landed before the period, movement what landed in it. Signs are the ledger's: positive in, \
     negative out. What the entries of a currency do not sum to zero stands on suspense:unbalanced.",
    "Fee journal: for each night what the ledger posted on the fee's accounts, beside the fees of the escrows that \
     settled that night (MATCHED, DAY_BOUNDARY or METADATA_MISMATCH for the first time), less those of escrows that were \
     settled before and read otherwise. OTHER is every account but those of PLATFORM, PROCESSING and the parties. The \
     difference is what was posted and is not settled.",
    "Open breaks: those open after the period's last night, by days since they were first seen; what was said by hand \
     after that night counts from the next one on. Each class and currency \
     has as many, and as much, as the roll-forward closes with.",
    "Roll-forward: opening is that of the period's first night, closing that of its last. On every night opening + new \
     − closed = closing, and every night opens with what the one before closed with; otherwise this page would not have \
     been written.",
    "The journal, books.journal, holds the same entries one by one; its accounts are the trial balance's to the last digit.",
];

/// The whole page.
pub fn html(books: &Books<'_>) -> String {
    let (from, to) = (books.period.from, books.period.to);
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Books {from} to {to}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n\
         <h1>Books from {from} to {to}</h1>\n"
    );
    let nights = books.period.nights.len();
    let (first, last) = (books.period.first_night(), books.period.last_night());
    let _ = writeln!(
        out,
        "<p>{nights} nights were reconciled, the first of them {first} and the last {last}. {} ledger entries landed; {} of \
         them do not balance.</p>\n</header>\n<main>",
        books.sums.entries, books.sums.unbalanced_entries
    );
    let currencies = currencies(books);
    contents(&currencies, &mut out);
    if let Some(picture) = svg::open_breaks(&by_class(books.open)) {
        let _ = write!(out, "<h2 id=\"open\">Open breaks</h2>\n<div class=\"scroll\">{picture}</div>\n");
    }
    currencies.iter().for_each(|currency| of_currency(books, currency, &mut out));
    if !books.sums.unbalanced.is_empty() {
        let records: Vec<_> = books
            .sums
            .unbalanced
            .iter()
            .map(|(id, currency, units)| [id.clone(), currency.clone(), units.clone()])
            .collect();
        out.push_str("<h2>Entries that do not balance</h2>\n");
        table(
            "What is missing to zero, the first entries",
            &["entry", "currency", "missing"],
            &records,
            2,
            &mut out,
        );
    }
    out.push_str("</main>\n<footer>\n<h2>Definitions</h2>\n<ul>\n");
    for text in DEFINITIONS {
        let _ = writeln!(out, "<li>{}</li>", escaped(text));
    }
    out.push_str("</ul>\n</footer>\n</body>\n</html>\n");
    out
}

fn currencies(books: &Books<'_>) -> BTreeSet<String> {
    let lists =
        books.balance.currencies().chain(books.fees.currencies()).chain(books.roll_forward.currencies());
    lists.map(str::to_owned).collect()
}

fn name(currency: &str) -> &str {
    if currency.is_empty() { "No currency" } else { currency }
}

fn anchor(currency: &str) -> &str {
    if currency.is_empty() { "none" } else { currency }
}

fn contents(currencies: &BTreeSet<String>, out: &mut String) {
    out.push_str("<nav aria-label=\"Currencies\">\n<ul>\n");
    for currency in currencies {
        let (anchor, name) = (escaped(anchor(currency)), escaped(name(currency)));
        let _ = writeln!(out, "<li><a href=\"#{anchor}\">{name}</a></li>");
    }
    out.push_str("</ul>\n</nav>\n");
}

fn by_class(open: &OpenBreaks) -> Vec<(String, [i64; 4])> {
    let mut classes: BTreeMap<&str, [i64; 4]> = BTreeMap::new();
    for ((_, class, bucket), measure) in &open.0 {
        classes.entry(class).or_default()[*bucket] += measure.count;
    }
    classes.into_iter().map(|(class, ages)| (class.to_owned(), ages)).collect()
}

fn of_currency(books: &Books<'_>, currency: &str, out: &mut String) {
    let _ =
        writeln!(out, "<section>\n<h2 id=\"{}\">{}</h2>", escaped(anchor(currency)), escaped(name(currency)));
    let caption = |what: &str| format!("{what}, {}", name(currency));
    if books.balance.currencies().any(|known| known == currency) {
        let records = without_currency(&books.balance.records(currency));
        table(&caption("Trial balance"), &["account", "opening", "movement", "closing"], &records, 1, out);
    }
    let records = without_currency(&books.fees.records(currency));
    let header = ["night", "fee", "accounts", "posted", "sum", "settled", "sum", "difference"];
    table(&caption("Fee journal"), &header, &records, 3, out);
    let records = without_currency(&books.roll_forward.records(currency));
    let header = ["class", "opening", "sum", "new", "sum", "closed", "sum", "closing", "sum"];
    table(&caption("Roll-forward of breaks"), &header, &records, 1, out);
    let records = without_currency(&books.open.records(currency));
    table(&caption("Open breaks by age"), &["class", "days", "count", "amount"], &records, 2, out);
    out.push_str("</section>\n");
}

fn without_currency<const N: usize>(records: &[[String; N]]) -> Vec<Vec<String>> {
    records.iter().map(|record| record[1..].to_vec()).collect()
}
