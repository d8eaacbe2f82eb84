//! A cohort's ladder as packagers and players read it: an HLS multivariant playlist, DASH adaptation sets.
//!
//! Renditions above the cap are left out, and `BANDWIDTH` is the peak. Names follow the paths of the access log:
//! `<codec>/<height>`, then the bitrate, since two rungs may have one height.

pub mod dash;
pub mod hls;
mod level;

#[cfg(test)]
mod tests;

pub use level::codec_string;

use super::{Plan, Rendition};

/// What a cohort is to be offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The codec that most viewers play first, each codec from its lowest rung.
    pub ladder: Vec<Rendition>,
    /// The place in the ladder of the rung to begin with.
    pub start: usize,
}

impl Offer {
    /// What a ladder offers up to a cap: its lowest rung always, so that something is.
    pub fn of(ladder: &[Rendition], start_rung: usize, cap_kbps: u32) -> Self {
        let lowest = ladder.iter().map(|rung| rung.peak_kbps).min();
        let is_offered = |rung: &&Rendition| rung.peak_kbps <= cap_kbps || Some(rung.peak_kbps) == lowest;
        let offered: Vec<Rendition> = ladder.iter().filter(is_offered).copied().collect();
        let first = offered.first().map(|rung| rung.codec);
        let rungs = offered.iter().take_while(|rung| Some(rung.codec) == first).count();
        Self { start: start_rung.min(rungs.saturating_sub(1)), ladder: offered }
    }

    /// What a plan offers.
    pub fn of_plan(plan: &Plan) -> Self {
        Self::of(&plan.ladder, plan.start_rung, plan.cap_kbps)
    }
}

/// A rendition's name, which is its folder too.
pub fn name(rung: &Rendition) -> String {
    format!("{}/{}/{}", rung.codec.name(), rung.height, rung.peak_kbps)
}
