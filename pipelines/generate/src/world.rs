//! The area as arithmetic: how many of what, which tips are special, who goes into which file.

use std::ops::Range;

use chrono::NaiveDate;

use crate::clean::{self, REACH_DAYS};
use crate::faults::{self, Scene};
use crate::life::{Base, Kind, Life, Part};
use crate::options::{Options, per_million};
use crate::random::{Sampler, Stream, scale};
use crate::sources::geography::Clock;
use crate::stories::{self, Story};
use crate::subscriptions::{Slot, long_place, long_rank, long_slots};
use crate::text::{DAY_MS, ascii, push_date};

/// Tips that stay open for days, of a million.
const SLOW_PER_MILLION: u64 = 20_000;

/// Everything that the files are computed from. Nothing in it changes.
#[derive(Debug)]
pub struct World {
    pub options: Options,
    /// The first landing day, in days since 1970.
    pub first_day: i64,
    /// Tips that begin on a day.
    pub tips: u64,
    /// Paid subscription periods that begin on a day.
    pub slots: u64,
    pub viewers: u64,
    pub creators: u64,
    /// When viewers watch.
    pub clock: Clock,
    fault: Sampler,
    slow: Sampler,
    late: Sampler,
    story: Sampler,
    pub late_sessions: Sampler,
    pub late_requests: Sampler,
    pub late_subscriptions: Sampler,
}

/// What kind of tip a rank is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    Ordinary,
    /// The fault's place in the table, unbounded: the table is taken in turn.
    Fault(u64),
    Slow,
    Late,
}

impl World {
    pub fn new(options: &Options) -> Self {
        let seed = options.seed;
        let late = per_million(options.late_rate);
        let stories = if options.fault_rate > 0.0 { options.subscription_faults } else { 0.0 };
        Self {
            first_day: (options.from - NaiveDate::default()).num_days(),
            tips: options.escrows_per_day - options.subscriptions_per_day,
            slots: options.subscriptions_per_day,
            viewers: (options.escrows_per_day.max(options.playbacks_per_day) / 2).max(1_000),
            creators: (options.escrows_per_day / 50).max(64),
            clock: Clock::new(),
            fault: Sampler::new(seed, Stream::Fault, per_million(options.fault_rate)),
            slow: Sampler::new(seed, Stream::Slow, SLOW_PER_MILLION),
            late: Sampler::new(seed, Stream::Late, late),
            story: Sampler::new(seed, Stream::Story, per_million(stories)),
            late_sessions: Sampler::new(seed, Stream::LateSession, late),
            late_requests: Sampler::new(seed, Stream::LateRequest, late),
            late_subscriptions: Sampler::new(seed, Stream::LateSubscription, late),
            options: options.clone(),
        }
    }

    /// The start of a day of the area in epoch milliseconds.
    pub fn day_start_ms(&self, day: u32) -> i64 {
        (self.first_day + i64::from(day)) * DAY_MS
    }

    /// A day of the area as `2026-11-20`.
    pub fn date(&self, day: u32) -> String {
        ascii(|out| push_date(out, self.first_day + i64::from(day)))
    }

    /// When the `rank`-th of a day's `count` things begins: in order, from a minute after midnight to
    /// fifteen minutes before the next, so that what follows within minutes is still of the day.
    pub fn moment_ms(&self, day: u32, rank: u64, count: u64, bits: u64) -> i64 {
        let span = DAY_MS as u64 - 900_000;
        let step = (span / count.max(1)).clamp(1, 1_000);
        let offset = (u128::from(span) * u128::from(rank) / u128::from(count.max(1))) as u64;
        self.day_start_ms(day) + 60_000 + (offset + scale(bits, step)) as i64
    }

    /// The part of a day's `count` things that a file holds.
    pub fn share(&self, count: u64, file: u32) -> Range<u64> {
        let files = u64::from(self.options.files_per_source);
        let cut = |file: u64| (u128::from(count) * u128::from(file) / u128::from(files)) as u64;
        cut(u64::from(file))..cut(u64::from(file) + 1)
    }

    /// The file whose share of an earlier day lands in this file: what lands late lands elsewhere.
    pub fn origin_file(&self, file: u32, days_late: u32) -> u32 {
        let files = self.options.files_per_source;
        (file + files - days_late % files) % files
    }

    fn number(&self, day: u32, rank: u64) -> u64 {
        u64::from(day) * self.tips + rank
    }

    /// What kind of tip this is.
    pub fn nature(&self, day: u32, rank: u64) -> Nature {
        let number = self.number(day, rank);
        if let Some(order) = self.fault.find(number) {
            Nature::Fault(order)
        } else if self.slow.find(number).is_some() {
            Nature::Slow
        } else if self.late.find(number).is_some() {
            Nature::Late
        } else {
            Nature::Ordinary
        }
    }

    /// The special tips of a day among some ranks, ascending, without a scan.
    pub fn specials(&self, day: u32, ranks: Range<u64>) -> impl Iterator<Item = (u64, Nature)> + '_ {
        let (from, to) = (self.number(day, ranks.start), self.number(day, ranks.end));
        let first = self.number(day, 0);
        let mut sources = [&self.fault, &self.slow, &self.late].map(|s| s.within(from, to).peekable());
        std::iter::from_fn(move || {
            let next = sources.iter_mut().filter_map(|source| source.peek().copied()).min()?;
            for source in &mut sources {
                source.next_if_eq(&next);
            }
            Some((next - first, self.nature(day, next - first)))
        })
    }

    /// Makes a special tip, all its parts.
    pub fn special(&self, day: u32, rank: u64, nature: Nature, life: &mut Life) -> Base {
        life.clear();
        let mut random = clean::random(self, day, rank);
        clean::ending(&mut random);
        let base = clean::base(self, day, rank, &mut random);
        match nature {
            Nature::Slow => clean::slow(base, random, life),
            Nature::Late | Nature::Ordinary => clean::late(base, random, life),
            Nature::Fault(order) => {
                let fault = faults::nth(order);
                let mut scene = Scene { base, life, random, day_start_ms: self.day_start_ms(day) };
                (fault.plant)(&mut scene);
                scene.base
            }
        }
    }

    /// Whether subscriptions are planted at all.
    pub fn has_stories(&self) -> bool {
        self.slots > 0 && !self.story.is_empty()
    }

    /// Which fault a slot's subscription has, if it is planted: its place in the table, unbounded.
    pub fn story_order(&self, day: u32, rank: u64) -> Option<u64> {
        self.story.find(u64::from(day) * long_slots(self.slots) + long_place(rank)?)
    }

    /// Whether a slot's subscription is planted.
    pub fn has_story(&self, day: u32, rank: u64) -> bool {
        self.story_order(day, rank).is_some()
    }

    /// The planted slots of a day among some ranks, ascending, without a scan.
    pub fn stories(&self, day: u32, ranks: Range<u64>) -> impl Iterator<Item = u64> + '_ {
        let first = u64::from(day) * long_slots(self.slots);
        let (from, to) = (first + long_slots(ranks.start), first + long_slots(ranks.end));
        self.story.within(from, to).map(move |number| long_rank(number - first))
    }

    /// Makes a planted subscription with its escrows, if the slot has one.
    pub fn story(&self, day: u32, rank: u64, life: &mut Life) -> Option<Story> {
        let order = self.story_order(day, rank)?;
        Some(stories::plant(self, Slot::new(self, day, rank), order, life))
    }

    /// Hands every escrow of which a row of `part` can land in a file to `visit`: what earlier days left to
    /// land, then the day's own tips and subscriptions by their times.
    pub fn escrows(&self, day: u32, file: u32, part: Part, visit: &mut dyn FnMut(&Visit, &Life, &Base)) {
        let mut life = Life::default();
        for days_late in (1..=REACH_DAYS.min(day)).rev() {
            let home = day - days_late;
            let ranks = self.share(self.tips, self.origin_file(file, days_late));
            for (rank, nature) in self.specials(home, ranks) {
                let base = self.special(home, rank, nature, &mut life);
                let visit_of = Visit { home, rank, days_late: days_late as u8, nature };
                visit(&visit_of, &life, &base);
            }
        }
        let (tips, slots) = (self.share(self.tips, file), self.share(self.slots, file));
        let (mut tip, mut slot) = (tips.start, slots.start);
        while tip < tips.end || slot < slots.end {
            let tip_first = slot >= slots.end
                || (tip < tips.end
                    && u128::from(tip) * u128::from(self.slots) <= u128::from(slot) * u128::from(self.tips));
            life.clear();
            if tip_first {
                let nature = self.nature(day, tip);
                let base = match nature {
                    Nature::Ordinary => clean::ordinary(self, day, tip, part, &mut life),
                    _ => self.special(day, tip, nature, &mut life),
                };
                visit(&Visit { home: day, rank: tip, days_late: 0, nature }, &life, &base);
                tip += 1;
            } else {
                let base = match self.story(day, slot, &mut life) {
                    Some(story) => story.base,
                    None => Slot::new(self, day, slot).escrow(self, part, &mut life),
                };
                let nature = Nature::Ordinary;
                visit(&Visit { home: day, rank: slot, days_late: 0, nature }, &life, &base);
                slot += 1;
            }
        }
    }

    /// The escrow's kind and place as the key needs it.
    pub fn stem(&self, kind: Kind, day: u32, rank: u64) -> u64 {
        clean::stem(self, kind, day, rank)
    }
}

/// Which escrow is visited, and how many days after its own.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    pub home: u32,
    pub rank: u64,
    pub days_late: u8,
    pub nature: Nature,
}
