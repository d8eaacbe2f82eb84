//! Reading: exactly the files of one version, pruned by what a query asks for.

use std::collections::HashSet;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Date32Array, Int64Array, RecordBatch, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Fields, SchemaRef};
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::pruning::PruningStatistics;
use datafusion::common::stats::Precision;
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{Column, DFSchema, ScalarValue, Statistics};
use datafusion::datasource::TableType;
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::CachedParquetFileReaderFactory;
use datafusion::datasource::physical_plan::{FileGroup, FileScanConfigBuilder, ParquetSource};
use datafusion::datasource::source::DataSourceExec;
use datafusion::datasource::table_schema::TableSchema;
use datafusion::error::Result;
use datafusion::execution::object_store::ObjectStoreUrl;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown};
use datafusion::physical_expr::PhysicalExpr;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::empty::EmptyExec;
use schemas::table::{Table, with_views};

use crate::lake::{DataFile, Lake};
use crate::small::SMALL_BYTES;

/// The files of one version of a table, as a table for queries.
#[derive(Debug)]
pub struct FileTable {
    schema: SchemaRef,
    source: TableSchema,
    lake: Lake,
    table: &'static Table,
    files: Vec<DataFile>,
    version: Option<u64>,
}

impl FileTable {
    /// A table of exactly these files; none make it empty.
    pub fn new(lake: &Lake, table: &'static Table, files: Vec<DataFile>) -> Self {
        let source = Self::source(table, table.file_schema());
        Self { schema: table.schema(), source, lake: lake.clone(), table, files, version: None }
    }

    /// The same with texts as views: they are compared and grouped where they lie in their pages.
    pub fn with_views(self) -> Self {
        let source = Self::source(self.table, self.table.view_schema());
        Self { schema: with_views(&self.table.schema()), source, ..self }
    }

    fn source(table: &Table, files: SchemaRef) -> TableSchema {
        let partition = if table.partitioned {
            Fields::from(vec![Field::new("dt", DataType::Date32, true)])
        } else {
            Fields::empty()
        };
        TableSchema::builder(files).with_table_partition_cols(partition).build()
    }

    /// The same, as a version of its log.
    pub fn at(self, version: Option<u64>) -> Self {
        Self { version, ..self }
    }

    /// The version of the log, where it is one.
    pub fn version(&self) -> Option<u64> {
        self.version
    }

    /// The files that it reads.
    pub fn files(&self) -> &[DataFile] {
        &self.files
    }

    /// The URL under which the lake's store is known to a session.
    pub fn store_url(lake: &Lake) -> Result<ObjectStoreUrl> {
        let mut url = lake.url().clone();
        url.set_path("");
        ObjectStoreUrl::parse(url)
    }

    /// Whether the day alone decides, so that the log answers exactly.
    fn is_of_day(&self, filter: &Expr) -> bool {
        let columns = filter.column_refs();
        self.table.partitioned
            && Self::is_plain(filter)
            && !columns.is_empty()
            && columns.iter().all(|column| column.name == "dt")
    }

    /// Whether a file can be judged by it while the query is planned.
    fn is_plain(filter: &Expr) -> bool {
        let is_plain = |part: &Expr| {
            !part.is_volatile_node()
                && !matches!(
                    part,
                    Expr::ScalarSubquery(_)
                        | Expr::InSubquery(_)
                        | Expr::Exists(_)
                        | Expr::SetComparison(_)
                        | Expr::OuterReferenceColumn(..)
                        | Expr::Placeholder(_)
                )
        };
        !filter.exists(|part| Ok(!is_plain(part))).unwrap_or(true)
    }

    fn predicate(&self, state: &dyn Session, filters: Vec<Expr>) -> Result<Option<Arc<dyn PhysicalExpr>>> {
        let schema = DFSchema::try_from(self.source.table_schema().as_ref().clone())?;
        conjunction(filters).map(|filter| state.create_physical_expr(filter, &schema)).transpose()
    }

    /// The files on whose day the predicate holds.
    fn of_days(&self, day: Option<Arc<dyn PhysicalExpr>>) -> Result<Vec<&DataFile>> {
        let Some(day) = day else { return Ok(self.files.iter().collect()) };
        // The predicate stands on the whole schema: all columns but `dt` stay null.
        let schema = self.source.table_schema();
        let days: ArrayRef = Arc::new(Date32Array::from_iter(self.files.iter().map(|file| file.dt)));
        let columns = schema.fields().iter().map(|field| {
            if field.name() == "dt" {
                days.clone()
            } else {
                arrow::array::new_null_array(field.data_type(), days.len())
            }
        });
        let batch = RecordBatch::try_new(schema.clone(), columns.collect())?;
        let holds = day.evaluate(&batch)?.into_array(self.files.len())?;
        let holds = holds.as_boolean();
        let kept = self.files.iter().enumerate().filter(|(i, _)| holds.is_valid(*i) && holds.value(*i));
        Ok(kept.map(|(_, file)| file).collect())
    }

    /// Leaves out files whose statistics exclude the predicate.
    fn in_range<'a>(
        &self,
        files: Vec<&'a DataFile>,
        predicate: Option<Arc<dyn PhysicalExpr>>,
    ) -> Result<Vec<&'a DataFile>> {
        let Some(predicate) = predicate else { return Ok(files) };
        let pruning = PruningPredicateBuilder::new()
            .with_file_schema(self.source.table_schema().clone())
            .try_build(predicate)?;
        let kept = pruning.prune(&Ranges(&files))?;
        Ok(files.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(file, _)| file).collect())
    }

    fn partitioned_file(&self, file: &DataFile) -> PartitionedFile {
        let mut statistics = Statistics::new_unknown(self.source.file_schema());
        statistics.num_rows = Precision::Exact(file.rows as usize);
        statistics.total_byte_size = Precision::Inexact(file.bytes as usize);
        for (field, column) in
            self.source.file_schema().fields().iter().zip(&mut statistics.column_statistics)
        {
            if let (DataType::Int64, Some((least, greatest))) =
                (field.data_type(), file.ranges.get(field.name()))
            {
                column.min_value = Precision::Exact(ScalarValue::Int64(Some(*least)));
                column.max_value = Precision::Exact(ScalarValue::Int64(Some(*greatest)));
            }
        }
        let mut partitioned = PartitionedFile::new(String::new(), file.bytes);
        partitioned.object_meta.location = self.lake.file(self.table, &file.path);
        partitioned.partition_values =
            file.dt.map(|day| ScalarValue::Date32(Some(day))).into_iter().collect();
        partitioned.with_statistics(Arc::new(statistics))
    }

    /// The same without statistics where it is small: reading it takes no longer than finding out, while it is opened,
    /// that nothing in it is wanted.
    fn without_small_statistics(mut file: PartitionedFile) -> PartitionedFile {
        if file.object_meta.size <= SMALL_BYTES {
            file.statistics = None;
        }
        file
    }

    fn plan(
        &self,
        state: &dyn Session,
        files: &[&DataFile],
        projection: Option<&Vec<usize>>,
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let url = Self::store_url(&self.lake)?;
        let runtime = state.runtime_env();
        let metadata = runtime.cache_manager.get_file_metadata_cache();
        let reader = CachedParquetFileReaderFactory::new(self.lake.reading(self.table, files), metadata);
        // The engine hands filters down to the source by itself, those that it learns while running included.
        let source = ParquetSource::new(self.source.clone())
            .with_table_parquet_options(state.default_table_options().parquet)
            .with_parquet_file_reader_factory(Arc::new(reader));
        let files = files.iter().map(|file| self.partitioned_file(file)).collect::<Vec<_>>();
        let statistics = files.iter().filter_map(|file| file.statistics.as_deref());
        let statistics = Statistics::try_merge_iter(statistics, self.source.table_schema())?;
        let files = files.into_iter().map(Self::without_small_statistics).collect();
        let groups = FileGroup::new(files).split_files(state.config().target_partitions());
        let config = FileScanConfigBuilder::new(url, Arc::new(source))
            .with_file_groups(groups)
            .with_statistics(statistics)
            .with_projection_indices(projection.cloned())?
            .with_limit(limit)
            .build();
        Ok(DataSourceExec::from_data_source(config))
    }
}

#[async_trait]
impl TableProvider for FileTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn statistics(&self) -> Option<Statistics> {
        let mut statistics = Statistics::new_unknown(&self.schema);
        statistics.num_rows = Precision::Exact(self.files.iter().map(|file| file.rows as usize).sum());
        Some(statistics)
    }

    fn supports_filters_pushdown(&self, filters: &[&Expr]) -> Result<Vec<TableProviderFilterPushDown>> {
        Ok(filters
            .iter()
            .map(|filter| match self.is_of_day(filter) {
                true => TableProviderFilterPushDown::Exact,
                false => TableProviderFilterPushDown::Inexact,
            })
            .collect())
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        // `dt` is the last column of every partitioned table, so the file's columns keep their places.
        debug_assert_eq!(self.schema.fields(), self.source.table_schema().fields());
        let (days, others): (Vec<_>, Vec<_>) =
            filters.iter().cloned().partition(|filter| self.is_of_day(filter));
        let others = others.into_iter().filter(Self::is_plain).collect();
        let files = self.of_days(self.predicate(state, days)?)?;
        let files = self.in_range(files, self.predicate(state, others)?)?;
        if files.is_empty() {
            let schema = match projection {
                Some(columns) => Arc::new(self.schema.project(columns)?),
                None => self.schema.clone(),
            };
            return Ok(Arc::new(EmptyExec::new(schema)));
        }
        self.plan(state, &files, projection, limit)
    }
}

/// The files' statistics, as pruning asks for them.
struct Ranges<'a>(&'a [&'a DataFile]);

impl Ranges<'_> {
    fn bounds(&self, column: &Column, bound: impl Fn(&(i64, i64)) -> i64) -> Option<ArrayRef> {
        if column.name == "dt" && self.0.iter().all(|file| file.dt.is_some()) {
            return Some(Arc::new(Date32Array::from_iter(self.0.iter().map(|file| file.dt))));
        }
        let known =
            self.0.iter().map(|file| file.ranges.get(&column.name).map(&bound)).collect::<Int64Array>();
        (known.null_count() < known.len()).then(|| Arc::new(known) as ArrayRef)
    }
}

impl PruningStatistics for Ranges<'_> {
    fn min_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |(least, _)| *least)
    }

    fn max_values(&self, column: &Column) -> Option<ArrayRef> {
        self.bounds(column, |(_, greatest)| *greatest)
    }

    fn num_containers(&self) -> usize {
        self.0.len()
    }

    fn null_counts(&self, _column: &Column) -> Option<ArrayRef> {
        None
    }

    fn row_counts(&self) -> Option<ArrayRef> {
        Some(Arc::new(UInt64Array::from_iter_values(self.0.iter().map(|file| file.rows))))
    }

    fn contained(&self, _column: &Column, _values: &HashSet<ScalarValue>) -> Option<BooleanArray> {
        None
    }
}
