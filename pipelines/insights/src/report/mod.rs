//! A creator's report: released days and statement lines in, bytes of files out. No storage, no clock, no noise.

pub mod csv;
pub mod figure;
pub mod markup;
pub mod period;
pub mod table;

pub mod manifest;

mod chart;
mod columns;
mod combine;
mod json;
mod page;
mod pdf;
mod record;
mod revenue;
mod style;
mod words;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use schemas::insights::TOTAL;

pub use figure::{Figure, Measure, Released, Statement};
pub use period::{Grain, Span};

/// Everything that a report is made from, all of one creator.
#[derive(Debug, Clone)]
pub struct Source {
    /// The creator's DID.
    pub creator: String,
    pub span: Span,
    pub by: Grain,
    pub released: Vec<Released>,
    pub statements: Vec<Statement>,
    /// Titles of the creator's own contents, by their ids.
    pub titles: BTreeMap<String, String>,
}

impl Source {
    /// Puts rows into their one order, in which [`manifest::made_from`] reads them.
    pub fn sort(&mut self) {
        self.released.sort_by_cached_key(|row| {
            let names =
                [&row.category, &row.metric, &row.dimension, &row.key, &row.release_id].map(String::clone);
            (row.dt, names, row.value)
        });
        self.statements.sort_by_cached_key(|line| {
            (line.dt, [&line.kind, &line.currency, &line.standing, &line.reason].map(String::clone))
        });
    }
}

/// The figures of one part of the timeframe, or of the whole.
#[derive(Debug, Clone)]
pub struct Part {
    pub span: Span,
    /// In the order of their names; empty where nothing is known of it.
    pub figures: Vec<Figure>,
}

impl Part {
    fn of(span: Span, source: &Source) -> Self {
        let mut figures = combine::figures(span, &source.released);
        figures.extend(revenue::figures(span, &source.statements));
        Self { span, figures }
    }

    /// The figure of a metric as a whole.
    pub fn figure(&self, category: &str, metric: &str) -> Option<&Figure> {
        self.figures
            .iter()
            .find(|figure| figure.is(category, metric, TOTAL) && figure.measure != Measure::People)
    }

    /// The figures of a metric by one dimension.
    pub fn by<'a>(
        &'a self,
        category: &'a str,
        metric: &'a str,
        dimension: &'a str,
    ) -> impl Iterator<Item = &'a Figure> {
        let wanted = move |figure: &&Figure| {
            figure.is(category, metric, dimension) && figure.measure != Measure::People
        };
        self.figures.iter().filter(wanted)
    }
}

/// A report, ready to be written in any format.
#[derive(Debug, Clone)]
pub struct Report {
    pub creator: String,
    pub span: Span,
    pub by: Grain,
    pub whole: Part,
    /// The parts of the timeframe in order.
    pub parts: Vec<Part>,
    /// Days of the timeframe of which something was released.
    pub days_released: BTreeSet<NaiveDate>,
    /// Hashes of the policies under which it was released.
    pub policies: BTreeSet<String>,
    pub releases: BTreeSet<String>,
    pub titles: BTreeMap<String, String>,
}

impl Report {
    /// Computes every figure. The order of the rows decides nothing.
    pub fn of(mut source: Source) -> Self {
        let span = source.span;
        source.released.retain(|row| span.holds(row.dt));
        source.statements.retain(|line| span.holds(line.dt));
        source.sort();
        Self {
            span,
            by: source.by,
            whole: Part::of(span, &source),
            parts: span.parts(source.by).into_iter().map(|part| Part::of(part, &source)).collect(),
            days_released: source.released.iter().map(|row| row.dt).collect(),
            policies: source.released.iter().map(|row| row.policy.clone()).collect(),
            releases: source.released.iter().map(|row| row.release_id.clone()).collect(),
            creator: source.creator,
            titles: source.titles,
        }
    }

    /// The title of one of the creator's contents, else its id.
    pub fn title<'a>(&'a self, content_id: &'a str) -> &'a str {
        self.titles
            .get(content_id)
            .map(String::as_str)
            .filter(|title| !title.is_empty())
            .unwrap_or(content_id)
    }

    /// The report in one format.
    pub fn render(&self, format: Format) -> Result<Vec<u8>, RenderError> {
        match format {
            Format::Html => Ok(page::html(self).into_bytes()),
            Format::Csv => Ok(record::csv(self).into_bytes()),
            Format::Json => Ok(json::json(self)?.into_bytes()),
            Format::Parquet => columns::parquet(self),
            Format::Pdf => pdf::pdf(self),
        }
    }
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Html,
    Csv,
    Json,
    Parquet,
    Pdf,
}

impl Format {
    pub const ALL: [Self; 5] = [Self::Html, Self::Csv, Self::Json, Self::Parquet, Self::Pdf];

    /// The ending of its files.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Parquet => "parquet",
            Self::Pdf => "pdf",
        }
    }
}

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("parquet: {0}")]
    Parquet(#[from] parquet::errors::ParquetError),
    #[error("columns: {0}")]
    Columns(#[from] arrow::error::ArrowError),
    #[error("json: {0}")]
    Json(#[from] serde_json::Error),
    #[error("pdf: {0}")]
    Pdf(String),
}
