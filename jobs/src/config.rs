//! Configuration: defaults, then `ttt.toml`, then `TTT_*` variables, then flags.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use reconcile::schedule::{FeeMode, FeeRule, PartyAlias, Rules, Schedule};
use schemas::money::{self, Rate};
use schemas::{did, time};
use serde::Deserialize;

use crate::failure::{Failure, Outcome};

/// Everything that can be configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// URL or path of the landing area.
    pub landing: String,
    /// URL or path of the warehouse.
    pub warehouse: String,
    /// Folder of the SQL models and audits; found beside the program's sources where not given.
    pub sql: Option<PathBuf>,
    /// Folder of the job definitions.
    pub jobs: Option<PathBuf>,
    /// Folder for what a query spills; the system's temporary folder where not given.
    pub spill: Option<PathBuf>,
    /// Memory for sorting, joining and grouping, in MiB.
    pub memory_mib: usize,
    /// Threads; all cores where not given.
    pub threads: Option<usize>,
    pub reconcile: Reconcile,
    pub route: Route,
    pub fees: Vec<Fee>,
    pub party_alias: Vec<Alias>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reconcile {
    /// How long a side may lag behind another, in hours.
    pub lag_hours: u32,
    /// How long an escrow may stay open, in days.
    pub age_limit_days: u32,
    /// Open breaks above which a night ends with exit code 4; unlimited where not given.
    pub breaks_max: Option<u64>,
    /// Escrows judged at once: more are divided into shards.
    pub escrows_per_shard: u64,
}

/// What routes are estimated from.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Route {
    /// Days of probes that an estimate is made of, its own day among them; each counts the same.
    pub window_days: u32,
    /// Playback sessions held at once: more are divided into shards.
    pub sessions_per_shard: u64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fee {
    #[serde(rename = "type")]
    pub kind: String,
    pub effective_from: String,
    pub mode: String,
    pub rate: Option<String>,
    pub fixed: Option<String>,
    pub currency: Option<String>,
    pub account: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    pub from: String,
    pub to: String,
    pub effective_from: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            landing: "data-samples".to_owned(),
            warehouse: "warehouse".to_owned(),
            sql: None,
            jobs: None,
            spill: None,
            memory_mib: 384,
            threads: None,
            reconcile: Reconcile::default(),
            route: Route::default(),
            fees: Vec::new(),
            party_alias: Vec::new(),
        }
    }
}

impl Default for Reconcile {
    fn default() -> Self {
        Self { lag_hours: 24, age_limit_days: 7, breaks_max: None, escrows_per_shard: 131_072 }
    }
}

impl Default for Route {
    fn default() -> Self {
        Self { window_days: 7, sessions_per_shard: 4_194_304 }
    }
}

impl Config {
    /// Reads the file (`ttt.toml` in the working folder, if it is there) and the variables.
    pub fn load(path: Option<&Path>) -> Outcome<Self> {
        let chosen = path.map(Path::to_owned).or_else(|| std::env::var_os("TTT_CONFIG").map(PathBuf::from));
        let file = chosen.clone().unwrap_or_else(|| PathBuf::from("ttt.toml"));
        let text = match std::fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && chosen.is_none() => String::new(),
            Err(error) => return Err(Failure::usage(format!("{}: {error}", file.display()))),
        };
        let wrong = |error: toml::de::Error| Failure::usage(format!("{}: {error}", file.display()));
        let mut table: toml::Table = text.parse().map_err(wrong)?;
        for (name, value) in std::env::vars() {
            if let Some(key) = name.strip_prefix("TTT_").filter(|key| *key != "CONFIG") {
                set(&mut table, &key.to_ascii_lowercase(), &value);
            }
        }
        let config: Self = table.try_into().map_err(wrong)?;
        config
            .rules()
            .map_err(|failure| Failure::usage(format!("{}: {}", file.display(), failure.message)))?;
        Ok(config)
    }

    /// The threads to use.
    pub fn threads(&self) -> usize {
        let cores = || std::thread::available_parallelism().map_or(1, |count| count.get());
        self.threads.filter(|count| *count > 0).unwrap_or_else(cores)
    }

    /// The judge's rules.
    pub fn rules(&self) -> Outcome<Rules> {
        let mut rules = Rules::default();
        rules.lag = i64::from(self.reconcile.lag_hours) * time::HOUR;
        rules.age_limit = i64::from(self.reconcile.age_limit_days) * time::DAY;
        if !self.fees.is_empty() {
            let lines = self.fees.iter().map(Fee::rule).collect::<Outcome<Vec<_>>>()?;
            rules.schedule = Schedule::new(lines);
        }
        rules.party_aliases = self.party_alias.iter().map(Alias::alias).collect::<Outcome<_>>()?;
        Ok(rules)
    }

    /// The folder of models and audits.
    pub fn sql_folder(&self) -> Outcome<PathBuf> {
        find_folder(self.sql.as_deref(), "sql", "silver")
    }

    /// The folder of job definitions.
    pub fn jobs_folder(&self) -> Outcome<PathBuf> {
        find_folder(self.jobs.as_deref(), "jobs", "nightly.toml")
    }
}

/// A folder of the project that is read at run time: as configured, else below the working folder, else
/// beside the program, else among its sources.
fn find_folder(configured: Option<&Path>, name: &str, marker: &str) -> Outcome<PathBuf> {
    if let Some(folder) = configured {
        return match folder.is_dir() {
            true => Ok(folder.to_owned()),
            false => Err(Failure::usage(format!("{}: no such folder", folder.display()))),
        };
    }
    let program = std::env::current_exe().ok();
    let beside = program.iter().flat_map(|program| program.ancestors().skip(1).take(4)).map(Path::to_owned);
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned);
    let candidates = std::iter::once(PathBuf::from(".")).chain(beside).chain(sources);
    let found = candidates.map(|folder| folder.join(name)).find(|folder| folder.join(marker).exists());
    found.ok_or_else(|| {
        Failure::usage(format!("no folder `{name}` was found"))
            .with_hint(format!("name it by `{name}` in ttt.toml or TTT_{}", name.to_ascii_uppercase()))
    })
}

/// Sets a key from a variable: `reconcile_lag_hours` is `lag_hours` in `[reconcile]`, `route_…` likewise.
fn set(table: &mut toml::Table, key: &str, text: &str) {
    let value = match text.parse::<i64>() {
        Ok(number) => toml::Value::Integer(number),
        Err(_) => toml::Value::String(text.to_owned()),
    };
    let sections = ["reconcile", "route"];
    let in_section =
        |section: &str| Some((section.to_owned(), key.strip_prefix(section)?.strip_prefix('_')?));
    match sections.into_iter().find_map(in_section) {
        Some((section, key)) => {
            let section = table.entry(section).or_insert_with(|| toml::Value::Table(toml::Table::new()));
            if let Some(section) = section.as_table_mut() {
                section.insert(key.to_owned(), value);
            }
        }
        // Texts stay texts, even where they look like numbers.
        None if matches!(key, "landing" | "warehouse" | "sql" | "jobs" | "spill") => {
            table.insert(key.to_owned(), toml::Value::String(text.to_owned()));
        }
        None if matches!(key, "memory_mib" | "threads") => {
            table.insert(key.to_owned(), value);
        }
        None => {}
    }
}

fn day(text: &str, place: &str) -> Outcome<i32> {
    let parsed: Result<NaiveDate, _> = text.parse();
    parsed.map(time::days).map_err(|_| Failure::usage(format!("{place}: effective_from {text:?} is no date")))
}

impl Fee {
    fn rule(&self) -> Outcome<FeeRule> {
        let place = format!("[[fees]] {}", self.kind);
        let wrong = |what: &str| Failure::usage(format!("{place}: {what}"));
        let digits = match &self.currency {
            None => money::SCALE,
            Some(code) => money::exponent(code).ok_or_else(|| wrong("its currency is not known"))?,
        };
        let fixed = self.fixed.as_deref().unwrap_or("0");
        let fixed =
            money::parse(fixed.as_bytes(), digits).map_err(|error| wrong(&format!("fixed: {error}")))?;
        let mode = match (self.mode.as_str(), &self.rate) {
            ("recorded", _) => FeeMode::Recorded,
            ("computed", Some(rate)) => {
                let rate = Rate::parse(rate).map_err(|error| wrong(&format!("rate: {error}")))?;
                FeeMode::Computed { rate, fixed }
            }
            ("computed", None) => return Err(wrong("a computed fee has a rate")),
            _ => return Err(wrong("mode is computed or recorded")),
        };
        Ok(FeeRule {
            kind: self.kind.clone(),
            effective_from: day(&self.effective_from, &place)?,
            currency: self.currency.clone(),
            account: self.account.clone(),
            mode,
        })
    }
}

impl Alias {
    fn alias(&self) -> Outcome<PartyAlias> {
        let place = "[[party_alias]]";
        if !did::is_did(&self.from) || !did::is_did(&self.to) {
            return Err(Failure::usage(format!("{place}: from and to are DIDs")));
        }
        let effective_from = day(&self.effective_from, place)?;
        Ok(PartyAlias { from: self.from.clone(), to: self.to.clone(), effective_from })
    }
}
