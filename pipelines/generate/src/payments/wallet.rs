//! `payments/wallet`: one wallet transfer attempt a row.

use super::{push_end, push_escrow_id, push_money, push_part_id};
use crate::landing::LandingFile;
use crate::life::{Base, Part};
use crate::rows::Transfer;
use crate::text::push_amount;
use crate::world::World;

/// Writes every transfer that lands in a file.
pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    world.escrows(day, file, Part::Wallet, &mut |visit, life, base| {
        for transfer in life.transfers.iter().filter(|transfer| transfer.lands == visit.days_late) {
            push(out.line(), base, transfer);
            out.row(transfer.role, &[transfer.amount]);
        }
    });
}

fn push(out: &mut Vec<u8>, base: &Base, transfer: &Transfer) {
    out.extend_from_slice(b"{\"transaction_id\":\"");
    push_part_id(out, b"tx_", base.stem, transfer.mark);
    out.extend_from_slice(b"\",\"escrow_id\":\"");
    push_escrow_id(out, base.stem, transfer.names_other);
    out.extend_from_slice(b"\",\"amount\":");
    push_money(out, transfer.amount, base.style);
    if let Some(exchange) = &transfer.exchange {
        out.extend_from_slice(b",\"fx\":{\"from\":");
        push_money(out, exchange.from, base.style);
        out.extend_from_slice(b",\"rate\":\"");
        out.extend_from_slice(exchange.rate.as_bytes());
        out.extend_from_slice(b"\"}");
    }
    out.extend_from_slice(b",\"fees\":[");
    for (place, fee) in transfer.fees.iter().enumerate() {
        out.extend_from_slice(if place == 0 { b"{\"type\":\"" } else { b",{\"type\":\"" });
        out.extend_from_slice(fee.code.as_bytes());
        match fee.percentage {
            Some(percentage) => {
                out.extend_from_slice(b"\",\"percentage\":\"");
                out.extend_from_slice(percentage.as_bytes());
                out.extend_from_slice(b"\",\"amount\":\"");
            }
            None => out.extend_from_slice(b"\",\"percentage\":null,\"amount\":\""),
        }
        push_amount(out, transfer.amount.with_units(fee.units));
        out.extend_from_slice(b"\"}");
    }
    out.extend_from_slice(b"],\"net\":\"");
    push_amount(out, transfer.amount.with_units(transfer.net));
    out.extend_from_slice(b"\",\"status\":\"");
    out.extend_from_slice(transfer.status.as_bytes());
    out.push(b'"');
    push_end(out, transfer.at_ms, base.style);
}
