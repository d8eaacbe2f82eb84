//! Renditions that could be made: each candidate bitrate with the size and framerate that suit it, codec by codec.

use super::audience::Audience;
use super::qoe::{avc_kbps, saturation_kbps};
use super::screen::saver_cap;
use super::{Codec, Codecs, Evidence, Rendition, Settings};

/// Shorter sides that packagers make, beside those that exist.
const SHORT_SIDES: [u32; 9] = [144, 234, 360, 432, 540, 720, 1_080, 1_440, 2_160];
/// A codec or framerate exists if contents with such a share of the watching have it.
const OFFERED_SHARE_MIN: f64 = 0.1;
/// A framerate suits a cohort if the devices of such a share of its viewers show it.
const FRAMERATE_VIEWERS_MIN: f64 = 0.5;

/// A candidate that is worth less more than the one before is nearly all bits that nobody sees.
const GAIN_MIN: f64 = 0.05;

/// What contents exist in.
#[derive(Debug, Clone, PartialEq)]
pub struct Offered {
    pub codecs: Codecs,
    /// Ascending.
    pub framerates: Vec<u32>,
    /// Sizes to choose from, the smallest first: width and height.
    pub sizes: Vec<(u32, u32)>,
}

impl Offered {
    /// What the contents that a cohort watches exist in: nothing is planned that none of them could be made into.
    pub fn of(evidence: &Evidence, current: &[Rendition]) -> Self {
        let mut ladders: Vec<(&[Rendition], f64)> = vec![(current, 1.0)];
        ladders.extend(evidence.offered.iter().map(|ladder| (&ladder.renditions[..], ladder.share)));
        let has = |test: &dyn Fn(&Rendition) -> bool| {
            let shares = ladders.iter().filter(|(ladder, _)| ladder.iter().any(test));
            let mut shares: Vec<f64> =
                shares.map(|(_, share)| *share).filter(|share| share.is_finite()).collect();
            shares.sort_by(f64::total_cmp);
            shares.iter().sum::<f64>() >= OFFERED_SHARE_MIN
        };
        let codecs = Codec::ALL.into_iter().filter(|codec| has(&|rung| rung.codec == *codec));
        let all = || ladders.iter().flat_map(|(ladder, _)| ladder.iter());
        let mut framerates: Vec<u32> =
            all().map(|rung| rung.framerate).filter(|framerate| *framerate > 0).collect();
        framerates.sort_unstable();
        framerates.dedup();
        framerates.retain(|framerate| has(&|rung| rung.framerate == *framerate));
        if framerates.is_empty() {
            framerates.push(30);
        }
        let most =
            all().map(|rung| (u64::from(rung.width) * u64::from(rung.height), rung.width, rung.height)).max();
        let (width, height) =
            most.filter(|most| most.0 > 0).map_or((1_080, 1_920), |(_, width, height)| (width, height));
        let mut sides: Vec<u32> =
            SHORT_SIDES.into_iter().chain(current.iter().map(|rung| rung.width.min(rung.height))).collect();
        sides.retain(|side| *side > 0 && *side <= width.min(height));
        sides.push(width.min(height));
        sides.sort_unstable();
        sides.dedup();
        let codecs = codecs.fold(1 << Codec::Avc as u8, |set, codec| set | 1 << codec as u8);
        let sizes = sides.iter().map(|side| scaled(*side, width, height)).collect();
        Self { codecs: Codecs(codecs), framerates, sizes }
    }
}

/// A size of the same shape by its shorter side; video has even sides.
fn scaled(side: u32, width: u32, height: u32) -> (u32, u32) {
    let (short, long) = (u64::from(width.min(height)), u64::from(width.max(height)));
    let longer = ((u64::from(side) * long + short) / (2 * short) * 2) as u32;
    if width <= height { (side, longer) } else { (longer, side) }
}

/// The candidates of a codec, with what each is worth to each kind of device.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidates {
    pub codec: Codec,
    pub renditions: Vec<Rendition>,
    /// By device, then by candidate; does not fall.
    pub worths: Vec<Vec<f64>>,
    /// The last candidate that is worth more to any device than the one before: those above are bits for nothing.
    pub highest: usize,
}

/// The candidates of a codec at some peak bitrates.
pub fn candidates(
    codec: Codec,
    grid: &[u32],
    offered: &Offered,
    audience: &Audience,
    settings: &Settings,
) -> Candidates {
    let cap_kbps = saver_cap(audience, settings);
    let within = grid.iter().enumerate().filter(|(at, kbps)| *at == 0 || **kbps <= cap_kbps);
    let renditions: Vec<Rendition> =
        within.map(|(_, kbps)| rendition(codec, *kbps, offered, audience, settings)).collect();
    let worths = audience.devices.iter().map(|device| {
        let height_max = device.height_max.unwrap_or(u32::MAX);
        let mut most = f64::NEG_INFINITY;
        let worth = |rung: &Rendition| {
            // Who does not want it plays the best of those below.
            if rung.height <= height_max || most.is_infinite() {
                most = audience.value(rung, device, settings).max(most);
            }
            most
        };
        renditions.iter().map(worth).collect()
    });
    let worths: Vec<Vec<f64>> = worths.collect();
    let gains = |at: &usize| worths.iter().any(|worths| worths[*at] - worths[at - 1] > GAIN_MIN);
    let highest = (1..renditions.len()).rev().find(gains).unwrap_or(0);
    Candidates { codec, highest, worths, renditions }
}

/// The largest size whose pixels a bitrate fills well enough, at the highest framerate that it carries.
fn rendition(
    codec: Codec,
    peak_kbps: u32,
    offered: &Offered,
    audience: &Audience,
    settings: &Settings,
) -> Rendition {
    let mut rung = Rendition { codec, peak_kbps, width: 0, height: 0, framerate: 0 };
    let kbps = avc_kbps(f64::from(peak_kbps) * audience.mean_to_peak, &rung, settings);
    let slowest =
        offered.framerates.iter().rev().find(|framerate| **framerate <= 30).unwrap_or(&offered.framerates[0]);
    let most = |size: &(u32, u32), framerate: u32| {
        saturation_kbps(f64::from(size.0) * f64::from(size.1), f64::from(framerate), settings)
    };
    let fills = |size: &&(u32, u32)| kbps >= settings.size_share_min * most(size, *slowest);
    let size = offered.sizes.iter().rfind(fills).unwrap_or(&offered.sizes[0]);
    // More frames come after the picture is as good as it gets.
    let carries = |framerate: &&u32| {
        **framerate == *slowest
            || (kbps >= most(size, *slowest) && **framerate > *slowest && is_shown(**framerate, audience))
    };
    rung.framerate = offered.framerates.iter().rfind(carries).copied().unwrap_or(*slowest);
    (rung.width, rung.height) = *size;
    rung
}

fn is_shown(framerate: u32, audience: &Audience) -> bool {
    let viewers = |is_counted: &dyn Fn(u32) -> bool| -> u64 {
        let counted = audience.devices.iter().filter(|device| is_counted(device.framerate));
        counted.map(|device| device.viewers).sum()
    };
    let (all, able) = (viewers(&|_| true), viewers(&|shown| shown >= framerate));
    all > 0 && able as f64 >= FRAMERATE_VIEWERS_MIN * all as f64
}
