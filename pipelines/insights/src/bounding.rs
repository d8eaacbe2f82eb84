//! What each viewer adds to a day, bounded before anything is counted: first with each creator, then over all of them.
//!
//! With a creator: presence once, one bin of each breakdown, so many contents, views, completions and seconds, one of
//! each interaction. Over all creators: the whole day as one vector, scaled into a ball. Scaling into a ball moves no
//! two days further apart, so that whoever is protected with one creator stays so. Choices are by hashes, never by
//! the order in which rows come.

use sha2::{Digest, Sha256};
use xxhash_rust::xxh3::xxh3_64;

use crate::family::Family;
use crate::layout::{Layout, is_unlisted};
use crate::policy::{GRID, ONE, Policy};
use crate::sums::Sums;

/// A text as a number that nobody can find a second text for: 128 bits of its SHA-256.
pub fn identity(text: &str) -> u128 {
    let digest = Sha256::digest(text.as_bytes());
    digest.iter().take(16).fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// A viewer with a creator as a number, by which some of too many creators are chosen. It has no key, and is stored
/// nowhere.
pub fn pair_hash(viewer: u128, creator: u128) -> u64 {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(&viewer.to_be_bytes());
    bytes[16..].copy_from_slice(&creator.to_be_bytes());
    xxh3_64(&bytes)
}

/// What a viewer did, in the order in which [`Touch::marks`] has them.
pub const MARKS: [Family; 4] = [Family::Likes, Family::Comments, Family::Shares, Family::Follows];
pub const COMPLETED: u8 = 1 << 4;
/// No playback but a tip.
pub const TIP: u8 = 1 << 5;

/// One playback or tip, as numbers. The order of fields is that of sorting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touch {
    /// Two halves of the viewer's identity: as one number it would be aligned to 16 bytes.
    pub viewer: (u64, u64),
    /// The creator's place in the layout.
    pub creator: u32,
    /// Hash of the session: which of several is chosen.
    pub order: u64,
    /// Hash of the content.
    pub content: u64,
    pub watch_ms: u32,
    pub language: u16,
    /// The content's place among the creator's videos, that of the rest included.
    pub video: u16,
    pub region: u8,
    pub device: u8,
    pub referrer: u8,
    pub hour: u8,
    /// Bits of [`MARKS`], [`COMPLETED`] and [`TIP`].
    pub marks: u8,
}

impl Touch {
    pub fn viewer_identity(&self) -> u128 {
        u128::from(self.viewer.0) << 64 | u128::from(self.viewer.1)
    }
}

/// The halves of an identity.
pub fn halves(identity: u128) -> (u64, u64) {
    ((identity >> 64) as u64, identity as u64)
}

/// A part of a viewer's day.
struct Piece {
    creator: u32,
    family: Family,
    /// Within the creator's cells; the language where it is not listed.
    cell: u32,
    amount: u32,
}

/// What is known of the days before.
pub trait Past {
    /// A viewer with a creator, as it is written down who was with whom; `None` where nothing is written down.
    fn hash(&self, viewer: u128, creator: u128) -> Option<u64>;
    /// Whether the two were together on a day before.
    fn returns(&self, pair: u64) -> bool;
}

/// Bounds viewers and adds them up.
pub struct Bounder<'a> {
    policy: &'a Policy,
    layout: &'a Layout,
    weights: [u64; Family::ALL.len()],
    pieces: Vec<Piece>,
    kept: Vec<Touch>,
}

impl<'a> Bounder<'a> {
    pub fn new(policy: &'a Policy, layout: &'a Layout) -> Self {
        let weights = Family::ALL.map(|family| policy.weight(family));
        Self { policy, layout, weights, pieces: Vec::new(), kept: Vec::new() }
    }

    /// Adds all viewers of some touches; of no viewer may there be touches elsewhere.
    ///
    /// Gives what is to be written down of all pairs with a playback, in the order of viewers.
    pub fn add(&mut self, sums: &mut Sums, touches: &mut [Touch], past: &impl Past) -> Vec<u64> {
        touches.sort_unstable();
        let mut present = Vec::new();
        for day in touches.chunk_by(|left, right| left.viewer == right.viewer) {
            // Each pair with whether the viewer returns.
            let mut pairs: Vec<(&[Touch], bool)> = Vec::new();
            for pair in day.chunk_by(|left, right| left.creator == right.creator) {
                let has_watched = pair.iter().any(|touch| touch.marks & TIP == 0);
                let (viewer, creator) = self.identities(pair);
                let hash = if has_watched { past.hash(viewer, creator) } else { None };
                present.extend(hash);
                pairs.push((pair, hash.is_some_and(|hash| past.returns(hash))));
            }
            if pairs.len() as u64 > self.policy.caps.creators {
                pairs.sort_unstable_by_key(|(pair, _)| {
                    let (viewer, creator) = self.identities(pair);
                    (pair_hash(viewer, creator), pair[0].creator)
                });
                pairs.truncate(self.policy.caps.creators as usize);
            }
            self.pieces.clear();
            for (pair, has_returned) in pairs {
                self.push_pair(pair, has_returned);
            }
            self.add_day(sums);
        }
        present
    }

    fn identities(&self, pair: &[Touch]) -> (u128, u128) {
        (pair[0].viewer_identity(), self.layout.creators[pair[0].creator as usize].identity)
    }

    fn push(&mut self, creator: u32, family: Family, place: usize, amount: u64) {
        if amount > 0 {
            let cell = self.layout.of_family(creator as usize, family).start + place;
            self.pieces.push(Piece { creator, family, cell: cell as u32, amount: amount as u32 });
        }
    }

    /// What a viewer adds with one creator.
    fn push_pair(&mut self, pair: &[Touch], has_returned: bool) {
        let creator = pair[0].creator;
        self.keep(pair);
        let kept = std::mem::take(&mut self.kept);
        if let Some(first) = kept.first() {
            self.push(creator, Family::UniqueViewers, 0, 1);
            if has_returned {
                self.push(creator, Family::ReturningViewers, 0, 1);
            }
            self.push(creator, Family::Region, first.region.into(), 1);
            self.push(creator, Family::DeviceClass, first.device.into(), 1);
            self.push(creator, Family::Referrer, first.referrer.into(), 1);
            self.push(creator, Family::Hour, first.hour.into(), 1);
            if is_unlisted(first.language) {
                self.push(creator, Family::Language, self.layout.languages.len(), 1);
                let (family, cell) = (Family::UnlistedLanguage, u32::from(first.language));
                self.pieces.push(Piece { creator, family, cell, amount: 1 });
            } else {
                self.push(creator, Family::Language, first.language.into(), 1);
            }
            self.push_engaged(creator, &kept);
        }
        if pair.iter().any(|touch| touch.marks & TIP != 0) {
            let region = kept.first().map_or(self.layout.regions.len(), |first| first.region.into());
            self.push(creator, Family::Tippers, 0, 1);
            self.push(creator, Family::TippersRegion, region, 1);
        }
        self.kept = kept;
    }

    /// The playbacks of the contents that are chosen, in the order of their hashes.
    fn keep(&mut self, pair: &[Touch]) {
        self.kept.clear();
        self.kept.extend(pair.iter().filter(|touch| touch.marks & TIP == 0));
        let choice = |touch: &Touch| (mixed(touch.content ^ touch.viewer.0), touch.content);
        let mut contents: Vec<_> = self.kept.iter().map(choice).collect();
        contents.sort_unstable();
        contents.dedup();
        if let Some(first_left_out) = contents.get(self.policy.caps.videos as usize) {
            self.kept.retain(|touch| choice(touch) < *first_left_out);
        }
    }

    /// What was watched and done, of the creator's day and of each content.
    fn push_engaged(&mut self, creator: u32, kept: &[Touch]) {
        let views = &kept[..kept.len().min(self.policy.caps.views as usize)];
        for view in views {
            self.push_both(creator, 0, view.video, 1);
            self.push_both(creator, 2, view.video, u64::from(view.marks & COMPLETED != 0));
        }
        // Seconds are rounded as they run on, so that parts and sum are rounded once.
        let seconds = |ms: u64| (ms + 500) / 1_000;
        let mut watched_ms = 0;
        for touch in kept {
            let until = (watched_ms + u64::from(touch.watch_ms)).min(self.policy.caps.watch_seconds * 1_000);
            self.push_both(creator, 1, touch.video, seconds(until) - seconds(watched_ms));
            watched_ms = until;
        }
        for mark in 0..MARKS.len() {
            if let Some(touch) = kept.iter().find(|touch| touch.marks >> mark & 1 == 1) {
                self.push_both(creator, 3 + mark, touch.video, 1);
            }
        }
    }

    /// An amount of [`Family::ENGAGED`], of the day and of the content.
    fn push_both(&mut self, creator: u32, engaged: usize, video: u16, amount: u64) {
        let (day, content) = Family::ENGAGED[engaged];
        self.push(creator, day, 0, amount);
        self.push(creator, content, video.into(), amount);
    }

    /// Scales a viewer's whole day into its ball and adds it.
    fn add_day(&mut self, sums: &mut Sums) {
        // Several pieces of one cell are one part of the vector.
        self.pieces.sort_unstable_by_key(|piece| (piece.creator, piece.family, piece.cell));
        self.pieces.dedup_by(|next, piece| {
            let is_same = (next.creator, next.family, next.cell) == (piece.creator, piece.family, piece.cell);
            piece.amount += if is_same { next.amount } else { 0 };
            is_same
        });
        let (mut other, mut returning) = (0, 0);
        for piece in &self.pieces {
            let weight = self.weights[piece.family.index()] * u64::from(piece.amount).pow(2);
            match piece.family {
                Family::ReturningViewers => returning += weight,
                _ => other += weight,
            }
        }
        let (radius, radius_returning) = self.policy.radius_squared();
        let (scale, scale_returning) = (scale(other, radius), scale(returning, radius_returning));
        for piece in &self.pieces {
            let scale = if piece.family == Family::ReturningViewers { scale_returning } else { scale };
            let added = scale * i64::from(piece.amount);
            let sum = match piece.family {
                Family::UnlistedLanguage => {
                    sums.unlisted.entry((piece.creator, piece.cell as u16)).or_default()
                }
                _ => {
                    let start = self.layout.of_creator(piece.creator as usize).start;
                    &mut sums.cells[start + piece.cell as usize]
                }
            };
            *sum = sum.saturating_add(added);
        }
    }
}

/// By what a vector of a squared length is multiplied to lie in a ball of a squared radius: in units of the grid, cut.
pub fn scale(length_squared: u64, radius_squared: u64) -> i64 {
    if length_squared <= radius_squared {
        return ONE;
    }
    let ratio = (u128::from(radius_squared) << (2 * GRID)) / u128::from(length_squared);
    ratio.isqrt() as i64
}

/// A number's bits well mixed (the finalizer of SplitMix64).
fn mixed(number: u64) -> u64 {
    let number = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ number >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ number >> 31
}
