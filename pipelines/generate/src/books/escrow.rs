//! The breaks of one escrow: a break is a class, which holds until the escrow reads otherwise.

use super::{Books, Break, Resolution, Status};
use crate::options::per_million;
use crate::random::{Random, Stream};
use crate::verdicts::{Nights, Verdict};
use crate::world::World;

const REASONS: [&str; 4] =
    ["goodwill towards the creator", "written off", "settled outside the platform", "known to operations"];
const NAMES: [&str; 3] = ["amara", "bo", "chloé"];

/// Nights for which a break that will be resolved may wait.
const PATIENCE_NIGHTS: u64 = 4;

/// A break as far as it is folded.
struct Standing {
    verdict: Verdict,
    first_seen: u32,
    last_seen: u32,
    status: Status,
    /// From which night on somebody resolves it, once.
    due: Option<u32>,
    random: Random,
}

/// Adds what becomes of an escrow's breaks over all nights.
pub fn fold(world: &World, id: String, home: u32, nights: &Nights, books: &mut Books) {
    if nights.is_empty() {
        return;
    }
    let days = world.options.days;
    let mut breaks: Vec<Standing> = Vec::new();
    for night in home..days {
        if let Some(verdict) = nights.row(night - home) {
            close_others(&mut breaks, night, verdict, books);
            hold(world, &id, &mut breaks, night, verdict, books);
        }
        let next = if night + 1 < days { nights.row(night + 1 - home) } else { None };
        for standing in &mut breaks {
            let class = standing.verdict.class;
            match standing.status {
                Status::Open => books.moves(night, class).open += 1,
                Status::Resolved { after } if after + 1 == night => books.moves(night, class).closed += 1,
                _ => {}
            }
            if night + 1 < days && standing.is_resolved_after(night, next) {
                standing.status = Status::Resolved { after: night };
                standing.due = None;
                let reason = standing.random.pick(&REASONS);
                let by = standing.random.pick(&NAMES);
                books.resolutions.push(Resolution { after: night, class, escrow: id.clone(), reason, by });
            }
        }
    }
    for Standing { verdict, first_seen, last_seen, status, .. } in breaks {
        let last_seen = if matches!(status, Status::Closed { .. }) { last_seen } else { days - 1 };
        let (class, subcode) = (verdict.class, verdict.subcode.to_owned());
        books.breaks.push(Break { class, escrow: id.clone(), subcode, first_seen, last_seen, status });
    }
}

/// Closes what the escrow no longer reads.
fn close_others(breaks: &mut [Standing], night: u32, verdict: Verdict, books: &mut Books) {
    for standing in breaks.iter_mut().filter(|standing| standing.verdict.class != verdict.class) {
        // What was resolved after the night before is open in its totals.
        let was_open = match standing.status {
            Status::Closed { .. } => continue,
            Status::Open => true,
            Status::Resolved { after } => after + 1 == night,
        };
        books.moves(night, standing.verdict.class).closed += u64::from(was_open);
        (standing.status, standing.last_seen) = (Status::Closed { on: night }, night - 1);
    }
}

/// Opens what the escrow reads, again where it was closed, or resolved on other facts.
fn hold(
    world: &World,
    id: &str,
    breaks: &mut Vec<Standing>,
    night: u32,
    verdict: Verdict,
    books: &mut Books,
) {
    if !verdict.is_break() {
        return;
    }
    match breaks.iter_mut().find(|standing| standing.verdict.class == verdict.class) {
        None => {
            books.moves(night, verdict.class).opened += 1;
            breaks.push(Standing::new(world, id, night, verdict));
        }
        Some(standing) => {
            let opens = match standing.status {
                Status::Open => false,
                Status::Closed { .. } => true,
                Status::Resolved { .. } => standing.verdict != verdict,
            };
            if opens {
                books.moves(night, verdict.class).opened += 1;
                standing.status = Status::Open;
            }
            standing.verdict = verdict;
        }
    }
}

impl Standing {
    fn new(world: &World, id: &str, night: u32, verdict: Verdict) -> Self {
        let name = id.bytes().chain(verdict.class.bytes());
        let index = name.fold(0, |hash: u64, byte| hash.wrapping_mul(0x100_0000_01B3) ^ u64::from(byte));
        let mut random = Random::new(world.options.seed, Stream::Resolution, index);
        let chosen = random.below(1_000_000) < per_million(world.options.resolutions);
        let due = chosen.then(|| night + random.below(PATIENCE_NIGHTS) as u32);
        Self { verdict, first_seen: night, last_seen: night, status: Status::Open, due, random }
    }

    /// A break whose facts change on the very next night is left until then: nobody would have resolved what
    /// has changed before it was counted.
    fn is_resolved_after(&self, night: u32, next: Option<Verdict>) -> bool {
        let changes = next.is_some_and(|next| next.class == self.verdict.class && next != self.verdict);
        self.status == Status::Open && self.due.is_some_and(|due| due <= night) && !changes
    }
}
