//! What reports are made from, creator by creator: three queries in the order of creators, read side by side.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::prelude::{col, lit};
use futures::TryStreamExt;
use insights::report::{Grain, Released, Source, Span, Statement};
use warehouse::{Limits, Parameter, Session, Values};

use crate::answer::{Row, row};
use crate::failure::{Failure, Outcome};

/// The creators of a timeframe in the order of their DIDs, one at a time.
pub struct Sources {
    span: Span,
    by: Grain,
    released: ByCreator,
    statements: ByCreator,
    titles: ByCreator,
    /// Rows read so far.
    pub rows: u64,
}

impl Sources {
    /// All creators, or the one that is named, by the queries of `sql/reports`. Each is sorted in a third of the
    /// memory, its own: one that merges what it has spilled takes all there is.
    pub async fn open(
        session: &Session,
        limits: &Limits,
        sql: &Path,
        span: Span,
        by: Grain,
        creator: Option<&str>,
    ) -> Outcome<Self> {
        let days =
            Values::default().with("$from", Parameter::Day(span.from)).with("$to", Parameter::Day(span.to));
        let limits = Limits { memory_bytes: limits.memory_bytes / 3, ..limits.clone() };
        let settled = settled(session).await?;
        let ask = async |name: &str| {
            let session = session.beside(&limits)?.undivided();
            session.put_work("settled", settled.clone())?;
            let rows = (sql.join("reports").join(name), creator.map(str::to_owned));
            ByCreator::ask(&session, rows, &days).await
        };
        Ok(Self {
            span,
            by,
            released: ask("released.sql").await?,
            statements: ask("statements.sql").await?,
            titles: ask("titles.sql").await?,
            rows: 0,
        })
    }

    /// The next creator of whom anything is released or booked.
    pub async fn next(&mut self) -> Outcome<Option<Source>> {
        let released = self.released.creator().await?;
        let statement = self.statements.creator().await?;
        let Some(creator) = released.into_iter().chain(statement).min() else { return Ok(None) };
        let mut source = Source {
            creator: creator.clone(),
            span: self.span,
            by: self.by,
            released: Vec::new(),
            statements: Vec::new(),
            titles: BTreeMap::new(),
        };
        self.released.take(&creator, |row| source.released.push(of_released(row))).await?;
        self.statements.take(&creator, |row| source.statements.push(of_statement(row))).await?;
        self.rows += (source.released.len() + source.statements.len()) as u64;
        source.sort();
        // Creators who published and of whom nothing is released are passed over.
        while self.titles.creator().await?.is_some_and(|found| found < creator) {
            self.titles.skip();
        }
        let mut titles = BTreeMap::new();
        self.titles
            .take(&creator, |row| {
                titles.insert(row.owned("content_id"), row.owned("title"));
            })
            .await?;
        let named = source.released.iter().filter(|row| row.dimension == "content");
        source.titles = named.filter_map(|row| titles.remove_entry(&row.key)).collect();
        Ok(Some(source))
    }
}

/// The releases that the ledger has settled. They are few: known as rows, they are what a join with what was released
/// holds in memory, whatever the files of the ledger weigh.
async fn settled(session: &Session) -> Outcome<RecordBatch> {
    let query = "SELECT DISTINCT release_id FROM ops.privacy_ledger WHERE event = 'RELEASED'";
    let plan = session.sql(query).await?;
    let schema = Arc::new(plan.schema().as_arrow().clone());
    Ok(concat_batches(&schema, &plan.collect().await?)?)
}

fn of_released(row: Row<'_>) -> Released {
    let units = |name: &str| row.units(name).unwrap_or_default();
    Released {
        dt: row.day("dt").unwrap_or_default(),
        category: row.owned("category"),
        metric: row.owned("metric"),
        dimension: row.owned("dimension"),
        key: row.owned("key"),
        value: units("value"),
        sigma: units("noise_sigma"),
        low: row.units("value_low").unwrap_or(units("value")),
        high: row.units("value_high").unwrap_or(units("value")),
        policy: row.owned("policy"),
        release_id: row.owned("release_id"),
    }
}

fn of_statement(row: Row<'_>) -> Statement {
    let units = |name: &str| row.units(name).unwrap_or_default();
    Statement {
        dt: row.day("dt").unwrap_or_default(),
        kind: row.owned("type"),
        currency: row.owned("currency"),
        standing: row.owned("standing"),
        reason: row.owned("reason"),
        count: row.count("count"),
        gross: units("gross"),
        platform_fee: units("platform_fee"),
        processing_fee: units("processing_fee"),
        other_fees: units("other_fees"),
        net: units("net"),
    }
}

/// The rows of a query whose first column is the creator, in that order.
struct ByCreator {
    batches: SendableRecordBatchStream,
    batch: Option<RecordBatch>,
    /// The next row of the batch.
    at: usize,
}

impl ByCreator {
    /// The rows of a query in a file, those of one creator where one is named.
    async fn ask(
        session: &Session,
        (path, creator): (PathBuf, Option<String>),
        values: &Values,
    ) -> Outcome<Self> {
        let plan = warehouse::plan_file(session, &path, values).await?;
        let plan = match creator {
            Some(creator) => plan.filter(col("creator").eq(lit(creator)))?,
            None => plan,
        };
        let batches = plan.execute_stream().await?;
        Ok(Self { batches, batch: None, at: 0 })
    }

    /// Makes sure that there is a row, unless all were read.
    async fn fill(&mut self) -> Outcome<()> {
        while self.batch.as_ref().is_none_or(|batch| self.at >= batch.num_rows()) {
            self.batch = self.batches.try_next().await?;
            self.at = 0;
            if self.batch.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// The creator of the next row.
    async fn creator(&mut self) -> Outcome<Option<String>> {
        self.fill().await?;
        let Some(row) = self.batch.as_ref().and_then(|batch| row(batch, self.at)) else {
            return Ok(None);
        };
        row.maybe("creator").map(Some).ok_or_else(|| Failure::other("a row names no creator"))
    }

    /// Passes over the next row.
    fn skip(&mut self) {
        self.at += 1;
    }

    /// Hands over all next rows of the creator.
    async fn take(&mut self, creator: &str, mut each: impl FnMut(Row<'_>)) -> Outcome<()> {
        loop {
            self.fill().await?;
            let Some(batch) = &self.batch else { return Ok(()) };
            while let Some(row) = row(batch, self.at) {
                if row.text("creator") != Some(creator) {
                    return Ok(());
                }
                each(row);
                self.at += 1;
            }
        }
    }
}
