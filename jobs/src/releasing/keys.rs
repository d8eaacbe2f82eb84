//! The keys that anyone may know: creators with their newest videos, regions of the inventory, listed languages.

use arrow::array::{Array, AsArray};
use futures::TryStreamExt;
use insights::layout::{Creator, Layout};
use insights::policy::Policy;
use schemas::bronze::NODES;
use warehouse::{Parameter, Values};

use super::models;
use crate::failure::Outcome;
use crate::steps::Night;

/// The cells of a day: they follow from what creators published and from the inventory, never from who watched.
pub async fn layout(night: &Night, policy: &Policy) -> Outcome<Layout> {
    Ok(Layout::new(
        creators(night, policy).await?,
        regions(night, policy).await?,
        policy.keys.languages.clone(),
    ))
}

/// Every creator who has published a content or a tier up to the day; with the newest contents, the newest first.
async fn creators(night: &Night, policy: &Policy) -> Outcome<Vec<Creator>> {
    // Of all contents ever published the last version is looked for: a sort that spills has memory of its own.
    let sorting = night.session.beside(&night.sorting)?;
    let values =
        Values::of_day(night.dt).with("$videos_max", Parameter::Integer(policy.keys.videos_max as i64));
    let plan = models::plan(&sorting, &night.sql, "creators", &values).await?;
    let mut stream = plan.execute_stream().await?;
    let mut creators: Vec<(String, Vec<String>)> = Vec::new();
    while let Some(batch) = stream.try_next().await? {
        let (names, contents) = (batch.column(0).as_string::<i32>(), batch.column(1).as_string::<i32>());
        for row in 0..batch.num_rows() {
            if creators.last().is_none_or(|(last, _)| last != names.value(row)) {
                creators.push((names.value(row).to_owned(), Vec::new()));
            }
            if let Some((_, videos)) = creators.last_mut() {
                videos.extend(contents.is_valid(row).then(|| contents.value(row).to_owned()));
            }
        }
    }
    Ok(creators.into_iter().map(|(did, videos)| Creator::new(did, videos)).collect())
}

/// The regions of the last inventory up to the day.
async fn regions(night: &Night, policy: &Policy) -> Outcome<Vec<String>> {
    let Some(last) = night.session.days(&NODES).range(..=night.dt).next_back().copied() else {
        return Ok(Vec::new());
    };
    let values =
        Values::of_day(last).with("$regions_max", Parameter::Integer(policy.keys.regions_max as i64));
    let plan = models::plan(&night.session, &night.sql, "regions", &values).await?;
    let mut regions = Vec::new();
    for batch in plan.collect().await? {
        regions.extend(batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(regions)
}
