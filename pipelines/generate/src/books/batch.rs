//! The breaks that no escrow has: what the ledger's chain and the manifests' totals say of a whole batch.

use std::collections::BTreeMap;

use super::{Books, Break, Status};
use crate::key::{self, SourceDay};
use crate::payments::chain::Chain;
use crate::world::World;

/// Adds the breaks of the ledger, which are told anew each night, and of the control totals, which stay.
pub fn fold(world: &World, chain: &Chain, days: &[SourceDay], books: &mut Books) {
    let mut ledger: BTreeMap<(&'static str, u64), Break> = BTreeMap::new();
    for night in 0..world.options.days {
        for (class, sequence) in key::ledger_findings(chain, night) {
            let standing = ledger.entry((class, sequence)).or_insert_with(|| Break {
                class,
                escrow: String::new(),
                subcode: sequence.to_string(),
                first_seen: night,
                last_seen: night,
                status: Status::Closed { on: night },
            });
            if standing.status != Status::Open {
                books.moves(night, class).opened += 1;
            }
            (standing.status, standing.last_seen) = (Status::Open, night);
            books.moves(night, class).open += 1;
        }
        let open = |standing: &&mut Break| standing.status == Status::Open;
        for standing in ledger.values_mut().filter(open).filter(|standing| standing.last_seen < night) {
            standing.status = Status::Closed { on: night };
            books.moves(night, standing.class).closed += 1;
        }
    }
    books.breaks.extend(ledger.into_values());
    control_totals(world, days, books);
}

/// One for each source's day whose manifest is wrong in whatever currency.
fn control_totals(world: &World, days: &[SourceDay], books: &mut Books) {
    let class = "CONTROL_TOTAL";
    let last = world.options.days - 1;
    for wrong in days.iter().filter(|day| day.is_wrong()) {
        books.breaks.push(Break {
            class,
            escrow: String::new(),
            subcode: wrong.source.folder().to_owned(),
            first_seen: wrong.day,
            last_seen: last,
            status: Status::Open,
        });
        books.moves(wrong.day, class).opened += 1;
        (wrong.day..=last).for_each(|night| books.moves(night, class).open += 1);
    }
}
