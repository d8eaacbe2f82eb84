//! Who was erased: keyed hashes that tell whether a name is one of them, and nothing else.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use insights::pseudonym::{Key, hex};
use schemas::privacy::ERASURES;
use schemas::time;
use warehouse::Session;

use crate::answer::ask;
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use crate::privacy::keys::Keys;

/// Days after an asking in which requests of an erased session may still land.
const SESSIONS_LATE_DAYS: i32 = 31;

/// All erasures so far, with the key that they are told by.
#[derive(Debug, Clone, Default)]
pub struct Erased {
    key: Option<Key>,
    /// Parties, with the latest time at which erasure was asked, in microseconds.
    parties: HashMap<String, i64>,
    /// Who is being erased now: whatever time her rows bear.
    asked: Option<String>,
    sessions: HashSet<String>,
    /// Of who is being erased now, with any creator in any month whose key is there: as it is written down who was
    /// with whom. What was written under a key that is no more says of nobody who she was.
    pairs: HashSet<i64>,
    /// The last day on which requests of these sessions are looked for.
    sessions_until: i32,
}

impl Erased {
    /// Reads the list. One that is not empty cannot be read without its key: whoever was erased would come back.
    pub async fn load(session: &Session, config: &Config) -> Outcome<Self> {
        if session.files(&ERASURES).is_empty() {
            return Ok(Self::default());
        }
        let key = Keys::load(config)?.erasure.ok_or_else(no_key)?;
        let mut erased = Self::with(key);
        for row in
            ask(session, "SELECT event, subject, at FROM ops.erasures WHERE event <> 'DONE'").await?.rows()
        {
            let at = row.instant("at").unwrap_or_default();
            if row.text("event") == Some("SESSION") {
                erased.add_session(row.owned("subject"), at);
            } else {
                erased.add_party(row.owned("subject"), at);
            }
        }
        Ok(erased)
    }

    /// Nobody yet.
    pub fn with(key: Key) -> Self {
        Self { key: Some(key), ..Self::default() }
    }

    pub fn add_party(&mut self, subject: String, at: i64) {
        let known = self.parties.entry(subject).or_insert(at);
        *known = at.max(*known);
    }

    /// Adds who is being erased now.
    pub fn ask(&mut self, subject: String, at: i64) {
        self.asked = Some(subject.clone());
        self.add_party(subject, at);
    }

    pub fn add_session(&mut self, subject: String, at: i64) {
        self.sessions.insert(subject);
        self.sessions_until = self.sessions_until.max(time::day_of(at) + SESSIONS_LATE_DAYS);
    }

    pub fn add_pairs(&mut self, pairs: impl Iterator<Item = u64>) {
        self.pairs.extend(pairs.map(|pair| pair as i64));
    }

    pub fn holds_pair(&self, pair_hash: i64) -> bool {
        self.pairs.contains(&pair_hash)
    }

    pub fn is_empty(&self) -> bool {
        self.parties.is_empty()
    }

    fn hash(&self, usage: &str, text: &str) -> Option<String> {
        self.key.as_ref().map(|key| hex(&key.hash(usage, text)))
    }

    /// The hash by which a party is known.
    pub fn subject(&self, did: &str) -> Option<String> {
        self.hash("erased party", did)
    }

    /// The hash by which a session is known.
    pub fn session_subject(&self, session_id: &str) -> Option<String> {
        self.hash("erased session", session_id)
    }

    /// What stands in books for a party that was erased: always the same, so that they still prove.
    pub fn pseudonym(&self, did: &str) -> Option<String> {
        if !self.parties.contains_key(&self.subject(did)?) {
            return None;
        }
        self.hash("erased party in books", did).map(|hash| format!("did:erased:{}", &hash[..32]))
    }

    /// Whether what a viewer did at a time is erased.
    pub fn holds(&self, viewer: &str, at: i64) -> bool {
        let Some(subject) = self.subject(viewer) else { return false };
        self.asked.as_ref() == Some(&subject) || self.parties.get(&subject).is_some_and(|until| at <= *until)
    }

    /// Whether requests that land on a day may be of an erased session.
    pub fn has_sessions(&self, dt: NaiveDate) -> bool {
        !self.sessions.is_empty() && time::days(dt) <= self.sessions_until
    }

    /// The hash by which a session is known where it stands as the hash of its key.
    pub fn session_hash_subject(&self, key_hash: i64) -> Option<String> {
        self.hash("erased session hash", &key_hash.to_string())
    }

    pub fn holds_session_hash(&self, key_hash: i64) -> bool {
        self.session_hash_subject(key_hash).is_some_and(|subject| self.sessions.contains(&subject))
    }

    pub fn holds_session(&self, session_id: &str) -> bool {
        self.session_subject(session_id).is_some_and(|subject| self.sessions.contains(&subject))
    }
}

/// What is wrong where erasures cannot be told.
pub fn no_key() -> Failure {
    Failure::usage("the key of erasures is not there").with_hint(
        "name the file of keys by `keys` in [pseudonyms], or give TTT_KEYRING; `ttt keys make --date DAY` makes one",
    )
}
