//! What the night's plans say: the row of a context, the renditions of a content, the nodes that pin it.

use chrono::NaiveDate;
use delivery::estimates::codes::Class;
use delivery::quality::{Codec, Rendition};
use delivery::strategy::Wanted;
use serde::{Deserialize, Deserializer, Serialize};
use warehouse::Session;

use super::{StrategyArguments, named};
use crate::answer::quoted;
use crate::failure::{Failure, Outcome};

/// Up to this long a content is SHORT, in milliseconds.
const SHORT_MS_MAX: u64 = 60_000;

/// A node that serves the context.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Node {
    pub node_id: String,
    pub weight: f64,
    #[serde(default)]
    pub rtt_ms_mean: Option<f64>,
    #[serde(default)]
    pub ttl_seconds: Option<u64>,
    #[serde(default)]
    pub cache_policy: Option<String>,
}

/// A node that stands in for another.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Fallback {
    pub node_id: String,
    #[serde(default)]
    pub for_node_id: Option<String>,
    #[serde(default)]
    pub weight: Option<f64>,
    #[serde(default)]
    pub rtt_ms_mean: Option<f64>,
}

/// A rendition as the tables have it.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub struct Rung {
    pub codec: String,
    #[serde(default)]
    pub width: u32,
    #[serde(default)]
    pub height: u32,
    /// Contents may have 29.97 frames a second, plans have whole ones.
    #[serde(default, deserialize_with = "rounded")]
    pub framerate: u32,
    #[serde(default)]
    pub peak_kbps: u32,
}

fn rounded<'a, D: Deserializer<'a>>(deserializer: D) -> Result<u32, D::Error> {
    let found = Option::<f64>::deserialize(deserializer)?;
    Ok(found.map_or(0, |framerate| framerate.round() as u32))
}

/// A row of `gold.delivery_strategy`.
#[derive(Debug, Clone, Deserialize)]
pub struct Standing {
    #[serde(default)]
    pub nodes: Vec<Node>,
    #[serde(default)]
    pub fallback: Vec<Fallback>,
    #[serde(default)]
    pub codec: Option<String>,
    #[serde(default)]
    pub ladder: Vec<Rung>,
    #[serde(default)]
    pub start_rung: usize,
    #[serde(default)]
    pub cap_kbps: Option<u32>,
    #[serde(default)]
    pub framerate: Option<u32>,
    pub quality_from: String,
    #[serde(default)]
    pub quality_cohort: Option<String>,
    #[serde(default)]
    pub evidence: Option<u64>,
    #[serde(default)]
    pub decision: Option<String>,
    pub route_from: String,
    #[serde(default)]
    pub route_cell: Option<String>,
    #[serde(default)]
    pub samples: Option<u64>,
    #[serde(default)]
    pub routes_planned_on: Option<String>,
}

/// A content as its latest version has it.
#[derive(Debug, Clone, Deserialize)]
pub struct Content {
    #[serde(default)]
    duration_ms: Option<u64>,
    #[serde(default)]
    renditions: Vec<Rung>,
}

impl Rung {
    pub fn of(rendition: &Rendition) -> Self {
        let Rendition { codec, peak_kbps, width, height, framerate } = *rendition;
        Self { codec: codec.name().to_owned(), width, height, framerate, peak_kbps }
    }

    fn rendition(&self) -> Outcome<Rendition> {
        let Self { width, height, framerate, peak_kbps, .. } = *self;
        let codec = Codec::of(&self.codec)
            .ok_or_else(|| Failure::other(format!("{}: no codec is named so", self.codec)))?;
        Ok(Rendition { codec, peak_kbps, width, height, framerate })
    }
}

fn renditions(rungs: &[Rung]) -> Outcome<Vec<Rendition>> {
    rungs.iter().map(Rung::rendition).collect()
}

impl Content {
    pub fn renditions(&self) -> Outcome<Vec<Rendition>> {
        renditions(&self.renditions)
    }

    /// One of unknown length is taken as SHORT, as in silver.route_demand.
    pub fn class(&self) -> Class {
        if self.duration_ms.is_some_and(|length| length > SHORT_MS_MAX) { Class::Long } else { Class::Short }
    }
}

impl Standing {
    /// Keeps the cap of who saves data where the plan that stands in is of viewers who do not, and says so.
    pub fn save_data(&mut self, most_kbps: u32) -> Option<String> {
        if self.cap_kbps.is_some_and(|cap| cap <= most_kbps) {
            return None;
        }
        self.cap_kbps = Some(most_kbps);
        Some(format!("the viewer saves data: capped at {most_kbps} kilobits a second"))
    }

    pub fn wanted(&self) -> Outcome<Wanted> {
        Ok(Wanted {
            ladder: renditions(&self.ladder)?,
            codec: self.codec.as_deref().and_then(Codec::of),
            start_rung: self.start_rung,
            cap_kbps: self.cap_kbps,
            framerate_max: self.framerate,
        })
    }
}

/// The rows of a query as JSON objects, nested lists and all.
pub async fn rows<T: for<'a> Deserialize<'a>>(session: &Session, query: &str) -> Outcome<Vec<T>> {
    let batches = session.sql(query).await?.collect().await?;
    let mut writer = arrow::json::LineDelimitedWriter::new(Vec::new());
    writer.write_batches(&batches.iter().collect::<Vec<_>>())?;
    writer.finish()?;
    let lines = writer.into_inner();
    let read = serde_json::Deserializer::from_slice(&lines).into_iter::<T>();
    read.collect::<Result<_, _>>().map_err(Failure::other)
}

/// The latest version of a content that had landed by the night.
pub async fn content(session: &Session, night: NaiveDate, id: &str) -> Outcome<Content> {
    let query = format!(
        "SELECT duration_ms, renditions FROM bronze.contents \
         WHERE content_id = {} AND dt <= DATE '{night}' \
         ORDER BY dt DESC, source_file DESC, source_line DESC LIMIT 1",
        quoted(id)
    );
    let found = rows(session, &query).await?.pop();
    found.ok_or_else(|| Failure::usage(format!("{id}: no content of that id has landed by {night}")))
}

/// The row of a context: that of its region, or of all regions that no plan names.
pub async fn context(
    session: &Session,
    night: NaiveDate,
    arguments: &StrategyArguments,
    class: Class,
) -> Outcome<Standing> {
    let query = format!(
        "SELECT * FROM gold.delivery_strategy WHERE dt = DATE '{night}' AND network = '{}' \
         AND device_class = '{}' AND data_saver = {} AND content_class = '{}' \
         AND (region = {} OR region IS NULL) ORDER BY region NULLS LAST LIMIT 1",
        named(arguments.network),
        named(arguments.device),
        arguments.data_saver,
        class.name(),
        quoted(&arguments.region),
    );
    let found = rows(session, &query).await?.pop();
    found.ok_or_else(|| Failure::other("gold.delivery_strategy has no row for this context"))
}

/// The nodes whose cache is to keep a content tomorrow.
pub async fn pinned(session: &Session, night: NaiveDate, id: &str) -> Outcome<Vec<String>> {
    #[derive(Deserialize)]
    struct Pinning {
        node_id: String,
    }
    let query = format!(
        "SELECT node_id FROM gold.cache_plan WHERE dt = DATE '{night}' AND array_has(pinned, {}) ORDER BY 1",
        quoted(id)
    );
    let found: Vec<Pinning> = rows(session, &query).await?;
    Ok(found.into_iter().map(|pinning| pinning.node_id).collect())
}
