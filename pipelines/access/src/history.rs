//! What was asked: one record a statement, made when its last row is sent or it fails.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::failure::Refusal;

/// How a statement ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// By its client, or because the client went away.
    Cancelled,
    /// By the limits of its role.
    Limited,
    Refused,
    Failed,
}

impl Outcome {
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "DONE",
            Self::Cancelled => "CANCELLED",
            Self::Limited => "LIMITED",
            Self::Refused => "REFUSED",
            Self::Failed => "FAILED",
        }
    }
}

/// One statement that was asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub user: String,
    pub role: &'static str,
    /// Without literals and comments.
    pub statement: String,
    pub started_at: DateTime<Utc>,
    pub took: Duration,
    pub waited: Duration,
    pub rows: u64,
    pub bytes: u64,
    pub outcome: Outcome,
    pub sqlstate: Option<&'static str>,
}

/// Where records go. One that finds no room is dropped and counted: no statement waits for its record.
#[derive(Clone)]
pub struct History(pub mpsc::Sender<Asked>, pub Arc<std::sync::atomic::AtomicU64>);

/// A record in the making; it goes to the history when it is dropped.
pub struct Record {
    asked: Asked,
    started: Instant,
    ended: bool,
    history: History,
}

impl Record {
    pub fn start(history: &History, user: &str, role: &'static str, text: &str) -> Self {
        let asked = Asked {
            user: user.to_owned(),
            role,
            statement: crate::literals::removed(text),
            started_at: Utc::now(),
            took: Duration::ZERO,
            waited: Duration::ZERO,
            rows: 0,
            bytes: 0,
            outcome: Outcome::Cancelled,
            sqlstate: Some("57014"),
        };
        Self { asked, started: Instant::now(), ended: false, history: history.clone() }
    }

    /// It has its turn.
    pub fn entered(&mut self) {
        self.asked.waited = self.started.elapsed();
    }

    /// One more row was sent.
    pub fn sent(&mut self, bytes: usize) {
        self.asked.rows += 1;
        self.asked.bytes += bytes as u64;
    }

    pub fn rows(&self) -> u64 {
        self.asked.rows
    }

    pub fn bytes(&self) -> u64 {
        self.asked.bytes
    }

    pub fn done(&mut self) {
        self.end(Outcome::Done, None);
    }

    pub fn failed(&mut self, refusal: &Refusal) {
        self.end(refusal.outcome(), Some(refusal.sqlstate));
    }

    fn end(&mut self, outcome: Outcome, sqlstate: Option<&'static str>) {
        if !self.ended {
            (self.asked.outcome, self.asked.sqlstate, self.ended) = (outcome, sqlstate, true);
            self.asked.took = self.started.elapsed();
        }
    }
}

impl Drop for Record {
    fn drop(&mut self) {
        if !self.ended {
            self.asked.took = self.started.elapsed();
        }
        if self.history.0.try_send(self.asked.clone()).is_err() {
            self.history.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}
