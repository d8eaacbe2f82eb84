//! The privacy policy: units, prices, caps and shares as a file states them, checked before anything is counted.

use std::collections::{BTreeMap, BTreeSet};

use schemas::money;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::family::Family;

/// Parts into which a day's price is divided.
pub const PARTS: u64 = 10_000;
/// Contributions are counted in 2^-20: clipping scales them, and noise is drawn on integers.
pub const GRID: u32 = 20;
/// One whole contribution.
pub const ONE: i64 = 1 << GRID;

/// A policy that holds together.
#[derive(Debug, Clone)]
pub struct Policy {
    /// SHA-256 of the file.
    pub hash: String,
    pub version: u64,
    pub days: u64,
    /// What a month may cost, in 10^-9 of rho: a viewer with one creator, and over all creators.
    pub nano_rho_viewer_creator: u64,
    pub nano_rho_viewer: u64,
    pub caps: Caps,
    pub window_days: u64,
    pub femto_delta: u64,
    pub keys: Keys,
    shares: [u64; Family::ALL.len()],
}

/// What one viewer adds to one creator's day at most; and of how many creators.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caps {
    pub views: u64,
    pub watch_seconds: u64,
    pub videos: u64,
    pub creators: u64,
}

/// Keys that anyone may know.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    pub languages: Vec<String>,
    pub regions_max: usize,
    pub videos_max: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u64,
    days: u64,
    rho_viewer_creator_month: String,
    rho_viewer_month: String,
    caps: Caps,
    returning: Returning,
    threshold: Threshold,
    keys: Keys,
    shares: BTreeMap<Family, u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Returning {
    window_days: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Threshold {
    femto_delta: u64,
}

impl Policy {
    /// Reads a policy; what does not hold together is refused with the rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let file: File = toml::from_str(text).map_err(|error| Error::Policy(error.to_string()))?;
        let rho = |name: &str, text: &str| {
            let wrong = |why: String| Error::Policy(format!("{name} = {text:?}: {why}"));
            let nano =
                money::parse(text.as_bytes(), money::SCALE).map_err(|error| wrong(error.to_string()))?;
            u64::try_from(nano).map_err(|_| wrong("is below zero or above all bounds".to_owned()))
        };
        let mut shares = [0; Family::ALL.len()];
        for family in Family::ALL {
            let share = file.shares.get(&family);
            shares[family.index()] =
                *share.ok_or_else(|| Error::Policy(format!("[shares] has none for {family:?}")))?;
        }
        let policy = Self {
            hash: Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect(),
            version: file.version,
            days: file.days,
            nano_rho_viewer_creator: rho("rho_viewer_creator_month", &file.rho_viewer_creator_month)?,
            nano_rho_viewer: rho("rho_viewer_month", &file.rho_viewer_month)?,
            caps: file.caps,
            window_days: file.returning.window_days,
            femto_delta: file.threshold.femto_delta,
            keys: file.keys,
            shares,
        };
        policy.check()?;
        Ok(policy)
    }

    /// A family's part of a day's price, in [`PARTS`].
    pub fn share(&self, family: Family) -> u64 {
        self.shares[family.index()]
    }

    /// What one day costs a viewer with one creator, in 10^-9 of rho.
    pub fn nano_rho_day(&self) -> u64 {
        self.nano_rho_viewer_creator / self.days
    }

    /// What one day costs a viewer over all creators, in 10^-9 of rho.
    pub fn nano_rho_day_viewer(&self) -> u64 {
        self.nano_rho_viewer / self.days
    }

    /// The shares of all families but the returning viewers.
    pub fn share_of_day(&self) -> u64 {
        self.shares.iter().sum::<u64>() - self.share(Family::ReturningViewers)
    }

    /// How much a contribution to a family weighs in a viewer's squared length: a pair that reaches every cap
    /// weighs as much as all shares together, in units of [`Policy::weight_of_part`].
    pub fn weight(&self, family: Family) -> u64 {
        let length = family.length_max(&self.caps);
        self.share(family) * (self.weight_of_part() / (length * length))
    }

    /// The weight of one part of [`PARTS`]: every squared length divides it.
    pub fn weight_of_part(&self) -> u64 {
        (self.caps.views * self.caps.watch_seconds).pow(2)
    }

    /// The squared radius to which a viewer's whole day is clipped: of all families but the returning viewers,
    /// and of these, by weight.
    ///
    /// A month then costs at most what it may: its own days, and the days of the next month on which the viewer
    /// still counts as returning, twice, because two clipped vectors may lie so far apart.
    pub fn radius_squared(&self) -> (u64, u64) {
        let (other, returning) = (self.share_of_day(), self.share(Family::ReturningViewers));
        let month = self.days * (other + returning) + 2 * self.window_days * returning;
        let radius = |share: u64| {
            let numerator = u128::from(self.nano_rho_viewer)
                * u128::from(PARTS)
                * u128::from(share)
                * u128::from(self.weight_of_part());
            let radius = numerator / (u128::from(self.nano_rho_day()) * u128::from(month));
            u64::try_from(radius).unwrap_or(u64::MAX)
        };
        (radius(other), radius(returning))
    }

    /// By how much a pair's length grows at most because scales are cut to the grid: twice what a cut moves the
    /// longest day, `creators` pairs that reach every cap.
    pub fn rounding(&self) -> f64 {
        1.0 + 2.0 * (self.caps.creators as f64).sqrt() / ONE as f64
    }

    fn check(&self) -> Result<(), Error> {
        let refuse = |why: &str| Err(Error::Policy(why.to_owned()));
        if self.version != 1 {
            return refuse("version is 1");
        }
        let caps = [self.caps.views, self.caps.watch_seconds, self.caps.videos, self.caps.creators];
        // Squares of what all caps allow together are counted in 64 bits.
        let is_large =
            caps.iter().any(|cap| *cap > 86_400) || self.caps.views * self.caps.watch_seconds > 1_000_000;
        if caps.contains(&0) || is_large || self.caps.creators > 1_000 {
            return refuse(
                "[caps] are above zero and at most 86400, creators at most 1000, views times watch_seconds 10^6",
            );
        }
        if !(31..=366).contains(&self.days) || !(1..=28).contains(&self.window_days) {
            return refuse(
                "days is from 31 (all days of a month are paid) to 366, window_days from 1 to 28 (no month shows in the second after)",
            );
        }
        if self.nano_rho_day() == 0
            || self.nano_rho_day_viewer() == 0
            || self.nano_rho_viewer > 100_000_000_000
        {
            return refuse("both rho are above zero in each day's part, and at most 100");
        }
        if self.shares.contains(&0) || self.shares.iter().any(|share| *share > PARTS) {
            return refuse("[shares] are above zero and at most 10000");
        }
        let (other, returning) = (self.share_of_day(), self.share(Family::ReturningViewers));
        if self.days * (other + returning) + self.window_days * returning > self.days * PARTS {
            return refuse(
                "[shares] are together at most 10000, returning_viewers counted once more for the month after",
            );
        }
        if self.femto_delta == 0 || self.femto_delta > 1_000_000_000 {
            return refuse("femto_delta is from 1 to 10^9");
        }
        let languages: BTreeSet<&String> = self.keys.languages.iter().collect();
        if languages.len() != self.keys.languages.len() || languages.iter().any(|key| key.is_empty()) {
            return refuse("[keys] languages are each there once");
        }
        if self.keys.languages.len() > 200 || self.keys.regions_max > 200 || self.keys.videos_max > 1_000 {
            return refuse("[keys] are at most 200 languages, 200 regions and 1000 videos");
        }
        self.check_crowd()
    }

    /// Of a viewer with more creators than the cap some are left out by a hash, so that one who is removed lets
    /// another in. So long a day is clipped so far that this moves less than one pair may.
    fn check_crowd(&self) -> Result<(), Error> {
        let (radius, _) = self.radius_squared();
        let part = u128::from(self.weight_of_part());
        let weight = |families: &[Family]| {
            families.iter().map(|family| u128::from(self.weight(*family))).sum::<u128>()
        };
        use Family::*;
        let watched =
            weight(&[UniqueViewers, Region, DeviceClass, Language, Referrer, Hour, Views, ContentViews]);
        let least = watched.min(weight(&[Tippers, TippersRegion])) * u128::from(self.caps.creators);
        let (other, returning) =
            (u128::from(self.share_of_day()) * part, u128::from(self.share(ReturningViewers)) * part);
        let moved = 2 * other * u128::from(radius) / least.max(1) + 2 * returning;
        match least > u128::from(radius) && moved <= other + returning {
            true => Ok(()),
            false => Err(Error::Policy(
                "[caps] creators is too low for rho_viewer_month: who replaces a removed creator would show"
                    .to_owned(),
            )),
        }
    }
}
