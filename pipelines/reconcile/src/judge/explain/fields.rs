//! The three sides next to each other: one row a property, and whether the sides differ in it.

use super::super::parties::expected_type;
use super::super::sides::{CREATOR, ESCROW, PAYER, currency_of, gross_of, posted};
use super::{Context, Field, words};
use crate::case::{Entry, EscrowEvent, Visibility, day_of};

/// Every property that more than one side, or one alone, has.
pub fn of(context: &Context<'_, '_>) -> Vec<Field> {
    let mut fields = vec![
        ids(context),
        transaction(context),
        kind(context),
        party(context, "payer", ESCROW, |event| event.from),
        party(context, "creator", CREATOR, |event| event.to),
        currency(context),
        gross(context),
    ];
    fields.extend(fees(context));
    fields.extend([net(context), visibility(context), state(context), time(context)]);
    let says_something =
        |field: &Field| field.escrow.is_some() || field.wallet.is_some() || field.ledger.is_some();
    fields.retain(says_something);
    fields
}

fn field(name: &str, sides: [Option<String>; 3], differs: bool) -> Field {
    let [escrow, wallet, ledger] = sides;
    Field { field: name.to_owned(), escrow, wallet, ledger, differs }
}

fn ids(context: &Context<'_, '_>) -> Field {
    let sides = context.sides;
    let escrow = sides.first().map(|_| context.case.escrow_id.to_owned());
    let wallet = sides.transfer.map(|transfer| transfer.transaction_id.to_owned());
    field("id", [escrow, wallet, sides.entry().map(|entry| entry.entry_id.to_owned())], false)
}

fn transaction(context: &Context<'_, '_>) -> Field {
    let wallet = context.sides.transfer.map(|transfer| transfer.transaction_id);
    let ledger = context.sides.entry().and_then(|entry| entry.transaction);
    let differs = wallet.zip(ledger).is_some_and(|(wallet, ledger)| wallet != ledger);
    field("transaction", [None, wallet.map(str::to_owned), ledger.map(str::to_owned)], differs)
}

fn kind(context: &Context<'_, '_>) -> Field {
    let (first, entry) = (context.sides.first(), context.sides.entry());
    let expected = expected_type(context.sides);
    let differs = expected.zip(entry).is_some_and(|(expected, entry)| entry.kind != expected);
    let text = |name: &str| name.to_owned();
    field(
        "type",
        [first.map(|event| text(event.kind.name())), None, entry.map(|entry| text(entry.kind.name()))],
        differs,
    )
}

/// Parties as written on the account; several are told one after another.
fn party(
    context: &Context<'_, '_>,
    name: &str,
    account: &str,
    of: for<'e> fn(&EscrowEvent<'e>) -> &'e str,
) -> Field {
    let first = context.sides.first();
    let entry = context.sides.entry();
    let parties: Vec<Option<&str>> = entry.map_or_else(Vec::new, |entry| {
        entry
            .postings
            .iter()
            .filter(|posting| posting.account == account)
            .map(|posting| posting.party)
            .collect()
    });
    let differs = first.zip(entry).is_some_and(|(first, entry)| {
        let day = day_of(entry.timestamp.max(first.at));
        let same =
            |party: &Option<&str>| party.is_some_and(|party| context.rules.same_party(of(first), party, day));
        !parties.iter().all(same)
    });
    let shown: Vec<&str> = parties.iter().map(|party| party.unwrap_or("not stated")).collect();
    let ledger = (!shown.is_empty()).then(|| shown.join(" "));
    field(name, [first.map(|event| of(event).to_owned()), None, ledger], differs)
}

fn currency(context: &Context<'_, '_>) -> Field {
    let sides = context.sides;
    let escrow = sides.first().map(|event| event.currency);
    let paid = sides.transfer.map(|transfer| transfer.fx.map_or(transfer.currency, |fx| fx.currency));
    let got = sides.transfer.map(|transfer| transfer.currency);
    let ledger = sides.entry().and_then(currency_of);
    let unlike =
        |left: Option<&str>, right: Option<&str>| left.zip(right).is_some_and(|(left, right)| left != right);
    let entry_repeats =
        sides.entry().and_then(|entry| sides.transfer_of(entry)).map(|transfer| transfer.currency);
    let differs = unlike(escrow, paid) || unlike(entry_repeats.or(escrow), ledger);
    field("currency", [escrow, got, ledger].map(|text| text.map(str::to_owned)), differs)
}

fn gross(context: &Context<'_, '_>) -> Field {
    let sides = context.sides;
    let escrow = sides.first().map(|event| (event.amount, event.currency));
    let ledger = sides.entry().and_then(gross_of);
    let paid = sides.transfer.map(|transfer| {
        transfer.fx.map_or((transfer.amount, transfer.currency), |fx| (fx.amount, fx.currency))
    });
    let repeated = sides.entry().and_then(|entry| sides.transfer_of(entry));
    let asked = repeated.map(|transfer| (transfer.amount, transfer.currency)).or(escrow);
    let unlike = |left: Option<(i128, &str)>, right: Option<(i128, &str)>| {
        left.zip(right).is_some_and(|(left, right)| left.1 == right.1 && left.0 != right.0)
    };
    let text = |side: Option<(i128, &str)>| side.map(|(units, currency)| words::digits(units, currency));
    let wallet = sides.transfer.map(|transfer| {
        let amount = words::digits(transfer.amount, transfer.currency);
        match transfer.fx {
            Some(fx) => {
                format!("{amount} ({} × {})", words::amount(fx.amount, fx.currency), words::rate(fx.rate))
            }
            None => amount,
        }
    });
    field("gross", [text(escrow), wallet, text(ledger)], unlike(escrow, paid) || unlike(asked, ledger))
}

/// The transfer's fees beside the accounts that took them; the schedule stands apart.
fn fees(context: &Context<'_, '_>) -> Vec<Field> {
    let lines = super::fees::lines(context);
    let zero = |text: &Option<String>| {
        text.as_deref().is_none_or(|text| text.chars().all(|digit| "0.".contains(digit)))
    };
    let both = context.sides.transfer.is_some() && context.sides.entry().is_some();
    let unlike = |line: &super::FeeLine| {
        both && line.wallet != line.ledger && !(zero(&line.wallet) && zero(&line.ledger))
    };
    lines
        .into_iter()
        .map(|line| {
            let differs = unlike(&line);
            field(&format!("fee {}", line.kind), [None, line.wallet, line.ledger], differs)
        })
        .collect()
}

fn net(context: &Context<'_, '_>) -> Field {
    let sides = context.sides;
    let refund = |entry: &&Entry<'_>| sides.is_refund(entry);
    let entry = sides.entry();
    let ledger = entry.and_then(|entry| {
        let account = if refund(&entry) { PAYER } else { CREATOR };
        Some((posted(entry, account, currency_of(entry)?)?, currency_of(entry)?))
    });
    let stated = sides.transfer.map(|transfer| (transfer.net, transfer.currency));
    let fees = sides.transfer.map(|transfer| super::super::fees::charged(transfer, |_| true));
    let wrong = sides
        .transfer
        .zip(fees)
        .is_some_and(|(transfer, fees)| transfer.amount.saturating_sub(fees) != transfer.net);
    let repeats = entry.is_some_and(|entry| sides.transfer_of(entry).is_some());
    let unlike = repeats
        && stated.zip(ledger).is_some_and(|(stated, ledger)| stated.1 == ledger.1 && stated.0 != ledger.0);
    let text = |side: Option<(i128, &str)>| side.map(|(units, currency)| words::digits(units, currency));
    field("net", [None, text(stated), text(ledger)], wrong || unlike)
}

fn visibility(context: &Context<'_, '_>) -> Field {
    let (first, entry) = (context.sides.first(), context.sides.entry());
    let differs = first.zip(entry).is_some_and(|(first, entry)| first.visibility != entry.visibility);
    let text = |visibility: Option<Visibility>| visibility.map(|visibility| visibility.name().to_owned());
    let sides = [
        first.and_then(|event| text(event.visibility)),
        None,
        entry.and_then(|entry| text(entry.visibility)),
    ];
    field("visibility", sides, differs)
}

fn state(context: &Context<'_, '_>) -> Field {
    let sides = context.sides;
    let escrow = sides.state().map(|state| state.name().to_owned());
    field("state", [escrow, sides.transfer.map(|transfer| transfer.status.name().to_owned()), None], false)
}

fn time(context: &Context<'_, '_>) -> Field {
    let sides = context.sides;
    let (last, entry) = (sides.last(), sides.entry());
    let differs = last.zip(entry).is_some_and(|(last, entry)| day_of(last.at) != day_of(entry.timestamp));
    let times = [
        last.map(|event| event.at),
        sides.transfer.map(|transfer| transfer.at),
        entry.map(|entry| entry.timestamp),
    ];
    field("time", times.map(|time| time.map(words::time)), differs)
}
