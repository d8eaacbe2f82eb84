//! SQL models: one SELECT a file makes one table, in an order that follows from what they read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use arrow::datatypes::DataType;
use chrono::NaiveDate;
use schemas::table::{Layer, Table};

use crate::keys::KeyColumn;
use crate::produce::{Beside, produce};
use crate::query::{Parameter, Query, Values};
use crate::{Error, Result, Session};

/// The models below one root, each after those that it reads.
#[derive(Debug, Default)]
pub struct Models(Vec<Model>);

/// One file `sql/<layer>/<table>.sql`.
///
/// Its head is comment lines: `-- grain: …`, `-- key: a, b` (a `?` behind a column says that it may be null).
/// Where the work is divided, `-- shards: <Int64 column>`: then it reads only rows whose column lies
/// `BETWEEN $shard_from AND $shard_to`. Where the same SELECT makes a second table,
/// `-- beside: <table> where <column>, else <column>`: rows in which the first column, the SELECT's last, is
/// not null go into that table; rows in which the second is not null make the model's own. `$dt` is the day;
/// what else a model may ask for is up to who runs it.
#[derive(Debug)]
pub struct Model {
    pub table: &'static Table,
    pub path: PathBuf,
    pub grain: String,
    pub key: Vec<KeyColumn>,
    pub shards: Option<String>,
    /// A second table that the same SELECT makes.
    pub beside: Option<Beside>,
    query: Query,
}

/// What a run has written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub rows: u64,
    /// Rows that its scans have read.
    pub scanned: u64,
    pub version: u64,
}

impl Models {
    /// Reads `<root>/<layer>/<table>.sql` of every layer. Messages name the file at fault.
    pub fn load(root: &Path) -> Result<Self> {
        let mut models = BTreeMap::new();
        for layer in Layer::ALL {
            for path in sql_files(&root.join(layer.name()))? {
                let model = Model::load(layer, &path)
                    .map_err(|error| Error::invalid(format!("{}: {error}", path.display())))?;
                models.insert(model.table.sql_name(), model);
            }
        }
        let order = order(&models)?;
        Ok(Self(order.iter().filter_map(|name| models.remove(name)).collect()))
    }

    /// The models, each after those that it reads.
    pub fn iter(&self) -> impl Iterator<Item = &Model> {
        self.0.iter()
    }

    /// The model of an SQL name such as `silver.breaks`.
    pub fn get(&self, sql_name: &str) -> Option<&Model> {
        self.0.iter().find(|model| model.table.sql_name() == sql_name)
    }
}

impl Model {
    /// The tables that it reads.
    pub fn inputs(&self) -> &[&'static Table] {
        &self.query.tables
    }

    /// Whether it has a parameter, named with its dollar sign.
    pub fn asks(&self, parameter: &str) -> bool {
        self.query.parameters.contains(parameter)
    }

    /// The tables that it writes.
    pub fn outputs(&self) -> Vec<&'static Table> {
        std::iter::once(self.table).chain(self.beside.as_ref().map(|beside| beside.table)).collect()
    }

    /// Runs it for a day and puts the result in the place of that day (or of the whole table, where it has no
    /// partitions) in one commit, after that of the table beside; then the session sees both.
    ///
    /// With `shards` above one a sharded model runs once a shard, as many at once as there are threads. Rows that do not fit the
    /// table exactly, a null in the key and a key that stands twice are errors, and nothing is committed.
    pub async fn run(
        &self,
        session: &Session,
        dt: NaiveDate,
        values: &Values,
        shards: u32,
    ) -> Result<Written> {
        let named = |error| match error {
            Error::Invalid(message) => Error::Invalid(format!("{}: {message}", self.path.display())),
            other => other,
        };
        let ranges = ranges(if self.shards.is_some() { shards.max(1) } else { 1 });
        // Shards run side by side, each in one piece: none of them divides and joins its rows again.
        let planned = if ranges.len() > 1 { &session.undivided() } else { session };
        let mut plans = Vec::new();
        for (from, to) in ranges {
            let values = values
                .clone()
                .with("$shard_from", Parameter::Integer(from))
                .with("$shard_to", Parameter::Integer(to));
            plans.push(self.query.plan(planned, &values).await.map_err(named)?);
        }
        let produced =
            produce(session, self.table, dt, &self.key, self.beside.as_ref(), plans).await.map_err(named)?;
        let operation = format!("model {}", self.table.sql_name());
        let day = |table: &Table| table.partitioned.then_some(dt);
        if let Some(Beside { table, .. }) = &self.beside {
            session.lake().replace(table, day(table), produced.beside, &operation).await?;
            session.refresh_table(table).await?;
        }
        let version = session.lake().replace(self.table, day(self.table), produced.files, &operation).await?;
        session.refresh_table(self.table).await?;
        Ok(Written { rows: produced.rows, scanned: produced.scanned, version })
    }

    fn load(layer: Layer, path: &Path) -> Result<Self> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{}.{stem}", layer.name());
        let table =
            schemas::table(&name).ok_or_else(|| Error::invalid(format!("{name} is no known table")))?;
        let sql = std::fs::read_to_string(path).map_err(Error::invalid)?;
        let head = head(&sql);
        let entry = |name: &str| {
            head.get(name).ok_or_else(|| Error::invalid(format!("its head has no `-- {name}: …`")))
        };
        let key = entry("key")?.split(',').map(KeyColumn::parse).collect::<Vec<_>>();
        if !key.iter().map(|column| column.name.as_str()).eq(table.key.iter().copied()) {
            let message =
                format!("its key is {}, but that of {name} is {}", entry("key")?, table.key.join(", "));
            return Err(Error::Invalid(message));
        }
        let query = Query::parse(&sql)?;
        let shards = head.get("shards").cloned();
        check_shards(&query, shards.as_deref())?;
        let beside = head.get("beside").map(|text| Beside::parse(text)).transpose()?;
        Ok(Self { table, path: path.to_owned(), grain: entry("grain")?.clone(), key, shards, beside, query })
    }
}

/// The `.sql` files of a folder, by name; none if there is no such folder.
pub(crate) fn sql_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| Error::invalid(format!("{}: {error}", folder.display())))?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// The entries of the comment lines at the start.
fn head(sql: &str) -> BTreeMap<String, String> {
    sql.lines()
        .map_while(|line| line.trim().strip_prefix("--"))
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

fn check_shards(query: &Query, shards: Option<&str>) -> Result<()> {
    let sharded = ["$shard_from", "$shard_to"];
    let used = sharded.iter().filter(|name| query.parameters.contains(**name)).count();
    match shards {
        Some(_) if used < 2 => {
            Err(Error::invalid("its head has shards, so it must use $shard_from and $shard_to"))
        }
        None if used > 0 => {
            Err(Error::invalid("it uses $shard_from or $shard_to, so its head must have `-- shards: …`"))
        }
        Some(column) => {
            let is_column = |table: &&Table| {
                table
                    .schema()
                    .field_with_name(column)
                    .is_ok_and(|field| field.data_type() == &DataType::Int64)
            };
            match query.tables.iter().any(is_column) {
                true => Ok(()),
                false => Err(Error::invalid(format!("{column} is no Int64 column of a table that it reads"))),
            }
        }
        None => Ok(()),
    }
}

/// The names, each after those that it reads. Reading its own table, a model reads what earlier nights wrote.
fn order(models: &BTreeMap<String, Model>) -> Result<Vec<String>> {
    let mut ordered: Vec<String> = Vec::new();
    let mut waiting = models.keys().cloned().collect::<Vec<_>>();
    while !waiting.is_empty() {
        let is_ready = |name: &String| {
            let inputs = models[name].query.tables.iter().map(|table| table.sql_name());
            inputs
                .into_iter()
                .all(|input| input == *name || !models.contains_key(&input) || ordered.contains(&input))
        };
        let (ready, blocked): (Vec<_>, Vec<_>) = waiting.iter().cloned().partition(is_ready);
        if ready.is_empty() {
            let files =
                blocked.iter().map(|name| models[name].path.display().to_string()).collect::<Vec<_>>();
            return Err(Error::invalid(format!("these models wait for each other: {}", files.join(", "))));
        }
        ordered.extend(ready);
        waiting = blocked;
    }
    Ok(ordered)
}

/// All 64-bit integers in so many ranges of one length, bounds included.
pub fn ranges(count: u32) -> Vec<(i64, i64)> {
    let bound = |i: u32| (i128::from(i64::MIN) + (1i128 << 64) * i128::from(i) / i128::from(count)) as i64;
    (0..count).map(|i| (bound(i), if i + 1 == count { i64::MAX } else { bound(i + 1) - 1 })).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_cover_all_integers_once() {
        assert_eq!(ranges(1), [(i64::MIN, i64::MAX)]);
        for count in [2, 3, 7, 1000] {
            let ranges = ranges(count);
            assert_eq!((ranges[0].0, ranges[ranges.len() - 1].1), (i64::MIN, i64::MAX));
            assert!(ranges.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0), "{count}");
        }
    }
}
