//! The release of a day's insights: viewers bounded and counted, noise drawn once, price and files settled in one commit.
//!
//! The order of commits is the ledger's (`insights::ledger`): the price is reserved, drawn numbers are marked as leaving
//! memory, their files are written, the ledger names price and files, the table gets the files. Whoever ends in between
//! is followed by a run that goes on from what is committed.

mod counting;
mod exact;
mod keys;
mod ledger;
mod models;
mod presence;
mod storing;

use insights::layout::Layout;
use insights::ledger::{Event, Next, Unit, month, next, window_start};
use insights::policy::Policy;
use schemas::insights::CREATOR_INSIGHTS_DAILY;
use schemas::time;

use crate::failure::{Failure, Kind, Outcome};
use crate::privacy;
use crate::steps::{Done, Night};
use ledger::Ledger;
use storing::Stored;

impl From<insights::Error> for Failure {
    fn from(error: insights::Error) -> Self {
        match error {
            insights::Error::Policy(_) => Self::usage(error),
            _ => Self::other(error),
        }
    }
}

/// Releases the night's day, or leaves it as it was released.
pub async fn release(night: &Night) -> Outcome<Done> {
    let policy = privacy::policy(&night.privacy)?;
    let day = night.dt.to_string();
    let mut ledger = Ledger::read(&night.session).await?;
    let next = next(&ledger.entries, &day, &policy)?;
    match &next {
        Next::Keep { release_id } => return keep(night, &ledger, release_id).await,
        Next::Refuse { unit, spent, price, budget } => {
            return Err(refusal(&day, *unit, *spent, *price, *budget));
        }
        Next::Draw { .. } | Next::Reserve { .. } => refuse_unnamed(night)?,
    }
    // Cells and viewers are held as numbers: not beside a day's ingest or its judging.
    let _alone = night.ingest.heavy.lock().await;
    let layout = keys::layout(night, &policy).await?;
    let mut notes = Vec::new();
    if layout.creators.is_empty() {
        notes.push("no creator has published: there is nothing to release".to_owned());
        return Ok(Done { notes, ..Done::default() });
    }
    let release_id = match next {
        Next::Reserve { release_id, abandon } => {
            for lost in abandon {
                notes.push(format!("{lost}: nothing came of it, and its price is lost"));
                ledger.append(night, &policy, &lost, Event::Abandoned, None).await?;
            }
            ledger.append(night, &policy, &release_id, Event::Intent, None).await?;
            release_id
        }
        Next::Draw { release_id } | Next::Keep { release_id } => {
            notes.push(format!("{release_id}: its price was reserved before, and nothing of it was seen"));
            release_id
        }
        Next::Refuse { .. } => return Ok(Done::default()),
    };
    let released = draw(night, &policy, layout, &mut ledger, &release_id).await?;
    put(night, &released.stored).await?;
    notes.extend(released.notes);
    let spent = insights::ledger::spent(&ledger.entries, month(&day), Unit::ViewerCreatorMonth);
    let (spent, budget) = (rho(spent), rho(policy.nano_rho_viewer_creator));
    notes.push(format!("{release_id}: {} has spent {spent} of {budget} in rho", month(&day)));
    let rows_out = released.stored.rows;
    // No other night is made anew for it: what is released stays.
    Ok(Done { rows_in: released.rows_in, rows_out, notes, ..Done::default() })
}

struct Released {
    stored: Stored,
    rows_in: u64,
    notes: Vec<String>,
}

/// Counts, draws and settles, for a price that is reserved.
async fn draw(
    night: &Night,
    policy: &Policy,
    layout: Layout,
    ledger: &mut Ledger,
    release_id: &str,
) -> Outcome<Released> {
    let day = night.dt.to_string();
    let back = night.dt - chrono::Duration::days(policy.window_days as i64);
    let since = window_start(&ledger.entries, &day, &back.to_string(), policy);
    let mut counted = counting::count(night, policy, &layout, ledger, &since).await?;
    let (rows_in, notes) = (counted.rows, std::mem::take(&mut counted.notes));
    let exact = exact::revenue(night).await?;
    // From here on what is drawn may be seen.
    ledger.append(night, policy, release_id, Event::Storing, None).await?;
    let stored = storing::store(night, policy, layout, counted, exact, release_id).await?;
    ledger.append(night, policy, release_id, Event::Released, Some(&stored)).await?;
    presence::forget(night, policy).await?;
    Ok(Released { stored, rows_in, notes })
}

/// Puts a release's files into the table, if they are not there.
async fn put(night: &Night, stored: &Stored) -> Outcome<u64> {
    let lake = night.session.lake();
    let version = lake.commit(&CREATOR_INSIGHTS_DAILY, stored.files.clone(), &[], "insights").await?;
    night.session.refresh_table(&CREATOR_INSIGHTS_DAILY).await?;
    Ok(version)
}

async fn keep(night: &Night, ledger: &Ledger, release_id: &str) -> Outcome<Done> {
    let stored = ledger.stored(release_id)?;
    let shown = files_of_day(night);
    let mut done = Done::default();
    if shown.is_empty() && stored.rows > 0 {
        done.notes.push(format!("{release_id}: it was settled before, and is put into its table now"));
        put(night, &stored).await?;
        done.rows_out = stored.rows;
        return Ok(done);
    }
    let mut named: Vec<String> = stored.files.iter().map(|file| file.path.clone()).collect();
    named.sort_unstable();
    if shown != named {
        return Err(Failure::other(format!(
            "{} of {}: its files are not those of release {release_id}",
            CREATOR_INSIGHTS_DAILY.sql_name(),
            night.dt
        )));
    }
    done.notes.push(format!("{release_id}: released before, and stays as it is"));
    Ok(done)
}

/// The files of the day that readers see.
fn files_of_day(night: &Night) -> Vec<String> {
    let files = night.session.files(&CREATOR_INSIGHTS_DAILY).into_iter();
    let mut paths: Vec<String> =
        files.filter(|file| file.dt == Some(time::days(night.dt))).map(|file| file.path).collect();
    paths.sort_unstable();
    paths
}

/// Rows that no ledger pays for are none of ours: drawing beside them would release the day twice.
fn refuse_unnamed(night: &Night) -> Outcome<()> {
    match files_of_day(night).is_empty() {
        true => Ok(()),
        false => Err(Failure::other(format!(
            "{} has rows of {} that no release in ops.privacy_ledger names",
            CREATOR_INSIGHTS_DAILY.sql_name(),
            night.dt
        ))),
    }
}

/// An amount of rho as a person reads it.
fn rho(nano: u64) -> String {
    schemas::money::format(i128::from(nano), schemas::money::SCALE)
}

fn refusal(day: &str, unit: Unit, spent: u64, price: u64, budget: u64) -> Failure {
    let message = format!(
        "insights of {day} are not released: {} of {} has spent {} of {} in rho, and the day costs {}",
        unit.name(),
        month(day),
        rho(spent),
        rho(budget),
        rho(price)
    );
    Failure::new(Kind::Control, message)
        .with_hint("the budget comes back with the next UTC month; ops.privacy_ledger shows what spent it")
}
