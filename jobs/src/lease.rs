//! A lock on a remote warehouse: an object that its holder renews, and that is taken over soon after nobody does.
//!
//! Nothing is deleted. Taking, renewing, taking over and letting go each put the object on the condition that it is
//! still the one that was seen, so that of two only one can. How old it is, the store is asked: the difference between
//! its last change and that of an object written just now. No machine's clock decides.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, UpdateVersion};
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Kind, Outcome};

/// How often a holder renews, and how long one that does not is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    pub renew_every: Duration,
    pub held_for: Duration,
}

pub const TERMS: Terms = Terms { renew_every: Duration::from_secs(30), held_for: Duration::from_secs(300) };

/// What the object says. Without a holder it is free.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Content {
    holder: Option<String>,
    since: String,
    /// Each renewal is other bytes: some stores name a version by its bytes.
    renewals: u64,
}

/// The object as somebody saw it.
struct Seen {
    content: Content,
    changed_at: DateTime<Utc>,
    version: UpdateVersion,
}

/// A lock that is held.
#[derive(Clone)]
pub struct Lease {
    store: Arc<dyn ObjectStore>,
    path: Path,
    terms: Terms,
    holder: String,
    since: String,
    version: UpdateVersion,
}

fn passing(error: Error) -> Failure {
    warehouse::Error::from(error).into()
}

fn lost() -> Failure {
    Failure::new(Kind::Locked, "this run could not renew its lock on the warehouse, and stops")
        .with_hint("another run may have taken over; run again: it goes on from there")
}

/// Whether its holder has stopped renewing: both times are the store's.
fn is_left(changed_at: DateTime<Utc>, now: DateTime<Utc>, terms: Terms) -> bool {
    TimeDelta::from_std(terms.held_for).is_ok_and(|held_for| now - changed_at >= held_for)
}

impl Lease {
    /// Takes the lock, if it is free or left behind.
    pub async fn take(store: Arc<dyn ObjectStore>, path: Path, terms: Terms) -> Outcome<Self> {
        let holder = format!("{}-{:016x}", std::process::id(), RandomState::new().hash_one(0));
        let since = Utc::now().to_rfc3339_opts(SecondsFormat::Secs, true);
        let mut lease = Self { store, path, terms, holder, since, version: no_version() };
        match lease.put(Some(&lease.holder), 0, PutMode::Create).await {
            Ok(version) => {
                lease.version = version;
                return Ok(lease);
            }
            Err(Error::AlreadyExists { .. }) => {}
            Err(error) => return Err(passing(error)),
        }
        let seen = lease.seen().await.map_err(passing)?;
        if seen.content.holder.is_some() && !is_left(seen.changed_at, lease.now().await?, terms) {
            return Err(lease.held_since(&seen.content.since));
        }
        match lease.put(Some(&lease.holder), 0, PutMode::Update(seen.version)).await {
            Ok(version) => Ok(Self { version, ..lease }),
            // Its holder lives after all, or another was faster.
            Err(Error::Precondition { .. } | Error::NotFound { .. }) => Err(lease.held_since("just now")),
            Err(error) => Err(passing(error)),
        }
    }

    fn held_since(&self, since: &str) -> Failure {
        let since = if since.is_empty() { "an unknown time" } else { since };
        Failure::new(Kind::Locked, format!("another run holds the warehouse since {since}")).with_hint(
            format!(
                "wait for it to end; one that was killed lets go after {} seconds",
                self.terms.held_for.as_secs()
            ),
        )
    }

    /// Does the work, renewing meanwhile, and lets go. If the lock is lost, the work is dropped where it stands.
    pub async fn hold<T>(self, work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
        let mut renewing = tokio::spawn(self.clone().renew());
        let done = tokio::select! {
            done = work => done,
            ended = &mut renewing => return Err(ended.unwrap_or_else(Failure::from)),
        };
        renewing.abort();
        let _ = renewing.await;
        self.release().await;
        done
    }

    /// Renews until the lock is lost, and says so. Counts from its last renewal by its own steady clock, and gives up
    /// before others may take over.
    async fn renew(mut self) -> Failure {
        let Terms { renew_every, held_for } = self.terms;
        let patience = held_for.saturating_sub(renew_every * 2);
        let (mut renewed, mut renewals) = (Instant::now(), 0);
        loop {
            tokio::time::sleep(renew_every).await;
            renewals += 1;
            let asked = Instant::now();
            let put = self.put(Some(&self.holder), renewals, PutMode::Update(self.version.clone()));
            match tokio::time::timeout(renew_every, put).await {
                Ok(Ok(version)) => (self.version, renewed) = (version, asked),
                Ok(Err(Error::Precondition { .. } | Error::NotFound { .. })) => match self.seen().await {
                    // An answer was lost, but what it answered was done.
                    Ok(seen) if self.is_ours(&seen) => self.version = seen.version,
                    Ok(_) | Err(Error::NotFound { .. }) => return lost(),
                    Err(_) => {}
                },
                // Storage fails, for now.
                Ok(Err(_)) | Err(_) => {}
            }
            if renewed.elapsed() >= patience {
                return lost();
            }
        }
    }

    /// Lets go of what is still ours; what cannot be let go of is left, and taken over later.
    async fn release(&self) {
        for _ in 0..3 {
            let Ok(seen) = self.seen().await else { return };
            if !self.is_ours(&seen) {
                return;
            }
            match self.put(None, 0, PutMode::Update(seen.version)).await {
                // A renewal that was on its way came first.
                Err(Error::Precondition { .. }) => {}
                _ => return,
            }
        }
    }

    fn is_ours(&self, seen: &Seen) -> bool {
        seen.content.holder.as_ref() == Some(&self.holder)
    }

    async fn put(&self, holder: Option<&str>, renewals: u64, mode: PutMode) -> Result<UpdateVersion, Error> {
        let content = Content { holder: holder.map(str::to_owned), since: self.since.clone(), renewals };
        let text = serde_json::to_string(&content).unwrap_or_default();
        Ok(self.store.put_opts(&self.path, text.into(), mode.into()).await?.into())
    }

    async fn seen(&self) -> Result<Seen, Error> {
        let got = self.store.get(&self.path).await?;
        let (changed_at, e_tag) = (got.meta.last_modified, got.meta.e_tag.clone());
        let version = UpdateVersion { e_tag, version: got.meta.version.clone() };
        // What is no such text has a holder that nobody knows: only its age counts.
        let unknown = || Content { holder: Some(String::new()), ..Content::default() };
        let content = serde_json::from_slice(&got.bytes().await?).unwrap_or_else(|_| unknown());
        Ok(Seen { content, changed_at, version })
    }

    /// What time it is for the store: that of an object which is written for it.
    async fn now(&self) -> Outcome<DateTime<Utc>> {
        let path = Path::from(format!("{}.{}", self.path, self.holder));
        self.store.put(&path, self.since.clone().into()).await.map_err(passing)?;
        let now = self.store.head(&path).await.map_err(passing)?.last_modified;
        let _ = self.store.delete(&path).await;
        Ok(now)
    }
}

fn no_version() -> UpdateVersion {
    UpdateVersion { e_tag: None, version: None }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use object_store::memory::InMemory;

    use super::*;

    const HOUR: Terms = Terms { renew_every: Duration::from_millis(2), held_for: Duration::from_secs(3600) };
    /// Whatever is not renewed at this moment counts as left.
    const NONE: Terms = Terms { held_for: Duration::ZERO, ..HOUR };

    fn store() -> Arc<dyn ObjectStore> {
        Arc::new(InMemory::new())
    }

    async fn take(store: &Arc<dyn ObjectStore>, terms: Terms) -> Outcome<Lease> {
        Lease::take(store.clone(), Path::from("folder/_run.lock"), terms).await
    }

    fn kind<T>(outcome: Outcome<T>) -> Option<Kind> {
        outcome.err().map(|failure| failure.kind)
    }

    #[test]
    fn age_is_counted_from_the_last_renewal() {
        let changed_at = DateTime::UNIX_EPOCH;
        let after = |seconds| is_left(changed_at, changed_at + TimeDelta::seconds(seconds), TERMS);
        assert!(!after(299) && after(300) && !after(-5));
    }

    #[tokio::test]
    async fn a_lock_is_held_by_one_and_free_after_it() {
        let store = store();
        let first = take(&store, HOUR).await.unwrap();
        let refused = take(&store, HOUR).await.err().unwrap();
        assert_eq!(refused.kind, Kind::Locked);
        assert!(refused.message.contains(&first.since), "{refused}");
        let within = first.hold(async { Ok(kind(take(&store, HOUR).await)) }).await.unwrap();
        assert_eq!(within, Some(Kind::Locked));
        assert!(take(&store, HOUR).await.is_ok(), "who has let go is not waited for");
        let left: Vec<_> = store.list_with_delimiter(Some(&Path::from("folder"))).await.unwrap().objects;
        assert_eq!(left.len(), 1, "nothing but the lock is left: {left:?}");
    }

    #[tokio::test]
    async fn what_is_left_behind_is_taken_over_by_one() {
        let store = store();
        drop(take(&store, HOUR).await.unwrap());
        assert_eq!(kind(take(&store, HOUR).await), Some(Kind::Locked), "not before its time");
        let tries = join_all((0..8).map(|_| take(&store, NONE))).await;
        let taken: Vec<_> = tries.into_iter().flatten().collect();
        // Those that came later may take over in their turn: of all only one still holds it.
        let mut holders = Vec::new();
        for lease in &taken {
            holders.extend(lease.is_ours(&lease.seen().await.unwrap()).then_some(&lease.holder));
        }
        assert_eq!(holders.len(), 1, "of {} that took it", taken.len());
    }

    #[tokio::test]
    async fn two_that_saw_the_same_lock_cannot_both_take_it_over() {
        let store = store();
        let left = take(&store, HOUR).await.unwrap();
        let version = left.seen().await.unwrap().version;
        let puts = join_all((0..8).map(|number| {
            let (left, version) = (left.clone(), version.clone());
            async move { left.put(Some(&number.to_string()), 0, PutMode::Update(version)).await }
        }));
        assert_eq!(puts.await.iter().filter(|put| put.is_ok()).count(), 1);
    }

    #[tokio::test]
    async fn a_holder_renews_and_stops_once_another_has_taken_over() {
        let store = store();
        let first = take(&store, HOUR).await.unwrap();
        let seen = first.clone();
        let held = tokio::spawn(first.hold(std::future::pending::<Outcome<()>>()));
        while seen.seen().await.unwrap().content.renewals < 3 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        // A renewal in between makes the take-over fail: then it is tried again.
        let second = loop {
            match take(&store, NONE).await {
                Ok(lease) => break lease,
                Err(failure) => assert_eq!(failure.kind, Kind::Locked),
            }
        };
        let ended = tokio::time::timeout(Duration::from_secs(60), held).await.expect("it stops").unwrap();
        assert_eq!(kind(ended), Some(Kind::Locked));
        assert!(second.is_ours(&second.seen().await.unwrap()), "who lost it leaves it alone");
        second.release().await;
        assert!(take(&store, HOUR).await.is_ok());
    }

    #[tokio::test]
    async fn a_holder_whose_storage_fails_gives_up_before_others_take_over() {
        let store = store();
        let lease = take(&store, Terms { held_for: Duration::from_millis(4), ..HOUR }).await.unwrap();
        // No patience is left between two renewals of this one.
        assert_eq!(kind(lease.hold(std::future::pending::<Outcome<()>>()).await), Some(Kind::Locked));
    }

    #[tokio::test]
    async fn a_lock_of_unknown_words_counts_by_its_age() {
        let store = store();
        let path = Path::from("folder/_run.lock");
        store.put(&path, "2026-11-22T00:00:00+00:00".into()).await.unwrap();
        assert_eq!(kind(take(&store, HOUR).await), Some(Kind::Locked));
        assert!(take(&store, NONE).await.is_ok());
    }
}
