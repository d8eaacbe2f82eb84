//! Each class's rule as a sentence with the case's own numbers.

use super::super::amounts::imbalance;
use super::super::parties::expected_type;
use super::super::presence::{Absent, absent, earliest_unreleased};
use super::super::sides::gross_of;
use super::fee_rule::{disagreement, fee, net};
use super::{Context, words};
use crate::class::Class;
use crate::life::{self, Offence};
use crate::verdict::Finding;

/// The rule behind a finding.
pub fn sentence(finding: &Finding<'_>, context: &Context<'_, '_>) -> String {
    match finding.class {
        Class::DuplicateConflict => conflict(context),
        Class::IllegalState => illegal_state(finding, context),
        Class::Open | Class::StuckEscrow => age(context),
        Class::TimingPending
        | Class::MissingTransfer
        | Class::MissingLedger
        | Class::MissingEscrow
        | Class::OrphanTransfer
        | Class::OrphanLedger => timing(context),
        Class::DuplicateTransfer => {
            let ids = context.sides.transfers.iter().map(|transfer| transfer.transaction_id);
            format!("an escrow is paid out by one settled transfer; here by {}", words::list(ids))
        }
        Class::DuplicateLedger => {
            let ids = context.sides.entries.iter().map(|entry| entry.entry_id);
            format!("an escrow is entered once; here by {}", words::list(ids))
        }
        Class::UnbalancedPostings => unbalanced(context),
        Class::TypeMismatch => {
            let expected = expected_type(context.sides).map_or("the escrow's", |kind| kind.name());
            let found = context.sides.entries.iter().map(|entry| format!("{} is {}", entry.entry_id, entry.kind.name()));
            format!("the entry's type is {expected} as the escrow asks; {}", words::list(found))
        }
        Class::CurrencyMismatch => currencies(finding, context),
        Class::PartyMismatch => {
            "payer and creator are those of the escrow's first event, aliases applied, in every event and on the \
             escrow and creator postings of every entry"
                .to_owned()
        }
        Class::AmountMismatch => amounts(context),
        Class::FeeDisagrees => disagreement(finding, context),
        Class::FeeRounding | Class::FeeRate | Class::FeeAmount => fee(finding, context),
        Class::NetMismatch => net(context),
        Class::DayBoundary => days(context),
        Class::MetadataMismatch => {
            let sides = context.sides;
            let name = |visibility: Option<crate::case::Visibility>| visibility.map_or("none", |known| known.name());
            let escrow = sides.first().and_then(|event| event.visibility);
            let ledger = sides.entry().and_then(|entry| entry.visibility);
            format!("one visibility on both sides; the escrow says {}, the ledger {}", name(escrow), name(ledger))
        }
        Class::Matched => "released, transferred and entered, and all sides agree".to_owned(),
        Class::Refunded => "refunded and entered, and both agree".to_owned(),
        Class::Cancelled => "cancelled before any money came, and none moved".to_owned(),
    }
}

fn conflict(context: &Context<'_, '_>) -> String {
    let case = context.case;
    let events = case.events.iter().filter(|row| row.standing.conflict).map(|row| row.event_id);
    let transfers = case.transfers.iter().filter(|row| row.standing.conflict).map(|row| row.transaction_id);
    let entries = case.entries.iter().filter(|row| row.standing.conflict).map(|row| row.entry_id);
    let mut keys: Vec<_> = events.chain(transfers).chain(entries).collect();
    keys.sort_unstable();
    keys.dedup();
    format!(
        "a source's key arrives with one payload; two came for {}; the first is effective",
        words::list(keys)
    )
}

fn illegal_state(finding: &Finding<'_>, context: &Context<'_, '_>) -> String {
    let sides = context.sides;
    if finding.subcode == Some(Offence::SettledWithoutRelease.name()) {
        let state = sides.state().map_or("unknown", |state| state.name());
        let at = earliest_unreleased(sides).unwrap_or_default();
        return format!(
            "money moves once the escrow is released; it is {state}, and money moved at {}; with the lag of {} \
             that is at or before the escrow watermark {}",
            words::time(at),
            words::span(context.rules.lag),
            words::time(context.night.watermarks.escrow),
        );
    }
    let life: Vec<_> = sides.events.iter().map(|event| event.event.name()).collect();
    let legal = "a life is CREATED→FUNDED→RELEASED, CREATED→FUNDED→REFUNDED or CREATED→CANCELLED, or begins so, \
                 and its times do not run back";
    let offender = life::first_offence_at(&sides.events).map(|(place, _)| {
        let event = sides.events[place];
        let before =
            place.checked_sub(1).map(|before| format!(" after {}", words::time(sides.events[before].at)));
        let (id, at) = (event.event_id, words::time(event.at));
        format!("; {id}, sequence {}, at {at}{} offends first", event.sequence, before.unwrap_or_default())
    });
    format!("{legal}; this one is {}{}", life.join("→"), offender.unwrap_or_default())
}

fn age(context: &Context<'_, '_>) -> String {
    let Some(last) = context.sides.last() else { return "nothing is known of the escrow".to_owned() };
    let age = context.night.end_of_day.saturating_sub(last.at);
    let limit = context.rules.age_limit;
    let standing = if age > limit { "past" } else { "within" };
    format!(
        "{} since {}, which is {} at the night's end: {standing} the age limit of {}",
        last.event.name(),
        words::time(last.at),
        words::span(age),
        words::span(limit),
    )
}

/// The absence of a side, due or not.
fn timing(context: &Context<'_, '_>) -> String {
    let (sides, lag) = (context.sides, context.rules.lag);
    let Some((class, sources)) = absent(sides) else {
        let at = earliest_unreleased(sides).unwrap_or_default();
        return format!(
            "money moved at {} and the escrow is not released; with the lag of {} that is {}, after the escrow \
             watermark {}: the release may still come",
            words::time(at),
            words::span(lag),
            words::time(at.saturating_add(lag)),
            words::time(context.night.watermarks.escrow),
        );
    };
    let latest = sides.latest().unwrap_or_default();
    let due = latest.saturating_add(lag);
    let against = sources.iter().map(|source| {
        let watermark = source.watermark(&context.night.watermarks);
        let relation = if due > watermark { "after" } else { "at or before" };
        format!("{relation} the {} watermark {}", source_name(*source), words::time(watermark))
    });
    let pending = sources.iter().any(|source| due > source.watermark(&context.night.watermarks));
    let meaning =
        if pending { format!("it may still come; else {class}") } else { "it is missing".to_owned() };
    format!(
        "{}; the latest side is of {}, with the lag of {} it is due by {}, {}: {meaning}",
        asked_for(context, sources),
        words::time(latest),
        words::span(lag),
        words::time(due),
        words::list(against),
    )
}

pub fn source_name(source: Absent) -> &'static str {
    match source {
        Absent::Escrow => "escrow",
        Absent::Wallet => "wallet",
        Absent::Ledger => "ledger",
    }
}

fn asked_for(context: &Context<'_, '_>, sources: &[Absent]) -> String {
    let sides = context.sides;
    let who = match sides.state() {
        Some(state) => format!("an escrow that is {}", state.name()),
        None if !sides.transfers.is_empty() && !sides.entries.is_empty() => {
            "a transfer with its entry".to_owned()
        }
        None if !sides.transfers.is_empty() => "a settled transfer".to_owned(),
        None => "a ledger entry".to_owned(),
    };
    let asked = sources.iter().map(|source| match source {
        Absent::Escrow => "the escrow's events",
        Absent::Wallet => "a settled transfer",
        Absent::Ledger => "a ledger entry",
    });
    format!("{who} asks for {}", words::list(asked))
}

fn unbalanced(context: &Context<'_, '_>) -> String {
    let entry = context.sides.entries.iter().find_map(|entry| Some((entry, imbalance(entry)?)));
    let found = entry.map(|(entry, (excess, currency))| {
        format!("; those of {} sum to {}", entry.entry_id, words::amount(excess, currency))
    });
    format!("the postings of an entry sum to zero in each currency{}", found.unwrap_or_default())
}

fn currencies(finding: &Finding<'_>, context: &Context<'_, '_>) -> String {
    let fx = context.sides.transfers.iter().find_map(|transfer| Some((transfer.fx?, transfer)));
    if let (Some((fx, transfer)), Some(_)) = (fx, finding.actual) {
        let asked = finding
            .expected
            .map_or_else(|| "too large".to_owned(), |units| words::amount(units, transfer.currency));
        return format!(
            "a converted transfer is round(from × rate): {} × {} is {asked}, not {}",
            words::amount(fx.amount, fx.currency),
            words::rate(fx.rate),
            words::amount(transfer.amount, transfer.currency),
        );
    }
    "escrow, transfer (before its conversion, where it has one) and the ledger's known accounts are in one currency"
        .to_owned()
}

fn amounts(context: &Context<'_, '_>) -> String {
    let sides = context.sides;
    let escrow = sides
        .events
        .iter()
        .map(|event| format!("{} {}", event.event_id, words::amount(event.amount, event.currency)));
    let transfers = sides.transfers.iter().map(|transfer| {
        let (units, currency) =
            transfer.fx.map_or((transfer.amount, transfer.currency), |fx| (fx.amount, fx.currency));
        format!("{} {}", transfer.transaction_id, words::amount(units, currency))
    });
    let entries = sides.entries.iter().filter_map(|entry| {
        let (units, currency) = gross_of(entry)?;
        Some(format!("{} {}", entry.entry_id, words::amount(units, currency)))
    });
    format!(
        "the escrow's amount, the transfer's gross and what the entry takes out of escrow are one; here {}",
        words::list(escrow.chain(transfers).chain(entries))
    )
}

fn days(context: &Context<'_, '_>) -> String {
    let (Some(last), Some(entry)) = (context.sides.last(), context.sides.entry()) else {
        return "release and entry fall on one UTC day".to_owned();
    };
    format!(
        "{} at {} and the entry at {} fall on different UTC days; the money agrees",
        last.event.name(),
        words::time(last.at),
        words::time(entry.timestamp),
    )
}
