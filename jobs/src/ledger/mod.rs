//! The ledger's own proof, night by night: its sequence, its chain of hashes, and a signed head that later nights
//! and `ttt verify` hold against what stands.
//!
//! A night goes on from the head before it. Findings are committed first and the head last, and a head is only
//! added where it says something new: a run that was killed between them is repeated by the next.

pub mod content;
pub mod entries;
pub mod files;
pub mod findings;
pub mod heads;
pub mod standing;

use chrono::NaiveDate;
use reconcile::digest::Digest;
use reconcile::head::State;
use reconcile::merkle::leaf;
use reconcile::walk::{End, Walk};
use warehouse::Session;

use crate::failure::Outcome;
use entries::{Stretch, add, hashes_at, landed, leaves, totals};
use files::{Files, STANDING};
use findings::{Finding, Findings, Rewritten};
use heads::Head;
use standing::Standing;

/// What a night's signing did.
pub struct Signed {
    pub entries_read: u64,
    pub findings: u64,
    pub findings_version: u64,
    pub heads_version: u64,
    pub note: String,
}

/// What the files of the ledger are, as a part of a fingerprint: one changed in place has another.
pub fn fingerprint(files: &Files) -> String {
    let each = files.active.iter().map(|file| format!("{}\0{}\0{}", file.path, file.bytes, file.modified_at));
    format!("ledger heads 1\n{}", each.collect::<Vec<_>>().join("\n"))
}

/// Judges what landed up to a night and signs it.
pub async fn sign(session: &Session, dt: NaiveDate, files: &Files) -> Outcome<Signed> {
    content::register(session).await?;
    files.offer_standing(session)?;
    let index = heads::index(session).await?;
    let last = index.last().map(|(number, _)| *number);
    let of_night = |night: NaiveDate| index.iter().rfind(|(_, dt)| *dt == night).map(|(number, _)| *number);
    let night_before = index.iter().map(|(_, night)| *night).filter(|night| *night < dt).max();
    let prior = head(session, night_before.and_then(of_night)).await?;
    let own = head(session, of_night(dt)).await?;
    let mut rewritten =
        Rewritten::of_nights(session, &[Some(dt), night_before].into_iter().flatten().collect::<Vec<_>>())
            .await?;

    let mut goes_on = false;
    for signed in [&prior, &own].into_iter().flatten() {
        match standing::of_head(session, files, signed).await? {
            Standing::Same => goes_on |= signed.dt < dt,
            Standing::Extended => {}
            Standing::Rewritten(why) => rewritten.add(signed.state.end.sequence, &why),
        }
    }
    let base = prior.filter(|_| goes_on);
    let mut findings = Findings::new(session, dt)?;
    for finding in rewritten.findings() {
        findings.push(finding).await?;
    }
    let (state, entries_read) = advance(session, base.as_ref(), dt, &mut findings).await?;
    findings.push_gaps(&state.end.gaps).await?;
    let (found, findings_version) = findings.commit().await?;

    let from = base.map_or("the first entry".to_owned(), |base| base.name());
    let note = format!("{} entries, read on from {from}", state.count());
    let is_new = match &own {
        Some(own) => {
            !own.is_whole() || own.state != state || heads::files(session, own.number).await? != files.active
        }
        None => true,
    };
    let heads_version = if is_new {
        let before = head(session, last).await?.map(|head| head.digest);
        let signed = Head::sign(last.unwrap_or(0) + 1, dt, before, state);
        heads::append(session, &signed, &files.active).await?
    } else {
        let snapshot = session.lake().snapshot(&schemas::silver::LEDGER_HEADS).await?;
        snapshot.map_or(0, |snapshot| snapshot.version)
    };
    Ok(Signed { entries_read, findings: found, findings_version, heads_version, note })
}

async fn head(session: &Session, number: Option<i64>) -> Outcome<Option<Head>> {
    let Some(number) = number else { return Ok(None) };
    Ok(heads::load(session, &format!("number = {number}")).await?.pop())
}

/// The state after a night, from that of a head before it or from the first entry; gives the entries read, too.
async fn advance(
    session: &Session,
    base: Option<&Head>,
    dt: NaiveDate,
    findings: &mut Findings,
) -> Outcome<(State, u64)> {
    let mut state = base.map(|base| base.state.clone()).unwrap_or_default();
    let after = base.map_or(String::new(), |base| format!("dt > DATE '{}' AND ", base.dt));
    let days = format!("{after}dt <= DATE '{dt}'");
    let landed = landed(session, STANDING, &days).await?;
    let from = landed.values().min().copied();
    if let Some(base) = base {
        findings.carry(base.dt, from).await?;
    }
    let Some(from) = from else { return Ok((state, 0)) };
    for (_, currency, count, sum) in totals(session, STANDING, &days).await? {
        add(&mut state, &currency, count, sum)?;
    }
    let mut read = 0;
    // The walk reads a single day's entries in the tree's order; several days are first read by themselves.
    let only = if landed.len() == 1 { landed.keys().next().copied() } else { None };
    if only.is_none() {
        leaves(session, STANDING, &days, |entry, _| {
            state.tree.push(leaf(&entry.own));
            read += 1;
        })
        .await?;
    }
    let before = before(session, &state.end, from).await?;
    let mut chain = Walk::resume(&state.end, from, before);
    let tree = &mut state.tree;
    let mut on_leaf = |day, own: Digest| {
        if only == Some(day) {
            tree.push(leaf(&own));
        }
    };
    let mut stretch = Stretch::from(session, STANDING, from, true).await?;
    while let Some((entries, found)) = stretch.step(&mut chain, &mut on_leaf).await? {
        read += entries;
        for finding in found {
            findings.push(Finding::of(finding)).await?;
        }
    }
    state.end = chain.finish();
    Ok((state, read))
}

/// The hashes stated just before a sequence, where an earlier walk has passed it.
async fn before(session: &Session, end: &End, from: i64) -> Outcome<Vec<String>> {
    if from > end.sequence || !end.holds(from.saturating_sub(1)) {
        return Ok(Vec::new());
    }
    hashes_at(session, STANDING, from - 1).await
}
