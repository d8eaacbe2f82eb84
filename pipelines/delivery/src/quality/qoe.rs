//! The quality of experience: a score for each second watched, which rewards bitrate and charges what disturbs.
//!
//! The form is that of Yin, Jindal, Sekar and Sinopoli (SIGCOMM 2015) with the logarithm of Mao, Netravali and Alizadeh
//! (SIGCOMM 2017, `QoE_log`): ln of bitrate over a base, less what it changes from segment to segment, less 2.66 for
//! each second stalled. It is no standard's score and does not claim to be. docs/quality.md says what it was held against.

use super::replay::Played;
use super::{DeviceProfile, Rendition, Settings};

/// The pixels and the framerate for which `saturation_kbps` is given.
const FULL_PIXELS: f64 = 1_920.0 * 1_080.0;
const FULL_FRAMERATE: f64 = 30.0;

/// The bitrate that AVC would need for the picture that a codec makes of so much.
pub fn avc_kbps(kbps: f64, rendition: &Rendition, settings: &Settings) -> f64 {
    kbps / settings.codec_shares[rendition.codec as usize]
}

/// The AVC bitrate above which so many pixels at so many frames a second look no better.
pub fn saturation_kbps(pixels: f64, framerate: f64, settings: &Settings) -> f64 {
    let by_pixels = (pixels / FULL_PIXELS).powf(settings.saturation_pixels_power);
    let by_framerate = (framerate / FULL_FRAMERATE).powf(settings.saturation_framerate_power);
    settings.saturation_kbps * by_pixels * by_framerate
}

/// How much of a picture's width and height a display shows: 1 where all of it fits. A display that is held in a hand
/// is turned to suit the picture. One of which nothing is known shows all.
pub fn shown(rendition: &Rendition, device: &DeviceProfile, is_handheld: bool) -> f64 {
    if device.width == 0 || device.height == 0 || rendition.width == 0 || rendition.height == 0 {
        return 1.0;
    }
    let fit = |width: u32, height: u32| {
        let across = f64::from(width) / f64::from(rendition.width);
        across.min(f64::from(height) / f64::from(rendition.height))
    };
    let upright = fit(device.width, device.height);
    let turned = if is_handheld { fit(device.height, device.width) } else { 0.0 };
    upright.max(turned).min(1.0)
}

/// What a second of a rendition is worth on a device: zero at the base bitrate, no more than the display can show.
pub fn value(
    rendition: &Rendition,
    device: &DeviceProfile,
    is_handheld: bool,
    mean_to_peak: f64,
    settings: &Settings,
) -> f64 {
    let kbps = avc_kbps(f64::from(rendition.peak_kbps) * mean_to_peak, rendition, settings);
    let share = shown(rendition, device, is_handheld);
    let pixels = f64::from(rendition.width) * f64::from(rendition.height) * share * share;
    let framerate = if device.framerate == 0 { 30 } else { device.framerate }.min(rendition.framerate.max(1));
    let most = match pixels > 0.0 {
        true => saturation_kbps(pixels, f64::from(framerate), settings),
        // A rendition of unknown size is worth its bits.
        false => f64::INFINITY,
    };
    (kbps.min(most).max(1.0) / settings.base_kbps).ln()
}

/// The score of a session, for each second watched; its sums are of [`value`]s.
pub fn score(played: &Played, settings: &Settings) -> f64 {
    let seconds = played.segments as f64 * played.segment_ms / 1_000.0;
    let gained = played.value_sum * played.segment_ms / 1_000.0;
    let lost = settings.switch_weight * played.value_changes
        + settings.stall_weight * played.stalled_ms / 1_000.0
        + settings.startup_weight * played.startup_ms / 1_000.0
        + settings.megabyte_weight * played.bits / 8e6;
    (gained - lost) / seconds
}
