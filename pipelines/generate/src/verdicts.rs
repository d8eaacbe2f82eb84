//! What a correct warehouse says of an escrow, night by night: stated by whoever made the escrow, never judged.

/// A class of `silver.reconciliation` with its subcode and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub class: &'static str,
    pub subcode: &'static str,
    /// Each `CLASS` or `CLASS:SUBCODE`.
    pub flags: &'static [&'static str],
}

impl Verdict {
    pub const MATCHED: Self = Self::plain("MATCHED");
    pub const REFUNDED: Self = Self::plain("REFUNDED");
    pub const CANCELLED: Self = Self::plain("CANCELLED");
    pub const OPEN: Self = Self::plain("OPEN");
    pub const PENDING: Self = Self::plain("TIMING_PENDING");

    /// A class without a subcode.
    pub const fn plain(class: &'static str) -> Self {
        Self { class, subcode: "", flags: &[] }
    }

    pub const fn coded(class: &'static str, subcode: &'static str) -> Self {
        Self { class, subcode, flags: &[] }
    }

    pub const fn illegal(subcode: &'static str) -> Self {
        Self::coded("ILLEGAL_STATE", subcode)
    }

    pub const fn with(self, flags: &'static [&'static str]) -> Self {
        Self { flags, ..self }
    }

    /// Whether the class is a break: something that is not as it should be.
    pub fn is_break(&self) -> bool {
        let well = ["OPEN", "TIMING_PENDING", "DAY_BOUNDARY", "MATCHED", "REFUNDED", "CANCELLED"];
        !well.contains(&self.class)
    }

    /// Whether the class is one of those that the next night does not look at again.
    pub fn is_final(&self) -> bool {
        matches!(self.class, "MATCHED" | "REFUNDED" | "CANCELLED" | "DAY_BOUNDARY" | "METADATA_MISMATCH")
    }
}

/// The verdicts of one escrow id, each from a night on, counted from the day on which its first row landed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nights(Vec<(u8, Verdict)>);

impl Nights {
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Says what holds from a night on. A row of the id lands on that night, or an age is reached.
    pub fn from(&mut self, night: u8, verdict: Verdict) {
        debug_assert!(self.0.last().is_none_or(|last| last.0 < night));
        self.0.push((night, verdict));
    }

    /// Whether nothing was stated: an id that has no row on any night.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the id stands as after a night: as it was read last.
    pub fn standing(&self, night: u32) -> Option<Verdict> {
        self.0.iter().rev().find(|(from, _)| u32::from(*from) <= night).map(|(_, verdict)| *verdict)
    }

    /// The row of a night, if there is one: something landed, or the night before was not the end of it.
    pub fn row(&self, night: u32) -> Option<Verdict> {
        let (from, verdict) = self.0.iter().rev().find(|(from, _)| u32::from(*from) <= night)?;
        (u32::from(*from) == night || !verdict.is_final()).then_some(*verdict)
    }
}
