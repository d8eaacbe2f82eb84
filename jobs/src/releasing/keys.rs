//! The keys that anyone may know: creators with their newest videos, regions of the inventory, listed languages.

use arrow::array::{Array, AsArray};
use futures::TryStreamExt;
use insights::layout::{Creator, Layout};
use insights::policy::Policy;
use schemas::bronze::NODES;

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
    let (dt, videos_max) = (night.dt, policy.keys.videos_max);
    // Of each content the latest version counts.
    let query = format!(
        "WITH versions AS ( \
             SELECT creator, content_id, published_at, row_number() OVER (PARTITION BY content_id \
                 ORDER BY dt DESC, source_file DESC, source_line DESC) AS place \
             FROM bronze.contents WHERE dt <= DATE '{dt}' \
         ), \
         ranked AS ( \
             SELECT creator, content_id, row_number() OVER (PARTITION BY creator \
                 ORDER BY published_at DESC, content_id) AS newest \
             FROM versions WHERE place = 1 \
         ) \
         SELECT creator, content_id, newest FROM ranked WHERE newest <= {videos_max} \
         UNION ALL \
         SELECT DISTINCT creator, CAST(NULL AS VARCHAR), CAST(0 AS BIGINT UNSIGNED) FROM bronze.tiers \
         WHERE dt <= DATE '{dt}' \
         ORDER BY creator, newest"
    );
    // Of all contents ever published the last version is looked for: a sort that spills has memory of its own.
    let sorting = night.session.beside(&night.sorting)?;
    let mut stream = sorting.sql(&query).await?.execute_stream().await?;
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
    let query = format!(
        "SELECT DISTINCT region FROM bronze.nodes WHERE dt = DATE '{last}' AND NOT conflict \
         AND region IS NOT NULL ORDER BY region LIMIT {}",
        policy.keys.regions_max
    );
    let mut regions = Vec::new();
    for batch in night.session.sql(&query).await?.collect().await? {
        regions.extend(batch.column(0).as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    Ok(regions)
}
