//! The rows of `gold.quality_plan` of a night, as the page and the manifests need them.

use chrono::NaiveDate;
use delivery::quality::{Codec, Rendition};
use serde::Deserialize;
use warehouse::Session;

use crate::failure::{Failure, Outcome};
use crate::report::delivery::read::{Record, rows};

/// A rung of a ladder, as the table has it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Rung {
    pub codec: String,
    pub width: u32,
    pub height: u32,
    pub framerate: u32,
    pub peak_kbps: u32,
}

/// A cohort's plan.
#[derive(Debug, Clone)]
pub struct Cohort {
    pub region: String,
    pub network: String,
    pub device_class: String,
    pub is_saving: bool,
    pub planned: Vec<Rung>,
    pub current: Vec<Rung>,
    pub candidate: Vec<Rung>,
    pub start_rung: usize,
    pub cap_kbps: u32,
    pub codec: String,
    pub framerate: String,
    pub viewers: u64,
    pub held_out_viewers: u64,
    pub qoe_current: Option<f64>,
    pub qoe_planned: Option<f64>,
    pub qoe_oracle: Option<f64>,
    pub rebuffer_current: Option<f64>,
    pub rebuffer_planned: Option<f64>,
    pub ci_low: Option<f64>,
    pub ci_high: Option<f64>,
    pub decision: String,
    pub reason: String,
}

impl Cohort {
    /// Its name on the page.
    pub fn name(&self) -> String {
        let saving = if self.is_saving { ", saving data" } else { "" };
        format!("{} {} {}{saving}", self.region, self.network, self.device_class)
    }

    pub fn is_adopted(&self) -> bool {
        self.decision == "ADOPT"
    }

    /// What the candidate gains, on average.
    pub fn gain(&self) -> Option<f64> {
        self.qoe_planned.zip(self.qoe_current).map(|(planned, current)| planned - current)
    }

    /// What it is to be offered, as the planner's renditions.
    pub fn ladder(&self) -> Outcome<Vec<Rendition>> {
        let rendition = |rung: &Rung| {
            let Rung { codec, width, height, framerate, peak_kbps } = rung;
            let codec = Codec::of(codec).ok_or_else(|| Failure::other(format!("{codec} is no codec")))?;
            let [width, height, framerate, peak_kbps] = [*width, *height, *framerate, *peak_kbps];
            Ok(Rendition { codec, peak_kbps, width, height, framerate })
        };
        self.planned.iter().map(rendition).collect()
    }
}

/// All cohorts of a night, those with the most viewers first.
pub async fn read(session: &Session, date: NaiveDate) -> Outcome<Vec<Cohort>> {
    let query = format!(
        "SELECT region, network, device_class, data_saver, ladder, current, candidate, start_rung, cap_kbps, codec, \
         framerate, evidence, held_out_viewers, qoe_current, qoe_planned, qoe_oracle, rebuffer_current, \
         rebuffer_planned, ci_low, ci_high, decision, reason FROM gold.quality_plan WHERE dt = DATE '{date}' \
         ORDER BY evidence DESC, region, network, device_class, data_saver"
    );
    rows(session, &query).await?.iter().map(cohort).collect()
}

fn cohort(record: &Record) -> Outcome<Cohort> {
    let ladder = |place: usize| -> Outcome<Vec<Rung>> {
        match record.text(place) {
            "" => Ok(Vec::new()),
            text => serde_json::from_str(text).map_err(Failure::other),
        }
    };
    let whole = |place: usize| record.text(place).parse::<u64>().unwrap_or_default();
    let text = |place: usize| record.text(place).to_owned();
    Ok(Cohort {
        region: text(0),
        network: text(1),
        device_class: text(2),
        is_saving: record.is_true(3),
        planned: ladder(4)?,
        current: ladder(5)?,
        candidate: ladder(6)?,
        start_rung: whole(7) as usize,
        cap_kbps: u32::try_from(whole(8)).unwrap_or(u32::MAX),
        codec: text(9),
        framerate: text(10),
        viewers: whole(11),
        held_out_viewers: whole(12),
        qoe_current: record.number(13),
        qoe_planned: record.number(14),
        qoe_oracle: record.number(15),
        rebuffer_current: record.number(16),
        rebuffer_planned: record.number(17),
        ci_low: record.number(18),
        ci_high: record.number(19),
        decision: text(20),
        reason: text(21),
    })
}

/// A ladder in a line: codec by codec, the shorter side and the bitrate of each rung.
pub fn line(ladder: &[Rung]) -> String {
    let mut out = String::new();
    for (place, rung) in ladder.iter().enumerate() {
        let before = place.checked_sub(1).map(|before| &ladder[before].codec);
        if before != Some(&rung.codec) {
            out.push_str(if place > 0 { "; " } else { "" });
            out.push_str(&rung.codec);
        }
        let fast = if rung.framerate > 30 { rung.framerate.to_string() } else { String::new() };
        out.push_str(&format!(" {}p{fast}@{}", rung.width.min(rung.height), rung.peak_kbps));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ladders_fit_in_a_line() {
        let rung = |codec: &str, width, framerate, peak_kbps| Rung {
            codec: codec.to_owned(),
            width,
            height: width * 16 / 9,
            framerate,
            peak_kbps,
        };
        let ladder = [rung("HEVC", 360, 30, 600), rung("HEVC", 1_080, 60, 5_000), rung("AVC", 360, 30, 900)];
        assert_eq!(line(&ladder), "HEVC 360p@600 1080p60@5000; AVC 360p@900");
        assert_eq!(line(&[]), "");
    }
}
