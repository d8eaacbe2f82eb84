//! Where sessions begin and end: the start rung, the cap, the codec that most play, and the framerate.

use super::audience::Audience;
use super::evidence::Trace;
use super::network::Network;
use super::replay::Movie;
use super::screen::{Screen, codec_of, codecs, saver_cap, screen};
use super::trial::movie;
use super::{Codec, Rendition, Settings};

/// The latency that is assumed where no session was measured.
const LATENCY_MS: f64 = 100.0;

/// What is known of how sessions begin: traces in the order of their viewers, else throughputs with their shares.
#[derive(Debug, Clone, Copy)]
pub struct Begun<'a> {
    pub traces: &'a [Trace],
    pub shares: &'a [(f64, f64)],
}

/// The highest rung with which a session begins soon enough for enough viewers, counted from 0; else the lowest.
pub fn start_rung(
    ladder: &[Rendition],
    begun: &Begun<'_>,
    audience: &Audience,
    settings: &Settings,
) -> usize {
    let screens: Vec<Screen> =
        audience.devices.iter().map(|device| screen(ladder, device, audience, settings)).collect();
    let rungs = screens.iter().map(|screen| screen.rungs.len()).max().unwrap_or(1);
    let movies: Vec<Movie> = screens.iter().map(|screen| movie(screen, audience, settings)).collect();
    let is_soon = |rung: &usize| soon(*rung, &movies, begun, settings) >= settings.startup_share;
    (1..rungs).rev().find(is_soon).unwrap_or(0)
}

/// The share of viewers whose sessions begin soon enough with a rung.
fn soon(rung: usize, movies: &[Movie], begun: &Begun<'_>, settings: &Settings) -> f64 {
    if begun.traces.is_empty() {
        let bits = movies.iter().map(|movie| movie.bits(0, rung.min(movie.rungs() - 1))).fold(0.0, f64::max);
        let is_soon = |(kbps, _): &&(f64, f64)| LATENCY_MS + bits / kbps <= settings.startup_ms_max;
        return begun.shares.iter().filter(is_soon).map(|(_, share)| share).sum();
    }
    let (mut viewers, mut soon) = (0.0, 0.0);
    for traces in begun.traces.chunk_by(|one, other| one.viewer == other.viewer) {
        let begins_soon = |trace: &&Trace| {
            let movie = &movies[trace.device];
            let bits = movie.bits(0, rung.min(movie.rungs() - 1));
            Network::new(&trace.intervals).download(bits).taken_ms <= settings.startup_ms_max
        };
        viewers += 1.0;
        soon += traces.iter().filter(begins_soon).count() as f64 / traces.len() as f64;
    }
    soon / viewers
}

/// The codec that most viewers play of a ladder; of equals the better one.
pub fn main_codec(ladder: &[Rendition], audience: &Audience, settings: &Settings) -> Codec {
    let offered = codecs(ladder);
    let mut viewers = [0_u64; 4];
    for device in &audience.devices {
        if let Some(codec) = codec_of(device.codecs, offered, settings) {
            viewers[codec as usize] = viewers[codec as usize].saturating_add(device.viewers);
        }
    }
    let held = Codec::ALL.into_iter().filter(|codec| offered.has(*codec));
    held.max_by_key(|codec| viewers[*codec as usize]).unwrap_or(Codec::Avc)
}

/// The ladder with the codec that most play first, then the others; each from its lowest rung.
pub fn in_order(ladder: &[Rendition], first: Codec) -> Vec<Rendition> {
    let mut ordered = ladder.to_vec();
    ordered.sort_unstable_by_key(|rung| (rung.codec != first, *rung));
    ordered.dedup();
    ordered
}

/// The highest bitrate that some device gains from, within what savers of data allow.
pub fn cap_kbps(ladder: &[Rendition], audience: &Audience, settings: &Settings) -> u32 {
    let gains = |screen: &Screen| {
        let gaining = (1..screen.rungs.len()).rev().find(|at| screen.values[*at] > screen.values[*at - 1]);
        screen.rungs[gaining.unwrap_or(0)].peak_kbps
    };
    let of_devices = audience.devices.iter().map(|device| gains(&screen(ladder, device, audience, settings)));
    let most = of_devices.max().or(ladder.iter().map(|rung| rung.peak_kbps).max());
    most.unwrap_or(0).min(saver_cap(audience, settings))
}

/// The highest framerate of the rungs below a cap that the devices of half of the viewers show.
pub fn framerate(ladder: &[Rendition], cap_kbps: u32, audience: &Audience) -> u32 {
    let viewers = |least: u32| -> u64 {
        let able =
            audience.devices.iter().filter(|device| device.framerate == 0 || device.framerate >= least);
        able.map(|device| device.viewers).sum()
    };
    let all = viewers(0);
    let mut framerates: Vec<u32> =
        ladder.iter().filter(|rung| rung.peak_kbps <= cap_kbps).map(|rung| rung.framerate).collect();
    framerates.sort_unstable();
    let shown = framerates.iter().rev().find(|framerate| 2 * viewers(**framerate) >= all);
    let slowest = ladder.iter().map(|rung| rung.framerate).min();
    shown.copied().or(slowest).unwrap_or(30)
}
