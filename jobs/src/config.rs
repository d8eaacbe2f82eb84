//! Configuration: defaults, then `ttt.toml`, then `TTT_*` variables, then flags.

use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use reconcile::schedule::{FeeMode, FeeRule, PartyAlias, Rules, Schedule};
use schemas::money::{self, Rate};
use schemas::{did, time};
use serde::Deserialize;

use crate::failure::{Failure, Outcome};
use crate::grading::settings::Quality;
use crate::routing;
use crate::serve::settings::Serve;
use crate::variables;

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
    /// File of the privacy policy; `policies/privacy.toml` beside the jobs where not given.
    pub privacy: Option<PathBuf>,
    /// Folder for what a query spills; the system's temporary folder where not given.
    pub spill: Option<PathBuf>,
    /// Memory for sorting, joining and grouping, in MiB.
    pub memory_mib: usize,
    /// Threads; all cores where not given.
    pub threads: Option<usize>,
    pub reconcile: Reconcile,
    pub route: Route,
    pub cache: Cache,
    pub serve: Serve,
    pub reports: Reports,
    pub pseudonyms: Pseudonyms,
    pub quality: Quality,
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
    /// Currency of the plan; that of most nodes where not given.
    pub currency: Option<String>,
    /// Share of a node's capacity that planned peaks may take.
    pub capacity_share: f64,
    /// The same while a node or a provider is lost.
    pub capacity_share_loss: f64,
    /// What a millisecond of mean round trip is worth, a gigabyte, in the plan's currency.
    pub rtt_price: String,
    /// What a millisecond of the 95th percentile above `tail_limit_ms` is worth, a gigabyte.
    pub tail_price: String,
    pub tail_limit_ms: f64,
    /// What it is worth to leave a gigabyte where the plan before sent it.
    pub move_price: String,
    /// Whether the share of slow traffic is bounded.
    pub slow_bounded: bool,
    /// Share of the traffic that may be slower than `slow_rtt_ms`.
    pub slow_share_max: f64,
    /// Limit of a slow round trip; the least 95th percentile of the baselines where not given.
    pub slow_rtt_ms: Option<f64>,
    /// Nodes of a cell that the flow begins with.
    pub arcs_per_cell: usize,
    /// Fallbacks that a cell has at least, where there are nodes.
    pub fallbacks: usize,
    /// Effective samples below which the off-policy estimate is refused.
    pub effective_samples_min: f64,
    /// As many probes an estimate counts for when a day is judged by its own.
    pub prior_probes: f64,
    /// Days for which demand, estimates or an inventory stay in force when a day has none.
    pub carry_days: u32,
    pub rate: Vec<RouteRate>,
    pub provider: Vec<RouteProvider>,
}

/// What one unit of a currency is worth in the plan's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteRate {
    pub currency: String,
    pub rate: String,
}

/// What is agreed with a provider of nodes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteProvider {
    pub provider: String,
    /// What it carries at most at the peak, in gigabits a second.
    pub cap_gbps: Option<f64>,
    #[serde(default)]
    pub tier: Vec<RouteTier>,
}

/// A part of a provider's traffic that costs more than the price of its nodes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RouteTier {
    /// Gigabytes of the day from which it counts.
    pub from_gb: f64,
    pub surcharge_per_gb: String,
}

/// How caches are planned.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Cache {
    /// Share of a cache that pinned contents may fill.
    pub pin_share: f64,
    /// Share of a cache that may be fetched ahead each day.
    pub prefetch_share: f64,
    /// Bytes found more for each byte fetched ahead, below which nothing is.
    pub prefetch_return_min: f64,
    /// Share of all bytes that another policy than LRU must find more.
    pub gain_min: f64,
    /// Times to live to choose from, in seconds, the shortest first.
    pub ttl_seconds: Vec<u32>,
    /// Share of all bytes that a shorter time to live may cost, of what is gained over LRU.
    pub ttl_loss_max: f64,
    /// Objects of a node that are replayed: of more, a sample is.
    pub objects_max: usize,
    /// Requests of a node, in two days, that are replayed.
    pub requests_max: usize,
    /// Requests of a node that its curves are drawn from.
    pub curve_requests_max: usize,
}

/// How the creators' reports are exported.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reports {
    /// Folder or URL; `reports` below the warehouse where not given.
    pub out: Option<String>,
    pub formats: Vec<insights::report::Format>,
    /// How a month is divided: day, week or month.
    pub by: String,
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
            privacy: None,
            spill: None,
            memory_mib: 384,
            threads: None,
            reconcile: Reconcile::default(),
            route: Route::default(),
            cache: Cache::default(),
            serve: Serve::default(),
            reports: Reports::default(),
            pseudonyms: Pseudonyms::default(),
            quality: Quality::default(),
            fees: Vec::new(),
            party_alias: Vec::new(),
        }
    }
}

impl Default for Reconcile {
    fn default() -> Self {
        Self { lag_hours: 24, age_limit_days: 7, breaks_max: None, escrows_per_shard: 65_536 }
    }
}

impl Default for Route {
    fn default() -> Self {
        Self {
            window_days: 7,
            sessions_per_shard: 4_194_304,
            currency: None,
            capacity_share: 0.8,
            capacity_share_loss: 1.0,
            rtt_price: "0.00002".to_owned(),
            tail_price: "0.00002".to_owned(),
            tail_limit_ms: 100.0,
            move_price: "0.0005".to_owned(),
            slow_bounded: true,
            slow_share_max: 0.0475,
            slow_rtt_ms: None,
            arcs_per_cell: 16,
            fallbacks: 2,
            effective_samples_min: 100.0,
            prior_probes: 20.0,
            carry_days: 7,
            rate: Vec::new(),
            provider: Vec::new(),
        }
    }
}

/// Under which names viewers stand where their own must not.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Pseudonyms {
    /// The file of keys, apart from the data; without one there are no pseudonyms and no erasures.
    pub keys: Option<PathBuf>,
    /// Days after a month's end in which its late data is waited for: then its key is destroyed.
    pub late_days: u32,
}

impl Default for Pseudonyms {
    fn default() -> Self {
        Self { keys: None, late_days: 7 }
    }
}

impl Default for Reports {
    fn default() -> Self {
        Self { out: None, formats: insights::report::Format::ALL.to_vec(), by: "day".to_owned() }
    }
}

impl Default for Cache {
    fn default() -> Self {
        Self {
            pin_share: 0.05,
            prefetch_share: 0.02,
            prefetch_return_min: 0.5,
            gain_min: 0.001,
            ttl_seconds: vec![3_600, 14_400, 43_200, 86_400, 604_800],
            ttl_loss_max: 0.002,
            objects_max: 500_000,
            requests_max: 2_000_000,
            curve_requests_max: 200_000,
        }
    }
}

impl Cache {
    /// Refuses what no plan can be made by.
    fn check(&self) -> Outcome<()> {
        let shares = [
            ("pin_share", self.pin_share),
            ("prefetch_share", self.prefetch_share),
            ("gain_min", self.gain_min),
            ("ttl_loss_max", self.ttl_loss_max),
        ];
        if let Some((name, share)) = shares.into_iter().find(|(_, share)| !(0.0..=1.0).contains(share)) {
            return Err(Failure::usage(format!("[cache] {name} is a share between 0 and 1, not {share}")));
        }
        if self.pin_share + self.prefetch_share > 1.0 {
            return Err(Failure::usage(
                "[cache] pin_share and prefetch_share together are more than the cache",
            ));
        }
        if !(self.prefetch_return_min.is_finite() && self.prefetch_return_min >= 0.0) {
            return Err(Failure::usage("[cache] prefetch_return_min is zero or above"));
        }
        if self.ttl_seconds.is_empty() || !self.ttl_seconds.is_sorted() || self.ttl_seconds[0] == 0 {
            return Err(Failure::usage("[cache] ttl_seconds lists times above zero, the shortest first"));
        }
        if [self.objects_max, self.requests_max, self.curve_requests_max].contains(&0) {
            return Err(Failure::usage(
                "[cache] objects_max, requests_max and curve_requests_max are above zero",
            ));
        }
        Ok(())
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
        let wrong = |error: &dyn std::fmt::Display| {
            Failure::usage(format!("{}: {}", file.display(), error.to_string().trim_end()))
        };
        let table: toml::Table = text.parse().map_err(|error: toml::de::Error| wrong(&error))?;
        let variables = variables::given()?;
        variables::above(&table, &variables, &Self::read).map_err(|fault| match fault {
            variables::Fault::OfFile(failure) => wrong(&failure.message),
            variables::Fault::OfVariables(failure) => failure,
        })
    }

    /// What a table says, if a night can be run by it.
    pub fn read(table: toml::Table) -> Outcome<Self> {
        let config: Self = table.try_into().map_err(|error: toml::de::Error| {
            Failure::usage(error.to_string().trim_end().replace('\n', " "))
        })?;
        routing::settings::Rules::of(&config.route)?;
        config.rules()?;
        config.cache.check()?;
        config.quality.check()?;
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

    /// The file of the privacy policy.
    pub fn privacy_file(&self) -> Outcome<PathBuf> {
        match &self.privacy {
            Some(path) => Ok(path.clone()),
            None => Ok(self.jobs_folder()?.join("policies").join("privacy.toml")),
        }
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
