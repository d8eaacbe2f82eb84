//! A cohort's plan: the row of `gold.quality_plan` that comes of its evidence.

use super::{Codec, Cohort, Rendition};

/// What is done with the candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    Adopt,
    Keep,
}

impl Decision {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Adopt => "ADOPT",
            Self::Keep => "KEEP",
        }
    }

    /// The decision of a name, if it is one.
    pub fn of(name: &str) -> Option<Self> {
        [Self::Adopt, Self::Keep].into_iter().find(|decision| decision.name() == name)
    }
}

/// Why a plan is what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Adopted: better on held-out viewers, beyond doubt, under every rule.
    Better,
    /// Adopted yesterday, and still better than what is served.
    Stands,
    /// Kept: too few held-out viewers.
    FewViewers,
    /// Kept: nothing is known of the bandwidth.
    NoBandwidth,
    /// Kept: the candidate is what is served.
    SameLadder,
    /// Kept: the difference may be nothing.
    NotProven,
    /// Kept: one of the rules does worse with it.
    RuleLoses,
    /// Kept: it stalls more.
    StallsMore,
    /// Kept: it is better by too little to move.
    SmallGain,
    /// Nothing is served yet: the ladder of the settings, or the candidate without proof.
    NoLadder,
}

impl Reason {
    pub const ALL: [Self; 10] = [
        Self::Better,
        Self::Stands,
        Self::FewViewers,
        Self::NoBandwidth,
        Self::SameLadder,
        Self::NotProven,
        Self::RuleLoses,
        Self::StallsMore,
        Self::SmallGain,
        Self::NoLadder,
    ];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Better => "BETTER",
            Self::Stands => "STANDS",
            Self::FewViewers => "FEW_VIEWERS",
            Self::NoBandwidth => "NO_BANDWIDTH",
            Self::SameLadder => "SAME_LADDER",
            Self::NotProven => "NOT_PROVEN",
            Self::RuleLoses => "RULE_LOSES",
            Self::StallsMore => "STALLS_MORE",
            Self::SmallGain => "SMALL_GAIN",
            Self::NoLadder => "NO_LADDER",
        }
    }
}

/// A cohort's row of `gold.quality_plan`. What rests on held-out viewers is none where there are none.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub cohort: Cohort,
    /// What is to be offered: renditions of the codec that most viewers play first, each codec from its lowest rung.
    pub ladder: Vec<Rendition>,
    /// The rung to begin with, counted from 0 among the ladder's first codec.
    pub start_rung: usize,
    /// Above this no rung is played.
    pub cap_kbps: u32,
    /// The codec that most viewers play.
    pub codec: Codec,
    /// The highest framerate worth its bits.
    pub framerate: u32,
    /// Viewers that were measured.
    pub viewers: u64,
    /// Of those, held out of the candidate's making and replayed.
    pub held_out_viewers: u64,
    /// Quality for each second watched, mean over viewers and rules: of what is served, of what is planned, and the most
    /// that any player could reach with any of their rungs.
    pub qoe_current: Option<f64>,
    pub qoe_planned: Option<f64>,
    pub qoe_oracle: Option<f64>,
    /// Stalled time for each second watched.
    pub rebuffer_current: Option<f64>,
    pub rebuffer_planned: Option<f64>,
    /// Interval of the candidate's difference to what is served, by viewer, whether it was adopted or not.
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    pub decision: Decision,
    pub reason: Reason,
    /// What was tried: the plan's ladder where it was adopted, and what was refused where it was not.
    pub candidate: Vec<Rendition>,
}
