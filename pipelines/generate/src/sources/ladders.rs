//! The ladders that an area's contents can have: the usual one, one that fits its networks, and a mis-sized one.

use crate::options::Ladder;

/// A rung: width, height, peak kilobits a second in AVC.
pub type Rung = (u64, u64, u64);

/// Too low for fast networks, as ladders of before are.
const USUAL: [Rung; 5] =
    [(234, 416, 420), (360, 640, 900), (540, 960, 1_720), (720, 1_280, 2_800), (1_080, 1_920, 4_800)];
/// From what the slowest carry to what no eye asks more of, in steps of about 1.6.
const FITTED: [Rung; 9] = [
    (144, 256, 210),
    (234, 416, 340),
    (288, 512, 540),
    (360, 640, 870),
    (432, 768, 1_400),
    (540, 960, 2_200),
    (720, 1_280, 3_600),
    (900, 1_600, 5_600),
    (1_080, 1_920, 9_000),
];
/// Begins where a slow network ends.
const OVERSIZED: [Rung; 5] =
    [(360, 640, 2_400), (540, 960, 3_800), (720, 1_280, 6_000), (900, 1_600, 9_000), (1_080, 1_920, 14_000)];
/// The AVC peak bitrates up to which sessions begin on each network.
const STARTS_KBPS: [u64; 5] = [900, 1_720, 1_720, 1_720, 2_800];

/// The rungs of a ladder, the lowest first.
pub fn rungs(ladder: Ladder) -> &'static [Rung] {
    match ladder {
        Ladder::Usual => &USUAL,
        Ladder::Fitted => &FITTED,
        Ladder::Oversized => &OVERSIZED,
    }
}

/// The rung with which sessions begin on a network.
pub fn start(ladder: Ladder, network: usize) -> usize {
    rungs(ladder).iter().rposition(|rung| rung.2 <= STARTS_KBPS[network]).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rungs_ascend_and_no_two_share_a_path() {
        for ladder in [Ladder::Usual, Ladder::Fitted, Ladder::Oversized] {
            let rungs = rungs(ladder);
            assert!(rungs.windows(2).all(|pair| pair[0].1 < pair[1].1 && pair[0].2 < pair[1].2));
        }
        assert_eq!([0, 1, 2, 3, 4].map(|network| start(Ladder::Usual, network)), [1, 2, 2, 2, 3]);
        assert_eq!([0, 4].map(|network| start(Ladder::Oversized, network)), [0, 0]);
    }
}
