//! `payments/escrow`: one escrow state event a row.

use super::{push_end, push_escrow_id, push_money, push_part_id};
use crate::landing::LandingFile;
use crate::life::{Base, Part};
use crate::parties::Names;
use crate::rows::Event;
use crate::text::push_number;
use crate::world::World;

/// Writes every event that lands in a file.
pub fn write(world: &World, day: u32, file: u32, out: &mut LandingFile) {
    let mut names = Names::default();
    world.escrows(day, file, Part::Escrow, &mut |visit, life, base| {
        for event in life.events.iter().filter(|event| event.lands == visit.days_late) {
            push(out.line(), base, event, &mut names);
            out.row(event.role, &[event.amount]);
        }
    });
}

fn push(out: &mut Vec<u8>, base: &Base, event: &Event, names: &mut Names) {
    out.extend_from_slice(b"{\"event_id\":\"");
    push_part_id(out, b"ee_", base.stem, event.mark);
    out.extend_from_slice(b"\",\"escrow_id\":\"");
    push_escrow_id(out, base.stem, event.names_other);
    out.extend_from_slice(b"\",\"sequence\":");
    push_number(out, u64::from(event.sequence));
    out.extend_from_slice(b",\"event\":\"");
    out.extend_from_slice(event.event.as_bytes());
    out.extend_from_slice(b"\",\"type\":\"");
    out.extend_from_slice(base.kind.code().as_bytes());
    out.extend_from_slice(b"\",\"from\":\"");
    names.push(out, 0, event.from);
    out.extend_from_slice(b"\",\"to\":\"");
    names.push(out, 1, event.to);
    out.extend_from_slice(b"\",\"amount\":");
    push_money(out, event.amount, base.style);
    out.extend_from_slice(b",\"metadata\":{\"message\":");
    out.extend_from_slice(event.message.as_bytes());
    out.extend_from_slice(b",\"visibility\":\"");
    out.extend_from_slice(event.visibility.as_bytes());
    out.extend_from_slice(b"\"}");
    push_end(out, event.at_ms, base.style);
}
