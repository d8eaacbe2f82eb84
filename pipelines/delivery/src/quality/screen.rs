//! What a device plays of a ladder: one codec's rungs, up to what its display and its viewer want.

use super::audience::Audience;
use super::{Codec, Codecs, DeviceProfile, Rendition, Settings, qoe};

/// The rungs of a ladder that a device plays, the lowest first, with what a second of each is worth there.
#[derive(Debug, Clone, PartialEq)]
pub struct Screen {
    pub rungs: Vec<Rendition>,
    pub values: Vec<f64>,
}

/// The codecs of a ladder.
pub fn codecs(ladder: &[Rendition]) -> Codecs {
    Codecs(ladder.iter().fold(0, |set, rendition| set | 1 << rendition.codec as u8))
}

/// The codec that a device plays of some: the one that needs the fewest bits among those that it decodes. Every device
/// decodes AVC, and one that decodes none of them tries the one that most do.
pub fn codec_of(device: Codecs, offered: Codecs, settings: &Settings) -> Option<Codec> {
    let decoded = Codecs(device.0 | 1 << Codec::Avc as u8);
    let share = |codec: &Codec| settings.codec_shares[*codec as usize];
    let in_both = Codec::ALL.into_iter().filter(|codec| decoded.has(*codec) && offered.has(*codec));
    // Of equals the later one is the better.
    let best = in_both.rev().min_by(|one, other| share(one).total_cmp(&share(other)));
    best.or_else(|| Codec::ALL.into_iter().find(|codec| offered.has(*codec)))
}

/// The cap of a cohort's bitrates, where there is one.
pub fn saver_cap(audience: &Audience, settings: &Settings) -> u32 {
    if audience.is_saving { settings.data_saver_kbps } else { u32::MAX }
}

/// What a device plays of a ladder that has at least one rendition.
pub fn screen(
    ladder: &[Rendition],
    device: &DeviceProfile,
    audience: &Audience,
    settings: &Settings,
) -> Screen {
    let codec = codec_of(device.codecs, codecs(ladder), settings);
    let mut rungs: Vec<Rendition> =
        ladder.iter().copied().filter(|rendition| Some(rendition.codec) == codec).collect();
    rungs.sort_unstable();
    rungs.dedup_by_key(|rendition| rendition.peak_kbps);
    let cap_kbps = saver_cap(audience, settings);
    let height_max = device.height_max.unwrap_or(u32::MAX);
    let is_wanted = |rung: &Rendition| rung.peak_kbps <= cap_kbps && rung.height <= height_max;
    // More pixels than the display has are not asked for once some rung fills it.
    let fills = |rung: &&Rendition| qoe::shown(rung, device, audience.is_handheld) < 1.0;
    let pixels = |rung: &Rendition| u64::from(rung.width) * u64::from(rung.height);
    let pixels_max = rungs.iter().filter(fills).map(pixels).min().unwrap_or(u64::MAX);
    let lowest = rungs.first().copied();
    rungs.retain(|rung| is_wanted(rung) && pixels(rung) <= pixels_max);
    if rungs.is_empty() {
        // Something is always played.
        rungs.extend(lowest);
    }
    let values = rungs.iter().map(|rung| audience.value(rung, device, settings)).collect();
    Screen { rungs, values }
}
