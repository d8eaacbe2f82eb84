//! `ttt strategy`: the whole of delivery for one content and one viewer's context, as JSON with its reasons.

mod answer;
mod routes;
mod standing;

use chrono::{Days, NaiveDate};
use clap::{Args, ValueEnum};
use delivery::quality::Codecs;
use delivery::strategy::{Viewer, offer};
use schemas::strategy::DELIVERY_STRATEGY;

use crate::aligned::print_json;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::night;
use answer::Answer;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Network {
    #[value(name = "3G")]
    G3,
    #[value(name = "4G")]
    G4,
    #[value(name = "5G")]
    G5,
    Wifi,
    Wired,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Device {
    Phone,
    Tablet,
    Desktop,
    Tv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum Decodes {
    Avc,
    Vp9,
    Hevc,
    Av1,
}

/// What `ttt strategy` is asked.
#[derive(Debug, Args)]
pub struct StrategyArguments {
    /// The content
    #[arg(long, value_name = "ID")]
    pub content: String,
    /// Region of the viewer
    #[arg(long)]
    pub region: String,
    /// Network of the viewer
    #[arg(long, value_enum, ignore_case = true)]
    pub network: Network,
    /// Class of the viewer's device
    #[arg(long, value_name = "CLASS", value_enum, ignore_case = true)]
    pub device: Device,
    /// The viewer saves data
    #[arg(long)]
    pub data_saver: bool,
    /// What the device decodes, AVC taken for granted [default: what most viewers of the context play]
    #[arg(long, value_name = "CODEC", value_enum, ignore_case = true, value_delimiter = ',')]
    pub codecs: Vec<Decodes>,
    /// Rows of pixels that the viewer wants at most
    #[arg(long, value_name = "PIXELS")]
    pub height_max: Option<u32>,
    /// The night whose plans are asked, UTC [default: the last one]
    #[arg(long)]
    pub date: Option<NaiveDate>,
}

/// A choice by its name in tables.
fn named(choice: impl ValueEnum) -> String {
    choice.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Answers from the plans of one night.
pub async fn show(config: &Config, arguments: &StrategyArguments) -> Outcome<()> {
    let session = night::session(config).await?;
    let nights = session.days(&DELIVERY_STRATEGY);
    let night = arguments.date.or_else(|| nights.last().copied()).filter(|night| nights.contains(night));
    let Some(night) = night else {
        return Err(Failure::usage("no strategy of that night is there").with_hint(match nights.last() {
            Some(last) => format!("the last one is that of {last}"),
            None => "make one first: ttt run nightly".to_owned(),
        }));
    };
    let content = standing::content(&session, night, &arguments.content).await?;
    let mut standing = standing::context(&session, night, arguments, content.class()).await?;
    let capped = if arguments.data_saver { standing.save_data(config.quality.data_saver_kbps) } else { None };
    let decoded: Vec<_> = arguments.codecs.iter().copied().map(named).collect();
    let codecs = (!decoded.is_empty()).then(|| Codecs::of(decoded.iter().map(String::as_str)));
    let viewer = Viewer { codecs, height_max: arguments.height_max };
    let Some(mut offer) = offer(&content.renditions()?, &standing.wanted()?, &viewer) else {
        return Err(Failure::usage(format!("{}: the content has no rendition", arguments.content)));
    };
    let (region, class) = (&arguments.region, content.class());
    offer.reasons.extend(routes::of_codec(&session, night, region, class, offer.codec, &mut standing).await?);
    offer.reasons.extend(capped);
    let pinned = standing::pinned(&session, night, &arguments.content).await?;
    let for_day = night + Days::new(1);
    print_json(&Answer::of(arguments, content.class(), (night, for_day), standing, offer, &pinned))
}
