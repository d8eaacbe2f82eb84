//! `ttt replay cache`: a trace of requests through caches of some sizes and policies.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use delivery::cache::{Admission, Bound, Policy, Simulation, Tally};
use serde::Serialize;

use super::sizes;
use super::trace::Trace;
use crate::aligned;
use crate::cli::Global;
use crate::failure::{Failure, Outcome};

#[derive(Debug, Args)]
pub struct CacheArguments {
    /// A trace in libCacheSim's oracleGeneral format, plain, .gz or .zst
    #[arg(long, value_name = "FILE")]
    pub trace: PathBuf,
    /// LRU, FIFO, SIEVE, S3-FIFO, W-TinyLFU, Belady, bound (FOO-L, for bytes), several, or all
    #[arg(long, value_name = "POLICY", required = true, value_delimiter = ',', value_parser = policies)]
    pub policy: Vec<Policies>,
    /// Size of the cache, such as 512MiB; several for a curve
    #[arg(long, value_name = "SIZE", required = true, value_delimiter = ',', value_parser = sizes::bytes)]
    pub bytes: Vec<u64>,
    /// What is let in: ALL, SECOND_HIT, or SIZE:BYTES for objects up to a size
    #[arg(long, value_name = "RULE", default_value = "ALL", value_parser = admission)]
    pub admission: Admission,
}

/// One policy, or all.
#[derive(Debug, Clone)]
pub struct Policies(Vec<Policy>);

fn policies(text: &str) -> Result<Policies, String> {
    if text.eq_ignore_ascii_case("all") {
        return Ok(Policies(Policy::ALL.to_vec()));
    }
    let known = || Policy::ALL.map(Policy::name).join(", ");
    let policy =
        Policy::named(text).ok_or_else(|| format!("no such policy; there are {}, and all", known()))?;
    Ok(Policies(vec![policy]))
}

fn admission(text: &str) -> Result<Admission, String> {
    let upper = text.to_ascii_uppercase().replace('-', "_");
    match (upper.as_str(), upper.strip_prefix("SIZE:")) {
        ("ALL", _) => Ok(Admission::All),
        ("SECOND_HIT", _) => Ok(Admission::SecondHit),
        (_, Some(size)) => sizes::bytes(size).map(Admission::Size),
        _ => Err("a rule of admission is ALL, SECOND_HIT or SIZE:BYTES".to_owned()),
    }
}

/// A cache, and how long it has taken.
struct Runner {
    policy: Policy,
    cache_bytes: u64,
    simulation: Box<dyn Simulation + Send>,
    taken: Duration,
}

/// What came of one policy in a cache of one size.
#[derive(Debug, Serialize)]
struct Found {
    policy: &'static str,
    admission: String,
    cache_bytes: u64,
    requests: u64,
    hits: Option<u64>,
    hit_bytes: u64,
    request_miss_ratio: Option<f64>,
    byte_miss_ratio: Option<f64>,
    requests_per_second: f64,
}

#[derive(Debug, Serialize)]
struct Report {
    trace: PathBuf,
    requests: u64,
    objects: usize,
    bytes: u64,
    /// Requests of no bytes, which are left out.
    requests_left_out: u64,
    results: Vec<Found>,
}

/// Replays the trace and prints what came of it.
pub async fn run(global: &Global, arguments: &CacheArguments) -> Outcome<()> {
    let (trace, bytes, admission) = (arguments.trace.clone(), arguments.bytes.clone(), arguments.admission);
    let mut policies: Vec<Policy> = Vec::new();
    for policy in arguments.policy.iter().flat_map(|policies| &policies.0) {
        if !policies.contains(policy) {
            policies.push(*policy);
        }
    }
    let replayed = tokio::task::spawn_blocking(move || replay(trace, &policies, &bytes, admission));
    let (report, note) = replayed.await??;
    if let Some(note) = note.filter(|_| !global.quiet) {
        eprintln!("{note}");
    }
    match global.json {
        true => aligned::print_json(&report),
        false => aligned::print(&text(&report)),
    }
}

fn replay(
    path: PathBuf,
    policies: &[Policy],
    sizes: &[u64],
    admission: Admission,
) -> Outcome<(Report, Option<String>)> {
    let mut trace = Trace::open(&path)?;
    // A bound must know how small its objects can be before it begins.
    let least = if policies.contains(&Policy::Bound) { least_sizes(&path)? } else { Vec::new() };
    let simulation = |policy: Policy, cache_bytes| -> Box<dyn Simulation + Send> {
        match policy {
            Policy::Bound => Box::new(Bound::with_least(cache_bytes, &least)),
            _ => policy.simulation(cache_bytes, admission),
        }
    };
    let pairs = policies.iter().flat_map(|policy| sizes.iter().map(|bytes| (*policy, *bytes)));
    let runner = |(policy, cache_bytes): (Policy, u64)| Runner {
        policy,
        cache_bytes,
        simulation: simulation(policy, cache_bytes),
        taken: Duration::ZERO,
    };
    let mut runners: Vec<Runner> = pairs.map(runner).collect();
    let (mut requests, mut reading) = (Vec::new(), Duration::ZERO);
    loop {
        let clock = Instant::now();
        let is_more = trace.read(&mut requests)?;
        reading += clock.elapsed();
        for runner in &mut runners {
            let clock = Instant::now();
            runner.simulation.run(&requests, trace.records.objects());
            runner.taken += clock.elapsed();
        }
        if !is_more {
            break;
        }
    }
    let records = &trace.records;
    let note = match &records.contradiction {
        Some(why) if policies.iter().any(|policy| policy.knows_the_future()) => {
            return Err(Failure::refused(format!("{}: {why}", path.display())).with_hint(
                "Belady and the bound need next accesses that hold; the other policies do not read them",
            ));
        }
        Some(why) => Some(format!("note: {why}; the policies asked for do not read next accesses")),
        None => None,
    };
    let total = runners.first().map_or(Tally::default(), |runner| runner.simulation.tally());
    if total.requests == 0 {
        return Err(Failure::refused(format!("{}: every request is of no bytes", path.display())));
    }
    let found = |runner: &Runner| found(runner, admission, reading);
    let report = Report {
        requests: total.requests,
        objects: records.objects(),
        bytes: total.bytes,
        requests_left_out: records.empty,
        results: runners.iter().map(found).collect(),
        trace: path,
    };
    Ok((report, note))
}

/// The least size that each object is asked for with.
fn least_sizes(path: &Path) -> Outcome<Vec<u64>> {
    let (mut trace, mut requests) = (Trace::open(path)?, Vec::new());
    let mut least: Vec<u64> = Vec::new();
    loop {
        let is_more = trace.read(&mut requests)?;
        least.resize(trace.records.objects(), u64::MAX);
        for request in &requests {
            let least = &mut least[request.object as usize];
            *least = request.bytes.min(*least);
        }
        if !is_more {
            return Ok(least);
        }
    }
}

/// The rate counts the reading of the trace in, as if the cache had been the only one.
fn found(runner: &Runner, admission: Admission, reading: Duration) -> Found {
    let tally = runner.simulation.tally();
    let is_bound = runner.policy == Policy::Bound;
    Found {
        policy: runner.policy.name(),
        // The bound lets in what it likes.
        admission: if is_bound { Admission::All } else { admission }.to_string(),
        cache_bytes: runner.cache_bytes,
        requests: tally.requests,
        hits: (!is_bound).then_some(tally.hits),
        hit_bytes: tally.hit_bytes,
        request_miss_ratio: tally.miss_ratio().filter(|_| !is_bound),
        byte_miss_ratio: tally.byte_miss_ratio(),
        requests_per_second: tally.requests as f64 / (reading + runner.taken).as_secs_f64().max(1e-9),
    }
}

fn text(report: &Report) -> String {
    let ratio = |ratio: Option<f64>| ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.4}"));
    let header = ["policy", "admission", "cache bytes", "requests missed", "bytes missed", "requests/s"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(report.results.iter().map(|found| {
        vec![
            found.policy.to_owned(),
            found.admission.clone(),
            found.cache_bytes.to_string(),
            ratio(found.request_miss_ratio),
            ratio(found.byte_miss_ratio),
            format!("{:.0}", found.requests_per_second),
        ]
    }));
    let left_out = match report.requests_left_out {
        0 => String::new(),
        count => format!(", {count} requests of no bytes left out"),
    };
    format!(
        "{}: {} requests, {} objects, {} bytes{left_out}\n{}",
        report.trace.display(),
        report.requests,
        report.objects,
        report.bytes,
        aligned::aligned(&rows, 2)
    )
}
