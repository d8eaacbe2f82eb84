//! `ttt erase DID`: a person taken out of bronze and silver. Released numbers stay, books still prove.
//!
//! First it is written down, by keyed hashes alone, that she and her sessions are erased: from then on nothing of her
//! is ingested again. Then each table is written anew, in one commit each, and what no version names any more is
//! removed from the store. Whoever kills it can run it again: what is done is found done.

pub mod incoming;
pub mod list;

mod files;
mod held;
mod redact;

use std::io::Read;

use chrono::Utc;
use clap::Args;
use insights::bounding::identity;
use insights::pseudonym::{PairKey, hex};
use schemas::bronze::{LEDGER_ENTRIES, PLAYBACKS};
use schemas::privacy::ERASURES;
use schemas::{did, time};
use serde::Serialize;
use warehouse::Session;

use crate::aligned::{print, print_json};
use crate::answer::{ask, quoted};
use crate::cli::Global;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::ledger::files::Files;
use crate::lock::Lock;
use crate::privacy::keys::Keys;
use crate::{ledger, night, rows};

pub use files::record;
use list::{Erased, no_key};

/// What `ttt erase` is asked.
#[derive(Debug, Args)]
pub struct EraseArguments {
    /// The person's DID; - reads it from standard input, where no list of processes shows it
    #[arg(value_name = "DID")]
    pub did: String,
}

/// A row of `ops.erasures`.
#[derive(Debug, Serialize)]
struct Event {
    erasure_id: String,
    event: &'static str,
    subject: String,
    at: String,
    rows_deleted: Option<u64>,
    rows_redacted: Option<u64>,
    files_removed: Option<u64>,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
struct Done {
    erasure_id: String,
    rows_deleted: u64,
    rows_redacted: u64,
    files_removed: u64,
    /// Rows in which she is the creator: these stay.
    rows_as_creator: u64,
}

/// Erases under the warehouse's lock.
pub async fn run(config: &Config, global: &Global, arguments: &EraseArguments) -> Outcome<()> {
    let did = person(&arguments.did)?;
    if config.party_alias.iter().any(|alias| alias.from == did || alias.to == did) {
        return Err(Failure::usage(format!("{} stands in [[party_alias]]", did::masked(&did)))
            .with_hint("take the alias out of the configuration first, and erase each of its names"));
    }
    let key = Keys::load(config)?.erasure.ok_or_else(no_key)?;
    let session = night::session(config).await?;
    let lock = Lock::take(session.lake()).await?;
    let done = lock.hold(erase(config, &session, &did, &key)).await?;
    if global.json {
        return print_json(&done);
    }
    let stays = match done.rows_as_creator {
        0 => String::new(),
        rows => format!("{rows} rows name the same DID as creator, and stay\n"),
    };
    print(&format!(
        "erasure {}: {} rows deleted, {} rows redacted, {} files removed\n{stays}",
        done.erasure_id, done.rows_deleted, done.rows_redacted, done.files_removed
    ))
}

fn person(argument: &str) -> Outcome<String> {
    let mut text = argument.to_owned();
    if argument == "-" {
        text.clear();
        let read = std::io::stdin().lock().take(64 * 1024).read_to_string(&mut text);
        read.map_err(|error| Failure::usage(format!("standard input: {error}")))?;
    }
    let text = text.trim().to_owned();
    if !did::is_did(&text) {
        return Err(Failure::usage("that is no DID").with_hint("a DID is did:method:id"));
    }
    Ok(text)
}

async fn erase(
    config: &Config,
    session: &Session,
    did: &str,
    key: &insights::pseudonym::Key,
) -> Outcome<Done> {
    session.refresh().await?;
    let now = Utc::now();
    let erasure_id = hex(&key.hash("erasure", &format!("{did}\0{now}"))[..8]);
    // What has landed is before the asking, whatever the clock says.
    let landed = session.days(&PLAYBACKS).last().map_or(i64::MIN, |last| time::end_of_day(*last));
    let at = now.timestamp_micros().max(landed);
    let mut erased = write_down(config, session, did, &erasure_id, at).await?;
    add_pairs(config, session, did, &mut erased).await?;
    let held = held::held(session).await?;
    let mut done = Done { erasure_id, ..Done::default() };
    for table in redact::TABLES {
        let counts = files::rewrite(session, table, &erased).await?;
        done.rows_deleted += counts.deleted;
        done.rows_redacted += counts.changed;
    }
    // What was made of the same rows by other names is not made again.
    held::renew(session, &held).await?;
    sign_anew(session).await?;
    for table in redact::TABLES {
        done.files_removed += files::vacuum(session, table).await?;
    }
    let query = format!("SELECT count(*) AS count FROM bronze.escrow_events WHERE creator = {}", quoted(did));
    done.rows_as_creator = ask(session, &query).await?.first().map_or(0, |row| row.count("count") as u64);
    let event = Event {
        erasure_id: done.erasure_id.clone(),
        event: "DONE",
        subject: erased.subject(did).unwrap_or_default(),
        at: rows::instant(Utc::now().timestamp_micros()),
        rows_deleted: Some(done.rows_deleted),
        rows_redacted: Some(done.rows_redacted),
        files_removed: Some(done.files_removed),
    };
    append(session, &[event]).await?;
    Ok(done)
}

/// Writes down that she and her sessions are erased, and gives the list of all.
async fn write_down(
    config: &Config,
    session: &Session,
    did: &str,
    erasure_id: &str,
    at: i64,
) -> Outcome<Erased> {
    let key = Keys::load(config)?.erasure.ok_or_else(no_key)?;
    let mut erased = match Erased::load(session, config).await? {
        none if none.is_empty() => Erased::with(key),
        some => some,
    };
    let event = |event: &'static str, subject: String| Event {
        erasure_id: erasure_id.to_owned(),
        event,
        subject,
        at: rows::instant(at),
        rows_deleted: None,
        rows_redacted: None,
        files_removed: None,
    };
    let query = format!(
        "SELECT DISTINCT session_id, key_hash FROM bronze.playbacks WHERE viewer = {} ORDER BY 1",
        quoted(did)
    );
    let mut events = Vec::new();
    for row in ask(session, &query).await?.rows() {
        let by_hash = erased.session_hash_subject(row.count("key_hash"));
        for subject in erased.session_subject(&row.owned("session_id")).into_iter().chain(by_hash) {
            erased.add_session(subject.clone(), at);
            events.push(event("SESSION", subject));
        }
    }
    let subject = erased.subject(did).unwrap_or_default();
    erased.ask(subject.clone(), at);
    events.push(event("ASKED", subject));
    append(session, &events).await?;
    Ok(erased)
}

/// Adds her with every creator there is: whoever she watched is among them, also when her playbacks are gone already.
async fn add_pairs(config: &Config, session: &Session, did: &str, erased: &mut Erased) -> Outcome<()> {
    let keys: Vec<PairKey> = Keys::load(config)?.all_of_pairs().map(PairKey::new).collect();
    let viewer = identity(did);
    let query = "SELECT DISTINCT creator FROM (SELECT creator FROM bronze.contents UNION ALL SELECT creator FROM bronze.tiers)";
    for row in ask(session, query).await?.rows() {
        let creator = identity(&row.owned("creator"));
        erased.add_pairs(keys.iter().map(|key| key.hash(viewer, creator)));
    }
    Ok(())
}

async fn append(session: &Session, events: &[Event]) -> Outcome<()> {
    let batch = rows::batch(ERASURES.file_schema(), events)?;
    session.lake().append(&ERASURES, None, vec![batch], "erase").await?;
    Ok(session.refresh_table(&ERASURES).await?)
}

/// The files that the last head sealed are other ones now, with the same entries: a head says so.
async fn sign_anew(session: &Session) -> Outcome<()> {
    let Some(dt) = session.days(&schemas::silver::LEDGER_HEADS).last().copied() else { return Ok(()) };
    session.refresh_table(&LEDGER_ENTRIES).await?;
    let files = Files::up_to(session, Some(dt)).await?;
    ledger::sign(session, dt, &files).await.map(drop)
}
