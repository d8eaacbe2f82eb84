//! What one content is offered as in one context: the quality plan of the context, narrowed to what the content has.

use crate::estimates::codes::{Codec, Codecs};
use crate::quality::Rendition;

/// What a context is to be offered, by the plan that stands for it.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Each codec from its lowest rung; empty where there is no plan.
    pub ladder: Vec<Rendition>,
    /// The codec that most viewers of the context play.
    pub codec: Option<Codec>,
    /// The rung to begin with, counted from 0 among the rungs of that codec.
    pub start_rung: usize,
    /// Above this no rung is played.
    pub cap_kbps: Option<u32>,
    /// The highest framerate worth its bits.
    pub framerate_max: Option<u32>,
}

/// What is known of the viewer beside the context.
#[derive(Debug, Clone, Copy)]
pub struct Viewer {
    /// What the device decodes; not told: what most viewers of the context do.
    pub codecs: Option<Codecs>,
    /// Rows of pixels that the viewer wants at most.
    pub height_max: Option<u32>,
}

/// What the viewer is offered of the content.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    pub codec: Codec,
    /// Of one codec, from the lowest peak.
    pub renditions: Vec<Rendition>,
    /// The rendition to begin with, from 0.
    pub start_rung: usize,
    /// Where the content or the device does not allow what is planned.
    pub reasons: Vec<String>,
}

/// Narrows a plan to a content and a viewer; none where the content has no rendition.
///
/// A rule that would leave nothing is not kept: something is always played.
pub fn offer(content: &[Rendition], wanted: &Wanted, viewer: &Viewer) -> Option<Offer> {
    let mut reasons = Vec::new();
    let codec = codec(content, wanted, viewer, &mut reasons)?;
    let mut renditions: Vec<_> =
        content.iter().copied().filter(|rendition| rendition.codec == codec).collect();
    renditions.sort_unstable();
    renditions.dedup();
    let lowest = |of: fn(&Rendition) -> u32| renditions.iter().map(of).min().unwrap_or_default();
    let (least_kbps, least_framerate) = (lowest(|rung| rung.peak_kbps), lowest(|rung| rung.framerate));
    let least_height = lowest(|rung| rung.height);
    let mut keep = |most: Option<u32>, least: u32, of: fn(&Rendition) -> u32, what: &str| {
        let Some(most) = most else { return };
        if least > most {
            reasons.push(format!(
                "nothing that the content has is within the {what} of {most}: its least is offered"
            ));
        }
        renditions.retain(|rung| of(rung) <= most.max(least));
    };
    keep(wanted.cap_kbps, least_kbps, |rung| rung.peak_kbps, "cap in kilobits a second");
    keep(wanted.framerate_max, least_framerate, |rung| rung.framerate, "framerate");
    keep(viewer.height_max, least_height, |rung| rung.height, "viewer's own height");
    if renditions.is_empty() {
        // The least by each rule may be different ones.
        renditions.extend(content.iter().copied().filter(|rung| rung.codec == codec).min());
    }
    let planned: Vec<_> = wanted.ladder.iter().filter(|rung| rung.codec == codec).copied().collect();
    let is_planned = |rung: &Rendition| planned.contains(rung);
    match renditions.iter().any(is_planned) {
        true => renditions.retain(is_planned),
        false if planned.is_empty() => {}
        false => reasons.push(format!(
            "the content has none of the planned {} renditions: its own are offered",
            codec.name()
        )),
    }
    // How soon a session begins goes by the bits of its first rung, whatever the codec.
    let mut of_plan = wanted.ladder.iter().filter(|rung| Some(rung.codec) == wanted.codec);
    let start_kbps = of_plan.nth(wanted.start_rung).map_or(0, |rung| rung.peak_kbps);
    let start_rung = renditions.iter().rposition(|rung| rung.peak_kbps <= start_kbps).unwrap_or(0);
    Some(Offer { codec, renditions, start_rung, reasons })
}

/// The best codec that the device decodes and the content has. Where it is not told what the device decodes, the one that
/// most viewers play stands before the best, if the content has it.
fn codec(
    content: &[Rendition],
    wanted: &Wanted,
    viewer: &Viewer,
    reasons: &mut Vec<String>,
) -> Option<Codec> {
    let offered = |codec: Codec| content.iter().any(|rendition| rendition.codec == codec);
    let planned = wanted.codec.filter(|codec| viewer.codecs.is_none() && offered(*codec));
    // Every device decodes AVC.
    let decoded = |codec: Codec| codec == Codec::Avc || viewer.codecs.is_none_or(|codecs| codecs.has(codec));
    let best = || Codec::ALL.into_iter().rfind(|codec| decoded(*codec) && offered(*codec));
    let found = planned.or_else(best).or_else(|| {
        let least = Codec::ALL.into_iter().find(|codec| offered(*codec))?;
        reasons.push(format!("the content has nothing that the device decodes: {} is offered", least.name()));
        Some(least)
    })?;
    if let Some(planned) = wanted.codec.filter(|planned| *planned != found) {
        let why = match (offered(planned), decoded(planned)) {
            (false, _) => "the content does not have it".to_owned(),
            (true, false) => "the device does not decode it".to_owned(),
            (true, true) => format!("the content and the device have {}, which is better", found.name()),
        };
        reasons.push(format!("{} is planned, but {why}", planned.name()));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rung(codec: Codec, height: u32, peak_kbps: u32) -> Rendition {
        Rendition { codec, peak_kbps, width: height * 9 / 16, height, framerate: 30 }
    }

    fn viewer(names: &[&str]) -> Viewer {
        Viewer { codecs: Some(Codecs::of(names.iter().copied())), height_max: None }
    }

    /// A content, what is planned, the viewer, and what is offered: codec, peaks, start.
    #[test]
    fn a_plan_is_narrowed_to_what_there_is() {
        use Codec::{Av1, Avc, Hevc};
        let content =
            [rung(Avc, 360, 500), rung(Avc, 720, 1500), rung(Avc, 1280, 3000), rung(Hevc, 720, 900)];
        let wanted = |codec, ladder: &[Rendition], start_rung, cap_kbps| Wanted {
            ladder: ladder.to_vec(),
            codec: Some(codec),
            start_rung,
            cap_kbps,
            framerate_max: Some(60),
        };
        let both = viewer(&["AVC", "HEVC"]);
        let most = Viewer { codecs: None, ..both };
        let cases = [
            (wanted(Avc, &content[..3], 1, None), most, Avc, vec![500, 1500, 3000], 1, 0),
            (wanted(Avc, &content[..3], 2, Some(1600)), most, Avc, vec![500, 1500], 1, 0),
            (wanted(Avc, &content[..3], 2, Some(100)), most, Avc, vec![500], 0, 1),
            (wanted(Hevc, &[content[3]], 0, None), most, Hevc, vec![900], 0, 0),
            (wanted(Hevc, &[content[3]], 0, None), both, Hevc, vec![900], 0, 0),
            (wanted(Hevc, &[content[3]], 0, None), viewer(&["AVC"]), Avc, vec![500, 1500, 3000], 0, 1),
            (wanted(Av1, &[], 0, None), viewer(&["AV1"]), Avc, vec![500, 1500, 3000], 0, 1),
            (wanted(Av1, &[], 0, None), most, Hevc, vec![900], 0, 1),
            (wanted(Avc, &[rung(Avc, 480, 800)], 0, None), most, Avc, vec![500, 1500, 3000], 0, 1),
            (wanted(Avc, &content[1..2], 0, None), most, Avc, vec![1500], 0, 0),
            // The device has better than most have; a start is as heavy as the planned one.
            (wanted(Avc, &content[..3], 1, None), both, Hevc, vec![900], 0, 1),
            (wanted(Hevc, &[content[3]], 0, None), viewer(&[]), Avc, vec![500, 1500, 3000], 0, 1),
        ];
        for (wanted, viewer, codec, peaks, start, reasons) in cases {
            let found = offer(&content, &wanted, &viewer).expect("renditions");
            let found_peaks: Vec<_> = found.renditions.iter().map(|rung| rung.peak_kbps).collect();
            assert_eq!((found.codec, found_peaks, found.start_rung), (codec, peaks, start), "{wanted:?}");
            assert_eq!(found.reasons.len(), reasons, "{:?}", found.reasons);
        }
    }

    #[test]
    fn something_is_always_offered_of_what_there_is() {
        let content = [rung(Codec::Av1, 720, 900)];
        let found = offer(&content, &Wanted::default(), &viewer(&[])).expect("renditions");
        assert_eq!((found.codec, found.renditions.len(), found.reasons.len()), (Codec::Av1, 1, 1));
        let low = Viewer { height_max: Some(100), ..viewer(&["AV1"]) };
        assert_eq!(offer(&content, &Wanted::default(), &low).expect("renditions").renditions, content);
        assert_eq!(offer(&[], &Wanted::default(), &low), None);
    }
}
