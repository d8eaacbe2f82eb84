//! The work of one step of a job on one day.

use std::path::PathBuf;
use std::sync::Arc;

use chrono::NaiveDate;
use reconcile::schedule::Rules;
use schemas::bronze::{CDN_REQUESTS, CONTENTS, ESCROW_EVENTS, LEDGER_ENTRIES, NODES, PLAYBACKS};
use schemas::routes::{ROUTE_DEMAND, ROUTE_ESTIMATES, ROUTE_EXCLUSIONS, ROUTE_PROBES};
use schemas::routes_gold::{ROUTE_PLAN, ROUTE_SUMMARY};
use schemas::silver::{LEDGER_FINDINGS, LEDGER_HEADS, RECONCILIATION};
use schemas::source::Source;
use schemas::subscriptions::SUBSCRIPTION_PAYMENTS;
use schemas::table::Table;
use schemas::time;
use tokio::sync::OnceCell;
use warehouse::{Limits, Models, Parameter, Session};

use crate::config::{Cache, Config, Route};
use crate::failure::{Failure, Kind, Outcome};
use crate::grading::settings::Quality;
use crate::ingest::{self, Context, Ingested};
use crate::job::Work;
use crate::ledger::files::Files;
use crate::lineage::{self, Commit, Origin};
use crate::report::creator;
use crate::{
    caching, calendar, estimating, grading, judging, ledger, past, pricing, privacy, rebuilding, releasing,
    routing, subscribing,
};

/// What the steps of a run share.
pub struct Night {
    pub run_id: String,
    pub dt: NaiveDate,
    pub session: Session,
    pub ingest: Context,
    pub rules: Arc<Rules>,
    pub sql: PathBuf,
    pub escrows_per_shard: u64,
    pub route: Route,
    pub cache: Cache,
    pub config: Config,
    pub quality: Quality,
    /// The privacy policy's file.
    pub privacy: PathBuf,
    /// For a session of its own, whose sorts of any size spill.
    pub sorting: Limits,
    /// The days before that must be read again, once they are known.
    pub history: OnceCell<Vec<NaiveDate>>,
}

/// What a step did.
#[derive(Debug, Clone, Default)]
pub struct Done {
    pub rows_in: u64,
    pub rows_out: u64,
    /// Lines for a person, such as what was left as it was.
    pub notes: Vec<String>,
    /// Whether a table was made anew that other nights may build on.
    pub has_written: bool,
    /// By source.
    pub ingested: Vec<(Source, Ingested)>,
    /// What was not done, where the rest was: another source's day that was refused.
    pub failure: Option<Failure>,
}

/// Does a step's work. A failure after some of it was done says so in its message.
pub async fn run(night: &Night, step: &str, work: &Work) -> Outcome<Done> {
    match work {
        Work::Ingest { sources } => ingest_sources(night, sources).await,
        Work::Ledger => sign_ledger(night, step).await,
        Work::Models { models } => run_models(night, step, models).await,
        Work::Estimates => estimate(night, step).await,
        Work::Route => route(night, step).await,
        Work::Cache => caching::plan(night, step).await,
        Work::Reports => creator::export::export(night).await,
        Work::Keys => privacy::command::turn(night),
        Work::Sessions => rebuilding::rebuild(night, step).await,
        Work::Quality => grading::grade(night, step).await,
        Work::Insights => releasing::release(night).await,
        Work::Audit => audit(night).await,
    }
}

/// Ingests each source; one that is refused does not keep the others from going on.
async fn ingest_sources(night: &Night, prefixes: &[String]) -> Outcome<Done> {
    let chosen = Source::ALL.into_iter().filter(|source| {
        prefixes
            .iter()
            .any(|prefix| source.folder() == prefix || source.folder().starts_with(&format!("{prefix}/")))
    });
    let mut done = Done::default();
    let mut failures: Vec<Failure> = Vec::new();
    for source in chosen {
        match ingest::ingest(&night.ingest, source, night.dt).await {
            Ok(ingested) => {
                done.rows_in += ingested.rows;
                done.rows_out += ingested.good + ingested.quarantined;
                let named = |note: &String| format!("{}: {note}", source.folder());
                done.notes.extend(ingested.notes.iter().map(named));
                done.ingested.push((source, ingested));
            }
            Err(failure) => failures.push(failure),
        }
    }
    done.failure = (!failures.is_empty()).then(|| merged(failures));
    Ok(done)
}

/// Several failures as one: of the gravest kind, with every message.
fn merged(failures: Vec<Failure>) -> Failure {
    let grave = |failure: &&Failure| match failure.kind {
        Kind::Passing => 0,
        Kind::Refused => 1,
        _ => 2,
    };
    let kind = failures.iter().max_by_key(grave).map_or(Kind::Other, |failure| failure.kind);
    let hint = failures.iter().find(|failure| failure.kind == kind).and_then(|failure| failure.hint.clone());
    let messages: Vec<_> = failures.into_iter().map(|failure| failure.message).collect();
    Failure { kind, message: messages.join("\n"), hint }
}

async fn sign_ledger(night: &Night, step: &str) -> Outcome<Done> {
    let (session, dt) = (&night.session, night.dt);
    let files = Files::up_to(session, Some(dt)).await?;
    let inputs = [&LEDGER_ENTRIES, &LEDGER_HEADS];
    let rules = ledger::fingerprint(&files);
    let origin = Origin::of(session, &[&LEDGER_HEADS], &inputs, dt, None, &rules)?;
    if lineage::last(session, &LEDGER_HEADS, dt).await?.as_ref() == Some(&origin.fingerprint) {
        let tables = [&LEDGER_FINDINGS, &LEDGER_HEADS];
        return Ok(Done {
            notes: tables.map(|table| unchanged(&table.sql_name())).to_vec(),
            ..Done::default()
        });
    }
    // Sorting many entries takes what memory there is: not beside a day's ingest or its judging.
    let _alone = night.ingest.heavy.lock().await;
    let signed = ledger::sign(session, dt, &files).await?;
    let tables: [(&'static Table, u64, u64); 2] = [
        (&LEDGER_FINDINGS, signed.findings_version, signed.findings),
        (&LEDGER_HEADS, signed.heads_version, 1),
    ];
    let done = committed(night, step, &tables, &origin).await?;
    Ok(Done { rows_in: signed.entries_read, rows_out: signed.findings, notes: vec![signed.note], ..done })
}

/// Estimates demand and nodes, unless they were made of the same already.
async fn estimate(night: &Night, step: &str) -> Outcome<Done> {
    let (session, dt) = (&night.session, night.dt);
    let inputs = [&PLAYBACKS, &CDN_REQUESTS, &NODES, &CONTENTS, &ROUTE_PROBES];
    // The nights before are read of the probes alone, which are among the tables that are written.
    let outputs = [&ROUTE_PROBES, &ROUTE_DEMAND, &ROUTE_EXCLUSIONS, &ROUTE_ESTIMATES];
    let recipe = format!("estimates 1\n{}", night.route.window_days);
    let origin = Origin::of(session, &outputs, &inputs, dt, None, &recipe)?;
    if lineage::last(session, &ROUTE_ESTIMATES, dt).await?.as_ref() == Some(&origin.fingerprint) {
        let notes = outputs.map(|table| unchanged(&table.sql_name())).to_vec();
        return Ok(Done { notes, ..Done::default() });
    }
    // Sessions and contents are held as numbers: not beside a day's ingest or its judging.
    let _alone = night.ingest.heavy.lock().await;
    let found = estimating::estimate(session, dt, &night.route).await?;
    let done = committed(night, step, &found.tables, &origin).await?;
    Ok(Done { rows_in: found.rows_in, notes: found.notes, ..done })
}

/// Plans routes and judges the day, unless that was done with the same already.
async fn route(night: &Night, step: &str) -> Outcome<Done> {
    let (session, dt) = (&night.session, night.dt);
    let rules = routing::settings::Rules::of(&night.route)?;
    let inputs = [&NODES, &CDN_REQUESTS, &ROUTE_DEMAND, &ROUTE_PROBES, &ROUTE_ESTIMATES, &ROUTE_PLAN];
    // The plans of the nights before are read, and those of later ones are not.
    let outputs = [&ROUTE_PLAN, &ROUTE_SUMMARY];
    let origin = Origin::of(session, &outputs, &inputs, dt, None, &format!("routes 1\n{rules:?}"))?;
    if lineage::last(session, &ROUTE_SUMMARY, dt).await?.as_ref() == Some(&origin.fingerprint) {
        return Ok(Done { notes: vec![unchanged(&ROUTE_SUMMARY.sql_name())], ..Done::default() });
    }
    // Estimates of all cells and nodes are held: not beside a day's ingest or its judging.
    let _alone = night.ingest.heavy.lock().await;
    let found = routing::route(session, dt, &rules).await?;
    let done = committed(night, step, &found.tables, &origin).await?;
    Ok(Done { rows_in: found.rows_in, notes: found.notes, ..done })
}

/// What a step says of a table that it left as it was.
pub fn unchanged(table: &str) -> String {
    format!("{table}: nothing it is made from has changed")
}

/// Writes down what a step has committed of each table: its version and its rows.
pub async fn committed(
    night: &Night,
    step: &str,
    tables: &[(&'static Table, u64, u64)],
    origin: &Origin,
) -> Outcome<Done> {
    let one = |(table, version, rows): &(&'static Table, u64, u64)| {
        commit(night, step, table.sql_name(), *version, *rows, origin.clone())
    };
    let commits: Vec<_> = tables.iter().map(one).collect();
    lineage::store(&night.session, night.dt, &commits).await?;
    let rows_out = commits.iter().map(|commit| commit.rows).sum();
    Ok(Done { rows_out, has_written: true, ..Done::default() })
}

/// What a step's commit came from.
fn commit(night: &Night, step: &str, table: String, version: u64, rows: u64, origin: Origin) -> Commit {
    Commit {
        run_id: night.run_id.clone(),
        step: step.to_owned(),
        table,
        version,
        rows,
        inputs: origin.inputs,
        fingerprint: origin.fingerprint,
    }
}

async fn run_models(night: &Night, step: &str, names: &[String]) -> Outcome<Done> {
    let models = Models::load(&night.sql)?;
    if let Some(unknown) = names.iter().find(|name| models.get(name).is_none()) {
        return Err(Failure::usage(format!("no model is named {unknown} below {}", night.sql.display())));
    }
    let watermarks = judging::register(&night.session, &night.rules, night.dt).await?;
    subscribing::register(&night.session, &night.rules);
    pricing::register(&night.session);
    let (mut done, mut commits) = (Done::default(), Vec::new());
    for model in models.iter().filter(|model| names.contains(&model.table.sql_name())) {
        let name = model.table.sql_name();
        let session = &night.session;
        let values = calendar::values(session, night.dt).only(|name| model.asks(name));
        let mut inputs = model.inputs().to_vec();
        if model.asks("$history") {
            // Which days those are follows from the nights before.
            inputs.push(&RECONCILIATION);
        }
        if model.asks("$sought_days") {
            // What is sought follows from what the nights before have found.
            inputs.push(&SUBSCRIPTION_PAYMENTS);
        }
        let recipe = format!("{:?} {watermarks:?} {values:?}", night.rules);
        let origin = Origin::of(session, &model.outputs(), &inputs, night.dt, Some(&model.path), &recipe)?;
        if lineage::last(session, model.table, night.dt).await?.as_ref() == Some(&origin.fingerprint) {
            done.notes.push(unchanged(&name));
            continue;
        }
        let shards = if model.shards.is_some() { shards(night) } else { 1 };
        // In a large night memory is for one model at a time: whoever asks first gets it.
        let _alone = if self::shards(night) > 1 { Some(night.ingest.heavy.lock().await) } else { None };
        let mut values = values;
        if model.asks("$history") {
            values = values.with("$history", Parameter::Days(history(night).await?));
        }
        if model.asks("$sought_days") {
            values = values.with("$sought_days", Parameter::Days(past::sought(session, night.dt).await?));
        }
        let written = model.run(session, night.dt, &values, shards).await?;
        done.rows_in += written.scanned;
        done.rows_out += written.rows;
        done.has_written = true;
        commits.push(commit(night, step, name, written.version, written.rows, origin));
    }
    // Written down last: a step that was killed on the way begins anew.
    lineage::store(&night.session, night.dt, &commits).await?;
    Ok(done)
}

/// The days before that this night must read again.
async fn history(night: &Night) -> Outcome<Vec<NaiveDate>> {
    let find = || past::history(&night.session, night.dt, shards(night));
    night.history.get_or_try_init(find).await.cloned()
}

/// Into how many shards the night's escrows are divided: by the rows that landed.
fn shards(night: &Night) -> u32 {
    let dt = Some(time::days(night.dt));
    let landed = |table| {
        let files = night.session.files(table).into_iter().filter(|file| file.dt == dt);
        files.map(|file| file.rows).sum::<u64>()
    };
    // An escrow has two events or three.
    let escrows = landed(&LEDGER_ENTRIES).max(landed(&ESCROW_EVENTS) / 2);
    escrows.div_ceil(night.escrows_per_shard.max(1)).clamp(1, 4096) as u32
}

/// The one number that a query gives.
pub async fn count(session: &Session, query: &str) -> Outcome<u64> {
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;
    let batches = session.sql(query).await?.collect().await?;
    let first = batches.iter().find(|batch| batch.num_rows() > 0);
    Ok(first.map_or(0, |batch| batch.column(0).as_primitive::<Int64Type>().value(0) as u64))
}

async fn audit(night: &Night) -> Outcome<Done> {
    let (session, dt) = (&night.session, night.dt);
    judging::register(session, &night.rules, dt).await?;
    let values = calendar::values(session, dt)
        .with("$history", Parameter::Days(history(night).await?))
        .with("$settled_days", Parameter::Days(past::settled_days(session, dt).await?));
    let results = warehouse::audits::audit(session, &night.sql, &values).await?;
    let mut done = Done { rows_in: results.len() as u64, ..Done::default() };
    let failed: Vec<_> = results.iter().filter(|result| result.offending > 0).collect();
    if failed.is_empty() {
        done.notes.push(format!("{} audits hold", results.len()));
        return Ok(done);
    }
    let messages: Vec<_> = failed
        .iter()
        .map(|result| {
            format!("audit {}: {} offending rows\n{}", result.name, result.offending, result.sample)
        })
        .collect();
    done.failure = Some(Failure::new(Kind::Control, messages.join("\n")).with_hint(
        "each audit is a query below sql/audits: ask it by `ttt sql` with the day in place of $dt",
    ));
    Ok(done)
}
